/* What runner.c needs to know of aarch64. */
#ifndef TESTS_FUZZ_AARCH64_RUNNER_GUEST_H
#define TESTS_FUZZ_AARCH64_RUNNER_GUEST_H

#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <stdint.h>

#include "tests/fuzz/aarch64/state.h"
#include "tests/fuzz/batch.h"

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    register long x8 __asm__("x8") = number;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
                     : "memory");
    return x0;
}

static inline _Noreturn void jump(const char *where) {
    __asm__ volatile("br %0" ::"r"(where) : "memory");
    __builtin_unreachable();
}

static inline uint64_t signal_pc(const struct ucontext *context) {
    return context->uc_mcontext.pc;
}

static inline void skip_instruction(struct ucontext *context) {
    context->uc_mcontext.pc += 4;
}

/* The floating-point record comes first among those that Linux writes, but need not. */
static inline void signal_registers(const struct ucontext *context, struct batch_registers *out) {
    const struct sigcontext *machine = &context->uc_mcontext;
    const struct _aarch64_ctx *record = (const void *)machine->__reserved;
    while (record->magic && record->magic != FPSIMD_MAGIC)
        record = (const void *)((const char *)record + record->size);
    for (unsigned i = 0; i < 31; i++)
        out->word[STATE_X + i] = machine->regs[i];
    out->word[STATE_SP] = machine->sp;
    out->word[STATE_NZCV] = machine->pstate & 0xf0000000;
    if (!record->magic)
        return;
    const struct fpsimd_context *fp = (const void *)record;
    for (unsigned i = 0; i < 32; i++) {
        out->word[STATE_V + 2 * i] = (uint64_t)fp->vregs[i];
        out->word[STATE_V + 2 * i + 1] = (uint64_t)(fp->vregs[i] >> 64);
    }
    out->word[STATE_FPCR] = fp->fpcr;
    out->word[STATE_FPSR] = fp->fpsr;
}

#endif
