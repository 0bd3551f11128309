/* The builder's folding rules for vectors, in the manner of fold.c. 0 and 1..1 are constants of 128
 * bits. */
#include "translator/ir/fold.h"

/* --- looking at operands --- */

static enum ir_type type_of(const struct ir *ir, ir_ref ref) {
    return ir_result_type(&ir->insn[ref]);
}

static bool is_zero(const struct ir *ir, ir_ref ref) {
    return ir_is_const(ir, ref) && ir->insn[ref].imm == 0;
}

static bool is_ones(const struct ir *ir, ir_ref ref) {
    return ir_is_const(ir, ref) && ir->insn[ref].imm == UINT64_MAX && ir->insn[ref].aux;
}

/* As in fold.c. */
static bool kept(const struct ir *ir, ir_ref sum, ir_ref x) {
    return ir_in_register(ir, sum) && !ir_in_register(ir, x);
}

/* x, when `ref` is <op> x and reaching through costs nothing. */
static ir_ref undone(const struct ir *ir, ir_ref ref, enum ir_op op) {
    const struct ir_insn *insn = &ir->insn[ref];
    return insn->op == op && !kept(ir, ref, insn->a) ? insn->a : IR_NO_REF;
}

/* Is the upper half 0? */
static bool upper_is_zero(const struct ir *ir, ir_ref ref, unsigned depth) {
    const struct ir_insn *insn = &ir->insn[ref];
    switch (insn->op) {
    case IR_const: return !insn->aux;
    case IR_vfrom:
    case IR_vlow:
    case IR_vhigh:
    case IR_vnarrow:
    case IR_vqnarrow:
    case IR_vaddv:
    case IR_vsminv:
    case IR_vsmaxv:
    case IR_vuminv:
    case IR_vumaxv: return true;
    case IR_vand:
        return depth &&
               (upper_is_zero(ir, insn->a, depth - 1) || upper_is_zero(ir, insn->b, depth - 1));
    case IR_vandn:
    case IR_vneg:
    case IR_vabs:
    case IR_vcnt:
    case IR_vrbit:
    case IR_vrev:
    case IR_vpaddl:
    case IR_vshl:
    case IR_vshr:
    case IR_vsar:
    case IR_vshlv: return depth && upper_is_zero(ir, insn->a, depth - 1);
    case IR_vor:
    case IR_vxor:
    case IR_vadd:
    case IR_vsub:
    case IR_vmul:
    case IR_vsmin:
    case IR_vsmax:
    case IR_vumin:
    case IR_vumax:
        return depth && upper_is_zero(ir, insn->a, depth - 1) &&
               upper_is_zero(ir, insn->b, depth - 1);
    default: return false;
    }
}

/* --- making replacements --- */

static ir_ref zero(struct ir *ir) {
    return ir_vconst(ir, 0, false);
}

/* The operand of an operation that sees the low half alone: vlow x, vjoin x, y -> x */
static ir_ref low_of(const struct ir *ir, ir_ref ref) {
    ir_ref x = undone(ir, ref, IR_vlow);
    if (!x)
        x = undone(ir, ref, IR_vjoin);
    return x ? x : ref;
}

/* k op x -> x op k, and otherwise older values first, so that equal ones look equal. */
static void order_operands(const struct ir *ir, struct ir_insn *insn) {
    bool a_const = ir_is_const(ir, insn->a), b_const = ir_is_const(ir, insn->b);
    if (a_const != b_const ? a_const : insn->a > insn->b) {
        ir_ref a = insn->a;
        insn->a = insn->b;
        insn->b = a;
    }
}

/* The low bits of x (I64), as a lane. */
static ir_ref lane_of_integer(struct ir *ir, unsigned aux, ir_ref x) {
    const bool is_signed = aux & IR_VGET_SIGNED;
    switch (IR_LANE(aux)) {
    case IR_LANE_B: return is_signed ? ir_sext8(ir, IR_I64, x) : ir_zext8(ir, IR_I64, x);
    case IR_LANE_H: return is_signed ? ir_sext16(ir, IR_I64, x) : ir_zext16(ir, IR_I64, x);
    case IR_LANE_S:
        x = ir_trunc(ir, IR_I32, x);
        return is_signed ? ir_sext32(ir, IR_I64, x) : ir_zext32(ir, IR_I64, x);
    default: return x;
    }
}

/* --- halves and other types --- */

