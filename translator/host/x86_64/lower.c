/* Block-tier lowering: the walk over the IR, and what all rules share. */
#include "translator/host/x86_64/lower.h"

#include <string.h>

#include "translator/host/x86_64/host_x86_64.h"

static void *grow(struct lower *l, void *array, unsigned *capacity, size_t element) {
    const unsigned bigger = *capacity ? *capacity * 2 : 64;
    void *copy = arena_alloc(l->arena, bigger * element);
    if (*capacity)
        memcpy(copy, array, *capacity * element);
    *capacity = bigger;
    return copy;
}

void lower_relocate(struct lower *l, enum relocation_kind kind, uint8_t *at, int64_t addend,
                    unsigned field) {
    if (!at)
        return; /* the buffer is full; the caller of all this will notice */
    if (l->relocation_count == l->relocation_capacity)
        l->relocations = grow(l, l->relocations, &l->relocation_capacity, sizeof *l->relocations);
    l->relocations[l->relocation_count++] =
        (struct relocation){.offset = (uint16_t)(at - l->b.start),
                            .kind = (uint8_t)kind,
                            .field = (uint8_t)field,
                            .addend = (int32_t)addend};
}

void lower_fault_point(struct lower *l, unsigned where) {
    if (l->fault_count == l->fault_capacity)
        l->faults = grow(l, l->faults, &l->fault_capacity, sizeof *l->faults);
    l->faults[l->fault_count++] = (struct fault_point){(uint16_t)(l->b.at - l->b.start),
                                                       (uint16_t)l->unit->insn[where].offset, 0};
    if (l->pending_count)
        lower_landing(l);
}

struct cold *lower_cold(struct lower *l, enum cold_kind kind, uint8_t *from) {
    if (l->cold_count == l->cold_capacity)
        l->cold = grow(l, l->cold, &l->cold_capacity, sizeof *l->cold);
    struct cold *cold = &l->cold[l->cold_count++];
    *cold = (struct cold){.kind = (uint8_t)kind, .from = from, .back = l->b.at};
    return cold;
}

void lower_jump_stub(struct lower *l, enum x86_stub stub) {
    lower_relocate(l, RELOC_STUB, x86_jmp(&l->b), stub, 0);
}

void lower_call_stub(struct lower *l, enum x86_stub stub) {
    lower_relocate(l, RELOC_STUB, x86_call(&l->b), stub, 0);
}

void lower_load_pc(struct lower *l, unsigned reg, int64_t offset, unsigned field) {
    lower_relocate(l, RELOC_PC, x86_movabs(&l->b, reg, 0), offset, field);
}

void lower_move(struct lower *l, unsigned size, unsigned dst, unsigned src) {
    if (dst != src)
        x86_rr(&l->b, X86_MOV, size, dst, src);
}

enum x86_cond lower_condition(enum ir_cond cond) {
    static const uint8_t conditions[IR_COND_COUNT] = {
        [IR_EQ] = CC_E, [IR_NE] = CC_NE, [IR_LT] = CC_L,   [IR_GE] = CC_GE,  [IR_LE] = CC_LE,
        [IR_GT] = CC_G, [IR_LTU] = CC_B, [IR_GEU] = CC_AE, [IR_LEU] = CC_BE, [IR_GTU] = CC_A,
    };
    return conditions[cond];
}

/* A late comparison, whose truth goes to a register other than those to keep. */
static unsigned set_byte(struct lower *l, ir_ref ref, uint32_t keep) {
    const struct ir_insn *set = &l->ir->insn[ref];
    const enum x86_cond cond =
        lower_compare(l, (enum ir_type)set->type, (enum ir_cond)set->aux, set->a, set->b);
    lower_consume_operands(l, set);
    lower_end_insn(l);
    l->locked_gprs = keep;
    const unsigned byte = lower_scratch(l);
    x86_setcc(&l->b, cond, byte);
    return byte;
}

/* Whether both operands of a late `and` hold, which are late comparisons. */
static enum x86_cond test_both(struct lower *l, enum ir_cond cond, const struct ir_insn *and) {
    const unsigned x = set_byte(l, lower_root(l, and->a), 0);
    const unsigned y = set_byte(l, lower_root(l, and->b), 1u << x);
    x86_rr(&l->b, X86_TEST, 1, x, y);
    lower_consume(l, and->a);
    lower_consume(l, and->b);
    return lower_condition(cond);
}

