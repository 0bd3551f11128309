/* The code that every block shares: the way in and out of generated code, and calls into C.
 * Generated once, since it depends on which registers are pinned. */
#include <string.h>

#include "translator/host/x86_64/host_x86_64.h"
#include "translator/host/x86_64/lower.h"

const uint8_t *x86_stubs[STUB_COUNT];
static void (*enter_stub)(struct cpu *cpu, const uint8_t *code);

static const uint8_t saved[] = {RBX, RBP, R12, R13, R14, R15};

static void move_pins(struct x86_buffer *b, bool store) {
    const enum x86_op vec_move = x86_config.vec_size == 16 ? X86_MOVAPS : X86_MOVSD;
    for (unsigned guest = 0; guest < REG_CTL; guest++) {
        const unsigned pin = x86_config.pin[guest];
        if (pin == NO_REG)
            continue;
        if (guest < REG_VEC && store)
            x86_mr(b, X86_MOV, 8, home_mem(guest), pin);
        else if (guest < REG_VEC)
            x86_rm(b, X86_MOV, 8, pin, home_mem(guest));
        else if (store)
            x86_mv(b, vec_move, home_mem(guest), pin);
        else
            x86_vm(b, vec_move, pin, home_mem(guest));
    }
}

static void load_cpu_field(struct x86_buffer *b, unsigned reg, size_t offset) {
    x86_rm(b, X86_MOV, 8, reg, cpu_mem(offset));
}

static void store_cpu_field(struct x86_buffer *b, size_t offset, unsigned reg) {
    x86_mr(b, X86_MOV, 8, cpu_mem(offset), reg);
}

/* C code may change opmasks. */
static void load_first_mask(struct x86_buffer *b) {
    if (x86_vector_level != X86_AVX512)
        return;
    x86_mov_imm(b, RCX, 1, false);
    x86_vr(b, X86_KMOVW, 4, X86_FIRST_MASK, RCX);
}

/* enter(cpu, code): the guest's pc goes along in rax, as with any indirect jump. */
static void emit_enter(struct x86_buffer *b) {
    for (unsigned i = 0; i < sizeof saved; i++)
        x86_r(b, X86_PUSH, 8, saved[i]);
    x86_ri(b, X86_SUB, 8, RSP, 8);
    x86_rm(b, X86_LEA, 8, RBP, (struct x86_mem){RDI, NO_REG, 0, CPU_BASE_BIAS});
    x86_rr(b, X86_MOV, 8, RDX, RSI);
    store_cpu_field(b, offsetof(struct cpu, host_stack), RSP);
    load_cpu_field(b, RSP, offsetof(struct cpu, return_stack));
    load_cpu_field(b, RAX, offsetof(struct cpu, pc));
    load_first_mask(b);
    move_pins(b, false);
    x86_r(b, X86_JMP, 8, RDX);
}

static void emit_exit(struct x86_buffer *b) {
    x86_stubs[STUB_EXIT] = b->at;
    move_pins(b, true);
    store_cpu_field(b, offsetof(struct cpu, return_stack), RSP);
    x86_stubs[STUB_LEAVE] = b->at;
    load_cpu_field(b, RSP, offsetof(struct cpu, host_stack));
    x86_ri(b, X86_ADD, 8, RSP, 8);
    for (unsigned i = sizeof saved; i-- > 0;)
        x86_r(b, X86_POP, 8, saved[i]);
    x86_0(b, X86_RET, 8);
}

static void jump_to(struct x86_buffer *b, enum x86_stub stub) {
    x86_link(x86_jmp(b), x86_stubs[stub]);
}

struct x86_mem x86_probe_jump_table(struct x86_buffer *b) {
    const unsigned shift = x86_config.jump_shift;
    struct x86_mem entry = {RDX, RCX, (uint8_t)(4 - shift), 0};
    x86_rr(b, X86_MOV, 4, RCX, RAX);
    load_cpu_field(b, RDX, offsetof(struct cpu, jump_table));
    x86_ri(b, X86_AND, 4, RCX, (JUMP_CACHE_SIZE - 1) << shift);
    x86_mr(b, X86_CMP, 8, entry, RAX);
    entry.disp = offsetof(struct jump_cache_entry, code);
    return entry;
}

/* The target's code, to rdx, unless something waits or there is none. */
static void probe_far_jump_table(struct x86_buffer *b, uint8_t *missed[3]) {
    const unsigned shift = x86_config.jump_shift;
    struct x86_mem entry = cpu_mem(offsetof(struct cpu, far_jump_cache));
    entry.index = RCX;
    entry.scale = (uint8_t)(4 - shift);
    x86_rm(b, X86_LEA, 8, RDX, cpu_mem(offsetof(struct cpu, jump_cache)));
    x86_mr(b, X86_CMP, 8, cpu_mem(offsetof(struct cpu, jump_table)), RDX);
    missed[0] = x86_jcc(b, CC_NE);
    x86_rr(b, X86_MOV, 4, RCX, RAX);
    x86_ri(b, X86_SHR, 4, RCX, FAR_JUMP_SHIFT);
    x86_rr(b, X86_XOR, 4, RCX, RAX);
    x86_ri(b, X86_AND, 4, RCX, (FAR_JUMP_CACHE_SIZE - 1) << shift);
    x86_mr(b, X86_CMP, 8, entry, RAX);
    missed[1] = x86_jcc(b, CC_NE);
    entry.disp += (int32_t)offsetof(struct jump_cache_entry, code);
    x86_rm(b, X86_MOV, 8, RDX, entry);
    x86_rr(b, X86_TEST, 8, RDX, RDX);
    missed[2] = x86_jcc(b, CC_E);
}

