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

enum { ARM = FP_RNE | IR_FP_PROPAGATE };

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
    /* Arm's rules: the first signalling NaN, else the first. */
    ROW(fadd, IR_F32, IR_F32, ARM, FP_RNE, ONE32, SIGN32 | NAN32 | 5, 0, SIGN32 | NAN32 | 5, 0),
    ROW(fadd, IR_F32, IR_F32, ARM, FP_RNE, NAN32 | 6, NAN32 | 5, 0, NAN32 | 6, 0),
    ROW(fsub, IR_F32, IR_F32, ARM, FP_RNE, NAN32 | 6, SIGNALLING32 | 4, 0, NAN32 | 5, FP_INVALID),
    ROW(fsqrt, IR_F64, IR_F64, ARM, FP_RNE, SIGN64 | ONE64, 0, 0, NAN64, FP_INVALID),
    ROW(fma, IR_F32, IR_F32, ARM, FP_RNE, NAN32 | 1, NAN32 | 2, NAN32 | 3, NAN32 | 3, 0),
    ROW(fma, IR_F32, IR_F32, ARM, FP_RNE, NAN32 | 1, SIGNALLING32, NAN32 | 3, NAN32 | 1,
        FP_INVALID),
    ROW(fma, IR_F32, IR_F32, ARM | IR_FMA_NEG_PRODUCT, FP_RNE, NAN32, ONE32, ONE32, SIGN32 | NAN32,
        0),
    ROW(fma, IR_F32, IR_F32, ARM | IR_FMA_NEG_ADDEND, FP_RNE, ONE32, ONE32, NAN32, SIGN32 | NAN32,
        0),
    ROW(fma, IR_F16, IR_F16, ARM, FP_RNE, 0x7c00, 0, NAN16 | 5, NAN16, FP_INVALID),
    ROW(fma, IR_F16, IR_F16, ARM, FP_RNE, 0x7c00, 0, 0x7c05, NAN16 | 5, FP_INVALID),
    ROW(fmin, IR_F32, IR_F32, ARM, FP_RNE, NAN32 | 5, ONE32, 0, ONE32, 0),
    ROW(fmin, IR_F32, IR_F32, ARM, FP_RNE, ONE32, SIGNALLING32, 0, NAN32 | 1, FP_INVALID),
    ROW(fmaxm, IR_F32, IR_F32, ARM, FP_RNE, ONE32, NAN32 | 5, 0, NAN32 | 5, 0),
    ROW(fround, IR_F64, IR_F64, ARM, FP_RNE, NAN64 | 5, 0, 0, NAN64 | 5, 0),
    ROW(ftof, IR_F32, IR_F64, ARM, FP_RNE, SIGN64 | 0x7ff0000060000001, 0, 0, SIGN32 | NAN32 | 3,
        FP_INVALID),
    ROW(ftof, IR_F64, IR_F16, ARM, FP_RNE, 0x7e03, 0, 0, NAN64 | UINT64_C(3) << 42, 0),
    ROW(ftoi, IR_I32, IR_F64, ARM, FP_RNE, NAN64, 0, 0, 0, FP_INVALID),
    /* A little less than the smallest normal number, rounded up to it: tiny before rounding. */
    ROW(fmul, IR_F32, IR_F32, FP_RNE, FP_RNE, 0x00800001, 0x3f7ffffe, 0, 0x00800000, FP_INEXACT),
    ROW(fmul, IR_F32, IR_F32, ARM, FP_RNE, 0x00800001, 0x3f7ffffe, 0, 0x00800000,
        FP_UNDERFLOW | FP_INEXACT),
    ROW(fmul, IR_F32, IR_F32, ARM | IR_FP_FLUSH, FP_RNE, 0x00800001, 0x3f7ffffe, 0, 0,
        FP_UNDERFLOW),
    ROW(fmul, IR_F32, IR_F32, ARM | IR_FP_FLUSH, FP_RNE, 0x80800000, 0x3f000000, 0, SIGN32,
        FP_UNDERFLOW),
    ROW(fflush, IR_F32, IR_F32, 0, FP_RNE, SIGN32 | 1, 0, 0, SIGN32, FP_INPUT_DENORMAL),
    ROW(fflush, IR_F64, IR_F64, 0, FP_RNE, ONE64, 0, 0, ONE64, 0),
    ROW(fflush, IR_F16, IR_F16, 0, FP_RNE, 0x03ff, 0, 0, 0, 0),
    /* Formats without infinities and NaNs; bfloat16. */
    ROW(ftof, IR_F16, IR_F32, ARM | IR_FP_ALTERNATIVE_HALF, FP_RNE, 0x47800000, 0, 0, 0x7c00, 0),
    ROW(ftof, IR_F16, IR_F32, ARM | IR_FP_ALTERNATIVE_HALF, FP_RNE, 0xc8000000, 0, 0, 0xffff,
        FP_INVALID),
    ROW(ftof, IR_F16, IR_F32, ARM | IR_FP_ALTERNATIVE_HALF, FP_RNE, SIGN32 | NAN32, 0, 0, 0x8000,
        FP_INVALID),
    ROW(ftof, IR_F32, IR_F16, ARM | IR_FP_ALTERNATIVE_HALF, FP_RNE, 0x7c00, 0, 0, 0x47800000, 0),
    ROW(ftof, IR_F16, IR_F32, ARM | IR_FP_BFLOAT, FP_RNE, 0x3f818000, 0, 0, 0x3f82, FP_INEXACT),
    ROW(ftof, IR_F16, IR_F32, ARM | IR_FP_BFLOAT, FP_RNE, 0xff810000, 0, 0, 0xffc1, FP_INVALID),
    /* To odd: the last bit is set when something was cut off, and nothing becomes infinite. */
    ROW(ftof, IR_F32, IR_F64, FP_ODD, FP_RNE, ONE64 | 1, 0, 0, ONE32 | 1, FP_INEXACT),
    ROW(ftof, IR_F32, IR_F64, FP_ODD, FP_RNE, ONE64, 0, 0, ONE32, 0),
    ROW(ftof, IR_F32, IR_F64, FP_ODD, FP_RNE, 0x7fe0000000000000, 0, 0, 0x7f7fffff,
        FP_OVERFLOW | FP_INEXACT),
    /* Fixed point, ranges, modular conversion. */
    ROW(ftoi, IR_I32, IR_F32, FP_RTZ | IR_FP_FRACTION(4), FP_RNE, 0x3fc00000, 0, 0, 24, 0),
    ROW(itof, IR_F32, IR_I64, FP_RNE | IR_FP_FRACTION(64), FP_RNE, UINT64_C(1) << 63, 0, 0,
        0xbf000000, 0),
    ROW(fround, IR_F32, IR_F32, FP_RTZ | IR_ROUND_EXACT | IR_ROUND_TO_32, FP_RNE, 0x3fc00000, 0, 0,
        ONE32, FP_INEXACT),
    ROW(fround, IR_F32, IR_F32, FP_RTZ | IR_ROUND_EXACT | IR_ROUND_TO_32, FP_RNE, 0x4f000000, 0, 0,
        0xcf000000, FP_INVALID),
    ROW(fround, IR_F64, IR_F64, FP_RTZ | IR_ROUND_EXACT | IR_ROUND_TO_64, FP_RNE, NAN64, 0, 0,
        0xc3e0000000000000, FP_INVALID),
    ROW(ftoi_modular, IR_I64, IR_F64, 0, FP_RNE, 0xc008000000000000, 0, 0, 0x1fffffffd, 0),
    ROW(ftoi_modular, IR_I64, IR_F64, 0, FP_RNE, SIGN64, 0, 0, 0, 0),
    ROW(ftoi_modular, IR_I64, IR_F64, 0, FP_RNE, 0x41f0000000300000, 0, 0, 3, FP_INVALID),
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
