/* Lowering rules of floating-point operations by Arm's rules (IR_FP_PROPAGATE), scalar and vector.
 *
 * x86 computes the same but for three things: which of two NaN operands is the result, the sign of
 * the NaN that it makes itself, and that it detects tininess after rounding, so that a result
 * rounded up to the least normal number raises no underflow. So results are checked, and where one
 * is a NaN (or that number) cold code does the operation again in software, whose flags include
 * those that the instruction has raised. It needs the operands, which the result does not overwrite
 * for that reason. */
#include "translator/host/x86_64/lower_vector.h"

enum check { CHECK_NOTHING, CHECK_NAN, CHECK_TINY /* or a NaN */ };

/* How an operation looks at x86. */
struct shape {
    bool vector, wide; /* two lanes of 64 bits, or one */
    unsigned aux;      /* as of a scalar operation */
};

/* False for what is left to software: halves, results and operands that are flushed, rounding modes
 * of the instruction's own. */
static bool shape_of(const struct ir_insn *insn, unsigned allowed, struct shape *shape) {
    shape->vector = insn->type == IR_V128;
    const unsigned lane = shape->vector          ? IR_LANE(insn->aux)
                          : insn->type == IR_F64 ? IR_LANE_D
                          : insn->type == IR_F32 ? IR_LANE_S
                                                 : IR_LANE_H;
    shape->wide = lane == IR_LANE_D;
    shape->aux = shape->vector ? IR_SCALAR_FP(insn->aux) : insn->aux;
    return lane >= IR_LANE_S && (shape->aux & ~allowed) == IR_FP_PROPAGATE;
}

static bool is_dynamic(const struct shape *shape) {
    return IR_ROUND_MODE(shape->aux) == FP_DYNAMIC;
}

/* An instruction's four forms. */
#define FORMS(name)                         \
    {                                       \
        {X86_##name##SS, X86_##name##SD}, { \
            X86_##name##PS, X86_##name##PD  \
        }                                   \
    }
typedef const uint16_t forms[2][2];

static enum x86_op form(forms ops, const struct shape *shape) {
    return (enum x86_op)ops[shape->vector][shape->wide];
}

/* With AVX-512 a scalar operation is a packed one of the first element, which leaves zeros above
 * the result as Arm does; else they are left to vfrom. */
static bool is_first(const struct shape *shape) {
    return !shape->vector && x86_vector_level == X86_AVX512;
}

static enum x86_op packed(forms ops, const struct shape *shape) {
    return (enum x86_op)ops[true][shape->wide];
}

/* --- checks --- */

/* A jump taken if `mask` has a bit set. */
static uint8_t *jump_if_any(struct lower *l, unsigned mask) {
    x86_vv(&l->b, X86_PTEST, mask, mask);
    return x86_jcc(&l->b, CC_NE);
}

/* Compares two vectors (`y` in a register or memory) by a predicate of VCMPPS: a jump taken if it
 * holds for any lane. */
static uint8_t *jump_if_compares(struct lower *l, bool wide, unsigned predicate, unsigned x,
                                 struct operand y) {
    if (x86_vector_level == X86_AVX512) {
        const unsigned mask = 1;
        const enum x86_op op = wide ? X86_VCMPPD : X86_VCMPPS;
        if (y.kind == IN_MEMORY)
            x86_vvmi(&l->b, op, mask, x, y.mem, predicate);
        else
            x86_vvvi(&l->b, op, mask, x, y.reg, predicate);
        x86_vv(&l->b, X86_KORTESTB, mask, mask);
        return x86_jcc(&l->b, CC_NE);
    }
    const unsigned mask = lower_scratch_vec(l);
    vec_op_imm(l, wide ? X86_CMPPD : X86_CMPPS, mask, x, y, predicate);
    return jump_if_any(l, mask);
}

enum { UNORDERED = 3, EQUAL_OR_UNORDERED = 8 /* not in SSE */ };

static uint8_t *jump_if_nan(struct lower *l, const struct shape *shape, unsigned x, unsigned y) {
    if (shape->vector)
        return jump_if_compares(l, shape->wide, UNORDERED, x, vec_in_reg(y));
    x86_vv(&l->b, shape->wide ? X86_UCOMISD : X86_UCOMISS, x, y);
    return x86_jcc(&l->b, CC_P);
}

