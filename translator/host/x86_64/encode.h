/* x86-64 machine code, one function per operand shape; what may stand there is a table
 * (instructions.def).
 *
 * Appends to a buffer; a full buffer sets `overflow` and drops what follows, so that callers check
 * once, at the end. */
#ifndef TRANSLATOR_HOST_X86_64_ENCODE_H
#define TRANSLATOR_HOST_X86_64_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

enum x86_reg {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    NO_REG = 255
};
/* Vector registers are plain numbers, 0 to 31. */

enum x86_cond {
    CC_O,
    CC_NO,
    CC_B,
    CC_AE,
    CC_E,
    CC_NE,
    CC_BE,
    CC_A,
    CC_S,
    CC_NS,
    CC_P,
    CC_NP,
    CC_L,
    CC_GE,
    CC_LE,
    CC_G
};

/* [base + index * (1 << scale) + disp]; base or index may be NO_REG (index never RSP). */
struct x86_mem {
    uint8_t base, index, scale;
    int32_t disp;
};

struct x86_buffer {
    uint8_t *start, *at, *end;
    bool overflow;
    uint32_t count; /* instructions so far */
};

/* The mnemonics of instructions.def: X86_ADD, X86_MOV, X86_ADDSD, ... */
enum x86_op {
#define X86(name, ...) X86_##name,
#include "translator/host/x86_64/instructions.def"
#undef X86
    X86_OP_COUNT
};

/* --- general-purpose instructions; size in bytes: 1, 2, 4 or 8 --- */

void x86_rr(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src);
void x86_rm(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned reg, struct x86_mem mem);
void x86_mr(struct x86_buffer *b, enum x86_op op, unsigned size, struct x86_mem mem, unsigned reg);
/* The immediate in its shortest form: sign-extended 8 bits where the instruction has it. */
void x86_ri(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned reg, int32_t imm);
void x86_mi(struct x86_buffer *b, enum x86_op op, unsigned size, struct x86_mem mem, int32_t imm);
/* IMUL r, r/m, imm. */
void x86_rri(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src,
             int32_t imm);
void x86_rmi(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, struct x86_mem mem,
             int32_t imm);
/* One operand: NEG, NOT, INC, DEC, MUL, DIV, IDIV, shifts by CL, PUSH, POP, BSWAP, JMP, CALL. */
void x86_r(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned reg);
void x86_m(struct x86_buffer *b, enum x86_op op, unsigned size, struct x86_mem mem);
/* The same, of memory at a distance from the instruction's end, to be set; returns where the four
 * bytes stand (NULL: full). */
uint8_t *x86_m_relative(struct x86_buffer *b, enum x86_op op, unsigned size);
/* None: RET, CDQ, CQO, MFENCE, PAUSE, UD2, INT3, NOP, ... */
void x86_0(struct x86_buffer *b, enum x86_op op, unsigned size);
/* VEX three-operand: ANDN, SHLX, SARX, SHRX, MULX, PDEP, PEXT, BZHI; the operand order is Intel's.
 * x86_rrm of SHLX, SARX, SHRX, BZHI and BEXTR: Intel's second operand is `mem`, the third src1. */
void x86_rrr(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src1,
             unsigned src2);
void x86_rrm(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src1,
             struct x86_mem mem);
/* RORX dst, src, imm goes through x86_rri. */

void x86_setcc(struct x86_buffer *b, enum x86_cond cond, unsigned reg); /* the low byte */
void x86_cmovcc(struct x86_buffer *b, enum x86_cond cond, unsigned size, unsigned dst,
                unsigned src);
void x86_cmovcc_m(struct x86_buffer *b, enum x86_cond cond, unsigned size, unsigned dst,
                  struct x86_mem mem);
/* MOV reg, imm in its shortest form; `flags_live` forbids XOR for 0. */
void x86_mov_imm(struct x86_buffer *b, unsigned reg, uint64_t imm, bool flags_live);
/* MOV reg, imm64 in the ten-byte form always; returns where the eight bytes stand (NULL: full). */
uint8_t *x86_movabs(struct x86_buffer *b, unsigned reg, uint64_t imm);
/* Zero- and sign-extending moves from 1, 2 or 4 bytes (4 to 8 unsigned: MOV r32). */
void x86_extend(struct x86_buffer *b, bool sign, unsigned from, unsigned to, unsigned dst,
                unsigned src);
void x86_extend_m(struct x86_buffer *b, bool sign, unsigned from, unsigned to, unsigned dst,
                  struct x86_mem mem);
