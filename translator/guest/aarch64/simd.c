/* What the lift functions of Advanced SIMD's integer instructions share. */
#include "translator/guest/aarch64/simd.h"

ir_ref lane_constant(struct lifter *l, unsigned lane, uint64_t value) {
    static const uint64_t ones[] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};
    const uint64_t low = value & UINT64_MAX >> (64 - (8u << lane));
    return ir_vconst(l->ir, low * ones[lane], true);
}

ir_ref get_lanes(struct lifter *l, const struct operands *a, unsigned lane, unsigned v) {
    static const enum ir_type types[] = {[IR_LANE_H] = IR_F16, [IR_LANE_S] = IR_F32};
    if (!is_scalar(a))
        return getv_q(l, a->q, v);
    switch (lane) {
    case IR_LANE_B: return ir_vfrom(l->ir, IR_V128, ir_vget(l->ir, IR_LANE_B, getv(l, v)));
    case IR_LANE_D: return ir_vlow(l->ir, IR_V128, getv(l, v));
    default: return ir_vfrom(l->ir, IR_V128, getf(l, types[lane], v));
    }
}

ir_ref get_half(struct lifter *l, const struct operands *a, unsigned v) {
    return a->q ? ir_vhigh(l->ir, IR_V128, getv(l, v)) : getv(l, v);
}

void put_narrow(struct lifter *l, const struct operands *a, ir_ref value) {
    putv(l, a->d, a->q ? ir_vjoin(l->ir, IR_V128, getv(l, a->d), value) : value);
}

ir_ref absolute_difference(struct lifter *l, unsigned lane, bool is_unsigned, ir_ref x, ir_ref y) {
    if (is_unsigned)
        return ir_vsub(l->ir, lane, ir_vumax(l->ir, lane, x, y), ir_vumin(l->ir, lane, x, y));
    return ir_vsub(l->ir, lane, ir_vsmax(l->ir, lane, x, y), ir_vsmin(l->ir, lane, x, y));
}

ir_ref saturating_add(struct lifter *l, unsigned lane, ir_ref x, ir_ref y) {
    return noting(l, ir_vqadds(l->ir, lane, x, y), ir_vadd(l->ir, lane, x, y));
}

ir_ref saturating_sub(struct lifter *l, unsigned lane, ir_ref x, ir_ref y) {
    return noting(l, ir_vqsubs(l->ir, lane, x, y), ir_vsub(l->ir, lane, x, y));
}

/* Twice a product overflows only for the least value's square. */
ir_ref doubling_high(struct lifter *l, unsigned aux, ir_ref x, ir_ref y) {
    const unsigned lane = IR_LANE(aux);
    ir_ref least = lane_constant(l, lane, UINT64_C(1) << ((8u << lane) - 1));
    note_saturation(
        l, ir_vand(l->ir, IR_V128, ir_vceq(l->ir, lane, x, least), ir_vceq(l->ir, lane, y, least)));
    return ir_vsqdmulh(l->ir, aux, x, y);
}

ir_ref doubling_long(struct lifter *l, unsigned lane, ir_ref x, ir_ref y) {
    ir_ref product = ir_vsmull(l->ir, lane, x, y);
    return saturating_add(l, lane + 1, product, product);
}

ir_ref rounding_doubling_add(struct lifter *l, unsigned aux, ir_ref sum, ir_ref x, ir_ref y) {
    note_saturation(l, ir_vsqrdmla(l->ir, aux | IR_MLA_OVERFLOWS, sum, x, y));
    return ir_vsqrdmla(l->ir, aux, sum, x, y);
}

ir_ref saturating_narrow(struct lifter *l, unsigned aux, ir_ref x) {
    const bool to_unsigned = aux & (IR_NARROW_UNSIGNED | IR_NARROW_TO_UNSIGNED);
    ir_ref narrow = ir_vqnarrow(l->ir, aux, x);
    ir_vqc(l->ir, x, (to_unsigned ? ir_vuxtl : ir_vsxtl)(l->ir, IR_LANE(aux), narrow));
    return narrow;
}
