/* Lowering rules of the integer operations. */
#include "translator/host/x86_64/lower.h"

static bool same_memory(struct x86_mem a, struct x86_mem b) {
    return a.base == b.base && a.index == b.index && a.disp == b.disp;
}

/* Applies `op` to a register and an operand of any kind. */
static void apply(struct lower *l, enum x86_op op, unsigned size, unsigned dst,
                  const struct operand *y) {
    if (y->kind == IS_CONST)
        x86_ri(&l->b, op, size, dst, y->imm);
    else if (y->kind == IN_MEMORY)
        x86_rm(&l->b, op, size, dst, y->mem);
    else
        x86_rr(&l->b, op, size, dst, y->reg);
}

static void load_operand(struct lower *l, unsigned size, unsigned dst, const struct operand *x) {
    if (x->kind == IS_CONST)
        x86_mov_imm(&l->b, dst, size == 4 ? (uint32_t)x->imm : (uint64_t)(int64_t)x->imm, true);
    else if (x->kind == IN_MEMORY)
        x86_rm(&l->b, X86_MOV, size, dst, x->mem);
    else
        lower_move(l, size, dst, x->reg);
}

/* `x = op x, y` on the home of a guest register that is pinned nowhere, when that is all there is
 * to do: one instruction. Only for full-width operations. */
static bool update_home(struct lower *l, ir_ref ref, enum x86_op op, const struct operand *x,
                        const struct operand *y) {
    struct value *v = &l->values[ref];
    if (v->hint == NO_GUEST || x86_config.pin[v->hint] != NO_REG || l->ir->insn[ref].type != IR_I64)
        return false;
    if (x->kind != IN_MEMORY || y->kind == IN_MEMORY || v->uses != 1 ||
        !same_memory(x->mem, home_mem(v->hint)))
        return false;
    const ir_ref old = l->current[v->hint];
    if (old != IR_NO_REF && l->values[old].uses > 0)
        return false;
    lower_save_guest(l, v->hint);
    if (y->kind == IS_CONST)
        x86_mi(&l->b, op, 8, x->mem, y->imm);
    else
        x86_mr(&l->b, op, 8, x->mem, y->reg);
    v->guest = v->hint;
    l->current[v->hint] = ref;
    return true;
}

/* add, sub, and, or, xor: dst = x op y in x86's two-operand form. */
static bool binary(struct lower *l, ir_ref ref, enum x86_op op, bool commutes) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size(insn->type);
    struct operand x = lower_operand(l, insn->a, size), y = lower_operand(l, insn->b, size);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    if (update_home(l, ref, op, &x, &y))
        return true;
    const unsigned dst = lower_define(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
    if (y.kind == IN_REG && y.reg == dst && !(x.kind == IN_REG && x.reg == dst)) {
        if (commutes) {
            const struct operand swap = x;
            x = y;
            y = swap;
        } else { /* sub: dst = x - dst */
            x86_r(&l->b, X86_NEG, size, dst);
            apply(l, X86_ADD, size, dst, &x);
            return true;
        }
    }
    load_operand(l, size, dst, &x);
    apply(l, op, size, dst, &y);
    lower_set_flags(l, ref, CC_NE);
    return true;
}

/* A shift by 1 to 3 that only this addition uses is part of its address form. */
static bool scaled_operand(const struct lower *l, ir_ref ref, ir_ref *base, unsigned *scale) {
    ref = lower_root(l, ref);
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (!l->values[ref].late)
        return false;
    *base = insn->a;
    *scale = (unsigned)l->ir->insn[insn->b].imm;
    return true;
}

