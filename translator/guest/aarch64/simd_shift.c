/* Advanced SIMD shift by immediate, vector and scalar (Arm ARM C4.1), but for conversions to and
 * from fixed point. immh:immb is a->imm: its highest bit tells the lane's size, what it has beyond
 * that the count, upwards for left shifts and downwards for right shifts. */
#include "translator/guest/aarch64/simd.h"

static unsigned lane_of(const struct operands *a) {
    return 31 - (unsigned)__builtin_clz((unsigned)a->imm >> 3);
}

static unsigned left_count(const struct operands *a) {
    return (unsigned)a->imm - (8u << lane_of(a));
}

static unsigned right_count(const struct operands *a) {
    return (16u << lane_of(a)) - (unsigned)a->imm;
}

/* --- the lanes that a row allows: never immh = 0, the modified immediates --- */

static bool shift_all(const struct operands *a) {
    return a->imm >= 64 ? a->q || is_scalar(a) : a->imm >= 8;
}

static bool shift_any(const struct operands *a) {
    return a->imm >= 8;
}

static bool shift_d(const struct operands *a) {
    return a->imm >= 64;
}

static bool shift_bhs(const struct operands *a) {
    return a->imm >= 8 && a->imm < 64;
}

/* --- plain --- */

/* `expression` in terms of the lane, its width in bits, and the operand x. */
#define SHIFT(id, u, opcode, expression)                                                           \
    INSN_IF(id##_immediate, shift_all, "0q" u "01111 0 iiiiiii " opcode " 1 nnnnn ddddd",          \
            "simd") {                                                                              \
        const unsigned lane = lane_of(a);                                                          \
        const ir_ref x = getv(l, a->n);                                                            \
        putv_q(l, a->q, a->d, expression);                                                         \
    }                                                                                              \
    INSN_IF(id##_scalar_imm, shift_d, "01" u "11111 0 iiiiiii " opcode " 1 nnnnn ddddd", "simd") { \
        insn_##id##_immediate(l, a);                                                               \
    }

#define RIGHT             imm(l, right_count(a))
#define LEFT              imm(l, left_count(a))
#define ADDED_TO_D(value) ir_vadd(l->ir, lane, getv(l, a->d), value)

/* A right shift that adds half of the last bit shifted out, without overflow. */
static ir_ref rounded(struct lifter *l, unsigned lane, bool is_unsigned, ir_ref x, unsigned count) {
    ir_ref last = ir_vshr(l->ir, lane, x, imm(l, count - 1));
    ir_ref carry = ir_vand(l->ir, IR_V128, last, lane_constant(l, lane, 1));
    ir_ref shifted = (is_unsigned ? ir_vshr : ir_vsar)(l->ir, lane, x, imm(l, count));
    return ir_vadd(l->ir, lane, shifted, carry);
}

SHIFT(sshr, "0", "00000", ir_vsar(l->ir, lane, x, RIGHT))
SHIFT(ushr, "1", "00000", ir_vshr(l->ir, lane, x, RIGHT))
SHIFT(ssra, "0", "00010", ADDED_TO_D(ir_vsar(l->ir, lane, x, RIGHT)))
SHIFT(usra, "1", "00010", ADDED_TO_D(ir_vshr(l->ir, lane, x, RIGHT)))
SHIFT(srshr, "0", "00100", rounded(l, lane, false, x, right_count(a)))
SHIFT(urshr, "1", "00100", rounded(l, lane, true, x, right_count(a)))
SHIFT(srsra, "0", "00110", ADDED_TO_D(rounded(l, lane, false, x, right_count(a))))
SHIFT(ursra, "1", "00110", ADDED_TO_D(rounded(l, lane, true, x, right_count(a))))
SHIFT(shl, "0", "01010", ir_vshl(l->ir, lane, x, LEFT))

/* Those that insert keep the bits of Vd that the shift leaves empty. */
static ir_ref kept(struct lifter *l, const struct operands *a, uint64_t bits) {
    return ir_vand(l->ir, IR_V128, getv(l, a->d), lane_constant(l, lane_of(a), bits));
}

static uint64_t low_ones(unsigned count) {
    return count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
}

SHIFT(sli, "1", "01010",
      ir_vor(l->ir, IR_V128, kept(l, a, low_ones(left_count(a))), ir_vshl(l->ir, lane, x, LEFT)))
SHIFT(sri, "1", "01000",
      ir_vor(l->ir, IR_V128, kept(l, a, ~low_ones((8u << lane) - right_count(a))),
             ir_vshr(l->ir, lane, x, RIGHT)))

/* --- saturating left shifts: one that has lost nothing can be undone --- */

