#include "tests/unit/random_ir.h"

#include <inttypes.h>
#include <string.h>

#include "tests/unit/random_ir_vector.h"
#include "translator/ir/text.h"

/* --- numbers --- */

uint64_t random_next(struct random_source *source) {
    uint64_t z = source->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

unsigned random_below(struct random_source *source, unsigned limit) {
    return (unsigned)((random_next(source) >> 32) * limit >> 32);
}

static bool chance(struct random_source *source, unsigned percent) {
    return random_below(source, 100) < percent;
}

uint64_t random_integer(struct random_source *source) {
    uint64_t bits = random_next(source);
    switch (random_below(source, 8)) {
    case 0: return bits % 5 - 2;
    case 1: return UINT64_C(1) << (bits & 63);
    case 2: return (UINT64_C(1) << (bits & 63)) - 1;
    case 3: return -(UINT64_C(1) << (bits & 63));
    case 4: return bits & 0xff;
    case 5: return (uint64_t)(int64_t)(int32_t)bits;
    case 6: return (bits & 4 ? 0x80000000 : 0x7fffffff) + (bits & 3) - 1;
    default: return bits;
    }
}

uint64_t random_float_bits(struct random_source *source, enum ir_type type) {
    unsigned width = ir_type_size(type) * 8;
    unsigned fraction = type == IR_F16 ? 10 : type == IR_F32 ? 23 : 52;
    uint64_t bits = random_next(source), quiet = UINT64_C(1) << (fraction - 1);
    uint64_t infinity = ((UINT64_C(1) << (width - 1)) - 1) & -(quiet << 1);
    uint64_t value, low = bits & ((quiet << 1) - 1);
    switch (random_below(source, 12)) {
    case 0: value = 0; break;
    case 1: value = infinity; break;
    case 2: value = infinity | quiet; break;
    case 3: /* a NaN, quiet or not */ value = infinity | (low ? low : 1); break;
    case 4: /* subnormal */ value = low; break;
    case 5: /* near the ends of the normal range */
        value = bits & 1 ? infinity - 1 - (low & 3) : (quiet << 1) + (low & 3);
        break;
    case 6: /* 1.0 and its neighbourhood */
    case 7: {
        uint64_t one = (infinity >> 1 & -(quiet << 1));
        value = one + ((bits & 7) << (fraction - 2)) + (bits & 8 ? low & 3 : 0);
        break;
    }
    default: value = bits & (infinity | (infinity - 1)); break;
    }
    return bits >> 63 ? value | UINT64_C(1) << (width - 1) : value;
}

/* --- generator --- */

enum { POOL = 256, FLAGS_POOL = 4 };

struct generator {
    struct random_source random;
    struct ir *ir;
    const struct random_ir_options *options;
    ir_ref pool[IR_TYPE_COUNT][POOL];
    unsigned count[IR_TYPE_COUNT];
    ir_ref flags[FLAGS_POOL]; /* condition flags made last */
    unsigned flags_count;
    ir_ref factors[2]; /* of the last product whose halves are made apart */
};

static ir_ref keep(struct generator *g, enum ir_type type, ir_ref value) {
    if (g->count[type] < POOL)
        g->pool[type][g->count[type]++] = value;
    else
        g->pool[type][random_below(&g->random, POOL)] = value;
    return value;
}

/* A value made before, more likely one of the last. */
static ir_ref pick(struct generator *g, enum ir_type type) {
    unsigned count = g->count[type], back = random_below(&g->random, count);
    if (chance(&g->random, 60) && back > 4)
        back = random_below(&g->random, 4);
    return g->pool[type][count - 1 - back];
}

static unsigned below(struct generator *g, unsigned limit) {
    return random_below(&g->random, limit);
}

static enum ir_type integer_type(struct generator *g) {
    return below(g, 3) ? IR_I64 : IR_I32;
}

static enum ir_type float_type(struct generator *g) {
    static const enum ir_type types[] = {IR_F64, IR_F64, IR_F32, IR_F32, IR_F16};
    return types[below(g, 5)];
}

static uint64_t constant_bits(struct generator *g, enum ir_type type) {
    uint64_t value = type == IR_I32 || type == IR_I64 ? random_integer(&g->random)
                                                      : random_float_bits(&g->random, type);
    return type == IR_I32 ? (uint32_t)value : value;
}

static ir_ref any(struct generator *g, enum ir_type type) {
    if (type == IR_V128 && chance(&g->random, 10))
        return ir_emit(g->ir, IR_const, type, below(g, 2), 0, 0, 0, random_integer(&g->random));
    if (type != IR_V128 && chance(&g->random, 20))
        return ir_const(g->ir, type, constant_bits(g, type));
    return pick(g, type);
}

static ir_ref emit(struct generator *g, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a,
                   ir_ref b, ir_ref c) {
    return ir_emit(g->ir, op, type, aux, a, b, c, 0);
}

static unsigned gpr(struct generator *g) {
    return REG_GPR + 1 + below(g, 12);
}

static unsigned vec(struct generator *g) {
    return REG_VEC + below(g, 6);
}

static unsigned ctl(struct generator *g) {
    return REG_CTL + below(g, 3);
}

static void integer_operation(struct generator *g) {
    enum ir_type type = integer_type(g);
    enum ir_op op = (enum ir_op)(IR_add + below(g, IR_zext16 - IR_add + 1));
    ir_ref a = any(g, type);
    ir_ref b = ir_ops[op].arguments > 1 ? any(g, type) : IR_NO_REF;
    keep(g, type, emit(g, op, type, 0, a, b, IR_NO_REF));
}

static void conversion(struct generator *g) {
    switch (below(g, 3)) {
    case 0: keep(g, IR_I32, ir_trunc(g->ir, IR_I32, any(g, IR_I64))); break;
    case 1: keep(g, IR_I64, ir_sext32(g->ir, IR_I64, any(g, IR_I32))); break;
    default: keep(g, IR_I64, ir_zext32(g->ir, IR_I64, any(g, IR_I32))); break;
    }
}

/* What compilers write, and the folder knows. */
static void idiom(struct generator *g) {
    struct ir *ir = g->ir;
    enum ir_type type = integer_type(g);
    ir_ref x = any(g, type);
    switch (below(g, 10)) {
    case 0: { /* field extraction */
        static const uint8_t counts[] = {8, 16, 24, 29, 31, 32, 48, 56, 63};
        ir_ref k = ir_const(ir, type, counts[below(g, 9)]);
        ir_ref l = chance(&g->random, 50) ? k : ir_const(ir, type, counts[below(g, 9)]);
        ir_ref shifted = ir_shl(ir, type, x, k);
        if (type == IR_I64 && chance(&g->random, 30))
            ir_put(ir, IR_I64, gpr(g), shifted);
        keep(g, type, emit(g, below(g, 2) ? IR_shr : IR_sar, type, 0, shifted, l, 0));
        break;
    }
    case 1: { /* the same operation twice with constants */
        static const enum ir_op ops[] = {IR_add, IR_sub, IR_and, IR_or, IR_xor, IR_mul, IR_shl};
        enum ir_op op = ops[below(g, 7)];
        ir_ref k = ir_const(ir, type, constant_bits(g, type));
        ir_ref once = emit(g, op, type, 0, x, k, 0);
        if (type == IR_I64 && chance(&g->random, 30))
            ir_put(ir, IR_I64, gpr(g), once);
        keep(g, type, emit(g, op, type, 0, once, ir_const(ir, type, constant_bits(g, type)), 0));
        break;
    }
    case 2: { /* a comparison compared */
        ir_ref set = ir_set(ir, type, (enum ir_cond)below(g, IR_COND_COUNT), x, any(g, type));
        enum ir_cond cond = (enum ir_cond)below(g, IR_COND_COUNT);
        keep(g, IR_I64, ir_set(ir, IR_I64, cond, set, ir_const(ir, IR_I64, below(g, 2))));
        keep(g, IR_I64, ir_xor(ir, IR_I64, set, ir_const(ir, IR_I64, 1)));
        break;
    }
    case 3: { /* equal by difference */
        ir_ref y = any(g, type);
        ir_ref difference = below(g, 2) ? ir_xor(ir, type, x, y) : ir_sub(ir, type, x, y);
        enum ir_cond cond = below(g, 2) ? IR_LTU : below(g, 2) ? IR_EQ : IR_NE;
        keep(g, IR_I64,
             ir_set(ir, type, cond, difference, ir_const(ir, type, cond == IR_LTU ? 1 : 0)));
        break;
    }
    case 4: { /* a word operation of a 64-bit guest */
        ir_ref low = ir_trunc(ir, IR_I32, any(g, IR_I64));
        static const enum ir_op ops[] = {IR_add, IR_sub, IR_shl, IR_shr, IR_sar, IR_mul};
        ir_ref result = emit(g, ops[below(g, 6)], IR_I32, 0, low, any(g, IR_I32), 0);
        ir_ref wide = keep(g, IR_I64, ir_sext32(ir, IR_I64, result));
        if (chance(&g->random, 70))
            ir_put(ir, IR_I64, gpr(g), wide);
        break;
    }
    case 5: { /* masks */
        static const uint64_t masks[] = {0xff, 0xffff, 0xffffffff, 0x7fffffff, 1, 63, 31};
        uint64_t mask = masks[below(g, 7)];
        keep(g, type, ir_and(ir, type, x, ir_const(ir, type, mask)));
        break;
    }
    case 6: { /* choices */
        ir_ref set = ir_set(ir, IR_I64, below(g, 2) ? IR_EQ : IR_NE, any(g, IR_I64),
                            ir_const(ir, IR_I64, 0));
        ir_ref k = ir_const(ir, type, below(g, 2)), l = ir_const(ir, type, below(g, 2));
        keep(g, type,
             below(g, 2) ? ir_select(ir, type, set, x, any(g, type))
                         : ir_select(ir, type, set, k, l));
        break;
    }
    case 7: { /* a rotation, or nearly one */
        static const enum ir_op ops[] = {IR_or, IR_xor, IR_add};
        unsigned width = type == IR_I32 ? 32 : 64, k = below(g, width);
        unsigned l = (width - k - (chance(&g->random, 20) ? 1 : 0)) % width;
        ir_ref left = ir_shl(ir, type, x, ir_const(ir, type, k));
        ir_ref right = ir_shr(ir, type, x, ir_const(ir, type, l));
        keep(g, type, emit(g, ops[below(g, 3)], type, 0, left, right, 0));
        break;
    }
    case 8: { /* half of a product, perhaps of one whose other half was made before */
        if (!g->factors[0] || chance(&g->random, 40)) {
            g->factors[0] = any(g, IR_I64);
            g->factors[1] = chance(&g->random, 20) ? g->factors[0] : any(g, IR_I64);
        }
        const unsigned first = below(g, 2);
        ir_ref half = emit(g, below(g, 2) ? IR_mul : IR_mulhu, IR_I64, 0, g->factors[first],
                           g->factors[!first], 0);
        keep(g, IR_I64, half);
        if (chance(&g->random, 50))
            ir_put(ir, IR_I64, gpr(g), half);
        break;
    }
    default: { /* a count taken modulo the width by hand */
        ir_ref count = ir_and(ir, type, any(g, type), ir_const(ir, type, type == IR_I32 ? 31 : 63));
        keep(g, type, emit(g, (enum ir_op)(IR_shl + below(g, 5)), type, 0, x, count, 0));
        break;
    }
    }
}

static void comparison(struct generator *g) {
    enum ir_type type = integer_type(g);
    ir_ref a = any(g, type), b = chance(&g->random, 10) ? a : any(g, type);
    keep(g, IR_I64, ir_set(g->ir, type, (enum ir_cond)below(g, IR_COND_COUNT), a, b));
}

static void choice(struct generator *g) {
    enum ir_type type = integer_type(g);
    if (g->options->floats && chance(&g->random, 30))
        type = float_type(g);
    else if (g->options->vectors && chance(&g->random, 20))
        type = IR_V128;
    ir_ref condition = any(g, IR_I64), then = any(g, type), otherwise = any(g, type);
    keep(g, type, ir_select(g->ir, type, condition, then, otherwise));
}

/* --- condition flags --- */

static ir_ref any_flags(struct generator *g) {
    return g->flags[below(g, g->flags_count)];
}

static ir_ref flags_constant(struct generator *g) {
    unsigned bits = below(g, 16);
    return ir_const(g->ir, IR_I64,
                    (bits & 1 ? IR_FLAG_N : 0) | (bits & 2 ? IR_FLAG_Z : 0) |
                        (bits & 4 ? IR_FLAG_C : 0) | (bits & 8 ? IR_FLAG_V : 0));
}

static ir_ref flags_condition(struct generator *g, ir_ref flags) {
    return ir_flags_cond(g->ir, (enum ir_flags_cond)below(g, 16), flags);
}

/* Flags of an operation; of the same one, often, whose result a register gets. */
static ir_ref flags_of_operation(struct generator *g) {
    struct ir *ir = g->ir;
    enum ir_type type = integer_type(g);
    unsigned reg = gpr(g), kind = below(g, g->options->floats ? 7 : 6);
    ir_ref a = type == IR_I64 && below(g, 2) ? ir_get(ir, IR_I64, reg) : any(g, type);
    ir_ref b = any(g, type), flags = IR_NO_REF, result = IR_NO_REF;
    switch (kind) {
    case 0:
    case 1:
        result = ir_sub(ir, type, a, b);
        flags = ir_flags_sub(ir, type, a, b);
        break;
    case 2:
        result = ir_add(ir, type, a, b);
        flags = ir_flags_add(ir, type, a, b);
        break;
    case 3: {
        ir_ref carry = below(g, 4) ? ir_flags_cond(ir, IR_FLAGS_CS, any_flags(g))
                                   : ir_const(ir, IR_I64, below(g, 2));
        if (below(g, 2))
            b = ir_not(ir, type, b);
        result = ir_adc(ir, type, a, b, type == IR_I32 ? ir_trunc(ir, IR_I32, carry) : carry);
        flags = ir_flags_adc(ir, type, a, b, carry);
        break;
    }
    case 4:
        result = ir_and(ir, type, a, b);
        flags = ir_flags_logic(ir, type, result);
        break;
    case 5: {
        ir_ref condition = below(g, 4) ? flags_condition(g, any_flags(g)) : any(g, IR_I64);
        ir_ref then = any_flags(g), otherwise = flags_constant(g);
        return below(g, 2) ? ir_select(ir, IR_I64, condition, then, otherwise)
                           : ir_select(ir, IR_I64, condition, otherwise, then);
    }
    default: {
        enum ir_type of = float_type(g);
        ir_ref x = any(g, of), y = any(g, of);
        return ir_flags_fcmp(ir, of, below(g, 2), x, y);
    }
    }
    keep(g, type, result);
    if (below(g, 2))
        ir_put(ir, IR_I64, reg, type == IR_I32 ? ir_zext32(ir, IR_I64, result) : result);
    return flags;
}

static ir_ref near_target(struct generator *g);

static void flags_operation(struct generator *g) {
    struct ir *ir = g->ir;
    ir_ref flags = below(g, 4) ? flags_of_operation(g) : ir_get(ir, IR_I64, RANDOM_IR_FLAGS);
    if (g->flags_count < FLAGS_POOL)
        g->flags_count++;
    memmove(g->flags + 1, g->flags, (g->flags_count - 1) * sizeof *g->flags);
    g->flags[0] = flags;
    if (below(g, 3))
        ir_put(ir, IR_I64, RANDOM_IR_FLAGS, flags);
    switch (below(g, 4)) {
    case 0: keep(g, IR_I64, flags_condition(g, any_flags(g))); break;
    case 1: {
        enum ir_type type = integer_type(g);
        ir_ref then = any(g, type), otherwise = any(g, type);
        keep(g, type, ir_select(ir, type, flags_condition(g, any_flags(g)), then, otherwise));
        break;
    }
    case 2:
        if (g->options->exits && chance(&g->random, 30))
            ir_exit_if(ir, IR_I64, below(g, 2) ? IR_NE : IR_EQ, flags_condition(g, flags),
                       ir_const(ir, IR_I64, 0), near_target(g));
        break;
    default: break;
    }
}

static void guest_state(struct generator *g) {
    struct ir *ir = g->ir;
    switch (below(g, g->options->vectors ? 9 : 6)) {
    case 0: keep(g, IR_I64, ir_get(ir, IR_I64, below(g, 5) ? gpr(g) : ctl(g))); break;
    case 1:
    case 2:
    case 3: ir_put(ir, IR_I64, below(g, 8) ? gpr(g) : ctl(g), any(g, IR_I64)); break;
    case 4: keep(g, IR_F64, ir_get(ir, IR_F64, vec(g))); break;
    case 5: ir_put(ir, IR_F64, vec(g), any(g, IR_F64)); break;
    case 6: keep(g, IR_V128, ir_get(ir, IR_V128, vec(g))); break;
    default: ir_put(ir, IR_V128, vec(g), any(g, IR_V128)); break;
    }
}

static void address_value(struct generator *g) {
    struct ir *ir = g->ir;
    ir_ref value;
    int64_t offset = (int64_t)below(g, 4096) - 2048;
    if (below(g, 2))
        value = ir_pcrel(ir, offset);
    else
        value = ir_pcrel_field(ir, offset, 0);
    if (below(g, 2))
        value = ir_add(ir, IR_I64, value, ir_const(ir, IR_I64, random_integer(&g->random)));
    keep(g, IR_I64, value);
}

/* --- vectors --- */

static ir_ref pick_operand(void *context, enum ir_type type) {
    return any(context, type);
}

static void vector_operation(struct generator *g) {
    ir_ref value = random_ir_vector(g->ir, &g->random, pick_operand, g);
    if (value)
        keep(g, ir_result_type(&g->ir->insn[value]), value);
}

/* --- floats --- */

static unsigned rounding(struct generator *g) {
    static const enum fp_round modes[] = {FP_DYNAMIC, FP_DYNAMIC, FP_DYNAMIC, FP_RNE,
                                          FP_RTZ,     FP_RDN,     FP_RUP,     FP_RMM};
    return modes[below(g, 8)];
}

static void float_operation(struct generator *g) {
    enum ir_type type = float_type(g);
    ir_ref a = any(g, type), b = any(g, type), c = any(g, type), value;
    unsigned round = rounding(g);
    switch (below(g, 8)) {
    case 0:
    case 1:
        value = emit(g, (enum ir_op)(IR_fadd + below(g, 4)), type, round, a, b, 0);
        keep(g, type, ir_fcanon(g->ir, type, value));
        break;
    case 2:
        value = emit(g, IR_fsqrt, type, round, a, 0, 0);
        keep(g, type, ir_fcanon(g->ir, type, value));
        break;
    case 3: keep(g, type, emit(g, IR_fma, type, round | below(g, 4) << 3, a, b, c)); break;
    case 4: keep(g, type, emit(g, (enum ir_op)(IR_fmin + below(g, 4)), type, 0, a, b, 0)); break;
    case 5: keep(g, IR_I64, ir_fcmp(g->ir, type, (enum ir_fcond)below(g, 5), a, b)); break;
    case 6: keep(g, type, emit(g, IR_fround, type, round | below(g, 2) << 3, a, 0, 0)); break;
    default:
        switch (below(g, 5)) {
        case 0: keep(g, type, ir_fneg(g->ir, type, a)); break;
        case 1: keep(g, type, ir_fabs(g->ir, type, a)); break;
        case 2: keep(g, type, ir_fcopysign(g->ir, type, a, chance(&g->random, 20) ? a : b)); break;
        case 3:
            if (g->options->as_lifted)
                a = emit(g, IR_fadd, type, FP_DYNAMIC, a, b, 0);
            keep(g, type, ir_fcanon(g->ir, type, a));
            break;
        default: keep(g, IR_I64, emit(g, IR_fclass, type, 0, a, 0, 0)); break;
        }
        break;
    }
}

/* By Arm's rules. */
static void propagating_operation(struct generator *g) {
    enum ir_type type = float_type(g), integer = integer_type(g), other = float_type(g);
    ir_ref a = any(g, type), b = any(g, type), c = any(g, type);
    unsigned aux = rounding(g) | IR_FP_PROPAGATE, plain = IR_FP_PROPAGATE;
    switch (below(g, 8)) {
    case 0:
    case 1:
    case 2: keep(g, type, emit(g, (enum ir_op)(IR_fadd + below(g, 4)), type, aux, a, b, 0)); break;
    case 3: keep(g, type, emit(g, IR_fsqrt, type, aux, a, 0, 0)); break;
    case 4: keep(g, type, emit(g, IR_fma, type, aux | below(g, 4) << 3, a, b, c)); break;
    case 5:
        keep(g, type, emit(g, (enum ir_op)(IR_fmin + below(g, 4)), type, plain, a, b, 0));
        break;
    case 6:
        if (below(g, 2))
            keep(g, type, emit(g, IR_fround, type, aux | below(g, 2) << 3, a, 0, 0));
        else if (other != type)
            keep(g, type, emit(g, IR_ftof, type, aux, any(g, other), 0, 0));
        break;
    default:
        if (below(g, 2))
            keep(g, integer, emit(g, IR_ftoi, integer, aux | below(g, 2) << 3, a, 0, 0));
        else
            keep(g, type, emit(g, IR_itof, type, aux | below(g, 2) << 3, any(g, integer), 0, 0));
        break;
    }
}

static void float_conversion(struct generator *g) {
    struct ir *ir = g->ir;
    enum ir_type type = float_type(g), integer = integer_type(g), other;
    unsigned round = rounding(g);
    switch (below(g, 7)) {
    case 0:
        do
            other = float_type(g);
        while (other == type);
        keep(g, type, emit(g, IR_ftof, type, round, any(g, other), 0, 0));
        break;
    case 1:
        keep(g, integer, emit(g, IR_ftoi, integer, round | below(g, 2) << 3, any(g, type), 0, 0));
        break;
    case 2:
        keep(g, type, emit(g, IR_itof, type, round | below(g, 2) << 3, any(g, integer), 0, 0));
        break;
    case 3:
        integer = type == IR_F64 ? IR_I64 : IR_I32;
        keep(g, integer, ir_fbits(ir, integer, any(g, type)));
        break;
    case 4:
        integer = type == IR_F64 ? IR_I64 : IR_I32;
        keep(g, type, ir_ffrom(ir, type, any(g, integer)));
        break;
    case 5:
        type = below(g, 3) ? IR_F32 : IR_F16;
        keep(g, IR_F64, ir_nanbox(ir, IR_F64, any(g, type)));
        break;
    default:
        type = below(g, 3) ? IR_F32 : IR_F16;
        keep(g, type, ir_nanunbox(ir, type, any(g, IR_F64)));
        break;
    }
}

static void float_environment(struct generator *g) {
    switch (below(g, 3)) {
    case 0: keep(g, IR_I64, emit(g, IR_get_fflags, IR_I64, 0, 0, 0, 0)); break;
    case 1:
        emit(g, IR_put_fflags, IR_I64, 0,
             ir_and(g->ir, IR_I64, any(g, IR_I64), ir_const(g->ir, IR_I64, FP_ALL_FLAGS)), 0, 0);
        break;
    default:
        emit(g, IR_put_fround, IR_I64, 0,
             ir_const(g->ir, IR_I64, below(g, g->options->as_lifted ? FP_RMM : FP_RMM + 1)), 0, 0);
        break;
    }
}

/* --- memory --- */

/* An address in the middle of the memory, that far from its ends at least. */
enum { MARGIN = 64, SPAN = RANDOM_IR_MEMORY - 2 * MARGIN };

static ir_ref address(struct generator *g, bool aligned) {
    struct ir *ir = g->ir;
    ir_ref base = ir_get(ir, IR_I64, REG_GPR + RANDOM_IR_BASE_REG);
    unsigned alignment = aligned ? ~7u : ~0u;
    ir_ref offset = ir_const(ir, IR_I64, MARGIN + (below(g, SPAN / 2) & alignment));
    ir_ref sum = ir_add(ir, IR_I64, base, offset);
    if (chance(&g->random, 60)) {
        unsigned scale = below(g, 5);
        uint64_t mask = ((SPAN / 2) >> scale) / 2 - 1;
        mask |= mask >> 1, mask |= mask >> 2, mask |= mask >> 4, mask >>= 1;
        if (aligned)
            mask &= ~UINT64_C(7);
        ir_ref index = ir_and(ir, IR_I64, any(g, IR_I64), ir_const(ir, IR_I64, mask));
        index = ir_shl(ir, IR_I64, index, ir_const(ir, IR_I64, scale));
        sum = below(g, 2) ? ir_add(ir, IR_I64, sum, index) : ir_add(ir, IR_I64, index, sum);
    }
    if (chance(&g->random, 20))
        ir_put(ir, IR_I64, gpr(g), sum);
    return sum;
}

static int64_t small_offset(struct generator *g) {
    return (int64_t)below(g, MARGIN) - MARGIN / 2;
}

static void memory_access(struct generator *g) {
    static const enum ir_mem_kind float_kinds[] = {
        [IR_F16] = IR_U16, [IR_F32] = IR_U32, [IR_F64] = IR_64, [IR_V128] = IR_128};
    enum ir_type type = integer_type(g);
    enum ir_mem_kind kind = (enum ir_mem_kind)below(g, type == IR_I32 ? IR_64 : IR_128);
    if (g->options->floats && chance(&g->random, 25))
        type = float_type(g);
    else if (g->options->vectors && chance(&g->random, 15))
        type = IR_V128;
    if (type != IR_I32 && type != IR_I64)
        kind = float_kinds[type];
    unsigned mem = IR_MEM(kind, chance(&g->random, 10) ? below(g, 4) : 0);
    ir_ref base = address(g, false);
    if (g->options->faults && chance(&g->random, 5))
        base = ir_get(g->ir, IR_I64, REG_GPR + RANDOM_IR_FAULT_REG);
    if (below(g, 2))
        keep(g, type, ir_load(g->ir, type, mem, base, small_offset(g)));
    else
        ir_store(g->ir, type, mem, base, small_offset(g), any(g, type));
}

static void atomic_access(struct generator *g) {
    struct ir *ir = g->ir;
    enum ir_type type = integer_type(g);
    enum ir_mem_kind kind = (enum ir_mem_kind)below(g, type == IR_I32 ? IR_64 : IR_128);
    unsigned mem = IR_MEM(kind, below(g, 4));
    ir_ref addr = address(g, true), a = any(g, type), b = any(g, type);
    switch (below(g, 5)) {
    case 0:
    case 1:
        keep(g, type, ir_rmw(ir, type, (enum ir_rmw_kind)below(g, IR_RMW_UMAX + 1), mem, addr, a));
        break;
    case 2:
        if (below(g, 2))
            a = ir_load(ir, type, IR_MEM(kind, 0), addr, 0);
        keep(g, type, ir_cas(ir, type, mem, addr, a, b));
        break;
    case 3: {
        mem = IR_MEM(kind & ~1u, below(g, 4)); /* not sign-extended */
        ir_ref seen = ir_load(ir, IR_I64, IR_MEM(kind & ~1u, 0), addr, 0);
        if (below(g, 3))
            ir_put(ir, IR_I64, RANDOM_IR_RESERVATION, addr);
        if (below(g, 3))
            ir_put(ir, IR_I64, RANDOM_IR_RESERVATION + 1, seen);
        if (below(g, 3) == 0)
            memory_access(g);
        keep(g, IR_I64, ir_store_cond(ir, type, mem, RANDOM_IR_RESERVATION, addr, b));
        break;
    }
    default: ir_fence(ir, 1 + below(g, 15)); break;
    }
}

/* --- helpers --- */

static uint64_t helper_mix(uint64_t a, uint64_t b, uint64_t c) {
    return a * 3 + (b ^ c);
}

static uint32_t helper_count(struct cpu *cpu) {
    uint32_t odd = 0;
    for (unsigned i = 0; i < CPU_GPRS; i++)
        odd += cpu->gpr[i] & 1;
    return odd;
}

static void helper_swap(struct cpu *cpu, uint64_t value) {
    cpu->gpr[1] = cpu->gpr[2];
    cpu->gpr[2] = value;
    cpu->vec[1].u64[0] = value;
}

static uint64_t helper_maybe_exit(struct cpu *cpu, uint64_t value) {
    if (value & 3)
        return 0;
    cpu->pc = value;
    cpu->exit_reason = EXIT_SYSCALL;
    return 1;
}

static const struct ir_helper helpers[] = {
    {.name = "test_mix", .function = (void (*)(void))helper_mix, .result = IR_I64, .arguments = 3},
    {.name = "test_count",
     .function = (void (*)(void))helper_count,
     .result = IR_I32,
     .takes_cpu = true},
    {.name = "test_swap",
     .function = (void (*)(void))helper_swap,
     .result = IR_VOID,
     .arguments = 1,
     .takes_cpu = true,
     .writes_state = true},
    {.name = "test_maybe_exit",
     .function = (void (*)(void))helper_maybe_exit,
     .result = IR_I64,
     .arguments = 1,
     .takes_cpu = true,
     .may_exit = true},
};

static const struct ir_helper *const helper_rows[] = {&helpers[0], &helpers[1], &helpers[2],
                                                      &helpers[3]};
static struct ir_helper_list helper_list = {helper_rows, 4, NULL};

/* Once in a program, for units with helpers to be parsed. */
void random_ir_add_helpers(void) {
    ir_add_helpers(&helper_list);
}

static void helper_call(struct generator *g) {
    struct ir *ir = g->ir;
    switch (below(g, 4)) {
    case 0: {
        ir_ref a = any(g, IR_I64), b = any(g, IR_I64), c = any(g, IR_I64);
        keep(g, IR_I64, ir_helper(ir, &helpers[0], a, b, c));
        break;
    }
    case 1: keep(g, IR_I32, ir_helper(ir, &helpers[1], 0, 0, 0)); break;
    case 2: ir_helper(ir, &helpers[2], any(g, IR_I64), 0, 0); break;
    default:
        if (g->options->exits)
            ir_helper(ir, &helpers[3], any(g, IR_I64), 0, 0);
        break;
    }
}

/* --- exits --- */

static ir_ref near_target(struct generator *g) {
    return ir_pcrel(g->ir, 4 * (int64_t)below(g, 256));
}

static ir_ref target(struct generator *g) {
    return below(g, 3) ? near_target(g) : any(g, IR_I64);
}

static void side_exit(struct generator *g) {
    struct ir *ir = g->ir;
    enum ir_type type = integer_type(g);
    enum ir_cond cond = (enum ir_cond)below(g, IR_COND_COUNT);
    ir_ref a = any(g, type), b = any(g, type);
    if (chance(&g->random, 30)) { /* unlikely, so that more than a few instructions run */
        cond = IR_EQ;
    } else if (chance(&g->random, 40)) {
        a = ir_set(ir, type, cond, a, b);
        b = ir_const(ir, IR_I64, below(g, 2));
        type = IR_I64;
        cond = below(g, 2) ? IR_EQ : IR_NE;
    }
    ir_ref to = g->options->as_lifted ? near_target(g) : target(g);
    ir_exit_if(ir, type, cond, a, b, to);
}

static void end(struct generator *g) {
    switch (below(g, 5)) {
    case 0: ir_call(g->ir, target(g), ir_pcrel(g->ir, 4)); break;
    case 1: ir_return(g->ir, any(g, IR_I64)); break;
    case 2: ir_trap(g->ir, (enum exit_reason)(EXIT_SYSCALL + below(g, 3)), target(g)); break;
    default: ir_jump(g->ir, target(g)); break;
    }
}

/* --- a unit --- */

static void start_pool(struct generator *g) {
    struct ir *ir = g->ir;
    g->flags[g->flags_count++] = ir_get(ir, IR_I64, RANDOM_IR_FLAGS);
    for (unsigned i = 0; i < 3; i++) {
        ir_ref value = keep(g, IR_I64, ir_get(ir, IR_I64, gpr(g)));
        keep(g, IR_I32, ir_trunc(ir, IR_I32, value));
        ir_ref image = keep(g, IR_F64, ir_get(ir, IR_F64, vec(g)));
        if (g->options->floats) {
            keep(g, IR_F32, ir_nanunbox(ir, IR_F32, image));
            keep(g, IR_F16, ir_nanunbox(ir, IR_F16, image));
        }
        if (g->options->vectors)
            keep(g, IR_V128, ir_get(ir, IR_V128, vec(g)));
    }
}

void random_ir_build(struct ir *ir, uint64_t seed, const struct random_ir_options *options) {
    struct generator g = {.random = {seed}, .ir = ir, .options = options};
    start_pool(&g);
    for (unsigned i = 0; i < options->length; i++) {
        if (ir->where < UNIT_MAX_INSNS - 1 && below(&g, 3) == 0)
            ir->where++;
        if (options->vectors && chance(&g.random, 40)) {
            vector_operation(&g);
            continue;
        }
        unsigned kind = below(&g, 100);
        if (kind < 25)
            integer_operation(&g);
        else if (kind < 34)
            idiom(&g);
        else if (kind < 40)
            flags_operation(&g);
        else if (kind < 46)
            conversion(&g);
        else if (kind < 50)
            comparison(&g);
        else if (kind < 53)
            choice(&g);
        else if (kind < 70)
            guest_state(&g);
        else if (kind < 72)
            address_value(&g);
        else if (kind < 82 && options->floats && options->vectors)
            propagating_operation(&g);
        else if (kind < 82 && options->floats)
            float_operation(&g);
        else if (kind < 86 && options->floats)
            float_conversion(&g);
        else if (kind < 87 && options->floats)
            float_environment(&g);
        else if (kind >= 87 && kind < 93 && options->memory)
            memory_access(&g);
        else if (kind >= 93 && kind < 96 && options->atomics)
            atomic_access(&g);
        else if (kind >= 96 && kind < 98 && options->exits)
            side_exit(&g);
        else if (kind >= 98 && options->helpers)
            helper_call(&g);
    }
    for (unsigned i = 1; i <= 6; i++) {
        ir_put(ir, IR_I64, REG_GPR + i, any(&g, IR_I64));
        ir_put(ir, IR_I64, REG_GPR + 6 + i, ir_sext32(ir, IR_I64, any(&g, IR_I32)));
        ir_put(ir, IR_F64, REG_VEC + i, any(&g, IR_F64));
        if (options->floats)
            ir_put(ir, IR_F64, REG_VEC + 6 + i, ir_nanbox(ir, IR_F64, any(&g, IR_F32)));
        if (options->vectors)
            ir_put(ir, IR_V128, REG_VEC + 12 + i, any(&g, IR_V128));
    }
    end(&g);
}

void random_ir_unit(struct guest_unit *unit, uint64_t pc) {
    memset(unit, 0, sizeof(*unit));
    unit->pc = pc;
    unit->count = UNIT_MAX_INSNS;
    for (unsigned i = 0; i < UNIT_MAX_INSNS; i++)
        unit->insn[i] = (struct guest_insn){.offset = (int32_t)i * 4, .length = 4};
}

/* --- state --- */

void random_state_fill(struct random_state *state, uint64_t seed, const uint8_t *memory,
                       uint64_t fault_address) {
    struct random_source random = {seed};
    memset(state, 0, sizeof(*state));
    for (unsigned i = 0; i < CPU_GPRS; i++)
        state->gpr[i] = random_integer(&random);
    state->gpr[RANDOM_IR_BASE_REG] = (uint64_t)(uintptr_t)memory;
    state->gpr[RANDOM_IR_FAULT_REG] = fault_address;
    for (unsigned i = 0; i < CPU_VECS; i++) {
        state->vec[i].u64[1] = random_next(&random);
        switch (random_below(&random, 4)) {
        case 0:
            state->vec[i].u64[0] =
                random_float_bits(&random, IR_F32) | UINT64_C(0xffffffff00000000);
            break;
        case 1:
            state->vec[i].u64[0] =
                random_float_bits(&random, IR_F16) | UINT64_C(0xffffffffffff0000);
            break;
        default: state->vec[i].u64[0] = random_float_bits(&random, IR_F64); break;
        }
    }
    for (unsigned i = 0; i < CPU_CTLS; i++)
        state->ctl[i] = random_integer(&random);
    state->ctl[RANDOM_IR_FLAGS - REG_CTL] &= IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V;
    state->fp.round = random_below(&random, 5);
    state->fp.flags = random_below(&random, 2) ? random_below(&random, FP_ALL_FLAGS + 1) : 0;
    for (unsigned i = 0; i < RANDOM_IR_MEMORY; i += 8) {
        uint64_t word =
            random_below(&random, 2) ? random_integer(&random) : random_float_bits(&random, IR_F64);
        memcpy(state->memory + i, &word, sizeof(word));
    }
}

void random_state_load(const struct random_state *state, struct cpu *cpu, uint8_t *memory) {
    memcpy(cpu->gpr, state->gpr, sizeof(cpu->gpr));
    memcpy(cpu->vec, state->vec, sizeof(cpu->vec));
    memcpy(cpu->ctl, state->ctl, sizeof(cpu->ctl));
    cpu->fp = state->fp;
    cpu->pc = state->pc;
    cpu->exit_reason = state->exit_reason;
    memcpy(memory, state->memory, RANDOM_IR_MEMORY);
}

void random_state_save(struct random_state *state, const struct cpu *cpu, const uint8_t *memory) {
    memcpy(state->gpr, cpu->gpr, sizeof(cpu->gpr));
    memcpy(state->vec, cpu->vec, sizeof(cpu->vec));
    memcpy(state->ctl, cpu->ctl, sizeof(cpu->ctl));
    state->fp = cpu->fp;
    state->pc = cpu->pc;
    state->exit_reason = cpu->exit_reason;
    memcpy(state->memory, memory, RANDOM_IR_MEMORY);
}

static bool differ(FILE *out, const char *what, unsigned index, uint64_t a, uint64_t b) {
    if (a != b)
        fprintf(out, "  %s%u: %016" PRIx64 " and %016" PRIx64 "\n", what, index, a, b);
    return a != b;
}

bool random_state_differ(FILE *out, const struct random_state *a, const struct random_state *b) {
    bool any = false;
    for (unsigned i = 0; i < CPU_GPRS; i++)
        any |= differ(out, "r", i, a->gpr[i], b->gpr[i]);
    for (unsigned i = 0; i < CPU_VECS; i++) {
        any |= differ(out, "v", i, a->vec[i].u64[0], b->vec[i].u64[0]);
        any |= differ(out, "high half of v", i, a->vec[i].u64[1], b->vec[i].u64[1]);
    }
    for (unsigned i = 0; i < CPU_CTLS; i++)
        any |= differ(out, "c", i, a->ctl[i], b->ctl[i]);
    for (unsigned i = 0; i < RANDOM_IR_MEMORY; i++)
        any |= differ(out, "memory+", i, a->memory[i], b->memory[i]);
    any |= differ(out, "rounding mode ", 0, a->fp.round, b->fp.round);
    any |= differ(out, "flags ", 0, a->fp.flags, b->fp.flags);
    for (unsigned i = 0; i < 2; i++)
        any |= differ(out, "saturated ", i, a->fp.saturated.u64[i], b->fp.saturated.u64[i]);
    any |= differ(out, "pc ", 0, a->pc, b->pc);
    any |= differ(out, "exit reason ", 0, a->exit_reason, b->exit_reason);
    return any;
}
