/* Advanced SIMD three same: vectors and scalars (Arm ARM C4.1, "Advanced SIMD three same", "...
 * scalar three same", "... three same extra"), but for floating point and dot products. */
#include "translator/guest/aarch64/simd.h"

/* One row: `expression` in terms of the lane's size, the operands x and y, and a->d. */
#define THREE_SAME(id, u, opcode, lanes, expression)                                 \
    INSN_IF(id, lanes, "0q" u "01110 zz 1 mmmmm " opcode " 1 nnnnn ddddd", "simd") { \
        const unsigned lane = a->size;                                               \
        const ir_ref x = getv(l, a->n), y = getv(l, a->m);                           \
        putv_q(l, a->q, a->d, expression);                                           \
    }

/* One that saturates: zeros give 0, so that nothing is left to clear. */
#define THREE_SATURATING(id, u, opcode, lanes, expression)                             \
    INSN_IF(id, lanes, "0q" u "01110 zz 1 mmmmm " opcode " 1 nnnnn ddddd", "simd") {   \
        const unsigned lane = a->size;                                                 \
        const ir_ref x = get_lanes(l, a, lane, a->n), y = get_lanes(l, a, lane, a->m); \
        putv(l, a->d, expression);                                                     \
    }                                                                                  \
    THREE_SCALAR(id, u, opcode, lanes)

/* The scalar form of the row `id`. */
#define THREE_SCALAR(id, u, opcode, lanes)                                                    \
    INSN_IF(id##_scalar, lanes, "01" u "11110 zz 1 mmmmm " opcode " 1 nnnnn ddddd", "simd") { \
        insn_##id(l, a);                                                                      \
    }

/* --- sums and differences --- */

THREE_SAME(add, "0", "10000", lanes_all, ir_vadd(l->ir, lane, x, y))
THREE_SAME(sub, "1", "10000", lanes_all, ir_vsub(l->ir, lane, x, y))
THREE_SCALAR(add, "0", "10000", lanes_d)
THREE_SCALAR(sub, "1", "10000", lanes_d)

THREE_SAME(shadd, "0", "00000", lanes_bhs, ir_vhadd(l->ir, lane, x, y))
THREE_SAME(uhadd, "1", "00000", lanes_bhs, ir_vhadd(l->ir, lane | IR_UNSIGNED, x, y))
THREE_SAME(srhadd, "0", "00010", lanes_bhs, ir_vhadd(l->ir, lane | IR_ROUND_UP, x, y))
THREE_SAME(urhadd, "1", "00010", lanes_bhs, ir_vhadd(l->ir, lane | IR_UNSIGNED | IR_ROUND_UP, x, y))
THREE_SAME(shsub, "0", "00100", lanes_bhs, ir_vhsub(l->ir, lane, x, y))
THREE_SAME(uhsub, "1", "00100", lanes_bhs, ir_vhsub(l->ir, lane | IR_UNSIGNED, x, y))

THREE_SATURATING(sqadd, "0", "00001", lanes_all, saturating_add(l, lane, x, y))
THREE_SATURATING(sqsub, "0", "00101", lanes_all, saturating_sub(l, lane, x, y))
THREE_SATURATING(uqadd, "1", "00001", lanes_all,
                 noting(l, ir_vqaddu(l->ir, lane, x, y), ir_vadd(l->ir, lane, x, y)))
THREE_SATURATING(uqsub, "1", "00101", lanes_all,
                 noting(l, ir_vqsubu(l->ir, lane, x, y), ir_vsub(l->ir, lane, x, y)))

THREE_SAME(sabd, "0", "01110", lanes_bhs, absolute_difference(l, lane, false, x, y))
THREE_SAME(uabd, "1", "01110", lanes_bhs, absolute_difference(l, lane, true, x, y))
THREE_SAME(saba, "0", "01111", lanes_bhs,
           ir_vadd(l->ir, lane, getv(l, a->d), absolute_difference(l, lane, false, x, y)))
THREE_SAME(uaba, "1", "01111", lanes_bhs,
           ir_vadd(l->ir, lane, getv(l, a->d), absolute_difference(l, lane, true, x, y)))