/* Compares a late or deferred `and` with 0: by BT where only one bit is asked for, and no immediate
 * can say which. */
static enum x86_cond test_bits(struct lower *l, enum ir_cond cond, ir_ref ref) {
    const struct ir_insn *and = &l->ir->insn[ref];
    const bool deferred = l->values[ref].deferred;
    unsigned size = ir_type_size(and->type);
    const ir_ref mask = lower_root(l, and->b);
    if (l->values[mask].late)
        return test_both(l, cond, and);
    const uint64_t bits = ir_is_const(l->ir, mask) ? l->ir->insn[mask].imm : 0;
    const bool one_bit = bits >> 31 && (bits & (bits - 1)) == 0 && size == 8 && cond <= IR_NE;
    struct operand x = lower_operand(l, and->a, size), y = {.kind = IS_CONST};
    if (one_bit)
        y.imm = __builtin_ctzll(bits);
    else
        y = lower_operand(l, mask, size);
    if (x.kind == IS_CONST || (x.kind == IN_MEMORY && y.kind == IN_MEMORY))
        x = (struct operand){.kind = IN_REG, .reg = (uint8_t)lower_use(l, and->a)};
    const enum x86_op op = one_bit ? X86_BT : X86_TEST;
    if (y.kind == IS_CONST && !one_bit && y.imm >= 0 && !deferred)
        size = y.imm < 128 ? 1 : 4;
    if (y.kind == IN_MEMORY)
        x86_mr(&l->b, op, size, y.mem, x.reg);
    else if (x.kind == IN_MEMORY && y.kind == IS_CONST)
        x86_mi(&l->b, op, size, x.mem, y.imm);
    else if (x.kind == IN_MEMORY)
        x86_mr(&l->b, op, size, x.mem, y.reg);
    else if (y.kind == IS_CONST)
        x86_ri(&l->b, op, size, x.reg, y.imm);
    else
        x86_rr(&l->b, op, size, x.reg, y.reg);
    if (!deferred) {
        lower_consume(l, and->a);
        lower_consume(l, and->b);
    }
    if (one_bit)
        return cond == IR_NE ? CC_B : CC_AE;
    lower_note_compared(l, (enum ir_type) and->type, ref, IR_NO_REF);
    return lower_condition(cond);
}

void lower_note_compared(struct lower *l, enum ir_type type, ir_ref a, ir_ref b) {
    l->compared.a = a;
    l->compared.b = b;
    l->compared.type = (uint8_t)type;
    l->compared.end = l->b.at;
}

enum x86_cond lower_compare(struct lower *l, enum ir_type type, enum ir_cond cond, ir_ref a,
                            ir_ref b) {
    const unsigned size = ir_type_size(type);
    if (ir_is_const(l->ir, lower_root(l, a))) {
        const ir_ref swap = a;
        a = b;
        b = swap;
        cond = ir_cond_swap(cond);
    }
    a = lower_root(l, a);
    b = lower_root(l, b);
    if ((l->values[a].late || l->values[a].deferred) && l->ir->insn[a].op == IR_and)
        return test_bits(l, cond, a);
    if (l->compared.end == l->b.at && l->compared.a == a && l->compared.b == b &&
        l->compared.type == type)
        return lower_condition(cond);
    struct operand y = lower_operand(l, b, size);
    struct operand x = lower_operand(l, a, size);
    if (y.kind == IS_CONST) {
        if (x.kind == IS_CONST) {
            x.reg = (uint8_t)lower_use(l, a);
            x.kind = IN_REG;
        }
        if (x.kind == IN_MEMORY)
            x86_mi(&l->b, X86_CMP, size, x.mem, y.imm);
        else if (y.imm == 0)
            x86_rr(&l->b, X86_TEST, size, x.reg, x.reg);
        else
            x86_ri(&l->b, X86_CMP, size, x.reg, y.imm);
    } else if (x.kind == IN_MEMORY && y.kind == IN_REG) {
        x86_mr(&l->b, X86_CMP, size, x.mem, y.reg);
    } else {
        if (x.kind != IN_REG)
            x.reg = (uint8_t)lower_use(l, a);
        if (y.kind == IN_MEMORY)
            x86_rm(&l->b, X86_CMP, size, x.reg, y.mem);
        else
            x86_rr(&l->b, X86_CMP, size, x.reg, y.reg);
    }
    lower_note_compared(l, type, a, b);
    return lower_condition(cond);
}