static void emit_lookup(struct x86_buffer *b) {
    x86_stubs[STUB_CHAIN] = b->at;
    x86_m(b, X86_POP, 8, private_mem(PRIVATE_EXIT));
    uint8_t *leave = x86_jmp_short(b);
    x86_stubs[STUB_FAR_LOOKUP] = b->at;
    uint8_t *missed[3];
    probe_far_jump_table(b, missed);
    x86_r(b, X86_JMP, 8, RDX);
    x86_stubs[STUB_LOOKUP] = b->at;
    for (unsigned i = 0; i < 3; i++)
        x86_link(missed[i], b->at);
    store_cpu_field(b, offsetof(struct cpu, pc), RAX);
    x86_link_short(b, leave);
    x86_mi(b, X86_MOV, 4, cpu_mem(offsetof(struct cpu, exit_reason)), EXIT_LOOKUP);
    jump_to(b, STUB_EXIT);
}

/* A return that does not match the last open call: perhaps an older one (calls were abandoned by
 * longjmp or an exception), otherwise as any indirect jump. */
static void emit_return(struct x86_buffer *b) {
    enum { DEPTH = 6 };
    x86_stubs[STUB_RETURN] = b->at;
    uint8_t *found[DEPTH];
    for (unsigned i = 1; i < DEPTH; i++) {
        x86_mr(b, X86_CMP, 8, (struct x86_mem){RSP, NO_REG, 0, (int32_t)(8 + 16 * i)}, RAX);
        found[i] = x86_jcc(b, CC_E);
    }
    const struct x86_mem code = x86_probe_jump_table(b);
    x86_link(x86_jcc(b, CC_NE), x86_stubs[STUB_FAR_LOOKUP]);
    x86_m(b, X86_JMP, 8, code);
    for (unsigned i = 1; i < DEPTH; i++) {
        x86_link(found[i], b->at);
        x86_rm(b, X86_LEA, 8, RSP, (struct x86_mem){RSP, NO_REG, 0, (int32_t)(16 * i)});
        x86_0(b, X86_RET, 8);
    }
}

/* What lies above the top of the return stack foresees returns to guest pc 0, and they come here.
 * No address is kept from guests, so one that they seldom return to ends the stack, and is looked
 * up. */
static void emit_return_0(struct x86_buffer *b) {
    x86_stubs[STUB_RETURN_0] = b->at;
    load_cpu_field(b, RSP, offsetof(struct cpu, return_stack_top));
    x86_mov_imm(b, RAX, 0, true);
    jump_to(b, STUB_LOOKUP);
}

/* Calls `function`(cpu, eax) on the emulator's stack with the guest's registers in their homes. */
static void emit_c_call(struct x86_buffer *b, void (*function)(void)) {
    x86_rm(b, X86_MOV, 8, RCX, (struct x86_mem){RSP, NO_REG, 0, 0});
    x86_mr(b, X86_MOV, 8, private_mem(PRIVATE_RETURN), RCX);
    move_pins(b, true);
    store_cpu_field(b, offsetof(struct cpu, return_stack), RSP);
    load_cpu_field(b, RSP, offsetof(struct cpu, host_stack));
    x86_rm(b, X86_LEA, 8, RDI, (struct x86_mem){RBP, NO_REG, 0, -CPU_BASE_BIAS});
    x86_rr(b, X86_MOV, 4, RSI, RAX);
    x86_movabs(b, RCX, (uint64_t)(uintptr_t)function);
    x86_r(b, X86_CALL, 8, RCX);
    load_cpu_field(b, RSP, offsetof(struct cpu, return_stack));
    load_first_mask(b);
    move_pins(b, false);
    x86_mi(b, X86_MOV, 8, private_mem(PRIVATE_RETURN), 0);
}

typedef uint64_t helper0(void), helper1(uint64_t), helper2(uint64_t, uint64_t),
    helper3(uint64_t, uint64_t, uint64_t);
typedef uint64_t helper4(uint64_t, uint64_t, uint64_t, uint64_t);

static const struct ir_helper image_anchor;

int32_t x86_helper_number(const struct ir_helper *helper) {
    return (int32_t)((intptr_t)helper - (intptr_t)&image_anchor);
}

