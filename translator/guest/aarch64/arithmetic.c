/* Addition and subtraction, multiplication, division, CRC. */
#include "translator/guest/aarch64/lift.h"

/* --- addition and subtraction --- */

/* What the four instructions of each form differ in: the text of bits 30 and 29, whether they
 * subtract and set the flags. */
#define ADD_SUBTRACT(FORM)        \
    FORM(add, "00", false, false) \
    FORM(adds, "01", false, true) \
    FORM(sub, "10", true, false)  \
    FORM(subs, "11", true, true)

static ir_ref add_subtract(struct lifter *l, unsigned sf, bool subtract, bool flags, ir_ref x,
                           ir_ref y) {
    const enum ir_type type = type_of(sf);
    if (flags)
        put_flags(l, (subtract ? ir_flags_sub : ir_flags_add)(l->ir, type, x, y));
    return (subtract ? ir_sub : ir_add)(l->ir, type, x, y);
}

/* The forms that know SP: as a destination only where no flags are set. */
static void add_subtract_sp(struct lifter *l, const struct operands *a, bool subtract, bool flags,
                            ir_ref y) {
    const ir_ref sum = add_subtract(l, a->sf, subtract, flags, get_sp(l, a->sf, a->n), y);
    (flags ? put : put_sp)(l, a->sf, a->d, sum);
}

