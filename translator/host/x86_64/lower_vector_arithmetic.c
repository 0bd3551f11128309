/* Lowering rules of integer arithmetic on vectors that takes more than one instruction. */
#include "translator/host/x86_64/lower_vector.h"

static unsigned zero(struct lower *l) {
    const unsigned reg = lower_scratch_vec(l);
    x86_vvv(&l->b, X86_PXOR, reg, reg, reg);
    return reg;
}

/* --- shifts --- */

enum direction { LEFT, RIGHT, RIGHT_SIGNED };

/* The sign of 64-bit lanes in all their bits. */
static void spread_sign(struct lower *l, unsigned dst, unsigned x) {
    x86_vvi(&l->b, X86_PSRAD, dst, x, 31);
    x86_vvi(&l->b, X86_PSHUFD, dst, dst, 0xf5);
}

static void shift_wide_signed(struct lower *l, unsigned dst, unsigned x, unsigned count) {
    if (x86_vector_level == X86_AVX512) {
        x86_vvi(&l->b, X86_VPSRAQ, dst, x, count);
        return;
    }
    const unsigned sign = lower_scratch_vec(l);
    spread_sign(l, sign, x);
    x86_vvi(&l->b, X86_PSRLQ, dst, x, count);
    x86_vvi(&l->b, X86_PSLLQ, sign, sign, 64 - count);
    vec_op_reg(l, X86_POR, dst, dst, sign);
}

/* Bytes as halfwords, without the bits that came from the neighbour. */
static void shift_bytes(struct lower *l, enum direction direction, unsigned dst, unsigned x,
                        unsigned count) {
    if (count > 7) { /* of the sign only the copies are left */
        if (direction == RIGHT_SIGNED)
            vec_op_reg(l, X86_PCMPGTB, dst, zero(l), x);
        else
            x86_vvv(&l->b, X86_PXOR, dst, dst, dst);
        return;
    }
    x86_vvi(&l->b, direction == LEFT ? X86_PSLLW : X86_PSRLW, dst, x, count);
    vec_op_constant(l, X86_PAND, dst, dst, (direction == LEFT ? CONST_SHL8 : CONST_SHR8) + count);
    if (direction == RIGHT_SIGNED) {
        vec_op_constant(l, X86_PXOR, dst, dst, CONST_SAR8 + count);
        vec_op_constant(l, X86_PSUBB, dst, dst, CONST_SAR8 + count);
    }
}

static bool shift(struct lower *l, ir_ref ref, enum direction direction) {
    static const uint16_t ops[3][4] = {{0, X86_PSLLW, X86_PSLLD, X86_PSLLQ},
                                       {0, X86_PSRLW, X86_PSRLD, X86_PSRLQ},
                                       {0, X86_PSRAW, X86_PSRAD, X86_VPSRAQ}};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux), width = 8u << lane;
    const enum x86_op op = (enum x86_op)ops[direction][lane];
    const ir_ref by = lower_root(l, insn->b);
    const bool wide = direction == RIGHT_SIGNED && lane == IR_LANE_D;
    const unsigned x = lower_use_vec(l, insn->a);
    if (!ir_is_const(l->ir, by)) {
        if (lane == IR_LANE_B || (wide && x86_vector_level != X86_AVX512))
            return false;
        const unsigned from = lower_use(l, insn->b), count = lower_scratch_vec(l);
        lower_consume(l, insn->a);
        lower_consume(l, insn->b);
        const unsigned dst = lower_define_vec(l, ref, x);
        x86_vr(&l->b, X86_MOVQ, 8, count, from);
        vec_op_reg(l, op, dst, x, count);
        return true;
    }
    const uint64_t value = l->ir->insn[by].imm;
    const unsigned count = value < width ? (unsigned)value : width;
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define_vec(l, ref, x);
    if (count == 0)
        vec_copy(l, dst, x);
    else if (lane == IR_LANE_B)
        shift_bytes(l, direction, dst, x, count);
    else if (wide)
        shift_wide_signed(l, dst, x, count);
    else
        x86_vvi(&l->b, op, dst, x, count);
    return true;
}

/* --- sums, differences, products --- */

static bool negate(struct lower *l, ir_ref ref) {
    static const uint16_t ops[] = {X86_PSUBB, X86_PSUBW, X86_PSUBD, X86_PSUBQ};
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned none = zero(l);
    vec_op_reg(l, (enum x86_op)ops[IR_LANE(l->ir->insn[ref].aux)], r.dst, none, r.a);
    return true;
}