/* Exactly `length` bytes that do nothing. */
void x86_nop(struct x86_buffer *b, unsigned length);
/* LOCK-prefixed forms of a following x86_mr/x86_m (CMPXCHG, XADD, ADD, ...). */
void x86_lock(struct x86_buffer *b);

/* Jumps with a 32-bit displacement, to be set by x86_link or patched later; they return where the
 * four bytes stand. NULL when the buffer is full, which the link functions ignore. */
uint8_t *x86_jmp(struct x86_buffer *b);
uint8_t *x86_call(struct x86_buffer *b);
uint8_t *x86_jcc(struct x86_buffer *b, enum x86_cond cond);
void x86_link(uint8_t *displacement, const uint8_t *target);
/* Forward jumps within 127 bytes; x86_link_short gives them the current end of the buffer. */
uint8_t *x86_jmp_short(struct x86_buffer *b);
uint8_t *x86_jcc_short(struct x86_buffer *b, enum x86_cond cond);
void x86_link_short(struct x86_buffer *b, uint8_t *displacement);

/* --- vector instructions --- */

/* Which encodings the code may use. SSE forms of the three-operand functions below copy src1 to dst
 * first when they differ (dst must then differ from src2, unless the op commutes; ADDPx, ADDSx,
 * MULPx and MULSx count as such, at the price of which NaN and whose upper elements the result
 * has). EVEX is used only where a register number above 15 or the instruction itself asks for it.
 * SSE's packed instructions want memory operands aligned to 16 bytes.
 * Set once, before code is emitted. */
enum x86_vector_level { X86_SSE, X86_AVX, X86_AVX512 };
extern enum x86_vector_level x86_vector_level;
/* Whether registers 16 to 31 can be its operands; whether its sources may change places. */
bool x86_takes_high(enum x86_op op);
bool x86_commutes(enum x86_op op);

/* Two operands: MOVAPD, SQRTSD (dst, src), UCOMISD, CVTSD2SS, MOVDQA, ... Scalar instructions whose
 * VEX form merges from a third register merge from `dst` (CVT, SQRT) . */
void x86_vv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src);
void x86_vm(struct x86_buffer *b, enum x86_op op, unsigned dst, struct x86_mem mem);
void x86_mv(struct x86_buffer *b, enum x86_op op, struct x86_mem mem, unsigned src);
/* With an immediate byte; shifts by a constant too. */
void x86_vvi(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src, unsigned imm);
void x86_vmi(struct x86_buffer *b, enum x86_op op, unsigned dst, struct x86_mem mem, unsigned imm);
void x86_mvi(struct x86_buffer *b, enum x86_op op, struct x86_mem mem, unsigned src, unsigned imm);
/* Three operands: ADDSD, ANDPD, VFMADD231SD, ... */
void x86_vvv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, unsigned src2);
void x86_vvm(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, struct x86_mem mem);
/* `imm` is the mask register for PBLENDVB, BLENDVPS and BLENDVPD (0 in SSE). */
void x86_vvvi(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, unsigned src2,
              unsigned imm);
void x86_vvmi(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, struct x86_mem mem,
              unsigned imm);
/* A packed operation of the first element alone: the others become 0 and raise no exceptions.
 * AVX-512 only; opmask X86_FIRST_MASK must hold 1. */
enum { X86_FIRST_MASK = 7 };
void x86_first_vv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src);
void x86_first_vvi(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src, unsigned imm);
void x86_first_vvv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
                   unsigned src2);
/* Scalar arithmetic that rounds to nearest, ties to even, and truncating conversions to a general
 * register, without regard to MXCSR: they raise nothing. AVX-512 only. */
void x86_quiet_vvv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
                   unsigned src2);
void x86_quiet_rv(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst,
                  unsigned src_vector);
/* Between the files: MOVD/MOVQ, CVTSI2SD, CVTSD2SI, CVTTSD2SI, CVTTSD2USI, PEXTRQ, ...; size is the
 * general register's. */
void x86_vr(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst_vector, unsigned src);
void x86_rv(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src_vector);
void x86_rvi(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src_vector,
             unsigned imm);
/* PINSRB, PINSRW, PINSRD, PINSRQ; from memory through x86_vvmi. */
void x86_vvri(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, unsigned src2,
              unsigned imm);
/* Conversions as x86_vr and x86_rv have them, from memory: an integer of `size` bytes; a float. */
void x86_vrm(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst_vector,
             struct x86_mem mem);
void x86_rvm(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, struct x86_mem mem);

#endif
