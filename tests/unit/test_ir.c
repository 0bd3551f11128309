/* The IR: folding rules, the text form, the verifier, the evaluator, and the files of tests/ir. */
#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/thread.h"
#include "tests/unit/ir_file.h"
#include "translator/ir/eval.h"
#include "translator/ir/journal.h"
#include "translator/opt/opt.h"

static struct arena arena;

static void parse_into(struct ir *ir, const char *text) {
    char error[200];
    ir_reset(ir, &arena);
    ck_assert_msg(ir_parse(ir, text, NULL, error, sizeof(error)), "%s in\n%s", error, text);
    const char *message = ir_verify(ir);
    ck_assert_msg(!message, "%s in\n%s", message, text);
}

/* --- folding: one row per rule --- */

/* x is %1, y is %2, both I64; s and t are their low words; u and v are F64. */
#define PRELUDE                                                                  \
    "%1 = get.i64 r1\n%2 = get.i64 r2\n%11 = trunc.i32 %1\n%12 = trunc.i32 %2\n" \
    "%21 = get.f64 v1\n%22 = get.f64 v2\n%31 = const.i64 0\n"
#define I64(value) PRELUDE value "put.i64 r3, %9\n%99 = pcrel.i64 pc+0x4\njump %99\n"
#define I32(value) \
    PRELUDE value "%98 = zext32.i64 %9\nput.i64 r3, %98\n%99 = pcrel.i64 pc+0x4\njump %99\n"
#define F64(value) PRELUDE value "put.f64 v3, %9\n%99 = pcrel.i64 pc+0x4\njump %99\n"
#define X          "put.i64 r3, %1\n%99 = pcrel.i64 pc+0x4\njump %99\n"

