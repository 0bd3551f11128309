/* Lowering rules of what fixed-point arithmetic is made of: shifts by lanes, halving, saturating
 * sums of lanes that x86 does not saturate, doubled products' high halves. */
#include "translator/host/x86_64/lower_vector.h"

/* The scratch registers that two operands leave. Until both operands have been read for the last
 * time, the result's register may be one of theirs. */
struct work {
    struct vec_registers r;
    unsigned x, y;
};

static struct work begin(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned x = lower_scratch_vec(l);
    return (struct work){r, x, lower_scratch_vec(l)};
}

/* The sign of each word or doubleword in all its bits. */
static void spread_sign(struct lower *l, unsigned lane, unsigned dst, unsigned x) {
    x86_vvi(&l->b, X86_PSRAD, dst, x, 31);
    if (lane == IR_LANE_D)
        x86_vvi(&l->b, X86_PSHUFD, dst, dst, 0xf5);
}

/* Right by 1. Bytes are shifted as halfwords, without what came from the neighbour. */
static void halve(struct lower *l, unsigned lane, bool is_unsigned, unsigned dst, unsigned x) {
    static const uint16_t ops[2][4] = {{X86_PSRLW, X86_PSRAW, X86_PSRAD, X86_VPSRAQ},
                                       {X86_PSRLW, X86_PSRLW, X86_PSRLD, X86_PSRLQ}};
    x86_vvi(&l->b, (enum x86_op)ops[is_unsigned][lane], dst, x, 1);
    if (lane != IR_LANE_B)
        return;
    vec_op_constant(l, X86_PAND, dst, dst, CONST_SHR8 + 1);
    if (is_unsigned)
        return;
    vec_op_constant(l, X86_PXOR, dst, dst, CONST_SAR8 + 1);
    vec_op_constant(l, X86_PSUBB, dst, dst, CONST_SAR8 + 1);
}

/* --- shifts by lanes --- */

/* The signed low byte of each lane, extended to the lane; of doublewords to 32 bits, which is as
 * good: a negative count is out of range either way. */
static void extend_counts(struct lower *l, unsigned lane, unsigned dst, unsigned counts) {
    static const uint16_t left[] = {0, X86_PSLLW, X86_PSLLD, X86_PSLLQ};
    const bool halfwords = lane == IR_LANE_H;
    x86_vvi(&l->b, (enum x86_op)left[lane], dst, counts, (8u << lane) - 8);
    x86_vvi(&l->b, halfwords ? X86_PSRAW : X86_PSRAD, dst, dst, halfwords ? 8 : 24);
    if (lane == IR_LANE_D)
        x86_vvi(&l->b, X86_PSRLQ, dst, dst, 32);
}

/* All ones where such a count is negative. */
static void negative_counts(struct lower *l, unsigned lane, unsigned reg) {
    const bool halfwords = lane == IR_LANE_H;
    x86_vvi(&l->b, halfwords ? X86_PSRAW : X86_PSRAD, reg, reg, halfwords ? 15 : 31);
    if (lane == IR_LANE_D)
        x86_vvi(&l->b, X86_PSHUFD, reg, reg, 0xa0);
}

/* Left by c, right by -c, of which one is out of range (or both are 0): x86 makes 0 of that, or the
 * sign, which is masked out. Rounded, x >> n is t - (t >> 1) with t = x >> (n - 1), and n - 1 = ~c.
 */
static bool shift_each(struct lower *l, ir_ref ref) {
    static const uint16_t left[] = {0, X86_VPSLLVW, X86_VPSLLVD, X86_VPSLLVQ};
    static const uint16_t right[2][4] = {{0, X86_VPSRAVW, X86_VPSRAVD, X86_VPSRAVQ},
                                         {0, X86_VPSRLVW, X86_VPSRLVD, X86_VPSRLVQ}};
    static const uint16_t subtract[] = {0, X86_PSUBW, X86_PSUBD, X86_PSUBQ};
    const unsigned aux = l->ir->insn[ref].aux, lane = IR_LANE(aux);
    const bool is_unsigned = aux & IR_UNSIGNED, round = aux & IR_ROUND_UP;
    const bool avx512 = lane == IR_LANE_H || (lane == IR_LANE_D && !is_unsigned);
    if (lane == IR_LANE_B || aux & (IR_SHIFT_SATURATE | IR_SHIFT_OVERFLOWS) ||
        x86_vector_level == X86_SSE || (avx512 && x86_vector_level != X86_AVX512))
        return false;
    const struct work w = begin(l, ref);
    extend_counts(l, lane, w.x, w.r.b);
    if (round) {
        vec_op_constant(l, X86_PXOR, w.y, w.x, lane == IR_LANE_D ? CONST_LOW32 : CONST_ONES);
    } else {
        x86_vvv(&l->b, X86_PXOR, w.y, w.y, w.y);
        vec_op_reg(l, lane == IR_LANE_H ? X86_PSUBW : X86_PSUBD, w.y, w.y, w.x);
    }
    x86_vvv(&l->b, (enum x86_op)right[is_unsigned][lane], w.y, w.r.a, w.y);
    x86_vvv(&l->b, (enum x86_op)left[lane], w.r.dst, w.r.a, w.x);
    if (!is_unsigned) {
        negative_counts(l, lane, w.x);
        vec_op_reg(l, X86_PAND, w.y, w.y, w.x);
    }
    if (round) {
        halve(l, lane, is_unsigned, w.x, w.y);
        vec_op_reg(l, (enum x86_op)subtract[lane], w.y, w.y, w.x);
    }
    vec_op_reg(l, X86_POR, w.r.dst, w.r.dst, w.y);
    return true;
}

