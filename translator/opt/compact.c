/* One sweep from the start of the unit to its end that renumbers what is left, drops conversions
 * whose result nobody sees in full (according to `demand`), and counts the uses of each value. */
#include "runtime/arena.h"
#include "translator/opt/opt.h"

/* An arithmetic result: its NaN is quiet already, so that only sign and payload may be off. */
static bool has_quiet_nan(enum ir_op op) {
    return op == IR_fadd || op == IR_fsub || op == IR_fmul || op == IR_fdiv || op == IR_fsqrt;
}

/* May the result be replaced by the (renumbered) operand `a`?
 * fcanon x                   [NaNs are told apart by nobody, x is not a signalling one]
 * sext32 x, zext32 x         [used by trunc alone]
 * trunc x                    [of such an extension: x is short already] */
static bool is_copy(const struct ir *ir, const struct ir_insn *insn, ir_ref a) {
    switch (insn->op) {
    case IR_fcanon:
        return !(insn->uses & DEMAND_PAYLOAD) && has_quiet_nan((enum ir_op)ir->insn[a].op);
    case IR_sext32:
    case IR_zext32: return !(insn->uses & DEMAND_HIGH);
    case IR_trunc: return ir_result_type(&ir->insn[a]) == IR_I32;
    default: return false;
    }
}

/* Is the low word of the result, which the low words alone give, all that matters of it? */
static bool can_narrow(const struct ir *ir, const struct ir_insn *insn) {
    return insn->type == IR_I64 && !(insn->uses & DEMAND_HIGH) && opt_low_to_low(ir, insn);
}

struct compaction {
    struct ir *ir;
    ir_ref *renumbered; /* by old number */
    ir_ref *low;        /* by new number: the I32 value of its low word, if there is one already */
    uint32_t count;
};

static inline ir_ref append(struct compaction *c, const struct ir_insn *insn) {
    struct ir_insn *all = c->ir->insn;
    all[c->count] = *insn;
    all[c->count].uses = 0;
    c->low[c->count] = IR_NO_REF;
    all[insn->a].uses++; /* absent operands count for instruction 0 */
    all[insn->b].uses++;
    all[insn->c].uses++;
    return (ir_ref)c->count++;
}

/* The low word of a (renumbered) value. There is room for the instruction this may take: the one
 * whose operand it becomes has not been written, and gaps were kept for the rest. */
static ir_ref low_word(struct compaction *c, ir_ref ref, uint16_t where) {
    const struct ir_insn *insn = &c->ir->insn[ref];
    if (!ref || ir_result_type(insn) == IR_I32)
        return ref;
    if (!c->low[ref]) {
        struct ir_insn narrow = {.op = IR_trunc, .type = IR_I32, .a = ref, .where = where};
        if (insn->op == IR_const)
            narrow = (struct ir_insn){
                .op = IR_const, .type = IR_I32, .where = where, .imm = (uint32_t)insn->imm};
        c->low[ref] = append(c, &narrow);
    }
    return c->low[ref];
}

/* or (shl x, k), (shr x, width - k) -> rol x, k     [also xor and add; either order] */
static void make_rotate(const struct ir *ir, struct ir_insn *insn) {
    if (insn->op != IR_or && insn->op != IR_xor && insn->op != IR_add)
        return;
    const struct ir_insn *left = &ir->insn[insn->a], *right = &ir->insn[insn->b];
    if (left->op == IR_shr) {
        const struct ir_insn *swap = left;
        left = right;
        right = swap;
    }
    if (left->op != IR_shl || right->op != IR_shr || left->a != right->a ||
        left->type != insn->type || right->type != insn->type || !ir_is_const(ir, left->b) ||
        !ir_is_const(ir, right->b))
        return;
    uint64_t up = ir->insn[left->b].imm, down = ir->insn[right->b].imm;
    if (up == 0 || down == 0 || up + down != ir_type_size((enum ir_type)insn->type) * 8)
        return;
    insn->op = IR_rol;
    insn->b = left->b;
    insn->a = left->a;
}

/* What there is to look for, by operation: most have nothing. */
enum { COPIES = 1, NARROWS = 2, STORES = 4 };
static const uint8_t chances[IR_OP_COUNT] = {
    [IR_fcanon] = COPIES,  [IR_sext32] = COPIES, [IR_zext32] = COPIES,
    [IR_trunc] = COPIES,   [IR_store] = STORES,
#define CHANCE(op) [IR_##op] = NARROWS,
    OPT_LOW_TO_LOW(CHANCE)
#undef CHANCE
};

/* Changes `insn` (renumbered) where that is good; false if its operand takes its place. */
static bool improve(struct compaction *c, struct ir_insn *insn) {
    struct ir *ir = c->ir;
    const uint8_t chance = chances[insn->op];
    if (chance & COPIES && is_copy(ir, insn, insn->a))
        return false;
    if (chance & NARROWS) {
        if (can_narrow(ir, insn)) {
            insn->type = IR_I32;
            insn->a = low_word(c, insn->a, insn->where);
            insn->b = low_word(c, insn->b, insn->where);
        }
        make_rotate(ir, insn);
    }
    if (chance & STORES && insn->type == IR_I64 && ir_result_type(&ir->insn[insn->c]) == IR_I32)
        insn->type = IR_I32;
    return true;
}

void opt_compact(struct ir *ir) {
    /* Narrowing may add two low words for each instruction: the old ones move out of the way. */
    uint32_t old_count = ir->count;
    const struct ir_insn *old = ir->insn;
    uint32_t capacity = old_count * 3;
    struct compaction c = {.ir = ir,
                           .renumbered = arena_array(ir->arena, ir_ref, old_count),
                           .low = arena_array(ir->arena, ir_ref, capacity),
                           .count = 1};
    ir->insn = arena_array(ir->arena, struct ir_insn, capacity);
    ir->capacity = capacity;
    ir->insn[0] = old[0];
    c.renumbered[0] = 0;
    for (uint32_t i = 1; i < old_count; i++) {
        if (old[i].op == IR_nop)
            continue;
        struct ir_insn insn = old[i];
        insn.a = c.renumbered[insn.a];
        insn.b = c.renumbered[insn.b];
        insn.c = c.renumbered[insn.c];
        if (chances[insn.op] && !improve(&c, &insn))
            c.renumbered[i] = insn.a;
        else
            c.renumbered[i] = append(&c, &insn);
    }
    ir->insn[0].uses = 0;
    ir->count = c.count;
}