/* The magnitude of x, in a scratch register, compared with the least normal number: E if they are
 * equal or x is a NaN. That of a square is not needed. */
static void compare_with_least(struct lower *l, bool wide, unsigned x, bool square) {
    const struct operand least = vec_constant(wide ? CONST_LEAST64 : CONST_LEAST32);
    const unsigned magnitude = square ? x : lower_scratch_vec(l);
    if (!square)
        vec_op_constant(l, X86_ANDPS, magnitude, x, wide ? CONST_MAGNITUDE64 : CONST_MAGNITUDE32);
    x86_vm(&l->b, wide ? X86_UCOMISD : X86_UCOMISS, magnitude, least.mem);
}

/* Equal to the least normal number but for the sign, or a NaN, which compares as if it were. Of a
 * scalar, `edges`: or another number that has all bits of CONST_EDGES clear, or all set. These are
 * 0, little else below 1.5 times the least normal one, and the greatest; a quiet NaN has them set.
 * Cold code sorts them out. */
static uint8_t *jump_if_tiny(struct lower *l, const struct shape *shape, unsigned x, bool square,
                             bool *edges) {
    const bool wide = shape->wide;
    *edges = false;
    if (!shape->vector) {
        *edges = !square && x < 16;
        if (!*edges) {
            compare_with_least(l, wide, x, square);
            return x86_jcc(&l->b, CC_E);
        }
        x86_vm(&l->b, X86_PTEST, x, constant_mem(wide ? CONST_EDGES64 : CONST_EDGES32));
        return x86_jcc(&l->b, CC_BE);
    }
    const struct operand least = vec_constant(wide ? CONST_LEAST64 : CONST_LEAST32);
    const unsigned magnitude = lower_scratch_vec(l);
    vec_op_constant(l, X86_ANDPS, magnitude, x, wide ? CONST_MAGNITUDE64 : CONST_MAGNITUDE32);
    if (x86_vector_level != X86_SSE)
        return jump_if_compares(l, wide, EQUAL_OR_UNORDERED, magnitude, least);
    vec_op(l, wide ? X86_PCMPEQQ : X86_PCMPEQD, magnitude, magnitude, least);
    const unsigned nan = lower_scratch_vec(l);
    vec_op_imm(l, wide ? X86_CMPPD : X86_CMPPS, nan, x, vec_in_reg(x), UNORDERED);
    vec_op_reg(l, X86_POR, magnitude, magnitude, nan);
    return jump_if_any(l, magnitude);
}

/* --- the frame of a rule --- */

struct computation {
    struct vec_registers r; /* dst is none of the operands' */
    unsigned home;          /* where the result goes in the end */
};

static struct computation begin(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const ir_ref operands[3] = {insn->a, insn->b, insn->c};
    unsigned regs[3] = {NO_REG, NO_REG, NO_REG};
    for (unsigned i = 0; i < 3 && operands[i] != IR_NO_REF; i++)
        regs[i] = lower_use_vec(l, operands[i]);
    for (unsigned i = 0; i < 3 && operands[i] != IR_NO_REF; i++)
        lower_consume(l, operands[i]);
    const unsigned home = lower_define_vec(l, ref, NO_REG);
    const bool shared = home == regs[0] || home == regs[1] || home == regs[2];
    const unsigned dst = shared ? lower_scratch_vec(l) : home;
    return (struct computation){{dst, regs[0], regs[1], regs[2]}, home};
}

/* Cold code for `jump`: does `ref` again in software, with the result in `dst`. */
static struct cold *redo(struct lower *l, ir_ref ref, const struct vec_registers *r,
                         uint8_t *jump) {
    struct cold *cold = lower_cold(l, COLD_REDO, jump);
    cold->insn = &l->ir->insn[ref];
    cold->type = (uint8_t)ir_result_type(&l->ir->insn[cold->insn->a]);
    cold->reg = (uint8_t)r->dst;
    cold->operands[0] = (uint8_t)r->a;
    cold->operands[1] = (uint8_t)r->b;
    cold->operands[2] = (uint8_t)r->c;
    return cold;
}

