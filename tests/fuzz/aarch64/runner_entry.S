/* The way into a sequence and the way out, for runner.c. Linked first, at RUNNER_TEXT, where every
 * sequence ends. The way in leaves the entry point in x30; the way out has no register to spare but
 * TPIDR_EL0, which is 0 at the start of a sequence. */
#include "tests/fuzz/aarch64/state.h"
#include "tests/fuzz/batch.h"

#define SAVED     RUNNER_MEMORY         /* the runner's own registers: x19 to x30, sp */
#define REGISTERS (RUNNER_MEMORY + 256) /* struct batch_registers */

.macro address register, value
    movz    \register, #(\value) & 0xffff
    movk    \register, #(\value) >> 16, lsl #16
.endm

.macro runner_registers instruction
    \instruction x19, x20, [x16]
    \instruction x21, x22, [x16, 16]
    \instruction x23, x24, [x16, 32]
    \instruction x25, x26, [x16, 48]
    \instruction x27, x28, [x16, 64]
    \instruction x29, x30, [x16, 80]
.endm

/* x2 to x30. */
.macro most_x instruction
    .irp    n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \instruction x\n, [x1, 8 * \n]
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    \instruction x\n, [x1, 8 * \n]
    .endr
.endm

.macro all_v instruction
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \instruction q\n, [x1, 8 * STATE_V + 16 * \n]
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \instruction q\n, [x1, 8 * STATE_V + 16 * \n]
    .endr
.endm

    .text
    .globl  sequence_end, sequence_left, sequence_run, _start
sequence_end:
    msr     tpidr_el0, x1
    address x1, REGISTERS
    str     x0, [x1]
    mrs     x0, tpidr_el0
    str     x0, [x1, 8]
    most_x  str
    mov     x0, sp
    str     x0, [x1, 8 * STATE_SP]
    all_v   str
    mrs     x0, nzcv
    str     x0, [x1, 8 * STATE_NZCV]
    mrs     x0, fpcr
    str     x0, [x1, 8 * STATE_FPCR]
    mrs     x0, fpsr
    str     x0, [x1, 8 * STATE_FPSR]

/* Where the signal handler leaves a sequence: sequence_run returns. */
sequence_left:
    msr     fpcr, xzr
    address x16, SAVED
    runner_registers ldp
    ldr     x17, [x16, 96]
    mov     sp, x17
    ret

/* void sequence_run(void): loads the registers from the block and jumps to x30. */
sequence_run:
    address x16, SAVED
    runner_registers stp
    mov     x17, sp
    str     x17, [x16, 96]
    clrex
    msr     tpidr_el0, xzr
    address x1, REGISTERS
    all_v   ldr
    ldr     x0, [x1, 8 * STATE_FPCR]
    msr     fpcr, x0
    ldr     x0, [x1, 8 * STATE_FPSR]
    msr     fpsr, x0
    ldr     x0, [x1, 8 * STATE_NZCV]
    msr     nzcv, x0
    ldr     x0, [x1, 8 * STATE_SP]
    mov     sp, x0
    most_x  ldr
    ldp     x0, x1, [x1]
    br      x30

/* The kernel's initial stack goes to runner_main. */
_start:
    mov     x0, sp
    bl      runner_main
