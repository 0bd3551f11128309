/* runtime/softfloat.c against the host's FPU: result bits and flags, in every format and mode.
 *
 * SOFTFLOAT_CASES=n sets the random cases per operation, format and mode (default 40000);
 * SOFTFLOAT_SEED the seed. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/softfloat.h"
#include "tests/unit/host_fpu.h"

static const struct fp_format *const formats[] = {&fp_f16, &fp_f32, &fp_f64};
static const enum fp_round modes[] = {FP_RNE, FP_RTZ, FP_RDN, FP_RUP, FP_RMM};
enum { FORMATS = 3, MODES = 5 };

static uint64_t random_state = 1;

static uint64_t next_random(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static unsigned below(unsigned limit) {
    return (unsigned)((next_random() >> 32) * limit >> 32);
}

static uint64_t cases(void) {
    const char *text = getenv("SOFTFLOAT_CASES");
    return text ? strtoull(text, NULL, 0) : 40000;
}

/* --- operands --- */

enum { SPECIALS = 64 };

static uint64_t value_bits(const struct fp_format *format, int exponent, uint64_t fraction) {
    int bias = (1 << (format->exponent_bits - 1)) - 1;
    return (uint64_t)(exponent + bias) << format->fraction_bits | fraction;
}

/* Fills `out` with the format's positive and negative special values; returns how many. */
static unsigned specials(const struct fp_format *format, uint64_t out[SPECIALS]) {
    uint64_t infinity = fp_infinity(format), least = UINT64_C(1) << format->fraction_bits;
    uint64_t one = value_bits(format, 0, 0), half = value_bits(format, -1, 0);
    uint64_t quiet = least >> 1;
    const uint64_t positive[] = {
        0,
        1,
        2,
        3,
        quiet,
        least - 2,
        least - 1,
        least,
        least + 1,
        least * 2,
        least * 2 + 1,
        half - 1,
        half,
        half + 1,
        one - 1,
        one,
        one + 1,
        one + quiet,
        one + least,
        one + least + quiet,
        value_bits(format, format->fraction_bits, 1),
        value_bits(format, format->fraction_bits - 1, 3),
        infinity - least,
        infinity - 2,
        infinity - 1,
        infinity,
        infinity | quiet,
        infinity | quiet | 5,
        infinity | 1,
        infinity | (quiet - 1),
    };
    unsigned count = sizeof positive / sizeof *positive;
    for (unsigned i = 0; i < count; i++) {
        out[2 * i] = positive[i];
        out[2 * i + 1] = positive[i] | fp_sign_bit(format);
    }
    return 2 * count;
}

/* A random operand, likely to meet `other` at rounding and cancellation. */
static uint64_t operand(const struct fp_format *format, uint64_t other) {
    static uint64_t special[FORMATS][SPECIALS];
    static unsigned special_count;
    unsigned row = format == &fp_f16 ? 0 : format == &fp_f32 ? 1 : 2;
    if (!special_count)
        for (unsigned i = 0; i < FORMATS; i++)
            special_count = specials(formats[i], special[i]);

    uint64_t bits = next_random() & fp_mask(format);
    unsigned fraction_bits = format->fraction_bits;
    uint64_t fraction = (UINT64_C(1) << fraction_bits) - 1;
    /* Few ones, or few zeros, at either end make exact and half-way results. */
    switch (below(4)) {
    case 0: bits &= ~(fraction >> below(fraction_bits + 1)); break;
    case 1: bits |= fraction >> below(fraction_bits + 1); break;
    default: break;
    }
    int distance = (int)below(2 * fraction_bits + 8) - (int)fraction_bits - 4;
    uint64_t exponent = (uint64_t)distance << fraction_bits;
    switch (below(8)) {
    case 0: return special[row][below(special_count)];
    case 1: /* near the other's exponent */
    case 2:
    case 3:
        exponent += other & fp_infinity(format);
        return (bits & ~fp_infinity(format)) | (exponent & fp_infinity(format));
    case 4: /* near one */
        exponent += value_bits(format, 0, 0);
        return (bits & ~fp_infinity(format)) | (exponent & fp_infinity(format));
    case 5: /* the other's neighbour, with either sign */
        return ((other + below(5) - 2) ^ (bits & fp_sign_bit(format))) & fp_mask(format);
    default: return bits;
    }
}

