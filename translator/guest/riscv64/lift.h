/* What the lift functions of all instruction classes share. Private to this folder. */
#ifndef TRANSLATOR_GUEST_RISCV64_LIFT_H
#define TRANSLATOR_GUEST_RISCV64_LIFT_H

#include "translator/guest/riscv64/decode.h"
#include "translator/guest/riscv64/riscv64.h"
#include "translator/ir/ir.h"

enum { X_ZERO = 0, X_RA = 1, X_SP = 2, X_T0 = 5 };

struct lifter {
    struct ir *ir;
    const struct guest_insn *insn; /* the instruction being lifted */
    uint32_t mode;                 /* the unit's: 0, or frm when it is RMM or reserved */
};

static inline ir_ref imm(struct lifter *l, int64_t value) {
    return ir_const(l->ir, IR_I64, (uint64_t)value);
}

static inline ir_ref get(struct lifter *l, unsigned x) {
    return x == X_ZERO ? imm(l, 0) : ir_get(l->ir, IR_I64, REG_GPR + x);
}

static inline void put(struct lifter *l, unsigned x, ir_ref value) {
    if (x != X_ZERO)
        ir_put(l->ir, IR_I64, REG_GPR + x, value);
}

/* The low word of a register, and a word result, which is always sign-extended. */
static inline ir_ref get32(struct lifter *l, unsigned x) {
    return ir_trunc(l->ir, IR_I32, get(l, x));
}

static inline void put32(struct lifter *l, unsigned x, ir_ref value) {
    put(l, x, ir_sext32(l->ir, IR_I64, value));
}

/* Addresses of the instruction being lifted and of the one after it. */
static inline ir_ref here(struct lifter *l) {
    return ir_pcrel(l->ir, l->insn->offset);
}

static inline ir_ref next(struct lifter *l) {
    return ir_pcrel(l->ir, l->insn->offset + l->insn->length);
}

/* The instruction raises SIGILL; the unit ends here. */
void lift_illegal(struct lifter *l);

/* Semantics that compressed instructions share with the full-length ones. */
void lift_load(struct lifter *l, enum ir_mem_kind kind, unsigned d, unsigned base, int64_t offset);
void lift_store(struct lifter *l, enum ir_mem_kind kind, unsigned t, unsigned base, int64_t offset);
void lift_float_load(struct lifter *l, enum ir_type f, unsigned d, unsigned base, int64_t offset);
void lift_float_store(struct lifter *l, enum ir_type f, unsigned t, unsigned base, int64_t offset);
/* d = s <op> t, on double words and on words. */
void lift_binary(struct lifter *l, enum ir_op op, unsigned d, unsigned s, ir_ref t);
void lift_binary32(struct lifter *l, enum ir_op op, unsigned d, unsigned s, ir_ref t);
void lift_branch(struct lifter *l, enum ir_cond cond, unsigned s, unsigned t, int64_t offset);
void lift_jal(struct lifter *l, unsigned d, int64_t offset);
void lift_jalr(struct lifter *l, unsigned d, unsigned s, int64_t offset);

#endif