static const struct {
    const char *before, *after;
} folds[] = {
    /* add, sub, neg */
    {I64("%3 = const.i64 0\n%9 = add.i64 %1, %3\n"), PRELUDE X},
    {I64("%3 = const.i64 0\n%9 = sub.i64 %1, %3\n"), PRELUDE X},
    {I64("%3 = const.i64 5\n%9 = add.i64 %3, %1\n"),
     I64("%3 = const.i64 5\n%9 = add.i64 %1, %3\n")},
    {I64("%9 = add.i64 %2, %1\n"), I64("%9 = add.i64 %1, %2\n")},
    {I64("%3 = const.i64 5\n%9 = sub.i64 %1, %3\n"),
     I64("%3 = const.i64 -5\n%9 = add.i64 %1, %3\n")},
    {I32("%3 = const.i32 5\n%9 = sub.i32 %11, %3\n"),
     I32("%3 = const.i32 -5\n%9 = add.i32 %11, %3\n")},
    {I64("%3 = const.i64 5\n%4 = const.i64 -7\n%5 = add.i64 %1, %3\n%9 = add.i64 %5, %4\n"),
     I64("%3 = const.i64 -2\n%9 = add.i64 %1, %3\n")},
    {I64("%9 = sub.i64 %1, %1\n"), I64("%9 = const.i64 0\n")},
    {I64("%9 = sub.i64 %31, %1\n"), I64("%9 = neg.i64 %1\n")},
    {I64("%3 = neg.i64 %1\n%9 = neg.i64 %3\n"), PRELUDE X},
    {I64("%3 = const.i32 7\n%4 = const.i32 25\n%5 = shl.i32 %11, %3\n%6 = shr.i32 %11, %4\n"
         "%7 = sext32.i64 %5\n%8 = zext32.i64 %6\n%9 = or.i64 %8, %7\n"),
     I64("%3 = const.i32 25\n%4 = ror.i32 %11, %3\n%9 = sext32.i64 %4\n")},
    {I64("%9 = adc.i64 %1, %2, %31\n"), I64("%9 = add.i64 %1, %2\n")},
    {I64("%3 = const.i64 1\n%4 = not.i64 %2\n%9 = adc.i64 %1, %4, %3\n"),
     I64("%9 = sub.i64 %1, %2\n")},
    {I64("%3 = set.i64 lt %1, %2\n%9 = adc.i64 %31, %31, %3\n"), I64("%9 = set.i64 lt %1, %2\n")},
    {I64("%3 = pcrel.i64 pc+0x10\n%4 = const.i64 -32\n%9 = add.i64 %3, %4\n"),
     I64("%9 = pcrel.i64 pc-0x10\n")},
    /* mul, div, rem */
    {I64("%3 = const.i64 0\n%9 = mul.i64 %3, %1\n"), I64("%9 = const.i64 0\n")},
    {I64("%3 = const.i64 1\n%9 = mul.i64 %1, %3\n"), PRELUDE X},
    {I64("%3 = const.i64 -1\n%9 = mul.i64 %1, %3\n"), I64("%9 = neg.i64 %1\n")},
    {I64("%3 = const.i64 64\n%9 = mul.i64 %1, %3\n"),
     I64("%3 = const.i64 6\n%9 = shl.i64 %1, %3\n")},
    {I64("%3 = const.i64 0\n%9 = mulhu.i64 %3, %1\n"), I64("%9 = const.i64 0\n")},
    {I64("%9 = sdiv.i64 %1, %31\n"), I64("%9 = const.i64 -1\n")},
    {I64("%3 = const.i64 8\n%9 = udiv.i64 %1, %3\n"),
     I64("%3 = const.i64 3\n%9 = shr.i64 %1, %3\n")},
    {I64("%3 = const.i64 8\n%9 = urem.i64 %1, %3\n"),
     I64("%3 = const.i64 7\n%9 = and.i64 %1, %3\n")},
    {I64("%9 = srem.i64 %1, %31\n"), PRELUDE X},
    {I64("%3 = const.i64 1\n%9 = srem.i64 %1, %3\n"), I64("%9 = const.i64 0\n")},
    /* and, or, xor, andn, not */
    {I64("%9 = and.i64 %1, %1\n"), PRELUDE X},
    {I64("%3 = const.i64 -1\n%9 = and.i64 %3, %1\n"), PRELUDE X},
    {I64("%9 = and.i64 %1, %31\n"), I64("%9 = const.i64 0\n")},
    {I64("%3 = const.i64 255\n%9 = and.i64 %1, %3\n"), I64("%9 = zext8.i64 %1\n")},
    {I64("%3 = const.i64 0xffff\n%9 = and.i64 %1, %3\n"), I64("%9 = zext16.i64 %1\n")},
    {I64("%3 = const.i64 0xffffffff\n%9 = and.i64 %1, %3\n"), I64("%9 = zext32.i64 %11\n")},
    {I64("%3 = const.i64 12\n%4 = const.i64 6\n%5 = and.i64 %1, %3\n%9 = and.i64 %5, %4\n"),
     I64("%3 = const.i64 4\n%9 = and.i64 %1, %3\n")},
    {I64("%3 = not.i64 %2\n%9 = and.i64 %3, %1\n"), I64("%9 = andn.i64 %1, %2\n")},
    {I64("%3 = load.i64.u8 [%1]\n%4 = const.i64 0x7ff\n%9 = and.i64 %3, %4\n"),
     I64("%9 = load.i64.u8 [%1]\n")},
    {I64("%9 = or.i64 %1, %1\n"), PRELUDE X},
    {I64("%9 = or.i64 %31, %1\n"), PRELUDE X},
    {I64("%3 = const.i64 -1\n%9 = or.i64 %1, %3\n"), I64("%9 = const.i64 -1\n")},
    {I64("%9 = xor.i64 %1, %1\n"), I64("%9 = const.i64 0\n")},
    {I64("%3 = const.i64 -1\n%9 = xor.i64 %1, %3\n"), I64("%9 = not.i64 %1\n")},
    {I64("%3 = not.i64 %1\n%9 = not.i64 %3\n"), PRELUDE X},
    {I64("%3 = set.i64 ltu %1, %2\n%4 = const.i64 1\n%9 = xor.i64 %3, %4\n"),
     I64("%9 = set.i64 geu %1, %2\n")},
    {I64("%9 = andn.i64 %1, %1\n"), I64("%9 = const.i64 0\n")},
    {I64("%3 = const.i64 7\n%9 = andn.i64 %1, %3\n"),
     I64("%3 = const.i64 -8\n%9 = and.i64 %1, %3\n")},
    /* shifts */
    {I64("%9 = shl.i64 %1, %31\n"), PRELUDE X},
    {I64("%3 = const.i64 64\n%9 = sar.i64 %1, %3\n"), PRELUDE X},
    {I64("%3 = const.i64 63\n%4 = and.i64 %2, %3\n%9 = shr.i64 %1, %4\n"),
     I64("%9 = shr.i64 %1, %2\n")},
    {I64("%3 = const.i64 40\n%4 = shl.i64 %1, %3\n%9 = shl.i64 %4, %3\n"),
     I64("%9 = const.i64 0\n")},
    {I64("%3 = const.i64 40\n%4 = sar.i64 %1, %3\n%9 = sar.i64 %4, %3\n"),
     I64("%3 = const.i64 63\n%9 = sar.i64 %1, %3\n")},
    {I64("%3 = const.i64 56\n%4 = shl.i64 %1, %3\n%9 = shr.i64 %4, %3\n"),
     I64("%9 = zext8.i64 %1\n")},
    {I64("%3 = const.i64 32\n%4 = shl.i64 %1, %3\n%9 = sar.i64 %4, %3\n"),
     I64("%9 = sext32.i64 %11\n")},
    {I32("%3 = const.i32 16\n%4 = shl.i32 %11, %3\n%9 = sar.i32 %4, %3\n"),
     I32("%9 = sext16.i32 %11\n")},
    {I64("%3 = const.i64 8\n%9 = rol.i64 %1, %3\n"),
     I64("%3 = const.i64 56\n%9 = ror.i64 %1, %3\n")},
    /* extensions */
    {I64("%3 = sext32.i64 %11\n%4 = trunc.i32 %3\n%9 = sext32.i64 %4\n"),
     I64("%9 = sext32.i64 %11\n")},
    {I64("%3 = load.i64.s32 [%1]\n%4 = trunc.i32 %3\n%9 = sext32.i64 %4\n"),
     I64("%9 = load.i64.s32 [%1]\n")},
    {I64("%3 = load.i64.u32 [%1]\n%4 = trunc.i32 %3\n%9 = zext32.i64 %4\n"),
     I64("%9 = load.i64.u32 [%1]\n")},
    {I64("%3 = set.i64 eq %1, %2\n%4 = trunc.i32 %3\n%9 = sext32.i64 %4\n"),
     I64("%9 = set.i64 eq %1, %2\n")},
    {I64("%3 = load.i64.s16 [%1]\n%9 = sext16.i64 %3\n"), I64("%9 = load.i64.s16 [%1]\n")},
    {I64("%3 = zext16.i64 %1\n%9 = zext8.i64 %3\n"), I64("%9 = zext8.i64 %1\n")},
    {I64("%3 = zext8.i64 %1\n%9 = sext8.i64 %3\n"), I64("%9 = sext8.i64 %1\n")},
    {I64("%3 = zext8.i64 %1\n%9 = sext16.i64 %3\n"), I64("%9 = zext8.i64 %1\n")},
    {I64("%3 = const.i32 1\n%4 = shr.i32 %11, %3\n%9 = sext32.i64 %4\n"),
     I64("%3 = const.i32 1\n%4 = shr.i32 %11, %3\n%9 = zext32.i64 %4\n")},
    {I64("%3 = nanunbox.f32 %21\n%4 = nanbox.f64 %3\n%5 = fbits.i64 %4\n%6 = trunc.i32 %5\n"
         "%9 = sext32.i64 %6\n"),
     I64("%3 = nanunbox.f32 %21\n%6 = fbits.i32 %3\n%9 = sext32.i64 %6\n")},
    /* comparisons */
    {I64("%9 = set.i64 leu %1, %1\n"), I64("%9 = const.i64 1\n")},
    {I64("%3 = const.i64 9\n%9 = set.i64 lt %3, %1\n"),
     I64("%3 = const.i64 9\n%9 = set.i64 gt %1, %3\n")},
    {I64("%9 = set.i64 ltu %1, %31\n"), I64("%9 = const.i64 0\n")},
    {I64("%9 = set.i64 ltu %31, %1\n"), I64("%9 = set.i64 ne %1, %31\n")},
    {I64("%3 = const.i64 1\n%9 = set.i64 ltu %1, %3\n"), I64("%9 = set.i64 eq %1, %31\n")},
    {I64("%3 = xor.i64 %1, %2\n%4 = const.i64 1\n%9 = set.i64 ltu %3, %4\n"),
     I64("%9 = set.i64 eq %1, %2\n")},
    {I64("%3 = set.i32 lt %11, %12\n%9 = set.i64 eq %3, %31\n"), I64("%9 = set.i32 ge %11, %12\n")},
    {I64("%3 = set.i32 lt %11, %12\n%9 = set.i64 ne %31, %3\n"), I64("%9 = set.i32 lt %11, %12\n")},
    {I64("%3 = fcmp.f64 lt %21, %22\n%9 = set.i64 ne %3, %31\n"),
     I64("%9 = fcmp.f64 lt %21, %22\n")},
    /* choices */
    {I64("%9 = select.i64 %2, %1, %1\n"), PRELUDE X},
    {I64("%3 = const.i64 2\n%9 = select.i64 %3, %1, %2\n"), PRELUDE X},
    {I64("%3 = set.i64 eq %1, %31\n%9 = select.i64 %3, %1, %2\n"),
     I64("%9 = select.i64 %1, %2, %1\n")},
    {I64("%3 = set.i32 ltu %11, %12\n%4 = const.i64 1\n%9 = select.i64 %3, %4, %31\n"),
     I64("%9 = set.i32 ltu %11, %12\n")},
    /* floats */
    {F64("%3 = fma.f64.dyn %21, %22, %21\n%9 = fcanon.f64 %3\n"),
     F64("%9 = fma.f64.dyn %21, %22, %21\n")},
    {F64("%3 = fneg.f64 %21\n%9 = fneg.f64 %3\n"), F64("%9 = get.f64 v1\n")},
    {F64("%3 = fneg.f64 %21\n%9 = fabs.f64 %3\n"), F64("%9 = fabs.f64 %21\n")},
    {F64("%9 = fcopysign.f64 %21, %21\n"), F64("%9 = get.f64 v1\n")},
    {F64("%3 = fneg.f64 %21\n%9 = fcopysign.f64 %21, %3\n"), F64("%9 = fneg.f64 %21\n")},
    {F64("%3 = fabs.f64 %21\n%9 = fcopysign.f64 %3, %22\n"), F64("%9 = fcopysign.f64 %21, %22\n")},
    {F64("%3 = fbits.i64 %21\n%9 = ffrom.f64 %3\n"), F64("%9 = get.f64 v1\n")},
    {I64("%3 = ffrom.f64 %1\n%9 = fbits.i64 %3\n"), PRELUDE X},
    {F64("%3 = ffrom.f32 %11\n%4 = nanbox.f64 %3\n%5 = nanunbox.f32 %4\n%6 = fneg.f32 %5\n"
         "%9 = nanbox.f64 %6\n"),
     F64("%3 = ffrom.f32 %11\n%6 = fneg.f32 %3\n%9 = nanbox.f64 %6\n")},
    /* conditions on flags */
    {I64("%3 = flags_sub.i64 %1, %2\n%9 = flags_cond.i64 hi %3\n"),
     I64("%9 = set.i64 gtu %1, %2\n")},
    {I64("%3 = flags_sub.i32 %11, %12\n%9 = flags_cond.i64 mi %3\n"),
     I64("%3 = sub.i32 %11, %12\n%4 = const.i32 0\n%9 = set.i32 lt %3, %4\n")},
    {I64("%3 = flags_sub.i64 %1, %2\n%9 = flags_cond.i64 vs %3\n"),
     I64("%3 = flags_sub.i64 %1, %2\n%9 = flags_cond.i64 vs %3\n")},
    {I64("%3 = sub.i64 %1, %2\nput.i64 r1, %3\n%4 = flags_sub.i64 %1, %2\n"
         "%9 = flags_cond.i64 eq %4\n"),
     I64("%3 = sub.i64 %1, %2\nput.i64 r1, %3\n%9 = set.i64 eq %3, %31\n")},
    {I64("%3 = const.i64 7\n%4 = flags_add.i64 %1, %3\n%9 = flags_cond.i64 ge %4\n"),
     I64("%3 = const.i64 -7\n%9 = set.i64 ge %1, %3\n")},
    {I64("%3 = const.i64 0x8000000000000000\n%4 = flags_add.i64 %1, %3\n"
         "%9 = flags_cond.i64 ge %4\n"),
     I64("%3 = const.i64 0x8000000000000000\n%4 = flags_add.i64 %1, %3\n"
         "%9 = flags_cond.i64 ge %4\n")},
    {I64("%3 = flags_add.i64 %1, %2\n%9 = flags_cond.i64 cs %3\n"),
     I64("%3 = add.i64 %1, %2\n%9 = set.i64 ltu %3, %1\n")},
    {I64("%3 = flags_logic.i64 %1\n%9 = flags_cond.i64 le %3\n"), I64("%9 = set.i64 le %1, %31\n")},
    {I64("%3 = flags_logic.i64 %1\n%9 = flags_cond.i64 hi %3\n"), I64("%9 = const.i64 0\n")},
    {I64("%3 = flags_adc.i64 %1, %2, %31\n%9 = flags_cond.i64 cc %3\n"),
     I64("%3 = add.i64 %1, %2\n%9 = set.i64 geu %3, %1\n")},
    {I64("%3 = not.i64 %2\n%4 = const.i64 1\n%5 = flags_adc.i64 %1, %3, %4\n"
         "%9 = flags_cond.i64 lt %5\n"),
     I64("%9 = set.i64 lt %1, %2\n")},
    {I64("%3 = set.i64 lt %1, %2\n%4 = flags_sub.i32 %11, %12\n%5 = const.i64 0\n"
         "%6 = select.i64 %3, %4, %5\n%9 = flags_cond.i64 eq %6\n"),
     I64("%3 = set.i64 lt %1, %2\n%4 = set.i32 eq %11, %12\n%9 = and.i64 %3, %4\n")},
    {I64("%3 = get.i64 c1\n%4 = flags_cond.i64 gt %3\n%9 = set.i64 eq %4, %31\n"),
     I64("%3 = get.i64 c1\n%9 = flags_cond.i64 le %3\n")},
    /* the same value twice */
    {I64("%3 = mul.i64 %1, %2\n%4 = mul.i64 %1, %2\n%9 = xor.i64 %3, %4\n"),
     I64("%9 = const.i64 0\n")},
    /* addresses */
    {I64("%3 = const.i64 8\n%4 = add.i64 %1, %3\n%9 = load.i64.64 [%4 + 8]\n"),
     I64("%9 = load.i64.64 [%1 + 16]\n")},
    {I64("%3 = const.i64 2\n%4 = shl.i64 %2, %3\n%5 = add.i64 %4, %1\n%9 = load.i64.64 [%5]\n"),
     I64("%9 = load.i64.64 [%1 + %2*4]\n")},
    {I64("%5 = add.i64 %2, %1\n%9 = load.i64.64 [%5 - 1]\n"),
     I64("%9 = load.i64.64 [%1 + %2*1 - 1]\n")},
    {I64("%3 = const.i64 0x7ffffff0\n%4 = add.i64 %1, %3\n%9 = load.i64.64 [%4 + 16]\n"),
     I64("%3 = const.i64 0x7ffffff0\n%4 = add.i64 %1, %3\n%9 = load.i64.64 [%4 + 16]\n")},
    /* what a guest register holds is not reached through */
    {I64("%3 = const.i64 8\n%4 = add.i64 %1, %3\nput.i64 r1, %4\n%9 = load.i64.64 [%4 + 8]\n"),
     I64("%3 = const.i64 8\n%4 = add.i64 %1, %3\nput.i64 r1, %4\n%9 = load.i64.64 [%4 + 8]\n")},
    {I64("%3 = const.i64 8\n%4 = add.i64 %1, %3\nput.i64 r1, %4\n%9 = add.i64 %4, %3\n"),
     I64("%3 = const.i64 8\n%4 = add.i64 %1, %3\nput.i64 r1, %4\n%9 = add.i64 %4, %3\n")},
    {I64("%3 = const.i64 8\n%4 = add.i64 %1, %3\nput.i64 r4, %4\n%9 = add.i64 %4, %3\n"),
     I64("%3 = const.i64 8\n%4 = add.i64 %1, %3\nput.i64 r4, %4\n%5 = const.i64 16\n"
         "%9 = add.i64 %1, %5\n")},
    /* guest registers */
    {I64("%9 = get.i64 r1\n"), PRELUDE X},
    {I64("put.i64 r1, %2\n%3 = get.i64 r1\n%9 = add.i64 %3, %1\n"),
     I64("put.i64 r1, %2\n%9 = add.i64 %1, %2\n")},
    {I64("put.i64 r1, %1\n%9 = neg.i64 %1\n"), I64("%9 = neg.i64 %1\n")},
    {F64("put.f64 v1, %22\n%3 = get.v128 v1\nput.v128 v4, %3\n%9 = get.f64 v1\n"),
     F64("put.f64 v1, %22\n%3 = get.v128 v1\nput.v128 v4, %3\n%9 = vlowf.f64 %3\n")},
};