static bool finish(struct lower *l, ir_ref ref, const struct computation *c,
                   const struct shape *shape, enum check check) {
    if (check != CHECK_NOTHING) {
        const bool square = l->ir->insn[ref].op == IR_fmul && c->r.a == c->r.b;
        bool edges = false;
        uint8_t *jump = check == CHECK_NAN ? jump_if_nan(l, shape, c->r.dst, c->r.dst)
                                           : jump_if_tiny(l, shape, c->r.dst, square, &edges);
        struct cold *cold = redo(l, ref, &c->r, jump);
        cold->flag = edges;
        cold->back = l->b.at;
    }
    vec_copy(l, c->home, c->r.dst);
    l->values[ref].clean = is_first(shape);
    return true;
}

/* --- arithmetic --- */

static bool binary(struct lower *l, ir_ref ref, forms ops, enum check check) {
    struct shape shape;
    if (!shape_of(&l->ir->insn[ref], 7, &shape) || !is_dynamic(&shape))
        return false;
    const struct computation c = begin(l, ref);
    if (is_first(&shape))
        x86_first_vvv(&l->b, packed(ops, &shape), c.r.dst, c.r.a, c.r.b);
    else
        vec_op_reg(l, form(ops, &shape), c.r.dst, c.r.a, c.r.b);
    return finish(l, ref, &c, &shape, check);
}

static bool square_root(struct lower *l, ir_ref ref) {
    static forms ops = FORMS(SQRT);
    struct shape shape;
    if (!shape_of(&l->ir->insn[ref], 7, &shape) || !is_dynamic(&shape))
        return false;
    const struct computation c = begin(l, ref);
    if (is_first(&shape))
        x86_first_vv(&l->b, packed(ops, &shape), c.r.dst, c.r.a);
    else
        x86_vv(&l->b, form(ops, &shape), c.r.dst, c.r.a);
    return finish(l, ref, &c, &shape, CHECK_NAN);
}

static bool fused(struct lower *l, ir_ref ref) {
    static forms ops[4] = {FORMS(VFMADD231), FORMS(VFNMADD231), FORMS(VFMSUB231),
                           FORMS(VFNMSUB231)};
    struct shape shape;
    if (!x86_config.features.fma ||
        !shape_of(&l->ir->insn[ref], 7 | IR_FMA_NEG_PRODUCT | IR_FMA_NEG_ADDEND, &shape) ||
        !is_dynamic(&shape))
        return false;
    const struct computation c = begin(l, ref);
    vec_copy(l, c.r.dst, c.r.c);
    const forms *op = &ops[shape.aux >> 3 & 3];
    if (is_first(&shape))
        x86_first_vvv(&l->b, packed(*op, &shape), c.r.dst, c.r.a, c.r.b);
    else
        x86_vvv(&l->b, form(*op, &shape), c.r.dst, c.r.a, c.r.b);
    return finish(l, ref, &c, &shape, CHECK_TINY);
}

/* MIN gives its second operand if both are zeros: the sign of the result is in one of the two ways
 * to do it. It calls a quiet NaN invalid, so NaNs are looked for first. */
static bool extreme(struct lower *l, ir_ref ref, bool maximum) {
    static forms ops[2] = {FORMS(MIN), FORMS(MAX)};
    struct shape shape;
    if (!shape_of(&l->ir->insn[ref], 7, &shape))
        return false;
    const struct computation c = begin(l, ref);
    const unsigned other = lower_scratch_vec(l); /* before the jump: what it held may be spilled */
    struct cold *cold = redo(l, ref, &c.r, jump_if_nan(l, &shape, c.r.a, c.r.b));
    vec_op_reg(l, form(ops[maximum], &shape), other, c.r.b, c.r.a);
    vec_op_reg(l, form(ops[maximum], &shape), c.r.dst, c.r.a, c.r.b);
    vec_op_reg(l, maximum ? X86_ANDPS : X86_ORPS, c.r.dst, c.r.dst, other);
    cold->back = l->b.at;
    vec_copy(l, c.home, c.r.dst);
    return true;
}

/* The immediate of ROUND; false for modes that it lacks. */
static bool rounding_imm(unsigned aux, unsigned *imm) {
    static const uint8_t modes[] = {
        [FP_RNE] = 0, [FP_RTZ] = 3, [FP_RDN] = 1, [FP_RUP] = 2, [FP_DYNAMIC] = 4};
    const enum fp_round mode = IR_ROUND_MODE(aux);
    if (mode == FP_RMM || mode == FP_ODD)
        return false;
    *imm = modes[mode] | (aux & IR_ROUND_EXACT ? 0 : 8);
    return true;
}

