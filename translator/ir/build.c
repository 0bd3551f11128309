/* Appending instructions: every builder function of ir.h, and reuse of values already made. */
#include "translator/ir/fold.h"
#include "translator/ir/ir.h"

#include <string.h>

enum { FIRST_CAPACITY = 256 };

void ir_reset(struct ir *ir, struct arena *arena) {
    ir->arena = arena;
    ir->insn = arena_array(arena, struct ir_insn, FIRST_CAPACITY);
    ir->capacity = FIRST_CAPACITY;
    ir->insn[0] = (struct ir_insn){.op = IR_nop};
    ir->count = 1;
    ir->where = 0;
    ir->fields = 0;
    ir->no_fold = ir->ended = ir->has_flags = ir->counted = ir->narrows = false;
    memset(ir->reg, 0, sizeof(ir->reg));
    memset(ir->recent, 0, sizeof(ir->recent));
}

static void grow(struct ir *ir) {
    struct ir_insn *larger = arena_array(ir->arena, struct ir_insn, ir->capacity * 2);
    memcpy(larger, ir->insn, sizeof(*larger) * ir->count);
    ir->insn = larger;
    ir->capacity *= 2;
}

static inline ir_ref append(struct ir *ir, const struct ir_insn *insn) {
    if (ir->count == ir->capacity)
        grow(ir);
    ir->insn[ir->count] = *insn;
    return (ir_ref)ir->count++;
}

static bool concerns_flags(const struct ir_insn *insn) {
    return (insn->op >= IR_flags_add && insn->op <= IR_flags_fcmp) ||
           (insn->op == IR_get && insn->aux >= REG_CTL);
}

ir_ref ir_append(struct ir *ir, const struct ir_insn *insn) {
    ir->has_flags |= concerns_flags(insn);
    return append(ir, insn);
}

static bool same_value(const struct ir_insn *x, const struct ir_insn *y) {
    return x->op == y->op && x->type == y->type && x->aux == y->aux && x->a == y->a &&
           x->b == y->b && x->c == y->c && x->imm == y->imm;
}

static unsigned hash_value(const struct ir_insn *insn) {
    uint64_t key = insn->imm + ((uint64_t)insn->op << 56 | (uint64_t)insn->aux << 40) +
                   ((uint64_t)insn->a << 20 | (uint64_t)insn->b << 4 | insn->type) + insn->c;
    return (unsigned)(key * 0x9e3779b97f4a7c15 >> 58);
}

ir_ref ir_emit(struct ir *ir, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b,
               ir_ref c, uint64_t imm) {
    if (ir->ended)
        return IR_NO_REF;
    struct ir_insn insn = {.op = (uint8_t)op,
                           .type = (uint8_t)type,
                           .aux = (uint16_t)aux,
                           .a = a,
                           .b = b,
                           .c = c,
                           .where = (uint8_t)ir->where,
                           .imm = imm};
    const uint8_t flags = ir_ops[op].flags;
    if (flags & IR_END)
        ir->ended = true;
    if (ir->no_fold)
        return append(ir, &insn);

    ir_ref older = ir_fold(ir, &insn);
    if (older || insn.op == IR_nop)
        return older;
    if (!(ir_ops[insn.op].flags & IR_PURE))
        return append(ir, &insn);
    ir_ref *recent = ir->recent[hash_value(&insn)];
    for (unsigned i = 0; i < IR_RECENT_WAYS; i++)
        if (recent[i] && same_value(&ir->insn[recent[i]], &insn))
            return recent[i];
    memmove(recent + 1, recent, sizeof(*recent) * (IR_RECENT_WAYS - 1));
    return recent[0] = append(ir, &insn);
}

ir_ref ir_pcrel(struct ir *ir, int64_t offset) {
    return ir_emit(ir, IR_pcrel, IR_I64, 0, 0, 0, 0, (uint64_t)offset);
}

ir_ref ir_pcrel_field(struct ir *ir, int64_t offset, int64_t field) {
    if (ir->fields == 0 || ir->field_where[ir->fields - 1] != ir->where) {
        ir->field_where[ir->fields] = ir->where;
        ir->field_value[ir->fields] = field;
        ir->fields++;
    }
    return ir_emit(ir, IR_pcrel, IR_I64, ir->fields, 0, 0, 0, (uint64_t)offset);
}

ir_ref ir_get(struct ir *ir, enum ir_type type, unsigned reg) {
    ir_ref known = ir->reg[reg];
    enum ir_type known_type = ir_result_type(&ir->insn[known]);
    if (known && known_type == type)
        return known;
    if (known && known_type == IR_V128 && !ir->no_fold)
        return ir_vlowf(ir, type, known);
    ir_ref value = ir_emit(ir, IR_get, type, reg, 0, 0, 0, 0);
    ir->has_flags |= reg >= REG_CTL;
    if (!ir->no_fold)
        ir->reg[reg] = value;
    return value;
}

void ir_put(struct ir *ir, enum ir_type type, unsigned reg, ir_ref value) {
    if (ir->reg[reg] == value && value)
        return;
    ir_emit(ir, IR_put, type, reg, value, 0, 0, 0);
    if (ir->no_fold || ir->ended)
        return;
    ir->reg[reg] = value;
    ir->insn[value].held = (uint8_t)(reg + 1); /* for ir_fold: where the value can be found */
}

