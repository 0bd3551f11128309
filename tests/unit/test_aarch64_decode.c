/* The aarch64 decoder: the rows are consistent, and scanning, masking and decoding agree; what
 * programs are told of the processor. What is an instruction at all is checked against LLVM in
 * tests/guest/aarch64. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/guest/aarch64/aarch64.h"
#include "translator/guest/aarch64/decode.h"

#define FOR_EACH_ROW(each) \
    for (const struct row *each = __start_aarch64_rows; each < __stop_aarch64_rows; each++)

static uint32_t random_word(void) {
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

/* --- rows --- */

START_TEST(patterns_are_well_formed) {
    FOR_EACH_ROW(row) {
        uint32_t mask, match;
        const char *pattern = row->text->pattern;
        ck_assert_msg(decode_pattern(pattern, &mask, &match) == 4, "%s: %s", row->text->name,
                      pattern);
        ck_assert_msg(strcspn(pattern, " ") >= 8, "%s: %s", row->text->name, pattern);
        ck_assert_uint_eq(strspn(pattern, "01. dnmatsxzquocfhekybrlijpJLYXZQUOCFHEKBRIP"),
                          strlen(pattern));
    }
}
END_TEST

/* No word may match two rows that have equally many fixed bits. */
START_TEST(rows_do_not_tie) {
    FOR_EACH_ROW(one) {
        FOR_EACH_ROW(other) {
            uint32_t mask, match, other_mask, other_match;
            decode_pattern(one->text->pattern, &mask, &match);
            decode_pattern(other->text->pattern, &other_mask, &other_match);
            bool overlap = one != other && ((match ^ other_match) & mask & other_mask) == 0;
            ck_assert_msg(!overlap || __builtin_popcount(mask) != __builtin_popcount(other_mask),
                          "%s and %s overlap", one->text->name, other->text->name);
        }
    }
}
END_TEST

static const struct row *best_match(uint32_t word) {
    const struct row *best = NULL;
    int best_bits = -1;
    FOR_EACH_ROW(row) {
        uint32_t mask, match;
        decode_pattern(row->text->pattern, &mask, &match);
        if ((word & mask) == match && __builtin_popcount(mask) > best_bits) {
            best = row;
            best_bits = __builtin_popcount(mask);
        }
    }
    return best;
}

/* Every word decodes to the row with the most fixed bits among all that match it. */
START_TEST(most_fixed_bits_win) {
    FOR_EACH_ROW(row) {
        uint32_t mask, match;
        decode_pattern(row->text->pattern, &mask, &match);
        for (int i = 0; i < 10; i++) {
            uint32_t word = (random_word() & ~mask) | match;
            const struct row *best = best_match(word);
            struct operands operands;
            const struct row *decoded = aarch64_decode(word, &operands);
            ck_assert_msg(decoded == best || (!decoded && (!best->lift || best->valid)),
                          "%08x: %s instead of %s", word, decoded ? decoded->text->name : "illegal",
                          best->text->name);
        }
    }
}
END_TEST

/* --- operands: words as GNU as makes them --- */

static const struct {
    uint32_t word;
    uint8_t d, n, m, t, s, sf;
    int64_t imm;
} operand_examples[] = {
    {0x17ffffff, 0, 0, 0, 0, 0, 0, -4},     /* b .-4 */
    {0x54000040, 0, 0, 0, 0, 0, 0, 8},      /* b.eq .+8 */
    {0x30ffffe0, 0, 0, 0, 0, 0, 0, -3},     /* adr x0, .-3 */
    {0xc8657ca3, 3, 5, 0, 31, 0, 0, 0},     /* ldxr x3, [x5] with Rs = 5, which is ignored */
    {0x88047cc5, 5, 6, 0, 0, 4, 0, 0},      /* stxr w4, w5, [x6] */
    {0xc87f1ca6, 6, 5, 0, 7, 0, 0, 0},      /* ldxp x6, x7, [x5] */
    {0xd53bd045, 5, 0, 0, 0, 0, 0, 0x5e82}, /* mrs x5, tpidr_el0 */
    {0xd4001001, 0, 0, 0, 0, 0, 0, 128},    /* svc #128 */
};

