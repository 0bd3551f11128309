/* Floating point, scalar: conversions between formats, to and from integers, and to integral
 * values; and those instructions of Advanced SIMD (scalar) that do the same. */
#include "translator/guest/aarch64/float.h"

/* --- between formats --- */

/* FPConvert. Halves are never flushed (FPUnpackCV, FPRoundCV), but may be of the alternative
 * format. */
static void convert(struct lifter *l, const struct operands *a, enum ir_type to, enum ir_type from,
                    enum fp_round round) {
    bool half = to == IR_F16 || from == IR_F16;
    unsigned aux = round | IR_FP_PROPAGATE;
    aux |= half && l->mode & AARCH64_MODE_AHP ? IR_FP_ALTERNATIVE_HALF : 0;
    aux |= to != IR_F16 && flushes(l, to) ? IR_FP_FLUSH : 0;
    ir_ref value = from == IR_F16 ? getf(l, from, a->n) : get_float(l, from, a->n);
    ir_ref result = ir_emit(l->ir, IR_ftof, to, aux, value, 0, 0, 0);
    if (to == IR_F16 && l->mode & AARCH64_MODE_AHP)
        putf(l, to, a->d, result); /* what looks like a NaN is a number */
    else
        put_float(l, to, a->d, result);
}

#define CONVERT(id, from, to, to_type, from_type)                      \
    INSN(id, "00011110 " from " 1 0001" to " 10000 nnnnn ddddd", "fp") \
    { convert(l, a, to_type, from_type, FP_DYNAMIC); }

CONVERT(fcvt_d_s, "00", "01", IR_F64, IR_F32)
CONVERT(fcvt_h_s, "00", "11", IR_F16, IR_F32)
CONVERT(fcvt_s_d, "01", "00", IR_F32, IR_F64)
CONVERT(fcvt_h_d, "01", "11", IR_F16, IR_F64)
CONVERT(fcvt_s_h, "11", "00", IR_F32, IR_F16)
CONVERT(fcvt_d_h, "11", "01", IR_F64, IR_F16)

INSN(fcvtxn_s, "01111110 01 10000 10110 10 nnnnn ddddd", "simd")
{ convert(l, a, IR_F32, IR_F64, FP_ODD); }

/* --- to integral values --- */

static void to_integral(struct lifter *l, const struct operands *a, enum ir_type f, unsigned aux) {
    ir_ref value = get_float(l, f, a->n);
    put_float(l, f, a->d, ir_emit(l->ir, IR_fround, f, aux | IR_FP_PROPAGATE, value, 0, 0, 0));
}

