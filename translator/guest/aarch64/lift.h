/* What the lift functions of all instruction classes share. Private to this folder. */
#ifndef TRANSLATOR_GUEST_AARCH64_LIFT_H
#define TRANSLATOR_GUEST_AARCH64_LIFT_H

#include "translator/guest/aarch64/aarch64.h"
#include "translator/guest/aarch64/decode.h"
#include "translator/ir/ir.h"

enum { X_FP = 29, X_LR = 30, X_ZERO = 31, REG_SP = REG_GPR + 31 };

struct lifter {
    struct ir *ir;
    const struct guest_insn *insn; /* the instruction being lifted */
    uint32_t mode;                 /* the unit's: enum aarch64_mode bits */
};

/* --- constants --- */

static inline ir_ref imm(struct lifter *l, int64_t value) {
    return ir_const(l->ir, IR_I64, (uint64_t)value);
}

static inline ir_ref imm32(struct lifter *l, uint32_t value) {
    return ir_const(l->ir, IR_I32, value);
}

/* --- general registers: 31 is zero; in the _sp forms it is the stack pointer --- */

static inline ir_ref get64(struct lifter *l, unsigned x) {
    return x == X_ZERO ? imm(l, 0) : ir_get(l->ir, IR_I64, REG_GPR + x);
}

static inline ir_ref get64_sp(struct lifter *l, unsigned x) {
    return ir_get(l->ir, IR_I64, REG_GPR + x);
}

static inline void put64(struct lifter *l, unsigned x, ir_ref value) {
    if (x != X_ZERO)
        ir_put(l->ir, IR_I64, REG_GPR + x, value);
}

static inline void put64_sp(struct lifter *l, unsigned x, ir_ref value) {
    ir_put(l->ir, IR_I64, REG_GPR + x, value);
}

/* W registers: I32 values; a result clears the upper half. */
static inline ir_ref get32(struct lifter *l, unsigned x) {
    return ir_trunc(l->ir, IR_I32, get64(l, x));
}

static inline ir_ref get32_sp(struct lifter *l, unsigned x) {
    return ir_trunc(l->ir, IR_I32, get64_sp(l, x));
}

static inline void put32(struct lifter *l, unsigned x, ir_ref value) {
    put64(l, x, ir_zext32(l->ir, IR_I64, value));
}

static inline void put32_sp(struct lifter *l, unsigned x, ir_ref value) {
    put64_sp(l, x, ir_zext32(l->ir, IR_I64, value));
}

/* For rows of both sizes: I64 values when `sf`, else I32. */
static inline enum ir_type type_of(unsigned sf) {
    return sf ? IR_I64 : IR_I32;
}

static inline ir_ref get(struct lifter *l, unsigned sf, unsigned x) {
    return sf ? get64(l, x) : get32(l, x);
}

static inline ir_ref get_sp(struct lifter *l, unsigned sf, unsigned x) {
    return sf ? get64_sp(l, x) : get32_sp(l, x);
}

static inline void put(struct lifter *l, unsigned sf, unsigned x, ir_ref value) {
    (sf ? put64 : put32)(l, x, value);
}

static inline void put_sp(struct lifter *l, unsigned sf, unsigned x, ir_ref value) {
    (sf ? put64_sp : put32_sp)(l, x, value);
}

static inline ir_ref constant(struct lifter *l, unsigned sf, uint64_t value) {
    return sf ? imm(l, (int64_t)value) : imm32(l, (uint32_t)value);
}

/* --- vector registers --- */

static inline ir_ref getv(struct lifter *l, unsigned v) {
    return ir_get(l->ir, IR_V128, REG_VEC + v);
}

/* All 128 bits; putv_q keeps the low 64 alone unless `q`, and clears the others. */
static inline void putv(struct lifter *l, unsigned v, ir_ref value) {
    ir_put(l->ir, IR_V128, REG_VEC + v, value);
}

