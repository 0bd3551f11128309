/* The meaning of the operations on condition flags (enum ir_flags). */
#include "runtime/softfloat.h"
#include "translator/ir/eval.h"

static unsigned width_of(const struct ir_operands *operands) {
    return operands->insn->type == IR_I32 ? 32 : 64;
}

static union cpu_vec result(uint64_t flags) {
    return (union cpu_vec){.u64 = {flags}};
}

static uint64_t negative_and_zero(uint64_t value, unsigned width) {
    value <<= 64 - width;
    return (value >> 63 ? IR_FLAG_N : 0) | (value == 0 ? IR_FLAG_Z : 0);
}

/* AddWithCarry */
static union cpu_vec sum_flags(unsigned width, uint64_t a, uint64_t b, uint64_t carry) {
    const uint64_t mask = UINT64_MAX >> (64 - width);
    a &= mask;
    b &= mask;
    const uint64_t sum = (a + b + carry) & mask;
    const bool carried = sum < a || (carry && sum == a);
    const bool overflow = ((a ^ sum) & (b ^ sum)) >> (width - 1);
    return result(negative_and_zero(sum, width) | (carried ? IR_FLAG_C : 0) |
                  (overflow ? IR_FLAG_V : 0));
}

union cpu_vec eval_flags_add(const struct ir_operands *o) {
    return sum_flags(width_of(o), o->a.u64[0], o->b.u64[0], 0);
}

union cpu_vec eval_flags_sub(const struct ir_operands *o) {
    return sum_flags(width_of(o), o->a.u64[0], ~o->b.u64[0], 1);
}

union cpu_vec eval_flags_adc(const struct ir_operands *o) {
    return sum_flags(width_of(o), o->a.u64[0], o->b.u64[0], o->c.u64[0]);
}

union cpu_vec eval_flags_logic(const struct ir_operands *o) {
    return result(negative_and_zero(o->a.u64[0], width_of(o)));
}

/* FPCompare */
union cpu_vec eval_flags_fcmp(const struct ir_operands *o) {
    const struct fp_format *format = o->insn->type == IR_F16   ? &fp_f16
                                     : o->insn->type == IR_F32 ? &fp_f32
                                                               : &fp_f64;
    switch (fp_compare(o->fp, format, o->insn->aux, o->a.u64[0], o->b.u64[0])) {
    case FP_LESS: return result(IR_FLAG_N);
    case FP_EQUAL: return result(IR_FLAG_Z | IR_FLAG_C);
    case FP_GREATER: return result(IR_FLAG_C);
    default: return result(IR_FLAG_C | IR_FLAG_V);
    }
}

/* ConditionHolds */
union cpu_vec eval_flags_cond(const struct ir_operands *o) {
    const uint64_t flags = o->a.u64[0];
    const bool n = flags & IR_FLAG_N, z = flags & IR_FLAG_Z, c = flags & IR_FLAG_C,
               v = flags & IR_FLAG_V;
    bool holds = true;
    switch (o->insn->aux >> 1) {
    case IR_FLAGS_EQ >> 1: holds = z; break;
    case IR_FLAGS_CS >> 1: holds = c; break;
    case IR_FLAGS_MI >> 1: holds = n; break;
    case IR_FLAGS_VS >> 1: holds = v; break;
    case IR_FLAGS_HI >> 1: holds = c && !z; break;
    case IR_FLAGS_GE >> 1: holds = n == v; break;
    case IR_FLAGS_GT >> 1: holds = n == v && !z; break;
    default: return result(1); /* AL and NV */
    }
    return result(holds != (o->insn->aux & 1));
}