void lower_set_flags(struct lower *l, ir_ref ref, enum x86_cond cond) {
    l->flags_value = ref;
    l->flags_cond = (uint8_t)cond;
    l->flags_end = l->b.at;
}

void lower_flags_kept(struct lower *l, const uint8_t *before) {
    if (l->flags_end == before)
        l->flags_end = l->b.at;
    if (l->compared.end == before)
        l->compared.end = l->b.at;
    if (l->carry.end == before)
        l->carry.end = l->b.at;
}

/* Calls the evaluation function of `insn` on the operands in cpu->scratch; the result comes back in
 * scratch[3]. Keeps every register. */
void lower_call_eval(struct lower *l, const struct ir_insn *insn, enum ir_type operand_type) {
    const struct x86_mem slot = cpu_mem(offsetof(struct cpu, scratch) + 16 * 3);
    x86_mi(&l->b, X86_MOV, 4, slot, (int32_t)eval_description(insn, operand_type));
    lower_call_stub(l, STUB_EVAL);
}

void lower_generic(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const ir_ref operands[3] = {insn->a, insn->b, insn->c};
    enum ir_type operand_type = IR_VOID;
    for (unsigned i = 0; i < 3; i++) {
        if (operands[i] == IR_NO_REF)
            continue;
        const struct x86_mem slot = cpu_mem(offsetof(struct cpu, scratch) + 16 * i);
        const enum ir_type type = ir_result_type(&l->ir->insn[operands[i]]);
        if (i == 0)
            operand_type = type;
        if (is_vec(type))
            x86_mv(&l->b, X86_MOVUPS, slot, lower_use_vec(l, operands[i]));
        else
            x86_mr(&l->b, X86_MOV, 8, slot, lower_use(l, operands[i]));
        lower_end_insn(l);
    }
    for (unsigned i = 0; i < 3; i++)
        if (operands[i] != IR_NO_REF)
            lower_consume(l, operands[i]);
    lower_call_eval(l, insn, operand_type);
    const struct x86_mem result = cpu_mem(offsetof(struct cpu, scratch) + 16 * 3);
    if (is_vec(ir_result_type(insn)))
        x86_vm(&l->b, X86_MOVUPS, lower_define_vec(l, ref, NO_REG), result);
    else
        x86_rm(&l->b, X86_MOV, 8, lower_define(l, ref, NO_REG), result);
}

static void lower_insn(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    switch (insn->op) {
    case IR_const:
    case IR_pcrel:
    case IR_trunc:
    case IR_vlowf: return;
    case IR_get:
        lower_get(l, ref);
        if (insn->aux == x86_config.flags_reg && x86_config.flags_reg)
            lower_settle_flags(l, ref);
        return;
    case IR_put_at_exit:
        l->pending[l->pending_count++] = ref; /* done by what it stands in front of */
        return;
    case IR_put: {
        const ir_ref value = lower_root(l, insn->a);
        if (l->values[value].deferred && lower_put_flags(l, insn))
            return;
        lower_end_insn(l);
        const uint8_t *before = l->b.at;
        lower_put(l, insn);
        lower_flags_kept(l, before); /* only moves */
        return;
    }
    default: break;
    }
    if (lower_is_dead(l, ref))
        return;
    const uint8_t flags = ir_ops[insn->op].flags;
    const bool done = flags & IR_FAULT ? lower_memory(l, ref)
                      : flags & IR_EXIT
                          ? lower_exit(l, ref)
                          : lower_flags(l, ref) || lower_integer(l, ref) || lower_float(l, ref) ||
                                lower_crypto(l, ref) || lower_vector(l, ref) ||
                                lower_memory(l, ref) || lower_exit(l, ref);
    if (!done)
        lower_generic(l, ref);
}

