/* Choosing the instructions of a unit, and what makes its pattern. These run for every unit met,
 * also when its translation is already known, so they look at opcodes only and decode nothing. */
#include <string.h>

#include "translator/guest/riscv64/riscv64.h"

enum {
    /* Conditional branches after which a unit ends: each is a side exit, and what follows several
     * of them is seldom reached. */
    UNIT_MAX_BRANCHES = 3,
};

/* Major opcodes without their low two bits, and compressed instructions as quadrant | funct3 << 2.
 */
enum {
    OPCODE_MISC_MEM = 0x0f >> 2,
    OPCODE_AUIPC = 0x17 >> 2,
    OPCODE_BRANCH = 0x63 >> 2,
    OPCODE_JALR = 0x67 >> 2,
    OPCODE_JAL = 0x6f >> 2,
    OPCODE_SYSTEM = 0x73 >> 2,
    C_ADDI4SPN = 0 | 0 << 2,
    C_J = 1 | 5 << 2,
    C_BEQZ = 1 | 6 << 2,
    C_BNEZ = 1 | 7 << 2,
    C_JR_MV_ADD = 2 | 4 << 2,
};

/* The kinds of instructions: full-length ones by opcode, then compressed ones by their code, once
 * for each outcome of whether bits 6 to 2 (rs2) are 0. */
enum { FULL_KINDS = 32, COMPRESSED_KINDS = 32, KINDS = FULL_KINDS + 2 * COMPRESSED_KINDS };
#define COMPRESSED(code)      (FULL_KINDS + (code))
#define COMPRESSED_ZERO(code) (FULL_KINDS + COMPRESSED_KINDS + (code))

/* Chosen without a branch on the length, which is as good as random. */
static unsigned kind_of(uint32_t word) {
    const unsigned is_full = -(unsigned)((word & 3) == 3);
    const unsigned full = word >> 2 & 31;
    const unsigned compressed =
        COMPRESSED((word & 3) | (word >> 13 & 7) << 2 | (unsigned)!(word & 0x7c) << 5);
    return (full & is_full) | (compressed & ~is_full);
}

/* What a kind does to the unit: how many of the branches that it may have it uses up. */
enum {
    FLOW_NEXT = 0,
    FLOW_BRANCH = 1,
    FLOW_END = UNIT_MAX_BRANCHES,
    FLOW_LOOK = 64, /* it depends on more than the kind */
};

static const struct {
    uint32_t field; /* the bits that hold a pc-relative offset */
    uint32_t sign;  /* of them, the one that stays in the pattern */
    uint8_t flow;
} kinds[KINDS] = {
    [OPCODE_MISC_MEM] = {0, 0, FLOW_LOOK},
    [OPCODE_AUIPC] = {0xfffff000, 0, FLOW_NEXT},
    [OPCODE_BRANCH] = {0xfe000f80, 1u << 31, FLOW_BRANCH},
    [OPCODE_JALR] = {0, 0, FLOW_END},
    [OPCODE_JAL] = {0xfffff000, 1u << 31, FLOW_END},
    [OPCODE_SYSTEM] = {0, 0, FLOW_LOOK},
    [COMPRESSED_ZERO(C_ADDI4SPN)] = {0, 0, FLOW_LOOK},
    [COMPRESSED(C_J)] = {0x1ffc, 1 << 12, FLOW_END},
    [COMPRESSED_ZERO(C_J)] = {0x1ffc, 1 << 12, FLOW_END},
    [COMPRESSED(C_BEQZ)] = {0x1c7c, 1 << 12, FLOW_BRANCH},
    [COMPRESSED_ZERO(C_BEQZ)] = {0x1c7c, 1 << 12, FLOW_BRANCH},
    [COMPRESSED(C_BNEZ)] = {0x1c7c, 1 << 12, FLOW_BRANCH},
    [COMPRESSED_ZERO(C_BNEZ)] = {0x1c7c, 1 << 12, FLOW_BRANCH},
    [COMPRESSED_ZERO(C_JR_MV_ADD)] = {0, 0, FLOW_END}, /* c.jr, c.jalr, c.ebreak */
};