static uint64_t run_helper(struct cpu *cpu, int32_t number) {
    const struct ir_helper *helper = (const struct ir_helper *)((intptr_t)&image_anchor + number);
    uint64_t a[5];
    unsigned n = 0;
    if (helper->takes_cpu)
        a[n++] = (uint64_t)(uintptr_t)cpu;
    for (unsigned i = 0; i < helper->arguments; i++)
        a[n++] = cpu->scratch[i].u64[0];
    switch (n) {
    case 0: return ((helper0 *)helper->function)();
    case 1: return ((helper1 *)helper->function)(a[0]);
    case 2: return ((helper2 *)helper->function)(a[0], a[1]);
    case 3: return ((helper3 *)helper->function)(a[0], a[1], a[2]);
    default: return ((helper4 *)helper->function)(a[0], a[1], a[2], a[3]);
    }
}

static void run_eval(struct cpu *cpu) {
    const uint32_t description = cpu->scratch[3].u32[0];
    const struct ir_insn insn = {.op = (uint8_t)description,
                                 .type = description >> 8 & 15,
                                 .aux = (uint16_t)(description >> 16)};
    const uint64_t a = cpu->scratch[0].u64[0];
    switch (insn.op) {
    case IR_get_fflags:
        x86_collect_flags(cpu);
        cpu->scratch[3].u64[0] = cpu->fp.flags;
        return;
    case IR_put_fflags:
        cpu->fp.flags = (uint32_t)a & FP_ALL_FLAGS;
        x86_sync_fp(cpu);
        return;
    case IR_put_fround:
        x86_collect_flags(cpu);
        cpu->fp.round = (uint32_t)a;
        x86_sync_fp(cpu);
        return;
    default: {
        const struct ir_operands operands = {.a = cpu->scratch[0],
                                             .b = cpu->scratch[1],
                                             .c = cpu->scratch[2],
                                             .insn = &insn,
                                             .operand_type = (enum ir_type)(description >> 12 & 15),
                                             .fp = &cpu->fp};
        cpu->scratch[3] = ir_eval_functions[insn.op](&operands);
    }
    }
}

static void emit_calls(struct x86_buffer *b) {
    x86_stubs[STUB_HELPER] = b->at;
    emit_c_call(b, (void (*)(void))run_helper);
    x86_0(b, X86_RET, 8);

    /* Used in cold code, where temporaries may hold anything: keep them. */
    x86_stubs[STUB_EVAL] = b->at;
    static const uint8_t temps[] = {RAX, RCX, RDX};
    const size_t area = offsetof(struct cpu, eval_saved);
    for (unsigned i = 0; i < TEMP_GPRS; i++)
        store_cpu_field(b, area + 8 * i, temps[i]);
    for (unsigned i = 0; i < x86_config.temp_vecs; i++)
        x86_mv(b, X86_MOVUPS, cpu_mem(area + 32 + 16 * i), i);
    emit_c_call(b, (void (*)(void))run_eval);
    for (unsigned i = 0; i < TEMP_GPRS; i++)
        load_cpu_field(b, temps[i], area + 8 * i);
    for (unsigned i = 0; i < x86_config.temp_vecs; i++)
        x86_vm(b, X86_MOVUPS, i, cpu_mem(area + 32 + 16 * i));
    x86_0(b, X86_RET, 8);
}

size_t x86_emit_stubs(uint8_t *code, size_t size) {
    struct x86_buffer b = {.start = code, .at = code, .end = code + size};
    enter_stub = (void (*)(struct cpu *, const uint8_t *))(uintptr_t)b.at;
    emit_enter(&b);
    emit_exit(&b);
    emit_lookup(&b);
    emit_return(&b);
    emit_return_0(&b);
    emit_calls(&b);
    ASSERT(!b.overflow);
    return (size_t)(b.at - code);
}

static void settle_condition_flags(struct cpu *cpu) {
    if (!x86_config.flags_reg)
        return;
    uint64_t *flags = &cpu->ctl[x86_config.flags_reg - REG_CTL];
    if (*flags & X86_BORROW)
        *flags = (*flags & (IR_FLAG_N | IR_FLAG_Z | IR_FLAG_C | IR_FLAG_V)) ^ IR_FLAG_C;
}

void x86_enter(struct cpu *cpu, const uint8_t *code, struct exit_record *exit) {
    cpu->host_private[PRIVATE_EXIT] = 0;
    /* C code may have changed flags, and a jump out of a signal handler leaves MXCSR as the kernel
     * set it for the handler. */
    x86_sync_fp(cpu);
    enter_stub(cpu, code);
    x86_collect_flags(cpu);
    settle_condition_flags(cpu);
    uint8_t *data = (uint8_t *)(uintptr_t)cpu->host_private[PRIVATE_EXIT];
    exit->jump = NULL;
    if (!data)
        return;
    struct exit_data description;
    memcpy(&description, data, sizeof description);
    cpu->pc = description.target;
    if (description.jump)
        *exit = (struct exit_record){data - description.jump, data - EXIT_STUB_SIZE,
                                     description.target};
}
