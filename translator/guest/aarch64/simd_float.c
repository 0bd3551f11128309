/* Advanced SIMD floating point: arithmetic, comparison, pairwise and across lanes, by element; and
 * the scalar forms of these (Arm ARM C4.1, "Advanced SIMD three same" and so on). */
#include "translator/guest/aarch64/float.h"

/* --- three registers --- */

static void binary(struct lifter *l, const struct operands *a, struct lanes s, enum ir_op op) {
    ir_ref n = get_lanes_float(l, s, a->n), m = get_lanes_float(l, s, a->m);
    put_lanes_float(l, s, a->d, rounded(l, op, s, 0, n, m, IR_NO_REF));
}

/* Minima and maxima do not round. */
static ir_ref min_max_of(struct lifter *l, struct lanes s, enum ir_op op, ir_ref n, ir_ref m) {
    return lanes_operation(l, op, s, IR_FP_PROPAGATE, n, m, IR_NO_REF);
}

static void min_max(struct lifter *l, const struct operands *a, struct lanes s, enum ir_op op) {
    ir_ref n = get_lanes_float(l, s, a->n), m = get_lanes_float(l, s, a->m);
    put_lanes_float(l, s, a->d, min_max_of(l, s, op, n, m));
}

static void multiply_add(struct lifter *l, const struct operands *a, struct lanes s,
                         unsigned sign) {
    ir_ref n = get_lanes_float(l, s, a->n), m = get_lanes_float(l, s, a->m);
    ir_ref addend = get_lanes_float(l, s, a->d);
    put_lanes_float(l, s, a->d, rounded(l, IR_vfma, s, sign, n, m, addend));
}

static ir_ref absolute(struct lifter *l, struct lanes s, ir_ref value) {
    return lanes_operation(l, IR_vfabs, s, 0, value, IR_NO_REF, IR_NO_REF);
}

static void absolute_difference(struct lifter *l, const struct operands *a, struct lanes s) {
    ir_ref n = get_lanes_float(l, s, a->n), m = get_lanes_float(l, s, a->m);
    ir_ref difference = rounded(l, IR_vfsub, s, 0, n, m, IR_NO_REF);
    put_lanes_float(l, s, a->d, absolute(l, s, difference));
}

/* All ones in the lanes where the condition holds, zeros elsewhere. */
static ir_ref comparison(struct lifter *l, struct lanes s, enum ir_fcond condition, ir_ref x,
                         ir_ref y) {
    if (s.extent != LOWEST_LANE)
        return ir_vfcmp(l->ir, IR_VECTOR_FP(s.lane, condition), x, y);
    ir_ref mask = ir_neg(l->ir, IR_I64, ir_fcmp(l->ir, lane_type(s.lane), condition, x, y));
    if (s.lane == IR_LANE_H)
        return ir_zext16(l->ir, IR_I64, mask);
    return s.lane == IR_LANE_S ? ir_trunc(l->ir, IR_I32, mask) : mask;
}

/* m <condition> n: FCMGE is written m <= n. */
static void compare(struct lifter *l, const struct operands *a, struct lanes s,
                    enum ir_fcond condition) {
    ir_ref n = get_lanes_float(l, s, a->n), m = get_lanes_float(l, s, a->m);
    put_bits(l, s, a->d, comparison(l, s, condition, m, n));
}

static void compare_absolute(struct lifter *l, const struct operands *a, struct lanes s,
                             enum ir_fcond condition) {
    ir_ref n = absolute(l, s, get_lanes_float(l, s, a->n));
    ir_ref m = absolute(l, s, get_lanes_float(l, s, a->m));
    put_bits(l, s, a->d, comparison(l, s, condition, m, n));
}

