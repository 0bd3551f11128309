/* Advanced SIMD three different (long, wide, narrow), and by element (Arm ARM C4.1, "Advanced SIMD
 * three different", "... vector x indexed element", and their scalar classes), for integers. */
#include "translator/guest/aarch64/simd.h"

/* --- long: lanes of the chosen halves, extended to double --- */

/* `expression` in terms of the short and the double lane, and of the operands' halves x and y. */
#define LONG(id, u, opcode, lanes, expression)                                        \
    INSN_IF(id, lanes, "0q" u "01110 zz 1 mmmmm " opcode " 00 nnnnn ddddd", "simd") { \
        const unsigned lane = a->size, wide = lane + 1;                               \
        const ir_ref x = get_half(l, a, a->n), y = get_half(l, a, a->m);              \
        (void)wide;                                                                   \
        putv(l, a->d, expression);                                                    \
    }

#define SXTL(x) ir_vsxtl(l->ir, lane, x)
#define UXTL(x) ir_vuxtl(l->ir, lane, x)

LONG(saddl, "0", "0000", lanes_bhs, ir_vadd(l->ir, wide, SXTL(x), SXTL(y)))
LONG(uaddl, "1", "0000", lanes_bhs, ir_vadd(l->ir, wide, UXTL(x), UXTL(y)))
LONG(ssubl, "0", "0010", lanes_bhs, ir_vsub(l->ir, wide, SXTL(x), SXTL(y)))
LONG(usubl, "1", "0010", lanes_bhs, ir_vsub(l->ir, wide, UXTL(x), UXTL(y)))

#define SABD UXTL(absolute_difference(l, lane, false, x, y))
#define UABD UXTL(absolute_difference(l, lane, true, x, y))
LONG(sabdl, "0", "0111", lanes_bhs, SABD)
LONG(uabdl, "1", "0111", lanes_bhs, UABD)
LONG(sabal, "0", "0101", lanes_bhs, ir_vadd(l->ir, wide, getv(l, a->d), SABD))
LONG(uabal, "1", "0101", lanes_bhs, ir_vadd(l->ir, wide, getv(l, a->d), UABD))

#define SMULL ir_vsmull(l->ir, lane, x, y)
#define UMULL ir_vumull(l->ir, lane, x, y)
LONG(smull, "0", "1100", lanes_bhs, SMULL)
LONG(umull, "1", "1100", lanes_bhs, UMULL)
LONG(smlal, "0", "1000", lanes_bhs, ir_vadd(l->ir, wide, getv(l, a->d), SMULL))
LONG(umlal, "1", "1000", lanes_bhs, ir_vadd(l->ir, wide, getv(l, a->d), UMULL))
LONG(smlsl, "0", "1010", lanes_bhs, ir_vsub(l->ir, wide, getv(l, a->d), SMULL))
LONG(umlsl, "1", "1010", lanes_bhs, ir_vsub(l->ir, wide, getv(l, a->d), UMULL))
LONG(pmull, "0", "1110", lanes_b, ir_vpmull(l->ir, lane, x, y))

/* --- wide: double lanes and the chosen half's --- */

#define WIDE(id, u, opcode, operation, extension)                                                  \
    INSN_IF(id, lanes_bhs, "0q" u "01110 zz 1 mmmmm " opcode " 00 nnnnn ddddd", "simd") {          \
        const unsigned lane = a->size;                                                             \
        putv(l, a->d, operation(l->ir, lane + 1, getv(l, a->n), extension(get_half(l, a, a->m)))); \
    }

WIDE(saddw, "0", "0001", ir_vadd, SXTL)
WIDE(uaddw, "1", "0001", ir_vadd, UXTL)
WIDE(ssubw, "0", "0011", ir_vsub, SXTL)
WIDE(usubw, "1", "0011", ir_vsub, UXTL)

/* --- narrow: the high halves of sums and differences --- */

