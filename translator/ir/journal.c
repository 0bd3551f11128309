/* The undo log of an evaluation's stores. */
#include "translator/ir/journal.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/log.h"

static void *host(uint64_t address) {
    return (void *)(uintptr_t)address;
}

void ir_journal_reset(struct ir_journal *journal) {
    journal->count = 0;
}

void ir_journal_free(struct ir_journal *journal) {
    free(journal->entries);
    *journal = (struct ir_journal){0};
}

void ir_journal_record(struct ir_journal *journal, uint64_t address, unsigned size) {
    struct ir_journal_entry entry = {.address = address, .size = size};
    memcpy(entry.before, host(address), size); /* may fault: nothing is recorded then */
    if (journal->count == journal->capacity) {
        size_t capacity = journal->capacity ? journal->capacity * 2 : 64;
        journal->entries = reallocarray(journal->entries, capacity, sizeof(*journal->entries));
        if (!journal->entries)
            die(1, "out of memory");
        journal->capacity = capacity;
    }
    journal->entries[journal->count++] = entry;
}

/* The last store of a unit that faulted is recorded too: its page may not be writable. */
static void put_back(uint64_t address, const uint8_t *bytes, size_t size) {
    if (memcmp(host(address), bytes, size) != 0)
        memcpy(host(address), bytes, size);
}

/* Every `after` is read before anything is restored: where stores overlap, all of them then tell
 * the same final state. */
void ir_journal_undo(struct ir_journal *journal) {
    for (size_t i = 0; i < journal->count; i++)
        memcpy(journal->entries[i].after, host(journal->entries[i].address),
               journal->entries[i].size);
    for (size_t i = journal->count; i-- > 0;)
        put_back(journal->entries[i].address, journal->entries[i].before, journal->entries[i].size);
}

void ir_journal_redo(const struct ir_journal *journal) {
    for (size_t i = 0; i < journal->count; i++)
        put_back(journal->entries[i].address, journal->entries[i].after, journal->entries[i].size);
}

const struct ir_journal_entry *ir_journal_compare(const struct ir_journal *journal) {
    for (size_t i = 0; i < journal->count; i++) {
        const struct ir_journal_entry *entry = &journal->entries[i];
        if (memcmp(entry->after, host(entry->address), entry->size) != 0)
            return entry;
    }
    return NULL;
}