START_TEST(operands_are_found) {
    struct operands a;
    ck_assert_ptr_nonnull(aarch64_decode(operand_examples[_i].word, &a));
    ck_assert_uint_eq(a.d, operand_examples[_i].d);
    ck_assert_uint_eq(a.n, operand_examples[_i].n);
    ck_assert_uint_eq(a.s, operand_examples[_i].s);
    ck_assert_int_eq(a.imm, operand_examples[_i].imm);
    ck_assert_uint_eq(a.word, operand_examples[_i].word);
}
END_TEST

START_TEST(order_bits) {
    struct operands a;
    static const uint32_t ldadd[] = {0xf8200000, 0xf8a00000, 0xf8600000, 0xf8e00000};
    for (unsigned order = 0; order < 4; order++) { /* none, a, l, al */
        ck_assert_ptr_nonnull(aarch64_decode(ldadd[order], &a));
        ck_assert_uint_eq(a.order, order);
    }
}
END_TEST

/* --- units --- */

static unsigned scan(struct guest_unit *unit, const uint32_t *words, size_t limit, unsigned most) {
    unit->pc = (uint64_t)(uintptr_t)words;
    return aarch64_scan(unit, unit->pc + limit, most) ? unit->count : 0;
}

#define NOP 0xd503201f

START_TEST(units_end_at_the_limit) {
    static const uint32_t code[] = {NOP, NOP, NOP};
    struct guest_unit unit;
    for (size_t limit = 0; limit <= sizeof code; limit++)
        ck_assert_uint_eq(scan(&unit, code, limit, UNIT_MAX_INSNS), limit / 4);
    ck_assert_uint_eq(scan(&unit, code, sizeof code, 2), 2);
    ck_assert_int_eq(unit.insn[1].offset, 4);
    ck_assert_uint_eq(unit.insn[1].length, 4);
}
END_TEST

static const struct {
    uint32_t word;
    bool ends;
} flows[] = {
    {0x14000000, true},                       /* b . */
    {0x97ffffff, true},                       /* bl .-4 */
    {0xd61f0000, true},                       /* br x0 */
    {0xd63f0000, true},                       /* blr x0 */
    {0xd65f03c0, true},                       /* ret */
    {0xd69f03e0, true},                       /* eret */
    {0x54000000, false},                      /* b.eq . */
    {0xb4000000, false},                      /* cbz x0, . */
    {0x35000000, false},                      /* cbnz w0, . */
    {0x36000000, false},                      /* tbz w0, #0, . */
    {0xb7000000, false},                      /* tbnz x0, #32, . */
    {0x10000000, false},                      /* adr x0, . */
    {0xf0000000, false},                      /* adrp x0, .+0x3000 */
    {0x18000000, false},                      /* ldr w0, . */
    {0x5c000000, false},                      /* ldr d0, . */
    {0xd8000000, false},                      /* prfm pldl1keep, . */
    {0xd4000001, true},                       /* svc #0 */
    {0xd4200000, true},                       /* brk #0 */
    {0x00000000, true},                       /* udf #0 */
    {0xd5033fdf, true},                       /* isb */
    {0xd5033f9f, false},                      /* dsb sy */
    {0xd50b7520, false},                      /* ic ivau, x0 */
    {0xd51b4400, false},                      /* msr fpcr, x0: leaves by itself */
    {NOP, false},        {0x1e604020, false}, /* fmov d0, d1 */
};

START_TEST(flow_is_recognized) {
    uint32_t code[2] = {flows[_i].word, NOP};
    struct guest_unit unit;
    ck_assert_uint_eq(scan(&unit, code, sizeof code, 2), flows[_i].ends ? 1 : 2);
}
END_TEST

START_TEST(units_end_after_some_branches) {
    uint32_t code[16];
    struct guest_unit unit;
    for (int i = 0; i < 16; i++)
        code[i] = 0xb4000040;
    ck_assert_uint_eq(scan(&unit, code, sizeof code, UNIT_MAX_INSNS), 3);
}
END_TEST

static uint32_t pattern_of(uint32_t word) {
    struct guest_unit unit;
    ck_assert_uint_eq(scan(&unit, &word, sizeof word, 1), 1);
    return unit.pattern[0];
}

