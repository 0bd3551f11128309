/* Software floating point: unpack, compute exactly on 128-bit integers, round once, pack.
 *
 * Every format is unpacked to one form, `struct number`, in which a significand has room for the
 * exact product of two; so each operation is written once. What does not fit (the far end of a sum,
 * the rest of a quotient or root) is kept as a sticky bit, "jammed" into the lowest place, which
 * lies at least two places below the last one that any format rounds at.
 *
 * What differs between guests has one place each: which NaN an operation returns (nan_result, which
 * sees the operands in the order in which they count), and tininess and the treatment of subnormal
 * results (pack_finite). */
#include "runtime/softfloat.h"

typedef unsigned __int128 u128;

const struct fp_format fp_f16 = {5, 10, false}, fp_f32 = {8, 23, false}, fp_f64 = {11, 52, false},
                       fp_f16_alternative = {5, 10, true}, fp_bf16 = {8, 7, false};

enum kind { ZERO, FINITE, INFINITE, QUIET, SIGNALLING };

enum { TOP = 127 };

struct number {
    enum kind kind;
    bool negative;
    int exponent;     /* FINITE: the value is significand * 2^(exponent - TOP) */
    u128 significand; /* FINITE: bit TOP is set; NaN: the payload, with the quiet bit at TOP - 1 */
};

static int bias(const struct fp_format *format) {
    return (1 << (format->exponent_bits - 1)) - 1;
}

static void accrue(struct fp_env *env, unsigned flags) {
    env->flags |= flags;
}

static bool is_nan(const struct number *n) {
    return n->kind >= QUIET;
}

/* x * 2^-count, a loss being recorded in bit 0. */
static u128 shift_right_jam(u128 x, unsigned count) {
    if (count > TOP)
        return x != 0;
    u128 kept = x >> count;
    return kept | (kept << count != x);
}

/* A finite number (or zero) whose significand may have its leading bit anywhere. */
static struct number normalised(bool negative, int exponent, u128 significand) {
    if (!significand)
        return (struct number){.kind = ZERO, .negative = negative};
    uint64_t high = (uint64_t)(significand >> 64);
    int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)significand);
    return (struct number){FINITE, negative, exponent - zeros, significand << zeros};
}

static struct number unpack(const struct fp_format *format, uint64_t bits) {
    bool negative = bits & fp_sign_bit(format);
    uint64_t magnitude = bits & (fp_sign_bit(format) - 1);
    uint64_t hidden = UINT64_C(1) << format->fraction_bits;
    uint64_t fraction = magnitude & (hidden - 1);
    int exponent = (int)(magnitude >> format->fraction_bits);
    unsigned spare = TOP - format->fraction_bits;

    if (magnitude == fp_infinity(format) && !format->finite)
        return (struct number){.kind = INFINITE, .negative = negative};
    if (magnitude > fp_infinity(format) && !format->finite)
        return (struct number){fraction & hidden >> 1 ? QUIET : SIGNALLING, negative, 0,
                               (u128)fraction << spare};
    if (exponent == 0)
        return normalised(negative, 1 - bias(format), (u128)fraction << spare);
    return (struct number){FINITE, negative, exponent - bias(format),
                           (u128)(fraction | hidden) << spare};
}

/* Whether a magnitude whose discarded part is `rest` (in units of which `half` is half of the last
 * place kept) goes up by one in the last place; `odd` is the last bit kept. */
static bool rounds_up(unsigned how, bool negative, bool odd, u128 rest, u128 half) {
    switch (FP_ROUND(how)) {
    case FP_RNE: return rest > half || (rest == half && odd);
    case FP_RMM: return rest >= half;
    case FP_RDN: return negative && rest;
    case FP_RUP: return !negative && rest;
    case FP_ODD: return rest && !odd;
    default: return false;
    }
}

static uint64_t pack_overflow(struct fp_env *env, const struct fp_format *format, unsigned how,
                              bool negative) {
    if (format->finite) {
        accrue(env, FP_INVALID);
        return fp_sign_bit(format) - 1;
    }
    accrue(env, FP_OVERFLOW | FP_INEXACT);
    bool to_infinity = rounds_up(how, negative, true, 1, 1);
    return fp_infinity(format) - !to_infinity;
}

