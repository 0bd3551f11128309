/* General-purpose instructions. Prefixes, the order of parts and their meaning: Intel SDM volume 2,
 * chapter 2. */
#include "translator/host/x86_64/encode_core.h"

/* Registers 4 to 7 are SPL, BPL, SIL and DIL with a REX prefix and AH, CH, DH and BH without. */
static inline unsigned byte_rex(unsigned size, unsigned reg) {
    return size == 1 && reg - 4 < 4 ? 0x40 : 0;
}

static inline unsigned size_rex(const struct x86_row *row, unsigned size) {
    return size == 8 && !(row->flags & SIZE64) ? 8 : 0;
}

/* An instruction up to its ModRM byte. `form` is that of the full-size instruction. */
static inline uint8_t *put_rr(uint8_t *p, unsigned form, unsigned size, unsigned rex, unsigned reg,
                              unsigned rm) {
    *p = 0x66;
    p += size == 2;
    p = x86_put_opcode(p, form - (size == 1), rex | (reg & 8) >> 1 | rm >> 3);
    return x86_put_reg(p, reg, rm);
}

/* The same up to the displacement. */
static inline uint8_t *put_rm(uint8_t *p, unsigned form, unsigned size, unsigned rex, unsigned reg,
                              struct x86_mem mem) {
    *p = 0x66;
    p += size == 2;
    p = x86_put_opcode(p, form - (size == 1), rex | (reg & 8) >> 1 | x86_mem_rex(mem));
    return x86_put_mem(p, reg, mem, 0);
}

static inline uint8_t *put_imm(uint8_t *p, unsigned size, int32_t imm) {
    memcpy(p, &imm, 4);
    return p + (size < 4 ? size : 4);
}

static inline bool has_size(const struct x86_row *row, unsigned size) {
    return size != 1 || row->flags & BYTE;
}

void x86_rr(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require((row->rm || row->mr) && !(row->flags & (MEMORY | VEX)) && has_size(row, size), op);
    unsigned rex = size_rex(row, size) | byte_rex(size, src);
    if (!(row->flags & WIDE_REG))
        rex |= byte_rex(size, dst);
    b->at =
        row->mr ? put_rr(p, row->mr, size, rex, src, dst) : put_rr(p, row->rm, size, rex, dst, src);
}

void x86_rm(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned reg, struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->rm && !(row->flags & VEX) && has_size(row, size), op);
    unsigned rex = size_rex(row, size);
    if (!(row->flags & WIDE_REG))
        rex |= byte_rex(size, reg);
    b->at = put_rm(p, row->rm, size, rex, reg, mem);
}

void x86_mr(struct x86_buffer *b, enum x86_op op, unsigned size, struct x86_mem mem, unsigned reg) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->mr && has_size(row, size), op);
    b->at = put_rm(p, row->mr, size, size_rex(row, size) | byte_rex(size, reg), reg, mem);
}

/* The opcode of an immediate form and, in *imm_size, how many bytes of immediate it takes. */
static inline unsigned imm_form(const struct x86_row *row, unsigned size, int32_t imm,
                                unsigned *imm_size) {
    if (row->flags & IMM_BYTE) {
        if (row->flags & BY_ONE && imm == 1) {
            *imm_size = 0;
            return row->imm | 0x10;
        }
        *imm_size = 1;
        return row->imm;
    }
    if (row->flags & IMM8 && size != 1 && x86_is_int8(imm)) {
        *imm_size = 1;
        return row->imm | 2;
    }
    *imm_size = size;
    return row->imm;
}

static uint8_t *put_mov_ri(uint8_t *p, unsigned size, unsigned reg, int32_t imm) {
    if (size == 8 && imm < 0)
        return put_imm(put_rr(p, 0xc7, size, 8, 0, reg), size, imm);
    *p = 0x66;
    p += size == 2;
    p = x86_put_opcode(p, (size == 1 ? 0xb0 : 0xb8) + (reg & 7), byte_rex(size, reg) | reg >> 3);
    return put_imm(p, size, imm);
}

void x86_ri(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned reg, int32_t imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);
    unsigned imm_size;

    if (!p)
        return;
    x86_require(row->imm && !(row->flags & TWO_REGS) && has_size(row, size), op);
    if (row->plus_r) {
        b->at = put_mov_ri(p, size, reg, imm);
        return;
    }
    unsigned form = imm_form(row, size, imm, &imm_size);
    if (reg == RAX && row->accumulator && imm_size == size) {
        *p = 0x66;
        p += size == 2;
        p = x86_put_opcode(p, row->accumulator - (size == 1), size_rex(row, size));
    } else {
        p = put_rr(p, form, size, size_rex(row, size) | byte_rex(size, reg), row->imm_digit, reg);
    }
    b->at = put_imm(p, imm_size, imm);
}

