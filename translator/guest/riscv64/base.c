/* RV64I: integer arithmetic, loads and stores, branches and jumps. */
#include "translator/guest/riscv64/lift.h"

/* --- upper immediates --- */

INSN(lui, "uuuuuuuuuuuuuuuuuuuu ddddd 0110111", "i", "d,u")
{ put(l, a->d, imm(l, a->imm)); }

INSN(auipc, "uuuuuuuuuuuuuuuuuuuu ddddd 0010111", "i", "d,u")
{ put(l, a->d, ir_pcrel_field(l->ir, l->insn->offset, a->imm)); }

/* --- register and immediate --- */

#define IMMEDIATE(id, funct3, op)                                         \
    INSN(id, "iiiiiiiiiiii sssss " funct3 " ddddd 0010011", "i", "d,s,i") \
    { lift_binary(l, op, a->d, a->s, imm(l, a->imm)); }

IMMEDIATE(addi, "000", IR_add)
IMMEDIATE(xori, "100", IR_xor)
IMMEDIATE(ori, "110", IR_or)
IMMEDIATE(andi, "111", IR_and)

INSN(slti, "iiiiiiiiiiii sssss 010 ddddd 0010011", "i", "d,s,i")
{ put(l, a->d, ir_set(l->ir, IR_I64, IR_LT, get(l, a->s), imm(l, a->imm))); }

INSN(sltiu, "iiiiiiiiiiii sssss 011 ddddd 0010011", "i", "d,s,i")
{ put(l, a->d, ir_set(l->ir, IR_I64, IR_LTU, get(l, a->s), imm(l, a->imm))); }

INSN(addiw, "iiiiiiiiiiii sssss 000 ddddd 0011011", "i", "d,s,i")
{ lift_binary32(l, IR_add, a->d, a->s, ir_const(l->ir, IR_I32, (uint32_t)a->imm)); }

#define SHIFT(id, funct6, funct3, op)                                       \
    INSN(id, funct6 " hhhhhh sssss " funct3 " ddddd 0010011", "i", "d,s,h") \
    { lift_binary(l, op, a->d, a->s, imm(l, a->imm)); }

SHIFT(slli, "000000", "001", IR_shl)
SHIFT(srli, "000000", "101", IR_shr)
SHIFT(srai, "010000", "101", IR_sar)

#define SHIFT_WORD(id, funct7, funct3, op)                                 \
    INSN(id, funct7 " hhhhh sssss " funct3 " ddddd 0011011", "i", "d,s,h") \
    { lift_binary32(l, op, a->d, a->s, ir_const(l->ir, IR_I32, (uint32_t)a->imm)); }

SHIFT_WORD(slliw, "0000000", "001", IR_shl)
SHIFT_WORD(srliw, "0000000", "101", IR_shr)
SHIFT_WORD(sraiw, "0100000", "101", IR_sar)

/* --- register and register --- */

#define BINARY(id, funct7, funct3, op)                                     \
    INSN(id, funct7 " ttttt sssss " funct3 " ddddd 0110011", "i", "d,s,t") \
    { lift_binary(l, op, a->d, a->s, get(l, a->t)); }

BINARY(add, "0000000", "000", IR_add)
BINARY(sub, "0100000", "000", IR_sub)
BINARY(sll, "0000000", "001", IR_shl)
BINARY(xor, "0000000", "100", IR_xor)
BINARY(srl, "0000000", "101", IR_shr)
BINARY(sra, "0100000", "101", IR_sar)
BINARY(or, "0000000", "110", IR_or)
BINARY(and, "0000000", "111", IR_and)

INSN(slt, "0000000 ttttt sssss 010 ddddd 0110011", "i", "d,s,t")
{ put(l, a->d, ir_set(l->ir, IR_I64, IR_LT, get(l, a->s), get(l, a->t))); }

INSN(sltu, "0000000 ttttt sssss 011 ddddd 0110011", "i", "d,s,t")
{ put(l, a->d, ir_set(l->ir, IR_I64, IR_LTU, get(l, a->s), get(l, a->t))); }

#define BINARY_WORD(id, funct7, funct3, op)                                \
    INSN(id, funct7 " ttttt sssss " funct3 " ddddd 0111011", "i", "d,s,t") \
    { lift_binary32(l, op, a->d, a->s, get32(l, a->t)); }

BINARY_WORD(addw, "0000000", "000", IR_add)
BINARY_WORD(subw, "0100000", "000", IR_sub)
BINARY_WORD(sllw, "0000000", "001", IR_shl)
BINARY_WORD(srlw, "0000000", "101", IR_shr)
BINARY_WORD(sraw, "0100000", "101", IR_sar)

/* --- memory --- */

#define LOAD(id, funct3, kind)                                             \
    INSN(id, "iiiiiiiiiiii sssss " funct3 " ddddd 0000011", "i", "d,i(s)") \
    { lift_load(l, kind, a->d, a->s, a->imm); }

LOAD(lb, "000", IR_S8)
LOAD(lh, "001", IR_S16)
LOAD(lw, "010", IR_S32)
LOAD(ld, "011", IR_64)
LOAD(lbu, "100", IR_U8)
LOAD(lhu, "101", IR_U16)
LOAD(lwu, "110", IR_U32)

#define STORE(id, funct3, kind)                                             \
    INSN(id, "iiiiiii ttttt sssss " funct3 " iiiii 0100011", "i", "t,i(s)") \
    { lift_store(l, kind, a->t, a->s, a->imm); }

STORE(sb, "000", IR_U8)
STORE(sh, "001", IR_U16)
STORE(sw, "010", IR_U32)
STORE(sd, "011", IR_64)

/* --- control flow --- */

#define BRANCH(id, funct3, cond)                                           \
    INSN(id, "bbbbbbb ttttt sssss " funct3 " bbbbb 1100011", "i", "s,t,b") \
    { lift_branch(l, cond, a->s, a->t, a->imm); }

BRANCH(beq, "000", IR_EQ)
BRANCH(bne, "001", IR_NE)
BRANCH(blt, "100", IR_LT)
BRANCH(bge, "101", IR_GE)
BRANCH(bltu, "110", IR_LTU)
BRANCH(bgeu, "111", IR_GEU)

INSN(jal, "jjjjjjjjjjjjjjjjjjjj ddddd 1101111", "i", "d,j")
{ lift_jal(l, a->d, a->imm); }

INSN(jalr, "iiiiiiiiiiii sssss 000 ddddd 1100111", "i", "d,i(s)")
{ lift_jalr(l, a->d, a->s, a->imm); }
