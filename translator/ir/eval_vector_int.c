/* The meaning of the IR's integer operations on vectors. */
#include "translator/ir/eval_vector.h"

typedef __int128 int128;

/* --- arithmetic --- */

LANES(vadd, a + b)
LANES(vsub, a - b)
LANES(vmul, (a * b))
LANES(vneg, -a)
LANES(vabs, sa < 0 ? -a : a)

LANES(vceq, a == b ? UINT64_MAX : 0)
LANES(vcgt, sa > sb ? UINT64_MAX : 0)
LANES(vcge, sa >= sb ? UINT64_MAX : 0)
LANES(vcgtu, a > b ? UINT64_MAX : 0)
LANES(vcgeu, a >= b ? UINT64_MAX : 0)

LANES(vsmin, sa < sb ? a : b)
LANES(vsmax, sa > sb ? a : b)
LANES(vumin, a < b ? a : b)
LANES(vumax, a > b ? a : b)

/* --- saturation --- */

/* `value` brought into the range of lanes of `width` bits. */
static uint64_t saturated(int128 value, unsigned width, bool is_unsigned) {
    const int128 min = is_unsigned ? 0 : -((int128)1 << (width - 1));
    const int128 max = ((int128)1 << (is_unsigned ? width : width - 1)) - 1;
    return (uint64_t)(value < min ? min : value > max ? max : value);
}

LANES(vqadds, saturated((int128)sa + sb, width, false))
LANES(vqaddu, saturated((int128)a + (int128)b, width, true))
LANES(vqsubs, saturated((int128)sa - sb, width, false))
LANES(vqsubu, saturated((int128)a - (int128)b, width, true))
LANES(vqaddsu, saturated((int128)sa + (int128)b, width, false))
LANES(vqaddus, saturated((int128)a + sb, width, true))

/* --- halving --- */

static int128 extended(uint64_t lane, unsigned width, bool is_unsigned) {
    return is_unsigned ? (int128)lane : (int128)lane_signed(lane, width);
}

#define EXTENDED(lane) extended(lane, width, aux &IR_UNSIGNED)
LANES(vhadd, (EXTENDED(a) + EXTENDED(b) + (aux & IR_ROUND_UP ? 1 : 0)) >> 1)
LANES(vhsub, (EXTENDED(a) - EXTENDED(b)) >> 1)

/* --- shifts --- */

#define COUNT (operands->b.u64[0])
LANES(vshl, COUNT < width ? a << COUNT : 0)
LANES(vshr, COUNT < width ? a >> COUNT : 0)
LANES(vsar, sa >> (COUNT < width ? COUNT : width - 1))

/* Left by `count`, right by its negative. To the right nothing is left of values of 64 bits after
 * 65; to the left, saturated values have reached the end after 64. */
static uint64_t shifted(int128 value, int count, unsigned width, unsigned aux) {
    if (count < 0) {
        const int right = count < -65 ? 65 : -count;
        const int128 half = aux & IR_ROUND_UP ? (int128)1 << (right - 1) : 0;
        value = (value + half) >> right;
    } else if (aux & (IR_SHIFT_SATURATE | IR_SHIFT_OVERFLOWS) && value != 0) {
        value = count < (int)width ? value * ((int128)1 << count)
                                   : (value < 0 ? -1 : 1) * ((int128)1 << 65);
    } else {
        value = count < (int)width ? (int128)((uint64_t)value << count) : 0;
    }
    const uint64_t result = saturated(value, width, aux & IR_UNSIGNED);
    if (aux & IR_SHIFT_OVERFLOWS)
        return extended(result, width, aux & IR_UNSIGNED) == value ? 0 : UINT64_MAX;
    return aux & IR_SHIFT_SATURATE ? result : (uint64_t)value;
}

LANES(vshlv, shifted(EXTENDED(a), (int8_t)b, width, aux))

/* --- widening and narrowing --- */

/* Defines eval_<name>: each lane of double width of the result is `expression`, in terms of the
 * width and of the lanes of the operands' low halves, as LANES has them. */
#define WIDENING(name, expression)                                                         \
    union cpu_vec eval_##name(const struct ir_operands *operands) {                        \
        const unsigned aux = operands->insn->aux, size = IR_LANE(aux), width = 8u << size; \
        union cpu_vec result;                                                              \
        for (unsigned lane = 0; lane < 8u >> size; lane++) {                               \
            const uint64_t a = lane_get(&operands->a, size, lane);                         \
            const uint64_t b = lane_get(&operands->b, size, lane);                         \
            const int64_t sa = lane_signed(a, width), sb = lane_signed(b, width);          \
            (void)a, (void)b, (void)sa, (void)sb;                                          \
            lane_set(&result, size + 1, lane, (uint64_t)(expression));                     \
        }                                                                                  \
        return result;                                                                     \
    }

WIDENING(vsxtl, sa)
WIDENING(vuxtl, a)
WIDENING(vsmull, sa *sb)
WIDENING(vumull, (a * b))

/* Defines eval_<name>: each lane of the result's low half is `expression`, in terms of its width
 * and of the operand's lanes of double width. */
#define NARROWING(name, expression)                                                        \
    union cpu_vec eval_##name(const struct ir_operands *operands) {                        \
        const unsigned aux = operands->insn->aux, size = IR_LANE(aux), width = 8u << size; \
        union cpu_vec result = {.u64 = {0}};                                               \
        for (unsigned lane = 0; lane < 8u >> size; lane++) {                               \
            const uint64_t a = lane_get(&operands->a, size + 1, lane);                     \
            (void)aux, (void)width;                                                        \
            lane_set(&result, size, lane, (uint64_t)(expression));                         \
        }                                                                                  \
        return result;                                                                     \
    }