/* --- checks --- */

static void expect(const char *what, const struct fp_format *format, enum fp_round round,
                   const uint64_t operands[3], struct host_result got, struct host_result want) {
    if (got.bits == want.bits && got.flags == want.flags)
        return;
    ck_abort_msg("%s f%u mode %d (%" PRIx64 ", %" PRIx64 ", %" PRIx64 "): %" PRIx64
                 " flags %02x, but the host says %" PRIx64 " flags %02x",
                 what, fp_width(format), round, operands[0], operands[1], operands[2], got.bits,
                 got.flags, want.bits, want.flags);
}

static const char *const op_names[] = {"add", "sub", "mul", "div", "sqrt", "fma"};

static void check_arithmetic(const struct fp_format *format, enum fp_round round, enum host_op op,
                             const uint64_t v[3], unsigned signs) {
    struct fp_env env = {0};
    struct host_result got = {0};
    switch (op) {
    case HOST_ADD: got.bits = fp_add(&env, format, round, v[0], v[1]); break;
    case HOST_SUB: got.bits = fp_sub(&env, format, round, v[0], v[1]); break;
    case HOST_MUL: got.bits = fp_mul(&env, format, round, v[0], v[1]); break;
    case HOST_DIV: got.bits = fp_div(&env, format, round, v[0], v[1]); break;
    case HOST_SQRT: got.bits = fp_sqrt(&env, format, round, v[0]); break;
    case HOST_FMA: got.bits = fp_fma(&env, format, round, v[0], v[1], v[2], signs); break;
    }
    got.flags = env.flags;
    expect(op_names[op], format, round, v, got,
           host_arithmetic(format, round, op, v[0], v[1], v[2], signs));
}

static void check_comparisons(const struct fp_format *format, const uint64_t v[3]) {
    for (int signalling = 0; signalling < 2; signalling++) {
        struct fp_env env = {0};
        struct host_result want = {0}, got = {0};
        got.bits = fp_compare(&env, format, signalling, v[0], v[1]);
        got.flags = env.flags;
        want.bits = host_compare(format, signalling, v[0], v[1], &want.flags);
        expect("compare", format, FP_RNE, v, got, want);
    }
    for (unsigned which = FP_MINIMUM_NUMBER; which <= FP_MAXIMUM; which++) {
        struct fp_env env = {0};
        struct host_result got = {0};
        got.bits = fp_min_max(&env, format, FP_RNE, which, v[0], v[1]);
        got.flags = env.flags;
        expect("min/max", format, FP_RNE, v, got, host_min_max(format, which, v[0], v[1]));
    }
}

static void check_conversions(const struct fp_format *format, enum fp_round round,
                              const uint64_t v[3]) {
    struct fp_env env = {0};
    struct host_result got;
    for (int exact = 0; exact < 2; exact++) {
        env.flags = 0;
        got.bits = fp_round_to_integral(&env, format, round, exact, v[0]);
        got.flags = env.flags;
        expect("round", format, round, v, got, host_round(format, round, exact, v[0]));
    }
    for (unsigned i = 0; i < FORMATS; i++) {
        env.flags = 0;
        got.bits = fp_convert(&env, format, formats[i], round, v[0]);
        got.flags = env.flags;
        if (formats[i] != format)
            expect("convert", formats[i], round, v, got,
                   host_convert(format, formats[i], round, v[0]));
    }
    for (unsigned kind = 0; kind < 4; kind++) {
        const struct fp_integer integer = {.width = kind & 2 ? 64 : 32, .is_signed = kind & 1};
        env.flags = 0;
        got.bits = fp_to_int(&env, format, round, &integer, v[0]);
        got.flags = env.flags;
        expect("to integer", format, round, v, got,
               host_to_int(format, round, integer.width, integer.is_signed, v[0]));
    }
}

