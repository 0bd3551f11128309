/* Appending instructions: every builder function of ir.h, and reuse of values already made. */
#include "translator/ir/fold.h"
#include "translator/ir/ir.h"

#include <stddef.h>
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
    ir->no_fold = ir->ended = ir->has_flags = ir->counted = ir->narrows = ir->halves = false;
    memset(ir->reg, 0, sizeof(ir->reg));
    memset(ir->recent, 0, sizeof(ir->recent));
}

static void grow(struct ir *ir) {
    struct ir_insn *larger = arena_array(ir->arena, struct ir_insn, ir->capacity * 2);
    memcpy(larger, ir->insn, sizeof(*larger) * ir->count);
    ir->insn = larger;
    ir->capacity *= 2;
}

/* The first eight bytes of an instruction, as one number: written and compared at once. */
static inline uint64_t head_of(enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b) {
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && offsetof(struct ir_insn, c) == 8,
                   "op, type, aux, a and b fill eight bytes, from the lowest up");
    return (uint64_t)op | (uint64_t)type << 8 | (uint64_t)(uint16_t)aux << 16 | (uint64_t)a << 32 |
           (uint64_t)b << 48;
}

static inline uint64_t read_head(const struct ir_insn *insn) {
    uint64_t head;
    memcpy(&head, insn, sizeof head);
    return head;
}

static inline void write_insn(struct ir_insn *to, uint64_t head, ir_ref c, unsigned where,
                              uint64_t imm) {
    memcpy(to, &head, sizeof head);
    to->c = c;
    to->where = (uint8_t)where;
    to->held = 0;
    to->uses = 0;
    to->imm = imm;
}

static inline ir_ref append(struct ir *ir, uint64_t head, ir_ref c, uint64_t imm) {
    if (__builtin_expect(ir->count == ir->capacity, false))
        grow(ir);
    write_insn(&ir->insn[ir->count], head, c, ir->where, imm);
    return (ir_ref)ir->count++;
}

static bool concerns_flags(const struct ir_insn *insn) {
    return (insn->op >= IR_flags_add && insn->op <= IR_flags_fcmp) ||
           (insn->op == IR_get && insn->aux >= REG_CTL);
}

ir_ref ir_append(struct ir *ir, const struct ir_insn *insn) {
    ir->has_flags |= concerns_flags(insn);
    if (ir->count == ir->capacity)
        grow(ir);
    ir->insn[ir->count] = *insn;
    return (ir_ref)ir->count++;
}

static inline unsigned hash_value(uint64_t head, ir_ref c, uint64_t imm) {
    const uint64_t key = (head ^ head >> 29) + imm * 0x9fb21c651e98df25 + c;
    return (unsigned)(key * 0x9e3779b97f4a7c15 >> 58);
}

/* Appends a pure value, unless the same was made lately. */
static inline ir_ref append_pure(struct ir *ir, uint64_t head, ir_ref c, uint64_t imm) {
    if (__builtin_expect(ir->no_fold, false))
        return append(ir, head, c, imm);
    ir_ref *recent = ir->recent[hash_value(head, c, imm)];
    for (unsigned i = 0; i < IR_RECENT_WAYS; i++) { /* entry 0 is of no value, and equals none */
        const struct ir_insn *older = &ir->insn[recent[i]];
        if (read_head(older) == head && older->imm == imm && older->c == c)
            return recent[i];
    }
    memmove(recent + 1, recent, sizeof(*recent) * (IR_RECENT_WAYS - 1));
    return recent[0] = append(ir, head, c, imm);
}

/* An instruction that no rule folds. */
static inline ir_ref append_plain(struct ir *ir, enum ir_op op, enum ir_type type, unsigned aux,
                                  ir_ref a, ir_ref b, ir_ref c, uint64_t imm) {
    return ir->ended ? IR_NO_REF : append(ir, head_of(op, type, aux, a, b), c, imm);
}

static void end_unit(struct ir *ir, enum ir_op op, ir_ref a, ir_ref b, uint64_t imm) {
    append_plain(ir, op, IR_VOID, 0, a, b, 0, imm);
    ir->ended = true;
}

ir_ref ir_emit(struct ir *ir, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b,
               ir_ref c, uint64_t imm) {
    if (ir->ended)
        return IR_NO_REF;
    const uint64_t head = head_of(op, type, aux, a, b);
    if (__builtin_expect(ir->no_fold, false))
        return append(ir, head, c, imm);
    struct ir_insn insn;
    write_insn(&insn, head, c, ir->where, imm);
    const ir_ref older = ir_fold(ir, &insn);
    if (older || insn.op == IR_nop)
        return older;
    const uint64_t folded = read_head(&insn);
    return ir_ops[insn.op].flags & IR_PURE ? append_pure(ir, folded, insn.c, insn.imm)
                                           : append(ir, folded, insn.c, insn.imm);
}

