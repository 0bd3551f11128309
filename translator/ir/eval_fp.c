/* The meaning of the IR's floating-point operations, in terms of software floating point. */
#include "runtime/softfloat.h"
#include "translator/ir/eval.h"
#include "translator/ir/ir.h"

static const struct fp_format *format_of(enum ir_type type) {
    switch (type) {
    case IR_F16: return &fp_f16;
    case IR_F32: return &fp_f32;
    default: return &fp_f64;
    }
}

/* The type of the instruction: of the result, or for comparisons of the operands. */
static const struct fp_format *format(const struct ir_operands *operands) {
    return format_of((enum ir_type)operands->insn->type);
}

static const struct fp_format *operand_format(const struct ir_operands *operands) {
    return format_of(operands->operand_type);
}

static enum fp_round rounding(const struct ir_operands *operands) {
    enum fp_round round = IR_ROUND_MODE(operands->insn->aux);
    return round == FP_DYNAMIC ? (enum fp_round)operands->fp->round : round;
}

static uint64_t a(const struct ir_operands *operands) {
    return operands->a.u64[0];
}

static uint64_t b(const struct ir_operands *operands) {
    return operands->b.u64[0];
}

static uint64_t c(const struct ir_operands *operands) {
    return operands->c.u64[0];
}

static union cpu_vec result(uint64_t bits) {
    return (union cpu_vec){.u64 = {bits}};
}

static unsigned integer_width(enum ir_type type) {
    return type == IR_I32 ? 32 : 64;
}

/* --- arithmetic --- */

typedef uint64_t binary(struct fp_env *env, const struct fp_format *format, enum fp_round round,
                        uint64_t a, uint64_t b);

static union cpu_vec arithmetic(const struct ir_operands *o, binary *operation) {
    return result(operation(o->fp, format(o), rounding(o), a(o), b(o)));
}

union cpu_vec eval_fadd(const struct ir_operands *o) {
    return arithmetic(o, fp_add);
}

union cpu_vec eval_fsub(const struct ir_operands *o) {
    return arithmetic(o, fp_sub);
}

union cpu_vec eval_fmul(const struct ir_operands *o) {
    return arithmetic(o, fp_mul);
}

union cpu_vec eval_fdiv(const struct ir_operands *o) {
    return arithmetic(o, fp_div);
}

union cpu_vec eval_fsqrt(const struct ir_operands *o) {
    return result(fp_sqrt(o->fp, format(o), rounding(o), a(o)));
}

union cpu_vec eval_fma(const struct ir_operands *o) {
    unsigned signs = (o->insn->aux & IR_FMA_NEG_PRODUCT ? FP_FMA_NEGATE_PRODUCT : 0) |
                     (o->insn->aux & IR_FMA_NEG_ADDEND ? FP_FMA_NEGATE_ADDEND : 0);
    return result(fp_fma(o->fp, format(o), rounding(o), a(o), b(o), c(o), signs));
}

union cpu_vec eval_fround(const struct ir_operands *o) {
    bool exact = o->insn->aux & IR_ROUND_EXACT;
    return result(fp_round_to_integral(o->fp, format(o), rounding(o), exact, a(o)));
}

/* --- comparison --- */

static union cpu_vec min_max(const struct ir_operands *o, enum fp_extremum which) {
    return result(fp_min_max(o->fp, format(o), which, a(o), b(o)));
}

union cpu_vec eval_fmin(const struct ir_operands *o) {
    return min_max(o, FP_MINIMUM_NUMBER);
}

union cpu_vec eval_fmax(const struct ir_operands *o) {
    return min_max(o, FP_MAXIMUM_NUMBER);
}

union cpu_vec eval_fminm(const struct ir_operands *o) {
    return min_max(o, FP_MINIMUM);
}

union cpu_vec eval_fmaxm(const struct ir_operands *o) {
    return min_max(o, FP_MAXIMUM);
}

union cpu_vec eval_fcmp(const struct ir_operands *o) {
    enum ir_fcond cond = (enum ir_fcond)o->insn->aux;
    bool signalling = cond == IR_FLT || cond == IR_FLE;
    enum fp_relation relation = fp_compare(o->fp, format(o), signalling, a(o), b(o));
    switch (cond) {
    case IR_FEQ: return result(relation == FP_EQUAL);
    case IR_FLT:
    case IR_FLTQ: return result(relation == FP_LESS);
    default: return result(relation == FP_LESS || relation == FP_EQUAL);
    }
}

union cpu_vec eval_fclass(const struct ir_operands *o) {
    return result(fp_classify(format(o), a(o)));
}

/* --- conversion --- */

union cpu_vec eval_ftof(const struct ir_operands *o) {
    return result(fp_convert(o->fp, operand_format(o), format(o), rounding(o), a(o)));
}

union cpu_vec eval_ftoi(const struct ir_operands *o) {
    bool is_signed = !(o->insn->aux & IR_FP_UNSIGNED);
    unsigned width = integer_width((enum ir_type)o->insn->type);
    return result(fp_to_int(o->fp, operand_format(o), rounding(o), width, is_signed, a(o)));
}

union cpu_vec eval_itof(const struct ir_operands *o) {
    bool is_signed = !(o->insn->aux & IR_FP_UNSIGNED);
    unsigned width = integer_width(o->operand_type);
    return result(fp_from_int(o->fp, format(o), rounding(o), width, is_signed, a(o)));
}

/* --- bits --- */

union cpu_vec eval_fcanon(const struct ir_operands *o) {
    return result(fp_canonical(format(o), a(o)));
}

union cpu_vec eval_fneg(const struct ir_operands *o) {
    return result((a(o) ^ fp_sign_bit(format(o))) & fp_mask(format(o)));
}

union cpu_vec eval_fabs(const struct ir_operands *o) {
    return result(a(o) & (fp_sign_bit(format(o)) - 1));
}

union cpu_vec eval_fcopysign(const struct ir_operands *o) {
    uint64_t sign = fp_sign_bit(format(o));
    return result((a(o) & (sign - 1)) | (b(o) & sign));
}

union cpu_vec eval_fbits(const struct ir_operands *o) {
    return result(a(o) & fp_mask(operand_format(o)));
}

union cpu_vec eval_ffrom(const struct ir_operands *o) {
    return result(a(o) & fp_mask(format(o)));
}

union cpu_vec eval_nanbox(const struct ir_operands *o) {
    return result(a(o) | ~fp_mask(operand_format(o)));
}

union cpu_vec eval_nanunbox(const struct ir_operands *o) {
    uint64_t mask = fp_mask(format(o));
    bool boxed = (a(o) | mask) == UINT64_MAX;
    return result(boxed ? a(o) & mask : fp_default_nan(format(o)));
}