static void check_from_int(const struct fp_format *format, enum fp_round round,
                           const uint64_t v[3]) {
    for (unsigned kind = 0; kind < 4; kind++) {
        struct fp_env env = {0};
        struct host_result got;
        const struct fp_integer integer = {.width = kind & 2 ? 64 : 32, .is_signed = kind & 1};
        got.bits = fp_from_int(&env, format, round, &integer, v[0]);
        got.flags = env.flags;
        expect("from integer", format, round, v, got,
               host_from_int(format, round, integer.width, integer.is_signed, v[0]));
    }
}

/* --- tests: the loop index is format * MODES + mode --- */

#define FOR_FORMAT_AND_MODE(index)                             \
    const struct fp_format *format = formats[(index) / MODES]; \
    enum fp_round round = modes[(index) % MODES]

START_TEST(special_operands) {
    FOR_FORMAT_AND_MODE(_i);
    uint64_t special[SPECIALS];
    unsigned count = specials(format, special);
    for (unsigned i = 0; i < count; i++) {
        uint64_t v[3] = {special[i], 0, 0};
        check_arithmetic(format, round, HOST_SQRT, v, 0);
        check_conversions(format, round, v);
        for (unsigned j = 0; j < count; j++) {
            v[1] = special[j];
            for (enum host_op op = HOST_ADD; op <= HOST_DIV; op++)
                check_arithmetic(format, round, op, v, 0);
            check_comparisons(format, v);
            for (unsigned k = 0; k < count; k++) {
                v[2] = special[k];
                check_arithmetic(format, round, HOST_FMA, v, (i + j + k) & 3);
            }
            v[2] = 0;
        }
    }
}
END_TEST

START_TEST(random_arithmetic) {
    FOR_FORMAT_AND_MODE(_i);
    random_state += (uint64_t)_i << 32;
    for (uint64_t n = cases(); n; n--) {
        uint64_t v[3];
        v[0] = operand(format, 0);
        v[1] = operand(format, v[0]);
        v[2] = operand(format, v[below(2)]);
        for (enum host_op op = HOST_ADD; op < HOST_FMA; op++)
            check_arithmetic(format, round, op, v, 0);
        check_arithmetic(format, round, HOST_FMA, v, below(4));
        /* An addend close to the product: cancellation. */
        struct fp_env env = {0};
        v[2] = operand(format, fp_mul(&env, format, round, v[0], v[1]));
        check_arithmetic(format, round, HOST_FMA, v, below(4));
        check_comparisons(format, v);
    }
}
END_TEST

/* Values on both sides of every rounding boundary of the integer widths. */
static uint64_t near_integer(const struct fp_format *format) {
    int exponent = (int)below(70) - 4, most = (1 << (format->exponent_bits - 1)) - 1;
    uint64_t fraction = operand(format, 0) & ((UINT64_C(1) << format->fraction_bits) - 1);
    uint64_t sign = next_random() & fp_sign_bit(format);
    if (below(3) == 0)
        fraction = 0;
    uint64_t bits = value_bits(format, exponent > most ? most : exponent, fraction);
    return (bits + below(3) - 1) | sign;
}

START_TEST(random_conversions) {
    FOR_FORMAT_AND_MODE(_i);
    random_state += (uint64_t)_i << 32;
    for (uint64_t n = cases(); n; n--) {
        uint64_t v[3] = {below(2) ? operand(format, 0) : near_integer(format), 0, 0};
        check_conversions(format, round, v);
        /* Integers with long runs of zeros or ones, which lie near half-way cases. */
        v[0] = next_random() >> below(64);
        uint64_t run = UINT64_MAX >> below(64);
        v[0] = below(3) == 0 ? v[0] : below(2) ? v[0] & ~run : v[0] | run;
        v[0] += below(3) - 1;
        v[0] = below(2) ? -v[0] : v[0];
        check_from_int(format, round, v);
    }
}
END_TEST

