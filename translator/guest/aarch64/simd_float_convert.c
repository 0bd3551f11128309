/* Advanced SIMD floating point: conversions between formats, to and from integers and fixed point,
 * and to integral values. */
#include "translator/guest/aarch64/float.h"

/* --- between formats: a->size 0, halves and singles; 1, singles and doubles --- */

/* FPConvert: halves are never flushed, but may be of the alternative format. */
static unsigned conversion_rules(struct lifter *l, unsigned short_lane) {
    bool alternative = short_lane == IR_LANE_H && l->mode & AARCH64_MODE_AHP;
    return IR_FP_PROPAGATE | (alternative ? IR_FP_ALTERNATIVE_HALF : 0);
}

INSN(fcvtl, "0q001110 0z 10000 10111 10 nnnnn ddddd", "simd")
{
    const unsigned lane = IR_LANE_H + a->size;
    ir_ref n = ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_D, a->q), getv(l, a->n));
    if (lane != IR_LANE_H)
        n = flushed(l, lanes_of(lane, 0), n);
    unsigned aux = FP_DYNAMIC | conversion_rules(l, lane);
    ir_ref result = ir_vfcvtl(l->ir, IR_VECTOR_FP(lane, aux), n);
    put_lanes_float(l, lanes_of(lane + 1, 1), a->d, result);
}

/* The low half of the register, or its upper half (Q = 1). */
static void put_narrowed(struct lifter *l, const struct operands *a, ir_ref value) {
    putv(l, a->d, a->q ? ir_vjoin(l->ir, IR_V128, getv(l, a->d), value) : value);
}

static void narrow(struct lifter *l, const struct operands *a, unsigned lane, enum fp_round round) {
    unsigned aux = round | conversion_rules(l, lane);
    if (lane != IR_LANE_H && flushes(l, lane_type(lane)))
        aux |= IR_FP_FLUSH;
    ir_ref n = get_lanes_float(l, lanes_of(lane + 1, 1), a->n);
    ir_ref result = ir_vfcvtn(l->ir, IR_VECTOR_FP(lane + 1, aux), n);
    if (l->mode & AARCH64_MODE_DN && !(aux & IR_FP_ALTERNATIVE_HALF))
        result = ir_vfcanon(l->ir, lane, result);
    put_narrowed(l, a, result);
}

INSN(fcvtn, "0q001110 0z 10000 10110 10 nnnnn ddddd", "simd")
{ narrow(l, a, IR_LANE_H + a->size, FP_DYNAMIC); }

INSN(fcvtxn, "0q101110 01 10000 10110 10 nnnnn ddddd", "simd")
{ narrow(l, a, IR_LANE_S, FP_ODD); }

/* --- to bfloat16 --- */

static unsigned to_bfloat(struct lifter *l) {
    return FP_DYNAMIC | IR_FP_BFLOAT | float_rules(l, IR_F32);
}

/* Results in halfwords, with FPCR.DN's NaN. */
static ir_ref bfloat_results(struct lifter *l, ir_ref value) {
    const uint64_t each = 0x0001000100010001;
    if (!(l->mode & AARCH64_MODE_DN))
        return value;
    ir_ref magnitude = ir_vand(l->ir, IR_V128, value, ir_vconst(l->ir, 0x7fff * each, true));
    ir_ref infinity = ir_vconst(l->ir, 0x7f80 * each, true);
    return ir_vbsl(l->ir, IR_V128, ir_vcgtu(l->ir, IR_LANE_H, magnitude, infinity),
                   ir_vconst(l->ir, 0x7fc0 * each, true), value);
}

INSN(bfcvt, "00011110 01 1 000110 10000 nnnnn ddddd", "bf16")
{
    ir_ref n = get_float(l, IR_F32, a->n);
    ir_ref result = ir_emit(l->ir, IR_ftof, IR_F16, to_bfloat(l), n, 0, 0, 0);
    putv(l, a->d, bfloat_results(l, ir_vfrom(l->ir, IR_V128, result)));
}

INSN(bfcvtn, "0q001110 10 10000 10110 10 nnnnn ddddd", "bf16")
{
    ir_ref n = get_lanes_float(l, lanes_of(IR_LANE_S, 1), a->n);
    ir_ref result = ir_vfcvtn(l->ir, IR_VECTOR_FP(IR_LANE_S, to_bfloat(l)), n);
    put_narrowed(l, a, bfloat_results(l, result));
}

/* --- to integral values --- */

static void to_integral(struct lifter *l, const struct operands *a, struct lanes s, unsigned aux) {
    ir_ref n = get_lanes_float(l, s, a->n);
    put_lanes_float(l, s, a->d, ir_vfround(l->ir, IR_VECTOR_FP(s.lane, aux | IR_FP_PROPAGATE), n));
}

#define TO_RANGE(id, u, code, aux)                                                         \
    INSN_IF(id, lanes_float, "0q" u "01110 0z 10000 " code " 10 nnnnn ddddd", "frintts") { \
        to_integral(l, a, lanes_of(IR_LANE_S + a->size, a->q), (aux) | IR_ROUND_EXACT);    \
    }

