/* The IR's vector operations on integers: what they mean, measured by the compiler's own vectors
 * and by plain C, and the rules that fold them. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ir_harness.h"
#include "translator/ir/eval.h"
#include "translator/opt/opt.h"

static struct arena arena;

/* --- folding: one row per rule --- */

/* n is %1 (I64), x and y are %2 and %3, f is %4 (F64), 0 and 1..1 are %5 and %6. */
#define PRELUDE                                                              \
    "%1 = get.i64 r1\n%2 = get.v128 v1\n%3 = get.v128 v2\n%4 = get.f64 v3\n" \
    "%5 = const.v128 0\n%6 = const.v128.repeated -1\n"
#define END          "%99 = pcrel.i64 pc+0x4\njump %99\n"
#define VECTOR(text) PRELUDE text "put.v128 v9, %9\n" END
#define SCALAR(text) PRELUDE text "put.i64 r9, %9\n" END
#define DOUBLE(text) PRELUDE text "put.f64 v9, %9\n" END
#define X            PRELUDE "put.v128 v9, %2\n" END
#define ZERO         PRELUDE "put.v128 v9, %5\n" END
#define ONES         PRELUDE "put.v128 v9, %6\n" END
#define N            PRELUDE "put.i64 r9, %1\n" END

static const struct {
    const char *before, *after;
} folds[] = {
    /* constants */
    {VECTOR("%7 = const.i64 7\n%9 = vdup.v128.h %7\n"),
     VECTOR("%9 = const.v128.repeated 0x0007000700070007\n")},
    {VECTOR("%9 = vlow.v128 %6\n"), VECTOR("%9 = const.v128 -1\n")},
    {VECTOR("%7 = const.v128 1\n%9 = vjoin.v128 %7, %6\n"),
     VECTOR("%7 = const.v128 1\n%9 = vjoin.v128 %7, %6\n")},
    /* halves */
    {VECTOR("%7 = vlow.v128 %2\n%9 = vlow.v128 %7\n"), VECTOR("%9 = vlow.v128 %2\n")},
    {VECTOR("%7 = vfrom.v128 %1\n%9 = vlow.v128 %7\n"), VECTOR("%9 = vfrom.v128 %1\n")},
    {VECTOR("%7 = vjoin.v128 %2, %3\n%9 = vlow.v128 %7\n"), VECTOR("%9 = vlow.v128 %2\n")},
    {VECTOR("%7 = vlow.v128 %2\n%8 = vlow.v128 %3\n%10 = vadd.v128.b %7, %8\n%9 = vlow.v128 %10\n"),
     VECTOR("%7 = vlow.v128 %2\n%8 = vlow.v128 %3\n%9 = vadd.v128.b %7, %8\n")},
    {VECTOR("%7 = vlow.v128 %2\n%8 = vnot.v128 %7\n%9 = vlow.v128 %8\n"),
     VECTOR("%7 = vlow.v128 %2\n%8 = vnot.v128 %7\n%9 = vlow.v128 %8\n")},
    {VECTOR("%7 = vjoin.v128 %2, %3\n%9 = vhigh.v128 %7\n"), VECTOR("%9 = vlow.v128 %3\n")},
    {VECTOR("%7 = vlow.v128 %2\n%9 = vhigh.v128 %7\n"), ZERO},
    {VECTOR("%7 = vhigh.v128 %2\n%9 = vjoin.v128 %2, %7\n"), X},
    {VECTOR("%7 = vlow.v128 %2\n%8 = vlow.v128 %3\n%9 = vjoin.v128 %7, %8\n"),
     VECTOR("%9 = vjoin.v128 %2, %3\n")},
    {VECTOR("%9 = vjoin.v128 %2, %5\n"), VECTOR("%9 = vlow.v128 %2\n")},
    {VECTOR("%7 = vhigh.v128 %2\n%8 = vhigh.v128 %3\n%9 = vjoin.v128 %7, %8\n"),
     VECTOR("%9 = vzip2.v128.d %2, %3\n")},
    {VECTOR("%7 = vzip1.v128.d %2, %3\n%8 = vuzp2.v128.d %2, %3\n%9 = vtrn1.v128.d %7, %8\n"), X},
    {VECTOR("%7 = vlow.v128 %2\n%9 = vsxtl.v128.b %7\n"), VECTOR("%9 = vsxtl.v128.b %2\n")},
    {VECTOR("%9 = vext.v128.0 %2, %3\n"), X},
    {VECTOR("%9 = vext.v128.8 %2, %5\n"), VECTOR("%9 = vhigh.v128 %2\n")},
    /* other types */
    {VECTOR("%7 = vlowf.f64 %2\n%9 = vfrom.v128 %7\n"), VECTOR("%9 = vlow.v128 %2\n")},
    {VECTOR("%7 = ffrom.f64 %1\n%9 = vfrom.v128 %7\n"), VECTOR("%9 = vfrom.v128 %1\n")},
    {VECTOR("%7 = vget.v128.d.1 %2\n%9 = vfrom.v128 %7\n"), VECTOR("%9 = vhigh.v128 %2\n")},
    {DOUBLE("%7 = vfrom.v128 %4\n%9 = vlowf.f64 %7\n"), PRELUDE "put.f64 v9, %4\n" END},
    {DOUBLE("%7 = vfrom.v128 %1\n%9 = vlowf.f64 %7\n"), DOUBLE("%9 = ffrom.f64 %1\n")},
    {DOUBLE("%7 = vlow.v128 %2\n%9 = vlowf.f64 %7\n"), DOUBLE("%9 = vlowf.f64 %2\n")},
    {DOUBLE("%7 = vadd.v128.b %2, %3\nput.v128 v1, %7\n%9 = get.f64 v1\n"),
     DOUBLE("%7 = vadd.v128.b %2, %3\nput.v128 v1, %7\n%9 = vlowf.f64 %7\n")},
    /* lanes */
    {SCALAR("%7 = vfrom.v128 %1\n%9 = vget.v128.d.0 %7\n"), N},
    {SCALAR("%7 = vfrom.v128 %1\n%9 = vget.v128.h.0.signed %7\n"), SCALAR("%9 = sext16.i64 %1\n")},
    {SCALAR("%7 = vfrom.v128 %4\n%9 = vget.v128.d.0 %7\n"), SCALAR("%9 = fbits.i64 %4\n")},
    {SCALAR("%7 = vdup.v128.b %1\n%9 = vget.v128.b.9 %7\n"), SCALAR("%9 = zext8.i64 %1\n")},
    {SCALAR("%7 = vput.v128.d.1 %2, %1\n%9 = vget.v128.d.1 %7\n"), N},
    {SCALAR("%7 = vput.v128.b.3 %2, %1\n%9 = vget.v128.b.2 %7\n"),
     SCALAR("%9 = vget.v128.b.2 %2\n")},
    {SCALAR("%7 = vjoin.v128 %2, %3\n%9 = vget.v128.s.3 %7\n"), SCALAR("%9 = vget.v128.s.1 %3\n")},
    {SCALAR("%7 = vhigh.v128 %2\n%9 = vget.v128.b.1 %7\n"), SCALAR("%9 = vget.v128.b.9 %2\n")},
    {SCALAR("%7 = vduplane.v128.h.5 %2\n%9 = vget.v128.h.2 %7\n"),
     SCALAR("%9 = vget.v128.h.5 %2\n")},
    {VECTOR("%7 = vget.v128.s.2 %3\n%9 = vput.v128.s.1 %2, %7\n"),
     VECTOR("%9 = vputlane.v128.s.1.2 %2, %3\n")},
    {VECTOR("%7 = vget.v128.d.0 %3\n%9 = vput.v128.d.1 %2, %7\n"),
     VECTOR("%9 = vjoin.v128 %2, %3\n")},
    {VECTOR("%7 = vget.v128.b.4 %3\n%9 = vdup.v128.b %7\n"), VECTOR("%9 = vduplane.v128.b.4 %3\n")},
    {VECTOR("%7 = vdup.v128.h %1\n%9 = vduplane.v128.h.3 %7\n"), VECTOR("%9 = vdup.v128.h %1\n")},
    {VECTOR("%7 = vrev.v128.b.2 %2\n%9 = vrev.v128.b.2 %7\n"), X},
    /* logic */
    {VECTOR("%9 = vand.v128 %2, %2\n"), X},
    {VECTOR("%9 = vand.v128 %5, %2\n"), ZERO},
    {VECTOR("%9 = vand.v128 %2, %6\n"), X},
    {VECTOR("%7 = vnot.v128 %3\n%9 = vand.v128 %2, %7\n"), VECTOR("%9 = vandn.v128 %2, %3\n")},
    {VECTOR("%9 = vor.v128 %2, %2\n"), X},
    {VECTOR("%9 = vor.v128 %5, %2\n"), X},
    {VECTOR("%9 = vor.v128 %2, %6\n"), ONES},
    {VECTOR("%9 = vxor.v128 %2, %2\n"), ZERO},
    {VECTOR("%9 = vxor.v128 %2, %6\n"), VECTOR("%9 = vnot.v128 %2\n")},
    {VECTOR("%9 = vandn.v128 %2, %2\n"), ZERO},
    {VECTOR("%9 = vandn.v128 %2, %5\n"), X},
    {VECTOR("%7 = vnot.v128 %3\n%9 = vandn.v128 %2, %7\n"), VECTOR("%9 = vand.v128 %2, %3\n")},
    {VECTOR("%7 = vnot.v128 %2\n%9 = vnot.v128 %7\n"), X},
    {VECTOR("%9 = vbsl.v128 %3, %2, %2\n"), X},
    {VECTOR("%9 = vbsl.v128 %6, %2, %3\n"), X},
    {VECTOR("%9 = vbsl.v128 %2, %3, %5\n"), VECTOR("%9 = vand.v128 %2, %3\n")},
    {VECTOR("%9 = vbsl.v128 %2, %5, %3\n"), VECTOR("%9 = vandn.v128 %3, %2\n")},
    /* arithmetic */
    {VECTOR("%9 = vadd.v128.h %5, %2\n"), X},
    {VECTOR("%9 = vsub.v128.h %2, %5\n"), X},
    {VECTOR("%9 = vsub.v128.h %2, %2\n"), ZERO},
    {VECTOR("%9 = vsub.v128.h %5, %2\n"), VECTOR("%9 = vneg.v128.h %2\n")},
    {VECTOR("%9 = vumax.v128.b %2, %2\n"), X},
    {VECTOR("%9 = vceq.v128.b %2, %2\n"), ONES},
    {VECTOR("%9 = vcgtu.v128.b %2, %2\n"), ZERO},
    {VECTOR("%7 = const.i64 0\n%9 = vsar.v128.s %2, %7\n"), X},
    {VECTOR("%7 = vmul.v128.s %2, %3\n%8 = vmul.v128.s %3, %2\n%9 = vxor.v128 %7, %8\n"), ZERO},
    {VECTOR("%9 = vcge.v128.b %2, %5\n"), VECTOR("%9 = vcgt.v128.b %2, %6\n")},
    {VECTOR("%9 = vcgtu.v128.b %2, %5\n"), VECTOR("%7 = vceq.v128.b %2, %5\n%9 = vnot.v128 %7\n")},
    {SCALAR("%7 = vget.v128.b.1 %2\n%9 = zext16.i64 %7\n"), SCALAR("%9 = vget.v128.b.1 %2\n")},
    {SCALAR("%7 = vget.v128.h.1.signed %2\n%8 = trunc.i32 %7\n%9 = sext32.i64 %8\n"),
     SCALAR("%9 = vget.v128.h.1.signed %2\n")},
    /* population count */
    {SCALAR("%7 = vfrom.v128 %1\n%8 = vcnt.v128.b %7\n%10 = vlow.v128 %8\n%11 = vaddv.v128.b %10\n"
            "put.v128 v1, %11\n%12 = get.f32 v1\n%13 = fbits.i32 %12\n%9 = zext32.i64 %13\n"),
     SCALAR("%7 = popcnt.i64 %1\n%11 = vfrom.v128 %7\nput.v128 v1, %11\n%12 = vlowf.f32 %11\n"
            "%13 = fbits.i32 %12\n%9 = zext32.i64 %13\n")},
    {SCALAR(
         "%7 = vfrom.v128 %1\n%8 = vcnt.v128.b %7\n%10 = vpaddl.v128.b.unsigned %8\n"
         "%11 = vaddv.v128.h %10\n%12 = vlowf.f32 %11\n%13 = fbits.i32 %12\n%9 = zext32.i64 %13\n"),
     SCALAR("%9 = popcnt.i64 %1\n")},
    /* what a guest register holds is not reached through */
    {SCALAR("%7 = vfrom.v128 %1\nput.v128 v4, %7\n%8 = const.i64 0\nput.i64 r1, %8\n"
            "%9 = vget.v128.d.0 %7\n"),
     SCALAR("%7 = vfrom.v128 %1\nput.v128 v4, %7\n%8 = const.i64 0\nput.i64 r1, %8\n"
            "%9 = vget.v128.d.0 %7\n")},
};

