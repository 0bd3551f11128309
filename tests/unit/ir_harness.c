#include "tests/unit/ir_harness.h"

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "runtime/log.h"
#include "runtime/thread.h"

static struct thread thread;
/* The cpu behind its poll page (runtime/cpu.h). */
static struct {
    _Alignas(CPU_POLL_PAGE) char poll_page[CPU_POLL_PAGE];
    struct cpu cpu;
} place = {.cpu = {.thread = &thread}};
static struct ir_harness harness = {.cpu = &place.cpu};

static void on_fault(int signal, siginfo_t *info, void *context) {
    (void)context;
    if (!thread.fault_guard)
        abort();
    place.cpu.fault = (struct guest_fault){
        .signal = signal, .code = info->si_code, .address = (uint64_t)(uintptr_t)info->si_addr};
    _longjmp(thread.fault_guard->env, 1);
}

struct ir_harness *ir_harness(void) {
    enum { PAGE = 4096 };
    if (harness.memory)
        return &harness;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    uint8_t *pages =
        mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT(pages != MAP_FAILED);
    ASSERT(mprotect(pages + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
    harness.fault_address = (uint64_t)(uintptr_t)pages + PAGE;
    harness.memory = pages + 3 * PAGE;
    return &harness;
}

void ir_engine_eval(struct cpu *on, const struct ir *ir, const struct guest_unit *unit,
                    const int64_t *field_values) {
    ir_eval(on, ir, unit, field_values, NULL);
}

void ir_harness_run(ir_engine *engine, const struct ir *ir, const struct guest_unit *unit,
                    const int64_t *field_values, struct random_state *state) {
    struct ir_harness *h = ir_harness();
    random_state_load(state, h->cpu, h->memory);
    engine(h->cpu, ir, unit, field_values);
    random_state_save(state, h->cpu, h->memory);
}

void ir_rebuild(struct ir *ir, const struct ir *from) {
    ir_ref *renumbered = arena_array(from->arena, ir_ref, from->count);
    renumbered[0] = IR_NO_REF;
    ir->fields = from->fields;
    for (unsigned i = 0; i < from->fields; i++)
        ir->field_where[i] = from->field_where[i];
    ir->has_flags = from->has_flags; /* which those do that emit flags through ir_flags_* */
    for (uint32_t i = 1; i < from->count; i++) {
        const struct ir_insn *insn = &from->insn[i];
        enum ir_type type = (enum ir_type)insn->type;
        ir_ref a = renumbered[insn->a], b = renumbered[insn->b], c = renumbered[insn->c];
        ir->where = insn->where;
        switch (insn->op) {
        case IR_get: renumbered[i] = ir_get(ir, type, insn->aux); break;
        case IR_put: ir_put(ir, type, insn->aux, a); break;
        case IR_store_cond:
            renumbered[i] = ir_store_cond(ir, type, insn->aux, (unsigned)insn->imm, a, b);
            break;
        case IR_helper:
            renumbered[i] = ir_helper(ir, (const struct ir_helper *)(uintptr_t)insn->imm, a, b, c);
            break;
        default:
            renumbered[i] = ir_emit(ir, (enum ir_op)insn->op, type, insn->aux, a, b, c, insn->imm);
            break;
        }
    }
}

char *ir_text(const struct ir *ir) {
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    ASSERT(out);
    ir_print(out, ir, NULL);
    fclose(out);
    return text;
}
