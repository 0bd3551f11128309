/* The riscv64 instruction table and its decoder.
 *
 * Every instruction is one row, written in front of its lift function with INSN. A row's pattern
 * shows the encoding from the most significant bit down: fixed bits as 0 and 1, fields as runs of a
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

#include "translator/decode/decode.h"

struct operands {
    uint8_t d, s, t, r; /* register numbers; 0 where the row has no such field */
    uint8_t rm;         /* rounding mode field */
    uint8_t order;      /* aq and rl as enum ir_mem_order bits */
    int64_t imm;
};

#define INSN_IF(id, validity, encoding, extension_name, operand_format)         \
    static void insn_##id(struct lifter *l, const struct operands *a);          \
    ROW(id, insn_##id, validity, #id, encoding, extension_name, operand_format) \
    static void insn_##id(struct lifter *l __attribute__((unused)),             \
                          const struct operands *a __attribute__((unused)))

#define INSN(id, encoding, extension_name, operand_format) \
    INSN_IF(id, NULL, encoding, extension_name, operand_format)

#define RESERVED(encoding)          RESERVED_AT(encoding, __LINE__)
#define RESERVED_AT(encoding, line) RESERVED_NAMED(encoding, line)
#define RESERVED_NAMED(encoding, line) \
    ROW(reserved_##line, NULL, NULL, "reserved", encoding, "", "")

#define ROW(id, lift_function, validity, ...) ROW_OF(id, lift_function, validity, __VA_ARGS__)
#define ROW_OF(id, lift_function, validity, name, encoding, extension, operands)           \
    DECODE_ROW("riscv64_rows", id, lift_function, validity, ROW_BUCKET(encoding), 0, name, \
               encoding, extension, operands)

extern const struct row __start_riscv64_rows[];
extern const struct row __stop_riscv64_rows[];

/* Buckets: full-length encodings by bits 6..2, compressed ones by quadrant and funct3. These bits
 * are fixed in every pattern, and stand at its ends without blanks. */
#define PATTERN_LOW(pattern, bit)  ((pattern)[sizeof(pattern) - 2 - (bit)] == '1')
#define PATTERN_HIGH(pattern, bit) ((pattern)[15 - (bit)] == '1') /* of a compressed one */
#define ROW_BUCKET(pattern)                                                                        \
    (PATTERN_LOW(pattern, 0) && PATTERN_LOW(pattern, 1)                                            \
         ? PATTERN_LOW(pattern, 2) | PATTERN_LOW(pattern, 3) << 1 | PATTERN_LOW(pattern, 4) << 2 | \
               PATTERN_LOW(pattern, 5) << 3 | PATTERN_LOW(pattern, 6) << 4                         \
         : 32 | PATTERN_LOW(pattern, 1) << 4 | PATTERN_LOW(pattern, 0) << 3 |                      \
               PATTERN_HIGH(pattern, 15) << 2 | PATTERN_HIGH(pattern, 14) << 1 |                   \
               PATTERN_HIGH(pattern, 13))
static inline unsigned row_bucket(uint32_t word) {
    return (word & 3) == 3 ? word >> 2 & 31 : 32 | (word & 3) << 3 | (word >> 13 & 7);
}

/* The row of instruction `word` (a compressed one in the low half), with its operands; NULL when
 * the encoding is illegal. Thread-safe, lock-free. */
const struct row *riscv64_decode(uint32_t word, struct operands *operands);

#endif
