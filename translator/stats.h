/* The measurements behind --stats. Without it nothing is timed, and units alone are counted. */
#ifndef TRANSLATOR_STATS_H
#define TRANSLATOR_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/guest.h"
#include "runtime/template.h"

/* Relaxed atomics, shared by all threads; times are wall time in nanoseconds, added over threads.
 */
struct translation_stats {
    _Atomic uint64_t units, insns, host_bytes, nanoseconds;             /* the full path */
    _Atomic uint64_t stamped_units, stamped_insns, stamped_nanoseconds; /* from a template */
    _Atomic uint64_t batched_units, batched_insns,
        batched_nanoseconds;            /* of these: before they ran */
    _Atomic uint64_t lookups, found;    /* of blocks, for jumps that have no way of their own yet */
    _Atomic uint64_t inside, outside;   /* time in engine_run, and between its calls */
    _Atomic uint64_t start_nanoseconds; /* CPU time of the process until it first ran the guest */
};
extern struct translation_stats translation_stats;

uint64_t stats_now(void);

/* `unit` has got code; `start` is when work on it began, or 0. */
void stats_count_unit(const struct guest_unit *unit, const struct template *t, bool stamped,
                      uint64_t start);
/* Those of `units` that were added have got code together. */
void stats_count_batch(const struct placed_unit *units, unsigned count, uint64_t start);
void stats_count_lookup(bool found);

/* The calling thread begins, or stops, to run guest code. */
struct translator_thread;
void stats_enter(struct translator_thread *thread);
void stats_leave(struct translator_thread *thread);

#endif
