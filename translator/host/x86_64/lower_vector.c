/* Lowering rules of vector operations: what rules share, values of other types in vectors, logic,
 * comparison, and all that is one instruction. */
#include "translator/host/x86_64/lower_vector.h"

/* --- shared --- */

struct operand vec_in_reg(unsigned reg) {
    return (struct operand){.kind = IN_REG, .reg = (uint8_t)reg};
}

struct operand vec_constant(unsigned constant) {
    return (struct operand){.kind = IN_MEMORY, .reg = NO_REG, .mem = constant_mem(constant)};
}

void vec_copy(struct lower *l, unsigned dst, unsigned src) {
    if (dst != src)
        x86_vv(&l->b, X86_MOVAPS, dst, src);
}

unsigned vec_low(struct lower *l, unsigned reg) {
    if (reg < 16)
        return reg;
    const unsigned copy = lower_scratch_vec(l);
    vec_copy(l, copy, reg);
    return copy;
}

/* AES and PCLMULQDQ have an EVEX form only together with an extension of their own. */
static bool takes_high(enum x86_op op) {
    switch (op) {
    case X86_AESENC:
    case X86_AESENCLAST:
    case X86_AESDEC:
    case X86_AESDECLAST: return x86_config.features.vaes;
    case X86_PCLMULQDQ: return x86_config.features.vpclmul;
    default: return x86_takes_high(op);
    }
}

static void emit(struct lower *l, enum x86_op op, unsigned dst, unsigned x, struct operand y,
                 int imm) {
    if (y.kind == IN_MEMORY) {
        if (imm < 0)
            x86_vvm(&l->b, op, dst, x, y.mem);
        else
            x86_vvmi(&l->b, op, dst, x, y.mem, (unsigned)imm);
    } else {
        if (imm < 0)
            x86_vvv(&l->b, op, dst, x, y.reg);
        else
            x86_vvvi(&l->b, op, dst, x, y.reg, (unsigned)imm);
    }
}

static void operate(struct lower *l, enum x86_op op, unsigned dst, unsigned x, struct operand y,
                    int imm) {
    if (!takes_high(op) && x86_vector_level == X86_AVX512) {
        const unsigned low = vec_low(l, x);
        if (y.kind == IN_REG)
            y.reg = (uint8_t)(y.reg == x ? low : vec_low(l, y.reg));
        const unsigned to = dst < 16 ? dst : low != x ? low : lower_scratch_vec(l);
        emit(l, op, to, low, y, imm);
        vec_copy(l, dst, to);
        return;
    }
    /* SSE instructions begin with a copy of x to dst. */
    if (x86_vector_level == X86_SSE && y.kind == IN_REG && y.reg == dst && x != dst) {
        if (x86_commutes(op)) {
            y.reg = (uint8_t)x;
            x = dst;
        } else {
            const unsigned copy = lower_scratch_vec(l);
            vec_copy(l, copy, y.reg);
            y.reg = (uint8_t)copy;
        }
    }
    emit(l, op, dst, x, y, imm);
}

void vec_op(struct lower *l, enum x86_op op, unsigned dst, unsigned x, struct operand y) {
    operate(l, op, dst, x, y, -1);
}

void vec_op_imm(struct lower *l, enum x86_op op, unsigned dst, unsigned x, struct operand y,
                unsigned imm) {
    operate(l, op, dst, x, y, (int)imm);
}

struct vec_registers vec_begin(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const ir_ref operands[3] = {insn->a, insn->b, insn->c};
    unsigned regs[3] = {NO_REG, NO_REG, NO_REG};
    for (unsigned i = 0; i < 3; i++)
        if (operands[i] != IR_NO_REF)
            regs[i] = lower_use_vec(l, operands[i]);
    for (unsigned i = 0; i < 3; i++)
        if (operands[i] != IR_NO_REF)
            lower_consume(l, operands[i]);
    return (struct vec_registers){lower_define_vec(l, ref, regs[0]), regs[0], regs[1], regs[2]};
}

