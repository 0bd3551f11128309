/* Passes over the IR, between the lifter and the backend. What a unit does stays exactly the same,
 * seen from any point at which it may be left or may fault. */
#ifndef TRANSLATOR_OPT_OPT_H
#define TRANSLATOR_OPT_OPT_H

#include "translator/ir/ir.h"

#define OPT_TIER(n) (1u << (n))

/* Looks at the IR after each pass: for dumps, and for stopping at a pass that breaks the form. */
struct opt_observer {
    void (*after_pass)(void *data, const char *pass, const struct ir *ir);
    void *data;
};

/* Runs the passes of `tier`; `observer` may be NULL. A sanitized build verifies the IR before them
 * and after each. Afterwards nothing is dead, but what was has left nops, and uses are counted. */
void opt_run(struct ir *ir, unsigned tier, const struct opt_observer *observer);

/* --- between passes --- */

/* What `demand` adds to the `uses` of a value for a use that sees it whole: rather than the low
 * word of an I64 alone, or no more of a float's NaN than that it is one. */
enum { OPT_WHOLE = 1 << 16 };

/* The operations whose low word needs only the low words of their operands. */
#define OPT_LOW_TO_LOW(X) X(add) X(sub) X(mul) X(and) X(or) X(xor) X(andn) X(neg) X(not ) X(shl)

/* Is that so of this one of them? A shift must not reach beyond the low word. */
static inline bool opt_low_to_low(const struct ir *ir, const struct ir_insn *insn) {
    return insn->op != IR_shl || (ir_is_const(ir, insn->b) && ir->insn[insn->b].imm < 32);
}

#define PASS(name, tiers, purpose) void opt_##name(struct ir *ir);
#include "translator/opt/passes.def"
#undef PASS

#endif