START_TEST(fold_rule) {
    struct ir written, folded, expected;
    parse_into(&written, folds[_i].before);
    parse_into(&expected, folds[_i].after);
    ir_reset(&folded, &arena);
    ir_rebuild(&folded, &written);
    const char *message = ir_verify(&folded);
    ck_assert_msg(!message, "%s", message);
    opt_run(&folded, 1, NULL);
    opt_run(&expected, 1, NULL);
    char *found_text = ir_text(&folded), *expected_text = ir_text(&expected);
    ck_assert_msg(strcmp(found_text, expected_text) == 0, "rule %d: found\n%sexpected\n%s", _i,
                  found_text, expected_text);
    free(found_text);
    free(expected_text);
}
END_TEST

START_TEST(dropped_behind_the_end) {
    struct ir ir;
    ir_reset(&ir, &arena);
    ir_ref x = ir_get(&ir, IR_I64, 1);
    ir_jump(&ir, x);
    uint32_t count = ir.count;
    ir_ref y = ir_add(&ir, IR_I64, x, ir_const(&ir, IR_I64, 1));
    ir_put(&ir, IR_I64, 2, y);
    ir_store(&ir, IR_I64, IR_MEM(IR_64, 0), y, 0, y);
    ir_trap(&ir, EXIT_SYSCALL, y);
    ck_assert_uint_eq(ir.count, count);
    ck_assert_ptr_null(ir_verify(&ir));
}
END_TEST

