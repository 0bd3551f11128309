/* Vector instructions: the same rows as SSE, VEX or EVEX (Intel SDM volume 2, sections 2.3
 * and 2.7).
 *
 * EVEX.X extends the r/m register as EVEX.B does, so `number >> 3` is X and B at once. */
#include "translator/host/x86_64/encode_core.h"

enum x86_vector_level x86_vector_level;

bool x86_takes_high(enum x86_op op) {
    return x86_rows[op].flags & EVEX;
}

bool x86_commutes(enum x86_op op) {
    return x86_rows[op].flags & COMMUTES;
}

/* SSE, VEX or EVEX for an instruction with these registers (ored together). */
static inline unsigned choose_encoding(const struct x86_row *row, enum x86_op op, unsigned regs) {
    enum x86_vector_level level = x86_vector_level;
    unsigned flags = row->flags;

    if (regs > 15 || !(flags & (SSE | VEX))) {
        x86_require(flags & EVEX && level == X86_AVX512, op);
        return EVEX;
    }
    if (level != X86_SSE && flags & VEX) {
        x86_require(!(flags & OPMASK) || level == X86_AVX512, op);
        return VEX;
    }
    x86_require(flags & SSE, op);
    return SSE;
}

enum { FORM_W = 1 << 16, FORM_FIRST = 1 << 17, FORM_QUIET = 1 << 18 };

/* `form` with its W bit. */
static inline unsigned with_w(const struct x86_row *row, unsigned encoding, unsigned form,
                              unsigned size) {
    bool w = row->flags & encoding << 4 || (row->flags & SIZE_W && size == 8);
    return form | (w ? FORM_W : 0);
}

static uint8_t *put_evex(uint8_t *p, unsigned form, unsigned reg, unsigned vvvv, unsigned xb) {
    unsigned r = (~reg & 8) << 4 | (~reg & 16), x_b = (~xb & 3) << 5;

    *p++ = 0x62;
    *p++ = r | x_b | X86_FORM_MAP(form);
    *p++ = (form & FORM_W ? 0x80 : 0) | (~vvvv & 15) << 3 | 4 | X86_FORM_PREFIX(form);
    unsigned masking = form & FORM_FIRST ? 0x80 /* zeroing */ | X86_FIRST_MASK : 0;
    unsigned rounding = form & FORM_QUIET ? 0x10 : 0; /* the length says how: 0 to nearest */
    *p++ = masking | rounding | X86_FORM_LENGTH(form) << 5 | (~vvvv & 16) >> 1;
    *p++ = (uint8_t)form;
    return p;
}

/* Everything in front of ModRM. */
static uint8_t *put_head(uint8_t *p, unsigned encoding, unsigned form, unsigned reg, unsigned vvvv,
                         unsigned xb) {
    unsigned w = form / FORM_W;

    if (encoding == EVEX)
        return put_evex(p, form, reg, vvvv, xb);
    if (encoding == VEX)
        return x86_put_vex(p, form, (reg & 8) >> 1 | xb, w, vvvv);
    return x86_put_opcode(p, form, w << 3 | (reg & 8) >> 1 | xb);
}

static inline uint8_t *put_vv(uint8_t *p, unsigned encoding, unsigned form, unsigned reg,
                              unsigned vvvv, unsigned rm) {
    return x86_put_reg(put_head(p, encoding, form, reg, vvvv, rm >> 3), reg, rm);
}

static inline uint8_t *put_vm(uint8_t *p, unsigned encoding, unsigned form, unsigned reg,
                              unsigned vvvv, struct x86_mem mem, unsigned disp_shift) {
    p = put_head(p, encoding, form, reg, vvvv, x86_mem_rex(mem));
    return x86_put_mem(p, reg, mem, encoding == EVEX ? disp_shift : 0);
}

