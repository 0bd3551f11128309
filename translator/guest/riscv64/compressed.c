/* C, Zcb and Zcmop: the 16-bit instructions. Those not listed in a row are reserved, as are the
 * operands that RESERVED rows take out of wider ones; what the manual calls HINTs falls out of
 * writes to x0. (Unprivileged ISA, "RVC Instruction Set Listings".) */
#include "translator/guest/riscv64/lift.h"

/* --- quadrant 0: stack addresses, loads and stores --- */

INSN(c_addi4spn, "000 AAAAAAAA ddd 00", "c", "d,$,A")
{ lift_binary(l, IR_add, a->d, X_SP, imm(l, a->imm)); }
RESERVED("000 00000000 ... 00");

INSN(c_fld, "001 XXX sss XX ddd 00", "c", "D,X(s)")
{ lift_float_load(l, IR_F64, a->d, a->s, a->imm); }

INSN(c_lw, "010 WWW sss WW ddd 00", "c", "d,W(s)")
{ lift_load(l, IR_S32, a->d, a->s, a->imm); }

INSN(c_ld, "011 XXX sss XX ddd 00", "c", "d,X(s)")
{ lift_load(l, IR_64, a->d, a->s, a->imm); }

INSN(c_lbu, "100 000 sss HH ddd 00", "zcb", "d,H(s)")
{ lift_load(l, IR_U8, a->d, a->s, a->imm); }

INSN(c_lhu, "100 001 sss 0O ddd 00", "zcb", "d,O(s)")
{ lift_load(l, IR_U16, a->d, a->s, a->imm); }

INSN(c_lh, "100 001 sss 1O ddd 00", "zcb", "d,O(s)")
{ lift_load(l, IR_S16, a->d, a->s, a->imm); }

INSN(c_sb, "100 010 sss HH ttt 00", "zcb", "t,H(s)")
{ lift_store(l, IR_U8, a->t, a->s, a->imm); }

INSN(c_sh, "100 011 sss 0O ttt 00", "zcb", "t,O(s)")
{ lift_store(l, IR_U16, a->t, a->s, a->imm); }

INSN(c_fsd, "101 XXX sss XX ttt 00", "c", "T,X(s)")
{ lift_float_store(l, IR_F64, a->t, a->s, a->imm); }

INSN(c_sw, "110 WWW sss WW ttt 00", "c", "t,W(s)")
{ lift_store(l, IR_U32, a->t, a->s, a->imm); }

INSN(c_sd, "111 XXX sss XX ttt 00", "c", "t,X(s)")
{ lift_store(l, IR_64, a->t, a->s, a->imm); }

/* --- quadrant 1: immediates, arithmetic and branches --- */

INSN(c_nop, "000 i 00000 iiiii 01", "c", "i")
{}

INSN(c_addi, "000 i ddddd iiiii 01", "c", "d,i")
{ lift_binary(l, IR_add, a->d, a->d, imm(l, a->imm)); }

INSN(c_addiw, "001 i ddddd iiiii 01", "c", "d,i")
{ lift_binary32(l, IR_add, a->d, a->d, ir_const(l->ir, IR_I32, (uint32_t)a->imm)); }
RESERVED("001 . 00000 ..... 01");

INSN(c_li, "010 i ddddd iiiii 01", "c", "d,i")
{ put(l, a->d, imm(l, a->imm)); }

INSN(c_lui, "011 U ddddd UUUUU 01", "c", "d,U")
{ put(l, a->d, imm(l, a->imm)); }

INSN(c_addi16sp, "011 I 00010 IIIII 01", "c", "$,I")
{ lift_binary(l, IR_add, X_SP, X_SP, imm(l, a->imm)); }
RESERVED("011 0 ..... 00000 01");

INSN(c_mop, "011 0 0NNN1 00000 01", "zcmop", "N")
{}

#define SHORT_IMMEDIATE(id, encoding, letter, op) \
    INSN(id, encoding, "c", "d," letter)          \
    { lift_binary(l, op, a->d, a->d, imm(l, a->imm)); }

SHORT_IMMEDIATE(c_srli, "100 h 00 ddd hhhhh 01", "h", IR_shr)
SHORT_IMMEDIATE(c_srai, "100 h 01 ddd hhhhh 01", "h", IR_sar)
SHORT_IMMEDIATE(c_andi, "100 i 10 ddd iiiii 01", "i", IR_and)

#define SHORT_BINARY(id, encoding, extension, op) \
    INSN(id, encoding, extension, "d,t")          \
    { lift_binary(l, op, a->d, a->d, get(l, a->t)); }
