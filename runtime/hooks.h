/* Calls from the lower layers up into the emulator, filled in once by emu before any guest runs. */
#ifndef RUNTIME_HOOKS_H
#define RUNTIME_HOOKS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct cpu;

struct hooks {
    /* Guest code in [start, end) changed or went away: no translation of it may be entered again by
     * any thread after this returns. */
    void (*invalidate)(uint64_t start, uint64_t end);
    /* A synchronous signal interrupted the host at `context`. If that was generated code, writes
     * the guest's registers and exact pc to `cpu`, makes `context` resume at the way out with
     * EXIT_FAULT (EXIT_LOOKUP if it was a poll), and returns true; or mends what was the backend's
     * own business and returns true. Async-signal-safe. */
    bool (*recover_fault)(struct cpu *cpu, ucontext_t *context);
    /* Gives a new cpu, with the registers it starts with, what the backend keeps with it, and takes
     * it away again; on the cpu's own thread. The former returns 0 or -ENOMEM. May be NULL. */
    int (*init_cpu)(struct cpu *cpu);
    void (*free_cpu)(struct cpu *cpu);
    /* Runs the guest on the calling host thread from the state of `cpu` on, until
     * cpu->thread->exiting. A vfork child runs on its parent's cpu in a call nested in the one
     * that the parent is in; the parent goes on only when the child is gone. */
    void (*run_thread)(struct cpu *cpu);
    /* Locks for fork: taken in the parent before, released in both after (child: reset). */
    void (*before_fork)(void);
    void (*after_fork)(bool child);
    /* Called once, on the way out of the process, with the exit status. */
    void (*at_exit)(int status);
    /* Called before the process may become another program. */
    void (*before_exec)(void);
    /* The guest is about to die of the core-dumping signal in `info`: reports it. */
    void (*report_death)(struct cpu *cpu, const siginfo_t *info);
    /* Whether this emulator runs programs for the ELF machine: execve starts it for those. */
    bool (*runs_machine)(uint16_t elf_machine);
};

extern struct hooks hooks;

#endif
