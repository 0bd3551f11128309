/* The builder's folding rules. Each stands above the function that applies it, in the notation
 *
 *   instruction as it comes  ->  what it becomes      [condition]
 *
 * with x, y, z for values and k, l for constants. An instruction of constants alone is computed by
 * the function that gives the operation its meaning, so no rule here repeats that.
 *
 * A rule that reaches through an operand to an older value prolongs that value's life. Where the
 * operand is in a guest register (and so has to be made anyway) while the older value no longer is,
 * that would cost a host register and gain nothing: such rules ask `kept`. */
#include "translator/ir/fold.h"
#include "translator/ir/known.h"

/* --- looking at operands --- */

static unsigned width(const struct ir_insn *insn) {
    return insn->type == IR_I32 ? 32 : 64;
}

static uint64_t ones(const struct ir_insn *insn) {
    return insn->type == IR_I32 ? UINT32_MAX : UINT64_MAX;
}

static bool is_value(const struct ir *ir, ir_ref ref, uint64_t value) {
    return is_op(ir, ref, IR_const) && ir->insn[ref].imm == value;
}

bool ir_in_register(const struct ir *ir, ir_ref ref) {
    const struct ir_insn *insn = &ir->insn[ref];
    if (insn->op == IR_get)
        return ir->reg[insn->aux] == ref;
    return insn->held && ir->reg[insn->held - 1] == ref;
}

bool ir_available(struct ir *ir, ir_ref ref) {
    const struct ir_insn *insn = &ir->insn[ref];
    if (insn->op == IR_const || ir_in_register(ir, ref))
        return true;
    if (insn->op == IR_trunc)
        return ir_in_register(ir, insn->a);
    return ir_result_type(insn) == IR_I32 && ir_in_register(ir, ir_zext32(ir, IR_I64, ref));
}

/* Is it better to use `sum` than to reach through it to its operand `x`? */
static bool kept(const struct ir *ir, ir_ref sum, ir_ref x) {
    return ir_in_register(ir, sum) && !ir_in_register(ir, x);
}

/* `ref` as <op> x, k. */
static bool with_const(const struct ir *ir, ir_ref ref, enum ir_op op, ir_ref *x, uint64_t *k) {
    const struct ir_insn *insn = &ir->insn[ref];
    if (insn->op != op || !ir_is_const(ir, insn->b))
        return false;
    *x = insn->a;
    *k = ir->insn[insn->b].imm;
    return true;
}

static bool power_of_two(uint64_t value) {
    return value && (value & (value - 1)) == 0;
}

static bool is_boolean(const struct ir *ir, ir_ref ref) {
    return ir_unsigned_length(ir, ref) <= 1;
}

/* --- making replacements --- */

static ir_ref constant(struct ir *ir, const struct ir_insn *insn, uint64_t value) {
    return ir_const(ir, (enum ir_type)insn->type, value & ones(insn));
}

static ir_ref unary(struct ir *ir, enum ir_op op, const struct ir_insn *insn, ir_ref a) {
    return ir_emit(ir, op, (enum ir_type)insn->type, 0, a, 0, 0, 0);
}

static ir_ref binary(struct ir *ir, enum ir_op op, const struct ir_insn *insn, ir_ref a, ir_ref b) {
    return ir_emit(ir, op, (enum ir_type)insn->type, 0, a, b, 0, 0);
}

static ir_ref with_k(struct ir *ir, enum ir_op op, const struct ir_insn *insn, ir_ref a,
                     uint64_t k) {
    return binary(ir, op, insn, a, constant(ir, insn, k));
}

