/* One sweep from the end of the unit to its start that finds out what is needed.
 *
 * A value that nobody uses is dropped, if making it has no effect (floating-point operations accrue
 * flags, loads may fault: they stay). A put is dead when a later one overwrites all of it and no
 * one can see the register in between: neither a get, nor a fault or an exit. Of the values that
 * stay, `uses` tells the aspects that matter (enum opt_demand), for `compact` to act on. */
#include "translator/opt/opt.h"

/* The aspects of its operands that an instruction does not see. */
enum {
    LOW_WORD = DEMAND_HIGH,
    NUMBER = DEMAND_PAYLOAD, /* arithmetic, comparison: to these, any NaN is as good as another,
                              * unless they pass it on (IR_FP_PROPAGATE) */
    PASSED_ON = 8,           /* of a NaN, as much as is seen of the instruction's own result */
    LOW_TO_LOW = 16,         /* the low word of the result needs only the low words */
};

static const uint8_t views[IR_OP_COUNT] = {
    [IR_trunc] = LOW_WORD, [IR_fadd] = NUMBER,    [IR_fsub] = NUMBER,    [IR_fmul] = NUMBER,
    [IR_fdiv] = NUMBER,    [IR_fsqrt] = NUMBER,   [IR_fma] = NUMBER,     [IR_fmin] = NUMBER,
    [IR_fmax] = NUMBER,    [IR_fminm] = NUMBER,   [IR_fmaxm] = NUMBER,   [IR_fcmp] = NUMBER,
    [IR_fround] = NUMBER,  [IR_fclass] = NUMBER,  [IR_ftof] = NUMBER,    [IR_ftoi] = NUMBER,
    [IR_fcanon] = NUMBER,  [IR_fneg] = PASSED_ON, [IR_fabs] = PASSED_ON, [IR_nanbox] = PASSED_ON,
#define VIEW(op) [IR_##op] = LOW_TO_LOW,
    OPT_LOW_TO_LOW(VIEW)
#undef VIEW
};

/* Stores of up to 32 bits do not look at more of the value. */
static bool stores_low_word(const struct ir_insn *insn) {
    return insn->op == IR_store && insn->type == IR_I64 && IR_MEM_KIND(insn->aux) <= IR_S32;
}

static void demand_operands(struct ir *ir, const struct ir_insn *insn) {
    unsigned unseen = views[insn->op];
    if (unseen == PASSED_ON)
        unseen = DEMAND_PAYLOAD & ~insn->uses;
    else if (unseen == LOW_TO_LOW)
        unseen = opt_low_to_low(ir, insn) ? DEMAND_HIGH & ~insn->uses : 0;
    else if (unseen == NUMBER && insn->aux & IR_FP_PROPAGATE)
        unseen = 0;
    unsigned demand = DEMAND_ALL & ~unseen;
    /* Absent operands demand something of instruction 0, which is nothing. */
    ir->insn[insn->a].uses |= demand;
    ir->insn[insn->b].uses |= demand;
    ir->insn[insn->c].uses |= stores_low_word(insn) ? DEMAND_ALL & ~DEMAND_HIGH : demand;
}

static void drop(struct ir_insn *insn) {
    *insn = (struct ir_insn){.op = IR_nop, .where = insn->where};
}

/* A set of guest registers, or of halves of them. */
struct register_set {
    uint64_t bits[(REG_COUNT + 63) / 64];
};

static bool contains(const struct register_set *set, unsigned reg) {
    return set->bits[reg / 64] >> reg % 64 & 1;
}

static void include(struct register_set *set, unsigned reg, bool member) {
    uint64_t bit = UINT64_C(1) << reg % 64;
    set->bits[reg / 64] = member ? set->bits[reg / 64] | bit : set->bits[reg / 64] & ~bit;
}

void opt_demand(struct ir *ir) {
    /* The registers whose low (or only) and high eight bytes are written again before they are
     * seen. */
    struct register_set low = {{0}}, high = {{0}};

    for (uint32_t i = 0; i < ir->count; i++)
        ir->insn[i].uses = 0;
    for (uint32_t i = ir->count - 1; i > 0; i--) {
        struct ir_insn *insn = &ir->insn[i];
        unsigned flags = ir_ops[insn->op].flags, reg = insn->aux;
        bool whole = insn->type == IR_V128;
        if (flags & (IR_FAULT | IR_EXIT)) {
            low = high = (struct register_set){{0}};
        } else if (insn->op == IR_put) {
            if (contains(&low, reg) && (!whole || contains(&high, reg))) {
                drop(insn);
                continue;
            }
            include(&low, reg, true);
            if (whole)
                include(&high, reg, true);
        } else if ((flags & IR_PURE || insn->op == IR_get) && !insn->uses) {
            drop(insn);
            continue;
        } else if (insn->op == IR_get) {
            include(&low, reg, false);
            if (whole)
                include(&high, reg, false);
        }
        demand_operands(ir, insn);
    }
}