/* vfrom (vlowf x) -> vlow x                 [F64]
 * vfrom (vget x) -> vlow x, vhigh x         [of doublewords]
 * vfrom (ffrom x) -> vfrom x                [F32, F64] */
ir_ref ir_fold_vfrom(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *x = &ir->insn[insn->a];
    if (x->op == IR_vlowf && x->type == IR_F64)
        return ir_vlow(ir, IR_V128, x->a);
    if (x->op == IR_vget && IR_LANE(x->aux) == IR_LANE_D)
        return (IR_INDEX(x->aux) ? ir_vhigh : ir_vlow)(ir, IR_V128, x->a);
    if (x->op == IR_ffrom && x->type != IR_F16)
        insn->a = x->a;
    return IR_NO_REF;
}

/* vlowf (vfrom x) -> x                      [of that type]
 * vlowf (vfrom x) -> ffrom x                [integer of that size, or more]
 * vlowf sees the low half alone */
ir_ref ir_fold_vlowf(struct ir *ir, struct ir_insn *insn) {
    const enum ir_type type = (enum ir_type)insn->type;
    insn->a = low_of(ir, insn->a);
    if (!is_op(ir, insn->a, IR_vfrom))
        return IR_NO_REF;
    ir_ref x = ir->insn[insn->a].a;
    const enum ir_type from = type_of(ir, x);
    if (from == type)
        return x;
    const bool integer = from == IR_I64 || from == IR_I32;
    if (!integer || type == IR_F16 || ir_type_size(from) < ir_type_size(type) ||
        kept(ir, insn->a, x))
        return IR_NO_REF;
    return ir_ffrom(ir, type, from == IR_I64 && type == IR_F32 ? ir_trunc(ir, IR_I32, x) : x);
}

/* vlow x -> x                               [its upper half is 0]
 * vlow sees the low half alone */
ir_ref ir_fold_vlow(struct ir *ir, struct ir_insn *insn) {
    enum { DEPTH = 3 };
    if (upper_is_zero(ir, insn->a, DEPTH))
        return insn->a;
    insn->a = low_of(ir, insn->a);
    return upper_is_zero(ir, insn->a, DEPTH) ? insn->a : IR_NO_REF;
}

/* vhigh x -> 0                              [its upper half is 0]
 * vhigh (vjoin x, y) -> vlow y */
ir_ref ir_fold_vhigh(struct ir *ir, struct ir_insn *insn) {
    if (upper_is_zero(ir, insn->a, 1))
        return zero(ir);
    const struct ir_insn *x = &ir->insn[insn->a];
    return x->op == IR_vjoin && !kept(ir, insn->a, x->b) ? ir_vlow(ir, IR_V128, x->b) : IR_NO_REF;
}

/* vjoin x, (vhigh x) -> x
 * vjoin (vjoin x, y), (vzip2 x, y) -> x     [of doublewords]
 * vjoin x, 0 -> vlow x
 * vjoin (vhigh x), (vhigh y) -> vzip2 x, y
 * vjoin sees low halves alone */
ir_ref ir_fold_vjoin(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *a = &ir->insn[insn->a], *b = &ir->insn[insn->b];
    if (b->op == IR_vhigh && b->a == insn->a)
        return insn->a;
    if (a->op == IR_vjoin && b->op == IR_vzip2 && b->aux == IR_LANE_D && a->a == b->a &&
        a->b == b->b)
        return a->a;
    insn->a = low_of(ir, insn->a);
    insn->b = low_of(ir, insn->b);
    if (is_op(ir, insn->b, IR_vhigh) && ir->insn[insn->b].a == insn->a)
        return insn->a;
    if (is_zero(ir, insn->b))
        return ir_vlow(ir, IR_V128, insn->a);
    a = &ir->insn[insn->a], b = &ir->insn[insn->b];
    if (a->op == IR_vhigh && b->op == IR_vhigh && !kept(ir, insn->a, a->a) &&
        !kept(ir, insn->b, b->a))
        return ir_vzip2(ir, IR_LANE_D, a->a, b->a);
    return IR_NO_REF;
}

/* Operations that see the low halves of their operands alone. */
ir_ref ir_fold_low_halves(struct ir *ir, struct ir_insn *insn) {
    insn->a = low_of(ir, insn->a);
    if (insn->b)
        insn->b = low_of(ir, insn->b);
    return IR_NO_REF;
}

/* --- lanes --- */