/* The magnitude's bits of a finite number, rounded. */
static uint64_t pack_finite(struct fp_env *env, const struct fp_format *format, unsigned how,
                            const struct number *n) {
    unsigned spare = TOP - format->fraction_bits;
    u128 unit = (u128)1 << spare;
    u128 significand = n->significand;
    int exponent = n->exponent + bias(format);
    bool tiny = false;

    if (exponent < 1) {
        if (how & FP_FLUSH) {
            accrue(env, FP_UNDERFLOW);
            return 0;
        }
        /* After rounding means: as if the exponent were unbounded. Only a number in the last half
         * place below the smallest normal one reaches it. */
        u128 all_ones = ~(unit - 1);
        tiny = how & FP_ARM || exponent < 0 || significand < all_ones ||
               !rounds_up(how, n->negative, true, significand & (unit - 1), unit >> 1);
        significand = shift_right_jam(significand, (unsigned)(1 - exponent));
        exponent = 1;
    }

    uint64_t kept = (uint64_t)(significand >> spare);
    u128 rest = significand & (unit - 1);
    kept += rounds_up(how, n->negative, kept & 1, rest, unit >> 1);
    /* The leading bit of `kept`, and a carry out of it, count the exponent up. */
    uint64_t magnitude = ((uint64_t)(exponent - 1) << format->fraction_bits) + kept;

    if (magnitude >= (format->finite ? fp_sign_bit(format) : fp_infinity(format)))
        return pack_overflow(env, format, how, n->negative);
    if (rest)
        accrue(env, tiny ? FP_UNDERFLOW | FP_INEXACT : FP_INEXACT);
    return magnitude;
}

/* Any number but a NaN. */
static uint64_t pack(struct fp_env *env, const struct fp_format *format, unsigned how,
                     const struct number *n) {
    uint64_t magnitude = 0;
    if (n->kind == INFINITE)
        magnitude = fp_infinity(format);
    else if (n->kind == FINITE)
        magnitude = pack_finite(env, format, how, n);
    return magnitude | (n->negative ? fp_sign_bit(format) : 0);
}

/* The result, in `format`, of an operation at least one of whose `count` operands is a NaN. */
static uint64_t nan_result(struct fp_env *env, const struct fp_format *format, unsigned how,
                           const struct number *operands, unsigned count) {
    const struct number *chosen = operands; /* of the last kind there is, the first */
    for (unsigned i = 1; i < count; i++)
        if (operands[i].kind > chosen->kind)
            chosen = &operands[i];
    if (chosen->kind == SIGNALLING)
        accrue(env, FP_INVALID);
    if (!(how & FP_ARM))
        return fp_default_nan(format);
    unsigned spare = TOP - format->fraction_bits;
    return (chosen->negative ? fp_sign_bit(format) : 0) | fp_default_nan(format) |
           (uint64_t)(chosen->significand >> spare);
}

/* The result of an operation that has none. */
static uint64_t invalid_result(struct fp_env *env, const struct fp_format *format) {
    accrue(env, FP_INVALID);
    return fp_default_nan(format);
}

/* The sum of two finite numbers or zeros. At most 106 leading bits of a significand are in use. */
static struct number sum(unsigned how, struct number a, struct number b) {
    if (a.kind == ZERO || (b.kind == FINITE && a.exponent < b.exponent)) {
        struct number larger = b;
        b = a;
        a = larger;
    }
    if (a.kind == ZERO)
        return a.negative == b.negative ? a : normalised(FP_ROUND(how) == FP_RDN, 0, 0);
    if (b.kind == ZERO)
        return a;

    /* One place of headroom for the carry. */
    u128 high = a.significand >> 1;
    u128 low = shift_right_jam(b.significand, (unsigned)(a.exponent - b.exponent) + 1);
    if (a.negative == b.negative)
        return normalised(a.negative, a.exponent + 1, high + low);
    if (high == low)
        return normalised(FP_ROUND(how) == FP_RDN, 0, 0);
    if (high > low)
        return normalised(a.negative, a.exponent + 1, high - low);
    return normalised(b.negative, a.exponent + 1, low - high);
}

/* The product of two numbers that are not NaNs, nor zero and infinity. */
static struct number product(const struct number *a, const struct number *b) {
    bool negative = a->negative != b->negative;
    if (a->kind == INFINITE || b->kind == INFINITE)
        return (struct number){.kind = INFINITE, .negative = negative};
    if (a->kind == ZERO || b->kind == ZERO)
        return (struct number){.kind = ZERO, .negative = negative};
    return normalised(negative, a->exponent + b->exponent + 1,
                      (a->significand >> 64) * (b->significand >> 64));
}

