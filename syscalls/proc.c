/* Processes and threads: clone in its forms, their end, and what the kernel keeps for a thread. */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <string.h>

#include "runtime/access.h"
#include "runtime/thread.h"
#include "syscalls/syscalls.h"

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

/* The order of arguments is that of the ports with CONFIG_CLONE_BACKWARDS, riscv64 and aarch64. */
int64_t sys_clone(struct cpu *cpu, const uint64_t arg[6]) {
    struct clone_request request = {
        .flags = (uint32_t)arg[0] & ~(uint32_t)CSIGNAL,
        .exit_signal = (int)(arg[0] & CSIGNAL),
        .stack = arg[1],
        .parent_tid = arg[2],
        .tls = arg[3],
        .child_tid = arg[4],
        .pidfd = arg[2],
    };
    if (request.flags & CLONE_PIDFD && request.flags & CLONE_PARENT_SETTID)
        return -EINVAL;
    return thread_clone(cpu, &request);
}

/* Reads a structure that grows from version to version, as the kernel's copy_struct_from_user. */
static int read_clone_args(struct clone_args *args, uint64_t from, uint64_t size) {
    enum { PAGE = 4096 };
    unsigned char tail[64];

    if (size > PAGE)
        return -E2BIG;
    if (size < CLONE_ARGS_SIZE_VER0)
        return -EINVAL;
    memset(args, 0, sizeof *args);
    if (guest_read(args, from, size < sizeof *args ? size : sizeof *args) != 0)
        return -EFAULT;
    for (uint64_t at = sizeof *args; at < size; at += sizeof tail) {
        uint64_t rest = size - at < sizeof tail ? size - at : sizeof tail;
        if (guest_read(tail, from + at, rest) != 0)
            return -EFAULT;
        for (uint64_t i = 0; i < rest; i++)
            if (tail[i] != 0)
                return -E2BIG;
    }
    return 0;
}

/* kernel/fork.c, clone3_args_valid */
static bool clone_args_valid(const struct clone_args *args) {
    const uint64_t known = UINT32_MAX | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;

    if (args->flags & (~known | CLONE_DETACHED | (CSIGNAL & ~(uint64_t)CLONE_NEWTIME)))
        return false;
    if (args->flags & (CLONE_THREAD | CLONE_PARENT) && args->exit_signal)
        return false;
    if (args->exit_signal & ~(uint64_t)CSIGNAL || args->exit_signal > SIGNAL_COUNT)
        return false;
    if ((args->set_tid == 0) != (args->set_tid_size == 0))
        return false;
    return (args->stack == 0) == (args->stack_size == 0);
}

int64_t sys_clone3(struct cpu *cpu, const uint64_t arg[6]) {
    struct clone_args args;
    int error = read_clone_args(&args, arg[0], arg[1]);
    if (error)
        return error;
    if (!clone_args_valid(&args))
        return -EINVAL;
    struct clone_request request = {
        .flags = args.flags,
        .exit_signal = (int)args.exit_signal,
        .stack = args.stack + args.stack_size,
        .parent_tid = args.parent_tid,
        .child_tid = args.child_tid,
        .pidfd = args.pidfd,
        .tls = args.tls,
        .set_tid = args.set_tid,
        .set_tid_size = args.set_tid_size,
        .cgroup = args.cgroup,
    };
    return thread_clone(cpu, &request);
}

int64_t sys_exit(struct cpu *cpu, const uint64_t arg[6]) {
    return thread_exit(cpu, (int)arg[0] & 0xff);
}

int64_t sys_exit_group(struct cpu *cpu, const uint64_t arg[6]) {
    thread_exit_group(cpu, (int)arg[0] & 0xff);
}

int64_t sys_set_tid_address(struct cpu *cpu, const uint64_t arg[6]) {
    struct thread *thread = cpu->thread;
    thread->clear_child_tid = arg[0];
    if (thread->vfork_child) /* its end is the kernel's business */
        host_syscall(__NR_set_tid_address, arg[0], 0, 0, 0, 0, 0);
    return thread->tid;
}

/* The kernel walks the list when the process dies; thread_exit does when a thread ends alone. */
int64_t sys_set_robust_list(struct cpu *cpu, const uint64_t arg[6]) {
    if (arg[1] != sizeof(struct robust_list_head))
        return -EINVAL;
    cpu->thread->robust_list = arg[0];
    return host_syscall(__NR_set_robust_list, arg[0], arg[1], 0, 0, 0, 0);
}
