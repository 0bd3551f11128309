/* The entry point: has the kernel map the program's pages in a few calls, before the C library's own
 * start uses them. One page fault for each would take longer than all else that happens
 * before the guest runs, above all in a virtual machine. Kernels before 5.14 refuse; nothing is lost. */
#include <asm/unistd_64.h>
#include <linux/mman.h>

    FIRST_FRAMES = 20480
    LATE_READ_ONLY = 8192 /* what the C library writes before it makes that read-only */

    .hidden disassembler_image, __executable_start, __init_array_start, data_start

    .text
    .globl denizen_start
    .hidden denizen_start
    .type denizen_start, @function
denizen_start:
    mov %rdx, %r8 /* for the C library's start, like the stack */

    mov $__NR_madvise, %eax
    lea __executable_start(%rip), %rdi
    lea disassembler_image(%rip), %rsi /* which nothing but a log reads */
    sub %rdi, %rsi
    mov $MADV_POPULATE_READ, %edx
    syscall

    mov $__NR_madvise, %eax
    lea __init_array_start(%rip), %rdi
    and $-4096, %rdi
    lea data_start - LATE_READ_ONLY(%rip), %rsi
    sub %rdi, %rsi
    mov $MADV_POPULATE_READ, %edx
    syscall

    mov $__NR_madvise, %eax
    lea data_start - LATE_READ_ONLY(%rip), %rdi
    and $-4096, %rdi
    lea start_large_data(%rip), %rsi
    sub %rdi, %rsi
    mov $MADV_POPULATE_WRITE, %edx
    syscall

    mov $__NR_madvise, %eax
    lea -(FIRST_FRAMES)(%rsp), %rdi /* execve made room for 128 KiB of stack */
    and $-4096, %rdi
    mov $FIRST_FRAMES, %esi
    mov $MADV_POPULATE_WRITE, %edx
    syscall

    mov %r8, %rdx
    jmp _start
    .size denizen_start, . - denizen_start

    .section .bss.large_data, "aw", %nobits /* start.ld puts the rest of it behind this */
start_large_data:

    .section .note.GNU-stack, "", %progbits