/* A jump taken if a magnitude is 2^limit or more, or not a number. */
static uint8_t *jump_if_large(struct lower *l, bool wide, unsigned limit, unsigned x) {
    const unsigned exponent = lower_scratch(l), size = wide ? 8 : 4;
    x86_rv(&l->b, wide ? X86_MOVQ : X86_MOVD, size, exponent, x);
    x86_rr(&l->b, X86_ADD, size, exponent, exponent);
    x86_ri(&l->b, X86_SHR, size, exponent, wide ? 53 : 24);
    x86_ri(&l->b, X86_CMP, 4, exponent, (int32_t)((wide ? 1023 : 127) + limit));
    return x86_jcc(&l->b, CC_AE);
}

/* dst <- x to nearest, ties away from zero, of numbers that have places behind the point: the
 * truncated value, and one more where the rest, which is exact, is a half or greater. `imm` is
 * ROUND's for truncation. */
static void round_away(struct lower *l, const struct shape *shape, unsigned dst, unsigned x,
                       unsigned imm, unsigned rest, unsigned one) {
    static forms round = FORMS(ROUND), sub = FORMS(SUB), add = FORMS(ADD);
    const bool wide = shape->wide;
    x86_vvi(&l->b, form(round, shape), dst, x, imm);
    vec_op_reg(l, form(sub, shape), rest, x, dst);
    vec_op_constant(l, X86_ANDPS, rest, rest, wide ? CONST_MAGNITUDE64 : CONST_MAGNITUDE32);
    vec_op_constant(l, wide ? X86_PCMPGTQ : X86_PCMPGTD, rest, rest,
                    wide ? CONST_BELOW_HALF64 : CONST_BELOW_HALF32);
    vec_op_constant(l, X86_ANDPS, rest, rest, wide ? CONST_ONE_F64 : CONST_ONE_F32);
    vec_op_constant(l, X86_ANDPS, one, x, wide ? CONST_SIGN64 : CONST_SIGN32);
    vec_op_reg(l, X86_ORPS, one, one, rest);
    vec_op_reg(l, form(add, shape), dst, dst, one);
}

/* The same for a scalar of any size, but for the fraction of the result: x and the last number
 * below a half, away from zero. Rounded to nearest, that reaches the next integer if x is a half
 * below it or nearer, and no other; raises nothing. */
static void add_half(struct lower *l, bool wide, unsigned dst, unsigned x) {
    vec_op_constant(l, X86_ANDPS, dst, x, wide ? CONST_SIGN64 : CONST_SIGN32);
    vec_op_constant(l, X86_ORPS, dst, dst, wide ? CONST_BELOW_HALF64 : CONST_BELOW_HALF32);
    x86_quiet_vvv(&l->b, wide ? X86_ADDSD : X86_ADDSS, dst, x, dst);
}

static bool round_first_away(struct lower *l, ir_ref ref, const struct shape *shape) {
    static forms round = FORMS(ROUND);
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned sum = lower_scratch_vec(l);
    add_half(l, shape->wide, sum, r.a);
    /* For a signalling NaN. */
    x86_vv(&l->b, shape->wide ? X86_UCOMISD : X86_UCOMISS, r.a, r.a);
    x86_first_vvi(&l->b, packed(round, shape), r.dst, sum, 3 | 8);
    l->values[ref].clean = true;
    return true;
}

static bool round_value_away(struct lower *l, ir_ref ref, const struct shape *shape) {
    const struct computation c = begin(l, ref);
    const unsigned rest = lower_scratch_vec(l), one = lower_scratch_vec(l);
    const bool wide = shape->wide;
    uint8_t *jump;
    if (shape->vector) {
        vec_op_constant(l, X86_ANDPS, rest, c.r.a, wide ? CONST_MAGNITUDE64 : CONST_MAGNITUDE32);
        vec_op_constant(l, wide ? X86_PCMPGTQ : X86_PCMPGTD, rest, rest,
                        wide ? CONST_FRACTIONAL64 : CONST_FRACTIONAL32);
        jump = jump_if_any(l, rest);
    } else {
        jump = jump_if_large(l, wide, wide ? 52 : 23, c.r.a);
    }
    struct cold *cold = redo(l, ref, &c.r, jump);
    round_away(l, shape, c.r.dst, c.r.a, 3 | 8, rest, one);
    cold->back = l->b.at;
    vec_copy(l, c.home, c.r.dst);
    return true;
}

