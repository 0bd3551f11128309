/* Lowering rules of condition flags.
 *
 * Flags are seldom wanted as a value: mostly a condition asks something of them that x86's own
 * flags can answer, or they are put into a register that nobody reads before it is written again.
 * So an operation on flags is put off, where all its users allow it: no code is made for it, its
 * operands stay alive, and each user makes of them what it needs. put_at_exit makes the value in
 * cold code: in that of an exit, and in the landing of a memory access that may fault. A recipe
 * notes where the operands are at that point. */
#include "translator/host/x86_64/lower.h"

enum { ALL_FLAGS = IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V };

static const struct ir_insn *insn_of(const struct lower *l, ir_ref ref) {
    return &l->ir->insn[lower_root(l, ref)];
}

/* --- comparing and computing: x86's flags --- */

static void load(struct lower *l, unsigned size, unsigned dst, const struct operand *x) {
    if (x->kind == IS_CONST)
        x86_mov_imm(&l->b, dst, l->ir->insn[x->ref].imm, true);
    else if (x->kind == IN_MEMORY)
        x86_rm(&l->b, X86_MOV, size, dst, x->mem);
    else
        lower_move(l, size, dst, x->reg);
}

static void apply(struct lower *l, enum x86_op op, unsigned size, unsigned dst,
                  const struct operand *y) {
    if (y->kind == IS_CONST)
        x86_ri(&l->b, op, size, dst, y->imm);
    else if (y->kind == IN_MEMORY)
        x86_rm(&l->b, op, size, dst, y->mem);
    else
        x86_rr(&l->b, op, size, dst, y->reg);
}

/* Not both in memory, nor x a constant. */
static void compare_integers(struct lower *l, unsigned size, const struct operand *x,
                             const struct operand *y) {
    if (x->kind == IN_REG && y->kind == IS_CONST && y->imm == 0)
        x86_rr(&l->b, X86_TEST, size, x->reg, x->reg);
    else if (x->kind == IN_REG)
        apply(l, X86_CMP, size, x->reg, y);
    else if (y->kind == IS_CONST)
        x86_mi(&l->b, X86_CMP, size, x->mem, y->imm);
    else
        x86_mr(&l->b, X86_CMP, size, x->mem, y->reg);
}

static void compare_floats(struct lower *l, const struct ir_insn *insn, unsigned x,
                           const struct operand *y) {
    const bool signalling = insn->aux & IR_FLAGS_SIGNALLING;
    const enum x86_op op = insn->type == IR_F32 ? (signalling ? X86_COMISS : X86_UCOMISS)
                                                : (signalling ? X86_COMISD : X86_UCOMISD);
    if (y->kind == IN_MEMORY)
        x86_vm(&l->b, op, x, y->mem);
    else
        x86_vv(&l->b, op, x, y->reg);
}

static bool have_compared(const struct lower *l, enum ir_type type, ir_ref a, ir_ref b) {
    return l->compared.end == l->b.at && l->compared.type == type && l->compared.a == a &&
           l->compared.b == b;
}

bool lower_is_served(struct lower *l, ir_ref ref, enum ir_type type, ir_ref a, ir_ref b) {
    if (l->values[ref].served && !have_compared(l, type, lower_root(l, a), lower_root(l, b)))
        l->failed = true;
    return !l->failed;
}

static void use_in_register(struct lower *l, struct operand *x) {
    x->reg = (uint8_t)lower_use(l, x->ref);
    x->kind = IN_REG;
}

void lower_carry_to_host(struct lower *l, const struct operand *c) {
    if (c->kind == IN_REG)
        x86_ri(&l->b, X86_BT, 4, c->reg, 0);
    else if (c->kind == IN_MEMORY)
        x86_mi(&l->b, X86_BT, 4, c->mem, 0);
    else if (c->imm)
        x86_0(&l->b, X86_STC, 4);
    else
        x86_rr(&l->b, X86_TEST, 4, RAX, RAX);
}

