/* The meaning of the IR's vector operations that move lanes about, and of bitwise logic. */
#include "translator/ir/eval_vector.h"

static unsigned lane_size(const struct ir_operands *o) {
    return IR_LANE(o->insn->aux);
}

/* --- halves, and the other types --- */

static union cpu_vec first_bytes(const union cpu_vec *vec, unsigned size) {
    union cpu_vec result = {.u64 = {0}};
    memcpy(&result, vec, size);
    return result;
}

union cpu_vec eval_vfrom(const struct ir_operands *o) {
    return first_bytes(&o->a, ir_type_size(o->operand_type));
}

union cpu_vec eval_vlowf(const struct ir_operands *o) {
    return first_bytes(&o->a, ir_type_size((enum ir_type)o->insn->type));
}

union cpu_vec eval_vlow(const struct ir_operands *o) {
    return (union cpu_vec){.u64 = {o->a.u64[0]}};
}

union cpu_vec eval_vhigh(const struct ir_operands *o) {
    return (union cpu_vec){.u64 = {o->a.u64[1]}};
}

union cpu_vec eval_vjoin(const struct ir_operands *o) {
    return (union cpu_vec){.u64 = {o->a.u64[0], o->b.u64[0]}};
}

/* --- single lanes --- */

union cpu_vec eval_vget(const struct ir_operands *o) {
    uint64_t value = lane_get(&o->a, lane_size(o), IR_INDEX(o->insn->aux));
    if (o->insn->aux & IR_VGET_SIGNED)
        value = (uint64_t)lane_signed(value, 8u << lane_size(o));
    return (union cpu_vec){.u64 = {value}};
}

union cpu_vec eval_vput(const struct ir_operands *o) {
    union cpu_vec result = o->a;
    lane_set(&result, lane_size(o), IR_INDEX(o->insn->aux), o->b.u64[0]);
    return result;
}

union cpu_vec eval_vputlane(const struct ir_operands *o) {
    union cpu_vec result = o->a;
    const uint64_t value = lane_get(&o->b, lane_size(o), IR_FROM(o->insn->aux));
    lane_set(&result, lane_size(o), IR_INDEX(o->insn->aux), value);
    return result;
}

LANES(vdup, operands->a.u64[0])
LANES(vduplane, lane_get(&operands->a, size, IR_INDEX(aux)))

/* --- permutations --- */

/* Defines eval_<name>: each lane of the result is lane `index` of `source`, both in terms of `lane`
 * and of `count`, the number of lanes. */
#define PERMUTATION(name, source, index)                                                    \
    union cpu_vec eval_##name(const struct ir_operands *o) {                                \
        const unsigned size = lane_size(o), count = 16u >> size;                            \
        union cpu_vec result;                                                               \
        for (unsigned lane = 0; lane < count; lane++)                                       \
            lane_set(&result, size, lane, lane_get((source) ? &o->b : &o->a, size, index)); \
        return result;                                                                      \
    }

PERMUTATION(vzip1, lane % 2, lane / 2)
PERMUTATION(vzip2, lane % 2, count / 2 + lane / 2)
PERMUTATION(vuzp1, lane >= count / 2, lane * 2 % count)
PERMUTATION(vuzp2, lane >= count / 2, lane * 2 % count + 1)
PERMUTATION(vtrn1, lane % 2, lane & ~1u)
PERMUTATION(vtrn2, lane % 2, lane | 1)
PERMUTATION(vrev, 0, lane ^ ((1u << IR_INDEX(o->insn->aux) >> size) - 1))

union cpu_vec eval_vext(const struct ir_operands *o) {
    uint8_t bytes[32];
    union cpu_vec result;
    memcpy(bytes, &o->a, 16);
    memcpy(bytes + 16, &o->b, 16);
    memcpy(&result, bytes + (o->insn->aux & 15), 16);
    return result;
}

union cpu_vec eval_vtbl(const struct ir_operands *o) {
    union cpu_vec result;
    for (unsigned i = 0; i < 16; i++)
        result.u8[i] = o->b.u8[i] < 16 ? o->a.u8[o->b.u8[i]] : 0;
    return result;
}

/* --- logic --- */

#define BITWISE(name, expression)                                             \
    union cpu_vec eval_##name(const struct ir_operands *o) {                  \
        union cpu_vec result;                                                 \
        for (unsigned i = 0; i < 2; i++) {                                    \
            const uint64_t a = o->a.u64[i], b = o->b.u64[i], c = o->c.u64[i]; \
            (void)b, (void)c;                                                 \
            result.u64[i] = (expression);                                     \
        }                                                                     \
        return result;                                                        \
    }

BITWISE(vand, a &b)
BITWISE(vor, a | b)
BITWISE(vxor, a ^ b)
BITWISE(vandn, a & ~b)
BITWISE(vnot, ~a)
BITWISE(vbsl, (a & b) | (~a & c))
