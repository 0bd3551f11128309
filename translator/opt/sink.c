/* Moves puts of condition flags to where they are seen. Flags are written by far more instructions
 * than read them; mostly the next such instruction overwrites them, and only a side exit or a fault
 * in between can show them. Such a put becomes `put_at_exit` in front of each of those, and costs
 * nothing unless they happen. A put that must be done in any case is moved behind the next guest
 * instruction's exits, if nothing else comes before: they mostly compare the same operands. Only an
 * exit backwards that compares them, and is likely taken, has it done in front. */
#include "runtime/arena.h"
#include "translator/opt/opt.h"

/* Flags, whose making can be put off: an operation on them, or a choice among such. */
static bool are_flags(const struct ir *ir, ir_ref ref) {
    const struct ir_insn *insn = &ir->insn[ref];
    if (insn->op >= IR_flags_add && insn->op <= IR_flags_fcmp)
        return true;
    return insn->op == IR_select && insn->type == IR_I64 &&
           (ir_is_const(ir, insn->b) || are_flags(ir, insn->b)) &&
           (ir_is_const(ir, insn->c) || are_flags(ir, insn->c)) &&
           !(ir_is_const(ir, insn->b) && ir_is_const(ir, insn->c));
}

/* What is known of flags at some point. */
struct knowledge {
    ir_ref value;
    bool is_constant;
    uint64_t constant;
};

enum place { AT_EXIT, IN_FRONT, BEHIND };

/* A put to be added in front of an instruction, or behind it. */
struct addition {
    struct ir_insn put;
    bool behind;
    struct knowledge flags; /* what is put */
    ir_ref constant;        /* once it has been made */
    struct addition *next;
};

struct sinking {
    struct ir *ir;
    struct addition **additions; /* by instruction */
    ir_ref *barrier; /* the last instructions that may show registers, from the end on */
    uint32_t barriers;
    bool changed;
};

/* May it have a put_at_exit? Others that fault or leave show registers without. */
static bool is_soft(const struct ir_insn *insn) {
    return insn->op == IR_exit_if || insn->op == IR_load || insn->op == IR_store;
}

/* What the comparison that led to `cond` says of flags: all of them, or false. */
static bool known_flags(const struct ir *ir, const struct ir_insn *flags, enum ir_cond cond,
                        uint64_t *known) {
    const bool logic = flags->op == IR_flags_logic;
    const bool with_zero = logic || (ir->insn[flags->b].op == IR_const && !ir->insn[flags->b].imm);
    const uint64_t carry = logic ? 0 : IR_FLAG_C; /* nothing borrows from x - 0 or x - x */
    switch (cond) {
    case IR_EQ: *known = IR_FLAG_Z | carry; return true;
    case IR_LT: *known = IR_FLAG_N | carry; return with_zero;
    case IR_GT: *known = carry; return with_zero;
    default: return false;
    }
}

/* Do flags come of the operands that `exit` compares? */
static bool same_comparison(const struct ir *ir, const struct ir_insn *flags,
                            const struct ir_insn *exit) {
    if (exit->op != IR_exit_if || flags->type != exit->type || flags->a != exit->b)
        return false;
    if (flags->op == IR_flags_sub)
        return flags->b == exit->c;
    return flags->op == IR_flags_logic && ir->insn[exit->c].op == IR_const &&
           ir->insn[exit->c].imm == 0;
}

/* What is known once `exit` has been taken, or has not: of a choice by the condition that it tests,
 * which; of a comparison with the same operands, perhaps all. */
static struct knowledge decide(const struct ir *ir, struct knowledge flags,
                               const struct ir_insn *exit, bool taken) {
    const struct ir_insn *insn = &ir->insn[flags.value];
    if (flags.is_constant || exit->op != IR_exit_if)
        return flags;
    if (insn->op != IR_select) {
        const enum ir_cond cond = (enum ir_cond)exit->aux;
        flags.is_constant =
            same_comparison(ir, insn, exit) &&
            known_flags(ir, insn, taken ? cond : ir_cond_negate(cond), &flags.constant);
        return flags;
    }
    const struct ir_insn *set = &ir->insn[insn->a];
    bool holds = taken; /* whether the choice is the first */
    if (set->op == IR_set && set->type == exit->type && set->a == exit->b && set->b == exit->c &&
        set->aux >> 1 == exit->aux >> 1)
        holds ^= set->aux != exit->aux; /* each condition stands beside its negation */
    else if (exit->b == insn->a && exit->type == IR_I64 && exit->aux <= IR_NE &&
             ir->insn[exit->c].op == IR_const && ir->insn[exit->c].imm == 0)
        holds ^= exit->aux == IR_EQ;
    else
        return flags;
    flags.value = holds ? insn->b : insn->c;
    return decide(ir, flags, exit, taken);
}

/* Adds a put to the instruction `at`: in front of it, behind it, or for the case that it leaves. */
static void add(struct sinking *s, ir_ref at, struct ir_insn put, struct knowledge flags,
                enum place place) {
    struct addition *addition = arena_alloc(s->ir->arena, sizeof *addition);
    put.op = place == AT_EXIT ? IR_put_at_exit : IR_put;
    put.a = flags.value;
    put.where = s->ir->insn[at].where;
    *addition = (struct addition){
        .put = put, .behind = place == BEHIND, .flags = flags, .next = s->additions[at]};
    s->additions[at] = addition;
}

