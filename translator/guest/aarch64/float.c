/* Floating point, scalar: arithmetic, comparison, selection and moves (Arm ARM C4.1, "Data
 * Processing -- Scalar Floating-Point"), and what all floating-point instructions share. */
#include "translator/guest/aarch64/float.h"

#include "runtime/softfloat.h"

/* --- scalars --- */

ir_ref get_float(struct lifter *l, enum ir_type type, unsigned v) {
    ir_ref value = getf(l, type, v);
    return flushes(l, type) ? ir_fflush(l->ir, type, value) : value;
}

void put_float(struct lifter *l, enum ir_type type, unsigned v, ir_ref value) {
    putf(l, type, v, l->mode & AARCH64_MODE_DN ? ir_fcanon(l->ir, type, value) : value);
}

static ir_ref arithmetic(struct lifter *l, enum ir_op op, enum ir_type type, unsigned flags,
                         ir_ref a, ir_ref b, ir_ref c) {
    return ir_emit(l->ir, op, type, FP_DYNAMIC | flags | float_rules(l, type), a, b, c, 0);
}

/* --- lanes --- */

static ir_ref lowest(struct lifter *l, struct lanes s, ir_ref vector) {
    return ir_emit(l->ir, IR_vlowf, lane_type(s.lane), 0, vector, 0, 0, 0);
}

ir_ref get_bits(struct lifter *l, struct lanes s, unsigned v) {
    switch (s.extent) {
    case LOWEST_LANE: return getf(l, lane_type(s.lane), v);
    case LOW_HALF: return ir_vduplane(l->ir, IR_LANE_D, getv(l, v));
    default: return getv(l, v);
    }
}

ir_ref flushed(struct lifter *l, struct lanes s, ir_ref value) {
    const enum ir_type type = lane_type(s.lane);
    if (!flushes(l, type))
        return value;
    return s.extent == LOWEST_LANE ? ir_fflush(l->ir, type, value)
                                   : ir_vfflush(l->ir, s.lane, value);
}

ir_ref get_element(struct lifter *l, struct lanes s, unsigned v, unsigned index) {
    ir_ref value = ir_vduplane(l->ir, IR_LANE_AT(s.lane, index), getv(l, v));
    return flushed(l, s, s.extent == LOWEST_LANE ? lowest(l, s, value) : value);
}

void put_bits(struct lifter *l, struct lanes s, unsigned v, ir_ref value) {
    if (s.extent == LOWEST_LANE)
        putf(l, lane_type(s.lane), v, value);
    else
        putv_q(l, s.extent == WHOLE, v, value);
}

void put_lanes_float(struct lifter *l, struct lanes s, unsigned v, ir_ref value) {
    if (s.extent == LOWEST_LANE)
        put_float(l, lane_type(s.lane), v, value);
    else
        put_bits(l, s, v, l->mode & AARCH64_MODE_DN ? ir_vfcanon(l->ir, s.lane, value) : value);
}

/* IR_nop: there is none. */
static enum ir_op scalar_operation(enum ir_op op) {
    switch (op) {
    case IR_vfadd: return IR_fadd;
    case IR_vfsub: return IR_fsub;
    case IR_vfmul: return IR_fmul;
    case IR_vfma: return IR_fma;
    case IR_vfmin: return IR_fmin;
    case IR_vfmax: return IR_fmax;
    case IR_vfminm: return IR_fminm;
    case IR_vfmaxm: return IR_fmaxm;
    case IR_vfabs: return IR_fabs;
    default: return IR_nop;
    }
}

/* A scalar in every lane, so that all raise the same flags. */
static ir_ref repeated(struct lifter *l, struct lanes s, ir_ref scalar) {
    if (scalar == IR_NO_REF)
        return IR_NO_REF;
    return ir_vduplane(l->ir, s.lane, ir_vfrom(l->ir, IR_V128, scalar));
}

