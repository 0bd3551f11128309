/* An open-addressing hash table of strings: insertion, look-up and growth. */
#include "../bench.h"

struct entry {
    uint64_t hash;
    const char *key;
    uint64_t value;
};

struct table {
    struct entry *entries;
    size_t mask, used;
};

static uint64_t hash_string(const char *s) {
    uint64_t hash = 0xcbf29ce484222325ull;
    for (; *s; s++)
        hash = (hash ^ (unsigned char)*s) * 0x100000001b3ull;
    return hash;
}

static struct entry *find(struct table *table, const char *key, uint64_t hash) {
    size_t i = hash & table->mask;
    while (table->entries[i].key) {
        if (table->entries[i].hash == hash && strcmp(table->entries[i].key, key) == 0)
            break;
        i = (i + 1) & table->mask;
    }
    return &table->entries[i];
}

static void grow(struct table *table) {
    struct table larger = {.mask = table->mask * 2 + 1, .used = table->used};
    larger.entries = calloc(larger.mask + 1, sizeof *larger.entries);
    for (size_t i = 0; i <= table->mask; i++)
        if (table->entries[i].key)
            *find(&larger, table->entries[i].key, table->entries[i].hash) = table->entries[i];
    free(table->entries);
    *table = larger;
}

static void add(struct table *table, const char *key, uint64_t value) {
    uint64_t hash = hash_string(key);
    struct entry *entry = find(table, key, hash);
    if (!entry->key) {
        *entry = (struct entry){.hash = hash, .key = key};
        table->used++;
    }
    entry->value += value;
    if (table->used * 2 > table->mask)
        grow(table);
}

enum { WORDS = 20000, WORD_SIZE = 16 };
static char words[WORDS][WORD_SIZE];

int main(int argc, char **argv) {
    uint64_t seed = 7, sum = 0;
    for (int i = 0; i < WORDS; i++) {
        int length = 3 + (int)(next_random(&seed) % 12);
        for (int c = 0; c < length; c++)
            words[i][c] = (char)('a' + next_random(&seed) % 26);
    }
    long rounds = scaled(argc, argv, 35);
    for (long round = 0; round < rounds; round++) {
        struct table table = {calloc(16, sizeof(struct entry)), 15, 0};
        for (int i = 0; i < 5 * WORDS; i++)
            add(&table, words[next_random(&seed) % WORDS], (uint64_t)i);
        for (size_t i = 0; i <= table.mask; i++)
            sum = mix(sum, table.entries[i].value);
        free(table.entries);
    }
    print_checksum(sum);
    return 0;
}
