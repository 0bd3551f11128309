/* The pre-pass over condition flags: what is put off (lower_flags.c), and which differences leave
 * x86's flags to the exit behind them. */
#include <string.h>

#include "translator/host/x86_64/lower.h"

static const struct ir_insn *insn_of(const struct lower *l, ir_ref ref) {
    return &l->ir->insn[lower_root(l, ref)];
}

/* --- what is put off --- */

/* Deferred, and not merely read. */
static bool makes_flags(const struct lower *l, ir_ref ref) {
    return l->values[ref].deferred && l->ir->insn[ref].op != IR_get;
}

static bool is_candidate(const struct lower *l, const struct ir_insn *insn) {
    switch (insn->op) {
    case IR_flags_add:
    case IR_flags_sub:
    case IR_flags_adc:
    case IR_flags_logic:
        return insn_of(l, insn->a)->op != IR_pcrel && insn_of(l, insn->b)->op != IR_pcrel;
    case IR_flags_fcmp: return insn->type != IR_F16;
    case IR_get: return x86_config.flags_reg && insn->aux == x86_config.flags_reg;
    case IR_select: {
        const ir_ref then = lower_root(l, insn->b), otherwise = lower_root(l, insn->c);
        return insn->type == IR_I64 && (makes_flags(l, then) || makes_flags(l, otherwise)) &&
               insn_of(l, insn->a)->op != IR_pcrel && insn_of(l, then)->op != IR_pcrel &&
               insn_of(l, otherwise)->op != IR_pcrel;
    }
    default: return false;
    }
}

/* Operations that may be candidates. */
static const bool may_be_put_off[IR_OP_COUNT] = {
    [IR_flags_add] = true,  [IR_flags_sub] = true, [IR_flags_adc] = true, [IR_flags_logic] = true,
    [IR_flags_fcmp] = true, [IR_get] = true,       [IR_select] = true,
};

static bool allows_deferral(const struct lower *l, ir_ref user, unsigned operand) {
    const struct ir_insn *insn = &l->ir->insn[user];
    switch (insn->op) {
    case IR_put: return x86_config.pin[insn->aux] == NO_REG;
    case IR_put_at_exit: return true;
    case IR_flags_cond: return true;
    case IR_select: return operand > 0 && l->values[user].deferred;
    default: return false;
    }
}

/* May an `and` be left to a comparison with 0? */
static bool tests_and(const struct lower *l, ir_ref user, unsigned operand) {
    const struct ir_insn *insn = &l->ir->insn[user];
    const bool exit = insn->op == IR_exit_if;
    const struct ir_insn *zero = insn_of(l, exit ? insn->c : insn->b);
    if (insn->op == IR_flags_logic)
        return l->values[user].deferred;
    if (insn->op == IR_select)
        return operand == 0 && !is_vec((enum ir_type)insn->type);
    return (exit ? operand == 1 : insn->op == IR_set && operand == 0) && insn->aux <= IR_GE &&
           zero->op == IR_const && zero->imm == 0;
}

/* Conditions that can do with X86_BORROW. */
static bool knows_borrow(const struct ir_insn *insn) {
    return insn->op == IR_flags_cond && insn->aux < IR_FLAGS_AL &&
           insn->aux >> 1 != IR_FLAGS_HI >> 1;
}

/* Marks all candidates, and the `and`s that flags_logic is of. */
static bool mark_candidates(struct lower *l) {
    const struct ir *ir = l->ir;
    bool any = false;
    for (unsigned i = 1; i < ir->count; i++) {
        const struct ir_insn *insn = &ir->insn[i];
        if (!may_be_put_off[insn->op])
            continue;
        any |= l->values[i].deferred = is_candidate(l, insn);
        const struct ir_insn *and = insn_of(l, insn->a);
        if (insn->op == IR_flags_logic && and->op == IR_and && and->type == insn->type &&
            insn_of(l, and->a)->op != IR_pcrel && insn_of(l, and->b)->op != IR_pcrel)
            l->values[lower_root(l, insn->a)].deferred = true;
    }
    return any;
}

void lower_find_deferred(struct lower *l) {
    const struct ir *ir = l->ir;
    if (!mark_candidates(l))
        return;
    /* The last instruction that a value is used for, directly or through what is put off. A float
     * comparison may be done again only as long as nobody clears the exceptions it has raised. */
    ir_ref *last = arena_array(l->arena, ir_ref, ir->count);
    memset(last, 0, ir->count * sizeof *last);
    unsigned cleared = ir->count;
    for (unsigned i = ir->count; i-- > 1;) {
        const struct ir_insn *insn = &ir->insn[i];
        struct value *v = &l->values[i];
        if (lower_is_dead(l, (ir_ref)i)) {
            v->deferred = false;
            continue;
        }
        if (insn->op == IR_put_fflags || insn->op == IR_helper)
            cleared = i;
        else if (insn->op == IR_flags_fcmp && last[i] > cleared)
            v->deferred = false;
        const bool passes_on = v->deferred || insn->op == IR_flags_cond;
        const ir_ref user = passes_on && last[i] > i ? last[i] : (ir_ref)i;
        const ir_ref operands[3] = {insn->a, insn->b, insn->c};
        for (unsigned k = 0; k < 3; k++) {
            const ir_ref root = l->values[operands[k]].root;
            const uint8_t op = ir->insn[root].op;
            if (!l->values[root].deferred && op != IR_flags_cond)
                continue;
            if (last[root] < user)
                last[root] = user;
            if (!(op == IR_get   ? knows_borrow(insn)
                  : op == IR_and ? ir_result_type(&ir->insn[operands[k]]) == ir->insn[root].type &&
                                       tests_and(l, (ir_ref)i, k)
                                 : allows_deferral(l, (ir_ref)i, k)))
                l->values[root].deferred = false;
        }
    }
}

