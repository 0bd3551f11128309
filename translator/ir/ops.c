/* What the rows of ops.def say, as tables, and small facts about types and conditions. */
#include "translator/ir/eval.h"
#include "translator/ir/ir.h"

enum { PURE = IR_PURE, FPENV = IR_FPENV, FAULT = IR_FAULT, EXIT = IR_EXIT, END = IR_EXIT | IR_END };

_Static_assert(IR_OP_COUNT <= 256, "ir_insn.op has 8 bits");

const struct ir_op_info ir_ops[IR_OP_COUNT] = {
#define OP(name, shape, arguments, flag) [IR_##name] = {#name, IR_##shape, arguments, flag},
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

enum ir_type ir_result_type(const struct ir_insn *insn) {
    switch (insn->op) {
    case IR_nop:
    case IR_put:
    case IR_put_at_exit:
    case IR_store:
    case IR_vqc:
    case IR_fence:
    case IR_put_fflags:
    case IR_put_fround:
    case IR_exit_if:
    case IR_jump:
    case IR_call:
    case IR_ret:
    case IR_trap:
        return IR_VOID;
    case IR_store_cond:
        return IR_I64;
    default:
        return ir_ops[insn->op].shape == IR_COMPARE ? IR_I64 : (enum ir_type)insn->type;
    }
}
