/* The pre-pass over chains of additions with carry (ADCS, SBCS), as arithmetic on long numbers has
 * them. The flags of such an addition are chained: they are not made of the operands again for each
 * user, but are what x86's ADC or SBB leaves. Their users are
 *
 * - the carry into the next addition: the flag as it stands, if all code in between keeps it, for
 *   which multiplications and additions have forms; else it is made a value just behind the
 * addition
 * - or another condition, as a value
 * - loads and stores whose fault would show the flags: x86's, if kept up to there
 * - all else that shows them: they are put just behind the addition, which was their place before
 *   they were put off.
 */
#include "translator/host/x86_64/lower.h"

struct chain {
    ir_ref flags;
    ir_ref carry; /* what the next additions take, or another condition; IR_NO_REF */
    unsigned carry_uses;
    bool kept;             /* x86's flags, up to where the search is */
    bool stored, as_value; /* the flags must be put; the carry must be made */
    ir_ref written;        /* the flags last put, or IR_NO_REF */
    ir_ref last;           /* the last instruction that wants x86's flags */
};

static ir_ref root_of(const struct lower *l, ir_ref ref) {
    return l->values[ref].root;
}

static bool is_plain(const struct ir_insn *access) {
    return IR_MEM_ORDER(access->aux) != (IR_ACQUIRE | IR_RELEASE);
}

/* Whether the code for an instruction can do without changing x86's flags; its rule heeds `keeps`
 * where it has the choice. */
static bool can_keep(const struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const struct value *v = &l->values[ref];
    if (lower_is_dead(l, ref))
        return true;
    switch (insn->op) {
    case IR_const:
    case IR_pcrel:
    case IR_trunc:
    case IR_vlowf:
    case IR_put_at_exit:
    case IR_add:
    case IR_not:
    case IR_bswap:
    case IR_sext8:
    case IR_sext16:
    case IR_sext32:
    case IR_zext8:
    case IR_zext16:
    case IR_zext32:
    case IR_load: return true;
    case IR_store: return is_plain(insn);
    case IR_mul:
    case IR_mulhu: return x86_config.features.bmi2 && (insn->op == IR_mul || insn->type == IR_I64);
    case IR_get: return insn->aux != x86_config.flags_reg;
    case IR_put: return !l->values[root_of(l, insn->a)].deferred;
    case IR_flags_add:
    case IR_flags_sub:
    case IR_flags_logic:
    case IR_flags_adc: return v->deferred && !v->alone;
    default: return false;
    }
}

/* An addition whose place that is. */
static bool takes_carry(const struct lower *l, ir_ref ref) {
    return l->ir->insn[ref].op == IR_adc || l->values[ref].alone;
}

/* The carry, or what else is asked of the flags: as it stands in x86's flags, if it does. */
static void use_carry(struct lower *l, struct chain *c, ir_ref user, unsigned operand) {
    c->carry_uses--;
    if (operand == 2 && takes_carry(l, user) && c->kept && l->ir->insn[c->carry].aux == IR_FLAGS_CS)
        c->last = user;
    else
        c->as_value = true;
}

/* The flags are used; false if that is not in one of the ways above. */
static bool use_flags(struct lower *l, struct chain *c, ir_ref user) {
    const struct ir_insn *insn = &l->ir->insn[user];
    switch (insn->op) {
    case IR_put: c->stored = true; return insn->aux == x86_config.flags_reg && !c->written;
    case IR_put_at_exit: {
        ir_ref access = user;
        while (l->ir->insn[access].op == IR_put_at_exit)
            access++;
        const uint8_t op = l->ir->insn[access].op;
        if (c->kept && (op == IR_load || op == IR_store) && can_keep(l, access))
            c->last = access;
        else
            c->stored = true;
        return insn->aux == x86_config.flags_reg && (!c->written || c->written == c->flags);
    }
    case IR_flags_cond:
        if (insn->aux >= IR_FLAGS_AL || insn->aux >> 1 == IR_FLAGS_HI >> 1 || c->carry)
            return false;
        c->carry = user;
        c->carry_uses = l->values[user].uses;
        return true;
    default: return false;
    }
}

/* Does the instruction show flags older than these, which must not be put yet then? */
static bool shows_older(const struct lower *l, const struct chain *c, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (c->written)
        return false;
    if (insn->op == IR_get)
        return insn->aux == x86_config.flags_reg;
    if (!(ir_ops[insn->op].flags & (IR_FAULT | IR_EXIT)))
        return false;
    for (insn--; insn->op == IR_put_at_exit; insn--)
        if (insn->aux == x86_config.flags_reg)
            return false;
    return true;
}