static bool zero_times_infinity(const struct number *a, const struct number *b) {
    return (a->kind == ZERO && b->kind == INFINITE) || (a->kind == INFINITE && b->kind == ZERO);
}

/* Rounds and packs a + b, which are not NaNs. */
static uint64_t add_numbers(struct fp_env *env, const struct fp_format *format, unsigned how,
                            const struct number *a, const struct number *b) {
    if (a->kind == INFINITE && b->kind == INFINITE && a->negative != b->negative)
        return invalid_result(env, format);
    if (a->kind == INFINITE)
        return pack(env, format, how, a);
    if (b->kind == INFINITE)
        return pack(env, format, how, b);
    struct number total = sum(how, *a, *b);
    return pack(env, format, how, &total);
}

static uint64_t add_or_sub(struct fp_env *env, const struct fp_format *format, unsigned how,
                           uint64_t a, uint64_t b, bool subtract) {
    struct number n[2] = {unpack(format, a), unpack(format, b)};
    if (is_nan(&n[0]) || is_nan(&n[1]))
        return nan_result(env, format, how, n, 2);
    n[1].negative ^= subtract;
    return add_numbers(env, format, how, &n[0], &n[1]);
}

uint64_t fp_add(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b) {
    return add_or_sub(env, format, how, a, b, false);
}

uint64_t fp_sub(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b) {
    return add_or_sub(env, format, how, a, b, true);
}

uint64_t fp_mul(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b) {
    struct number n[2] = {unpack(format, a), unpack(format, b)};
    if (is_nan(&n[0]) || is_nan(&n[1]))
        return nan_result(env, format, how, n, 2);
    if (zero_times_infinity(&n[0], &n[1]))
        return invalid_result(env, format);
    struct number result = product(&n[0], &n[1]);
    return pack(env, format, how, &result);
}

/* n[1] * n[2] + n[0] */
static uint64_t fused(struct fp_env *env, const struct fp_format *format, unsigned how,
                      const struct number n[3]) {
    bool invalid = zero_times_infinity(&n[1], &n[2]);
    if (invalid && n[0].kind != SIGNALLING)
        return invalid_result(env, format);
    if (is_nan(&n[0]) || is_nan(&n[1]) || is_nan(&n[2]))
        return nan_result(env, format, how, n, 3);
    struct number ab = product(&n[1], &n[2]);
    return add_numbers(env, format, how, &ab, &n[0]);
}

uint64_t fp_fma(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b, uint64_t c, unsigned signs) {
    struct number n[3] = {unpack(format, c), unpack(format, a), unpack(format, b)};
    n[0].negative ^= (signs & FP_FMA_NEGATE_ADDEND) != 0;
    n[1].negative ^= (signs & FP_FMA_NEGATE_PRODUCT) != 0;
    return fused(env, format, how, n);
}

uint64_t fp_div(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b) {
    struct number n[2] = {unpack(format, a), unpack(format, b)};
    if (is_nan(&n[0]) || is_nan(&n[1]))
        return nan_result(env, format, how, n, 2);
    if (n[0].kind == n[1].kind && n[0].kind != FINITE)
        return invalid_result(env, format);

    struct number result = {.kind = ZERO, .negative = n[0].negative != n[1].negative};
    if (n[0].kind == INFINITE || n[1].kind == ZERO) {
        if (n[0].kind == FINITE)
            accrue(env, FP_DIVZERO);
        result.kind = INFINITE;
    } else if (n[0].kind == FINITE && n[1].kind == FINITE) {
        /* 63 or 64 bits of quotient: more than any format keeps. */
        u128 dividend = n[0].significand >> 1, divisor = n[1].significand >> 64;
        u128 quotient = dividend / divisor;
        bool rest = quotient * divisor != dividend;
        result = normalised(result.negative, n[0].exponent - n[1].exponent, quotient << 64 | rest);
    }
    return pack(env, format, how, &result);
}

uint64_t fp_sqrt(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a) {
    struct number n = unpack(format, a);
    if (is_nan(&n))
        return nan_result(env, format, how, &n, 1);
    if (n.negative && n.kind != ZERO)
        return invalid_result(env, format);
    if (n.kind != FINITE)
        return pack(env, format, how, &n);

    /* An odd exponent makes exponent - TOP even, so that the root's exponent is whole. */
    if (n.exponent % 2 == 0) {
        n.significand >>= 1;
        n.exponent++;
    }
    uint64_t root = 0, last = UINT64_C(1) << (63 - format->fraction_bits - 2);
    for (uint64_t bit = UINT64_C(1) << 63; bit >= last; bit >>= 1)
        if ((u128)(root | bit) * (root | bit) <= n.significand)
            root |= bit;
    bool rest = (u128)root * root != n.significand;
    n = normalised(false, (n.exponent - 1) / 2, (u128)root << 64 | rest);
    return pack(env, format, how, &n);
}

