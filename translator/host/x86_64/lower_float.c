/* Lowering rules of the floating-point operations: SSE, AVX or FMA instructions whose rounding mode
 * and sticky flags are the guest's (MXCSR), with cold code where x86 answers differently.
 *
 * Operations whose rounding mode is fixed in the instruction and differs from the dynamic one go
 * the generic way, except conversions to integers, which have instructions for it. */
#include "translator/host/x86_64/lower_vector.h"

static bool narrow(const struct ir_insn *insn) {
    return insn->type == IR_F32;
}

static bool binary(struct lower *l, ir_ref ref, enum x86_op single, enum x86_op wide,
                   bool commutes) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->type == IR_F16 || insn->aux != FP_DYNAMIC)
        return false;
    struct operand y = lower_operand_vec(l, insn->b);
    unsigned x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define_vec(l, ref, x);
    const enum x86_op op = narrow(insn) ? single : wide;
    if (y.kind == IN_MEMORY) {
        x86_vvm(&l->b, op, dst, x, y.mem);
        return true;
    }
    if (x86_vector_level == X86_SSE && dst == y.reg && dst != x) {
        if (commutes) {
            y.reg = (uint8_t)x;
            x = dst;
        } else {
            const unsigned copy = lower_scratch_vec(l);
            x86_vv(&l->b, X86_MOVAPS, copy, y.reg);
            y.reg = (uint8_t)copy;
        }
    }
    x86_vvv(&l->b, op, dst, x, y.reg);
    return true;
}

static bool square_root(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->type == IR_F16 || insn->aux != FP_DYNAMIC)
        return false;
    const unsigned x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    x86_vv(&l->b, narrow(insn) ? X86_SQRTSS : X86_SQRTSD, lower_define_vec(l, ref, x), x);
    return true;
}

/* The check that a result is no NaN; its cold code puts the canonical one there. */
static void canonicalise(struct lower *l, enum ir_type type, unsigned reg) {
    x86_vv(&l->b, type == IR_F32 ? X86_UCOMISS : X86_UCOMISD, reg, reg);
    struct cold *cold = lower_cold(l, COLD_CANON, x86_jcc(&l->b, CC_P));
    cold->reg = (uint8_t)reg;
    cold->type = (uint8_t)type;
    cold->back = l->b.at;
}

static bool canonical(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->type == IR_F16)
        return false;
    const unsigned x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define_vec(l, ref, x);
    if (dst != x)
        x86_vv(&l->b, X86_MOVAPS, dst, x);
    /* A signalling NaN may only be looked at: UCOMIS would raise invalid for it. The operands of
     * fcanon are results of arithmetic, which are never signalling. */
    canonicalise(l, insn->type, dst);
    return true;
}

/* Fused multiply-add. On a NaN result the cold code asks software, for the payload and for
 * 0 * inf + quiet NaN, which x86 does not call invalid. It needs the factors intact but not the
 * addend: with a NaN in its place software raises just what x86 may have left out. */
static bool fused(struct lower *l, ir_ref ref) {
    static const uint16_t forms[2][4] = {
        {X86_VFMADD231SD, X86_VFNMADD231SD, X86_VFMSUB231SD, X86_VFNMSUB231SD},
        {X86_VFMADD231SS, X86_VFNMADD231SS, X86_VFMSUB231SS, X86_VFNMSUB231SS}};
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->type == IR_F16 || !x86_config.features.fma ||
        (insn->aux & ~(IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND)) != FP_DYNAMIC)
        return false;
    const unsigned a = lower_use_vec(l, insn->a), b = lower_use_vec(l, insn->b),
                   c = lower_use_vec(l, insn->c);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    lower_consume(l, insn->c);
    const unsigned dst = lower_define_vec(l, ref, c);
    const unsigned result = dst == a || dst == b ? lower_scratch_vec(l) : dst;
    if (result != c)
        x86_vv(&l->b, X86_MOVAPS, result, c);
    x86_vvv(&l->b, (enum x86_op)forms[narrow(insn)][insn->aux >> 3 & 3], result, a, b);
    x86_vv(&l->b, narrow(insn) ? X86_UCOMISS : X86_UCOMISD, result, result);
    struct cold *cold = lower_cold(l, COLD_FMA, x86_jcc(&l->b, CC_P));
    cold->insn = insn;
    cold->reg = (uint8_t)result;
    cold->factors[0] = (uint8_t)a;
    cold->factors[1] = (uint8_t)b;
    cold->back = l->b.at;
    if (dst != result)
        x86_vv(&l->b, X86_MOVAPS, dst, result);
    return true;
}