/* A difference that leaves x86's flags to the exit behind it. */
static bool subtract_and_compare(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size(insn->type);
    const ir_ref a = lower_root(l, insn->a), b = l->values[ref].subtrahend;
    const struct operand x = lower_operand(l, a, size);
    const struct operand y =
        insn->op == IR_sub ? lower_operand(l, b, size)
                           : (struct operand){.kind = IS_CONST, .imm = (int32_t)l->ir->insn[b].imm};
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    if (!update_home(l, ref, X86_SUB, &x, &y)) {
        const unsigned dst = lower_define(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
        const bool clash = y.kind == IN_REG && y.reg == dst && !(x.kind == IN_REG && x.reg == dst);
        const unsigned difference = clash ? lower_scratch(l) : dst;
        load_operand(l, size, difference, &x);
        apply(l, X86_SUB, size, difference, &y);
        lower_move(l, size, dst, difference);
    }
    lower_note_compared(l, (enum ir_type)insn->type, a, b);
    lower_set_flags(l, ref, CC_NE);
    return true;
}

/* dst = a + b + carry; what else x86's flags are for is done, too. Of flags alone, there is no dst.
 */
static bool add_with_carry(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size((enum ir_type)insn->type);
    const ir_ref b = lower_root(l, insn->b);
    const bool alone = l->values[ref].alone, subtract = l->values[b].late;
    lower_carry_in(l, insn->c, subtract);
    lower_end_insn(l); /* from here to the addition only moves */
    const ir_ref subtrahend = subtract ? l->ir->insn[b].a : b;
    struct operand y = lower_operand(l, subtrahend, size), x = lower_operand(l, insn->a, size);
    lower_consume(l, insn->a);
    lower_consume(l, b);
    if (subtract)
        lower_consume(l, subtrahend);
    const enum x86_op op = subtract ? X86_SBB : X86_ADC;
    if (alone || !update_home(l, ref, op, &x, &y)) {
        const unsigned dst =
            alone ? lower_scratch(l) : lower_define(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
        const bool clash = y.kind == IN_REG && y.reg == dst && !(x.kind == IN_REG && x.reg == dst);
        if (clash && !subtract) {
            const struct operand swap = x;
            x = y;
            y = swap;
        }
        const unsigned sum = clash && subtract ? lower_scratch(l) : dst;
        load_operand(l, size, sum, &x);
        apply(l, op, size, sum, &y);
        lower_move(l, size, dst, sum);
    }
    const ir_ref flags = alone ? ref : l->values[ref].sets;
    if (flags)
        lower_carry_out(l, flags, subtract);
    return true;
}

static bool add(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (l->values[ref].subtrahend)
        return subtract_and_compare(l, ref);
    const unsigned size = ir_type_size(insn->type);
    ir_ref a = insn->a, b = insn->b, index;
    unsigned scale;
    if (!scaled_operand(l, b, &index, &scale)) {
        const ir_ref swap = a;
        a = b;
        b = swap;
        if (!scaled_operand(l, b, &index, &scale))
            scale = 0;
    }
    if (scale) {
        const unsigned shifted = lower_use(l, index);
        const unsigned base = lower_use(l, a);
        lower_consume(l, a);
        lower_consume(l, b);
        lower_consume(l, index);
        const unsigned dst = lower_define(l, ref, base);
        x86_rm(&l->b, X86_LEA, size, dst,
               (struct x86_mem){(uint8_t)base, (uint8_t)shifted, (uint8_t)scale, 0});
        return true;
    }
    struct operand x = lower_operand(l, insn->a, size), y = lower_operand(l, insn->b, size);
    const struct value *v = &l->values[ref];
    if (v->keeps) {
        x = (struct operand){.kind = IN_REG, .reg = (uint8_t)lower_use(l, insn->a)};
        if (y.kind == IN_MEMORY)
            y = (struct operand){.kind = IN_REG, .reg = (uint8_t)lower_use(l, insn->b)};
    }
    const unsigned target = v->hint != NO_GUEST ? x86_config.pin[v->hint] : NO_REG;
    /* The three-operand form, where a copy would be needed. */
    const bool copy =
        x.kind == IN_REG && y.kind != IN_MEMORY && x.reg != target &&
        (y.kind == IS_CONST || y.reg != target) &&
        (target != NO_REG || l->values[lower_root(l, insn->a)].uses > 1 || x.reg > RDX);
    if (copy || v->keeps) {
        lower_consume(l, insn->a);
        lower_consume(l, insn->b);
        const unsigned dst = lower_define(l, ref, NO_REG);
        if (y.kind == IS_CONST)
            x86_rm(&l->b, X86_LEA, size, dst, (struct x86_mem){x.reg, NO_REG, 0, y.imm});
        else
            x86_rm(&l->b, X86_LEA, size, dst, (struct x86_mem){x.reg, y.reg, 0, 0});
        return true;
    }
    binary(l, ref, X86_ADD, true);
    return true;
}

/* A product by MULX, which keeps x86's flags: the half that `ref` is, or both. */
static bool multiply_keeping(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size((enum ir_type)insn->type);
    const ir_ref other = l->values[ref].other_half;
    ir_ref factor = lower_root(l, insn->a), operand = lower_root(l, insn->b);
    if (lower_is_in_rdx(l, operand) ||
        (!lower_is_in_rdx(l, factor) && l->values[operand].uses > l->values[factor].uses)) {
        const ir_ref swap = factor;
        factor = operand;
        operand = swap;
    }
    lower_use_in_rdx(l, factor);
    struct operand y = lower_operand(l, operand, size);
    if (y.kind == IS_CONST)
        y = (struct operand){.kind = IN_REG, .reg = (uint8_t)lower_use(l, operand)};
    lower_consume(l, factor);
    lower_consume(l, operand);
    const unsigned first = lower_define(l, ref, y.kind == IN_REG ? y.reg : NO_REG);
    unsigned second = first; /* where both halves go to one register, that has the high one */
    if (other || insn->op == IR_mul) {
        if (!lower_is_hinted(l, other)) /* what a pinned register held may move */
            l->locked_gprs &= ~(1u << RDX);
        second = other ? lower_define(l, other, NO_REG) : lower_scratch(l);
    }
    const unsigned low = insn->op == IR_mul ? first : second, high = low ^ first ^ second;
    if (y.kind == IN_MEMORY)
        x86_rrm(&l->b, X86_MULX, size, high, low, y.mem);
    else
        x86_rrr(&l->b, X86_MULX, size, high, low, y.reg);
    return true;
}

/* A half that has been made along with the other one. */
static bool is_made(const struct lower *l, ir_ref ref) {
    const ir_ref other = l->values[ref].other_half;
    return other && other < ref;
}

static bool multiply(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (is_made(l, ref))
        return true;
    if (l->values[ref].keeps || l->values[ref].other_half)
        return multiply_keeping(l, ref);
    const unsigned size = ir_type_size(insn->type);
    struct operand x = lower_operand(l, insn->a, size), y = lower_operand(l, insn->b, size);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
    if (y.kind == IS_CONST) {
        if (x.kind == IN_MEMORY)
            x86_rmi(&l->b, X86_IMUL, size, dst, x.mem, y.imm);
        else
            x86_rri(&l->b, X86_IMUL, size, dst, x.reg, y.imm);
        return true;
    }
    if (y.kind == IN_REG && y.reg == dst) {
        const struct operand swap = x;
        x = y;
        y = swap;
    }
    load_operand(l, size, dst, &x);
    apply(l, X86_IMUL, size, dst, &y);
    return true;
}

/* Lets the register of an operand that has been copied be taken again: its value moves if need be.
 */
static void release(struct lower *l, const struct operand *x) {
    if (x->kind == IN_REG && x->reg <= RDX)
        l->locked_gprs &= ~(1u << x->reg);
}

/* High half of a product: rdx:rax = rax * operand. */
static bool multiply_high(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->type != IR_I64 || insn->op == IR_mulhsu)
        return false;
    if (insn->op == IR_mulhu && x86_config.features.bmi2)
        return is_made(l, ref) || multiply_keeping(l, ref);
    lower_claim(l, RAX);
    lower_claim(l, RDX);
    const struct operand x = lower_operand(l, insn->a, 8);
    load_operand(l, 8, RAX, &x);
    release(l, &x);
    const unsigned y = lower_use(l, insn->b);
    x86_r(&l->b, insn->op == IR_mulhs ? X86_IMUL : X86_MUL, 8, y);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define(l, ref, RDX);
    lower_move(l, 8, dst, RDX);
    return true;
}

/* Division never traps; the two cases in which x86's faults are left to cold code. */
static bool divide(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size(insn->type);
    const bool is_signed = insn->op == IR_sdiv || insn->op == IR_srem;
    const bool remainder = insn->op == IR_srem || insn->op == IR_urem;
    lower_claim(l, RAX);
    lower_claim(l, RDX);
    const struct operand x = lower_operand(l, insn->a, size);
    load_operand(l, size, RAX, &x);
    release(l, &x);
    const unsigned y = lower_use(l, insn->b);
    x86_rr(&l->b, X86_TEST, size, y, y);
    uint8_t *zero = x86_jcc(&l->b, CC_E), *overflow = NULL;
    if (is_signed) {
        x86_ri(&l->b, X86_CMP, size, y, -1);
        overflow = x86_jcc(&l->b, CC_E);
        x86_0(&l->b, size == 8 ? X86_CQO : X86_CDQ, size);
        x86_r(&l->b, X86_IDIV, size, y);
    } else {
        x86_rr(&l->b, X86_XOR, 4, RDX, RDX);
        x86_r(&l->b, X86_DIV, size, y);
    }
    struct cold *cold = lower_cold(l, COLD_DIV, zero);
    cold->from2 = overflow;
    cold->size = (uint8_t)size;
    cold->flag = remainder;
    cold->offset = insn->aux == IR_DIV_ZERO ? 0 : -1;
    const unsigned result = remainder ? RDX : RAX;
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    lower_move(l, 8, lower_define(l, ref, result), result);
    return true;
}

static bool shift(struct lower *l, ir_ref ref, enum x86_op by_cl, enum x86_op three_operand) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size(insn->type);
    const ir_ref count = lower_root(l, insn->b);
    if (ir_is_const(l->ir, count)) {
        const struct operand x = lower_operand(l, insn->a, size);
        const struct operand y = {.kind = IS_CONST,
                                  .imm = (int32_t)(l->ir->insn[count].imm & (size * 8 - 1))};
        lower_consume(l, insn->a);
        lower_consume(l, insn->b);
        if (update_home(l, ref, by_cl, &x, &y))
            return true;
        const unsigned dst = lower_define(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
        const bool rotates = by_cl == X86_ROR || by_cl == X86_ROL;
        if (rotates && x.kind == IN_REG && x.reg != dst && x86_config.features.bmi2) {
            const int32_t right = by_cl == X86_ROR ? y.imm : -y.imm & (int32_t)(size * 8 - 1);
            x86_rri(&l->b, X86_RORX, size, dst, x.reg, right);
            return true;
        }
        load_operand(l, size, dst, &x);
        x86_ri(&l->b, by_cl, size, dst, y.imm);
        return true;
    }
    if (three_operand != X86_OP_COUNT && x86_config.features.bmi2) {
        const unsigned x = lower_use(l, insn->a), y = lower_use(l, insn->b);
        lower_consume(l, insn->a);
        lower_consume(l, insn->b);
        x86_rrr(&l->b, three_operand, size, lower_define(l, ref, x), x, y);
        return true;
    }
    lower_claim(l, RCX);
    const struct operand y = lower_operand(l, insn->b, 4);
    load_operand(l, 4, RCX, &y);
    release(l, &y);
    const struct operand x = lower_operand(l, insn->a, size);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define(l, ref, NO_REG);
    load_operand(l, size, dst, &x);
    x86_r(&l->b, by_cl, size, dst);
    return true;
}

static bool unary(struct lower *l, ir_ref ref, enum x86_op op) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size(insn->type);
    const struct operand x = lower_operand(l, insn->a, size);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
    load_operand(l, size, dst, &x);
    x86_r(&l->b, op, size, dst);
    return true;
}

