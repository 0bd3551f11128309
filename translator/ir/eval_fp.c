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

/* The rounding mode and the rules. */
static unsigned how(const struct ir_operands *operands) {
    enum fp_round round = IR_ROUND_MODE(operands->insn->aux);
    unsigned rules = operands->insn->aux & (IR_FP_PROPAGATE | IR_FP_FLUSH);
    return (round == FP_DYNAMIC ? operands->fp->round : round) | rules;
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

static struct fp_integer integer(const struct ir_operands *operands, unsigned width) {
    unsigned aux = operands->insn->aux;
    return (struct fp_integer){width, !(aux & IR_FP_UNSIGNED), (int)IR_FRACTION_BITS(aux)};
}

/* --- arithmetic --- */

typedef uint64_t binary(struct fp_env *env, const struct fp_format *format, unsigned how,
                        uint64_t a, uint64_t b);

static union cpu_vec arithmetic(const struct ir_operands *o, binary *operation) {
    return result(operation(o->fp, format(o), how(o), a(o), b(o)));
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
    return result(fp_sqrt(o->fp, format(o), how(o), a(o)));
}

union cpu_vec eval_fma(const struct ir_operands *o) {
    unsigned signs = (o->insn->aux & IR_FMA_NEG_PRODUCT ? FP_FMA_NEGATE_PRODUCT : 0) |
                     (o->insn->aux & IR_FMA_NEG_ADDEND ? FP_FMA_NEGATE_ADDEND : 0);
    return result(fp_fma(o->fp, format(o), how(o), a(o), b(o), c(o), signs));
}

union cpu_vec eval_fround(const struct ir_operands *o) {
    unsigned aux = o->insn->aux;
    if (aux & (IR_ROUND_TO_32 | IR_ROUND_TO_64)) {
        unsigned width = aux & IR_ROUND_TO_32 ? 32 : 64;
        return result(fp_round_to_range(o->fp, format(o), how(o), width, a(o)));
    }
    return result(fp_round_to_integral(o->fp, format(o), how(o), aux & IR_ROUND_EXACT, a(o)));
}

union cpu_vec eval_fflush(const struct ir_operands *o) {
    return result(fp_flush(o->fp, format(o), a(o)));
}

/* --- comparison --- */

static union cpu_vec min_max(const struct ir_operands *o, enum fp_extremum which) {
    return result(fp_min_max(o->fp, format(o), how(o), which, a(o), b(o)));
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

/* The format of the one of a conversion's types that `type` is. */
static const struct fp_format *convertible(const struct ir_operands *o, enum ir_type type) {
    bool half = type == IR_F16;
    return half && o->insn->aux & IR_FP_ALTERNATIVE_HALF ? &fp_f16_alternative : format_of(type);
}

union cpu_vec eval_ftof(const struct ir_operands *o) {
    const struct fp_format *to = convertible(o, (enum ir_type)o->insn->type);
    if (o->insn->aux & IR_FP_BFLOAT)
        to = &fp_bf16;
    return result(fp_convert(o->fp, convertible(o, o->operand_type), to, how(o), a(o)));
}

union cpu_vec eval_ftoi(const struct ir_operands *o) {
    const struct fp_integer to = integer(o, o->insn->type == IR_I32 ? 32 : 64);
    return result(fp_to_int(o->fp, operand_format(o), how(o), &to, a(o)));
}

union cpu_vec eval_ftoi_modular(const struct ir_operands *o) {
    bool same;
    uint64_t value = fp_to_int_modular(o->fp, a(o), &same);
    return result(value | (uint64_t)same << 32);
}

union cpu_vec eval_itof(const struct ir_operands *o) {
    const struct fp_integer from = integer(o, o->operand_type == IR_I32 ? 32 : 64);
    return result(fp_from_int(o->fp, format(o), how(o), &from, a(o)));
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
