/* See list.h. LLVM is loaded at run time (Debian: libllvm19). */
#include "tests/fuzz/aarch64/list.h"

#include <dlfcn.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LLVM_LIBRARY "/usr/lib/llvm-19/lib/libLLVM.so.19.1"

/* Armv8.0 and what Denizen implements beyond it, so that all else is unallocated. */
#define FEATURES                                                                             \
    "+crc,+lse,+lor,+rdm,+fullfp16,+dotprod,+rcpc,+rcpc-immo,+aes,+sha2,+sha3,+sm4,+jsconv," \
    "+complxnum,+fp16fml,+fptoint,+flagm,+altnzcv,+sb,+predres,+bf16,+i8mm,+ccpp,+ccdp,+dit"

static const struct row groups[] = {
#define ROW(kind, name, pattern) {kind, name, pattern, 0, 0},
#include "tests/fuzz/aarch64/insns.def"
#undef ROW
};
enum { GROUPS = sizeof groups / sizeof *groups };

static struct {
    size_t (*disassemble)(void *context, uint8_t *bytes, uint64_t size, uint64_t pc, char *out,
                          size_t out_size);
    void *context;
} llvm;

static void *symbol(void *library, const char *name) {
    void *address = dlsym(library, name);
    if (!address)
        errx(2, "%s", dlerror());
    return address;
}

static void load_llvm(void) {
    void *library = dlopen(LLVM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        errx(2, "%s: install the package libllvm19", dlerror());
    static const char *const initialize[] = {"LLVMInitializeAArch64TargetInfo",
                                             "LLVMInitializeAArch64TargetMC",
                                             "LLVMInitializeAArch64Disassembler"};
    for (unsigned i = 0; i < sizeof initialize / sizeof *initialize; i++)
        ((void (*)(void))symbol(library, initialize[i]))();
    void *(*create)(const char *, const char *, const char *, void *, int, void *, void *) =
        symbol(library, "LLVMCreateDisasmCPUFeatures");
    llvm.context = create("aarch64", "generic", FEATURES, NULL, 0, NULL, NULL);
    llvm.disassemble = symbol(library, "LLVMDisasmInstruction");
    if (!llvm.context)
        errx(2, "LLVM has no disassembler for aarch64");
}

/* The instruction's mnemonic and the type of its first operand, as in "add.4s" and "ldr.x". False
 * if there is no such instruction. */
static bool name_instruction(uint32_t word, char *name, size_t size) {
    char text[128], mnemonic[64] = "", operand[64] = "";
    if (!llvm.disassemble(llvm.context, (uint8_t *)&word, sizeof word, 0, text, sizeof text))
        return false;
    sscanf(text, " %63s %63[^,]", mnemonic, operand);
    char *start = operand + strspn(operand, "{[ "), *dot = strchr(start, '.');
    if (dot) {
        dot[1 + strcspn(dot + 1, "}[ ,")] = '\0';
        snprintf(name, size, "%s%s", mnemonic, dot);
    } else if (*start && strchr("wxbhsdq", *start) && strchr("0123456789z", start[1])) {
        snprintf(name, size, "%s.%c", mnemonic, *start);
    } else {
        snprintf(name, size, "%s", mnemonic);
    }
    return true;
}

/* Where a table mixes integers and floats, the mnemonic tells them apart. */
static enum kind refine(enum kind kind, const char *name) {
    if (kind < VSAME || kind > VELEMENT)
        return kind;
    if (strstr(name, "cvt") || !strncmp(name, "frint", 5))
        return VCONVERT;
    if (strstr(name, "dot") || strstr(name, "mmla"))
        return DOT;
    return *name == 'f' || !strncmp(name, "bf", 2) ? VFLOAT : kind;
}

/* A pattern with a harmless value in each field: registers that are even and unlike each other.
 * `opcode` receives the places of the x fields. */
static uint32_t typical_word(const char *pattern, uint32_t *opcode) {
    uint64_t word = 0, mask = 0;
    unsigned reg = 2;
    for (const char *field = pattern; *field; field += *field == ' ') {
        unsigned width = (unsigned)strspn(field, "01"), value = 1;
        if (width) {
            value = (unsigned)strtoul(field, NULL, 2);
        } else if (strchr("x?ui", *field)) {
            width = (unsigned)atoi(field + 1);
        } else if (*field == 'L' || *field == 'l') {
            width = *field == 'L' ? 13 : 12;
            value = 3;
        } else if (*field == 'h') {
            width = 3;
        } else {
            width = 5;
            value = reg += 2;
        }
        word = word << width | value;
        mask = mask << width | (*field == 'x' ? (UINT64_C(1) << width) - 1 : 0);
        field += strcspn(field, " ");
    }
    *opcode = (uint32_t)mask;
    return (uint32_t)word & ~*opcode;
}

static struct {
    struct row *row;
    unsigned count, capacity;
} list;

static void add_row(const struct row *group, enum kind kind, const char *name, uint32_t opcode) {
    if (list.count == list.capacity) {
        list.capacity = list.capacity ? 2 * list.capacity : 1024;
        list.row = realloc(list.row, list.capacity * sizeof *list.row);
        if (!list.row)
            err(2, "rows");
    }
    const struct row *last = list.count ? &list.row[list.count - 1] : group;
    const char *kept = strcmp(last->name, name) ? strdup(name) : last->name;
    list.row[list.count++] = (struct row){(uint16_t)kind, kept, group->pattern, opcode, 0};
}

/* A trap is listed whatever LLVM makes of it. */
static void list_group(const struct row *group) {
    uint32_t mask, word = typical_word(group->pattern, &mask), opcode = 0;
    unsigned before = list.count;
    char name[64];
    if (group->kind == TRAP) {
        add_row(group, TRAP, group->name, 0);
        return;
    }
    do {
        if (!name_instruction(word | opcode, name, sizeof name))
            add_row(group, UNALLOCATED, group->name, opcode);
        else
            add_row(group, refine(group->kind, name), name, opcode);
        opcode = (opcode - mask) & mask; /* the next value in the mask's bits */
    } while (opcode);
    for (unsigned i = before; i < list.count; i++)
        if (list.row[i].kind != UNALLOCATED)
            return;
    errx(2, "LLVM knows no instruction of the group \"%s\", %s", group->name, group->pattern);
}

const struct row *aarch64_list_rows(unsigned *count) {
    load_llvm();
    for (unsigned i = 0; i < GROUPS; i++)
        list_group(&groups[i]);
    *count = list.count;
    return list.row;
}
