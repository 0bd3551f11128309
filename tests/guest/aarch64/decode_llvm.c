/* Compares the aarch64 decoder with LLVM's: which encodings are instructions.
 *
 *   decode_llvm [random words] [seed]
 *
 * Covered are all values of bits 31 to 21 with bits 15 to 10, with random others; the whole space
 * of system instructions; every row's pattern with random fields and with each of its fixed bits
 * inverted; and uniformly random words. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/guest/llvm.h"
#include "translator/guest/aarch64/decode.h"

#define FEATURES                                                                                \
    "+fp-armv8,+neon,+crc,+lse,+rdm,+fullfp16,+dotprod,+rcpc,+rcpc-immo,+aes,+sha2,+sha3,+sm4," \
    "+jsconv,+complxnum,+fp16fml,+fptoint,+flagm,+altnzcv,+dit,+sb,+bf16,+i8mm,+ccpp,+ccdp,+lor"

static struct deviation deviations[] = {
    {0xffff0000, 0x00000000, ONLY_LLVM, "UDF: defined to be undefined", 0},
    {0xffe0001f, 0xd4000002, ONLY_LLVM, "HVC: traps for programs", 0},
    {0xffe0001f, 0xd4400000, ONLY_LLVM, "HLT: traps for programs", 0},
    {0xffe0001c, 0xd4a00000, ONLY_LLVM, "DCPS: traps for programs", 0},
    {0xffdfffff, 0xd69f03e0, ONLY_LLVM, "ERET, DRPS: trap for programs", 0},
    {0xffe00000, 0xd5000000, ONLY_LLVM, "MSR, SYS: unallocated, or trap for programs", 0},
    {0xffe00000, 0xd5200000, ONLY_LLVM, "MRS, SYSL: unallocated, or trap for programs", 0},
    /* LLVM refuses what is unpredictable; here it does what can be expected. */
    {0x3f000000, 0x08000000, ONLY_HERE,
     "exclusives: unused register fields are not all ones, or "
     "registers meet",
     0},
    {0x3fe0fc00, 0x38a0c000, ONLY_HERE, "LDAPR: the unused register field is not all ones", 0},
    {0x3a000000, 0x28000000, ONLY_HERE, "pairs: both registers, or base and register, are the same",
     0},
    {0x3b200000, 0x38000000, ONLY_HERE, "loads and stores: base and register are the same", 0},
};

static bool decode(uint32_t word, unsigned length, char *text, size_t size) {
    struct operands operands;
    const struct row *row = aarch64_decode(word, &operands);
    (void)length;
    if (row)
        snprintf(text, size, "%s", row->text->name);
    return row;
}

static const struct llvm_target aarch64 = {
    .name = "AArch64",
    .triple = "aarch64",
    .cpu = "generic",
    .features = FEATURES,
    .deviations = deviations,
    .deviation_count = sizeof deviations / sizeof deviations[0],
    .decode = decode,
};

static void check(uint32_t word) {
    llvm_check(word, 4);
}

static void check_opcodes(void) {
    for (uint32_t high = 0; high < 1 << 11; high++)
        for (uint32_t low = 0; low < 1 << 6; low++)
            for (unsigned i = 0; i < 8; i++)
                check(high << 21 | low << 10 | (llvm_random() & 0x001f03ff));
}

static void check_system(void) {
    for (uint32_t word = 0; word < 1 << 17; word++) {
        check(0xd5000000 | word << 5 | (llvm_random() & 31));
        check(0xd500001f | word << 5);
    }
}

static void check_exceptions(void) {
    for (uint32_t word = 0; word < 1 << 8; word++)
        check(0xd4000000 | (word >> 5) << 21 | (llvm_random() & 0xffff) << 5 | (word & 31));
    check(0xd69f03e0);
    check(0xd6bf03e0);
}

static void check_patterns(void) {
    for (const struct row *row = __start_aarch64_rows; row < __stop_aarch64_rows; row++) {
        uint32_t mask, match;
        decode_pattern(row->text->pattern, &mask, &match);
        for (unsigned i = 0; i < 1000; i++)
            check((llvm_random() & ~mask) | match);
        for (uint32_t bit = 1; bit; bit <<= 1)
            for (unsigned i = 0; (mask & bit) && i < 20; i++)
                check((llvm_random() & ~mask) | (match ^ bit));
    }
}

int main(int argc, char **argv) {
    unsigned long words = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000000;
    llvm_seed(argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15);
    llvm_load(&aarch64);
    check_opcodes();
    check_system();
    check_exceptions();
    check_patterns();
    for (unsigned long i = 0; i < words; i++)
        check(llvm_random());
    return llvm_finish();
}