const struct template *lower_make_template(struct lower *l, size_t unit) {
    const size_t emitted = (size_t)(l->b.at - l->b.start), code = (emitted + unit - 1) & -unit;
    struct template head = {
        .code_size = (uint16_t)code,
        .relocation_count = (uint16_t)l->relocation_count,
        .fault_count = (uint16_t)l->fault_count,
        .field_count = l->ir->fields,
        .guest_insns = (uint16_t)l->unit->count,
    };
    const size_t front = template_head_size(&head);
    head.size = (uint32_t)(front + code);
    struct template *t = arena_alloc(l->arena, head.size);
    char *start = (char *)t, *to = (char *)(t + 1);
    memset(start + front - 8, 0, 8); /* the padding, too: templates are compared as bytes */
    *t = head;
    if (l->relocation_count)
        memcpy(to, l->relocations, l->relocation_count * sizeof *l->relocations);
    to += l->relocation_count * sizeof *l->relocations;
    if (l->fault_count)
        memcpy(to, l->faults, l->fault_count * sizeof *l->faults);
    to += l->fault_count * sizeof *l->faults;
    memcpy(to, l->ir->field_where, l->ir->fields * sizeof(uint16_t));
    memcpy(start + front, l->b.start, emitted);
    memset(start + front + emitted, 0xcc, code - emitted);
    return t;
}

/* --- counting of executed instructions --- */

void lower_count_host_insns(struct lower *l, uint32_t count) {
    if (x86_config.count_insns)
        x86_mi(&l->b, X86_ADD, 8, cpu_mem(offsetof(struct cpu, counted_host_insns)),
               (int32_t)count);
}

static uint8_t *count_later(struct lower *l, size_t counter) {
    x86_mi(&l->b, X86_ADD, 8, cpu_mem(counter), INT32_MAX); /* a four-byte immediate */
    return l->b.at - 4;
}

static void begin_segment(struct lower *l, unsigned where) {
    if (!x86_config.count_insns)
        return;
    l->segment.where = where;
    l->segment.guest_insns = count_later(l, offsetof(struct cpu, counted_guest_insns));
    l->segment.host_insns = count_later(l, offsetof(struct cpu, counted_host_insns));
    l->segment.count = l->b.count;
}

static void end_segment(struct lower *l, unsigned where) {
    if (!x86_config.count_insns || l->b.overflow)
        return;
    const uint32_t guest = where + 1 - l->segment.where, host = l->b.count - l->segment.count;
    memcpy(l->segment.guest_insns, &guest, 4);
    memcpy(l->segment.host_insns, &host, 4);
}

void lower_begin(struct lower *l) {
    l->b.start = l->b.at = arena_alloc(l->arena, MAX_CODE);
    l->b.end = l->b.start + MAX_CODE;
}

void lower_walk(struct lower *l) {
    const struct ir *ir = l->ir;
    lower_prepare(l);
    begin_segment(l, 0);
    for (unsigned i = 1; i < ir->count && !l->failed && !l->b.overflow; i++) {
        const struct ir_insn *insn = &ir->insn[i];
        if (insn->op == IR_nop)
            continue;
        l->start = l->b.at;
        lower_insn(l, (ir_ref)i);
        if (l->values[i].keeps)
            lower_flags_kept(l, l->start);
        if (l->pending_count && insn->op != IR_put_at_exit)
            lower_end_pending(l);
        lower_end_insn(l);
        if (insn->op == IR_exit_if || ir_ops[insn->op].flags & IR_END)
            end_segment(l, insn->where);
        if (insn->op == IR_exit_if)
            begin_segment(l, insn->where + 1u);
    }
    lower_cold_code(l);
    for (unsigned i = 0; i < l->fault_count; i++)
        if (l->faults[i].landing)
            l->faults[i].landing = (uint16_t)l->cold[l->faults[i].landing - 1].code;
}

const struct template *x86_lower(const struct ir *ir, const struct guest_unit *unit,
                                 const int64_t *field_values) {
    struct lower l = {.ir = ir, .unit = unit, .field_values = field_values, .arena = ir->arena};
    lower_begin(&l);
    x86_nop(&l.b, ENTRY_NOP); /* room for seal() */
    lower_walk(&l);
    return l.failed || l.b.overflow ? NULL : lower_make_template(&l, 16);
}
