/* Lowering rules of vector operations that move lanes about. */
#include "translator/host/x86_64/lower_vector.h"

/* Lanes of a and b as a constant says, by one VPERMI2, which overwrites the indices. */
static void permute_two(struct lower *l, enum x86_op op, const struct vec_registers *r,
                        unsigned indices) {
    const unsigned to = r->dst == r->a || r->dst == r->b ? lower_scratch_vec(l) : r->dst;
    x86_vm(&l->b, X86_MOVAPS, to, constant_mem(indices));
    x86_vvv(&l->b, op, to, r->a, r->b);
    vec_copy(l, r->dst, to);
}

/* The even (odd) lanes of a, then of b. */
static bool unzip(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux);
    const bool odd = insn->op == IR_vuzp2, halfwords = lane == IR_LANE_H;
    const struct vec_registers r = vec_begin(l, ref);
    if (lane == IR_LANE_S) {
        vec_op_imm(l, X86_SHUFPS, r.dst, r.a, vec_in_reg(r.b), odd ? 0xdd : 0x88);
    } else if (!halfwords && r.a == r.b) { /* PSHUFB looks at four bits of the index */
        vec_op_constant(l, X86_PSHUFB, r.dst, r.a, odd ? CONST_UNZIP2_8 : CONST_UNZIP1_8);
    } else if (halfwords && x86_vector_level == X86_AVX512) {
        permute_two(l, X86_VPERMI2W, &r, odd ? CONST_UNZIP2_16 : CONST_UNZIP1_16);
    } else if (x86_config.features.avx512vbmi) {
        permute_two(l, X86_VPERMI2B, &r, odd ? CONST_UNZIP2_8 : CONST_UNZIP1_8);
    } else {
        /* As numbers of double width that do not saturate. */
        const unsigned first = lower_scratch_vec(l), second = lower_scratch_vec(l);
        if (odd) {
            x86_vvi(&l->b, halfwords ? X86_PSRLD : X86_PSRLW, first, r.a, 8u << lane);
            x86_vvi(&l->b, halfwords ? X86_PSRLD : X86_PSRLW, second, r.b, 8u << lane);
        } else {
            vec_op_constant(l, X86_PAND, first, r.a, halfwords ? CONST_LOW16 : CONST_LOW8);
            vec_op_constant(l, X86_PAND, second, r.b, halfwords ? CONST_LOW16 : CONST_LOW8);
        }
        vec_op_reg(l, halfwords ? X86_PACKUSDW : X86_PACKUSWB, r.dst, first, second);
    }
    return true;
}

/* The even (odd) lanes of a and b in turn: one operand is shifted by a lane, and the two are mixed
 * under a mask of the even lanes. */
static bool transpose(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux);
    const bool odd = insn->op == IR_vtrn2, bytes = lane == IR_LANE_B;
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned moved = lower_scratch_vec(l);
    if (lane == IR_LANE_S) {
        vec_op_imm(l, X86_SHUFPS, moved, r.a, vec_in_reg(r.b), odd ? 0xdd : 0x88);
        x86_vvi(&l->b, X86_PSHUFD, r.dst, moved, 0xd8);
        return true;
    }
    const unsigned stays = odd ? r.b : r.a;
    if (odd)
        x86_vvi(&l->b, bytes ? X86_PSRLW : X86_PSRLD, moved, r.a, 8u << lane);
    else
        x86_vvi(&l->b, bytes ? X86_PSLLW : X86_PSLLD, moved, r.b, 8u << lane);
    if (x86_vector_level == X86_AVX512) {
        vec_copy(l, r.dst, stays);
        x86_vvmi(&l->b, X86_VPTERNLOGD, r.dst, moved,
                 constant_mem(bytes ? CONST_LOW8 : CONST_LOW16), odd ? 0xd8 : 0xe4);
    } else if (bytes) {
        const unsigned kept = lower_scratch_vec(l);
        vec_op_constant(l, X86_PAND, kept, stays, odd ? CONST_HIGH8 : CONST_LOW8);
        vec_op_reg(l, X86_POR, r.dst, kept, moved);
    } else if (odd) {
        vec_op_imm(l, X86_PBLENDW, r.dst, moved, vec_in_reg(r.b), 0xaa);
    } else {
        vec_op_imm(l, X86_PBLENDW, r.dst, r.a, vec_in_reg(moved), 0xaa);
    }
    return true;
}

/* Sixteen bytes out of the middle of a and b. */
static bool extract(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    vec_op_imm(l, X86_PALIGNR, r.dst, r.b, vec_in_reg(r.a), l->ir->insn[ref].aux);
    return true;
}