void putv_q(struct lifter *l, unsigned q, unsigned v, ir_ref value);
/* Without garbage in the upper half unless `q`: for operations that raise flags. */
ir_ref getv_q(struct lifter *l, unsigned q, unsigned v);

/* A scalar in the lowest lane: F16, F32, F64. Writing clears the rest of the register; the value
 * may be I32 or I64 too (`type` is its type). */
static inline ir_ref getf(struct lifter *l, enum ir_type type, unsigned v) {
    return ir_get(l->ir, type, REG_VEC + v);
}

void putf(struct lifter *l, enum ir_type type, unsigned v, ir_ref value);

/* --- flags --- */

static inline ir_ref get_flags(struct lifter *l) {
    return ir_get(l->ir, IR_I64, REG_CTL + AARCH64_CTL_NZCV);
}

static inline void put_flags(struct lifter *l, ir_ref flags) {
    ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_NZCV, flags);
}

/* A constant value for them: `nzcv` as instructions encode it, N in bit 3. */
static inline ir_ref constant_flags(struct lifter *l, unsigned nzcv) {
    return imm(l, (nzcv & 8 ? IR_FLAG_N : 0) | (nzcv & 4 ? IR_FLAG_Z : 0) |
                      (nzcv & 2 ? IR_FLAG_C : 0) | (nzcv & 1 ? IR_FLAG_V : 0));
}

/* Whether the flags satisfy the A64 condition: 0 or 1 (I64). AL and NV: 1. */
ir_ref condition(struct lifter *l, unsigned cond);

/* --- FPCR and FPSR, as MRS and MSR have them: after a write of FPCR the unit may be left --- */

ir_ref lift_read_fpcr(struct lifter *l);
void lift_write_fpcr(struct lifter *l, ir_ref value);
ir_ref lift_read_fpsr(struct lifter *l);
void lift_write_fpsr(struct lifter *l, ir_ref value);

/* --- addresses and control flow --- */

/* Addresses of the instruction being lifted and of the one after it. */
static inline ir_ref here(struct lifter *l) {
    return ir_pcrel(l->ir, l->insn->offset);
}

static inline ir_ref next(struct lifter *l) {
    return ir_pcrel(l->ir, l->insn->offset + l->insn->length);
}

/* A branch's target or a literal's address: `offset` is a->imm of a 'p' field, or ADR's. */
static inline ir_ref pc_relative(struct lifter *l, int64_t offset) {
    return ir_pcrel_field(l->ir, l->insn->offset, offset);
}

/* Rm with its extension (enum as encoded: UXTB UXTH UXTW UXTX SXTB SXTH SXTW SXTX), shifted left:
 * I64. */
ir_ref extended_register(struct lifter *l, unsigned m, unsigned option, unsigned amount);

/* Rm shifted by a->amount as a->shift says. */
enum { SHIFT_LSL, SHIFT_LSR, SHIFT_ASR, SHIFT_ROR };
ir_ref shifted_register(struct lifter *l, const struct operands *a);

/* An address as it goes to memory. Most programs have no tags: accesses leave them out until one
 * has faulted by it (aarch64_mend_fault). */
static inline ir_ref untagged(struct lifter *l, ir_ref address) {
    return l->mode & AARCH64_MODE_TAGGED
               ? ir_and(l->ir, IR_I64, address, imm(l, (int64_t)AARCH64_ADDRESS))
               : address;
}

static inline ir_ref load_at(struct lifter *l, enum ir_type type, unsigned mem, ir_ref base,
                             int64_t offset) {
    return ir_load(l->ir, type, mem, untagged(l, base), offset);
}

static inline void store_at(struct lifter *l, enum ir_type type, unsigned mem, ir_ref base,
                            int64_t offset, ir_ref value) {
    ir_store(l->ir, type, mem, untagged(l, base), offset, value);
}

/* The instruction raises SIGILL; the unit ends here. */
static inline void lift_illegal(struct lifter *l) {
    ir_trap(l->ir, EXIT_ILLEGAL, here(l));
}

#endif
