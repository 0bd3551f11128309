/* --verify: every block is run by the evaluator first and then by the backend, from the same state;
 * the first difference in registers or memory is shown and ends the emulator.
 *
 * What is evaluated is the unit as lifted, without folds or passes, so that all that follows the
 * lifter is checked. Blocks that cannot be run twice (see struct ir_helper) and processes with
 * several threads, whose stores must not be taken back, are run by the backend alone. */
#ifndef TRANSLATOR_VERIFY_H
#define TRANSLATOR_VERIFY_H

#include "runtime/code_cache.h"
#include "runtime/cpu.h"

/* Runs `block`, which is the one for cpu->pc and not chained to any other, as host->enter does. */
void verify_block(struct cpu *cpu, const struct block *block);

/* Frees what a thread keeps. */
struct translator_thread;
void verify_stop(struct translator_thread *thread);

#endif
