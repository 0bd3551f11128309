/* What the aarch64 vDSO exports (arch/arm64/kernel/vdso/vdso.lds.S of Linux).
 *
 * Unwinders recognise a signal frame by the two instructions of __kernel_rt_sigreturn, so they must
 * be exactly these. Since they look up the address in front of a return address, another
 * instruction stands there. */
#include <stddef.h>

#include "translator/guest/aarch64/aarch64.h"

#define NOP UINT32_C(0xd503201f)

/* Clocks are read from registers that this implementation defines: S3_3_C15_C0_<clock>
 * (system.c), in nanoseconds. The labels 9: are the system calls. */
static const struct vdso_code {
    uint32_t before, sigreturn[2];
    uint32_t gettimeofday[15], clock_gettime[30], clock_getres[10];
} code = {
    .before = NOP,
    .sigreturn = {0xd2801168, 0xd4000001}, /* mov x8, #139; svc #0 */
    .gettimeofday =
        {
            0xb4000180, /* cbz x0, 9f */
            0xb5000161, /* cbnz x1, 9f */
            0xd53bf002, /* mrs x2, S3_3_C15_C0_0 */
            0xd2994003, /* mov x3, #0xca00 */
            0xf2a77343, /* movk x3, #0x3b9a, lsl #16 */
            0x9ac30844, /* udiv x4, x2, x3 */
            0x9b038882, /* msub x2, x4, x3, x2 */
            0xd2807d03, /* mov x3, #1000 */
            0x9ac30842, /* udiv x2, x2, x3 */
            0xa9000804, /* stp x4, x2, [x0] */
            0xd2800000, /* mov x0, #0 */
            0xd65f03c0, /* ret */
            0xd2801528, /* 9: mov x8, #169 */
            0xd4000001, /* svc #0 */
            0xd65f03c0, /* ret */
        },
    .clock_gettime =
        {
            0x71001c1f, /* cmp w0, #7 */
            0x54000348, /* b.hi 9f */
            0x10000062, /* adr x2, 1f */
            0x8b204c42, /* add x2, x2, w0, uxtw #3 */
            0xd61f0040, /* br x2 */
            0xd53bf002, /* 1: mrs x2, S3_3_C15_C0_0 */
            0x1400000e, /* b 2f */
            0xd53bf022, /* mrs x2, S3_3_C15_C0_1 */
            0x1400000c, /* b 2f */
            0x14000012, /* b 9f */
            0xd503201f, /* nop */
            0x14000010, /* b 9f */
            0xd503201f, /* nop */
            0xd53bf082, /* mrs x2, S3_3_C15_C0_4 */
            0x14000006, /* b 2f */
            0xd53bf0a2, /* mrs x2, S3_3_C15_C0_5 */
            0x14000004, /* b 2f */
            0xd53bf0c2, /* mrs x2, S3_3_C15_C0_6 */
            0x14000002, /* b 2f */
            0xd53bf0e2, /* mrs x2, S3_3_C15_C0_7 */
            0xd2994003, /* 2: mov x3, #0xca00 */
            0xf2a77343, /* movk x3, #0x3b9a, lsl #16 */
            0x9ac30844, /* udiv x4, x2, x3 */
            0x9b038883, /* msub x3, x4, x3, x2 */
            0xa9000c24, /* stp x4, x3, [x1] */
            0xd2800000, /* mov x0, #0 */
            0xd65f03c0, /* ret */
            0xd2800e28, /* 9: mov x8, #113 */
            0xd4000001, /* svc #0 */
            0xd65f03c0, /* ret */
        },
    .clock_getres =
        {
            0x7100041f, /* cmp w0, #1 */
            0x540000c8, /* b.hi 9f */
            0xb4000061, /* cbz x1, 1f */
            0xd2800022, /* mov x2, #1 */
            0xa900083f, /* stp xzr, x2, [x1] */
            0xd2800000, /* 1: mov x0, #0 */
            0xd65f03c0, /* ret */
            0xd2800e48, /* 9: mov x8, #114 */
            0xd4000001, /* svc #0 */
            0xd65f03c0, /* ret */
        },
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
