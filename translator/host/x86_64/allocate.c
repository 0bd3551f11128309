/* Register allocation of the block tier: where each value is, and the moves that keep it somewhere.
 */

#include "translator/host/x86_64/lower.h"

static const uint8_t temp_gprs[TEMP_GPRS] = {RAX, RCX, RDX};

static bool is_temp(unsigned reg, bool vec) {
    return vec ? reg < x86_config.temp_vecs : reg <= RDX;
}

static enum ir_type value_type(const struct lower *l, ir_ref ref) {
    return ir_result_type(&l->ir->insn[ref]);
}

static bool value_is_vec(const struct lower *l, ir_ref ref) {
    return is_vec(value_type(l, ref));
}

static ir_ref *owners(struct lower *l, bool vec) {
    return vec ? l->vec_owner : l->gpr_owner;
}

static uint32_t *locks(struct lower *l, bool vec) {
    return vec ? &l->locked_vecs : &l->locked_gprs;
}

static struct x86_mem spill_mem(unsigned slot) {
    return cpu_mem(offsetof(struct cpu, spill) + sizeof(union cpu_vec) * slot);
}

/* Homes and spill slots are aligned, and scalars may be moved with bytes that do not matter. */
static enum x86_op vec_move(enum ir_type type) {
    return type == IR_V128 ? X86_MOVAPS : X86_MOVSD;
}

static void vec_load(struct lower *l, enum ir_type type, unsigned reg, struct x86_mem mem) {
    x86_vm(&l->b, vec_move(type), reg, mem);
}

static void vec_store(struct lower *l, enum ir_type type, struct x86_mem mem, unsigned reg) {
    x86_mv(&l->b, vec_move(type), mem, reg);
}

static void move(struct lower *l, bool vec, unsigned dst, unsigned src) {
    if (dst == src)
        return;
    if (vec)
        x86_vv(&l->b, X86_MOVAPS, dst, src);
    else
        x86_rr(&l->b, X86_MOV, 8, dst, src);
}

static bool take_spill_slot(struct lower *l, struct value *v) {
    for (unsigned slot = 0; slot < SPILL_SLOTS; slot++) {
        if (!(l->spills_used >> slot & 1)) {
            l->spills_used |= (uint16_t)(1u << slot);
            v->spill = (uint8_t)slot;
            return true;
        }
    }
    l->failed = true;
    return false;
}

static void spill(struct lower *l, ir_ref ref, bool vec) {
    struct value *v = &l->values[ref];
    if (v->spill != NO_SPILL || !take_spill_slot(l, v))
        return;
    if (vec)
        vec_store(l, value_type(l, ref), spill_mem(v->spill), v->reg);
    else
        x86_mr(&l->b, X86_MOV, 8, spill_mem(v->spill), v->reg);
}

static void hold(struct lower *l, unsigned guest, ir_ref ref) {
    l->current[guest] = ref;
    l->values[ref].guest = (uint8_t)guest;
}

/* Stores a value that will be put into a register's home there now, instead of into a spill slot:
 * its hint says that nobody minds. But an older value may still be in that home. */
static bool put_early(struct lower *l, ir_ref ref) {
    struct value *v = &l->values[ref];
    if (v->hint >= CPU_GPRS || x86_config.pin[v->hint] != NO_REG || v->spill != NO_SPILL ||
        (l->reads == l->start && l->homes_read >> v->hint & 1) || l->ir->insn[ref].op == IR_get)
        return false;
    const ir_ref old = l->current[v->hint];
    if (old != IR_NO_REF && l->values[old].uses > 0)
        return false;
    lower_save_guest(l, v->hint);
    x86_mr(&l->b, X86_MOV, 8, home_mem(v->hint), v->reg);
    hold(l, v->hint, ref);
    return true;
}

