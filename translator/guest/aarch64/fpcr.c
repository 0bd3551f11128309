/* FPCR and FPSR (Arm ARM C5.2): the environment that cpu->fp and cpu->mode hold, as registers. */
#include "translator/guest/aarch64/lift.h"

enum {
    /* What does not trap and is not here reads as zero. */
    FPCR_BITS = AARCH64_FPCR_AHP | AARCH64_FPCR_DN | AARCH64_FPCR_FZ | AARCH64_FPCR_FZ16 |
                3 << AARCH64_FPCR_RMODE_SHIFT,
    FPSR_IDC = 1 << 7,
};

/* What translations depend on. */
static uint32_t mode_of(const struct cpu *cpu, uint64_t fpcr) {
    return (cpu->mode & AARCH64_MODE_TAGGED) | (fpcr & AARCH64_FPCR_DN ? AARCH64_MODE_DN : 0) |
           (fpcr & AARCH64_FPCR_FZ ? AARCH64_MODE_FZ : 0) |
           (fpcr & AARCH64_FPCR_FZ16 ? AARCH64_MODE_FZ16 : 0) |
           (fpcr & AARCH64_FPCR_AHP ? AARCH64_MODE_AHP : 0);
}

/* FPSR has the flags that IEEE 754 names in the reverse order of enum fp_flag. */
static uint32_t reversed(uint32_t flags) {
    uint32_t result = 0;
    for (unsigned i = 0; i < 5; i++)
        result |= (flags >> i & 1) << (4 - i);
    return result;
}

static uint64_t fpsr_of(struct cpu *cpu, uint64_t flags) {
    const bool saturated = cpu->fp.saturated.u64[0] | cpu->fp.saturated.u64[1];
    return reversed((uint32_t)flags) | (flags & FP_INPUT_DENORMAL ? FPSR_IDC : 0) |
           (saturated ? AARCH64_FPSR_QC : 0);
}

/* Sets QC and returns the accrued flags. */
static uint64_t set_saturated(struct cpu *cpu, uint64_t fpsr) {
    cpu->fp.saturated = (union cpu_vec){.u64 = {fpsr & AARCH64_FPSR_QC}};
    return reversed((uint32_t)fpsr) | (fpsr & FPSR_IDC ? FP_INPUT_DENORMAL : 0);
}

/* --- outside generated code --- */

uint32_t aarch64_fpcr(const struct cpu *cpu) {
    return (uint32_t)cpu->ctl[AARCH64_CTL_FPCR];
}

void aarch64_set_fpcr(struct cpu *cpu, uint32_t fpcr) {
    static const uint8_t rounding[] = {FP_RNE, FP_RUP, FP_RDN, FP_RTZ};
    cpu->ctl[AARCH64_CTL_FPCR] = fpcr & FPCR_BITS;
    cpu->fp.round = rounding[fpcr >> AARCH64_FPCR_RMODE_SHIFT & 3];
    cpu->mode = mode_of(cpu, fpcr);
}

uint32_t aarch64_fpsr(const struct cpu *cpu) {
    return (uint32_t)fpsr_of((struct cpu *)cpu, cpu->fp.flags);
}

void aarch64_set_fpsr(struct cpu *cpu, uint32_t fpsr) {
    cpu->fp.flags = (uint32_t)set_saturated(cpu, fpsr);
}

/* --- MRS and MSR --- */

/* Leaves the unit, to go on at `next`, if the new mode is not the unit's. */
static uint64_t select_mode(struct cpu *cpu, uint64_t fpcr, uint64_t next, uint64_t mode) {
    cpu->mode = mode_of(cpu, fpcr);
    if (cpu->mode == mode)
        return 0;
    cpu->pc = next;
    cpu->exit_reason = EXIT_LOOKUP;
    return 1;
}

static const struct ir_helper select_mode_helper = {
    .name = "aarch64_select_mode",
    .function = (void (*)(void))select_mode,
    .result = IR_I64,
    .arguments = 3,
    .takes_cpu = true,
    .repeatable = true,
    .may_exit = true,
};

static const struct ir_helper fpsr_helper = {
    .name = "aarch64_fpsr",
    .function = (void (*)(void))fpsr_of,
    .result = IR_I64,
    .arguments = 1,
    .takes_cpu = true,
    .repeatable = true,
};

static const struct ir_helper set_saturated_helper = {
    .name = "aarch64_set_saturated",
    .function = (void (*)(void))set_saturated,
    .result = IR_I64,
    .arguments = 1,
    .takes_cpu = true,
    .repeatable = true,
};

ir_ref lift_read_fpcr(struct lifter *l) {
    return ir_get(l->ir, IR_I64, REG_CTL + AARCH64_CTL_FPCR);
}

void lift_write_fpcr(struct lifter *l, ir_ref value) {
    ir_ref fpcr = ir_and(l->ir, IR_I64, value, imm(l, FPCR_BITS));
    /* RMode counts RN, RP, RM, RZ: the negative of enum fp_round, modulo 4. */
    ir_ref round =
        ir_neg(l->ir, IR_I64, ir_shr(l->ir, IR_I64, fpcr, imm(l, AARCH64_FPCR_RMODE_SHIFT)));
    ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_FPCR, fpcr);
    ir_emit(l->ir, IR_put_fround, IR_I64, 0, ir_and(l->ir, IR_I64, round, imm(l, 3)), 0, 0, 0);
    ir_helper(l->ir, &select_mode_helper, fpcr, next(l), imm(l, l->mode));
}

ir_ref lift_read_fpsr(struct lifter *l) {
    ir_ref flags = ir_emit(l->ir, IR_get_fflags, IR_I64, 0, 0, 0, 0, 0);
    return ir_helper(l->ir, &fpsr_helper, flags, IR_NO_REF, IR_NO_REF);
}

void lift_write_fpsr(struct lifter *l, ir_ref value) {
    ir_ref flags = ir_helper(l->ir, &set_saturated_helper, value, IR_NO_REF, IR_NO_REF);
    ir_emit(l->ir, IR_put_fflags, IR_I64, 0, flags, 0, 0, 0);
}
