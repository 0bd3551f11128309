/* The riscv64 guest: what the rest of the emulator needs to know of it, in one constant. */
#include <elf.h>

#include "runtime/syscall_abi.h"
#include "translator/guest/riscv64/riscv64.h"

static const char *const ctl_names[CPU_CTLS] = {
    [RISCV64_CTL_RESERVATION] = "reservation",
    [RISCV64_CTL_RESERVATION_VALUE] = "reserved",
    [RISCV64_CTL_FRM] = "frm",
};

/* By how often instructions name them: executed ones in integer benchmarks (in floating-point ones
 * for the others), weighed with those in the text of libc. */
static const int8_t gpr_by_use[] = {15, 14, 13, 10, 12, 11, 8,  2,  9,  18, 16, 1,  19, 28, 6, 17,
                                    20, 5,  23, 24, 31, 22, 25, 26, 21, 29, 27, 30, 7,  4,  3, -1};
static const int8_t fpr_by_use[] = {15, 14, 13, 10, 12, 11, 0,  8,  1,  9,  2, 25, 6,  5,  24, 3, 4,
                                    18, 19, 20, 21, 22, 23, 26, 27, 16, 17, 7, 28, 29, 30, 31, -1};

/* Those of qemu-riscv64 whose instructions are all implemented. */
static const char *const cpu_models[] = {
    "max", "any", "rv64", "rv64i", "rva22u64", "rva22s64", "sifive-u54", "shakti-c", NULL,
};

static const struct syscall_abi syscall_abi = {
    .layout = SYSCALL_LAYOUT_GENERIC,
    .open_flags = OPEN_FLAGS_GENERIC,
    .min_altstack = 2048,
    .riscv_hwprobe = riscv64_hwprobe,
};

const struct guest guest_riscv64 = {
    .name = "riscv64",
    .triplet = "riscv64-linux-gnu",
    .debian_arch = "riscv64",
    .elf_machine = EM_RISCV,
    .cpu_models = cpu_models,
    .page_size = 4096,
    .insn_alignment = 2,

    .gpr_names = riscv64_gpr_names,
    .vec_names = riscv64_fpr_names,
    .ctl_names = ctl_names,
    .zero_gpr = 0,
    .sp_gpr = 2,
    .frame_gpr = 8,
    .frame_return = -8,
    .frame_next = -16,
    .link_gpr = 1,
    .gpr_by_use = gpr_by_use,
    .vec_by_use = fpr_by_use,
    .vec_size = 8,

    .scan = riscv64_scan,
    .pc_field = riscv64_pc_field,
    .lift = riscv64_lift,
    .disassemble = riscv64_disassemble,

    .syscall_abi = &syscall_abi,
    .syscall_insn_size = 4,
    .syscall_number_gpr = 17,
    .syscall_arg_gpr = 10,
    .syscall_result_gpr = 10,
    .tls_gpr_or_ctl = REG_GPR + 4,

    .hwcap = riscv64_hwcap,
    .hwcap2 = riscv64_hwcap2,
    .vdso = &riscv64_vdso,
    .min_signal_stack = 1088, /* the signal frame */
    .cpuinfo = riscv64_cpuinfo,

    .push_signal_frame = riscv64_push_signal_frame,
    .pop_signal_frame = riscv64_pop_signal_frame,
};
