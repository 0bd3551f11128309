/* Zba, Zbb, Zbc, Zbs and Zicond: bit manipulation and conditional zero. */
#include "translator/guest/riscv64/lift.h"

/* OP and OP-32: the value of `s` and `t` as stated. */
#define BINARY(id, funct7, funct3, extension, value)                             \
    INSN(id, funct7 " ttttt sssss " funct3 " ddddd 0110011", extension, "d,s,t") \
    {                                                                            \
        ir_ref s = get(l, a->s), t = get(l, a->t);                               \
        put(l, a->d, value);                                                     \
    }
#define BINARY_UNSIGNED_WORD(id, funct7, funct3, value)                        \
    INSN(id, funct7 " ttttt sssss " funct3 " ddddd 0111011", "zba", "d,s,t")   \
    {                                                                          \
        ir_ref s = ir_zext32(l->ir, IR_I64, get32(l, a->s)), t = get(l, a->t); \
        put(l, a->d, value);                                                   \
    }

static ir_ref scaled_add(struct lifter *l, ir_ref s, unsigned scale, ir_ref t) {
    return ir_add(l->ir, IR_I64, ir_shl(l->ir, IR_I64, s, imm(l, scale)), t);
}

/* --- Zba --- */

BINARY(sh1add, "0010000", "010", "zba", scaled_add(l, s, 1, t))
BINARY(sh2add, "0010000", "100", "zba", scaled_add(l, s, 2, t))
BINARY(sh3add, "0010000", "110", "zba", scaled_add(l, s, 3, t))
BINARY_UNSIGNED_WORD(add_uw, "0000100", "000", ir_add(l->ir, IR_I64, s, t))
BINARY_UNSIGNED_WORD(sh1add_uw, "0010000", "010", scaled_add(l, s, 1, t))
BINARY_UNSIGNED_WORD(sh2add_uw, "0010000", "100", scaled_add(l, s, 2, t))
BINARY_UNSIGNED_WORD(sh3add_uw, "0010000", "110", scaled_add(l, s, 3, t))

INSN(slli_uw, "000010 hhhhhh sssss 001 ddddd 0011011", "zba", "d,s,h")
{ put(l, a->d, ir_shl(l->ir, IR_I64, ir_zext32(l->ir, IR_I64, get32(l, a->s)), imm(l, a->imm))); }

/* --- Zbb --- */

BINARY(andn, "0100000", "111", "zbb", ir_andn(l->ir, IR_I64, s, t))
BINARY(orn, "0100000", "110", "zbb", ir_or(l->ir, IR_I64, s, ir_not(l->ir, IR_I64, t)))
BINARY(xnor, "0100000", "100", "zbb", ir_not(l->ir, IR_I64, ir_xor(l->ir, IR_I64, s, t)))
BINARY(min, "0000101", "100", "zbb", ir_smin(l->ir, IR_I64, s, t))
BINARY(minu, "0000101", "101", "zbb", ir_umin(l->ir, IR_I64, s, t))
BINARY(max, "0000101", "110", "zbb", ir_smax(l->ir, IR_I64, s, t))
BINARY(maxu, "0000101", "111", "zbb", ir_umax(l->ir, IR_I64, s, t))
BINARY(rol, "0110000", "001", "zbb", ir_rol(l->ir, IR_I64, s, t))
BINARY(ror, "0110000", "101", "zbb", ir_ror(l->ir, IR_I64, s, t))

INSN(rori, "011000 hhhhhh sssss 101 ddddd 0010011", "zbb", "d,s,h")
{ lift_binary(l, IR_ror, a->d, a->s, imm(l, a->imm)); }

INSN(rolw, "0110000 ttttt sssss 001 ddddd 0111011", "zbb", "d,s,t")
{ lift_binary32(l, IR_rol, a->d, a->s, get32(l, a->t)); }

INSN(rorw, "0110000 ttttt sssss 101 ddddd 0111011", "zbb", "d,s,t")
{ lift_binary32(l, IR_ror, a->d, a->s, get32(l, a->t)); }

