/* Lowering rules of the ways out of a unit, and the cold code that stands behind it. */
#include <signal.h>
#include <string.h>

#include "translator/host/x86_64/host_x86_64.h"
#include "translator/host/x86_64/lower.h"

/* A displacement that other threads may run while it is patched must not cross a cache line: branch
 * hints, which processors ignore here, move it. Blocks start at multiples of 16. */
static void align_displacement(struct lower *l, unsigned opcode_bytes) {
    const size_t at = (size_t)(l->b.at - l->b.start) + opcode_bytes;
    size_t pad = at % 16 > LAST_PATCHED ? 16 - at % 16 : 0;
    l->patched |= (uint16_t)(1u << (at + pad) % 16);
    for (; pad > 0; pad--)
        x86_byte(&l->b, 0x2e);
}

uint8_t *lower_chained_jmp(struct lower *l) {
    align_displacement(l, 1);
    return x86_jmp(&l->b);
}

static uint8_t *chained_call(struct lower *l) {
    align_displacement(l, 1);
    return x86_call(&l->b);
}

static uint8_t *chained_jcc(struct lower *l, enum x86_cond cond) {
    align_displacement(l, 2);
    return x86_jcc(&l->b, cond);
}

static struct cold *exit_to(struct lower *l, uint8_t *jump, const struct ir_insn *target) {
    struct cold *cold = lower_cold(l, COLD_EXIT, jump);
    cold->offset = (int64_t)target->imm;
    cold->field = (uint8_t)target->aux;
    return cold;
}

/* A side exit; one that has something to put first is chained in its cold code. */
static void side_exit(struct lower *l, enum x86_cond cond, const struct ir_insn *target) {
    const struct recipe *puts = lower_pending_puts(l);
    exit_to(l, puts ? x86_jcc(&l->b, cond) : chained_jcc(l, cond), target)->puts = puts;
}

/* A read of the poll page (runtime/cpu.h) for instruction `where`, with which the guest starts
 * again if it faults: into a free register where there is one, since that keeps the flags. The
 * first one serves all back edges of the unit. */
static void poll(struct lower *l, unsigned where) {
    if (l->polled)
        return;
    l->polled = true;
    const struct x86_mem page = cpu_mem((size_t)-CPU_POLL_PAGE);
    const uint8_t *before = l->b.at;
    const unsigned free = lower_free_register(l);
    lower_fault_point(l, where);
    if (free == NO_REG) {
        x86_mr(&l->b, X86_TEST, 4, page, RAX);
    } else {
        x86_rm(&l->b, X86_MOV, 4, free, page);
        lower_flags_kept(l, before);
    }
    lower_end_insn(l);
}

/* The same for every instance of the pattern: it keeps the direction of a jump's own field, and
 * nothing of a field that another instruction carries. */
static bool is_back_edge(const struct lower *l, const struct ir_insn *target, unsigned where) {
    if (target->aux && l->ir->field_where[target->aux - 1] != where)
        return true;
    const int64_t field = target->aux ? l->field_values[target->aux - 1] : 0;
    return (int64_t)target->imm + field <= l->unit->insn[where].offset;
}

