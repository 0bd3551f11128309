/* Accesses to guest memory that may fault. A fault between host_access_begin and host_access_end
 * resumes at host_access_fault: nothing here uses the stack. */

    .text
    .globl host_access_begin, host_access_end, host_access_fault

/* int64_t host_copy(void *to, const void *from, size_t size). Eight bytes at a time where both ends
 * are aligned to them: misaligned accesses may trap into firmware on this architecture. */
    .globl host_copy
    .type host_copy, @function
host_copy:
host_access_begin:
    or      a3, a0, a1
    li      a5, 4
    bne     a2, a5, 1f
    andi    a4, a3, 3
    bnez    a4, 1f
    lw      a4, 0(a1)
    sw      a4, 0(a0)
    j       4f
1:  andi    a3, a3, 7
    bnez    a3, 3f
    li      a5, 8
2:  bltu    a2, a5, 3f
    ld      a4, 0(a1)
    sd      a4, 0(a0)
    addi    a0, a0, 8
    addi    a1, a1, 8
    addi    a2, a2, -8
    j       2b
3:  beqz    a2, 4f
    lb      a4, 0(a1)
    sb      a4, 0(a0)
    addi    a0, a0, 1
    addi    a1, a1, 1
    addi    a2, a2, -1
    j       3b
4:  li      a0, 0
    ret
    .size host_copy, . - host_copy

/* int64_t host_strlen(const char *string, size_t most) */
    .globl host_strlen
    .type host_strlen, @function
host_strlen:
    mv      a2, a0
    add     a1, a0, a1
1:  beq     a2, a1, 2f
    lb      a3, 0(a2)
    beqz    a3, 2f
    addi    a2, a2, 1
    j       1b
2:  sub     a0, a2, a0
    ret
    .size host_strlen, . - host_strlen
host_access_end:

host_access_fault:
    li      a0, -14             /* -EFAULT */
    ret

    .section .note.GNU-stack, "", @progbits
