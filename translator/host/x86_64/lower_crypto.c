/* Lowering rules of cryptography, dot products and rotations. What the processor lacks goes the
 * generic way.
 *
 * The SHA instructions have no VEX form: their destination is their first source, and they reach
 * the first 16 registers only. */
#include "translator/host/x86_64/lower_vector.h"

/* --- AES --- */

static enum x86_op aes_op(enum ir_op op) {
    switch (op) {
    case IR_vaesenc: return X86_AESENC;
    case IR_vaesenclast: return X86_AESENCLAST;
    case IR_vaesdec: return X86_AESDEC;
    default: return X86_AESDECLAST;
    }
}

static bool aes_round(struct lower *l, ir_ref ref, const struct ir_insn *round, ir_ref key) {
    const struct operand y = lower_operand_vec(l, key);
    const unsigned x = lower_use_vec(l, round->a);
    lower_consume(l, round->a);
    lower_consume(l, key);
    vec_op(l, aes_op((enum ir_op)round->op), lower_define_vec(l, ref, x), x, y);
    return true;
}

/* A round whose key is 0 under the exclusive or with its real key. */
static bool aes_round_with_key(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    ir_ref round = lower_root(l, insn->a), key = insn->b;
    if (!l->values[round].late) {
        round = lower_root(l, insn->b);
        key = insn->a;
    }
    if (!l->values[round].late)
        return false;
    lower_consume(l, round);
    return aes_round(l, ref, &l->ir->insn[round], key);
}

static unsigned zero(struct lower *l) {
    const unsigned reg = lower_scratch_vec(l);
    x86_vvv(&l->b, X86_PXOR, reg, reg, reg);
    return reg;
}

/* MixColumns alone: a round back without it, and a whole one forth. */
static bool mix_columns(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned none = zero(l);
    vec_op_reg(l, X86_AESDECLAST, r.dst, r.a, none);
    vec_op_reg(l, X86_AESENC, r.dst, r.dst, none);
    return true;
}

static bool inverse_mix_columns(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned to = r.dst < 16 ? r.dst : lower_scratch_vec(l);
    x86_vv(&l->b, X86_AESIMC, to, vec_low(l, r.a));
    vec_copy(l, r.dst, to);
    return true;
}

/* --- SHA --- */

/* dst <- x op y for SHA instructions; imm < 0: none. */
static void sha_op(struct lower *l, enum x86_op op, unsigned dst, unsigned x, unsigned y, int imm) {
    y = vec_low(l, y);
    const unsigned to = dst < 16 && (dst != y || dst == x) ? dst : lower_scratch_vec(l);
    vec_copy(l, to, x);
    if (imm < 0)
        x86_vv(&l->b, op, to, y);
    else
        x86_vvi(&l->b, op, to, y, (unsigned)imm);
    vec_copy(l, dst, to);
}

static bool sha_schedule(struct lower *l, ir_ref ref, enum x86_op op) {
    const struct vec_registers r = vec_begin(l, ref);
    sha_op(l, op, r.dst, r.a, r.b, -1);
    return true;
}

/* The words go to XMM0, which the instruction reads by itself; the upper two of a vector that is
 * only used for them need no place of their own before. */
static void load_words(struct lower *l, ir_ref words) {
    words = lower_root(l, words);
    const struct ir_insn *high = &l->ir->insn[words];
    const bool late = l->values[words].late;
    const ir_ref from = late ? high->a : words;
    if (!late && l->values[words].reg == 0) {
        lower_use_vec(l, words);
    } else {
        lower_claim_vec(l, 0);
        const struct operand x = lower_operand_vec(l, from);
        if (late && x.kind == IN_MEMORY)
            x86_vmi(&l->b, X86_PSHUFD, 0, x.mem, 0x0e);
        else if (late)
            x86_vvi(&l->b, X86_PSHUFD, 0, x.reg, 0x0e);
        else if (x.kind == IN_MEMORY)
            x86_vm(&l->b, X86_MOVAPS, 0, x.mem);
        else
            vec_copy(l, 0, x.reg);
    }
    lower_consume(l, words);
    if (late)
        lower_consume(l, from);
}

