/* Host system calls that a signal interrupts without a race.
 *
 * A signal that the host handler takes between the cpu loop's last look at `signal_pending` and the
 * kernel must not be slept over. So the check and the system call instruction stand in one known
 * code range: the handler that finds the thread inside it, the instruction not executed, sends it
 * to the failure path. The kernel itself decides what else may be restarted: the host handler
 * carries SA_RESTART if the guest's does, and a call that the kernel rewinds stands on the
 * instruction again, inside the range. */
#ifndef RUNTIME_INTERRUPTIBLE_H
#define RUNTIME_INTERRUPTIBLE_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "runtime/cpu.h"

/* Results that a system-call handler may give beside the kernel's; the guest never sees them. */
enum {
    /* The call had no effect and is to be executed again once signals are delivered: the cpu loop
     * puts cpu->pc back on the system call instruction and leaves the registers as they are. */
    ERESTARTSYS = 512,
    /* The registers are as the guest shall find them (rt_sigreturn, execve into itself): the cpu
     * loop writes no result. */
    ESIGRETURN = 513,
};

/* Executes host system call `number`. Returns the kernel's result, or -ERESTARTSYS when a signal
 * waits for delivery and the call was not executed or is one that SA_RESTART restarts. Every
 * handler of a call that may block goes through here and hands -ERESTARTSYS on unchanged, before it
 * changes anything that a second execution would see. */
int64_t interruptible_syscall(struct cpu *cpu, long number, uint64_t a, uint64_t b, uint64_t c,
                              uint64_t d, uint64_t e, uint64_t f);

/* For the host signal handler: sends a thread that stands in the range to the failure path. */
void interruptible_rewind(ucontext_t *context);

#endif