static void parse_into(struct ir *ir, const char *text) {
    char error[200];
    ir_reset(ir, &arena);
    ck_assert_msg(ir_parse(ir, text, NULL, error, sizeof error), "%s in\n%s", error, text);
    const char *message = ir_verify(ir);
    ck_assert_msg(!message, "%s in\n%s", message, text);
}

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

/* --- what the verifier refuses --- */

static const struct {
    const char *text, *message;
} invalid[] = {
    {"%1 = get.v128 v1\n%2 = vmul.v128.d %1, %1\n", "no lanes of 8 bytes"},
    {"%1 = get.v128 v1\n%2 = vcnt.v128.h %1\n", "no lanes of 2 bytes"},
    {"%1 = get.v128 v1\n%2 = vget.v128.s.4 %1\n", "no lane 4"},
    {"%1 = get.v128 v1\n%2 = vputlane.v128.d.1.2 %1, %1\n", "no lane 2"},
    {"%1 = get.v128 v1\n%2 = vrev.v128.s.2 %1\n", "reverses nothing"},
    {"%1 = get.v128 v1\n%2 = vshl.v128.s %1, %1\n", "wrong type"},
    {"%1 = get.i64 r1\n%2 = vlow.v128 %1\n", "wrong type"},
    {"%1 = const.i64.repeated 1\n", "only vectors"},
};

