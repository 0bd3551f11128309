/* Calls from the lower layers up into the emulator, filled in once by emu before any guest runs. */
#ifndef RUNTIME_HOOKS_H
#define RUNTIME_HOOKS_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct cpu;

struct hooks {
    /* Guest code in [start, end) changed or went away: no translation of it may be entered again by
     * any thread after this returns. */
    void (*invalidate)(uint64_t start, uint64_t end);
    /* A synchronous signal interrupted the host at `context`. If that was generated code, writes the
     * guest's registers and exact pc to `cpu`, makes `context` resume at the way out with
     * EXIT_FAULT, and returns true. Async-signal-safe. */
    bool (*recover_fault)(struct cpu *cpu, ucontext_t *context);
    /* Runs a new guest thread to its end on the calling host thread. */
    void (*run_thread)(struct cpu *cpu);
    /* Locks for fork: taken in the parent before, released in both after (child: reset). */
    void (*before_fork)(void);
    void (*after_fork)(bool child);
    /* Called once, on the way out of the process, with the exit status. */
    void (*at_exit)(int status);
};

extern struct hooks hooks;

#endif
