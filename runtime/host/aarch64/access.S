/* Accesses to guest memory that may fault. A fault between host_access_begin and host_access_end
 * resumes at host_access_fault: nothing here uses the stack. */

    .text
    .globl host_access_begin, host_access_end, host_access_fault

/* int64_t host_copy(void *to, const void *from, size_t size) */
    .globl host_copy
    .type host_copy, %function
host_copy:
    hint    #34                 /* bti c */
    cmp     x2, #4
    b.eq    3f
host_access_begin:
1:  subs    x2, x2, #8
    b.lo    2f
    ldr     x3, [x1], #8
    str     x3, [x0], #8
    b       1b
2:  adds    x2, x2, #8
    b.eq    5f
4:  ldrb    w3, [x1], #1
    strb    w3, [x0], #1
    subs    x2, x2, #1
    b.ne    4b
    b       5f
3:  ldr     w3, [x1]
    str     w3, [x0]
5:  mov     x0, #0
    ret
    .size host_copy, . - host_copy

/* int64_t host_strlen(const char *string, size_t most) */
    .globl host_strlen
    .type host_strlen, %function
host_strlen:
    hint    #34
    mov     x2, #0
1:  cmp     x2, x1
    b.hs    2f
    ldrb    w3, [x0, x2]
    cbz     w3, 2f
    add     x2, x2, #1
    b       1b
2:  mov     x0, x2
    ret
    .size host_strlen, . - host_strlen
host_access_end:

host_access_fault:
    mov     x0, #-14            /* -EFAULT */
    ret

    .section .note.GNU-stack, "", %progbits
