/* Advanced SIMD floating point: products of complex numbers (FCMA), of halves into singles (FHM),
 * and of bfloat16 numbers (BF16). */
#include "translator/guest/aarch64/float.h"

/* --- complex numbers: a real part in the even lane, an imaginary part in the odd one --- */

/* The sign bits of the even or the odd lanes. */
static ir_ref signs(struct lifter *l, unsigned lane, bool odd) {
    const unsigned width = 8u << lane;
    const uint64_t sign = UINT64_C(1) << (width - 1);
    if (lane == IR_LANE_D)
        return odd ? ir_vjoin(l->ir, IR_V128, ir_vconst(l->ir, 0, false),
                              ir_vconst(l->ir, sign, false))
                   : ir_vconst(l->ir, sign, false);
    uint64_t bits = odd ? sign << width : sign;
    return ir_vconst(l->ir, lane == IR_LANE_H ? bits | bits << 32 : bits, true);
}

/* z * i^rotations. */
static ir_ref rotated(struct lifter *l, unsigned lane, ir_ref z, unsigned rotations) {
    if (rotations & 1)
        z = lane == IR_LANE_D ? ir_vext(l->ir, 8, z, z)
                              : ir_vrev(l->ir, IR_LANE_AT(lane, lane + 1), z);
    if (rotations == 1 || rotations == 2)
        z = ir_vxor(l->ir, IR_V128, z, signs(l, lane, false));
    if (rotations == 2 || rotations == 3)
        z = ir_vxor(l->ir, IR_V128, z, signs(l, lane, true));
    return z;
}

/* FCMLA: n's real part times m, or (rotations by 90 and 270 degrees) its imaginary part times i m;
 * from 180 degrees on negated. */
static void complex_multiply_add(struct lifter *l, const struct operands *a, struct lanes s,
                                 ir_ref m) {
    ir_ref n = get_bits(l, s, a->n), addend = get_lanes_float(l, s, a->d);
    n = flushed(l, s, (a->rot & 1 ? ir_vtrn2 : ir_vtrn1)(l->ir, s.lane, n, n));
    m = rotated(l, s.lane, flushed(l, s, m), a->rot);
    put_lanes_float(l, s, a->d, rounded(l, IR_vfma, s, 0, n, m, addend));
}

static bool complex_lanes(const struct operands *a) {
    return a->size != 0 && (a->size != 3 || a->q);
}

INSN_IF(fcmla, complex_lanes, "0q101110 zz 0 mmmmm 1 10rr 1 nnnnn ddddd", "fcma") {
    const struct lanes s = lanes_of(a->size, a->q);
    complex_multiply_add(l, a, s, get_bits(l, s, a->m));
}

/* The index H:L is of pairs. */
static bool index_in_half(const struct operands *a) {
    return a->q || a->index < 2;
}

INSN_IF(fcmla_el_h, index_in_half, "0q101111 01 ymmmmm 0rr1 Y0 nnnnn ddddd", "fcma") {
    ir_ref m = ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_S, a->index), getv(l, a->m));
    complex_multiply_add(l, a, lanes_of(IR_LANE_H, a->q), m);
}

INSN(fcmla_el_s, "01101111 10 0mmmmm 0rr1 y0 nnnnn ddddd", "fcma")
{
    ir_ref m = ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_D, a->index), getv(l, a->m));
    complex_multiply_add(l, a, lanes_of(IR_LANE_S, 1), m);
}

/* FCADD: by 90 or 270 degrees. */
INSN_IF(fcadd, complex_lanes, "0q101110 zz 0 mmmmm 1 11r0 1 nnnnn ddddd", "fcma") {
    const struct lanes s = lanes_of(a->size, a->q);
    ir_ref n = get_lanes_float(l, s, a->n), m = get_lanes_float(l, s, a->m);
    m = rotated(l, s.lane, m, a->rot ? 3 : 1);
    put_lanes_float(l, s, a->d, rounded(l, IR_vfadd, s, 0, n, m, IR_NO_REF));
}

/* --- halves into singles --- */

/* The halves of n that correspond to the singles of the result: its first ones, or (`second`) those
 * behind them. */
static ir_ref get_halves(struct lifter *l, const struct operands *a, unsigned v, bool second) {
    return ir_vduplane(l->ir, IR_LANE_AT(a->q ? IR_LANE_D : IR_LANE_S, second), getv(l, v));
}