START_TEST(helper_ends_what_is_known) {
    static const struct ir_helper quiet = {.name = "quiet", .result = IR_VOID};
    static const struct ir_helper writer = {
        .name = "writer", .result = IR_VOID, .writes_state = true};
    struct ir ir;
    ir_reset(&ir, &arena);
    ir_ref x = ir_get(&ir, IR_I64, 1);
    ir_helper(&ir, &quiet, 0, 0, 0);
    ck_assert_uint_eq(ir_get(&ir, IR_I64, 1), x);
    ir_helper(&ir, &writer, 0, 0, 0);
    ck_assert_uint_ne(ir_get(&ir, IR_I64, 1), x);
}
END_TEST

START_TEST(different_values_stay_apart) {
    struct ir ir;
    ir_reset(&ir, &arena);
    ir_ref previous = IR_NO_REF;
    for (ir.where = 0; ir.where < UNIT_MAX_INSNS; ir.where++) {
        ir_ref target = ir_pcrel_field(&ir, 4, 0);
        ck_assert_uint_gt(target, previous);
        previous = target;
    }
}
END_TEST

START_TEST(one_field_per_guest_instruction) {
    struct ir ir;
    ir_reset(&ir, &arena);
    ir.where = 2;
    ir_ref first = ir_pcrel_field(&ir, 4, 100);
    ck_assert_uint_eq(ir_pcrel_field(&ir, 4, 100), first);
    ir.where = 5;
    ir_ref second = ir_pcrel_field(&ir, 4, -8);
    ck_assert_uint_ne(second, first);
    ck_assert_uint_eq(ir.fields, 2);
    ck_assert_uint_eq(ir.field_where[0], 2);
    ck_assert_uint_eq(ir.field_where[1], 5);
    ck_assert_int_eq(ir.field_value[1], -8);
}
END_TEST