THREE_SAME(fmaxnm, "0", "0", "000", min_max(l, a, s, IR_vfmax))
THREE_SAME(fminnm, "0", "1", "000", min_max(l, a, s, IR_vfmin))
THREE_SAME(fmla, "0", "0", "001", multiply_add(l, a, s, 0))
THREE_SAME(fmls, "0", "1", "001", multiply_add(l, a, s, IR_FMA_NEG_PRODUCT))
THREE_SAME(fadd, "0", "0", "010", binary(l, a, s, IR_vfadd))
THREE_SAME(fsub, "0", "1", "010", binary(l, a, s, IR_vfsub))
THREE_SAME(fmulx, "0", "0", "011", binary(l, a, s, IR_vfmulx))
THREE_SAME(fcmeq, "0", "0", "100", compare(l, a, s, IR_FEQ))
THREE_SAME(fmax, "0", "0", "110", min_max(l, a, s, IR_vfmaxm))
THREE_SAME(fmin, "0", "1", "110", min_max(l, a, s, IR_vfminm))
THREE_SAME(frecps, "0", "0", "111", binary(l, a, s, IR_vfrecps))
THREE_SAME(frsqrts, "0", "1", "111", binary(l, a, s, IR_vfrsqrts))
THREE_SAME(fabd, "1", "1", "010", absolute_difference(l, a, s))
THREE_SAME(fmul, "1", "0", "011", binary(l, a, s, IR_vfmul))
THREE_SAME(fcmge, "1", "0", "100", compare(l, a, s, IR_FLE))
THREE_SAME(fcmgt, "1", "1", "100", compare(l, a, s, IR_FLT))
THREE_SAME(facge, "1", "0", "101", compare_absolute(l, a, s, IR_FLE))
THREE_SAME(facgt, "1", "1", "101", compare_absolute(l, a, s, IR_FLT))
THREE_SAME(fdiv, "1", "0", "111", binary(l, a, s, IR_vfdiv))

THREE_SAME_SCALAR(fmulx, "0", "0", "011", binary(l, a, s, IR_vfmulx))
THREE_SAME_SCALAR(fcmeq, "0", "0", "100", compare(l, a, s, IR_FEQ))
THREE_SAME_SCALAR(frecps, "0", "0", "111", binary(l, a, s, IR_vfrecps))
THREE_SAME_SCALAR(frsqrts, "0", "1", "111", binary(l, a, s, IR_vfrsqrts))
THREE_SAME_SCALAR(fabd, "1", "1", "010", absolute_difference(l, a, s))
THREE_SAME_SCALAR(fcmge, "1", "0", "100", compare(l, a, s, IR_FLE))
THREE_SAME_SCALAR(fcmgt, "1", "1", "100", compare(l, a, s, IR_FLT))
THREE_SAME_SCALAR(facge, "1", "0", "101", compare_absolute(l, a, s, IR_FLE))
THREE_SAME_SCALAR(facgt, "1", "1", "101", compare_absolute(l, a, s, IR_FLT))

/* --- pairwise and across lanes --- */

/* The even and odd lanes of n and m, one after the other. */
static void get_pairs(struct lifter *l, const struct operands *a, struct lanes s, ir_ref pair[2]) {
    ir_ref n = getv(l, a->n), m = getv(l, a->m);
    if (s.extent == LOW_HALF)
        n = m = ir_vjoin(l->ir, IR_V128, n, m);
    n = flushed(l, s, n);
    m = flushed(l, s, m);
    pair[0] = ir_vuzp1(l->ir, s.lane, n, m);
    pair[1] = ir_vuzp2(l->ir, s.lane, n, m);
}

static void pairwise_add(struct lifter *l, const struct operands *a, struct lanes s) {
    ir_ref pair[2];
    get_pairs(l, a, s, pair);
    put_lanes_float(l, s, a->d, rounded(l, IR_vfadd, s, 0, pair[0], pair[1], IR_NO_REF));
}

static void pairwise_min_max(struct lifter *l, const struct operands *a, struct lanes s,
                             enum ir_op op) {
    ir_ref pair[2];
    get_pairs(l, a, s, pair);
    put_lanes_float(l, s, a->d, min_max_of(l, s, op, pair[0], pair[1]));
}

THREE_SAME(fmaxnmp, "1", "0", "000", pairwise_min_max(l, a, s, IR_vfmax))
THREE_SAME(fminnmp, "1", "1", "000", pairwise_min_max(l, a, s, IR_vfmin))
THREE_SAME(faddp, "1", "0", "010", pairwise_add(l, a, s))
THREE_SAME(fmaxp, "1", "0", "110", pairwise_min_max(l, a, s, IR_vfmaxm))
THREE_SAME(fminp, "1", "1", "110", pairwise_min_max(l, a, s, IR_vfminm))

