/* The aarch64 guest as the rest of the emulator sees it, beyond `guest_aarch64`. */
#ifndef TRANSLATOR_GUEST_AARCH64_AARCH64_H
#define TRANSLATOR_GUEST_AARCH64_AARCH64_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/cpu.h"
#include "runtime/guest.h"

/* Control words, cpu->ctl[]. */
enum aarch64_ctl {
    AARCH64_CTL_NZCV,              /* enum ir_flags bits */
    AARCH64_CTL_RESERVATION,       /* address of the exclusive monitor; ~0: open */
    AARCH64_CTL_RESERVATION_VALUE, /* what LDXR read there, zero-extended; follows the address */
    AARCH64_CTL_RESERVATION_VALUE_HIGH, /* of a pair; follows it */
    AARCH64_CTL_TPIDR,
    AARCH64_CTL_FPCR, /* the bits that exist, as written */
    AARCH64_CTL_TPIDRRO,
    AARCH64_CTL_DIT, /* bit 24, as in PSTATE */
};

/* cpu->mode: other translations of floating-point code, and of memory accesses by a thread that has
 * used an address with a tag. */
enum aarch64_mode {
    AARCH64_MODE_DN = 1,
    AARCH64_MODE_FZ = 2,
    AARCH64_MODE_FZ16 = 4,
    AARCH64_MODE_AHP = 8,
    AARCH64_MODE_TAGGED = 16,
};

/* The bits of an address that are not its tag (Arm ARM, "Address tagging"). */
#define AARCH64_ADDRESS UINT64_C(0x00ffffffffffffff)

/* FPCR and FPSR, by their architectural bits. */
enum {
    AARCH64_FPCR_AHP = 1 << 26,
    AARCH64_FPCR_DN = 1 << 25,
    AARCH64_FPCR_FZ = 1 << 24,
    AARCH64_FPCR_RMODE_SHIFT = 22,
    AARCH64_FPCR_FZ16 = 1 << 19,
    AARCH64_FPSR_QC = 1 << 27,
};

enum { AARCH64_PSTATE_DIT = 1 << 24 };

/* Bytes that DC ZVA clears, and a line of CTR_EL0. */
enum { AARCH64_ZVA_SIZE = 64, AARCH64_CACHE_LINE = 64 };

/* The special registers of a cpu that is not in generated code, as MRS and MSR have them. Writing
 * FPCR also selects the translations that suit it. */
uint32_t aarch64_nzcv(const struct cpu *cpu);
void aarch64_set_nzcv(struct cpu *cpu, uint32_t nzcv);
uint32_t aarch64_fpcr(const struct cpu *cpu);
void aarch64_set_fpcr(struct cpu *cpu, uint32_t fpcr);
uint32_t aarch64_fpsr(const struct cpu *cpu);
void aarch64_set_fpsr(struct cpu *cpu, uint32_t fpsr);

/* The identification register op0=3, op1=0, CRn=0, CRm, op2 as Linux shows it to programs; false:
 * it does not. */
bool aarch64_id_register(unsigned crm, unsigned op2, uint64_t *value);
/* Whether an extension that rows name is announced. */
bool aarch64_has_extension(const char *name);

/* Members of guest_aarch64 (runtime/guest.h) that live in files of their own. */
bool aarch64_scan(struct guest_unit *unit, uint64_t limit, unsigned max_insns);
int64_t aarch64_pc_field(const struct guest_insn *insn, uint64_t pc);
void aarch64_lift(struct ir *ir, const struct guest_unit *unit);
unsigned aarch64_disassemble(const struct guest_insn *insn, uint64_t pc, char *out, size_t size);
uint64_t aarch64_hwcap(void);
uint64_t aarch64_hwcap2(void);
char *aarch64_cpuinfo(unsigned cpus);
int aarch64_push_signal_frame(struct cpu *cpu, const struct guest_signal *signal);
int aarch64_pop_signal_frame(struct cpu *cpu, uint64_t *mask, stack_t *altstack);

extern const struct guest_vdso aarch64_vdso;

#endif
