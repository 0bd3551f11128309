/* What the encoder's files share: the rows of instructions.def as data, and the pieces that every
 * instruction is put together from. Private to encode.c, encode_vector.c and instructions.c; the
 * unit test reads the rows to know which forms to try.
 *
 * Bytes are stored first and the pointer is moved by the length afterwards, so that optional parts
 * cost no branch: up to four bytes behind an instruction may be overwritten, within the
 * X86_LONGEST bytes that x86_begin has made sure of. */
#ifndef TRANSLATOR_HOST_X86_64_ENCODE_CORE_H
#define TRANSLATOR_HOST_X86_64_ENCODE_CORE_H

#include <stddef.h>
#include <string.h>

#include "runtime/log.h"
#include "translator/host/x86_64/encode.h"

/* A form is an opcode with its map, mandatory prefix and length, numbered as VEX numbers them. */
enum {
    M0F = 1 << 8,
    M38 = 2 << 8,
    M3A = 3 << 8,
    P66 = 1 << 12,
    PF3 = 2 << 12,
    PF2 = 3 << 12,
    L1 = 1 << 14, /* VEX.L; 128 bits or a scalar without */
};
#define X86_FORM_MAP(form)    ((form) >> 8 & 3)
#define X86_FORM_PREFIX(form) ((form) >> 12 & 3)
#define X86_FORM_LENGTH(form) ((form) >> 14 & 3)

enum x86_flags {
    /* Any row. */
    MEMORY = 1 << 0,   /* the r/m operand is memory only */
    REGISTER = 1 << 1, /* the r/m operand is a register only */
    IMM_BYTE = 1 << 2, /* takes one byte of immediate, at every size */

    /* General-purpose rows. */
    BYTE = 1 << 3,      /* has a form for bytes, at the opcode before */
    IMM8 = 1 << 4,      /* opcode | 2 takes a sign-extended byte as immediate */
    BY_ONE = 1 << 5,    /* opcode | 0x10 stands for the immediate 1 */
    TWO_REGS = 1 << 6,  /* the immediate form has two registers (x86_rri) */
    IMM_MR = 1 << 7,    /* ... and its destination is the r/m operand */
    SIZE64 = 1 << 8,    /* works on 64 bits without REX.W */
    SIZED = 1 << 9,     /* no operands, but a size */
    WIDE_REG = 1 << 10, /* the size is that of the r/m operand alone */
    RM_V = 1 << 11,     /* the second operand is r/m, the third VEX.vvvv */

    /* Which encodings a row has, and whether W is set in each. */
    SSE = 1 << 12,
    VEX = 1 << 13,
    EVEX = 1 << 14,
    OPMASK = 1 << 15, /* VEX, but only together with AVX-512 */
    REX_W = SSE << 4,
    VEX_W = VEX << 4,
    EVEX_W = EVEX << 4,
    SIZE_W = 1 << 19, /* the general register's size decides W */

    /* Vector rows. */
    NDS = 1 << 20,  /* has a first source besides r/m; two-operand calls give it dst */
    LOAD = 1 << 21, /* ... but not when r/m is memory */
    /* The sources may change places: always; or but for the choice among NaNs and the elements
     * merged from the first, which a caller accepts that gives an SSE form dst = src2. */
    COMMUTES = 1 << 22,
    COMMUTES_NAN = 1 << 23,
    MOVE = 1 << 24,     /* `rm` and `mr` do the same between registers */
    GPR_RM = 1 << 25,   /* to_gpr has the general register as r/m operand */
    GPR_EVEX = 1 << 26, /* from_gpr exists as EVEX only */
    BLEND = 1 << 27,    /* a fourth register: XMM0 in SSE (`rm`), in an immediate in VEX (`imm`) */
};

struct x86_row {
    uint16_t rm, mr; /* reg <- r/m, and r/m <- reg; no operands: rm */
    union {
        uint16_t imm;    /* r/m (digit) and an immediate */
        uint16_t to_gpr; /* general register <- vector */
    };
    union {
        uint16_t one;      /* r/m (digit) alone */
        uint16_t from_gpr; /* vector <- general register */
    };
    uint8_t imm_digit;
    union {
        uint8_t one_digit;
        uint8_t tail; /* no operands: a byte behind the opcode */
    };
    union {
        uint8_t accumulator; /* full-size immediate to RAX without a ModRM byte */
        uint8_t disp_shift;  /* EVEX: log2 of disp8's unit */
    };
    uint8_t plus_r; /* opcode with the register in its low bits: as `one`, or MOV r, imm */
    uint32_t flags;
};
extern const struct x86_row x86_rows[X86_OP_COUNT];