/* 32-bit instructions clear the upper half of their destination. */
static bool upper_is_clear(const struct ir_insn *insn) {
    switch (insn->op) {
    case IR_add:
    case IR_sub:
    case IR_mul:
    case IR_and:
    case IR_or:
    case IR_xor:
    case IR_shl:
    case IR_shr:
    case IR_sar:
    case IR_rol:
    case IR_ror:
    case IR_neg:
    case IR_not:
    case IR_andn:
    case IR_clz:
    case IR_ctz:
    case IR_popcnt:
    case IR_bswap:
    case IR_bitrev:
    case IR_zext8:
    case IR_zext16:
    case IR_sext8:
    case IR_sext16:
    case IR_load:
    case IR_select: return insn->type == IR_I32;
    default: return false;
    }
}

static bool extend(struct lower *l, ir_ref ref, bool sign, unsigned from) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned to = sign ? ir_type_size(insn->type) : 4;
    const uint8_t *before = l->b.at;
    const struct operand x = lower_operand(l, insn->a, 4);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
    if (x.kind == IS_CONST)
        x86_mov_imm(&l->b, dst, sign ? (uint64_t)(int64_t)x.imm : (uint32_t)x.imm, true);
    else if (x.kind == IN_MEMORY)
        x86_extend_m(&l->b, sign, from, to, dst, x.mem);
    else if (dst != x.reg || sign || from != 4 || !upper_is_clear(&l->ir->insn[x.ref]))
        x86_extend(&l->b, sign, from, to, dst, x.reg);
    lower_flags_kept(l, before); /* only moves */
    return true;
}