void x86_mi(struct x86_buffer *b, enum x86_op op, unsigned size, struct x86_mem mem, int32_t imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);
    unsigned imm_size;

    if (!p)
        return;
    x86_require(row->imm && !(row->flags & TWO_REGS) && has_size(row, size), op);
    unsigned form = imm_form(row, size, imm, &imm_size);
    p = put_rm(p, form, size, size_rex(row, size), row->imm_digit, mem);
    b->at = put_imm(p, imm_size, imm);
}

void x86_rri(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src,
             int32_t imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);
    unsigned imm_size;

    if (!p)
        return;
    x86_require(row->imm && row->flags & TWO_REGS && size != 1, op);
    unsigned form = imm_form(row, size, imm, &imm_size);
    if (row->flags & VEX) {
        p = x86_put_vex(p, form, (dst & 8) >> 1 | src >> 3, size == 8, 0);
        p = x86_put_reg(p, dst, src);
    } else if (row->flags & IMM_MR) {
        p = put_rr(p, form, size, size_rex(row, size), src, dst);
    } else {
        p = put_rr(p, form, size, size_rex(row, size), dst, src);
    }
    b->at = put_imm(p, imm_size, imm);
}

void x86_rmi(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, struct x86_mem mem,
             int32_t imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);
    unsigned imm_size;

    if (!p)
        return;
    x86_require(row->imm && row->flags & TWO_REGS && !(row->flags & IMM_MR) && size != 1, op);
    unsigned form = imm_form(row, size, imm, &imm_size);
    if (row->flags & VEX) {
        p = x86_put_vex(p, form, (dst & 8) >> 1 | x86_mem_rex(mem), size == 8, 0);
        p = x86_put_mem(p, dst, mem, 0);
    } else {
        p = put_rm(p, form, size, size_rex(row, size), dst, mem);
    }
    b->at = put_imm(p, imm_size, imm);
}

void x86_r(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned reg) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->one && !(row->flags & MEMORY) && has_size(row, size), op);
    unsigned rex = size_rex(row, size) | byte_rex(size, reg);
    if (row->plus_r) {
        unsigned map = X86_FORM_MAP(row->one) << 8;
        b->at = x86_put_opcode(p, map | (row->plus_r + (reg & 7)), rex | reg >> 3);
    } else {
        b->at = put_rr(p, row->one, size, rex, row->one_digit, reg);
    }
}

void x86_m(struct x86_buffer *b, enum x86_op op, unsigned size, struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->one && op != X86_BSWAP && has_size(row, size), op);
    unsigned rex = size_rex(row, size) | (row->flags & REX_W ? 8 : 0);
    b->at = put_rm(p, row->one, size, rex, row->one_digit, mem);
}

uint8_t *x86_m_relative(struct x86_buffer *b, enum x86_op op, unsigned size) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return NULL;
    x86_require(row->one && op != X86_BSWAP && size != 2 && has_size(row, size), op);
    p = x86_put_opcode(p, row->one - (size == 1), size_rex(row, size));
    *p++ = (uint8_t)(row->one_digit << 3 | 5); /* ModRM: mod 0, rm 5 */
    memset(p, 0, 4);
    b->at = p + 4;
    return p;
}

void x86_0(struct x86_buffer *b, enum x86_op op, unsigned size) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->rm, op);
    bool w = row->flags & REX_W || (row->flags & SIZED && size == 8);
    p = x86_put_opcode(p, row->rm, w ? 8 : 0);
    *p = row->tail;
    b->at = p + (row->tail != 0);
}

void x86_rrr(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src1,
             unsigned src2) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->rm && row->flags & VEX && size >= 4, op);
    unsigned rm = row->flags & RM_V ? src1 : src2, vvvv = row->flags & RM_V ? src2 : src1;
    p = x86_put_vex(p, row->rm, (dst & 8) >> 1 | rm >> 3, size == 8, vvvv);
    b->at = x86_put_reg(p, dst, rm);
}

void x86_rrm(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src1,
             struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->rm && row->flags & VEX && size >= 4, op);
    p = x86_put_vex(p, row->rm, (dst & 8) >> 1 | x86_mem_rex(mem), size == 8, src1);
    b->at = x86_put_mem(p, dst, mem, 0);
}

void x86_setcc(struct x86_buffer *b, enum x86_cond cond, unsigned reg) {
    uint8_t *p = x86_begin(b);

    if (p)
        b->at = put_rr(p, M0F | (0x90 + cond), 4, byte_rex(1, reg), 0, reg);
}

