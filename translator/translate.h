/* From guest code to a block in the code cache. */
#ifndef TRANSLATOR_TRANSLATE_H
#define TRANSLATOR_TRANSLATE_H

#include "runtime/arena.h"
#include "runtime/code_cache.h"
#include "runtime/cpu.h"
#include "translator/engine.h"
#include "translator/host/host.h"
#include "translator/ir/ir.h"

/* Fixed by engine_init, read-only afterwards. */
struct engine {
    const struct guest *guest;
    const struct host *host;
    struct engine_options options;
};
extern struct engine engine;

/* Reads the unit at cpu->pc. Returns false, with cpu->fault and EXIT_FAULT set, if it cannot be
 * fetched. */
bool translate_scan(struct cpu *cpu, struct guest_unit *unit, unsigned max_insns);

/* Lifts and, from tier 1 on, optimises `unit` into `ir` (from `arena`); tier 0: as lifted. */
void translate_lift(struct ir *ir, struct arena *arena, const struct guest_unit *unit,
                    unsigned tier);

/* The fields' values of `unit`, in the order of ir->field_where or template->field_where. */
void translate_fields(const struct guest_unit *unit, unsigned count, const uint16_t *where,
                      int64_t *values);

/* Writes the instructions of `unit`, a line each. */
void translate_print_guest(FILE *out, const struct guest_unit *unit);
/* For -d exec and -d cpu: the unit at cpu->pc is about to run. */
void translate_log_entry(const struct cpu *cpu);

/* How much is done for a unit's code. */
enum tier {
    TIER_DRAFT, /* put together from single instructions: translator/draft.h */
    TIER_BLOCK, /* lowered as a whole */
};

/* The block for cpu->pc, translated if need be, of at least this tier; another than `spent`, whose
 * place it takes, or NULL. NULL: as translate_scan, or `full` is set and the code cache must be
 * flushed first. */
struct block *translate_block(struct cpu *cpu, struct block *spent, enum tier tier, bool *full);

/* For --check-cache: dies unless translation makes of guest memory what `placed` says. */
void translate_check_unit(struct arena *arena, const struct placed_unit *placed);

/* The template for the unit at unit->pc and of unit->mode, made if need be, and `unit` filled in;
 * of code that is in memory but is not to run, and reading nothing at or above `limit`. NULL if it
 * cannot be made. Any thread, with an arena of its own. */
const struct template *translate_ahead(struct guest_unit *unit, uint64_t limit, struct arena *arena,
                                       bool *stamped);

#endif
