/* The carry between additions: in x86's carry flag, where plan_carry.c has seen to it that nothing
 * comes between, or a value. After a subtraction x86 has the opposite of C there, and is left to:
 * it is inverted where an addition follows a subtraction. */
#include "translator/host/x86_64/lower.h"

/* Consumes the carry; its flags as well, if it is not made but by its users. */
static void consume_carry(struct lower *l, ir_ref c) {
    const struct value *v = &l->values[c];
    const bool last = v->uses == 1 && v->late;
    lower_consume(l, c);
    if (last)
        lower_consume_operands(l, &l->ir->insn[c]);
}

void lower_carry_in(struct lower *l, ir_ref c, bool inverted) {
    c = lower_root(l, c);
    const struct ir_insn *insn = &l->ir->insn[c];
    bool opposite = false;
    if (insn->op == IR_flags_cond && insn->aux == IR_FLAGS_CS &&
        lower_has_carry(l, lower_root(l, insn->a))) {
        opposite = l->carry.inverted;
    } else if (l->values[c].late && insn->op == IR_set) {
        opposite = lower_compare(l, (enum ir_type)insn->type, (enum ir_cond)insn->aux, insn->a,
                                 insn->b) == CC_AE;
    } else if (l->values[c].late) {
        l->failed = true;
    } else {
        const struct operand carry = lower_operand(l, c, 4);
        lower_carry_to_host(l, &carry);
    }
    consume_carry(l, c);
    if (opposite != inverted)
        x86_0(&l->b, X86_CMC, 4);
}

/* A condition, mostly the carry, as a value. */
static void make_carry(struct lower *l, ir_ref c, bool inverted) {
    lower_end_insn(l);
    l->values[c].hint = NO_GUEST; /* this is in front of its place */
    const unsigned reg = lower_define(l, c, NO_REG);
    const enum ir_flags_cond cond = (enum ir_flags_cond)l->ir->insn[c].aux;
    x86_setcc(&l->b, lower_integer_condition(l, cond, inverted), reg);
    x86_extend(&l->b, false, 1, 4, reg, reg);
    lower_consume(l, l->ir->insn[c].a);
}

void lower_carry_out(struct lower *l, ir_ref flags, bool inverted) {
    const struct value *v = &l->values[flags];
    if (v->stored) {
        lower_end_insn(l);
        lower_claim(l, RAX);
        lower_save_guest(l, x86_config.flags_reg);
        if (!inverted)
            x86_0(&l->b, X86_CMC, 4);
        inverted = true;
        lower_put_borrow(l);
    }
    if (v->carry)
        make_carry(l, v->carry, inverted);
    l->carry.flags = flags;
    l->carry.inverted = inverted;
    l->carry.end = l->b.at;
}
