/* Lowering rules of loads, stores and atomics.
 *
 * x86-64 orders plain accesses more strongly than any guest asks of plain or acquire/release ones,
 * save that a store may pass a later load: only a fence of that kind, and a release store that must
 * not be passed by later acquire loads, need more. */
#include "translator/host/x86_64/lower.h"

/* The address as an x86 memory operand; its registers are locked. */
static struct x86_mem memory_operand(struct lower *l, const struct ir_insn *insn) {
    struct x86_mem mem = {NO_REG, NO_REG, 0, (int32_t)insn->imm};
    const ir_ref base = lower_root(l, insn->a);
    const struct ir_insn *source = &l->ir->insn[base];
    if (source->op == IR_const && insn->b == IR_NO_REF) {
        const int64_t address = (int64_t)(source->imm + insn->imm);
        if (address == (int32_t)address) {
            mem.disp = (int32_t)address;
            return mem;
        }
    }
    mem.base = (uint8_t)lower_use(l, base);
    if (insn->b != IR_NO_REF) {
        mem.index = (uint8_t)lower_use(l, insn->b);
        mem.scale = IR_MEM_SCALE(insn->aux);
    }
    return mem;
}

static const struct {
    uint8_t size;
    bool sign;
} kinds[] = {
    [IR_U8] = {1, false},  [IR_S8] = {1, true},  [IR_U16] = {2, false}, [IR_S16] = {2, true},
    [IR_U32] = {4, false}, [IR_S32] = {4, true}, [IR_64] = {8, false},  [IR_128] = {16, false},
};

static enum x86_op vec_move(enum ir_type type) {
    return type == IR_F32 ? X86_MOVSS : type == IR_F64 ? X86_MOVSD : X86_MOVUPS;
}

static bool load(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const struct x86_mem mem = memory_operand(l, insn);
    const unsigned size = kinds[IR_MEM_KIND(insn->aux)].size;
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    if (is_vec(insn->type)) {
        const unsigned dst = lower_define_vec(l, ref, NO_REG);
        lower_fault_point(l, insn->where);
        if (insn->type == IR_F16) {
            const unsigned bits = lower_scratch(l);
            x86_extend_m(&l->b, false, 2, 4, bits, mem);
            x86_vr(&l->b, X86_MOVD, 4, dst, bits);
        } else {
            x86_vm(&l->b, vec_move((enum ir_type)insn->type), dst, mem);
        }
        l->values[ref].clean = true;
        return true;
    }
    const unsigned dst = lower_define(l, ref, mem.base);
    lower_fault_point(l, insn->where);
    if (size == 8)
        x86_rm(&l->b, X86_MOV, 8, dst, mem);
    else
        x86_extend_m(&l->b, kinds[IR_MEM_KIND(insn->aux)].sign, size, ir_type_size(insn->type), dst,
                     mem);
    return true;
}

/* Any locked operation is a full barrier, and cheaper than MFENCE. */
static void store_load_barrier(struct lower *l) {
    x86_lock(&l->b);
    x86_mi(&l->b, X86_OR, 4, (struct x86_mem){RSP, NO_REG, 0, 0}, 0);
}

static bool store(struct lower *l, const struct ir_insn *insn) {
    const struct x86_mem mem = memory_operand(l, insn);
    const unsigned size = kinds[IR_MEM_KIND(insn->aux)].size;
    if (is_vec(insn->type)) {
        const unsigned value = lower_use_vec(l, insn->c);
        if (insn->type == IR_F16) {
            const unsigned bits = lower_scratch(l);
            x86_rv(&l->b, X86_MOVD, 4, bits, value);
            lower_fault_point(l, insn->where);
            x86_mr(&l->b, X86_MOV, 2, mem, bits);
        } else {
            lower_fault_point(l, insn->where);
            x86_mv(&l->b, vec_move((enum ir_type)insn->type), mem, value);
        }
    } else {
        const struct operand value = lower_operand(l, insn->c, size);
        const bool constant = value.kind == IS_CONST;
        const unsigned reg = constant ? NO_REG : lower_use(l, insn->c);
        lower_fault_point(l, insn->where);
        if (constant)
            x86_mi(&l->b, X86_MOV, size, mem,
                   size == 2   ? (int16_t)value.imm
                   : size == 1 ? (int8_t)value.imm
                               : value.imm);
        else
            x86_mr(&l->b, X86_MOV, size, mem, reg);
    }
    /* A sequentially consistent guest store (release, then acquire loads after it) must be visible
     * before later loads. */
    if (IR_MEM_ORDER(insn->aux) == (IR_ACQUIRE | IR_RELEASE))
        store_load_barrier(l);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    lower_consume(l, insn->c);
    return true;
}

