/* What a host backend provides. One constant `struct host` per folder in translator/host/. */
#ifndef TRANSLATOR_HOST_HOST_H
#define TRANSLATOR_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "runtime/code_cache.h"
#include "runtime/cpu.h"
#include "runtime/template.h"
#include "translator/ir/ir.h"

/* Part of a draft (translator/draft.h): host code for one guest instruction, or an end. */
struct draft_part {
    const struct template *template; /* of the exact size; NULL: there is none */
    bool falls_through;              /* goes on behind its end */
    uint16_t places; /* bit n: it may be put n bytes behind a multiple of 16, never 0 */
};

struct host {
    const char *name;
    unsigned stub_count;         /* RELOC_STUB's numbers are below */
    const uint8_t *const *stubs; /* their addresses, once emit_stubs has been called */

    /* Chooses registers and instruction sets for `guest`; `features` is the text of --host-features
     * or NULL. Returns NULL, or what is wrong with `features`. Once, before any other call. */
    const char *(*configure)(const struct guest *guest, const char *features);
    /* From now on code counts the instructions it executes, in struct cpu; cold paths are left out.
     * Before the first translation, if at all. */
    void (*count_insns)(void);
    /* A number that differs whenever configure's choice makes different code. */
    uint64_t (*fingerprint)(void);

    /* Writes the shared stubs to the start of code memory; returns their size. Once. */
    size_t (*emit_stubs)(uint8_t *code, size_t size);

    /* Lowers `ir`, after the passes, to a template from the arena of `ir`. `field_values` are the
     * fields' values in this instance: only their sign may be used. Returns NULL when the code does
     * not fit: the unit must be made shorter. Thread-safe. */
    const struct template *(*lower)(const struct ir *ir, const struct guest_unit *unit,
                                    const int64_t *field_values);

    /* The same, of a unit of one instruction, as a part of drafts. */
    struct draft_part (*lower_part)(const struct ir *ir, const struct guest_unit *unit,
                                    const int64_t *field_values);
    /* The part that a draft begins with: counts its entries down (RELOC_LEFT), and leaves at 0. */
    struct draft_part (*draft_entry)(struct arena *arena);
    /* The part that a draft ends with if its last instruction falls through: a direct exit. */
    struct draft_part (*draft_exit)(struct arena *arena);
    /* Fills a gap between parts, of less than 16 bytes. */
    void (*pad)(uint8_t *at, size_t size);

    /* Runs `code` until it leaves; cpu->pc and cpu->exit_reason are set. Returns the exit to chain
     * in `exit` (jump NULL when there is none). */
    void (*enter)(struct cpu *cpu, const uint8_t *code, struct exit_record *exit);
    /* The direct exit whose target's relocation is at `offset` of a block's code; `jump` NULL if
     * that is none. Whatever the code is, the exit lies within it. */
    struct exit_record (*find_exit)(uint8_t *code, uint32_t offset);
    /* Points a direct exit to `target` (code or its own stub), safely while other threads run it.
     */
    void (*set_jump)(uint8_t *jump, const uint8_t *target);
    /* Where direct exits enter the code of a block that starts at `code`. */
    const uint8_t *(*chain_entry)(const uint8_t *code);
    /* Makes every later entry at `code` (other than by direct exits) come back with EXIT_LOOKUP. */
    void (*seal)(uint8_t *code);

    /* Gives `cpu` what it needs to run: its return stack and constants. Returns 0 or -ENOMEM. */
    int (*init_cpu)(struct cpu *cpu);
    void (*free_cpu)(struct cpu *cpu);
    /* Forgets the open calls that the return stack remembers (their code is gone). */
    void (*reset_return_stack)(struct cpu *cpu);
    /* For a SIGFPE at `context`: if the backend asked for it (to learn of floating-point flags),
     * mends `context` so that the instruction goes on, and returns true. Async-signal-safe. */
    bool (*mend_fp_trap)(struct cpu *cpu, ucontext_t *context);

    /* For a fault at `context`: the address in generated code that it belongs to (the faulting
     * instruction, or the call of the helper that faulted), or 0 if it was the backend's own
     * business and is mended: go on. */
    uint64_t (*fault_address)(struct cpu *cpu, ucontext_t *context, bool *mended);
    /* Makes `context` resume on the way out of generated code, by way of `landing` unless NULL. */
    void (*leave)(struct cpu *cpu, ucontext_t *context, const uint8_t *landing);
};

/* The backend of the machine this was built for; NULL if it has none (only the evaluator runs). */
extern const struct host *const host_backend;

#endif