/* Order of two numbers that are not NaNs and not both zero: of sign and magnitude. */
static bool less(const struct fp_format *format, uint64_t a, uint64_t b) {
    bool a_negative = a & fp_sign_bit(format), b_negative = b & fp_sign_bit(format);
    a &= fp_mask(format);
    b &= fp_mask(format);
    if (a_negative != b_negative)
        return a_negative;
    return a_negative ? a > b : a < b;
}

enum fp_relation fp_compare(struct fp_env *env, const struct fp_format *format, bool signalling,
                            uint64_t a, uint64_t b) {
    struct number n[2] = {unpack(format, a), unpack(format, b)};
    if (is_nan(&n[0]) || is_nan(&n[1])) {
        if (signalling || n[0].kind == SIGNALLING || n[1].kind == SIGNALLING)
            accrue(env, FP_INVALID);
        return FP_UNORDERED;
    }
    if ((n[0].kind == ZERO && n[1].kind == ZERO) || !((a ^ b) & fp_mask(format)))
        return FP_EQUAL;
    return less(format, a, b) ? FP_LESS : FP_GREATER;
}

uint64_t fp_min_max(struct fp_env *env, const struct fp_format *format, unsigned how,
                    enum fp_extremum which, uint64_t a, uint64_t b) {
    struct number n[2] = {unpack(format, a), unpack(format, b)};
    if (is_nan(&n[0]) || is_nan(&n[1])) {
        uint64_t nan = nan_result(env, format, how, n, 2);
        bool signalling = n[0].kind == SIGNALLING || n[1].kind == SIGNALLING;
        if (which == FP_MINIMUM || which == FP_MAXIMUM || (is_nan(&n[0]) && is_nan(&n[1])) ||
            (signalling && how & FP_ARM))
            return nan;
        return (is_nan(&n[0]) ? b : a) & fp_mask(format);
    }
    bool minimum = which == FP_MINIMUM || which == FP_MINIMUM_NUMBER;
    return (less(format, a, b) == minimum ? a : b) & fp_mask(format);
}

/* The magnitude of a finite number below 2^125, rounded to an integer. */
static u128 integral(unsigned how, const struct number *n, bool *inexact) {
    /* Two places after the point, the lower one sticky, are enough to round by. */
    u128 quarters = shift_right_jam(n->significand, (unsigned)(TOP - 2 - n->exponent));
    u128 whole = quarters >> 2, rest = quarters & 3;
    *inexact = rest != 0;
    return whole + rounds_up(how, n->negative, whole & 1, rest, 2);
}

uint64_t fp_round_to_integral(struct fp_env *env, const struct fp_format *format, unsigned how,
                              bool exact, uint64_t a) {
    struct number n = unpack(format, a);
    if (is_nan(&n))
        return nan_result(env, format, how, &n, 1);
    if (n.kind == FINITE && n.exponent < format->fraction_bits) {
        bool inexact;
        n = normalised(n.negative, TOP, integral(how, &n, &inexact));
        if (exact && inexact)
            accrue(env, FP_INEXACT);
    }
    return pack(env, format, how, &n);
}

uint64_t fp_convert(struct fp_env *env, const struct fp_format *from, const struct fp_format *to,
                    unsigned how, uint64_t a) {
    struct number n = unpack(from, a);
    if (to->finite && n.kind >= INFINITE) { /* there is neither */
        accrue(env, FP_INVALID);
        uint64_t largest = fp_sign_bit(to) - 1;
        return (n.negative ? fp_sign_bit(to) : 0) | (is_nan(&n) ? 0 : largest);
    }
    if (is_nan(&n))
        return nan_result(env, to, how, &n, 1);
    return pack(env, to, how, &n);
}