INSN(roriw, "0110000 hhhhh sssss 101 ddddd 0011011", "zbb", "d,s,h")
{ lift_binary32(l, IR_ror, a->d, a->s, ir_const(l->ir, IR_I32, (uint32_t)a->imm)); }

#define UNARY(id, encoding, value)   \
    INSN(id, encoding, "zbb", "d,s") \
    {                                \
        ir_ref s = get(l, a->s);     \
        put(l, a->d, value);         \
    }
#define UNARY_WORD(id, funct12, value)                         \
    INSN(id, funct12 " sssss 001 ddddd 0011011", "zbb", "d,s") \
    {                                                          \
        ir_ref s = get32(l, a->s);                             \
        put32(l, a->d, value);                                 \
    }

UNARY(clz, "011000000000 sssss 001 ddddd 0010011", ir_clz(l->ir, IR_I64, s))
UNARY(ctz, "011000000001 sssss 001 ddddd 0010011", ir_ctz(l->ir, IR_I64, s))
UNARY(cpop, "011000000010 sssss 001 ddddd 0010011", ir_popcnt(l->ir, IR_I64, s))
UNARY(sext_b, "011000000100 sssss 001 ddddd 0010011", ir_sext8(l->ir, IR_I64, s))
UNARY(sext_h, "011000000101 sssss 001 ddddd 0010011", ir_sext16(l->ir, IR_I64, s))
UNARY(zext_h, "000010000000 sssss 100 ddddd 0111011", ir_zext16(l->ir, IR_I64, s))
UNARY(orc_b, "001010000111 sssss 101 ddddd 0010011", ir_orcb(l->ir, IR_I64, s))
UNARY(rev8, "011010111000 sssss 101 ddddd 0010011", ir_bswap(l->ir, IR_I64, s))
UNARY_WORD(clzw, "011000000000", ir_clz(l->ir, IR_I32, s))
UNARY_WORD(ctzw, "011000000001", ir_ctz(l->ir, IR_I32, s))
UNARY_WORD(cpopw, "011000000010", ir_popcnt(l->ir, IR_I32, s))

/* --- Zbc --- */

BINARY(clmul, "0000101", "001", "zbc", ir_clmul(l->ir, IR_I64, s, t))
BINARY(clmulr, "0000101", "010", "zbc", ir_clmulr(l->ir, IR_I64, s, t))
BINARY(clmulh, "0000101", "011", "zbc", ir_clmulh(l->ir, IR_I64, s, t))

/* --- Zbs --- */

static ir_ref bit(struct lifter *l, ir_ref number) {
    return ir_shl(l->ir, IR_I64, imm(l, 1), number);
}

static ir_ref extract_bit(struct lifter *l, ir_ref s, ir_ref number) {
    return ir_and(l->ir, IR_I64, ir_shr(l->ir, IR_I64, s, number), imm(l, 1));
}

#define SINGLE_BIT(id, funct6, funct3, value)                                    \
    BINARY(id, funct6 "0", funct3, "zbs", value)                                 \
    INSN(id##i, funct6 " hhhhhh sssss " funct3 " ddddd 0010011", "zbs", "d,s,h") \
    {                                                                            \
        ir_ref s = get(l, a->s), t = imm(l, a->imm);                             \
        put(l, a->d, value);                                                     \
    }

SINGLE_BIT(bset, "001010", "001", ir_or(l->ir, IR_I64, s, bit(l, t)))
SINGLE_BIT(bclr, "010010", "001", ir_andn(l->ir, IR_I64, s, bit(l, t)))
SINGLE_BIT(binv, "011010", "001", ir_xor(l->ir, IR_I64, s, bit(l, t)))
SINGLE_BIT(bext, "010010", "101", extract_bit(l, s, t))

/* --- Zicond --- */

BINARY(czero_eqz, "0000111", "101", "zicond", ir_select(l->ir, IR_I64, t, s, imm(l, 0)))
BINARY(czero_nez, "0000111", "111", "zicond", ir_select(l->ir, IR_I64, t, imm(l, 0), s))
