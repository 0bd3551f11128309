/* Advanced SIMD copy, modified immediate, extract, permute and table lookup (Arm ARM C4.1). */
#include "translator/guest/aarch64/simd.h"

/* --- copy: the lowest bit set of imm5 (a->imm) tells the lane's size, those above its index --- */

static unsigned lane_of(const struct operands *a) {
    return (unsigned)__builtin_ctz((unsigned)a->imm);
}

static unsigned index_of(const struct operands *a) {
    return (unsigned)a->imm >> (lane_of(a) + 1);
}

static bool copy_all(const struct operands *a) {
    return (a->imm & 15) && (lane_of(a) < 3 || a->q || is_scalar(a));
}

static bool copy_umov(const struct operands *a) {
    return (a->imm & 15) && (lane_of(a) == 3) == a->q;
}

static bool copy_smov(const struct operands *a) {
    return (a->imm & 15) && lane_of(a) < 2u + a->q;
}

static bool copy_ins(const struct operands *a) {
    return a->imm & 15;
}

static ir_ref duplicated(struct lifter *l, const struct operands *a) {
    return ir_vduplane(l->ir, IR_LANE_AT(lane_of(a), index_of(a)), getv(l, a->n));
}

INSN_IF(dup_element, copy_all, "0q001110 000 iiiii 0 0000 1 nnnnn ddddd", "simd") {
    putv_q(l, a->q, a->d, duplicated(l, a));
}

INSN_IF(dup_scalar, copy_all, "01011110 000 iiiii 0 0000 1 nnnnn ddddd", "simd") {
    const ir_ref x = getv(l, a->n);
    if (lane_of(a) == IR_LANE_D)
        putv(l, a->d, (index_of(a) ? ir_vhigh : ir_vlow)(l->ir, IR_V128, x));
    else
        putf(l, IR_I64, a->d, ir_vget(l->ir, IR_LANE_AT(lane_of(a), index_of(a)), x));
}

INSN_IF(dup_general, copy_all, "0q001110 000 iiiii 0 0001 1 nnnnn ddddd", "simd") {
    putv_q(l, a->q, a->d, ir_vdup(l->ir, lane_of(a), get64(l, a->n)));
}

INSN_IF(umov, copy_umov, "0q001110 000 iiiii 0 0111 1 nnnnn ddddd", "simd") {
    put64(l, a->d, ir_vget(l->ir, IR_LANE_AT(lane_of(a), index_of(a)), getv(l, a->n)));
}

INSN_IF(smov, copy_smov, "0q001110 000 iiiii 0 0101 1 nnnnn ddddd", "simd") {
    const unsigned aux = IR_LANE_AT(lane_of(a), index_of(a)) | IR_VGET_SIGNED;
    ir_ref value = ir_vget(l->ir, aux, getv(l, a->n));
    put(l, a->q, a->d, a->q ? value : ir_trunc(l->ir, IR_I32, value));
}

INSN_IF(ins_general, copy_ins, "01001110 000 iiiii 0 0011 1 nnnnn ddddd", "simd") {
    const unsigned aux = IR_LANE_AT(lane_of(a), index_of(a));
    putv(l, a->d, ir_vput(l->ir, aux, getv(l, a->d), get64(l, a->n)));
}

/* imm4 is the source's index, as many of its bits as the size leaves. */
INSN_IF(ins_element, copy_ins, "01101110 000 iiiii 0 yyyy 1 nnnnn ddddd", "simd") {
    const unsigned lane = lane_of(a), from = a->index >> lane;
    const ir_ref d = getv(l, a->d), n = getv(l, a->n);
    if (lane != IR_LANE_D) {
        const unsigned aux = IR_LANE_AT(lane, index_of(a)) | from << 6;
        putv(l, a->d, ir_vputlane(l->ir, aux, d, n));
        return;
    }
    const ir_ref half = from ? ir_vhigh(l->ir, IR_V128, n) : n;
    if (index_of(a))
        putv(l, a->d, ir_vjoin(l->ir, IR_V128, d, half));
    else
        putv(l, a->d, ir_vjoin(l->ir, IR_V128, half, ir_vhigh(l->ir, IR_V128, d)));
}

/* --- modified immediate --- */

/* The 64 bits that cmode, op and imm8 stand for (AdvSIMDExpandImm), not inverted. */
static uint64_t expanded(const struct operands *a) {
    const unsigned cmode = a->word >> 12 & 15, op = a->word >> 29 & 1;
    const uint64_t imm8 = (uint64_t)a->imm;
    uint64_t bits = 0;
    switch (cmode >> 1) {
    case 0:
    case 1:
    case 2:
    case 3: return (imm8 << (cmode >> 1) * 8) * 0x0000000100000001;
    case 4:
    case 5: return (imm8 << (cmode >> 1 & 1) * 8) * 0x0001000100010001;
    case 6: return (cmode & 1 ? imm8 << 16 | 0xffff : imm8 << 8 | 0xff) * 0x0000000100000001;
    default: break;
    }
    if (!op)
        return imm8 * 0x0101010101010101;
    for (unsigned i = 0; i < 8; i++)
        if (imm8 >> i & 1)
            bits |= UINT64_C(0xff) << i * 8;
    return bits;
}

