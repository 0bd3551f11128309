/* The pattern cache's store on disk: records of patterns, found by hash, shared by all processes
 * that see its directory. docs/store.md tells the format and what it promises.
 *
 * A store can only ever save work. Whatever is wrong with it (absent, foreign, damaged, full disk,
 * no rights) makes look-ups miss and appends do nothing; `-d cache` logs why. All functions but
 * store_open are called under one lock, the pattern cache's. */
#ifndef RUNTIME_STORE_H
#define RUNTIME_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* The records of one cluster come to at most this many bytes: so much is read for the first of them
 * that is needed. A larger record is not kept. */
enum { STORE_CLUSTER_MAX = 32 << 10 };
/* Clusters that one process reads. */
enum { STORE_READ_MAX = 4096 };

struct store_options {
    const char *directory; /* NULL: $XDG_CACHE_HOME/denizen, ~/.cache/denizen */
    uint64_t fingerprint;  /* of everything but the guest's code that templates depend on */
    const char *name;      /* of the guest, for the directory's name */
    uint64_t size_limit;   /* bytes on disk; 0: 1 GiB */
    void *(*allocate)(size_t size); /* memory that stays: zeroed, aligned to 16 bytes */
};

struct store_stats {
    uint64_t lookups, clusters, bytes_read, bytes_written;
};

/* What a cluster holds, in memory from options.allocate. */
struct store_cluster {
    char *records;
    size_t size;
    unsigned number; /* below STORE_READ_MAX */
    bool old;        /* about to be dropped, unless appended again */
};

/* Finds the store, and reads what look-ups need first. Call once, before guests run. */
void store_open(const struct store_options *options);
bool store_is_open(void);
/* Forgets it, so that another can be opened. */
void store_close(void);

/* Reads the cluster that has a record of this hash, unless none has or it was read before. */
bool store_read(uint64_t hash, struct store_cluster *cluster);

/* The numbers of the clusters read before that may have one; at most `most`. Returns how many. */
unsigned store_find_read(uint64_t hash, unsigned *numbers, unsigned most);

/* Adds `count` records with these hashes. Takes as long as the writing; gives up at once
 * when another process is at it. */
void store_append(const struct iovec *records, const uint64_t *hashes, unsigned count);

void store_get_stats(struct store_stats *stats);

#endif