/* --- the arithmetic of C as the measure of eval_int.c --- */

static uint64_t evaluate(enum ir_op op, enum ir_type type, unsigned aux, uint64_t a, uint64_t b) {
    struct ir_insn insn = {.op = (uint8_t)op, .type = (uint8_t)type, .aux = (uint16_t)aux};
    struct ir_operands operands = {.a.u64 = {a}, .b.u64 = {b}, .insn = &insn, .operand_type = type};
    return ir_eval_functions[op](&operands).u64[0];
}

static uint64_t flags(bool n, bool z, bool c, bool v) {
    return (n ? IR_FLAG_N : 0) | (z ? IR_FLAG_Z : 0) | (c ? IR_FLAG_C : 0) | (v ? IR_FLAG_V : 0);
}

/* Does a condition hold for the flags of a - b? */
static uint64_t holds(enum ir_type type, enum ir_flags_cond cond, uint64_t a, uint64_t b) {
    return evaluate(IR_flags_cond, IR_I64, cond, evaluate(IR_flags_sub, type, 0, a, b), 0);
}

#define SAME(op, type, aux, expected)                                          \
    if (evaluate(op, type, aux, a, b) != (uint64_t)(expected))                 \
    ck_abort_msg(#op " " #type " of %" PRIx64 ", %" PRIx64 ": %" PRIx64, a, b, \
                 evaluate(op, type, aux, a, b))

