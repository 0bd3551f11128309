/* The race-free entry into the kernel (runtime/interruptible.h). */

    .text
    .globl host_syscall_begin, host_syscall_end, host_syscall_interrupted

/* int64_t host_syscall_unless(const _Atomic uint32_t *pending, long number, a, b, c, d, e, f) */
    .globl host_syscall_unless
    .type host_syscall_unless, @function
host_syscall_unless:
    endbr64
    mov     %rdi, %r11
    mov     %rsi, %rax
    mov     %rdx, %rdi
    mov     %rcx, %rsi
    mov     %r8, %rdx
    mov     %r9, %r10
    mov     8(%rsp), %r8
    mov     16(%rsp), %r9
host_syscall_begin:
    cmpl    $0, (%r11)
    jne     host_syscall_interrupted
    syscall
host_syscall_end:
    ret
host_syscall_interrupted:
    mov     $-512, %rax         /* -ERESTARTSYS */
    ret
    .size host_syscall_unless, . - host_syscall_unless

/* The signal trampoline that the kernel asks every handler to come with. Debuggers and unwinders
 * know it by these very bytes. */
    .globl host_signal_return
    .type host_signal_return, @function
    .balign 16
    nop
host_signal_return:
    mov     $15, %rax           /* rt_sigreturn */
    syscall
    .size host_signal_return, . - host_signal_return

    .section .note.GNU-stack, "", @progbits