/* dst <- src1 op src2 with all registers settled; `src1` is 0 for two operands. */
static uint8_t *put_operation(uint8_t *p, const struct x86_row *row, unsigned encoding,
                              unsigned dst, unsigned src1, unsigned src2) {
    unsigned form = row->rm, reg = dst, rm = src2;

    /* What saves the third byte of VEX. */
    bool swap = encoding == VEX && src2 > 7;
    if (swap && row->flags & COMMUTES && src1 <= 7)
        rm = src1, src1 = src2;
    if (!form || (swap && row->flags & MOVE && dst <= 7))
        form = row->mr, reg = src2, rm = dst;
    return put_vv(p, encoding, with_w(row, encoding, form, 0), reg, src1, rm);
}

static void emit_vv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src, int imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require((row->rm || row->mr) && !(row->flags & MEMORY), op);
    unsigned encoding = choose_encoding(row, op, dst | src);
    p = put_operation(p, row, encoding, dst, row->flags & NDS ? dst : 0, src);
    *p = (uint8_t)imm;
    b->at = p + (imm >= 0);
}

/* Copies src1 to dst where the encoding has no first source of its own; returns the second source,
 * which becomes the first when dst already holds it. */
static inline unsigned settle_sources(struct x86_buffer *b, enum x86_op op, unsigned dst,
                                      unsigned src1, unsigned src2) {
    if (dst == src1)
        return src2;
    if (dst == src2) {
        x86_require(x86_rows[op].flags & (COMMUTES | COMMUTES_NAN), op);
        return src1;
    }
    emit_vv(b, X86_MOVAPS, dst, src1, -1);
    return src2;
}

static void emit_vvv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
                     unsigned src2, int imm) {
    const struct x86_row *row = &x86_rows[op];

    x86_require(row->rm && row->flags & NDS && !(row->flags & MEMORY), op);
    unsigned encoding = choose_encoding(row, op, dst | src1 | src2);
    if (encoding == SSE)
        src2 = settle_sources(b, op, dst, src1, src2);
    uint8_t *p = x86_begin(b);
    if (!p)
        return;
    p = put_operation(p, row, encoding, dst, src1, src2);
    *p = (uint8_t)imm;
    b->at = p + (imm >= 0);
}

/* `src1` is 0 for two operands. */
static void emit_vm(struct x86_buffer *b, enum x86_op op, unsigned encoding, unsigned dst,
                    unsigned src1, struct x86_mem mem, int imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->rm && !(row->flags & REGISTER), op);
    unsigned form = with_w(row, encoding, row->rm, 0);
    p = put_vm(p, encoding, form, dst, src1, mem, row->disp_shift);
    *p = (uint8_t)imm;
    b->at = p + (imm >= 0);
}

static void emit_mv(struct x86_buffer *b, enum x86_op op, struct x86_mem mem, unsigned src,
                    int imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->mr, op);
    unsigned encoding = choose_encoding(row, op, src);
    unsigned form = with_w(row, encoding, row->mr, 0);
    p = put_vm(p, encoding, form, src, 0, mem, row->disp_shift);
    *p = (uint8_t)imm;
    b->at = p + (imm >= 0);
}

/* A row's `imm` form: the register field is a digit, the destination is vvvv. */
static void emit_digit(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src,
                       unsigned imm) {
    const struct x86_row *row = &x86_rows[op];
    unsigned encoding = choose_encoding(row, op, dst | src);

    if (encoding == SSE && dst != src) {
        emit_vv(b, X86_MOVAPS, dst, src, -1);
        src = dst;
    }
    uint8_t *p = x86_begin(b);
    if (!p)
        return;
    unsigned form = with_w(row, encoding, row->imm, 0);
    p = put_vv(p, encoding, form, row->imm_digit, dst, src);
    *p = (uint8_t)imm;
    b->at = p + 1;
}

/* PBLENDVB and its like: dst <- mask ? src2 : src1. */
static void emit_blend(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
                       unsigned src2, unsigned mask) {
    const struct x86_row *row = &x86_rows[op];
    unsigned encoding = choose_encoding(row, op, dst | src1 | src2 | mask);

    if (encoding == SSE) {
        x86_require(mask == 0 && (dst != 0 || src1 == 0), op);
        emit_vvv(b, op, dst, src1, src2, -1);
        return;
    }
    uint8_t *p = x86_begin(b);
    if (!p)
        return;
    p = put_vv(p, encoding, row->imm, dst, src1, src2);
    *p = (uint8_t)(mask << 4);
    b->at = p + 1;
}