/* To an integral value: of a NaN the quiet one, as Arm has it. */
static bool round_value(struct lower *l, ir_ref ref) {
    static forms ops = FORMS(ROUND);
    struct shape shape;
    unsigned imm;
    if (!shape_of(&l->ir->insn[ref], 7 | IR_ROUND_EXACT, &shape))
        return false;
    if (IR_ROUND_MODE(shape.aux) == FP_RMM && !(shape.aux & IR_ROUND_EXACT))
        return is_first(&shape) ? round_first_away(l, ref, &shape)
                                : round_value_away(l, ref, &shape);
    if (!rounding_imm(shape.aux, &imm))
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    if (is_first(&shape))
        x86_first_vvi(&l->b, packed(ops, &shape), r.dst, r.a, imm);
    else
        x86_vvi(&l->b, form(ops, &shape), r.dst, r.a, imm);
    l->values[ref].clean = is_first(&shape);
    return true;
}

/* --- signs, comparison --- */

static bool change_sign(struct lower *l, ir_ref ref, enum x86_op op, unsigned constant32,
                        unsigned constant64) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux);
    if (lane < IR_LANE_S)
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    vec_op_constant(l, op, r.dst, r.a, lane == IR_LANE_D ? constant64 : constant32);
    return true;
}

static bool compare(struct lower *l, ir_ref ref) {
    static const uint8_t predicates[] = {
        [IR_FEQ] = 0, [IR_FLT] = 1, [IR_FLE] = 2, [IR_FLTQ] = 0x11, [IR_FLEQ] = 0x12};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux), cond = insn->aux >> 2 & 7;
    const bool wide = lane == IR_LANE_D;
    if (lane < IR_LANE_S || (x86_vector_level == X86_SSE && predicates[cond] > 7))
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    if (x86_vector_level == X86_AVX512) {
        const unsigned mask = 1;
        x86_vvvi(&l->b, wide ? X86_VCMPPD : X86_VCMPPS, mask, r.a, r.b, predicates[cond]);
        x86_vv(&l->b, wide ? X86_VPMOVM2Q : X86_VPMOVM2D, r.dst, mask);
    } else {
        vec_op_imm(l, wide ? X86_CMPPD : X86_CMPPS, r.dst, r.a, vec_in_reg(r.b), predicates[cond]);
    }
    return true;
}

/* --- conversions --- */

/* Between single and double precision. Only narrowing rounds; NaNs keep their sign and the upper
 * part of their payload, as Arm has it. */
static bool between_formats(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const bool vector = insn->type == IR_V128,
               widens = insn->op == IR_vfcvtl || insn->type == IR_F64;
    const unsigned aux = vector ? IR_SCALAR_FP(insn->aux) : insn->aux;
    const bool halves =
        vector ? IR_LANE(insn->aux) != (widens ? IR_LANE_S : IR_LANE_D)
               : insn->type == IR_F16 || ir_result_type(&l->ir->insn[insn->a]) == IR_F16;
    if (halves || (aux & ~7u) != IR_FP_PROPAGATE || (!widens && IR_ROUND_MODE(aux) != FP_DYNAMIC))
        return false;
    const struct shape result = {.vector = vector, .wide = widens, .aux = aux};
    const struct computation c = begin(l, ref);
    if (vector) {
        x86_vv(&l->b, widens ? X86_CVTPS2PD : X86_CVTPD2PS, c.r.dst, c.r.a);
    } else if (is_first(&result)) {
        x86_first_vv(&l->b, widens ? X86_CVTPS2PD : X86_CVTPD2PS, c.r.dst, c.r.a);
    } else {
        x86_vvv(&l->b, X86_XORPS, c.r.dst, c.r.dst, c.r.dst);
        x86_vv(&l->b, widens ? X86_CVTSS2SD : X86_CVTSD2SS, c.r.dst, c.r.a);
    }
    return finish(l, ref, &c, &result, widens ? CHECK_NOTHING : CHECK_TINY);
}

