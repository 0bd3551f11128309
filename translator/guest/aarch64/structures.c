/* Loads and stores of structures: LD1 to LD4, ST1 to ST4.
 *
 * Whole structures move as plain vectors, whose lanes are sorted between memory and registers. If a
 * later access of a load faults, the values of its vector registers are unknown (Arm ARM,
 * "Synchronous exception types"), so that each is put at once; the base is as before. */
#include "translator/guest/aarch64/memory.h"

enum { MAX_REGISTERS = 4 };

/* Register i of those that an instruction names by the first; V0 follows V31. */
static unsigned following(const struct operands *a, unsigned i) {
    return (a->d + i) % CPU_VECS;
}

/* Post-indexed forms: the base moves by Rm, or by what was transferred. */
static void write_back(struct lifter *l, const struct operands *a, unsigned bytes) {
    const ir_ref step = a->m == X_ZERO ? imm(l, bytes) : get64(l, a->m);
    put64_sp(l, a->n, ir_add(l->ir, IR_I64, get64_sp(l, a->n), step));
}

/* --- sorting lanes --- */

/* The registers of an instruction, or the pieces of memory in order: 128 bits each if `q`, else 64,
 * with garbage above. */
struct vectors {
    struct ir *ir;
    unsigned lane, q;
    ir_ref v[MAX_REGISTERS];
};

static void split(const struct vectors *s, ir_ref a, ir_ref b, ir_ref *even, ir_ref *odd) {
    *even = ir_vuzp1(s->ir, s->lane, a, b);
    *odd = ir_vuzp2(s->ir, s->lane, a, b);
}

static void merge(const struct vectors *s, ir_ref even, ir_ref odd, ir_ref *a, ir_ref *b) {
    *a = ir_vzip1(s->ir, s->lane, even, odd);
    *b = ir_vzip2(s->ir, s->lane, even, odd);
}

/* Pieces of 64 bits come and go in twos. */
static void split_2(struct vectors *s) {
    split(s, s->v[0], s->q ? s->v[1] : s->v[0], &s->v[0], &s->v[1]);
}

static void merge_2(struct vectors *s) {
    merge(s, s->v[0], s->v[1], &s->v[0], &s->v[1]);
}

/* Structures of four are structures of two pairs. */
static void split_4(struct vectors *s) {
    ir_ref even[2], odd[2];
    split(s, s->v[0], s->v[1], &even[0], &odd[0]);
    split(s, s->v[2], s->v[3], &even[1], &odd[1]);
    split(s, even[0], s->q ? even[1] : even[0], &s->v[0], &s->v[2]);
    split(s, odd[0], s->q ? odd[1] : odd[0], &s->v[1], &s->v[3]);
}

static void merge_4(struct vectors *s) {
    ir_ref even[2], odd[2];
    merge(s, s->v[0], s->v[2], &even[0], &even[1]);
    merge(s, s->v[1], s->v[3], &odd[0], &odd[1]);
    merge(s, even[0], odd[0], &s->v[0], &s->v[1]);
    merge(s, even[1], odd[1], &s->v[2], &s->v[3]);
}

/* With n lanes in a register, lane i of 3n is to go to 3^-1 * i modulo 3n - 1. Since 3n is 1 there,
 * 3^-1 is n, a power of two; and interleaving the halves of the whole sequence takes i to 2i. So
 * that is done log2 n times. */
static unsigned rounds_3(const struct vectors *s) {
    return (s->q ? 4 : 3) - s->lane;
}

static ir_ref high_half(const struct vectors *s, ir_ref v) {
    return s->q ? ir_vhigh(s->ir, IR_V128, v)
                : ir_vshr(s->ir, IR_LANE_D, v, ir_const(s->ir, IR_I64, 32));
}

static void split_3(struct vectors *s) {
    for (unsigned i = 0; i < rounds_3(s); i++) {
        const ir_ref a = s->v[0], b = s->v[1], c = s->v[2];
        s->v[0] = ir_vzip1(s->ir, s->lane, a, high_half(s, b));
        s->v[1] = ir_vzip1(s->ir, s->lane, high_half(s, a), c);
        s->v[2] = ir_vzip1(s->ir, s->lane, b, high_half(s, c));
    }
}

/* The inverse: even lanes of the whole sequence first, odd ones behind them. */
static void merge_3(struct vectors *s) {
    for (unsigned i = 0; i < rounds_3(s); i++) {
        const ir_ref a = s->v[0], b = s->v[1], c = s->v[2];
        ir_ref even_ab, odd_bc, even_c, odd_a, unused;
        if (s->q) {
            even_ab = ir_vuzp1(s->ir, s->lane, a, b);
            odd_bc = ir_vuzp2(s->ir, s->lane, b, c);
            split(s, c, c, &even_c, &unused);
            split(s, a, a, &unused, &odd_a);
            s->v[1] = ir_vjoin(s->ir, IR_V128, even_c, odd_a);
        } else {
            const ir_ref ab = ir_vjoin(s->ir, IR_V128, a, b), bc = ir_vjoin(s->ir, IR_V128, b, c);
            even_ab = ir_vuzp1(s->ir, s->lane, ab, ab);
            odd_bc = ir_vuzp2(s->ir, s->lane, bc, bc);
            /* Quarters of 128 bits: those of c from the second half of bc, a's from ab. */
            even_c = ir_vuzp1(s->ir, s->lane, bc, bc);
            odd_a = ir_vuzp2(s->ir, s->lane, ab, ab);
            s->v[1] = ir_vputlane(s->ir, IR_LANE_AT(IR_LANE_S, 0) | 1 << 6, odd_a, even_c);
            s->v[1] = ir_vputlane(s->ir, IR_LANE_AT(IR_LANE_S, 1) | 0 << 6, s->v[1], odd_a);
        }
        s->v[0] = even_ab;
        s->v[2] = odd_bc;
    }
}

