/* A place to run IR in tests: one cpu, memory for units to work on, an address that faults. */
#ifndef TESTS_UNIT_IR_HARNESS_H
#define TESTS_UNIT_IR_HARNESS_H

#include "tests/unit/random_ir.h"
#include "translator/ir/ir.h"

/* A way to run IR; leaves `cpu` as ir_eval does. */
typedef void ir_engine(struct cpu *cpu, const struct ir *ir, const struct guest_unit *unit,
                       const int64_t *field_values);

struct ir_harness {
    struct cpu *cpu;
    uint8_t *memory; /* RANDOM_IR_MEMORY bytes */
    uint64_t fault_address;
};

/* The only one. The first call installs a handler that ends evaluations that fault. */
struct ir_harness *ir_harness(void);

/* The evaluator as an engine. */
void ir_engine_eval(struct cpu *cpu, const struct ir *ir, const struct guest_unit *unit,
                    const int64_t *field_values);

/* Runs `ir` from `state`, which receives the outcome. */
void ir_harness_run(ir_engine *engine, const struct ir *ir, const struct guest_unit *unit,
                    const int64_t *field_values, struct random_state *state);

/* Builds a fresh `ir` by emitting every instruction of `from` again, so that the builder folds it.
 */
void ir_rebuild(struct ir *ir, const struct ir *from);

/* The text of `ir`, which the caller frees. */
char *ir_text(const struct ir *ir);

#endif