TWO_MISC(frintn, "0", "0", "11000", to_integral(l, a, s, FP_RNE))
TWO_MISC(frintp, "0", "1", "11000", to_integral(l, a, s, FP_RUP))
TWO_MISC(frintm, "0", "0", "11001", to_integral(l, a, s, FP_RDN))
TWO_MISC(frintz, "0", "1", "11001", to_integral(l, a, s, FP_RTZ))
TWO_MISC(frinta, "1", "0", "11000", to_integral(l, a, s, FP_RMM))
TWO_MISC(frintx, "1", "0", "11001", to_integral(l, a, s, FP_DYNAMIC | IR_ROUND_EXACT))
TWO_MISC(frinti, "1", "1", "11001", to_integral(l, a, s, FP_DYNAMIC))
TO_RANGE(frint32z, "0", "11110", FP_RTZ | IR_ROUND_TO_32)
TO_RANGE(frint64z, "0", "11111", FP_RTZ | IR_ROUND_TO_64)
TO_RANGE(frint32x, "1", "11110", FP_DYNAMIC | IR_ROUND_TO_32)
TO_RANGE(frint64x, "1", "11111", FP_DYNAMIC | IR_ROUND_TO_64)

/* --- to and from integers --- */

static void to_integer(struct lifter *l, const struct operands *a, struct lanes s, unsigned aux) {
    ir_ref n = get_lanes_float(l, s, a->n);
    put_bits(l, s, a->d,
             lanes_operation(l, IR_vftoi, s, aux | IR_FP_PROPAGATE, n, IR_NO_REF, IR_NO_REF));
}

static void from_integer(struct lifter *l, const struct operands *a, struct lanes s, unsigned aux) {
    ir_ref n = get_bits(l, s, a->n);
    put_bits(l, s, a->d, rounded(l, IR_vitof, s, aux, n, IR_NO_REF, IR_NO_REF));
}

/* Scalar single and double precision: float_convert.c. */
#define CONVERT_INTEGER(id, u, b, code, function, aux)                         \
    TWO_MISC(id, u, b, code, function(l, a, s, aux))                           \
    INSN(id##_s_h, "01" u "11110 " b "111100 " code " 10 nnnnn ddddd", "fp16") \
    { function(l, a, lowest_lane(IR_LANE_H), aux); }

CONVERT_INTEGER(fcvtns, "0", "0", "11010", to_integer, FP_RNE)
CONVERT_INTEGER(fcvtnu, "1", "0", "11010", to_integer, FP_RNE | IR_FP_UNSIGNED)
CONVERT_INTEGER(fcvtps, "0", "1", "11010", to_integer, FP_RUP)
CONVERT_INTEGER(fcvtpu, "1", "1", "11010", to_integer, FP_RUP | IR_FP_UNSIGNED)
CONVERT_INTEGER(fcvtms, "0", "0", "11011", to_integer, FP_RDN)
CONVERT_INTEGER(fcvtmu, "1", "0", "11011", to_integer, FP_RDN | IR_FP_UNSIGNED)
CONVERT_INTEGER(fcvtzs, "0", "1", "11011", to_integer, FP_RTZ)
CONVERT_INTEGER(fcvtzu, "1", "1", "11011", to_integer, FP_RTZ | IR_FP_UNSIGNED)
CONVERT_INTEGER(fcvtas, "0", "0", "11100", to_integer, FP_RMM)
CONVERT_INTEGER(fcvtau, "1", "0", "11100", to_integer, FP_RMM | IR_FP_UNSIGNED)
CONVERT_INTEGER(scvtf, "0", "0", "11101", from_integer, 0)
CONVERT_INTEGER(ucvtf, "1", "0", "11101", from_integer, IR_FP_UNSIGNED)

/* --- fixed point: the lane's width minus a->imm bits stand behind the point --- */

static bool has_two_lanes(const struct operands *a) {
    return a->q;
}

static unsigned fraction(const struct operands *a, struct lanes s) {
    return IR_FP_FRACTION((8 << s.lane) - a->imm);
}

#define FIXED_ROW(id, validity, head, size, code, extension, which_lanes, statement) \
    INSN_IF(id, validity, head "0 " size " " code " 1 nnnnn ddddd", extension) {     \
        const struct lanes s = which_lanes;                                          \
        statement;                                                                   \
    }
#define FIXED(id, u, code, statement)                                                \
    FIXED_ROW(id##_fixed_d, has_two_lanes, "0q" u "01111 ", "1iiiiii", code, "simd", \
              lanes_of(IR_LANE_D, a->q), statement)                                  \
    FIXED_ROW(id##_fixed_s, NULL, "0q" u "01111 ", "01iiiii", code, "simd",          \
              lanes_of(IR_LANE_S, a->q), statement)                                  \
    FIXED_ROW(id##_fixed_h, NULL, "0q" u "01111 ", "001iiii", code, "fp16",          \
              lanes_of(IR_LANE_H, a->q), statement)                                  \
    FIXED_ROW(id##_fixed_s_d, NULL, "01" u "11111 ", "1iiiiii", code, "simd",        \
              lowest_lane(IR_LANE_D), statement)                                     \
    FIXED_ROW(id##_fixed_s_s, NULL, "01" u "11111 ", "01iiiii", code, "simd",        \
              lowest_lane(IR_LANE_S), statement)                                     \
    FIXED_ROW(id##_fixed_s_h, NULL, "01" u "11111 ", "001iiii", code, "fp16",        \
              lowest_lane(IR_LANE_H), statement)

FIXED(scvtf, "0", "11100", from_integer(l, a, s, fraction(a, s)))
FIXED(ucvtf, "1", "11100", from_integer(l, a, s, fraction(a, s) | IR_FP_UNSIGNED))
FIXED(fcvtzs, "0", "11111", to_integer(l, a, s, fraction(a, s) | FP_RTZ))
FIXED(fcvtzu, "1", "11111", to_integer(l, a, s, fraction(a, s) | FP_RTZ | IR_FP_UNSIGNED))