static bool reverse(struct lower *l, ir_ref ref) {
    static const uint8_t masks[2][4] = {
        {0, CONST_REVERSE8_16, CONST_REVERSE8_32, CONST_REVERSE8_64},
        {0, 0, CONST_REVERSE16_32, CONST_REVERSE16_64}};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux), within = IR_INDEX(insn->aux);
    if (within > IR_LANE_D || within <= lane)
        return false;
    const struct vec_registers r = vec_begin(l, ref);
    if (lane == IR_LANE_S)
        x86_vvi(&l->b, X86_PSHUFD, r.dst, r.a, 0xb1);
    else
        vec_op_constant(l, X86_PSHUFB, r.dst, r.a, masks[lane][within]);
    return true;
}

/* PSHUFB looks at bit 7 and the low four bits of an index: those from 16 on get their bit 7. */
static bool table(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    const unsigned indices = lower_scratch_vec(l);
    vec_op_constant(l, X86_PADDUSB, indices, r.b, CONST_PAST_TABLE);
    vec_op_reg(l, X86_PSHUFB, r.dst, r.a, indices);
    return true;
}

/* Halfword `index` of `x` in all of them. */
static void spread_halfword(struct lower *l, unsigned dst, unsigned x, unsigned index) {
    x86_vvi(&l->b, index < 4 ? X86_PSHUFLW : X86_PSHUFHW, dst, x, (index & 3) * 0x55);
    x86_vvi(&l->b, X86_PSHUFD, dst, dst, index < 4 ? 0x00 : 0xff);
}

static bool duplicate_lane(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned index = IR_INDEX(insn->aux);
    const struct vec_registers r = vec_begin(l, ref);
    switch (IR_LANE(insn->aux)) {
    case IR_LANE_D: x86_vvi(&l->b, X86_PSHUFD, r.dst, r.a, index ? 0xee : 0x44); break;
    case IR_LANE_S: x86_vvi(&l->b, X86_PSHUFD, r.dst, r.a, index * 0x55); break;
    case IR_LANE_H: spread_halfword(l, r.dst, r.a, index); break;
    default:
        if (x86_vector_level != X86_SSE) {
            if (index)
                x86_vvi(&l->b, X86_PSRLDQ, r.dst, r.a, index);
            x86_vv(&l->b, X86_VPBROADCASTB, r.dst, index ? r.dst : r.a);
        } else {
            x86_vvv(&l->b, index < 8 ? X86_PUNPCKLBW : X86_PUNPCKHBW, r.dst, r.a, r.a);
            spread_halfword(l, r.dst, r.dst, index & 7);
        }
        break;
    }
    return true;
}

/* Lane `from` of b as a lane of a. */
static bool move_lane(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned lane = IR_LANE(insn->aux), to = IR_INDEX(insn->aux), from = IR_FROM(insn->aux);
    const struct vec_registers r = vec_begin(l, ref);
    if (lane == IR_LANE_D) {
        if (to)
            vec_op_imm(l, X86_SHUFPD, r.dst, r.a, vec_in_reg(r.b), from << 1);
        else
            vec_op_imm(l, X86_SHUFPD, r.dst, r.b, vec_in_reg(r.a), from | 2);
    } else if (lane == IR_LANE_S) {
        vec_op_imm(l, X86_INSERTPS, r.dst, r.a, vec_in_reg(r.b), from << 6 | to << 4);
    } else {
        const bool bytes = lane == IR_LANE_B;
        const unsigned value = lower_scratch(l);
        x86_rvi(&l->b, bytes ? X86_PEXTRB : X86_PEXTRW, 4, value, r.b, from);
        x86_vvri(&l->b, bytes ? X86_PINSRB : X86_PINSRW, r.dst, r.a, value, to);
    }
    return true;
}

/* The low halves of double lanes, zeros above. */
static bool narrow(struct lower *l, ir_ref ref) {
    static const uint8_t masks[] = {CONST_NARROW8, CONST_NARROW16, CONST_NARROW32};
    const struct vec_registers r = vec_begin(l, ref);
    vec_op_constant(l, X86_PSHUFB, r.dst, r.a, masks[IR_LANE(l->ir->insn[ref].aux)]);
    return true;
}

static bool high_half(struct lower *l, ir_ref ref) {
    const struct vec_registers r = vec_begin(l, ref);
    x86_vvi(&l->b, X86_PSRLDQ, r.dst, r.a, 8);
    return true;
}

bool lower_vector_permute(struct lower *l, ir_ref ref) {
    switch (l->ir->insn[ref].op) {
    case IR_vhigh: return high_half(l, ref);
    case IR_vuzp1:
    case IR_vuzp2: return unzip(l, ref);
    case IR_vtrn1:
    case IR_vtrn2: return transpose(l, ref);
    case IR_vext: return extract(l, ref);
    case IR_vrev: return reverse(l, ref);
    case IR_vtbl: return table(l, ref);
    case IR_vduplane: return duplicate_lane(l, ref);
    case IR_vputlane: return move_lane(l, ref);
    case IR_vnarrow: return narrow(l, ref);
    default: return false;
    }
}