/* LZCNT, TZCNT, POPCNT: dst = op(x), with the false dependence on dst broken. */
static bool count_bits(struct lower *l, ir_ref ref, enum x86_op op, bool available) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (!available)
        return false;
    const unsigned size = ir_type_size(insn->type);
    const unsigned x = lower_use(l, insn->a);
    lower_consume(l, insn->a);
    x86_rr(&l->b, op, size, lower_define(l, ref, x), x);
    return true;
}

/* Reverses the nibbles of each byte by tables, then the bytes. */
static bool reverse_bits(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size(insn->type);
    const unsigned low = lower_scratch_vec(l), high = lower_scratch_vec(l);
    const unsigned table = lower_scratch_vec(l), x = lower_use(l, insn->a);
    x86_vr(&l->b, X86_MOVQ, 8, low, x);
    x86_vvi(&l->b, X86_PSRLW, high, low, 4);
    x86_vvm(&l->b, X86_PAND, low, low, constant_mem(CONST_LOW4));
    x86_vvm(&l->b, X86_PAND, high, high, constant_mem(CONST_LOW4));
    x86_vm(&l->b, X86_MOVDQA, table, constant_mem(CONST_REVERSED_LOW));
    x86_vvv(&l->b, X86_PSHUFB, table, table, low);
    x86_vm(&l->b, X86_MOVDQA, low, constant_mem(CONST_REVERSED_HIGH));
    x86_vvv(&l->b, X86_PSHUFB, low, low, high);
    x86_vvv(&l->b, X86_POR, low, low, table);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define(l, ref, x);
    x86_rv(&l->b, X86_MOVQ, 8, dst, low);
    x86_r(&l->b, X86_BSWAP, size, dst);
    return true;
}

