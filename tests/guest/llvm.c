#include "tests/guest/llvm.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LLVM_LIBRARY "/usr/lib/llvm-19/lib/libLLVM.so.19.1"

enum { MOST_TEXT = 128, MOST_NAMES = 4096, MOST_SHOWN = 40 };

typedef void initialize_function(void);
typedef void *create_function(const char *triple, const char *cpu, const char *features, void *info,
                              int tag, void *operand_info, void *symbol_lookup);
typedef size_t disassemble_function(void *context, uint8_t *bytes, uint64_t size, uint64_t pc,
                                    char *out, size_t out_size);
typedef void options_function(int count, const char *const *arguments, const char *overview);

static const struct llvm_target *target;
static disassemble_function *disassemble;
static void *context;
static struct { unsigned long words, legal, failures; } result;
static uint64_t seed, random_state;

/* Failures by kind and mnemonic, with an example each. */
static struct failure {
    enum difference difference;
    uint32_t word;
    unsigned long count;
    char name[24], ours[MOST_TEXT], theirs[MOST_TEXT];
} failures[MOST_NAMES];
static unsigned failure_count;

static void *symbol(void *library, const char *name) {
    void *address = dlsym(library, name);
    if (!address) {
        fprintf(stderr, "decode_llvm: %s\n", dlerror());
        exit(2);
    }
    return address;
}

static void initialize(void *library, const char *what) {
    char name[64];
    snprintf(name, sizeof name, "LLVMInitialize%s%s", target->name, what);
    ((initialize_function *)symbol(library, name))();
}

void llvm_load(const struct llvm_target *wanted) {
    void *library = dlopen(LLVM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    target = wanted;
    if (!library) {
        fprintf(stderr, "decode_llvm: %s: install the package libllvm19\n", dlerror());
        exit(2);
    }
    initialize(library, "TargetInfo");
    initialize(library, "TargetMC");
    initialize(library, "Disassembler");
    if (target->option) {
        const char *options[] = {"decode_llvm", target->option};
        ((options_function *)symbol(library, "LLVMParseCommandLineOptions"))(2, options, NULL);
    }
    create_function *create = (create_function *)symbol(library, "LLVMCreateDisasmCPUFeatures");
    context = create(target->triple, target->cpu, target->features, NULL, 0, NULL, NULL);
    disassemble = (disassemble_function *)symbol(library, "LLVMDisasmInstruction");
    if (!context) {
        fprintf(stderr, "decode_llvm: LLVM has no disassembler for %s\n", target->triple);
        exit(2);
    }
}

static bool explained(uint32_t word, enum difference difference) {
    for (unsigned i = 0; i < target->deviation_count; i++) {
        struct deviation *d = &target->deviations[i];
        if ((word & d->mask) == d->match && d->difference == difference) {
            d->seen++;
            return true;
        }
    }
    return false;
}

static void fail(uint32_t word, enum difference difference, const char *ours, const char *theirs) {
    const char *text = difference == ONLY_HERE ? ours : theirs;
    struct failure *f = failures;
    char name[sizeof f->name];
    size_t length = strcspn(text + strspn(text, " \t"), " \t");
    snprintf(name, sizeof name, "%.*s", (int)length, text + strspn(text, " \t"));
    result.failures++;
    while (f < failures + failure_count &&
           (f->difference != difference || strcmp(f->name, name) != 0))
        f++;
    if (f == failures + MOST_NAMES)
        return;
    if (f == failures + failure_count) {
        failure_count++;
        f->difference = difference;
        f->word = word;
        strcpy(f->name, name);
        strcpy(f->ours, ours);
        strcpy(f->theirs, theirs);
    }
    f->count++;
}

void llvm_check(uint32_t word, unsigned length) {
    char ours[MOST_TEXT] = "illegal", theirs[MOST_TEXT] = "illegal";
    char ours_normal[MOST_TEXT], theirs_normal[MOST_TEXT];
    uint8_t bytes[4];
    memcpy(bytes, &word, sizeof bytes);
    bool legal = target->decode(word, length, ours, sizeof ours);
    bool llvm_legal = disassemble(context, bytes, length, 0, theirs, sizeof theirs) != 0;
    result.words++;
    result.legal += legal;
    if (legal != llvm_legal) {
        if (!explained(word, legal ? ONLY_HERE : ONLY_LLVM))
            fail(word, legal ? ONLY_HERE : ONLY_LLVM, ours, theirs);
        return;
    }
    if (!legal || !target->normalize)
        return;
    target->normalize(ours, ours_normal);
    target->normalize(theirs, theirs_normal);
    if (strcmp(ours_normal, theirs_normal) != 0 && !explained(word, TEXT))
        fail(word, TEXT, ours_normal, theirs_normal);
}

int llvm_finish(void) {
    static const char *const kinds[] = {"only here", "only LLVM", "text"};
    for (unsigned i = 0; i < target->deviation_count; i++) {
        const struct deviation *d = &target->deviations[i];
        printf("%9lu %-9s %s\n", d->seen, kinds[d->difference], d->reason);
        if (!d->seen) {
            fprintf(stderr, "decode_llvm: deviation never seen: %s\n", d->reason);
            result.failures++;
        }
    }
    for (unsigned i = 0; i < failure_count; i++) {
        const struct failure *f = &failures[i];
        fprintf(stderr, "decode_llvm: %-9s %6lu times, as %08x: here \"%s\", LLVM \"%s\"\n",
                kinds[f->difference], f->count, f->word, f->ours, f->theirs);
    }
    printf("decode_llvm: %lu words, %lu legal, %lu failures, seed %#llx\n", result.words,
           result.legal, result.failures, (unsigned long long)seed);
    return result.failures != 0;
}

void llvm_seed(uint64_t wanted) {
    seed = random_state = wanted ? wanted : 1;
}

uint32_t llvm_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}
