/* What a keeper does with the stores of a directory: looks them through, removes them. Needs no
 * store to be open. `directory` as in struct store_options. */
#ifndef RUNTIME_STORE_KEEP_H
#define RUNTIME_STORE_KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct store_summary {
    const char *name; /* of the subdirectory: guest and fingerprint */
    uint64_t records, clusters, bytes;
    uint64_t damaged; /* clusters, and indexes, that are not as they were written */
    time_t written;   /* last */
};

struct store_visitor {
    /* Each cluster that is whole; may be NULL. Returns the number of its records that are fit to
     * use. */
    uint64_t (*cluster)(void *data, const char *name, uint64_t fingerprint, const char *records,
                        size_t size);
    /* Each store, after its clusters. */
    void (*store)(void *data, const struct store_summary *summary);
    void *data;
};

/* Visits all stores; returns 0 or -errno. Without visitor->cluster only the sizes are looked at. */
int store_visit(const char *directory, const struct store_visitor *visitor);

/* Removes all stores, or as many of those written longest ago as take more than `limit` bytes
 * together. Returns how many. A process that uses one goes on without it. */
unsigned store_remove(const char *directory, uint64_t limit);

/* The parts of a subdirectory's name: guest (into `guest`) and fingerprint. False if it is none. */
bool store_parse_name(const char *name, char *guest, size_t size, uint64_t *fingerprint);

#endif