/* Sign and exponent of what is out of range as unsigned: from 2^32 or 2^63 on, or negative. */
static uint8_t *jump_if_too_large(struct lower *l, bool single, unsigned size, unsigned x) {
    const unsigned exponent = lower_scratch(l);
    x86_rv(&l->b, single ? X86_MOVD : X86_MOVQ, single ? 4 : 8, exponent, x);
    x86_ri(&l->b, X86_SHR, single ? 4 : 8, exponent, single ? 23 : 52);
    x86_ri(&l->b, X86_CMP, 4, exponent, (single ? 127 : 1023) + (size == 4 ? 32 : 63));
    return x86_jcc(&l->b, CC_AE);
}

/* Scalars to integers. What does not fit comes out as the "integer indefinite" value, and goes to
 * software. Unsigned ones are in the range of a signed conversion where there is none of their own;
 * it would raise inexact for others, so that is seen to before. */
static bool to_integer(struct lower *l, ir_ref ref) {
    static const uint16_t ops[2][2][2] = {
        {{X86_CVTSD2SI, X86_CVTSS2SI}, {X86_CVTTSD2SI, X86_CVTTSS2SI}},
        {{X86_VCVTSD2USI, X86_VCVTSS2USI}, {X86_VCVTTSD2USI, X86_VCVTTSS2USI}}};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const enum ir_type from = ir_result_type(&l->ir->insn[insn->a]);
    const enum fp_round mode = IR_ROUND_MODE(insn->aux);
    const bool is_unsigned = insn->aux & IR_FP_UNSIGNED, single = from == IR_F32;
    const bool instead = is_unsigned && x86_vector_level != X86_AVX512;
    const unsigned size = ir_type_size(insn->type);
    const bool rounds = mode != FP_DYNAMIC && mode != FP_RTZ;
    const bool quiet = mode == FP_RMM && x86_vector_level == X86_AVX512;
    const bool away = mode == FP_RMM && !quiet;
    unsigned rounding = 3;
    if (from == IR_F16 || (insn->aux & ~(7 | IR_FP_UNSIGNED)) != IR_FP_PROPAGATE ||
        (mode != FP_RMM && !rounding_imm(insn->aux | IR_ROUND_EXACT, &rounding)) ||
        (is_unsigned && rounds) || (instead && mode != FP_RTZ))
        return false;
    const unsigned x = lower_use_vec(l, insn->a), result = lower_scratch(l);
    const struct vec_registers r = {result, x, NO_REG, NO_REG};
    const struct shape shape = {.wide = !single};
    unsigned in = x;
    struct cold *large = NULL;
    if (rounds) {
        in = lower_scratch_vec(l);
        const unsigned rest = away ? lower_scratch_vec(l) : NO_REG;
        const unsigned one = away ? lower_scratch_vec(l) : NO_REG;
        /* ROUND before a conversion raises inexact, which a value out of range must not do: beyond
         * 64 bits it is an integer already, but beyond 32 bits it may have places to lose. */
        const unsigned fraction = single ? 23 : 52;
        if (size == 4 && !(mode == FP_RMM && fraction < 30))
            large = redo(l, ref, &r, jump_if_large(l, !single, 30, x));
        else if (away)
            large = redo(l, ref, &r, jump_if_large(l, !single, fraction, x));
        if (quiet)
            add_half(l, !single, in, x);
        else if (away)
            round_away(l, &shape, in, x, rounding, rest, one);
        else
            x86_vvi(&l->b, single ? X86_ROUNDSS : X86_ROUNDSD, in, x, rounding);
    }
    struct cold *cold = NULL;
    if (instead)
        cold = redo(l, ref, &r, jump_if_too_large(l, single, size, x));
    const enum x86_op convert =
        (enum x86_op)ops[is_unsigned && !instead][mode != FP_DYNAMIC][single];
    /* x's own conversion raises what rounding it would: it is as exact, and in range. */
    x86_rv(&l->b, convert, instead ? 8 : size, result, quiet ? x : in);
    if (quiet)
        x86_quiet_rv(&l->b, convert, size, result, in);
    if (!instead && !large) {
        x86_ri(&l->b, X86_CMP, size, result, is_unsigned ? -1 : 1);
        cold = redo(l, ref, &r, x86_jcc(&l->b, is_unsigned ? CC_E : CC_O));
    }
    if (large)
        cold = large;
    cold->back = l->b.at;
    lower_consume(l, insn->a);
    lower_move(l, 8, lower_define(l, ref, result), result);
    return true;
}