START_TEST(verifier_refuses) {
    struct ir ir;
    char error[200];
    ir_reset(&ir, &arena);
    ck_assert_msg(ir_parse(&ir, invalid[_i].text, NULL, error, sizeof error), "%s", error);
    const char *message = ir_verify(&ir);
    ck_assert_msg(message && strstr(message, invalid[_i].message), "'%s' for\n%s", message,
                  invalid[_i].text);
}
END_TEST

/* --- meaning --- */

static union cpu_vec evaluate(enum ir_op op, unsigned aux, union cpu_vec a, union cpu_vec b,
                              union cpu_vec c) {
    struct ir_insn insn = {.op = (uint8_t)op, .type = IR_V128, .aux = (uint16_t)aux};
    struct ir_operands operands = {.a = a, .b = b, .c = c, .insn = &insn, .operand_type = IR_V128};
    return ir_eval_functions[op](&operands);
}

static const char *hex(union cpu_vec vec) {
    static char text[4][33];
    static unsigned turn;
    char *out = text[turn++ % 4];
    snprintf(out, 33, "%016" PRIx64 "%016" PRIx64, vec.u64[1], vec.u64[0]);
    return out;
}

static void same(const char *name, union cpu_vec a, union cpu_vec b, union cpu_vec found,
                 union cpu_vec expected) {
    if (memcmp(&found, &expected, sizeof found) != 0)
        ck_abort_msg("%s of %s, %s: %s, not %s", name, hex(a), hex(b), hex(found), hex(expected));
}

