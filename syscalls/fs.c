/* Files and descriptors: opening, links, and what guards the emulator's own descriptors. */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include "runtime/access.h"
#include "runtime/fds.h"
#include "runtime/guest.h"
#include "runtime/interruptible.h"
#include "runtime/program.h"
#include "syscalls/convert.h"
#include "syscalls/path.h"
#include "syscalls/syscalls.h"

/* --- opening --- */

/* What opening a path means: an answer in `result`, or the path to give to the kernel. */
struct open_target {
    bool answered;
    int64_t result;
    uint64_t path;
};

static struct open_target find_open_target(struct cpu *cpu, uint64_t guest_path, uint64_t flags,
                                           char buffer[PATH_MAX]) {
    struct open_target target = {.path = guest_path};
    char path[PATH_MAX];
    bool reads = (flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC));
    if (!reads || !path_fetch_absolute(guest_path, path))
        return target;
    enum proc_file file = proc_file_of(path);
    if (file == PROC_NONE) {
        if (sysroot_path(path, buffer) == buffer)
            target.path = (uintptr_t)buffer;
    } else if (file == PROC_EXE) {
        if (!(flags & O_NOFOLLOW))
            target.path = (uintptr_t)program.path;
    } else if (!(flags & O_PATH)) {
        target.answered = true;
        target.result = proc_open(cpu->guest, file, flags);
    }
    return target;
}

int64_t sys_openat(struct cpu *cpu, const uint64_t arg[6]) {
    char buffer[PATH_MAX];
    uint64_t flags = open_flags_to_host(cpu->guest->syscall_abi, arg[2]);
    struct open_target target = find_open_target(cpu, arg[1], flags, buffer);
    if (target.answered)
        return target.result;
    return interruptible_syscall(cpu, __NR_openat, arg[0], target.path, flags, arg[3], 0, 0);
}

int64_t sys_openat2(struct cpu *cpu, const uint64_t arg[6]) {
    struct open_how how;
    char buffer[PATH_MAX];
    /* A longer structure than ours is for the kernel to refuse or to know. */
    if (arg[3] != sizeof how)
        return interruptible_syscall(cpu, SYS_openat2, arg[0], arg[1], arg[2], arg[3], 0, 0);
    if (guest_read(&how, arg[2], sizeof how) != 0)
        return -EFAULT;
    how.flags = open_flags_to_host(cpu->guest->syscall_abi, how.flags);
    struct open_target target = {.path = arg[1]};
    if (how.resolve == 0)
        target = find_open_target(cpu, arg[1], how.flags, buffer);
    if (target.answered)
        return target.result;
    return interruptible_syscall(cpu, SYS_openat2, arg[0], target.path, (uintptr_t)&how, sizeof how,
                                 0, 0);
}

int64_t sys_readlinkat(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    char path[PATH_MAX], buffer[PATH_MAX];
    uint64_t target = arg[1];
    if (path_fetch_absolute(arg[1], path)) {
        if (proc_file_of(path) == PROC_EXE) {
            int size = (int)arg[3];
            if (size <= 0)
                return -EINVAL;
            size_t length = strlen(program.path);
            if (length > (size_t)size)
                length = (size_t)size;
            return guest_write(arg[2], program.path, length) == 0 ? (int64_t)length : -EFAULT;
        }
        if (sysroot_path(path, buffer) == buffer)
            target = (uintptr_t)buffer;
    }
    return host_syscall(__NR_readlinkat, arg[0], target, arg[2], arg[3], 0, 0);
}

int64_t sys_renameat(struct cpu *cpu, const uint64_t arg[6]) {
    if (!cpu->guest->syscall_abi->has_renameat)
        return -ENOSYS;
    return host_syscall(__NR_renameat2, arg[0], arg[1], arg[2], arg[3], 0, 0);
}

/* --- descriptors --- */

int64_t sys_close_range(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    uint32_t first = (uint32_t)arg[0], last = (uint32_t)arg[1];
    int64_t result = 0;
    for (;;) {
        int own = first <= INT32_MAX ? fd_next_reserved((int)first) : -1;
        if (own < 0 || (uint32_t)own > last)
            return host_syscall(SYS_close_range, first, last, arg[2], 0, 0, 0);
        if ((uint32_t)own > first)
            result = host_syscall(SYS_close_range, first, (uint32_t)own - 1, arg[2], 0, 0, 0);
        first = (uint32_t)own + 1;
        if (result != 0 || first > last)
            return result;
    }
}

int64_t sys_fcntl(struct cpu *cpu, const uint64_t arg[6]) {
    const struct syscall_abi *abi = cpu->guest->syscall_abi;
    uint64_t value = arg[2];
    int64_t result;
    switch ((int)arg[1]) {
    case F_GETFL:
        result = host_syscall(__NR_fcntl, arg[0], F_GETFL, 0, 0, 0, 0);
        return result < 0 ? result : (int64_t)open_flags_to_guest(abi, (uint64_t)result);
    case F_SETFL: value = open_flags_to_host(abi, value); break;
    case F_SETLKW:
    case F_OFD_SETLKW:
        return interruptible_syscall(cpu, __NR_fcntl, arg[0], arg[1], value, 0, 0, 0);
    default: break;
    }
    return host_syscall(__NR_fcntl, arg[0], arg[1], value, 0, 0, 0);
}