static void compare_with_c(uint64_t a, uint64_t b) {
    uint32_t c = (uint32_t)a, d = (uint32_t)b;
    int64_t sa = (int64_t)a, sb = (int64_t)b;
    int32_t sc = (int32_t)c, sd = (int32_t)d;
    SAME(IR_add, IR_I64, 0, a + b);
    SAME(IR_add, IR_I32, 0, c + d);
    SAME(IR_sub, IR_I64, 0, a - b);
    SAME(IR_sub, IR_I32, 0, c - d);
    SAME(IR_mul, IR_I64, 0, a * b);
    SAME(IR_mul, IR_I32, 0, c * d);
    SAME(IR_mulhu, IR_I64, 0, (unsigned __int128)a * b >> 64);
    SAME(IR_mulhs, IR_I64, 0, (__int128)sa * sb >> 64);
    SAME(IR_mulhsu, IR_I64, 0, (__int128)sa * b >> 64);
    SAME(IR_mulhu, IR_I32, 0, (uint64_t)c * d >> 32);
    SAME(IR_mulhs, IR_I32, 0, (uint32_t)((int64_t)sc * sd >> 32));
    SAME(IR_mulhsu, IR_I32, 0, (uint32_t)((int64_t)sc * d >> 32));
    if (b != 0 && !(sa == INT64_MIN && sb == -1)) {
        SAME(IR_sdiv, IR_I64, 0, sa / sb);
        SAME(IR_srem, IR_I64, 0, sa % sb);
        SAME(IR_udiv, IR_I64, 0, a / b);
        SAME(IR_urem, IR_I64, 0, a % b);
    }
    if (d != 0 && !(sc == INT32_MIN && sd == -1)) {
        SAME(IR_sdiv, IR_I32, 0, (uint32_t)(sc / sd));
        SAME(IR_srem, IR_I32, 0, (uint32_t)(sc % sd));
        SAME(IR_udiv, IR_I32, 0, c / d);
        SAME(IR_urem, IR_I32, 0, c % d);
    }
    SAME(IR_andn, IR_I64, 0, a & ~b);
    SAME(IR_not, IR_I32, 0, (uint32_t)~c);
    SAME(IR_neg, IR_I32, 0, -c);
    SAME(IR_shl, IR_I64, 0, a << (b & 63));
    SAME(IR_shl, IR_I32, 0, c << (d & 31));
    SAME(IR_shr, IR_I64, 0, a >> (b & 63));
    SAME(IR_shr, IR_I32, 0, c >> (d & 31));
    SAME(IR_sar, IR_I64, 0, sa >> (b & 63));
    SAME(IR_sar, IR_I32, 0, (uint32_t)(sc >> (d & 31)));
    SAME(IR_rol, IR_I64, 0, a << (b & 63) | a >> (-b & 63));
    SAME(IR_ror, IR_I64, 0, a >> (b & 63) | a << (-b & 63));
    SAME(IR_rol, IR_I32, 0, c << (d & 31) | c >> (-d & 31));
    SAME(IR_ror, IR_I32, 0, c >> (d & 31) | c << (-d & 31));
    SAME(IR_smin, IR_I32, 0, (uint32_t)(sc < sd ? sc : sd));
    SAME(IR_smax, IR_I64, 0, sa > sb ? sa : sb);
    SAME(IR_umin, IR_I64, 0, a < b ? a : b);
    SAME(IR_umax, IR_I32, 0, c > d ? c : d);
    SAME(IR_clz, IR_I64, 0, a ? __builtin_clzl(a) : 64);
    SAME(IR_clz, IR_I32, 0, c ? __builtin_clz(c) : 32);
    SAME(IR_ctz, IR_I64, 0, a ? __builtin_ctzl(a) : 64);
    SAME(IR_ctz, IR_I32, 0, c ? __builtin_ctz(c) : 32);
    SAME(IR_popcnt, IR_I32, 0, __builtin_popcount(c));
    SAME(IR_bswap, IR_I64, 0, __builtin_bswap64(a));
    SAME(IR_bswap, IR_I32, 0, __builtin_bswap32(c));
    SAME(IR_sext8, IR_I64, 0, (int64_t)(int8_t)a);
    SAME(IR_sext16, IR_I32, 0, (uint32_t)(int16_t)a);
    SAME(IR_zext8, IR_I64, 0, (uint8_t)a);
    SAME(IR_zext16, IR_I64, 0, (uint16_t)a);
    SAME(IR_sext32, IR_I64, 0, (int64_t)sc);
    SAME(IR_zext32, IR_I64, 0, c);
    SAME(IR_trunc, IR_I32, 0, c);
    int64_t wide;
    int32_t narrow;
    bool overflow = __builtin_sub_overflow(sa, sb, &wide);
    SAME(IR_flags_sub, IR_I64, 0, flags(wide < 0, a == b, a >= b, overflow));
    overflow = __builtin_sub_overflow(sc, sd, &narrow);
    SAME(IR_flags_sub, IR_I32, 0, flags(narrow < 0, c == d, c >= d, overflow));
    overflow = __builtin_add_overflow(sa, sb, &wide);
    SAME(IR_flags_add, IR_I64, 0, flags(wide < 0, wide == 0, a + b < a, overflow));
    overflow = __builtin_add_overflow(sc, sd, &narrow);
    SAME(IR_flags_add, IR_I32, 0, flags(narrow < 0, narrow == 0, c + d < c, overflow));
    SAME(IR_flags_logic, IR_I64, 0, flags(sa < 0, a == 0, false, false));
    SAME(IR_flags_logic, IR_I32, 0, flags(sc < 0, c == 0, false, false));
    ck_assert_uint_eq(holds(IR_I64, IR_FLAGS_EQ, a, b), a == b);
    ck_assert_uint_eq(holds(IR_I32, IR_FLAGS_NE, a, b), c != d);
    ck_assert_uint_eq(holds(IR_I64, IR_FLAGS_CS, a, b), a >= b);
    ck_assert_uint_eq(holds(IR_I32, IR_FLAGS_CC, a, b), c < d);
    ck_assert_uint_eq(holds(IR_I32, IR_FLAGS_HI, a, b), c > d);
    ck_assert_uint_eq(holds(IR_I64, IR_FLAGS_LS, a, b), a <= b);
    ck_assert_uint_eq(holds(IR_I64, IR_FLAGS_GE, a, b), sa >= sb);
    ck_assert_uint_eq(holds(IR_I32, IR_FLAGS_LT, a, b), sc < sd);
    ck_assert_uint_eq(holds(IR_I64, IR_FLAGS_GT, a, b), sa > sb);
    ck_assert_uint_eq(holds(IR_I32, IR_FLAGS_LE, a, b), sc <= sd);
    ck_assert_uint_eq(holds(IR_I64, IR_FLAGS_NV, a, b), 1);
    SAME(IR_set, IR_I64, IR_LT, sa < sb);
    SAME(IR_set, IR_I64, IR_GE, sa >= sb);
    SAME(IR_set, IR_I64, IR_LE, sa <= sb);
    SAME(IR_set, IR_I64, IR_GT, sa > sb);
    SAME(IR_set, IR_I64, IR_LTU, a < b);
    SAME(IR_set, IR_I64, IR_GEU, a >= b);
    SAME(IR_set, IR_I64, IR_LEU, a <= b);
    SAME(IR_set, IR_I64, IR_GTU, a > b);
    SAME(IR_set, IR_I32, IR_LT, sc < sd);
    SAME(IR_set, IR_I32, IR_GTU, c > d);
    SAME(IR_set, IR_I32, IR_EQ, c == d);
    SAME(IR_set, IR_I32, IR_NE, c != d);
}

START_TEST(integers_as_in_c) {
    struct random_source random = {42};
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t a = random_integer(&random);
        uint64_t b = random_below(&random, 10) ? random_integer(&random) : a;
        compare_with_c(a, b);
    }
}
END_TEST