/* x86's flags become those of a deferred operation; for floats, with the operands exchanged if
 * asked for. The operands are not consumed. */
static void set_host_flags(struct lower *l, const struct ir_insn *insn, bool exchange) {
    const enum ir_type type = (enum ir_type)insn->type;
    const unsigned size = ir_type_size(type);
    const ir_ref a = lower_root(l, exchange ? insn->b : insn->a);
    const ir_ref b = lower_root(l, exchange ? insn->a : insn->b);
    struct operand x, y = {.kind = IS_CONST};
    switch (insn->op) {
    case IR_flags_sub:
        if (have_compared(l, type, a, b) || l->failed)
            return;
        y = lower_operand(l, b, size);
        x = lower_operand(l, a, size);
        if (x.kind == IS_CONST || (x.kind == IN_MEMORY && y.kind == IN_MEMORY))
            use_in_register(l, &x);
        compare_integers(l, size, &x, &y);
        lower_note_compared(l, type, a, b);
        return;
    case IR_flags_logic:
        if (l->values[a].deferred) {
            if (!have_compared(l, type, a, IR_NO_REF))
                lower_compare(l, type, IR_LT, a, IR_NO_REF);
            return;
        }
        x = lower_operand(l, a, size);
        if (x.kind == IS_CONST)
            use_in_register(l, &x);
        compare_integers(l, size, &x, &y);
        return;
    case IR_flags_fcmp:
        if (have_compared(l, type, a, b))
            return;
        x.reg = (uint8_t)lower_use_vec(l, a);
        y = lower_operand_vec(l, b);
        compare_floats(l, insn, x.reg, &y);
        lower_note_compared(l, type, a, b);
        return;
    default: { /* add, adc */
        if (insn->op == IR_flags_adc) {
            const struct operand c = lower_operand(l, insn->c, 4);
            lower_carry_to_host(l, &c);
            lower_end_insn(l); /* from here to the addition only moves */
        }
        const unsigned sum = lower_scratch(l);
        x = lower_operand(l, a, size);
        load(l, size, sum, &x);
        y = lower_operand(l, b, size);
        apply(l, insn->op == IR_flags_adc ? X86_ADC : X86_ADD, size, sum, &y);
        return;
    }
    }
}

/* --- the value --- */

/* From x86's flags, as the operation has set them, to the value in rax; `spare` for floats. */
static void flags_to_rax(struct lower *l, enum ir_op op, unsigned spare) {
    switch (op) {
    case IR_flags_fcmp: {
        /* Unordered sets them all. */
        static const struct {
            uint8_t cond;
            uint16_t flags;
        } outcomes[] = {
            {CC_A, IR_FLAG_C}, {CC_E, IR_FLAG_Z | IR_FLAG_C}, {CC_P, IR_FLAG_C | IR_FLAG_V}};
        x86_mov_imm(&l->b, RAX, IR_FLAG_N, true);
        for (unsigned i = 0; i < 3; i++) {
            x86_mov_imm(&l->b, spare, outcomes[i].flags, true);
            x86_cmovcc(&l->b, (enum x86_cond)outcomes[i].cond, 4, RAX, spare);
        }
        return;
    }
    case IR_flags_logic:
        x86_0(&l->b, X86_LAHF, 4);
        x86_ri(&l->b, X86_AND, 4, RAX, IR_FLAG_N | IR_FLAG_Z);
        return;
    case IR_flags_sub: x86_0(&l->b, X86_CMC, 4); break;
    default: break;
    }
    x86_0(&l->b, X86_LAHF, 4);
    x86_setcc(&l->b, CC_O, RAX);
    x86_ri(&l->b, X86_AND, 4, RAX, ALL_FLAGS);
}

