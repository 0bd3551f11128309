/* See host_fpu.h.
 *
 * f32 and f64 in the four modes of MXCSR are the instruction itself. For f16, and for f32 in RMM,
 * the operation is done in f64 towards zero with the inexact flag put into the last bit (rounding
 * to odd): f64 has more than two bits to spare, so that rounding the result again is rounding once.
 * f64 in RMM is nearest-even, corrected where the exact result, in binary128, is a tie. */
#include "tests/unit/host_fpu.h"

#include <cpuid.h>
#include <immintrin.h>
#include <math.h>
#include <string.h>

enum { MXCSR_MASKED = 0x1f80, MXCSR_FLAGS = 0x3f };

bool host_fpu_usable(void) {
    unsigned a, b, c, d, needed = bit_FMA | bit_F16C | bit_OSXSAVE;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & needed) == needed;
}

static uint32_t mxcsr_for(enum fp_round round) {
    static const uint8_t control[] = {[FP_RNE] = 0, [FP_RDN] = 1, [FP_RUP] = 2, [FP_RTZ] = 3};
    return MXCSR_MASKED | (uint32_t)control[round] << 13;
}

static uint32_t flags_of(uint32_t mxcsr) {
    return (mxcsr & 1 ? FP_INVALID : 0) | (mxcsr & 4 ? FP_DIVZERO : 0) |
           (mxcsr & 8 ? FP_OVERFLOW : 0) | (mxcsr & 16 ? FP_UNDERFLOW : 0) |
           (mxcsr & 32 ? FP_INEXACT : 0);
}

/* One instruction on %xmm registers between setting and reading MXCSR: `x` is its first operand and
 * result, `y` and `z` the others. `mxcsr` is in and out. */
#define INSTRUCTION(text, x, y, z)                                            \
    do {                                                                      \
        uint32_t standard = MXCSR_MASKED;                                     \
        __asm__ volatile("ldmxcsr %1\n\t" text "\n\tstmxcsr %1\n\tldmxcsr %4" \
                         : "+x"(x), "+m"(*mxcsr)                              \
                         : "x"(y), "x"(z), "m"(standard));                    \
    } while (0)