typedef __int128 int128;

static int128 clamp(int128 value, int128 min, int128 max) {
    return value < min ? min : value > max ? max : value;
}

/* Defines a function that compares the operations on lanes of type `U` (signed: `S`) with what the
 * compiler makes of vectors, and lane by lane where it has no operator. */
#define COMPARE_LANES(suffix, lane, U, S)                                                      \
    static void compare_##suffix(union cpu_vec x, union cpu_vec y) {                           \
        typedef U unsigned_lanes __attribute__((vector_size(16)));                             \
        typedef S signed_lanes __attribute__((vector_size(16)));                               \
        enum { COUNT = 16 / sizeof(U), WIDTH = 8 * sizeof(U) };                                \
        const int128 max = ((int128)1 << (WIDTH - 1)) - 1, min = -max - 1, umax = 2 * max + 1; \
        const unsigned at = x.u8[0] % (unsigned)COUNT;                                         \
        unsigned_lanes a, b, r;                                                                \
        union cpu_vec expected;                                                                \
        memcpy(&a, &x, 16), memcpy(&b, &y, 16);                                                \
        const signed_lanes sa = (signed_lanes)a, sb = (signed_lanes)b;                         \
        WHOLE(vadd, lane, a + b)                                                               \
        WHOLE(vsub, lane, a - b)                                                               \
        WHOLE(vmul, lane, a *b)                                                                \
        WHOLE(vneg, lane, -a)                                                                  \
        WHOLE(vceq, lane, a == b)                                                              \
        WHOLE(vcgt, lane, sa > sb)                                                             \
        WHOLE(vcge, lane, sa >= sb)                                                            \
        WHOLE(vcgtu, lane, a > b)                                                              \
        WHOLE(vcgeu, lane, a >= b)                                                             \
        EACH(vabs, lane, sa[i] < 0 ? -a[i] : a[i])                                             \
        EACH(vsmin, lane, sa[i] < sb[i] ? a[i] : b[i])                                         \
        EACH(vsmax, lane, sa[i] < sb[i] ? b[i] : a[i])                                         \
        EACH(vumin, lane, a[i] < b[i] ? a[i] : b[i])                                           \
        EACH(vumax, lane, a[i] < b[i] ? b[i] : a[i])                                           \
        EACH(vqadds, lane, clamp((int128)sa[i] + sb[i], min, max))                             \
        EACH(vqaddu, lane, clamp((int128)a[i] + b[i], 0, umax))                                \
        EACH(vqsubs, lane, clamp((int128)sa[i] - sb[i], min, max))                             \
        EACH(vqsubu, lane, clamp((int128)a[i] - b[i], 0, umax))                                \
        EACH(vqaddsu, lane, clamp((int128)sa[i] + b[i], min, max))                             \
        EACH(vqaddus, lane, clamp((int128)a[i] + sb[i], 0, umax))                              \
        EACH(vhadd, lane, ((int128)sa[i] + sb[i]) >> 1)                                        \
        EACH(vhadd, lane | IR_UNSIGNED, ((int128)a[i] + b[i]) >> 1)                            \
        EACH(vhadd, lane | IR_ROUND_UP, ((int128)sa[i] + sb[i] + 1) >> 1)                      \
        EACH(vhsub, lane, ((int128)sa[i] - sb[i]) >> 1)                                        \
        EACH(vhsub, lane | IR_UNSIGNED, ((int128)a[i] - b[i]) >> 1)                            \
        EACH(vshl, lane, y.u64[0] < WIDTH ? a[i] << y.u64[0] : 0)                              \
        EACH(vshr, lane, y.u64[0] < WIDTH ? a[i] >> y.u64[0] : 0)                              \
        EACH(vsar, lane, y.u64[0] < WIDTH ? sa[i] >> y.u64[0] : sa[i] < 0 ? -1 : 0)            \
        EACH(vput, lane | at << 2, i == at ? y.u64[0] : a[i])                                  \
        EACH(vduplane, lane | at << 2, a[at])                                                  \
        EACH(vdup, lane, x.u64[0])                                                             \
        EACH(vclz, lane, a[i] ? __builtin_clzll(a[i]) - (64 - WIDTH) : WIDTH)                  \
        EACH(vcls, lane, __builtin_clrsbll(sa[i]) - (64 - WIDTH))                              \
        U sum = 0, least = a[0], greatest = a[0];                                              \
        for (unsigned i = 0; i < COUNT; i++) {                                                 \
            sum = (U)(sum + a[i]);                                                             \
            least = a[i] < least ? a[i] : least;                                               \
            greatest = a[i] > greatest ? a[i] : greatest;                                      \
        }                                                                                      \
        EACH(vaddv, lane, i ? 0 : sum)                                                         \
        EACH(vuminv, lane, i ? 0 : least)                                                      \
        EACH(vumaxv, lane, i ? 0 : greatest)                                                   \
    }