/* Through vlow and vjoin to where the lane comes from. */
static void find_lane(const struct ir *ir, struct ir_insn *insn) {
    const unsigned half = 8u >> IR_LANE(insn->aux);
    for (;;) {
        const struct ir_insn *x = &ir->insn[insn->a];
        const bool upper = IR_INDEX(insn->aux) >= half;
        const bool moved =
            x->op == IR_vjoin || (x->op == IR_vlow && !upper) || (x->op == IR_vhigh && !upper);
        if (!moved)
            return;
        ir_ref from = x->op == IR_vjoin && upper ? x->b : x->a;
        if (kept(ir, insn->a, from))
            return;
        if (x->op == IR_vjoin && upper)
            insn->aux = (uint16_t)(insn->aux - (half << 2));
        else if (x->op == IR_vhigh)
            insn->aux = (uint16_t)(insn->aux + (half << 2));
        insn->a = from;
    }
}

/* vget (vfrom x) -> x                       [integer, or its bits; the first lane]
 * vget (vput x, y) -> y, vget x             [the same lane; another]
 * vget (vdup x) -> x                        [lanes of that size]
 * vget (vduplane x) -> vget x               [lanes of that size] */
ir_ref ir_fold_vget(struct ir *ir, struct ir_insn *insn) {
    find_lane(ir, insn);
    const struct ir_insn x = ir->insn[insn->a];
    const unsigned aux = insn->aux;
    const bool same_size = IR_LANE(x.aux) == IR_LANE(aux);
    switch (x.op) {
    case IR_vfrom: {
        const enum ir_type type = type_of(ir, x.a);
        if (IR_INDEX(aux) || kept(ir, insn->a, x.a))
            return IR_NO_REF;
        ir_ref integer = x.a;
        if (type == IR_F64)
            integer = ir_fbits(ir, IR_I64, x.a);
        else if (type != IR_I64)
            integer = ir_zext32(ir, IR_I64, type == IR_I32 ? x.a : ir_fbits(ir, IR_I32, x.a));
        return lane_of_integer(ir, aux, integer);
    }
    case IR_vput:
        if (!same_size)
            return IR_NO_REF;
        if (IR_INDEX(x.aux) == IR_INDEX(aux))
            return kept(ir, insn->a, x.b) ? IR_NO_REF : lane_of_integer(ir, aux, x.b);
        return kept(ir, insn->a, x.a) ? IR_NO_REF : ir_vget(ir, aux, x.a);
    case IR_vdup:
        return same_size && !kept(ir, insn->a, x.a) ? lane_of_integer(ir, aux, x.a) : IR_NO_REF;
    case IR_vduplane:
        if (!same_size || kept(ir, insn->a, x.a))
            return IR_NO_REF;
        return ir_vget(ir, IR_LANE_AT(IR_LANE(aux), IR_INDEX(x.aux)) | (aux & IR_VGET_SIGNED), x.a);
    default: return IR_NO_REF;
    }
}

/* vput x, (vget y) -> vputlane x, y         [lanes of one size; of doublewords: vjoin] */
ir_ref ir_fold_vput(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn y = ir->insn[insn->b];
    const unsigned lane = IR_LANE(insn->aux);
    if (y.op != IR_vget || IR_LANE(y.aux) != lane || kept(ir, insn->b, y.a))
        return IR_NO_REF;
    if (lane != IR_LANE_D)
        return ir_vputlane(ir, insn->aux | IR_INDEX(y.aux) << 6, insn->a, y.a);
    ir_ref half = IR_INDEX(y.aux) ? ir_vhigh(ir, IR_V128, y.a) : y.a;
    if (IR_INDEX(insn->aux))
        return ir_vjoin(ir, IR_V128, insn->a, half);
    return ir_vjoin(ir, IR_V128, half, ir_vhigh(ir, IR_V128, insn->a));
}

/* vdup (vget x) -> vduplane x               [lanes of one size] */
ir_ref ir_fold_vdup(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *x = &ir->insn[insn->a];
    if (x->op != IR_vget || IR_LANE(x->aux) != IR_LANE(insn->aux) || kept(ir, insn->a, x->a))
        return IR_NO_REF;
    return ir_vduplane(ir, IR_LANE_AT(IR_LANE(x->aux), IR_INDEX(x->aux)), x->a);
}