ir_ref lanes_operation(struct lifter *l, enum ir_op op, struct lanes s, unsigned aux, ir_ref a,
                       ir_ref b, ir_ref c) {
    const unsigned vector_aux = IR_VECTOR_FP(s.lane, aux);
    if (s.extent != LOWEST_LANE)
        return ir_emit(l->ir, op, IR_V128, vector_aux, a, b, c, 0);
    if (scalar_operation(op) != IR_nop)
        return ir_emit(l->ir, scalar_operation(op), lane_type(s.lane), aux, a, b, c, 0);
    return lowest(l, s,
                  ir_emit(l->ir, op, IR_V128, vector_aux, repeated(l, s, a), repeated(l, s, b),
                          repeated(l, s, c), 0));
}

ir_ref rounded(struct lifter *l, enum ir_op op, struct lanes s, unsigned flags, ir_ref a, ir_ref b,
               ir_ref c) {
    unsigned aux = FP_DYNAMIC | flags | float_rules(l, lane_type(s.lane));
    return lanes_operation(l, op, s, aux, a, b, c);
}

/* --- rows --- */

/* An instruction's rows for single and double precision and for halves, from one statement, in
 * which `f` is the type. */
#define FLOAT(id, head, tail, statement)            \
    INSN(id, head " 0z 1 " tail, "fp")              \
    {                                               \
        const enum ir_type f = float_type(a->size); \
        statement;                                  \
    }                                               \
    INSN(id##_h, head " 11 1 " tail, "fp16")        \
    {                                               \
        const enum ir_type f = IR_F16;              \
        statement;                                  \
    }

/* --- arithmetic --- */

static void binary(struct lifter *l, const struct operands *a, enum ir_type f, enum ir_op op) {
    ir_ref n = get_float(l, f, a->n), m = get_float(l, f, a->m);
    put_float(l, f, a->d, arithmetic(l, op, f, 0, n, m, IR_NO_REF));
}

/* Minima and maxima do not round. */
static void min_max(struct lifter *l, const struct operands *a, enum ir_type f, enum ir_op op) {
    ir_ref n = get_float(l, f, a->n), m = get_float(l, f, a->m);
    put_float(l, f, a->d, ir_emit(l->ir, op, f, IR_FP_PROPAGATE, n, m, 0, 0));
}

#define FLOAT_BINARY(id, opcode, statement) \
    FLOAT(id, "00011110", "mmmmm " opcode " 10 nnnnn ddddd", statement)

FLOAT_BINARY(fmul, "0000", binary(l, a, f, IR_fmul))
FLOAT_BINARY(fdiv, "0001", binary(l, a, f, IR_fdiv))
FLOAT_BINARY(fadd, "0010", binary(l, a, f, IR_fadd))
FLOAT_BINARY(fsub, "0011", binary(l, a, f, IR_fsub))
FLOAT_BINARY(fmax, "0100", min_max(l, a, f, IR_fmaxm))
FLOAT_BINARY(fmin, "0101", min_max(l, a, f, IR_fminm))
FLOAT_BINARY(fmaxnm, "0110", min_max(l, a, f, IR_fmax))
FLOAT_BINARY(fminnm, "0111", min_max(l, a, f, IR_fmin))

static void negated_product(struct lifter *l, const struct operands *a, enum ir_type f) {
    ir_ref n = get_float(l, f, a->n), m = get_float(l, f, a->m);
    ir_ref product = arithmetic(l, IR_fmul, f, 0, n, m, IR_NO_REF);
    if (l->mode & AARCH64_MODE_DN)
        product = ir_fcanon(l->ir, f, product);
    putf(l, f, a->d, ir_fneg(l->ir, f, product));
}

FLOAT_BINARY(fnmul, "1000", negated_product(l, a, f))

static void multiply_add(struct lifter *l, const struct operands *a, enum ir_type f,
                         unsigned signs) {
    ir_ref n = get_float(l, f, a->n), m = get_float(l, f, a->m), addend = get_float(l, f, a->a);
    put_float(l, f, a->d, arithmetic(l, IR_fma, f, signs, n, m, addend));
}

#define FLOAT_FMA(id, o1, o0, signs)                                          \
    INSN(id, "00011111 0z " o1 " mmmmm " o0 " aaaaa nnnnn ddddd", "fp")       \
    { multiply_add(l, a, float_type(a->size), signs); }                       \
    INSN(id##_h, "00011111 11 " o1 " mmmmm " o0 " aaaaa nnnnn ddddd", "fp16") \
    { multiply_add(l, a, IR_F16, signs); }

FLOAT_FMA(fmadd, "0", "0", 0)
FLOAT_FMA(fmsub, "0", "1", IR_FMA_NEG_PRODUCT)
FLOAT_FMA(fnmadd, "1", "0", IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND)
FLOAT_FMA(fnmsub, "1", "1", IR_FMA_NEG_ADDEND)

#define FLOAT_UNARY(id, opcode, statement) \
    FLOAT(id, "00011110", opcode " 10000 nnnnn ddddd", statement)

FLOAT_UNARY(fmov, "000000", putf(l, f, a->d, getf(l, f, a->n)))
FLOAT_UNARY(fabs, "000001", putf(l, f, a->d, ir_fabs(l->ir, f, getf(l, f, a->n))))
FLOAT_UNARY(fneg, "000010", putf(l, f, a->d, ir_fneg(l->ir, f, getf(l, f, a->n))))
FLOAT_UNARY(fsqrt, "000011",
            put_float(l, f, a->d,
                      arithmetic(l, IR_fsqrt, f, 0, get_float(l, f, a->n), IR_NO_REF, IR_NO_REF)))

/* --- comparison and selection --- */

static void compare(struct lifter *l, const struct operands *a, enum ir_type f, bool with_zero,
                    bool signalling) {
    ir_ref n = get_float(l, f, a->n);
    ir_ref m = with_zero ? ir_const(l->ir, f, 0) : get_float(l, f, a->m);
    put_flags(l, ir_flags_fcmp(l->ir, f, signalling, n, m));
}

#define FLOAT_COMPARE(id, opcode2, with_zero, signalling) \
    FLOAT(id, "00011110", "mmmmm 00 1000 nnnnn " opcode2, compare(l, a, f, with_zero, signalling))

FLOAT_COMPARE(fcmp, "00000", false, false)
FLOAT_COMPARE(fcmp_zero, "01000", true, false)
FLOAT_COMPARE(fcmpe, "10000", false, true)
FLOAT_COMPARE(fcmpe_zero, "11000", true, true)

/* By way of the bits: hosts select integers. */
static ir_ref select_float(struct lifter *l, enum ir_type f, ir_ref condition, ir_ref then,
                           ir_ref otherwise) {
    const enum ir_type bits = bits_type(f);
    ir_ref selected = ir_select(l->ir, bits, condition, ir_fbits(l->ir, bits, then),
                                ir_fbits(l->ir, bits, otherwise));
    return ir_ffrom(l->ir, f, selected);
}

/* Where the condition fails nothing is compared, and no flag raised: zeros are. */
static void conditional_compare(struct lifter *l, const struct operands *a, enum ir_type f,
                                bool signalling) {
    ir_ref holds = condition(l, a->cond), zero = ir_const(l->ir, f, 0);
    ir_ref n = select_float(l, f, holds, getf(l, f, a->n), zero);
    ir_ref m = select_float(l, f, holds, getf(l, f, a->m), zero);
    if (flushes(l, f)) {
        n = ir_fflush(l->ir, f, n);
        m = ir_fflush(l->ir, f, m);
    }
    ir_ref flags = ir_flags_fcmp(l->ir, f, signalling, n, m);
    put_flags(l, ir_select(l->ir, IR_I64, holds, flags, constant_flags(l, a->nzcv)));
}

#define FLOAT_CONDITIONAL_COMPARE(id, op, signalling)        \
    FLOAT(id, "00011110", "mmmmm cccc 01 nnnnn " op " ffff", \
          conditional_compare(l, a, f, signalling))

FLOAT_CONDITIONAL_COMPARE(fccmp, "0", false)
FLOAT_CONDITIONAL_COMPARE(fccmpe, "1", true)

FLOAT(fcsel, "00011110", "mmmmm cccc 11 nnnnn ddddd",
      putf(l, f, a->d,
           select_float(l, f, condition(l, a->cond), getf(l, f, a->n), getf(l, f, a->m))))

/* --- moves --- */

/* VFPExpandImm: sign, three bits of exponent about 0, four of fraction. */
static uint64_t expanded(enum ir_type f, uint64_t imm8) {
    const struct fp_format *format = f == IR_F16 ? &fp_f16 : f == IR_F32 ? &fp_f32 : &fp_f64;
    uint64_t exponent = (imm8 >> 4 & 7) ^ 4; /* from -3 on */
    uint64_t bias = (UINT64_C(1) << (format->exponent_bits - 1)) - 1;
    return (imm8 & 0x80 ? fp_sign_bit(format) : 0) |
           (bias - 3 + exponent) << format->fraction_bits |
           (imm8 & 15) << (format->fraction_bits - 4);
}

FLOAT(fmov_imm, "00011110", "iiiiiiii 100 00000 ddddd",
      putv(l, a->d, ir_vconst(l->ir, expanded(f, (uint64_t)a->imm), false)))

static bool whole_doubles(const struct operands *a) {
    return a->q || !a->u;
}

/* a->u is op: doubles. */
INSN_IF(fmov_vector_imm, whole_doubles, "0qu01111 00000 III 1111 01 iiiii ddddd", "simd") {
    uint64_t bits = expanded(a->u ? IR_F64 : IR_F32, (uint64_t)a->imm);
    putv(l, a->d, ir_vconst(l->ir, a->u ? bits : bits * 0x0000000100000001, a->q));
}

INSN(fmov_vector_imm_h, "0q001111 00000 III 1111 11 iiiii ddddd", "fp16")
{
    uint64_t bits = expanded(IR_F16, (uint64_t)a->imm);
    putv(l, a->d, ir_vconst(l->ir, bits * 0x0001000100010001, a->q));
}

static void move_to_general(struct lifter *l, const struct operands *a, enum ir_type f) {
    ir_ref bits = ir_fbits(l->ir, bits_type(f), getf(l, f, a->n));
    put64(l, a->d, f == IR_F64 ? bits : ir_zext32(l->ir, IR_I64, bits));
}

static void move_from_general(struct lifter *l, const struct operands *a, enum ir_type f) {
    ir_ref bits = f == IR_F64 ? get64(l, a->n) : get32(l, a->n);
    putf(l, f, a->d, ir_ffrom(l->ir, f, bits));
}

#define FLOAT_MOVE(suffix, sf, ftype, extension, type)                                      \
    INSN(fmov_to_##suffix, sf "0011110 " ftype " 1 00 110 000000 nnnnn ddddd", extension)   \
    { move_to_general(l, a, type); }                                                        \
    INSN(fmov_from_##suffix, sf "0011110 " ftype " 1 00 111 000000 nnnnn ddddd", extension) \
    { move_from_general(l, a, type); }

FLOAT_MOVE(w, "0", "00", "fp", IR_F32)
FLOAT_MOVE(x, "1", "01", "fp", IR_F64)
FLOAT_MOVE(h, "x", "11", "fp16", IR_F16)

INSN(fmov_to_upper, "10011110 10 1 01 110 000000 nnnnn ddddd", "fp")
{ put64(l, a->d, ir_vget(l->ir, IR_LANE_AT(IR_LANE_D, 1), getv(l, a->n))); }

INSN(fmov_from_upper, "10011110 10 1 01 111 000000 nnnnn ddddd", "fp")
{ putv(l, a->d, ir_vput(l->ir, IR_LANE_AT(IR_LANE_D, 1), getv(l, a->d), get64(l, a->n))); }