#define COMPARE(op, aux) same(#op, x, y, evaluate(IR_##op, (unsigned)(aux), x, y, x), expected);
#define WHOLE(op, aux, value)    \
    r = (unsigned_lanes)(value); \
    memcpy(&expected, &r, 16);   \
    COMPARE(op, aux)
#define EACH(op, aux, value)              \
    for (unsigned i = 0; i < COUNT; i++)  \
        r[i] = (__typeof__(r[0]))(value); \
    memcpy(&expected, &r, 16);            \
    COMPARE(op, aux)

COMPARE_LANES(b, IR_LANE_B, uint8_t, int8_t)
COMPARE_LANES(h, IR_LANE_H, uint16_t, int16_t)
COMPARE_LANES(s, IR_LANE_S, uint32_t, int32_t)
COMPARE_LANES(d, IR_LANE_D, uint64_t, int64_t)

/* The same for operations between lanes of type U and those of twice the length, W. */
#define COMPARE_WIDTHS(suffix, lane, U, S, W, SW)                                              \
    static void compare_widths_##suffix(union cpu_vec x, union cpu_vec y) {                    \
        enum { COUNT = 8 / sizeof(U), WIDTH = 8 * sizeof(U) };                                 \
        const int128 max = ((int128)1 << (WIDTH - 1)) - 1, min = -max - 1, umax = 2 * max + 1; \
        union cpu_vec expected;                                                                \
        U a[2 * COUNT], b[2 * COUNT], narrow[2 * COUNT] = {0};                                 \
        W w[COUNT], r[COUNT];                                                                  \
        memcpy(a, &x, 16), memcpy(b, &y, 16), memcpy(w, &x, 16);                               \
        WIDE(vsxtl, lane, (S)a[i])                                                             \
        WIDE(vuxtl, lane, a[i])                                                                \
        WIDE(vsmull, lane, (SW)(S)a[i] * (S)b[i])                                              \
        WIDE(vumull, lane, (W)a[i] * b[i])                                                     \
        WIDE(vpaddl, lane, (SW)(S)a[2 * i] + (S)a[2 * i + 1])                                  \
        WIDE(vpaddl, lane | IR_UNSIGNED, (W)a[2 * i] + a[2 * i + 1])                           \
        NARROW(vnarrow, lane, w[i])                                                            \
        NARROW(vqnarrow, lane, clamp((SW)w[i], min, max))                                      \
        NARROW(vqnarrow, lane | IR_NARROW_TO_UNSIGNED, clamp((SW)w[i], 0, umax))               \
        NARROW(vqnarrow, lane | IR_NARROW_UNSIGNED, clamp(w[i], 0, umax))                      \
    }
