/* The riscv64 guest as the rest of the emulator sees it, beyond `guest_riscv64`. */
#ifndef TRANSLATOR_GUEST_RISCV64_RISCV64_H
#define TRANSLATOR_GUEST_RISCV64_RISCV64_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/cpu.h"
#include "runtime/guest.h"

/* Control words, cpu->ctl[]. */
enum riscv64_ctl {
    RISCV64_CTL_RESERVATION,       /* address reserved by LR; ~0: none */
    RISCV64_CTL_RESERVATION_VALUE, /* what LR read there, zero-extended; follows the address */
    RISCV64_CTL_FRM,               /* fcsr.frm, 0..7 as written */
};

/* Cache block size in bytes of cbo.* and prefetch.*, as riscv_hwprobe tells. */
enum { RISCV64_CACHE_BLOCK = 64 };

/* The floating-point control register of a cpu that is not in generated code. Writing it also
 * selects the translations that suit the new rounding mode. */
uint32_t riscv64_fcsr(const struct cpu *cpu);
void riscv64_set_fcsr(struct cpu *cpu, uint32_t fcsr);

/* The value of a riscv_hwprobe key; false (and *value 0) when the key is unknown. */
bool riscv64_hwprobe(int64_t key, uint64_t *value);

/* Members of guest_riscv64 (runtime/guest.h) that live in files of their own. */
bool riscv64_scan(struct guest_unit *unit, uint64_t limit, unsigned max_insns);
int64_t riscv64_pc_field(const struct guest_insn *insn, uint64_t pc);
void riscv64_lift(struct ir *ir, const struct guest_unit *unit);
unsigned riscv64_disassemble(const struct guest_insn *insn, uint64_t pc, char *out, size_t size);
uint64_t riscv64_hwcap(void);
uint64_t riscv64_hwcap2(void);
char *riscv64_cpuinfo(unsigned cpus);
int riscv64_push_signal_frame(struct cpu *cpu, const struct guest_signal *signal);
int riscv64_pop_signal_frame(struct cpu *cpu, uint64_t *mask, stack_t *altstack);

extern const struct guest_vdso riscv64_vdso;

extern const char *const riscv64_gpr_names[CPU_GPRS];
extern const char *const riscv64_fpr_names[CPU_VECS];

#endif