static bool exit_if(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const struct ir_insn *target = &l->ir->insn[lower_root(l, insn->a)];
    const ir_ref value = lower_root(l, insn->b), other = lower_root(l, insn->c);
    if (is_back_edge(l, target, insn->where))
        poll(l, insn->where); /* also when the branch is not taken */
    const bool by_flags = l->flags_value != IR_NO_REF && value == l->flags_value &&
                          l->flags_end == l->b.at && ir_is_const(l->ir, other) &&
                          insn->type == ir_result_type(&l->ir->insn[value]) &&
                          l->ir->insn[other].imm == 0 && (insn->aux == IR_EQ || insn->aux == IR_NE);
    enum x86_cond cond;
    bool parity = false;
    if (l->values[value].late && l->ir->insn[value].op == IR_flags_cond) {
        const struct ir_insn *test = &l->ir->insn[value];
        cond = (enum x86_cond)(lower_flags_test(l, test, &parity) ^ (insn->aux == IR_EQ));
        lower_consume(l, test->a);
    } else if (by_flags)
        cond = (enum x86_cond)(l->flags_cond ^ (insn->aux == IR_EQ));
    else if (l->values[ref].served &&
             !lower_is_served(l, ref, (enum ir_type)insn->type, insn->b, insn->c))
        return true;
    else
        cond =
            lower_compare(l, (enum ir_type)insn->type, (enum ir_cond)insn->aux, insn->b, insn->c);
    lower_consume(l, insn->a);
    if (!l->values[ref].served) {
        lower_consume(l, insn->b);
        lower_consume(l, insn->c);
    }
    const uint8_t *before = l->b.at;
    uint8_t *unordered = parity && cond == CC_E ? x86_jcc_short(&l->b, CC_P) : NULL;
    side_exit(l, cond, target);
    if (unordered)
        x86_link_short(&l->b, unordered);
    else if (parity)
        side_exit(l, CC_P, target);
    lower_flags_kept(l, before);
    return true;
}

/* Indirect jump or call through the thread's look-up table; the target is in rax. */
static void look_up(struct lower *l, bool call, bool round) {
    const struct x86_mem code = x86_probe_jump_table(&l->b);
    struct cold *cold = lower_cold(l, call ? COLD_CALL : COLD_LOOKUP, x86_jcc(&l->b, CC_NE));
    cold->round = round;
    x86_m(&l->b, call ? X86_CALL : X86_JMP, 8, code);
    cold->back = l->b.at;
}

/* The target as far as it is computed; `round`: its low bits are left to the cold code. */
static ir_ref target_value(struct lower *l, ir_ref ref, bool *round) {
    const ir_ref target = lower_root(l, ref);
    *round = l->values[target].late;
    if (!*round)
        return target;
    lower_consume(l, target);
    lower_consume(l, l->ir->insn[target].b);
    return lower_root(l, l->ir->insn[target].a);
}

static bool target_to_rax(struct lower *l, ir_ref ref) {
    bool round;
    ref = target_value(l, ref, &round);
    const struct operand target = lower_operand(l, ref, 8);
    if (target.kind == IS_CONST)
        x86_mov_imm(&l->b, RAX, (uint64_t)(int64_t)target.imm, false);
    else if (target.kind == IN_MEMORY)
        x86_rm(&l->b, X86_MOV, 8, RAX, target.mem);
    else
        lower_move(l, 8, RAX, target.reg);
    lower_consume(l, ref);
    return round;
}

/* The way on to the instruction behind a part of a draft, over the part's cold code. */
static void fall_through(struct lower *l) {
    l->falls_through = true;
    if (l->cold_count)
        l->over = x86_jmp(&l->b);
}

static bool is_fall_through(const struct lower *l, const struct ir_insn *target) {
    return l->is_part && target->op == IR_pcrel && target->aux == 0 &&
           target->imm == guest_unit_size(l->unit);
}

static bool jump(struct lower *l, const struct ir_insn *insn) {
    const struct ir_insn *target = &l->ir->insn[lower_root(l, insn->a)];
    if (is_fall_through(l, target)) {
        fall_through(l);
        lower_consume(l, insn->a);
        return true;
    }
    if (target->op == IR_pcrel) {
        if (is_back_edge(l, target, insn->where))
            poll(l, insn->where);
        exit_to(l, lower_chained_jmp(l), target);
        lower_consume(l, insn->a);
        return true;
    }
    look_up(l, false, target_to_rax(l, insn->a));
    return true;
}