static double f64(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float f32(uint64_t bits) {
    uint32_t low = (uint32_t)bits;
    float value;
    memcpy(&value, &low, sizeof value);
    return value;
}

static uint64_t bits64(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint32_t bits32(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double run64(uint32_t *mxcsr, enum host_op op, unsigned signs, double x, double y,
                    double z) {
    switch (op) {
    case HOST_ADD: INSTRUCTION("addsd %2, %0", x, y, z); break;
    case HOST_SUB: INSTRUCTION("subsd %2, %0", x, y, z); break;
    case HOST_MUL: INSTRUCTION("mulsd %2, %0", x, y, z); break;
    case HOST_DIV: INSTRUCTION("divsd %2, %0", x, y, z); break;
    case HOST_SQRT: INSTRUCTION("sqrtsd %0, %0", x, y, z); break;
    case HOST_FMA:
        if (signs == 0)
            INSTRUCTION("vfmadd213sd %3, %2, %0", x, y, z);
        else if (signs == FP_FMA_NEGATE_PRODUCT)
            INSTRUCTION("vfnmadd213sd %3, %2, %0", x, y, z);
        else if (signs == FP_FMA_NEGATE_ADDEND)
            INSTRUCTION("vfmsub213sd %3, %2, %0", x, y, z);
        else
            INSTRUCTION("vfnmsub213sd %3, %2, %0", x, y, z);
        break;
    }
    return x;
}

static float run32(uint32_t *mxcsr, enum host_op op, unsigned signs, float x, float y, float z) {
    switch (op) {
    case HOST_ADD: INSTRUCTION("addss %2, %0", x, y, z); break;
    case HOST_SUB: INSTRUCTION("subss %2, %0", x, y, z); break;
    case HOST_MUL: INSTRUCTION("mulss %2, %0", x, y, z); break;
    case HOST_DIV: INSTRUCTION("divss %2, %0", x, y, z); break;
    case HOST_SQRT: INSTRUCTION("sqrtss %0, %0", x, y, z); break;
    case HOST_FMA:
        if (signs == 0)
            INSTRUCTION("vfmadd213ss %3, %2, %0", x, y, z);
        else if (signs == FP_FMA_NEGATE_PRODUCT)
            INSTRUCTION("vfnmadd213ss %3, %2, %0", x, y, z);
        else if (signs == FP_FMA_NEGATE_ADDEND)
            INSTRUCTION("vfmsub213ss %3, %2, %0", x, y, z);
        else
            INSTRUCTION("vfnmsub213ss %3, %2, %0", x, y, z);
        break;
    }
    return x;
}

/* --- between formats --- */

/* Exact, but for a signalling NaN, which is invalid. */
static double widen(const struct fp_format *format, uint64_t bits, uint32_t *mxcsr) {
    if (format == &fp_f64) {
        double value = f64(bits), one = 1;
        INSTRUCTION("mulsd %2, %0", value, one, one);
        return value;
    }
    __m128 single = _mm_set_ss(f32(bits));
    if (format == &fp_f16) {
        __m128i half = _mm_cvtsi32_si128((int)(bits & 0xffff));
        INSTRUCTION("vcvtph2ps %2, %0", single, half, half);
    }
    __m128d wide = _mm_setzero_pd();
    INSTRUCTION("cvtss2sd %2, %0", wide, single, single);
    return _mm_cvtsd_f64(wide);
}

/* In a mode of MXCSR. */
static float narrow32(uint32_t *mxcsr, double value) {
    __m128 single = _mm_setzero_ps();
    INSTRUCTION("cvtsd2ss %2, %0", single, value, value);
    return _mm_cvtss_f32(single);
}

static uint16_t narrow16(uint32_t *mxcsr, double value) {
    uint32_t odd = mxcsr_for(FP_RTZ);
    uint32_t single = bits32(narrow32(&odd, value));
    single |= odd >> 5 & 1;
    __m128i half = _mm_setzero_si128();
    INSTRUCTION("vcvtps2ph $4, %2, %0", half, f32(single), value); /* 4: round as MXCSR says */
    return (uint16_t)_mm_cvtsi128_si32(half);
}

static uint64_t narrow_by(const struct fp_format *format, uint32_t *mxcsr, double value) {
    return format == &fp_f16 ? narrow16(mxcsr, value) : bits32(narrow32(mxcsr, value));
}

/* The magnitude after `value`'s, away from zero, in f16 or f32; its exponent may be too large. */
static double away(const struct fp_format *format, double value) {
    int exponent, least = format == &fp_f16 ? -24 : -149;
    frexp(value, &exponent);
    int last = exponent - 1 - format->fraction_bits;
    return value + copysign(ldexp(1, value == 0 || last < least ? least : last), value);
}

/* Ties away: towards zero, unless the value lies half way or more. */
static uint64_t narrow_rmm(const struct fp_format *format, double value, uint32_t *flags) {
    uint32_t mxcsr = mxcsr_for(FP_RTZ), unused = MXCSR_MASKED;
    uint64_t bits = narrow_by(format, &mxcsr, value);
    if (!(mxcsr & MXCSR_FLAGS & ~2u))
        return bits;
    double low = copysign(widen(format, bits, &unused), value), high = away(format, low);
    uint64_t infinity = fp_infinity(format);
    *flags |= FP_INEXACT;
    if (fabs(value) >= fabs(low) + fabs(high - low) / 2)
        bits++;
    if ((bits & infinity) == infinity)
        *flags |= FP_OVERFLOW;
    return bits;
}

/* Whether rounding `value` with an unbounded exponent stays below the smallest normal number. */
static bool tiny_rmm(const struct fp_format *format, double value) {
    double least = format == &fp_f16 ? 0x1p-14 : 0x1p-126;
    uint32_t flags = 0, mxcsr = MXCSR_MASKED;
    if (fabs(value) < least / 2)
        return true;
    uint64_t scaled = narrow_rmm(format, value * 0x1p8, &flags);
    return fabs(widen(format, scaled, &mxcsr)) < least * 0x1p8;
}

/* Rounds `value`, itself rounded to odd, to f16 or f32. */
static struct host_result narrow(const struct fp_format *format, enum fp_round round,
                                 double value) {
    struct host_result result = {fp_default_nan(format), 0};
    if (isnan(value))
        return result;
    if (round == FP_RMM) {
        result.bits = narrow_rmm(format, value, &result.flags);
        if ((result.flags & FP_INEXACT) && tiny_rmm(format, value))
            result.flags |= FP_UNDERFLOW;
        return result;
    }
    uint32_t mxcsr = mxcsr_for(round);
    result.bits = narrow_by(format, &mxcsr, value);
    result.flags = flags_of(mxcsr);
    return result;
}

/* --- arithmetic --- */

/* Whether the exact result of the operation is `value`, which has at most 54 significant bits. */
static bool exactly(enum host_op op, unsigned signs, double a, double b, double c,
                    __float128 value) {
    __float128 x = a, y = b;
    switch (op) {
    case HOST_DIV: return value * y == x;
    case HOST_SQRT: return value * value == x;
    case HOST_SUB: y = -y; break;
    case HOST_MUL: return x * y == value;
    case HOST_FMA:
        x = signs & FP_FMA_NEGATE_PRODUCT ? -(x * y) : x * y;
        y = signs & FP_FMA_NEGATE_ADDEND ? -c : c;
        break;
    default: break;
    }
    /* Knuth's two-sum: the rounded sum and its exact error. */
    __float128 sum = x + y, y_part = sum - x;
    __float128 error = (x - (sum - y_part)) + (y - y_part);
    return sum == value && error == 0;
}

static double arithmetic64(enum fp_round round, enum host_op op, unsigned signs, double a, double b,
                           double c, uint32_t *mxcsr) {
    if (round != FP_RMM) {
        *mxcsr = mxcsr_for(round);
        return run64(mxcsr, op, signs, a, b, c);
    }
    *mxcsr = mxcsr_for(FP_RNE);
    double nearest = run64(mxcsr, op, signs, a, b, c);
    uint32_t truncating = mxcsr_for(FP_RTZ);
    double low = run64(&truncating, op, signs, a, b, c);
    if (!(*mxcsr & 32) || bits64(nearest) != bits64(low))
        return nearest;
    double high = f64(bits64(low) + 1);
    if (isinf(high) || !exactly(op, signs, a, b, c, ((__float128)low + (__float128)high) / 2))
        return nearest;
    return high;
}

static bool zero_times_infinity(double a, double b) {
    return (a == 0 && isinf(b)) || (isinf(a) && b == 0);
}

struct host_result host_arithmetic(const struct fp_format *format, enum fp_round round,
                                   enum host_op op, uint64_t a, uint64_t b, uint64_t c,
                                   unsigned signs) {
    struct host_result result;
    uint32_t mxcsr = MXCSR_MASKED;
    double x, y, z;

    if (format == &fp_f32 && round != FP_RMM) {
        mxcsr = mxcsr_for(round);
        result.bits = bits32(run32(&mxcsr, op, signs, f32(a), f32(b), f32(c)));
        result.flags = flags_of(mxcsr);
    } else if (format == &fp_f64) {
        double value = arithmetic64(round, op, signs, f64(a), f64(b), f64(c), &mxcsr);
        result = (struct host_result){bits64(value), flags_of(mxcsr)};
    } else {
        x = widen(format, a, &mxcsr);
        y = op == HOST_SQRT ? 0 : widen(format, b, &mxcsr);
        z = op == HOST_FMA ? widen(format, c, &mxcsr) : 0;
        uint32_t operation = mxcsr_for(FP_RTZ);
        double value = run64(&operation, op, signs, x, y, z);
        uint64_t odd = bits64(value) | (operation >> 5 & 1);
        if (value == 0) { /* the sign of an exact zero sum */
            operation = mxcsr_for(round == FP_RMM ? FP_RNE : round);
            odd = bits64(run64(&operation, op, signs, x, y, z));
        }
        result = narrow(format, round, f64(odd));
        result.flags |= flags_of(mxcsr | operation) & (FP_INVALID | FP_DIVZERO);
    }
    /* x86 lets a quiet NaN addend win over an invalid product. */
    mxcsr = MXCSR_MASKED;
    if (op == HOST_FMA && zero_times_infinity(widen(format, a, &mxcsr), widen(format, b, &mxcsr)))
        result.flags |= FP_INVALID;
    result.bits = fp_is_nan(format, result.bits) ? fp_default_nan(format) : result.bits;
    return result;
}

/* --- comparison --- */

enum fp_relation host_compare(const struct fp_format *format, bool signalling, uint64_t a,
                              uint64_t b, uint32_t *flags) {
    uint32_t mxcsr = MXCSR_MASKED, standard = MXCSR_MASKED;
    double x = widen(format, a, &mxcsr), y = widen(format, b, &mxcsr);
    uint8_t below, equal, unordered;
    if (signalling)
        __asm__ volatile("ldmxcsr %3\n\tcomisd %5, %4\n\tstmxcsr %3\n\tldmxcsr %6\n\t"
                         "setb %0\n\tsete %1\n\tsetp %2"
                         : "=&q"(below), "=&q"(equal), "=&q"(unordered), "+m"(mxcsr)
                         : "x"(x), "x"(y), "m"(standard)
                         : "cc");
    else
        __asm__ volatile("ldmxcsr %3\n\tucomisd %5, %4\n\tstmxcsr %3\n\tldmxcsr %6\n\t"
                         "setb %0\n\tsete %1\n\tsetp %2"
                         : "=&q"(below), "=&q"(equal), "=&q"(unordered), "+m"(mxcsr)
                         : "x"(x), "x"(y), "m"(standard)
                         : "cc");
    *flags = flags_of(mxcsr);
    return unordered ? FP_UNORDERED : equal ? FP_EQUAL : below ? FP_LESS : FP_GREATER;
}

struct host_result host_min_max(const struct fp_format *format, enum fp_extremum which, uint64_t a,
                                uint64_t b) {
    uint32_t mxcsr = MXCSR_MASKED;
    double x = widen(format, a, &mxcsr), y = widen(format, b, &mxcsr);
    bool number = which == FP_MINIMUM_NUMBER || which == FP_MAXIMUM_NUMBER;
    bool minimum = which == FP_MINIMUM_NUMBER || which == FP_MINIMUM;
    struct host_result result = {a, flags_of(mxcsr)};
    if (isnan(x) && isnan(y))
        result.bits = fp_default_nan(format);
    else if (isnan(x))
        result.bits = number ? b : fp_default_nan(format);
    else if (isnan(y))
        result.bits = number ? a : fp_default_nan(format);
    else if (x == y)
        result.bits = (signbit(x) != 0) == minimum ? a : b;
    else
        result.bits = (x < y) == minimum ? a : b;
    return result;
}

/* --- integers --- */

static double integral(enum fp_round round, double x, uint32_t *mxcsr) {
    if (round != FP_RMM) {
        *mxcsr = mxcsr_for(round);
        INSTRUCTION("roundsd $4, %2, %0", x, x, x); /* 4: round as MXCSR says */
        return x;
    }
    double low = integral(FP_RTZ, x, mxcsr);
    if (fabs(x - low) >= 0.5) /* the difference is exact */
        low += copysign(1, x);
    return low;
}

struct host_result host_round(const struct fp_format *format, enum fp_round round, bool exact,
                              uint64_t a) {
    uint32_t widening = MXCSR_MASKED, rounding;
    double value = integral(round, widen(format, a, &widening), &rounding);
    struct host_result result = {bits64(value), 0};
    if (isnan(value))
        result.bits = fp_default_nan(format);
    else if (format != &fp_f64)
        result = narrow(format, FP_RTZ, value);
    result.flags = flags_of(widening | rounding) & (FP_INVALID | (exact ? FP_INEXACT : 0));
    return result;
}

struct host_result host_convert(const struct fp_format *from, const struct fp_format *to,
                                enum fp_round round, uint64_t a) {
    uint32_t mxcsr = MXCSR_MASKED;
    double value = widen(from, a, &mxcsr);
    struct host_result result = {bits64(value), 0};
    if (isnan(value))
        result.bits = fp_default_nan(to);
    else if (to != &fp_f64)
        result = narrow(to, round, value);
    result.flags |= flags_of(mxcsr) & FP_INVALID;
    return result;
}

struct host_result host_to_int(const struct fp_format *format, enum fp_round round, unsigned width,
                               bool is_signed, uint64_t a) {
    uint32_t widening = MXCSR_MASKED, rounding;
    double value = integral(round, widen(format, a, &widening), &rounding);
    double beyond = ldexp(1, (int)width - is_signed), least = is_signed ? -beyond : 0;
    uint64_t ones = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    struct host_result result = {0, FP_INVALID};
    if (isnan(value) || value >= beyond)
        result.bits = is_signed ? ones >> 1 : ones;
    else if (value < least)
        result.bits = is_signed ? (ones >> 1) + 1 : 0;
    else
        result = (struct host_result){
            ones & (value < 0 ? (uint64_t)(int64_t)value : (uint64_t)(__float128)value),
            flags_of(rounding) & FP_INEXACT};
    return result;
}

/* A 64-bit integer is split in two halves whose sum is rounded once, by fma's exact product. */
struct host_result host_from_int(const struct fp_format *format, enum fp_round round,
                                 unsigned width, bool is_signed, uint64_t value) {
    double high, low;
    if (width == 32) {
        high = 0;
        low = is_signed ? (double)(int32_t)value : (double)(uint32_t)value;
    } else {
        high = is_signed ? (double)((int64_t)value >> 32) : (double)(value >> 32);
        low = (double)(uint32_t)value;
    }
    uint32_t mxcsr;
    if (format == &fp_f64) {
        double sum = arithmetic64(round, HOST_FMA, 0, high, 0x1p32, low, &mxcsr);
        return (struct host_result){sum == 0 ? 0 : bits64(sum), flags_of(mxcsr)};
    }
    mxcsr = mxcsr_for(FP_RTZ);
    double sum = run64(&mxcsr, HOST_FMA, 0, high, 0x1p32, low);
    if (sum == 0)
        return (struct host_result){0, 0};
    return narrow(format, round, f64(bits64(sum) | (mxcsr >> 5 & 1)));
}
