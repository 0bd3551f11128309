#include "translator/interpret.h"

#include <string.h>

#include "runtime/log.h"
#include "translator/translate.h"

/* IR of units that this thread ran, kept until guest code changes. */
enum { KEPT_BITS = 10, KEPT = 1 << KEPT_BITS, MOST_KEPT_BYTES = 64 << 20 };

struct kept_unit {
    struct ir ir;
    struct guest_unit unit;
    int64_t fields[UNIT_MAX_INSNS];
};

static __thread struct {
    struct kept_unit *unit[KEPT];
    struct arena arena;
    uint64_t epoch;
    size_t bytes;
} kept;

static _Atomic uint64_t epoch = 1;

void interpret_invalidate(void)
{
    atomic_fetch_add(&epoch, 1);
}

static void drop_all(uint64_t now)
{
    memset(kept.unit, 0, sizeof kept.unit);
    arena_reset(&kept.arena);
    kept.epoch = now;
    kept.bytes = 0;
}

static struct kept_unit *make(struct cpu *cpu)
{
    struct guest_unit unit;
    if (!translate_scan(cpu, &unit, engine.options.one_insn ? 1 : UNIT_MAX_INSNS))
        return NULL;
    struct kept_unit *made = arena_alloc(&kept.arena, sizeof *made);
    made->unit = unit;
    translate_lift(&made->ir, &kept.arena, &made->unit, 1);
    translate_fields(&unit, made->ir.fields, made->ir.field_where, made->fields);
    kept.bytes += sizeof *made + made->ir.capacity * sizeof(struct ir_insn);
    return made;
}

static struct kept_unit *obtain(struct cpu *cpu)
{
    const uint64_t now = atomic_load(&epoch);
    if (now != kept.epoch || kept.bytes > MOST_KEPT_BYTES)
        drop_all(now);
    struct kept_unit **slot = &kept.unit[(cpu->pc >> 1) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - KEPT_BITS)];
    if (!*slot || (*slot)->unit.pc != cpu->pc || (*slot)->unit.mode != cpu->mode)
        *slot = make(cpu);
    return *slot;
}

void interpret(struct cpu *cpu, struct arena *arena)
{
    (void)arena;
    cpu->exit_reason = EXIT_LOOKUP;
    while (atomic_load_explicit(&cpu->poll_limit, memory_order_relaxed) == 0) {
        const struct kept_unit *unit = obtain(cpu);
        if (!unit)
            return;
        if (log_items & LOG_EXEC && log_wants(LOG_EXEC, cpu->pc))
            log_printf("Trace %d: 0x%lx\n", 0, cpu->pc);
        ir_eval(cpu, &unit->ir, &unit->unit, unit->fields, NULL);
        if (cpu->exit_reason != EXIT_LOOKUP)
            return;
    }
}
