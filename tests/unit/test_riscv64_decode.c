/* The riscv64 decoder: the rows are consistent, and scanning, masking and decoding agree. What is
 * an instruction at all, and which operands it has, is checked against LLVM in tests/guest/riscv64.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/guest/riscv64/decode.h"
#include "translator/guest/riscv64/riscv64.h"

#define FOR_EACH_ROW(each) \
    for (const struct row *each = __start_riscv64_rows; each < __stop_riscv64_rows; each++)

static uint32_t random_word(void) {
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static struct guest_insn make_insn(uint32_t word) {
    return (struct guest_insn){.word = word, .length = (word & 3) == 3 ? 4 : 2};
}

/* --- rows --- */

START_TEST(patterns_are_well_formed) {
    FOR_EACH_ROW(row) {
        uint32_t mask, match;
        unsigned length = decode_pattern(row->text->pattern, &mask, &match);
        ck_assert_msg(length == 4 ? (match & 3) == 3 && (mask & 0x7f) == 0x7f
                                  : length == 2 && (match & 3) != 3 && (mask & 0xe003) == 0xe003,
                      "%s: %s", row->text->name, row->text->pattern);
        ck_assert_uint_eq(strspn(row->text->pattern, "01. abcdfhijklmnprstuABHIJLMNOPQUWX"),
                          strlen(row->text->pattern));
    }
}
END_TEST

/* No word may match two rows that have equally many fixed bits. */
START_TEST(rows_do_not_tie) {
    FOR_EACH_ROW(one) {
        FOR_EACH_ROW(other) {
            uint32_t mask, match, other_mask, other_match;
            unsigned length = decode_pattern(one->text->pattern, &mask, &match);
            if (one == other ||
                decode_pattern(other->text->pattern, &other_mask, &other_match) != length)
                continue;
            bool overlap = ((match ^ other_match) & mask & other_mask) == 0;
            ck_assert_msg(!overlap || __builtin_popcount(mask) != __builtin_popcount(other_mask),
                          "%s and %s overlap", one->text->name, other->text->name);
        }
    }
}
END_TEST

/* Every word decodes to the row with the most fixed bits among all that match it. */
START_TEST(most_fixed_bits_win) {
    FOR_EACH_ROW(row) {
        uint32_t mask, match;
        unsigned length = decode_pattern(row->text->pattern, &mask, &match);
        for (int i = 0; i < 50; i++) {
            uint32_t word = (random_word() & ~mask) | match;
            if (length == 2)
                word &= 0xffff;
            const struct row *best = NULL;
            int best_bits = -1;
            FOR_EACH_ROW(other) {
                uint32_t other_mask, other_match;
                if (decode_pattern(other->text->pattern, &other_mask, &other_match) == length &&
                    (word & other_mask) == other_match &&
                    __builtin_popcount(other_mask) > best_bits) {
                    best = other;
                    best_bits = __builtin_popcount(other_mask);
                }
            }
            struct operands operands;
            const struct row *decoded = riscv64_decode(word, &operands);
            bool may_be_illegal = !best->lift || best->valid || strchr(best->text->pattern, 'm');
            ck_assert_msg(decoded == best || (!decoded && may_be_illegal), "%08x: %s instead of %s",
                          word, decoded ? decoded->text->name : "illegal", best->text->name);
        }
    }
}
END_TEST

static void *decode_everything(void *found) {
    unsigned long count = 0;
    struct operands operands;
    for (uint32_t i = 0; i < 1 << 20; i++)
        count += riscv64_decode(i << 12 | (i & 0x7c) | 3, &operands) != NULL;
    *(unsigned long *)found = count;
    return NULL;
}