#define WIDE(op, aux, value)              \
    for (unsigned i = 0; i < COUNT; i++)  \
        r[i] = (__typeof__(r[0]))(value); \
    memcpy(&expected, r, 16);             \
    COMPARE(op, aux)
#define NARROW(op, aux, value)                 \
    for (unsigned i = 0; i < COUNT; i++)       \
        narrow[i] = (__typeof__(a[0]))(value); \
    memcpy(&expected, narrow, 16);             \
    COMPARE(op, aux)

COMPARE_WIDTHS(b, IR_LANE_B, uint8_t, int8_t, uint16_t, int16_t)
COMPARE_WIDTHS(h, IR_LANE_H, uint16_t, int16_t, uint32_t, int32_t)
COMPARE_WIDTHS(s, IR_LANE_S, uint32_t, int32_t, uint64_t, int64_t)

static union cpu_vec random_vector(struct random_source *random) {
    const uint64_t low = random_integer(random);
    switch (random_below(random, 4)) {
    case 0: return (union cpu_vec){.u64 = {low, low}};
    case 1: return (union cpu_vec){.u64 = {low * 0x0001000100010001, random_integer(random)}};
    default: return (union cpu_vec){.u64 = {low, random_integer(random)}};
    }
}

START_TEST(lanes_as_in_c) {
    struct random_source random = {7};
    for (unsigned i = 0; i < 20000; i++) {
        const union cpu_vec x = random_vector(&random), y = random_vector(&random);
        compare_b(x, y), compare_h(x, y), compare_s(x, y), compare_d(x, y);
        compare_widths_b(x, y), compare_widths_h(x, y), compare_widths_s(x, y);
    }
}
END_TEST