/* --- halving --- */

/* (x & y) + ((x ^ y) >> 1); rounded (x | y) - ((x ^ y) >> 1). */
static bool halving_add(struct lower *l, ir_ref ref) {
    static const uint16_t add[] = {X86_PADDB, X86_PADDW, X86_PADDD};
    static const uint16_t subtract[] = {X86_PSUBB, X86_PSUBW, X86_PSUBD};
    const unsigned aux = l->ir->insn[ref].aux, lane = IR_LANE(aux);
    const bool round = aux & IR_ROUND_UP;
    const struct work w = begin(l, ref);
    vec_op_reg(l, X86_PXOR, w.x, w.r.a, w.r.b);
    vec_op_reg(l, round ? X86_POR : X86_PAND, w.y, w.r.a, w.r.b);
    halve(l, lane, aux & IR_UNSIGNED, w.x, w.x);
    vec_op_reg(l, (enum x86_op)(round ? subtract : add)[lane], w.r.dst, w.y, w.x);
    return true;
}

/* ((x ^ y) >> 1) - (~x & y) */
static bool halving_subtract(struct lower *l, ir_ref ref) {
    static const uint16_t subtract[] = {X86_PSUBB, X86_PSUBW, X86_PSUBD};
    const unsigned aux = l->ir->insn[ref].aux, lane = IR_LANE(aux);
    const struct work w = begin(l, ref);
    vec_op_reg(l, X86_PXOR, w.x, w.r.a, w.r.b);
    vec_op_reg(l, X86_PANDN, w.y, w.r.a, w.r.b);
    halve(l, lane, aux & IR_UNSIGNED, w.x, w.x);
    vec_op_reg(l, (enum x86_op)subtract[lane], w.r.dst, w.x, w.y);
    return true;
}

/* --- saturating sums of words and doublewords --- */

/* A sum that overflows has the sign that it should not have: of both operands another; a
 * difference, when the operands' signs differ, of the first. What it becomes is made of its own. */
static bool saturate_signed(struct lower *l, ir_ref ref, bool subtract) {
    static const uint16_t ops[2][2] = {{X86_PADDD, X86_PADDQ}, {X86_PSUBD, X86_PSUBQ}};
    const unsigned lane = IR_LANE(l->ir->insn[ref].aux);
    if (lane < IR_LANE_S)
        return false;
    const struct work w = begin(l, ref);
    vec_op_reg(l, (enum x86_op)ops[subtract][lane - IR_LANE_S], w.x, w.r.a, w.r.b);
    vec_op_reg(l, X86_PXOR, w.y, w.r.a, w.x);
    vec_op_reg(l, X86_PXOR, w.r.dst, subtract ? w.r.a : w.x, w.r.b);
    vec_op_reg(l, X86_PAND, w.r.dst, w.r.dst, w.y);
    spread_sign(l, lane, w.r.dst, w.r.dst); /* where it overflows */
    spread_sign(l, lane, w.y, w.x);
    vec_op_constant(l, X86_PXOR, w.y, w.y, lane == IR_LANE_S ? CONST_SIGN32 : CONST_SIGN64);
    vec_op_reg(l, X86_PXOR, w.y, w.y, w.x);
    vec_op_reg(l, X86_PAND, w.r.dst, w.r.dst, w.y);
    vec_op_reg(l, X86_PXOR, w.r.dst, w.r.dst, w.x);
    return true;
}

/* x + min(y, ~x), max(x, y) - y */
static bool saturate_unsigned_words(struct lower *l, ir_ref ref, bool subtract) {
    const struct work w = begin(l, ref);
    if (subtract) {
        vec_op_reg(l, X86_PMAXUD, w.x, w.r.a, w.r.b);
        vec_op_reg(l, X86_PSUBD, w.r.dst, w.x, w.r.b);
    } else {
        vec_op_constant(l, X86_PXOR, w.x, w.r.a, CONST_ONES);
        vec_op_reg(l, X86_PMINUD, w.x, w.x, w.r.b);
        vec_op_reg(l, X86_PADDD, w.r.dst, w.r.a, w.x);
    }
    return true;
}