uint64_t fp_to_int(struct fp_env *env, const struct fp_format *format, unsigned how,
                   const struct fp_integer *to, uint64_t a) {
    struct number n = unpack(format, a);
    uint64_t ones = UINT64_MAX >> (64 - to->width);
    uint64_t largest = to->is_signed ? ones >> 1 : ones;
    uint64_t smallest = to->is_signed ? largest + 1 : 0; /* its magnitude, and its bits */
    uint64_t limit = n.negative ? smallest : largest;
    bool inexact = false;
    u128 magnitude = 0;

    if (is_nan(&n)) {
        accrue(env, FP_INVALID);
        return how & FP_ARM ? 0 : largest;
    }
    n.exponent += to->fraction_bits;
    if (n.kind == FINITE && n.exponent < 64)
        magnitude = integral(how, &n, &inexact);
    else if (n.kind != ZERO)
        magnitude = (u128)1 << 64;
    if (magnitude > limit) {
        accrue(env, FP_INVALID);
        return limit;
    }
    if (inexact)
        accrue(env, FP_INEXACT);
    return (n.negative ? -(uint64_t)magnitude : (uint64_t)magnitude) & ones;
}

uint64_t fp_from_int(struct fp_env *env, const struct fp_format *format, unsigned how,
                     const struct fp_integer *from, uint64_t value) {
    uint64_t ones = UINT64_MAX >> (64 - from->width);
    bool negative = from->is_signed && value >> (from->width - 1) & 1;
    struct number n =
        normalised(negative, TOP - from->fraction_bits, (negative ? -value : value) & ones);
    if (n.kind == ZERO)
        return 0;
    return pack(env, format, how, &n);
}

uint64_t fp_to_int_modular(struct fp_env *env, uint64_t a, bool *same) {
    static const struct fp_integer word = {.width = 32, .is_signed = true};
    struct number n = unpack(&fp_f64, a);
    struct fp_env raised = {.flags = 0};
    fp_to_int(&raised, &fp_f64, FP_RTZ, &word, a);
    accrue(env, raised.flags);
    *same = !raised.flags && !(n.kind == ZERO && n.negative);
    /* From 2^84 on a multiple of 2^32. */
    bool inexact;
    u128 magnitude = n.kind == FINITE && n.exponent < 84 ? integral(FP_RTZ, &n, &inexact) : 0;
    return (uint32_t)(n.negative ? -magnitude : magnitude);
}

uint64_t fp_round_to_range(struct fp_env *env, const struct fp_format *format, unsigned how,
                           unsigned width, uint64_t a) {
    struct number n = unpack(format, a);
    u128 smallest = (u128)1 << (width - 1); /* its magnitude */
    bool inexact = false;
    u128 magnitude = 0;
    if (n.kind == FINITE && n.exponent < 64)
        magnitude = integral(how, &n, &inexact);
    else if (n.kind != ZERO)
        magnitude = ~(u128)0;
    if (magnitude > smallest - !n.negative) {
        accrue(env, FP_INVALID);
        n = normalised(true, TOP, smallest);
    } else {
        if (inexact)
            accrue(env, FP_INEXACT);
        n = normalised(n.negative, TOP, magnitude);
    }
    return pack(env, format, how, &n);
}

/* --- estimates and steps of Arm --- */

uint64_t fp_mul_extended(struct fp_env *env, const struct fp_format *format, unsigned how,
                         uint64_t a, uint64_t b) {
    struct number n[2] = {unpack(format, a), unpack(format, b)};
    if (!zero_times_infinity(&n[0], &n[1]))
        return fp_mul(env, format, how, a, b);
    struct number two = normalised(n[0].negative != n[1].negative, TOP, 2);
    return pack(env, format, how, &two);
}

/* (constant - a * b) / 2^halvings, rounded once. */
static uint64_t step(struct fp_env *env, const struct fp_format *format, unsigned how,
                     unsigned constant, int halvings, uint64_t a, uint64_t b) {
    struct number n[2] = {unpack(format, a), unpack(format, b)};
    n[0].negative ^= true;
    if (is_nan(&n[0]) || is_nan(&n[1]))
        return nan_result(env, format, how, n, 2);
    struct number result = normalised(false, TOP, constant);
    if (!zero_times_infinity(&n[0], &n[1])) {
        struct number ab = product(&n[0], &n[1]);
        result = ab.kind == INFINITE ? ab : sum(how, result, ab);
    }
    result.exponent -= halvings;
    return pack(env, format, how, &result);
}

uint64_t fp_reciprocal_step(struct fp_env *env, const struct fp_format *format, unsigned how,
                            uint64_t a, uint64_t b) {
    return step(env, format, how, 2, 0, a, b);
}

uint64_t fp_root_step(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                      uint64_t b) {
    return step(env, format, how, 3, 1, a, b);
}