/* SSE4.2 has an instruction for one polynomial: accumulator in place. */
static bool crc32c(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const struct operand x = lower_operand(l, insn->a, 4);
    struct operand y = lower_operand(l, insn->b, 8);
    if (y.kind == IS_CONST)
        y = (struct operand){.kind = IN_REG, .reg = (uint8_t)lower_use(l, insn->b)};
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define(l, ref, x.kind == IN_REG ? x.reg : NO_REG);
    const bool clash = y.kind == IN_REG && y.reg == dst && !(x.kind == IN_REG && x.reg == dst);
    const unsigned accumulator = clash ? lower_scratch(l) : dst;
    load_operand(l, 4, accumulator, &x);
    apply(l, X86_CRC32, 1u << insn->aux, accumulator, &y);
    lower_move(l, 4, dst, accumulator);
    return true;
}

/* The other one by Barrett's reduction. With message and polynomial P reflected, q = message *
 * P^-1 modulo 2^bits makes message ^ q * P a multiple of 2^bits, and that quotient the new CRC. At
 * the top of 64 bits no masks are needed: the first product's low half is q, the second one's high
 * half what of q * P lies above. */
static bool crc32_product(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned bits = 8u << insn->aux;
    if (!x86_config.features.pclmul)
        return false;
    const unsigned x = lower_use(l, insn->a), y = lower_use(l, insn->b);
    const unsigned message = lower_scratch(l), product = lower_scratch_vec(l);
    x86_rr(&l->b, X86_MOV, 4, message, x);
    x86_rr(&l->b, X86_XOR, 8, message, y);
    if (bits < 64)
        x86_ri(&l->b, X86_SHL, 8, message, (int32_t)(64 - bits));
    x86_vr(&l->b, X86_MOVQ, 8, product, message);
    x86_vvmi(&l->b, X86_PCLMULQDQ, product, product, constant_mem(CONST_CRC32), 0x00);
    x86_vvmi(&l->b, X86_PCLMULQDQ, product, product, constant_mem(CONST_CRC32), 0x10);
    x86_vvi(&l->b, X86_PSRLDQ, product, product, 8);
    if (bits < 32) { /* what is left of the old CRC */
        const unsigned rest = lower_scratch_vec(l);
        x86_vr(&l->b, X86_MOVD, 4, rest, x);
        x86_vvi(&l->b, X86_PSRLD, rest, rest, bits);
        x86_vvv(&l->b, X86_PXOR, product, product, rest);
    }
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    x86_rv(&l->b, X86_MOVD, 4, lower_define(l, ref, message), product);
    return true;
}