#define IMMEDIATE(id, bits, subtract, flags)                                   \
    INSN(id##_immediate, "x" bits "10001 0h iiiiiiiiiiii nnnnn ddddd", "base") \
    {                                                                          \
        const uint64_t y = (uint64_t)a->imm << (a->shift ? 12 : 0);            \
        add_subtract_sp(l, a, subtract, flags, constant(l, a->sf, y));         \
    }
ADD_SUBTRACT(IMMEDIATE)

static bool valid_extended(const struct operands *a) {
    return a->amount <= 4;
}

#define EXTENDED(id, bits, subtract, flags)                                                \
    INSN_IF(id##_extended, valid_extended, "x" bits "01011 001 mmmmm eee kkk nnnnn ddddd", \
            "base") {                                                                      \
        const ir_ref y = extended_register(l, a->m, a->option, a->amount);                 \
        add_subtract_sp(l, a, subtract, flags, a->sf ? y : ir_trunc(l->ir, IR_I32, y));    \
    }
ADD_SUBTRACT(EXTENDED)

static bool valid_shifted(const struct operands *a) {
    return a->shift != SHIFT_ROR && (a->sf || a->amount < 32);
}

#define SHIFTED(id, bits, subtract, flags)                                                        \
    INSN_IF(id##_shifted, valid_shifted, "x" bits "01011 hh0 mmmmm kkkkkk nnnnn ddddd", "base") { \
        const ir_ref y = shifted_register(l, a);                                                  \
        put(l, a->sf, a->d, add_subtract(l, a->sf, subtract, flags, get(l, a->sf, a->n), y));     \
    }
ADD_SUBTRACT(SHIFTED)

/* With the carry flag; x - y - !C is x + ~y + C. */
#define WITH_CARRY(id, bits, subtract, flags)                                   \
    INSN(id##_carry, "x" bits "11010 000 mmmmm 000000 nnnnn ddddd", "base")     \
    {                                                                           \
        const enum ir_type type = type_of(a->sf);                               \
        const ir_ref x = get(l, a->sf, a->n), m = get(l, a->sf, a->m);          \
        const ir_ref y = subtract ? ir_not(l->ir, type, m) : m;                 \
        const ir_ref carry = condition(l, IR_FLAGS_CS);                         \
        const ir_ref carry_in = a->sf ? carry : ir_trunc(l->ir, IR_I32, carry); \
        const ir_ref sum = ir_adc(l->ir, type, x, y, carry_in);                 \
        if (flags)                                                              \
            put_flags(l, ir_flags_adc(l->ir, type, x, y, carry));               \
        put(l, a->sf, a->d, sum);                                               \
    }
ADD_SUBTRACT(WITH_CARRY)

/* --- multiplication --- */

#define MULTIPLY(id, o0, combine)                                                             \
    INSN(id, "x0011011 000 mmmmm " o0 " aaaaa nnnnn ddddd", "base")                           \
    {                                                                                         \
        const enum ir_type type = type_of(a->sf);                                             \
        const ir_ref product = ir_mul(l->ir, type, get(l, a->sf, a->n), get(l, a->sf, a->m)); \
        put(l, a->sf, a->d, combine(l->ir, type, get(l, a->sf, a->a), product));              \
    }

MULTIPLY(madd, "0", ir_add)
MULTIPLY(msub, "1", ir_sub)

#define MULTIPLY_LONG(id, u, o0, extend, combine)                                            \
    INSN(id, "10011011 " u "01 mmmmm " o0 " aaaaa nnnnn ddddd", "base")                      \
    {                                                                                        \
        const ir_ref x = extend(l->ir, IR_I64, get32(l, a->n));                              \
        const ir_ref y = extend(l->ir, IR_I64, get32(l, a->m));                              \
        put64(l, a->d, combine(l->ir, IR_I64, get64(l, a->a), ir_mul(l->ir, IR_I64, x, y))); \
    }

MULTIPLY_LONG(smaddl, "0", "0", ir_sext32, ir_add)
MULTIPLY_LONG(smsubl, "0", "1", ir_sext32, ir_sub)
MULTIPLY_LONG(umaddl, "1", "0", ir_zext32, ir_add)
MULTIPLY_LONG(umsubl, "1", "1", ir_zext32, ir_sub)

#define MULTIPLY_HIGH(id, u, op)                                   \
    INSN(id, "10011011 " u "10 mmmmm 0 ..... nnnnn ddddd", "base") \
    { put64(l, a->d, op(l->ir, IR_I64, get64(l, a->n), get64(l, a->m))); }

MULTIPLY_HIGH(smulh, "0", ir_mulhs)
MULTIPLY_HIGH(umulh, "1", ir_mulhu)

/* --- division --- */

#define DIVIDE(id, opcode, op)                                                            \
    INSN(id, "x0011010 110 mmmmm 00001" opcode " nnnnn ddddd", "base")                    \
    {                                                                                     \
        const ir_ref x = get(l, a->sf, a->n), y = get(l, a->sf, a->m);                    \
        put(l, a->sf, a->d, ir_emit(l->ir, op, type_of(a->sf), IR_DIV_ZERO, x, y, 0, 0)); \
    }

DIVIDE(udiv, "0", IR_udiv)
DIVIDE(sdiv, "1", IR_sdiv)

/* --- CRC --- */

static bool valid_crc(const struct operands *a) {
    return a->sf == (a->size == 3);
}

#define CRC(id, c, op)                                                                             \
    INSN_IF(id, valid_crc, "x0011010 110 mmmmm 010" c "zz nnnnn ddddd", "crc32") {                 \
        put64(l, a->d, ir_emit(l->ir, op, IR_I64, a->size, get64(l, a->n), get64(l, a->m), 0, 0)); \
    }

CRC(crc32, "0", IR_crc32)
CRC(crc32c, "1", IR_crc32c)

/* --- not implemented --- */

MISSING("10011010 110 ..... 0001.. ..... .....", "mte")   /* IRG, GMI */
MISSING("10011010 110 ..... 000000 ..... .....", "mte")   /* SUBP */
MISSING("10111010 110 ..... 000000 ..... .....", "mte")   /* SUBPS */
MISSING("1.010001 10 ...... .. .... ..... .....", "mte")  /* ADDG, SUBG */
MISSING("10011010 110 ..... 001100 ..... .....", "pauth") /* PACGA */
MISSING("11011010 110 00001 ...... ..... .....", "pauth") /* PACIA and the like */
MISSING(".0010001 11 ............ ..... .....", "cssc")   /* SMAX and the like, immediate */
MISSING(".0011010 110 ..... 0110.. ..... .....", "cssc")
MISSING(".1011010 110 00000 00011. ..... .....", "cssc") /* CTZ, CNT */
MISSING(".1011010 110 00000 001000 ..... .....", "cssc") /* ABS */