/* Empties a temporary; its value stays reachable if it is still needed. */
static void evict(struct lower *l, unsigned reg, bool vec) {
    ir_ref *owner = &owners(l, vec)[reg];
    if (!vec && reg == RDX)
        l->copy_in_rdx = IR_NO_REF;
    if (*owner == IR_NO_REF)
        return;
    struct value *v = &l->values[*owner];
    const uint8_t op = l->ir->insn[*owner].op;
    if (v->uses > 0 && v->guest == NO_GUEST && op != IR_const && op != IR_pcrel &&
        (vec || !put_early(l, *owner)))
        spill(l, *owner, vec);
    v->reg = NO_REG;
    *owner = IR_NO_REF;
}

/* A temporary that holds nothing, now locked; NO_REG if there is none. */
static unsigned free_temp(struct lower *l, bool vec) {
    const unsigned count = vec ? x86_config.temp_vecs : TEMP_GPRS;
    uint32_t *locked = locks(l, vec);
    for (unsigned i = 0; i < count; i++) {
        const unsigned reg = vec ? i : temp_gprs[i];
        if (!(*locked >> reg & 1) && owners(l, vec)[reg] == IR_NO_REF) {
            *locked |= 1u << reg;
            if (!vec && reg == RDX)
                l->copy_in_rdx = IR_NO_REF;
            return reg;
        }
    }
    return NO_REG;
}

/* A free temporary, by eviction of the value whose reload costs least if need be. */
static unsigned take_temp(struct lower *l, bool vec) {
    const unsigned count = vec ? x86_config.temp_vecs : TEMP_GPRS;
    const uint32_t locked = *locks(l, vec);
    ir_ref *owner = owners(l, vec);
    unsigned best = NO_REG, best_cost = ~0u;
    for (unsigned i = 0; i < count; i++) {
        const unsigned reg = vec ? i : temp_gprs[i];
        if (locked >> reg & 1)
            continue;
        unsigned cost = 0;
        if (owner[reg] == IR_NO_REF) {
            cost = !vec && reg == RDX && l->values[l->copy_in_rdx].uses > 0 ? 2 : 0;
        } else {
            const struct value *v = &l->values[owner[reg]];
            const uint8_t op = l->ir->insn[owner[reg]].op;
            cost = v->uses == 0                                                     ? 0
                   : v->guest != NO_GUEST || op == IR_const || v->spill != NO_SPILL ? 1
                                                                                    : 2;
        }
        if (cost < best_cost) {
            best = reg;
            best_cost = cost;
            if (cost == 0)
                break;
        }
    }
    if (best == NO_REG) {
        l->failed = true;
        return vec ? 0 : RAX;
    }
    evict(l, best, vec);
    *locks(l, vec) |= 1u << best;
    return best;
}

unsigned lower_free_register(struct lower *l) {
    return free_temp(l, false);
}

unsigned lower_scratch(struct lower *l) {
    return take_temp(l, false);
}

unsigned lower_scratch_vec(struct lower *l) {
    return take_temp(l, true);
}

void lower_claim(struct lower *l, unsigned reg) {
    if (l->locked_gprs >> reg & 1)
        l->failed = true;
    evict(l, reg, false);
    l->locked_gprs |= 1u << reg;
}

void lower_flush_temps(struct lower *l) {
    for (unsigned i = 0; i < TEMP_GPRS; i++)
        evict(l, temp_gprs[i], false);
    for (unsigned i = 0; i < x86_config.temp_vecs; i++)
        evict(l, i, true);
}

static void attach(struct lower *l, ir_ref ref, unsigned reg, bool vec) {
    l->values[ref].reg = (uint8_t)reg;
    if (is_temp(reg, vec))
        owners(l, vec)[reg] = ref;
    if (!vec && reg == RDX)
        l->copy_in_rdx = IR_NO_REF;
}

void lower_claim_vec(struct lower *l, unsigned reg) {
    if (l->locked_vecs >> reg & 1)
        l->failed = true;
    l->locked_vecs |= 1u << reg;
    const ir_ref owner = l->vec_owner[reg];
    const bool needed = owner != IR_NO_REF && l->values[owner].uses > 0;
    const unsigned temp = needed ? free_temp(l, true) : NO_REG;
    if (temp == NO_REG) {
        evict(l, reg, true);
        return;
    }
    move(l, true, temp, reg);
    l->vec_owner[reg] = IR_NO_REF;
    attach(l, owner, temp, true);
    l->locked_vecs &= ~(1u << temp);
}