/* Zeros from the top or the bottom. BSR and BSF find a bit's number, and nothing in 0. */
static bool count_zeros(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const bool leading = insn->op == IR_clz;
    const unsigned size = ir_type_size(insn->type), width = size * 8;
    if (count_bits(l, ref, leading ? X86_LZCNT : X86_TZCNT,
                   leading ? x86_config.features.lzcnt : x86_config.features.bmi1))
        return true;
    const unsigned x = lower_use(l, insn->a), none = lower_scratch(l);
    lower_consume(l, insn->a);
    const unsigned dst = lower_define(l, ref, x);
    x86_mov_imm(&l->b, none, leading ? 2 * width - 1 : width, true);
    x86_rr(&l->b, leading ? X86_BSR : X86_BSF, size, dst, x);
    x86_cmovcc(&l->b, CC_E, size, dst, none);
    if (leading)
        x86_ri(&l->b, X86_XOR, size, dst, (int32_t)width - 1);
    return true;
}

static bool minimum(struct lower *l, ir_ref ref, enum ir_cond keep) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size(insn->type);
    const unsigned x = lower_use(l, insn->a), y = lower_use(l, insn->b);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    unsigned dst = lower_define(l, ref, x);
    const enum x86_cond cond = lower_condition(keep); /* x <keep> y ? x : y */
    if (dst == y && dst != x) {
        x86_rr(&l->b, X86_CMP, size, x, y);
        x86_cmovcc(&l->b, cond, size, dst, x);
    } else {
        lower_move(l, size, dst, x);
        x86_rr(&l->b, X86_CMP, size, y, dst);
        x86_cmovcc(&l->b, cond, size, dst, y);
    }
    return true;
}

static bool set(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const enum x86_cond cond =
        lower_compare(l, insn->type, (enum ir_cond)insn->aux, insn->a, insn->b);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define(l, ref, NO_REG);
    x86_setcc(&l->b, cond, dst);
    x86_extend(&l->b, false, 1, 4, dst, dst);
    lower_set_flags(l, ref, cond);
    return true;
}

static bool select_value(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (is_vec(insn->type))
        return false;
    const ir_ref condition = lower_root(l, insn->a);
    const struct ir_insn *compare = &l->ir->insn[condition];
    enum x86_cond cond;
    if (l->values[condition].late) {
        if (compare->op == IR_flags_cond)
            cond = lower_flags_test(l, compare, NULL);
        else
            cond =
                lower_compare(l, compare->type, (enum ir_cond)compare->aux, compare->a, compare->b);
        lower_consume_operands(l, compare);
    } else if (l->values[condition].deferred) {
        cond = lower_compare(l, IR_I64, IR_NE, condition, IR_NO_REF);
    } else {
        const struct operand c = lower_operand(l, condition, 8);
        if (c.kind == IN_MEMORY)
            x86_mi(&l->b, X86_CMP, 8, c.mem, 0);
        else
            x86_rr(&l->b, X86_TEST, 8, c.reg, c.reg);
        cond = CC_NE;
    }
    lower_consume(l, insn->a);
    /* From here on only moves, which keep the flags. */
    lower_end_insn(l);
    const unsigned size = ir_type_size(insn->type);
    const unsigned then = lower_use(l, insn->b), otherwise = lower_use(l, insn->c);
    lower_consume(l, insn->b);
    lower_consume(l, insn->c);
    const unsigned dst = lower_define(l, ref, otherwise);
    if (dst == then && dst != otherwise) {
        x86_cmovcc(&l->b, (enum x86_cond)(cond ^ 1), size, dst, otherwise);
    } else {
        lower_move(l, size, dst, otherwise);
        x86_cmovcc(&l->b, cond, size, dst, then);
    }
    return true;
}

