/* The floating-point operations of the IR: that each row of ops.def means what it says, on values
 * worked out by hand. (Their arithmetic is tested at length in test_softfloat.c.) */
#include <check.h>
#include <inttypes.h>

#include "translator/ir/eval.h"
#include "translator/ir/ir.h"

#define NAN16        UINT64_C(0x7e00)
#define NAN32        UINT64_C(0x7fc00000)
#define NAN64        UINT64_C(0x7ff8000000000000)
#define SIGNALLING32 UINT64_C(0x7f800001)
#define ONE32        UINT64_C(0x3f800000)
#define TWO32        UINT64_C(0x40000000)
#define THREE32      UINT64_C(0x40400000)
#define THIRD32      UINT64_C(0x3eaaaaaa) /* 1/3, rounded down */
#define ONE64        UINT64_C(0x3ff0000000000000)
#define TWO64        UINT64_C(0x4000000000000000)
#define SIGN32       UINT64_C(0x80000000)
#define SIGN64       UINT64_C(0x8000000000000000)
#define BOX32        UINT64_C(0xffffffff00000000)
#define BOX16        UINT64_C(0xffffffffffff0000)

static const struct row {
    const char *name;
    ir_eval_function *function;
    enum ir_type type, operand_type;
    unsigned aux;
    enum fp_round dynamic;
    uint64_t a, b, c, result;
    unsigned flags;
} rows[] = {
#define ROW(name, ...) \
    { #name, eval_##name, __VA_ARGS__ }
    ROW(fadd, IR_F32, IR_F32, FP_RNE, FP_RNE, ONE32, ONE32, 0, TWO32, 0),
    ROW(fadd, IR_F64, IR_F64, FP_RNE, FP_RNE, ONE64, ONE64, 0, TWO64, 0),
    ROW(fadd, IR_F16, IR_F16, FP_RNE, FP_RNE, 0x3c00, 0x3c00, 0, 0x4000, 0),
    ROW(fadd, IR_F32, IR_F32, FP_RNE, FP_RNE, BOX32 | ONE32, ONE32, 0, TWO32, 0),
    ROW(fadd, IR_F32, IR_F32, FP_RNE, FP_RNE, ONE32, 1, 0, ONE32, FP_INEXACT),
    /* A static mode wins over the dynamic one, which only FP_DYNAMIC asks for. */
    ROW(fadd, IR_F32, IR_F32, FP_RNE, FP_RUP, ONE32, 1, 0, ONE32, FP_INEXACT),
    ROW(fadd, IR_F32, IR_F32, FP_RUP, FP_RNE, ONE32, 1, 0, ONE32 + 1, FP_INEXACT),
    ROW(fadd, IR_F32, IR_F32, FP_DYNAMIC, FP_RUP, ONE32, 1, 0, ONE32 + 1, FP_INEXACT),
    ROW(fadd, IR_F32, IR_F32, FP_DYNAMIC, FP_RDN, ONE32, 1, 0, ONE32, FP_INEXACT),
    ROW(fsub, IR_F32, IR_F32, FP_RNE, FP_RNE, THREE32, ONE32, 0, TWO32, 0),
    ROW(fsub, IR_F32, IR_F32, FP_DYNAMIC, FP_RDN, ONE32, ONE32, 0, SIGN32, 0),
    ROW(fmul, IR_F32, IR_F32, FP_RNE, FP_RNE, THREE32, SIGNALLING32, 0, NAN32, FP_INVALID),
    ROW(fmul, IR_F64, IR_F64, FP_RNE, FP_RNE, TWO64, ONE64, 0, TWO64, 0),
    ROW(fdiv, IR_F32, IR_F32, FP_RTZ, FP_RNE, ONE32, THREE32, 0, THIRD32, FP_INEXACT),
    ROW(fdiv, IR_F32, IR_F32, FP_DYNAMIC, FP_RUP, ONE32, THREE32, 0, THIRD32 + 1, FP_INEXACT),
    ROW(fdiv, IR_F32, IR_F32, FP_RNE, FP_RNE, SIGN32 | ONE32, 0, 0, 0xff800000, FP_DIVZERO),
    ROW(fsqrt, IR_F64, IR_F64, FP_RNE, FP_RNE, 0x4010000000000000, 0, 0, TWO64, 0),
    ROW(fsqrt, IR_F64, IR_F64, FP_RNE, FP_RNE, SIGN64 | ONE64, 0, 0, NAN64, FP_INVALID),
    /* 2 * 3 with signs, and 1 */
    ROW(fma, IR_F32, IR_F32, FP_RNE, FP_RNE, TWO32, THREE32, ONE32, 0x40e00000, 0),
    ROW(fma, IR_F32, IR_F32, FP_RNE | IR_FMA_NEG_PRODUCT, FP_RNE, TWO32, THREE32, ONE32, 0xc0a00000,
        0),
    ROW(fma, IR_F32, IR_F32, FP_RNE | IR_FMA_NEG_ADDEND, FP_RNE, TWO32, THREE32, ONE32, 0x40a00000,
        0),
    ROW(fma, IR_F32, IR_F32, FP_DYNAMIC | IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND, FP_RNE, TWO32,
        THREE32, ONE32, 0xc0e00000, 0),
    ROW(fma, IR_F16, IR_F16, FP_RNE, FP_RNE, 0x7c00, 0, NAN16, NAN16, FP_INVALID),
    ROW(fmin, IR_F32, IR_F32, 0, FP_RNE, 0, SIGN32, 0, SIGN32, 0),
    ROW(fmin, IR_F32, IR_F32, 0, FP_RNE, SIGNALLING32, ONE32, 0, ONE32, FP_INVALID),
    ROW(fmax, IR_F32, IR_F32, 0, FP_RNE, SIGN32, 0, 0, 0, 0),
    ROW(fmax, IR_F32, IR_F32, 0, FP_RNE, ONE32, 0xffffffff, 0, ONE32, 0),
    ROW(fmax, IR_F32, IR_F32, 0, FP_RNE, 0xffffffff, 0xffffffff, 0, NAN32, 0),
    ROW(fminm, IR_F32, IR_F32, 0, FP_RNE, ONE32, 0xffffffff, 0, NAN32, 0),
    ROW(fminm, IR_F32, IR_F32, 0, FP_RNE, ONE32, TWO32, 0, ONE32, 0),
    ROW(fmaxm, IR_F64, IR_F64, 0, FP_RNE, ONE64, TWO64, 0, TWO64, 0),
    ROW(fcmp, IR_F32, IR_F32, IR_FEQ, FP_RNE, 0, SIGN32, 0, 1, 0),
    ROW(fcmp, IR_F32, IR_F32, IR_FEQ, FP_RNE, NAN32, NAN32, 0, 0, 0),
    ROW(fcmp, IR_F32, IR_F32, IR_FEQ, FP_RNE, NAN32, SIGNALLING32, 0, 0, FP_INVALID),
    ROW(fcmp, IR_F32, IR_F32, IR_FLT, FP_RNE, ONE32, TWO32, 0, 1, 0),
    ROW(fcmp, IR_F32, IR_F32, IR_FLT, FP_RNE, ONE32, ONE32, 0, 0, 0),
    ROW(fcmp, IR_F32, IR_F32, IR_FLT, FP_RNE, NAN32, ONE32, 0, 0, FP_INVALID),
    ROW(fcmp, IR_F32, IR_F32, IR_FLTQ, FP_RNE, NAN32, ONE32, 0, 0, 0),
    ROW(fcmp, IR_F32, IR_F32, IR_FLE, FP_RNE, ONE32, ONE32, 0, 1, 0),
    ROW(fcmp, IR_F32, IR_F32, IR_FLE, FP_RNE, TWO32, ONE32, 0, 0, 0),
    ROW(fcmp, IR_F32, IR_F32, IR_FLE, FP_RNE, ONE32, NAN32, 0, 0, FP_INVALID),
    ROW(fcmp, IR_F64, IR_F64, IR_FLEQ, FP_RNE, ONE64, NAN64, 0, 0, 0),
    ROW(fround, IR_F32, IR_F32, FP_RNE, FP_RNE, 0x3fc00000, 0, 0, TWO32, 0),
    ROW(fround, IR_F32, IR_F32, FP_RTZ | IR_ROUND_EXACT, FP_RNE, 0x3fc00000, 0, 0, ONE32,
        FP_INEXACT),
    ROW(fround, IR_F32, IR_F32, FP_DYNAMIC, FP_RMM, 0x40200000, 0, 0, THREE32, 0),
    ROW(fcanon, IR_F32, IR_F32, 0, FP_RNE, 0xff812345, 0, 0, NAN32, 0),
    ROW(fcanon, IR_F16, IR_F16, 0, FP_RNE, 0xfc00, 0, 0, 0xfc00, 0),
    ROW(fneg, IR_F32, IR_F32, 0, FP_RNE, SIGNALLING32, 0, 0, SIGN32 | SIGNALLING32, 0),
    ROW(fneg, IR_F64, IR_F64, 0, FP_RNE, SIGN64, 0, 0, 0, 0),
    ROW(fabs, IR_F16, IR_F16, 0, FP_RNE, 0xfe01, 0, 0, 0x7e01, 0),
    ROW(fcopysign, IR_F64, IR_F64, 0, FP_RNE, ONE64, SIGN64, 0, SIGN64 | ONE64, 0),
    ROW(fcopysign, IR_F32, IR_F32, 0, FP_RNE, SIGN32 | ONE32, 0, 0, ONE32, 0),
    ROW(fclass, IR_F32, IR_F32, 0, FP_RNE, SIGNALLING32, 0, 0, 1 << 8, 0),
    ROW(fclass, IR_F64, IR_F64, 0, FP_RNE, SIGN64, 0, 0, 1 << 3, 0),
    ROW(ftof, IR_F64, IR_F32, FP_RNE, FP_RNE, TWO32, 0, 0, TWO64, 0),
    ROW(ftof, IR_F32, IR_F64, FP_DYNAMIC, FP_RUP, ONE64 | 1, 0, 0, ONE32 + 1, FP_INEXACT),
    ROW(ftof, IR_F16, IR_F32, FP_RNE, FP_RNE, 0xffffffff, 0, 0, NAN16, 0),
    ROW(ftoi, IR_I32, IR_F32, FP_RTZ, FP_RNE, SIGN32 | 0x3fc00000, 0, 0, 0xffffffff, FP_INEXACT),
    ROW(ftoi, IR_I64, IR_F32, FP_RTZ, FP_RNE, SIGN32 | 0x3fc00000, 0, 0, UINT64_MAX, FP_INEXACT),
    ROW(ftoi, IR_I32, IR_F64, FP_DYNAMIC | IR_FP_UNSIGNED, FP_RDN, SIGN64 | ONE64, 0, 0, 0,
        FP_INVALID),
    ROW(ftoi, IR_I32, IR_F64, FP_RNE, FP_RNE, NAN64, 0, 0, 0x7fffffff, FP_INVALID),
    ROW(ftoi, IR_I64, IR_F64, FP_RNE | IR_FP_UNSIGNED, FP_RNE, NAN64, 0, 0, UINT64_MAX, FP_INVALID),
    ROW(itof, IR_F32, IR_I32, FP_RNE, FP_RNE, 0xffffffff, 0, 0, SIGN32 | ONE32, 0),
    ROW(itof, IR_F64, IR_I32, FP_RNE | IR_FP_UNSIGNED, FP_RNE, 0xffffffff, 0, 0, 0x41efffffffe00000,
        0),
    ROW(itof, IR_F32, IR_I64, FP_DYNAMIC | IR_FP_UNSIGNED, FP_RTZ, UINT64_MAX, 0, 0, 0x5f7fffff,
        FP_INEXACT),
    ROW(fbits, IR_I32, IR_F16, 0, FP_RNE, BOX16 | 0x8001, 0, 0, 0x8001, 0),
    ROW(fbits, IR_I64, IR_F64, 0, FP_RNE, SIGN64 | 7, 0, 0, SIGN64 | 7, 0),
    ROW(ffrom, IR_F32, IR_I32, 0, FP_RNE, SIGNALLING32, 0, 0, SIGNALLING32, 0),
    ROW(ffrom, IR_F16, IR_I32, 0, FP_RNE, 0x12345678, 0, 0, 0x5678, 0),
    ROW(nanbox, IR_F64, IR_F32, 0, FP_RNE, ONE32, 0, 0, BOX32 | ONE32, 0),
    ROW(nanbox, IR_F64, IR_F16, 0, FP_RNE, 0x3c00, 0, 0, BOX16 | 0x3c00, 0),
    ROW(nanunbox, IR_F32, IR_F64, 0, FP_RNE, BOX32 | SIGNALLING32, 0, 0, SIGNALLING32, 0),
    ROW(nanunbox, IR_F32, IR_F64, 0, FP_RNE, ONE32, 0, 0, NAN32, 0),
    ROW(nanunbox, IR_F16, IR_F64, 0, FP_RNE, BOX32 | 0x3c00, 0, 0, NAN16, 0),
    ROW(nanunbox, IR_F16, IR_F64, 0, FP_RNE, BOX16 | 0x3c00, 0, 0, 0x3c00, 0),
};

enum { ROWS = sizeof rows / sizeof *rows };

START_TEST(row) {
    const struct row *r = &rows[_i];
    /* A flag raised before stays; the mode is the guest's alone. */
    struct fp_env env = {.round = r->dynamic, .flags = FP_OVERFLOW};
    struct ir_insn insn = {.type = (uint8_t)r->type, .aux = (uint16_t)r->aux};
    struct ir_operands operands = {
        .a.u64 = {r->a, ~r->a},
        .b.u64 = {r->b, ~r->b},
        .c.u64 = {r->c, ~r->c},
        .insn = &insn,
        .operand_type = r->operand_type,
        .fp = &env,
    };
    union cpu_vec result = r->function(&operands);
    if (result.u64[0] != r->result || result.u64[1] || env.flags != (r->flags | FP_OVERFLOW) ||
        env.round != r->dynamic)
        ck_abort_msg("row %d, %s: %" PRIx64 ":%" PRIx64 " flags %02x, expected %" PRIx64
                     " flags %02x",
                     _i, r->name, result.u64[1], result.u64[0], env.flags, r->result, r->flags);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("eval_fp");
    TCase *tcase = tcase_create("rows");
    tcase_add_loop_test(tcase, row, 0, ROWS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