enum { X86_LONGEST = 16 };

#define X86_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define X86_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* A form that the table lacks is a defect of the caller. */
static inline void x86_require(bool condition, enum x86_op op) {
    if (X86_UNLIKELY(!condition))
        BUG("x86 instruction %d has no such form", (int)op);
}

/* Where the next instruction goes, or NULL when the buffer is full. */
static inline uint8_t *x86_begin(struct x86_buffer *b) {
    if (X86_LIKELY(b->end - b->at >= X86_LONGEST)) {
        b->count++;
        return b->at;
    }
    b->overflow = true;
    return NULL;
}

static inline bool x86_is_int8(int64_t value) {
    return value == (int8_t)value;
}

/* REX.X and REX.B of a memory operand. */
static inline unsigned x86_mem_rex(struct x86_mem mem) {
    unsigned index = mem.index == NO_REG ? 0 : mem.index, base = mem.base == NO_REG ? 0 : mem.base;
    return (index >> 3) << 1 | base >> 3;
}

/* Mandatory prefix, REX (0x40 in `rex` forces one), escape bytes, opcode. */
static inline uint8_t *x86_put_opcode(uint8_t *p, unsigned form, unsigned rex) {
    static const uint8_t prefixes[4] = {0, 0x66, 0xf3, 0xf2};
    static const uint16_t escapes[4] = {0, 0x0f, 0x380f, 0x3a0f};
    static const uint8_t escape_lengths[4] = {0, 1, 2, 2};
    unsigned prefix = X86_FORM_PREFIX(form), map = X86_FORM_MAP(form);

    *p = prefixes[prefix];
    p += prefix != 0;
    *p = 0x40 | rex;
    p += rex != 0;
    memcpy(p, &escapes[map], 2);
    p += escape_lengths[map];
    *p++ = (uint8_t)form;
    return p;
}

static inline uint8_t *x86_put_reg(uint8_t *p, unsigned reg, unsigned rm) {
    *p++ = 0xc0 | (reg & 7) << 3 | (rm & 7);
    return p;
}

/* ModRM, SIB and displacement; a one-byte displacement counts in units of 1 << shift. */
static inline uint8_t *x86_put_mem(uint8_t *p, unsigned reg, struct x86_mem mem, unsigned shift) {
    unsigned base = mem.base & 7, index = mem.index == NO_REG ? RSP : mem.index & 7;
    bool sib = mem.index != NO_REG || base == RSP;
    int32_t disp = mem.disp;
    unsigned mod, length;

    if (X86_UNLIKELY(mem.base == NO_REG)) {
        sib = true, base = RBP, mod = 0, length = 4;
    } else if (disp == 0 && base != RBP) {
        mod = 0, length = 0;
    } else if (x86_is_int8(disp >> shift) && (disp & ((1 << shift) - 1)) == 0) {
        mod = 1, length = 1, disp >>= shift;
    } else {
        mod = 2, length = 4;
    }
    *p++ = mod << 6 | (reg & 7) << 3 | (sib ? RSP : base);
    *p = mem.scale << 6 | index << 3 | base;
    p += sib;
    memcpy(p, &disp, 4);
    return p + length;
}

/* `rxb`: the bits as in REX. */
static inline uint8_t *x86_put_vex(uint8_t *p, unsigned form, unsigned rxb, bool w, unsigned vvvv) {
    unsigned prefix = X86_FORM_PREFIX(form), map = X86_FORM_MAP(form);
    unsigned last = (~vvvv & 15) << 3 | X86_FORM_LENGTH(form) << 2 | prefix;

    if (map == 1 && !w && (rxb & 3) == 0) {
        *p++ = 0xc5;
        *p++ = (rxb & 4 ? 0 : 0x80) | last;
    } else {
        *p++ = 0xc4;
        *p++ = (~rxb & 7) << 5 | map;
        *p++ = w << 7 | last;
    }
    *p++ = (uint8_t)form;
    return p;
}

#endif