NARROWING(vnarrow, a)
NARROWING(vqnarrow, saturated(extended(a, width * 2, aux &IR_NARROW_UNSIGNED), width,
                              aux &(IR_NARROW_UNSIGNED | IR_NARROW_TO_UNSIGNED)))

union cpu_vec eval_vpaddl(const struct ir_operands *o) {
    const unsigned size = IR_LANE(o->insn->aux), width = 8u << size;
    const bool is_unsigned = o->insn->aux & IR_UNSIGNED;
    union cpu_vec result;
    for (unsigned lane = 0; lane < 8u >> size; lane++) {
        const int128 even = extended(lane_get(&o->a, size, lane * 2), width, is_unsigned);
        const int128 odd = extended(lane_get(&o->a, size, lane * 2 + 1), width, is_unsigned);
        lane_set(&result, size + 1, lane, (uint64_t)(even + odd));
    }
    return result;
}

/* --- products --- */

/* PolynomialMult */
union cpu_vec eval_vpmull(const struct ir_operands *o) {
    const unsigned size = IR_LANE(o->insn->aux), width = 8u << size;
    union cpu_vec result = {.u64 = {0}};
    for (unsigned lane = 0; lane < 8u >> size; lane++) {
        unsigned __int128 product = 0;
        const uint64_t b = lane_get(&o->b, size, lane);
        for (unsigned bit = 0; bit < width; bit++)
            if (b >> bit & 1)
                product ^= (unsigned __int128)lane_get(&o->a, size, lane) << bit;
        memcpy(result.u8 + (lane << (size + 1)), &product, (size_t)2 << size);
    }
    return result;
}

static int128 rounding_half(unsigned aux, unsigned width) {
    return aux & IR_ROUND_UP ? (int128)1 << (width - 1) : 0;
}

LANES(vsqdmulh, saturated(((int128)sa * sb * 2 + rounding_half(aux, width)) >> width, width, false))

static uint64_t rounding_mla(int64_t sa, int64_t sb, int64_t sc, unsigned width, unsigned aux) {
    const int128 product = (int128)sb * sc * 2, addend = (int128)sa * ((int128)1 << width);
    const int128 sum = addend + (aux & IR_MLA_SUBTRACT ? -product : product);
    const int128 value = (sum + rounding_half(IR_ROUND_UP, width)) >> width;
    const uint64_t result = saturated(value, width, false);
    if (aux & IR_MLA_OVERFLOWS)
        return (int64_t)result == value ? 0 : UINT64_MAX;
    return result;
}

LANES(vsqrdmla, rounding_mla(sa, sb, sc, width, aux))

/* --- reductions --- */

/* Defines eval_<name>: `expression` joins what has been found (a, sa) with the next lane (b, sb).
 */
#define REDUCTION(name, expression)                                               \
    union cpu_vec eval_##name(const struct ir_operands *o) {                      \
        const unsigned size = IR_LANE(o->insn->aux), width = 8u << size;          \
        uint64_t a = lane_get(&o->a, size, 0);                                    \
        for (unsigned lane = 1; lane < 16u >> size; lane++) {                     \
            const uint64_t b = lane_get(&o->a, size, lane);                       \
            const int64_t sa = lane_signed(a, width), sb = lane_signed(b, width); \
            (void)sa, (void)sb;                                                   \
            a = (expression);                                                     \
        }                                                                         \
        return (union cpu_vec){.u64 = {a & lane_ones(width)}};                    \
    }

REDUCTION(vaddv, a + b)
REDUCTION(vsminv, sa < sb ? a : b)
REDUCTION(vsmaxv, sa > sb ? a : b)
REDUCTION(vuminv, a < b ? a : b)
REDUCTION(vumaxv, a > b ? a : b)

/* --- bits --- */

static unsigned leading_zeros(uint64_t lane, unsigned width) {
    return lane ? (unsigned)__builtin_clzll(lane) - (64 - width) : width;
}

static unsigned reversed_byte(uint64_t byte) {
    unsigned result = 0;
    for (unsigned bit = 0; bit < 8; bit++)
        result |= (unsigned)(byte >> bit & 1) << (7 - bit);
    return result;
}

LANES(vcnt, (unsigned)__builtin_popcountll(a))
LANES(vclz, leading_zeros(a, width))
LANES(vcls, leading_zeros((uint64_t)(sa < 0 ? ~sa : sa), width) - 1)
LANES(vrbit, reversed_byte(a))

/* --- estimates --- */

/* RecipEstimate: of a 9-bit fraction of 1 in [0.5, 1), as one in [1, 2). */
static uint64_t reciprocal_estimate(uint64_t fraction) {
    const uint64_t midpoint = fraction * 2 + 1;
    return ((UINT64_C(1) << 19) / midpoint + 1) / 2;
}

/* RecipSqrtEstimate: of a 9-bit fraction in [0.25, 1). */
static uint64_t root_estimate(uint64_t fraction) {
    const uint64_t midpoint =
        fraction < 256 ? fraction * 2 + 1 : ((fraction & ~UINT64_C(1)) + 1) * 2;
    uint64_t estimate = 512;
    while (midpoint * (estimate + 1) * (estimate + 1) < UINT64_C(1) << 28)
        estimate++;
    return (estimate + 1) / 2;
}

LANES(vurecpe, a >> 31 ? reciprocal_estimate(a >> 23) << 23 : UINT32_MAX)
LANES(vursqrte, a >> 30 ? root_estimate(a >> 23) << 23 : UINT32_MAX)
