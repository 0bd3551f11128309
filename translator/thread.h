/* What the translator keeps for one guest thread, at cpu->thread->translator: all there is of it,
 * so that nothing of a thread is anywhere else. Owner thread only. */
#ifndef TRANSLATOR_THREAD_H
#define TRANSLATOR_THREAD_H

#include "runtime/arena.h"
#include "runtime/cpu.h"
#include "runtime/pattern_cache.h"
#include "runtime/thread.h"
#include "runtime/vm.h"

/* Where code has been found that a store has batches of, the last first: the program and a few
 * libraries. */
struct known_ranges {
    struct pattern_range range[8];
    unsigned count;
};

struct translator_thread {
    struct arena arena;       /* of the unit that is being translated */
    struct vm_run executable; /* where code was looked for last */
    struct known_ranges ranges;
    struct kept_units *kept;      /* of interpret.c; NULL before it is needed */
    struct verify_run *verified;  /* of verify.c; likewise */
    uint64_t entered_at, left_at; /* of stats.c: when it last did */
};

static inline struct translator_thread *translator_thread(const struct cpu *cpu) {
    return cpu->thread->translator;
}

#endif
