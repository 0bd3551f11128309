/* The meaning of the IR's integer operations.
 *
 * Of an I32 operand the low 32 bits count, whatever stands above; a result has zeros there. */
#include "translator/ir/eval.h"

static unsigned width_of(enum ir_type type) {
    return type == IR_I32 ? 32 : 64;
}

static uint64_t zero_extended(uint64_t value, unsigned width) {
    return width == 64 ? value : value & ((UINT64_C(1) << width) - 1);
}

static int64_t sign_extended(uint64_t value, unsigned width) {
    uint64_t sign = UINT64_C(1) << (width - 1);
    return (int64_t)((zero_extended(value, width) ^ sign) - sign);
}

/* Defines eval_<name>: `expression` in terms of the width, the operands without sign (a, b) and
 * with sign (sa, sb); what it has beyond the width is dropped. */
#define INTEGER(name, expression)                                                      \
    union cpu_vec eval_##name(const struct ir_operands *operands) {                    \
        const unsigned width = width_of((enum ir_type)operands->insn->type);           \
        const uint64_t a = zero_extended(operands->a.u64[0], width);                   \
        const uint64_t b = zero_extended(operands->b.u64[0], width);                   \
        const int64_t sa = sign_extended(a, width), sb = sign_extended(b, width);      \
        (void)a, (void)b, (void)sa, (void)sb;                                          \
        return (union cpu_vec){.u64 = {zero_extended((uint64_t)(expression), width)}}; \
    }

/* --- arithmetic --- */

typedef __int128 int128;
typedef unsigned __int128 uint128;

INTEGER(add, a + b)
INTEGER(sub, a - b)
INTEGER(adc, a + b + operands->c.u64[0])
INTEGER(neg, -a)
INTEGER(mul, (a * b))
INTEGER(mulhs, ((int128)sa * sb) >> width)
INTEGER(mulhu, ((uint128)a * b) >> width)
INTEGER(mulhsu, ((int128)sa * (int128)b) >> width)

static uint64_t by_zero(const struct ir_operands *operands) {
    return operands->insn->aux == IR_DIV_ZERO ? 0 : UINT64_MAX;
}

/* Division by -1 is a negation, and so cannot overflow. */
INTEGER(sdiv, b == 0 ? by_zero(operands) : sb == -1 ? -a : (uint64_t)(sa / sb))
INTEGER(udiv, b == 0 ? by_zero(operands) : a / b)
INTEGER(srem, b == 0 ? a : sb == -1 ? 0 : (uint64_t)(sa % sb))
INTEGER(urem, b == 0 ? a : a % b)

INTEGER(smin, sa < sb ? a : b)
INTEGER(smax, sa > sb ? a : b)
INTEGER(umin, a < b ? a : b)
INTEGER(umax, a > b ? a : b)

/* --- bits --- */

INTEGER(and, a &b)
INTEGER(or, a | b)
INTEGER(xor, a ^ b)
INTEGER(andn, a & ~b)
INTEGER(not, ~a)

static uint64_t rotated_left(uint64_t value, uint64_t count, unsigned width) {
    count &= width - 1;
    return count == 0 ? value : value << count | value >> (width - count);
}

INTEGER(shl, a << (b & (width - 1)))
INTEGER(shr, a >> (b & (width - 1)))
INTEGER(sar, sa >> (b & (width - 1)))
INTEGER(rol, rotated_left(a, b, width))
INTEGER(ror, rotated_left(a, width - (b & (width - 1)), width))

INTEGER(clz, a == 0 ? width : (unsigned)__builtin_clzll(a) - (64 - width))
INTEGER(ctz, a == 0 ? width : (unsigned)__builtin_ctzll(a))
INTEGER(popcnt, (unsigned)__builtin_popcountll(a))
INTEGER(bswap, __builtin_bswap64(a) >> (64 - width))

static uint64_t reversed_bits(uint64_t value) {
    static const uint64_t odd[] = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f};
    for (unsigned i = 0; i < 3; i++)
        value = (value & odd[i]) << (1u << i) | (value >> (1u << i) & odd[i]);
    return __builtin_bswap64(value);
}

INTEGER(bitrev, reversed_bits(a) >> (64 - width))

static uint64_t or_combine_bytes(uint64_t value) {
    uint64_t result = 0;
    for (unsigned shift = 0; shift < 64; shift += 8)
        if (value >> shift & 0xff)
            result |= UINT64_C(0xff) << shift;
    return result;
}

INTEGER(orcb, or_combine_bytes(a))

/* The product of polynomials over GF(2). */
static uint128 carryless_product(uint64_t a, uint64_t b) {
    uint128 product = 0;
    for (; b; b &= b - 1)
        product ^= (uint128)a << __builtin_ctzll(b);
    return product;
}

INTEGER(clmul, carryless_product(a, b))
INTEGER(clmulh, carryless_product(a, b) >> width)
INTEGER(clmulr, carryless_product(a, b) >> (width - 1))

/* One bit after the other; `polynomial` is reflected, too. */
static uint64_t crc(uint64_t crc, uint64_t data, unsigned bytes, uint32_t polynomial) {
    for (unsigned byte = 0; byte < bytes; byte++) {
        crc ^= data >> 8 * byte & 0xff;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (polynomial & -(uint32_t)(crc & 1));
    }
    return crc;
}

INTEGER(crc32, crc((uint32_t)a, b, 1u << operands->insn->aux, 0xedb88320))
INTEGER(crc32c, crc((uint32_t)a, b, 1u << operands->insn->aux, 0x82f63b78))

/* --- extensions --- */

INTEGER(sext8, sign_extended(a, 8))
INTEGER(sext16, sign_extended(a, 16))
INTEGER(zext8, zero_extended(a, 8))
INTEGER(zext16, zero_extended(a, 16))
INTEGER(sext32, sign_extended(a, 32))
INTEGER(zext32, zero_extended(a, 32))
INTEGER(trunc, a)

/* --- comparison and choice --- */

static bool holds(enum ir_cond cond, uint64_t a, uint64_t b, int64_t sa, int64_t sb) {
    switch (cond) {
    case IR_EQ: return a == b;
    case IR_NE: return a != b;
    case IR_LT: return sa < sb;
    case IR_GE: return sa >= sb;
    case IR_LE: return sa <= sb;
    case IR_GT: return sa > sb;
    case IR_LTU: return a < b;
    case IR_GEU: return a >= b;
    case IR_LEU: return a <= b;
    case IR_GTU: return a > b;
    default: return false;
    }
}

INTEGER(set, holds((enum ir_cond)operands->insn->aux, a, b, sa, sb))

union cpu_vec eval_select(const struct ir_operands *operands) {
    return operands->a.u64[0] ? operands->b : operands->c;
}
