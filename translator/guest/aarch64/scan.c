/* Choosing the instructions of a unit, and what makes its pattern. These run for every unit met,
 * also when its translation is already known, so they look at the top byte and decode nothing. */
#include <string.h>

#include "translator/guest/aarch64/aarch64.h"

enum {
    /* Conditional branches after which a unit ends: each is a side exit, and what follows several
     * of them is seldom reached. */
    UNIT_MAX_BRANCHES = 3,
};

/* What an instruction does to the unit: how many of the branches that it may have it uses up. */
enum {
    FLOW_NEXT = 0,
    FLOW_BRANCH = 1,
    FLOW_END = UNIT_MAX_BRANCHES,
    FLOW_LOOK = 64, /* it depends on more than the top byte */
};

/* Where the pc-relative offset lies in the word, and which bit of it, its sign, stays in the
 * pattern. */
enum { FIELD_NONE, FIELD_ADR, FIELD_LITERAL, FIELD_19, FIELD_14, FIELD_26, FIELDS };
static const struct {
    uint32_t bits, sign;
    uint8_t from, width; /* without the low bits of ADR */
} fields[FIELDS] = {
    [FIELD_ADR] = {0x60ffffe0, 0, 5, 19},      [FIELD_LITERAL] = {0x00ffffe0, 0, 5, 19},
    [FIELD_19] = {0x00ffffe0, 1 << 23, 5, 19}, [FIELD_14] = {0x0007ffe0, 1 << 18, 5, 14},
    [FIELD_26] = {0x03ffffff, 1 << 25, 0, 26},
};

#define ADR \
    { FLOW_NEXT, FIELD_ADR }
#define LITERAL \
    { FLOW_NEXT, FIELD_LITERAL }
#define BRANCH_19 \
    { FLOW_BRANCH, FIELD_19 }
#define BRANCH_14 \
    { FLOW_BRANCH, FIELD_14 }
#define JUMP \
    { FLOW_END, FIELD_26 }
#define END \
    { FLOW_END, FIELD_NONE }

/* By bits 31 to 24 (Arm ARM, C4.1 "A64 instruction set encoding"). */
static const struct {
    uint8_t flow, field;
} tops[256] = {
    [0x00] = END, /* UDF and its reserved neighbours */
    /* ADR, ADRP, by the low bits of immlo */
    [0x10] = ADR,
    [0x30] = ADR,
    [0x50] = ADR,
    [0x70] = ADR,
    [0x90] = ADR,
    [0xb0] = ADR,
    [0xd0] = ADR,
    [0xf0] = ADR,
    /* LDR, LDRSW, PRFM (literal), and of vector registers */
    [0x18] = LITERAL,
    [0x58] = LITERAL,
    [0x98] = LITERAL,
    [0xd8] = LITERAL,
    [0x1c] = LITERAL,
    [0x5c] = LITERAL,
    [0x9c] = LITERAL,
    /* B, BL */
    [0x14] = JUMP,
    [0x15] = JUMP,
    [0x16] = JUMP,
    [0x17] = JUMP,
    [0x94] = JUMP,
    [0x95] = JUMP,
    [0x96] = JUMP,
    [0x97] = JUMP,
    /* CBZ, CBNZ, TBZ, TBNZ, B.cond */
    [0x34] = BRANCH_19,
    [0x35] = BRANCH_19,
    [0xb4] = BRANCH_19,
    [0xb5] = BRANCH_19,
    [0x36] = BRANCH_14,
    [0x37] = BRANCH_14,
    [0xb6] = BRANCH_14,
    [0xb7] = BRANCH_14,
    [0x54] = BRANCH_19,
    [0xd4] = END,                     /* exception generation */
    [0xd5] = {FLOW_LOOK, FIELD_NONE}, /* system */
    [0xd6] = END,
    [0xd7] = END, /* BR, BLR, RET, and what traps */
};

/* After ISB changed code is seen. */
static unsigned look_at_system(uint32_t word) {
    return (word & 0xfffff0ff) == 0xd50330df ? FLOW_END : FLOW_NEXT;
}

/* The offset goes, but for the sign of a branch: a jump backwards is translated with a poll. One to
 * itself counts as backwards. */
static uint32_t pattern_of(uint32_t word) {
    const unsigned field = tops[word >> 24].field;
    const uint32_t bits = fields[field].bits, sign = fields[field].sign;
    return (word & ~bits) | (word & bits ? word & sign : sign);
}

bool aarch64_scan(struct guest_unit *unit, uint64_t limit, unsigned max_insns) {
    const uint64_t start = unit->pc;
    uint64_t pc = start;
    uint32_t count = 0;
    unsigned branches = 0;
    while (count < max_insns && pc + 4 <= limit) {
        uint32_t word;
        memcpy(&word, (const void *)(uintptr_t)pc, sizeof word);
        unit->insn[count] =
            (struct guest_insn){.word = word, .offset = (int32_t)(pc - start), .length = 4};
        unit->pattern[count++] = pattern_of(word);
        pc += 4;
        branches += tops[word >> 24].flow;
        if (branches < UNIT_MAX_BRANCHES)
            continue;
        if (branches < FLOW_LOOK)
            break;
        branches += look_at_system(word) - FLOW_LOOK;
        if (branches >= UNIT_MAX_BRANCHES)
            break;
    }
    unit->count = count;
    return count > 0;
}

static bool is_adr(uint32_t word) {
    return (word >> 24 & 0x1f) == 0x10;
}

/* ADRP is relative to the page of its pc: the field holds what reaches there too. */
int64_t aarch64_pc_field(const struct guest_insn *insn, uint64_t pc) {
    const uint32_t word = insn->word;
    const unsigned field = tops[word >> 24].field;
    const unsigned from = fields[field].from, width = fields[field].width;
    const int64_t value = (int64_t)((uint64_t)word << (64 - from - width)) >> (64 - width);
    if (!is_adr(word))
        return value * 4;
    const int64_t offset = value * 4 + (word >> 29 & 3);
    return word >> 31 ? offset * 4096 - (int64_t)(pc & 4095) : offset;
}