/* Old values come back in `reg` with only their low bits defined. */
static void extend_old(struct lower *l, const struct ir_insn *insn, unsigned dst, unsigned reg) {
    const unsigned size = kinds[IR_MEM_KIND(insn->aux)].size;
    if (size == 8)
        lower_move(l, 8, dst, reg);
    else
        x86_extend(&l->b, kinds[IR_MEM_KIND(insn->aux)].sign, size, ir_type_size(insn->type), dst,
                   reg);
}

/* Read-modify-write with a result: XCHG and XADD, or a compare-exchange loop. */
static void rmw_value(struct lower *l, ir_ref ref, struct x86_mem mem) {
    static const uint8_t ops[] = {
        [IR_RMW_AND] = X86_AND, [IR_RMW_OR] = X86_OR, [IR_RMW_XOR] = X86_XOR};
    static const uint8_t keep[] = {
        [IR_RMW_SMIN] = CC_LE, [IR_RMW_SMAX] = CC_GE, [IR_RMW_UMIN] = CC_BE, [IR_RMW_UMAX] = CC_AE};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const enum ir_rmw_kind kind = IR_MEM_RMW(insn->aux);
    const unsigned size = kinds[IR_MEM_KIND(insn->aux)].size;
    const unsigned operand = lower_use(l, insn->b);
    if (kind == IR_RMW_SWAP || kind == IR_RMW_ADD) {
        x86_rr(&l->b, X86_MOV, 8, RAX, operand);
        lower_fault_point(l, insn->where);
        if (kind == IR_RMW_ADD)
            x86_lock(&l->b);
        x86_mr(&l->b, kind == IR_RMW_ADD ? X86_XADD : X86_XCHG, size, mem, RAX);
        return;
    }
    /* With the operand in memory there is always a register left for the new value. */
    const struct x86_mem saved = cpu_mem(offsetof(struct cpu, scratch));
    x86_mr(&l->b, X86_MOV, 8, saved, operand);
    if (operand <= RDX && operand != mem.base)
        l->locked_gprs &= ~(1u << operand);
    const unsigned wanted = lower_scratch(l);
    lower_fault_point(l, insn->where);
    if (size == 8)
        x86_rm(&l->b, X86_MOV, 8, RAX, mem);
    else
        x86_extend_m(&l->b, false, size, 4, RAX, mem);
    const uint8_t *again = l->b.at;
    const unsigned wide = size == 8 ? 8 : 4;
    x86_rm(&l->b, X86_MOV, wide, wanted, saved);
    if (kind >= IR_RMW_SMIN) {
        x86_rr(&l->b, X86_CMP, size, RAX, wanted);
        x86_cmovcc(&l->b, (enum x86_cond)keep[kind], wide, wanted, RAX);
    } else {
        x86_rr(&l->b, (enum x86_op)ops[kind], wide, wanted, RAX);
    }
    x86_lock(&l->b);
    x86_mr(&l->b, X86_CMPXCHG, size, mem, wanted);
    x86_link(x86_jcc(&l->b, CC_NE), again);
}

