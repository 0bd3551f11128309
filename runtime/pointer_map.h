/* A map from 64-bit keys to pointers that is read without locks and written under its owner's lock.
 *
 * Keys stay, pointers may be replaced. A grown table takes the old one's place; the old one stays
 * for readers that still look at it. */
#ifndef RUNTIME_POINTER_MAP_H
#define RUNTIME_POINTER_MAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct pointer_entry {
    _Atomic uint64_t key; /* 0: free */
    _Atomic(void *) value;
};

struct pointer_table {
    uint64_t mask, used;
    struct pointer_table *older;
    struct pointer_entry entry[];
};

struct pointer_map {
    _Atomic(struct pointer_table *) table;
    struct pointer_table *first;
};

static inline size_t pointer_map_size(uint64_t entries) {
    return sizeof(struct pointer_table) + entries * sizeof(struct pointer_entry);
}

/* `memory`: pointer_map_size(entries) bytes, zeroed, lent for good, or NULL; `entries` is a power
 * of 2. */
void pointer_map_init(struct pointer_map *map, void *memory, uint64_t entries);

/* Forgets everything. No reader may be at work. */
void pointer_map_clear(struct pointer_map *map);

/* In a forked child, which will add to it. */
void pointer_map_after_fork(struct pointer_map *map);

/* Adds a key (not 0) or replaces its pointer. */
void pointer_map_put(struct pointer_map *map, uint64_t key, void *value);

/* The pointer for `key`, or NULL. */
static inline void *pointer_map_get(struct pointer_map *map, uint64_t key) {
    const struct pointer_table *table = atomic_load_explicit(&map->table, memory_order_acquire);
    for (uint64_t i = key * UINT64_C(0x9e3779b97f4a7c15) >> 32;; i++) {
        const struct pointer_entry *entry = &table->entry[i & table->mask];
        const uint64_t there = atomic_load_explicit(&entry->key, memory_order_acquire);
        if (there == key)
            return atomic_load_explicit(&entry->value, memory_order_acquire);
        if (!there)
            return NULL;
    }
}

#endif
