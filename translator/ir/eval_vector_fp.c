/* The meaning of the floating-point operations on vectors: in each lane what the scalar operation
 * does (eval_fp.c), and the few that have none. */
#include "runtime/softfloat.h"
#include "translator/ir/eval_vector.h"

static enum ir_type lane_type(unsigned size) {
    static const uint8_t types[] = {
        [IR_LANE_H] = IR_F16, [IR_LANE_S] = IR_F32, [IR_LANE_D] = IR_F64};
    return (enum ir_type)types[size];
}

static const struct fp_format *lane_format(unsigned size) {
    return size == IR_LANE_H ? &fp_f16 : size == IR_LANE_S ? &fp_f32 : &fp_f64;
}

static struct ir_operands lane_operands(const struct ir_operands *o, unsigned size, unsigned lane) {
    return (struct ir_operands){.a.u64 = {lane_get(&o->a, size, lane)},
                                .b.u64 = {lane_get(&o->b, size, lane)},
                                .c.u64 = {lane_get(&o->c, size, lane)},
                                .operand_type = lane_type(size),
                                .fp = o->fp};
}

/* As many lanes of `from` bytes (by their logarithm) as fit, by `scalar` into lanes of `to` bytes.
 */
static union cpu_vec convert_lanes(const struct ir_operands *o, ir_eval_function *scalar,
                                   unsigned from, unsigned to) {
    const unsigned aux = o->insn->aux;
    const struct ir_insn insn = {.type = (uint8_t)lane_type(to),
                                 .aux = (uint16_t)IR_SCALAR_FP(aux)};
    union cpu_vec result = {.u64 = {0}};
    for (unsigned lane = 0; lane < 16u >> (from > to ? from : to); lane++) {
        struct ir_operands operands = lane_operands(o, from, lane);
        operands.insn = &insn;
        lane_set(&result, to, lane, scalar(&operands).u64[0]);
    }
    return result;
}

#define AS_SCALAR(name)                                              \
    union cpu_vec eval_v##name(const struct ir_operands *operands) { \
        const unsigned size = IR_LANE(operands->insn->aux);          \
        return convert_lanes(operands, eval_##name, size, size);     \
    }

AS_SCALAR(fadd)
AS_SCALAR(fsub)
AS_SCALAR(fmul)
AS_SCALAR(fdiv)
AS_SCALAR(fsqrt)
AS_SCALAR(fma)
AS_SCALAR(fmin)
AS_SCALAR(fmax)
AS_SCALAR(fminm)
AS_SCALAR(fmaxm)
AS_SCALAR(fround)
AS_SCALAR(fflush)
AS_SCALAR(fcanon)
AS_SCALAR(fneg)
AS_SCALAR(fabs)

union cpu_vec eval_vfcvtl(const struct ir_operands *o) {
    const unsigned size = IR_LANE(o->insn->aux);
    return convert_lanes(o, eval_ftof, size, size + 1);
}

union cpu_vec eval_vfcvtn(const struct ir_operands *o) {
    const unsigned size = IR_LANE(o->insn->aux);
    return convert_lanes(o, eval_ftof, size, size - 1);
}

/* --- in terms of software floating point --- */

/* The rounding mode and the rules. */
static unsigned how(const struct ir_operands *o) {
    const unsigned aux = IR_SCALAR_FP(o->insn->aux);
    const enum fp_round round = IR_ROUND_MODE(aux);
    return (round == FP_DYNAMIC ? o->fp->round : round) | (aux & (IR_FP_PROPAGATE | IR_FP_FLUSH));
}

static struct fp_integer integer(const struct ir_operands *o) {
    const unsigned aux = IR_SCALAR_FP(o->insn->aux);
    return (struct fp_integer){.width = 8u << IR_LANE(o->insn->aux),
                               .is_signed = !(aux & IR_FP_UNSIGNED),
                               .fraction_bits = (int)IR_FRACTION_BITS(aux)};
}

