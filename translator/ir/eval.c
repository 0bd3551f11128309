/* The evaluator: runs IR directly. It is the oracle for the backends, and the way to run guests on
 * a host that has none.
 *
 * Registers change instruction by instruction, so at a fault they are exact as they stand. */
#include <ffi.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "runtime/log.h"
#include "runtime/signals.h"
#include "runtime/thread.h"
#include "translator/ir/eval_memory.h"
#include "translator/ir/ir.h"

/* --- helpers --- */

enum { MAX_ARGUMENTS = 3, RESULTS = 3 };

/* A call interface for every signature a helper can have. */
static struct {
    ffi_type *parameters[1 + MAX_ARGUMENTS];
    ffi_cif cif[RESULTS][2 + MAX_ARGUMENTS]; /* by result and number of parameters */
} calls;

static void prepare_calls(void) {
    static ffi_type *const results[RESULTS] = {
        [IR_VOID] = &ffi_type_void, [IR_I32] = &ffi_type_uint32, [IR_I64] = &ffi_type_uint64};
    for (unsigned i = 0; i < 1 + MAX_ARGUMENTS; i++)
        calls.parameters[i] = &ffi_type_uint64; /* `cpu` is as long */
    for (unsigned result = 0; result < RESULTS; result++)
        for (unsigned n = 0; n <= 1 + MAX_ARGUMENTS; n++)
            if (ffi_prep_cif(&calls.cif[result][n], FFI_DEFAULT_ABI, n, results[result],
                             calls.parameters) != FFI_OK)
                BUG("libffi knows no call with %u parameters", n);
}

static uint64_t call_helper(struct cpu *cpu, const struct ir_helper *helper, uint64_t a, uint64_t b,
                            uint64_t c) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_calls);
    uint64_t self = (uint64_t)(uintptr_t)cpu;
    void *values[] = {&self, &a, &b, &c};
    unsigned first = helper->takes_cpu ? 0 : 1;
    ffi_arg result = 0;
    ffi_call(&calls.cif[helper->result][helper->arguments + 1 - first], helper->function, &result,
             values + first);
    return helper->result == IR_I32 ? (uint32_t)result : result;
}

/* --- instructions --- */

struct evaluation {
    struct cpu *cpu;
    const struct ir *ir;
    const struct guest_unit *unit;
    const int64_t *field_values;
    struct ir_journal *journal;
    union cpu_vec *value; /* of every instruction */
    /* The last instruction that may fault; read after a jump out of a signal handler. */
    const struct ir_insn *volatile faulting;
};

static void *home(struct cpu *cpu, unsigned reg) {
    return (char *)cpu + cpu_reg_offset(reg);
}

static uint64_t get_word(struct cpu *cpu, unsigned reg) {
    return *(uint64_t *)home(cpu, reg);
}

static uint64_t bits(const struct evaluation *e, ir_ref ref) {
    return e->value[ref].u64[0];
}

/* The address of the guest instruction that `insn` comes from. */
static uint64_t guest_pc(const struct evaluation *e, const struct ir_insn *insn) {
    return e->unit->pc + (uint64_t)(int64_t)e->unit->insn[insn->where].offset;
}

static union cpu_vec compute(const struct evaluation *e, const struct ir_insn *insn) {
    struct ir_operands operands = {.a = e->value[insn->a],
                                   .b = e->value[insn->b],
                                   .c = e->value[insn->c],
                                   .insn = insn,
                                   .operand_type = ir_result_type(&e->ir->insn[insn->a]),
                                   .fp = &e->cpu->fp};
    return ir_eval_functions[insn->op](&operands);
}

static uint64_t pc_value(const struct evaluation *e, const struct ir_insn *insn) {
    uint64_t pc = e->unit->pc + insn->imm;
    return insn->aux ? pc + (uint64_t)e->field_values[insn->aux - 1] : pc;
}

static union cpu_vec get(const struct evaluation *e, const struct ir_insn *insn) {
    union cpu_vec value = {.u64 = {0}};
    memcpy(&value, home(e->cpu, insn->aux), ir_type_size((enum ir_type)insn->type));
    return value;
}

static void put(const struct evaluation *e, const struct ir_insn *insn) {
    memcpy(home(e->cpu, insn->aux), &e->value[insn->a], ir_type_size((enum ir_type)insn->type));
}

static uint64_t address(const struct evaluation *e, const struct ir_insn *insn) {
    uint64_t index = insn->b ? bits(e, insn->b) << IR_MEM_SCALE(insn->aux) : 0;
    return bits(e, insn->a) + index + insn->imm;
}

static uint64_t store_conditional(const struct evaluation *e, const struct ir_insn *insn) {
    struct cpu *cpu = e->cpu;
    unsigned reservation = (unsigned)insn->imm;
    uint64_t addr = bits(e, insn->a), gone = ~UINT64_C(0);
    bool stored = get_word(cpu, reservation) == addr &&
                  memory_store_if(insn->aux, addr, get_word(cpu, reservation + 1), bits(e, insn->b),
                                  e->journal);
    memcpy(home(cpu, reservation), &gone, sizeof(gone));
    return !stored;
}

