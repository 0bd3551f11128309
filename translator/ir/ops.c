/* What the rows of ops.def say, as tables, and small facts about types and conditions. */
#include "translator/ir/eval.h"
#include "translator/ir/ir.h"

enum { PURE = IR_PURE, FPENV = IR_FPENV, FAULT = IR_FAULT, EXIT = IR_EXIT, END = IR_EXIT | IR_END };

_Static_assert(IR_OP_COUNT <= 256, "ir_insn.op has 8 bits");

/* The result's type by shape, as own_type and fixed_type. */
#define RESULT_NONE    UINT8_MAX, IR_VOID
#define RESULT_UNARY   UINT8_MAX, IR_VOID
#define RESULT_BINARY  UINT8_MAX, IR_VOID
#define RESULT_TERNARY UINT8_MAX, IR_VOID
#define RESULT_CONVERT UINT8_MAX, IR_VOID
#define RESULT_VECTOR  UINT8_MAX, IR_VOID
#define RESULT_COMPARE 0, IR_I64
#define RESULT_TEST    0, IR_I64
#define RESULT_ACTION  0, IR_VOID

const struct ir_op_info ir_ops[IR_OP_COUNT] = {
#define OP(name, shape, arguments, flag) \
    [IR_##name] = {#name, IR_##shape, arguments, flag, RESULT_##shape},
#include "translator/ir/ops.def"
#undef OP
};

/* The flag says whether a row has a function; those without operands (const, pcrel) need none. */
#define EVAL_0(name, arguments)     NULL
#define EVAL_FAULT(name, arguments) NULL
#define EVAL_EXIT(name, arguments)  NULL
#define EVAL_END(name, arguments)   NULL
#define EVAL_FPENV(name, arguments) eval_##name
#define EVAL_PURE(name, arguments)  EVAL_PURE_##arguments(name)
#define EVAL_PURE_0(name)           NULL
#define EVAL_PURE_1(name)           eval_##name
#define EVAL_PURE_2(name)           eval_##name
#define EVAL_PURE_3(name)           eval_##name

ir_eval_function *const ir_eval_functions[IR_OP_COUNT] = {
#define OP(name, shape, arguments, flag) [IR_##name] = EVAL_##flag(name, arguments),
#include "translator/ir/ops.def"
#undef OP
};

/* Each condition stands beside its negation. */
enum ir_cond ir_cond_negate(enum ir_cond cond) {
    return (enum ir_cond)(cond ^ 1);
}

enum ir_cond ir_cond_swap(enum ir_cond cond) {
    static const uint8_t swapped[IR_COND_COUNT] = {
        [IR_EQ] = IR_EQ, [IR_NE] = IR_NE,   [IR_LT] = IR_GT,   [IR_GE] = IR_LE,   [IR_LE] = IR_GE,
        [IR_GT] = IR_LT, [IR_LTU] = IR_GTU, [IR_GEU] = IR_LEU, [IR_LEU] = IR_GEU, [IR_GTU] = IR_LTU,
    };
    return (enum ir_cond)swapped[cond];
}

unsigned ir_type_size(enum ir_type type) {
    static const uint8_t sizes[IR_TYPE_COUNT] = {
        [IR_I32] = 4, [IR_I64] = 8, [IR_F16] = 2, [IR_F32] = 4, [IR_F64] = 8, [IR_V128] = 16,
    };
    return sizes[type];
}
