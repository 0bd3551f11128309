/* Random instruction sequences with random state. A sequence is a function of its seed, its number
 * and the classes allowed, and can be taken apart again by the minimiser. */
#ifndef TESTS_FUZZ_GENERATE_H
#define TESTS_FUZZ_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/fuzz/batch.h"

enum { SEQUENCE_MAX_ITEMS = 48, SEQUENCE_MAX_BYTES = 4 * (SEQUENCE_MAX_ITEMS + 1) };

struct item {
    const char *name;
    uint32_t word;
    uint8_t length; /* in bytes */
    uint8_t branch; /* how its immediate leads to its target, as the guest numbers it; 0: not */
    uint8_t group;  /* items of one group other than 0 make sense together only */
    bool inside;    /* no branch from elsewhere may lead here: it could loop without an end */
    bool forward;   /* the target was guessed, and is made good when all is written */
    uint8_t target; /* index of an item, or the sequence's count for its end */
};

struct sequence {
    uint64_t seed, number;
    unsigned count;
    struct item item[SEQUENCE_MAX_ITEMS];
    struct batch_registers registers;
    uint8_t scratch[SCRATCH_SIZE];
    bool resume; /* as in struct batch_sequence */
};

/* Once, before anything else. */
void prepare_rows(void);

void generate(struct sequence *sequence, uint64_t seed, uint64_t number, unsigned classes);

/* Writes the code, with the jump to RUNNER_TEXT at its end, for execution at `address`; returns its
 * size, at most SEQUENCE_MAX_BYTES. */
size_t assemble(const struct sequence *sequence, uint64_t address, uint8_t *out);

/* Drops items from..from+count-1; branches into them lead behind them. */
void remove_items(struct sequence *sequence, unsigned from, unsigned count);

#endif