#define HIGH_HALF(id, u, opcode, operation)                                               \
    INSN_IF(id, lanes_bhs, "0q" u "01110 zz 1 mmmmm " opcode " 00 nnnnn ddddd", "simd") { \
        put_high_half(l, a, u[0] == '1',                                                  \
                      operation(l->ir, a->size + 1u, getv(l, a->n), getv(l, a->m)));      \
    }

static void put_high_half(struct lifter *l, const struct operands *a, bool round, ir_ref x) {
    const unsigned lane = a->size, wide = lane + 1, width = 8u << lane;
    if (round)
        x = ir_vadd(l->ir, wide, x, lane_constant(l, wide, UINT64_C(1) << (width - 1)));
    put_narrow(l, a, ir_vnarrow(l->ir, lane, ir_vshr(l->ir, wide, x, imm(l, width))));
}

HIGH_HALF(addhn, "0", "0100", ir_vadd)
HIGH_HALF(raddhn, "1", "0100", ir_vadd)
HIGH_HALF(subhn, "0", "0110", ir_vsub)
HIGH_HALF(rsubhn, "1", "0110", ir_vsub)

/* --- saturating doubling long products --- */

/* How the accumulating instructions join the doubled product to the sum. */
typedef ir_ref accumulate(struct lifter *l, unsigned lane, ir_ref sum, ir_ref product);

static void saturating_long(struct lifter *l, const struct operands *a, accumulate *join, ir_ref x,
                            ir_ref y) {
    const unsigned lane = a->size;
    ir_ref product = doubling_long(l, lane, x, y);
    if (!join)
        putv(l, a->d, product);
    else if (is_scalar(a))
        putv(l, a->d, join(l, lane + 1, get_lanes(l, a, lane + 1, a->d), product));
    else
        putv(l, a->d, join(l, lane + 1, getv(l, a->d), product));
}

/* The lanes to multiply, in the low half. */
static ir_ref get_factor(struct lifter *l, const struct operands *a, unsigned v) {
    return is_scalar(a) ? get_lanes(l, a, a->size, v) : get_half(l, a, v);
}

#define SATURATING_LONG(id, opcode, join)                                                     \
    INSN_IF(id, lanes_hs, "0q001110 zz 1 mmmmm " opcode " 00 nnnnn ddddd", "simd") {          \
        saturating_long(l, a, join, get_factor(l, a, a->n), get_factor(l, a, a->m));          \
    }                                                                                         \
    INSN_IF(id##_scalar, lanes_hs, "01011110 zz 1 mmmmm " opcode " 00 nnnnn ddddd", "simd") { \
        insn_##id(l, a);                                                                      \
    }

SATURATING_LONG(sqdmull, "1101", NULL)
SATURATING_LONG(sqdmlal, "1001", saturating_add)
SATURATING_LONG(sqdmlsl, "1011", saturating_sub)

/* --- by element --- */

/* Vm's lane in every lane: of halfwords in V0 to V15, lane H:L:M; of words in any, lane H:L. */
static ir_ref get_element(struct lifter *l, const struct operands *a) {
    if (a->size == IR_LANE_H)
        return ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_H, a->index), getv(l, a->m));
    return ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_S, a->index >> 1),
                       getv(l, a->m | (a->index & 1u) << 4));
}

#define BY_ELEMENT(id, u, opcode, expression)                                             \
    INSN_IF(id##_element, lanes_hs, "0q" u "01111 zz yy mmmm " opcode " Y 0 nnnnn ddddd", \
            "simd") {                                                                     \
        const unsigned lane = a->size;                                                    \
        const ir_ref x = getv(l, a->n), y = get_element(l, a);                            \
        putv_q(l, a->q, a->d, expression);                                                \
    }