/* Every f16 value, one operand. */
START_TEST(all_halves) {
    for (uint32_t bits = 0; bits <= 0xffff; bits++)
        for (unsigned i = 0; i < MODES; i++) {
            uint64_t v[3] = {bits, 0, 0};
            check_arithmetic(&fp_f16, modes[i], HOST_SQRT, v, 0);
            check_conversions(&fp_f16, modes[i], v);
            check_from_int(&fp_f16, modes[i], v);
        }
}
END_TEST

START_TEST(classes) {
    static const struct {
        uint64_t bits[FORMATS];
        enum fp_class class;
    } rows[] = {
        {{0xfc00, 0xff800000, 0xfff0000000000000}, FP_NEGATIVE_INFINITY},
        {{0xfbff, 0xff7fffff, 0xffefffffffffffff}, FP_NEGATIVE_NORMAL},
        {{0x8400, 0x80800000, 0x8010000000000000}, FP_NEGATIVE_NORMAL},
        {{0x83ff, 0x807fffff, 0x800fffffffffffff}, FP_NEGATIVE_SUBNORMAL},
        {{0x8001, 0x80000001, 0x8000000000000001}, FP_NEGATIVE_SUBNORMAL},
        {{0x8000, 0x80000000, 0x8000000000000000}, FP_NEGATIVE_ZERO},
        {{0x0000, 0x00000000, 0x0000000000000000}, FP_POSITIVE_ZERO},
        {{0x0001, 0x00000001, 0x0000000000000001}, FP_POSITIVE_SUBNORMAL},
        {{0x03ff, 0x007fffff, 0x000fffffffffffff}, FP_POSITIVE_SUBNORMAL},
        {{0x0400, 0x00800000, 0x0010000000000000}, FP_POSITIVE_NORMAL},
        {{0x7bff, 0x7f7fffff, 0x7fefffffffffffff}, FP_POSITIVE_NORMAL},
        {{0x7c00, 0x7f800000, 0x7ff0000000000000}, FP_POSITIVE_INFINITY},
        {{0x7c01, 0x7f800001, 0x7ff0000000000001}, FP_SIGNALLING_NAN},
        {{0xfdff, 0xffbfffff, 0xfff7ffffffffffff}, FP_SIGNALLING_NAN},
        {{0x7e00, 0x7fc00000, 0x7ff8000000000000}, FP_QUIET_NAN},
        {{0xffff, 0xffffffff, 0xffffffffffffffff}, FP_QUIET_NAN},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned j = 0; j < FORMATS; j++) {
            uint64_t bits = rows[i].bits[j];
            static const uint64_t canonical[] = {0x7e00, 0x7fc00000, 0x7ff8000000000000};
            bool nan = rows[i].class >= FP_SIGNALLING_NAN;
            ck_assert_uint_eq(fp_classify(formats[j], bits), rows[i].class);
            ck_assert_uint_eq(fp_canonical(formats[j], bits), nan ? canonical[j] : bits);
        }
}
END_TEST

int main(void) {
    const char *seed = getenv("SOFTFLOAT_SEED");
    if (seed)
        random_state = strtoull(seed, NULL, 0);
    if (!host_fpu_usable()) {
        puts("test_softfloat: skipped: the host has no FMA or F16C to compare with");
        return 0;
    }
    Suite *suite = suite_create("softfloat");
    TCase *directed = tcase_create("directed"), *random = tcase_create("random");
    tcase_set_timeout(directed, 600);
    tcase_set_timeout(random, 0);
    tcase_add_test(directed, classes);
    tcase_add_test(directed, all_halves);
    tcase_add_loop_test(directed, special_operands, 0, FORMATS * MODES);
    tcase_add_loop_test(random, random_arithmetic, 0, FORMATS * MODES);
    tcase_add_loop_test(random, random_conversions, 0, FORMATS * MODES);
    suite_add_tcase(suite, directed);
    suite_add_tcase(suite, random);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