/* Computes a deferred value after all. */
static void force(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    l->values[ref].deferred = false;
    if (!lower_is_served(l, ref, (enum ir_type)insn->type, insn->a, insn->b))
        return;
    if (insn->op == IR_select) {
        const ir_ref arms[2] = {lower_root(l, insn->b), lower_root(l, insn->c)};
        for (unsigned i = 0; i < 2; i++) {
            if (l->values[arms[i]].deferred)
                force(l, arms[i]);
            lower_end_insn(l);
        }
        lower_integer(l, ref);
        return;
    }
    set_host_flags(l, insn, false);
    if (!l->values[ref].served)
        lower_consume_operands(l, insn);
    lower_end_insn(l);
    lower_claim(l, RAX); /* moves only */
    flags_to_rax(l, (enum ir_op)insn->op, insn->op == IR_flags_fcmp ? lower_scratch(l) : NO_REG);
    lower_define(l, ref, RAX);
}

void lower_put_borrow(struct lower *l) {
    x86_0(&l->b, X86_LAHF, 4);
    x86_setcc(&l->b, CC_O, RAX);
    x86_mr(&l->b, X86_MOV, 2, home_mem(x86_config.flags_reg), RAX);
}

static void put_borrow_first(struct lower *l) {
    const uint8_t *before = l->b.at;
    lower_end_insn(l); /* from here on only moves */
    lower_claim(l, RAX);
    lower_save_guest(l, x86_config.flags_reg);
    lower_put_borrow(l);
    lower_flags_kept(l, before);
}

bool lower_put_flags(struct lower *l, const struct ir_insn *put) {
    const ir_ref ref = lower_root(l, put->a);
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (l->values[ref].chained) { /* stored */
        lower_consume(l, ref);
        return true;
    }
    if (insn->op != IR_flags_sub || put->aux != x86_config.flags_reg) {
        force(l, ref);
        return false;
    }
    if (!lower_is_served(l, ref, (enum ir_type)insn->type, insn->a, insn->b))
        return true;
    set_host_flags(l, insn, false);
    lower_consume(l, ref);
    put_borrow_first(l);
    return true;
}

void lower_settle_flags(struct lower *l, ir_ref ref) {
    struct value *v = &l->values[ref];
    const bool as_it_is = v->deferred;
    v->deferred = false;
    if (as_it_is || v->uses == 0)
        return;
    const struct x86_mem home = home_mem(x86_config.flags_reg);
    v->guest = NO_GUEST;
    l->current[x86_config.flags_reg] = IR_NO_REF;
    const unsigned reg = lower_define(l, ref, NO_REG);
    x86_rm(&l->b, X86_MOV, 4, reg, home);
    x86_ri(&l->b, X86_TEST, 4, reg, X86_BORROW);
    uint8_t *exact = x86_jcc_short(&l->b, CC_E);
    x86_ri(&l->b, X86_AND, 4, reg, ALL_FLAGS);
    x86_ri(&l->b, X86_XOR, 4, reg, IR_FLAG_C);
    x86_link_short(&l->b, exact);
}

/* --- conditions --- */

/* Whether x86 answers this condition of a float comparison with its operands exchanged: "less" must
 * not hold when unordered, which sets CF as less does. */
static bool wants_exchange(enum ir_flags_cond cond) {
    return cond >= IR_FLAGS_CS && cond <= IR_FLAGS_LS && cond >> 1 != IR_FLAGS_VS >> 1;
}

/* By enum ir_flags_cond: after CMP, and after UCOMIS (E and NE as far as ordered). */
static const uint8_t compare_conditions[] = {CC_E,  CC_NE, CC_AE, CC_B,  CC_S, CC_NS, CC_O,
                                             CC_NO, CC_A,  CC_BE, CC_GE, CC_L, CC_G,  CC_LE};
static const uint8_t float_conditions[] = {CC_E,  CC_NE, CC_BE, CC_A,  CC_A, CC_BE, CC_P,
                                           CC_NP, CC_B,  CC_AE, CC_AE, CC_B, CC_A,  CC_BE};