static bool compare(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->type == IR_F16)
        return false;
    const bool equal = insn->aux == IR_FEQ, quiet = equal || insn->aux >= IR_FLTQ;
    const bool less = insn->aux == IR_FLT || insn->aux == IR_FLTQ;
    /* a < b as b > a, so that unordered (all flags set) comes out false. */
    const unsigned x = lower_use_vec(l, equal ? insn->a : insn->b);
    const struct operand y = lower_operand_vec(l, equal ? insn->b : insn->a);
    const enum x86_op op =
        narrow(insn) ? (quiet ? X86_UCOMISS : X86_COMISS) : (quiet ? X86_UCOMISD : X86_COMISD);
    if (y.kind == IN_MEMORY)
        x86_vm(&l->b, op, x, y.mem);
    else
        x86_vv(&l->b, op, x, y.reg);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define(l, ref, NO_REG);
    if (equal) {
        const unsigned ordered = lower_scratch(l);
        x86_setcc(&l->b, CC_NP, ordered);
        x86_setcc(&l->b, CC_E, dst);
        x86_rr(&l->b, X86_AND, 1, dst, ordered);
    } else {
        x86_setcc(&l->b, less ? CC_A : CC_AE, dst);
    }
    x86_extend(&l->b, false, 1, 4, dst, dst);
    lower_set_flags(l, ref, equal ? CC_NE : less ? CC_A : CC_AE);
    return true;
}

/* Sign operations on the bits. */
static bool sign_bits(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->type == IR_F16)
        return false;
    if (insn->op != IR_fcopysign) {
        const bool negate = insn->op == IR_fneg;
        const struct vec_registers r = vec_begin(l, ref);
        vec_op_constant(l, negate ? X86_XORPS : X86_ANDPS, r.dst, r.a,
                        negate ? (narrow(insn) ? CONST_SIGN32 : CONST_SIGN64)
                               : (narrow(insn) ? CONST_MAGNITUDE32 : CONST_MAGNITUDE64));
        return true;
    }
    const unsigned size = narrow(insn) ? 4 : 8, sign = size * 8 - 1;
    const enum x86_op to_gpr = narrow(insn) ? X86_MOVD : X86_MOVQ;
    const unsigned x = lower_use_vec(l, insn->a), bits = lower_scratch(l);
    x86_rv(&l->b, to_gpr, size, bits, x);
    const unsigned other = lower_scratch(l);
    x86_rv(&l->b, to_gpr, size, other, lower_use_vec(l, insn->b));
    x86_ri(&l->b, X86_SHR, size, other, (int32_t)sign);
    x86_ri(&l->b, X86_SHL, size, other, (int32_t)sign);
    x86_ri(&l->b, X86_BTR, size, bits, (int32_t)sign);
    x86_rr(&l->b, X86_OR, size, bits, other);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    x86_vr(&l->b, to_gpr, size, lower_define_vec(l, ref, x), bits);
    return true;
}

/* F32 and F64 to integer. CVT gives the "integer indefinite" value for everything out of range; the
 * cold code then saturates as the guest does. */
