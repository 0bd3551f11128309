/* Zicsr, Zicntr, Zifencei, the environment calls, fences, cache-block operations, hints and
 * may-be-operations. */

#include "translator/guest/clock.h"
#include "translator/guest/riscv64/lift.h"

/* --- fences --- */

enum { FENCE_W = 1, FENCE_R = 2, FENCE_O = 4, FENCE_I = 8 };

/* Device accesses order like memory accesses: all of a program's mappings are memory to the host.
 * Reserved values of fm and of the register fields make a normal fence. */
INSN(fence, ".... ffff ffff ..... 000 ..... 0001111", "i", "f")
{
    unsigned before = a->imm >> 4 & 15, after = a->imm & 15;
    bool reads_before = before & (FENCE_R | FENCE_I), writes_before = before & (FENCE_W | FENCE_O);
    bool reads_after = after & (FENCE_R | FENCE_I), writes_after = after & (FENCE_W | FENCE_O);
    unsigned kinds = 0;
    if (reads_before && reads_after)
        kinds |= IR_FENCE_RR;
    if (reads_before && writes_after)
        kinds |= IR_FENCE_RW;
    if (writes_before && reads_after)
        kinds |= IR_FENCE_WR;
    if (writes_before && writes_after)
        kinds |= IR_FENCE_WW;
    if (kinds)
        ir_fence(l->ir, kinds);
}

INSN(fence_tso, "1000 0011 0011 ..... 000 ..... 0001111", "i", "")
{ ir_fence(l->ir, IR_FENCE_RR | IR_FENCE_RW | IR_FENCE_WW); }

/* Spinning programs run it far more often than they gain from giving up the processor. */
INSN(pause, "0000 0001 0000 00000 000 00000 0001111", "zihintpause", "")
{}

INSN(fence_i, "............ ..... 001 ..... 0001111", "zifencei", "")
{ ir_trap(l->ir, EXIT_FLUSH_CODE, next(l)); }

/* --- environment --- */

INSN(ecall, "000000000000 00000 000 00000 1110011", "i", "")
{ ir_trap(l->ir, EXIT_SYSCALL, next(l)); }

INSN(ebreak, "000000000001 00000 000 00000 1110011", "i", "")
{ ir_trap(l->ir, EXIT_BREAKPOINT, here(l)); }

/* --- control and status registers --- */

enum csr {
    CSR_FFLAGS = 0x001,
    CSR_FRM = 0x002,
    CSR_FCSR = 0x003,
    CSR_CYCLE = 0xc00,
    CSR_TIME = 0xc01,
    CSR_INSTRET = 0xc02,
    /* Of those left to implementations: Linux's first clocks, for the vDSO. */
    CSR_CLOCK_FIRST = 0xcc0 + CLOCK_REALTIME,
    CSR_CLOCK_LAST = 0xcc0 + CLOCK_BOOTTIME,
};

/* What translations depend on frm for: the lifters know the modes that no host has. */
static uint32_t translation_mode(uint64_t frm) {
    return frm >= FP_RMM ? (uint32_t)frm : 0;
}

static void select_mode(struct cpu *cpu, uint64_t frm) {
    cpu->mode = translation_mode(frm);
}

static const struct ir_helper select_mode_helper = {
    .name = "riscv64_select_mode",
    .function = (void (*)(void))select_mode,
    .result = IR_VOID,
    .arguments = 1,
    .takes_cpu = true,
    .repeatable = true,
};

uint32_t riscv64_fcsr(const struct cpu *cpu) {
    return (uint32_t)cpu->ctl[RISCV64_CTL_FRM] << 5 | cpu->fp.flags;
}

void riscv64_set_fcsr(struct cpu *cpu, uint32_t fcsr) {
    uint32_t frm = fcsr >> 5 & 7;
    cpu->ctl[RISCV64_CTL_FRM] = frm;
    cpu->fp.round = frm <= FP_RMM ? frm : FP_RNE;
    cpu->fp.flags = fcsr & FP_IEEE_FLAGS;
    select_mode(cpu, frm);
}

static ir_ref masked(struct lifter *l, ir_ref value, uint64_t mask) {
    return ir_and(l->ir, IR_I64, value, imm(l, (int64_t)mask));
}

static ir_ref read_flags(struct lifter *l) {
    return ir_emit(l->ir, IR_get_fflags, IR_I64, 0, 0, 0, 0, 0);
}

static void write_flags(struct lifter *l, ir_ref value) {
    ir_emit(l->ir, IR_put_fflags, IR_I64, 0, masked(l, value, FP_IEEE_FLAGS), 0, 0, 0);
}

static ir_ref read_frm(struct lifter *l) {
    return ir_get(l->ir, IR_I64, REG_CTL + RISCV64_CTL_FRM);
}

/* Ends the unit unless it is certain that the mode stays that of the unit. */
static void write_frm(struct lifter *l, ir_ref value) {
    ir_ref frm = masked(l, value, 7);
    ir_ref usable = ir_set(l->ir, IR_I64, IR_LEU, frm, imm(l, FP_RMM));
    ir_put(l->ir, IR_I64, REG_CTL + RISCV64_CTL_FRM, frm);
    ir_emit(l->ir, IR_put_fround, IR_I64, 0, ir_select(l->ir, IR_I64, usable, frm, imm(l, FP_RNE)),
            0, 0, 0);
    if (ir_is_const(l->ir, frm) && translation_mode(l->ir->insn[frm].imm) == l->mode)
        return;
    ir_helper(l->ir, &select_mode_helper, frm, IR_NO_REF, IR_NO_REF);
    ir_trap(l->ir, EXIT_LOOKUP, next(l));
}

