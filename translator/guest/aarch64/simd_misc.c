/* Advanced SIMD two-register miscellaneous and across lanes (Arm ARM C4.1), and their scalar
 * classes, for integers. */
#include "translator/guest/aarch64/simd.h"

/* `expression` in terms of the lane's size and the operand x. */
#define TWO_REGISTERS(id, u, opcode, lanes, expression)                             \
    INSN_IF(id, lanes, "0q" u "01110 zz 10000 " opcode " 10 nnnnn ddddd", "simd") { \
        const unsigned lane = a->size;                                              \
        const ir_ref x = getv(l, a->n);                                             \
        (void)lane;                                                                 \
        putv_q(l, a->q, a->d, expression);                                          \
    }

#define TWO_SCALAR(id, u, opcode, lanes)                                                     \
    INSN_IF(id##_scalar, lanes, "01" u "11110 zz 10000 " opcode " 10 nnnnn ddddd", "simd") { \
        insn_##id(l, a);                                                                     \
    }

/* --- reversals --- */

TWO_REGISTERS(rev64, "0", "00000", lanes_bhs, ir_vrev(l->ir, IR_LANE_AT(lane, 3), x))
TWO_REGISTERS(rev32, "1", "00000", lanes_bh, ir_vrev(l->ir, IR_LANE_AT(lane, 2), x))
TWO_REGISTERS(rev16, "0", "00001", lanes_b, ir_vrev(l->ir, IR_LANE_AT(lane, 1), x))

/* --- bits --- */

TWO_REGISTERS(cls_vector, "0", "00100", lanes_bhs, ir_vcls(l->ir, lane, x))
TWO_REGISTERS(clz_vector, "1", "00100", lanes_bhs, ir_vclz(l->ir, lane, x))
TWO_REGISTERS(cnt_vector, "0", "00101", lanes_b, ir_vcnt(l->ir, lane, x))
TWO_REGISTERS(not_vector, "1", "00101", lanes_b, ir_vnot(l->ir, IR_V128, x))

INSN(rbit_vector, "0q101110 01 10000 00101 10 nnnnn ddddd", "simd")
{ putv_q(l, a->q, a->d, ir_vrbit(l->ir, IR_LANE_B, getv(l, a->n))); }

/* --- sums of neighbours --- */

TWO_REGISTERS(saddlp, "0", "00010", lanes_bhs, ir_vpaddl(l->ir, lane, x))
TWO_REGISTERS(uaddlp, "1", "00010", lanes_bhs, ir_vpaddl(l->ir, lane | IR_UNSIGNED, x))
TWO_REGISTERS(sadalp, "0", "00110", lanes_bhs,
              ir_vadd(l->ir, lane + 1, getv(l, a->d), ir_vpaddl(l->ir, lane, x)))
TWO_REGISTERS(uadalp, "1", "00110", lanes_bhs,
              ir_vadd(l->ir, lane + 1, getv(l, a->d), ir_vpaddl(l->ir, lane | IR_UNSIGNED, x)))

/* --- comparison with zero --- */

#define WITH_ZERO(id, u, opcode, expression)            \
    TWO_REGISTERS(id, u, opcode, lanes_all, expression) \
    TWO_SCALAR(id, u, opcode, lanes_d)

WITH_ZERO(cmgt_zero, "0", "01000", ir_vcgt(l->ir, lane, x, zero_vector(l)))
WITH_ZERO(cmge_zero, "1", "01000", ir_vcge(l->ir, lane, x, zero_vector(l)))
WITH_ZERO(cmeq_zero, "0", "01001", ir_vceq(l->ir, lane, x, zero_vector(l)))
WITH_ZERO(cmle_zero, "1", "01001", ir_vcge(l->ir, lane, zero_vector(l), x))
WITH_ZERO(cmlt_zero, "0", "01010", ir_vcgt(l->ir, lane, zero_vector(l), x))
WITH_ZERO(abs, "0", "01011", ir_vabs(l->ir, lane, x))
WITH_ZERO(neg, "1", "01011", ir_vneg(l->ir, lane, x))

/* --- saturating --- */

#define SATURATING(id, u, opcode, expression)                                           \
    INSN_IF(id, lanes_all, "0q" u "01110 zz 10000 " opcode " 10 nnnnn ddddd", "simd") { \
        const unsigned lane = a->size;                                                  \
        const ir_ref x = get_lanes(l, a, lane, a->n);                                   \
        putv(l, a->d, expression);                                                      \
    }                                                                                   \
    TWO_SCALAR(id, u, opcode, lanes_all)