/* What both estimates do with a zero. */
static uint64_t divided_by_zero(struct fp_env *env, const struct fp_format *format, bool negative) {
    accrue(env, FP_DIVZERO);
    return fp_infinity(format) | (negative ? fp_sign_bit(format) : 0);
}

uint64_t fp_reciprocal_estimate(struct fp_env *env, const struct fp_format *format, unsigned how,
                                uint64_t a) {
    struct number n = unpack(format, a);
    if (is_nan(&n))
        return nan_result(env, format, how, &n, 1);
    if (n.kind == ZERO)
        return divided_by_zero(env, format, n.negative);
    if (n.kind == INFINITE)
        return n.negative ? fp_sign_bit(format) : 0;
    /* RecipEstimate: of the middle of an interval of 1/256, to nine bits */
    unsigned middle = (unsigned)(n.significand >> (TOP - 8)) * 2 + 1;
    unsigned estimate = ((1 << 19) / middle + 1) / 2;
    n = normalised(n.negative, TOP - 8 - 1 - n.exponent, estimate);
    return pack(env, format, how, &n);
}

uint64_t fp_root_estimate(struct fp_env *env, const struct fp_format *format, unsigned how,
                          uint64_t a) {
    struct number n = unpack(format, a);
    if (is_nan(&n))
        return nan_result(env, format, how, &n, 1);
    if (n.kind == ZERO)
        return divided_by_zero(env, format, n.negative);
    if (n.negative)
        return invalid_result(env, format);
    if (n.kind == INFINITE)
        return 0;
    /* RecipSqrtEstimate: of the middle of an interval, in units of 1/1024 from 1/4 to 1 */
    bool odd = n.exponent & 1;
    unsigned middle = (unsigned)(n.significand >> (TOP - 7)) * (odd ? 4 : 2) + (odd ? 2 : 1);
    unsigned estimate = 512;
    while (middle * (estimate + 1) * (estimate + 1) < 1 << 28)
        estimate++;
    n = normalised(false, TOP - 8 + ((-1 - n.exponent) >> 1), (estimate + 1) / 2);
    return pack(env, format, how, &n);
}

uint64_t fp_reciprocal_exponent(struct fp_env *env, const struct fp_format *format, unsigned how,
                                uint64_t a) {
    struct number n = unpack(format, a);
    if (is_nan(&n))
        return nan_result(env, format, how, &n, 1);
    uint64_t exponents = fp_infinity(format), exponent = a & exponents;
    uint64_t largest = exponents - (UINT64_C(1) << format->fraction_bits);
    return (a & fp_sign_bit(format)) | (exponent ? ~exponent & exponents : largest);
}

uint64_t fp_flush(struct fp_env *env, const struct fp_format *format, uint64_t a) {
    uint64_t magnitude = a & (fp_sign_bit(format) - 1);
    if (magnitude == 0 || magnitude >> format->fraction_bits)
        return a & fp_mask(format);
    if (format->exponent_bits > fp_f16.exponent_bits)
        accrue(env, FP_INPUT_DENORMAL);
    return a & fp_sign_bit(format);
}

/* FPMulAddH: the NaN of a half that is the result is widened like any other. */
uint64_t fp_fma_widening(struct fp_env *env, unsigned how, uint64_t a, uint64_t b, uint64_t c,
                         unsigned signs) {
    struct number n[3] = {unpack(&fp_f32, c), unpack(&fp_f16, a), unpack(&fp_f16, b)};
    n[1].negative ^= (signs & FP_FMA_NEGATE_PRODUCT) != 0;
    return fused(env, &fp_f32, how, n);
}

enum fp_class fp_classify(const struct fp_format *format, uint64_t a) {
    struct number n = unpack(format, a);
    bool subnormal = n.exponent < 1 - bias(format);
    switch (n.kind) {
    case ZERO: return n.negative ? FP_NEGATIVE_ZERO : FP_POSITIVE_ZERO;
    case FINITE:
        if (subnormal)
            return n.negative ? FP_NEGATIVE_SUBNORMAL : FP_POSITIVE_SUBNORMAL;
        return n.negative ? FP_NEGATIVE_NORMAL : FP_POSITIVE_NORMAL;
    case INFINITE: return n.negative ? FP_NEGATIVE_INFINITY : FP_POSITIVE_INFINITY;
    case QUIET: return FP_QUIET_NAN;
    default: return FP_SIGNALLING_NAN;
    }
}

uint64_t fp_canonical(const struct fp_format *format, uint64_t a) {
    return fp_is_nan(format, a) ? fp_default_nan(format) : a & fp_mask(format);
}