/* --- operations that are one instruction --- */

/* By operation and lane; operations without lanes stand in the first column. NONE: no such
 * instruction. */
enum { NONE = 0 };
#define ONE(op) \
    { X86_##op, NONE, NONE, NONE }
#define BHS(p) \
    { X86_##p##B, X86_##p##W, X86_##p##D, NONE }
#define BHSD(p) \
    { X86_##p##B, X86_##p##W, X86_##p##D, X86_##p##Q }
#define BH(p) \
    { X86_##p##B, X86_##p##W, NONE, NONE }
#define UNPACK(p) \
    { X86_##p##BW, X86_##p##WD, X86_##p##DQ, X86_##p##QDQ }
#define EXTEND(p) \
    { X86_##p##BW, X86_##p##WD, X86_##p##DQ, NONE }

static const uint16_t binary_ops[IR_OP_COUNT][4] = {
    [IR_vjoin] = ONE(PUNPCKLQDQ),
    [IR_vand] = ONE(PAND),
    [IR_vor] = ONE(POR),
    [IR_vxor] = ONE(PXOR),
    [IR_vadd] = BHSD(PADD),
    [IR_vsub] = BHSD(PSUB),
    [IR_vmul] = {NONE, X86_PMULLW, X86_PMULLD, NONE},
    [IR_vsmin] = BHS(PMINS),
    [IR_vsmax] = BHS(PMAXS),
    [IR_vumin] = BHS(PMINU),
    [IR_vumax] = BHS(PMAXU),
    [IR_vqadds] = BH(PADDS),
    [IR_vqaddu] = BH(PADDUS),
    [IR_vqsubs] = BH(PSUBS),
    [IR_vqsubu] = BH(PSUBUS),
    [IR_vzip1] = UNPACK(PUNPCKL),
    [IR_vzip2] = UNPACK(PUNPCKH),
    [IR_vuzp1] = {NONE, NONE, NONE, X86_PUNPCKLQDQ},
    [IR_vuzp2] = {NONE, NONE, NONE, X86_PUNPCKHQDQ},
    [IR_vtrn1] = {NONE, NONE, NONE, X86_PUNPCKLQDQ},
    [IR_vtrn2] = {NONE, NONE, NONE, X86_PUNPCKHQDQ},
};

static const uint16_t unary_ops[IR_OP_COUNT][4] = {
    [IR_vlow] = ONE(MOVQ),
    [IR_vabs] = BHS(PABS),
    [IR_vsxtl] = EXTEND(PMOVSX),
    [IR_vuxtl] = EXTEND(PMOVZX),
};

static bool binary(struct lower *l, ir_ref ref, enum x86_op op) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const struct operand y = lower_operand_vec(l, insn->b);
    const unsigned x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    vec_op(l, op, lower_define_vec(l, ref, x), x, y);
    return true;
}

static bool unary(struct lower *l, ir_ref ref, enum x86_op op) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const struct operand x = lower_operand_vec(l, insn->a);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define_vec(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
    if (x.kind == IN_MEMORY)
        x86_vm(&l->b, op, dst, x.mem);
    else
        x86_vv(&l->b, op, dst, x.reg);
    return true;
}

/* --- values of other types --- */

/* Whether the register of a scalar of that type has zeros above it: reloading leaves it so, but not
 * a guest register into which only the scalar was put. */
static bool is_clean(const struct lower *l, ir_ref scalar, enum ir_type type) {
    const struct value *v = &l->values[scalar];
    return v->clean && l->ir->insn[scalar].type == type &&
           (v->guest == NO_GUEST || v->guest == v->hint);
}

/* The first bytes of a vector from a scalar, zeros above. */
static bool from_scalar(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const enum ir_type type = ir_result_type(&l->ir->insn[insn->a]);
    if (!is_vec(type)) {
        const unsigned x = lower_use(l, insn->a), size = ir_type_size(type);
        lower_consume(l, insn->a);
        x86_vr(&l->b, size == 4 ? X86_MOVD : X86_MOVQ, size, lower_define_vec(l, ref, NO_REG), x);
        return true;
    }
    const unsigned x = lower_use_vec(l, insn->a);
    const ir_ref scalar = lower_root(l, insn->a);
    if (is_clean(l, scalar, type)) {
        lower_take_over(l, ref, scalar);
        lower_consume(l, ref); /* this use of the scalar */
        return true;
    }
    lower_consume(l, insn->a);
    const unsigned dst = lower_define_vec(l, ref, x);
    if (type == IR_F64)
        x86_vv(&l->b, X86_MOVQ, dst, x);
    else if (type == IR_F32)
        vec_op_imm(l, X86_INSERTPS, dst, x, vec_in_reg(x), 0x0e);
    else
        vec_op_constant(l, X86_PAND, dst, x, CONST_FIRST16);
    struct value *v = &l->values[scalar];
    if (v->uses > 0 && v->guest == NO_GUEST && ir_result_type(&l->ir->insn[scalar]) == type)
        lower_share(l, scalar, ref);
    return true;
}

/* One lane as an integer. */
static bool get_lane(struct lower *l, ir_ref ref) {
    static const uint16_t extract[] = {X86_PEXTRB, X86_PEXTRW, X86_PEXTRD, X86_PEXTRQ};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux), index = IR_INDEX(insn->aux), size = 1u << lane;
    const unsigned x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define(l, ref, NO_REG);
    if (index == 0 && lane >= IR_LANE_S)
        x86_rv(&l->b, lane == IR_LANE_S ? X86_MOVD : X86_MOVQ, size, dst, x);
    else
        x86_rvi(&l->b, (enum x86_op)extract[lane], size == 8 ? 8 : 4, dst, x, index);
    if (insn->aux & IR_VGET_SIGNED && lane < IR_LANE_D)
        x86_extend(&l->b, true, size, 8, dst, dst);
    return true;
}

static const uint16_t insert_ops[] = {X86_PINSRB, X86_PINSRW, X86_PINSRD, X86_PINSRQ};

static bool put_lane(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned a = lower_use_vec(l, insn->a), b = lower_use(l, insn->b);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define_vec(l, ref, a);
    x86_vvri(&l->b, (enum x86_op)insert_ops[IR_LANE(insn->aux)], dst, a, b, IR_INDEX(insn->aux));
    return true;
}

static bool duplicate(struct lower *l, ir_ref ref) {
    static const uint16_t broadcast[] = {X86_VPBROADCASTB, X86_VPBROADCASTW, X86_VPBROADCASTD,
                                         X86_VPBROADCASTQ};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux);
    const unsigned x = lower_use(l, insn->a);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define_vec(l, ref, NO_REG);
    if (x86_vector_level == X86_AVX512) {
        x86_vr(&l->b, (enum x86_op)broadcast[lane], lane == IR_LANE_D ? 8 : 4, dst, x);
        return true;
    }
    x86_vr(&l->b, X86_MOVQ, 8, dst, x);
    if (x86_vector_level == X86_AVX) {
        x86_vv(&l->b, (enum x86_op)broadcast[lane], dst, dst);
        return true;
    }
    if (lane == IR_LANE_D)
        x86_vvv(&l->b, X86_PUNPCKLQDQ, dst, dst, dst);
    if (lane == IR_LANE_B)
        x86_vvv(&l->b, X86_PUNPCKLBW, dst, dst, dst);
    if (lane <= IR_LANE_H)
        x86_vvi(&l->b, X86_PSHUFLW, dst, dst, 0);
    if (lane <= IR_LANE_S)
        x86_vvi(&l->b, X86_PSHUFD, dst, dst, 0);
    return true;
}

static bool choose(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (!is_vec(insn->type))
        return false;
    const unsigned condition = lower_use(l, insn->a);
    const unsigned then = lower_use_vec(l, insn->b), otherwise = lower_use_vec(l, insn->c);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    lower_consume(l, insn->c);
    const unsigned dst = lower_define_vec(l, ref, otherwise);
    const bool holds_then = dst == then && dst != otherwise;
    vec_copy(l, dst, holds_then ? then : otherwise);
    x86_rr(&l->b, X86_TEST, 8, condition, condition);
    uint8_t *done = x86_jcc_short(&l->b, holds_then ? CC_NE : CC_E);
    vec_copy(l, dst, holds_then ? otherwise : then);
    x86_link_short(&l->b, done);
    return true;
}

/* --- logic --- */

/* ~x */
static void complement(struct lower *l, unsigned dst, unsigned x) {
    if (x86_vector_level == X86_AVX512)
        x86_vvvi(&l->b, X86_VPTERNLOGD, dst, x, x, 0x55);
    else
        vec_op_constant(l, X86_PXOR, dst, x, CONST_ONES);
}

static bool not(struct lower * l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    complement(l, r.dst, r.a);
    return true;
}

/* a & ~b */
static bool and_not(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const struct operand y = lower_operand_vec(l, insn->a);
    const unsigned x = lower_use_vec(l, insn->b);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    vec_op(l, X86_PANDN, lower_define_vec(l, ref, x), x, y);
    return true;
}

/* a ? b : c, bit by bit. VPTERNLOG's table is indexed by the bits of dst, x and y. */
static bool select_bits(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    if (x86_vector_level == X86_AVX512) {
        if (r.dst == r.b && r.dst != r.a) {
            x86_vvvi(&l->b, X86_VPTERNLOGQ, r.dst, r.a, r.c, 0xe2);
        } else if (r.dst == r.c && r.dst != r.a) {
            x86_vvvi(&l->b, X86_VPTERNLOGQ, r.dst, r.a, r.b, 0xb8);
        } else {
            vec_copy(l, r.dst, r.a);
            x86_vvvi(&l->b, X86_VPTERNLOGQ, r.dst, r.b, r.c, 0xca);
        }
        return true;
    }
    const unsigned mixed = lower_scratch_vec(l);
    vec_op_reg(l, X86_PXOR, mixed, r.b, r.c);
    vec_op_reg(l, X86_PAND, mixed, mixed, r.a);
    vec_op_reg(l, X86_PXOR, r.dst, mixed, r.c);
    return true;
}

/* Saturation where a and b differ. */
static bool note_saturation(struct lower *l, const struct ir_insn *insn) {
    const struct x86_mem noted =
        cpu_mem(offsetof(struct cpu, fp) + offsetof(struct fp_env, saturated));
    const struct operand y = lower_operand_vec(l, insn->b);
    const unsigned x = lower_use_vec(l, insn->a);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned difference = lower_scratch_vec(l);
    vec_op(l, X86_PXOR, difference, x, y);
    x86_vvm(&l->b, X86_POR, difference, difference, noted);
    x86_mv(&l->b, X86_MOVAPS, noted, difference);
    return true;
}

/* --- comparison --- */

/* The predicates of VPCMP. */
enum { EQUAL = 0, NOT_LESS = 5, GREATER = 6 };

static void compare_to_mask(struct lower *l, unsigned lane, unsigned predicate, bool is_unsigned,
                            unsigned dst, unsigned x, struct operand y) {
    static const uint16_t compare[2][4] = {{X86_VPCMPB, X86_VPCMPW, X86_VPCMPD, X86_VPCMPQ},
                                           {X86_VPCMPUB, X86_VPCMPUW, X86_VPCMPUD, X86_VPCMPUQ}};
    static const uint16_t spread[] = {X86_VPMOVM2B, X86_VPMOVM2W, X86_VPMOVM2D, X86_VPMOVM2Q};
    const unsigned mask = 1;
    emit(l, (enum x86_op)compare[is_unsigned][lane], mask, x, y, (int)predicate);
    x86_vv(&l->b, (enum x86_op)spread[lane], dst, mask);
}

/* a > b or a >= b on 64-bit lanes, which have no minimum. */
static void compare_wide(struct lower *l, bool greater, bool is_unsigned, unsigned dst, unsigned x,
                         unsigned y) {
    if (is_unsigned) {
        const unsigned flipped = lower_scratch_vec(l), other = lower_scratch_vec(l);
        vec_op_constant(l, X86_PXOR, flipped, x, CONST_SIGN64);
        vec_op_constant(l, X86_PXOR, other, y, CONST_SIGN64);
        x = flipped;
        y = other;
    }
    if (greater) {
        vec_op_reg(l, X86_PCMPGTQ, dst, x, y);
    } else {
        vec_op_reg(l, X86_PCMPGTQ, dst, y, x);
        complement(l, dst, dst);
    }
}

static bool compare(struct lower *l, ir_ref ref) {
    static const uint16_t equal[] = {X86_PCMPEQB, X86_PCMPEQW, X86_PCMPEQD, X86_PCMPEQQ};
    static const uint16_t greater[] = {X86_PCMPGTB, X86_PCMPGTW, X86_PCMPGTD, X86_PCMPGTQ};
    static const uint16_t signed_min[] = {X86_PMINSB, X86_PMINSW, X86_PMINSD};
    static const uint16_t unsigned_min[] = {X86_PMINUB, X86_PMINUW, X86_PMINUD};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux), op = insn->op;
    const bool is_unsigned = op == IR_vcgtu || op == IR_vcgeu;
    const struct vec_registers r = vec_begin(l, ref);
    if (x86_vector_level == X86_AVX512 &&
        ((r.dst | r.a | r.b) > 15 || (op != IR_vceq && op != IR_vcgt))) {
        const unsigned predicate = op == IR_vceq                     ? EQUAL
                                   : op == IR_vcgt || op == IR_vcgtu ? GREATER
                                                                     : NOT_LESS;
        compare_to_mask(l, lane, predicate, is_unsigned, r.dst, r.a, vec_in_reg(r.b));
    } else if (op == IR_vceq) {
        vec_op_reg(l, (enum x86_op)equal[lane], r.dst, r.a, r.b);
    } else if (op == IR_vcgt) {
        vec_op_reg(l, (enum x86_op)greater[lane], r.dst, r.a, r.b);
    } else if (lane == IR_LANE_D) {
        compare_wide(l, op == IR_vcgtu, is_unsigned, r.dst, r.a, r.b);
    } else {
        /* a >= b if the lesser of the two is b; a > b if it is not a. */
        const unsigned least = lower_scratch_vec(l);
        vec_op_reg(l, (enum x86_op)(is_unsigned ? unsigned_min : signed_min)[lane], least, r.a,
                   r.b);
        vec_op_reg(l, (enum x86_op)equal[lane], r.dst, least, op == IR_vcgtu ? r.a : r.b);
        if (op == IR_vcgtu)
            complement(l, r.dst, r.dst);
    }
    return true;
}

bool lower_vector(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = ir_ops[insn->op].shape == IR_VECTOR ? IR_LANE(insn->aux) : 0;
    const enum x86_op two = (enum x86_op)binary_ops[insn->op][lane];
    const enum x86_op one = (enum x86_op)unary_ops[insn->op][lane];
    if (two)
        return binary(l, ref, two);
    if (one)
        return unary(l, ref, one);
    switch (insn->op) {
    case IR_select: return choose(l, ref);
    case IR_vfrom: return from_scalar(l, ref);
    case IR_vget: return get_lane(l, ref);
    case IR_vput: return put_lane(l, ref);
    case IR_vdup: return duplicate(l, ref);
    case IR_vnot: return not(l, ref);
    case IR_vandn: return and_not(l, ref);
    case IR_vbsl: return select_bits(l, ref);
    case IR_vqc: return note_saturation(l, insn);
    case IR_vceq:
    case IR_vcgt:
    case IR_vcge:
    case IR_vcgtu:
    case IR_vcgeu: return compare(l, ref);
    default:
        return lower_vector_permute(l, ref) || lower_vector_arithmetic(l, ref) ||
               lower_vector_fixed(l, ref);
    }
}
