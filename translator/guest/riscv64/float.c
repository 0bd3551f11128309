/* F, D, Zfh and Zfa: floating point in three formats.
 *
 * A floating-point register is a 64-bit image; narrower values are NaN-boxed in it. FLOAT defines
 * an instruction's rows for all three formats from one statement, in which `f` is the format's IR
 * type. */
#include <math.h>

#include "runtime/softfloat.h"
#include "translator/guest/riscv64/lift.h"

#define FLOAT_FORMAT(id, encoding, operands, extension, type, statement) \
    INSN(id, encoding, extension, operands)                              \
    {                                                                    \
        enum ir_type f = type;                                           \
        statement;                                                       \
    }
#define FLOAT_SDH(id, head, tail, operands, extension_s, extension_d, extension_h, statement) \
    FLOAT_FORMAT(id##_s, head " 00 " tail, operands, extension_s, IR_F32, statement)          \
    FLOAT_FORMAT(id##_d, head " 01 " tail, operands, extension_d, IR_F64, statement)          \
    FLOAT_FORMAT(id##_h, head " 10 " tail, operands, extension_h, IR_F16, statement)
#define FLOAT(id, head, tail, operands, statement) \
    FLOAT_SDH(id, head, tail, operands, "f", "d", "zfh", statement)
#define FLOAT_ZFA(id, head, tail, operands, statement) \
    FLOAT_SDH(id, head, tail, operands, "zfa", "zfa", "zfa", statement)

/* --- registers and rounding --- */

static ir_ref get_image(struct lifter *l, unsigned reg) {
    return ir_get(l->ir, IR_F64, REG_VEC + reg);
}

static void put_image(struct lifter *l, unsigned reg, ir_ref image) {
    ir_put(l->ir, IR_F64, REG_VEC + reg, image);
}

static ir_ref get_float(struct lifter *l, enum ir_type f, unsigned reg) {
    ir_ref image = get_image(l, reg);
    return f == IR_F64 ? image : ir_nanunbox(l->ir, f, image);
}

static void put_float(struct lifter *l, enum ir_type f, unsigned reg, ir_ref value) {
    put_image(l, reg, f == IR_F64 ? value : ir_nanbox(l->ir, IR_F64, value));
}

/* The rounding mode that an instruction with this rm field has. The instruction is illegal, and
 * what is lifted after that is dropped, when it asks for a dynamic mode that is reserved. */
static enum fp_round rounding(struct lifter *l, unsigned rm) {
    if (rm != FP_DYNAMIC)
        return (enum fp_round)rm;
    if (l->mode == FP_RMM)
        return FP_RMM;
    if (l->mode != 0)
        lift_illegal(l);
    return FP_DYNAMIC;
}

/* For instructions that have the field but whose results are always exact. */
static enum fp_round no_rounding(struct lifter *l, unsigned rm) {
    rounding(l, rm);
    return FP_DYNAMIC;
}

/* --- loads and stores --- */

void lift_float_load(struct lifter *l, enum ir_type f, unsigned d, unsigned base, int64_t offset) {
    ir_ref addr = get(l, base), value;
    if (f == IR_F16)
        value = ir_ffrom(l->ir, IR_F16, ir_load(l->ir, IR_I32, IR_MEM(IR_U16, 0), addr, offset));
    else
        value = ir_load(l->ir, f, IR_MEM(f == IR_F32 ? IR_U32 : IR_64, 0), addr, offset);
    put_float(l, f, d, value);
}

/* The low bits are stored as they are, boxed properly or not. */
void lift_float_store(struct lifter *l, enum ir_type f, unsigned t, unsigned base, int64_t offset) {
    ir_ref addr = get(l, base), image = get_image(l, t);
    if (f == IR_F64)
        ir_store(l->ir, IR_F64, IR_MEM(IR_64, 0), addr, offset, image);
    else
        ir_store(l->ir, IR_I64, IR_MEM(f == IR_F32 ? IR_U32 : IR_U16, 0), addr, offset,
                 ir_fbits(l->ir, IR_I64, image));
}

#define FLOAT_MEMORY(suffix, width, extension, type)                                             \
    FLOAT_FORMAT(fl##suffix, "iiiiiiiiiiii sssss " width " ddddd 0000111", "D,i(s)", extension,  \
                 type, lift_float_load(l, f, a->d, a->s, a->imm))                                \
    FLOAT_FORMAT(fs##suffix, "iiiiiii ttttt sssss " width " iiiii 0100111", "T,i(s)", extension, \
                 type, lift_float_store(l, f, a->t, a->s, a->imm))

FLOAT_MEMORY(h, "001", "zfhmin", IR_F16)
FLOAT_MEMORY(w, "010", "f", IR_F32)
FLOAT_MEMORY(d, "011", "d", IR_F64)

/* --- arithmetic --- */

static void binary(struct lifter *l, const struct operands *a, enum ir_type f, enum ir_op op) {
    enum fp_round round = rounding(l, a->rm);
    ir_ref s = get_float(l, f, a->s), t = get_float(l, f, a->t);
    put_float(l, f, a->d, ir_fcanon(l->ir, f, ir_emit(l->ir, op, f, round, s, t, 0, 0)));
}

static void square_root(struct lifter *l, const struct operands *a, enum ir_type f) {
    enum fp_round round = rounding(l, a->rm);
    ir_ref root = ir_emit(l->ir, IR_fsqrt, f, round, get_float(l, f, a->s), 0, 0, 0);
    put_float(l, f, a->d, ir_fcanon(l->ir, f, root));
}

static void multiply_add(struct lifter *l, const struct operands *a, enum ir_type f,
                         unsigned signs) {
    enum fp_round round = rounding(l, a->rm);
    ir_ref s = get_float(l, f, a->s), t = get_float(l, f, a->t), r = get_float(l, f, a->r);
    put_float(l, f, a->d, ir_emit(l->ir, IR_fma, f, round | signs, s, t, r, 0));
}

#define FLOAT_BINARY(id, funct5, op) \
    FLOAT(id, funct5, "ttttt sssss mmm ddddd 1010011", "D,S,T,m", binary(l, a, f, op))
#define FLOAT_FMA(id, opcode, signs) \
    FLOAT(id, "rrrrr", "ttttt sssss mmm ddddd " opcode, "D,S,T,R,m", multiply_add(l, a, f, signs))

FLOAT_BINARY(fadd, "00000", IR_fadd)
FLOAT_BINARY(fsub, "00001", IR_fsub)
FLOAT_BINARY(fmul, "00010", IR_fmul)
FLOAT_BINARY(fdiv, "00011", IR_fdiv)
FLOAT(fsqrt, "01011", "00000 sssss mmm ddddd 1010011", "D,S,m", square_root(l, a, f))
FLOAT_FMA(fmadd, "1000011", 0)
FLOAT_FMA(fmsub, "1000111", IR_FMA_NEG_ADDEND)
FLOAT_FMA(fnmsub, "1001011", IR_FMA_NEG_PRODUCT)
FLOAT_FMA(fnmadd, "1001111", IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND)

static void min_max(struct lifter *l, const struct operands *a, enum ir_type f, enum ir_op op) {
    ir_ref s = get_float(l, f, a->s), t = get_float(l, f, a->t);
    put_float(l, f, a->d, ir_emit(l->ir, op, f, 0, s, t, 0, 0));
}

FLOAT(fmin, "00101", "ttttt sssss 000 ddddd 1010011", "D,S,T", min_max(l, a, f, IR_fmin))
FLOAT(fmax, "00101", "ttttt sssss 001 ddddd 1010011", "D,S,T", min_max(l, a, f, IR_fmax))
FLOAT_ZFA(fminm, "00101", "ttttt sssss 010 ddddd 1010011", "D,S,T", min_max(l, a, f, IR_fminm))
FLOAT_ZFA(fmaxm, "00101", "ttttt sssss 011 ddddd 1010011", "D,S,T", min_max(l, a, f, IR_fmaxm))

/* --- signs, comparison and class --- */

/* fmv, fneg and fabs are these with equal operands. */
static void copy_sign(struct lifter *l, const struct operands *a, enum ir_type f) {
    ir_ref s = get_float(l, f, a->s), t = get_float(l, f, a->t);
    put_float(l, f, a->d, a->s == a->t ? s : ir_fcopysign(l->ir, f, s, t));
}

static void copy_negated_sign(struct lifter *l, const struct operands *a, enum ir_type f) {
    ir_ref s = get_float(l, f, a->s), negated = ir_fneg(l->ir, f, get_float(l, f, a->t));
    put_float(l, f, a->d, a->s == a->t ? negated : ir_fcopysign(l->ir, f, s, negated));
}

static void multiply_signs(struct lifter *l, const struct operands *a, enum ir_type f) {
    ir_ref s = get_float(l, f, a->s);
    if (a->s == a->t) {
        put_float(l, f, a->d, ir_fabs(l->ir, f, s));
        return;
    }
    enum ir_type bits = f == IR_F64 ? IR_I64 : IR_I32;
    ir_ref sign_bit = ir_const(l->ir, bits, UINT64_C(1) << (ir_type_size(f) * 8 - 1));
    ir_ref t = ir_fbits(l->ir, bits, get_float(l, f, a->t));
    ir_ref product =
        ir_xor(l->ir, bits, ir_fbits(l->ir, bits, s), ir_and(l->ir, bits, t, sign_bit));
    put_float(l, f, a->d, ir_ffrom(l->ir, f, product));
}

FLOAT(fsgnj, "00100", "ttttt sssss 000 ddddd 1010011", "D,S,T", copy_sign(l, a, f))
FLOAT(fsgnjn, "00100", "ttttt sssss 001 ddddd 1010011", "D,S,T", copy_negated_sign(l, a, f))
FLOAT(fsgnjx, "00100", "ttttt sssss 010 ddddd 1010011", "D,S,T", multiply_signs(l, a, f))

static void compare(struct lifter *l, const struct operands *a, enum ir_type f,
                    enum ir_fcond cond) {
    ir_ref s = get_float(l, f, a->s), t = get_float(l, f, a->t);
    put(l, a->d, ir_fcmp(l->ir, f, cond, s, t));
}

FLOAT(feq, "10100", "ttttt sssss 010 ddddd 1010011", "d,S,T", compare(l, a, f, IR_FEQ))
FLOAT(flt, "10100", "ttttt sssss 001 ddddd 1010011", "d,S,T", compare(l, a, f, IR_FLT))
FLOAT(fle, "10100", "ttttt sssss 000 ddddd 1010011", "d,S,T", compare(l, a, f, IR_FLE))
FLOAT_ZFA(fltq, "10100", "ttttt sssss 101 ddddd 1010011", "d,S,T", compare(l, a, f, IR_FLTQ))
FLOAT_ZFA(fleq, "10100", "ttttt sssss 100 ddddd 1010011", "d,S,T", compare(l, a, f, IR_FLEQ))

static void classify(struct lifter *l, const struct operands *a, enum ir_type f) {
    put(l, a->d, ir_emit(l->ir, IR_fclass, f, 0, get_float(l, f, a->s), 0, 0, 0));
}

FLOAT(fclass, "11100", "00000 sssss 001 ddddd 1010011", "d,S", classify(l, a, f))

/* --- moves --- */

/* The low bits of the register as they are. */
static void move_to_integer(struct lifter *l, const struct operands *a, enum ir_type f) {
    ir_ref bits = ir_fbits(l->ir, IR_I64, get_image(l, a->s));
    if (f == IR_F16)
        bits = ir_sext16(l->ir, IR_I64, bits);
    else if (f == IR_F32)
        bits = ir_sext32(l->ir, IR_I64, ir_trunc(l->ir, IR_I32, bits));
    put(l, a->d, bits);
}

static void move_from_integer(struct lifter *l, const struct operands *a, enum ir_type f) {
    ir_ref bits = f == IR_F64 ? get(l, a->s) : get32(l, a->s);
    put_float(l, f, a->d, ir_ffrom(l->ir, f, bits));
}

#define FLOAT_MOVE(suffix, fmt, extension, type)                                                  \
    FLOAT_FORMAT(fmv_x_##suffix, "11100 " fmt " 00000 sssss 000 ddddd 1010011", "d,S", extension, \
                 type, move_to_integer(l, a, f))                                                  \
    FLOAT_FORMAT(fmv_##suffix##_x, "11110 " fmt " 00000 sssss 000 ddddd 1010011", "D,s",          \
                 extension, type, move_from_integer(l, a, f))

FLOAT_MOVE(w, "00", "f", IR_F32)
FLOAT_MOVE(d, "01", "d", IR_F64)
FLOAT_MOVE(h, "10", "zfhmin", IR_F16)

/* Unprivileged ISA, "Zfa": the values of fli by index. Index 1 is the format's smallest normal
 * number; 2^16 overflows to infinity in half precision. */
static void load_immediate(struct lifter *l, const struct operands *a, enum ir_type f) {
    static const double values[32] = {
        -1.0,   0.0, 0x1p-16, 0x1p-15, 0x1p-8, 0x1p-7, 0.0625, 0.125,  0.25,     0.3125, 0.375,
        0.4375, 0.5, 0.625,   0.75,    0.875,  1.0,    1.25,   1.5,    1.75,     2.0,    2.5,
        3.0,    4.0, 8.0,     16.0,    128.0,  256.0,  0x1p15, 0x1p16, HUGE_VAL, NAN,
    };
    const struct fp_format *format = f == IR_F64 ? &fp_f64 : f == IR_F32 ? &fp_f32 : &fp_f16;
    struct fp_env unused = {0};
    union {
        double value;
        uint64_t bits;
    } wide = {values[a->imm]};
    uint64_t bits = a->imm == 1 ? UINT64_C(1) << format->fraction_bits
                                : fp_convert(&unused, &fp_f64, format, FP_RNE, wide.bits);
    put_float(l, f, a->d, ir_const(l->ir, f, bits));
}

FLOAT_ZFA(fli, "11110", "00001 kkkkk 000 ddddd 1010011", "D,k", load_immediate(l, a, f))

/* --- conversions --- */

static void to_integer(struct lifter *l, const struct operands *a, enum ir_type f,
                       enum ir_type integer, unsigned sign) {
    unsigned aux = rounding(l, a->rm) | sign;
    ir_ref value = ir_emit(l->ir, IR_ftoi, integer, aux, get_float(l, f, a->s), 0, 0, 0);
    if (integer == IR_I32)
        put32(l, a->d, value);
    else
        put(l, a->d, value);
}

static void from_integer(struct lifter *l, const struct operands *a, enum ir_type f,
                         enum ir_type integer, unsigned sign) {
    bool exact = f == IR_F64 && integer == IR_I32;
    unsigned aux = (exact ? no_rounding(l, a->rm) : rounding(l, a->rm)) | sign;
    ir_ref value = integer == IR_I32 ? get32(l, a->s) : get(l, a->s);
    put_float(l, f, a->d, ir_emit(l->ir, IR_itof, f, aux, value, 0, 0, 0));
}

#define FLOAT_FROM(format, suffix, fmt, source, extension, type, statement)                    \
    FLOAT_FORMAT(fcvt_##format##_##suffix, "11010 " fmt " " source " sssss mmm ddddd 1010011", \
                 "D,s,m", extension, type, statement)
#define FLOAT_INTEGER(suffix, code, integer, sign)                                       \
    FLOAT(fcvt_##suffix, "11000", code " sssss mmm ddddd 1010011", "d,S,m",              \
          to_integer(l, a, f, integer, sign))                                            \
    FLOAT_FROM(s, suffix, "00", code, "f", IR_F32, from_integer(l, a, f, integer, sign)) \
    FLOAT_FROM(d, suffix, "01", code, "d", IR_F64, from_integer(l, a, f, integer, sign)) \
    FLOAT_FROM(h, suffix, "10", code, "zfh", IR_F16, from_integer(l, a, f, integer, sign))

FLOAT_INTEGER(w, "00000", IR_I32, 0)
FLOAT_INTEGER(wu, "00001", IR_I32, IR_FP_UNSIGNED)
FLOAT_INTEGER(l, "00010", IR_I64, 0)
FLOAT_INTEGER(lu, "00011", IR_I64, IR_FP_UNSIGNED)

static void convert(struct lifter *l, const struct operands *a, enum ir_type f, enum ir_type from) {
    bool exact = ir_type_size(f) > ir_type_size(from);
    enum fp_round round = exact ? no_rounding(l, a->rm) : rounding(l, a->rm);
    ir_ref value = get_float(l, from, a->s);
    put_float(l, f, a->d, ir_emit(l->ir, IR_ftof, f, round, value, 0, 0, 0));
}

#define FLOAT_CONVERT(to, from, fmt, code, extension, type, from_type)                          \
    FLOAT_FORMAT(fcvt_##to##_##from, "01000 " fmt " " code " sssss mmm ddddd 1010011", "D,S,m", \
                 extension, type, convert(l, a, f, from_type))

FLOAT_CONVERT(s, d, "00", "00001", "d", IR_F32, IR_F64)
FLOAT_CONVERT(s, h, "00", "00010", "zfhmin", IR_F32, IR_F16)
FLOAT_CONVERT(d, s, "01", "00000", "d", IR_F64, IR_F32)
FLOAT_CONVERT(d, h, "01", "00010", "zfhmin", IR_F64, IR_F16)
FLOAT_CONVERT(h, s, "10", "00000", "zfhmin", IR_F16, IR_F32)
FLOAT_CONVERT(h, d, "10", "00001", "zfhmin", IR_F16, IR_F64)

static void to_integral(struct lifter *l, const struct operands *a, enum ir_type f,
                        unsigned flags) {
    unsigned aux = rounding(l, a->rm) | flags;
    put_float(l, f, a->d, ir_emit(l->ir, IR_fround, f, aux, get_float(l, f, a->s), 0, 0, 0));
}

FLOAT_ZFA(fround, "01000", "00100 sssss mmm ddddd 1010011", "D,S,m", to_integral(l, a, f, 0))
FLOAT_ZFA(froundnx, "01000", "00101 sssss mmm ddddd 1010011", "D,S,m",
          to_integral(l, a, f, IR_ROUND_EXACT))

/* The integer part modulo 2^32, sign-extended; flags as fcvt.w.d. */
static uint64_t convert_modular(struct cpu *cpu, uint64_t bits) {
    bool same;
    return (uint64_t)(int64_t)(int32_t)fp_to_int_modular(&cpu->fp, bits, &same);
}

static const struct ir_helper convert_modular_helper = {
    .name = "riscv64_fcvtmod",
    .function = (void (*)(void))convert_modular,
    .result = IR_I64,
    .arguments = 1,
    .takes_cpu = true,
    .repeatable = true,
};

INSN(fcvtmod_w_d, "1100001 01000 sssss 001 ddddd 1010011", "zfa", "d,S,m")
{
    ir_ref bits = ir_fbits(l->ir, IR_I64, get_image(l, a->s));
    put(l, a->d, ir_helper(l->ir, &convert_modular_helper, bits, IR_NO_REF, IR_NO_REF));
}