START_TEST(conditions_negated_and_swapped) {
    for (enum ir_cond cond = IR_EQ; cond < IR_COND_COUNT; cond++)
        for (uint64_t a = 0; a < 3; a++)
            for (uint64_t b = 0; b < 3; b++) {
                uint64_t holds = evaluate(IR_set, IR_I64, cond, a - 1, b - 1);
                ck_assert_uint_eq(holds ^ 1,
                                  evaluate(IR_set, IR_I64, ir_cond_negate(cond), a - 1, b - 1));
                ck_assert_uint_eq(holds,
                                  evaluate(IR_set, IR_I64, ir_cond_swap(cond), b - 1, a - 1));
            }
}
END_TEST

/* --- what the verifier and the parser refuse --- */

static const struct {
    const char *text, *message;
} invalid[] = {
    {"", "empty"},
    {"%1 = get.i64 r1\n", "does not end"},
    {"%1 = get.i64 r1\njump %1\njump %1\n", "too early"},
    {"%1 = get.i64 r1\n%2 = add.i32 %1, %1\njump %1\n", "wrong type"},
    {"%1 = get.i64 r1\n%2 = trunc.i32 %1\n%3 = add.i64 %1, %2\njump %1\n", "wrong type"},
    {"%1 = get.i64 r1\n%2 = sext32.i64 %1\njump %1\n", "wrong type"},
    {"%1 = get.i64 v1\njump %1\n", "no such type"},
    {"%1 = get.f64 r1\n%2 = get.i64 r1\njump %2\n", "no such type"},
    {"%1 = get.i64 r1\n%2 = load.i32.64 [%1]\njump %1\n", "does not fit"},
    {"%1 = get.i64 r1\n%2 = load.f64.u32 [%1]\njump %1\n", "does not fit"},
    {"%1 = get.i64 r1\n%2 = load.i64.64 [%1 + 0x80000000]\njump %1\n", "too large"},
    {"%1 = get.i64 r1\n%2 = store_cond.i64.64 [%1], %1, r4\njump %1\n", "control registers"},
    {"%1 = get.i64 r1\n%2 = rmw.i64.add.64 [%1 + 8], %1\njump %1\n", "no offset"},
    {"@1\n%1 = get.i64 r1\n@0\njump %1\n", "out of order"},
    {"%1 = get.f64 v1\n%2 = fbits.i32 %1\n%3 = get.i64 r1\njump %3\n", "differ in size"},
    {"%1 = get.i64 r1\n%2 = nanbox.f64 %1\njump %1\n", "wrong type"},
    {"%1 = get.f64 v1\n%2 = select.f64 %1, %1, %1\njump %1\n", "wrong type"},
};

START_TEST(verifier_refuses) {
    struct ir ir;
    char error[200];
    ir_reset(&ir, &arena);
    ck_assert_msg(ir_parse(&ir, invalid[_i].text, NULL, error, sizeof(error)), "%s", error);
    const char *message = ir_verify(&ir);
    ck_assert_msg(message && strstr(message, invalid[_i].message), "'%s' for\n%s", message,
                  invalid[_i].text);
}
END_TEST

static const struct {
    const char *text, *message;
} malformed[] = {
    {"%1 = fetch.i64 r1\n", "line 1: unknown operation"},
    {"\n%1 = get.i65 r1\n", "line 2: unknown type"},
    {"%1 = get.i64 r32\n", "guest register"},
    {"%1 = get.i64 q1\n", "guest register"},
    {"%1 = add.i64 %2, %2\n", "before it is defined"},
    {"%1 = get.i64 r1\n%1 = get.i64 r2\n", "defined twice"},
    {"get.i64 r1\n", "makes a value"},
    {"%1 = get.i64 r1\n%2 = jump %1\n", "makes no value"},
    {"%1 = get.i64 r1 r2\n", "unexpected"},
    {"%1 = get.i64 r1\n%2 = load.i64.u7 [%1]\n", "unknown word"},
    {"%1 = get.i64 r1\n%2 = load.i64.u8 [%1 + %1*3]\n", "scaled"},
    {"%1 = get.i64 r1\n%2 = helper.i64 no_such(%1)\n", "no helper is called 'no_such'"},
    {"%1 = const.i64 ten\n", "expected a number"},
    {"%70000 = get.i64 r1\n", "no value can have"},
};

START_TEST(parser_refuses) {
    struct ir ir;
    char error[200] = "nothing";
    ir_reset(&ir, &arena);
    ck_assert(!ir_parse(&ir, malformed[_i].text, NULL, error, sizeof(error)));
    ck_assert_msg(strstr(error, malformed[_i].message), "'%s' for\n%s", error, malformed[_i].text);
}
END_TEST

START_TEST(text_names_registers) {
    static const char *const gprs[CPU_GPRS] = {[5] = "t0"};
    static const char *const vecs[CPU_VECS] = {[7] = "ft7"};
    static const char *const ctls[CPU_CTLS] = {[2] = "mode"};
    static const struct guest guest = {.gpr_names = gprs, .vec_names = vecs, .ctl_names = ctls};
    const char *text =
        "%1 = get.i64 t0\n%2 = get.f64 ft7\n%3 = get.i64 mode\nput.i64 c3, %1\njump %1\n";
    struct ir ir;
    char error[200], *again;
    size_t size;
    ir_reset(&ir, &arena);
    ck_assert_msg(ir_parse(&ir, text, &guest, error, sizeof(error)), "%s", error);
    ck_assert_uint_eq(ir.insn[1].aux, REG_GPR + 5);
    ck_assert_uint_eq(ir.insn[2].aux, REG_VEC + 7);
    ck_assert_uint_eq(ir.insn[3].aux, REG_CTL + 2);
    FILE *out = open_memstream(&again, &size);
    ir_print(out, &ir, &guest);
    fclose(out);
    ck_assert_str_eq(again, text);
    free(again);
}
END_TEST

/* --- the undo log --- */

