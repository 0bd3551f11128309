/* Compares the riscv64 decoder and disassembler with LLVM's, instruction by instruction: which
 * encodings are legal, and the text of those that both accept, operands included.
 *
 *   decode_llvm [random words] [seed]
 *
 * Covered are the whole 16-bit space; of the 32-bit space all values of opcode, funct3 and the
 * upper twelve bits, with x0 and with random registers; every row's pattern with random fields and
 * with each of its fixed bits inverted; and uniformly random words. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/guest/llvm.h"
#include "translator/guest/riscv64/decode.h"
#include "translator/guest/riscv64/riscv64.h"

#define FEATURES                                                                                  \
    "+m,+a,+f,+d,+c,+zicsr,+zifencei,+zicntr,+zba,+zbb,+zbc,+zbs,+zicond,+zcb,+zfa,+zfh,+zicboz," \
    "+zicbom,+zicbop,+zihintpause,+zihintntl,+zimop,+zcmop,+zawrs,+experimental-zacas,+zabha"

static struct deviation deviations[] = {
    {0x0000707f, 0x0000000f, ONLY_HERE, "fence: reserved fields are ignored", 0},
    {0x0000707f, 0x0000100f, ONLY_HERE, "fence.i: reserved fields are ignored", 0},
    {0x0000707f, 0x00000073, ONLY_LLVM, "privileged instruction", 0},
    {0x0000107f, 0x00001073, ONLY_LLVM, "CSR not there for programs, or write of a counter", 0},
    {0x0000207f, 0x00002073, ONLY_LLVM, "CSR not there for programs, or write of a counter", 0},
    {0xfff0007f, 0xc2800053, ONLY_LLVM, "fcvtmod.w.d: other modes than rtz are reserved", 0},
    {0xffffffff, 0x00000000, ONLY_LLVM, "the defined illegal instruction, for LLVM c.unimp", 0},
    {0xfffff07f, 0x00006001, ONLY_LLVM, "c.lui: a zero immediate is reserved", 0},
    {0x0000ff83, 0x00007001, TEXT, "c.lui zero: LLVM prints the immediate signed", 0},
    {0xffffffff, 0x0100000f, TEXT, "pause: for LLVM fence w,0", 0},
    {0xffffffff, 0x00000001, TEXT, "c.nop: LLVM prints the immediate if it is not 0", 0},
    {0xfffff07f, 0x00000002, TEXT, "c.slli by 0: for LLVM c.slli64", 0},
    {0xfffff87f, 0x00008001, TEXT, "c.srli, c.srai by 0: for LLVM c.srli64, c.srai64", 0},
};
/* One form for both: no blanks inside the operands, numbers as signed decimals, and without the
 * rounding modes that either side leaves out. */
static void normalize(const char *text, char *out) {
    char *start = out;
    while (isspace((unsigned char)*text))
        text++;
    while (*text) {
        char *end;
        if (text[0] == '0' && text[1] == 'x') {
            out += sprintf(out, "%lld", (long long)strtoull(text, &end, 16));
            text = end;
        } else if (*text == ' ') {
            text++;
        } else {
            *out++ = *text++;
        }
    }
    *out = '\0';
    char *comma = strrchr(start, ',');
    if (comma && (!strcmp(comma, ",dyn") || !strcmp(comma, ",rne")))
        *comma = '\0';
}

static bool decode(uint32_t word, unsigned length, char *text, size_t size) {
    struct guest_insn insn = {.word = word, .length = (uint8_t)length};
    struct operands operands;
    if (!riscv64_decode(word, &operands))
        return false;
    riscv64_disassemble(&insn, 0, text, size);
    return true;
}

static const struct llvm_target riscv64 = {
    .name = "RISCV",
    .triple = "riscv64",
    .cpu = "generic-rv64",
    .features = FEATURES,
    .option = "-riscv-no-aliases",
    .deviations = deviations,
    .deviation_count = sizeof deviations / sizeof deviations[0],
    .decode = decode,
    .normalize = normalize,
};

static void check(uint32_t word) {
    llvm_check(word, (word & 3) == 3 ? 4 : 2);
}

static void check_compressed(void) {
    for (uint32_t word = 0; word <= 0xffff; word++)
        if ((word & 3) != 3)
            check(word);
}

static void check_functions(void) {
    for (uint32_t opcode = 3; opcode < 128; opcode += 4)
        for (uint32_t function = 0; function < 1 << 15; function++) {
            uint32_t word = (function >> 3) << 20 | (function & 7) << 12 | opcode;
            check(word);
            check(word | (llvm_random() & 0x000f8f80));
        }
}

static void check_patterns(void) {
    for (const struct row *row = __start_riscv64_rows; row < __stop_riscv64_rows; row++) {
        uint32_t mask, match;
        if (decode_pattern(row->text->pattern, &mask, &match) != 4)
            continue;
        for (unsigned i = 0; i < 1000; i++)
            check((llvm_random() & ~mask) | match);
        for (uint32_t bit = 4; bit; bit <<= 1)
            for (unsigned i = 0; (mask & bit) && i < 20; i++)
                check((llvm_random() & ~mask) | (match ^ bit));
    }
}

int main(int argc, char **argv) {
    unsigned long words = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000000;
    llvm_seed(argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15);
    llvm_load(&riscv64);
    check_compressed();
    check_functions();
    check_patterns();
    for (unsigned long i = 0; i < words; i++)
        check(llvm_random() | 3);
    return llvm_finish();
}