START_TEST(threads_decode_alike) {
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    unsigned long found[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, decode_everything, &found[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i < THREADS; i++)
        ck_assert_uint_eq(found[i], found[0]);
}
END_TEST

/* --- single encodings: words as GNU as makes them --- */

static const struct {
    uint32_t word;
    const char *text;
} examples[] = {
    {0x12345537, "lui\ta0,0x12345"},
    {0x800000ef, "jal\tra,0xfffffffffff10000"},
    {0xfe0008e3, "beq\tzero,zero,0xfff0"},
    {0xff813083, "ld\tra,-8(sp)"},
    {0x00a12623, "sw\ta0,12(sp)"},
    {0x03f55513, "srli\ta0,a0,63"},
    {0x100525af, "lr.w\ta1,(a0)"},
    {0x1ec5b6af, "sc.d.aqrl\ta3,a2,(a1)"},
    {0x02c5f553, "fadd.d\tfa0,fa1,fa2"},
    {0x6ac58543, "fmadd.d\tfa0,fa1,fa2,fa3,rne"},
    {0x00151073, "csrrw\tzero,fflags,a0"},
    {0x0ff0000f, "fence\tiorw,iorw"},
    {0xc0102573, "csrrs\ta0,time,zero"},
    {0x8082, "c.jr\tra"},
    {0x1141, "c.addi\tsp,-16"},
    {0x0800, "c.addi4spn\ts0,sp,16"},
    {0x6145, "c.addi16sp\tsp,48"},
};

START_TEST(examples_disassemble) {
    struct guest_insn insn = make_insn(examples[_i].word);
    char text[64];
    ck_assert_uint_eq(riscv64_disassemble(&insn, 0x10000, text, sizeof text), insn.length);
    ck_assert_str_eq(text, examples[_i].text);
}
END_TEST

START_TEST(disassembly_fits_its_buffer) {
    struct guest_insn insn = make_insn(0x6ac58543);
    char text[8];
    memset(text, 'x', sizeof text);
    riscv64_disassemble(&insn, 0, text, 6);
    ck_assert_str_eq(text, "fmadd");
    ck_assert_int_eq(text[6], 'x');
}
END_TEST

static bool csr_legal(unsigned csr, unsigned funct3, unsigned source) {
    struct operands operands;
    return riscv64_decode(csr << 20 | source << 15 | funct3 << 12 | 0x73, &operands) != NULL;
}

/* Unprivileged ISA, "Zicsr" and "Zicntr": the counters (ours for the vDSO too) are read-only, and
 * only set and clear from x0 or 0 do not write. */
START_TEST(csr_access) {
    for (unsigned csr = 0; csr < 4096; csr++) {
        bool floating = csr >= 1 && csr <= 3,
             counter = (csr >= 0xc00 && csr <= 0xc02) || (csr >= 0xcc0 && csr <= 0xcc7);
        for (unsigned funct3 = 1; funct3 < 8; funct3++) {
            if (funct3 == 4)
                continue;
            bool always_writes = (funct3 & 3) == 1;
            ck_assert_int_eq(csr_legal(csr, funct3, 9), floating);
            ck_assert_int_eq(csr_legal(csr, funct3, 0), floating || (counter && !always_writes));
        }
    }
}
END_TEST

/* --- units --- */

/* Scans `halves` with `limit` bytes readable; returns the count, 0 for none. */
static unsigned scan(struct guest_unit *unit, const uint16_t *halves, size_t limit, unsigned most) {
    unit->pc = (uint64_t)(uintptr_t)halves;
    return riscv64_scan(unit, unit->pc + limit, most) ? unit->count : 0;
}

START_TEST(units_end_at_the_limit) {
    /* c.nop; lw a0,0(a0); c.nop */
    static const uint16_t code[] = {0x0001, 0x2503, 0x0005, 0x0001};
    static const unsigned counts[] = {0, 0, 1, 1, 1, 1, 2, 2, 3};
    struct guest_unit unit;
    for (size_t limit = 0; limit <= sizeof code; limit++)
        ck_assert_uint_eq(scan(&unit, code, limit, UNIT_MAX_INSNS), counts[limit]);
    ck_assert_uint_eq(scan(&unit, code, sizeof code, 2), 2);
    ck_assert_uint_eq(unit.insn[1].word, 0x00052503);
    ck_assert_int_eq(unit.insn[1].offset, 2);
    ck_assert_uint_eq(unit.insn[1].length, 4);
}
END_TEST

static const struct {
    uint32_t word;
    bool ends;
} flows[] = {
    {0x00000517, false}, /* auipc a0,0 */
    {0x0000006f, true},  /* j . */
    {0x000000ef, true},  /* jal ra,. */
    {0x00008067, true},  /* ret */
    {0x00050463, false}, /* beqz a0,.+8 */
    {0x00000073, true},  /* ecall */
    {0x00100073, true},  /* ebreak */
    {0x0000100f, true},  /* fence.i */
    {0x0ff0000f, false}, /* fence */
    {0x00251073, true},  /* fsrm a0 */
    {0x00202573, false}, /* frrm a0 */
    {0x0022d073, true},  /* fsrmi 5 */
    {0x00351073, true},  /* fscsr a0 */
    {0x00151073, false}, /* fsflags a0 */
    {0x81c04573, false}, /* mop.r.0 a0,zero: not a CSR access */
    {0xa001, true},      /* c.j . */
    {0xc111, false},     /* c.beqz */
    {0xe111, false},     /* c.bnez */
    {0x8082, true},      /* c.jr ra */
    {0x9082, true},      /* c.jalr ra */
    {0x9002, true},      /* c.ebreak */
    {0x852e, false},     /* c.mv a0,a1 */
    {0x952e, false},     /* c.add a0,a1 */
    {0x0000, true},      /* illegal */
};

START_TEST(flow_is_recognized) {
    uint16_t code[4] = {(uint16_t)flows[_i].word, (uint16_t)(flows[_i].word >> 16), 1, 1};
    struct guest_unit unit;
    if ((code[0] & 3) != 3)
        code[1] = 1;
    unsigned count = scan(&unit, code, sizeof code, 2);
    ck_assert_uint_eq(count, flows[_i].ends ? 1 : 2);
}
END_TEST

START_TEST(units_end_after_some_branches) {
    uint16_t code[16];
    struct guest_unit unit;
    for (int i = 0; i < 16; i++)
        code[i] = 0xc111;
    ck_assert_uint_eq(scan(&unit, code, sizeof code, UNIT_MAX_INSNS), 3);
}
END_TEST

static uint32_t pattern_of(uint32_t word) {
    const uint16_t halves[] = {(uint16_t)word, (uint16_t)(word >> 16)};
    struct guest_unit unit;
    ck_assert_uint_eq(scan(&unit, halves, sizeof halves, 1), 1);
    return unit.pattern[0];
}

/* Instructions with a pc-relative field: the field has the value that decoding finds, and masking
 * takes it out, but for the direction of a jump (one to itself counts as backwards), and nothing
 * else. */
static const char *const relative_rows[] = {"auipc", "jal",  "beq", "bne",    "blt",   "bge",
                                            "bltu",  "bgeu", "c_j", "c_beqz", "c_bnez"};

START_TEST(fields_are_masked) {
    const struct row *row = NULL;
    FOR_EACH_ROW(each)
    if (!strcmp(each->text->name, relative_rows[_i]))
        row = each;
    ck_assert_ptr_nonnull(row);

    char letters[33] = "";
    for (const char *p = row->text->pattern; *p; p++)
        if (*p != ' ')
            letters[strlen(letters)] = *p;
    unsigned width = (unsigned)strlen(letters);
    char letter = row->text->operands[strlen(row->text->operands) - 1];
    bool keeps_direction = strcmp(row->text->name, "auipc") != 0;

    uint32_t mask, match;
    decode_pattern(row->text->pattern, &mask, &match);
    for (int i = 0; i < 1000; i++) {
        struct guest_insn insn = make_insn((random_word() & ~mask) | match);
        insn.word &= width == 16 ? 0xffff : 0xffffffff;
        struct operands operands;
        ck_assert_ptr_eq(riscv64_decode(insn.word, &operands), row);
        ck_assert_int_eq(riscv64_pc_field(&insn, 0), operands.imm);
        for (unsigned bit = 0; bit < width; bit++) {
            struct guest_insn other = insn;
            other.word ^= 1u << bit;
            if (mask >> bit & 1)
                continue;
            bool turns = (riscv64_pc_field(&insn, 0) <= 0) != (riscv64_pc_field(&other, 0) <= 0);
            bool same = letters[width - 1 - bit] == letter && !(turns && keeps_direction);
            ck_assert_int_eq(pattern_of(insn.word) == pattern_of(other.word), same);
        }
    }
}
END_TEST

START_TEST(other_instructions_are_not_masked) {
    ck_assert_uint_eq(pattern_of(0x00052503), 0x00052503);
    ck_assert_uint_eq(pattern_of(0x8082), 0x8082);
}
END_TEST

/* --- what programs are told --- */

START_TEST(extensions_of_rows_are_announced) {
    char *cpuinfo = riscv64_cpuinfo(2);
    ck_assert_ptr_nonnull(cpuinfo);
    ck_assert_ptr_nonnull(
        strstr(cpuinfo, "processor\t: 1\nhart\t\t: 1\nisa\t\t: rv64imafdc_zicbom"));
    FOR_EACH_ROW(row) {
        char name[16];
        if (!row->lift || !row->text->extension[1])
            continue;
        snprintf(name, sizeof name, "_%s", row->text->extension);
        ck_assert_msg(strstr(cpuinfo, name) != NULL, "%s", row->text->extension);
    }
    free(cpuinfo);
    ck_assert_uint_eq(riscv64_hwcap(), 0x112d); /* COMPAT_HWCAP_ISA_ I, M, A, F, D, C */
}
END_TEST

START_TEST(hwprobe_values) {
    uint64_t value;
    ck_assert(riscv64_hwprobe(3, &value));
    ck_assert_uint_eq(value, 1);
    ck_assert(riscv64_hwprobe(4, &value));
    /* FD, C, Zba, Zbb, Zbs; Zicond; no vectors */
    ck_assert_uint_eq(value & 0x3f, 0x3b);
    ck_assert(value >> 35 & 1);
    ck_assert(riscv64_hwprobe(6, &value));
    ck_assert_uint_eq(value, 64);
    ck_assert(!riscv64_hwprobe(-1, &value));
    ck_assert(!riscv64_hwprobe(1000, &value));
    ck_assert_uint_eq(value, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("riscv64_decode");
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, threads_decode_alike);
    tcase_add_test(rows, patterns_are_well_formed);
    tcase_add_test(rows, rows_do_not_tie);
    tcase_add_test(rows, most_fixed_bits_win);
    suite_add_tcase(suite, rows);
    TCase *encodings = tcase_create("encodings");
    tcase_add_loop_test(encodings, examples_disassemble, 0, sizeof examples / sizeof examples[0]);
    tcase_add_test(encodings, disassembly_fits_its_buffer);
    tcase_add_test(encodings, csr_access);
    suite_add_tcase(suite, encodings);
    TCase *units = tcase_create("units");
    tcase_add_test(units, units_end_at_the_limit);
    tcase_add_loop_test(units, flow_is_recognized, 0, sizeof flows / sizeof flows[0]);
    tcase_add_test(units, units_end_after_some_branches);
    tcase_add_loop_test(units, fields_are_masked, 0,
                        sizeof relative_rows / sizeof relative_rows[0]);
    tcase_add_test(units, other_instructions_are_not_masked);
    suite_add_tcase(suite, units);
    TCase *processor = tcase_create("processor");
    tcase_add_test(processor, extensions_of_rows_are_announced);
    tcase_add_test(processor, hwprobe_values);
    suite_add_tcase(suite, processor);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