/* `f` is the format of the lane, `e` the environment, `h` mode and rules. */
#define IN_SOFTWARE(name, expression)                                          \
    union cpu_vec eval_##name(const struct ir_operands *operands) {            \
        const unsigned size = IR_LANE(operands->insn->aux), h = how(operands); \
        const struct fp_format *f = lane_format(size);                         \
        const struct fp_integer i = integer(operands);                         \
        struct fp_env *e = operands->fp;                                       \
        union cpu_vec result;                                                  \
        for (unsigned lane = 0; lane < 16u >> size; lane++) {                  \
            const uint64_t a = lane_get(&operands->a, size, lane);             \
            const uint64_t b = lane_get(&operands->b, size, lane);             \
            (void)h, (void)b, (void)i;                                         \
            lane_set(&result, size, lane, expression);                         \
        }                                                                      \
        return result;                                                         \
    }

IN_SOFTWARE(vftoi, fp_to_int(e, f, h, &i, a))
IN_SOFTWARE(vitof, fp_from_int(e, f, h, &i, a))
IN_SOFTWARE(vfmulx, fp_mul_extended(e, f, h, a, b))
IN_SOFTWARE(vfrecpe, fp_reciprocal_estimate(e, f, h, a))
IN_SOFTWARE(vfrecps, fp_reciprocal_step(e, f, h, a, b))
IN_SOFTWARE(vfrecpx, fp_reciprocal_exponent(e, f, h, a))
IN_SOFTWARE(vfrsqrte, fp_root_estimate(e, f, h, a))
IN_SOFTWARE(vfrsqrts, fp_root_step(e, f, h, a, b))

union cpu_vec eval_vfcmp(const struct ir_operands *o) {
    const unsigned size = IR_LANE(o->insn->aux), condition = IR_SCALAR_FP(o->insn->aux);
    const struct ir_insn insn = {.type = (uint8_t)lane_type(size), .aux = (uint16_t)condition};
    union cpu_vec result;
    for (unsigned lane = 0; lane < 16u >> size; lane++) {
        struct ir_operands operands = lane_operands(o, size, lane);
        operands.insn = &insn;
        lane_set(&result, size, lane, -eval_fcmp(&operands).u64[0]);
    }
    return result;
}

union cpu_vec eval_vfmal(const struct ir_operands *o) {
    const unsigned aux = IR_SCALAR_FP(o->insn->aux);
    union cpu_vec result;
    for (unsigned i = 0; i < 4; i++)
        result.u32[i] =
            (uint32_t)fp_fma_widening(o->fp, how(o), o->a.u16[i], o->b.u16[i], o->c.u32[i],
                                      aux & IR_FMA_NEG_PRODUCT ? FP_FMA_NEGATE_PRODUCT : 0);
    return result;
}

/* --- BFDOT --- */

/* BFRound and its callers: to odd, with infinity on overflow; no subnormal numbers, no flags, NaNs
 * without payload. */
static uint64_t bfloat_operation(uint64_t (*operation)(struct fp_env *, const struct fp_format *,
                                                       unsigned, uint64_t, uint64_t),
                                 uint64_t a, uint64_t b) {
    struct fp_env env = {.flags = 0};
    a = fp_flush(&env, &fp_f32, a);
    b = fp_flush(&env, &fp_f32, b);
    const uint64_t result = operation(&env, &fp_f32, FP_ODD | FP_FLUSH, a, b);
    return env.flags & FP_OVERFLOW ? result + 1 : result;
}

/* BFDotAdd */
union cpu_vec eval_vbfdot(const struct ir_operands *o) {
    union cpu_vec sums;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t product[2];
        for (unsigned j = 0; j < 2; j++)
            product[j] = bfloat_operation(fp_mul, (uint64_t)o->b.u16[2 * i + j] << 16,
                                          (uint64_t)o->c.u16[2 * i + j] << 16);
        const uint64_t both = bfloat_operation(fp_add, product[0], product[1]);
        sums.u32[i] = (uint32_t)bfloat_operation(fp_add, o->a.u32[i], both);
    }
    return sums;
}
