/* Logic, constants, shifts, bit fields, and operations on bits. */
#include "translator/guest/aarch64/lift.h"

static unsigned width_of(unsigned sf) {
    return sf ? 64 : 32;
}

/* The lowest `count` bits, of 1 to 64. */
static uint64_t ones(unsigned count) {
    return UINT64_MAX >> (64 - count);
}

/* --- logic --- */

/* The constant that N:immr:imms stand for (DecodeBitMasks): a run of ones, rotated, in an element
 * that is repeated. False if they are reserved. */
static bool logical_constant(const struct operands *a, uint64_t *value) {
    const unsigned n = a->imm >> 12 & 1, immr = a->imm >> 6 & 63, imms = a->imm & 63;
    const unsigned size_bits = n << 6 | (~imms & 63);
    if (size_bits < 2 || (n && !a->sf))
        return false;
    const unsigned size = 1u << (31 - __builtin_clz(size_bits));
    const unsigned count = (imms & (size - 1)) + 1, rotation = immr & (size - 1);
    if (count == size)
        return false;
    uint64_t element = ones(count);
    if (rotation)
        element = (element >> rotation | element << (size - rotation)) & ones(size);
    for (unsigned bits = size; bits < 64; bits *= 2)
        element |= element << bits;
    *value = element;
    return true;
}

static bool valid_logical_constant(const struct operands *a) {
    uint64_t value;
    return logical_constant(a, &value);
}

static bool valid_shifted(const struct operands *a) {
    return a->sf || a->amount < 32;
}

static void put_logic_flags(struct lifter *l, unsigned sf, ir_ref value) {
    put_flags(l, ir_flags_logic(l->ir, type_of(sf), value));
}

#define LOGIC_IMMEDIATE(id, opc, op, sets_flags)                                                 \
    INSN_IF(id##_immediate, valid_logical_constant, "x" opc "10010 0 iiiiiiiiiiiii nnnnn ddddd", \
            "base") {                                                                            \
        uint64_t y = 0;                                                                          \
        logical_constant(a, &y);                                                                 \
        const ir_ref x = get(l, a->sf, a->n);                                                    \
        const ir_ref value = op(l->ir, type_of(a->sf), x, constant(l, a->sf, y));                \
        if (sets_flags)                                                                          \
            put_logic_flags(l, a->sf, value);                                                    \
        (sets_flags ? put : put_sp)(l, a->sf, a->d, value);                                      \
    }

/* With the second operand shifted and then, where N is 1, inverted. */
#define LOGIC_SHIFTED(id, opc, inverts, op, sets_flags)                                           \
    INSN_IF(id##_shifted, valid_shifted, "x" opc "01010 hh" #inverts " mmmmm kkkkkk nnnnn ddddd", \
            "base") {                                                                             \
        const enum ir_type type = type_of(a->sf);                                                 \
        ir_ref y = shifted_register(l, a);                                                        \
        if (inverts)                                                                              \
            y = ir_not(l->ir, type, y);                                                           \
        const ir_ref value = op(l->ir, type, get(l, a->sf, a->n), y);                             \
        if (sets_flags)                                                                           \
            put_logic_flags(l, a->sf, value);                                                     \
        put(l, a->sf, a->d, value);                                                               \
    }

#define LOGIC(id, inverted_id, opc, op, sets_flags) \
    LOGIC_IMMEDIATE(id, opc, op, sets_flags)        \
    LOGIC_SHIFTED(id, opc, 0, op, sets_flags)       \
    LOGIC_SHIFTED(inverted_id, opc, 1, op, sets_flags)

LOGIC(and, bic, "00", ir_and, false)
LOGIC(orr, orn, "01", ir_or, false)
LOGIC(eor, eon, "10", ir_xor, false)
LOGIC(ands, bics, "11", ir_and, true)

/* --- constants --- */

static bool valid_wide(const struct operands *a) {
    return a->sf || a->shift < 2;
}

INSN_IF(movn, valid_wide, "x0010010 1 hh iiiiiiiiiiiiiiii ddddd", "base") {
    put(l, a->sf, a->d, constant(l, a->sf, ~((uint64_t)a->imm << 16 * a->shift)));
}

