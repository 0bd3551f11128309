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
    case IR_zext32:
        return !(insn->uses & DEMAND_HIGH);
    case IR_trunc:
        return ir_result_type(&ir->insn[a]) == IR_I32;
    default:
        return false;
    }
}

void opt_compact(struct ir *ir) {
    ir_ref *renumbered = arena_array(ir->arena, ir_ref, ir->count);
    uint32_t count = 1;
    renumbered[0] = 0;
    for (uint32_t i = 1; i < ir->count; i++) {
        const struct ir_insn *old = &ir->insn[i];
        if (old->op == IR_nop)
            continue;
        ir_ref a = renumbered[old->a], b = renumbered[old->b], c = renumbered[old->c];
        if (is_copy(ir, old, a)) {
            renumbered[i] = a;
            continue;
        }
        struct ir_insn *insn = &ir->insn[count];
        *insn = *old;
        insn->a = a;
        insn->b = b;
        insn->c = c;
        insn->uses = 0;
        if (a)
            ir->insn[a].uses++;
        if (b)
            ir->insn[b].uses++;
        if (c)
            ir->insn[c].uses++;
        renumbered[i] = (ir_ref)count++;
    }
    ir->count = count;
}