#define TO_INTEGRAL(id, opcode, aux)                                   \
    INSN(id, "00011110 0z 1 " opcode " 10000 nnnnn ddddd", "fp")       \
    { to_integral(l, a, float_type(a->size), aux); }                   \
    INSN(id##_h, "00011110 11 1 " opcode " 10000 nnnnn ddddd", "fp16") \
    { to_integral(l, a, IR_F16, aux); }
#define TO_RANGE(id, opcode, aux)                                     \
    INSN(id, "00011110 0z 1 " opcode " 10000 nnnnn ddddd", "frintts") \
    { to_integral(l, a, float_type(a->size), (aux) | IR_ROUND_EXACT); }

TO_INTEGRAL(frintn, "001000", FP_RNE)
TO_INTEGRAL(frintp, "001001", FP_RUP)
TO_INTEGRAL(frintm, "001010", FP_RDN)
TO_INTEGRAL(frintz, "001011", FP_RTZ)
TO_INTEGRAL(frinta, "001100", FP_RMM)
TO_INTEGRAL(frintx, "001110", FP_DYNAMIC | IR_ROUND_EXACT)
TO_INTEGRAL(frinti, "001111", FP_DYNAMIC)
TO_RANGE(frint32z, "010000", FP_RTZ | IR_ROUND_TO_32)
TO_RANGE(frint32x, "010001", FP_DYNAMIC | IR_ROUND_TO_32)
TO_RANGE(frint64z, "010010", FP_RTZ | IR_ROUND_TO_64)
TO_RANGE(frint64x, "010011", FP_DYNAMIC | IR_ROUND_TO_64)

/* --- to integers: in general registers, and (Advanced SIMD, scalar) in vector registers --- */

static ir_ref to_integer(struct lifter *l, const struct operands *a, enum ir_type f,
                         enum ir_type integer, unsigned aux) {
    return ir_emit(l->ir, IR_ftoi, integer, aux | IR_FP_PROPAGATE, get_float(l, f, a->n), 0, 0, 0);
}

static void to_general(struct lifter *l, const struct operands *a, enum ir_type f, unsigned aux) {
    put(l, a->sf, a->d, to_integer(l, a, f, type_of(a->sf), aux));
}

/* rmode and opcode of the general form; U, bit 23 and opcode of the vector form. */
#define TO_INTEGER(id, rmode, opcode, u, b, vector_opcode, aux)                        \
    INSN(id, "x0011110 0z 1 " rmode " " opcode " 000000 nnnnn ddddd", "fp")            \
    { to_general(l, a, float_type(a->size), aux); }                                    \
    INSN(id##_h, "x0011110 11 1 " rmode " " opcode " 000000 nnnnn ddddd", "fp16")      \
    { to_general(l, a, IR_F16, aux); }                                                 \
    INSN(id##_v, "01" u "11110 " b "z 10000 " vector_opcode " 10 nnnnn ddddd", "simd") \
    {                                                                                  \
        const enum ir_type f = float_type(a->size);                                    \
        putf(l, bits_type(f), a->d, to_integer(l, a, f, bits_type(f), aux));           \
    }

TO_INTEGER(fcvtns, "00", "000", "0", "0", "11010", FP_RNE)
TO_INTEGER(fcvtnu, "00", "001", "1", "0", "11010", FP_RNE | IR_FP_UNSIGNED)
TO_INTEGER(fcvtas, "00", "100", "0", "0", "11100", FP_RMM)
TO_INTEGER(fcvtau, "00", "101", "1", "0", "11100", FP_RMM | IR_FP_UNSIGNED)
TO_INTEGER(fcvtps, "01", "000", "0", "1", "11010", FP_RUP)
TO_INTEGER(fcvtpu, "01", "001", "1", "1", "11010", FP_RUP | IR_FP_UNSIGNED)
TO_INTEGER(fcvtms, "10", "000", "0", "0", "11011", FP_RDN)
TO_INTEGER(fcvtmu, "10", "001", "1", "0", "11011", FP_RDN | IR_FP_UNSIGNED)
TO_INTEGER(fcvtzs, "11", "000", "0", "1", "11011", FP_RTZ)
TO_INTEGER(fcvtzu, "11", "001", "1", "1", "11011", FP_RTZ | IR_FP_UNSIGNED)

INSN(fjcvtzs, "00011110 01 1 11 110 000000 nnnnn ddddd", "jscvt")
{
    ir_ref raw = getf(l, IR_F64, a->n), value = get_float(l, IR_F64, a->n);
    ir_ref result = ir_emit(l->ir, IR_ftoi_modular, IR_I64, 0, value, 0, 0, 0);
    ir_ref same = ir_shr(l->ir, IR_I64, result, imm(l, 32));
    /* FPToFixedJS: a subnormal number that was flushed is not the zero that it became. */
    if (value != raw) {
        ir_ref bits = ir_fbits(l->ir, IR_I64, raw), bits_used = ir_fbits(l->ir, IR_I64, value);
        same = ir_and(l->ir, IR_I64, same, ir_set(l->ir, IR_I64, IR_EQ, bits, bits_used));
    }
    put32(l, a->d, ir_trunc(l->ir, IR_I32, result));
    put_flags(l, ir_select(l->ir, IR_I64, same, imm(l, IR_FLAG_Z), imm(l, 0)));
}

/* --- from integers --- */

static ir_ref from_integer(struct lifter *l, enum ir_type f, unsigned aux, ir_ref value) {
    return ir_emit(l->ir, IR_itof, f, FP_DYNAMIC | float_rules(l, f) | aux, value, 0, 0, 0);
}

static void from_general(struct lifter *l, const struct operands *a, enum ir_type f, unsigned aux) {
    putf(l, f, a->d, from_integer(l, f, aux, get(l, a->sf, a->n)));
}

#define FROM_INTEGER(id, opcode, u, aux)                                   \
    INSN(id, "x0011110 0z 1 00 " opcode " 000000 nnnnn ddddd", "fp")       \
    { from_general(l, a, float_type(a->size), aux); }                      \
    INSN(id##_h, "x0011110 11 1 00 " opcode " 000000 nnnnn ddddd", "fp16") \
    { from_general(l, a, IR_F16, aux); }                                   \
    INSN(id##_v, "01" u "11110 0z 10000 11101 10 nnnnn ddddd", "simd")     \
    {                                                                      \
        const enum ir_type f = float_type(a->size);                        \
        ir_ref bits = ir_fbits(l->ir, bits_type(f), getf(l, f, a->n));     \
        putf(l, f, a->d, from_integer(l, f, aux, bits));                   \
    }

FROM_INTEGER(scvtf, "010", "0", 0)
FROM_INTEGER(ucvtf, "011", "1", IR_FP_UNSIGNED)

/* --- fixed point: a->imm is 64 minus the number of bits behind the point --- */

static bool fraction_fits(const struct operands *a) {
    return a->sf || a->imm >= 32;
}

static unsigned fraction(const struct operands *a) {
    return IR_FP_FRACTION(64 - a->imm);
}

#define FIXED(id, ftype, extension, type, code, statement)                                      \
    INSN_IF(id, fraction_fits, "x0011110 " ftype " 0 " code " iiiiii nnnnn ddddd", extension) { \
        const enum ir_type f = type;                                                            \
        statement;                                                                              \
    }
#define FIXED_POINT(id, code, statement)                        \
    FIXED(id, "0z", "fp", float_type(a->size), code, statement) \
    FIXED(id##_h, "11", "fp16", IR_F16, code, statement)

FIXED_POINT(scvtf_fixed, "00 010", from_general(l, a, f, fraction(a)))
FIXED_POINT(ucvtf_fixed, "00 011", from_general(l, a, f, fraction(a) | IR_FP_UNSIGNED))
FIXED_POINT(fcvtzs_fixed, "11 000", to_general(l, a, f, fraction(a) | FP_RTZ))
FIXED_POINT(fcvtzu_fixed, "11 001", to_general(l, a, f, fraction(a) | FP_RTZ | IR_FP_UNSIGNED))
