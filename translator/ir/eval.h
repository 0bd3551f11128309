/* The meaning of each pure operation: eval_<name> for every row of ops.def that has the flag PURE
 * or FPENV, in eval_int.c and eval_fp.c. They are reached through ir_eval_functions (ir.h); the
 * prototypes stand here for the table and for tests. */
#ifndef TRANSLATOR_IR_EVAL_H
#define TRANSLATOR_IR_EVAL_H

#include "translator/ir/ir.h"

#define OP(name, shape, arguments, flags) \
    union cpu_vec eval_##name(const struct ir_operands *operands);
#include "translator/ir/ops.def"
#undef OP

#endif