/* The least value's magnitude is the greatest value. */
static ir_ref saturating_abs(struct lifter *l, unsigned lane, ir_ref x) {
    ir_ref magnitude = ir_vabs(l->ir, lane, x);
    ir_ref greatest = lane_constant(l, lane, UINT64_MAX >> (65 - (8u << lane)));
    return noting(l, ir_vumin(l->ir, lane, magnitude, greatest), magnitude);
}

#define ACCUMULATE(operation) \
    saturating_accumulate(l, a, operation(l->ir, lane, get_lanes(l, a, lane, a->d), x), x)

static ir_ref saturating_accumulate(struct lifter *l, const struct operands *a, ir_ref saturated,
                                    ir_ref x) {
    return noting(l, saturated, ir_vadd(l->ir, a->size, get_lanes(l, a, a->size, a->d), x));
}

SATURATING(sqabs, "0", "00111", saturating_abs(l, lane, x))
SATURATING(sqneg, "1", "00111", saturating_sub(l, lane, zero_vector(l), x))
SATURATING(suqadd, "0", "00011", ACCUMULATE(ir_vqaddsu))
SATURATING(usqadd, "1", "00011", ACCUMULATE(ir_vqaddus))

/* --- narrowing and widening --- */

INSN_IF(xtn, lanes_bhs, "0q001110 zz 10000 10010 10 nnnnn ddddd", "simd") {
    put_narrow(l, a, ir_vnarrow(l->ir, a->size, getv(l, a->n)));
}

#define NARROW(id, u, opcode, aux)                                                               \
    INSN_IF(id, lanes_bhs, "0q" u "01110 zz 10000 " opcode " 10 nnnnn ddddd", "simd") {          \
        put_narrow(l, a, saturating_narrow(l, a->size | (aux), getv(l, a->n)));                  \
    }                                                                                            \
    INSN_IF(id##_scalar, lanes_bhs, "01" u "11110 zz 10000 " opcode " 10 nnnnn ddddd", "simd") { \
        const ir_ref x = get_lanes(l, a, a->size + 1u, a->n);                                    \
        putv(l, a->d, saturating_narrow(l, a->size | (aux), x));                                 \
    }

NARROW(sqxtn, "0", "10100", 0)
NARROW(uqxtn, "1", "10100", IR_NARROW_UNSIGNED)
NARROW(sqxtun, "1", "10010", IR_NARROW_TO_UNSIGNED)

INSN_IF(shll, lanes_bhs, "0q101110 zz 10000 10011 10 nnnnn ddddd", "simd") {
    const ir_ref x = ir_vuxtl(l->ir, a->size, get_half(l, a, a->n));
    putv(l, a->d, ir_vshl(l->ir, a->size + 1u, x, imm(l, 8 << a->size)));
}

/* --- estimates --- */

INSN(urecpe, "0q001110 10 10000 11100 10 nnnnn ddddd", "simd")
{ putv_q(l, a->q, a->d, ir_vurecpe(l->ir, IR_LANE_S, getv(l, a->n))); }

INSN(ursqrte, "0q101110 10 10000 11100 10 nnnnn ddddd", "simd")
{ putv_q(l, a->q, a->d, ir_vursqrte(l->ir, IR_LANE_S, getv(l, a->n))); }

/* --- across lanes --- */

/* Of words there must be four. */
static bool lanes_across(const struct operands *a) {
    return a->size <= 1 || (a->size == 2 && a->q);
}

#define ACROSS(id, u, opcode, expression)                                                  \
    INSN_IF(id, lanes_across, "0q" u "01110 zz 11000 " opcode " 10 nnnnn ddddd", "simd") { \
        const unsigned lane = a->size;                                                     \
        putv(l, a->d, expression);                                                         \
    }

/* A shorter vector, filled up with zeros for sums, and with itself for the rest. */
#define SUMMANDS   getv_q(l, a->q, a->n)
#define CANDIDATES (a->q ? getv(l, a->n) : ir_vjoin(l->ir, IR_V128, getv(l, a->n), getv(l, a->n)))

ACROSS(addv, "0", "11011", ir_vaddv(l->ir, lane, SUMMANDS))
ACROSS(saddlv, "0", "00011", ir_vaddv(l->ir, lane + 1, ir_vpaddl(l->ir, lane, SUMMANDS)))
ACROSS(uaddlv, "1", "00011",
       ir_vaddv(l->ir, lane + 1, ir_vpaddl(l->ir, lane | IR_UNSIGNED, SUMMANDS)))
ACROSS(smaxv, "0", "01010", ir_vsmaxv(l->ir, lane, CANDIDATES))
ACROSS(umaxv, "1", "01010", ir_vumaxv(l->ir, lane, CANDIDATES))
ACROSS(sminv, "0", "11010", ir_vsminv(l->ir, lane, CANDIDATES))
ACROSS(uminv, "1", "11010", ir_vuminv(l->ir, lane, CANDIDATES))
