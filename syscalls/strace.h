/* The log of system calls (-strace): one line each, in the form of strace(1). */
#ifndef SYSCALLS_STRACE_H
#define SYSCALLS_STRACE_H

#include <stdint.h>

struct cpu;

/* Around a call: `before` prints those that do not come back. Any thread. */
void strace_before(struct cpu *cpu, uint64_t number, const uint64_t *arg);
void strace_after(struct cpu *cpu, uint64_t number, const uint64_t *arg, int64_t result);

#endif