/* A value that is in no register. */
static void load_gpr(struct lower *l, ir_ref ref, unsigned reg) {
    const struct value *v = &l->values[ref];
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->op == IR_const)
        x86_mov_imm(&l->b, reg, insn->imm, true);
    else if (insn->op == IR_pcrel)
        lower_load_pc(l, reg, (int64_t)insn->imm, insn->aux);
    else if (v->guest != NO_GUEST)
        x86_rm(&l->b, X86_MOV, 8, reg, home_mem(v->guest));
    else if (v->spill != NO_SPILL)
        x86_rm(&l->b, X86_MOV, 8, reg, spill_mem(v->spill));
    else if (!l->failed) /* else it was lost for want of a spill slot */
        BUG("value %%%u is nowhere", ref);
}

unsigned lower_use(struct lower *l, ir_ref ref) {
    ref = lower_root(l, ref);
    struct value *v = &l->values[ref];
    if (v->reg != NO_REG) {
        l->locked_gprs |= 1u << v->reg;
        return v->reg;
    }
    const unsigned reg = take_temp(l, false);
    load_gpr(l, ref, reg);
    attach(l, ref, reg, false);
    return reg;
}

bool lower_is_in_rdx(const struct lower *l, ir_ref ref) {
    ref = lower_root(l, ref);
    return l->values[ref].reg == RDX || (l->copy_in_rdx == ref && ref != IR_NO_REF);
}

void lower_use_in_rdx(struct lower *l, ir_ref ref) {
    ref = lower_root(l, ref);
    if (lower_is_in_rdx(l, ref)) {
        l->locked_gprs |= 1u << RDX;
        return;
    }
    lower_claim(l, RDX);
    if (l->values[ref].reg != NO_REG) {
        move(l, false, RDX, l->values[ref].reg);
        l->copy_in_rdx = ref;
        return;
    }
    load_gpr(l, ref, RDX);
    attach(l, ref, RDX, false);
}

static void load_vec_const(struct lower *l, unsigned reg, const struct ir_insn *insn) {
    const bool repeated = insn->type == IR_V128 && insn->aux;
    if (insn->imm == 0) {
        x86_vvv(&l->b, X86_XORPS, reg, reg, reg);
        return;
    }
    const unsigned bits = take_temp(l, false);
    x86_mov_imm(&l->b, bits, insn->imm, true);
    l->locked_gprs &= ~(1u << bits);
    if (repeated && x86_vector_level == X86_AVX512) {
        x86_vr(&l->b, X86_VPBROADCASTQ, 8, reg, bits);
        return;
    }
    x86_vr(&l->b, X86_MOVQ, 8, reg, bits);
    if (repeated)
        x86_vvv(&l->b, X86_PUNPCKLQDQ, reg, reg, reg);
}

unsigned lower_use_vec(struct lower *l, ir_ref ref) {
    ref = lower_root(l, ref);
    struct value *v = &l->values[ref];
    if (v->reg != NO_REG) {
        l->locked_vecs |= 1u << v->reg;
        return v->reg;
    }
    const unsigned reg = take_temp(l, true);
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->op == IR_const) {
        load_vec_const(l, reg, insn);
    } else if (v->guest != NO_GUEST) {
        vec_load(l, value_type(l, ref), reg, home_mem(v->guest));
    } else if (v->spill != NO_SPILL) {
        vec_load(l, value_type(l, ref), reg, spill_mem(v->spill));
    } else if (!l->failed) {
        BUG("value %%%u is nowhere", ref);
    }
    attach(l, ref, reg, true);
    return reg;
}

static struct operand in_memory(ir_ref ref, struct x86_mem mem) {
    return (struct operand){.kind = IN_MEMORY, .reg = NO_REG, .mem = mem, .ref = ref};
}

static bool fits_imm32(uint64_t value, unsigned size) {
    return size <= 4 || (int64_t)value == (int32_t)value;
}

