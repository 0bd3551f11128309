/* What reads the condition flags, and what changes them alone. */
#include "translator/guest/aarch64/lift.h"

/* --- conditional select --- */

static ir_ref same(struct lifter *l, unsigned sf, ir_ref value) {
    (void)l, (void)sf;
    return value;
}

static ir_ref increment(struct lifter *l, unsigned sf, ir_ref value) {
    return ir_add(l->ir, type_of(sf), value, constant(l, sf, 1));
}

static ir_ref invert(struct lifter *l, unsigned sf, ir_ref value) {
    return ir_not(l->ir, type_of(sf), value);
}

static ir_ref negate(struct lifter *l, unsigned sf, ir_ref value) {
    return ir_neg(l->ir, type_of(sf), value);
}

#define SELECT(id, op, o2, change)                                                     \
    INSN(id, "x" op "011010 100 mmmmm cccc 0" o2 " nnnnn ddddd", "base")               \
    {                                                                                  \
        const ir_ref holds = condition(l, a->cond), then = get(l, a->sf, a->n);        \
        const ir_ref otherwise = change(l, a->sf, get(l, a->sf, a->m));                \
        put(l, a->sf, a->d, ir_select(l->ir, type_of(a->sf), holds, then, otherwise)); \
    }

SELECT(csel, "0", "0", same)
SELECT(csinc, "0", "1", increment)
SELECT(csinv, "1", "0", invert)
SELECT(csneg, "1", "1", negate)

/* --- conditional compare --- */

static void conditional_compare(struct lifter *l, const struct operands *a, bool subtract,
                                ir_ref y) {
    const ir_ref x = get(l, a->sf, a->n);
    const ir_ref compared = (subtract ? ir_flags_sub : ir_flags_add)(l->ir, type_of(a->sf), x, y);
    const ir_ref holds = condition(l, a->cond);
    put_flags(l, ir_select(l->ir, IR_I64, holds, compared, constant_flags(l, a->nzcv)));
}

#define CONDITIONAL_COMPARE(id, op, subtract)                                   \
    INSN(id##_register, "x" op "111010 010 mmmmm cccc 00 nnnnn 0ffff", "base")  \
    { conditional_compare(l, a, subtract, get(l, a->sf, a->m)); }               \
    INSN(id##_immediate, "x" op "111010 010 iiiii cccc 10 nnnnn 0ffff", "base") \
    { conditional_compare(l, a, subtract, constant(l, a->sf, (uint64_t)a->imm)); }

CONDITIONAL_COMPARE(ccmn, "0", false)
CONDITIONAL_COMPARE(ccmp, "1", true)

/* --- flag manipulation --- */

/* Bit `bit` of `value`, as the flag `flag`. */
static ir_ref bit_as_flag(struct lifter *l, ir_ref value, unsigned bit, enum ir_flags flag) {
    const unsigned place = (unsigned)__builtin_ctz(flag);
    if (bit > place)
        value = ir_shr(l->ir, IR_I64, value, imm(l, bit - place));
    else
        value = ir_shl(l->ir, IR_I64, value, imm(l, place - bit));
    return ir_and(l->ir, IR_I64, value, imm(l, flag));
}

/* A flag that is set if `holds`, which is 0 or 1. */
static ir_ref flag_if(struct lifter *l, ir_ref holds, enum ir_flags flag) {
    return ir_shl(l->ir, IR_I64, holds, imm(l, __builtin_ctz(flag)));
}

static ir_ref or (struct lifter * l, ir_ref x, ir_ref y) {
    return ir_or(l->ir, IR_I64, x, y);
}

static ir_ref and (struct lifter * l, ir_ref x, ir_ref y) {
    return ir_and(l->ir, IR_I64, x, y);
}

static ir_ref opposite(struct lifter *l, ir_ref holds) {
    return ir_xor(l->ir, IR_I64, holds, imm(l, 1));
}

INSN(cfinv, "11010101 00000 000 0100 0000 000 11111", "flagm")
{ put_flags(l, ir_xor(l->ir, IR_I64, get_flags(l), imm(l, IR_FLAG_C))); }

INSN(rmif, "10111010 000 kkkkkk 00001 nnnnn 0ffff", "flagm")
{
    static const enum ir_flags flags[] = {IR_FLAG_V, IR_FLAG_C, IR_FLAG_Z, IR_FLAG_N};
    const ir_ref value = ir_ror(l->ir, IR_I64, get64(l, a->n), imm(l, a->amount));
    ir_ref result = get_flags(l);
    for (unsigned bit = 0; bit < 4; bit++) {
        if (!(a->nzcv >> bit & 1))
            continue;
        result = and(l, result, imm(l, ~(int64_t)flags[bit]));
        result = or (l, result, bit_as_flag(l, value, bit, flags[bit]));
    }
    put_flags(l, result);
}

/* N and Z of the low byte or halfword; V where the bit above it is not its sign's copy. */
static void set_flags_of(struct lifter *l, unsigned n, unsigned width) {
    const ir_ref value = get64(l, n);
    const ir_ref low = and(l, value, imm(l, (1 << width) - 1));
    const ir_ref zero = ir_set(l->ir, IR_I64, IR_EQ, low, imm(l, 0));
    const ir_ref above = ir_shr(l->ir, IR_I64, value, imm(l, 1));
    const ir_ref differs = ir_xor(l->ir, IR_I64, value, above);
    ir_ref result = and(l, get_flags(l), imm(l, IR_FLAG_C));
    result = or (l, result, bit_as_flag(l, value, width - 1, IR_FLAG_N));
    result = or (l, result, flag_if(l, zero, IR_FLAG_Z));
    put_flags(l, or (l, result, bit_as_flag(l, differs, width - 1, IR_FLAG_V)));
}

INSN(setf8, "00111010 000 000000 0 0010 nnnnn 01101", "flagm")
{ set_flags_of(l, a->n, 8); }

INSN(setf16, "00111010 000 000000 1 0010 nnnnn 01101", "flagm")
{ set_flags_of(l, a->n, 16); }

/* The flags of an Arm floating-point comparison, as those of another convention, and back. */
INSN(axflag, "11010101 00000 000 0100 0000 010 11111", "flagm2")
{
    const ir_ref z = condition(l, IR_FLAGS_EQ), c = condition(l, IR_FLAGS_CS);
    const ir_ref v = condition(l, IR_FLAGS_VS);
    put_flags(l, or (l, flag_if(l, or (l, z, v), IR_FLAG_Z),
                     flag_if(l, and(l, c, opposite(l, v)), IR_FLAG_C)));
}

INSN(xaflag, "11010101 00000 000 0100 0000 001 11111", "flagm2")
{
    const ir_ref z = condition(l, IR_FLAGS_EQ), c = condition(l, IR_FLAGS_CS);
    const ir_ref no_z = opposite(l, z), no_c = opposite(l, c);
    put_flags(
        l,
        or (l,
            or (l, flag_if(l, and(l, no_c, no_z), IR_FLAG_N), flag_if(l, and(l, z, c), IR_FLAG_Z)),
            or (l, flag_if(l, or (l, c, z), IR_FLAG_C), flag_if(l, and(l, no_c, z), IR_FLAG_V))));
}
