/* The A64 instruction table and its decoder.
 *
 * Every instruction is one row, written in front of its lift function:
 *
 *     INSN(add_register, "x0001011hh0 mmmmm kkkkkk nnnnn ddddd", "base")
 *     { ... l ... a->sf, a->shift, a->m, a->amount, a->n, a->d ... }
 *
 * The pattern has 32 bits, the highest first: 0 and 1 are fixed, '.' does not matter, letters are
 * fields, blanks are for reading; none may stand among the first eight bits. Rows may overlap: the
 * one with more fixed bits wins, so that a special case is a row of its own. What no row matches is
 * unallocated. INSN_IF(id, valid, ...) asks bool valid(const struct operands *a) whether a word
 * that matches is allocated. RESERVED(pattern) takes encodings out.
 *
 * Registers, by number (31: zero or SP, as the instruction has it):
 *   d  Rd, Rt, Vd, Vt     n  Rn, Vn     m  Rm, Vm (4 or 5 bits)     a  Ra, Va
 *   t  Rt2                s  Rs
 * Small fields, named by what they hold:
 *   x  a->sf      0: W, 1: X registers         z  a->size    log2 of the bytes, or as encoded
 *   q  a->q       0: 64, 1: 128 bits           u  a->u       U, or another single bit
 *   o  a->opc     an opcode field              c  a->cond    condition
 *   f  a->nzcv    flags                        h  a->shift   kind of shift; hw; sh
 *   e  a->option  extension of Rm              k  a->amount  shift amount, imm3, imm6, scale
 *   y  a->index   lane                         b  a->bit     bit number of TBZ
 *   r  a->rot     rotation                     l  a->order   enum ir_mem_order bits: the acquire
 * bit is l, the release bit L The immediate, a->imm: i  unsigned           j  signed            p
 * signed, times 4: a pc-relative offset
 *
 * A field in several places: its letters are taken together in the order in which they stand, after
 * those of its capital, which are the higher bits wherever they stand. So the lane H:L:M is
 * "yy" at L and M and "Y" at H, and ADR's immhi:immlo is "JJJJ..." and "jj". Small fields have at
 * most 8 bits.
 *
 * The extension is Arm's name of the feature in lower case without FEAT_ ("lse", "fp16",
 * "dotprod"); "base", "fp" and "simd" for what every processor has. isa.c lists them. */
#ifndef TRANSLATOR_GUEST_AARCH64_DECODE_H
#define TRANSLATOR_GUEST_AARCH64_DECODE_H

#include "translator/decode/decode.h"

struct operands {
    uint8_t d, n, m, a, t, s; /* 0 where the row has no such field, as all others */
    uint8_t sf, size, q, u, opc, cond, nzcv, shift, option, amount, index, bit, rot, order;
    uint32_t word;
    int64_t imm;
};

#define INSN_IF(id, validity, pattern, extension_name)                 \
    static void insn_##id(struct lifter *l, const struct operands *a); \
    AARCH64_ROW(id, insn_##id, validity, #id, pattern, extension_name) \
    static void insn_##id(struct lifter *l __attribute__((unused)),    \
                          const struct operands *a __attribute__((unused)))

#define INSN(id, pattern, extension_name) INSN_IF(id, NULL, pattern, extension_name)

/* Encodings that are not instructions here; those of a known extension name it. */
#define RESERVED(pattern)                       MISSING(pattern, "")
#define MISSING(pattern, extension_name)        MISSING_AT(pattern, extension_name, __LINE__)
#define MISSING_AT(pattern, extension_name, at) MISSING_NAMED(pattern, extension_name, at)
#define MISSING_NAMED(pattern, extension_name, at) \
    AARCH64_ROW(reserved_##at, NULL, NULL, "reserved", pattern, extension_name)

/* Buckets by bits 29 to 24, which nearly all patterns fix. */
#define PATTERN_BIT(pattern, bit, is) (((pattern)[31 - (bit)] == (is)) << ((bit)-24))
#define PATTERN_BITS(pattern, is)                                                                 \
    (PATTERN_BIT(pattern, 29, is) | PATTERN_BIT(pattern, 28, is) | PATTERN_BIT(pattern, 27, is) | \
     PATTERN_BIT(pattern, 26, is) | PATTERN_BIT(pattern, 25, is) | PATTERN_BIT(pattern, 24, is))
#define AARCH64_ROW(id, lift_function, validity, name, pattern, extension)                     \
    DECODE_ROW("aarch64_rows", id, lift_function, validity, PATTERN_BITS(pattern, '1'),        \
               63 & ~(PATTERN_BITS(pattern, '1') | PATTERN_BITS(pattern, '0')), name, pattern, \
               extension, "")

extern const struct row __start_aarch64_rows[];
extern const struct row __stop_aarch64_rows[];

/* The row of instruction `word`, with its operands; NULL when the encoding is illegal. Thread-safe,
 * lock-free. */
const struct row *aarch64_decode(uint32_t word, struct operands *operands);

/* The extension that an illegal `word` would be of, or NULL: unknown or unallocated. */
const char *aarch64_missing_extension(uint32_t word);

#endif
