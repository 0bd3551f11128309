/* The builder's folding rules for condition flags, in the manner of fold.c: what a condition asks
 * of flags whose making is known becomes a comparison of the operands. Conditions of floats stay,
 * since a comparison of their own would raise exceptions a second time. */
#include "translator/ir/fold.h"

static bool is_value(const struct ir *ir, ir_ref ref, uint64_t value) {
    return ir_is_const(ir, ref) && ir->insn[ref].imm == value;
}

static ir_ref zero(struct ir *ir, enum ir_type type) {
    return ir_const(ir, type, 0);
}

static const uint8_t comparisons[] = {
    [IR_FLAGS_EQ] = IR_EQ,  [IR_FLAGS_NE] = IR_NE,  [IR_FLAGS_CS] = IR_GEU, [IR_FLAGS_CC] = IR_LTU,
    [IR_FLAGS_HI] = IR_GTU, [IR_FLAGS_LS] = IR_LEU, [IR_FLAGS_GE] = IR_GE,  [IR_FLAGS_LT] = IR_LT,
    [IR_FLAGS_GT] = IR_GT,  [IR_FLAGS_LE] = IR_LE,
};

/* The condition depends on the result alone: value EQ 0, NE 0, LT 0 (MI), GE 0 (PL). */
static ir_ref condition_of_result(struct ir *ir, enum ir_type type, enum ir_flags_cond cond,
                                  ir_ref value) {
    static const uint8_t conds[] = {
        [IR_FLAGS_EQ] = IR_EQ, [IR_FLAGS_NE] = IR_NE, [IR_FLAGS_MI] = IR_LT, [IR_FLAGS_PL] = IR_GE};
    return ir_set(ir, type, (enum ir_cond)conds[cond], value, zero(ir, type));
}

/* cond (flags_sub x, y)     -> set x, y            [not VS, VC]
 * MI, PL                    -> set (x - y), 0
 * EQ, NE                    -> set (x - y), 0      [in a register, while x or y is in none] */
static ir_ref condition_of_sub(struct ir *ir, enum ir_type type, enum ir_flags_cond cond, ir_ref x,
                               ir_ref y) {
    switch (cond) {
    case IR_FLAGS_VS:
    case IR_FLAGS_VC: return IR_NO_REF;
    case IR_FLAGS_MI:
    case IR_FLAGS_PL: return condition_of_result(ir, type, cond, ir_sub(ir, type, x, y));
    case IR_FLAGS_EQ:
    case IR_FLAGS_NE: {
        ir_ref difference = ir_sub(ir, type, x, y);
        if (!ir_is_const(ir, difference) && ir_available(ir, difference) &&
            !(ir_available(ir, x) && ir_available(ir, y)))
            return condition_of_result(ir, type, cond, difference);
        break;
    }
    default: break;
    }
    return ir_set(ir, type, (enum ir_cond)comparisons[cond], x, y);
}

/* cond (flags_add x, k)     -> set x, -k           [k not 0; if signed, not the most negative]
 * EQ, NE, MI, PL            -> set (x + y), 0
 * CS, CC                    -> set (x + y), x      unsigned: has it wrapped */
static ir_ref condition_of_add(struct ir *ir, enum ir_type type, enum ir_flags_cond cond, ir_ref x,
                               ir_ref y) {
    ir_ref sum = ir_add(ir, type, x, y);
    if (cond == IR_FLAGS_MI || cond == IR_FLAGS_PL)
        return condition_of_result(ir, type, cond, sum);
    if (cond == IR_FLAGS_VS || cond == IR_FLAGS_VC)
        return IR_NO_REF;
    const uint64_t most_negative = type == IR_I32 ? UINT64_C(1) << 31 : UINT64_C(1) << 63;
    if (ir_is_const(ir, y) && ir->insn[y].imm != 0 &&
        (cond < IR_FLAGS_GE || ir->insn[y].imm != most_negative))
        return condition_of_sub(ir, type, cond, x, ir_neg(ir, type, y));
    switch (cond) {
    case IR_FLAGS_EQ:
    case IR_FLAGS_NE: return condition_of_result(ir, type, cond, sum);
    case IR_FLAGS_CS:
    case IR_FLAGS_CC:
        return ir_set(ir, type, cond == IR_FLAGS_CS ? IR_LTU : IR_GEU, sum,
                      ir_available(ir, x) ? x : y);
    default: return IR_NO_REF;
    }
}