void x86_vv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src) {
    x86_require(!(x86_rows[op].flags & (IMM_BYTE | BLEND)), op);
    emit_vv(b, op, dst, src, -1);
}

void x86_vm(struct x86_buffer *b, enum x86_op op, unsigned dst, struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];

    x86_require(!(row->flags & (IMM_BYTE | BLEND)), op);
    bool merges = (row->flags & (NDS | LOAD)) == NDS;
    emit_vm(b, op, choose_encoding(row, op, dst), dst, merges ? dst : 0, mem, -1);
}

void x86_mv(struct x86_buffer *b, enum x86_op op, struct x86_mem mem, unsigned src) {
    x86_require(!(x86_rows[op].flags & IMM_BYTE), op);
    emit_mv(b, op, mem, src, -1);
}

void x86_vvi(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src, unsigned imm) {
    const struct x86_row *row = &x86_rows[op];

    if (row->flags & IMM_BYTE) {
        emit_vv(b, op, dst, src, imm & 0xff);
    } else {
        x86_require(row->imm && !(row->flags & BLEND), op);
        emit_digit(b, op, dst, src, imm);
    }
}

void x86_vmi(struct x86_buffer *b, enum x86_op op, unsigned dst, struct x86_mem mem, unsigned imm) {
    const struct x86_row *row = &x86_rows[op];

    x86_require(row->flags & IMM_BYTE, op);
    unsigned src1 = row->flags & NDS ? dst : 0;
    emit_vm(b, op, choose_encoding(row, op, dst), dst, src1, mem, imm & 0xff);
}

void x86_mvi(struct x86_buffer *b, enum x86_op op, struct x86_mem mem, unsigned src, unsigned imm) {
    x86_require(x86_rows[op].flags & IMM_BYTE, op);
    emit_mv(b, op, mem, src, imm & 0xff);
}

void x86_vvv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, unsigned src2) {
    x86_require(!(x86_rows[op].flags & (IMM_BYTE | BLEND)), op);
    emit_vvv(b, op, dst, src1, src2, -1);
}

static void emit_vvm(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
                     struct x86_mem mem, int imm) {
    const struct x86_row *row = &x86_rows[op];
    unsigned encoding = choose_encoding(row, op, dst | src1);

    x86_require((row->flags & (NDS | LOAD)) == NDS, op);
    if (encoding == SSE && dst != src1)
        emit_vv(b, X86_MOVAPS, dst, src1, -1);
    emit_vm(b, op, encoding, dst, src1, mem, imm);
}

void x86_vvm(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
             struct x86_mem mem) {
    x86_require(!(x86_rows[op].flags & (IMM_BYTE | BLEND)), op);
    emit_vvm(b, op, dst, src1, mem, -1);
}

void x86_vvvi(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, unsigned src2,
              unsigned imm) {
    const struct x86_row *row = &x86_rows[op];

    x86_require(row->flags & (IMM_BYTE | BLEND), op);
    if (row->flags & BLEND)
        emit_blend(b, op, dst, src1, src2, imm);
    else
        emit_vvv(b, op, dst, src1, src2, imm & 0xff);
}

void x86_vvmi(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, struct x86_mem mem,
              unsigned imm) {
    x86_require(x86_rows[op].flags & IMM_BYTE, op);
    emit_vvm(b, op, dst, src1, mem, imm & 0xff);
}

static void emit_first(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
                       unsigned src2, int imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->rm && row->flags & EVEX && x86_vector_level == X86_AVX512, op);
    p = put_vv(p, EVEX, with_w(row, EVEX, row->rm, 0) | FORM_FIRST, dst, src1, src2);
    *p = (uint8_t)imm;
    b->at = p + (imm >= 0);
}

void x86_first_vv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src) {
    x86_require(!(x86_rows[op].flags & (IMM_BYTE | NDS)), op);
    emit_first(b, op, dst, 0, src, -1);
}

