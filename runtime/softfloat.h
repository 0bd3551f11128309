/* IEEE 754 arithmetic in integers: exact, in every rounding mode, with accrued flags.
 *
 * The meaning of the IR's floating-point operations: the evaluator and the constant folder call it,
 * and so does generated code for what its host cannot do (rounding mode RMM, no fused
 * multiply-add). It is also what the backends' native sequences are tested against.
 *
 * Values travel as their bits in the low part of a uint64_t (bits above the format are ignored, and
 * zero in results). `how` is an enum fp_round but FP_DYNAMIC, with enum fp_rule bits. Each function
 * accrues flags in env->flags and touches nothing else: thread-safe for distinct environments, and
 * independent of the host's own floating-point state. Unless rules say otherwise NaN results are
 * the format's canonical NaN, and tininess is detected after rounding (RISC-V Unprivileged ISA, "F"
 * extension, "NaN Generation and Propagation" and "Subnormal Arithmetic"). */
#ifndef RUNTIME_SOFTFLOAT_H
#define RUNTIME_SOFTFLOAT_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/fp.h"

/* A binary interchange format of at most 64 bits; a `finite` one has numbers in the place of
 * infinity and NaNs. */
struct fp_format {
    uint8_t exponent_bits, fraction_bits;
    bool finite;
};
extern const struct fp_format fp_f16, fp_f32, fp_f64;
extern const struct fp_format fp_f16_alternative; /* Arm's alternative half-precision */
extern const struct fp_format fp_bf16;

uint64_t fp_add(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b);
uint64_t fp_sub(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b);
uint64_t fp_mul(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b);
uint64_t fp_div(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b);
uint64_t fp_sqrt(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a);

/* (+-)(a * b) (+-) c, rounded once. Infinity times zero is invalid even when c is a quiet NaN. The
 * operands count in the order c, a, b, and the signs are those of a and c, NaNs included. */
enum fp_fma_sign { FP_FMA_NEGATE_PRODUCT = 1, FP_FMA_NEGATE_ADDEND = 2 };
uint64_t fp_fma(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                uint64_t b, uint64_t c, unsigned signs);

/* Signalling NaNs are invalid operands always, quiet ones when `signalling` is set. */
enum fp_relation { FP_LESS, FP_EQUAL, FP_GREATER, FP_UNORDERED };
enum fp_relation fp_compare(struct fp_env *env, const struct fp_format *format, bool signalling,
                            uint64_t a, uint64_t b);

/* IEEE 754-2019, section 9.6: a NaN is missing data (..._NUMBER) or decides the result; -0 < +0. */
enum fp_extremum { FP_MINIMUM_NUMBER, FP_MAXIMUM_NUMBER, FP_MINIMUM, FP_MAXIMUM };
uint64_t fp_min_max(struct fp_env *env, const struct fp_format *format, unsigned how,
                    enum fp_extremum which, uint64_t a, uint64_t b);

/* To an integral value of the same format; `exact` raises inexact when that changes the value. */
uint64_t fp_round_to_integral(struct fp_env *env, const struct fp_format *format, unsigned how,
                              bool exact, uint64_t a);

uint64_t fp_convert(struct fp_env *env, const struct fp_format *from, const struct fp_format *to,
                    unsigned how, uint64_t a);

/* To and from integers, in the low bits of the uint64_t and zero above; the last `fraction_bits` of
 * the `width` stand behind the point. Out of range (invalid, and not inexact) gives the nearest
 * integer, NaN the largest one (FP_ARM: 0). */
struct fp_integer {
    unsigned width;
    bool is_signed;
    int fraction_bits;
};
uint64_t fp_to_int(struct fp_env *env, const struct fp_format *format, unsigned how,
                   const struct fp_integer *to, uint64_t a);
uint64_t fp_from_int(struct fp_env *env, const struct fp_format *format, unsigned how,
                     const struct fp_integer *from, uint64_t value);

/* The integer part of an f64 modulo 2^32; flags as for a signed word. *same: it is the value
 * itself, which -0 is not. */