INSN_IF(movz, valid_wide, "x1010010 1 hh iiiiiiiiiiiiiiii ddddd", "base") {
    put(l, a->sf, a->d, constant(l, a->sf, (uint64_t)a->imm << 16 * a->shift));
}

INSN_IF(movk, valid_wide, "x1110010 1 hh iiiiiiiiiiiiiiii ddddd", "base") {
    const enum ir_type type = type_of(a->sf);
    const unsigned lsb = 16 * a->shift;
    const ir_ref others = constant(l, a->sf, ~(UINT64_C(0xffff) << lsb));
    const ir_ref kept = ir_and(l->ir, type, get(l, a->sf, a->d), others);
    put(l, a->sf, a->d, ir_or(l->ir, type, kept, constant(l, a->sf, (uint64_t)a->imm << lsb)));
}

/* ADRP counts pages; aarch64_pc_field makes an offset from here of that, too. */
INSN(adr, "0jj10000 JJJJJJJJJJJJJJJJJJJ ddddd", "base")
{ put64(l, a->d, pc_relative(l, a->imm)); }

INSN(adrp, "1jj10000 JJJJJJJJJJJJJJJJJJJ ddddd", "base")
{ put64(l, a->d, pc_relative(l, a->imm)); }

/* --- shifts --- */

#define SHIFT(id, opcode, op)                                         \
    INSN(id, "x0011010 110 mmmmm 0010" opcode " nnnnn ddddd", "base") \
    { put(l, a->sf, a->d, op(l->ir, type_of(a->sf), get(l, a->sf, a->n), get(l, a->sf, a->m))); }

SHIFT(lslv, "00", ir_shl)
SHIFT(lsrv, "01", ir_shr)
SHIFT(asrv, "10", ir_sar)
SHIFT(rorv, "11", ir_ror)

static bool valid_field(const struct operands *a) {
    return a->u == a->sf && (a->sf || (a->rot < 32 && a->amount < 32));
}

/* EXTR: `amount` bits on in the pair n:m. */
INSN_IF(extr, valid_field, "x0010011 1u0 mmmmm kkkkkk nnnnn ddddd", "base") {
    const enum ir_type type = type_of(a->sf);
    const ir_ref low = get(l, a->sf, a->m), high = get(l, a->sf, a->n);
    const ir_ref right = constant(l, a->sf, a->amount);
    const ir_ref left = constant(l, a->sf, width_of(a->sf) - a->amount);
    ir_ref value = low;
    if (a->n == a->m)
        value = ir_ror(l->ir, type, low, right);
    else if (a->amount)
        value =
            ir_or(l->ir, type, ir_shr(l->ir, type, low, right), ir_shl(l->ir, type, high, left));
    put(l, a->sf, a->d, value);
}

/* --- bit fields --- */

/* What SBFM, UBFM and BFM have in common: immr in rot, imms in amount. Either a field is taken from
 * bit `from` on, or one from the lowest bit on is placed at bit `to`. */
struct bit_field {
    unsigned from, to, count;
};

static struct bit_field bit_field(const struct operands *a) {
    if (a->amount >= a->rot)
        return (struct bit_field){a->rot, 0, a->amount - a->rot + 1u};
    return (struct bit_field){0, width_of(a->sf) - a->rot, a->amount + 1u};
}

/* A masking that x86 does with an immediate, or with an extension. */
static bool cheap_mask(unsigned sf, unsigned count) {
    return !sf || count <= 32;
}

static ir_ref unsigned_field(struct lifter *l, const struct operands *a, struct bit_field f) {
    const enum ir_type type = type_of(a->sf);
    const unsigned width = width_of(a->sf);
    ir_ref value = get(l, a->sf, a->n);
    if (f.from + f.count == width) {
        value = ir_shr(l->ir, type, value, constant(l, a->sf, f.from));
    } else if (f.to + f.count < width) {
        if (!cheap_mask(a->sf, f.count)) {
            const ir_ref left = constant(l, a->sf, width - f.from - f.count);
            const ir_ref right = constant(l, a->sf, width - f.count - f.to);
            return ir_shr(l->ir, type, ir_shl(l->ir, type, value, left), right);
        }
        value = ir_shr(l->ir, type, value, constant(l, a->sf, f.from));
        value = ir_and(l->ir, type, value, constant(l, a->sf, ones(f.count)));
    }
    return ir_shl(l->ir, type, value, constant(l, a->sf, f.to));
}

