/* The interrupted context and signal dispositions on aarch64. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/host/host.h"

uintptr_t host_context_pc(const ucontext_t *context) {
    return context->uc_mcontext.pc;
}

void host_context_set_pc(ucontext_t *context, uintptr_t pc) {
    context->uc_mcontext.pc = pc;
}

/* struct sigaction as the kernel has it; without SA_RESTORER it returns through its vDSO. */
struct kernel_sigaction {
    uint64_t handler, flags, restorer, mask;
};

int host_sigaction(int number, const struct host_action *action, struct host_action *old) {
    struct kernel_sigaction set, was;

    if (action)
        set = (struct kernel_sigaction){action->handler, action->flags, 0, action->mask};
    if (syscall(SYS_rt_sigaction, number, action ? &set : NULL, old ? &was : NULL, 8) != 0)
        return -errno;
    if (old)
        *old = (struct host_action){was.handler, was.flags, was.mask};
    return 0;
}