/* Results in hexadecimal, the highest byte first. By default a = 0f0e...0100 and b = 1f1e...1110.
 */
#define COUNTING      "0f0e0d0c0b0a09080706050403020100"
#define COUNTING_ON   "1f1e1d1c1b1a19181716151413121110"
#define FROM(op, aux) IR_##op, aux, COUNTING, COUNTING_ON

static const struct {
    enum ir_op op;
    unsigned aux;
    const char *a, *b, *result;
} results[] = {
    {FROM(vzip1, IR_LANE_B), "17071606150514041303120211011000"},
    {FROM(vzip1, IR_LANE_H), "17160706151405041312030211100100"},
    {FROM(vzip2, IR_LANE_S), "1f1e1d1c0f0e0d0c1b1a19180b0a0908"},
    {FROM(vzip2, IR_LANE_D), "1f1e1d1c1b1a19180f0e0d0c0b0a0908"},
    {FROM(vuzp1, IR_LANE_B), "1e1c1a18161412100e0c0a0806040200"},
    {FROM(vuzp1, IR_LANE_S), "1b1a1918131211100b0a090803020100"},
    {FROM(vuzp2, IR_LANE_H), "1f1e1b1a171613120f0e0b0a07060302"},
    {FROM(vtrn1, IR_LANE_B), "1e0e1c0c1a0a18081606140412021000"},
    {FROM(vtrn2, IR_LANE_S), "1f1e1d1c0f0e0d0c1716151407060504"},
    {FROM(vext, 5), "14131211100f0e0d0c0b0a0908070605"},
    {FROM(vrev, IR_LANE_AT(IR_LANE_B, 1)), "0e0f0c0d0a0b08090607040502030001"},
    {FROM(vrev, IR_LANE_AT(IR_LANE_H, 2)), "0d0c0f0e09080b0a0504070601000302"},
    {FROM(vrev, IR_LANE_AT(IR_LANE_S, 3)), "0b0a09080f0e0d0c0302010007060504"},
    {FROM(vputlane, IR_LANE_AT(IR_LANE_H, 1) | 6 << 6), "0f0e0d0c0b0a0908070605041d1c0100"},
    {FROM(vlow, 0), "00000000000000000706050403020100"},
    {FROM(vhigh, 0), "00000000000000000f0e0d0c0b0a0908"},
    {FROM(vjoin, 0), "17161514131211100706050403020100"},
    {FROM(vget, IR_LANE_AT(IR_LANE_S, 2)), "0000000000000000000000000b0a0908"},
    {IR_vget, IR_LANE_AT(IR_LANE_B, 3) | IR_VGET_SIGNED, "80000000", "0",
     "0000000000000000ffffffffffffff80"},
    {IR_vtbl, 0, COUNTING, "10ff0f008001030507090b0d0f020406", "00000f000001030507090b0d0f020406"},
    {IR_vcnt, IR_LANE_B, "ff7f010080f00f55aa0303070f1f3f00", "0",
     "08070100010404040402020304050600"},
    {IR_vrbit, IR_LANE_B, "ff7f010080f00f55aa03030712343f00", "0",
     "fffe8000010ff0aa55c0c0e0482cfc00"},
    {IR_vpmull, IR_LANE_B, "00000000000000000000000000ff0380", "00000000000000000000000000ff0381",
     "00000000000000000000555500054080"},
    {IR_vpmull, IR_LANE_D, "8000000000000001", "8000000000000003",
     "40000000000000010000000000000003"},
    /* left by 1, right by 1, left by 8, right by 8 */
    {IR_vshlv, IR_LANE_B, "81818181", "01ff08f8", "02c000ff"},
    {IR_vshlv, IR_LANE_B | IR_UNSIGNED, "81818181", "01ff08f8", "02400000"},
    {IR_vshlv, IR_LANE_B | IR_ROUND_UP, "81818181", "01ff08f8", "02c10000"},
    {IR_vshlv, IR_LANE_B | IR_UNSIGNED | IR_ROUND_UP, "81818181", "01ff08f8", "02410001"},
    {IR_vshlv, IR_LANE_B | IR_SHIFT_SATURATE, "81818181", "01ff08f8", "80c080ff"},
    {IR_vshlv, IR_LANE_B | IR_SHIFT_OVERFLOWS, "81818181", "01ff08f8", "ff00ff00"},
    {IR_vshlv, IR_LANE_B | IR_SHIFT_SATURATE | IR_UNSIGNED, "81818181", "01ff08f8", "ff40ff00"},
    {IR_vsqdmulh, IR_LANE_H, "8000800040017fff", "8000000140007fff", "7fffffff20007ffe"},
    {IR_vsqdmulh, IR_LANE_H | IR_ROUND_UP, "8000800040017fff", "8000000140007fff",
     "7fffffff20017ffe"},
    /* a + 2ab */
    {IR_vsqrdmla, IR_LANE_H, "40007fff", "40007fff", "60007fff"},
    {IR_vsqrdmla, IR_LANE_H | IR_MLA_OVERFLOWS, "40007fff", "40007fff", "0000ffff"},
    {IR_vsqrdmla, IR_LANE_H | IR_MLA_SUBTRACT, "40007fff", "40007fff", "20000001"},
    {IR_vurecpe, IR_LANE_S, "ffffffff80000000000000017fffffff", "0",
     "80000000ff800000ffffffffffffffff"},
    {IR_vursqrte, IR_LANE_S, "ffffffff40000000000000013fffffff", "0",
     "80000000ff800000ffffffffffffffff"},
};

