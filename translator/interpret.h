/* Runs the guest by evaluating IR: on hosts without a backend, and as the oracle. */
#ifndef TRANSLATOR_INTERPRET_H
#define TRANSLATOR_INTERPRET_H

#include "runtime/arena.h"
#include "runtime/cpu.h"

/* As engine_run. */
void interpret(struct cpu *cpu, struct arena *arena);

/* Drops the IR that is kept between runs. Any thread. */
void interpret_invalidate(void);

#endif
