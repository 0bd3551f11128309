/* The bump allocator: chunks that grow by doubling; a reset keeps the largest.
 *
 * Invariant: `base` is the data of the newest chunk, whose header lies just below it, and every
 * chunk is at least twice as large as the one before, so that the newest alone would have held what
 * the last round used. */
#include "runtime/arena.h"

#include <stdint.h>
#include <stdlib.h>

#include "runtime/log.h"

enum { ARENA_ALIGN = 16, ARENA_FIRST = 64 * 1024 };

struct arena_chunk {
    _Alignas(ARENA_ALIGN) struct arena_chunk *older;
};

static struct arena_chunk *chunk_of(const struct arena *arena) {
    return (struct arena_chunk *)arena->base - 1;
}

static void free_chunks(struct arena_chunk *chunk) {
    while (chunk) {
        struct arena_chunk *older = chunk->older;
        free(chunk);
        chunk = older;
    }
}

static void grow(struct arena *arena, size_t need) {
    size_t size = arena->size ? arena->size : ARENA_FIRST / 2;
    do {
        if (__builtin_mul_overflow(size, 2, &size))
            die(1, "out of memory: %zu bytes wanted at once", need);
    } while (size < need);
    struct arena_chunk *chunk = malloc(sizeof *chunk + size);
    if (!chunk)
        die(1, "out of memory: the host gives no %zu bytes more", size);
    chunk->older = NULL;
    if (arena->base) {
        chunk_of(arena)->older = arena->older;
        arena->older = chunk_of(arena);
    }
    arena->base = (char *)(chunk + 1);
    arena->used = 0;
    arena->size = size;
}

void *arena_alloc_more(struct arena *arena, size_t size) {
    if (size > SIZE_MAX / 4)
        die(1, "out of memory: %zu bytes wanted at once", size);
    size = (size + !size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (size > arena->size - arena->used)
        grow(arena, size);
    void *memory = arena->base + arena->used;
    arena->used += size;
    return memory;
}

void arena_reset(struct arena *arena) {
    free_chunks(arena->older);
    arena->older = NULL;
    arena->used = 0;
}

void arena_free(struct arena *arena) {
    arena_reset(arena);
    if (arena->base)
        free(chunk_of(arena));
    *arena = (struct arena){0};
}
