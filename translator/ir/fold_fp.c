/* Folding rules of scalar floating point; see fold.c. */
#include "translator/ir/fold.h"

static bool is_canonical(const struct ir *ir, ir_ref ref) {
    switch (ir->insn[ref].op) {
    case IR_fcanon:
    case IR_itof: /* never a NaN */ return true;
    case IR_fma:
    case IR_fmin:
    case IR_fmax:
    case IR_fminm:
    case IR_fmaxm:
    case IR_fround:
    case IR_ftof: return !(ir->insn[ref].aux & IR_FP_PROPAGATE);
    default: return false;
    }
}

/* fcanon x -> x             [x canonical] */
ir_ref ir_fold_fcanon(struct ir *ir, struct ir_insn *insn) {
    return is_canonical(ir, insn->a) ? insn->a : IR_NO_REF;
}

/* fabs (fabs x), fabs (fneg x) -> fabs x */
ir_ref ir_fold_fabs(struct ir *ir, struct ir_insn *insn) {
    if (is_op(ir, insn->a, IR_fabs))
        return insn->a;
    if (is_op(ir, insn->a, IR_fneg))
        insn->a = ir->insn[insn->a].a;
    return IR_NO_REF;
}

/* copysign x, x                          -> x
 * copysign x, -x                         -> -x
 * copysign -x, y, copysign |x|, y        -> copysign x, y */
ir_ref ir_fold_fcopysign(struct ir *ir, struct ir_insn *insn) {
    if (insn->a == insn->b)
        return insn->a;
    if (is_op(ir, insn->b, IR_fneg) && ir->insn[insn->b].a == insn->a)
        return insn->b;
    if (is_op(ir, insn->a, IR_fneg) || is_op(ir, insn->a, IR_fabs))
        insn->a = ir->insn[insn->a].a;
    return IR_NO_REF;
}

/* x, when `ref` is <op> x and x has the type wanted. */
static ir_ref undone(const struct ir *ir, ir_ref ref, enum ir_op op, enum ir_type type) {
    const struct ir_insn *insn = &ir->insn[ref];
    if (insn->op != op || ir_result_type(&ir->insn[insn->a]) != type)
        return IR_NO_REF;
    return insn->a;
}

/* nanunbox (nanbox x) -> x  [x of that type] */
ir_ref ir_fold_nanunbox(struct ir *ir, struct ir_insn *insn) {
    return undone(ir, insn->a, IR_nanbox, (enum ir_type)insn->type);
}

/* fbits (ffrom x) -> x      [F32, F64; F16 takes the low half of x only] */
ir_ref ir_fold_fbits(struct ir *ir, struct ir_insn *insn) {
    if (ir_result_type(&ir->insn[insn->a]) == IR_F16)
        return IR_NO_REF;
    return undone(ir, insn->a, IR_ffrom, (enum ir_type)insn->type);
}

/* ffrom (fbits x) -> x      [x of that type] */
ir_ref ir_fold_ffrom(struct ir *ir, struct ir_insn *insn) {
    return undone(ir, insn->a, IR_fbits, (enum ir_type)insn->type);
}