/* The pair on the return stack, then the call itself; behind it the way on after the return. */
static bool call(struct lower *l, const struct ir_insn *insn) {
    const struct ir_insn *target = &l->ir->insn[lower_root(l, insn->a)];
    const struct ir_insn *back = &l->ir->insn[lower_root(l, insn->b)];
    const bool direct = target->op == IR_pcrel;
    const struct operand link = lower_operand(l, insn->b, 8);
    if (link.kind == IN_MEMORY)
        x86_m(&l->b, X86_PUSH, 8, link.mem);
    else
        x86_r(&l->b, X86_PUSH, 8, link.kind == IN_REG ? link.reg : lower_use(l, insn->b));
    lower_consume(l, insn->b);
    if (direct) {
        exit_to(l, chained_call(l), target);
        lower_consume(l, insn->a);
    } else {
        lower_end_insn(l);
        look_up(l, true, target_to_rax(l, insn->a));
    }
    x86_rm(&l->b, X86_LEA, 8, RSP, (struct x86_mem){RSP, NO_REG, 0, 8});
    exit_to(l, lower_chained_jmp(l), back);
    return true;
}

static bool ret(struct lower *l, const struct ir_insn *insn) {
    bool round;
    const ir_ref ref = target_value(l, insn->a, &round);
    const unsigned target = lower_use(l, ref);
    x86_mr(&l->b, X86_CMP, 8, (struct x86_mem){RSP, NO_REG, 0, 8}, target);
    struct cold *cold = lower_cold(l, COLD_RETURN, x86_jcc(&l->b, CC_NE));
    cold->reg = (uint8_t)target;
    cold->round = round;
    x86_0(&l->b, X86_RET, 8);
    lower_consume(l, ref);
    return true;
}

static bool trap(struct lower *l, const struct ir_insn *insn) {
    const unsigned pc = lower_use(l, insn->a);
    x86_mr(&l->b, X86_MOV, 8, cpu_mem(offsetof(struct cpu, pc)), pc);
    x86_mi(&l->b, X86_MOV, 4, cpu_mem(offsetof(struct cpu, exit_reason)), (int32_t)insn->imm);
    lower_jump_stub(l, STUB_EXIT);
    lower_consume(l, insn->a);
    return true;
}

static bool helper(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)insn->imm;
    const ir_ref operands[3] = {insn->a, insn->b, insn->c};
    for (unsigned i = 0; i < 3; i++) {
        if (operands[i] == IR_NO_REF)
            continue;
        x86_mr(&l->b, X86_MOV, 8, cpu_mem(offsetof(struct cpu, scratch) + 16 * i),
               lower_use(l, operands[i]));
        lower_end_insn(l);
    }
    for (unsigned i = 0; i < 3; i++)
        if (operands[i] != IR_NO_REF)
            lower_consume(l, operands[i]);
    lower_flush_temps(l);
    if (helper->writes_state)
        lower_forget_guest(l);
    lower_flush_temps(l);
    lower_end_insn(l); /* temporaries that saved values passed through are free again */
    /* Relative to the emulator's image, so that the template holds wherever that is loaded. */
    x86_ri(&l->b, X86_MOV, 8, RAX, x86_helper_number(helper));
    lower_fault_point(l, insn->where);
    lower_call_stub(l, STUB_HELPER);
    if (helper->may_exit) {
        x86_rr(&l->b, X86_TEST, 8, RAX, RAX);
        lower_cold(l, COLD_LEAVE, x86_jcc(&l->b, CC_NE));
    }
    if (helper->result != IR_VOID) {
        lower_claim(l, RAX); /* the result's destination may have to be saved first: not to here */
        lower_move(l, 8, lower_define(l, ref, RAX), RAX);
    }
    return true;
}

static struct x86_mem fp_flags_mem(void) {
    return cpu_mem(offsetof(struct cpu, fp) + offsetof(struct fp_env, flags));
}

/* The accrued flags, from memory as long as memory has them all. */
static bool get_fflags(struct lower *l, ir_ref ref) {
    const unsigned dst = lower_define(l, ref, NO_REG);
    x86_mi(&l->b, X86_CMP, 4, private_mem(PRIVATE_LAZY), 0);
    struct cold *cold = lower_cold(l, COLD_GET_FFLAGS, x86_jcc(&l->b, CC_NE));
    x86_rm(&l->b, X86_MOV, 4, dst, fp_flags_mem());
    cold->reg = (uint8_t)dst;
    cold->insn = &l->ir->insn[ref];
    cold->back = l->b.at;
    return true;
}