INSN_IF(ubfm, valid_field, "x1010011 0u rrrrrr kkkkkk nnnnn ddddd", "base") {
    put(l, a->sf, a->d, unsigned_field(l, a, bit_field(a)));
}

INSN_IF(sbfm, valid_field, "x0010011 0u rrrrrr kkkkkk nnnnn ddddd", "base") {
    const enum ir_type type = type_of(a->sf);
    const unsigned width = width_of(a->sf);
    const struct bit_field f = bit_field(a);
    const ir_ref left = constant(l, a->sf, width - f.from - f.count);
    const ir_ref right = constant(l, a->sf, width - f.count - f.to);
    const ir_ref top = ir_shl(l->ir, type, get(l, a->sf, a->n), left);
    put(l, a->sf, a->d, ir_sar(l->ir, type, top, right));
}

INSN_IF(bfm, valid_field, "x0110011 0u rrrrrr kkkkkk nnnnn ddddd", "base") {
    const enum ir_type type = type_of(a->sf);
    const struct bit_field f = bit_field(a);
    const ir_ref others = constant(l, a->sf, ~(ones(f.count) << f.to));
    const ir_ref kept = ir_and(l->ir, type, get(l, a->sf, a->d), others);
    put(l, a->sf, a->d, ir_or(l->ir, type, kept, unsigned_field(l, a, f)));
}

/* --- reversals and counts --- */

#define UNARY(id, opcode, op)                                     \
    INSN(id, "x1011010 110 00000 " opcode " nnnnn ddddd", "base") \
    { put(l, a->sf, a->d, op(l->ir, type_of(a->sf), get(l, a->sf, a->n))); }

UNARY(rbit, "000000", ir_bitrev)
UNARY(clz, "000100", ir_clz)

/* The bits below the sign that equal it. */
INSN(cls, "x1011010 110 00000 000101 nnnnn ddddd", "base")
{
    const enum ir_type type = type_of(a->sf);
    const ir_ref value = get(l, a->sf, a->n);
    const ir_ref sign = ir_sar(l->ir, type, value, constant(l, a->sf, width_of(a->sf) - 1));
    const ir_ref same = ir_clz(l->ir, type, ir_xor(l->ir, type, value, sign));
    put(l, a->sf, a->d, ir_sub(l->ir, type, same, constant(l, a->sf, 1)));
}

INSN(rev16, "x1011010 110 00000 000001 nnnnn ddddd", "base")
{
    const enum ir_type type = type_of(a->sf);
    const ir_ref value = get(l, a->sf, a->n), eight = constant(l, a->sf, 8);
    const ir_ref even = constant(l, a->sf, 0x00ff00ff00ff00ff);
    const ir_ref up = ir_shl(l->ir, type, ir_and(l->ir, type, value, even), eight);
    const ir_ref down = ir_and(l->ir, type, ir_shr(l->ir, type, value, eight), even);
    put(l, a->sf, a->d, ir_or(l->ir, type, up, down));
}

INSN(rev_w, "01011010 110 00000 000010 nnnnn ddddd", "base")
{ put32(l, a->d, ir_bswap(l->ir, IR_I32, get32(l, a->n))); }

INSN(rev_x, "11011010 110 00000 000011 nnnnn ddddd", "base")
{ put64(l, a->d, ir_bswap(l->ir, IR_I64, get64(l, a->n))); }

INSN(rev32, "11011010 110 00000 000010 nnnnn ddddd", "base")
{
    const ir_ref reversed = ir_bswap(l->ir, IR_I64, get64(l, a->n));
    put64(l, a->d, ir_ror(l->ir, IR_I64, reversed, imm(l, 32)));
}