uint64_t fp_to_int_modular(struct fp_env *env, uint64_t a, bool *same);

/* --- what Arm has --- */

/* FPRoundIntN: to an integral value that a signed integer of `width` bits can have; all others, and
 * NaNs, give the least of these and are invalid. */
uint64_t fp_round_to_range(struct fp_env *env, const struct fp_format *format, unsigned how,
                           unsigned width, uint64_t a);
/* FPMulX: a * b, with 2 for infinity times zero. */
uint64_t fp_mul_extended(struct fp_env *env, const struct fp_format *format, unsigned how,
                         uint64_t a, uint64_t b);
/* FPRecipEstimate, FPRSqrtEstimate, FPRecpX */
uint64_t fp_reciprocal_estimate(struct fp_env *env, const struct fp_format *format, unsigned how,
                                uint64_t a);
uint64_t fp_root_estimate(struct fp_env *env, const struct fp_format *format, unsigned how,
                          uint64_t a);
uint64_t fp_reciprocal_exponent(struct fp_env *env, const struct fp_format *format, unsigned how,
                                uint64_t a);
/* FPRecipStepFused: 2 - a * b; FPRSqrtStepFused: (3 - a * b) / 2. */
uint64_t fp_reciprocal_step(struct fp_env *env, const struct fp_format *format, unsigned how,
                            uint64_t a, uint64_t b);
uint64_t fp_root_step(struct fp_env *env, const struct fp_format *format, unsigned how, uint64_t a,
                      uint64_t b);
/* FPMulAddH: fp_fma of halves a and b, and c and the result in single precision. */
uint64_t fp_fma_widening(struct fp_env *env, unsigned how, uint64_t a, uint64_t b, uint64_t c,
                         unsigned signs);
/* FPUnpack with FPCR.FZ (FZ16 for halves): a subnormal number becomes a zero, which, except for
 * halves, raises FP_INPUT_DENORMAL. */
uint64_t fp_flush(struct fp_env *env, const struct fp_format *format, uint64_t a);

/* Exactly one bit set. The numbering is that of RISC-V's FCLASS. */
enum fp_class {
    FP_NEGATIVE_INFINITY = 1 << 0,
    FP_NEGATIVE_NORMAL = 1 << 1,
    FP_NEGATIVE_SUBNORMAL = 1 << 2,
    FP_NEGATIVE_ZERO = 1 << 3,
    FP_POSITIVE_ZERO = 1 << 4,
    FP_POSITIVE_SUBNORMAL = 1 << 5,
    FP_POSITIVE_NORMAL = 1 << 6,
    FP_POSITIVE_INFINITY = 1 << 7,
    FP_SIGNALLING_NAN = 1 << 8,
    FP_QUIET_NAN = 1 << 9,
};
enum fp_class fp_classify(const struct fp_format *format, uint64_t a);

/* `a`, or the canonical NaN if it is a NaN; raises nothing. */
uint64_t fp_canonical(const struct fp_format *format, uint64_t a);

static inline unsigned fp_width(const struct fp_format *format) {
    return 1u + format->exponent_bits + format->fraction_bits;
}

static inline uint64_t fp_sign_bit(const struct fp_format *format) {
    return UINT64_C(1) << (fp_width(format) - 1);
}

/* All bits of the format. */
static inline uint64_t fp_mask(const struct fp_format *format) {
    return (fp_sign_bit(format) << 1) - 1;
}

static inline uint64_t fp_infinity(const struct fp_format *format) {
    return ((UINT64_C(1) << format->exponent_bits) - 1) << format->fraction_bits;
}

/* Positive, quiet, no payload. */
static inline uint64_t fp_default_nan(const struct fp_format *format) {
    return fp_infinity(format) | UINT64_C(1) << (format->fraction_bits - 1);
}

static inline bool fp_is_nan(const struct fp_format *format, uint64_t a) {
    return (a & (fp_sign_bit(format) - 1)) > fp_infinity(format);
}

#endif
