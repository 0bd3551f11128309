/* What the runtime needs of the host's architecture: one folder each, mostly assembly. */
#ifndef RUNTIME_HOST_HOST_H
#define RUNTIME_HOST_HOST_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* --- access.S: accesses that may fault --- */

/* Copies `size` bytes; 0, or -EFAULT after any part of them. Sizes 4 and 8 are one access each. */
int64_t host_copy(void *to, const void *from, size_t size);
/* The number of bytes in front of the first zero byte, at most `most`; or -EFAULT. */
int64_t host_strlen(const char *string, size_t most);
/* Where those functions may fault, and where to go on then. */
extern const char host_access_begin[], host_access_end[], host_access_fault[];

/* --- syscall.S: see runtime/interruptible.h --- */

/* Executes system call `number` unless `*pending` is set. */
int64_t host_syscall_unless(const _Atomic uint32_t *pending, long number, uint64_t a, uint64_t b,
                            uint64_t c, uint64_t d, uint64_t e, uint64_t f);
/* From the check to the end of the system call instruction, and where to go on if interrupted. */
extern const char host_syscall_begin[], host_syscall_end[], host_syscall_interrupted[];

/* --- context.c --- */

uintptr_t host_context_pc(const ucontext_t *context);
void host_context_set_pc(ucontext_t *context, uintptr_t pc);

/* A signal disposition as the kernel takes it: unlike the C library's, for every signal number. */
struct host_action {
    uint64_t handler; /* SIG_DFL, SIG_IGN or a function of the SA_SIGINFO kind */
    uint64_t flags;
    uint64_t mask;
};
/* rt_sigaction; `action` or `old` may be NULL. Returns 0 or -errno. */
int host_sigaction(int number, const struct host_action *action, struct host_action *old);

#endif
