/* A bump allocator: everything is freed at once by a reset. Not thread-safe; one per translation.
 */
#ifndef RUNTIME_ARENA_H
#define RUNTIME_ARENA_H

#include <stddef.h>

struct arena {
    char *base;
    size_t used, size;
    struct arena_chunk *older; /* chunks outgrown since the last reset */
};

/* When there is no room left. */
void *arena_alloc_more(struct arena *arena, size_t size);

/* Memory aligned to 16 bytes, not cleared, valid until the next reset. Never NULL: dies when the
 * host has no memory left. */
static inline void *arena_alloc(struct arena *arena, size_t size) {
    const size_t rounded = (size + !size + 15) & ~(size_t)15;
    if (rounded < size || rounded > arena->size - arena->used)
        return arena_alloc_more(arena, size);
    void *memory = arena->base + arena->used;
    arena->used += rounded;
    return memory;
}

void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);

#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

#endif
