/* What the lift functions of floating-point instructions share: operands, results and rules as FPCR
 * says.
 *
 * The unit's mode has FPCR's DN, FZ, FZ16 and AHP (enum aarch64_mode); rounding is dynamic. All
 * arithmetic is by Arm's rules (IR_FP_PROPAGATE). DN makes NaN results canonical afterwards; FZ and
 * FZ16 flush operands when they are read, and results by IR_FP_FLUSH. */
#ifndef TRANSLATOR_GUEST_AARCH64_FLOAT_H
#define TRANSLATOR_GUEST_AARCH64_FLOAT_H

#include "translator/guest/aarch64/lift.h"

/* The type of `ftype`: 0 single, 1 double, 3 half. */
static inline enum ir_type float_type(unsigned ftype) {
    return ftype == 3 ? IR_F16 : ftype ? IR_F64 : IR_F32;
}

/* The integer type of as many bits; I32 for halves. */
static inline enum ir_type bits_type(enum ir_type type) {
    return type == IR_F64 ? IR_I64 : IR_I32;
}

static inline bool flushes(const struct lifter *l, enum ir_type type) {
    return l->mode & (type == IR_F16 ? AARCH64_MODE_FZ16 : AARCH64_MODE_FZ);
}

/* The rules for a result of that type, for aux. */
static inline unsigned float_rules(const struct lifter *l, enum ir_type type) {
    return IR_FP_PROPAGATE | (flushes(l, type) ? IR_FP_FLUSH : 0);
}

/* Scalars as operands and results of arithmetic. Moves take getf and putf, which change nothing. */
ir_ref get_float(struct lifter *l, enum ir_type type, unsigned v);
void put_float(struct lifter *l, enum ir_type type, unsigned v, ir_ref value);

/* --- vectors --- */

/* What an Advanced SIMD instruction works on: whole registers; their low halves, which are repeated
 * in the upper ones, so that these raise the same flags again and no others; or the lowest lanes.
 * Values are of V128 accordingly, but those of lowest lanes are scalars, of F16, F32 or F64. */
struct lanes {
    uint8_t lane; /* enum ir_lane */
    enum { LOWEST_LANE, LOW_HALF, WHOLE } extent;
};

static inline struct lanes lanes_of(unsigned lane, unsigned q) {
    return (struct lanes){(uint8_t)lane, q ? WHOLE : LOW_HALF};
}

static inline struct lanes lowest_lane(unsigned lane) {
    return (struct lanes){(uint8_t)lane, LOWEST_LANE};
}

static inline enum ir_type lane_type(unsigned lane) {
    return lane == IR_LANE_H ? IR_F16 : lane == IR_LANE_S ? IR_F32 : IR_F64;
}

static inline enum ir_lane type_lane(enum ir_type type) {
    return type == IR_F16 ? IR_LANE_H : type == IR_F32 ? IR_LANE_S : IR_LANE_D;
}

/* The register as it is but for that, and as an operand of arithmetic. */
ir_ref get_bits(struct lifter *l, struct lanes s, unsigned v);
ir_ref flushed(struct lifter *l, struct lanes s, ir_ref value);
static inline ir_ref get_lanes_float(struct lifter *l, struct lanes s, unsigned v) {
    return flushed(l, s, get_bits(l, s, v));
}

/* One lane of a register in all of them (V128), or as a scalar. */
ir_ref get_element(struct lifter *l, struct lanes s, unsigned v, unsigned index);

/* A result: of any kind, and of arithmetic. */
void put_bits(struct lifter *l, struct lanes s, unsigned v, ir_ref value);
void put_lanes_float(struct lifter *l, struct lanes s, unsigned v, ir_ref value);

/* Vector operation `op`, or its like on scalars; aux as for a scalar one. */
ir_ref lanes_operation(struct lifter *l, enum ir_op op, struct lanes s, unsigned aux, ir_ref a,
                       ir_ref b, ir_ref c);
/* One that rounds as FPCR says. */
ir_ref rounded(struct lifter *l, enum ir_op op, struct lanes s, unsigned flags, ir_ref a, ir_ref b,
               ir_ref c);

/* Of a row for single (a->size 0) and double precision: vectors have at least two lanes. */
static inline bool lanes_float(const struct operands *a) {
    return a->q || !a->size;
}

/* A vector instruction's rows for single and double precision, and for halves, which are encoded
 * apart, from one statement, in which `s` says which lanes. Rows of a class have the same bits
 * between their fields; `head` is what stands in front of size. */
#define VECTOR(id, head, tail, head_h, tail_h, statement)                       \
    INSN_IF(id, lanes_float, head "z" tail, "simd") {                           \
        const struct lanes s = lanes_of(a->size ? IR_LANE_D : IR_LANE_S, a->q); \
        statement;                                                              \
    }                                                                           \
    INSN(id##_h, head_h tail_h, "fp16")                                         \
    {                                                                           \
        const struct lanes s = lanes_of(IR_LANE_H, a->q);                       \
        statement;                                                              \
    }
/* The same for scalar instructions. */
#define SCALAR(id, head, tail, head_h, tail_h, statement)                    \
    INSN(id##_s, head "z" tail, "simd")                                      \
    {                                                                        \
        const struct lanes s = lowest_lane(a->size ? IR_LANE_D : IR_LANE_S); \
        statement;                                                           \
    }                                                                        \
    INSN(id##_s_h, head_h tail_h, "fp16")                                    \
    {                                                                        \
        const struct lanes s = lowest_lane(IR_LANE_H);                       \
        statement;                                                           \
    }

/* Three registers: U, bit 23, and the opcode but for its upper two bits, which halves lack. */
#define THREE_SAME(id, u, b, code, statement)                                           \
    VECTOR(id, "0q" u "01110 " b, "1 mmmmm 11" code "1 nnnnn ddddd", "0q" u "01110 " b, \
           "10 mmmmm 00" code "1 nnnnn ddddd", statement)
#define THREE_SAME_SCALAR(id, u, b, code, statement)                                    \
    SCALAR(id, "01" u "11110 " b, "1 mmmmm 11" code "1 nnnnn ddddd", "01" u "11110 " b, \
           "10 mmmmm 00" code "1 nnnnn ddddd", statement)
/* Two registers: U, bit 23, and the opcode. */
#define TWO_MISC(id, u, b, code, statement)                                            \
    VECTOR(id, "0q" u "01110 " b, " 10000 " code " 10 nnnnn ddddd", "0q" u "01110 " b, \
           "111100 " code " 10 nnnnn ddddd", statement)
#define TWO_MISC_SCALAR(id, u, b, code, statement)                                     \
    SCALAR(id, "01" u "11110 " b, " 10000 " code " 10 nnnnn ddddd", "01" u "11110 " b, \
           "111100 " code " 10 nnnnn ddddd", statement)

#endif