static void note_read(struct lower *l, unsigned guest) {
    if (l->reads != l->start)
        l->homes_read = 0;
    l->reads = l->start;
    if (guest < CPU_GPRS)
        l->homes_read |= 1u << guest;
}

struct operand lower_operand(struct lower *l, ir_ref ref, unsigned size) {
    ref = lower_root(l, ref);
    struct value *v = &l->values[ref];
    const struct ir_insn *insn = &l->ir->insn[ref];
    if (insn->op == IR_const && fits_imm32(insn->imm, size))
        return (struct operand){
            .kind = IS_CONST, .reg = NO_REG, .imm = (int32_t)insn->imm, .ref = ref};
    /* A home that will be read again is better loaded once. */
    if (v->reg == NO_REG && v->uses < 2) {
        if (v->guest != NO_GUEST) {
            note_read(l, v->guest);
            return in_memory(ref, home_mem(v->guest));
        }
        if (v->spill != NO_SPILL)
            return in_memory(ref, spill_mem(v->spill));
    }
    return (struct operand){.kind = IN_REG, .reg = (uint8_t)lower_use(l, ref), .ref = ref};
}

struct operand lower_operand_vec(struct lower *l, ir_ref ref) {
    ref = lower_root(l, ref);
    struct value *v = &l->values[ref];
    if (v->reg == NO_REG && v->uses < 2) {
        if (v->guest != NO_GUEST)
            return in_memory(ref, home_mem(v->guest));
        if (v->spill != NO_SPILL)
            return in_memory(ref, spill_mem(v->spill));
    }
    return (struct operand){.kind = IN_REG, .reg = (uint8_t)lower_use_vec(l, ref), .ref = ref};
}

/* The slot may still be read by this instruction: it is free for others only after it. */
static void release_spill(struct lower *l, struct value *v) {
    if (v->spill != NO_SPILL) {
        l->spills_released |= (uint16_t)(1u << v->spill);
        v->spill = NO_SPILL;
    }
}

void lower_consumed(struct lower *l, ir_ref ref) {
    struct value *v = &l->values[ref];
    if (v->deferred && !v->served && !v->chained)
        lower_consume_operands(l, &l->ir->insn[ref]);
    release_spill(l, v);
    if (v->reg >= MAX_TEMP_VECS)
        return; /* pinned, or nowhere */
    const bool vec = value_is_vec(l, ref);
    if (is_temp(v->reg, vec)) {
        /* Nobody reads it again. The register stays locked until the instruction ends. */
        owners(l, vec)[v->reg] = IR_NO_REF;
        v->reg = NO_REG;
    }
}

void lower_consume_operands(struct lower *l, const struct ir_insn *insn) {
    lower_consume(l, insn->a);
    lower_consume(l, insn->b);
    lower_consume(l, insn->c);
}

struct operand lower_location(const struct lower *l, ir_ref ref) {
    const struct value *v = &l->values[ref];
    if (v->reg != NO_REG)
        return (struct operand){.kind = IN_REG, .reg = v->reg, .ref = ref};
    if (v->guest == NO_GUEST && v->spill == NO_SPILL && !l->failed)
        BUG("value %%%u is nowhere", ref);
    return in_memory(ref, v->guest != NO_GUEST ? home_mem(v->guest) : spill_mem(v->spill));
}

