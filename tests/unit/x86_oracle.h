/* What the encoder's tests share: each instruction emitted is read back by capstone, or by objdump
 * where capstone 4 does not know it, and its text compared with what the test expects. Texts are
 * compared in a canonical form: no blanks, lower case, numbers in hexadecimal. */
#ifndef TESTS_UNIT_X86_ORACLE_H
#define TESTS_UNIT_X86_ORACLE_H

/* The two libraries have a type of the same name. */
#define x86_reg capstone_x86_reg
#include <capstone/capstone.h>
#undef x86_reg
#include <check.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/host/x86_64/encode_core.h"

enum { TEXT_SIZE = 160 };

/* Instructions that wait for objdump. */
struct objdump_entry {
    char expected[TEXT_SIZE];
    uint64_t imm_mask;
    size_t offset; /* ANYWHERE: behind the one before */
};
struct objdump_queue {
    FILE *code;
    struct objdump_entry *entries;
    size_t count, capacity, bytes;
};
#define ANYWHERE SIZE_MAX

static struct {
    csh capstone;
    uint8_t code[128];
    struct x86_buffer buffer;
    struct objdump_queue queue;
    uint64_t checked, failures;
    uint32_t random;
} oracle;

static const char *const op_names[X86_OP_COUNT] = {
#define X86(name, ...) [X86_##name] = #name,
#include "translator/host/x86_64/instructions.def"
#undef X86
};

static inline void oracle_setup(void) {
    ck_assert_int_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &oracle.capstone), CS_ERR_OK);
    oracle.checked = oracle.failures = 0;
    oracle.random = 1;
    oracle.queue = (struct objdump_queue){.code = tmpfile()};
    ck_assert_ptr_nonnull(oracle.queue.code);
}

static inline uint32_t random_below(uint32_t limit) {
    oracle.random ^= oracle.random << 13;
    oracle.random ^= oracle.random >> 17;
    oracle.random ^= oracle.random << 5;
    return oracle.random % limit;
}

/* An empty buffer for the next instruction. */
static inline struct x86_buffer *fresh(void) {
    memset(oracle.code, 0xcc, sizeof oracle.code);
    oracle.buffer = (struct x86_buffer){
        .start = oracle.code, .at = oracle.code, .end = oracle.code + sizeof oracle.code};
    return &oracle.buffer;
}

/* Drops blanks; writes immediates masked and displacements with their sign, both in hexadecimal;
 * drops "+0", "*1" and objdump's spelling of absolute addresses. */
static inline void canonical(char *out, const char *in, uint64_t imm_mask) {
    bool in_brackets = false, absolute = false;
    const char *begin = in;
    char *start = out;

    while (*in) {
        if (isspace((unsigned char)*in)) {
            in++;
        } else if (strncmp(in, "ds:0x", 5) == 0) {
            in += 3;
            *out++ = '[';
            in_brackets = absolute = true;
        } else if (isdigit((unsigned char)*in) &&
                   (in == begin || !isalnum((unsigned char)in[-1]))) {
            uint64_t value = strtoull(in, (char **)&in, 0);
            char sign = out > start ? out[-1] : 0;
            if (sign == '*') {
                out += value == 1 ? -1 : sprintf(out, "%u", (unsigned)value);
            } else if (in_brackets) {
                if (sign == '-' && out[-2] == '[')
                    value = -value, out--;
                if (value == 0 && sign == '+')
                    out--;
                else
                    out += sprintf(out, "0x%" PRIx64, value);
            } else {
                if (sign == '-')
                    value = -value, out--;
                out += sprintf(out, "0x%" PRIx64, value & imm_mask);
            }
            if (absolute) {
                *out++ = ']';
                in_brackets = absolute = false;
            }
        } else {
            if (*in == '[' || *in == ']')
                in_brackets = *in == '[';
            *out++ = (char)tolower((unsigned char)*in++);
        }
    }
    *out = 0;
}

static inline void report(const char *who, const char *expected, const char *found) {
    enum { ENOUGH = 8 }; /* characters that tell mnemonics apart */
    static char last[160];

    const char *name = strrchr(expected, ';') ? strrchr(expected, ';') + 1 : expected;

    oracle.failures++;
    if (strncmp(last, name, ENOUGH) == 0)
        return; /* more of the same */
    snprintf(last, sizeof last, "%s", name);
    fprintf(stderr, "%s: expected '%s', found '%s':", who, expected, found);
    for (const uint8_t *p = oracle.code; p < oracle.buffer.at; p++)
        fprintf(stderr, " %02x", *p);
    fputc('\n', stderr);
}