/* vduplane (vdup x), vduplane (vduplane x) -> x itself      [lanes of one size] */
ir_ref ir_fold_vduplane(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *x = &ir->insn[insn->a];
    if ((x->op == IR_vdup || x->op == IR_vduplane) && IR_LANE(x->aux) == IR_LANE(insn->aux))
        return insn->a;
    find_lane(ir, insn);
    return IR_NO_REF;
}

/* Of doublewords, all interleavings are one of two:
 * vzip1, vuzp1, vtrn1 x, y -> vjoin x, y
 * vzip2, vuzp2, vtrn2 x, y -> vzip2 x, y
 * vzip2 (vjoin x, y), (vzip2 x, y) -> y */
ir_ref ir_fold_permutation(struct ir *ir, struct ir_insn *insn) {
    if (insn->aux != IR_LANE_D)
        return insn->op == IR_vzip1 ? ir_fold_low_halves(ir, insn) : IR_NO_REF;
    if (insn->op == IR_vzip1 || insn->op == IR_vuzp1 || insn->op == IR_vtrn1)
        return ir_vjoin(ir, IR_V128, insn->a, insn->b);
    insn->op = IR_vzip2;
    const struct ir_insn *low = &ir->insn[insn->a], *high = &ir->insn[insn->b];
    bool undo = low->op == IR_vjoin && high->op == IR_vzip2 && high->aux == IR_LANE_D &&
                low->a == high->a && low->b == high->b;
    return undo ? low->b : IR_NO_REF;
}

/* vext x, y, 0 -> x
 * vext x, 0, 8 -> vhigh x */
ir_ref ir_fold_vext(struct ir *ir, struct ir_insn *insn) {
    if (insn->aux == 0)
        return insn->a;
    return insn->aux == 8 && is_zero(ir, insn->b) ? ir_vhigh(ir, IR_V128, insn->a) : IR_NO_REF;
}

/* --- logic --- */

/* x & x -> x, x & 0 -> 0, x & 1..1 -> x
 * x & vnot y -> vandn x, y */
ir_ref ir_fold_vand(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    if (insn->a == insn->b || is_ones(ir, insn->b))
        return insn->a;
    if (is_zero(ir, insn->b))
        return insn->b;
    ir_ref x = undone(ir, insn->b, IR_vnot);
    if (x)
        return ir_vandn(ir, IR_V128, insn->a, x);
    x = undone(ir, insn->a, IR_vnot);
    return x ? ir_vandn(ir, IR_V128, insn->b, x) : IR_NO_REF;
}

/* x | x -> x, x | 0 -> x, x | 1..1 -> 1..1 */
ir_ref ir_fold_vor(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    if (insn->a == insn->b || is_zero(ir, insn->b))
        return insn->a;
    return is_ones(ir, insn->b) ? insn->b : IR_NO_REF;
}

/* x ^ x -> 0, x ^ 0 -> x, x ^ 1..1 -> vnot x */
ir_ref ir_fold_vxor(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    if (insn->a == insn->b)
        return zero(ir);
    if (is_zero(ir, insn->b))
        return insn->a;
    return is_ones(ir, insn->b) ? ir_vnot(ir, IR_V128, insn->a) : IR_NO_REF;
}

/* vandn x, x -> 0, vandn x, 0 -> x, vandn 0, x -> 0, vandn x, 1..1 -> 0
 * vandn x, vnot y -> x & y */
ir_ref ir_fold_vandn(struct ir *ir, struct ir_insn *insn) {
    if (insn->a == insn->b || is_zero(ir, insn->a) || is_ones(ir, insn->b))
        return zero(ir);
    if (is_zero(ir, insn->b))
        return insn->a;
    ir_ref x = undone(ir, insn->b, IR_vnot);
    return x ? ir_vand(ir, IR_V128, insn->a, x) : IR_NO_REF;
}

/* vnot (vnot x) -> x */
ir_ref ir_fold_vnot(struct ir *ir, struct ir_insn *insn) {
    return is_op(ir, insn->a, IR_vnot) ? ir->insn[insn->a].a : IR_NO_REF;
}

/* vbsl m, x, x -> x
 * vbsl 1..1, x, y -> x, vbsl 0, x, y -> y
 * vbsl m, x, 0 -> m & x, vbsl m, 0, y -> vandn y, m */
