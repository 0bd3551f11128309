/* Lanes of vectors, for the evaluation functions. The host is little-endian, as every host is. */
#ifndef TRANSLATOR_IR_EVAL_VECTOR_H
#define TRANSLATOR_IR_EVAL_VECTOR_H

#include <string.h>

#include "translator/ir/eval.h"

/* Lane `index` of those of 1 << size bytes, zero-extended. */
static inline uint64_t lane_get(const union cpu_vec *vec, unsigned size, unsigned index) {
    uint64_t value = 0;
    memcpy(&value, vec->u8 + (index << size), (size_t)1 << size);
    return value;
}

static inline void lane_set(union cpu_vec *vec, unsigned size, unsigned index, uint64_t value) {
    memcpy(vec->u8 + (index << size), &value, (size_t)1 << size);
}

static inline uint64_t lane_ones(unsigned width) {
    return UINT64_MAX >> (64 - width);
}

static inline int64_t lane_signed(uint64_t value, unsigned width) {
    return (int64_t)(value << (64 - width)) >> (64 - width);
}

/* Defines eval_<name>: each lane of the result is `expression`, in terms of its width in bits, the
 * operands' lanes without sign (a, b, c) and with sign (sa, sb, sc), and aux; what it has beyond
 * the width is dropped. */
#define LANES(name, expression)                                                            \
    union cpu_vec eval_##name(const struct ir_operands *operands) {                        \
        const unsigned aux = operands->insn->aux, size = IR_LANE(aux), width = 8u << size; \
        union cpu_vec result;                                                              \
        for (unsigned lane = 0; lane < 16u >> size; lane++) {                              \
            const uint64_t a = lane_get(&operands->a, size, lane);                         \
            const uint64_t b = lane_get(&operands->b, size, lane);                         \
            const uint64_t c = lane_get(&operands->c, size, lane);                         \
            const int64_t sa = lane_signed(a, width), sb = lane_signed(b, width),          \
                          sc = lane_signed(c, width);                                      \
            (void)aux, (void)a, (void)b, (void)c, (void)sa, (void)sb, (void)sc;            \
            lane_set(&result, size, lane, (uint64_t)(expression));                         \
        }                                                                                  \
        return result;                                                                     \
    }

#endif