/* --- differences that serve an exit --- */

/* Code that is made for it between a difference and the exit behind it leaves x86's flags alone;
 * so does that of an extension of the difference. */
static bool keeps_host_flags(const struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    switch (insn->op) {
    case IR_const:
    case IR_pcrel:
    case IR_trunc:
    case IR_put_at_exit: return true;
    case IR_get: return insn->aux != x86_config.flags_reg;
    case IR_put:
        return !l->values[lower_root(l, insn->a)].deferred ||
               (insn->aux == x86_config.flags_reg && insn_of(l, insn->a)->op == IR_flags_sub);
    default: return l->values[ref].deferred && insn->op != IR_flags_fcmp;
    }
}

/* x - y or x + -k: is `ref` y, or k? */
static bool is_subtrahend(const struct lower *l, const struct ir_insn *difference, ir_ref ref) {
    const struct ir_insn *b = insn_of(l, difference->b), *k = insn_of(l, ref);
    if (difference->op == IR_sub)
        return lower_root(l, difference->b) == lower_root(l, ref);
    const int64_t addend = difference->type == IR_I32 ? (int32_t)b->imm : (int64_t)b->imm;
    const int64_t value = difference->type == IR_I32 ? (int32_t)k->imm : (int64_t)k->imm;
    return b->op == IR_const && k->op == IR_const && addend == -value && addend != 0 &&
           value == (int32_t)value && value != INT32_MIN;
}

/* Are a and b what the difference is of, in that type? */
static bool same_operands(const struct lower *l, const struct ir_insn *difference, unsigned type,
                          ir_ref a, ir_ref b) {
    return type == difference->type && lower_root(l, a) == lower_root(l, difference->a) &&
           is_subtrahend(l, difference, b);
}

static void serve(struct lower *l, ir_ref difference, ir_ref ref, ir_ref a, ir_ref b) {
    l->values[ref].served = true;
    l->values[difference].subtrahend = lower_root(l, b);
    l->values[lower_root(l, a)].uses--;
    l->values[lower_root(l, b)].uses--;
}

/* The instruction in front of one, but for what was dropped. */
static const struct ir_insn *in_front_of(const struct ir_insn *insn, const struct ir *ir) {
    do
        insn--;
    while (insn->op == IR_nop && insn > ir->insn);
    return insn;
}

/* The flags put at `exit`, and perhaps behind it, if they are of the difference's operands and used
 * for nothing else. */
static void serve_flags(struct lower *l, ir_ref difference, const struct ir_insn *exit) {
    const struct ir_insn *put = in_front_of(exit, l->ir), *behind = exit + 1;
    const ir_ref ref = lower_root(l, put->a);
    const struct ir_insn *flags = &l->ir->insn[ref];
    const bool in_front = put->op == IR_put && put->aux == x86_config.flags_reg;
    if ((put->op != IR_put_at_exit && !in_front) || flags->op != IR_flags_sub ||
        in_front_of(put, l->ir)->op == IR_put_at_exit || !l->values[ref].deferred ||
        !same_operands(l, &l->ir->insn[difference], flags->type, flags->a, flags->b))
        return;
    while (behind->op == IR_nop)
        behind++;
    const bool again = behind->op == IR_put && lower_root(l, behind->a) == ref && !in_front;
    if (l->values[ref].uses == 1u + again)
        serve(l, difference, ref, flags->a, flags->b);
}

/* The instruction that sets x86's flags last in front of the exit, if it is a difference: x - y, or
 * x + k. */
static ir_ref difference_before(const struct lower *l, ir_ref exit) {
    enum { LOOK_BACK = 12 };
    const struct ir_insn *const all = l->ir->insn;
    ir_ref extended = IR_NO_REF; /* the value that all extensions on the way are of */
    unsigned seen = 0;
    for (ir_ref i = (ir_ref)(exit - 1); i > 0 && seen < LOOK_BACK; i--) {
        const struct ir_insn *insn = &all[i];
        if (insn->op == IR_nop)
            continue;
        seen++;
        if (insn->op == IR_zext32 || insn->op == IR_sext32) {
            const ir_ref of = lower_root(l, insn->a);
            if (extended && extended != of)
                return IR_NO_REF;
            extended = of;
        } else if (!keeps_host_flags(l, i)) {
            const bool is_difference =
                (insn->op == IR_sub || insn->op == IR_add) && !lower_is_dead(l, i) &&
                !l->values[i].keeps && insn_of(l, insn->a)->op != IR_const &&
                (insn_of(l, insn->b)->op == IR_const) == (insn->op == IR_add);
            return is_difference && (!extended || extended == i) ? i : IR_NO_REF;
        }
    }
    return IR_NO_REF;
}

void lower_find_serving(struct lower *l, ir_ref ref) {
    const ir_ref difference = difference_before(l, ref);
    if (!difference)
        return;
    const struct ir_insn *exit = &l->ir->insn[ref], *insn = &l->ir->insn[difference];
    const bool compares = same_operands(l, insn, exit->type, exit->b, exit->c);
    const struct ir_insn *zero = insn_of(l, exit->c);
    if (!compares && !(lower_root(l, exit->b) == difference && exit->aux <= IR_NE &&
                       exit->type == insn->type && zero->op == IR_const && zero->imm == 0))
        return;
    serve_flags(l, difference, exit);
    if (compares)
        serve(l, difference, ref, exit->b, exit->c);
}
