/* The interrupted context and signal dispositions on x86-64. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/host/host.h"

enum { SA_RESTORER_FLAG = 0x04000000 }; /* arch/x86/include/uapi/asm/signal.h */

void host_signal_return(void);

uintptr_t host_context_pc(const ucontext_t *context) {
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

void host_context_set_pc(ucontext_t *context, uintptr_t pc) {
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
}

/* struct sigaction as the kernel has it. */
struct kernel_sigaction {
    uint64_t handler, flags, restorer, mask;
};

int host_sigaction(int number, const struct host_action *action, struct host_action *old) {
    struct kernel_sigaction set, was;

    if (action)
        set = (struct kernel_sigaction){action->handler, action->flags | SA_RESTORER_FLAG,
                                        (uintptr_t)host_signal_return, action->mask};
    if (syscall(SYS_rt_sigaction, number, action ? &set : NULL, old ? &was : NULL, 8) != 0)
        return -errno;
    if (old)
        *old = (struct host_action){was.handler, was.flags & ~(uint64_t)SA_RESTORER_FLAG, was.mask};
    return 0;
}
