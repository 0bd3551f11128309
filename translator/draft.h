/* Drafts: the first code of a unit, put together from the code of its single instructions.
 *
 * Most code runs a few times, and then translating it costs more than running it. Instructions
 * repeat far more often than units do (of a program's instructions one in four to ten is new), so a
 * draft is made of parts: each is the template of a unit of one instruction, made once in a process
 * by the same lifter, passes and backend. Between parts all guest state is at its place, so they
 * need only be put one behind the other. A draft counts how often it is entered; one that proves
 * hot is replaced by a translation of the whole unit (see engine.c). Where they are made is
 * draft_pays' to say. */
#ifndef TRANSLATOR_DRAFT_H
#define TRANSLATOR_DRAFT_H

#include "runtime/arena.h"
#include "runtime/cpu.h"
#include "runtime/guest.h"
#include "runtime/template.h"

/* How often a draft is entered before it is replaced. */
int32_t draft_entries(void);

/* Whether a unit that is new is to get a draft: not if translations are kept, since then they are
 * worth making whole; not one of the first, since a small program uses few parts twice; and not
 * when more than one draft in four had to be replaced, since whole units are better then, and what
 * runs together comes to lie together. Counts calls. */
bool draft_pays(void);
void draft_count_replaced(void);

/* Call once, before the others. The memory (zeroed, lent for good, may be NULL) holds the first
 * parts. */
void draft_init(void *memory, size_t size);

/* The draft for `unit`, from `arena`; NULL if there is none. Any thread. */
const struct template *draft_make(struct arena *arena, const struct guest_unit *unit);

void draft_before_fork(void);
void draft_after_fork(bool child);

#endif