static ir_ref saturating_left(struct lifter *l, const struct operands *a, bool is_unsigned,
                              bool to_unsigned) {
    const unsigned lane = lane_of(a), aux = to_unsigned ? lane | IR_UNSIGNED : lane;
    const ir_ref x = get_lanes(l, a, lane, a->n);
    ir_ref operand = is_unsigned == to_unsigned ? x : ir_vsmax(l->ir, lane, x, zero_vector(l));
    ir_ref result =
        ir_vshlv(l->ir, aux | IR_SHIFT_SATURATE, operand, lane_constant(l, lane, left_count(a)));
    ir_vqc(l->ir, x, (to_unsigned ? ir_vshr : ir_vsar)(l->ir, lane, result, LEFT));
    return result;
}

#define SATURATING(id, u, opcode, is_unsigned, to_unsigned)                                \
    INSN_IF(id##_immediate, shift_all, "0q" u "01111 0 iiiiiii " opcode " 1 nnnnn ddddd",  \
            "simd") {                                                                      \
        putv(l, a->d, saturating_left(l, a, is_unsigned, to_unsigned));                    \
    }                                                                                      \
    INSN_IF(id##_scalar_imm, shift_any, "01" u "11111 0 iiiiiii " opcode " 1 nnnnn ddddd", \
            "simd") {                                                                      \
        insn_##id##_immediate(l, a);                                                       \
    }

SATURATING(sqshl, "0", "01110", false, false)
SATURATING(uqshl, "1", "01110", true, true)
SATURATING(sqshlu, "1", "01100", false, true)

/* --- narrowing right shifts and widening left shifts; lane_of is the short lane --- */

INSN_IF(shrn, shift_bhs, "0q001111 0 iiiiiii 10000 1 nnnnn ddddd", "simd") {
    const unsigned lane = lane_of(a);
    put_narrow(l, a, ir_vnarrow(l->ir, lane, ir_vshr(l->ir, lane + 1, getv(l, a->n), RIGHT)));
}

/* What a sum loses at the top is not kept anyway. */
INSN_IF(rshrn, shift_bhs, "0q001111 0 iiiiiii 10001 1 nnnnn ddddd", "simd") {
    const unsigned lane = lane_of(a);
    ir_ref half = lane_constant(l, lane + 1, UINT64_C(1) << (right_count(a) - 1));
    ir_ref sum = ir_vadd(l->ir, lane + 1, getv(l, a->n), half);
    put_narrow(l, a, ir_vnarrow(l->ir, lane, ir_vshr(l->ir, lane + 1, sum, RIGHT)));
}

static ir_ref narrowed(struct lifter *l, const struct operands *a, unsigned aux, bool round,
                       ir_ref x) {
    const unsigned lane = lane_of(a), wide = lane + 1;
    const bool is_unsigned = aux & IR_NARROW_UNSIGNED;
    if (round)
        x = rounded(l, wide, is_unsigned, x, right_count(a));
    else
        x = (is_unsigned ? ir_vshr : ir_vsar)(l->ir, wide, x, RIGHT);
    return saturating_narrow(l, lane | aux, x);
}

#define NARROW(id, u, opcode, aux, round)                                                        \
    INSN_IF(id, shift_bhs, "0q" u "01111 0 iiiiiii " opcode " 1 nnnnn ddddd", "simd") {          \
        put_narrow(l, a, narrowed(l, a, aux, round, getv(l, a->n)));                             \
    }                                                                                            \
    INSN_IF(id##_scalar, shift_bhs, "01" u "11111 0 iiiiiii " opcode " 1 nnnnn ddddd", "simd") { \
        putv(l, a->d, narrowed(l, a, aux, round, get_lanes(l, a, lane_of(a) + 1, a->n)));        \
    }

NARROW(sqshrn, "0", "10010", 0, false)
NARROW(sqrshrn, "0", "10011", 0, true)
NARROW(uqshrn, "1", "10010", IR_NARROW_UNSIGNED, false)
NARROW(uqrshrn, "1", "10011", IR_NARROW_UNSIGNED, true)
NARROW(sqshrun, "1", "10000", IR_NARROW_TO_UNSIGNED, false)
NARROW(sqrshrun, "1", "10001", IR_NARROW_TO_UNSIGNED, true)

#define LONG(id, u, extension)                                                     \
    INSN_IF(id, shift_bhs, "0q" u "01111 0 iiiiiii 10100 1 nnnnn ddddd", "simd") { \
        const ir_ref x = extension(l->ir, lane_of(a), get_half(l, a, a->n));       \
        putv(l, a->d, ir_vshl(l->ir, lane_of(a) + 1, x, LEFT));                    \
    }

LONG(sshll, "0", ir_vsxtl)
LONG(ushll, "1", ir_vuxtl)
