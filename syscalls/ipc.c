/* System V semaphores and shared memory. (Messages and shm_ds are the same on every 64-bit port.)
 */
#include <asm/unistd.h>
#include <errno.h>
#include <sys/sem.h>

#include "runtime/access.h"
#include "runtime/guest.h"
#include "runtime/vm.h"
#include "syscalls/convert.h"
#include "syscalls/syscalls.h"

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif

int64_t sys_semctl(struct cpu *cpu, const uint64_t arg[6]) {
    enum syscall_layout layout = cpu->guest->syscall_abi->layout;
    unsigned char guest[SEMID_MOST], host[SEMID_MOST];
    struct semid semid;
    int64_t result;
    switch ((int)arg[2]) {
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY:
        result = host_syscall(__NR_semctl, arg[0], arg[1], arg[2], (uintptr_t)host, 0, 0);
        if (result < 0)
            return result;
        semid_unpack(HOST_LAYOUT, &semid, host);
        semid_pack(layout, guest, &semid);
        return guest_write(arg[3], guest, semid_size(layout)) == 0 ? result : -EFAULT;
    case IPC_SET:
        if (guest_read(guest, arg[3], semid_size(layout)) != 0)
            return -EFAULT;
        semid_unpack(layout, &semid, guest);
        semid_pack(HOST_LAYOUT, host, &semid);
        return host_syscall(__NR_semctl, arg[0], arg[1], IPC_SET, (uintptr_t)host, 0, 0);
    default: return host_syscall(__NR_semctl, arg[0], arg[1], arg[2], arg[3], 0, 0);
    }
}

int64_t sys_shmat(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    return vm_shmat((int)arg[0], arg[1], (int)arg[2]);
}

int64_t sys_shmdt(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    return vm_shmdt(arg[0]);
}
