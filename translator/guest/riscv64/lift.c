/* From a unit of guest instructions to IR, and the semantics that several rows share. */
#include "translator/guest/riscv64/lift.h"

void riscv64_lift(struct ir *ir, const struct guest_unit *unit) {
    struct lifter l = {.ir = ir, .mode = unit->mode};
    for (uint32_t i = 0; i < unit->count && !ir->ended; i++) {
        struct operands operands;
        l.insn = &unit->insn[i];
        ir->where = (uint16_t)i;
        const struct row *row = riscv64_decode(l.insn->word, &operands);
        if (row)
            row->lift(&l, &operands);
        else
            lift_illegal(&l);
    }
    ir_jump(ir, next(&l)); /* dropped when the last instruction was a jump */
}

void lift_illegal(struct lifter *l) {
    ir_trap(l->ir, EXIT_ILLEGAL, here(l));
}

/* --- memory --- */

void lift_load(struct lifter *l, enum ir_mem_kind kind, unsigned d, unsigned base, int64_t offset) {
    put(l, d, ir_load(l->ir, IR_I64, IR_MEM(kind, 0), get(l, base), offset));
}

void lift_store(struct lifter *l, enum ir_mem_kind kind, unsigned t, unsigned base,
                int64_t offset) {
    ir_store(l->ir, IR_I64, IR_MEM(kind, 0), get(l, base), offset, get(l, t));
}

/* --- arithmetic --- */

void lift_binary(struct lifter *l, enum ir_op op, unsigned d, unsigned s, ir_ref t) {
    put(l, d, ir_emit(l->ir, op, IR_I64, 0, get(l, s), t, 0, 0));
}

void lift_binary32(struct lifter *l, enum ir_op op, unsigned d, unsigned s, ir_ref t) {
    put32(l, d, ir_emit(l->ir, op, IR_I32, 0, get32(l, s), t, 0, 0));
}

/* --- control flow --- */

void lift_branch(struct lifter *l, enum ir_cond cond, unsigned s, unsigned t, int64_t offset) {
    ir_ref target = ir_pcrel_field(l->ir, l->insn->offset, offset);
    ir_exit_if(l->ir, IR_I64, cond, get(l, s), get(l, t), target);
}

static bool is_link(unsigned x) {
    return x == X_RA || x == X_T0;
}

void lift_jal(struct lifter *l, unsigned d, int64_t offset) {
    ir_ref target = ir_pcrel_field(l->ir, l->insn->offset, offset);
    put(l, d, next(l));
    if (is_link(d))
        ir_call(l->ir, target, next(l));
    else
        ir_jump(l->ir, target);
}

/* The address with bit 0 cleared. One made by auipc stays a constant of the unit, since its other
 * terms are even. */
static ir_ref jump_target(struct lifter *l, unsigned s, int64_t offset) {
    ir_ref sum = ir_add(l->ir, IR_I64, get(l, s), imm(l, offset));
    const struct ir_insn *insn = &l->ir->insn[sum];
    if (insn->op == IR_pcrel)
        return ir_emit(l->ir, IR_pcrel, IR_I64, insn->aux, 0, 0, 0, insn->imm & ~UINT64_C(1));
    return ir_and(l->ir, IR_I64, sum, imm(l, ~INT64_C(1)));
}

/* Calls and returns are told apart by the return-address hints of the manual ("Unconditional
 * Jumps"). A jump from one link register to the other is a coroutine's: neither. */
void lift_jalr(struct lifter *l, unsigned d, unsigned s, int64_t offset) {
    ir_ref target = jump_target(l, s, offset);
    put(l, d, next(l));
    if (is_link(d) && (d == s || !is_link(s)))
        ir_call(l->ir, target, next(l));
    else if (is_link(s) && !is_link(d))
        ir_return(l->ir, target);
    else
        ir_jump(l->ir, target);
}
