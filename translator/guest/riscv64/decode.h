/* The riscv64 instruction table and its decoder.
 *
 * Every instruction is one row, written beside its lift function with INSN. A row's pattern shows
 * the encoding from the most significant bit down: fixed bits as 0 and 1, fields as runs of a
 * letter, '.' for a bit that does not matter, blanks for reading. Where the patterns of two rows
 * overlap, the one with more fixed bits wins; RESERVED rows take encodings out in the same way.
 * What no row matches is illegal.
 *
 * Field letters:
 *   d s t r  registers rd, rs1, rs2, rs3: five letters, or three for x8..x15, or four and a fixed
 *            0 for an even pair
 *   m        rounding mode: 5 and 6 are reserved in every row
 *   a l      aq and rl
 *   others   the immediate; the letter names its layout (decode.c)
 *
 * The operands string tells the disassembler what to print: register letters as above (in capitals
 * for the floating-point ones), the immediate's letter, m; z is rs1 as a number; $ is sp; other
 * characters stand for themselves. */
#ifndef TRANSLATOR_GUEST_RISCV64_DECODE_H
#define TRANSLATOR_GUEST_RISCV64_DECODE_H

#include <stdbool.h>
#include <stdint.h>

struct lifter;

struct operands {
    uint8_t d, s, t, r; /* register numbers; 0 where the row has no such field */
    uint8_t rm;         /* rounding mode field */
    uint8_t order;      /* aq and rl as enum ir_mem_order bits */
    int64_t imm;
};

struct row {
    const char *name; /* the mnemonic, with _ for . */
    const char *pattern;
    const char *extension; /* as in the ISA string */
    const char *operands;
    void (*lift)(struct lifter *l, const struct operands *a); /* NULL: reserved */
    /* NULL, or tells whether a word that matches is an instruction at all. */
    bool (*valid)(const struct operands *a);
};

#define INSN_IF(id, validity, encoding, extension_name, operand_format)             \
    static void insn_##id(struct lifter *l, const struct operands *a);              \
    ROW(id) = {#id, encoding, extension_name, operand_format, insn_##id, validity}; \
    static void insn_##id(struct lifter *l __attribute__((unused)),                 \
                          const struct operands *a __attribute__((unused)))

#define INSN(id, encoding, extension_name, operand_format) \
    INSN_IF(id, NULL, encoding, extension_name, operand_format)

#define RESERVED(encoding)          RESERVED_AT(encoding, __LINE__)
#define RESERVED_AT(encoding, line) RESERVED_NAMED(encoding, line)
#define RESERVED_NAMED(encoding, line) \
    ROW(reserved_##line) = {"reserved", encoding, "", "", NULL, NULL}

/* The table is the section of pointers between the linker's start and stop symbols. */
#define ROW(id)                                                                                  \
    static const struct row row_##id;                                                            \
    static const struct row *const pointer_##id __attribute__((used, section("riscv64_rows"))) = \
        &row_##id;                                                                               \
    static const struct row row_##id

extern const struct row *const __start_riscv64_rows[];
extern const struct row *const __stop_riscv64_rows[];

/* The row of instruction `word` (a compressed one in the low half), with its operands; NULL when
 * the encoding is illegal. Thread-safe, lock-free. */
const struct row *riscv64_decode(uint32_t word, struct operands *operands);

/* The fixed bits of a pattern: word & *mask == *match. Returns the encoding's length in bytes. */
unsigned riscv64_pattern(const char *pattern, uint32_t *mask, uint32_t *match);

#endif