static void pair_min_max(struct lifter *l, const struct operands *a, struct lanes s,
                         enum ir_op op) {
    ir_ref result = min_max_of(l, s, op, get_element(l, s, a->n, 0), get_element(l, s, a->n, 1));
    put_lanes_float(l, s, a->d, result);
}

/* The two lanes of a register; halves have U = 0. */
#define SCALAR_PAIR(id, b, code, statement)                                       \
    SCALAR(id##p, "01111110 " b, " 11000 " code " 10 nnnnn ddddd", "01011110 " b, \
           "0 11000 " code " 10 nnnnn ddddd", statement)

SCALAR_PAIR(fmaxnm, "0", "01100", pair_min_max(l, a, s, IR_vfmax))
SCALAR_PAIR(fminnm, "1", "01100", pair_min_max(l, a, s, IR_vfmin))
SCALAR_PAIR(fmax, "0", "01111", pair_min_max(l, a, s, IR_vfmaxm))
SCALAR_PAIR(fmin, "1", "01111", pair_min_max(l, a, s, IR_vfminm))
SCALAR_PAIR(fadd, "0", "01101",
            put_lanes_float(l, s, a->d,
                            rounded(l, IR_vfadd, s, 0, get_element(l, s, a->n, 0),
                                    get_element(l, s, a->n, 1), IR_NO_REF)))

/* FPReduce: pairs, pairs of pairs and so on; what is left over repeats what has been. */
static void across_lanes(struct lifter *l, const struct operands *a, unsigned lane, enum ir_op op) {
    struct lanes s = lanes_of(lane, a->q);
    ir_ref value = get_lanes_float(l, s, a->n);
    for (unsigned count = (a->q ? 16u : 8u) >> lane; count > 1; count /= 2)
        value = min_max_of(l, s, op, ir_vuzp1(l->ir, lane, value, value),
                           ir_vuzp2(l->ir, lane, value, value));
    put_lanes_float(l, lowest_lane(lane), a->d,
                    ir_emit(l->ir, IR_vlowf, lane_type(lane), 0, value, 0, 0, 0));
}