static bool sha256_rounds(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    load_words(l, insn->c);
    const unsigned x = lower_use_vec(l, insn->a), y = lower_use_vec(l, insn->b);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    sha_op(l, X86_SHA256RNDS2, lower_define_vec(l, ref, x), x, y, -1);
    return true;
}

/* The register of an operand that nobody needs any more, or a scratch register. */
static unsigned reuse(struct lower *l, unsigned reg, unsigned needed1, unsigned needed2) {
    const bool unused = reg < x86_config.temp_vecs && l->vec_owner[reg] == IR_NO_REF &&
                        reg != needed1 && reg != needed2;
    return unused ? reg : lower_scratch_vec(l);
}

enum { REVERSED = 0x1b }; /* PSHUFD: the lanes from the last to the first */

/* x86 has the state and the words in reverse, and adds the constants itself. E is added to the
 * first word. */
static bool sha1_rounds(struct lower *l, ir_ref ref) {
    static const uint8_t constants[] = {CONST_SHA1_CHOOSE, CONST_SHA1_PARITY, CONST_SHA1_MAJORITY};
    const unsigned function = l->ir->insn[ref].aux;
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned words = reuse(l, r.c, r.a, r.b), state = reuse(l, r.b, r.a, words);
    x86_vvi(&l->b, X86_PSHUFD, words, r.c, REVERSED);
    x86_vvi(&l->b, X86_PSLLDQ, state, r.b, 12);
    vec_op_reg(l, X86_PADDD, words, words, state);
    vec_op_constant(l, X86_PSUBD, words, words, constants[function]);
    x86_vvi(&l->b, X86_PSHUFD, state, r.a, REVERSED);
    x86_vvi(&l->b, X86_SHA1RNDS4, state, words, function);
    x86_vvi(&l->b, X86_PSHUFD, r.dst, state, REVERSED);
    return true;
}

static bool sha1_schedule(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned words = lower_scratch_vec(l), before = lower_scratch_vec(l);
    x86_vvi(&l->b, X86_PSHUFD, words, r.a, REVERSED);
    x86_vvi(&l->b, X86_PSHUFD, before, r.b, REVERSED);
    x86_vv(&l->b, X86_SHA1MSG2, words, before);
    x86_vvi(&l->b, X86_PSHUFD, r.dst, words, REVERSED);
    return true;
}

/* --- rotations --- */

static bool rotate_right(struct lower *l, ir_ref ref) {
    static const uint16_t left_ops[] = {0, X86_PSLLW, X86_PSLLD, X86_PSLLQ};
    static const uint16_t right_ops[] = {0, X86_PSRLW, X86_PSRLD, X86_PSRLQ};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux), width = 8u << lane;
    const ir_ref by = lower_root(l, insn->b);
    if (lane == IR_LANE_B || !ir_is_const(l->ir, by))
        return false;
    const unsigned count = l->ir->insn[by].imm % width, x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define_vec(l, ref, x);
    if (count == 0) {
        vec_copy(l, dst, x);
    } else if (x86_vector_level == X86_AVX512 && lane >= IR_LANE_S) {
        x86_vvi(&l->b, lane == IR_LANE_S ? X86_VPRORD : X86_VPRORQ, dst, x, count);
    } else {
        const unsigned low = lower_scratch_vec(l);
        x86_vvi(&l->b, (enum x86_op)right_ops[lane], low, x, count);
        x86_vvi(&l->b, (enum x86_op)left_ops[lane], dst, x, width - count);
        vec_op_reg(l, X86_POR, dst, dst, low);
    }
    return true;
}

/* --- dot products --- */

/* The even bytes of x as halfwords. */
static void extend_even(struct lower *l, unsigned dst, unsigned x, bool is_signed) {
    x86_vvi(&l->b, X86_PSLLW, dst, x, 8);
    x86_vvi(&l->b, is_signed ? X86_PSRAW : X86_PSRLW, dst, dst, 8);
}

static void extend_odd(struct lower *l, unsigned dst, unsigned x, bool is_signed) {
    x86_vvi(&l->b, is_signed ? X86_PSRAW : X86_PSRLW, dst, x, 8);
}