/* The low `bits` of x, extended. */
static ir_ref extended(struct ir *ir, const struct ir_insn *insn, ir_ref x, unsigned bits,
                       bool is_signed) {
    switch (bits) {
    case 8: return unary(ir, is_signed ? IR_sext8 : IR_zext8, insn, x);
    case 16: return unary(ir, is_signed ? IR_sext16 : IR_zext16, insn, x);
    case 32:
        if (insn->type != IR_I64)
            return x;
        return unary(ir, is_signed ? IR_sext32 : IR_zext32, insn, ir_trunc(ir, IR_I32, x));
    default: return IR_NO_REF;
    }
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

/* (x op k) op l -> x op (k op l) */
static ir_ref reassociate(struct ir *ir, const struct ir_insn *insn) {
    ir_ref x;
    uint64_t k;
    if (!ir_is_const(ir, insn->b) || !with_const(ir, insn->a, insn->op, &x, &k) ||
        kept(ir, insn->a, x))
        return IR_NO_REF;
    ir_ref both = binary(ir, insn->op, insn, ir->insn[insn->a].b, insn->b);
    return binary(ir, insn->op, insn, x, both);
}

/* --- integer arithmetic --- */

/* x + 0     -> x
 * pc+k + l  -> pc+(k+l)     [fits a relocation's addend] */
static ir_ref fold_add(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    if (is_value(ir, insn->b, 0))
        return insn->a;
    if (is_op(ir, insn->a, IR_pcrel) && ir_is_const(ir, insn->b)) {
        const struct ir_insn *pcrel = &ir->insn[insn->a];
        uint64_t sum = pcrel->imm + ir->insn[insn->b].imm;
        if ((int64_t)sum == (int32_t)sum)
            return ir_emit(ir, IR_pcrel, IR_I64, pcrel->aux, 0, 0, 0, sum);
    }
    return reassociate(ir, insn);
}

/* x - x -> 0
 * x - k -> x + -k
 * 0 - x -> neg x */
static ir_ref fold_sub(struct ir *ir, struct ir_insn *insn) {
    if (insn->a == insn->b)
        return constant(ir, insn, 0);
    if (ir_is_const(ir, insn->b))
        return with_k(ir, IR_add, insn, insn->a, -ir->insn[insn->b].imm);
    if (is_value(ir, insn->a, 0))
        return unary(ir, IR_neg, insn, insn->b);
    return IR_NO_REF;
}

/* x * 0   -> 0
 * x * -1  -> neg x
 * x * 2^n -> x << n */
static ir_ref fold_mul(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    if (!ir_is_const(ir, insn->b))
        return IR_NO_REF;
    uint64_t k = ir->insn[insn->b].imm;
    if (k == 0)
        return insn->b;
    if (k == ones(insn))
        return unary(ir, IR_neg, insn, insn->a);
    if (power_of_two(k))
        return with_k(ir, IR_shl, insn, insn->a, (unsigned)__builtin_ctzll(k));
    return reassociate(ir, insn);
}

/* x * 0 -> 0 */
static ir_ref fold_mul_high(struct ir *ir, struct ir_insn *insn) {
    if (insn->op != IR_mulhsu)
        order_operands(ir, insn);
    return is_value(ir, insn->b, 0) ? insn->b : IR_NO_REF;
}

/* x / 0 -> -1, or 0
 * x / 1 -> x
 * x / 2^n -> x >> n         [unsigned] */
static ir_ref fold_div(struct ir *ir, struct ir_insn *insn) {
    if (is_value(ir, insn->b, 0))
        return constant(ir, insn, insn->aux == IR_DIV_ZERO ? 0 : UINT64_MAX);
    if (is_value(ir, insn->b, 1))
        return insn->a;
    if (insn->op == IR_udiv && ir_is_const(ir, insn->b) && power_of_two(ir->insn[insn->b].imm))
        return with_k(ir, IR_shr, insn, insn->a, (unsigned)__builtin_ctzll(ir->insn[insn->b].imm));
    return IR_NO_REF;
}

/* x % 0 -> x
 * x % 1 -> 0
 * x % 2^n -> x & 2^n-1      [unsigned] */
static ir_ref fold_rem(struct ir *ir, struct ir_insn *insn) {
    if (is_value(ir, insn->b, 0))
        return insn->a;
    if (is_value(ir, insn->b, 1))
        return constant(ir, insn, 0);
    if (insn->op == IR_urem && ir_is_const(ir, insn->b) && power_of_two(ir->insn[insn->b].imm))
        return with_k(ir, IR_and, insn, insn->a, ir->insn[insn->b].imm - 1);
    return IR_NO_REF;
}

/* neg (neg x) -> x, and so for not, bswap, bitrev */
static ir_ref fold_involution(struct ir *ir, struct ir_insn *insn) {
    return is_op(ir, insn->a, insn->op) ? ir->insn[insn->a].a : IR_NO_REF;
}

/* --- bits --- */

/* clz (bitrev x) -> ctz x */
static ir_ref fold_clz(struct ir *ir, struct ir_insn *insn) {
    if (!is_op(ir, insn->a, IR_bitrev))
        return IR_NO_REF;
    return unary(ir, IR_ctz, insn, ir->insn[insn->a].a);
}

/* x & x       -> x
 * x & 0       -> 0
 * x & 1..1    -> x          [as long as x]
 * x & 2^n-1   -> zext x     [n = 8, 16, 32]
 * x & not y   -> andn x, y */
static ir_ref fold_and(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    if (insn->a == insn->b)
        return insn->a;
    if (ir_is_const(ir, insn->b)) {
        uint64_t k = ir->insn[insn->b].imm;
        if (k == 0)
            return insn->b;
        unsigned length = ir_bit_length(k);
        bool low_ones = (k & (k + 1)) == 0;
        if (low_ones && ir_unsigned_length(ir, insn->a) <= length)
            return insn->a;
        ir_ref zero_extended = low_ones ? extended(ir, insn, insn->a, length, false) : IR_NO_REF;
        return zero_extended ? zero_extended : reassociate(ir, insn);
    }
    if (is_op(ir, insn->b, IR_not) && !kept(ir, insn->b, ir->insn[insn->b].a))
        return binary(ir, IR_andn, insn, insn->a, ir->insn[insn->b].a);
    if (is_op(ir, insn->a, IR_not) && !kept(ir, insn->a, ir->insn[insn->a].a))
        return binary(ir, IR_andn, insn, insn->b, ir->insn[insn->a].a);
    return IR_NO_REF;
}

/* The rotation of a word that two extended shifts make: `left` is sext32 (shl x, k), `right` is
 * zext32 (shr x, 32 - k). */
static ir_ref rotated_word(struct ir *ir, ir_ref left, ir_ref right) {
    ir_ref x, y;
    uint64_t up, down;
    if (!is_op(ir, left, IR_sext32) || !is_op(ir, right, IR_zext32) ||
        !with_const(ir, ir->insn[left].a, IR_shl, &x, &up) ||
        !with_const(ir, ir->insn[right].a, IR_shr, &y, &down) || x != y || up + down != 32)
        return IR_NO_REF;
    return ir_sext32(ir, IR_I64, ir_ror(ir, IR_I32, x, ir_const(ir, IR_I32, down)));
}

/* x | x    -> x
 * x | 0    -> x
 * x | 1..1 -> 1..1
 * sext32 (x << k) | zext32 (x >> (32 - k)) -> sext32 (ror x, 32 - k) */
static ir_ref fold_or(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    if (insn->a == insn->b || is_value(ir, insn->b, 0))
        return insn->a;
    if (is_value(ir, insn->b, ones(insn)))
        return insn->b;
    ir_ref word = rotated_word(ir, insn->a, insn->b);
    if (!word)
        word = rotated_word(ir, insn->b, insn->a);
    return word ? word : reassociate(ir, insn);
}

static ir_ref negated_flags_cond(struct ir *ir, ir_ref ref) {
    struct ir_insn insn = ir->insn[ref];
    return ir_flags_cond(ir, (enum ir_flags_cond)(insn.aux ^ 1), insn.a);
}

/* x ^ x        -> 0
 * x ^ 0        -> x
 * x ^ 1..1     -> not x
 * set x, y ^ 1 -> set !x, y, and so for flags_cond */
static ir_ref fold_xor(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    if (insn->a == insn->b)
        return constant(ir, insn, 0);
    if (is_value(ir, insn->b, 0))
        return insn->a;
    if (is_value(ir, insn->b, ones(insn)))
        return unary(ir, IR_not, insn, insn->a);
    if (is_value(ir, insn->b, 1) && is_op(ir, insn->a, IR_set)) {
        struct ir_insn set = ir->insn[insn->a];
        return ir_set(ir, (enum ir_type)set.type, ir_cond_negate((enum ir_cond)set.aux), set.a,
                      set.b);
    }
    if (is_value(ir, insn->b, 1) && is_op(ir, insn->a, IR_flags_cond))
        return negated_flags_cond(ir, insn->a);
    return reassociate(ir, insn);
}

/* andn x, x     -> 0
 * andn x, k     -> x & ~k
 * andn 0, x     -> 0
 * andn x, not y -> x & y */
static ir_ref fold_andn(struct ir *ir, struct ir_insn *insn) {
    if (insn->a == insn->b)
        return constant(ir, insn, 0);
    if (is_value(ir, insn->a, 0))
        return insn->a;
    if (ir_is_const(ir, insn->b))
        return with_k(ir, IR_and, insn, insn->a, ~ir->insn[insn->b].imm);
    if (is_op(ir, insn->b, IR_not))
        return binary(ir, IR_and, insn, insn->a, ir->insn[insn->b].a);
    return IR_NO_REF;
}

/* --- shifts --- */

/* x << (y & 63)   -> x << y
 * x << (k + 64)   -> x << k  [k < 64]
 * x << 0, 0 << x  -> x, 0    and so for every shift and rotation, with the width for 64 */
static ir_ref fold_shift(struct ir *ir, struct ir_insn *insn) {
    uint64_t modulo = width(insn) - 1, k;
    ir_ref count = insn->b, x;
    if (with_const(ir, count, IR_and, &x, &k) && (k & modulo) == modulo && !kept(ir, count, x))
        insn->b = x;
    else if (ir_is_const(ir, count) && ir->insn[count].imm > modulo)
        insn->b = constant(ir, insn, ir->insn[count].imm & modulo);
    if (is_value(ir, insn->b, 0) || is_value(ir, insn->a, 0))
        return insn->a;
    return IR_NO_REF;
}

/* (x << k) << l -> x << (k + l), or 0 */
static ir_ref fold_shl(struct ir *ir, struct ir_insn *insn) {
    ir_ref x = fold_shift(ir, insn);
    uint64_t k;
    if (x || !ir_is_const(ir, insn->b))
        return x;
    uint64_t l = ir->insn[insn->b].imm;
    if (!with_const(ir, insn->a, IR_shl, &x, &k) || kept(ir, insn->a, x))
        return IR_NO_REF;
    return k + l < width(insn) ? with_k(ir, IR_shl, insn, x, k + l) : constant(ir, insn, 0);
}

/* The two halves of a field extraction, where >> keeps the kind of the outer shift:
 * (x << k) >> k -> extension of x             [width - k = 8, 16, 32]
 * (x << k) >> k -> x & ones                   [unsigned, ones fit an immediate]
 * (x << 32) >> l -> (extension of x's low half) << (32 - l)          [l < 32, I64]
 * (x >> k) >> l -> x >> (k + l), or 0, or the sign */
static ir_ref fold_shift_right(struct ir *ir, struct ir_insn *insn) {
    ir_ref x = fold_shift(ir, insn);
    uint64_t k;
    if (x || !ir_is_const(ir, insn->b))
        return x;
    uint64_t l = ir->insn[insn->b].imm;
    bool is_signed = insn->op == IR_sar;
    if (with_const(ir, insn->a, IR_shl, &x, &k)) {
        unsigned left = width(insn) - (unsigned)k;
        if (k == l && (left == 8 || left == 16 || left == 32))
            return extended(ir, insn, x, left, is_signed);
        if (k == l && !is_signed && left < 32)
            return with_k(ir, IR_and, insn, x, (UINT64_C(1) << left) - 1);
        if (k == 32 && l < 32)
            return with_k(ir, IR_shl, insn, extended(ir, insn, x, 32, is_signed), 32 - l);
    }
    if (with_const(ir, insn->a, insn->op, &x, &k) && !kept(ir, insn->a, x)) {
        if (k + l < width(insn))
            return with_k(ir, insn->op, insn, x, k + l);
        return is_signed ? with_k(ir, IR_sar, insn, x, width(insn) - 1) : constant(ir, insn, 0);
    }
    return IR_NO_REF;
}

/* rol x, k -> ror x, width - k */
static ir_ref fold_rotate(struct ir *ir, struct ir_insn *insn) {
    ir_ref x = fold_shift(ir, insn);
    if (x || insn->op == IR_ror || !ir_is_const(ir, insn->b))
        return x;
    return with_k(ir, IR_ror, insn, insn->a, width(insn) - ir->insn[insn->b].imm);
}

/* min x, x -> x */
static ir_ref fold_min_max(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    return insn->a == insn->b ? insn->a : IR_NO_REF;
}

static ir_ref fold_commutative(struct ir *ir, struct ir_insn *insn) {
    order_operands(ir, insn);
    return IR_NO_REF;
}

/* --- extensions --- */

/* ext (ext x) -> ext x      [the inner one keeps the bits that the outer one takes] */
static ir_ref skip_extensions(const struct ir *ir, ir_ref x, unsigned bits) {
    for (;;) {
        const struct ir_insn *insn = &ir->insn[x];
        switch (insn->op) {
        case IR_sext16:
        case IR_zext16: break;
        case IR_sext8:
        case IR_zext8:
            if (bits > 8)
                return x;
            break;
        default: return x;
        }
        if (kept(ir, x, insn->a))
            return x;
        x = insn->a;
    }
}

/* zext x -> x               [x is no longer than that] */
static ir_ref fold_zext_part(struct ir *ir, struct ir_insn *insn) {
    unsigned bits = insn->op == IR_zext8 ? 8 : 16;
    if (ir_unsigned_length(ir, insn->a) <= bits)
        return insn->a;
    insn->a = skip_extensions(ir, insn->a, bits);
    return IR_NO_REF;
}

/* sext x -> x               [x is no longer than that] */
static ir_ref fold_sext_part(struct ir *ir, struct ir_insn *insn) {
    unsigned bits = insn->op == IR_sext8 ? 8 : 16;
    if (ir_signed_length(ir, insn->a) <= bits)
        return insn->a;
    insn->a = skip_extensions(ir, insn->a, bits);
    return IR_NO_REF;
}

/* sext32 (trunc x) -> x     [x is sign-extended from 32 bits]
 * sext32 x -> zext32 x      [x is not negative] */
static ir_ref fold_sext32(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *operand = &ir->insn[insn->a];
    if (operand->op == IR_trunc && ir_signed_length(ir, operand->a) <= 32)
        return operand->a;
    if (ir_unsigned_length(ir, insn->a) < 32)
        insn->op = IR_zext32;
    return IR_NO_REF;
}

/* zext32 (trunc x) -> x     [x is zero-extended from 32 bits] */
static ir_ref fold_zext32(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *operand = &ir->insn[insn->a];
    if (operand->op == IR_trunc && ir_unsigned_length(ir, operand->a) <= 32)
        return operand->a;
    return IR_NO_REF;
}

/* trunc (sext32 x) -> x, trunc (zext32 x) -> x
 * trunc (fbits (nanbox x)) -> fbits x         [x is F32] */
static ir_ref fold_trunc(struct ir *ir, struct ir_insn *insn) {
    const struct ir_insn *operand = &ir->insn[insn->a];
    if (operand->op == IR_sext32 || operand->op == IR_zext32)
        return kept(ir, insn->a, operand->a) ? IR_NO_REF : operand->a;
    if (operand->op == IR_fbits && is_op(ir, operand->a, IR_nanbox)) {
        ir_ref x = ir->insn[operand->a].a;
        if (ir_result_type(&ir->insn[x]) == IR_F32)
            return ir_fbits(ir, IR_I32, x);
    }
    return IR_NO_REF;
}

/* --- comparison --- */

struct comparison {
    enum ir_type type;
    enum ir_cond cond;
    ir_ref x, y;
};

enum outcome { NEVER, ALWAYS, DEPENDS };

static enum outcome outcome_of(bool holds) {
    return holds ? ALWAYS : NEVER;
}

static bool holds_when_equal(enum ir_cond cond) {
    return cond == IR_EQ || cond == IR_GE || cond == IR_LE || cond == IR_GEU || cond == IR_LEU;
}

/* k < x -> x > k
 * x < x -> never, x <= x -> always
 * x <u 0 -> never, x >=u 0 -> always
 * x <u 1, x <=u 0 -> x EQ 0
 * x >=u 1, x >u 0 -> x NE 0 */
static enum outcome fold_plainly(struct ir *ir, struct comparison *c) {
    if (c->x == c->y)
        return outcome_of(holds_when_equal(c->cond));
    if (ir_is_const(ir, c->x)) {
        if (ir_is_const(ir, c->y))
            return outcome_of(is_value(ir, ir_set(ir, c->type, c->cond, c->x, c->y), 1));
        ir_ref x = c->x;
        c->x = c->y;
        c->y = x;
        c->cond = ir_cond_swap(c->cond);
    }
    if (is_value(ir, c->y, 1) && (c->cond == IR_LTU || c->cond == IR_GEU)) {
        c->y = ir_const(ir, c->type, 0);
        c->cond = c->cond == IR_LTU ? IR_EQ : IR_NE;
    } else if (is_value(ir, c->y, 0)) {
        if (c->cond == IR_LTU || c->cond == IR_GEU)
            return outcome_of(c->cond == IR_GEU);
        if (c->cond == IR_LEU || c->cond == IR_GTU)
            c->cond = c->cond == IR_LEU ? IR_EQ : IR_NE;
    }
    return DEPENDS;
}

/* set x, y NE 0, set x, y EQ 1       -> set's own comparison
 * set x, y EQ 0, set x, y NE 1       -> its negation
 * flags_cond EQ 0, NE 1, EQ 1        -> its negation NE 0, itself NE 0
 * (x ^ y) EQ 0, (x - y) EQ 0         -> x EQ y, and so for NE */
static bool look_through(struct ir *ir, struct comparison *c) {
    const struct ir_insn *insn = &ir->insn[c->x];
    bool zero = is_value(ir, c->y, 0);
    if ((c->cond != IR_EQ && c->cond != IR_NE) || !(zero || is_value(ir, c->y, 1)))
        return false;
    switch (insn->op) {
    case IR_set:
        c->type = (enum ir_type)insn->type;
        c->cond = (enum ir_cond)(insn->aux ^ (zero == (c->cond == IR_EQ)));
        break;
    case IR_flags_cond:
        if (zero && c->cond == IR_NE)
            return false;
        if (zero == (c->cond == IR_EQ))
            c->x = negated_flags_cond(ir, c->x);
        c->y = ir_const(ir, IR_I64, 0);
        c->cond = IR_NE;
        return true;
    case IR_xor:
    case IR_sub:
        if (!zero || ir_available(ir, c->x))
            return false;
        break;
    default: return false;
    }
    c->x = insn->a;
    c->y = insn->b;
    return true;
}

static enum outcome fold_comparison(struct ir *ir, struct comparison *c) {
    enum outcome outcome;
    do
        outcome = fold_plainly(ir, c);
    while (outcome == DEPENDS && look_through(ir, c));
    return outcome;
}

/* set x NE 0 -> x           [x is 0 or 1] */
static ir_ref fold_set(struct ir *ir, struct ir_insn *insn) {
    struct comparison c = {(enum ir_type)insn->type, (enum ir_cond)insn->aux, insn->a, insn->b};
    enum outcome outcome = fold_comparison(ir, &c);
    if (outcome != DEPENDS)
        return ir_const(ir, IR_I64, outcome == ALWAYS);
    if (c.type == IR_I64 && c.cond == IR_NE && is_value(ir, c.y, 0) && is_boolean(ir, c.x))
        return c.x;
    insn->type = (uint8_t)c.type;
    insn->aux = (uint16_t)c.cond;
    insn->a = c.x;
    insn->b = c.y;
    return IR_NO_REF;
}

/* x and y, when `ref` is <op> x, y of truth values. */
static bool joins_booleans(struct ir *ir, ir_ref ref, enum ir_op op) {
    return is_op(ir, ref, op) && is_boolean(ir, ir->insn[ref].a) &&
           is_boolean(ir, ir->insn[ref].b) && !ir_available(ir, ref);
}

static ir_ref opposite(struct ir *ir, ir_ref boolean) {
    return ir_xor(ir, IR_I64, boolean, ir_const(ir, IR_I64, 1));
}

static ir_ref fold_exit_if(struct ir *ir, struct ir_insn *insn);

/* exit_if (x | y) NE 0 -> exit_if x NE 0, exit_if y NE 0   [x, y 0 or 1]
 * exit_if (x & y) EQ 0 -> exit_if x EQ 0, exit_if y EQ 0
 * exit_if (x | y) EQ 0 -> exit_if (!x & !y) NE 0 */
static ir_ref fold_joined_exit(struct ir *ir, struct ir_insn *insn) {
    const bool negative = insn->aux == IR_EQ;
    if (insn->type != IR_I64 || insn->aux > IR_NE || !is_value(ir, insn->c, 0))
        return IR_NO_REF;
    if (joins_booleans(ir, insn->b, negative ? IR_and : IR_or)) {
        const struct ir_insn joined = ir->insn[insn->b];
        ir_emit(ir, IR_exit_if, IR_I64, insn->aux, insn->a, joined.a, insn->c, 0);
        insn->b = joined.b;
        if (!ir->ended)
            return fold_exit_if(ir, insn);
        insn->op = IR_nop;
    } else if (negative && joins_booleans(ir, insn->b, IR_or)) {
        const struct ir_insn joined = ir->insn[insn->b];
        const ir_ref x = opposite(ir, joined.a), y = opposite(ir, joined.b);
        insn->b = ir_and(ir, IR_I64, x, y);
        insn->aux = IR_NE;
    }
    return IR_NO_REF;
}

/* An exit never taken is nothing; one always taken is a jump, and the unit ends there. */
static ir_ref fold_exit_if(struct ir *ir, struct ir_insn *insn) {
    struct comparison c = {(enum ir_type)insn->type, (enum ir_cond)insn->aux, insn->b, insn->c};
    switch (fold_comparison(ir, &c)) {
    case NEVER: insn->op = IR_nop; break;
    case ALWAYS:
        *insn = (struct ir_insn){.op = IR_jump, .a = insn->a, .where = insn->where};
        ir->ended = true;
        break;
    case DEPENDS:
        insn->type = (uint8_t)c.type;
        insn->aux = (uint16_t)c.cond;
        insn->b = c.x;
        insn->c = c.y;
        return fold_joined_exit(ir, insn);
    }
    return IR_NO_REF;
}

/* select c, x, 0 -> c & x, select c, 0, x -> !c & x        [I64; c, x 0 or 1]
 * select c, 1, x -> c | x, select c, x, 1 -> !c | x */
static ir_ref fold_boolean_select(struct ir *ir, const struct ir_insn *insn) {
    const bool const_then = ir_is_const(ir, insn->b);
    const ir_ref k = const_then ? insn->b : insn->c, x = const_then ? insn->c : insn->b;
    if (!ir_is_const(ir, k) || ir->insn[k].imm > 1 || !is_boolean(ir, insn->a) ||
        !is_boolean(ir, x))
        return IR_NO_REF;
    const bool one = ir->insn[k].imm;
    const ir_ref c = one == const_then ? insn->a : opposite(ir, insn->a);
    return one ? ir_or(ir, IR_I64, c, x) : ir_and(ir, IR_I64, c, x);
}

/* select k, x, y             -> x or y
 * select c, x, x             -> x
 * select (set x NE 0), y, z  -> select x, y, z
 * select (set x EQ 0), y, z  -> select x, z, y
 * select c, 1, 0             -> set c NE 0
 * select c, 0, 1             -> set c EQ 0
 * select c, -1, 0            -> neg (set c NE 0)
 * select c, 0, -1            -> neg (set c EQ 0) */
static ir_ref fold_select(struct ir *ir, struct ir_insn *insn) {
    if (ir_is_const(ir, insn->a))
        return ir->insn[insn->a].imm ? insn->b : insn->c;
    if (insn->b == insn->c)
        return insn->b;
    const struct ir_insn *set = &ir->insn[insn->a];
    if (set->op == IR_set && set->type == IR_I64 && is_value(ir, set->b, 0) &&
        (set->aux == IR_EQ || set->aux == IR_NE) && !kept(ir, insn->a, set->a)) {
        insn->a = set->a;
        if (set->aux == IR_EQ) {
            ir_ref otherwise = insn->b;
            insn->b = insn->c;
            insn->c = otherwise;
        }
    }
    if (insn->type > IR_I64)
        return IR_NO_REF;
    if (ir_is_const(ir, insn->b) && ir_is_const(ir, insn->c)) {
        const uint64_t then = ir->insn[insn->b].imm, sum = then + ir->insn[insn->c].imm;
        if ((sum != 1 && sum != ones(insn)) || (then != 0 && then != sum))
            return IR_NO_REF;
        ir_ref set = ir_set(ir, IR_I64, then ? IR_NE : IR_EQ, insn->a, ir_const(ir, IR_I64, 0));
        if (insn->type == IR_I32)
            set = ir_trunc(ir, IR_I32, set);
        return sum == 1 ? set : unary(ir, IR_neg, insn, set);
    }
    return insn->type == IR_I64 ? fold_boolean_select(ir, insn) : IR_NO_REF;
}

/* --- memory --- */

/* [x + k]          -> [x, imm k]
 * [x + (y << k)]   -> [x + y << k]     [k = 1, 2, 3]
 * [x + y]          -> [x + y << 0]
 * unless a guest register holds the sum anyway. */
static ir_ref fold_address(struct ir *ir, struct ir_insn *insn) {
    while (is_op(ir, insn->a, IR_add) && !ir_in_register(ir, insn->a)) {
        const struct ir_insn *sum = &ir->insn[insn->a];
        ir_ref x = sum->a, y = sum->b, shifted;
        if (ir_is_const(ir, y)) {
            int64_t offset = (int64_t)(insn->imm + ir->insn[y].imm);
            if (offset != (int32_t)offset)
                break;
            insn->a = x;
            insn->imm = (uint64_t)offset;
            continue;
        }
        if (insn->b)
            break;
        if (is_op(ir, x, IR_shl)) {
            x = sum->b;
            y = sum->a;
        }
        uint64_t scale;
        insn->a = x;
        insn->b = y;
        if (with_const(ir, y, IR_shl, &shifted, &scale) && scale <= 3 && !ir_in_register(ir, y)) {
            insn->b = shifted;
            insn->aux |= (uint16_t)(scale << 4);
        }
    }
    return IR_NO_REF;
}

/* --- all together --- */

static ir_ref (*const rules[IR_OP_COUNT])(struct ir *ir, struct ir_insn *insn) = {
    [IR_add] = fold_add,
    [IR_sub] = fold_sub,
    [IR_mul] = fold_mul,
    [IR_mulhs] = fold_mul_high,
    [IR_mulhu] = fold_mul_high,
    [IR_mulhsu] = fold_mul_high,
    [IR_sdiv] = fold_div,
    [IR_udiv] = fold_div,
    [IR_srem] = fold_rem,
    [IR_urem] = fold_rem,
    [IR_neg] = fold_involution,
    [IR_not] = fold_involution,
    [IR_bswap] = fold_involution,
    [IR_bitrev] = fold_involution,
    [IR_clz] = fold_clz,
    [IR_and] = fold_and,
    [IR_or] = fold_or,
    [IR_xor] = fold_xor,
    [IR_andn] = fold_andn,
    [IR_shl] = fold_shl,
    [IR_shr] = fold_shift_right,
    [IR_sar] = fold_shift_right,
    [IR_rol] = fold_rotate,
    [IR_ror] = fold_rotate,
    [IR_smin] = fold_min_max,
    [IR_smax] = fold_min_max,
    [IR_umin] = fold_min_max,
    [IR_umax] = fold_min_max,
    [IR_clmul] = fold_commutative,
    [IR_clmulh] = fold_commutative,
    [IR_clmulr] = fold_commutative,
    [IR_zext8] = fold_zext_part,
    [IR_zext16] = fold_zext_part,
    [IR_sext8] = fold_sext_part,
    [IR_sext16] = fold_sext_part,
    [IR_sext32] = fold_sext32,
    [IR_zext32] = fold_zext32,
    [IR_trunc] = fold_trunc,
    [IR_adc] = ir_fold_adc,
    [IR_set] = fold_set,
    [IR_flags_add] = ir_fold_flags_add,
    [IR_flags_sub] = ir_fold_flags_sub,
    [IR_flags_adc] = ir_fold_flags_adc,
    [IR_flags_cond] = ir_fold_flags_cond,
    [IR_exit_if] = fold_exit_if,
    [IR_select] = fold_select,
    [IR_load] = fold_address,
    [IR_store] = fold_address,
    [IR_vfrom] = ir_fold_vfrom,
    [IR_vlowf] = ir_fold_vlowf,
    [IR_vlow] = ir_fold_vlow,
    [IR_vhigh] = ir_fold_vhigh,
    [IR_vjoin] = ir_fold_vjoin,
    [IR_vget] = ir_fold_vget,
    [IR_vput] = ir_fold_vput,
    [IR_vdup] = ir_fold_vdup,
    [IR_vduplane] = ir_fold_vduplane,
    [IR_vzip1] = ir_fold_permutation,
    [IR_vzip2] = ir_fold_permutation,
    [IR_vuzp1] = ir_fold_permutation,
    [IR_vuzp2] = ir_fold_permutation,
    [IR_vtrn1] = ir_fold_permutation,
    [IR_vtrn2] = ir_fold_permutation,
    [IR_vext] = ir_fold_vext,
    [IR_vrev] = ir_fold_vrev,
    [IR_vand] = ir_fold_vand,
    [IR_vor] = ir_fold_vor,
    [IR_vxor] = ir_fold_vxor,
    [IR_vandn] = ir_fold_vandn,
    [IR_vnot] = ir_fold_vnot,
    [IR_vbsl] = ir_fold_vbsl,
    [IR_vadd] = ir_fold_vadd,
    [IR_vsub] = ir_fold_vsub,
    [IR_vmul] = ir_fold_vcommutative,
    [IR_vqadds] = ir_fold_vcommutative,
    [IR_vqaddu] = ir_fold_vcommutative,
    [IR_vhadd] = ir_fold_vcommutative,
    [IR_vsmin] = ir_fold_vmin_max,
    [IR_vsmax] = ir_fold_vmin_max,
    [IR_vumin] = ir_fold_vmin_max,
    [IR_vumax] = ir_fold_vmin_max,
    [IR_vceq] = ir_fold_vcompare,
    [IR_vcgt] = ir_fold_vcompare,
    [IR_vcge] = ir_fold_vcompare,
    [IR_vcgtu] = ir_fold_vcompare,
    [IR_vcgeu] = ir_fold_vcompare,
    [IR_vshl] = ir_fold_vshift,
    [IR_vshr] = ir_fold_vshift,
    [IR_vsar] = ir_fold_vshift,
    [IR_vaddv] = ir_fold_vaddv,
    [IR_vsxtl] = ir_fold_low_halves,
    [IR_vuxtl] = ir_fold_low_halves,
    [IR_vsmull] = ir_fold_low_halves,
    [IR_vumull] = ir_fold_low_halves,
    [IR_vpmull] = ir_fold_low_halves,
    [IR_vaesmc] = ir_fold_vaesmc,
    [IR_vaesimc] = ir_fold_vaesmc,
    [IR_fcanon] = ir_fold_fcanon,
    [IR_fneg] = fold_involution,
    [IR_fabs] = ir_fold_fabs,
    [IR_fcopysign] = ir_fold_fcopysign,
    [IR_nanunbox] = ir_fold_nanunbox,
    [IR_fbits] = ir_fold_fbits,
    [IR_ffrom] = ir_fold_ffrom,
};

static union cpu_vec constant_bits(const struct ir_insn *insn) {
    return (union cpu_vec){.u64 = {insn->imm, insn->aux ? insn->imm : 0}};
}

/* op k, ... -> the result   [pure, and a constant can express it] */
static ir_ref fold_constants(struct ir *ir, const struct ir_insn *insn) {
    const struct ir_insn *a = &ir->insn[insn->a], *b = &ir->insn[insn->b], *c = &ir->insn[insn->c];
    if (a->op != IR_const || (insn->b && b->op != IR_const) || (insn->c && c->op != IR_const))
        return IR_NO_REF;
    struct ir_operands operands = {.a = constant_bits(a),
                                   .b = constant_bits(b),
                                   .c = constant_bits(c),
                                   .insn = insn,
                                   .operand_type = (enum ir_type)a->type};
    union cpu_vec result = ir_eval_functions[insn->op](&operands);
    enum ir_type type = ir_result_type(insn);
    if (type != IR_V128)
        return ir_const(ir, type, result.u64[0]);
    if (result.u64[1] && result.u64[1] != result.u64[0])
        return IR_NO_REF;
    return ir_vconst(ir, result.u64[0], result.u64[1]);
}

ir_ref ir_fold(struct ir *ir, struct ir_insn *insn) {
    if (ir_is_const(ir, insn->a) && (ir_ops[insn->op].flags & IR_PURE)) {
        ir_ref value = fold_constants(ir, insn);
        if (value)
            return value;
    }
    return rules[insn->op] ? rules[insn->op](ir, insn) : IR_NO_REF;
}
