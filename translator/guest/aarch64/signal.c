/* The signal frame of aarch64 Linux: arch/arm64/kernel/signal.c and include/uapi/asm/{ucontext,
 * sigcontext}.h there. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "runtime/access.h"
#include "runtime/signals.h"
#include "translator/guest/aarch64/aarch64.h"

enum { FP = 29, LR = 30, SP = 31 };
enum { FPSIMD_MAGIC = 0x46508001, ESR_MAGIC = 0x45535201 };

struct record_head {
    uint32_t magic, size;
};

struct fpsimd_record {
    struct record_head head;
    uint32_t fpsr, fpcr;
    union cpu_vec v[32];
};

struct esr_record {
    struct record_head head;
    uint64_t esr;
};

struct frame_registers {
    uint64_t fault_address;
    uint64_t regs[31], sp, pc, pstate;
    uint8_t records[4096] __attribute__((aligned(16)));
};

struct frame_context {
    uint64_t flags, link;
    stack_t stack;
    uint64_t sigmask;
    uint8_t unused[120]; /* room for a set of 1024 signals */
    struct frame_registers mcontext;
};

struct signal_frame {
    siginfo_t info;
    struct frame_context uc;
};

/* Where the interrupted function's frame register points in the handler's chain of frames. */
struct frame_link {
    uint64_t fp, lr;
};

_Static_assert(offsetof(struct frame_context, mcontext) == 176 &&
                   offsetof(struct frame_registers, records) == 288 &&
                   sizeof(struct fpsimd_record) == 528 && sizeof(struct signal_frame) == 4688,
               "the kernel's layout");

static uint32_t bits(uint32_t word, unsigned from, unsigned count) {
    return word >> from & ((1u << count) - 1);
}

/* Whether an instruction that accesses memory writes there (Arm ARM, C4.1.94 "Loads and Stores").
 */
static bool writes(uint32_t word) {
    const bool vector = bits(word, 26, 1), loads = bits(word, 22, 1);
    if (bits(word, 24, 8) == 0xd5) /* DC ZVA among reading cache maintenance */
        return bits(word, 5, 19) == 0x5ba1;
    if (bits(word, 23, 7) == 0x11 && bits(word, 21, 1)) /* CAS */
        return true;
    if (bits(word, 27, 3) != 7)
        return !loads;
    if (!bits(word, 24, 1) && bits(word, 21, 1) && bits(word, 10, 2) == 0) /* atomics, LDAPR */
        return bits(word, 12, 4) != 0xc;
    return !loads && (vector || !bits(word, 23, 1)); /* else LDRSW and so on, or PRFM */
}

enum { PC_ALIGNMENT = 0x22, INSTRUCTION_ABORT = 0x20, DATA_ABORT = 0x24 };
enum { TRANSLATION_FAULT = 7, PERMISSION_FAULT = 15, ALIGNMENT_FAULT = 0x21 }; /* of level 3 */
#define SYNDROME(class, status) ((uint64_t)(class) << 26 | 1 << 25 | (status))

/* What ESR_EL1 would hold after the fault. */
static uint64_t syndrome(const struct cpu *cpu, const siginfo_t *info) {
    const bool misaligned = info->si_signo == SIGBUS && info->si_code == BUS_ADRALN;
    const uint64_t status = misaligned ? ALIGNMENT_FAULT
                            : info->si_signo == SIGSEGV && info->si_code == SEGV_ACCERR
                                ? PERMISSION_FAULT
                                : TRANSLATION_FAULT;
    uint32_t word;
    if ((uint64_t)(uintptr_t)info->si_addr == cpu->pc)
        return misaligned ? SYNDROME(PC_ALIGNMENT, 0) : SYNDROME(INSTRUCTION_ABORT, status);
    const bool write = guest_read(&word, cpu->pc, sizeof word) == 0 && writes(word);
    return SYNDROME(DATA_ABORT, status) | (uint64_t)write << 6;
}

