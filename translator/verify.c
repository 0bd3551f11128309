#include "translator/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/disassembly.h"
#include "runtime/log.h"
#include "runtime/thread.h"
#include "translator/interpret.h"
#include "translator/ir/journal.h"
#include "translator/thread.h"
#include "translator/translate.h"

/* A difference must show itself so often: memory may have changed by other means, such as another
 * process that shares it. */
enum { ATTEMPTS = 3 };

/* All that a block may change in the cpu. */
struct state {
    uint64_t gpr[CPU_GPRS];
    union cpu_vec vec[CPU_VECS];
    uint64_t ctl[CPU_CTLS];
    uint64_t pc;
    struct fp_env fp;
    uint32_t mode, exit_reason;
    struct guest_fault fault;
};

struct verify_run {
    const struct lifted_unit *lifted;
    const struct block *block;
    struct state before, expected, actual;
    struct ir_journal journal; /* of the evaluator's stores */
};

static void save(struct state *state, const struct cpu *cpu) {
    memcpy(state->gpr, cpu->gpr, sizeof state->gpr);
    memcpy(state->vec, cpu->vec, sizeof state->vec);
    memcpy(state->ctl, cpu->ctl, sizeof state->ctl);
    state->pc = cpu->pc;
    state->fp = cpu->fp;
    state->mode = cpu->mode;
    state->exit_reason = cpu->exit_reason;
    state->fault = cpu->fault;
}

static void restore(struct cpu *cpu, const struct state *state) {
    memcpy(cpu->gpr, state->gpr, sizeof state->gpr);
    memcpy(cpu->vec, state->vec, sizeof state->vec);
    memcpy(cpu->ctl, state->ctl, sizeof state->ctl);
    cpu->pc = state->pc;
    cpu->fp = state->fp;
    cpu->mode = state->mode;
    cpu->exit_reason = state->exit_reason;
    cpu->fault = state->fault;
}

static bool same_fault(const struct state *a, const struct state *b) {
    return a->exit_reason != EXIT_FAULT ||
           (a->fault.signal == b->fault.signal && a->fault.code == b->fault.code &&
            a->fault.address == b->fault.address);
}

static bool same_state(const struct state *a, const struct state *b) {
    return memcmp(a->gpr, b->gpr, sizeof a->gpr) == 0 &&
           memcmp(a->vec, b->vec, sizeof a->vec) == 0 &&
           memcmp(a->ctl, b->ctl, sizeof a->ctl) == 0 && a->pc == b->pc &&
           a->fp.round == b->fp.round && a->fp.flags == b->fp.flags &&
           memcmp(&a->fp.saturated, &b->fp.saturated, sizeof a->fp.saturated) == 0 &&
           a->mode == b->mode && a->exit_reason == b->exit_reason && same_fault(a, b);
}

/* --- the report --- */

/* One line, marked where the two ways differ. */
static void print_values(FILE *out, const char *name, uint64_t before, uint64_t expected,
                         uint64_t actual) {
    fprintf(out, "  %-12s %016" PRIx64 "  %016" PRIx64 "  %016" PRIx64 "%s\n", name, before,
            expected, actual, expected == actual ? "" : "  <--");
}

static void print_states(FILE *out, const struct verify_run *run) {
    const struct guest *guest = engine.guest;
    const struct state *b = &run->before, *e = &run->expected, *a = &run->actual;
    fprintf(out, "  %-12s %-16s  %-16s  %s\n", "", "before", "evaluator", "backend");
    print_values(out, "pc", b->pc, e->pc, a->pc);
    print_values(out, "exit reason", b->exit_reason, e->exit_reason, a->exit_reason);
    if (e->exit_reason == EXIT_FAULT || a->exit_reason == EXIT_FAULT) {
        print_values(out, "signal", 0, (uint64_t)e->fault.signal, (uint64_t)a->fault.signal);
        print_values(out, "si_code", 0, (uint64_t)e->fault.code, (uint64_t)a->fault.code);
        print_values(out, "si_addr", 0, e->fault.address, a->fault.address);
    }
    print_values(out, "mode", b->mode, e->mode, a->mode);
    print_values(out, "rounding", b->fp.round, e->fp.round, a->fp.round);
    print_values(out, "fp flags", b->fp.flags, e->fp.flags, a->fp.flags);
    for (int i = 0; i < 2; i++)
        print_values(out, "saturated", b->fp.saturated.u64[i], e->fp.saturated.u64[i],
                     a->fp.saturated.u64[i]);
    for (int i = 0; i < CPU_GPRS; i++)
        print_values(out, guest->gpr_names[i], b->gpr[i], e->gpr[i], a->gpr[i]);
    for (int i = 0; i < CPU_CTLS; i++)
        if (guest->ctl_names[i])
            print_values(out, guest->ctl_names[i], b->ctl[i], e->ctl[i], a->ctl[i]);
    for (int i = 0; i < CPU_VECS; i++) {
        print_values(out, guest->vec_names[i], b->vec[i].u64[0], e->vec[i].u64[0],
                     a->vec[i].u64[0]);
        if (b->vec[i].u64[1] | e->vec[i].u64[1] | a->vec[i].u64[1])
            print_values(out, "  high half", b->vec[i].u64[1], e->vec[i].u64[1], a->vec[i].u64[1]);
    }
}