static void multiply_add_long(struct lifter *l, const struct operands *a, bool second, ir_ref m,
                              unsigned sign) {
    const struct lanes halves = lanes_of(IR_LANE_H, 0), s = lanes_of(IR_LANE_S, a->q);
    ir_ref n = flushed(l, halves, get_halves(l, a, a->n, second));
    ir_ref addend = get_lanes_float(l, s, a->d);
    m = flushed(l, halves, m);
    put_lanes_float(l, s, a->d, rounded(l, IR_vfmal, s, sign, n, m, addend));
}

#define MULTIPLY_ADD_LONG(id, u, b, code, element_code, second, sign)                  \
    INSN(id, "0q" u "01110 " b "01 mmmmm " code " 1 nnnnn ddddd", "fhm")               \
    { multiply_add_long(l, a, second, get_halves(l, a, a->m, second), sign); }         \
    INSN(id##_el, "0q" u "01111 10 yymmmm " element_code " Y0 nnnnn ddddd", "fhm")     \
    {                                                                                  \
        ir_ref m = ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_H, a->index), getv(l, a->m)); \
        multiply_add_long(l, a, second, m, sign);                                      \
    }

MULTIPLY_ADD_LONG(fmlal, "0", "0", "11101", "0000", false, 0)
MULTIPLY_ADD_LONG(fmlsl, "0", "1", "11101", "0100", false, IR_FMA_NEG_PRODUCT)
MULTIPLY_ADD_LONG(fmlal2, "1", "0", "11001", "1000", true, 0)
MULTIPLY_ADD_LONG(fmlsl2, "1", "1", "11001", "1100", true, IR_FMA_NEG_PRODUCT)

/* --- bfloat16 --- */

static void dot_product(struct lifter *l, const struct operands *a, ir_ref m) {
    putv_q(l, a->q, a->d, ir_vbfdot(l->ir, IR_LANE_S, getv(l, a->d), getv(l, a->n), m));
}

INSN(bfdot, "0q101110 010 mmmmm 1 1111 1 nnnnn ddddd", "bf16")
{ dot_product(l, a, getv(l, a->m)); }

INSN(bfdot_el, "0q001111 01 ymmmmm 1111 Y0 nnnnn ddddd", "bf16")
{ dot_product(l, a, ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_S, a->index), getv(l, a->m))); }

/* BFMatMulAdd: n and m have two rows of four, d two rows of two sums. */
INSN(bfmmla, "01101110 010 mmmmm 1 1101 1 nnnnn ddddd", "bf16")
{
    const unsigned s = IR_LANE_S;
    ir_ref n = getv(l, a->n), m = getv(l, a->m);
    ir_ref sum =
        ir_vbfdot(l->ir, s, getv(l, a->d), ir_vtrn1(l->ir, s, n, n), ir_vuzp1(l->ir, s, m, m));
    sum = ir_vbfdot(l->ir, s, sum, ir_vtrn2(l->ir, s, n, n), ir_vuzp2(l->ir, s, m, m));
    putv(l, a->d, sum);
}

/* The even (bottom) or odd (top: Q = 1) numbers as singles. */
static ir_ref widened(struct lifter *l, const struct operands *a, ir_ref bfloats) {
    ir_ref singles =
        a->q ? ir_vand(l->ir, IR_V128, bfloats, ir_vconst(l->ir, 0xffff0000ffff0000, true))
             : ir_vshl(l->ir, IR_LANE_S, bfloats, imm(l, 16));
    return flushed(l, lanes_of(IR_LANE_S, 1), singles);
}

static void multiply_add_bfloat(struct lifter *l, const struct operands *a, ir_ref m) {
    const struct lanes s = lanes_of(IR_LANE_S, 1);
    ir_ref n = widened(l, a, getv(l, a->n)), addend = get_lanes_float(l, s, a->d);
    put_lanes_float(l, s, a->d, rounded(l, IR_vfma, s, 0, n, widened(l, a, m), addend));
}

INSN(bfmlal, "0q101110 110 mmmmm 1 1111 1 nnnnn ddddd", "bf16")
{ multiply_add_bfloat(l, a, getv(l, a->m)); }

INSN(bfmlal_el, "0q001111 11 yymmmm 1111 Y0 nnnnn ddddd", "bf16")
{ multiply_add_bfloat(l, a, ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_H, a->index), getv(l, a->m))); }
