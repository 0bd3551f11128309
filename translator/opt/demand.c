/* One sweep from the end of the unit to its start that finds out what is needed.
 *
 * A value that nobody uses is dropped, if making it has no effect (floating-point operations accrue
 * flags, loads may fault: they stay). A put is dead when a later one overwrites all of it and no
 * one can see the register in between: neither a get, nor a fault or an exit. What is dropped
 * becomes a nop. The uses of the values that stay are counted, and apart from that those that see
 * them whole: not the low word of an I64 alone, not a float but for its NaNs' sign and payload. */
#include <string.h>

#include "translator/opt/opt.h"

/* One use, in `uses`; and one that sees all of the value. */
enum { USE = 1, WHOLE_USE = 1 | OPT_WHOLE };

/* What is to be done about an operation besides counting that it uses all of its operands. */
enum kind {
    PLAIN,
    PUT,
    GET,
    SPECIAL, /* from here on */
    STORE = SPECIAL,
    LOW_TO_LOW, /* the low word of the result needs only the low words */
    SHIFT,      /* the same with some counts */
    SUM,        /* the same; may be a rotation, as the sum of two shifts without common bits */
    EXTENSION,
    VIEW,
    NUMBER, /* arithmetic, comparison: to these, any NaN is as good as another, unless they pass it
             * on (IR_FP_PROPAGATE) */
    PASSED_ON, /* of a NaN, as much as is seen of the result */
    HALF,      /* of a product: the upper one */
};

static const uint8_t kinds[IR_OP_COUNT] = {
    [IR_put] = PUT,          [IR_get] = GET,          [IR_store] = STORE,    [IR_trunc] = VIEW,
    [IR_vlowf] = VIEW,       [IR_sext32] = EXTENSION, [IR_fadd] = NUMBER,    [IR_fsub] = NUMBER,
    [IR_zext32] = EXTENSION, [IR_fmul] = NUMBER,      [IR_fdiv] = NUMBER,    [IR_fsqrt] = NUMBER,
    [IR_fma] = NUMBER,       [IR_fmin] = NUMBER,      [IR_fmax] = NUMBER,    [IR_fminm] = NUMBER,
    [IR_fmaxm] = NUMBER,     [IR_fcmp] = NUMBER,      [IR_fround] = NUMBER,  [IR_fclass] = NUMBER,
    [IR_ftof] = NUMBER,      [IR_ftoi] = NUMBER,      [IR_fcanon] = NUMBER,  [IR_fneg] = PASSED_ON,
    [IR_fabs] = PASSED_ON,   [IR_nanbox] = PASSED_ON, [IR_shl] = SHIFT,      [IR_add] = SUM,
    [IR_or] = SUM,           [IR_xor] = SUM,          [IR_sub] = LOW_TO_LOW, [IR_mul] = LOW_TO_LOW,
    [IR_and] = LOW_TO_LOW,   [IR_andn] = LOW_TO_LOW,  [IR_neg] = LOW_TO_LOW, [IR_not] = LOW_TO_LOW,
    [IR_mulhu] = HALF,
};

/* or (shl x, k), (shr x, width - k) -> rol x, k     [also xor and add; either order] */
static bool make_rotation(const struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *left = &ir->insn[insn->a], *right = &ir->insn[insn->b];
    if (left->op == IR_shr) {
        const struct ir_insn *swap = left;
        left = right;
        right = swap;
    }
    if (left->op != IR_shl || right->op != IR_shr || left->a != right->a ||
        left->type != insn->type || right->type != insn->type || !ir_is_const(ir, left->b) ||
        !ir_is_const(ir, right->b))
        return false;
    const uint64_t up = ir->insn[left->b].imm, down = ir->insn[right->b].imm;
    if (up == 0 || down == 0 || up + down != ir_type_size((enum ir_type)insn->type) * 8)
        return false;
    insn->op = IR_rol;
    insn->b = left->b;
    insn->a = left->a;
    return true;
}

/* What is added to the uses of the operands of such an instruction (but for what a store stores).
 * Notes those that the narrow pass can change. */
static uint32_t special_use(struct ir *ir, struct ir_insn *insn, enum kind kind) {
    const bool whole = insn->uses >= OPT_WHOLE;
    switch (kind) {
    case STORE: return WHOLE_USE;
    case VIEW: return insn->op == IR_trunc ? ir_uses(insn) : ir_uses(insn) * WHOLE_USE;
    case PASSED_ON: return whole ? WHOLE_USE : USE;
    case NUMBER:
        ir->narrows |= insn->op == IR_fcanon && !whole;
        return insn->aux & IR_FP_PROPAGATE ? WHOLE_USE : USE;
    case EXTENSION: ir->narrows |= !whole; return WHOLE_USE;
    case HALF: ir->halves = true; return WHOLE_USE;
    case SUM:
        if (make_rotation(ir, insn))
            return WHOLE_USE;
        break;
    case SHIFT:
        if (!opt_low_to_low(ir, insn))
            return WHOLE_USE;
        break;
    default: break;
    }
    if (whole)
        return WHOLE_USE;
    ir->narrows |= insn->type == IR_I64;
    return USE;
}

/* Stores of up to 32 bits do not look at more of the value. */
static bool stores_low_word(const struct ir_insn *insn) {
    return insn->op == IR_store && insn->type == IR_I64 && IR_MEM_KIND(insn->aux) <= IR_S32;
}

static void drop(struct ir_insn *insn) {
    *insn = (struct ir_insn){.op = IR_nop, .where = insn->where};
}

void opt_demand(struct ir *ir) {
    /* For each register, the put that writes it next, of the low (or only) and of the high eight
     * bytes. It overwrites what was there unseen as long as it stands before the barrier, the next
     * instruction that may fault or leave. */
    ir_ref low[REG_COUNT], high[REG_COUNT];
    memset(low, 0xff, sizeof low);
    memset(high, 0xff, sizeof high);
    ir_ref barrier = 0;
    enum { NOT_BEFORE = UINT16_MAX };

    struct ir_insn *const all = ir->insn;
    ir->counted = true;
    ir->narrows = ir->halves = false;
    for (ir_ref i = (ir_ref)(ir->count - 1); i > 0; i--) {
        struct ir_insn *insn = &all[i];
        const unsigned flags = ir_ops[insn->op].flags;
        const enum kind kind = (enum kind)kinds[insn->op];
        if (!insn->uses && (flags & IR_PURE || kind == GET)) {
            drop(insn);
            continue;
        }
        if (flags & (IR_FAULT | IR_EXIT))
            barrier = i;
        uint32_t use = WHOLE_USE;
        if (kind != PLAIN) {
            if (kind >= SPECIAL) {
                use = special_use(ir, insn, kind);
            } else {
                const unsigned reg = insn->aux;
                const bool wide = insn->type == IR_V128;
                if (kind == GET) {
                    low[reg] = NOT_BEFORE;
                    if (wide)
                        high[reg] = NOT_BEFORE;
                    continue;
                }
                if (low[reg] < barrier && (!wide || high[reg] < barrier)) {
                    drop(insn);
                    continue;
                }
                low[reg] = i;
                if (wide)
                    high[reg] = i;
            }
        }
        /* Absent operands are uses of instruction 0, which is nothing. */
        all[insn->a].uses += use;
        all[insn->b].uses += use;
        all[insn->c].uses += stores_low_word(insn) ? USE : use;
    }
    all[0].uses = 0;
}
