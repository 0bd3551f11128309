/* The pre-pass: what is known of each value before code is made. Forwards, whose bits it has; then
 * what is put off (plan_flags.c, plan_carry.c); and backwards, which register to compute it in, and
 * whether its user computes it. */
#include "translator/host/x86_64/lower.h"

static void init_values(struct lower *l) {
    const struct ir *ir = l->ir;
    struct value *const values = l->values = arena_array(l->arena, struct value, ir->count);
    ASSERT(ir->counted);
    for (unsigned i = 0; i < ir->count; i++) {
        const struct ir_insn *insn = &ir->insn[i];
        /* Another view of the same bits needs no code; uses of it are those of what it shows. */
        const bool view = ir_is_view(insn->op);
        values[i] = (struct value){.reg = NO_REG,
                                   .guest = NO_GUEST,
                                   .spill = NO_SPILL,
                                   .hint = NO_GUEST,
                                   .root = view ? values[insn->a].root : (ir_ref)i,
                                   .uses = view ? 0 : ir_uses(insn)};
    }
}

/* What an operation is to the walk that finds hints. */
enum role {
    COMPUTES_NOTHING = 1, /* or is another view of a value */
    READS_GUEST = 2,
    WRITES_GUEST = 4,
    OVERWRITES = 8, /* x86 overwrites the first operand with the result */
    ABSORBS = 16,   /* may do an operand's operation along with its own: see mark_late */
    HALVES = 32,    /* half a product, which may be made along with the other one */
};

static const uint8_t roles[IR_OP_COUNT] = {
    [IR_nop] = COMPUTES_NOTHING,
    [IR_const] = COMPUTES_NOTHING,
    [IR_pcrel] = COMPUTES_NOTHING,
    [IR_trunc] = COMPUTES_NOTHING,
    [IR_vlowf] = COMPUTES_NOTHING,
    [IR_get] = COMPUTES_NOTHING | READS_GUEST,
    [IR_put] = WRITES_GUEST,
    [IR_sext32] = OVERWRITES,
    [IR_zext32] = OVERWRITES,
    [IR_fcanon] = OVERWRITES,
    [IR_nanbox] = OVERWRITES,
    [IR_neg] = OVERWRITES,
    [IR_not] = OVERWRITES,
    [IR_sext8] = OVERWRITES,
    [IR_sext16] = OVERWRITES,
    [IR_zext8] = OVERWRITES,
    [IR_zext16] = OVERWRITES,
    [IR_add] = OVERWRITES | ABSORBS,
    [IR_sub] = OVERWRITES,
    [IR_and] = OVERWRITES,
    [IR_or] = OVERWRITES,
    [IR_xor] = OVERWRITES,
    [IR_shl] = OVERWRITES,
    [IR_shr] = OVERWRITES,
    [IR_sar] = OVERWRITES,
    [IR_mul] = OVERWRITES | HALVES,
    [IR_mulhu] = HALVES,
    [IR_ror] = OVERWRITES,
    [IR_rol] = OVERWRITES,
    [IR_select] = ABSORBS,
    [IR_set] = ABSORBS,
    [IR_exit_if] = ABSORBS,
    [IR_jump] = ABSORBS,
    [IR_call] = ABSORBS,
    [IR_ret] = ABSORBS,
    [IR_vxor] = ABSORBS,
    [IR_vsha256] = ABSORBS,
    [IR_adc] = ABSORBS,
    [IR_flags_adc] = ABSORBS,
};

/* Whether what computes a scalar mostly leaves zeros above it. */
static bool clears_above(const struct ir_insn *insn) {
    switch (insn->op) {
    case IR_load: return true;
    case IR_fadd:
    case IR_fsub:
    case IR_fmul:
    case IR_fdiv:
    case IR_fsqrt:
    case IR_fma:
    case IR_fround:
    case IR_ftof:
    case IR_itof: return x86_vector_level == X86_AVX512;
    default: return false;
    }
}

/* The operand that may as well be computed in the place of the result: the one that is overwritten,
 * when nothing else needs it. */
