#include "translator/batch.h"

#include <setjmp.h>
#include <string.h>

#include "runtime/code_cache.h"
#include "runtime/log.h"
#include "runtime/signals.h"
#include "runtime/vm.h"
#include "translator/stats.h"
#include "translator/thread.h"
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

static void keep_present(const struct cpu *cpu, struct pattern_run *run) {
    unsigned kept = 0;
    for (unsigned i = 0; i < run->count; i++)
        if (is_there(cpu, &run->unit[i])) {
            run->unit[kept] = run->unit[i];
            run->record[kept++] = run->record[i];
        }
    run->count = kept;
}

/* A page may be mapped and yet have nothing behind it (a file that became shorter): then no unit is
 * taken to be there. */
static void choose(struct cpu *cpu, struct pattern_run *run) {
    struct fault_guard guard;
    if (_setjmp(guard.env) == 0) {
        cpu->thread->fault_guard = &guard;
        keep_present(cpu, run);
    } else {
        run->count = 0;
    }
    cpu->thread->fault_guard = NULL;
}

/* Puts what is around `pc` in front of the known ranges, and brings the others up to date: a
 * cluster has units of several, and one that is found tells of the others, too. False if it is not
 * code that stays as it is. */
static bool find_ranges(struct known_ranges *known, uint64_t pc, uint64_t distance) {
    enum { RANGES = sizeof known->range / sizeof known->range[0] };
    struct pattern_range found = {.distance = distance};
    if (!vm_constant_code(pc, &found.start, &found.end))
        return false;
    struct pattern_range ranges[RANGES] = {found};
    unsigned count = 1;
    for (unsigned i = 0; i < known->count && count < RANGES; i++) {
        struct pattern_range *range = &ranges[count];
        *range = known->range[i];
        if ((range->start != found.start || range->distance != distance) &&
            vm_constant_code(range->start, &range->start, &range->end))
            count++;
    }
    memcpy(known->range, ranges, count * sizeof ranges[0]);
    known->count = count;
    return true;
}

void batch_stamp(struct cpu *cpu, struct arena *arena, struct pattern *p, uint64_t pc) {
    const uint64_t began = engine.options.stats ? stats_now() : 0;
    const uint64_t epoch = code_cache_epoch();
    struct known_ranges *known = &translator_thread(cpu)->ranges;
    struct pattern_run run;
    uint64_t distance;
    if (!pattern_distance(p, pc, &distance) || !find_ranges(known, pc, distance))
        return;
    pattern_collect(p, known->range, known->count, &run);
    choose(cpu, &run);
    if (engine.options.check_cache)
        for (unsigned i = 0; i < run.count; i++)
            translate_check_unit(arena, &run.unit[i]);
    code_cache_add_run(run.unit, run.count, epoch, engine_chains());
    pattern_take(p, pc, &run);
    stats_count_batch(run.unit, run.count, began);
}
