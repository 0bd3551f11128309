/* Waiting for events under a signal mask of the call's own, and epoll's packed events. */
#include <asm/unistd.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "runtime/access.h"
#include "runtime/guest.h"
#include "runtime/interruptible.h"
#include "runtime/signals.h"
#include "syscalls/convert.h"
#include "syscalls/syscalls.h"

enum { SIGSET_SIZE = 8 };

/* The mask argument of a waiting call. */
struct wait_mask {
    bool given;
    uint64_t guest, host;
};

/* Reads the mask at `address` (0: none) as the kernel's set_user_sigmask does: 0 or -errno. */
static int64_t wait_mask_read(struct wait_mask *mask, uint64_t address, uint64_t size) {
    *mask = (struct wait_mask){.given = address != 0};
    if (!mask->given)
        return 0;
    if (size != SIGSET_SIZE)
        return -EINVAL;
    return guest_read(&mask->guest, address, SIGSET_SIZE);
}

/* Begins the wait and gives the address of the mask for the host's call. */
static uint64_t wait_begin(struct cpu *cpu, struct wait_mask *mask) {
    if (!mask->given)
        return 0;
    mask->host = signals_begin_wait(cpu, mask->guest);
    return (uintptr_t)&mask->host;
}

static int64_t wait_end(struct cpu *cpu, const struct wait_mask *mask, int64_t result) {
    return mask->given ? signals_end_wait(cpu, result) : result;
}

int64_t sys_ppoll(struct cpu *cpu, const uint64_t arg[6]) {
    struct wait_mask mask;
    int64_t error = wait_mask_read(&mask, arg[3], arg[4]);
    if (error)
        return error;
    uint64_t host_mask = wait_begin(cpu, &mask);
    return wait_end(
        cpu, &mask,
        interruptible_syscall(cpu, __NR_ppoll, arg[0], arg[1], arg[2], host_mask, SIGSET_SIZE, 0));
}

/* The pair that the last argument of pselect6 and io_pgetevents points to. */
struct sigset_argument {
    uint64_t address, size;
};

/* 0 or -errno. A null pair means no mask. */
static int64_t wait_mask_read_pair(struct wait_mask *mask, uint64_t pair) {
    struct sigset_argument argument = {0};
    if (pair != 0 && guest_read(&argument, pair, sizeof argument) != 0)
        return -EFAULT;
    return wait_mask_read(mask, argument.address, argument.size);
}

/* A call whose last argument points to such a pair. */
static int64_t wait_with_pair(struct cpu *cpu, long number, const uint64_t arg[6]) {
    struct wait_mask mask;
    int64_t error = wait_mask_read_pair(&mask, arg[5]);
    if (error)
        return error;
    struct sigset_argument argument = {.size = SIGSET_SIZE};
    argument.address = wait_begin(cpu, &mask);
    return wait_end(cpu, &mask,
                    interruptible_syscall(cpu, number, arg[0], arg[1], arg[2], arg[3], arg[4],
                                          (uintptr_t)&argument));
}

int64_t sys_pselect6(struct cpu *cpu, const uint64_t arg[6]) {
    return wait_with_pair(cpu, __NR_pselect6, arg);
}

int64_t sys_io_pgetevents(struct cpu *cpu, const uint64_t arg[6]) {
    return wait_with_pair(cpu, __NR_io_pgetevents, arg);
}

/* epoll_pwait and epoll_pwait2, which differ in the form of the timeout alone. */
static int64_t epoll_wait_events(struct cpu *cpu, long number, const uint64_t arg[6]) {
    /* The kernel may always report fewer events than there is room for; the rest stays ready. */
    enum { MOST_EVENTS = 256 };
    struct epoll_event events[MOST_EVENTS];
    const struct syscall_abi *abi = cpu->guest->syscall_abi;
    bool same_layout = abi->layout == HOST_LAYOUT;
    uint64_t to = arg[1], most = arg[2];
    if (!same_layout) {
        to = (uintptr_t)events;
        if ((int)most > MOST_EVENTS)
            most = MOST_EVENTS;
    }

    struct wait_mask mask;
    int64_t error = wait_mask_read(&mask, arg[4], arg[5]);
    if (error)
        return error;
    uint64_t host_mask = wait_begin(cpu, &mask);
    int64_t result =
        interruptible_syscall(cpu, number, arg[0], to, most, arg[3], host_mask, SIGSET_SIZE);
    if (result > 0 && !same_layout && epoll_to_guest(abi, arg[1], events, (unsigned)result) != 0)
        result = -EFAULT;
    return wait_end(cpu, &mask, result);
}

int64_t sys_epoll_pwait(struct cpu *cpu, const uint64_t arg[6]) {
    return epoll_wait_events(cpu, __NR_epoll_pwait, arg);
}

int64_t sys_epoll_pwait2(struct cpu *cpu, const uint64_t arg[6]) {
    return epoll_wait_events(cpu, SYS_epoll_pwait2, arg);
}