static void save_registers(struct frame_registers *context, const struct cpu *cpu,
                           const siginfo_t *info) {
    memcpy(context->regs, cpu->gpr, sizeof context->regs);
    context->sp = cpu->gpr[SP];
    context->pc = cpu->pc;
    context->pstate = aarch64_nzcv(cpu) | cpu->ctl[AARCH64_CTL_DIT];

    uint8_t *next = context->records;
    struct fpsimd_record fpsimd = {
        .head = {FPSIMD_MAGIC, sizeof fpsimd},
        .fpsr = aarch64_fpsr(cpu),
        .fpcr = aarch64_fpcr(cpu),
    };
    memcpy(fpsimd.v, cpu->vec, sizeof fpsimd.v);
    memcpy(next, &fpsimd, sizeof fpsimd);
    next += sizeof fpsimd;
    if ((info->si_signo == SIGSEGV || info->si_signo == SIGBUS) && info->si_code > 0) {
        struct esr_record esr = {{ESR_MAGIC, sizeof esr}, syndrome(cpu, info)};
        memcpy(next, &esr, sizeof esr);
        if (esr.esr != SYNDROME(PC_ALIGNMENT, 0))
            context->fault_address = (uint64_t)(uintptr_t)info->si_addr;
    }
    /* Zeroes follow: the end of the list. */
}

/* The only record that counts is the floating-point one; it must be there once. */
static const struct fpsimd_record *find_fpsimd(const struct frame_registers *context) {
    const struct fpsimd_record *found = NULL;
    struct record_head head;
    for (size_t at = 0; at + sizeof head <= sizeof context->records; at += head.size) {
        memcpy(&head, context->records + at, sizeof head);
        if (head.magic == 0)
            return head.size == 0 ? found : NULL;
        if (head.size < sizeof head || head.size % 16 || head.size > sizeof context->records - at)
            return NULL;
        if (head.magic == FPSIMD_MAGIC) {
            if (found || head.size != sizeof *found)
                return NULL;
            found = (const struct fpsimd_record *)(const void *)(context->records + at);
        } else if (head.magic != ESR_MAGIC) {
            return NULL;
        }
    }
    return NULL;
}

int aarch64_push_signal_frame(struct cpu *cpu, const struct guest_signal *signal) {
    struct signal_frame frame;
    const uint64_t link_at = (signal->stack - sizeof(struct frame_link)) & ~UINT64_C(15);
    const uint64_t at = link_at - sizeof frame;
    const struct frame_link link = {cpu->gpr[FP], cpu->gpr[LR]};

    if (signals_on_altstack(&signal->altstack, signal->stack) &&
        !signals_on_altstack(&signal->altstack, at))
        return -EFAULT;
    memset(&frame.uc, 0, sizeof frame.uc);
    frame.info = *signal->info;
    frame.uc.stack = signal->altstack;
    frame.uc.sigmask = signal->mask;
    save_registers(&frame.uc.mcontext, cpu, signal->info);
    if (guest_write(at, &frame, sizeof frame) != 0 || guest_write(link_at, &link, sizeof link) != 0)
        return -EFAULT;

    cpu->gpr[0] = (uint64_t)signal->number;
    if (signal->siginfo) {
        cpu->gpr[1] = at + offsetof(struct signal_frame, info);
        cpu->gpr[2] = at + offsetof(struct signal_frame, uc);
    }
    cpu->gpr[FP] = link_at;
    cpu->gpr[LR] = signal->restorer;
    cpu->gpr[SP] = at;
    cpu->pc = signal->handler;
    cpu->ctl[AARCH64_CTL_RESERVATION] = ~UINT64_C(0); /* an exception clears the monitor */
    return 0;
}

int aarch64_pop_signal_frame(struct cpu *cpu, uint64_t *mask, stack_t *altstack) {
    struct frame_context uc;
    const uint64_t at = cpu->gpr[SP] + offsetof(struct signal_frame, uc);

    if (cpu->gpr[SP] % 16 || guest_read(&uc, at, sizeof uc) != 0)
        return -EFAULT;
    const struct frame_registers *context = &uc.mcontext;
    const struct fpsimd_record *fpsimd = find_fpsimd(context);
    if (!fpsimd)
        return -EFAULT;
    memcpy(cpu->gpr, context->regs, sizeof context->regs);
    cpu->gpr[SP] = context->sp;
    cpu->pc = context->pc;
    aarch64_set_nzcv(cpu, (uint32_t)context->pstate);
    cpu->ctl[AARCH64_CTL_DIT] = context->pstate & AARCH64_PSTATE_DIT;
    memcpy(cpu->vec, fpsimd->v, sizeof fpsimd->v);
    aarch64_set_fpsr(cpu, fpsimd->fpsr);
    aarch64_set_fpcr(cpu, fpsimd->fpcr);
    cpu->ctl[AARCH64_CTL_RESERVATION] = ~UINT64_C(0);
    *mask = uc.sigmask;
    *altstack = uc.stack;
    return 0;
}