/* C of what may be X86_BORROW: one of the two bits, but not both. */
static enum x86_cond test_carry(struct lower *l, const struct operand *x, enum ir_flags_cond cond) {
    const int32_t bits = (IR_FLAG_C | X86_BORROW) >> 8;
    if (x->kind == IN_MEMORY) {
        struct x86_mem second = x->mem;
        second.disp++;
        x86_mi(&l->b, X86_TEST, 1, second, bits);
    } else {
        const unsigned copy = lower_scratch(l);
        lower_move(l, 4, copy, x->reg);
        x86_ri(&l->b, X86_SHR, 4, copy, 8);
        x86_ri(&l->b, X86_TEST, 1, copy, bits);
    }
    return cond == IR_FLAGS_CS ? CC_NP : CC_P;
}

/* Of a value that has been made: by its bits, or by having x86 take them as its own. */
static enum x86_cond test_bits(struct lower *l, ir_ref ref, enum ir_flags_cond cond) {
    static const uint16_t masks[] = {IR_FLAG_Z, IR_FLAG_C, IR_FLAG_N, IR_FLAG_V};
    if (cond >= IR_FLAGS_GE) {
        lower_claim(l, RAX);
        const struct operand x = lower_operand(l, ref, 4);
        load(l, 4, RAX, &x);
        x86_ri(&l->b, X86_ADD, 1, RAX, 0x7f); /* overflows if V is set */
        x86_0(&l->b, X86_SAHF, 4);
        return lower_integer_condition(l, cond, true);
    }
    struct operand x = lower_operand(l, ref, 4);
    if (cond >= IR_FLAGS_HI) {
        const unsigned copy = lower_scratch(l);
        load(l, 4, copy, &x);
        x86_ri(&l->b, X86_AND, 4, copy, IR_FLAG_C | IR_FLAG_Z);
        x86_ri(&l->b, X86_CMP, 4, copy, IR_FLAG_C);
        return cond == IR_FLAGS_HI ? CC_E : CC_NE;
    }
    if (x.kind == IS_CONST)
        use_in_register(l, &x);
    if (cond >> 1 == IR_FLAGS_CS >> 1 && l->ir->insn[ref].op == IR_get)
        return test_carry(l, &x, cond);
    if (x.kind == IN_MEMORY)
        x86_mi(&l->b, X86_TEST, 4, x.mem, masks[cond >> 1]);
    else
        x86_ri(&l->b, X86_TEST, 4, x.reg, masks[cond >> 1]);
    return cond & 1 ? CC_E : CC_NE;
}

enum x86_cond lower_integer_condition(struct lower *l, enum ir_flags_cond cond, bool borrow) {
    if (!borrow && cond >> 1 == IR_FLAGS_HI >> 1)
        x86_0(&l->b, X86_CMC, 4);
    const bool invert = !borrow && cond >> 1 == IR_FLAGS_CS >> 1;
    return (enum x86_cond)(compare_conditions[cond] ^ invert);
}

enum x86_cond lower_flags_test(struct lower *l, const struct ir_insn *insn, bool *parity) {
    const enum ir_flags_cond cond = (enum ir_flags_cond)insn->aux;
    const ir_ref ref = lower_root(l, insn->a);
    const struct ir_insn *flags = &l->ir->insn[ref];
    if (l->values[ref].deferred && flags->op == IR_select) {
        force(l, ref);
        lower_end_insn(l);
    }
    if (!l->values[ref].deferred)
        return test_bits(l, ref, cond);
    if (flags->op != IR_flags_fcmp) {
        set_host_flags(l, flags, false);
        return lower_integer_condition(l, cond, flags->op == IR_flags_sub);
    }
    set_host_flags(l, flags, wants_exchange(cond));
    if (cond > IR_FLAGS_NE)
        return (enum x86_cond)float_conditions[cond];
    if (parity) {
        *parity = true;
        return (enum x86_cond)float_conditions[cond];
    }
    const unsigned ordered = lower_scratch(l), equal = lower_scratch(l);
    x86_setcc(&l->b, CC_NP, ordered);
    x86_setcc(&l->b, CC_E, equal);
    x86_rr(&l->b, X86_TEST, 1, ordered, equal);
    return cond == IR_FLAGS_EQ ? CC_NE : CC_E;
}

