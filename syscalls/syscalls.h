/* Linux system calls for the guest.
 *
 * syscalls.def lists them all, one row each. A row either forwards its arguments to the host's own
 * call (guest address = host address, so pointers pass as they are and the kernel itself reports
 * the bad ones), or names a function here. Results are the kernel's: -errno for errors.
 *
 * Who calls: the cpu loop. Any thread may, for its own cpu. */
#ifndef SYSCALLS_SYSCALLS_H
#define SYSCALLS_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/cpu.h"

/* Executes the system call that `cpu` stands behind and returns its result, which is in the guest's
 * result register too, unless it is -ERESTARTSYS or -ESIGRETURN (runtime/interruptible.h): then no
 * register was written, and for the former the caller moves cpu->pc back on the instruction. */
int64_t syscall_dispatch(struct cpu *cpu);

/* --- for the functions behind the rows --- */

/* The call `number` of the host, without waiting for a guest signal: 0.. or -errno. */
int64_t host_syscall(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                     uint64_t f);

/* What the rows marked CALL name: each gets the six argument registers. */
#define SYS_DECLARE_PASS(name)
#define SYS_DECLARE_BLOCK(name)
#define SYS_DECLARE_NONE(name)
#define SYS_DECLARE_CALL(name)                   int64_t sys_##name(struct cpu *cpu, const uint64_t arg[6]);
#define SYS(number, name, signature, how)        SYS_DECLARE_##how(name)
#define SYS_COMMON(number, name, signature, how) SYS_DECLARE_##how(name)
#include "syscalls/syscalls.def"
#undef SYS
#undef SYS_COMMON

#endif