static bool absolute_wide(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    if (x86_vector_level == X86_AVX512) {
        x86_vv(&l->b, X86_VPABSQ, r.dst, r.a);
        return true;
    }
    const unsigned sign = lower_scratch_vec(l);
    spread_sign(l, sign, r.a);
    vec_op_reg(l, X86_PXOR, r.dst, r.a, sign);
    vec_op_reg(l, X86_PSUBQ, r.dst, r.dst, sign);
    return true;
}

/* Products of bytes, even and odd ones apart. */
static bool multiply_bytes(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned odd = lower_scratch_vec(l), even = lower_scratch_vec(l);
    x86_vvi(&l->b, X86_PSRLW, odd, r.a, 8);
    vec_op_constant(l, X86_PAND, even, r.b, CONST_HIGH8);
    vec_op_reg(l, X86_PMULLW, odd, odd, even);
    vec_op_reg(l, X86_PMULLW, even, r.a, r.b);
    vec_op_constant(l, X86_PAND, even, even, CONST_LOW8);
    vec_op_reg(l, X86_POR, r.dst, odd, even);
    return true;
}

/* PAVG rounds up; where that was one too much, the operands differ in their last bits. */
static bool halving_add(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const bool bytes = IR_LANE(insn->aux) == IR_LANE_B;
    if (!(insn->aux & IR_UNSIGNED) || IR_LANE(insn->aux) > IR_LANE_H)
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    if (insn->aux & IR_ROUND_UP) {
        vec_op_reg(l, bytes ? X86_PAVGB : X86_PAVGW, r.dst, r.a, r.b);
        return true;
    }
    const unsigned excess = lower_scratch_vec(l);
    vec_op_reg(l, X86_PXOR, excess, r.a, r.b);
    vec_op_constant(l, X86_PAND, excess, excess, bytes ? CONST_ONE8 : CONST_ONE16);
    vec_op_reg(l, bytes ? X86_PAVGB : X86_PAVGW, r.dst, r.a, r.b);
    vec_op_reg(l, bytes ? X86_PSUBB : X86_PSUBW, r.dst, r.dst, excess);
    return true;
}

/* Products of the low halves, of double width. */
static bool multiply_long(struct lower *l, ir_ref ref, bool is_unsigned) {
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned first = lower_scratch_vec(l), second = lower_scratch_vec(l);
    switch (IR_LANE(l->ir->insn[ref].aux)) {
    case IR_LANE_B:
        x86_vv(&l->b, is_unsigned ? X86_PMOVZXBW : X86_PMOVSXBW, first, r.a);
        x86_vv(&l->b, is_unsigned ? X86_PMOVZXBW : X86_PMOVSXBW, second, r.b);
        vec_op_reg(l, X86_PMULLW, r.dst, first, second);
        break;
    case IR_LANE_H:
        vec_op_reg(l, X86_PMULLW, first, r.a, r.b);
        vec_op_reg(l, is_unsigned ? X86_PMULHUW : X86_PMULHW, second, r.a, r.b);
        vec_op_reg(l, X86_PUNPCKLWD, r.dst, first, second);
        break;
    default:
        x86_vvi(&l->b, X86_PSHUFD, first, r.a, 0x50);
        x86_vvi(&l->b, X86_PSHUFD, second, r.b, 0x50);
        vec_op_reg(l, is_unsigned ? X86_PMULUDQ : X86_PMULDQ, r.dst, first, second);
        break;
    }
    return true;
}

static bool multiply_carryless(struct lower *l, ir_ref ref) {
    if (IR_LANE(l->ir->insn[ref].aux) != IR_LANE_D || !x86_config.features.pclmul)
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    vec_op_imm(l, X86_PCLMULQDQ, r.dst, r.a, vec_in_reg(r.b), 0);
    return true;
}

/* --- narrowing with saturation --- */