static void flags_cond(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->aux >= IR_FLAGS_AL) {
        lower_consume(l, insn->a);
        x86_mov_imm(&l->b, lower_define(l, ref, NO_REG), 1, true);
        return;
    }
    const enum x86_cond cond = lower_flags_test(l, insn, NULL);
    lower_consume(l, insn->a);
    lower_end_insn(l); /* from here on only moves */
    const unsigned dst = lower_define(l, ref, NO_REG);
    x86_setcc(&l->b, cond, dst);
    x86_extend(&l->b, false, 1, 4, dst, dst);
    lower_set_flags(l, ref, cond);
}

/* The order in which the next condition on a float comparison wants its operands. */
static bool next_wants_exchange(const struct lower *l, ir_ref ref) {
    enum { LOOK_AHEAD = 8 };
    for (unsigned i = ref + 1u; i < l->ir->count && i <= ref + (unsigned)LOOK_AHEAD; i++)
        if (l->ir->insn[i].op == IR_flags_cond && lower_root(l, l->ir->insn[i].a) == ref)
            return wants_exchange((enum ir_flags_cond)l->ir->insn[i].aux);
    return false;
}

/* The place of a deferred operation: only exceptions cannot wait. */
static void pass_deferred(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->op == IR_flags_fcmp) {
        l->compared.end = NULL; /* what it finds may have raised less */
        set_host_flags(l, insn, next_wants_exchange(l, ref));
    }
    if (l->values[ref].uses == 0) {
        l->values[ref].deferred = false;
        lower_consume_operands(l, insn);
    }
}

bool lower_flags(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (l->values[ref].alone)
        return false; /* the addition itself */
    if (l->values[ref].deferred) {
        pass_deferred(l, ref);
        return true;
    }
    switch (insn->op) {
    case IR_flags_cond:
        if (l->values[lower_root(l, insn->a)].carry == ref)
            return true; /* made there */
        if (!l->values[ref].late)
            flags_cond(l, ref);
        return true;
    case IR_flags_fcmp:
        if (insn->type == IR_F16)
            return false;
        l->compared.end = NULL;
        force(l, ref);
        return true;
    case IR_flags_add:
    case IR_flags_sub:
    case IR_flags_adc:
    case IR_flags_logic: force(l, ref); return true;
    default: return false;
    }
}

/* --- put_at_exit --- */

/* Where the operands are that a value is to be made of: `leaf` lists those that have been computed,
 * under the names that they have as operands. */
struct recipe {
    ir_ref value;
    uint8_t guest;  /* the register to put it in */
    bool from_host; /* x86's flags are those of the operation ... */
    bool inverted;  /* ... but for CF, which is the opposite of C after an addition */
    uint8_t count;
    const struct recipe *next;
    struct operand leaf[];
};

static unsigned list_leaves(const struct lower *l, ir_ref ref, struct operand *leaf) {
    const ir_ref root = lower_root(l, ref);
    const struct ir_insn *insn = &l->ir->insn[root];
    if (ref == IR_NO_REF || insn->op == IR_const)
        return 0;
    if (l->values[root].served || l->values[root].chained)
        return 0;
    if (l->values[root].deferred) {
        const ir_ref operands[3] = {insn->a, insn->b, insn->c};
        unsigned count = 0;
        for (unsigned i = 0; i < 3; i++)
            count += list_leaves(l, operands[i], leaf ? leaf + count : NULL);
        return count;
    }
    if (leaf) {
        *leaf = lower_location(l, root);
        leaf->ref = ref;
    }
    return 1;
}

