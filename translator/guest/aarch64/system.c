/* Exception generation, hints, barriers, system registers, cache maintenance.
 *
 * What exists but traps at EL0 under Linux (HVC, SMC, HLT, DCPS, ERET, and the registers and
 * operations of other exception levels) has no row: the program sees SIGILL either way. */

#include "runtime/hooks.h"
#include "translator/guest/aarch64/lift.h"
#include "translator/guest/clock.h"

/* --- exceptions --- */

INSN(svc, "11010100 000 iiiiiiiiiiiiiiii 00001", "base")
{ ir_trap(l->ir, EXIT_SYSCALL, next(l)); }

INSN(brk, "11010100 001 iiiiiiiiiiiiiiii 00000", "base")
{ ir_trap(l->ir, EXIT_BREAKPOINT, here(l)); }

/* --- hints: pointer authentication and branch targets among them, which do nothing here --- */

INSN(hint, "11010101 00000 011 0010 iiiiiii 11111", "base")
{}

/* Nobody sends events: waiting for one lets another thread run. */
INSN(wfe, "11010101 00000 011 0010 0000 010 11111", "base")
{ ir_trap(l->ir, EXIT_YIELD, next(l)); }

INSN(wfi, "11010101 00000 011 0010 0000 011 11111", "base")
{ ir_trap(l->ir, EXIT_YIELD, next(l)); }

/* --- barriers --- */

enum { BARRIER_LOADS = 1, BARRIER_STORES = 2 };

/* The domain does not matter: all of a program's mappings are memory to the host. */
static void barrier(struct lifter *l, const struct operands *a) {
    switch (a->imm & 3) {
    case BARRIER_LOADS: ir_fence(l->ir, IR_FENCE_RR | IR_FENCE_RW); break;
    case BARRIER_STORES: ir_fence(l->ir, IR_FENCE_WW); break;
    default: ir_fence(l->ir, IR_FENCE_RR | IR_FENCE_RW | IR_FENCE_WR | IR_FENCE_WW); break;
    }
}

INSN(dsb, "11010101 00000 011 0011 iiii 100 11111", "base")
{ barrier(l, a); }

INSN(dmb, "11010101 00000 011 0011 iiii 101 11111", "base")
{ barrier(l, a); }

/* The unit ends, so that what IC IVAU took away is not entered (scan.c). */
INSN(isb, "11010101 00000 011 0011 .... 110 11111", "base")
{ ir_jump(l->ir, next(l)); }

INSN(sb, "11010101 00000 011 0011 0000 111 11111", "sb")
{}

/* --- system registers --- */

/* o0:op1:CRn:CRm:op2 as MRS and MSR encode them, o0 = 1. */
#define REGISTER(op1, crn, crm, op2) (1 << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
enum system_register {
    SYSREG_ID_FIRST = REGISTER(0, 0, 0, 0),
    SYSREG_ID_LAST = REGISTER(0, 0, 15, 7),
    SYSREG_CTR = REGISTER(3, 0, 0, 1),
    SYSREG_DCZID = REGISTER(3, 0, 0, 7),
    SYSREG_NZCV = REGISTER(3, 4, 2, 0),
    SYSREG_DIT = REGISTER(3, 4, 2, 5),
    SYSREG_FPCR = REGISTER(3, 4, 4, 0),
    SYSREG_FPSR = REGISTER(3, 4, 4, 1),
    SYSREG_TPIDR = REGISTER(3, 13, 0, 2),
    SYSREG_TPIDRRO = REGISTER(3, 13, 0, 3),
    SYSREG_CNTFRQ = REGISTER(3, 14, 0, 0),
    SYSREG_CNTVCT = REGISTER(3, 14, 0, 2),
    /* Of those left to implementations: Linux's first clocks, for the vDSO. */
    SYSREG_CLOCK_FIRST = REGISTER(3, 15, 0, CLOCK_REALTIME),
    SYSREG_CLOCK_LAST = REGISTER(3, 15, 0, CLOCK_BOOTTIME),
};

