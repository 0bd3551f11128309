/* What runner.c needs to know of riscv64. */
#ifndef TESTS_FUZZ_RISCV64_RUNNER_GUEST_H
#define TESTS_FUZZ_RISCV64_RUNNER_GUEST_H

#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <stdint.h>

#include "tests/fuzz/batch.h"
#include "tests/fuzz/riscv64/state.h"

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
    register long a0 __asm__("a0") = a;
    register long a1 __asm__("a1") = b;
    register long a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d;
    register long a4 __asm__("a4") = e;
    register long a5 __asm__("a5") = f;
    register long a7 __asm__("a7") = number;
    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                     : "memory");
    return a0;
}

static inline _Noreturn void jump(const char *where) {
    __asm__ volatile("jr %0" ::"r"(where) : "memory");
    __builtin_unreachable();
}

static inline uint64_t signal_pc(const struct ucontext *context) {
    return context->uc_mcontext.sc_regs.pc;
}

static inline void skip_instruction(struct ucontext *context) {
    uint64_t pc = context->uc_mcontext.sc_regs.pc;
    bool compressed = (*(const uint16_t *)pc & 3) != 3;
    context->uc_mcontext.sc_regs.pc = pc + (compressed ? 2 : 4);
}

static inline void signal_registers(const struct ucontext *context, struct batch_registers *out) {
    const struct sigcontext *machine = &context->uc_mcontext;
    const uint64_t *x = (const uint64_t *)&machine->sc_regs; /* pc, x1, ... */
    for (unsigned i = 1; i < 32; i++)
        out->word[STATE_X + i] = x[i];
    out->word[STATE_X] = out->word[STATE_X + 3] = 0;
    for (unsigned i = 0; i < 32; i++)
        out->word[STATE_F + i] = machine->sc_fpregs.d.f[i];
    out->word[STATE_FCSR] = machine->sc_fpregs.d.fcsr;
}

#endif