START_TEST(journal_undoes_and_compares) {
    struct ir_harness *h = ir_harness();
    struct ir_journal journal = {0};
    struct guest_unit unit;
    struct ir ir;
    uint64_t before[2] = {0x1111111111111111, 0x2222222222222222}, now[2];
    random_ir_unit(&unit, IR_FILE_PC);
    parse_into(&ir, "%1 = get.i64 r1\n%2 = const.i64 -1\n%3 = const.i64 0x3333\n"
                    "store.i64.64 [%1 + 4], %2\nstore.i64.u16 [%1 + 6], %3\n"
                    "%6 = rmw.i64.add.s32 [%1], %2\njump %1\n");
    memcpy(h->memory, before, sizeof(before));
    h->cpu->gpr[1] = (uint64_t)(uintptr_t)h->memory;
    ir_eval(h->cpu, &ir, &unit, NULL, &journal);
    ck_assert_uint_eq(journal.count, 3);
    uint64_t after[2] = {0x3333ffff11111110, 0x22222222ffffffff};
    ck_assert_mem_eq(h->memory, after, sizeof(after));
    ir_journal_undo(&journal);
    ck_assert_mem_eq(h->memory, before, sizeof(before));
    ck_assert_ptr_nonnull(ir_journal_compare(&journal));
    ir_journal_redo(&journal);
    memcpy(now, h->memory, sizeof(now));
    ck_assert_mem_eq(now, after, sizeof(after));
    ck_assert_ptr_null(ir_journal_compare(&journal));
    h->memory[7] ^= 1;
    ck_assert_ptr_nonnull(ir_journal_compare(&journal));
    ir_journal_reset(&journal);
    ck_assert_ptr_null(ir_journal_compare(&journal));
    ir_journal_free(&journal);
}
END_TEST

START_TEST(misaligned_atomics_work) {
    struct ir_harness *h = ir_harness();
    struct guest_unit unit;
    struct ir ir;
    random_ir_unit(&unit, IR_FILE_PC);
    parse_into(&ir, "%1 = get.i64 r1\n%2 = const.i64 1\n%3 = rmw.i64.add.64 [%1], %2\n"
                    "put.i64 r2, %3\njump %1\n");
    uint64_t value = 0xff;
    memcpy(h->memory + 61, &value, sizeof(value)); /* across a cache line */
    h->cpu->gpr[1] = (uint64_t)(uintptr_t)h->memory + 61;
    ir_eval(h->cpu, &ir, &unit, NULL, NULL);
    memcpy(&value, h->memory + 61, sizeof(value));
    ck_assert_uint_eq(value, 0x100);
    ck_assert_uint_eq(h->cpu->gpr[2], 0xff);
}
END_TEST

/* --- atomicity --- */

enum { THREADS = 2, INCREMENTS = 50000 };

static void *increment(void *data) {
    struct thread thread = {0};
    struct cpu *cpu = calloc(1, sizeof(*cpu));
    struct guest_unit unit;
    cpu->thread = &thread;
    cpu->gpr[1] = (uint64_t)(uintptr_t)ir_harness()->memory;
    random_ir_unit(&unit, IR_FILE_PC);
    for (unsigned i = 0; i < INCREMENTS; i++)
        do
            ir_eval(cpu, data, &unit, NULL, NULL);
        while (cpu->gpr[2]); /* the store-conditional failed */
    free(cpu);
    return NULL;
}

static const char *const increments[] = {
    "%1 = get.i64 r1\n%2 = const.i64 1\n%3 = rmw.i64.add.u16 [%1], %2\n%4 = const.i64 0\n"
    "put.i64 r2, %4\njump %1\n",
    "%1 = get.i64 r1\n%2 = load.i64.u32 [%1]\nput.i64 c0, %1\nput.i64 c1, %2\n%3 = const.i64 1\n"
    "%4 = add.i64 %2, %3\n%5 = store_cond.i64.u32 [%1], %4, c0\nput.i64 r2, %5\njump %1\n",
};

START_TEST(threads_lose_no_increment) {
    struct ir ir;
    pthread_t threads[THREADS];
    uint64_t value = 0;
    parse_into(&ir, increments[_i]);
    memcpy(ir_harness()->memory, &value, sizeof(value));
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, increment, &ir), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    memcpy(&value, ir_harness()->memory, sizeof(value));
    ck_assert_uint_eq(value, _i == 0 ? (uint16_t)(THREADS * INCREMENTS) : THREADS * INCREMENTS);
}
END_TEST

/* --- the files --- */

START_TEST(file) {
    random_ir_add_helpers();
    ck_assert(ir_file_check(ir_file_list()[_i], ir_engine_eval, stderr));
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void) {
    int files = 0;
    while (ir_file_list()[files])
        files++;
    if (files == 0) {
        fprintf(stderr, "tests/ir is neither here nor above\n");
        return 1;
    }
    Suite *suite = suite_create("ir");
    TCase *tcase = tcase_create("ir");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, fold_rule, 0, COUNT(folds));
    tcase_add_test(tcase, dropped_behind_the_end);
    tcase_add_test(tcase, helper_ends_what_is_known);
    tcase_add_test(tcase, different_values_stay_apart);
    tcase_add_test(tcase, one_field_per_guest_instruction);
    tcase_add_test(tcase, integers_as_in_c);
    tcase_add_test(tcase, conditions_negated_and_swapped);
    tcase_add_loop_test(tcase, verifier_refuses, 0, COUNT(invalid));
    tcase_add_loop_test(tcase, parser_refuses, 0, COUNT(malformed));
    tcase_add_test(tcase, text_names_registers);
    tcase_add_test(tcase, journal_undoes_and_compares);
    tcase_add_test(tcase, misaligned_atomics_work);
    tcase_add_loop_test(tcase, threads_lose_no_increment, 0, COUNT(increments));
    tcase_add_loop_test(tcase, file, 0, files);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