/* Mostly what is put back is what was read before a comparison: then there is nothing to do. */
static bool put_fflags(struct lower *l, const struct ir_insn *insn) {
    const unsigned flags = lower_use(l, insn->a), now = lower_scratch(l);
    lower_consume(l, insn->a);
    x86_rr(&l->b, X86_MOV, 4, now, flags);
    x86_ri(&l->b, X86_AND, 4, now, FP_ALL_FLAGS);
    x86_rm(&l->b, X86_SUB, 4, now, fp_flags_mem());
    x86_rm(&l->b, X86_OR, 4, now, private_mem(PRIVATE_LAZY));
    struct cold *cold = lower_cold(l, COLD_PUT_FFLAGS, x86_jcc(&l->b, CC_NE));
    cold->reg = (uint8_t)flags;
    cold->insn = insn;
    cold->back = l->b.at;
    return true;
}

static bool put_fround(struct lower *l, const struct ir_insn *insn) {
    x86_mr(&l->b, X86_MOV, 8, cpu_mem(offsetof(struct cpu, scratch)), lower_use(l, insn->a));
    lower_consume(l, insn->a);
    lower_call_eval(l, insn, IR_I64);
    return true;
}

bool lower_exit(struct lower *l, ir_ref ref) {
    const struct ir_insn *insn = &l->ir->insn[ref];
    switch (insn->op) {
    case IR_exit_if: return exit_if(l, ref);
    case IR_jump: return jump(l, insn);
    case IR_call: return call(l, insn);
    case IR_ret: return ret(l, insn);
    case IR_trap: return trap(l, insn);
    case IR_helper: return helper(l, ref);
    case IR_get_fflags: return get_fflags(l, ref);
    case IR_put_fflags: return put_fflags(l, insn);
    case IR_put_fround: return put_fround(l, insn);
    default: return false;
    }
}

/* --- cold code --- */

static void cold_get_fflags(struct lower *l, const struct cold *cold) {
    lower_call_eval(l, cold->insn, IR_I64);
    x86_rm(&l->b, X86_MOV, 4, cold->reg, cpu_mem(offsetof(struct cpu, scratch) + 48));
}

static void cold_put_fflags(struct lower *l, const struct cold *cold) {
    x86_mr(&l->b, X86_MOV, 8, cpu_mem(offsetof(struct cpu, scratch)), cold->reg);
    lower_call_eval(l, cold->insn, IR_I64);
}

static void cold_exit(struct lower *l, const struct cold *cold) {
    uint8_t *jump = cold->from;
    if (cold->puts) {
        const uint32_t before = l->b.count;
        lower_cold_puts(l, cold->puts);
        lower_count_host_insns(l, l->b.count - before + 1);
        jump = lower_chained_jmp(l);
        if (jump)
            x86_link(jump, l->b.at);
    }
    uint8_t *data = l->b.at + EXIT_STUB_SIZE;
    x86_call(&l->b); /* of STUB_CHAIN, by the same relocation */
    const struct exit_data exit = {.jump = jump ? (int32_t)(data - jump) : 0};
    for (unsigned i = 0; i < sizeof exit; i++)
        x86_byte(&l->b, ((const uint8_t *)&exit)[i]);
    lower_relocate(l, RELOC_EXIT, data + offsetof(struct exit_data, target), cold->offset,
                   cold->field);
}

static void cold_misaligned(struct lower *l, const struct cold *cold) {
    const size_t fault = offsetof(struct cpu, fault);
    if (cold->size) {
        const struct x86_mem scratch = cpu_mem(offsetof(struct cpu, scratch));
        x86_mr(&l->b, X86_MOV, 4, scratch, cold->reg);
        x86_mi(&l->b, X86_AND, 4, scratch, 15);
        x86_mi(&l->b, X86_CMP, 4, scratch, 16 - cold->size);
        x86_link(x86_jcc(&l->b, CC_BE), cold->back);
    }
    x86_mr(&l->b, X86_MOV, 8, cpu_mem(fault + offsetof(struct guest_fault, address)), cold->reg);
    x86_mi(&l->b, X86_MOV, 4, cpu_mem(fault + offsetof(struct guest_fault, signal)), SIGBUS);
    x86_mi(&l->b, X86_MOV, 4, cpu_mem(fault + offsetof(struct guest_fault, code)), BUS_ADRALN);
    lower_load_pc(l, RAX, cold->offset, 0);
    x86_mr(&l->b, X86_MOV, 8, cpu_mem(offsetof(struct cpu, pc)), RAX);
    x86_mi(&l->b, X86_MOV, 4, cpu_mem(offsetof(struct cpu, exit_reason)), EXIT_FAULT);
    lower_jump_stub(l, STUB_EXIT);
}

