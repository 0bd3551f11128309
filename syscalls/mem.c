/* Memory: the address space belongs to runtime/vm.h. */
#include <asm/unistd.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "runtime/guest.h"
#include "runtime/syscall_abi.h"
#include "runtime/vm.h"
#include "syscalls/syscalls.h"

int64_t sys_brk(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    return vm_brk(arg[0]);
}

int64_t sys_mmap(struct cpu *cpu, const uint64_t arg[6]) {
    /* MAP_32BIT and MAP_ABOVE4G: x86-64's alone (arch/x86/include/uapi/asm/mman.h). */
    enum { X86_64_FLAGS = 0x40 | 0x80 };
    int flags = (int)arg[3];
    if (cpu->guest->syscall_abi->layout != SYSCALL_LAYOUT_X86_64 && (flags & X86_64_FLAGS)) {
        if ((flags & MAP_TYPE) == MAP_SHARED_VALIDATE)
            return -EOPNOTSUPP;
        flags &= ~X86_64_FLAGS;
    }
    return vm_mmap(arg[0], arg[1], (int)arg[2], flags, (int)arg[4], (int64_t)arg[5]);
}

int64_t sys_munmap(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    return vm_munmap(arg[0], arg[1]);
}

int64_t sys_mremap(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    return vm_mremap(arg[0], arg[1], arg[2], (int)arg[3], arg[4]);
}

int64_t sys_mprotect(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    return vm_mprotect(arg[0], arg[1], (int)arg[2]);
}

int64_t sys_madvise(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    return vm_madvise(arg[0], arg[1], (int)arg[2]);
}

/* Protection keys: none of our guests has them, and the calls answer as on such a kernel
 * (mm/mprotect.c, include/linux/pkeys.h). */

int64_t sys_pkey_mprotect(struct cpu *cpu, const uint64_t arg[6]) {
    return (int)arg[3] == -1 ? sys_mprotect(cpu, arg) : -EINVAL;
}

int64_t sys_pkey_alloc(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    enum { KNOWN_RIGHTS = PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE };
    if (arg[0] != 0 || (arg[1] & ~(uint64_t)KNOWN_RIGHTS))
        return -EINVAL;
    return -ENOSPC;
}

int64_t sys_pkey_free(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    (void)arg;
    return -EINVAL;
}

int64_t sys_mseal(struct cpu *cpu, const uint64_t arg[6]) {
    enum { NR_MSEAL = 462 };
    uint64_t page = cpu->guest->page_size, start = arg[0], length = arg[1];
    uint64_t end = (start + length + page - 1) & ~(page - 1);
    /* What the guest did not map may be the emulator's. */
    for (uint64_t at = start; start % page == 0 && at < end; at += page) {
        if (vm_prot(at) < 0)
            return -ENOMEM;
    }
    return host_syscall(NR_MSEAL, start, length, arg[2], 0, 0, 0);
}
