/* A map from address ranges to attributes: sorted, disjoint regions, neighbours that agree merged.
 *
 * One array in ascending order: a look-up is a binary search over dense memory, and an insertion
 * moves 24 bytes per region above it, which for the thousands of mappings of a large program is
 * less than the system call that made the mapping. Not thread-safe. */
#ifndef RUNTIME_REGION_MAP_H
#define RUNTIME_REGION_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
    uint64_t start, end;
    uint32_t prot, flags;
};

struct region_map {
    struct region *at;
    size_t count, capacity;
};

/* Makes room for `calls` calls of set or clear, so that they cannot fail; 0 or -ENOMEM. */
int region_map_reserve(struct region_map *map, size_t calls);

/* Gives [start, end) these attributes, whatever was there. */
void region_map_set(struct region_map *map, uint64_t start, uint64_t end, uint32_t prot,
                    uint32_t flags);
void region_map_clear(struct region_map *map, uint64_t start, uint64_t end);

/* The first region that ends above `addr` (it may start above it too); NULL if there is none. */
const struct region *region_map_find(const struct region_map *map, uint64_t addr);

/* The end, at most `end`, of the stretch from `start` that regions cover without a gap. */
uint64_t region_map_covered(const struct region_map *map, uint64_t start, uint64_t end);

/* Finds the first stretch in [*start, end) that regions cover (gap: that none covers) without
 * interruption; false if there is none. Moves *start to it and sets *stop to its end. */
bool region_map_next_run(const struct region_map *map, uint64_t *start, uint64_t end,
                         uint64_t *stop);
bool region_map_next_gap(const struct region_map *map, uint64_t *start, uint64_t end,
                         uint64_t *stop);

/* Whether a region in [start, end) has one of the bits `prot`. */
bool region_map_has_prot(const struct region_map *map, uint64_t start, uint64_t end, uint32_t prot);

#endif
