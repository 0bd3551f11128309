/* What the guest says of its processor: AT_HWCAP, AT_HWCAP2, the identification registers and
 * /proc/cpuinfo, all from one table of the extensions that the instruction rows implement. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/guest/aarch64/aarch64.h"
#include "translator/guest/clock.h"

/* A Neoverse N1 r4p1, by Arm's numbers. */
enum { IMPLEMENTER = 0x41, ARCHITECTURE = 0xf, VARIANT = 4, PART = 0xd0c, REVISION = 1 };

/* Identification registers by CRm and op2 (Arm ARM, "ID_AA64ISAR0_EL1" and so on). */
#define REGISTER(crm, op2) ((crm) << 3 | (op2))
enum {
    MIDR = REGISTER(0, 0),
    MPIDR = REGISTER(0, 5),
    REVIDR = REGISTER(0, 6),
    PFR0 = REGISTER(4, 0),
    DFR0 = REGISTER(5, 0),
    ISAR0 = REGISTER(6, 0),
    ISAR1 = REGISTER(6, 1),
    MMFR0 = REGISTER(7, 0),
    MMFR2 = REGISTER(7, 2),
    NO_REGISTER = 0xff,
};

/* Bits of AT_HWCAP (Linux, arch/arm64/include/uapi/asm/hwcap.h), and those of AT_HWCAP2 from 64. */
enum { HWCAP2 = 64, NO_BIT = 255 };

/* LSE2 is not promised (uscat): unaligned accesses within 16 bytes are single, but those of pairs
 * are two. In the order of the bits, which is that of /proc/cpuinfo. Where several features share a
 * field of a register, the largest value counts. */
static const struct feature {
    const char *name;    /* as in the instruction rows */
    const char *cpuinfo; /* NULL: not shown */
    uint8_t bit, reg, shift, value;
} features[] = {
    {"base", NULL, NO_BIT, NO_REGISTER, 0, 0},
    {"fp", "fp", 0, PFR0, 16, 0},
    {"simd", "asimd", 1, PFR0, 20, 0},
    {"base", "evtstrm", 2, NO_REGISTER, 0, 0},
    {"aes", "aes", 3, ISAR0, 4, 1},
    {"pmull", "pmull", 4, ISAR0, 4, 2},
    {"sha1", "sha1", 5, ISAR0, 8, 1},
    {"sha256", "sha2", 6, ISAR0, 12, 1},
    {"crc32", "crc32", 7, ISAR0, 16, 1},
    {"lse", "atomics", 8, ISAR0, 20, 2},
    {"fp16", "fphp", 9, PFR0, 16, 1},
    {"fp16", "asimdhp", 10, PFR0, 20, 1},
    {"base", "cpuid", 11, NO_REGISTER, 0, 0},
    {"rdm", "asimdrdm", 12, ISAR0, 28, 1},
    {"jscvt", "jscvt", 13, ISAR1, 12, 1},
    {"fcma", "fcma", 14, ISAR1, 16, 1},
    {"lrcpc", "lrcpc", 15, ISAR1, 20, 1},
    {"dpb", "dcpop", 16, ISAR1, 0, 1},
    {"sha3", "sha3", 17, ISAR0, 32, 1},
    {"sm3", "sm3", 18, ISAR0, 36, 1},
    {"sm4", "sm4", 19, ISAR0, 40, 1},
    {"dotprod", "asimddp", 20, ISAR0, 44, 1},
    {"sha512", "sha512", 21, ISAR0, 12, 2},
    {"fhm", "asimdfhm", 23, ISAR0, 48, 1},
    {"dit", "dit", 24, PFR0, 48, 1},
    {"lrcpc2", "ilrcpc", 26, ISAR1, 20, 2},
    {"flagm", "flagm", 27, ISAR0, 52, 1},
    {"lor", NULL, NO_BIT, NO_REGISTER, 0, 0},
    {"sb", "sb", 29, ISAR1, 36, 1},
    {"dpb2", "dcpodp", HWCAP2 + 0, ISAR1, 0, 2},
    {"flagm2", "flagm2", HWCAP2 + 7, ISAR0, 52, 2},
    {"frintts", "frint", HWCAP2 + 8, ISAR1, 32, 1},
    {"i8mm", "i8mm", HWCAP2 + 13, ISAR1, 52, 1},
    {"bf16", "bf16", HWCAP2 + 14, ISAR1, 44, 1},
};

enum { FEATURES = sizeof features / sizeof features[0] };

static uint64_t capabilities(unsigned first) {
    uint64_t bits = 0;
    for (size_t i = 0; i < FEATURES; i++)
        if (features[i].bit >= first && features[i].bit < first + 64)
            bits |= UINT64_C(1) << (features[i].bit - first);
    return bits;
}

uint64_t aarch64_hwcap(void) {
    return capabilities(0);
}

uint64_t aarch64_hwcap2(void) {
    return capabilities(HWCAP2);
}

/* Fields that Linux hides from programs have the value that promises nothing
 * (arch/arm64/kernel/cpufeature.c): of the exception levels, the debug architecture, and the
 * granules. */
static uint64_t fixed_part(unsigned reg) {
    switch (reg) {
    case MIDR: return IMPLEMENTER << 24 | VARIANT << 20 | ARCHITECTURE << 16 | PART << 4 | REVISION;
    case MPIDR: return UINT64_C(1) << 31;
    case PFR0: return 0x11;
    case DFR0: return 6;
    case MMFR0: return UINT64_C(0xff000000);
    default: return 0;
    }
}

bool aarch64_id_register(unsigned crm, unsigned op2, uint64_t *value) {
    const unsigned reg = REGISTER(crm, op2);
    *value = fixed_part(reg);
    if (crm == 0)
        return reg == MIDR || reg == MPIDR || reg == REVIDR;
    if (crm < 2 || crm > 7)
        return false;
    for (size_t i = 0; i < FEATURES; i++) {
        const struct feature *f = &features[i];
        if (f->reg == reg && (*value >> f->shift & 15) < f->value)
            *value = (*value & ~(UINT64_C(15) << f->shift)) | (uint64_t)f->value << f->shift;
    }
    return true;
}

bool aarch64_has_extension(const char *name) {
    for (size_t i = 0; i < FEATURES; i++)
        if (strcmp(features[i].name, name) == 0)
            return true;
    return false;
}

/* As c_show in Linux's arch/arm64/kernel/cpuinfo.c. */
char *aarch64_cpuinfo(unsigned cpus) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        fprintf(out, "processor\t: %u\nBogoMIPS\t: %u.00\nFeatures\t:", cpu,
                (unsigned)(2 * GUEST_CLOCK_FREQUENCY / 1000000));
        for (size_t i = 0; i < FEATURES; i++)
            if (features[i].cpuinfo)
                fprintf(out, " %s", features[i].cpuinfo);
        fprintf(out,
                "\nCPU implementer\t: 0x%02x\nCPU architecture: 8\nCPU variant\t: 0x%x\n"
                "CPU part\t: 0x%03x\nCPU revision\t: %d\n\n",
                IMPLEMENTER, VARIANT, PART, REVISION);
    }
    return fclose(out) == 0 ? text : (free(text), NULL);
}