enum {
    CTR_LINE = 4, /* log2 of words */
    ZVA_BLOCK = 4,
};
_Static_assert(4 << CTR_LINE == AARCH64_CACHE_LINE && 4 << ZVA_BLOCK == AARCH64_ZVA_SIZE, "sizes");
/* RES1, IDC (cleaning data is not needed for fetches), CWG and ERG, DminLine, PIPT, IminLine. */
#define CTR_VALUE                                                                               \
    (UINT32_C(1) << 31 | 1 << 28 | CTR_LINE << 24 | CTR_LINE << 20 | CTR_LINE << 16 | 3 << 14 | \
     CTR_LINE)

uint32_t aarch64_nzcv(const struct cpu *cpu) {
    const uint64_t flags = cpu->ctl[AARCH64_CTL_NZCV];
    return (uint32_t)((flags & (IR_FLAG_N | IR_FLAG_Z)) << 16 | (flags & IR_FLAG_C) << 21 |
                      (flags & IR_FLAG_V) << 28);
}

void aarch64_set_nzcv(struct cpu *cpu, uint32_t nzcv) {
    cpu->ctl[AARCH64_CTL_NZCV] = (nzcv >> 16 & (IR_FLAG_N | IR_FLAG_Z)) | (nzcv >> 21 & IR_FLAG_C) |
                                 (nzcv >> 28 & IR_FLAG_V);
}

static ir_ref masked(struct lifter *l, ir_ref value, uint64_t mask) {
    return ir_and(l->ir, IR_I64, value, imm(l, (int64_t)mask));
}

/* (value & mask) << count, and the other way round. */
static ir_ref moved_up(struct lifter *l, ir_ref value, uint64_t mask, unsigned count) {
    return ir_shl(l->ir, IR_I64, masked(l, value, mask), imm(l, count));
}

static ir_ref moved_down(struct lifter *l, ir_ref value, unsigned count, uint64_t mask) {
    return masked(l, ir_shr(l->ir, IR_I64, value, imm(l, count)), mask);
}

static ir_ref read_nzcv(struct lifter *l) {
    ir_ref flags = get_flags(l);
    ir_ref nz = moved_up(l, flags, IR_FLAG_N | IR_FLAG_Z, 16);
    ir_ref cv =
        ir_or(l->ir, IR_I64, moved_up(l, flags, IR_FLAG_C, 21), moved_up(l, flags, IR_FLAG_V, 28));
    return ir_or(l->ir, IR_I64, nz, cv);
}

static void write_nzcv(struct lifter *l, ir_ref value) {
    ir_ref nz = moved_down(l, value, 16, IR_FLAG_N | IR_FLAG_Z);
    ir_ref cv = ir_or(l->ir, IR_I64, moved_down(l, value, 21, IR_FLAG_C),
                      moved_down(l, value, 28, IR_FLAG_V));
    put_flags(l, ir_or(l->ir, IR_I64, nz, cv));
}

static ir_ref get_control(struct lifter *l, enum aarch64_ctl ctl) {
    return ir_get(l->ir, IR_I64, REG_CTL + ctl);
}

/* The value of a register that never changes; false: it is none of those. */
static bool constant_register(unsigned number, uint64_t *value) {
    if (number >= SYSREG_ID_FIRST && number <= SYSREG_ID_LAST)
        return aarch64_id_register(number >> 3 & 15, number & 7, value);
    switch (number) {
    case SYSREG_CTR: *value = CTR_VALUE; return true;
    case SYSREG_DCZID: *value = ZVA_BLOCK; return true;
    case SYSREG_CNTFRQ: *value = GUEST_CLOCK_FREQUENCY; return true;
    default: return false;
    }
}

static bool writable(const struct operands *a) {
    switch ((enum system_register)a->imm) {
    case SYSREG_NZCV:
    case SYSREG_DIT:
    case SYSREG_FPCR:
    case SYSREG_FPSR:
    case SYSREG_TPIDR: return true;
    default: return false;
    }
}

static bool is_clock(unsigned number) {
    return number >= SYSREG_CLOCK_FIRST && number <= SYSREG_CLOCK_LAST;
}

static bool readable(const struct operands *a) {
    const unsigned number = (unsigned)a->imm;
    uint64_t value;
    return writable(a) || number == SYSREG_TPIDRRO || number == SYSREG_CNTVCT || is_clock(number) ||
           constant_register(number, &value);
}

