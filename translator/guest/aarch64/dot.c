/* Dot products of bytes and products of byte matrices. */
#include "translator/guest/aarch64/lift.h"

enum { BOTH_SIGNED = IR_DOT_B_SIGNED | IR_DOT_C_SIGNED };

static void dot(struct lifter *l, const struct operands *a, unsigned signs, ir_ref m) {
    putv_q(l, a->q, a->d, ir_vdot(l->ir, signs, getv(l, a->d), getv(l, a->n), m));
}

#define DOT(id, high, opcode, extension, signs)                             \
    INSN(id, "0q" high "01110 100 mmmmm " opcode " nnnnn ddddd", extension) \
    { dot(l, a, signs, getv(l, a->m)); }

DOT(sdot, "0", "100101", "dotprod", BOTH_SIGNED)
DOT(udot, "1", "100101", "dotprod", 0)
DOT(usdot, "0", "100111", "i8mm", IR_DOT_C_SIGNED)

/* By element: the same four bytes of m for every sum. */
#define DOT_ELEMENT(id, high, size, opcode, extension, signs)                          \
    INSN(id, "0q" high "01111 " size " y mmmmm " opcode " Y 0 nnnnn ddddd", extension) \
    {                                                                                  \
        unsigned element = IR_LANE_AT(IR_LANE_S, a->index);                            \
        dot(l, a, signs, ir_vduplane(l->ir, element, getv(l, a->m)));                  \
    }

DOT_ELEMENT(sdot_element, "0", "10", "1110", "dotprod", BOTH_SIGNED)
DOT_ELEMENT(udot_element, "1", "10", "1110", "dotprod", 0)
DOT_ELEMENT(usdot_element, "0", "10", "1111", "i8mm", IR_DOT_C_SIGNED)
DOT_ELEMENT(sudot_element, "0", "00", "1111", "i8mm", IR_DOT_B_SIGNED)

/* The rows of n times the rows of m, eight bytes each: four sums, each in two dot products. */
#define MATRIX_PRODUCT(id, high, opcode, signs)                                              \
    INSN(id, "01" high "01110 100 mmmmm " opcode " nnnnn ddddd", "i8mm")                     \
    {                                                                                        \
        ir_ref n = getv(l, a->n), m = getv(l, a->m);                                         \
        ir_ref sums = ir_vdot(l->ir, signs, getv(l, a->d), ir_vtrn1(l->ir, IR_LANE_S, n, n), \
                              ir_vuzp1(l->ir, IR_LANE_S, m, m));                             \
        sums = ir_vdot(l->ir, signs, sums, ir_vtrn2(l->ir, IR_LANE_S, n, n),                 \
                       ir_vuzp2(l->ir, IR_LANE_S, m, m));                                    \
        putv(l, a->d, sums);                                                                 \
    }

MATRIX_PRODUCT(smmla, "0", "101001", BOTH_SIGNED)
MATRIX_PRODUCT(ummla, "1", "101001", 0)
MATRIX_PRODUCT(usmmla, "0", "101011", IR_DOT_C_SIGNED)
