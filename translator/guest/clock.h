/* Clocks as guests' instructions read them, in nanoseconds: counters, and the registers that only
 * the vDSO has. For the lifters of all guests. */
#ifndef TRANSLATOR_GUEST_CLOCK_H
#define TRANSLATOR_GUEST_CLOCK_H

#include <time.h>

#include "translator/ir/ir.h"

#define GUEST_CLOCK_FREQUENCY UINT64_C(1000000000) /* in Hz */

/* The value of one of Linux's clocks: I64. */
ir_ref lift_clock(struct ir *ir, clockid_t clock);

/* The same, by an instruction at `pc` that is one in the vDSO alone, and illegal elsewhere. */
ir_ref lift_vdso_clock(struct ir *ir, clockid_t clock, ir_ref pc);

#endif