static ir_ref read_register(struct lifter *l, unsigned number) {
    uint64_t value = 0;
    switch (number) {
    case SYSREG_NZCV: return read_nzcv(l);
    case SYSREG_DIT: return get_control(l, AARCH64_CTL_DIT);
    case SYSREG_FPCR: return lift_read_fpcr(l);
    case SYSREG_FPSR: return lift_read_fpsr(l);
    case SYSREG_TPIDR: return get_control(l, AARCH64_CTL_TPIDR);
    case SYSREG_TPIDRRO: return get_control(l, AARCH64_CTL_TPIDRRO);
    case SYSREG_CNTVCT: return lift_clock(l->ir, CLOCK_MONOTONIC);
    default:
        if (is_clock(number))
            return lift_vdso_clock(l->ir, (clockid_t)(number - SYSREG_CLOCK_FIRST), here(l));
        constant_register(number, &value); /* what is not one is not `readable` */
        return imm(l, (int64_t)value);
    }
}

INSN_IF(mrs, readable, "11010101 0011 iiiiiiiiiiiiiii ddddd", "base") {
    put64(l, a->d, read_register(l, (unsigned)a->imm));
}

INSN_IF(msr, writable, "11010101 0001 iiiiiiiiiiiiiii ddddd", "base") {
    ir_ref value = get64(l, a->d);
    switch ((enum system_register)a->imm) {
    case SYSREG_NZCV: write_nzcv(l, value); break;
    case SYSREG_FPCR: lift_write_fpcr(l, value); break;
    case SYSREG_FPSR: lift_write_fpsr(l, value); break;
    case SYSREG_DIT:
        ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_DIT, masked(l, value, AARCH64_PSTATE_DIT));
        break;
    default: ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_TPIDR, value); break;
    }
}

INSN(msr_dit, "11010101 00000 011 0100 ...i 010 11111", "dit")
{ ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_DIT, imm(l, a->imm ? AARCH64_PSTATE_DIT : 0)); }

/* --- cache maintenance: SYS with op1 = 3, CRn = 7 --- */

#define CACHE_OPERATION(id, crm, extension) \
    INSN(id, "11010101 00001 011 0111 " crm " 001 ddddd", extension)

/* Host caches are coherent. What remains is the fault of a read. */
static void touch(struct lifter *l, unsigned x) {
    load_at(l, IR_I32, IR_MEM(IR_U8, 0), get64(l, x), 0);
}

#define DATA_CACHE(id, crm, extension)    \
    CACHE_OPERATION(id, crm, extension) { \
        touch(l, a->d);                   \
    }

DATA_CACHE(dc_cvac, "1010", "base")
DATA_CACHE(dc_cvau, "1011", "base")
DATA_CACHE(dc_cvap, "1100", "dpb")
DATA_CACHE(dc_cvadp, "1101", "dpb2")
DATA_CACHE(dc_civac, "1110", "base")

CACHE_OPERATION(dc_zva, "0100", "base") {
    ir_ref block = masked(l, get64(l, a->d), ~(uint64_t)(AARCH64_ZVA_SIZE - 1));
    ir_ref zero = ir_const(l->ir, IR_V128, 0);
    for (unsigned i = 0; i < AARCH64_ZVA_SIZE; i += 16)
        store_at(l, IR_V128, IR_MEM(IR_128, 0), block, i, zero);
}

/* Translations of the line go at once; the ISB that follows leaves the unit. */
static void forget_line(uint64_t address) {
    const uint64_t line = address & AARCH64_ADDRESS & ~(uint64_t)(AARCH64_CACHE_LINE - 1);
    hooks.invalidate(line, line + AARCH64_CACHE_LINE);
}

static const struct ir_helper forget_line_helper = {
    .name = "aarch64_forget_line",
    .function = (void (*)(void))forget_line,
    .result = IR_VOID,
    .arguments = 1,
};

CACHE_OPERATION(ic_ivau, "0101", "base") {
    ir_helper(l->ir, &forget_line_helper, get64(l, a->d), IR_NO_REF, IR_NO_REF);
}
