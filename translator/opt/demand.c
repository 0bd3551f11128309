/* One sweep from the end of the unit to its start that finds out what is needed.
 *
 * A value that nobody uses is dropped, if making it has no effect (floating-point operations accrue
 * flags, loads may fault: they stay). A put is dead when a later one overwrites all of it and no
 * one can see the register in between: neither a get, nor a fault or an exit. Of the values that
 * stay, `uses` tells the aspects that matter (enum opt_demand), for `compact` to act on. */
#include "runtime/arena.h"
#include "translator/opt/opt.h"

/* What an instruction sees of its operands. */
enum view {
    SEES_ALL,
    SEES_LOW,    /* trunc */
    SEES_NUMBER, /* arithmetic and comparison of floats: any NaN is as good as another */
    PASSES_ON,   /* as much as is seen of its own result */
};

static const uint8_t views[IR_OP_COUNT] = {
    [IR_trunc] = SEES_LOW,     [IR_fadd] = SEES_NUMBER,   [IR_fsub] = SEES_NUMBER,
    [IR_fmul] = SEES_NUMBER,   [IR_fdiv] = SEES_NUMBER,   [IR_fsqrt] = SEES_NUMBER,
    [IR_fma] = SEES_NUMBER,    [IR_fmin] = SEES_NUMBER,   [IR_fmax] = SEES_NUMBER,
    [IR_fminm] = SEES_NUMBER,  [IR_fmaxm] = SEES_NUMBER,  [IR_fcmp] = SEES_NUMBER,
    [IR_fround] = SEES_NUMBER, [IR_fclass] = SEES_NUMBER, [IR_ftof] = SEES_NUMBER,
    [IR_ftoi] = SEES_NUMBER,   [IR_fcanon] = SEES_NUMBER, [IR_fneg] = PASSES_ON,
    [IR_fabs] = PASSES_ON,     [IR_nanbox] = PASSES_ON,
};

static void demand_operands(struct ir *ir, const struct ir_insn *insn) {
    unsigned demand = DEMAND_ALL;
    switch ((enum view)views[insn->op]) {
    case SEES_ALL:
        break;
    case SEES_LOW:
        demand = DEMAND_ALL & ~DEMAND_HIGH;
        break;
    case SEES_NUMBER:
        demand = DEMAND_ALL & ~DEMAND_PAYLOAD;
        break;
    case PASSES_ON:
        demand = insn->uses | DEMAND_HIGH;
        break;
    }
    /* What is not an operand names instruction 0, where marks do no harm. */
    ir->insn[insn->a].uses |= demand;
    ir->insn[insn->b].uses |= demand;
    ir->insn[insn->c].uses |= demand;
}

static void drop(struct ir_insn *insn) {
    *insn = (struct ir_insn){.op = IR_nop, .where = insn->where};
}

void opt_demand(struct ir *ir) {
    ir_ref overwritten_at[REG_COUNT] = {0}; /* the next put of each register */
    ir_ref seen_at = (ir_ref)ir->count;     /* the next point at which all registers are seen */

    for (uint32_t i = 0; i < ir->count; i++)
        ir->insn[i].uses = 0;
    for (ir_ref i = (ir_ref)(ir->count - 1); i > 0; i--) {
        struct ir_insn *insn = &ir->insn[i];
        unsigned flags = ir_ops[insn->op].flags;
        if (flags & (IR_FAULT | IR_EXIT)) {
            seen_at = i;
        } else if (insn->op == IR_put) {
            ir_ref later = overwritten_at[insn->aux];
            if (later && later < seen_at &&
                ir_type_size((enum ir_type)ir->insn[later].type) >=
                    ir_type_size((enum ir_type)insn->type)) {
                drop(insn);
                continue;
            }
            overwritten_at[insn->aux] = i;
        } else if ((flags & IR_PURE || insn->op == IR_get) && !insn->uses) {
            drop(insn);
            continue;
        } else if (insn->op == IR_get) {
            overwritten_at[insn->aux] = IR_NO_REF;
        }
        demand_operands(ir, insn);
    }
}
