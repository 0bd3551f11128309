/* Calls that the host answers without entering its kernel (vDSO), and so that are worth a function:
 * programs make them by the million. */
#include <asm/unistd.h>
#include <errno.h>
#include <sched.h>
#include <sys/time.h>
#include <time.h>

#include "runtime/access.h"
#include "syscalls/syscalls.h"

int64_t sys_clock_gettime(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    struct timespec now;
    if (clock_gettime((clockid_t)arg[0], &now) != 0)
        return -errno;
    return guest_write(arg[1], &now, sizeof now);
}

int64_t sys_gettimeofday(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    struct timeval now;
    if (arg[1] != 0) /* the time zone of the kernel */
        return host_syscall(__NR_gettimeofday, arg[0], arg[1], 0, 0, 0, 0);
    gettimeofday(&now, NULL);
    return arg[0] != 0 ? guest_write(arg[0], &now, sizeof now) : 0;
}

int64_t sys_getcpu(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    unsigned processor, node;
    if (getcpu(&processor, &node) != 0)
        return -errno;
    if (arg[0] != 0 && guest_write(arg[0], &processor, sizeof processor) != 0)
        return -EFAULT;
    return arg[1] != 0 ? guest_write(arg[1], &node, sizeof node) : 0;
}
