/* Host system calls that a guest signal can interrupt. */
#ifndef RUNTIME_INTERRUPTIBLE_H
#define RUNTIME_INTERRUPTIBLE_H

#include <stdint.h>

struct cpu;

/* Makes the host system call `number` unless a guest signal waits to be delivered to this thread.
 * Returns the kernel's result, or -ERESTARTSYS (-512) when a signal arrived before or while the
 * call was entered, or interrupted it: nothing is lost between the check and the entry. */
int64_t interruptible_syscall(struct cpu *cpu, long number, uint64_t a, uint64_t b, uint64_t c,
                              uint64_t d, uint64_t e, uint64_t f);

#endif
