/* What the stores of one evaluation changed in memory, so that the same unit can be run again by a
 * backend and the results compared. Stores made by helpers are not recorded. */
#ifndef TRANSLATOR_IR_JOURNAL_H
#define TRANSLATOR_IR_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ir_journal_entry {
    uint64_t address;
    uint32_t size;
    uint8_t before[16]; /* in front of this store */
    uint8_t after[16];  /* when the evaluation was undone */
};

/* All zero: empty. */
struct ir_journal {
    struct ir_journal_entry *entries;
    size_t count, capacity;
};

/* Forgets all entries and keeps the memory. */
void ir_journal_reset(struct ir_journal *journal);
void ir_journal_free(struct ir_journal *journal);

/* For the evaluator: `size` (at most 16) bytes at `address` are about to change. */
void ir_journal_record(struct ir_journal *journal, uint64_t address, unsigned size);

/* Takes back every store. */
void ir_journal_undo(struct ir_journal *journal);
/* After undo: makes memory again what the evaluation left. */
void ir_journal_redo(const struct ir_journal *journal);
/* After undo: compares memory as it is now with what the evaluation left. Returns the first entry
 * that differs, or NULL. */
const struct ir_journal_entry *ir_journal_compare(const struct ir_journal *journal);

#endif