/* Products of even and of odd bytes, summed in pairs by PMADDWD. */
static void dot(struct lower *l, const struct vec_registers *r, bool b_signed, bool c_signed) {
    const unsigned x = lower_scratch_vec(l), y = lower_scratch_vec(l);
    /* The sum must not overwrite what is still to be multiplied. */
    const bool apart = r->dst != r->b && r->dst != r->c;
    const unsigned sum = apart ? r->dst : lower_scratch_vec(l);
    extend_even(l, x, r->b, b_signed);
    extend_even(l, y, r->c, c_signed);
    vec_op_reg(l, X86_PMADDWD, x, x, y);
    vec_op_reg(l, X86_PADDD, sum, r->a, x);
    extend_odd(l, x, r->b, b_signed);
    extend_odd(l, y, r->c, c_signed);
    vec_op_reg(l, X86_PMADDWD, x, x, y);
    vec_op_reg(l, X86_PADDD, r->dst, sum, x);
}

/* VPDPBUSD takes its first factor without sign, its second with one. Other signs are mended by 128:
 * a signed byte x is (x ^ 128) - 128 of bytes without sign, one without is (x ^ 128) + 128. */
static void dot_vnni(struct lower *l, const struct vec_registers *r, bool b_signed, bool c_signed) {
    if (b_signed && !c_signed) {
        dot_vnni(l, &(struct vec_registers){r->dst, r->a, r->c, r->b}, false, true);
        return;
    }
    const bool apart = r->dst != r->b && r->dst != r->c;
    const unsigned sum = apart ? r->dst : lower_scratch_vec(l);
    if (!b_signed && c_signed) {
        vec_copy(l, sum, r->a);
        x86_vvv(&l->b, X86_VPDPBUSD, sum, r->b, r->c);
        vec_copy(l, r->dst, sum);
        return;
    }
    const unsigned excess = zero(l), flipped = lower_scratch_vec(l);
    if (b_signed) {
        x86_vm(&l->b, X86_MOVAPS, flipped, constant_mem(CONST_SIGN8));
        x86_vvv(&l->b, X86_VPDPBUSD, excess, flipped, r->c);
        vec_op_reg(l, X86_PXOR, flipped, flipped, r->b);
        vec_copy(l, sum, r->a);
        x86_vvv(&l->b, X86_VPDPBUSD, sum, flipped, r->c);
    } else {
        x86_vvm(&l->b, X86_VPDPBUSD, excess, r->b, constant_mem(CONST_SIGN8));
        vec_op_constant(l, X86_PXOR, flipped, r->c, CONST_SIGN8);
        vec_copy(l, sum, r->a);
        x86_vvv(&l->b, X86_VPDPBUSD, sum, r->b, flipped);
    }
    vec_op_reg(l, X86_PSUBD, r->dst, sum, excess);
}

static bool dot_product(struct lower *l, ir_ref ref) {
    const unsigned signs = l->ir->insn[ref].aux;
    const bool b_signed = signs & IR_DOT_B_SIGNED, c_signed = signs & IR_DOT_C_SIGNED;
    const struct vec_registers r = vec_begin(l, ref);
    (x86_config.features.avx512_vnni ? dot_vnni : dot)(l, &r, b_signed, c_signed);
    return true;
}

bool lower_crypto(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    switch (insn->op) {
    case IR_vxor: return aes_round_with_key(l, ref);
    case IR_vhigh: return l->values[ref].late;
    case IR_vaesenc:
    case IR_vaesdec:
    case IR_vaesenclast:
    case IR_vaesdeclast:
        return l->values[ref].late || (x86_config.features.aes && aes_round(l, ref, insn, insn->b));
    case IR_vaesmc: return x86_config.features.aes && mix_columns(l, ref);
    case IR_vaesimc: return x86_config.features.aes && inverse_mix_columns(l, ref);
    case IR_vsha1: return x86_config.features.sha && sha1_rounds(l, ref);
    case IR_vsha1msg2: return x86_config.features.sha && sha1_schedule(l, ref);
    case IR_vsha256: return x86_config.features.sha && sha256_rounds(l, ref);
    case IR_vsha256msg1: return x86_config.features.sha && sha_schedule(l, ref, X86_SHA256MSG1);
    case IR_vsha256msg2: return x86_config.features.sha && sha_schedule(l, ref, X86_SHA256MSG2);
    case IR_vror: return rotate_right(l, ref);
    case IR_vdot: return dot_product(l, ref);
    default: return false;
    }
}