/* Instructions with a pc-relative field: base word, the bits of the field, and whether it is a
 * branch, whose sign stays. */
static const struct {
    uint32_t word, field;
    bool branch;
} relative[] = {
    {0x14000000, 0x03ffffff, true},  {0x94000000, 0x03ffffff, true},
    {0x54000001, 0x00ffffe0, true},  {0x34000003, 0x00ffffe0, true},
    {0xb5000004, 0x00ffffe0, true},  {0x36280005, 0x0007ffe0, true},
    {0xb7f80006, 0x0007ffe0, true},  {0x10000007, 0x60ffffe0, false},
    {0x90000008, 0x60ffffe0, false}, {0x58000009, 0x00ffffe0, false},
    {0x9c00000a, 0x00ffffe0, false}, {0xd800000b, 0x00ffffe0, false},
};

/* The field has the value that decoding finds; masking takes it out, but for the direction of a
 * jump (one to itself counts as backwards), and nothing else. */
START_TEST(fields_are_masked) {
    for (int i = 0; i < 1000; i++) {
        uint32_t word = relative[_i].word | (random_word() & relative[_i].field);
        struct guest_insn insn = {.word = word, .length = 4};
        struct operands operands;
        bool adrp = (word & 0x9f000000) == 0x90000000;
        ck_assert_ptr_nonnull(aarch64_decode(word, &operands));
        int64_t value = aarch64_pc_field(&insn, 0x12345678);
        if (adrp)
            ck_assert_int_eq(value, operands.imm * 4096 - 0x678);
        else if (word >> 24 != 0xd8) /* prfm: nobody asks for its address */
            ck_assert_int_eq(value, operands.imm);
        for (unsigned bit = 0; bit < 32; bit++) {
            struct guest_insn other = insn;
            other.word ^= 1u << bit;
            bool turns = (value <= 0) != (aarch64_pc_field(&other, 0x12345678) <= 0);
            bool same = (relative[_i].field >> bit & 1) && !(turns && relative[_i].branch);
            if (relative[_i].field >> bit & 1)
                ck_assert_int_eq(pattern_of(insn.word) == pattern_of(other.word), same);
        }
    }
}
END_TEST

START_TEST(other_instructions_are_not_masked) {
    ck_assert_uint_eq(pattern_of(0xf9400000), 0xf9400000);
}
END_TEST

/* --- what programs are told --- */

START_TEST(extensions_of_rows_are_announced) {
    FOR_EACH_ROW(row)
    ck_assert_msg(!row->lift || aarch64_has_extension(row->text->extension), "%s of %s",
                  row->text->extension, row->text->name);
}
END_TEST

/* Linux's names by their bits, from its uapi header and cpuinfo.c. */
static const struct {
    bool second;
    unsigned bit;
    const char *name;
} capabilities[] = {
    {false, 0, "fp"},      {false, 1, "asimd"},     {false, 3, "aes"},    {false, 4, "pmull"},
    {false, 5, "sha1"},    {false, 6, "sha2"},      {false, 7, "crc32"},  {false, 8, "atomics"},
    {false, 9, "fphp"},    {false, 10, "asimdhp"},  {false, 11, "cpuid"}, {false, 12, "asimdrdm"},
    {false, 13, "jscvt"},  {false, 14, "fcma"},     {false, 15, "lrcpc"}, {false, 16, "dcpop"},
    {false, 17, "sha3"},   {false, 18, "sm3"},      {false, 19, "sm4"},   {false, 20, "asimddp"},
    {false, 21, "sha512"}, {false, 23, "asimdfhm"}, {false, 24, "dit"},   {false, 26, "ilrcpc"},
    {false, 27, "flagm"},  {false, 29, "sb"},       {true, 0, "dcpodp"},  {true, 7, "flagm2"},
    {true, 8, "frint"},    {true, 13, "i8mm"},      {true, 14, "bf16"},
};

