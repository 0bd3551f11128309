#include "tests/unit/random_ir_vector.h"

/* Sizes of lanes that an operation is defined for. */
enum { B = 1, H = 2, S = 4, D = 8, BHS = B | H | S, ALL = BHS | D };

/* What else aux says. */
enum more {
    NOTHING,
    INDEX,   /* of a lane */
    INDICES, /* of two */
    SIGNED_INDEX,
    BYTES,  /* an offset in bytes instead of a lane's size */
    WITHIN, /* the size of a group of lanes */
    BITS,   /* any of the bits in `bits` */
    CHOICE, /* the numbers below `bits`, from bit 2 on */
    FLOAT,  /* a rounding mode and rules of floating point; the scalar's bits in `bits` */
    NO_MODE,
    CONDITION, /* enum ir_fcond */
};

static const struct row {
    uint8_t op, lanes, more, bits;
    uint8_t a, b; /* types of the operands; IR_VOID for V128 */
} rows[] = {
    {IR_vfrom, 0, NOTHING, 0, IR_I64, 0},
    {IR_vfrom, 0, NOTHING, 0, IR_I32, 0},
    {IR_vfrom, 0, NOTHING, 0, IR_F64, 0},
    {IR_vlowf, 0, NOTHING, 0, 0, 0},
    {IR_vlow, 0, NOTHING, 0, 0, 0},
    {IR_vhigh, 0, NOTHING, 0, 0, 0},
    {IR_vjoin, 0, NOTHING, 0, 0, 0},
    {IR_vget, ALL, SIGNED_INDEX, 0, 0, 0},
    {IR_vput, ALL, INDEX, 0, 0, IR_I64},
    {IR_vputlane, ALL, INDICES, 0, 0, 0},
    {IR_vdup, ALL, NOTHING, 0, IR_I64, 0},
    {IR_vduplane, ALL, INDEX, 0, 0, 0},
    {IR_vzip1, ALL, NOTHING, 0, 0, 0},
    {IR_vzip2, ALL, NOTHING, 0, 0, 0},
    {IR_vuzp1, ALL, NOTHING, 0, 0, 0},
    {IR_vuzp2, ALL, NOTHING, 0, 0, 0},
    {IR_vtrn1, ALL, NOTHING, 0, 0, 0},
    {IR_vtrn2, ALL, NOTHING, 0, 0, 0},
    {IR_vext, 0, BYTES, 0, 0, 0},
    {IR_vrev, BHS, WITHIN, 0, 0, 0},
    {IR_vtbl, 0, NOTHING, 0, 0, 0},
    {IR_vand, 0, NOTHING, 0, 0, 0},
    {IR_vor, 0, NOTHING, 0, 0, 0},
    {IR_vxor, 0, NOTHING, 0, 0, 0},
    {IR_vandn, 0, NOTHING, 0, 0, 0},
    {IR_vnot, 0, NOTHING, 0, 0, 0},
    {IR_vbsl, 0, NOTHING, 0, 0, 0},
    {IR_vadd, ALL, NOTHING, 0, 0, 0},
    {IR_vsub, ALL, NOTHING, 0, 0, 0},
    {IR_vmul, BHS, NOTHING, 0, 0, 0},
    {IR_vneg, ALL, NOTHING, 0, 0, 0},
    {IR_vabs, ALL, NOTHING, 0, 0, 0},
    {IR_vceq, ALL, NOTHING, 0, 0, 0},
    {IR_vcgt, ALL, NOTHING, 0, 0, 0},
    {IR_vcge, ALL, NOTHING, 0, 0, 0},
    {IR_vcgtu, ALL, NOTHING, 0, 0, 0},
    {IR_vcgeu, ALL, NOTHING, 0, 0, 0},
    {IR_vsmin, BHS, NOTHING, 0, 0, 0},
    {IR_vsmax, BHS, NOTHING, 0, 0, 0},
    {IR_vumin, BHS, NOTHING, 0, 0, 0},
    {IR_vumax, BHS, NOTHING, 0, 0, 0},
    {IR_vqadds, ALL, NOTHING, 0, 0, 0},
    {IR_vqaddu, ALL, NOTHING, 0, 0, 0},
    {IR_vqsubs, ALL, NOTHING, 0, 0, 0},
    {IR_vqsubu, ALL, NOTHING, 0, 0, 0},
    {IR_vqaddsu, ALL, NOTHING, 0, 0, 0},
    {IR_vqaddus, ALL, NOTHING, 0, 0, 0},
    {IR_vqc, 0, NOTHING, 0, 0, 0},
    {IR_vhadd, BHS, BITS, IR_UNSIGNED | IR_ROUND_UP, 0, 0},
    {IR_vhsub, BHS, BITS, IR_UNSIGNED, 0, 0},
    {IR_vshl, ALL, NOTHING, 0, 0, IR_I64},
    {IR_vshr, ALL, NOTHING, 0, 0, IR_I64},
    {IR_vsar, ALL, NOTHING, 0, 0, IR_I64},
    {IR_vshlv, ALL, BITS, IR_UNSIGNED | IR_ROUND_UP, 0, 0},
    {IR_vsxtl, BHS, NOTHING, 0, 0, 0},
    {IR_vuxtl, BHS, NOTHING, 0, 0, 0},
    {IR_vnarrow, BHS, NOTHING, 0, 0, 0},
    {IR_vqnarrow, BHS, CHOICE, 3, 0, 0},
    {IR_vsmull, BHS, NOTHING, 0, 0, 0},
    {IR_vumull, BHS, NOTHING, 0, 0, 0},
    {IR_vpmull, B | D, NOTHING, 0, 0, 0},
    {IR_vsqdmulh, H | S, BITS, IR_ROUND_UP, 0, 0},
    {IR_vsqrdmla, H | S, BITS, IR_MLA_SUBTRACT | IR_MLA_OVERFLOWS, 0, 0},
    {IR_vpaddl, BHS, BITS, IR_UNSIGNED, 0, 0},
    {IR_vaddv, ALL, NOTHING, 0, 0, 0},
    {IR_vsminv, BHS, NOTHING, 0, 0, 0},
    {IR_vsmaxv, BHS, NOTHING, 0, 0, 0},
    {IR_vuminv, BHS, NOTHING, 0, 0, 0},
    {IR_vumaxv, BHS, NOTHING, 0, 0, 0},
    {IR_vcnt, B, NOTHING, 0, 0, 0},
    {IR_vclz, BHS, NOTHING, 0, 0, 0},
    {IR_vcls, BHS, NOTHING, 0, 0, 0},
    {IR_vrbit, B, NOTHING, 0, 0, 0},
    {IR_vurecpe, S, NOTHING, 0, 0, 0},
    {IR_vursqrte, S, NOTHING, 0, 0, 0},
    {IR_vfadd, H | S | D, FLOAT, 0, 0, 0},
    {IR_vfsub, H | S | D, FLOAT, 0, 0, 0},
    {IR_vfmul, H | S | D, FLOAT, 0, 0, 0},
    {IR_vfdiv, H | S | D, FLOAT, 0, 0, 0},
    {IR_vfsqrt, H | S | D, FLOAT, 0, 0, 0},
    {IR_vfma, H | S | D, FLOAT, IR_FMA_NEG_PRODUCT, 0, 0},
    {IR_vfmin, H | S | D, NO_MODE, 0, 0, 0},
    {IR_vfmax, H | S | D, NO_MODE, 0, 0, 0},
    {IR_vfminm, H | S | D, NO_MODE, 0, 0, 0},
    {IR_vfmaxm, H | S | D, NO_MODE, 0, 0, 0},
    {IR_vfcmp, H | S | D, CONDITION, 0, 0, 0},
    {IR_vfround, H | S | D, FLOAT, IR_ROUND_EXACT, 0, 0},
    {IR_vfneg, H | S | D, NOTHING, 0, 0, 0},
    {IR_vfabs, H | S | D, NOTHING, 0, 0, 0},
    {IR_vfcanon, H | S | D, NOTHING, 0, 0, 0},
    {IR_vftoi, H | S | D, FLOAT, IR_FP_UNSIGNED, 0, 0},
    {IR_vitof, H | S | D, FLOAT, IR_FP_UNSIGNED, 0, 0},
    {IR_vfcvtl, H | S, FLOAT, 0, 0, 0},
    {IR_vfcvtn, S | D, FLOAT, 0, 0, 0},
    {IR_vaesenc, 0, NOTHING, 0, 0, 0},
    {IR_vaesenclast, 0, NOTHING, 0, 0, 0},
    {IR_vaesdec, 0, NOTHING, 0, 0, 0},
    {IR_vaesdeclast, 0, NOTHING, 0, 0, 0},
    {IR_vaesmc, 0, NOTHING, 0, 0, 0},
    {IR_vaesimc, 0, NOTHING, 0, 0, 0},
    {IR_vsha256, 0, NOTHING, 0, 0, 0},
    {IR_vsha256msg1, 0, NOTHING, 0, 0, 0},
    {IR_vsha256msg2, 0, NOTHING, 0, 0, 0},
    {IR_vsha1msg2, 0, NOTHING, 0, 0, 0},
};