/* The canonical NaN to memory, by halves as immediates, so that no register is needed. */
static void store_nan(struct lower *l, enum ir_type type, struct x86_mem low) {
    struct x86_mem high = low;
    high.disp += 4;
    x86_mi(&l->b, X86_MOV, 4, low, type == IR_F32 ? 0x7fc00000 : 0);
    x86_mi(&l->b, X86_MOV, 4, high, type == IR_F32 ? 0 : 0x7ff80000);
}

static void cold_canon(struct lower *l, const struct cold *cold) {
    const struct x86_mem nan = cpu_mem(offsetof(struct cpu, scratch));
    store_nan(l, (enum ir_type)cold->type, nan);
    x86_vm(&l->b, X86_MOVSD, cold->reg, nan);
}

static void cold_fma(struct lower *l, const struct cold *cold) {
    const enum ir_type type = (enum ir_type)cold->insn->type;
    for (unsigned i = 0; i < 2; i++)
        x86_mv(&l->b, X86_MOVSD, cpu_mem(offsetof(struct cpu, scratch) + 16 * i), cold->factors[i]);
    store_nan(l, type, cpu_mem(offsetof(struct cpu, scratch) + 32));
    lower_call_eval(l, cold->insn, type);
    x86_vm(&l->b, X86_MOVSD, cold->reg, cpu_mem(offsetof(struct cpu, scratch) + 48));
}

/* A scalar result that has all of CONST_EDGES' bits or none: goes back unless it is a NaN or
 * (about) the least normal number. */
static void sort_out_edges(struct lower *l, const struct cold *cold) {
    const bool wide = cold->insn->type == IR_F64;
    struct x86_mem top = cpu_mem(offsetof(struct cpu, scratch));
    x86_mv(&l->b, wide ? X86_MOVSD : X86_MOVSS, top, cold->reg);
    top.disp += wide ? 4 : 0;
    x86_mi(&l->b, X86_AND, 4, top, INT32_MAX);
    x86_mi(&l->b, X86_CMP, 4, top, wide ? 0x00100000 : 0x00800000);
    uint8_t *least = x86_jcc_short(&l->b, CC_E);
    x86_mi(&l->b, X86_CMP, 4, top, wide ? 0x7ff80000 : 0x7fc00000);
    x86_link(x86_jcc(&l->b, CC_B), cold->back);
    x86_link_short(&l->b, least);
}

static void cold_redo(struct lower *l, const struct cold *cold) {
    const size_t scratch = offsetof(struct cpu, scratch);
    const enum ir_type type = ir_result_type(cold->insn);
    if (cold->flag)
        sort_out_edges(l, cold);
    for (unsigned i = 0; i < 3; i++)
        if (cold->operands[i] != NO_REG)
            x86_mv(&l->b, X86_MOVUPS, cpu_mem(scratch + 16 * i), cold->operands[i]);
    lower_call_eval(l, cold->insn, (enum ir_type)cold->type);
    if (is_vec(type))
        x86_vm(&l->b,
               type == IR_F32   ? X86_MOVSS
               : type == IR_F64 ? X86_MOVSD
                                : X86_MOVUPS,
               cold->reg, cpu_mem(scratch + 48));
    else
        x86_rm(&l->b, X86_MOV, 8, cold->reg, cpu_mem(scratch + 48));
}

/* Dividend in rax. Divided by 0: all ones, remainder the dividend; by -1: its negation, remainder
 * 0. */