void x86_first_vvi(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src, unsigned imm) {
    x86_require((x86_rows[op].flags & (IMM_BYTE | NDS)) == IMM_BYTE, op);
    emit_first(b, op, dst, 0, src, imm & 0xff);
}

void x86_first_vvv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
                   unsigned src2) {
    x86_require((x86_rows[op].flags & (IMM_BYTE | NDS)) == NDS, op);
    emit_first(b, op, dst, src1, src2, -1);
}

void x86_quiet_vvv(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1,
                   unsigned src2) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->rm && row->flags & EVEX && row->flags & NDS, op);
    b->at = put_vv(p, EVEX, with_w(row, EVEX, row->rm, 0) | FORM_QUIET, dst, src1, src2);
}

void x86_quiet_rv(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst,
                  unsigned src_vector) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->to_gpr && row->flags & EVEX && !(row->flags & GPR_RM), op);
    unsigned form = with_w(row, EVEX, row->to_gpr, size);
    b->at = put_vv(p, EVEX, form | FORM_QUIET, dst, 0, src_vector);
}

static void emit_vvr(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst,
                     unsigned src1, unsigned src2, int imm) {
    const struct x86_row *row = &x86_rows[op];
    unsigned needs = row->flags & GPR_EVEX ? 16 : 0;

    x86_require(row->from_gpr, op);
    unsigned encoding = choose_encoding(row, op, dst | src1 | needs);
    if (encoding == SSE && dst != src1)
        emit_vv(b, X86_MOVAPS, dst, src1, -1);
    uint8_t *p = x86_begin(b);
    if (!p)
        return;
    unsigned form = with_w(row, encoding, row->from_gpr, size);
    p = put_vv(p, encoding, form, dst, row->flags & NDS ? src1 : 0, src2);
    *p = (uint8_t)imm;
    b->at = p + (imm >= 0);
}

void x86_vr(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst_vector,
            unsigned src) {
    x86_require(!(x86_rows[op].flags & IMM_BYTE), op);
    emit_vvr(b, op, size, dst_vector, dst_vector, src, -1);
}

void x86_vvri(struct x86_buffer *b, enum x86_op op, unsigned dst, unsigned src1, unsigned src2,
              unsigned imm) {
    x86_require(x86_rows[op].flags & IMM_BYTE, op);
    emit_vvr(b, op, 0, dst, src1, src2, imm & 0xff);
}

static void emit_rv(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src,
                    int imm) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->to_gpr, op);
    unsigned encoding = choose_encoding(row, op, src);
    unsigned form = with_w(row, encoding, row->to_gpr, size);
    p = row->flags & GPR_RM ? put_vv(p, encoding, form, src, 0, dst)
                            : put_vv(p, encoding, form, dst, 0, src);
    *p = (uint8_t)imm;
    b->at = p + (imm >= 0);
}

void x86_rv(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst,
            unsigned src_vector) {
    x86_require(!(x86_rows[op].flags & IMM_BYTE), op);
    emit_rv(b, op, size, dst, src_vector, -1);
}

void x86_rvi(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst, unsigned src_vector,
             unsigned imm) {
    x86_require(x86_rows[op].flags & IMM_BYTE, op);
    emit_rv(b, op, size, dst, src_vector, imm & 0xff);
}

void x86_vrm(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst_vector,
             struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->from_gpr && row->flags & NDS && !(row->flags & IMM_BYTE), op);
    unsigned encoding = choose_encoding(row, op, dst_vector);
    unsigned form = with_w(row, encoding, row->from_gpr, size);
    b->at = put_vm(p, encoding, form, dst_vector, dst_vector, mem, size == 8 ? 3 : 2);
}

void x86_rvm(struct x86_buffer *b, enum x86_op op, unsigned size, unsigned dst,
             struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    uint8_t *p = x86_begin(b);

    if (!p)
        return;
    x86_require(row->to_gpr && (row->flags & (SIZE_W | GPR_RM)) == SIZE_W, op);
    unsigned encoding = choose_encoding(row, op, dst);
    unsigned form = with_w(row, encoding, row->to_gpr, size);
    b->at = put_vm(p, encoding, form, dst, 0, mem, row->disp_shift);
}