static bool same_leaf(const struct operand *x, const struct operand *y) {
    if (x->ref != y->ref || x->kind != y->kind)
        return false;
    return x->kind == IN_REG ? x->reg == y->reg : x->mem.disp == y->mem.disp;
}

static bool same_recipe(const struct recipe *x, const struct recipe *y) {
    for (; x && y; x = x->next, y = y->next) {
        if (x->value != y->value || x->guest != y->guest || x->count != y->count ||
            x->from_host != y->from_host || x->inverted != y->inverted)
            return false;
        for (unsigned i = 0; i < x->count; i++)
            if (!same_leaf(&x->leaf[i], &y->leaf[i]))
                return false;
    }
    return x == y;
}

const struct recipe *lower_pending_puts(struct lower *l) {
    struct recipe *first = NULL;
    for (unsigned i = 0; i < l->pending_count; i++) {
        const struct ir_insn *put = &l->ir->insn[l->pending[i]];
        const ir_ref value = lower_root(l, put->a);
        const struct ir_insn *flags = &l->ir->insn[value];
        if (l->values[value].stored)
            continue;
        const unsigned count = list_leaves(l, put->a, NULL);
        struct recipe *r = arena_alloc(l->arena, sizeof *r + count * sizeof *r->leaf);
        *r = (struct recipe){
            .value = put->a, .guest = (uint8_t)put->aux, .count = (uint8_t)count, .next = first};
        list_leaves(l, put->a, r->leaf);
        lower_is_served(l, value, (enum ir_type)flags->type, flags->a, flags->b);
        r->from_host =
            l->values[value].deferred &&
            (flags->op == IR_flags_sub || flags->op == IR_flags_fcmp ||
             (flags->op == IR_flags_logic && l->values[lower_root(l, flags->a)].deferred)) &&
            have_compared(l, (enum ir_type)flags->type, lower_root(l, flags->a),
                          lower_root(l, flags->b));
        if (l->values[value].chained) {
            l->failed |= l->carry.flags != value || l->carry.end != l->start; /* moves since */
            r->from_host = true;
            r->inverted = l->carry.inverted;
        }
        first = r;
    }
    return first;
}

void lower_landing(struct lower *l) {
    const struct recipe *puts = lower_pending_puts(l);
    if (!puts)
        return;
    struct fault_point *point = &l->faults[l->fault_count - 1];
    if (!l->last_landing || !same_recipe(l->cold[l->last_landing - 1].puts, puts)) {
        lower_cold(l, COLD_LANDING, NULL)->puts = puts;
        l->last_landing = l->cold_count;
    }
    point->landing = (uint16_t)l->last_landing; /* until the code is there */
}

void lower_end_pending(struct lower *l) {
    for (unsigned i = 0; i < l->pending_count; i++)
        lower_consume(l, l->ir->insn[l->pending[i]].a);
    l->pending_count = 0;
}

/* --- cold code: no values but where the recipe says; temporaries are free else --- */

static const struct operand *find_leaf(const struct recipe *r, ir_ref ref) {
    for (unsigned i = 0; i < r->count; i++)
        if (r->leaf[i].ref == ref)
            return &r->leaf[i];
    return NULL;
}

static unsigned spare_temp(unsigned used) {
    return !(used >> RCX & 1) ? RCX : !(used >> RDX & 1) ? RDX : RAX;
}

/* An operand of an operation; constants that are no immediates go to a spare register. */
static struct operand cold_operand(struct lower *l, const struct recipe *r, ir_ref ref,
                                   unsigned size, unsigned *used) {
    const struct operand *leaf = find_leaf(r, ref);
    if (leaf)
        return *leaf;
    const ir_ref root = lower_root(l, ref);
    const uint64_t imm = l->ir->insn[root].imm;
    if (size <= 4 || (int64_t)imm == (int32_t)imm)
        return (struct operand){.kind = IS_CONST, .imm = (int32_t)imm, .ref = root};
    const unsigned reg = spare_temp(*used);
    *used |= 1u << reg;
    x86_mov_imm(&l->b, reg, imm, true);
    return (struct operand){.kind = IN_REG, .reg = (uint8_t)reg, .ref = root};
}