static bool is_clock(int64_t number) {
    return number >= CSR_CLOCK_FIRST && number <= CSR_CLOCK_LAST;
}

/* All three counters count nanoseconds: of a processor at 1 GHz that retires one instruction per
 * cycle. */
static ir_ref read_csr(struct lifter *l, enum csr number) {
    switch (number) {
    case CSR_FFLAGS: return read_flags(l);
    case CSR_FRM: return read_frm(l);
    case CSR_FCSR:
        return ir_or(l->ir, IR_I64, read_flags(l), ir_shl(l->ir, IR_I64, read_frm(l), imm(l, 5)));
    case CSR_CYCLE:
    case CSR_TIME:
    case CSR_INSTRET: return lift_clock(l->ir, CLOCK_MONOTONIC);
    default: return lift_vdso_clock(l->ir, (clockid_t)(number - CSR_CLOCK_FIRST), here(l));
    }
}

static void write_csr(struct lifter *l, enum csr number, ir_ref value) {
    if (number != CSR_FRM)
        write_flags(l, value);
    if (number == CSR_FCSR)
        value = ir_shr(l->ir, IR_I64, value, imm(l, 5));
    if (number != CSR_FFLAGS)
        write_frm(l, value);
}

static bool writable(const struct operands *a) {
    return a->imm >= CSR_FFLAGS && a->imm <= CSR_FCSR;
}

/* Set and clear with x0 or 0 do not write. */
static bool accessible(const struct operands *a) {
    const bool counter = (a->imm >= CSR_CYCLE && a->imm <= CSR_INSTRET) || is_clock(a->imm);
    return writable(a) || (a->s == 0 && counter);
}

static void csr_replace(struct lifter *l, const struct operands *a, ir_ref source) {
    enum csr number = (enum csr)a->imm;
    if (a->d != X_ZERO)
        put(l, a->d, read_csr(l, number));
    write_csr(l, number, source);
}

static void csr_set(struct lifter *l, const struct operands *a, ir_ref source) {
    enum csr number = (enum csr)a->imm;
    ir_ref old = read_csr(l, number);
    put(l, a->d, old);
    if (a->s != 0)
        write_csr(l, number, ir_or(l->ir, IR_I64, old, source));
}

static void csr_clear(struct lifter *l, const struct operands *a, ir_ref source) {
    enum csr number = (enum csr)a->imm;
    ir_ref old = read_csr(l, number);
    put(l, a->d, old);
    if (a->s != 0)
        write_csr(l, number, ir_andn(l->ir, IR_I64, old, source));
}

INSN_IF(csrrw, writable, "cccccccccccc sssss 001 ddddd 1110011", "zicsr", "d,c,s") {
    csr_replace(l, a, get(l, a->s));
}

INSN_IF(csrrs, accessible, "cccccccccccc sssss 010 ddddd 1110011", "zicsr", "d,c,s") {
    csr_set(l, a, get(l, a->s));
}

INSN_IF(csrrc, accessible, "cccccccccccc sssss 011 ddddd 1110011", "zicsr", "d,c,s") {
    csr_clear(l, a, get(l, a->s));
}

INSN_IF(csrrwi, writable, "cccccccccccc sssss 101 ddddd 1110011", "zicsr", "d,c,z") {
    csr_replace(l, a, imm(l, a->s));
}

INSN_IF(csrrsi, accessible, "cccccccccccc sssss 110 ddddd 1110011", "zicsr", "d,c,z") {
    csr_set(l, a, imm(l, a->s));
}

INSN_IF(csrrci, accessible, "cccccccccccc sssss 111 ddddd 1110011", "zicsr", "d,c,z") {
    csr_clear(l, a, imm(l, a->s));
}

/* --- cache blocks --- */

INSN(cbo_zero, "000000000100 sssss 010 00000 0001111", "zicboz", "(s)")
{
    ir_ref block = masked(l, get(l, a->s), ~(uint64_t)(RISCV64_CACHE_BLOCK - 1));
    for (int64_t offset = 0; offset < RISCV64_CACHE_BLOCK; offset += 8)
        ir_store(l->ir, IR_I64, IR_MEM(IR_64, 0), block, offset, imm(l, 0));
}

/* Caches are coherent: nothing remains but the check that the block may be accessed. */
static void touch(struct lifter *l, unsigned s) {
    ir_ref block = masked(l, get(l, s), ~(uint64_t)(RISCV64_CACHE_BLOCK - 1));
    ir_load(l->ir, IR_I32, IR_MEM(IR_U8, 0), block, 0);
}

INSN(cbo_clean, "000000000001 sssss 010 00000 0001111", "zicbom", "(s)")
{ touch(l, a->s); }

INSN(cbo_flush, "000000000010 sssss 010 00000 0001111", "zicbom", "(s)")
{ touch(l, a->s); }

/* Linux leaves senvcfg.CBIE 0 for programs: the instruction exists but traps. */
INSN(cbo_inval, "000000000000 sssss 010 00000 0001111", "zicbom", "(s)")
{ lift_illegal(l); }

INSN(prefetch_i, "ppppppp 00000 sssss 110 00000 0010011", "zicbop", "p(s)")
{}

INSN(prefetch_r, "ppppppp 00001 sssss 110 00000 0010011", "zicbop", "p(s)")
{}

INSN(prefetch_w, "ppppppp 00011 sssss 110 00000 0010011", "zicbop", "p(s)")
{}

/* --- may-be-operations --- */

INSN(mop_r, "1n00nn0111nn sssss 100 ddddd 1110011", "zimop", "nd,s")
{ put(l, a->d, imm(l, 0)); }

INSN(mop_rr, "1n00nn1 ttttt sssss 100 ddddd 1110011", "zimop", "nd,s,t")
{ put(l, a->d, imm(l, 0)); }
