#include "runtime/region_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { REGIONS_FIRST = 128 };

int region_map_reserve(struct region_map *map, size_t calls) {
    /* Each call cuts at most one region into three. */
    size_t need = map->count + 2 * calls;
    if (need <= map->capacity)
        return 0;
    size_t capacity = map->capacity ? map->capacity : REGIONS_FIRST;
    while (capacity < need)
        capacity *= 2;
    struct region *at = realloc(map->at, capacity * sizeof *at);
    if (!at)
        return -ENOMEM;
    map->at = at;
    map->capacity = capacity;
    return 0;
}

/* The index of the first region that ends above `addr`; `count` if there is none. */
static size_t index_above(const struct region_map *map, uint64_t addr) {
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->at[middle].end > addr)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Up to five regions in a row that take the place of others. */
struct pieces {
    struct region at[5];
    size_t count;
};

static void add_piece(struct pieces *pieces, uint64_t start, uint64_t end, uint32_t prot,
                      uint32_t flags) {
    struct region *last = pieces->count ? &pieces->at[pieces->count - 1] : NULL;
    if (last && last->end == start && last->prot == prot && last->flags == flags)
        last->end = end;
    else
        pieces->at[pieces->count++] = (struct region){start, end, prot, flags};
}

/* Replaces what lies in [start, end) by `with`, or by nothing. The neighbours on both sides take
 * part so that they merge. */
static void replace(struct region_map *map, uint64_t start, uint64_t end,
                    const struct region *with) {
    size_t first = index_above(map, start), last = first;
    while (last < map->count && map->at[last].start < end)
        last++;
    if (first > 0 && map->at[first - 1].end == start)
        first--;
    if (last < map->count && map->at[last].start == end)
        last++;

    struct pieces pieces = {.count = 0};
    for (size_t i = first; i < last && map->at[i].start < start; i++) {
        const struct region *r = &map->at[i];
        add_piece(&pieces, r->start, r->end < start ? r->end : start, r->prot, r->flags);
    }
    if (with)
        add_piece(&pieces, start, end, with->prot, with->flags);
    size_t right = last;
    while (right > first && map->at[right - 1].end > end)
        right--;
    for (size_t i = right; i < last; i++) {
        const struct region *r = &map->at[i];
        add_piece(&pieces, r->start > end ? r->start : end, r->end, r->prot, r->flags);
    }

    memmove(map->at + first + pieces.count, map->at + last,
            (map->count - last) * sizeof map->at[0]);
    memcpy(map->at + first, pieces.at, pieces.count * sizeof pieces.at[0]);
    map->count = map->count - (last - first) + pieces.count;
}

void region_map_set(struct region_map *map, uint64_t start, uint64_t end, uint32_t prot,
                    uint32_t flags) {
    const struct region with = {start, end, prot, flags};
    if (start < end)
        replace(map, start, end, &with);
}

void region_map_clear(struct region_map *map, uint64_t start, uint64_t end) {
    if (start < end)
        replace(map, start, end, NULL);
}

const struct region *region_map_find(const struct region_map *map, uint64_t addr) {
    size_t i = index_above(map, addr);
    return i < map->count ? &map->at[i] : NULL;
}

uint64_t region_map_covered(const struct region_map *map, uint64_t start, uint64_t end) {
    uint64_t at = start;
    for (size_t i = index_above(map, start); i < map->count && at < end; i++) {
        if (map->at[i].start > at)
            return at;
        at = map->at[i].end;
    }
    return at < end ? at : end;
}

bool region_map_next_run(const struct region_map *map, uint64_t *start, uint64_t end,
                         uint64_t *stop) {
    const struct region *r = region_map_find(map, *start);
    if (*start >= end || !r || r->start >= end)
        return false;
    if (r->start > *start)
        *start = r->start;
    *stop = region_map_covered(map, *start, end);
    return true;
}

bool region_map_next_gap(const struct region_map *map, uint64_t *start, uint64_t end,
                         uint64_t *stop) {
    *start = region_map_covered(map, *start, end);
    if (*start >= end)
        return false;
    const struct region *r = region_map_find(map, *start);
    *stop = r && r->start < end ? r->start : end;
    return true;
}

bool region_map_has_prot(const struct region_map *map, uint64_t start, uint64_t end,
                         uint32_t prot) {
    if (start >= end)
        return false;
    for (size_t i = index_above(map, start); i < map->count && map->at[i].start < end; i++)
        if (map->at[i].prot & prot)
            return true;
    return false;
}
