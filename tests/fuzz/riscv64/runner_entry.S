/* The way into a sequence and the way out, for runner.c. Linked first, at RUNNER_TEXT, where every
 * sequence ends. gp is the one register that sequences leave alone: it holds the entry point. */
#include "tests/fuzz/batch.h"
#include "tests/fuzz/riscv64/state.h"

#define SAVED     RUNNER_MEMORY         /* the runner's own registers: ra, sp, gp, tp, s0 to s11 */
#define REGISTERS (RUNNER_MEMORY + 256) /* struct batch_registers */

.macro all_f instruction
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \instruction f\n, 8 * (STATE_F + \n)(gp)
    .endr
    .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \instruction f\n, 8 * (STATE_F + \n)(gp)
    .endr
.endm

/* All but gp. */
.macro all_x instruction
    .irp    n, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
    \instruction x\n, 8 * \n(gp)
    .endr
    .irp    n, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \instruction x\n, 8 * \n(gp)
    .endr
.endm

.macro runner_registers instruction
    li      t0, SAVED
    \instruction ra, 0(t0)
    \instruction sp, 8(t0)
    \instruction gp, 16(t0)
    \instruction tp, 24(t0)
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    \instruction s\n, 32 + 8 * \n(t0)
    .endr
.endm

    .text
    .option norelax

    .globl  sequence_end, sequence_left, sequence_run, _start
sequence_end:
    li      gp, REGISTERS
    all_x   sd
    all_f   fsd
    frcsr   t0
    sd      t0, 8 * STATE_FCSR(gp)
    sd      zero, 8 * STATE_ENTRY(gp)
    sd      zero, 8 * 3(gp)

/* Where the signal handler leaves a sequence: sequence_run returns. */
sequence_left:
    fscsr   zero
    runner_registers ld
    ret

/* void sequence_run(void): loads the registers from the block and jumps to x[0]. */
sequence_run:
    runner_registers sd
    sc.w    t1, zero, (t0) /* leaves no reservation */
    li      gp, REGISTERS
    all_f   fld
    ld      t0, 8 * STATE_FCSR(gp)
    fscsr   t0
    all_x   ld
    ld      gp, 8 * STATE_ENTRY(gp)
    jr      gp

/* The kernel's initial stack goes to runner_main. */
_start:
    mv      a0, sp
    andi    sp, sp, -16
    call    runner_main