BY_ELEMENT(mul, "0", "1000", ir_vmul(l->ir, lane, x, y))
BY_ELEMENT(mla, "1", "0000", ir_vadd(l->ir, lane, getv(l, a->d), ir_vmul(l->ir, lane, x, y)))
BY_ELEMENT(mls, "1", "0100", ir_vsub(l->ir, lane, getv(l, a->d), ir_vmul(l->ir, lane, x, y)))

#define LONG_BY_ELEMENT(id, u, opcode, expression)                                        \
    INSN_IF(id##_element, lanes_hs, "0q" u "01111 zz yy mmmm " opcode " Y 0 nnnnn ddddd", \
            "simd") {                                                                     \
        const unsigned lane = a->size, wide = lane + 1;                                   \
        const ir_ref x = get_half(l, a, a->n), y = get_element(l, a);                     \
        (void)wide;                                                                       \
        putv(l, a->d, expression);                                                        \
    }

LONG_BY_ELEMENT(smull, "0", "1010", SMULL)
LONG_BY_ELEMENT(umull, "1", "1010", UMULL)
LONG_BY_ELEMENT(smlal, "0", "0010", ir_vadd(l->ir, wide, getv(l, a->d), SMULL))
LONG_BY_ELEMENT(umlal, "1", "0010", ir_vadd(l->ir, wide, getv(l, a->d), UMULL))
LONG_BY_ELEMENT(smlsl, "0", "0110", ir_vsub(l->ir, wide, getv(l, a->d), SMULL))
LONG_BY_ELEMENT(umlsl, "1", "0110", ir_vsub(l->ir, wide, getv(l, a->d), UMULL))

/* Saturating ones, with their scalar forms. */
#define SATURATING_BY_ELEMENT(id, u, opcode, extension)                                     \
    INSN_IF(id##_element, lanes_hs, "0q" u "01111 zz yy mmmm " opcode " Y 0 nnnnn ddddd",   \
            extension) {                                                                    \
        lift_##id##_element(l, a);                                                          \
    }                                                                                       \
    INSN_IF(id##_element_s, lanes_hs, "01" u "11111 zz yy mmmm " opcode " Y 0 nnnnn ddddd", \
            extension) {                                                                    \
        lift_##id##_element(l, a);                                                          \
    }

#define LONG_SATURATING_BY_ELEMENT(id, opcode, join)                              \
    static void lift_##id##_element(struct lifter *l, const struct operands *a) { \
        saturating_long(l, a, join, get_factor(l, a, a->n), get_element(l, a));   \
    }                                                                             \
    SATURATING_BY_ELEMENT(id, "0", opcode, "simd")

LONG_SATURATING_BY_ELEMENT(sqdmull, "1011", NULL)
LONG_SATURATING_BY_ELEMENT(sqdmlal, "0011", saturating_add)
LONG_SATURATING_BY_ELEMENT(sqdmlsl, "0111", saturating_sub)

#define HIGH_BY_ELEMENT(id, u, opcode, extension, expression)                     \
    static void lift_##id##_element(struct lifter *l, const struct operands *a) { \
        const unsigned lane = a->size;                                            \
        const ir_ref x = get_lanes(l, a, lane, a->n), y = get_element(l, a);      \
        putv(l, a->d, expression);                                                \
    }                                                                             \
    SATURATING_BY_ELEMENT(id, u, opcode, extension)

HIGH_BY_ELEMENT(sqdmulh, "0", "1100", "simd", doubling_high(l, lane, x, y))
HIGH_BY_ELEMENT(sqrdmulh, "0", "1101", "simd", doubling_high(l, lane | IR_ROUND_UP, x, y))
HIGH_BY_ELEMENT(sqrdmlah, "1", "1101", "rdm",
                rounding_doubling_add(l, lane, get_lanes(l, a, lane, a->d), x, y))
HIGH_BY_ELEMENT(sqrdmlsh, "1", "1111", "rdm",
                rounding_doubling_add(l, lane | IR_MLA_SUBTRACT, get_lanes(l, a, lane, a->d), x, y))
