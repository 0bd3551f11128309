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
 * and after each. Afterwards there are no nops (but instruction 0) and `uses` is right. */
void opt_run(struct ir *ir, unsigned tier, const struct opt_observer *observer);

/* --- between passes --- */

/* What `demand` leaves in `uses`: which aspects of a value its users see. */
enum opt_demand {
    DEMAND_VALUE = 1,
    DEMAND_HIGH = 2,    /* of an I64: bits above the low 32 */
    DEMAND_PAYLOAD = 4, /* of a float: the sign and payload of a NaN */
    DEMAND_ALL = 7,
};

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