static unsigned look(uint32_t word) {
    if ((word & 3) != 3)
        return word == 0 ? FLOW_END : FLOW_NEXT; /* the illegal instruction, or c.addi4spn */
    const unsigned funct3 = word >> 12 & 7, csr = word >> 20;
    if ((word >> 2 & 31) == OPCODE_MISC_MEM)
        return funct3 == 1 ? FLOW_END : FLOW_NEXT; /* fence.i */
    if (funct3 == 0)
        return FLOW_END;
    const bool writes = (funct3 & 3) == 1 || (word >> 15 & 31) != 0;
    const bool rounding = csr == 2 || csr == 3; /* frm, fcsr: writes select other translations */
    return funct3 != 4 && rounding && writes ? FLOW_END : FLOW_NEXT;
}

/* Reads the instruction at `pc`, and nothing at or above `limit`; returns its length, 0 if it does
 * not end below. */
static unsigned fetch(uint64_t pc, uint64_t limit, uint32_t *word) {
    const void *code = (const void *)(uintptr_t)pc;
    uint16_t half;
    if (pc + 4 <= limit) {
        memcpy(word, code, sizeof *word);
        unsigned full = (*word & 3) == 3;
        *word &= 0xffff | -full;
        return 2 + 2 * full;
    }
    if (pc + 2 > limit)
        return 0;
    memcpy(&half, code, sizeof half);
    *word = half;
    return (half & 3) == 3 ? 0 : 2;
}

/* The offset goes, but for its sign: a jump backwards is translated with a poll. One to itself
 * counts as backwards. */
static uint32_t pattern_of(uint32_t word, unsigned kind) {
    const uint32_t field = kinds[kind].field, sign = kinds[kind].sign;
    return (word & ~field) | (word & field ? word & sign : sign);
}

bool riscv64_scan(struct guest_unit *unit, uint64_t limit, unsigned max_insns) {
    const uint64_t start = unit->pc;
    uint64_t pc = start;
    uint32_t count = 0;
    unsigned branches = 0;
    while (count < max_insns) {
        uint32_t word;
        const unsigned length = fetch(pc, limit, &word);
        if (length == 0)
            break;
        const unsigned kind = kind_of(word);
        unit->insn[count] = (struct guest_insn){
            .word = word, .offset = (int32_t)(pc - start), .length = (uint8_t)length};
        unit->pattern[count++] = pattern_of(word, kind);
        pc += length;
        branches += kinds[kind].flow;
        if (branches < UNIT_MAX_BRANCHES)
            continue;
        if (branches < FLOW_LOOK)
            break;
        branches += look(word) - FLOW_LOOK;
        if (branches >= UNIT_MAX_BRANCHES)
            break;
    }
    unit->count = count;
    return count > 0;
}

/* `width` bits of `word` from `from`, as bits of the value from `to`. */
static uint32_t field(uint32_t word, unsigned from, unsigned width, unsigned to) {
    return (word >> from & ((1u << width) - 1)) << to;
}

static int64_t sign_extend(uint32_t value, unsigned width) {
    return (int64_t)((uint64_t)value << (64 - width)) >> (64 - width);
}

int64_t riscv64_pc_field(const struct guest_insn *insn, uint64_t pc) {
    (void)pc;
    const uint32_t word = insn->word;
    if (insn->length == 2) {
        if (kinds[kind_of(word)].flow == FLOW_END) /* c.j */
            return sign_extend(field(word, 12, 1, 11) | field(word, 11, 1, 4) |
                                   field(word, 9, 2, 8) | field(word, 8, 1, 10) |
                                   field(word, 7, 1, 6) | field(word, 6, 1, 7) |
                                   field(word, 3, 3, 1) | field(word, 2, 1, 5),
                               12);
        return sign_extend(field(word, 12, 1, 8) | field(word, 10, 2, 3) | field(word, 5, 2, 6) |
                               field(word, 3, 2, 1) | field(word, 2, 1, 5),
                           9);
    }
    switch (word >> 2 & 31) {
    case OPCODE_AUIPC: return (int32_t)(word & 0xfffff000);
    case OPCODE_JAL:
        return sign_extend(field(word, 31, 1, 20) | field(word, 21, 10, 1) |
                               field(word, 20, 1, 11) | field(word, 12, 8, 12),
                           21);
    default: /* branches */
        return sign_extend(field(word, 31, 1, 12) | field(word, 25, 6, 5) | field(word, 8, 4, 1) |
                               field(word, 7, 1, 11),
                           13);
    }
}
