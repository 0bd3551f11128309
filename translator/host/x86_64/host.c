/* The x86-64 backend's face: configuration, patching, faults. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "translator/host/x86_64/host_x86_64.h"
#include "translator/host/x86_64/lower.h"

struct x86_config x86_config;

static const uint8_t pinned_gprs[PINNED_GPRS] = {RBX, RSI, RDI, R8,  R9, R10,
                                                 R11, R12, R13, R14, R15};

enum { RETURN_STACK_SIZE = 1 << 20, RETURN_STACK_GUARD = 4096, RETURN_STACK_SENTINEL = 256 };

static const char *configure(const struct guest *guest, const char *features) {
    x86_config.features = x86_features_detect();
    const char *error = x86_features_select(&x86_config.features, features);
    if (error)
        return error;
    const struct x86_features *have = &x86_config.features;
    x86_vector_level = have->avx512vl ? X86_AVX512 : have->avx2 ? X86_AVX : X86_SSE;
    x86_config.temp_vecs = guest->vec_size == 16 ? MAX_TEMP_VECS : 4;
    x86_config.pinned_vecs = (have->avx512vl ? 32 : 16) - x86_config.temp_vecs;
    x86_config.vec_size = guest->vec_size;
    x86_config.flags_reg = guest->flags_reg;
    memset(x86_config.pin, NO_REG, sizeof x86_config.pin);
    for (unsigned i = 0; i < PINNED_GPRS && guest->gpr_by_use[i] >= 0; i++)
        x86_config.pin[REG_GPR + guest->gpr_by_use[i]] = pinned_gprs[i];
    for (unsigned i = 0; i < x86_config.pinned_vecs && guest->vec_by_use[i] >= 0; i++)
        x86_config.pin[REG_VEC + guest->vec_by_use[i]] = (uint8_t)(x86_config.temp_vecs + i);
    x86_config.jump_shift = guest->insn_alignment == 4 ? 2 : guest->insn_alignment == 2 ? 1 : 0;
    return NULL;
}

static void count_insns(void) {
    x86_config.count_insns = true;
}

static uint64_t fingerprint(void) {
    return x86_features_hash(&x86_config.features);
}

static void set_jump(uint8_t *jump, const uint8_t *target) {
    /* Lowering keeps the displacement within one cache line, so the store is seen whole. */
    __atomic_store_n((int32_t *)jump, (int32_t)(target - (jump + 4)), __ATOMIC_RELEASE);
}

static struct exit_record find_exit(uint8_t *code, uint32_t offset) {
    const uint32_t head = EXIT_STUB_SIZE + offsetof(struct exit_data, target);
    struct exit_data description;
    if (offset < head)
        return (struct exit_record){.jump = NULL};
    uint8_t *data = code + offset - offsetof(struct exit_data, target);
    memcpy(&description, data, sizeof description);
    if (description.jump < (int32_t)sizeof(int32_t) || description.jump > data - code)
        return (struct exit_record){.jump = NULL};
    return (struct exit_record){data - description.jump, data - EXIT_STUB_SIZE, description.target};
}

static const uint8_t *chain_entry(const uint8_t *code) {
    return code + ENTRY_NOP;
}

static void seal(uint8_t *code) {
    uint64_t word;
    memcpy(&word, code, 8);
    uint8_t jump[ENTRY_NOP] = {0xe9};
    const int32_t displacement = (int32_t)(x86_stubs[STUB_LOOKUP] - (code + ENTRY_NOP));
    memcpy(jump + 1, &displacement, 4);
    memcpy(&word, jump, sizeof jump);
    __atomic_store_n((uint64_t *)code, word, __ATOMIC_RELEASE);
}

/* An open call, as the return stack has it. */
struct return_pair {
    const uint8_t *code;
    uint64_t guest_pc;
};

static void reset_return_stack(struct cpu *cpu) {
    cpu->return_stack = cpu->return_stack_top;
}