void lower_save_guest(struct lower *l, unsigned reg) {
    const ir_ref old = l->current[reg];
    l->current[reg] = IR_NO_REF;
    if (old == IR_NO_REF)
        return;
    struct value *v = &l->values[old];
    if (v->guest != reg)
        return;
    v->guest = v->hint = NO_GUEST;
    const bool vec = value_is_vec(l, old);
    const bool in_pin = v->reg != NO_REG && !is_temp(v->reg, vec);
    const uint8_t op = l->ir->insn[old].op;
    if (v->uses == 0 || op == IR_const || op == IR_pcrel) {
        if (in_pin) {
            v->reg = NO_REG;
        } else if (v->reg != NO_REG && v->uses == 0) {
            owners(l, vec)[v->reg] = IR_NO_REF;
            v->reg = NO_REG;
        }
        return;
    }
    if (v->spill != NO_SPILL) {
        if (in_pin)
            v->reg = NO_REG;
        return;
    }
    if (v->reg != NO_REG && !in_pin)
        return; /* a temporary has it */
    const unsigned temp = free_temp(l, vec);
    if (temp != NO_REG) {
        if (in_pin)
            move(l, vec, temp, v->reg);
        else if (vec)
            vec_load(l, value_type(l, old), temp, home_mem(reg));
        else
            x86_rm(&l->b, X86_MOV, 8, temp, home_mem(reg));
        attach(l, old, temp, vec);
    } else if (in_pin) {
        spill(l, old, vec);
        v->reg = NO_REG;
    } else if (take_spill_slot(l, v)) {
        /* Memory to memory without a register. */
        struct x86_mem from = home_mem(reg), to = spill_mem(v->spill);
        for (unsigned size = ir_type_size(value_type(l, old)); size > 0; size = size > 8 ? 8 : 0) {
            x86_m(&l->b, X86_PUSH, 8, from);
            x86_m(&l->b, X86_POP, 8, to);
            from.disp += 8;
            to.disp += 8;
        }
    }
}

static unsigned define(struct lower *l, ir_ref ref, unsigned preferred, bool vec) {
    struct value *v = &l->values[ref];
    ASSERT(v->root == ref);
    if (v->hint != NO_GUEST && x86_config.pin[v->hint] != NO_REG) {
        const unsigned guest = v->hint, pin = x86_config.pin[guest];
        lower_save_guest(l, guest);
        v->reg = (uint8_t)pin;
        hold(l, guest, ref);
        return pin;
    }
    unsigned reg = preferred;
    if (preferred == NO_REG || !is_temp(preferred, vec) || owners(l, vec)[preferred] != IR_NO_REF)
        reg = take_temp(l, vec);
    *locks(l, vec) |= 1u << reg;
    attach(l, ref, reg, vec);
    return reg;
}

unsigned lower_define(struct lower *l, ir_ref ref, unsigned preferred) {
    return define(l, ref, preferred, false);
}

unsigned lower_define_vec(struct lower *l, ir_ref ref, unsigned preferred) {
    return define(l, ref, preferred, true);
}

/* After the last instruction that needs them, temporaries of dead values are free. */
void lower_end_insn(struct lower *l) {
    l->locked_gprs = 0;
    l->locked_vecs = 0;
    l->spills_used &= (uint16_t)~l->spills_released;
    l->spills_released = 0;
}

void lower_forget_guest(struct lower *l) {
    for (unsigned reg = 0; reg < REG_COUNT; reg++)
        lower_save_guest(l, reg);
}

void lower_get(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const unsigned guest = insn->aux;
    const ir_ref old = l->current[guest];
    struct value *v = &l->values[ref];
    v->guest = (uint8_t)guest;
    v->reg = x86_config.pin[guest];
    if (old != IR_NO_REF && l->values[old].guest == guest && is_vec(insn->type)) {
        /* The register seen with another width: the narrower value is a part of the wider one. */
        const bool wider =
            ir_type_size((enum ir_type)insn->type) > ir_type_size(value_type(l, old));
        lower_share(l, wider ? old : ref, wider ? ref : old);
        if (!wider)
            return;
    } else {
        lower_save_guest(l, guest);
    }
    l->current[guest] = ref;
}

void lower_share(struct lower *l, ir_ref part, ir_ref whole) {
    struct value *p = &l->values[part], *w = &l->values[whole];
    if (p->reg != NO_REG && is_temp(p->reg, true) && l->vec_owner[p->reg] == part)
        l->vec_owner[p->reg] = IR_NO_REF;
    release_spill(l, p);
    p->reg = NO_REG;
    p->guest = NO_GUEST;
    p->root = whole;
    w->uses += p->uses;
    p->uses = 0;
}