#define SHORT_BINARY_WORD(id, encoding, op) \
    INSN(id, encoding, "c", "d,t")          \
    { lift_binary32(l, op, a->d, a->d, get32(l, a->t)); }

SHORT_BINARY(c_sub, "100 0 11 ddd 00 ttt 01", "c", IR_sub)
SHORT_BINARY(c_xor, "100 0 11 ddd 01 ttt 01", "c", IR_xor)
SHORT_BINARY(c_or, "100 0 11 ddd 10 ttt 01", "c", IR_or)
SHORT_BINARY(c_and, "100 0 11 ddd 11 ttt 01", "c", IR_and)
SHORT_BINARY(c_mul, "100 1 11 ddd 10 ttt 01", "zcb", IR_mul)
SHORT_BINARY_WORD(c_subw, "100 1 11 ddd 00 ttt 01", IR_sub)
SHORT_BINARY_WORD(c_addw, "100 1 11 ddd 01 ttt 01", IR_add)

#define SHORT_UNARY(id, funct3, value)                    \
    INSN(id, "100 1 11 ddd 11 " funct3 " 01", "zcb", "d") \
    {                                                     \
        ir_ref d = get(l, a->d);                          \
        put(l, a->d, value);                              \
    }

SHORT_UNARY(c_zext_b, "000", ir_zext8(l->ir, IR_I64, d))
SHORT_UNARY(c_sext_b, "001", ir_sext8(l->ir, IR_I64, d))
SHORT_UNARY(c_zext_h, "010", ir_zext16(l->ir, IR_I64, d))
SHORT_UNARY(c_sext_h, "011", ir_sext16(l->ir, IR_I64, d))
SHORT_UNARY(c_zext_w, "100", ir_zext32(l->ir, IR_I64, ir_trunc(l->ir, IR_I32, d)))
SHORT_UNARY(c_not, "101", ir_not(l->ir, IR_I64, d))

INSN(c_j, "101 JJJJJJJJJJJ 01", "c", "J")
{ lift_jal(l, X_ZERO, a->imm); }

INSN(c_beqz, "110 BBB sss BBBBB 01", "c", "s,B")
{ lift_branch(l, IR_EQ, a->s, X_ZERO, a->imm); }

INSN(c_bnez, "111 BBB sss BBBBB 01", "c", "s,B")
{ lift_branch(l, IR_NE, a->s, X_ZERO, a->imm); }

/* --- quadrant 2: stack loads and stores, moves and register jumps --- */

SHORT_IMMEDIATE(c_slli, "000 h ddddd hhhhh 10", "h", IR_shl)

INSN(c_fldsp, "001 M ddddd MMMMM 10", "c", "D,M($)")
{ lift_float_load(l, IR_F64, a->d, X_SP, a->imm); }

INSN(c_lwsp, "010 L ddddd LLLLL 10", "c", "d,L($)")
{ lift_load(l, IR_S32, a->d, X_SP, a->imm); }
RESERVED("010 . 00000 ..... 10");

INSN(c_ldsp, "011 M ddddd MMMMM 10", "c", "d,M($)")
{ lift_load(l, IR_64, a->d, X_SP, a->imm); }
RESERVED("011 . 00000 ..... 10");

INSN(c_jr, "100 0 sssss 00000 10", "c", "s")
{ lift_jalr(l, X_ZERO, a->s, 0); }
RESERVED("100 0 00000 00000 10");

INSN(c_mv, "100 0 ddddd ttttt 10", "c", "d,t")
{ put(l, a->d, get(l, a->t)); }

INSN(c_ebreak, "100 1 00000 00000 10", "c", "")
{ ir_trap(l->ir, EXIT_BREAKPOINT, here(l)); }

INSN(c_jalr, "100 1 sssss 00000 10", "c", "s")
{ lift_jalr(l, X_RA, a->s, 0); }

SHORT_BINARY(c_add, "100 1 ddddd ttttt 10", "c", IR_add)

INSN(c_fsdsp, "101 QQQQQQ ttttt 10", "c", "T,Q($)")
{ lift_float_store(l, IR_F64, a->t, X_SP, a->imm); }

INSN(c_swsp, "110 PPPPPP ttttt 10", "c", "t,P($)")
{ lift_store(l, IR_U32, a->t, X_SP, a->imm); }

INSN(c_sdsp, "111 QQQQQQ ttttt 10", "c", "t,Q($)")
{ lift_store(l, IR_64, a->t, X_SP, a->imm); }