/* The buffer holds exactly the instructions of `expected` (canonical; separated by ';'). False when
 * capstone cannot decode them. */
static inline bool check_capstone(const char *expected, uint64_t imm_mask) {
    const uint8_t *at = oracle.code;
    size_t left = (size_t)(oracle.buffer.at - at);
    uint64_t address = 0;
    char found[2 * TEXT_SIZE] = "", *end = found;
    cs_insn *insn = cs_malloc(oracle.capstone);

    while (left && cs_disasm_iter(oracle.capstone, &at, &left, &address, insn)) {
        char text[TEXT_SIZE + CS_MNEMONIC_SIZE];
        snprintf(text, sizeof text, "%s %s", insn->mnemonic, insn->op_str);
        if (end > found)
            *end++ = ';';
        canonical(end, text, imm_mask);
        end += strlen(end);
    }
    cs_free(insn, 1);
    if (left)
        return false;
    if (strcmp(found, expected) != 0)
        report("capstone", expected, found);
    return true;
}

static inline void queue_objdump(char *expected, uint64_t imm_mask) {
    struct objdump_queue *q = &oracle.queue;
    size_t length = (size_t)(oracle.buffer.at - oracle.code);
    bool first = true;

    for (char *text = strtok(expected, ";"); text; text = strtok(NULL, ";"), first = false) {
        if (q->count == q->capacity) {
            q->capacity = q->capacity ? 2 * q->capacity : 1024;
            q->entries = realloc(q->entries, q->capacity * sizeof *q->entries);
        }
        struct objdump_entry *entry = &q->entries[q->count++];
        snprintf(entry->expected, sizeof entry->expected, "%s", text);
        entry->imm_mask = imm_mask;
        entry->offset = first ? q->bytes : ANYWHERE;
    }
    q->bytes += length;
    ck_assert_uint_eq(fwrite(oracle.code, 1, length, q->code), length);
}

/* Compares all that was queued, in one run of objdump. */
static inline void check_objdump(void) {
    struct objdump_queue *q = &oracle.queue;
    char command[120], line[400], found[400];
    size_t index = 0;

    fflush(q->code);
    if (q->count == 0)
        return;
    if (system("objdump --version >/dev/null 2>&1") != 0) {
        fprintf(stderr, "no objdump: %zu encodings are not checked\n", q->count);
        return;
    }
    snprintf(command, sizeof command,
             "objdump -D -w -b binary -m i386:x86-64 -M intel --no-show-raw-insn /proc/%d/fd/%d",
             (int)getpid(), fileno(q->code));
    FILE *listing = popen(command, "r");
    ck_assert_ptr_nonnull(listing);
    while (fgets(line, sizeof line, listing)) {
        char *text, *end = strchr(line, '#');
        size_t offset = strtoull(line, &text, 16);
        if (*text != ':' || text == line)
            continue;
        if (end)
            *end = 0;
        ck_assert_uint_lt(index, q->count);
        const struct objdump_entry *entry = &q->entries[index++];
        bool in_step = entry->offset == ANYWHERE || offset == entry->offset;
        canonical(found, text + 1, entry->imm_mask);
        if (!in_step || strcmp(found, entry->expected) != 0) {
            oracle.buffer.at = oracle.code;
            report("objdump", entry->expected, found);
        }
        if (!in_step)
            break; /* the rest means nothing */
    }
    pclose(listing);
    ck_assert_uint_eq(index, q->count);
}

static inline void oracle_finish(const char *what) {
    check_objdump();
    printf("%s: %" PRIu64 " encodings checked, %zu of them by objdump\n", what, oracle.checked,
           oracle.queue.count);
    fclose(oracle.queue.code);
    free(oracle.queue.entries);
    cs_close(&oracle.capstone);
    ck_assert_uint_eq(oracle.failures, 0);
}

enum reader {
    CAPSTONE,
    OBJDUMP, /* capstone 4 misprints it */
    EITHER,  /* capstone 4 may not know it */
};

