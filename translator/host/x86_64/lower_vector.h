/* What the lowering rules of vector operations share.
 *
 * A rule takes its operands (lower_use_vec), consumes them and defines its result, in that order;
 * the result's register may be that of an operand. Of the four temporaries an operation with two
 * operands leaves two as scratch, one with three operands one. */
#ifndef TRANSLATOR_HOST_X86_64_LOWER_VECTOR_H
#define TRANSLATOR_HOST_X86_64_LOWER_VECTOR_H

#include "translator/host/x86_64/lower.h"

struct operand vec_in_reg(unsigned reg);
struct operand vec_constant(unsigned constant);
/* dst <- src; nothing if they are the same. */
void vec_copy(struct lower *l, unsigned dst, unsigned src);
/* `reg`, or a copy of it in a low register for instructions that reach no others. */
unsigned vec_low(struct lower *l, unsigned reg);

/* dst <- x op y, whatever the encoding asks of the registers; dst may be x or y. */
void vec_op(struct lower *l, enum x86_op op, unsigned dst, unsigned x, struct operand y);
void vec_op_imm(struct lower *l, enum x86_op op, unsigned dst, unsigned x, struct operand y,
                unsigned imm);
static inline void vec_op_reg(struct lower *l, enum x86_op op, unsigned dst, unsigned x,
                              unsigned y) {
    vec_op(l, op, dst, x, vec_in_reg(y));
}
static inline void vec_op_constant(struct lower *l, enum x86_op op, unsigned dst, unsigned x,
                                   unsigned constant) {
    vec_op(l, op, dst, x, vec_constant(constant));
}

/* The registers of an operation whose operands are all vectors. */
struct vec_registers {
    unsigned dst, a, b, c;
};
struct vec_registers vec_begin(struct lower *l, ir_ref ref);

/* lower_vector_permute.c, ..._arithmetic.c, ..._fixed.c: true if there is a rule. */
bool lower_vector_permute(struct lower *l, ir_ref ref);
bool lower_vector_arithmetic(struct lower *l, ir_ref ref);
bool lower_vector_fixed(struct lower *l, ir_ref ref);

#endif