/* An exit backwards is likely to be taken: then a put in front of it saves a jump. */
static bool goes_back(const struct ir *ir, const struct ir_insn *exit) {
    const struct ir_insn *target = &ir->insn[exit->a];
    return exit->op == IR_exit_if && target->op == IR_pcrel && target->aux &&
           ir->field_value[target->aux - 1] < 0;
}

/* Does the exit compare what the flags are of, or ask whether that difference is 0? */
static bool go_together(const struct ir *ir, ir_ref ref, const struct ir_insn *exit) {
    const struct ir_insn *flags = &ir->insn[ref], *difference = &ir->insn[exit->b];
    if (flags->op != IR_flags_sub)
        return false;
    return same_comparison(ir, flags, exit) ||
           ((difference->op == IR_sub || difference->op == IR_add) && difference->a == flags->a &&
            exit->aux <= IR_NE && ir->insn[exit->c].op == IR_const && !ir->insn[exit->c].imm);
}

/* The put at `index`, of a register that is written next at `overwritten` (0: not before it may be
 * seen otherwise) and read next at `read`. */
static void sink(struct sinking *s, ir_ref index, ir_ref overwritten, ir_ref read) {
    struct ir *ir = s->ir;
    const struct ir_insn put = ir->insn[index];
    struct knowledge flags = {.value = put.a};
    const ir_ref first = s->barriers ? s->barrier[s->barriers - 1] : 0;
    ir_ref last = 0;
    bool done = false;
    for (uint32_t i = s->barriers; i-- > 0; last = s->barrier[i]) {
        const ir_ref at = s->barrier[i];
        const struct ir_insn *exit = &ir->insn[at];
        if (overwritten ? at > overwritten
                        : exit->op != IR_exit_if || exit->where != ir->insn[first].where ||
                              (read && read < at))
            break;
        done = !flags.is_constant && goes_back(ir, exit) && go_together(ir, flags.value, exit);
        if (done) {
            add(s, at, put, flags, IN_FRONT);
            break;
        }
        add(s, at, put, decide(ir, flags, exit, true), AT_EXIT);
        flags = decide(ir, flags, exit, false);
    }
    if (!overwritten && !last && !done)
        return;
    if (!overwritten && !done)
        add(s, last, put, flags, BEHIND);
    ir->insn[index] = (struct ir_insn){.op = IR_nop, .where = put.where};
    s->changed = true;
}

static void append_constants(struct ir *ir, struct addition *a, uint16_t where) {
    for (; a; a = a->next) {
        const struct ir_insn insn = {
            .op = IR_const, .type = IR_I64, .where = where, .imm = a->flags.constant};
        if (a->flags.is_constant)
            a->constant = ir_append(ir, &insn);
    }
}

/* Copies the unit with the additions into place. */
static void rebuild(const struct sinking *s) {
    struct ir *ir = s->ir;
    const struct ir_insn *old = ir->insn;
    const uint32_t old_count = ir->count;
    ir_ref *renumbered = arena_array(ir->arena, ir_ref, old_count);
    ir->count = 0;
    ir->insn = arena_array(ir->arena, struct ir_insn, ir->capacity);
    for (uint32_t i = 0; i < old_count; i++) {
        append_constants(ir, s->additions[i], old[i].where);
        for (int behind = 0; behind <= 1; behind++) {
            for (const struct addition *a = s->additions[i]; a; a = a->next) {
                if (a->behind != behind)
                    continue;
                struct ir_insn put = a->put;
                put.a = a->flags.is_constant ? a->constant : renumbered[put.a];
                ir_append(ir, &put);
            }
            if (behind)
                break;
            struct ir_insn insn = old[i];
            insn.a = renumbered[insn.a];
            insn.b = renumbered[insn.b];
            insn.c = renumbered[insn.c];
            renumbered[i] = ir_append(ir, &insn);
        }
    }
}

void opt_sink(struct ir *ir) {
    if (!ir->has_flags)
        return;

    struct sinking s = {.ir = ir,
                        .additions = arena_array(ir->arena, struct addition *, ir->count),
                        .barrier = arena_array(ir->arena, ir_ref, ir->count)};
    ir_ref overwritten[CPU_CTLS] = {0}, read[CPU_CTLS] = {0};
    for (uint32_t i = 0; i < ir->count; i++)
        s.additions[i] = NULL;
    for (ir_ref i = (ir_ref)(ir->count - 1); i > 0; i--) {
        const struct ir_insn *insn = &ir->insn[i];
        const unsigned reg = insn->aux - (unsigned)REG_CTL;
        if (ir_ops[insn->op].flags & (IR_FAULT | IR_EXIT)) {
            if (!is_soft(insn)) {
                s.barriers = 0;
                for (unsigned r = 0; r < CPU_CTLS; r++)
                    overwritten[r] = read[r] = 0;
            }
            s.barrier[s.barriers++] = i;
        } else if (insn->op == IR_get && insn->aux >= REG_CTL) {
            overwritten[reg] = 0;
            read[reg] = i;
        } else if (insn->op == IR_put && insn->aux >= REG_CTL) {
            if (are_flags(ir, insn->a))
                sink(&s, i, overwritten[reg], read[reg]);
            overwritten[reg] = i;
            read[reg] = 0;
        }
    }
    if (s.changed)
        rebuild(&s);
}
