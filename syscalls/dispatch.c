#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/fds.h"
#include "runtime/guest.h"
#include "runtime/interruptible.h"
#include "runtime/log.h"
#include "syscalls/convert.h"
#include "syscalls/path.h"
#include "syscalls/strace.h"
#include "syscalls/syscalls.h"
#include "syscalls/table.h"

/* The kernel answers EFAULT if it has to look there. */
static const uint64_t BAD_ADDRESS = UINT64_MAX;

int64_t host_syscall(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                     uint64_t f) {
    long result = syscall(number, a, b, c, d, e, f);
    return result == -1 ? -errno : result;
}

static int64_t forward(struct cpu *cpu, const struct syscall_row *row,
                       const uint64_t a[SYSCALL_ARGS]) {
    if (row->how == SYSCALL_BLOCK)
        return interruptible_syscall(cpu, row->host_number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return host_syscall(row->host_number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Whether the AT_* flags among the arguments let the call follow a last symbolic link. */
static bool follows_links(const struct signature *signature, const uint64_t arg[SYSCALL_ARGS]) {
    for (unsigned i = 0; i < signature->count; i++) {
        const struct arg *at = &signature->arg[i];
        if (at->kind == ARG_FLAGS && strcmp(flag_table(at->index)->name, "at") == 0)
            return !(arg[i] & AT_SYMLINK_NOFOLLOW);
    }
    return true;
}

/* A row whose arguments differ between guest and host: paths, open flags, and at most one structure
 * (test_syscalls.c holds the table to that). */
static int64_t forward_converted(struct cpu *cpu, const struct syscall_row *row,
                                 const struct signature *signature,
                                 const uint64_t arg[SYSCALL_ARGS]) {
    const struct syscall_abi *abi = cpu->guest->syscall_abi;
    bool same_layout = abi->layout == HOST_LAYOUT;
    uint64_t host[SYSCALL_ARGS];
    memcpy(host, arg, sizeof host);
    char path[PATH_MAX];
    struct stat status;
    struct epoll_event event;
    uint64_t status_to = 0;
    bool status_is_ours = false;

    for (unsigned i = 0; i < signature->count; i++) {
        const struct arg *kind = &signature->arg[i];
        if (kind->kind == ARG_PATH) {
            host[i] = path_lookup(arg[i], follows_links(signature, arg), path);
        } else if (kind->kind == ARG_FLAGS &&
                   strcmp(flag_table(kind->index)->name, OPEN_FLAG_TABLE) == 0) {
            host[i] = open_flags_to_host(abi, arg[i]);
        } else if (kind->kind == ARG_STRUCT && kind->index == STRUCT_stat && !same_layout) {
            status_to = arg[i];
            status_is_ours = true;
            host[i] = (uintptr_t)&status;
        } else if (kind->kind == ARG_STRUCT && kind->index == STRUCT_epoll_event && !same_layout) {
            /* EPOLL_CTL_DEL does not look at a bad pointer, so that is for the kernel to judge. */
            bool good = epoll_from_guest(abi, &event, arg[i]) == 0;
            host[i] = good ? (uintptr_t)&event : BAD_ADDRESS;
        }
    }
    int64_t result = forward(cpu, row, host);
    if (status_is_ours && result == 0)
        result = stat_to_guest(abi, status_to, &status);
    return result;
}

/* Whether an argument is a descriptor of the emulator's, which to the guest is not open. */
static bool names_own_descriptor(uint64_t number, const uint64_t arg[SYSCALL_ARGS]) {
    for (unsigned i = 0; i < SYSCALL_ARGS; i++) {
        struct signature local;
        if (fd_is_reserved((int)arg[i]) &&
            signature_of((unsigned)number, &local)->arg[i].kind == ARG_FD)
            return true;
    }
    return false;
}

static int64_t run(struct cpu *cpu, const struct syscall_row *row, uint64_t number,
                   const uint64_t arg[SYSCALL_ARGS]) {
    if (row->how != SYSCALL_NONE && names_own_descriptor(number, arg))
        return -EBADF;
    switch (row->how) {
    case SYSCALL_CALL: return row->call(cpu, arg);
    case SYSCALL_PASS:
    case SYSCALL_BLOCK: {
        struct signature local;
        const struct signature *signature = signature_of((unsigned)number, &local);
        if (signature->converts)
            return forward_converted(cpu, row, signature, arg);
        return forward(cpu, row, arg);
    }
    case SYSCALL_NONE: break;
    }
    return -ENOSYS;
}

int64_t syscall_dispatch(struct cpu *cpu) {
    static const struct syscall_row unknown = {.how = SYSCALL_NONE};
    const struct guest *guest = cpu->guest;
    uint64_t number = cpu->gpr[guest->syscall_number_gpr];
    uint64_t arg[SYSCALL_ARGS];
    memcpy(arg, &cpu->gpr[guest->syscall_arg_gpr], sizeof arg);

    const struct syscall_row *row = number < SYSCALL_LIMIT ? &syscall_rows[number] : &unknown;
    bool log = log_items & LOG_STRACE;
    if (log)
        strace_before(cpu, number, arg);
    int64_t result = run(cpu, row, number, arg);
    if (log)
        strace_after(cpu, number, arg, result);
    if (result != -ERESTARTSYS && result != -ESIGRETURN)
        cpu->gpr[guest->syscall_result_gpr] = (uint64_t)result;
    return result;
}