START_TEST(capabilities_agree_with_cpuinfo) {
    char *cpuinfo = aarch64_cpuinfo(2);
    ck_assert_ptr_nonnull(cpuinfo);
    ck_assert_ptr_nonnull(strstr(cpuinfo, "\nprocessor\t: 1\n"));
    ck_assert_ptr_nonnull(strstr(cpuinfo, "\nFeatures\t: fp asimd evtstrm aes "));
    for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++) {
        char name[16];
        uint64_t bits = capabilities[i].second ? aarch64_hwcap2() : aarch64_hwcap();
        snprintf(name, sizeof name, " %s", capabilities[i].name);
        const char *found = strstr(cpuinfo, name);
        ck_assert_msg(found && strchr(" \n", found[strlen(name)]), "%s", name);
        ck_assert_msg(bits >> capabilities[i].bit & 1, "%s", name);
    }
    ck_assert(!(aarch64_hwcap() >> 22 & 1)); /* sve */
    free(cpuinfo);
}
END_TEST

/* Fields of the Arm ARM's register descriptions. */
START_TEST(id_registers) {
    uint64_t value;
    ck_assert(aarch64_id_register(0, 0, &value)); /* MIDR */
    ck_assert_uint_eq(value, 0x414fd0c1);
    ck_assert(aarch64_id_register(0, 5, &value)); /* MPIDR */
    ck_assert_uint_eq(value, 0x80000000);
    ck_assert(!aarch64_id_register(0, 1, &value));
    ck_assert(!aarch64_id_register(1, 0, &value));
    ck_assert(!aarch64_id_register(8, 0, &value));
    ck_assert(aarch64_id_register(4, 0, &value)); /* PFR0: FP16, DIT; no SVE */
    ck_assert_uint_eq(value, UINT64_C(0x0001000000110011));
    ck_assert(aarch64_id_register(6, 0, &value)); /* ISAR0: all but RNDR and TLB */
    ck_assert_uint_eq(value, UINT64_C(0x0021111110212120));
    ck_assert(aarch64_id_register(6, 1, &value)); /* ISAR1 */
    ck_assert_uint_eq(value, UINT64_C(0x0010101100211002));
    ck_assert(aarch64_id_register(7, 3, &value)); /* not known */
    ck_assert_uint_eq(value, 0);
}
END_TEST

START_TEST(special_registers_round_trip) {
    struct cpu *cpu = calloc(1, sizeof *cpu);
    for (uint32_t nzcv = 0; nzcv < 16; nzcv++) {
        aarch64_set_nzcv(cpu, nzcv << 28);
        ck_assert_uint_eq(aarch64_nzcv(cpu), nzcv << 28);
    }
    aarch64_set_fpsr(cpu, 0xffffffff);
    ck_assert_uint_eq(aarch64_fpsr(cpu), 0x0800009f);
    aarch64_set_fpcr(cpu, 0xffffffff);
    ck_assert_uint_eq(aarch64_fpcr(cpu), 0x07c80000);
    ck_assert_uint_ne(cpu->mode, 0);
    aarch64_set_fpcr(cpu, 1 << 22);
    ck_assert_uint_eq(cpu->fp.round, FP_RUP);
    ck_assert_uint_eq(cpu->mode, 0);
    free(cpu);
}
END_TEST

#define LOOP(tcase, test, table) tcase_add_loop_test(tcase, test, 0, sizeof table / sizeof table[0])

int main(void) {
    Suite *suite = suite_create("aarch64_decode");
    TCase *rows = tcase_create("rows");
    tcase_add_test(rows, patterns_are_well_formed);
    tcase_add_test(rows, rows_do_not_tie);
    tcase_add_test(rows, most_fixed_bits_win);
    tcase_add_test(rows, order_bits);
    LOOP(rows, operands_are_found, operand_examples);
    tcase_set_timeout(rows, 60);
    suite_add_tcase(suite, rows);
    TCase *units = tcase_create("units");
    tcase_add_test(units, units_end_at_the_limit);
    LOOP(units, flow_is_recognized, flows);
    tcase_add_test(units, units_end_after_some_branches);
    LOOP(units, fields_are_masked, relative);
    tcase_add_test(units, other_instructions_are_not_masked);
    suite_add_tcase(suite, units);
    TCase *processor = tcase_create("processor");
    tcase_add_test(processor, extensions_of_rows_are_announced);
    tcase_add_test(processor, capabilities_agree_with_cpuinfo);
    tcase_add_test(processor, id_registers);
    tcase_add_test(processor, special_registers_round_trip);
    suite_add_tcase(suite, processor);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