static void to_spare(struct lower *l, unsigned size, struct operand *x, unsigned used) {
    const unsigned reg = spare_temp(used);
    load(l, size, reg, x);
    *x = (struct operand){.kind = IN_REG, .reg = (uint8_t)reg, .ref = x->ref};
}

static unsigned used_by(const struct recipe *r, const struct ir_insn *insn) {
    const ir_ref refs[3] = {insn->a, insn->b, insn->c};
    unsigned used = 0;
    for (unsigned i = 0; i < 3; i++) {
        const struct operand *leaf = find_leaf(r, refs[i]);
        if (leaf && leaf->kind == IN_REG)
            used |= 1u << leaf->reg;
    }
    return used;
}

/* Sets the flags by `and`, keeping the registers in `used` and those of its operands. */
static void cold_test(struct lower *l, const struct recipe *r, const struct ir_insn *and,
                      unsigned used) {
    const unsigned size = ir_type_size((enum ir_type) and->type);
    used |= used_by(r, and);
    struct operand x = cold_operand(l, r, and->a, size, &used);
    const struct operand y = cold_operand(l, r, and->b, size, &used);
    if (x.kind != IN_REG)
        to_spare(l, size, &x, used);
    if (y.kind == IN_MEMORY)
        x86_mr(&l->b, X86_TEST, size, y.mem, x.reg);
    else
        apply(l, X86_TEST, size, x.reg, &y);
}

static void cold_integer_flags(struct lower *l, const struct recipe *r,
                               const struct ir_insn *insn) {
    const unsigned size = ir_type_size((enum ir_type)insn->type);
    struct operand x = {.kind = IS_CONST}, y = x;
    unsigned used = used_by(r, insn);
    if (insn->op == IR_flags_adc) {
        const struct operand c = cold_operand(l, r, insn->c, 4, &used);
        lower_carry_to_host(l, &c);
    }
    const struct ir_insn *and = insn_of(l, insn->a);
    if (insn->op == IR_flags_logic && !find_leaf(r, insn->a) && and->op == IR_and) {
        cold_test(l, r, and, 0);
        return;
    }
    x = cold_operand(l, r, insn->a, size, &used);
    if (insn->op != IR_flags_logic)
        y = cold_operand(l, r, insn->b, size, &used);
    if (insn->op == IR_flags_sub || insn->op == IR_flags_logic) {
        if (x.kind == IS_CONST || (x.kind == IN_MEMORY && y.kind == IN_MEMORY))
            to_spare(l, size, &x, used);
        compare_integers(l, size, &x, &y);
        return;
    }
    const bool exchange = y.kind == IN_REG && y.reg == RAX;
    load(l, size, RAX, exchange ? &y : &x);
    apply(l, insn->op == IR_flags_adc ? X86_ADC : X86_ADD, size, RAX, exchange ? &x : &y);
}

static struct operand cold_float(struct lower *l, const struct recipe *r, ir_ref ref,
                                 unsigned spare) {
    const struct operand *leaf = find_leaf(r, ref);
    if (leaf)
        return *leaf;
    x86_mov_imm(&l->b, RAX, l->ir->insn[lower_root(l, ref)].imm, true);
    x86_vr(&l->b, X86_MOVQ, 8, spare, RAX);
    return (struct operand){.kind = IN_REG, .reg = (uint8_t)spare};
}

static void cold_float_flags(struct lower *l, const struct recipe *r, const struct ir_insn *insn) {
    const struct operand *leaf = find_leaf(r, insn->b);
    const unsigned spare = leaf && leaf->kind == IN_REG && leaf->reg == 0 ? 1 : 0;
    struct operand x = cold_float(l, r, insn->a, spare);
    if (x.kind == IN_MEMORY) {
        x86_vm(&l->b, insn->type == IR_F32 ? X86_MOVSS : X86_MOVSD, spare, x.mem);
        x = (struct operand){.kind = IN_REG, .reg = (uint8_t)spare};
    }
    const struct operand y = cold_float(l, r, insn->b, x.reg == 0 ? 1 : 0);
    compare_floats(l, insn, x.reg, &y);
}