void lower_take_over(struct lower *l, ir_ref whole, ir_ref part) {
    struct value *p = &l->values[part], *w = &l->values[whole];
    w->reg = p->reg;
    w->guest = p->guest;
    if (w->guest != NO_GUEST)
        l->current[w->guest] = whole;
    if (is_temp(w->reg, true))
        l->vec_owner[w->reg] = whole;
    lower_share(l, part, whole);
}

/* Writes a vector register of the guest's: the low bytes that the type has. */
static void put_vec(struct lower *l, enum ir_type type, unsigned guest, unsigned reg) {
    const unsigned pin = x86_config.pin[guest];
    if (pin == NO_REG)
        vec_store(l, type, home_mem(guest), reg);
    else if (ir_type_size(type) == x86_config.vec_size)
        move(l, true, pin, reg);
    else if (pin != reg)
        x86_vv(&l->b, X86_MOVSD, pin, reg);
}

/* A constant has been loaded into the pin of `guest`, and can be taken from there. */
static void hold_constant(struct lower *l, unsigned guest, ir_ref ref) {
    struct value *v = &l->values[ref];
    const unsigned pin = x86_config.pin[guest];
    if (v->uses == 0 || pin == NO_REG || v->reg != NO_REG || v->guest != NO_GUEST)
        return;
    hold(l, guest, ref);
    v->reg = (uint8_t)pin;
}

void lower_put(struct lower *l, const struct ir_insn *insn) {
    const unsigned guest = insn->aux, pin = x86_config.pin[guest];
    const ir_ref ref = lower_root(l, insn->a);
    struct value *v = &l->values[ref];
    const struct ir_insn *source = &l->ir->insn[ref];
    const bool vec = is_vec(insn->type);
    const bool whole = !vec || ir_type_size((enum ir_type)insn->type) == x86_config.vec_size;

    if (l->current[guest] == ref && v->guest == guest) {
        lower_consume(l, ref); /* computed in place, or there already */
        return;
    }
    if (vec && pin != NO_REG && whole && source->op == IR_const) {
        lower_save_guest(l, guest);
        load_vec_const(l, pin, source);
        lower_consume(l, ref);
        return;
    }
    if (source->op == IR_const && !vec && (pin != NO_REG || fits_imm32(source->imm, 8))) {
        lower_save_guest(l, guest);
        if (pin != NO_REG)
            x86_mov_imm(&l->b, pin, source->imm, true);
        else
            x86_mi(&l->b, X86_MOV, 8, home_mem(guest), (int32_t)source->imm);
        lower_consume(l, ref);
        hold_constant(l, guest, ref);
        return;
    }
    if (source->op == IR_pcrel && pin != NO_REG && v->reg == NO_REG) {
        lower_save_guest(l, guest);
        lower_load_pc(l, pin, (int64_t)source->imm, source->aux);
        lower_consume(l, ref);
        hold_constant(l, guest, ref);
        return;
    }
    if (pin != NO_REG && v->reg == NO_REG && v->guest != NO_GUEST && whole) {
        const struct x86_mem from = home_mem(v->guest);
        lower_save_guest(l, guest);
        if (vec)
            vec_load(l, (enum ir_type)insn->type, pin, from);
        else
            x86_rm(&l->b, X86_MOV, 8, pin, from);
    } else {
        const unsigned reg = vec ? lower_use_vec(l, ref) : lower_use(l, ref);
        lower_save_guest(l, guest);
        if (vec)
            put_vec(l, (enum ir_type)insn->type, guest, reg);
        else if (pin != NO_REG)
            move(l, false, pin, reg);
        else
            x86_mr(&l->b, X86_MOV, 8, home_mem(guest), reg);
    }
    lower_consume(l, ref);
    if (v->uses == 0)
        return;
    if (v->guest == NO_GUEST && source->op != IR_const && source->op != IR_pcrel &&
        (!vec || value_type(l, ref) == insn->type)) {
        hold(l, guest, ref);
        if (pin != NO_REG) {
            if (v->reg != NO_REG && is_temp(v->reg, vec))
                owners(l, vec)[v->reg] = IR_NO_REF;
            v->reg = (uint8_t)pin;
        }
    }
}