static bool and_not(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = ir_type_size(insn->type);
    const struct operand x = lower_operand(l, insn->a, size);
    if (!x86_config.features.bmi1) {
        const struct operand inverted = lower_operand(l, insn->b, size);
        const unsigned rest = lower_scratch(l);
        load_operand(l, size, rest, &inverted);
        x86_r(&l->b, X86_NOT, size, rest);
        apply(l, X86_AND, size, rest, &x);
        lower_consume(l, insn->a);
        lower_consume(l, insn->b);
        lower_move(l, size, lower_define(l, ref, rest), rest);
        return true;
    }
    const unsigned y = lower_use(l, insn->b);
    const unsigned in = x.kind == IS_CONST ? lower_use(l, insn->a) : x.reg;
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    const unsigned dst = lower_define(l, ref, y);
    if (x.kind == IN_MEMORY)
        x86_rrm(&l->b, X86_ANDN, size, dst, y, x.mem);
    else
        x86_rrr(&l->b, X86_ANDN, size, dst, y, in);
    return true;
}

bool lower_integer(struct lower *l, ir_ref ref) {
    const struct x86_features *have = &x86_config.features;
    const bool late = l->values[ref].late;
    switch (l->ir->insn[ref].op) {
    case IR_add: return add(l, ref);
    case IR_sub:
        return l->values[ref].subtrahend ? subtract_and_compare(l, ref)
                                         : binary(l, ref, X86_SUB, false);
    case IR_adc:
    case IR_flags_adc: return add_with_carry(l, ref);
    case IR_and: return late || binary(l, ref, X86_AND, true);
    case IR_or: return binary(l, ref, X86_OR, true);
    case IR_xor: return binary(l, ref, X86_XOR, true);
    case IR_andn: return and_not(l, ref);
    case IR_mul: return multiply(l, ref);
    case IR_mulhs:
    case IR_mulhu: return multiply_high(l, ref);
    case IR_sdiv:
    case IR_udiv:
    case IR_srem:
    case IR_urem: return divide(l, ref);
    case IR_shl: return late || shift(l, ref, X86_SHL, X86_SHLX);
    case IR_shr: return shift(l, ref, X86_SHR, X86_SHRX);
    case IR_sar: return shift(l, ref, X86_SAR, X86_SARX);
    case IR_rol: return shift(l, ref, X86_ROL, X86_OP_COUNT);
    case IR_ror: return shift(l, ref, X86_ROR, X86_OP_COUNT);
    case IR_neg: return unary(l, ref, X86_NEG);
    case IR_not: return late || unary(l, ref, X86_NOT);
    case IR_bswap: return unary(l, ref, X86_BSWAP);
    case IR_bitrev: return reverse_bits(l, ref);
    case IR_crc32: return crc32_product(l, ref);
    case IR_crc32c: return crc32c(l, ref);
    case IR_sext8: return extend(l, ref, true, 1);
    case IR_sext16: return extend(l, ref, true, 2);
    case IR_sext32: return extend(l, ref, true, 4);
    case IR_zext8: return extend(l, ref, false, 1);
    case IR_zext16: return extend(l, ref, false, 2);
    case IR_zext32: return extend(l, ref, false, 4);
    case IR_clz:
    case IR_ctz: return count_zeros(l, ref);
    case IR_popcnt: return count_bits(l, ref, X86_POPCNT, have->popcnt);
    case IR_smin: return minimum(l, ref, IR_LT);
    case IR_smax: return minimum(l, ref, IR_GT);
    case IR_umin: return minimum(l, ref, IR_LTU);
    case IR_umax: return minimum(l, ref, IR_GTU);
    case IR_set: return late || set(l, ref);
    case IR_select: return select_value(l, ref);
    default: return false;
    }
}