void x86_fill_constants(struct cpu *cpu) {
    static const union cpu_vec constants[] = {
#define CONSTANT(name, low, high) {.u64 = {low, high}},
#include "translator/host/x86_64/constants.def"
#undef CONSTANT
    };
    _Static_assert(CONST_COUNT * sizeof *constants <= sizeof cpu->host_constants, "too many");
    memcpy(cpu->host_constants, constants, sizeof constants);
    for (unsigned n = 0; n < 8; n++) {
        memset(&cpu->host_constants[CONST_SHL8 + n], 0xff << n & 0xff, 16);
        memset(&cpu->host_constants[CONST_SHR8 + n], 0xff >> n, 16);
        memset(&cpu->host_constants[CONST_SAR8 + n], 0x80 >> n, 16);
    }
}

static int init_cpu(struct cpu *cpu) {
    const size_t size = RETURN_STACK_SIZE + RETURN_STACK_GUARD;
    uint8_t *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED)
        return -ENOMEM;
    mprotect(stack, RETURN_STACK_GUARD, PROT_NONE);
    cpu->return_stack_base = (uint64_t)(uintptr_t)stack;
    cpu->return_stack_top = cpu->return_stack_base + size - RETURN_STACK_SENTINEL;
    struct return_pair *end = (struct return_pair *)(uintptr_t)cpu->return_stack_top;
    for (size_t i = 0; i < RETURN_STACK_SENTINEL / sizeof *end; i++)
        end[i] = (struct return_pair){x86_stubs[STUB_RETURN_0], 0};
    reset_return_stack(cpu);
    x86_sync_fp(cpu);
    x86_fill_constants(cpu);
    cpu->host_private[PRIVATE_BOX32] = 0xffffffff00000000;
    cpu->host_private[PRIVATE_BOX32 + 1] = 0;
    return 0;
}

static void free_cpu(struct cpu *cpu) {
    munmap((void *)(uintptr_t)cpu->return_stack_base, RETURN_STACK_SIZE + RETURN_STACK_GUARD);
}

static uint64_t fault_address(struct cpu *cpu, ucontext_t *context, bool *mended) {
    greg_t *regs = context->uc_mcontext.gregs;
    const uint64_t guard = cpu->return_stack_base, at = cpu->fault.address;
    *mended = false;
    if (at >= guard && at < guard + RETURN_STACK_GUARD &&
        (uint64_t)regs[REG_RSP] <= guard + RETURN_STACK_GUARD) {
        /* So many open calls: forget them all and do the push again. Returns then look up their
         * targets. */
        regs[REG_RSP] = (greg_t)cpu->return_stack_top;
        *mended = true;
        return 0;
    }
    if (cpu->host_private[PRIVATE_RETURN])
        return cpu->host_private[PRIVATE_RETURN] - 1;
    return (uint64_t)regs[REG_RIP];
}

static void leave(struct cpu *cpu, ucontext_t *context, const uint8_t *landing) {
    greg_t *regs = context->uc_mcontext.gregs;
    if (!cpu->host_private[PRIVATE_RETURN]) {
        regs[REG_RIP] = (greg_t)(uintptr_t)(landing ? landing : x86_stubs[STUB_EXIT]);
        return;
    }
    /* In a C helper: the guest's registers are in their homes, the call itself is on the stack. */
    cpu->host_private[PRIVATE_RETURN] = 0;
    cpu->return_stack += 8;
    regs[REG_RBP] = (greg_t)((uintptr_t)cpu + CPU_BASE_BIAS);
    regs[REG_RIP] = (greg_t)(uintptr_t)x86_stubs[STUB_LEAVE];
}

static const struct host x86_64 = {
    .name = "x86_64",
    .stub_count = STUB_COUNT,
    .stubs = x86_stubs,
    .configure = configure,
    .count_insns = count_insns,
    .fingerprint = fingerprint,
    .emit_stubs = x86_emit_stubs,
    .lower = x86_lower,
    .lower_part = x86_lower_part,
    .draft_entry = x86_draft_entry,
    .draft_exit = x86_draft_exit,
    .pad = x86_pad,
    .enter = x86_enter,
    .find_exit = find_exit,
    .set_jump = set_jump,
    .chain_entry = chain_entry,
    .seal = seal,
    .init_cpu = init_cpu,
    .free_cpu = free_cpu,
    .reset_return_stack = reset_return_stack,
    .mend_fp_trap = x86_mend_fp_trap,
    .fault_address = fault_address,
    .leave = leave,
};

const struct host *const host_backend = &x86_64;