static void print_bytes(FILE *out, const char *title, const void *bytes, unsigned size) {
    fprintf(out, "    %-10s", title);
    for (unsigned i = 0; i < size; i++)
        fprintf(out, " %02x", ((const uint8_t *)bytes)[i]);
    fputc('\n', out);
}

static void print_memory(FILE *out, const struct verify_run *run) {
    const struct ir_journal_entry *entry = ir_journal_compare(&run->journal);
    if (!entry)
        return;
    fprintf(out, "\n  memory at 0x%" PRIx64 "\n", entry->address);
    print_bytes(out, "before", entry->before, entry->size);
    print_bytes(out, "evaluator", entry->after, entry->size);
    print_bytes(out, "backend", (const void *)(uintptr_t)entry->address, entry->size);
}

static void print_ir(FILE *out, const struct verify_run *run) {
    struct arena arena = {.base = NULL};
    struct ir ir;
    fprintf(out, "\nIR as lifted:\n");
    translate_lift(&ir, &arena, &run->lifted->unit, 0);
    ir_print(out, &ir, engine.guest);
    fprintf(out, "\nIR after the passes:\n");
    translate_lift(&ir, &arena, &run->lifted->unit, 1);
    ir_print(out, &ir, engine.guest);
    arena_free(&arena);
}

static _Noreturn void report(const struct verify_run *run) {
    const struct block *block = run->block;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out) {
        fprintf(out, "The block at 0x%" PRIx64 " does not do what its guest code says:\n\n",
                block->pc);
        translate_print_guest(out, &run->lifted->unit);
        fputc('\n', out);
        print_states(out, run);
        print_memory(out, run);
        print_ir(out, run);
        fprintf(out, "\nHost code:\n");
        fclose(out);
        log_write(text, size);
        disassemble_host(block->code, block->code_size, (uint64_t)(uintptr_t)block->code);
    }
    BUG("backend and evaluator differ in the block at 0x%" PRIx64, block->pc);
}

/* --- both ways --- */

static void run_backend(struct cpu *cpu, const struct block *block) {
    struct exit_record exit;
    /* No open call of an earlier block: a return must come back here. */
    engine.host->reset_return_stack(cpu);
    engine.host->enter(cpu, block->code, &exit);
}

/* One attempt; false if the ways differ. */
static bool agree(struct cpu *cpu, struct verify_run *run) {
    const struct lifted_unit *lifted = run->lifted;
    ir_journal_reset(&run->journal);
    ir_eval(cpu, &lifted->ir, &lifted->unit, lifted->fields, &run->journal);
    save(&run->expected, cpu);
    ir_journal_undo(&run->journal);
    restore(cpu, &run->before);
    run_backend(cpu, run->block);
    save(&run->actual, cpu);
    /* It may have left early, at a back edge, since something waits. */
    if (atomic_load(&cpu->exit_requested))
        return true;
    return same_state(&run->expected, &run->actual) && !ir_journal_compare(&run->journal);
}

static bool is_repeatable(const struct ir *ir) {
    for (unsigned i = 1; i < ir->count; i++) {
        const struct ir_insn *insn = &ir->insn[i];
        if (insn->op == IR_helper && !((const struct ir_helper *)(uintptr_t)insn->imm)->repeatable)
            return false;
    }
    return true;
}

/* Whether the plain IR goes as far as the block: where a fold tells that a unit goes on, it may end
 * early. */
static bool is_whole(const struct lifted_unit *lifted) {
    return lifted->ir.insn[lifted->ir.count - 1].where + 1u == lifted->unit.count;
}

/* The unit to evaluate, or NULL if the block is not to be run twice. */
static const struct lifted_unit *lift(struct cpu *cpu, const struct block *block) {
    static _Atomic bool told;
    if (thread_count() > 1) {
        if (!atomic_exchange(&told, true))
            log_printf("--verify: blocks are not compared while several threads run\n");
        return NULL;
    }
    const unsigned insns = block->template->guest_insns;
    const struct lifted_unit *lifted = interpret_lift(cpu, insns, true);
    if (lifted && !is_whole(lifted))
        lifted = interpret_lift(cpu, insns, false);
    return lifted && is_repeatable(&lifted->ir) ? lifted : NULL;
}

/* The thread's own, made when it is first asked for. */
static struct verify_run *verify_run(const struct cpu *cpu) {
    struct translator_thread *thread = translator_thread(cpu);
    if (!thread->verified)
        thread->verified = calloc(1, sizeof *thread->verified);
    if (!thread->verified)
        die(1, "out of memory for --verify");
    return thread->verified;
}

void verify_stop(struct translator_thread *thread) {
    if (!thread->verified)
        return;
    ir_journal_free(&thread->verified->journal);
    free(thread->verified);
    thread->verified = NULL;
}

void verify_block(struct cpu *cpu, const struct block *block) {
    struct verify_run *run = verify_run(cpu);
    run->block = block;
    save(&run->before, cpu);
    run->lifted = lift(cpu, block);
    if (!run->lifted) {
        restore(cpu, &run->before);
        run_backend(cpu, block);
        return;
    }
    for (unsigned attempt = 1; !agree(cpu, run); attempt++) {
        if (attempt == ATTEMPTS)
            report(run);
        ir_journal_undo(&run->journal);
        restore(cpu, &run->before);
    }
}