ir_ref ir_fold_vbsl(struct ir *ir, struct ir_insn *insn) {
    if (insn->b == insn->c || is_ones(ir, insn->a))
        return insn->b;
    if (is_zero(ir, insn->a))
        return insn->c;
    if (is_zero(ir, insn->c))
        return ir_vand(ir, IR_V128, insn->a, insn->b);
    return is_zero(ir, insn->b) ? ir_vandn(ir, IR_V128, insn->c, insn->a) : IR_NO_REF;
}

/* --- arithmetic --- */

/* x op 0 -> x                               [vadd] */
ir_ref ir_fold_vadd(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    return is_zero(ir, insn->b) ? insn->a : IR_NO_REF;
}

/* x - x -> 0, x - 0 -> x, 0 - x -> vneg x */
ir_ref ir_fold_vsub(struct ir *ir, struct ir_insn *insn) {
    if (insn->a == insn->b)
        return zero(ir);
    if (is_zero(ir, insn->b))
        return insn->a;
    return is_zero(ir, insn->a) ? ir_vneg(ir, insn->aux, insn->b) : IR_NO_REF;
}

ir_ref ir_fold_vcommutative(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    return IR_NO_REF;
}

/* vmin x, x, vmax x, x -> x */
ir_ref ir_fold_vmin_max(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    return insn->a == insn->b ? insn->a : IR_NO_REF;
}

/* x == x, x >= x -> 1..1, x > x -> 0
 * x >= 0 -> x > 1..1                        [signed]
 * x > 0 -> vnot (x == 0)                    [unsigned] */
ir_ref ir_fold_vcompare(struct ir *ir, struct ir_insn *insn) {
    if (insn->op == IR_vceq)
        order_operands(ir, insn);
    const bool greater = insn->op == IR_vcgt || insn->op == IR_vcgtu;
    if (insn->a == insn->b)
        return greater ? zero(ir) : ir_vconst(ir, UINT64_MAX, true);
    if (insn->op == IR_vcge && is_zero(ir, insn->b))
        return ir_vcgt(ir, insn->aux, insn->a, ir_vconst(ir, UINT64_MAX, true));
    if (insn->op == IR_vcgtu && is_zero(ir, insn->b))
        return ir_vnot(ir, IR_V128, ir_vceq(ir, insn->aux, insn->a, insn->b));
    return IR_NO_REF;
}

/* vaddv (vcnt (vfrom x)), vaddv (vpaddl (vcnt (vfrom x))) -> vfrom (popcnt x)      [integer] */
ir_ref ir_fold_vaddv(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *count = &ir->insn[insn->a];
    if (count->op == IR_vpaddl && count->aux == (IR_LANE_B | IR_UNSIGNED) &&
        IR_LANE(insn->aux) == IR_LANE_H)
        count = &ir->insn[count->a];
    else if (IR_LANE(insn->aux) != IR_LANE_B)
        return IR_NO_REF;
    if (count->op != IR_vcnt || !is_op(ir, count->a, IR_vfrom))
        return IR_NO_REF;
    ir_ref x = ir->insn[count->a].a;
    const enum ir_type type = type_of(ir, x);
    if (type != IR_I64 && type != IR_I32)
        return IR_NO_REF;
    return ir_vfrom(ir, IR_V128, ir_popcnt(ir, type, x));
}

/* x shifted by 0 -> x */
ir_ref ir_fold_vshift(struct ir *ir, struct ir_insn *insn) {
    return is_zero(ir, insn->b) ? insn->a : IR_NO_REF;
}

/* vrev (vrev x) -> x      [of the same lanes] */
ir_ref ir_fold_vrev(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *inner = &ir->insn[insn->a];
    return inner->op == IR_vrev && inner->aux == insn->aux ? inner->a : IR_NO_REF;
}

/* --- cryptography --- */

/* vaesmc (vaesenclast x, 0)  -> vaesenc x, 0
 * vaesimc (vaesdeclast x, 0) -> vaesdec x, 0
 * whatever registers hold: one instruction instead of the two that MixColumns alone may take. */
ir_ref ir_fold_vaesmc(struct ir *ir, struct ir_insn *insn) {
    const bool forward = insn->op == IR_vaesmc;
    const struct ir_insn *last = &ir->insn[insn->a];
    if (last->op != (forward ? IR_vaesenclast : IR_vaesdeclast) || !ir_is_const(ir, last->b) ||
        ir->insn[last->b].imm != 0)
        return IR_NO_REF;
    return ir_emit(ir, forward ? IR_vaesenc : IR_vaesdec, IR_V128, 0, last->a, last->b, 0, 0);
}