/* Looks at all users of the flags, from behind the addition on. */
static bool follow(struct lower *l, struct chain *c, ir_ref from) {
    unsigned uses = l->values[c->flags].uses;
    bool older = false;
    for (unsigned i = from; uses || c->carry_uses || (c->stored && !c->written); i++) {
        const struct ir_insn *insn = &l->ir->insn[i];
        if (i == l->ir->count)
            return false;
        if (l->values[i].root != i || lower_is_dead(l, (ir_ref)i))
            continue;
        const ir_ref operands[3] = {insn->a, insn->b, insn->c};
        /* Chained flags with an addition of their own have no operands. */
        const bool none = l->values[i].chained && !l->values[i].alone;
        for (unsigned k = 0; k < 3 && !none; k++) {
            const ir_ref root = root_of(l, operands[k]);
            if (root == IR_NO_REF)
                continue;
            if (root == c->carry)
                use_carry(l, c, (ir_ref)i, k);
            else if (root == c->flags && (uses--, !use_flags(l, c, (ir_ref)i)))
                return false;
        }
        older |= shows_older(l, c, (ir_ref)i);
        if (older && c->stored)
            return false;
        if (insn->op == IR_put && insn->aux == x86_config.flags_reg)
            c->written = root_of(l, insn->a);
        if (i != c->carry)
            c->kept = c->kept && can_keep(l, (ir_ref)i);
    }
    return true;
}

/* The addition just in front whose flags these are. */
static ir_ref find_addition(const struct lower *l, ir_ref flags) {
    enum { LOOK_BACK = 4 };
    const struct ir_insn *wanted = &l->ir->insn[flags];
    unsigned seen = 0;
    for (ir_ref i = flags - 1; i > 0 && seen < LOOK_BACK; i--) {
        const struct ir_insn *insn = &l->ir->insn[i];
        seen += insn->op != IR_nop;
        if (insn->op == IR_adc && insn->type == wanted->type && !lower_is_dead(l, i) &&
            root_of(l, insn->a) == root_of(l, wanted->a) &&
            root_of(l, insn->b) == root_of(l, wanted->b) &&
            root_of(l, insn->c) == root_of(l, wanted->c))
            return i;
        if (!can_keep(l, i))
            break;
    }
    return IR_NO_REF;
}

static void plan_chain(struct lower *l, ir_ref flags) {
    const struct ir_insn *insn = &l->ir->insn[flags];
    const ir_ref addition = find_addition(l, flags), place = addition ? addition : flags;
    struct chain c = {.flags = flags, .kept = true, .last = place};
    if (!follow(l, &c, (ir_ref)(place + 1)))
        return;
    struct value *v = &l->values[flags];
    v->chained = true;
    v->stored = c.stored;
    if (c.as_value)
        v->carry = c.carry;
    else
        l->values[c.carry].late = c.carry != IR_NO_REF;
    for (unsigned i = place + 1u; i < c.last; i++)
        l->values[i].keeps = true;
    if (!addition) {
        v->alone = true;
        return;
    }
    l->values[addition].sets = flags;
    l->values[root_of(l, insn->a)].uses--;
    l->values[root_of(l, insn->b)].uses--;
    l->values[root_of(l, insn->c)].uses--;
}

/* From the end, so that it is known which flags want no operands. */
void lower_find_chains(struct lower *l) {
    if (!x86_config.flags_reg)
        return;
    for (unsigned i = l->ir->count; i-- > 1;)
        if (l->ir->insn[i].op == IR_flags_adc && l->values[i].deferred && l->values[i].uses)
            plan_chain(l, (ir_ref)i);
}

void lower_mark_carry(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->op != IR_adc && !l->values[ref].alone)
        return;
    struct value *y = &l->values[root_of(l, insn->b)];
    struct value *carry = &l->values[root_of(l, insn->c)];
    const struct ir_insn *set = &l->ir->insn[carry->root];
    if (y->uses == 1 && l->ir->insn[y->root].op == IR_not)
        y->late = true;
    if (carry->uses == 1 && set->op == IR_set && (set->aux == IR_LTU || set->aux == IR_GEU) &&
        !ir_is_const(l->ir, root_of(l, set->a)))
        carry->late = true;
}
