/* The guest's floating-point environment on MXCSR.
 *
 * Reading MXCSR waits for every operation under way, and compiled code reads the accrued flags in
 * inner loops (around each quiet comparison). So they are kept in memory: an exception whose flag
 * the guest does not have yet is unmasked, the first operation that raises it traps, the handler
 * notes the flag, masks the exception and lets the operation run again. From then on it costs
 * nothing, and flags are read with a load.
 *
 * Two cases in which a trap does not do leave a flag "lazy": its exception stays masked and MXCSR
 * is asked for it. Underflow, once it has trapped: unmasked it is raised for exact tiny results
 * too, which set no flag. And any flag that the guest clears again and again, when the traps would
 * cost more. */
#include <string.h>
#include <xmmintrin.h>

#include "translator/host/x86_64/host_x86_64.h"

/* SDM volume 1, 10.2.3: the sticky flags in bits 0 to 5, their masks 7 bits above. */
enum {
    MXCSR_INVALID = 1,
    MXCSR_DENORMAL = 2,
    MXCSR_DIVZERO = 4,
    MXCSR_OVERFLOW = 8,
    MXCSR_UNDERFLOW = 16,
    MXCSR_INEXACT = 32,
    MXCSR_FLAGS = 63,
    MXCSR_MASK_SHIFT = 7
};
enum { FLAGS = 5, MOST_TRAPS = 64 };

static const struct {
    uint32_t guest, host;
} flag_bits[FLAGS] = {
    {FP_INVALID, MXCSR_INVALID},     {FP_DIVZERO, MXCSR_DIVZERO}, {FP_OVERFLOW, MXCSR_OVERFLOW},
    {FP_UNDERFLOW, MXCSR_UNDERFLOW}, {FP_INEXACT, MXCSR_INEXACT},
};

static uint32_t host_flags(uint32_t guest) {
    uint32_t host = 0;
    for (unsigned i = 0; i < FLAGS; i++)
        host |= guest & flag_bits[i].guest ? flag_bits[i].host : 0;
    return host;
}

void x86_sync_fp(struct cpu *cpu) {
    static const uint32_t rounding[] = {[FP_RNE] = 0x0000,
                                        [FP_RTZ] = 0x6000,
                                        [FP_RDN] = 0x2000,
                                        [FP_RUP] = 0x4000,
                                        [FP_RMM] = 0x0000 /* in software */};
    const uint32_t masked =
        MXCSR_DENORMAL | host_flags(cpu->fp.flags | (uint32_t)cpu->host_private[PRIVATE_LAZY]);
    _mm_setcsr(masked << MXCSR_MASK_SHIFT | rounding[cpu->fp.round]);
}

void x86_collect_flags(struct cpu *cpu) {
    const uint32_t lazy = (uint32_t)cpu->host_private[PRIVATE_LAZY];
    if (!lazy)
        return;
    const uint32_t raised = _mm_getcsr() & host_flags(lazy);
    for (unsigned i = 0; i < FLAGS; i++)
        if (raised & flag_bits[i].host)
            cpu->fp.flags |= flag_bits[i].guest;
}

bool x86_mend_fp_trap(struct cpu *cpu, ucontext_t *context) {
    uint32_t *mxcsr = &context->uc_mcontext.fpregs->mxcsr;
    const uint32_t raised = *mxcsr & ~(*mxcsr >> MXCSR_MASK_SHIFT) & MXCSR_FLAGS;
    if (!raised)
        return false;
    uint8_t *traps = (uint8_t *)&cpu->host_private[PRIVATE_TRAPS];
    for (unsigned i = 0; i < FLAGS; i++) {
        if (!(raised & flag_bits[i].host))
            continue;
        if (flag_bits[i].guest == FP_UNDERFLOW || ++traps[i] >= MOST_TRAPS)
            cpu->host_private[PRIVATE_LAZY] |= flag_bits[i].guest;
        else
            cpu->fp.flags |= flag_bits[i].guest;
    }
    *mxcsr = (*mxcsr | raised << MXCSR_MASK_SHIFT) & ~raised;
    return true;
}