/* A sum has a carry if x > ~y, a difference a borrow if y > x, compared as signed ones with the
 * sign changed. */
static bool saturate_unsigned(struct lower *l, ir_ref ref, bool subtract) {
    const unsigned lane = IR_LANE(l->ir->insn[ref].aux);
    if (lane != IR_LANE_D)
        return lane == IR_LANE_S && saturate_unsigned_words(l, ref, subtract);
    const struct work w = begin(l, ref);
    vec_op_constant(l, X86_PXOR, w.x, w.r.a, CONST_SIGN64);
    if (subtract) {
        vec_op_constant(l, X86_PXOR, w.y, w.r.b, CONST_SIGN64);
        vec_op_reg(l, X86_PCMPGTQ, w.y, w.y, w.x);
        vec_op_reg(l, X86_PSUBQ, w.x, w.r.a, w.r.b);
        vec_op_reg(l, X86_PANDN, w.r.dst, w.y, w.x);
    } else {
        vec_op_constant(l, X86_PXOR, w.y, w.r.b, CONST_MAGNITUDE64);
        vec_op_reg(l, X86_PCMPGTQ, w.x, w.x, w.y);
        vec_op_reg(l, X86_PADDQ, w.y, w.r.a, w.r.b);
        vec_op_reg(l, X86_POR, w.r.dst, w.x, w.y);
    }
    return true;
}

/* --- high halves of doubled products --- */

/* Only the least value's square comes out as the least value, and is to be the greatest. */
static void mend_square(struct lower *l, unsigned lane, unsigned dst, unsigned product,
                        unsigned scratch) {
    const bool words = lane == IR_LANE_S;
    vec_op_constant(l, words ? X86_PCMPEQD : X86_PCMPEQW, scratch, product,
                    words ? CONST_SIGN32 : CONST_SIGN16);
    vec_op_reg(l, X86_PXOR, dst, product, scratch);
}

static void double_and_round(struct lower *l, unsigned reg, bool round) {
    vec_op_reg(l, X86_PADDQ, reg, reg, reg);
    if (round)
        vec_op_constant(l, X86_PADDQ, reg, reg, CONST_HALF_WORD);
}

static bool doubled_high(struct lower *l, ir_ref ref) {
    const unsigned aux = l->ir->insn[ref].aux, lane = IR_LANE(aux);
    const bool round = aux & IR_ROUND_UP;
    const struct work w = begin(l, ref);
    if (lane == IR_LANE_H) {
        if (round) {
            vec_op_reg(l, X86_PMULHRSW, w.x, w.r.a, w.r.b);
        } else {
            vec_op_reg(l, X86_PMULHW, w.x, w.r.a, w.r.b);
            vec_op_reg(l, X86_PMULLW, w.y, w.r.a, w.r.b);
            vec_op_reg(l, X86_PADDW, w.x, w.x, w.x);
            x86_vvi(&l->b, X86_PSRLW, w.y, w.y, 15);
            vec_op_reg(l, X86_POR, w.x, w.x, w.y);
        }
        mend_square(l, lane, w.r.dst, w.x, w.y);
        return true;
    }
    x86_vvi(&l->b, X86_PSHUFD, w.x, w.r.a, 0xf5); /* the odd lanes */
    x86_vvi(&l->b, X86_PSHUFD, w.y, w.r.b, 0xf5);
    vec_op_reg(l, X86_PMULDQ, w.x, w.x, w.y);
    vec_op_reg(l, X86_PMULDQ, w.y, w.r.a, w.r.b);
    double_and_round(l, w.x, round);
    double_and_round(l, w.y, round);
    x86_vvi(&l->b, X86_PSRLQ, w.y, w.y, 32);
    x86_vvi(&l->b, X86_PSRLQ, w.x, w.x, 32);
    x86_vvi(&l->b, X86_PSLLQ, w.x, w.x, 32);
    vec_op_reg(l, X86_POR, w.x, w.x, w.y);
    mend_square(l, lane, w.r.dst, w.x, w.y);
    return true;
}

bool lower_vector_fixed(struct lower *l, ir_ref ref) {
    switch (l->ir->insn[ref].op) {
    case IR_vshlv: return shift_each(l, ref);
    case IR_vhadd: return halving_add(l, ref);
    case IR_vhsub: return halving_subtract(l, ref);
    case IR_vqadds: return saturate_signed(l, ref, false);
    case IR_vqsubs: return saturate_signed(l, ref, true);
    case IR_vqaddu: return saturate_unsigned(l, ref, false);
    case IR_vqsubu: return saturate_unsigned(l, ref, true);
    case IR_vsqdmulh: return doubled_high(l, ref);
    default: return false;
    }
}
