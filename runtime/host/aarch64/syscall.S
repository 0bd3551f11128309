/* The race-free entry into the kernel (runtime/interruptible.h). */

    .text
    .globl host_syscall_begin, host_syscall_end, host_syscall_interrupted

/* int64_t host_syscall_unless(const _Atomic uint32_t *pending, long number, a, b, c, d, e, f) */
    .globl host_syscall_unless
    .type host_syscall_unless, %function
host_syscall_unless:
    hint    #34                 /* bti c */
    mov     x9, x0
    mov     x8, x1
    mov     x0, x2
    mov     x1, x3
    mov     x2, x4
    mov     x3, x5
    mov     x4, x6
    mov     x5, x7
host_syscall_begin:
    ldr     w10, [x9]
    cbnz    w10, host_syscall_interrupted
    svc     #0
host_syscall_end:
    ret
host_syscall_interrupted:
    mov     x0, #-512           /* -ERESTARTSYS */
    ret
    .size host_syscall_unless, . - host_syscall_unless

    .section .note.GNU-stack, "", %progbits
