/* Runs guest code: finds or makes the host code for the guest's pc and enters it, or evaluates IR.
 * The one face of the translator to the emulator. */
#ifndef TRANSLATOR_ENGINE_H
#define TRANSLATOR_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <ucontext.h>

#include "runtime/cpu.h"
#include "runtime/guest.h"

struct engine_options {
    bool interpret;       /* evaluate IR, make no host code */
    bool verify;          /* every unit both ways, compared */
    bool no_drafts;       /* the first code of a unit is lowered as a whole... */
    bool only_drafts;     /* ... or stays a draft for good */
    bool one_insn;        /* one guest instruction per unit */
    bool no_patterns;     /* translate every unit anew */
    bool no_cache;        /* leave the store of translations on disk alone */
    bool check_cache;     /* translate what is found in the caches, too, and compare */
    bool stats;           /* measure what engine_print_stats prints */
    bool count_insns;     /* and count the instructions executed, guest and host */
    uint64_t block_limit; /* evaluate what comes after so many blocks; 0: no limit */
    const char *host_features;
    size_t code_cache_size;      /* 0: default */
    const char *cache_directory; /* of the store; NULL: default */
    uint64_t cache_limit;        /* its size in bytes; 0: default */
};

/* Sets up translation for `guest`. Returns NULL, or what is wrong with the options. Once. */
const char *engine_init(const struct guest *guest, const struct engine_options *options);

/* Prepares the cpu of a new thread, or frees what that took. Owner thread. 0 or -ENOMEM. */
int engine_start_cpu(struct cpu *cpu);
void engine_stop_cpu(struct cpu *cpu);

/* Runs the guest from cpu->pc until the cpu loop must act: see enum exit_reason. EXIT_LOOKUP means
 * that something asked for attention (signals, a stop). */
void engine_run(struct cpu *cpu);

/* For struct hooks. */
void engine_invalidate(uint64_t start, uint64_t end);
bool engine_recover_fault(struct cpu *cpu, ucontext_t *context);
void engine_before_fork(void);
void engine_after_fork(bool child);

/* Whether direct jumps between blocks are patched. */
bool engine_chains(void);

/* How many stubs of the backend templates may refer to. */
unsigned engine_stub_count(void);

/* Whether new translations go to a store. */
bool engine_keeps_translations(void);

/* Writes new translations to the store: before the process ends or becomes another. */
void engine_save(void);

/* What --stats prints: as text, or as one line of JSON. */
void engine_print_stats(FILE *out, bool json);

#endif
