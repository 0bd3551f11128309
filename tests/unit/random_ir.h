/* Random units of IR for comparing ways to build and run them: folded or not, optimised or not,
 * evaluated or compiled.
 *
 * The same seed gives the same unit whether or not the builder folds. Everything is defined: a NaN
 * without a defined payload never reaches a register. */
#ifndef TESTS_UNIT_RANDOM_IR_H
#define TESTS_UNIT_RANDOM_IR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "runtime/cpu.h"
#include "translator/ir/ir.h"

enum {
    RANDOM_IR_MEMORY = 1024, /* bytes that loads and stores may touch */
    RANDOM_IR_FIELDS = UNIT_MAX_INSNS,
    RANDOM_IR_BASE_REG = 31,       /* holds the address of that memory; never written */
    RANDOM_IR_FAULT_REG = 30,      /* holds an address that faults; never written */
    RANDOM_IR_FLAGS = REG_CTL + 3, /* holds condition flags */
    RANDOM_IR_RESERVATION = REG_CTL + 4,
};

struct random_ir_options {
    unsigned length; /* operations, before folding */
    bool floats, vectors, memory, atomics, faults, helpers, exits;
    /* Only what lifters make: side exits to addresses relative to the pc, a dynamic rounding mode
     * that hosts have, canonical forms of results of arithmetic alone. */
    bool as_lifted;
};

/* A small fast generator (splitmix64). */
struct random_source {
    uint64_t state;
};
uint64_t random_next(struct random_source *source);
/* Below `limit`. */
unsigned random_below(struct random_source *source, unsigned limit);
/* Integers and the bits of floats, with a preference for values at which something changes. */
uint64_t random_integer(struct random_source *source);
uint64_t random_float_bits(struct random_source *source, enum ir_type type);

/* Makes the helpers that units may call known to ir_parse. Once in a program. */
void random_ir_add_helpers(void);

/* Appends a unit to `ir`, fresh from ir_reset (and with no_fold set or not). */
void random_ir_build(struct ir *ir, uint64_t seed, const struct random_ir_options *options);

/* The unit that such IR belongs to: UNIT_MAX_INSNS instructions of four bytes at `pc`. */
void random_ir_unit(struct guest_unit *unit, uint64_t pc);

/* What a run starts from, and what it can change. */
struct random_state {
    uint64_t gpr[CPU_GPRS];
    union cpu_vec vec[CPU_VECS];
    uint64_t ctl[CPU_CTLS];
    struct fp_env fp;
    uint64_t pc;
    uint32_t exit_reason;
    uint8_t memory[RANDOM_IR_MEMORY];
};
void random_state_fill(struct random_state *state, uint64_t seed, const uint8_t *memory,
                       uint64_t fault_address);
/* To and from a cpu and the memory that the unit works on. */
void random_state_load(const struct random_state *state, struct cpu *cpu, uint8_t *memory);
void random_state_save(struct random_state *state, const struct cpu *cpu, const uint8_t *memory);
/* Prints what differs, with registers as numbers; false if nothing does. */
bool random_state_differ(FILE *out, const struct random_state *a, const struct random_state *b);

#endif
