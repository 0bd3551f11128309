/* What the guest says of its processor: AT_HWCAP, riscv_hwprobe(2) and /proc/cpuinfo, all from one
 * table of the extensions that the instruction rows implement. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/guest/clock.h"
#include "translator/guest/riscv64/riscv64.h"

/* Keys and values of Linux's arch/riscv/include/uapi/asm/hwprobe.h. */
enum {
    HWPROBE_MVENDORID = 0,
    HWPROBE_MARCHID = 1,
    HWPROBE_MIMPID = 2,
    HWPROBE_BASE_BEHAVIOR = 3,
    HWPROBE_IMA_EXT_0 = 4,
    HWPROBE_CPUPERF_0 = 5,
    HWPROBE_ZICBOZ_BLOCK_SIZE = 6,
    HWPROBE_HIGHEST_VIRT_ADDRESS = 7,
    HWPROBE_TIME_CSR_FREQ = 8,
    HWPROBE_MISALIGNED_SCALAR_PERF = 9,
    HWPROBE_MISALIGNED_VECTOR_PERF = 10,
    HWPROBE_VENDOR_EXT_THEAD_0 = 11,
    HWPROBE_ZICBOM_BLOCK_SIZE = 12,
    HWPROBE_VENDOR_EXT_SIFIVE_0 = 13,
    HWPROBE_VENDOR_EXT_MIPS_0 = 14,
    HWPROBE_ZICBOP_BLOCK_SIZE = 15,
};

enum {
    BASE_BEHAVIOR_IMA = 1,
    MISALIGNED_FAST = 3,
    MISALIGNED_UNSUPPORTED = 4, /* there are no vectors */
};

/* What user space has of a 47-bit half, less the page that the kernel keeps at its top. */
#define HIGHEST_VIRT_ADDRESS UINT64_C(0x7ffffffff000)

enum { NO_BIT = -1 };

/* In the canonical order of ISA strings (Unprivileged ISA, "ISA Extension Naming Conventions"). */
static const struct extension {
    const char *name;
    int hwprobe; /* bit of HWPROBE_IMA_EXT_0 */
} extensions[] = {
    {"i", NO_BIT},  {"m", NO_BIT},     {"a", NO_BIT},        {"f", 0},          {"d", 0},
    {"c", 1},       {"zicbom", 55},    {"zicbop", 60},       {"zicboz", 6},     {"zicntr", 50},
    {"zicond", 35}, {"zicsr", NO_BIT}, {"zifencei", NO_BIT}, {"zihintntl", 29}, {"zihintpause", 36},
    {"zimop", 42},  {"zaamo", 56},     {"zabha", 58},        {"zacas", 34},     {"zalrsc", 57},
    {"zawrs", 48},  {"zfa", 32},       {"zfh", 27},          {"zfhmin", 28},    {"zca", 43},
    {"zcb", 44},    {"zcd", 45},       {"zcmop", 47},        {"zba", 3},        {"zbb", 4},
    {"zbc", 7},     {"zbs", 5},
};

enum { EXTENSIONS = sizeof extensions / sizeof extensions[0] };

uint64_t riscv64_hwcap(void) {
    uint64_t hwcap = 0;
    for (size_t i = 0; i < EXTENSIONS; i++)
        if (!extensions[i].name[1])
            hwcap |= UINT64_C(1) << (extensions[i].name[0] - 'a');
    return hwcap;
}

uint64_t riscv64_hwcap2(void) {
    return 0;
}

static uint64_t extension_bits(void) {
    uint64_t bits = 0;
    for (size_t i = 0; i < EXTENSIONS; i++)
        if (extensions[i].hwprobe != NO_BIT)
            bits |= UINT64_C(1) << extensions[i].hwprobe;
    return bits;
}

bool riscv64_hwprobe(int64_t key, uint64_t *value) {
    *value = 0;
    switch (key) {
    case HWPROBE_MVENDORID:
    case HWPROBE_MARCHID:
    case HWPROBE_MIMPID:
    case HWPROBE_VENDOR_EXT_THEAD_0:
    case HWPROBE_VENDOR_EXT_SIFIVE_0:
    case HWPROBE_VENDOR_EXT_MIPS_0: return true;
    case HWPROBE_BASE_BEHAVIOR: *value = BASE_BEHAVIOR_IMA; return true;
    case HWPROBE_IMA_EXT_0: *value = extension_bits(); return true;
    case HWPROBE_CPUPERF_0:
    case HWPROBE_MISALIGNED_SCALAR_PERF: *value = MISALIGNED_FAST; return true;
    case HWPROBE_MISALIGNED_VECTOR_PERF: *value = MISALIGNED_UNSUPPORTED; return true;
    case HWPROBE_ZICBOZ_BLOCK_SIZE:
    case HWPROBE_ZICBOM_BLOCK_SIZE:
    case HWPROBE_ZICBOP_BLOCK_SIZE: *value = RISCV64_CACHE_BLOCK; return true;
    case HWPROBE_HIGHEST_VIRT_ADDRESS: *value = HIGHEST_VIRT_ADDRESS; return true;
    case HWPROBE_TIME_CSR_FREQ: *value = GUEST_CLOCK_FREQUENCY; return true;
    default: return false;
    }
}

static void print_isa(FILE *out) {
    fputs("rv64", out);
    for (size_t i = 0; i < EXTENSIONS; i++)
        fprintf(out, "%s%s", extensions[i].name[1] ? "_" : "", extensions[i].name);
}

/* As c_show in Linux's arch/riscv/kernel/cpu.c. */
char *riscv64_cpuinfo(unsigned cpus) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        fprintf(out, "processor\t: %u\nhart\t\t: %u\nisa\t\t: ", cpu, cpu);
        print_isa(out);
        fputs("\nmmu\t\t: sv48\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\nhart isa\t: ",
              out);
        print_isa(out);
        fputs("\n\n", out);
    }
    return fclose(out) == 0 ? text : (free(text), NULL);
}