ir_ref ir_select(struct ir *ir, enum ir_type type, ir_ref condition, ir_ref then,
                 ir_ref otherwise) {
    return ir_emit(ir, IR_select, type, 0, condition, then, otherwise, 0);
}

ir_ref ir_set(struct ir *ir, enum ir_type type, enum ir_cond cond, ir_ref a, ir_ref b) {
    return ir_emit(ir, IR_set, type, cond, a, b, 0, 0);
}

ir_ref ir_fcmp(struct ir *ir, enum ir_type type, enum ir_fcond cond, ir_ref a, ir_ref b) {
    return ir_emit(ir, IR_fcmp, type, cond, a, b, 0, 0);
}

static ir_ref make_flags(struct ir *ir, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a,
                         ir_ref b, ir_ref c) {
    ir->has_flags = true;
    return ir_emit(ir, op, type, aux, a, b, c, 0);
}

ir_ref ir_flags_add(struct ir *ir, enum ir_type type, ir_ref a, ir_ref b) {
    return make_flags(ir, IR_flags_add, type, 0, a, b, 0);
}

ir_ref ir_flags_sub(struct ir *ir, enum ir_type type, ir_ref a, ir_ref b) {
    return make_flags(ir, IR_flags_sub, type, 0, a, b, 0);
}

ir_ref ir_flags_adc(struct ir *ir, enum ir_type type, ir_ref a, ir_ref b, ir_ref carry) {
    return make_flags(ir, IR_flags_adc, type, 0, a, b, carry);
}

ir_ref ir_flags_logic(struct ir *ir, enum ir_type type, ir_ref a) {
    return make_flags(ir, IR_flags_logic, type, 0, a, 0, 0);
}

ir_ref ir_flags_fcmp(struct ir *ir, enum ir_type type, bool signalling, ir_ref a, ir_ref b) {
    return make_flags(ir, IR_flags_fcmp, type, signalling ? IR_FLAGS_SIGNALLING : 0, a, b, 0);
}

ir_ref ir_flags_cond(struct ir *ir, enum ir_flags_cond cond, ir_ref flags) {
    return ir_emit(ir, IR_flags_cond, IR_I64, cond, flags, 0, 0, 0);
}

ir_ref ir_load(struct ir *ir, enum ir_type type, unsigned mem, ir_ref base, int64_t offset) {
    return ir_emit(ir, IR_load, type, mem, base, 0, 0, (uint64_t)offset);
}

void ir_store(struct ir *ir, enum ir_type type, unsigned mem, ir_ref base, int64_t offset,
              ir_ref value) {
    ir_emit(ir, IR_store, type, mem, base, 0, value, (uint64_t)offset);
}

ir_ref ir_rmw(struct ir *ir, enum ir_type type, enum ir_rmw_kind kind, unsigned mem, ir_ref addr,
              ir_ref operand) {
    return ir_emit(ir, IR_rmw, type, mem | (unsigned)kind << 8, addr, operand, 0, 0);
}

ir_ref ir_cas(struct ir *ir, enum ir_type type, unsigned mem, ir_ref addr, ir_ref expected,
              ir_ref desired) {
    return ir_emit(ir, IR_cas, type, mem, addr, expected, desired, 0);
}

ir_ref ir_store_cond(struct ir *ir, enum ir_type type, unsigned mem, unsigned reservation,
                     ir_ref addr, ir_ref value) {
    ir_ref failed = ir_emit(ir, IR_store_cond, type, mem, addr, value, 0, reservation);
    ir->reg[reservation] = IR_NO_REF;
    return failed;
}

void ir_align(struct ir *ir, ir_ref addr, unsigned log2_size) {
    ir_emit(ir, IR_align, IR_VOID, log2_size, addr, 0, 0, 0);
}

void ir_fence(struct ir *ir, unsigned kinds) {
    ir_emit(ir, IR_fence, IR_VOID, kinds, 0, 0, 0, 0);
}

void ir_vqc(struct ir *ir, ir_ref a, ir_ref b) {
    if (a != b)
        ir_emit(ir, IR_vqc, IR_V128, 0, a, b, 0, 0);
}

ir_ref ir_helper(struct ir *ir, const struct ir_helper *helper, ir_ref a, ir_ref b, ir_ref c) {
    ir_ref result = ir_emit(ir, IR_helper, (enum ir_type)helper->result, 0, a, b, c,
                            (uint64_t)(uintptr_t)helper);
    if (helper->writes_state)
        memset(ir->reg, 0, sizeof(ir->reg));
    return result;
}

void ir_exit_if(struct ir *ir, enum ir_type type, enum ir_cond cond, ir_ref a, ir_ref b,
                ir_ref target) {
    ir_emit(ir, IR_exit_if, type, cond, target, a, b, 0);
}

void ir_jump(struct ir *ir, ir_ref target) {
    ir_emit(ir, IR_jump, IR_VOID, 0, target, 0, 0, 0);
}

void ir_call(struct ir *ir, ir_ref target, ir_ref return_address) {
    ir_emit(ir, IR_call, IR_VOID, 0, target, return_address, 0, 0);
}

void ir_return(struct ir *ir, ir_ref target) {
    ir_emit(ir, IR_ret, IR_VOID, 0, target, 0, 0, 0);
}

void ir_trap(struct ir *ir, enum exit_reason reason, ir_ref pc) {
    ir_emit(ir, IR_trap, IR_VOID, 0, pc, 0, 0, (uint64_t)reason);
}
