/* Accesses to guest memory that may fault. A fault between host_access_begin and host_access_end
 * resumes at host_access_fault: nothing here uses the stack. */

    .text
    .globl host_access_begin, host_access_end, host_access_fault

/* int64_t host_copy(void *to, const void *from, size_t size) */
    .globl host_copy
    .type host_copy, @function
host_copy:
    endbr64
    mov     %rdx, %rcx
    xor     %eax, %eax
    cmp     $8, %rdx
    je      2f
    cmp     $4, %rdx
    je      1f
host_access_begin:
    rep movsb
    ret
1:  mov     (%rsi), %ecx
    mov     %ecx, (%rdi)
    ret
2:  mov     (%rsi), %rcx
    mov     %rcx, (%rdi)
    ret
    .size host_copy, . - host_copy

/* int64_t host_strlen(const char *string, size_t most) */
    .globl host_strlen
    .type host_strlen, @function
host_strlen:
    endbr64
    xor     %eax, %eax
1:  cmp     %rsi, %rax
    jae     2f
    cmpb    $0, (%rdi,%rax)
    je      2f
    inc     %rax
    jmp     1b
2:  ret
    .size host_strlen, . - host_strlen
host_access_end:

host_access_fault:
    mov     $-14, %rax          /* -EFAULT */
    ret

    .section .note.GNU-stack, "", @progbits