/* --- comparison --- */

static ir_ref any_common_bit(struct lifter *l, unsigned lane, ir_ref x, ir_ref y) {
    ir_ref none = ir_vceq(l->ir, lane, ir_vand(l->ir, IR_V128, x, y), zero_vector(l));
    return ir_vnot(l->ir, IR_V128, none);
}

#define COMPARISON(id, u, opcode, expression)        \
    THREE_SAME(id, u, opcode, lanes_all, expression) \
    THREE_SCALAR(id, u, opcode, lanes_d)

COMPARISON(cmgt, "0", "00110", ir_vcgt(l->ir, lane, x, y))
COMPARISON(cmhi, "1", "00110", ir_vcgtu(l->ir, lane, x, y))
COMPARISON(cmge, "0", "00111", ir_vcge(l->ir, lane, x, y))
COMPARISON(cmhs, "1", "00111", ir_vcgeu(l->ir, lane, x, y))
COMPARISON(cmeq, "1", "10001", ir_vceq(l->ir, lane, x, y))
COMPARISON(cmtst, "0", "10001", any_common_bit(l, lane, x, y))

THREE_SAME(smax, "0", "01100", lanes_bhs, ir_vsmax(l->ir, lane, x, y))
THREE_SAME(umax, "1", "01100", lanes_bhs, ir_vumax(l->ir, lane, x, y))
THREE_SAME(smin, "0", "01101", lanes_bhs, ir_vsmin(l->ir, lane, x, y))
THREE_SAME(umin, "1", "01101", lanes_bhs, ir_vumin(l->ir, lane, x, y))

/* --- shifts by a register --- */

#define SHIFT(id, u, opcode, aux)                                             \
    THREE_SAME(id, u, opcode, lanes_all, ir_vshlv(l->ir, lane | (aux), x, y)) \
    THREE_SCALAR(id, u, opcode, lanes_d)

static ir_ref saturating_shift(struct lifter *l, unsigned aux, ir_ref x, ir_ref y) {
    note_saturation(l, ir_vshlv(l->ir, aux | IR_SHIFT_OVERFLOWS, x, y));
    return ir_vshlv(l->ir, aux | IR_SHIFT_SATURATE, x, y);
}

SHIFT(sshl, "0", "01000", 0)
SHIFT(ushl, "1", "01000", IR_UNSIGNED)
SHIFT(srshl, "0", "01010", IR_ROUND_UP)
SHIFT(urshl, "1", "01010", IR_UNSIGNED | IR_ROUND_UP)
THREE_SATURATING(sqshl, "0", "01001", lanes_all, saturating_shift(l, lane, x, y))
THREE_SATURATING(uqshl, "1", "01001", lanes_all, saturating_shift(l, lane | IR_UNSIGNED, x, y))
THREE_SATURATING(sqrshl, "0", "01011", lanes_all, saturating_shift(l, lane | IR_ROUND_UP, x, y))
THREE_SATURATING(uqrshl, "1", "01011", lanes_all,
                 saturating_shift(l, lane | IR_UNSIGNED | IR_ROUND_UP, x, y))

/* --- products --- */

/* The low bytes of products of polynomials. */
static ir_ref polynomial_product(struct lifter *l, unsigned lane, ir_ref x, ir_ref y) {
    ir_ref high = ir_vpmull(l->ir, lane, ir_vhigh(l->ir, IR_V128, x), ir_vhigh(l->ir, IR_V128, y));
    return ir_vuzp1(l->ir, lane, ir_vpmull(l->ir, lane, x, y), high);
}

THREE_SAME(mul, "0", "10011", lanes_bhs, ir_vmul(l->ir, lane, x, y))
THREE_SAME(pmul, "1", "10011", lanes_b, polynomial_product(l, lane, x, y))
THREE_SAME(mla, "0", "10010", lanes_bhs,
           ir_vadd(l->ir, lane, getv(l, a->d), ir_vmul(l->ir, lane, x, y)))
THREE_SAME(mls, "1", "10010", lanes_bhs,
           ir_vsub(l->ir, lane, getv(l, a->d), ir_vmul(l->ir, lane, x, y)))