static bool narrow_saturated(struct lower *l, ir_ref ref) {
    static const uint16_t narrowing[2][3] = {{X86_VPMOVSWB, X86_VPMOVSDW, X86_VPMOVSQD},
                                             {X86_VPMOVUSWB, X86_VPMOVUSDW, X86_VPMOVUSQD}};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux), how = insn->aux >> 2;
    const bool to_unsigned = insn->aux & IR_NARROW_TO_UNSIGNED;
    const bool is_unsigned = insn->aux & IR_NARROW_UNSIGNED;
    if (x86_vector_level == X86_AVX512 && !to_unsigned) {
        const struct vec_registers r = vec_begin(l, ref);
        x86_vv(&l->b, (enum x86_op)narrowing[how][lane], r.dst, r.a);
        return true;
    }
    if (lane == IR_LANE_S)
        return false;
    const bool bytes = lane == IR_LANE_B;
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned none = zero(l);
    unsigned x = r.a;
    if (is_unsigned) { /* PACK takes it for signed */
        const unsigned least = lower_scratch_vec(l);
        vec_op_constant(l, bytes ? X86_PMINUW : X86_PMINUD, least, x,
                        bytes ? CONST_LOW8 : CONST_LOW16);
        x = least;
    }
    if (is_unsigned || to_unsigned)
        vec_op_reg(l, bytes ? X86_PACKUSWB : X86_PACKUSDW, r.dst, x, none);
    else
        vec_op_reg(l, bytes ? X86_PACKSSWB : X86_PACKSSDW, r.dst, x, none);
    return true;
}

/* --- across lanes --- */

/* Sums of neighbours, of double width. */
static bool add_pairs_long(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux);
    const bool is_unsigned = insn->aux & IR_UNSIGNED;
    if (lane == IR_LANE_S && !is_unsigned && x86_vector_level != X86_AVX512)
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    if (lane == IR_LANE_B && is_unsigned) {
        vec_op_constant(l, X86_PMADDUBSW, r.dst, r.a, CONST_ONE8);
    } else if (lane == IR_LANE_B) {
        const unsigned ones = lower_scratch_vec(l);
        x86_vm(&l->b, X86_MOVAPS, ones, constant_mem(CONST_ONE8));
        vec_op_reg(l, X86_PMADDUBSW, r.dst, ones, r.a);
    } else if (lane == IR_LANE_H && !is_unsigned) {
        vec_op_constant(l, X86_PMADDWD, r.dst, r.a, CONST_ONE16);
    } else if (is_unsigned) {
        const bool wide = lane == IR_LANE_S;
        const unsigned odd = lower_scratch_vec(l);
        x86_vvi(&l->b, wide ? X86_PSRLQ : X86_PSRLD, odd, r.a, 8u << lane);
        vec_op_constant(l, X86_PAND, r.dst, r.a, wide ? CONST_LOW32 : CONST_LOW16);
        vec_op_reg(l, wide ? X86_PADDQ : X86_PADDD, r.dst, r.dst, odd);
    } else {
        const unsigned odd = lower_scratch_vec(l);
        x86_vvi(&l->b, X86_VPSRAQ, odd, r.a, 32);
        x86_vvi(&l->b, X86_PSLLQ, r.dst, r.a, 32);
        x86_vvi(&l->b, X86_VPSRAQ, r.dst, r.dst, 32);
        x86_vvv(&l->b, X86_PADDQ, r.dst, r.dst, odd);
    }
    return true;
}

/* Of all lanes, into the first; the others are cleared in the end. Each step joins the upper half
 * of what is left to the lower one. */
static void reduce(struct lower *l, enum x86_op op, unsigned lane, unsigned dst, unsigned x) {
    static const uint8_t first[] = {CONST_FIRST8, CONST_FIRST16, CONST_FIRST32};
    const unsigned other = lower_scratch_vec(l), sum = lower_scratch_vec(l);
    x86_vvi(&l->b, X86_PSHUFD, other, x, 0xee);
    vec_op_reg(l, op, sum, x, other);
    if (lane == IR_LANE_D) {
        x86_vv(&l->b, X86_MOVQ, dst, sum);
        return;
    }
    for (unsigned bits = 32; bits >= 8u << lane; bits /= 2) {
        x86_vvi(&l->b, X86_PSRLQ, other, sum, bits);
        vec_op_reg(l, op, sum, sum, other);
    }
    vec_op_constant(l, X86_PAND, dst, sum, first[lane]);
}

