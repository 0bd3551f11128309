/* The aarch64 guest: what the rest of the emulator needs to know of it, in one constant. */
#include <elf.h>

#include "runtime/syscall_abi.h"
#include "translator/guest/aarch64/aarch64.h"

static const char *const gpr_names[CPU_GPRS] = {
    "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10",
    "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
    "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",
};

static const char *const vec_names[CPU_VECS] = {
    "v0",  "v1",  "v2",  "v3",  "v4",  "v5",  "v6",  "v7",  "v8",  "v9",  "v10",
    "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
    "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31",
};

static const char *const ctl_names[CPU_CTLS] = {
    [AARCH64_CTL_NZCV] = "nzcv",
    [AARCH64_CTL_RESERVATION] = "reservation",
    [AARCH64_CTL_RESERVATION_VALUE] = "reserved",
    [AARCH64_CTL_RESERVATION_VALUE_HIGH] = "reserved_high",
    [AARCH64_CTL_TPIDR] = "tpidr",
    [AARCH64_CTL_FPCR] = "fpcr",
    [AARCH64_CTL_TPIDRRO] = "tpidrro",
    [AARCH64_CTL_DIT] = "dit",
};

/* By how often instructions name them: executed ones in integer benchmarks, weighed with those in
 * the text of libc and of interpreters. */
static const int8_t gpr_by_use[] = {0,  1,  2,  31, 19, 3,  4,  20, 5,  6,  21,
                                    7,  22, 8,  23, 30, 25, 24, 29, 26, 27, 9,
                                    28, 10, 11, 12, 13, 14, 16, 15, 17, 18, -1};
static const int8_t vec_by_use[] = {0,  1,  2,  3,  4,  5,  6,  7,  16, 17, 18,
                                    19, 20, 21, 22, 23, 31, 30, 29, 28, 8,  9,
                                    10, 11, 24, 25, 26, 27, 12, 13, 14, 15, -1};

/* Those of qemu-aarch64 whose instructions are all implemented. */
static const char *const cpu_models[] = {
    "max",        "cortex-a35", "cortex-a53",  "cortex-a55", "cortex-a57",
    "cortex-a72", "cortex-a76", "neoverse-n1", NULL,
};

static const struct syscall_abi syscall_abi = {
    .layout = SYSCALL_LAYOUT_GENERIC,
    .open_flags = OPEN_FLAGS_AARCH64,
    .has_renameat = true,
    .has_restorer = true,
    .min_altstack = 5120,
};

/* The top byte of an address is ignored. A thread that has used one with a tag goes on in
 * translations that take tags off; a tag in the pc goes at once, if it is not one of the kernel's
 * half (Arm ARM, AArch64.BranchAddr). */
static bool mend_fault(struct cpu *cpu) {
    const struct guest_fault *fault = &cpu->fault;
    const bool kernel = cpu->pc >> 55 & 1;
    if (cpu->pc & ~AARCH64_ADDRESS && !kernel && fault->address == cpu->pc) {
        cpu->pc &= AARCH64_ADDRESS;
        return true;
    }
    const bool tagged = fault->hidden || fault->address & ~AARCH64_ADDRESS;
    if (!tagged || cpu->mode & AARCH64_MODE_TAGGED)
        return false;
    cpu->mode |= AARCH64_MODE_TAGGED;
    return true;
}

const struct guest guest_aarch64 = {
    .name = "aarch64",
    .triplet = "aarch64-linux-gnu",
    .debian_arch = "arm64",
    .elf_machine = EM_AARCH64,
    .cpu_models = cpu_models,
    .page_size = 4096,
    .insn_alignment = 4,
    .flags_reg = REG_CTL + AARCH64_CTL_NZCV,
    .vec_size = 16,

    .gpr_names = gpr_names,
    .vec_names = vec_names,
    .ctl_names = ctl_names,
    .zero_gpr = -1,
    .sp_gpr = 31,
    .frame_gpr = 29,
    .frame_return = 8,
    .frame_next = 0,
    .link_gpr = 30,
    .gpr_by_use = gpr_by_use,
    .vec_by_use = vec_by_use,

    .scan = aarch64_scan,
    .pc_field = aarch64_pc_field,
    .lift = aarch64_lift,
    .disassemble = aarch64_disassemble,

    .syscall_abi = &syscall_abi,
    .syscall_insn_size = 4,
    .syscall_number_gpr = 8,
    .syscall_arg_gpr = 0,
    .syscall_result_gpr = 0,
    .tls_gpr_or_ctl = REG_CTL + AARCH64_CTL_TPIDR,

    .hwcap = aarch64_hwcap,
    .hwcap2 = aarch64_hwcap2,
    .platform = "aarch64",
    .vdso = &aarch64_vdso,
    .min_signal_stack = 4720, /* the signal frame, its frame record, and 16 */
    .cpuinfo = aarch64_cpuinfo,

    .mend_fault = mend_fault,

    .push_signal_frame = aarch64_push_signal_frame,
    .pop_signal_frame = aarch64_pop_signal_frame,
};