#define ACROSS(id, b, code, op)                                           \
    INSN(id, "01101110 " b "0 11000 " code " 10 nnnnn ddddd", "simd")     \
    {                                                                     \
        struct operands whole = *a;                                       \
        whole.q = 1;                                                      \
        across_lanes(l, &whole, IR_LANE_S, op);                           \
    }                                                                     \
    INSN(id##_h, "0q001110 " b "0 11000 " code " 10 nnnnn ddddd", "fp16") \
    { across_lanes(l, a, IR_LANE_H, op); }

ACROSS(fmaxnmv, "0", "01100", IR_vfmax)
ACROSS(fminnmv, "1", "01100", IR_vfmin)
ACROSS(fmaxv, "0", "01111", IR_vfmaxm)
ACROSS(fminv, "1", "01111", IR_vfminm)

/* --- two registers --- */

static void sign_bits(struct lifter *l, const struct operands *a, struct lanes s, enum ir_op op) {
    putv_q(l, s.extent == WHOLE, a->d, ir_emit(l->ir, op, IR_V128, s.lane, getv(l, a->n), 0, 0, 0));
}

static void unary(struct lifter *l, const struct operands *a, struct lanes s, enum ir_op op) {
    ir_ref n = get_lanes_float(l, s, a->n);
    put_lanes_float(l, s, a->d, rounded(l, op, s, 0, n, IR_NO_REF, IR_NO_REF));
}

static void compare_zero(struct lifter *l, const struct operands *a, struct lanes s,
                         enum ir_fcond condition, bool zero_first) {
    ir_ref n = get_lanes_float(l, s, a->n);
    ir_ref zero = ir_const(l->ir, s.extent == LOWEST_LANE ? lane_type(s.lane) : IR_V128, 0);
    put_bits(l, s, a->d, comparison(l, s, condition, zero_first ? zero : n, zero_first ? n : zero));
}

static void reciprocal_exponent(struct lifter *l, const struct operands *a, struct lanes s) {
    ir_ref n = get_lanes_float(l, s, a->n);
    put_lanes_float(l, s, a->d,
                    lanes_operation(l, IR_vfrecpx, s, IR_FP_PROPAGATE, n, IR_NO_REF, IR_NO_REF));
}

#define COMPARE_ZERO(id, u, code, condition, zero_first)                     \
    TWO_MISC(id, u, "1", code, compare_zero(l, a, s, condition, zero_first)) \
    TWO_MISC_SCALAR(id, u, "1", code, compare_zero(l, a, s, condition, zero_first))
#define ESTIMATE(id, u, op)                           \
    TWO_MISC(id, u, "1", "11101", unary(l, a, s, op)) \
    TWO_MISC_SCALAR(id, u, "1", "11101", unary(l, a, s, op))

TWO_MISC(fabs, "0", "1", "01111", sign_bits(l, a, s, IR_vfabs))
TWO_MISC(fneg, "1", "1", "01111", sign_bits(l, a, s, IR_vfneg))
TWO_MISC(fsqrt, "1", "1", "11111", unary(l, a, s, IR_vfsqrt))
COMPARE_ZERO(fcmgt_zero, "0", "01100", IR_FLT, true)
COMPARE_ZERO(fcmeq_zero, "0", "01101", IR_FEQ, false)
COMPARE_ZERO(fcmlt_zero, "0", "01110", IR_FLT, false)
COMPARE_ZERO(fcmge_zero, "1", "01100", IR_FLE, true)
COMPARE_ZERO(fcmle_zero, "1", "01101", IR_FLE, false)
ESTIMATE(frecpe, "0", IR_vfrecpe)
ESTIMATE(frsqrte, "1", IR_vfrsqrte)
TWO_MISC_SCALAR(frecpx, "0", "1", "11111", reciprocal_exponent(l, a, s))

/* --- by element --- */

static void binary_element(struct lifter *l, const struct operands *a, struct lanes s,
                           enum ir_op op) {
    ir_ref n = get_lanes_float(l, s, a->n), m = get_element(l, s, a->m, a->index);
    put_lanes_float(l, s, a->d, rounded(l, op, s, 0, n, m, IR_NO_REF));
}

static void multiply_add_element(struct lifter *l, const struct operands *a, struct lanes s,
                                 unsigned sign) {
    ir_ref n = get_lanes_float(l, s, a->n), m = get_element(l, s, a->m, a->index);
    ir_ref addend = get_lanes_float(l, s, a->d);
    put_lanes_float(l, s, a->d, rounded(l, IR_vfma, s, sign, n, m, addend));
}

/* The index is H:L, H, or H:L:M, of single, double and half precision. */
#define ELEMENT_ROWS(id, head, code, lanes_s, lanes_d, lanes_h, statement)                   \
    INSN(id##_el_s, head " 10 ymmmmm " code " Y0 nnnnn ddddd", "simd")                       \
    {                                                                                        \
        const struct lanes s = lanes_s;                                                      \
        statement;                                                                           \
    }                                                                                        \
    INSN_IF(id##_el_d, element_doubles, head " 11 0mmmmm " code " y0 nnnnn ddddd", "simd") { \
        const struct lanes s = lanes_d;                                                      \
        statement;                                                                           \
    }                                                                                        \
    INSN(id##_el_h, head " 00 yymmmm " code " Y0 nnnnn ddddd", "fp16")                       \
    {                                                                                        \
        const struct lanes s = lanes_h;                                                      \
        statement;                                                                           \
    }
#define BY_ELEMENT(id, u, code, statement)                                                       \
    ELEMENT_ROWS(id, "0q" u "01111", code, lanes_of(IR_LANE_S, a->q), lanes_of(IR_LANE_D, a->q), \
                 lanes_of(IR_LANE_H, a->q), statement)                                           \
    ELEMENT_ROWS(id##_s, "01" u "11111", code, lowest_lane(IR_LANE_S), lowest_lane(IR_LANE_D),   \
                 lowest_lane(IR_LANE_H), statement)

static bool element_doubles(const struct operands *a) {
    const bool scalar = a->word >> 28 & 1;
    return a->q || scalar;
}

BY_ELEMENT(fmla, "0", "0001", multiply_add_element(l, a, s, 0))
BY_ELEMENT(fmls, "0", "0101", multiply_add_element(l, a, s, IR_FMA_NEG_PRODUCT))
BY_ELEMENT(fmul, "0", "1001", binary_element(l, a, s, IR_vfmul))
BY_ELEMENT(fmulx, "1", "1001", binary_element(l, a, s, IR_vfmulx))
