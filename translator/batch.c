#include "translator/batch.h"

#include <setjmp.h>
#include <string.h>

#include "runtime/code_cache.h"
#include "runtime/log.h"
#include "runtime/signals.h"
#include "runtime/thread.h"
#include "runtime/vm.h"
#include "translator/stats.h"
#include "translator/translate.h"

/* Logs show units as they are reached, one by one. */
bool batch_possible(void) {
    return !engine.options.one_insn && !engine.options.block_limit &&
           !(log_items & (LOG_IN_ASM | LOG_OUT_ASM));
}

/* Whether guest memory holds the unit. Nothing else is to be known of it: the same bytes at the
 * same place in a page are the same unit. */
static bool is_there(const struct cpu *cpu, const struct placed_unit *unit) {
    return unit->mode == cpu->mode && unit->pc % engine.guest->insn_alignment == 0 &&
           memcmp((const void *)(uintptr_t)unit->pc, unit->guest_code, unit->size) == 0;
}

struct batch {
    struct placed_unit unit[PATTERN_RUN_MAX];
    unsigned count;
};

static void keep_present(const struct cpu *cpu, struct batch *batch) {
    unsigned kept = 0;
    for (unsigned i = 0; i < batch->count; i++)
        if (is_there(cpu, &batch->unit[i]))
            batch->unit[kept++] = batch->unit[i];
    batch->count = kept;
}

/* A page may be mapped and yet have nothing behind it (a file that became shorter): then no unit is
 * taken to be there. */
static void choose(struct cpu *cpu, struct batch *batch) {
    struct fault_guard guard;
    if (_setjmp(guard.env) == 0) {
        cpu->thread->fault_guard = &guard;
        keep_present(cpu, batch);
    } else {
        batch->count = 0;
    }
    cpu->thread->fault_guard = NULL;
}

void batch_stamp(struct cpu *cpu, struct arena *arena, struct pattern *p, uint64_t pc) {
    const uint64_t began = engine.options.stats ? stats_now() : 0;
    struct batch batch;
    const uint64_t epoch = code_cache_epoch();
    uint64_t start, end;
    if (!vm_constant_code(pc, &start, &end))
        return;
    batch.count = pattern_take_run(p, pc, start, end, batch.unit);
    choose(cpu, &batch);
    if (engine.options.check_cache)
        for (unsigned i = 0; i < batch.count; i++)
            translate_check_unit(arena, &batch.unit[i]);
    code_cache_add_run(batch.unit, batch.count, epoch, engine_chains());
    stats_count_batch(batch.unit, batch.count, began);
}