static bool reduction(struct lower *l, ir_ref ref) {
    static const uint16_t sum[] = {X86_PADDB, X86_PADDW, X86_PADDD, X86_PADDQ};
    static const uint16_t signed_min[] = {X86_PMINSB, X86_PMINSW, X86_PMINSD, 0};
    static const uint16_t signed_max[] = {X86_PMAXSB, X86_PMAXSW, X86_PMAXSD, 0};
    static const uint16_t unsigned_min[] = {X86_PMINUB, X86_PMINUW, X86_PMINUD, 0};
    static const uint16_t unsigned_max[] = {X86_PMAXUB, X86_PMAXUW, X86_PMAXUD, 0};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux);
    const uint16_t *ops = insn->op == IR_vaddv    ? sum
                          : insn->op == IR_vsminv ? signed_min
                          : insn->op == IR_vsmaxv ? signed_max
                          : insn->op == IR_vuminv ? unsigned_min
                                                  : unsigned_max;
    if (!ops[lane])
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    if (insn->op == IR_vaddv && lane == IR_LANE_B) {
        const unsigned sums = zero(l), other = lower_scratch_vec(l);
        vec_op_reg(l, X86_PSADBW, sums, r.a, sums);
        x86_vvi(&l->b, X86_PSHUFD, other, sums, 0xee);
        vec_op_reg(l, X86_PADDD, sums, sums, other);
        vec_op_constant(l, X86_PAND, r.dst, sums, CONST_FIRST8);
    } else {
        reduce(l, (enum x86_op)ops[lane], lane, r.dst, r.a);
    }
    return true;
}

/* --- bits --- */

/* What two tables give for the low and the high nibble of each byte, joined by `join`. */
static void look_up_nibbles(struct lower *l, const struct vec_registers *r, unsigned low_table,
                            unsigned high_table, enum x86_op join) {
    const unsigned nibbles = lower_scratch_vec(l), low = lower_scratch_vec(l);
    vec_op_constant(l, X86_PAND, nibbles, r->a, CONST_LOW4);
    x86_vm(&l->b, X86_MOVAPS, low, constant_mem(low_table));
    vec_op_reg(l, X86_PSHUFB, low, low, nibbles);
    x86_vvi(&l->b, X86_PSRLW, nibbles, r->a, 4);
    vec_op_constant(l, X86_PAND, nibbles, nibbles, CONST_LOW4);
    x86_vm(&l->b, X86_MOVAPS, r->dst, constant_mem(high_table));
    vec_op_reg(l, X86_PSHUFB, r->dst, r->dst, nibbles);
    vec_op_reg(l, join, r->dst, r->dst, low);
}

static bool count_ones(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    if (x86_config.features.avx512_bitalg)
        x86_vv(&l->b, X86_VPOPCNTB, r.dst, r.a);
    else
        look_up_nibbles(l, &r, CONST_POPCOUNT, CONST_POPCOUNT, X86_PADDB);
    return true;
}

static bool reverse_bits(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    look_up_nibbles(l, &r, CONST_REVERSED_LOW, CONST_REVERSED_HIGH, X86_POR);
    return true;
}

static bool count_zeros(struct lower *l, ir_ref ref) {
    const unsigned lane = IR_LANE(l->ir->insn[ref].aux);
    if (x86_vector_level != X86_AVX512 || lane < IR_LANE_S)
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    x86_vv(&l->b, lane == IR_LANE_S ? X86_VPLZCNTD : X86_VPLZCNTQ, r.dst, r.a);
    return true;
}

bool lower_vector_arithmetic(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    switch (insn->op) {
    case IR_vshl: return shift(l, ref, LEFT);
    case IR_vshr: return shift(l, ref, RIGHT);
    case IR_vsar: return shift(l, ref, RIGHT_SIGNED);
    case IR_vneg: return negate(l, ref);
    case IR_vabs: return absolute_wide(l, ref);
    case IR_vmul: return IR_LANE(insn->aux) == IR_LANE_B && multiply_bytes(l, ref);
    case IR_vhadd: return halving_add(l, ref);
    case IR_vsmull: return multiply_long(l, ref, false);
    case IR_vumull: return multiply_long(l, ref, true);
    case IR_vpmull: return multiply_carryless(l, ref);
    case IR_vqnarrow: return narrow_saturated(l, ref);
    case IR_vpaddl: return add_pairs_long(l, ref);
    case IR_vaddv:
    case IR_vsminv:
    case IR_vsmaxv:
    case IR_vuminv:
    case IR_vumaxv: return reduction(l, ref);
    case IR_vcnt: return count_ones(l, ref);
    case IR_vrbit: return reverse_bits(l, ref);
    case IR_vclz: return count_zeros(l, ref);
    default: return false;
    }
}