static ir_ref hinted_operand(const struct lower *l, const struct ir_insn *insn) {
    const ir_ref a = l->values[insn->a].root;
    const struct ir_insn *source = &l->ir->insn[a];
    if (roles[insn->op] & OVERWRITES) {
        const bool plain = !(roles[source->op] & COMPUTES_NOTHING);
        return l->values[a].uses == 1 && plain && !l->values[a].late &&
                       is_vec(source->type) == is_vec(insn->type)
                   ? a
                   : IR_NO_REF;
    }
    const enum ir_type type = ir_result_type(&l->ir->insn[insn->a]);
    return insn->op == IR_vfrom && clears_above(source) && is_vec(type) && source->type == type
               ? a
               : IR_NO_REF;
}

/* Whether `insn` rounds an address down to where instructions can be: no address that a look-up
 * finds has those bits set, so this can wait until one has failed. */
static bool rounds_target(const struct lower *l, const struct ir_insn *insn) {
    return insn->op == IR_and && insn->type == IR_I64 && ir_is_const(l->ir, insn->b) &&
           l->ir->insn[insn->b].imm == (uint64_t) - (int64_t)(1u << x86_config.jump_shift);
}

/* A condition that has not been made by the addition with carry whose flags it asks. */
static bool tests_flags(const struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    return insn->op == IR_flags_cond && insn->aux < IR_FLAGS_AL &&
           l->values[l->values[insn->a].root].carry != ref;
}

static bool is_aes_round(const struct lower *l, const struct ir_insn *insn) {
    const bool round = insn->op == IR_vaesenc || insn->op == IR_vaesenclast ||
                       insn->op == IR_vaesdec || insn->op == IR_vaesdeclast;
    return round && ir_is_const(l->ir, insn->b) && l->ir->insn[insn->b].imm == 0;
}

/* The two operands of such a masking, if both are comparisons. */
static void mark_both(struct lower *l, const struct ir_insn *and) {
    struct value *x = &l->values[l->values[ and->a].root], *y = &l->values[l->values[ and->b].root];
    const struct ir_insn *first = &l->ir->insn[x->root], *second = &l->ir->insn[y->root];
    if (first->op == IR_set && second->op == IR_set && x->uses == 1 && y->uses == 1)
        x->late = y->late = true;
}

/* A masking whose result only a comparison with 0 sees: TEST or BT. */
static void mark_test(struct lower *l, unsigned cond, ir_ref masked, ir_ref other) {
    struct value *v = &l->values[l->values[masked].root];
    const struct ir_insn *insn = &l->ir->insn[v->root], *zero = &l->ir->insn[other];
    if (v->uses == 1 && insn->op == IR_and && cond <= IR_NE && zero->op == IR_const &&
        zero->imm == 0 && ir_result_type(&l->ir->insn[masked]) == insn->type) {
        v->late = true;
        mark_both(l, insn);
    }
}

static void mark_late_round(struct lower *l, const struct ir_insn *insn) {
    const ir_ref operands[2] = {insn->a, insn->b};
    for (unsigned i = 0; i < 2 && x86_config.features.aes; i++) {
        struct value *v = &l->values[l->values[operands[i]].root];
        if (v->uses == 1 && is_aes_round(l, &l->ir->insn[v->root])) {
            v->late = true;
            return;
        }
    }
}

static void mark_late_shift(struct lower *l, const struct ir_insn *insn) {
    const ir_ref operands[2] = {insn->b, insn->a};
    for (unsigned i = 0; i < 2; i++) {
        struct value *v = &l->values[l->values[operands[i]].root];
        const struct ir_insn *source = &l->ir->insn[v->root];
        if (v->uses != 1 || source->op != IR_shl || source->type != insn->type ||
            !ir_is_const(l->ir, source->b))
            continue;
        const uint64_t scale = l->ir->insn[source->b].imm;
        if (scale >= 1 && scale <= 3) {
            v->late = true;
            return;
        }
    }
}

/* The value that is put into each register next, while undisturbed, and where; the last one is no
 * register's. */
struct wanted {
    ir_ref value, put;
};

/* The place where a value is made: does its hint hold up to here? Not across the barrier, if the
 * put is there or behind. */
static bool settle_hint(struct lower *l, struct wanted *wanted, unsigned barrier, ir_ref ref) {
    const unsigned hint = l->values[ref].hint;
    if (hint == NO_GUEST || wanted[hint].value != ref || wanted[hint].put >= barrier) {
        l->values[ref].hint = NO_GUEST;
        return false;
    }
    wanted[hint].value = IR_NO_REF;
    return true;
}