/* cond (flags_logic x)      -> set x, 0; C and V are 0 */
static ir_ref condition_of_logic(struct ir *ir, enum ir_type type, enum ir_flags_cond cond,
                                 ir_ref x) {
    switch (cond) {
    case IR_FLAGS_EQ:
    case IR_FLAGS_NE:
    case IR_FLAGS_MI:
    case IR_FLAGS_PL: return condition_of_result(ir, type, cond, x);
    case IR_FLAGS_CS:
    case IR_FLAGS_VS:
    case IR_FLAGS_HI: return ir_const(ir, IR_I64, 0);
    case IR_FLAGS_CC:
    case IR_FLAGS_VC:
    case IR_FLAGS_LS: return ir_const(ir, IR_I64, 1);
    default: return ir_set(ir, type, (enum ir_cond)comparisons[cond], x, zero(ir, type));
    }
}

/* cond (flags_adc x, y, c)  -> set (adc x, y, c), 0  [EQ, NE, MI, PL] */
static ir_ref condition_of_adc(struct ir *ir, enum ir_type type, enum ir_flags_cond cond,
                               const struct ir_insn *flags) {
    if (cond != IR_FLAGS_EQ && cond != IR_FLAGS_NE && cond != IR_FLAGS_MI && cond != IR_FLAGS_PL)
        return IR_NO_REF;
    ir_ref carry = type == IR_I32 ? ir_trunc(ir, IR_I32, flags->c) : flags->c;
    return condition_of_result(ir, type, cond, ir_adc(ir, type, flags->a, flags->b, carry));
}

/* cond (select c, x, y)     -> select c, (cond x), (cond y) */
static ir_ref condition_of_select(struct ir *ir, enum ir_flags_cond cond,
                                  const struct ir_insn *select) {
    ir_ref then = ir_flags_cond(ir, cond, select->b);
    ir_ref otherwise = ir_flags_cond(ir, cond, select->c);
    return ir_select(ir, IR_I64, select->a, then, otherwise);
}

ir_ref ir_fold_flags_cond(struct ir *ir, struct ir_insn *insn) {
    const enum ir_flags_cond cond = (enum ir_flags_cond)insn->aux;
    if (cond >= IR_FLAGS_AL)
        return ir_const(ir, IR_I64, 1);
    const struct ir_insn flags = ir->insn[insn->a];
    const enum ir_type type = (enum ir_type)flags.type;
    switch (flags.op) {
    case IR_flags_sub: return condition_of_sub(ir, type, cond, flags.a, flags.b);
    case IR_flags_add: return condition_of_add(ir, type, cond, flags.a, flags.b);
    case IR_flags_adc: return condition_of_adc(ir, type, cond, &flags);
    case IR_flags_logic: return condition_of_logic(ir, type, cond, flags.a);
    case IR_select: return condition_of_select(ir, cond, &flags);
    default: return IR_NO_REF;
    }
}

/* flags_add x, 0            -> flags_logic x */
ir_ref ir_fold_flags_add(struct ir *ir, struct ir_insn *insn) {
    if (ir_is_const(ir, insn->a)) {
        ir_ref a = insn->a;
        insn->a = insn->b;
        insn->b = a;
    }
    return is_value(ir, insn->b, 0) ? ir_flags_logic(ir, (enum ir_type)insn->type, insn->a)
                                    : IR_NO_REF;
}

/* flags_sub x, x            -> Z and C */
ir_ref ir_fold_flags_sub(struct ir *ir, struct ir_insn *insn) {
    return insn->a == insn->b ? ir_const(ir, IR_I64, IR_FLAG_Z | IR_FLAG_C) : IR_NO_REF;
}

/* flags_adc x, y, 0         -> flags_add x, y
 * flags_adc x, not y, 1     -> flags_sub x, y      [also with a constant y] */
ir_ref ir_fold_flags_adc(struct ir *ir, struct ir_insn *insn) {
    const enum ir_type type = (enum ir_type)insn->type;
    if (is_value(ir, insn->c, 0))
        return ir_flags_add(ir, type, insn->a, insn->b);
    if (is_value(ir, insn->c, 1) && (ir->insn[insn->b].op == IR_not || ir_is_const(ir, insn->b)))
        return ir_flags_sub(ir, type, insn->a, ir_not(ir, type, insn->b));
    return IR_NO_REF;
}

/* adc x, y, 0               -> add x, y
 * adc x, not y, 1           -> sub x, y
 * adc k1, k2, c             -> add c, k1 + k2 */
ir_ref ir_fold_adc(struct ir *ir, struct ir_insn *insn) {
    const enum ir_type type = (enum ir_type)insn->type;
    if (ir_is_const(ir, insn->a) && ir_is_const(ir, insn->b))
        return ir_add(ir, type, insn->c, ir_add(ir, type, insn->a, insn->b));
    if (is_value(ir, insn->c, 0))
        return ir_add(ir, type, insn->a, insn->b);
    if (is_value(ir, insn->c, 1))
        return ir_sub(ir, type, insn->a, ir_not(ir, type, insn->b));
    return IR_NO_REF;
}
