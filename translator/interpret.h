/* Runs the guest by evaluating IR: on hosts without a backend, and as the oracle. */
#ifndef TRANSLATOR_INTERPRET_H
#define TRANSLATOR_INTERPRET_H

#include "runtime/cpu.h"
#include "translator/ir/ir.h"

/* A unit with its IR. */
struct lifted_unit {
    struct guest_unit unit;
    struct ir ir;
    int64_t fields[UNIT_MAX_INSNS]; /* the values of its pc-relative fields */
};

/* The first `most` instructions of the unit at cpu->pc, lifted and optimised, or (`plain`) lifted
 * without so much as a fold. The calling thread's, until its next call. NULL: as translate_scan. */
const struct lifted_unit *interpret_lift(struct cpu *cpu, unsigned most, bool plain);

/* Evaluates the unit at cpu->pc; comes back as ir_eval does. */
void interpret_unit(struct cpu *cpu);

/* As engine_run. */
void interpret(struct cpu *cpu);

/* Frees what a thread keeps. */
struct translator_thread;
void interpret_stop(struct translator_thread *thread);

/* Drops the IR that is kept between runs. Any thread. */
void interpret_invalidate(void);

#endif
