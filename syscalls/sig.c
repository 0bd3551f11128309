/* Signals: the system calls over runtime/signals.h. Orders of checks are the kernel's
 * (kernel/signal.c). */
#include <asm/unistd.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/guest.h"
#include "runtime/interruptible.h"
#include "runtime/signals.h"
#include "runtime/syscall_abi.h"
#include "runtime/thread.h"
#include "syscalls/syscalls.h"

enum { SIGSET_SIZE = 8 };

/* struct sigaction in guest memory: handler, flags, restorer where the port has it, mask. */
static int read_action(const struct syscall_abi *abi, struct guest_action *action, uint64_t from) {
    uint64_t word[4];
    if (guest_read(word, from, abi->has_restorer ? 32 : 24) != 0)
        return -EFAULT;
    *action = (struct guest_action){.handler = word[0],
                                    .flags = word[1],
                                    .restorer = abi->has_restorer ? word[2] : 0,
                                    .mask = word[abi->has_restorer ? 3 : 2]};
    return 0;
}

static int write_action(const struct syscall_abi *abi, uint64_t to,
                        const struct guest_action *action) {
    if (abi->has_restorer)
        return guest_write(
            to, (uint64_t[]){action->handler, action->flags, action->restorer, action->mask}, 32);
    return guest_write(to, (uint64_t[]){action->handler, action->flags, action->mask}, 24);
}

int64_t sys_rt_sigaction(struct cpu *cpu, const uint64_t arg[6]) {
    const struct syscall_abi *abi = cpu->guest->syscall_abi;
    struct guest_action action, old;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1] && read_action(abi, &action, arg[1]) != 0)
        return -EFAULT;
    int error = signals_action(cpu, (int)arg[0], arg[1] ? &action : NULL, &old);
    if (error)
        return error;
    return arg[2] ? write_action(abi, arg[2], &old) : 0;
}

int64_t sys_rt_sigprocmask(struct cpu *cpu, const uint64_t arg[6]) {
    uint64_t old = cpu->thread->mask, set;

    if (arg[3] != SIGSET_SIZE)
        return -EINVAL;
    if (arg[1]) {
        if (guest_read(&set, arg[1], sizeof set) != 0)
            return -EFAULT;
        switch ((int)arg[0]) {
        case SIG_BLOCK: set |= old; break;
        case SIG_UNBLOCK: set = old & ~set; break;
        case SIG_SETMASK: break;
        default: return -EINVAL;
        }
        int64_t result = signals_set_mask(cpu, set);
        if (result)
            return result;
    }
    return arg[2] ? guest_write(arg[2], &old, sizeof old) : 0;
}

int64_t sys_rt_sigpending(struct cpu *cpu, const uint64_t arg[6]) {
    uint64_t pending = 0;

    if (arg[1] > SIGSET_SIZE)
        return -EINVAL;
    host_syscall(__NR_rt_sigpending, (uintptr_t)&pending, SIGSET_SIZE, 0, 0, 0, 0);
    pending = (pending | signals_held(cpu)) & cpu->thread->mask;
    return guest_write(arg[0], &pending, arg[1]);
}

int64_t sys_rt_sigsuspend(struct cpu *cpu, const uint64_t arg[6]) {
    uint64_t mask;

    if (arg[1] != SIGSET_SIZE)
        return -EINVAL;
    if (guest_read(&mask, arg[0], sizeof mask) != 0)
        return -EFAULT;
    uint64_t host = signals_begin_wait(cpu, mask);
    return signals_end_wait(cpu, interruptible_syscall(cpu, __NR_rt_sigsuspend, (uintptr_t)&host,
                                                       SIGSET_SIZE, 0, 0, 0, 0));
}

int64_t sys_rt_sigtimedwait(struct cpu *cpu, const uint64_t arg[6]) {
    uint64_t set;
    siginfo_t info;

    if (arg[3] == SIGSET_SIZE && guest_read(&set, arg[0], sizeof set) == 0 &&
        signals_take_held(cpu, set, &info)) {
        if (arg[1] && guest_write(arg[1], &info, sizeof info) != 0)
            return -EFAULT;
        return info.si_signo;
    }
    return interruptible_syscall(cpu, __NR_rt_sigtimedwait, arg[0], arg[1], arg[2], arg[3], 0, 0);
}

int64_t sys_rt_sigreturn(struct cpu *cpu, const uint64_t arg[6]) {
    (void)arg;
    return signals_return(cpu);
}

int64_t sys_sigaltstack(struct cpu *cpu, const uint64_t arg[6]) {
    stack_t stack, old;

    if (arg[0] && guest_read(&stack, arg[0], sizeof stack) != 0)
        return -EFAULT;
    int error = signals_altstack(cpu, arg[0] ? &stack : NULL, &old);
    if (error)
        return error;
    return arg[1] ? guest_write(arg[1], &old, sizeof old) : 0;
}

/* Sent by the process to itself, a signal may carry any code, also one that only faults have; the
 * host handler must not take it for one of the emulator's own. */
static bool pretends_fault(struct cpu *cpu, uint64_t info_at, bool to_self, int number) {
    siginfo_t info;
    if (!to_self || guest_read(&info, info_at, sizeof info) != 0 || info.si_code <= 0)
        return false;
    info.si_signo = number;
    return signals_hold(cpu, &info);
}

int64_t sys_rt_sigqueueinfo(struct cpu *cpu, const uint64_t arg[6]) {
    if (pretends_fault(cpu, arg[2], (pid_t)arg[0] == getpid(), (int)arg[1]))
        return 0;
    return host_syscall(__NR_rt_sigqueueinfo, arg[0], arg[1], arg[2], 0, 0, 0);
}

int64_t sys_rt_tgsigqueueinfo(struct cpu *cpu, const uint64_t arg[6]) {
    bool to_self = (pid_t)arg[0] == getpid() && (pid_t)arg[1] == cpu->thread->tid;
    if (pretends_fault(cpu, arg[3], to_self, (int)arg[2]))
        return 0;
    return host_syscall(__NR_rt_tgsigqueueinfo, arg[0], arg[1], arg[2], arg[3], 0, 0);
}

/* Calls that wait are restarted as they are or not at all: there is never one to go on with. */
int64_t sys_restart_syscall(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    (void)arg;
    return -EINTR;
}
