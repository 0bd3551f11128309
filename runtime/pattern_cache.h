/* The pattern cache: the shape of a unit (its instruction words with pc-relative fields masked) to
 * the template made for it. Hits are confirmed on the words themselves. Entries live as long as the
 * process, and longer in the store on disk, if one was opened. Looking up takes no lock, but for
 * patterns that are not in memory. */
#ifndef RUNTIME_PATTERN_CACHE_H
#define RUNTIME_PATTERN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/guest.h"
#include "runtime/store.h"
#include "runtime/template.h"

struct pattern_key {
    uint64_t hash;
    uint32_t mode, count;
    const uint32_t *words;
};

/* A record: a pattern, its template, and where a unit of it was. */
struct pattern;

/* A unit of a pattern, with its fields' values in the order of the template. */
struct pattern_place {
    const struct guest_unit *unit;
    const int64_t *field_values;
};

/* A cluster has no more records that tell a place. */
enum { PATTERN_RUN_MAX = STORE_CLUSTER_MAX / 96 };

struct pattern_stats {
    uint64_t lookups, hits;
    uint64_t entries, bytes;   /* made by this process */
    uint64_t stored, rejected; /* records that came from the store, and that were not fit to use */
    uint64_t locks, waits;     /* how often its lock was taken, and another thread had it */
    struct store_stats store;
};

/* What a template's soundness depends on beside itself. */
struct pattern_host {
    unsigned stub_count;
};

/* Call once, before the others. The memory (zeroed, lent for good, may be NULL) holds the first
 * entries. */
void pattern_init(void *memory, size_t size);

/* Lets patterns come from the store and go there. `options->allocate` is filled in here. */
void pattern_open_store(const struct store_options *options, const struct pattern_host *host);

/* Writes what is new to the store: on the way out of the process. */
void pattern_save(void);

/* The records of a cluster that are fit to use, up to the first that is not, and their hashes; at
 * most `most`. Returns how many. */
unsigned pattern_split(char *records, size_t size, const struct pattern_host *host,
                       struct iovec *record, uint64_t *hash, unsigned most);

/* The key of `unit`, valid as long as that. */
void pattern_key_make(struct pattern_key *key, const struct guest_unit *unit);

const struct template *pattern_template(const struct pattern *p);

/* NULL if there is none. */
struct pattern *pattern_find(const struct pattern_key *key);

/* Keeps a copy of `template` (or finds that another thread has) and returns that. It takes the
 * place of a draft; drafts do not go to the store. `place` may be NULL. */
struct pattern *pattern_add(const struct pattern_key *key, const struct template *template,
                            const struct pattern_place *place);

/* The record of a further place where a unit of the pattern of `p` is: found, or made (and NULL),
 * as far as there is a store to know of it. */
struct pattern *pattern_find_place(const struct pattern_place *place);
void pattern_add_place(const struct pattern *p, const struct pattern_key *key,
                       const struct pattern_place *place);

/* Whether `place` is where the record says that a unit of it was, or that moved by whole pages. */
bool pattern_is_at(const struct pattern *p, const struct pattern_place *place);

/* How far the unit of `p` at `pc` is from where it was; false if the batch of `p` was taken before,
 * or there is none. */
bool pattern_distance(const struct pattern *p, uint64_t pc, uint64_t *distance);

/* [start, end) now was `distance` bytes lower in the process that wrote a cluster. */
struct pattern_range {
    uint64_t start, end, distance;
};

/* Units, with the records they are of. */
struct pattern_run {
    struct placed_unit unit[PATTERN_RUN_MAX];
    struct pattern *record[PATTERN_RUN_MAX];
    unsigned count;
};

/* The units in these ranges that the cluster of `p` has beside it, but for those taken before: what
 * was together in one process is together in others. */
void pattern_collect(const struct pattern *p, const struct pattern_range *ranges, unsigned count,
                     struct pattern_run *run);

/* `p`, at `pc`, and the units of the run have got code: they are not collected again. */
void pattern_take(struct pattern *p, uint64_t pc, const struct pattern_run *run);

/* Keeps a copy of `template` that no look-up finds, for as long as the process lives. */
const struct template *pattern_keep(const struct template *template);

void pattern_get_stats(struct pattern_stats *stats);

void pattern_before_fork(void);
void pattern_after_fork(bool child);

#endif
