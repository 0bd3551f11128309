/* What of the Linux system call interface differs between guest architectures. One constant
 * `struct syscall_abi` per guest folder; syscalls/ converts by it where the host's own differs. */
#ifndef RUNTIME_SYSCALL_ABI_H
#define RUNTIME_SYSCALL_ABI_H

#include <stdbool.h>
#include <stdint.h>

/* Layout of the structures that two 64-bit Linux ports may define differently: stat, epoll_event
 * and semid64_ds. */
enum syscall_layout {
    SYSCALL_LAYOUT_GENERIC, /* include/uapi/asm-generic: every port since 2012 */
    SYSCALL_LAYOUT_X86_64,
};

/* The open(2) flags whose values differ between ports; all others are equal. */
struct open_flags {
    uint32_t directory, nofollow, direct, largefile;
};

/* Values of include/uapi/asm-generic/fcntl.h: riscv64, x86-64. */
#define OPEN_FLAGS_GENERIC \
    { .directory = 0200000, .nofollow = 0400000, .direct = 040000, .largefile = 0100000 }
/* Values of arch/arm64/include/uapi/asm/fcntl.h. */
#define OPEN_FLAGS_AARCH64 \
    { .directory = 040000, .nofollow = 0100000, .direct = 0200000, .largefile = 0400000 }

struct syscall_abi {
    enum syscall_layout layout;
    struct open_flags open_flags;
    bool has_renameat;     /* the port is old enough to have it beside renameat2 */
    bool has_restorer;     /* struct sigaction has sa_restorer, in front of sa_mask */
    uint32_t min_altstack; /* MINSIGSTKSZ: the least that sigaltstack takes */
    /* riscv_hwprobe(2): the value of `key`, or false when the key is unknown. NULL on ports that
     * have neither that call nor riscv_flush_icache(2). */
    bool (*riscv_hwprobe)(int64_t key, uint64_t *value);
};

#endif