/* Integers in lanes of 32 bits; of 64 with AVX-512. */
static bool lanes_to_integer(struct lower *l, ir_ref ref) {
    struct shape shape;
    unsigned rounding;
    if (!shape_of(&l->ir->insn[ref], 7, &shape) ||
        !rounding_imm(shape.aux | IR_ROUND_EXACT, &rounding) ||
        (shape.wide && x86_vector_level != X86_AVX512))
        return false;
    const struct computation c = begin(l, ref);
    unsigned in = c.r.a;
    if (rounding < 3) {
        in = lower_scratch_vec(l);
        x86_vvi(&l->b, shape.wide ? X86_ROUNDPD : X86_ROUNDPS, in, c.r.a, rounding);
    }
    if (rounding == 4)
        x86_vv(&l->b, shape.wide ? X86_VCVTPD2QQ : X86_CVTPS2DQ, c.r.dst, in);
    else
        x86_vv(&l->b, shape.wide ? X86_VCVTTPD2QQ : X86_CVTTPS2DQ, c.r.dst, in);
    uint8_t *jump;
    const struct operand indefinite = vec_constant(shape.wide ? CONST_SIGN64 : CONST_SIGN32);
    if (x86_vector_level == X86_AVX512) {
        const unsigned mask = 1;
        x86_vvmi(&l->b, shape.wide ? X86_VPCMPQ : X86_VPCMPD, mask, c.r.dst, indefinite.mem, 0);
        x86_vv(&l->b, X86_KORTESTB, mask, mask);
        jump = x86_jcc(&l->b, CC_NE);
    } else {
        const unsigned mask = lower_scratch_vec(l);
        vec_op(l, X86_PCMPEQD, mask, c.r.dst, indefinite);
        jump = jump_if_any(l, mask);
    }
    redo(l, ref, &c.r, jump)->back = l->b.at;
    vec_copy(l, c.home, c.r.dst);
    return true;
}

static bool lanes_from_integer(struct lower *l, ir_ref ref) {
    struct shape shape;
    if (!shape_of(&l->ir->insn[ref], 7 | IR_FP_UNSIGNED, &shape) || !is_dynamic(&shape))
        return false;
    const bool is_unsigned = shape.aux & IR_FP_UNSIGNED;
    if ((shape.wide || is_unsigned) && x86_vector_level != X86_AVX512)
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    x86_vv(&l->b,
           shape.wide    ? (is_unsigned ? X86_VCVTUQQ2PD : X86_VCVTQQ2PD)
           : is_unsigned ? X86_VCVTUDQ2PS
                         : X86_CVTDQ2PS,
           r.dst, r.a);
    return true;
}

bool lower_float_checked(struct lower *l, ir_ref ref) {
    static forms add = FORMS(ADD), sub = FORMS(SUB), mul = FORMS(MUL), div = FORMS(DIV);
    switch (l->ir->insn[ref].op) {
    case IR_fadd:
    case IR_vfadd: return binary(l, ref, add, CHECK_NAN); /* tiny sums are exact */
    case IR_fsub:
    case IR_vfsub: return binary(l, ref, sub, CHECK_NAN);
    case IR_fmul:
    case IR_vfmul: return binary(l, ref, mul, CHECK_TINY);
    case IR_fdiv:
    case IR_vfdiv: return binary(l, ref, div, CHECK_TINY);
    case IR_fsqrt:
    case IR_vfsqrt: return square_root(l, ref);
    case IR_fma:
    case IR_vfma: return fused(l, ref);
    case IR_fmin:
    case IR_fminm:
    case IR_vfmin:
    case IR_vfminm: return extreme(l, ref, false);
    case IR_fmax:
    case IR_fmaxm:
    case IR_vfmax:
    case IR_vfmaxm: return extreme(l, ref, true);
    case IR_fround:
    case IR_vfround: return round_value(l, ref);
    case IR_vfneg: return change_sign(l, ref, X86_XORPS, CONST_SIGN32, CONST_SIGN64);
    case IR_vfabs: return change_sign(l, ref, X86_ANDPS, CONST_MAGNITUDE32, CONST_MAGNITUDE64);
    case IR_vfcmp: return compare(l, ref);
    case IR_ftof:
    case IR_vfcvtl:
    case IR_vfcvtn: return between_formats(l, ref);
    case IR_ftoi: return to_integer(l, ref);
    case IR_vftoi: return lanes_to_integer(l, ref);
    case IR_vitof: return lanes_from_integer(l, ref);
    default: return false;
    }
}