static void (*const split_into[])(struct vectors *) = {[2] = split_2, [3] = split_3, [4] = split_4};
static void (*const merge_from[])(struct vectors *) = {[2] = merge_2, [3] = merge_3, [4] = merge_4};

/* --- whole registers --- */

/* By opcode: how many registers, and how many elements a structure has. */
static const struct {
    uint8_t registers, elements;
} multiple[16] = {
    [0] = {4, 4}, [2] = {4, 1}, [4] = {3, 3},  [6] = {3, 1},
    [7] = {1, 1}, [8] = {2, 2}, [10] = {2, 1},
};

static bool valid_multiple(const struct operands *a) {
    return multiple[a->opc].registers && (multiple[a->opc].elements == 1 || a->size < 3 || a->q);
}

/* Structures are cut into pieces of 16 bytes as far as those are full, which two or four registers
 * of 64 bits allow. */
static unsigned log2_piece(const struct operands *a) {
    const unsigned elements = multiple[a->opc].elements;
    return a->q || elements == 2 || elements == 4 ? 4 : 3;
}

static void load_multiple(struct lifter *l, const struct operands *a, unsigned bytes) {
    const ir_ref base = get64_sp(l, a->n);
    const unsigned registers = multiple[a->opc].registers, elements = multiple[a->opc].elements;
    const unsigned log2_size = log2_piece(a);
    struct vectors s = {.ir = l->ir, .lane = a->size, .q = a->q};
    if (elements == 1) {
        for (unsigned i = 0; i < registers; i++)
            putv(l, following(a, i), load_vector(l, log2_size, base, i << log2_size));
        return;
    }
    for (unsigned i = 0; i << log2_size < bytes; i++)
        s.v[i] = load_vector(l, log2_size, base, i << log2_size);
    split_into[elements](&s);
    for (unsigned i = 0; i < elements; i++)
        putv_q(l, a->q, following(a, i), s.v[i]);
}

static void store_multiple(struct lifter *l, const struct operands *a, unsigned bytes) {
    const ir_ref base = get64_sp(l, a->n);
    const unsigned registers = multiple[a->opc].registers, elements = multiple[a->opc].elements;
    const unsigned log2_size = log2_piece(a);
    struct vectors s = {.ir = l->ir, .lane = a->size, .q = a->q};
    if (elements == 1) {
        for (unsigned i = 0; i < registers; i++)
            store_vector(l, log2_size, following(a, i), base, i << log2_size);
        return;
    }
    for (unsigned i = 0; i < registers; i++)
        s.v[i] = getv(l, following(a, i));
    merge_from[elements](&s);
    for (unsigned i = 0; i << log2_size < bytes; i++)
        store_value(l, log2_size, base, i << log2_size, s.v[i]);
}

static void access_multiple(struct lifter *l, const struct operands *a, bool writes_back) {
    const unsigned bytes = multiple[a->opc].registers * (a->q ? 16 : 8);
    (a->u ? load_multiple : store_multiple)(l, a, bytes);
    if (writes_back)
        write_back(l, a, bytes);
}

INSN_IF(multiple_offset, valid_multiple, "0q001100 0u0 00000 oooo zz nnnnn ddddd", "simd") {
    access_multiple(l, a, false);
}

INSN_IF(multiple_post, valid_multiple, "0q001100 1u0 mmmmm oooo zz nnnnn ddddd", "simd") {
    access_multiple(l, a, true);
}

/* --- single lanes --- */

/* opcode<2:1> is the lane's size, where 3 loads into all lanes; Q:S:size is its index, above as
 * many zeros as the size has, but for doublewords 001. */
static bool valid_single(const struct operands *a) {
    switch (a->opc) {
    case 0: return true;
    case 1: return (a->index & 1) == 0;
    case 2: return (a->index & 3) == 0 || a->index == 1;
    default: return a->u && a->index < 4;
    }
}

static unsigned single_lane(const struct operands *a) {
    return a->opc == 3 ? a->index : a->opc == 2 && (a->index & 1) ? IR_LANE_D : a->opc;
}

static void access_single(struct lifter *l, const struct operands *a, bool writes_back) {
    const ir_ref base = get64_sp(l, a->n);
    const unsigned lane = single_lane(a), elements = a->rot + 1u;
    const unsigned index = (a->q << 3 | a->index) >> lane;
    for (unsigned i = 0; i < elements; i++) {
        const unsigned v = following(a, i);
        const int64_t offset = i << lane;
        if (!a->u) {
            store_lane(l, lane, base, offset, getv(l, v), index);
            continue;
        }
        const ir_ref element = load_at(l, IR_I64, IR_MEM(2 * lane, 0), base, offset);
        if (a->opc == 3)
            putv_q(l, a->q, v, ir_vdup(l->ir, lane, element));
        else
            putv(l, v, ir_vput(l->ir, IR_LANE_AT(lane, index), getv(l, v), element));
    }
    if (writes_back)
        write_back(l, a, elements << lane);
}

INSN_IF(single_offset, valid_single, "0q001101 0ur 00000 ooR yyy nnnnn ddddd", "simd") {
    access_single(l, a, false);
}

INSN_IF(single_post, valid_single, "0q001101 1ur mmmmm ooR yyy nnnnn ddddd", "simd") {
    access_single(l, a, true);
}
