/* Random vector operations for random_ir.c. */
#ifndef TESTS_UNIT_RANDOM_IR_VECTOR_H
#define TESTS_UNIT_RANDOM_IR_VECTOR_H

#include "tests/unit/random_ir.h"

/* Appends one; operands are values that `pick` gives for a type. Returns the result, IR_NO_REF if
 * there is none. */
ir_ref random_ir_vector(struct ir *ir, struct random_source *random,
                        ir_ref (*pick)(void *context, enum ir_type type), void *context);

#endif
