/* One sweep from the start of the unit to its end that drops conversions whose result nobody sees
 * in full, and computes in 32 bits what only the low word is seen of. The demand pass says whether
 * there is anything to do; mostly there is not. */
#include "runtime/arena.h"
#include "translator/opt/opt.h"

/* An arithmetic result: its NaN is quiet already, so that only sign and payload may be off. */
static bool has_quiet_nan(enum ir_op op) {
    return op == IR_fadd || op == IR_fsub || op == IR_fmul || op == IR_fdiv || op == IR_fsqrt;
}

static bool is_seen_whole(const struct ir_insn *insn) {
    return insn->uses >= OPT_WHOLE;
}

/* May the result be replaced by the (renumbered) operand `a`?
 * fcanon x                   [NaNs are told apart by nobody, x is not a signalling one]
 * sext32 x, zext32 x         [used by trunc alone]
 * trunc x                    [of such an extension: x is short already] */
static bool is_copy(const struct ir *ir, const struct ir_insn *insn, ir_ref a) {
    switch (insn->op) {
    case IR_fcanon: return !is_seen_whole(insn) && has_quiet_nan((enum ir_op)ir->insn[a].op);
    case IR_sext32:
    case IR_zext32: return !is_seen_whole(insn);
    case IR_trunc: return ir_result_type(&ir->insn[a]) == IR_I32;
    default: return false;
    }
}

/* Is the low word of the result, which the low words alone give, all that matters of it? */
static bool can_narrow(const struct ir *ir, const struct ir_insn *insn) {
    return insn->type == IR_I64 && !is_seen_whole(insn) && opt_low_to_low(ir, insn);
}

struct narrowing {
    struct ir *ir;
    ir_ref *renumbered; /* by old number */
    ir_ref *low;        /* by new number: the I32 value of its low word, if there is one already */
    uint32_t count;
};

static ir_ref append(struct narrowing *n, const struct ir_insn *insn) {
    n->ir->insn[n->count] = *insn;
    n->ir->insn[n->count].uses = 0;
    n->low[n->count] = IR_NO_REF;
    return (ir_ref)n->count++;
}

/* The low word of a (renumbered) value. There is room for the instruction this may take: the one
 * whose operand it becomes has not been written, and gaps were kept for the rest. */
static ir_ref low_word(struct narrowing *n, ir_ref ref, uint8_t where) {
    const struct ir_insn *insn = &n->ir->insn[ref];
    if (!ref || ir_result_type(insn) == IR_I32)
        return ref;
    if (!n->low[ref]) {
        struct ir_insn low = {.op = IR_trunc, .type = IR_I32, .a = ref, .where = where};
        if (insn->op == IR_const)
            low = (struct ir_insn){
                .op = IR_const, .type = IR_I32, .where = where, .imm = (uint32_t)insn->imm};
        n->low[ref] = append(n, &low);
    }
    return n->low[ref];
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
static bool improve(struct narrowing *n, struct ir_insn *insn) {
    const struct ir *ir = n->ir;
    const uint8_t chance = chances[insn->op];
    if (chance & COPIES && is_copy(ir, insn, insn->a))
        return false;
    if (chance & NARROWS && can_narrow(ir, insn)) {
        insn->type = IR_I32;
        insn->a = low_word(n, insn->a, insn->where);
        insn->b = low_word(n, insn->b, insn->where);
    }
    if (chance & STORES && insn->type == IR_I64 && ir_result_type(&ir->insn[insn->c]) == IR_I32)
        insn->type = IR_I32;
    return true;
}

void opt_narrow(struct ir *ir) {
    if (!ir->narrows)
        return;
    /* There may be two low words for each instruction: the old ones move out of the way. */
    const uint32_t old_count = ir->count, capacity = old_count * 3;
    const struct ir_insn *old = ir->insn;
    struct narrowing n = {.ir = ir,
                          .renumbered = arena_array(ir->arena, ir_ref, old_count),
                          .low = arena_array(ir->arena, ir_ref, capacity),
                          .count = 1};
    ir->insn = arena_array(ir->arena, struct ir_insn, capacity);
    ir->capacity = capacity;
    ir->insn[0] = old[0];
    n.renumbered[0] = 0;
    for (uint32_t i = 1; i < old_count; i++) {
        struct ir_insn insn = old[i];
        if (insn.op == IR_nop)
            continue;
        insn.a = n.renumbered[insn.a];
        insn.b = n.renumbered[insn.b];
        insn.c = n.renumbered[insn.c];
        n.renumbered[i] = improve(&n, &insn) ? append(&n, &insn) : insn.a;
    }
    ir->count = n.count;
    opt_demand(ir); /* counts again */
}