static void cold_div(struct lower *l, const struct cold *cold) {
    x86_link(cold->from, l->b.at);
    if (cold->flag)
        lower_move(l, cold->size, RDX, RAX);
    else
        x86_ri(&l->b, X86_MOV, 8, RAX, (int32_t)cold->offset);
    if (!cold->from2)
        return;
    x86_link(x86_jmp(&l->b), cold->back);
    x86_link(cold->from2, l->b.at);
    if (cold->flag)
        x86_rr(&l->b, X86_XOR, 4, RDX, RDX);
    else
        x86_r(&l->b, X86_NEG, cold->size, RAX);
}

static void cold_ftoi(struct lower *l, const struct cold *cold) {
    const bool single = cold->type == IR_F32;
    x86_vv(&l->b, single ? X86_UCOMISS : X86_UCOMISD, cold->reg2, cold->reg2);
    uint8_t *nan = x86_jcc_short(&l->b, CC_P);
    /* The sign, through memory: MOVMSK reaches only the low sixteen registers. */
    const struct x86_mem copy = cpu_mem(offsetof(struct cpu, scratch));
    x86_mv(&l->b, X86_MOVSD, copy, cold->reg2);
    struct x86_mem top = copy;
    top.disp += single ? 3 : 7;
    x86_mi(&l->b, X86_TEST, 1, top, -128);
    uint8_t *positive = x86_jcc_short(&l->b, CC_E);
    x86_mov_imm(&l->b, cold->reg,
                cold->flag        ? 0
                : cold->size == 8 ? (uint64_t)INT64_MIN
                                  : 0x80000000u,
                true);
    x86_link(x86_jmp(&l->b), cold->back);
    x86_link_short(&l->b, nan);
    x86_link_short(&l->b, positive);
    const uint64_t most = cold->flag ? UINT64_MAX : cold->size == 8 ? INT64_MAX : INT32_MAX;
    x86_mov_imm(&l->b, cold->reg, most, true);
}

static void round_target(struct lower *l, const struct cold *cold) {
    if (cold->round)
        x86_ri(&l->b, X86_AND, 8, RAX, -(1 << x86_config.jump_shift));
}

void lower_cold_code(struct lower *l) {
    for (unsigned i = 0; i < l->cold_count && !l->b.overflow; i++) {
        struct cold *cold = &l->cold[i];
        cold->code = (uint32_t)(l->b.at - l->b.start);
        if (cold->kind != COLD_DIV) {
            if (cold->from)
                x86_link(cold->from, l->b.at);
            if (cold->from2)
                x86_link(cold->from2, l->b.at);
        }
        switch ((enum cold_kind)cold->kind) {
        case COLD_EXIT: cold_exit(l, cold); continue;
        case COLD_LOOKUP:
            round_target(l, cold);
            lower_jump_stub(l, STUB_FAR_LOOKUP);
            continue;
        case COLD_LEAVE: lower_jump_stub(l, STUB_EXIT); continue;
        case COLD_LANDING:
            lower_cold_puts(l, cold->puts);
            lower_jump_stub(l, STUB_EXIT);
            continue;
        case COLD_MISALIGNED: cold_misaligned(l, cold); continue;
        case COLD_CALL:
            round_target(l, cold);
            lower_call_stub(l, STUB_FAR_LOOKUP);
            break;
        case COLD_RETURN:
            lower_move(l, 8, RAX, cold->reg);
            round_target(l, cold);
            lower_jump_stub(l, STUB_RETURN);
            continue;
        case COLD_CANON: cold_canon(l, cold); break;
        case COLD_FMA: cold_fma(l, cold); break;
        case COLD_REDO: cold_redo(l, cold); break;
        case COLD_DIV: cold_div(l, cold); break;
        case COLD_FTOI: cold_ftoi(l, cold); break;
        case COLD_GET_FFLAGS: cold_get_fflags(l, cold); break;
        case COLD_PUT_FFLAGS: cold_put_fflags(l, cold); break;
        }
        x86_link(x86_jmp(&l->b), cold->back);
    }
}
