/* Choosing the instructions of a unit, and what makes its pattern. These run for every unit met,
 * also when its translation is already known, so they look at opcodes only and decode nothing. */
#include <string.h>

#include "translator/guest/riscv64/riscv64.h"

enum {
    /* Conditional branches after which a unit ends: each is a side exit, and what follows several
     * of them is seldom reached. */
    UNIT_MAX_BRANCHES = 3,
};

/* Major opcodes, and compressed instructions as quadrant | funct3 << 2. */
enum {
    OPCODE_MISC_MEM = 0x0f,
    OPCODE_AUIPC = 0x17,
    OPCODE_BRANCH = 0x63,
    OPCODE_JALR = 0x67,
    OPCODE_JAL = 0x6f,
    OPCODE_SYSTEM = 0x73,
    C_ADDI4SPN = 0 | 0 << 2,
    C_J = 1 | 5 << 2,
    C_BEQZ = 1 | 6 << 2,
    C_BNEZ = 1 | 7 << 2,
    C_JR_MV_ADD = 2 | 4 << 2,
};

static unsigned compressed_code(uint32_t word) {
    return (word & 3) | (word >> 13 & 7) << 2;
}

enum flow {
    FLOW_NEXT = 0,
    FLOW_PC_RELATIVE = 1, /* a flag beside the others */
    FLOW_LOOK = 2,        /* depends on more than the opcode */
    FLOW_BRANCH = 4 | FLOW_PC_RELATIVE,
    FLOW_END = 8,
    FLOW_JUMP = FLOW_END | FLOW_PC_RELATIVE,
};

/* Each table has 0 for the encodings of the other length, so that both are looked at and no branch
 * depends on the length, which is as good as random. */
static const uint8_t full_flow[128] = {
    [OPCODE_MISC_MEM] = FLOW_LOOK, [OPCODE_AUIPC] = FLOW_PC_RELATIVE, [OPCODE_BRANCH] = FLOW_BRANCH,
    [OPCODE_JALR] = FLOW_END,      [OPCODE_JAL] = FLOW_JUMP,          [OPCODE_SYSTEM] = FLOW_LOOK,
};
static const uint8_t compressed_flow[32] = {
    [C_ADDI4SPN] = FLOW_LOOK, [C_J] = FLOW_JUMP,         [C_BEQZ] = FLOW_BRANCH,
    [C_BNEZ] = FLOW_BRANCH,   [C_JR_MV_ADD] = FLOW_LOOK,
};

static enum flow look_at_compressed(uint32_t word) {
    if (compressed_code(word) == C_ADDI4SPN)
        return word == 0 ? FLOW_END : FLOW_NEXT;         /* the illegal instruction */
    return (word >> 2 & 31) == 0 ? FLOW_END : FLOW_NEXT; /* rs2 = 0: c.jr, c.jalr, c.ebreak */
}

static enum flow look_at_full(uint32_t word) {
    unsigned funct3 = word >> 12 & 7, csr = word >> 20;
    if ((word & 0x7f) == OPCODE_MISC_MEM)
        return funct3 == 1 ? FLOW_END : FLOW_NEXT; /* fence.i */
    if (funct3 == 0)
        return FLOW_END;
    bool writes = (funct3 & 3) == 1 || (word >> 15 & 31) != 0;
    bool rounding = csr == 2 || csr == 3; /* frm, fcsr: their writes select other translations */
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

bool riscv64_scan(struct guest_unit *unit, uint64_t limit, unsigned max_insns) {
    uint64_t pc = unit->pc;
    uint32_t count = 0;
    unsigned branches = 0;
    while (count < max_insns) {
        uint32_t word;
        unsigned length = fetch(pc, limit, &word);
        if (length == 0)
            break;
        unsigned flow = full_flow[word & 0x7f] | compressed_flow[compressed_code(word)];
        unit->insn[count++] = (struct guest_insn){
            .word = word,
            .offset = (int32_t)(pc - unit->pc),
            .length = (uint8_t)length,
            .pc_relative = flow & FLOW_PC_RELATIVE,
        };
        pc += length;
        if (flow <= FLOW_PC_RELATIVE)
            continue;
        if (flow == FLOW_LOOK)
            flow = length == 4 ? look_at_full(word) : look_at_compressed(word);
        if ((flow & FLOW_END) || (flow == FLOW_BRANCH && ++branches == UNIT_MAX_BRANCHES))
            break;
    }
    unit->count = count;
    return count > 0;
}

/* The offset goes, but for its sign: a jump backwards is translated with a poll. One to itself
 * counts as backwards. */
uint32_t riscv64_mask(const struct guest_insn *insn) {
    uint32_t word = insn->word;
    if (!insn->pc_relative)
        return word;
    if ((word & 0x7f) == OPCODE_AUIPC)
        return word & 0xfff;
    const bool backwards = riscv64_pc_field(insn, 0) <= 0;
    if (insn->length == 2)
        return (word & (compressed_code(word) == C_J ? 0xe003 : 0xe383)) |
               (uint32_t)backwards << 12;
    return (word & ((word & 0x7f) == OPCODE_JAL ? 0xfff : 0x1fff07f)) | (uint32_t)backwards << 31;
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
    uint32_t word = insn->word;
    if (insn->length == 2) {
        if (compressed_code(word) == C_J)
            return sign_extend(field(word, 12, 1, 11) | field(word, 11, 1, 4) |
                                   field(word, 9, 2, 8) | field(word, 8, 1, 10) |
                                   field(word, 7, 1, 6) | field(word, 6, 1, 7) |
                                   field(word, 3, 3, 1) | field(word, 2, 1, 5),
                               12);
        return sign_extend(field(word, 12, 1, 8) | field(word, 10, 2, 3) | field(word, 5, 2, 6) |
                               field(word, 3, 2, 1) | field(word, 2, 1, 5),
                           9);
    }
    switch (word & 0x7f) {
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
