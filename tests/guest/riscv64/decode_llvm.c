/* Compares the riscv64 decoder and disassembler with LLVM's, instruction by instruction: which
 * encodings are legal, and the text of those that both accept, operands included.
 *
 *   decode_llvm [random words] [seed]
 *
 * Covered are the whole 16-bit space; of the 32-bit space all values of opcode, funct3 and the
 * upper twelve bits, with x0 and with random registers; every row's pattern with random fields and
 * with each of its fixed bits inverted; and uniformly random words. LLVM is loaded at run time
 * (Debian: libllvm19). */
#include <ctype.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/guest/riscv64/decode.h"
#include "translator/guest/riscv64/riscv64.h"

#define LLVM_LIBRARY "/usr/lib/llvm-19/lib/libLLVM.so.19.1"
#define FEATURES                                                                                  \
    "+m,+a,+f,+d,+c,+zicsr,+zifencei,+zicntr,+zba,+zbb,+zbc,+zbs,+zicond,+zcb,+zfa,+zfh,+zicboz," \
    "+zicbom,+zicbop,+zihintpause,+zihintntl,+zimop,+zcmop,+zawrs,+experimental-zacas,+zabha"

/* Where the two differ, and why. An encoding belongs to the first entry that it matches; an entry
 * that nothing matches in a whole run is a failure too. */
enum difference { ONLY_HERE, ONLY_LLVM, TEXT };

static struct deviation {
    uint32_t mask, match;
    enum difference difference;
    const char *reason;
    unsigned long seen;
} deviations[] = {
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
enum { DEVIATIONS = sizeof deviations / sizeof deviations[0] };

typedef void llvm_initialize(void);
typedef void *llvm_create(const char *triple, const char *cpu, const char *features, void *info,
                          int tag, void *operand_info, void *symbol_lookup);
typedef size_t llvm_disassemble(void *context, uint8_t *bytes, uint64_t size, uint64_t pc,
                                char *out, size_t out_size);
typedef void llvm_parse_options(int count, const char *const *arguments, const char *overview);

static struct {
    llvm_disassemble *disassemble;
    void *context;
} llvm;

static struct { unsigned long words, legal, failures; } result;

static void *symbol(void *library, const char *name) {
    void *address = dlsym(library, name);
    if (!address) {
        fprintf(stderr, "decode_llvm: %s\n", dlerror());
        exit(2);
    }
    return address;
}

static void load_llvm(void) {
    void *library = dlopen(LLVM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "decode_llvm: %s: install the package libllvm19\n", dlerror());
        exit(2);
    }
    ((llvm_initialize *)symbol(library, "LLVMInitializeRISCVTargetInfo"))();
    ((llvm_initialize *)symbol(library, "LLVMInitializeRISCVTargetMC"))();
    ((llvm_initialize *)symbol(library, "LLVMInitializeRISCVDisassembler"))();
    const char *options[] = {"decode_llvm", "-riscv-no-aliases"};
    ((llvm_parse_options *)symbol(library, "LLVMParseCommandLineOptions"))(2, options, NULL);
    llvm_create *create = (llvm_create *)symbol(library, "LLVMCreateDisasmCPUFeatures");
    llvm.context = create("riscv64", "generic-rv64", FEATURES, NULL, 0, NULL, NULL);
    llvm.disassemble = (llvm_disassemble *)symbol(library, "LLVMDisasmInstruction");
    if (!llvm.context) {
        fprintf(stderr, "decode_llvm: LLVM has no disassembler for riscv64\n");
        exit(2);
    }
}

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

static void fail(uint32_t word, const char *ours, const char *theirs) {
    if (++result.failures <= 20)
        fprintf(stderr, "decode_llvm: %08x: here \"%s\", LLVM \"%s\"\n", word, ours, theirs);
}

static bool explained(uint32_t word, enum difference difference) {
    for (unsigned i = 0; i < DEVIATIONS; i++) {
        struct deviation *d = &deviations[i];
        if ((word & d->mask) == d->match && d->difference == difference) {
            d->seen++;
            return true;
        }
    }
    return false;
}

static void check(uint32_t word) {
    struct guest_insn insn = {.word = word, .length = (word & 3) == 3 ? 4 : 2};
    struct operands operands;
    char ours[96] = "illegal", theirs[96] = "illegal", ours_normal[96], theirs_normal[96];
    uint8_t bytes[4];
    memcpy(bytes, &word, sizeof bytes);

    bool legal = riscv64_decode(word, &operands) != NULL;
    bool llvm_legal =
        llvm.disassemble(llvm.context, bytes, insn.length, 0, theirs, sizeof theirs) != 0;
    result.words++;
    result.legal += legal;
    if (legal)
        riscv64_disassemble(&insn, 0, ours, sizeof ours);
    if (legal != llvm_legal) {
        if (!explained(word, legal ? ONLY_HERE : ONLY_LLVM))
            fail(word, ours, theirs);
        return;
    }
    if (!legal)
        return;
    normalize(ours, ours_normal);
    normalize(theirs, theirs_normal);
    if (strcmp(ours_normal, theirs_normal) != 0 && !explained(word, TEXT))
        fail(word, ours_normal, theirs_normal);
}

static uint64_t random_state;

static uint32_t random_word(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
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
            check(word | (random_word() & 0x000f8f80));
        }
}

static void check_patterns(void) {
    for (const struct row *row = __start_riscv64_rows; row < __stop_riscv64_rows; row++) {
        uint32_t mask, match;
        if (decode_pattern(row->text->pattern, &mask, &match) != 4)
            continue;
        for (unsigned i = 0; i < 1000; i++)
            check((random_word() & ~mask) | match);
        for (uint32_t bit = 4; bit; bit <<= 1)
            for (unsigned i = 0; (mask & bit) && i < 20; i++)
                check((random_word() & ~mask) | (match ^ bit));
    }
}

int main(int argc, char **argv) {
    unsigned long words = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000000;
    random_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 0x9e3779b97f4a7c15;
    if (!random_state)
        random_state = 1;
    uint64_t seed = random_state;

    load_llvm();
    check_compressed();
    check_functions();
    check_patterns();
    for (unsigned long i = 0; i < words; i++)
        check(random_word() | 3);

    static const char *const kinds[] = {"only here", "only LLVM", "text"};
    for (unsigned i = 0; i < DEVIATIONS; i++) {
        const struct deviation *d = &deviations[i];
        printf("%9lu %-9s %s\n", d->seen, kinds[d->difference], d->reason);
        if (!d->seen) {
            fprintf(stderr, "decode_llvm: deviation never seen: %s\n", d->reason);
            result.failures++;
        }
    }
    printf("decode_llvm: %lu words, %lu legal, %lu failures, seed %#llx\n", result.words,
           result.legal, result.failures, (unsigned long long)seed);
    return result.failures != 0;
}