void x86_cmovcc(struct x86_buffer *b, enum x86_cond cond, unsigned size, unsigned dst,
                unsigned src) {
    uint8_t *p = x86_begin(b);

    if (p)
        b->at = put_rr(p, M0F | (0x40 + cond), size, size == 8 ? 8 : 0, dst, src);
}

void x86_cmovcc_m(struct x86_buffer *b, enum x86_cond cond, unsigned size, unsigned dst,
                  struct x86_mem mem) {
    uint8_t *p = x86_begin(b);

    if (p)
        b->at = put_rm(p, M0F | (0x40 + cond), size, size == 8 ? 8 : 0, dst, mem);
}

void x86_mov_imm(struct x86_buffer *b, unsigned reg, uint64_t imm, bool flags_live) {
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    if (imm == 0 && !flags_live) {
        b->at = put_rr(p, 0x31, 4, 0, reg, reg);
    } else if (imm <= UINT32_MAX) {
        b->at = put_mov_ri(p, 4, reg, (int32_t)imm);
    } else if ((int64_t)imm == (int32_t)imm) {
        b->at = put_mov_ri(p, 8, reg, (int32_t)imm);
    } else {
        x86_movabs(b, reg, imm);
    }
}

uint8_t *x86_movabs(struct x86_buffer *b, unsigned reg, uint64_t imm) {
    uint8_t *p = x86_begin(b);

    if (!p)
        return NULL;
    p = x86_put_opcode(p, 0xb8 + (reg & 7), 8 | reg >> 3);
    memcpy(p, &imm, 8);
    b->at = p + 8;
    return p;
}

/* MOVSX, MOVZX, MOVSXD or MOV: the form, with the size to encode in *size. */
static inline unsigned extend_form(bool sign, unsigned from, unsigned *size) {
    if (from == 4)
        return sign && *size == 8 ? 0x63 : (*size = 4, 0x8b);
    if (!sign && *size == 8)
        *size = 4;
    return M0F | (sign ? 0xbe : 0xb6) | (from == 2);
}

void x86_extend(struct x86_buffer *b, bool sign, unsigned from, unsigned to, unsigned dst,
                unsigned src) {
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    unsigned form = extend_form(sign, from, &to);
    b->at = put_rr(p, form, to, (to == 8 ? 8 : 0) | byte_rex(from, src), dst, src);
}

void x86_extend_m(struct x86_buffer *b, bool sign, unsigned from, unsigned to, unsigned dst,
                  struct x86_mem mem) {
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    unsigned form = extend_form(sign, from, &to);
    b->at = put_rm(p, form, to, to == 8 ? 8 : 0, dst, mem);
}

static uint8_t *put_bytes(struct x86_buffer *b, unsigned opcode, unsigned length, unsigned hole) {
    uint8_t *p = x86_begin(b);

    if (!p)
        return NULL;
    memcpy(p, &opcode, 4);
    memset(p + length, 0, hole);
    b->at = p + length + hole;
    return p + length;
}

void x86_lock(struct x86_buffer *b) {
    put_bytes(b, 0xf0, 1, 0);
}

uint8_t *x86_jmp(struct x86_buffer *b) {
    return put_bytes(b, 0xe9, 1, 4);
}

uint8_t *x86_call(struct x86_buffer *b) {
    return put_bytes(b, 0xe8, 1, 4);
}

uint8_t *x86_jcc(struct x86_buffer *b, enum x86_cond cond) {
    return put_bytes(b, 0x800f | cond << 8, 2, 4);
}

void x86_link(uint8_t *displacement, const uint8_t *target) {
    if (!displacement)
        return;
    ptrdiff_t distance = target - (displacement + 4);
    ASSERT(distance == (int32_t)distance);
    memcpy(displacement, &(int32_t){(int32_t)distance}, 4);
}

uint8_t *x86_jmp_short(struct x86_buffer *b) {
    return put_bytes(b, 0xeb, 1, 1);
}

uint8_t *x86_jcc_short(struct x86_buffer *b, enum x86_cond cond) {
    return put_bytes(b, 0x70 | cond, 1, 1);
}

void x86_link_short(struct x86_buffer *b, uint8_t *displacement) {
    if (!displacement || b->overflow)
        return;
    ptrdiff_t distance = b->at - (displacement + 1);
    ASSERT(distance == (int8_t)distance);
    *displacement = (uint8_t)distance;
}

void x86_nop(struct x86_buffer *b, unsigned length) {
    /* The forms recommended in the SDM's description of NOP. */
    static const uint8_t nops[10][9] = {
        {0},
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };

    while (length) {
        unsigned part = length < 9 ? length : 9;
        uint8_t *p = x86_begin(b);
        if (!p)
            return;
        memcpy(p, nops[part], part);
        b->at = p + part;
        length -= part;
    }
}