static bool misaligned(unsigned aux, uint64_t address) {
    const unsigned size = 1u << (aux & 15);
    return address % size && (!(aux & IR_ALIGN_WITHIN_16) || address % 16 + size > 16);
}

static bool condition_holds(const struct evaluation *e, const struct ir_insn *insn) {
    struct ir_insn set = {.op = IR_set, .type = insn->type, .aux = insn->aux};
    struct ir_operands operands = {.a = e->value[insn->b], .b = e->value[insn->c], .insn = &set};
    return ir_eval_functions[IR_set](&operands).u64[0];
}

/* The instruction leaves the unit: what was to be put only then. */
static void put_at_exit(const struct evaluation *e, const struct ir_insn *insn) {
    while ((--insn)->op == IR_put_at_exit)
        put(e, insn);
}

static void leave(struct cpu *cpu, uint64_t pc, enum exit_reason reason) {
    cpu->pc = pc;
    cpu->exit_reason = reason;
}

static void run(struct evaluation *e) {
    struct cpu *cpu = e->cpu;
    const struct ir_insn *insn = e->ir->insn, *end = insn + e->ir->count;
    for (union cpu_vec *value = e->value; insn < end; insn++, value++) {
        switch (insn->op) {
        case IR_nop:
        case IR_put_at_exit: break;
        case IR_const:
            *value = (union cpu_vec){.u64 = {insn->imm, insn->aux ? insn->imm : 0}};
            break;
        case IR_pcrel: value->u64[0] = pc_value(e, insn); break;
        case IR_get: *value = get(e, insn); break;
        case IR_put: put(e, insn); break;
        case IR_load:
            e->faulting = insn;
            *value = memory_load(insn->aux, (enum ir_type)insn->type, address(e, insn));
            break;
        case IR_store:
            e->faulting = insn;
            memory_store(insn->aux, address(e, insn), e->value[insn->c], e->journal);
            break;
        case IR_rmw:
            e->faulting = insn;
            value->u64[0] = memory_rmw(insn->aux, (enum ir_type)insn->type, bits(e, insn->a),
                                       bits(e, insn->b), e->journal);
            break;
        case IR_cas:
            e->faulting = insn;
            value->u64[0] = memory_cas(insn->aux, (enum ir_type)insn->type, bits(e, insn->a),
                                       bits(e, insn->b), bits(e, insn->c), e->journal);
            break;
        case IR_store_cond:
            e->faulting = insn;
            value->u64[0] = store_conditional(e, insn);
            break;
        case IR_align:
            if (misaligned(insn->aux, bits(e, insn->a))) {
                cpu->fault = (struct guest_fault){SIGBUS, BUS_ADRALN, bits(e, insn->a), false};
                leave(cpu, guest_pc(e, insn), EXIT_FAULT);
                return;
            }
            break;
        case IR_fence: __atomic_thread_fence(__ATOMIC_SEQ_CST); break;
        case IR_get_fflags: value->u64[0] = cpu->fp.flags; break;
        case IR_put_fflags: cpu->fp.flags = bits(e, insn->a) & FP_ALL_FLAGS; break;
        case IR_put_fround: cpu->fp.round = (uint32_t)bits(e, insn->a); break;
        case IR_vqc:
            for (unsigned i = 0; i < 2; i++)
                cpu->fp.saturated.u64[i] |= e->value[insn->a].u64[i] ^ e->value[insn->b].u64[i];
            break;
        case IR_helper: {
            const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)insn->imm;
            e->faulting = insn;
            value->u64[0] =
                call_helper(cpu, helper, bits(e, insn->a), bits(e, insn->b), bits(e, insn->c));
            if (helper->may_exit && value->u64[0])
                return;
            break;
        }
        case IR_exit_if:
            if (!condition_holds(e, insn))
                break;
            put_at_exit(e, insn);
            leave(cpu, bits(e, insn->a), EXIT_LOOKUP);
            return;
        case IR_jump:
        case IR_call:
        case IR_ret: leave(cpu, bits(e, insn->a), EXIT_LOOKUP); return;
        case IR_trap: leave(cpu, bits(e, insn->a), (enum exit_reason)insn->imm); return;
        default: *value = compute(e, insn); break;
        }
    }
    BUG("the unit at 0x%" PRIx64 " has no end", e->unit->pc);
}

void ir_eval(struct cpu *cpu, const struct ir *ir, const struct guest_unit *unit,
             const int64_t *field_values, struct ir_journal *journal) {
    union cpu_vec value[ir->count];
    value[0] = (union cpu_vec){.u64 = {0}}; /* what absent operands read */
    struct evaluation e = {cpu, ir, unit, field_values, journal, value, NULL};
    struct fault_guard guard;
    if (_setjmp(guard.env) == 0) {
        cpu->thread->fault_guard = &guard;
        run(&e);
    } else {
        put_at_exit(&e, e.faulting);
        leave(cpu, guest_pc(&e, e.faulting), EXIT_FAULT);
    }
    cpu->thread->fault_guard = NULL;
}
