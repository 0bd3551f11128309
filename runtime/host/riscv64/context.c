/* The interrupted context and signal dispositions on riscv64. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/host/host.h"

uintptr_t host_context_pc(const ucontext_t *context) {
    return context->uc_mcontext.__gregs[REG_PC];
}

void host_context_set_pc(ucontext_t *context, uintptr_t pc) {
    context->uc_mcontext.__gregs[REG_PC] = pc;
}

/* struct sigaction as the kernel has it: handlers return through its vDSO. */
struct kernel_sigaction {
    uint64_t handler, flags, mask;
};

int host_sigaction(int number, const struct host_action *action, struct host_action *old) {
    struct kernel_sigaction set, was;

    if (action)
        set = (struct kernel_sigaction){action->handler, action->flags, action->mask};
    if (syscall(SYS_rt_sigaction, number, action ? &set : NULL, old ? &was : NULL, 8) != 0)
        return -errno;
    if (old)
        *old = (struct host_action){was.handler, was.flags, was.mask};
    return 0;
}
