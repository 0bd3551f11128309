/* What the riscv64 vDSO exports (arch/riscv/kernel/vdso/vdso.lds.S of Linux).
 *
 * Unwinders recognise a signal frame by the two instructions of __vdso_rt_sigreturn, so they must
 * be exactly these. The other functions are their system calls. */
#include <stddef.h>

#include "translator/guest/riscv64/riscv64.h"

/* addi a7, zero, number */
#define LI_A7(number) ((uint32_t)(number) << 20 | 0x893)
#define ECALL         UINT32_C(0x00000073)
#define RET           UINT32_C(0x00008067)

struct vdso_code {
    uint32_t sigreturn[2];
    uint32_t gettimeofday[3], clock_gettime[3], clock_getres[3];
    uint32_t getcpu[3], flush_icache[3], hwprobe[3];
};

static const struct vdso_code code = {
    .sigreturn = {LI_A7(139), ECALL},
    .gettimeofday = {LI_A7(169), ECALL, RET},
    .clock_gettime = {LI_A7(113), ECALL, RET},
    .clock_getres = {LI_A7(114), ECALL, RET},
    .getcpu = {LI_A7(168), ECALL, RET},
    .flush_icache = {LI_A7(259), ECALL, RET},
    .hwprobe = {LI_A7(258), ECALL, RET},
};

#define SYMBOL(name, member) \
    { name, offsetof(struct vdso_code, member), sizeof code.member }

static const struct guest_vdso_symbol symbols[] = {
    SYMBOL("__vdso_rt_sigreturn", sigreturn),
    SYMBOL("__vdso_gettimeofday", gettimeofday),
    SYMBOL("__vdso_clock_gettime", clock_gettime),
    SYMBOL("__vdso_clock_getres", clock_getres),
    SYMBOL("__vdso_getcpu", getcpu),
    SYMBOL("__vdso_flush_icache", flush_icache),
    SYMBOL("__vdso_riscv_hwprobe", hwprobe),
};

const struct guest_vdso riscv64_vdso = {
    .code = &code,
    .code_size = sizeof code,
    .symbols = symbols,
    .symbol_count = sizeof symbols / sizeof symbols[0],
    .version = "LINUX_4.15",
    .sigreturn = offsetof(struct vdso_code, sigreturn),
};
