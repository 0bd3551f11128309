#include "translator/interpret.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/log.h"
#include "translator/thread.h"
#include "translator/translate.h"

/* IR of units that this thread ran, kept until guest code changes. */
enum { KEPT_BITS = 10, KEPT = 1 << KEPT_BITS, MOST_KEPT_BYTES = 64 << 20 };

struct kept_units {
    struct kept_unit {
        struct lifted_unit lifted;
        unsigned most;
        bool plain;
    } * unit[KEPT];
    struct arena arena;
    uint64_t epoch;
    size_t bytes;
};

static _Atomic uint64_t epoch = 1;

void interpret_invalidate(void) {
    atomic_fetch_add(&epoch, 1);
}

/* The thread's own, made when it is first asked for. */
static struct kept_units *kept_units(const struct cpu *cpu) {
    struct translator_thread *thread = translator_thread(cpu);
    if (!thread->kept)
        thread->kept = calloc(1, sizeof *thread->kept);
    if (!thread->kept)
        die(1, "out of memory for interpreting");
    return thread->kept;
}

static void drop_all(struct kept_units *kept, uint64_t now) {
    memset(kept->unit, 0, sizeof kept->unit);
    arena_reset(&kept->arena);
    kept->epoch = now;
    kept->bytes = 0;
}

void interpret_stop(struct translator_thread *thread) {
    if (!thread->kept)
        return;
    arena_free(&thread->kept->arena);
    free(thread->kept);
    thread->kept = NULL;
}

static struct kept_unit *make(struct kept_units *kept, struct cpu *cpu, unsigned most, bool plain) {
    struct guest_unit unit;
    if (!translate_scan(cpu, &unit, most))
        return NULL;
    struct kept_unit *made = arena_alloc(&kept->arena, sizeof *made);
    struct lifted_unit *lifted = &made->lifted;
    made->most = most;
    made->plain = plain;
    lifted->unit = unit;
    if (plain) {
        ir_reset(&lifted->ir, &kept->arena);
        lifted->ir.no_fold = true;
        engine.guest->lift(&lifted->ir, &lifted->unit);
    } else {
        translate_lift(&lifted->ir, &kept->arena, &lifted->unit, 1);
    }
    translate_fields(&unit, lifted->ir.fields, lifted->ir.field_where, lifted->fields);
    kept->bytes += sizeof *made + lifted->ir.capacity * sizeof(struct ir_insn);
    return made;
}

const struct lifted_unit *interpret_lift(struct cpu *cpu, unsigned most, bool plain) {
    struct kept_units *kept = kept_units(cpu);
    const uint64_t now = atomic_load(&epoch), hash = (cpu->pc >> 1) * UINT64_C(0x9e3779b97f4a7c15);
    if (now != kept->epoch || kept->bytes > MOST_KEPT_BYTES)
        drop_all(kept, now);
    struct kept_unit **slot = &kept->unit[hash >> (64 - KEPT_BITS)], *unit = *slot;
    if (!unit || unit->lifted.unit.pc != cpu->pc || unit->lifted.unit.mode != cpu->mode ||
        unit->most != most || unit->plain != plain)
        *slot = unit = make(kept, cpu, most, plain);
    return unit ? &unit->lifted : NULL;
}

void interpret_unit(struct cpu *cpu) {
    const unsigned most = engine.options.one_insn ? 1 : UNIT_MAX_INSNS;
    const struct lifted_unit *lifted = interpret_lift(cpu, most, false);
    if (!lifted)
        return;
    translate_log_entry(cpu);
    ir_eval(cpu, &lifted->ir, &lifted->unit, lifted->fields, NULL);
}

void interpret(struct cpu *cpu) {
    cpu->exit_reason = EXIT_LOOKUP;
    while (!atomic_load(&cpu->exit_requested) && cpu->exit_reason == EXIT_LOOKUP)
        interpret_unit(cpu);
}