static bool to_integer(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const enum ir_type from = ir_result_type(&l->ir->insn[insn->a]);
    const enum fp_round mode = IR_ROUND_MODE(insn->aux);
    const bool is_unsigned = insn->aux & IR_FP_UNSIGNED;
    if (from == IR_F16 || mode == FP_RMM || insn->aux & ~(7 | IR_FP_UNSIGNED) ||
        (is_unsigned && !x86_config.features.avx512vl))
        return false;
    const unsigned size = ir_type_size(insn->type);
    const bool single = from == IR_F32;
    const unsigned x = lower_use_vec(l, insn->a);
    unsigned in = x;
    /* Rounding in a mode of the instruction's own: ROUND raises inexact as it must, since a value
     * beyond the range of 64 bits is an integer already. In 32 bits that does not hold. */
    if (mode != FP_DYNAMIC && mode != FP_RTZ) {
        static const uint8_t rounding[] = {[FP_RNE] = 0, [FP_RDN] = 1, [FP_RUP] = 2};
        if (insn->type != IR_I64 || is_unsigned)
            return false;
        in = lower_scratch_vec(l);
        x86_vvi(&l->b, single ? X86_ROUNDSS : X86_ROUNDSD, in, x, rounding[mode]);
    }
    enum x86_op op;
    if (is_unsigned)
        op = mode == FP_DYNAMIC ? (single ? X86_VCVTSS2USI : X86_VCVTSD2USI)
                                : (single ? X86_VCVTTSS2USI : X86_VCVTTSD2USI);
    else
        op = mode == FP_DYNAMIC ? (single ? X86_CVTSS2SI : X86_CVTSD2SI)
                                : (single ? X86_CVTTSS2SI : X86_CVTTSD2SI);
    const unsigned result = lower_scratch(l);
    x86_rv(&l->b, op, size, result, in);
    /* Indefinite: the most negative value, or all ones when unsigned. */
    if (is_unsigned)
        x86_ri(&l->b, X86_CMP, size, result, -1);
    else
        x86_ri(&l->b, X86_CMP, size, result, 1);
    struct cold *cold = lower_cold(l, COLD_FTOI, x86_jcc(&l->b, is_unsigned ? CC_E : CC_O));
    cold->insn = insn;
    cold->reg = (uint8_t)result;
    cold->reg2 = (uint8_t)x;
    cold->type = (uint8_t)from;
    cold->size = (uint8_t)size;
    cold->flag = is_unsigned;
    cold->back = l->b.at;
    lower_consume(l, insn->a);
    lower_move(l, 8, lower_define(l, ref, result), result);
    return true;
}

static bool from_integer(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    unsigned size = ir_type_size(ir_result_type(&l->ir->insn[insn->a]));
    bool is_unsigned = insn->aux & IR_FP_UNSIGNED;
    if (insn->type == IR_F16 || (insn->aux & ~(IR_FP_UNSIGNED | IR_FP_PROPAGATE)) != FP_DYNAMIC ||
        (is_unsigned && size == 8 && !x86_config.features.avx512vl))
        return false;
    unsigned x = lower_use(l, insn->a);
    lower_consume(l, insn->a);
    if (is_unsigned && !x86_config.features.avx512vl) {
        const unsigned wide = lower_scratch(l);
        x86_rr(&l->b, X86_MOV, 4, wide, x);
        x = wide;
        size = 8;
        is_unsigned = false;
    }
    const unsigned dst = lower_define_vec(l, ref, NO_REG);
    /* The instruction merges into its destination: cut the dependence on what was there. */
    x86_vvv(&l->b, X86_XORPS, dst, dst, dst);
    if (is_unsigned)
        x86_vr(&l->b, narrow(insn) ? X86_VCVTUSI2SS : X86_VCVTUSI2SD, size, dst, x);
    else
        x86_vr(&l->b, narrow(insn) ? X86_CVTSI2SS : X86_CVTSI2SD, size, dst, x);
    l->values[ref].clean = true;
    return true;
}

