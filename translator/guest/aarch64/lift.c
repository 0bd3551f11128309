/* From a unit of guest instructions to IR, and what several instruction classes share. */
#include "translator/guest/aarch64/lift.h"

void aarch64_lift(struct ir *ir, const struct guest_unit *unit) {
    struct lifter l = {.ir = ir, .mode = unit->mode};
    for (uint32_t i = 0; i < unit->count && !ir->ended; i++) {
        struct operands operands;
        l.insn = &unit->insn[i];
        ir->where = (uint16_t)i;
        const struct row *row = aarch64_decode(l.insn->word, &operands);
        if (row)
            row->lift(&l, &operands);
        else
            lift_illegal(&l);
    }
    ir_jump(ir, next(&l)); /* dropped when the last instruction was a jump */
}

void putv_q(struct lifter *l, unsigned q, unsigned v, ir_ref value) {
    putv(l, v, q ? value : ir_vlow(l->ir, IR_V128, value));
}

ir_ref getv_q(struct lifter *l, unsigned q, unsigned v) {
    return q ? getv(l, v) : ir_vlow(l->ir, IR_V128, getv(l, v));
}

void putf(struct lifter *l, enum ir_type type, unsigned v, ir_ref value) {
    (void)type;
    putv(l, v, ir_vfrom(l->ir, IR_V128, value));
}

ir_ref condition(struct lifter *l, unsigned cond) {
    if (cond >= IR_FLAGS_AL)
        return imm(l, 1);
    return ir_flags_cond(l->ir, (enum ir_flags_cond)cond, get_flags(l));
}

ir_ref extended_register(struct lifter *l, unsigned m, unsigned option, unsigned amount) {
    ir_ref value = get64(l, m);
    ir_ref low = ir_trunc(l->ir, IR_I32, value);
    switch (option) {
    case 0: value = ir_zext8(l->ir, IR_I64, value); break;
    case 1: value = ir_zext16(l->ir, IR_I64, value); break;
    case 2: value = ir_zext32(l->ir, IR_I64, low); break;
    case 4: value = ir_sext8(l->ir, IR_I64, value); break;
    case 5: value = ir_sext16(l->ir, IR_I64, value); break;
    case 6: value = ir_sext32(l->ir, IR_I64, low); break;
    default: /* UXTX, SXTX */ break;
    }
    return ir_shl(l->ir, IR_I64, value, imm(l, amount));
}

ir_ref shifted_register(struct lifter *l, const struct operands *a) {
    static const enum ir_op shifts[] = {IR_shl, IR_shr, IR_sar, IR_ror};
    return ir_emit(l->ir, shifts[a->shift], type_of(a->sf), 0, get(l, a->sf, a->m),
                   constant(l, a->sf, a->amount), 0, 0);
}
