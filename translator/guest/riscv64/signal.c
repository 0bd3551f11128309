/* The signal frame of riscv64 Linux: arch/riscv/kernel/signal.c and include/uapi/asm/{ucontext,
 * sigcontext,ptrace}.h there. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "runtime/access.h"
#include "runtime/signals.h"
#include "translator/guest/riscv64/riscv64.h"

enum { RA = 1, SP = 2, A0 = 10 };

struct frame_registers {
    uint64_t regs[32]; /* pc, then x1 to x31 */
    union {
        struct {
            uint64_t f[32];
            uint32_t fcsr;
        } d;
        struct {
            uint32_t padding[129]; /* the size of the registers of the Q extension */
            uint32_t reserved;
            uint32_t magic, size; /* first extension header; the end of the list when both are 0 */
        } extensions;
    };
};

struct frame_context {
    uint64_t flags, link;
    stack_t stack;
    uint64_t sigmask;
    uint8_t unused[120]; /* room for a set of 1024 signals */
    struct frame_registers mcontext __attribute__((aligned(16)));
};

struct signal_frame {
    siginfo_t info;
    struct frame_context uc;
};

_Static_assert(offsetof(struct frame_context, mcontext) == 176 &&
                   sizeof(struct frame_registers) == 784 && sizeof(struct signal_frame) == 1088,
               "the kernel's layout");

static void save_registers(struct frame_registers *context, const struct cpu *cpu) {
    context->regs[0] = cpu->pc;
    memcpy(&context->regs[1], &cpu->gpr[1], 31 * sizeof cpu->gpr[0]);
    for (int i = 0; i < 32; i++)
        context->d.f[i] = cpu->vec[i].u64[0];
    context->d.fcsr = riscv64_fcsr(cpu);
}

static void restore_registers(struct cpu *cpu, const struct frame_registers *context) {
    cpu->pc = context->regs[0] & ~UINT64_C(1);
    memcpy(&cpu->gpr[1], &context->regs[1], 31 * sizeof cpu->gpr[0]);
    for (int i = 0; i < 32; i++)
        cpu->vec[i].u64[0] = context->d.f[i];
    riscv64_set_fcsr(cpu, context->d.fcsr);
}

int riscv64_push_signal_frame(struct cpu *cpu, const struct guest_signal *signal) {
    struct signal_frame frame;
    uint64_t at = (signal->stack - sizeof frame) & ~UINT64_C(15);

    if (signals_on_altstack(&signal->altstack, signal->stack) &&
        !signals_on_altstack(&signal->altstack, signal->stack - sizeof frame))
        return -EFAULT;
    memset(&frame.uc, 0, sizeof frame.uc);
    frame.info = *signal->info;
    frame.uc.stack = signal->altstack;
    frame.uc.sigmask = signal->mask;
    save_registers(&frame.uc.mcontext, cpu);
    if (guest_write(at, &frame, sizeof frame) != 0)
        return -EFAULT;

    cpu->gpr[RA] = signal->restorer;
    cpu->gpr[SP] = at;
    cpu->gpr[A0] = (uint64_t)signal->number;
    cpu->gpr[A0 + 1] = at + offsetof(struct signal_frame, info);
    cpu->gpr[A0 + 2] = at + offsetof(struct signal_frame, uc);
    cpu->pc = signal->handler;
    cpu->ctl[RISCV64_CTL_RESERVATION] = ~UINT64_C(0); /* a trap ends it */
    return 0;
}

int riscv64_pop_signal_frame(struct cpu *cpu, uint64_t *mask, stack_t *altstack) {
    struct frame_context uc;
    uint64_t at = cpu->gpr[SP] + offsetof(struct signal_frame, uc);

    if (guest_read(&uc, at, sizeof uc) != 0)
        return -EFAULT;
    if (uc.mcontext.extensions.reserved || uc.mcontext.extensions.magic ||
        uc.mcontext.extensions.size)
        return -EFAULT;
    restore_registers(cpu, &uc.mcontext);
    cpu->ctl[RISCV64_CTL_RESERVATION] = ~UINT64_C(0);
    *mask = uc.sigmask;
    *altstack = uc.stack;
    return 0;
}