ir_ref ir_const(struct ir *ir, enum ir_type type, uint64_t value) {
    return ir->ended ? IR_NO_REF : append_pure(ir, head_of(IR_const, type, 0, 0, 0), 0, value);
}

static ir_ref pcrel(struct ir *ir, unsigned field, int64_t offset) {
    return ir->ended ? IR_NO_REF
                     : append_pure(ir, head_of(IR_pcrel, IR_I64, field, 0, 0), 0, (uint64_t)offset);
}

ir_ref ir_pcrel(struct ir *ir, int64_t offset) {
    return pcrel(ir, 0, offset);
}

ir_ref ir_pcrel_field(struct ir *ir, int64_t offset, int64_t field) {
    if (ir->fields == 0 || ir->field_where[ir->fields - 1] != ir->where) {
        ir->field_where[ir->fields] = ir->where;
        ir->field_value[ir->fields] = field;
        ir->fields++;
    }
    return pcrel(ir, ir->fields, offset);
}

ir_ref ir_get(struct ir *ir, enum ir_type type, unsigned reg) {
    const ir_ref known = ir->reg[reg];
    if (known) {
        if (reg < REG_VEC) /* of one type only */
            return known;
        const enum ir_type known_type = ir_result_type(&ir->insn[known]);
        if (known_type == type)
            return known;
        if (known_type == IR_V128)
            return ir_vlowf(ir, type, known);
    }
    const ir_ref value = append_plain(ir, IR_get, type, reg, 0, 0, 0, 0);
    ir->has_flags |= reg >= REG_CTL;
    if (!ir->no_fold)
        ir->reg[reg] = value;
    return value;
}

void ir_put(struct ir *ir, enum ir_type type, unsigned reg, ir_ref value) {
    if (ir->ended || (ir->reg[reg] == value && value))
        return;
    append(ir, head_of(IR_put, type, reg, value, 0), 0, 0);
    if (ir->no_fold)
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

/* Sums alone fold into addresses. */
static inline ir_ref access_memory(struct ir *ir, enum ir_op op, enum ir_type type, unsigned mem,
                                   ir_ref base, int64_t offset, ir_ref value) {
    return ir->insn[base].op == IR_add
               ? ir_emit(ir, op, type, mem, base, 0, value, (uint64_t)offset)
               : append_plain(ir, op, type, mem, base, 0, value, (uint64_t)offset);
}

ir_ref ir_load(struct ir *ir, enum ir_type type, unsigned mem, ir_ref base, int64_t offset) {
    return access_memory(ir, IR_load, type, mem, base, offset, IR_NO_REF);
}

void ir_store(struct ir *ir, enum ir_type type, unsigned mem, ir_ref base, int64_t offset,
              ir_ref value) {
    access_memory(ir, IR_store, type, mem, base, offset, value);
}

ir_ref ir_rmw(struct ir *ir, enum ir_type type, enum ir_rmw_kind kind, unsigned mem, ir_ref addr,
              ir_ref operand) {
    return append_plain(ir, IR_rmw, type, mem | (unsigned)kind << 8, addr, operand, 0, 0);
}

ir_ref ir_cas(struct ir *ir, enum ir_type type, unsigned mem, ir_ref addr, ir_ref expected,
              ir_ref desired) {
    return append_plain(ir, IR_cas, type, mem, addr, expected, desired, 0);
}

ir_ref ir_store_cond(struct ir *ir, enum ir_type type, unsigned mem, unsigned reservation,
                     ir_ref addr, ir_ref value) {
    ir_ref failed = append_plain(ir, IR_store_cond, type, mem, addr, value, 0, reservation);
    ir->reg[reservation] = IR_NO_REF;
    return failed;
}

void ir_align(struct ir *ir, ir_ref addr, unsigned log2_size) {
    append_plain(ir, IR_align, IR_VOID, log2_size, addr, 0, 0, 0);
}

void ir_fence(struct ir *ir, unsigned kinds) {
    append_plain(ir, IR_fence, IR_VOID, kinds, 0, 0, 0, 0);
}

void ir_vqc(struct ir *ir, ir_ref a, ir_ref b) {
    if (a != b)
        append_plain(ir, IR_vqc, IR_V128, 0, a, b, 0, 0);
}

ir_ref ir_helper(struct ir *ir, const struct ir_helper *helper, ir_ref a, ir_ref b, ir_ref c) {
    ir_ref result = append_plain(ir, IR_helper, (enum ir_type)helper->result, 0, a, b, c,
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
    end_unit(ir, IR_jump, target, 0, 0);
}

void ir_call(struct ir *ir, ir_ref target, ir_ref return_address) {
    end_unit(ir, IR_call, target, return_address, 0);
}

void ir_return(struct ir *ir, ir_ref target) {
    end_unit(ir, IR_ret, target, 0, 0);
}

void ir_trap(struct ir *ir, enum exit_reason reason, ir_ref pc) {
    end_unit(ir, IR_trap, pc, 0, (uint64_t)reason);
}
