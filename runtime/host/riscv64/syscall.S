/* The race-free entry into the kernel (runtime/interruptible.h). */

    .text
    .globl host_syscall_begin, host_syscall_end, host_syscall_interrupted

/* int64_t host_syscall_unless(const _Atomic uint32_t *pending, long number, a, b, c, d, e, f) */
    .globl host_syscall_unless
    .type host_syscall_unless, @function
host_syscall_unless:
    mv      t0, a0
    mv      t1, a7
    mv      t2, a1
    mv      a0, a2
    mv      a1, a3
    mv      a2, a4
    mv      a3, a5
    mv      a4, a6
    mv      a5, t1
    mv      a7, t2
host_syscall_begin:
    lw      t1, 0(t0)
    bnez    t1, host_syscall_interrupted
    ecall
host_syscall_end:
    ret
host_syscall_interrupted:
    li      a0, -512            /* -ERESTARTSYS */
    ret
    .size host_syscall_unless, . - host_syscall_unless

    .section .note.GNU-stack, "", @progbits
