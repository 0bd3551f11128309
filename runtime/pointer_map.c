#include "runtime/pointer_map.h"

#include <string.h>
#include <sys/mman.h>

#include "runtime/bump.h"
#include "runtime/fork_memory.h"
#include "runtime/log.h"

static size_t mapped_size(uint64_t entries) {
    const size_t size = pointer_map_size(entries);
    return size < HUGE_PAGE / 2 ? size : (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
}

static struct pointer_table *new_table(uint64_t entries) {
    const size_t size = mapped_size(entries);
    struct pointer_table *table;
    if (size >= HUGE_PAGE) {
        table = bump_map_huge(0, size, PROT_READ | PROT_WRITE);
    } else {
        table = mmap(NULL, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (table == MAP_FAILED)
            table = NULL;
        else /* entries go everywhere: one call instead of a page fault for each page */
            madvise(table, size, MADV_POPULATE_WRITE);
    }
    if (!table)
        die(126, "out of memory for the tables of translated code");
    table->mask = entries - 1;
    return table;
}

void pointer_map_init(struct pointer_map *map, void *memory, uint64_t entries) {
    map->first = memory;
    if (memory)
        map->first->mask = entries - 1;
    else
        map->first = new_table(entries);
    atomic_store(&map->table, map->first);
}

void pointer_map_clear(struct pointer_map *map) {
    for (struct pointer_table *table = atomic_load(&map->table), *older; table != map->first;
         table = older) {
        older = table->older;
        munmap(table, mapped_size(table->mask + 1));
    }
    const uint64_t mask = map->first->mask;
    memset(map->first, 0, pointer_map_size(mask + 1));
    map->first->mask = mask;
    atomic_store(&map->table, map->first);
}

void pointer_map_after_fork(struct pointer_map *map) {
    struct pointer_table *table = atomic_load(&map->table);
    if (table)
        fork_memory_copy(table, pointer_map_size(table->mask + 1));
}

static void insert(struct pointer_table *table, uint64_t key, void *value) {
    uint64_t i = key * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    uint64_t there;
    while (
        (there = atomic_load_explicit(&table->entry[i & table->mask].key, memory_order_relaxed)) &&
        there != key)
        i++;
    struct pointer_entry *entry = &table->entry[i & table->mask];
    table->used += !there;
    atomic_store_explicit(&entry->value, value, memory_order_release);
    atomic_store_explicit(&entry->key, key, memory_order_release);
}

void pointer_map_put(struct pointer_map *map, uint64_t key, void *value) {
    struct pointer_table *table = atomic_load(&map->table);
    if (table->used * 2 > table->mask) { /* at most half full, so that probes are short */
        struct pointer_table *bigger = new_table((table->mask + 1) * 4);
        for (uint64_t i = 0; i <= table->mask; i++)
            if (table->entry[i].key)
                insert(bigger, atomic_load(&table->entry[i].key),
                       atomic_load(&table->entry[i].value));
        bigger->older = table;
        atomic_store_explicit(&map->table, bigger, memory_order_release);
        table = bigger;
    }
    insert(table, key, value);
}