static union cpu_vec from_hex(const char *text) {
    union cpu_vec vec = {.u64 = {0}};
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i++) {
        const char digit[2] = {text[length - 1 - i], '\0'};
        vec.u8[i / 2] |= (uint8_t)(strtoul(digit, NULL, 16) << i % 2 * 4);
    }
    return vec;
}

START_TEST(result) {
    const union cpu_vec a = from_hex(results[_i].a), b = from_hex(results[_i].b);
    same(ir_ops[results[_i].op].name, a, b, evaluate(results[_i].op, results[_i].aux, a, b, a),
         from_hex(results[_i].result));
}
END_TEST

/* Saturation is what differs. */
START_TEST(saturation_accumulates) {
    struct ir_harness *h = ir_harness();
    struct guest_unit unit;
    struct ir ir;
    random_ir_unit(&unit, 0x10000);
    parse_into(&ir,
               "%1 = get.v128 v1\n%2 = get.v128 v2\nvqc.v128 %1, %2\n%4 = get.i64 r1\njump %4\n");
    memset(&h->cpu->fp.saturated, 0, sizeof h->cpu->fp.saturated);
    h->cpu->vec[1] = h->cpu->vec[2] = from_hex(COUNTING);
    ir_eval(h->cpu, &ir, &unit, NULL, NULL);
    ck_assert_uint_eq(h->cpu->fp.saturated.u64[0] | h->cpu->fp.saturated.u64[1], 0);
    h->cpu->vec[2].u8[15] ^= 4;
    ir_eval(h->cpu, &ir, &unit, NULL, NULL);
    h->cpu->vec[1].u8[15] ^= 4;
    ir_eval(h->cpu, &ir, &unit, NULL, NULL);
    ck_assert_uint_eq(h->cpu->fp.saturated.u64[1], UINT64_C(4) << 56);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void) {
    Suite *suite = suite_create("vectors of the IR");
    TCase *tests = tcase_create("vectors");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, fold_rule, 0, COUNT(folds));
    tcase_add_loop_test(tests, verifier_refuses, 0, COUNT(invalid));
    tcase_add_test(tests, lanes_as_in_c);
    tcase_add_loop_test(tests, result, 0, COUNT(results));
    tcase_add_test(tests, saturation_accumulates);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