/* The buffer holds what the format says; immediates count modulo 2^(8 * imm_size). */
__attribute__((format(printf, 3, 4))) static inline void
expect(enum reader reader, unsigned imm_size, const char *format, ...) {
    uint64_t imm_mask = imm_size >= 8 ? ~0ull : (1ull << 8 * imm_size) - 1;
    char text[TEXT_SIZE], expected[TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    canonical(expected, text, imm_mask);
    ck_assert(!oracle.buffer.overflow);
    oracle.checked++;
    /* Capstone 4 shortens negative absolute addresses to the operand size. */
    if (reader == OBJDUMP || strstr(expected, "[0xffffffff"))
        queue_objdump(expected, imm_mask);
    else if (check_capstone(expected, imm_mask))
        return;
    else if (reader == EITHER)
        queue_objdump(expected, imm_mask);
    else
        report("capstone", expected, "(undecoded bytes)");
}

/* --- operands --- */

static inline const char *gpr(unsigned size, unsigned reg) {
    static const char *const names[4][16] = {
        {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b", "r9b", "r10b", "r11b", "r12b",
         "r13b", "r14b", "r15b"},
        {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w", "r9w", "r10w", "r11w", "r12w",
         "r13w", "r14w", "r15w"},
        {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "r8d", "r9d", "r10d", "r11d",
         "r12d", "r13d", "r14d", "r15d"},
        {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
         "r13", "r14", "r15"},
    };
    return names[size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3][reg];
}

static inline const char *pointer_name(unsigned size) {
    switch (size) {
    case 0: return "";
    case 1: return "byte ptr ";
    case 2: return "word ptr ";
    case 4: return "dword ptr ";
    case 8: return "qword ptr ";
    default: return "xmmword ptr ";
    }
}

/* In one of a few static buffers. */
static inline const char *memory(unsigned size, struct x86_mem mem) {
    static char texts[4][TEXT_SIZE];
    static unsigned next;
    char *text = texts[next++ % 4], *at = text + sprintf(text, "%s[", pointer_name(size));
    const char *plus = "";

    if (mem.base != NO_REG) {
        at += sprintf(at, "%s", gpr(8, mem.base));
        plus = "+";
    }
    if (mem.index != NO_REG) {
        at += sprintf(at, "%s%s*%u", plus, gpr(8, mem.index), 1u << mem.scale);
        plus = "+";
    }
    if (!*plus)
        sprintf(at, "0x%" PRIx64 "]", (uint64_t)(int64_t)mem.disp);
    else if (mem.disp < 0)
        sprintf(at, "-0x%" PRIx64 "]", -(uint64_t)(int64_t)mem.disp);
    else
        sprintf(at, "+0x%" PRIx64 "]", (uint64_t)mem.disp);
    return text;
}

static const int32_t displacements[] = {
    0,    1,    8,    16,   24,    64,    100,  127,  128,  -1,         -8,        -16,
    -127, -128, -129, -136, -1024, -2048, 1016, 2032, 2048, 0x12345678, INT32_MAX, INT32_MIN,
};
enum {
    DISPLACEMENTS = sizeof displacements / sizeof *displacements,
    MEMORY_SHAPES = 17 * 16 * 4 * DISPLACEMENTS
};

/* Every shape of memory operand for n < MEMORY_SHAPES. */
static inline struct x86_mem memory_shape(unsigned n) {
    unsigned base = n % 17, index = n / 17 % 16, scale = n / (17 * 16) % 4;
    struct x86_mem mem = {(uint8_t)(base == 16 ? NO_REG : base), (uint8_t)index, (uint8_t)scale,
                          displacements[n / (17 * 16 * 4)]};
    if (index == RSP)
        mem.index = NO_REG, mem.scale = 0;
    return mem;
}

static inline struct x86_mem random_memory(void) {
    return memory_shape(random_below(MEMORY_SHAPES));
}

static inline int run_suite(const char *name, const TTest *const *tests) {
    Suite *suite = suite_create(name);

    for (; *tests; tests++) {
        TCase *tcase = tcase_create((*tests)->name);
        tcase_set_timeout(tcase, 300);
        tcase_add_test(tcase, *tests);
        suite_add_tcase(suite, tcase);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