static bool rmw(struct lower *l, ir_ref ref) {
    static const uint8_t plain[] = {[IR_RMW_ADD] = X86_ADD,
                                    [IR_RMW_AND] = X86_AND,
                                    [IR_RMW_OR] = X86_OR,
                                    [IR_RMW_XOR] = X86_XOR};
    const struct ir_insn *insn = &l->ir->insn[ref];
    const enum ir_rmw_kind kind = IR_MEM_RMW(insn->aux);
    const unsigned size = kinds[IR_MEM_KIND(insn->aux)].size;
    if (l->values[ref].uses == 0 && kind >= IR_RMW_ADD && kind <= IR_RMW_XOR) {
        const struct x86_mem mem = {(uint8_t)lower_use(l, insn->a), NO_REG, 0, 0};
        const unsigned operand = lower_use(l, insn->b);
        lower_fault_point(l, insn->where);
        x86_lock(&l->b);
        x86_mr(&l->b, (enum x86_op)plain[kind], size, mem, operand);
        lower_consume(l, insn->a);
        lower_consume(l, insn->b);
        return true;
    }
    lower_claim(l, RAX);
    const struct x86_mem mem = {(uint8_t)lower_use(l, insn->a), NO_REG, 0, 0};
    rmw_value(l, ref, mem);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    extend_old(l, insn, lower_define(l, ref, RAX), RAX);
    return true;
}

static bool cas(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = kinds[IR_MEM_KIND(insn->aux)].size;
    lower_claim(l, RAX);
    const struct operand expected = lower_operand(l, insn->b, 8);
    if (expected.kind == IN_MEMORY) {
        x86_rm(&l->b, X86_MOV, 8, RAX, expected.mem);
    } else {
        const unsigned reg = lower_use(l, insn->b);
        x86_rr(&l->b, X86_MOV, 8, RAX, reg);
        if (reg <= RDX)
            l->locked_gprs &= ~(1u << reg);
    }
    const struct x86_mem mem = {(uint8_t)lower_use(l, insn->a), NO_REG, 0, 0};
    const unsigned desired = lower_use(l, insn->c);
    lower_fault_point(l, insn->where);
    x86_lock(&l->b);
    x86_mr(&l->b, X86_CMPXCHG, size, mem, desired);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    lower_consume(l, insn->c);
    extend_old(l, insn, lower_define(l, ref, RAX), RAX);
    return true;
}

/* Store-conditional: a compare-exchange against the value that load-reserved saw, if the addresses
 * agree. imm holds the guest register of the reservation's address; its value is the next one. */
static bool store_cond(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned size = kinds[IR_MEM_KIND(insn->aux)].size;
    const unsigned reservation = (unsigned)insn->imm;
    lower_save_guest(l, reservation);
    lower_claim(l, RAX);
    const unsigned address = lower_use(l, insn->a), value = lower_use(l, insn->b);
    x86_rm(&l->b, X86_MOV, 8, RAX, home_mem(reservation + 1));
    x86_mr(&l->b, X86_CMP, 8, home_mem(reservation), address);
    uint8_t *other = x86_jcc_short(&l->b, CC_NE);
    lower_fault_point(l, insn->where);
    x86_lock(&l->b);
    x86_mr(&l->b, X86_CMPXCHG, size, (struct x86_mem){(uint8_t)address, NO_REG, 0, 0}, value);
    x86_link_short(&l->b, other);
    x86_setcc(&l->b, CC_NE, RAX);
    x86_mi(&l->b, X86_MOV, 8, home_mem(reservation), -1);
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    x86_extend(&l->b, false, 1, 4, lower_define(l, ref, RAX), RAX);
    return true;
}

static bool align(struct lower *l, const struct ir_insn *insn) {
    const unsigned address = lower_use(l, insn->a);
    const unsigned size = 1u << (insn->aux & 15);
    x86_ri(&l->b, X86_TEST, 1, address, (int)size - 1);
    struct cold *cold = lower_cold(l, COLD_MISALIGNED, x86_jcc(&l->b, CC_NE));
    cold->reg = (uint8_t)address;
    cold->size = insn->aux & IR_ALIGN_WITHIN_16 ? (uint8_t)size : 0;
    cold->back = l->b.at;
    cold->offset = l->unit->insn[insn->where].offset;
    lower_consume(l, insn->a);
    return true;
}

bool lower_memory(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    switch (insn->op) {
    case IR_load: return load(l, ref);
    case IR_store: return store(l, insn);
    case IR_rmw: return rmw(l, ref);
    case IR_cas: return cas(l, ref);
    case IR_store_cond: return store_cond(l, ref);
    case IR_align: return align(l, insn);
    case IR_fence:
        if (insn->aux & IR_FENCE_WR)
            store_load_barrier(l);
        return true;
    default: return false;
    }
}