/* Marks operations that x86 does as part of their only user: a comparison or condition under a
 * select, a condition or masking under an exit, a shift by 1 to 3 under an addition (LEA), the
 * rounding of a target under a jump, an AES round without a key under an exclusive or, the upper
 * half of the words under rounds of SHA-256, the operands of an addition with carry. */
static void mark_late(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    struct value *v;
    switch (insn->op) {
    case IR_select: {
        v = &l->values[l->values[insn->a].root];
        const struct ir_insn *source = &l->ir->insn[v->root];
        if (v->uses == 1 && (source->op == IR_set || tests_flags(l, v->root)) &&
            !is_vec(insn->type) && !l->values[ref].deferred)
            v->late = true;
        return;
    }
    case IR_exit_if: {
        lower_find_serving(l, ref);
        v = &l->values[l->values[insn->b].root];
        const struct ir_insn *other = &l->ir->insn[insn->c];
        if (v->uses == 1 && tests_flags(l, v->root) && insn->aux <= IR_NE &&
            other->op == IR_const && other->imm == 0)
            v->late = true;
        mark_test(l, insn->aux, insn->b, insn->c);
        return;
    }
    case IR_set: mark_test(l, insn->aux, insn->a, insn->b); return;
    case IR_jump:
    case IR_call:
    case IR_ret:
        v = &l->values[l->values[insn->a].root];
        if (v->uses == 1 && rounds_target(l, &l->ir->insn[v->root]))
            v->late = true;
        return;
    case IR_vxor: mark_late_round(l, insn); return;
    case IR_vsha256:
        v = &l->values[l->values[insn->c].root];
        if (x86_config.features.sha && v->uses == 1 && l->ir->insn[v->root].op == IR_vhigh)
            v->late = true;
        return;
    case IR_add:
        if (!l->values[ref].subtrahend)
            mark_late_shift(l, insn);
        return;
    case IR_adc:
    case IR_flags_adc: lower_mark_carry(l, ref); return;
    default: return;
    }
}

/* Walks backwards and finds, for each value, the guest register it can be computed in: the one it
 * is put into, if between there and its definition nothing reads the register's old value, writes
 * it or needs it to be exact. */
static void find_hints(struct lower *l) {
    const struct ir *ir = l->ir;
    struct wanted wanted[REG_COUNT + 1] = {0};
    unsigned barrier = ir->count; /* what comes next that ends all hints */
    for (unsigned i = ir->count; i-- > 1;) {
        const struct ir_insn *insn = &ir->insn[i];
        const unsigned role = roles[insn->op];
        if (role & COMPUTES_NOTHING) {
            wanted[role & READS_GUEST ? insn->aux : REG_COUNT].value = IR_NO_REF;
            continue;
        }
        if (role & WRITES_GUEST) {
            const ir_ref root = l->values[insn->a].root;
            const bool part =
                is_vec(insn->type) && ir_type_size((enum ir_type)insn->type) < x86_config.vec_size;
            wanted[insn->aux].value = part ? IR_NO_REF : root;
            wanted[insn->aux].put = (ir_ref)i;
            if (!part)
                l->values[root].hint = (uint8_t)insn->aux;
            continue;
        }
        if (role & ABSORBS) {
            mark_late(l, (ir_ref)i);
        } else if (role & HALVES && l->values[i].other_half != IR_NO_REF) {
            if (l->values[i].other_half > i) {
                settle_hint(l, wanted, barrier, (ir_ref)i);
                settle_hint(l, wanted, barrier, l->values[i].other_half);
            }
            continue;
        }
        const unsigned hint = l->values[i].hint;
        if (hint != NO_GUEST && settle_hint(l, wanted, barrier, (ir_ref)i)) {
            const ir_ref operand = hinted_operand(l, insn);
            if (operand != IR_NO_REF && l->values[operand].hint == NO_GUEST) {
                l->values[operand].hint = (uint8_t)hint;
                wanted[hint].value = operand;
            }
        }
        if (ir_ops[insn->op].flags & (IR_FAULT | IR_EXIT))
            barrier = i;
    }
}

void lower_prepare(struct lower *l) {
    init_values(l);
    if (l->ir->has_flags) {
        lower_find_deferred(l);
        lower_find_chains(l);
    }
    if (l->ir->halves && x86_config.features.bmi2)
        lower_find_products(l);
    find_hints(l);
}