/* Sets x86's flags to whether the condition of a select is 0. What is chosen is made after it: its
 * operands stay where they are. */
static void cold_choice(struct lower *l, const struct recipe *r, const struct ir_insn *select) {
    enum { TEMPS = 1 << RAX | 1 << RCX | 1 << RDX };
    const struct ir_insn *and = insn_of(l, select->a);
    unsigned used = 0;
    for (unsigned i = 0; i < r->count; i++)
        if (r->leaf[i].kind == IN_REG)
            used |= 1u << r->leaf[i].reg;
    if ((used & TEMPS) == TEMPS)
        l->failed = true; /* a shorter unit has fewer operands */
    if (!find_leaf(r, select->a) && and->op == IR_and) {
        cold_test(l, r, and, used);
        return;
    }
    struct operand c = cold_operand(l, r, select->a, 8, &used);
    if (c.kind == IS_CONST)
        to_spare(l, 8, &c, used);
    const struct operand none = {.kind = IS_CONST};
    compare_integers(l, 8, &c, &none);
}

static void cold_put(struct lower *l, const struct recipe *r, ir_ref ref);

/* Makes `ref` in rax; or puts it, if that is to the home of the condition flags and better. */
static bool cold_value(struct lower *l, const struct recipe *r, ir_ref ref) {
    const bool in_home = r->guest == x86_config.flags_reg;
    const struct operand *leaf = find_leaf(r, ref);
    const struct ir_insn *insn = insn_of(l, ref);
    if (leaf) {
        load(l, 8, RAX, leaf);
        return false;
    }
    switch (insn->op) {
    case IR_const: x86_mov_imm(&l->b, RAX, insn->imm, true); return false;
    case IR_select: {
        cold_choice(l, r, insn);
        uint8_t *otherwise = x86_jcc(&l->b, CC_E);
        cold_put(l, r, insn->b);
        uint8_t *done = x86_jmp(&l->b);
        x86_link(otherwise, l->b.at);
        cold_put(l, r, insn->c);
        x86_link(done, l->b.at);
        return true;
    }
    case IR_flags_fcmp:
        if (!r->from_host)
            cold_float_flags(l, r, insn);
        break;
    default:
        if (!r->from_host)
            cold_integer_flags(l, r, insn);
        break;
    }
    if (insn->op == IR_flags_adc && r->from_host && r->inverted != in_home)
        x86_0(&l->b, X86_CMC, 4);
    if (in_home && (insn->op == IR_flags_sub || (insn->op == IR_flags_adc && r->from_host))) {
        lower_put_borrow(l);
        return true;
    }
    flags_to_rax(l, (enum ir_op)insn->op, RCX);
    return false;
}

static void cold_put(struct lower *l, const struct recipe *r, ir_ref ref) {
    const struct ir_insn *insn = insn_of(l, ref);
    if (insn->op == IR_const && insn->imm <= INT32_MAX)
        x86_mi(&l->b, X86_MOV, 8, home_mem(r->guest), (int32_t)insn->imm);
    else if (!cold_value(l, r, ref))
        x86_mr(&l->b, X86_MOV, 8, home_mem(r->guest), RAX);
}

void lower_cold_puts(struct lower *l, const struct recipe *puts) {
    for (const struct recipe *r = puts; r; r = r->next) {
        for (unsigned i = 0; r != puts && i < r->count; i++) /* not after the first */
            if (r->leaf[i].kind == IN_REG && r->leaf[i].reg <= RDX)
                l->failed = true;
        cold_put(l, r, r->value);
    }
}
