/* What the aarch64 vDSO exports (arch/arm64/kernel/vdso/vdso.lds.S of Linux).
 *
 * Unwinders recognise a signal frame by the two instructions of __kernel_rt_sigreturn, so they must
 * be exactly these. Since they look up the address in front of a return address, another
 * instruction stands there. */
#include <stddef.h>

#include "translator/guest/aarch64/aarch64.h"

/* mov x8, number */
#define MOV_X8(number) ((uint32_t)(number) << 5 | 0xd2800008)
#define SVC            UINT32_C(0xd4000001)
#define RET            UINT32_C(0xd65f03c0)
#define NOP            UINT32_C(0xd503201f)

struct vdso_code {
    uint32_t before, sigreturn[2];
    uint32_t gettimeofday[3], clock_gettime[3], clock_getres[3];
};

static const struct vdso_code code = {
    .before = NOP,
    .sigreturn = {MOV_X8(139), SVC},
    .gettimeofday = {MOV_X8(169), SVC, RET},
    .clock_gettime = {MOV_X8(113), SVC, RET},
    .clock_getres = {MOV_X8(114), SVC, RET},
};

#define SYMBOL(name, member) \
    { name, offsetof(struct vdso_code, member), sizeof code.member }

static const struct guest_vdso_symbol symbols[] = {
    SYMBOL("__kernel_rt_sigreturn", sigreturn),
    SYMBOL("__kernel_gettimeofday", gettimeofday),
    SYMBOL("__kernel_clock_gettime", clock_gettime),
    SYMBOL("__kernel_clock_getres", clock_getres),
};

const struct guest_vdso aarch64_vdso = {
    .code = &code,
    .code_size = sizeof code,
    .symbols = symbols,
    .symbol_count = sizeof symbols / sizeof symbols[0],
    .version = "LINUX_2.6.39",
    .sigreturn = offsetof(struct vdso_code, sigreturn),
};
