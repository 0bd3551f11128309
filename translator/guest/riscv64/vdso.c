/* What the riscv64 vDSO exports (arch/riscv/kernel/vdso/vdso.lds.S of Linux).
 *
 * Unwinders recognise a signal frame by the two instructions of __vdso_rt_sigreturn, so they must
 * be exactly these. Clocks are read from registers of our own, 0xcc0 + clock (system.c), in
 * nanoseconds; the labels 9: are the system calls, as are the other functions. */
#include <stddef.h>

#include "translator/guest/riscv64/riscv64.h"

/* addi a7, zero, number */
#define LI_A7(number) ((uint32_t)(number) << 20 | 0x893)
#define ECALL         UINT32_C(0x00000073)
#define RET           UINT32_C(0x00008067)

struct vdso_code {
    uint32_t sigreturn[2];
    uint32_t gettimeofday[16], clock_gettime[32], clock_getres[10];
    uint32_t getcpu[3], flush_icache[3], hwprobe[3];
};

static const struct vdso_code code = {
    .sigreturn = {LI_A7(139), ECALL},
    .gettimeofday =
        {
            0x02050a63, /* beqz a0, 9f */
            0x02059863, /* bnez a1, 9f */
            0xcc0022f3, /* csrr t0, 0xcc0 */
            0x3b9ad337, /* lui t1, 0x3b9ad */
            0xa0030313, /* addi t1, t1, -1536 */
            0x0262d3b3, /* divu t2, t0, t1 */
            0x0262f2b3, /* remu t0, t0, t1 */
            0x3e800313, /* li t1, 1000 */
            0x0262d2b3, /* divu t0, t0, t1 */
            0x00753023, /* sd t2, 0(a0) */
            0x00553423, /* sd t0, 8(a0) */
            0x00000513, /* li a0, 0 */
            0x00008067, /* ret */
            0x0a900893, /* 9: li a7, 169 */
            0x00000073, /* ecall */
            0x00008067, /* ret */
        },
    .clock_gettime =
        {
            0x00700293, /* li t0, 7 */
            0x06a2e863, /* bgtu a0, t0, 9f */
            0x00351313, /* slli t1, a0, 3 */
            0x00000297, /* auipc t0, 0 */
            0x006282b3, /* add t0, t0, t1 */
            0x00c28067, /* jr 12(t0) */
            0xcc0022f3, /* csrr t0, 0xcc0 */
            0x0380006f, /* j 2f */
            0xcc1022f3, /* csrr t0, 0xcc1 */
            0x0300006f, /* j 2f */
            0x04c0006f, /* j 9f */
            0x00000013, /* nop */
            0x0440006f, /* j 9f */
            0x00000013, /* nop */
            0xcc4022f3, /* csrr t0, 0xcc4 */
            0x0180006f, /* j 2f */
            0xcc5022f3, /* csrr t0, 0xcc5 */
            0x0100006f, /* j 2f */
            0xcc6022f3, /* csrr t0, 0xcc6 */
            0x0080006f, /* j 2f */
            0xcc7022f3, /* csrr t0, 0xcc7 */
            0x3b9ad337, /* 2: lui t1, 0x3b9ad */
            0xa0030313, /* addi t1, t1, -1536 */
            0x0262d3b3, /* divu t2, t0, t1 */
            0x0262f2b3, /* remu t0, t0, t1 */
            0x0075b023, /* sd t2, 0(a1) */
            0x0055b423, /* sd t0, 8(a1) */
            0x00000513, /* li a0, 0 */
            0x00008067, /* ret */
            0x07100893, /* 9: li a7, 113 */
            0x00000073, /* ecall */
            0x00008067, /* ret */
        },
    .clock_getres =
        {
            0x00100293, /* li t0, 1 */
            0x00a2ec63, /* bgtu a0, t0, 9f */
            0x00058663, /* beqz a1, 1f */
            0x0005b023, /* sd zero, 0(a1) */
            0x0055b423, /* sd t0, 8(a1) */
            0x00000513, /* 1: li a0, 0 */
            0x00008067, /* ret */
            0x07200893, /* 9: li a7, 114 */
            0x00000073, /* ecall */
            0x00008067, /* ret */
        },
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
