/* Choosing the instructions of a unit, and what makes its pattern. These run for every unit met,
 * also when its translation is already known, so they look at the top byte and decode nothing. */
#include <string.h>

#include "translator/guest/aarch64/aarch64.h"

enum {
    /* Conditional branches after which a unit ends: each is a side exit, and what follows several
     * of them is seldom reached. */
    UNIT_MAX_BRANCHES = 3,
};

enum flow {
    FLOW_NEXT = 0,
    FLOW_PC_RELATIVE = 1, /* a flag beside the others */
    FLOW_LOOK = 2,        /* depends on more than the top byte */
    FLOW_BRANCH = 4 | FLOW_PC_RELATIVE,
    FLOW_END = 8,
    FLOW_JUMP = FLOW_END | FLOW_PC_RELATIVE,
};

/* By bits 31 to 24 (Arm ARM, C4.1 "A64 instruction set encoding"). */
static const uint8_t top_flow[256] = {
    [0x00] = FLOW_END,                                    /* UDF and its reserved neighbours */
    [0x10] = FLOW_PC_RELATIVE, [0x30] = FLOW_PC_RELATIVE, /* ADR, by the low bits of immlo */
    [0x50] = FLOW_PC_RELATIVE, [0x70] = FLOW_PC_RELATIVE, [0x90] = FLOW_PC_RELATIVE,
    [0xb0] = FLOW_PC_RELATIVE, /* ADRP */
    [0xd0] = FLOW_PC_RELATIVE, [0xf0] = FLOW_PC_RELATIVE, [0x18] = FLOW_PC_RELATIVE,
    [0x58] = FLOW_PC_RELATIVE, /* LDR, LDRSW, PRFM (literal) */
    [0x98] = FLOW_PC_RELATIVE, [0xd8] = FLOW_PC_RELATIVE, [0x1c] = FLOW_PC_RELATIVE,
    [0x5c] = FLOW_PC_RELATIVE, /* LDR (literal, SIMD&FP) */
    [0x9c] = FLOW_PC_RELATIVE, [0x14] = FLOW_JUMP,        [0x15] = FLOW_JUMP,
    [0x16] = FLOW_JUMP,        [0x17] = FLOW_JUMP, /* B */
    [0x94] = FLOW_JUMP,        [0x95] = FLOW_JUMP,        [0x96] = FLOW_JUMP,
    [0x97] = FLOW_JUMP, /* BL */
    [0x34] = FLOW_BRANCH,      [0x35] = FLOW_BRANCH,      [0xb4] = FLOW_BRANCH,
    [0xb5] = FLOW_BRANCH, /* CBZ */
    [0x36] = FLOW_BRANCH,      [0x37] = FLOW_BRANCH,      [0xb6] = FLOW_BRANCH,
    [0xb7] = FLOW_BRANCH,                         /* TBZ */
    [0x54] = FLOW_BRANCH,                         /* B.cond */
    [0xd4] = FLOW_END,                            /* exception generation */
    [0xd5] = FLOW_LOOK,                           /* system */
    [0xd6] = FLOW_END,         [0xd7] = FLOW_END, /* BR, BLR, RET, and what traps */
};

/* After ISB changed code is seen. */
static enum flow look_at_system(uint32_t word) {
    return (word & 0xfffff0ff) == 0xd50330df ? FLOW_END : FLOW_NEXT;
}

bool aarch64_scan(struct guest_unit *unit, uint64_t limit, unsigned max_insns) {
    uint64_t pc = unit->pc;
    uint32_t count = 0;
    unsigned branches = 0;
    while (count < max_insns && pc + 4 <= limit) {
        uint32_t word;
        memcpy(&word, (const void *)(uintptr_t)pc, sizeof word);
        unsigned flow = top_flow[word >> 24];
        unit->insn[count++] = (struct guest_insn){
            .word = word,
            .offset = (int32_t)(pc - unit->pc),
            .length = 4,
            .pc_relative = flow & FLOW_PC_RELATIVE,
        };
        pc += 4;
        if (flow <= FLOW_PC_RELATIVE)
            continue;
        if (flow == FLOW_LOOK)
            flow = look_at_system(word);
        if ((flow & FLOW_END) || (flow == FLOW_BRANCH && ++branches == UNIT_MAX_BRANCHES))
            break;
    }
    unit->count = count;
    return count > 0;
}

/* Where the field of a pc-relative instruction lies in its word. */
struct field {
    uint8_t from, width;
};

static struct field field_of(uint32_t word) {
    switch (top_flow[word >> 24]) {
    case FLOW_JUMP: return (struct field){0, 26};
    case FLOW_BRANCH: return (struct field){5, (word >> 25 & 0x3f) == 0x1b ? 14 : 19}; /* TBZ */
    default: return (struct field){5, 19};
    }
}

static bool is_adr(uint32_t word) {
    return (word >> 24 & 0x1f) == 0x10;
}

/* The field goes, but for the sign of a branch: a jump backwards is translated with a poll. One to
 * itself counts as backwards. */
uint32_t aarch64_mask(const struct guest_insn *insn) {
    const uint32_t word = insn->word;
    if (!insn->pc_relative)
        return word;
    if (is_adr(word))
        return word & 0x9f00001f;
    const struct field field = field_of(word);
    const uint32_t bits = ((UINT32_C(1) << field.width) - 1) << field.from;
    if (top_flow[word >> 24] == FLOW_PC_RELATIVE)
        return word & ~bits;
    const bool backwards = aarch64_pc_field(insn, 0) <= 0;
    return (word & ~bits) | (uint32_t)backwards << (field.from + field.width - 1);
}

/* ADRP is relative to the page of its pc: the field holds what reaches there too. */
int64_t aarch64_pc_field(const struct guest_insn *insn, uint64_t pc) {
    const uint32_t word = insn->word;
    const struct field field = field_of(word);
    const int64_t value =
        (int64_t)((uint64_t)word << (64 - field.from - field.width)) >> (64 - field.width);
    if (!is_adr(word))
        return value * 4;
    const int64_t offset = value * 4 + (word >> 29 & 3);
    return word >> 31 ? offset * 4096 - (int64_t)(pc & 4095) : offset;
}