static bool between_formats(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const enum ir_type from = ir_result_type(&l->ir->insn[insn->a]);
    if (from == IR_F16 || insn->type == IR_F16 || insn->aux != FP_DYNAMIC)
        return false;
    const unsigned x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define_vec(l, ref, NO_REG);
    if (dst != x)
        x86_vvv(&l->b, X86_XORPS, dst, dst, dst);
    x86_vv(&l->b, from == IR_F32 ? X86_CVTSS2SD : X86_CVTSD2SS, dst, x);
    canonicalise(l, insn->type, dst);
    return true;
}

static bool box(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (ir_result_type(&l->ir->insn[insn->a]) != IR_F32)
        return false;
    const unsigned x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    x86_vvm(&l->b, X86_ORPS, lower_define_vec(l, ref, x), x, private_mem(PRIVATE_BOX32));
    return true;
}

static bool unbox(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->type != IR_F32)
        return false;
    const struct operand x = lower_operand_vec(l, insn->a);
    lower_consume(l, insn->a);
    struct x86_mem upper = x.mem;
    unsigned bits = NO_REG;
    if (x.kind == IN_MEMORY) {
        upper.disp += 4;
        x86_mi(&l->b, X86_CMP, 4, upper, -1);
    } else {
        bits = lower_scratch(l);
        x86_rvi(&l->b, X86_PEXTRD, 4, bits, x.reg, 1);
        x86_ri(&l->b, X86_CMP, 4, bits, -1);
    }
    const unsigned dst = lower_define_vec(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
    if (x.kind == IN_MEMORY)
        x86_vm(&l->b, X86_MOVSS, dst, x.mem);
    else if (dst != x.reg)
        x86_vv(&l->b, X86_MOVAPS, dst, x.reg);
    struct cold *cold = lower_cold(l, COLD_CANON, x86_jcc(&l->b, CC_NE));
    cold->reg = (uint8_t)dst;
    cold->type = IR_F32;
    cold->back = l->b.at;
    return true;
}

static bool move_bits(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->op == IR_fbits) {
        const enum ir_type from = ir_result_type(&l->ir->insn[insn->a]);
        if (from == IR_F16)
            return false;
        const unsigned x = lower_use_vec(l, insn->a);
        lower_consume(l, insn->a);
        x86_rv(&l->b, from == IR_F32 ? X86_MOVD : X86_MOVQ, from == IR_F32 ? 4 : 8,
               lower_define(l, ref, NO_REG), x);
        return true;
    }
    if (insn->type == IR_F16)
        return false;
    const unsigned x = lower_use(l, insn->a);
    lower_consume(l, insn->a);
    x86_vr(&l->b, narrow(insn) ? X86_MOVD : X86_MOVQ, narrow(insn) ? 4 : 8,
           lower_define_vec(l, ref, NO_REG), x);
    return true;
}

bool lower_float(struct lower *l, ir_ref ref) {
    if (lower_float_checked(l, ref))
        return true;
    switch (l->ir->insn[ref].op) {
    case IR_fadd: return binary(l, ref, X86_ADDSS, X86_ADDSD, true);
    case IR_fsub: return binary(l, ref, X86_SUBSS, X86_SUBSD, false);
    case IR_fmul: return binary(l, ref, X86_MULSS, X86_MULSD, true);
    case IR_fdiv: return binary(l, ref, X86_DIVSS, X86_DIVSD, false);
    case IR_fsqrt: return square_root(l, ref);
    case IR_fma: return fused(l, ref);
    case IR_fcanon: return canonical(l, ref);
    case IR_fcmp: return compare(l, ref);
    case IR_fneg:
    case IR_fabs:
    case IR_fcopysign: return sign_bits(l, ref);
    case IR_ftoi: return to_integer(l, ref);
    case IR_itof: return from_integer(l, ref);
    case IR_ftof: return between_formats(l, ref);
    case IR_nanbox: return box(l, ref);
    case IR_nanunbox: return unbox(l, ref);
    case IR_fbits:
    case IR_ffrom: return move_bits(l, ref);
    default: return false;
    }
}
