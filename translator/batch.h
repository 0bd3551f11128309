/* Units that the store has beside one that was found there: what ran together once runs together
 * again, so all of them get their code at once. */
#ifndef TRANSLATOR_BATCH_H
#define TRANSLATOR_BATCH_H

#include "runtime/arena.h"
#include "runtime/cpu.h"
#include "runtime/pattern_cache.h"

/* Whether the options leave units their order and extent. */
bool batch_possible(void);

/* `p` was found for the unit at `pc`, and is of that place: gives those units near it their code
 * that the same process had, if guest memory still holds them. */
void batch_stamp(struct cpu *cpu, struct arena *arena, struct pattern *p, uint64_t pc);

#endif