static unsigned random_rules(struct random_source *random, const struct row *row) {
    static const uint8_t modes[] = {FP_DYNAMIC, FP_DYNAMIC, FP_DYNAMIC, FP_RNE,
                                    FP_RTZ,     FP_RDN,     FP_RUP,     FP_RMM};
    const unsigned mode = row->more == NO_MODE ? 0 : modes[random_below(random, 8)];
    const unsigned rules = random_below(random, 8) ? IR_FP_PROPAGATE : 0;
    return mode | rules | (random_below(random, 256) & row->bits);
}

static unsigned random_aux(struct random_source *random, const struct row *row) {
    unsigned lane = 0;
    if (row->lanes)
        do
            lane = random_below(random, 4);
        while (!(row->lanes >> lane & 1));
    const unsigned count = 16 >> lane;
    switch (row->more) {
    case INDEX: return IR_LANE_AT(lane, random_below(random, count));
    case INDICES:
        return IR_LANE_AT(lane, random_below(random, count)) | random_below(random, count) << 6;
    case SIGNED_INDEX:
        return IR_LANE_AT(lane, random_below(random, count)) |
               (random_below(random, 2) ? IR_VGET_SIGNED : 0);
    case BYTES: return random_below(random, 16);
    case WITHIN: return IR_LANE_AT(lane, lane + 1 + random_below(random, 3 - lane));
    case BITS: return lane | (random_below(random, 256) & row->bits);
    case NO_MODE:
    case FLOAT: return IR_VECTOR_FP(lane, random_rules(random, row));
    case CONDITION: return lane | random_below(random, 5) << 2;
    case CHOICE: return lane | random_below(random, row->bits) << 2;
    default: return lane;
    }
}

ir_ref random_ir_vector(struct ir *ir, struct random_source *random,
                        ir_ref (*pick)(void *context, enum ir_type type), void *context) {
    const struct row *row = &rows[random_below(random, sizeof rows / sizeof *rows)];
    const unsigned arguments = ir_ops[row->op].arguments, aux = random_aux(random, row);
    const enum ir_type type = row->op == IR_vlowf ? IR_F64 : IR_V128;
    ir_ref operands[3] = {IR_NO_REF, IR_NO_REF, IR_NO_REF};
    for (unsigned i = 0; i < arguments; i++) {
        const unsigned operand = i == 0 ? row->a : i == 1 ? row->b : IR_VOID;
        operands[i] = pick(context, operand ? (enum ir_type)operand : IR_V128);
    }
    const bool shift = row->op == IR_vshl || row->op == IR_vshr || row->op == IR_vsar;
    if (shift && random_below(random, 8))
        operands[1] = ir_const(ir, IR_I64, random_below(random, (8u << IR_LANE(aux)) + 2));
    return ir_emit(ir, (enum ir_op)row->op, type, aux, operands[0], operands[1], operands[2], 0);
}
