/* What the lift functions of Advanced SIMD's integer instructions share.
 *
 * Vectors are lifted at full width. Of a 64-bit form (Q = 0) the upper half is garbage until putv_q
 * clears it; operations that note saturation must not see it and take their operands by get_lanes.
 * Scalar forms do what vector forms do, to the lowest lane, and share their lift functions. */
#ifndef TRANSLATOR_GUEST_AARCH64_SIMD_H
#define TRANSLATOR_GUEST_AARCH64_SIMD_H

#include "translator/guest/aarch64/lift.h"

/* A word of one of the classes "Advanced SIMD scalar ...". */
static inline bool is_scalar(const struct operands *a) {
    return a->word >> 28 & 1;
}

/* --- the sizes of lanes that a row allows --- */

static inline bool lanes_b(const struct operands *a) {
    return a->size == 0;
}

static inline bool lanes_bh(const struct operands *a) {
    return a->size <= 1;
}

static inline bool lanes_bhs(const struct operands *a) {
    return a->size <= 2;
}

static inline bool lanes_hs(const struct operands *a) {
    return a->size == 1 || a->size == 2;
}

static inline bool lanes_d(const struct operands *a) {
    return a->size == 3;
}

/* All, where a vector has at least two. */
static inline bool lanes_all(const struct operands *a) {
    return a->size <= 2 || a->q || is_scalar(a);
}

/* --- operands and results --- */

static inline ir_ref zero_vector(struct lifter *l) {
    return ir_vconst(l->ir, 0, false);
}

/* The low bits of `value` in every lane. */
ir_ref lane_constant(struct lifter *l, unsigned lane, uint64_t value);

/* Vector register `v` with zeros in all that is not an operand: the lanes above the lowest of a
 * scalar, of 1 << lane bytes, or the upper half of a 64-bit vector. */
ir_ref get_lanes(struct lifter *l, const struct operands *a, unsigned lane, unsigned v);

/* The half that a long or wide instruction reads, in the low one: the upper one for its second form
 * ("2", Q = 1). */
ir_ref get_half(struct lifter *l, const struct operands *a, unsigned v);

/* The result of a narrowing instruction, which has zeros in its upper half: the second form keeps
 * what the register's lower half holds. */
void put_narrow(struct lifter *l, const struct operands *a, ir_ref value);

/* --- arithmetic --- */

/* Notes saturation if any bit is set. */
static inline void note_saturation(struct lifter *l, ir_ref lanes) {
    ir_vqc(l->ir, lanes, zero_vector(l));
}

/* A saturated value, noted where it differs from what it would be. */
static inline ir_ref noting(struct lifter *l, ir_ref saturated, ir_ref exact) {
    ir_vqc(l->ir, saturated, exact);
    return saturated;
}

/* The difference's magnitude (unsigned). */
ir_ref absolute_difference(struct lifter *l, unsigned lane, bool is_unsigned, ir_ref x, ir_ref y);

/* SQADD, SQSUB, noting saturation: wrapped around, the value is always another. */
ir_ref saturating_add(struct lifter *l, unsigned lane, ir_ref x, ir_ref y);
ir_ref saturating_sub(struct lifter *l, unsigned lane, ir_ref x, ir_ref y);

/* The high half of 2xy, noting saturation; aux: lane | IR_ROUND_UP. */
ir_ref doubling_high(struct lifter *l, unsigned aux, ir_ref x, ir_ref y);
/* 2xy of the low halves' lanes, of double width, noting saturation. */
ir_ref doubling_long(struct lifter *l, unsigned lane, ir_ref x, ir_ref y);
/* SQRDMLAH and (aux: lane | IR_MLA_SUBTRACT) SQRDMLSH, noting saturation. */
ir_ref rounding_doubling_add(struct lifter *l, unsigned aux, ir_ref sum, ir_ref x, ir_ref y);

/* A saturating narrowing of double lanes, noting saturation; aux as for vqnarrow. */
ir_ref saturating_narrow(struct lifter *l, unsigned aux, ir_ref x);

#endif