/* `put` in terms of `bits`. */
#define MODIFIED(id, op, cmode, put)                                      \
    INSN(id, "0q" op "01111 00000 III " cmode " 0 1 iiiii ddddd", "simd") \
    {                                                                     \
        const uint64_t bits = expanded(a);                                \
        put;                                                              \
    }

#define MOVI putv(l, a->d, ir_vconst(l->ir, bits, a->q))
#define MVNI putv(l, a->d, ir_vconst(l->ir, ~bits, a->q))
#define CHANGED(by) \
    putv_q(l, a->q, a->d, by(l->ir, IR_V128, getv(l, a->d), ir_vconst(l->ir, bits, true)))

MODIFIED(movi_word, "0", "0..0", MOVI)
MODIFIED(movi_half, "0", "10.0", MOVI)
MODIFIED(movi_ones, "0", "110.", MOVI)
MODIFIED(movi_byte, "0", "1110", MOVI)
MODIFIED(movi_double, "1", "1110", MOVI)
MODIFIED(mvni_word, "1", "0..0", MVNI)
MODIFIED(mvni_half, "1", "10.0", MVNI)
MODIFIED(mvni_ones, "1", "110.", MVNI)
MODIFIED(orr_word, "0", "0..1", CHANGED(ir_vor))
MODIFIED(orr_half, "0", "10.1", CHANGED(ir_vor))
MODIFIED(bic_word, "1", "0..1", CHANGED(ir_vandn))
MODIFIED(bic_half, "1", "10.1", CHANGED(ir_vandn))

/* --- permutations --- */

/* A 64-bit form is the low half of the 128-bit one; for UZP, of one on both operands joined; for
 * ZIP2, the high half of ZIP1. */
#define PERMUTE(id, opcode, short_form)                                                 \
    INSN_IF(id, lanes_all, "0q001110 zz 0 mmmmm 0 " opcode " 10 nnnnn ddddd", "simd") { \
        const unsigned lane = a->size;                                                  \
        const ir_ref x = getv(l, a->n), y = getv(l, a->m);                              \
        putv_q(l, a->q, a->d, a->q ? ir_v##id(l->ir, lane, x, y) : (short_form));       \
    }

#define JOINED ir_vjoin(l->ir, IR_V128, x, y)
PERMUTE(zip1, "011", ir_vzip1(l->ir, lane, x, y))
PERMUTE(zip2, "111", ir_vhigh(l->ir, IR_V128, ir_vzip1(l->ir, lane, x, y)))
PERMUTE(uzp1, "001", ir_vuzp1(l->ir, lane, JOINED, JOINED))
PERMUTE(uzp2, "101", ir_vuzp2(l->ir, lane, JOINED, JOINED))
PERMUTE(trn1, "010", ir_vtrn1(l->ir, lane, x, y))
PERMUTE(trn2, "110", ir_vtrn2(l->ir, lane, x, y))

static bool ext_fits(const struct operands *a) {
    return a->q || a->index < 8;
}

INSN_IF(ext, ext_fits, "0q101110 000 mmmmm 0 yyyy 0 nnnnn ddddd", "simd") {
    const ir_ref x = getv(l, a->n), y = getv(l, a->m);
    putv_q(l, a->q, a->d,
           a->q ? ir_vext(l->ir, a->index, x, y) : ir_vext(l->ir, a->index, JOINED, JOINED));
}

/* --- table lookup in one to four registers (a->opc) --- */

static ir_ref looked_up(struct lifter *l, const struct operands *a, ir_ref indices) {
    ir_ref result = ir_vtbl(l->ir, IR_V128, getv(l, a->n), indices);
    for (unsigned i = 1; i <= a->opc; i++) {
        indices = ir_vsub(l->ir, IR_LANE_B, indices, lane_constant(l, IR_LANE_B, 16));
        ir_ref found = ir_vtbl(l->ir, IR_V128, getv(l, (a->n + i) % CPU_VECS), indices);
        result = ir_vor(l->ir, IR_V128, result, found);
    }
    return result;
}

INSN(tbl, "0q001110 000 mmmmm 0 oo 0 00 nnnnn ddddd", "simd")
{ putv_q(l, a->q, a->d, looked_up(l, a, getv(l, a->m))); }

INSN(tbx, "0q001110 000 mmmmm 0 oo 1 00 nnnnn ddddd", "simd")
{
    const ir_ref indices = getv(l, a->m);
    ir_ref end = lane_constant(l, IR_LANE_B, 16 * (a->opc + 1u));
    ir_ref inside = ir_vcgtu(l->ir, IR_LANE_B, end, indices);
    putv_q(l, a->q, a->d, ir_vbsl(l->ir, IR_V128, inside, looked_up(l, a, indices), getv(l, a->d)));
}