THREE_SATURATING(sqdmulh, "0", "10110", lanes_hs, doubling_high(l, lane, x, y))
THREE_SATURATING(sqrdmulh, "1", "10110", lanes_hs, doubling_high(l, lane | IR_ROUND_UP, x, y))

/* FEAT_RDM */
#define ROUNDING_DOUBLING(id, opcode, aux)                                                     \
    INSN_IF(id, lanes_hs, "0q101110 zz 0 mmmmm " opcode " 1 nnnnn ddddd", "rdm") {             \
        const unsigned lane = a->size;                                                         \
        putv(l, a->d,                                                                          \
             rounding_doubling_add(l, lane | (aux), get_lanes(l, a, lane, a->d),               \
                                   get_lanes(l, a, lane, a->n), get_lanes(l, a, lane, a->m))); \
    }                                                                                          \
    INSN_IF(id##_scalar, lanes_hs, "01111110 zz 0 mmmmm " opcode " 1 nnnnn ddddd", "rdm") {    \
        insn_##id(l, a);                                                                       \
    }

ROUNDING_DOUBLING(sqrdmlah, "10000", 0)
ROUNDING_DOUBLING(sqrdmlsh, "10001", IR_MLA_SUBTRACT)

/* --- pairwise --- */

/* Neighbours of the two operands, one after the other, in lanes of the same number. */
#define PAIRWISE(id, u, opcode, lanes, operation)                                                 \
    INSN_IF(id, lanes, "0q" u "01110 zz 1 mmmmm " opcode " 1 nnnnn ddddd", "simd") {              \
        const unsigned lane = a->size;                                                            \
        ir_ref x = getv(l, a->n), y = getv(l, a->m);                                              \
        if (!a->q)                                                                                \
            x = y = ir_vjoin(l->ir, IR_V128, x, y);                                               \
        putv_q(l, a->q, a->d,                                                                     \
               operation(l->ir, lane, ir_vuzp1(l->ir, lane, x, y), ir_vuzp2(l->ir, lane, x, y))); \
    }

PAIRWISE(addp, "0", "10111", lanes_all, ir_vadd)
PAIRWISE(smaxp, "0", "10100", lanes_bhs, ir_vsmax)
PAIRWISE(umaxp, "1", "10100", lanes_bhs, ir_vumax)
PAIRWISE(sminp, "0", "10101", lanes_bhs, ir_vsmin)
PAIRWISE(uminp, "1", "10101", lanes_bhs, ir_vumin)

INSN(addp_scalar, "01011110 11 11000 11011 10 nnnnn ddddd", "simd")
{
    const ir_ref x = getv(l, a->n);
    putv_q(l, 0, a->d, ir_vadd(l->ir, IR_LANE_D, x, ir_vhigh(l->ir, IR_V128, x)));
}

/* --- logic --- */

#define LOGIC(id, u, size, expression)                                    \
    INSN(id, "0q" u "01110 " size " 1 mmmmm 00011 1 nnnnn ddddd", "simd") \
    {                                                                     \
        const ir_ref x = getv(l, a->n), y = getv(l, a->m);                \
        putv_q(l, a->q, a->d, expression);                                \
    }

LOGIC(and_vector, "0", "00", ir_vand(l->ir, IR_V128, x, y))
LOGIC(bic_vector, "0", "01", ir_vandn(l->ir, IR_V128, x, y))
LOGIC(orr_vector, "0", "10", ir_vor(l->ir, IR_V128, x, y))
LOGIC(orn_vector, "0", "11", ir_vor(l->ir, IR_V128, x, ir_vnot(l->ir, IR_V128, y)))
LOGIC(eor_vector, "1", "00", ir_vxor(l->ir, IR_V128, x, y))
LOGIC(bsl, "1", "01", ir_vbsl(l->ir, IR_V128, getv(l, a->d), x, y))
LOGIC(bit, "1", "10", ir_vbsl(l->ir, IR_V128, y, x, getv(l, a->d)))
LOGIC(bif, "1", "11", ir_vbsl(l->ir, IR_V128, y, getv(l, a->d), x))
