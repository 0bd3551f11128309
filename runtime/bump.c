#include "runtime/bump.h"

#include <sys/mman.h>

#include "runtime/log.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum { CHUNK = 1 << 20, BATCH = 64 << 10 };

struct bump_chunk {
    struct bump_chunk *older;
    size_t size;
};

void bump_populate(void *start, void *end)
{
    madvise(start, (size_t)((char *)end - (char *)start), MADV_POPULATE_WRITE);
}

static void add_chunk(struct bump *bump, size_t needed)
{
    const size_t size = needed + sizeof(struct bump_chunk) > CHUNK ? (needed + CHUNK) & ~(size_t)(CHUNK - 1) : CHUNK;
    struct bump_chunk *chunk =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (chunk == MAP_FAILED)
        die(126, "out of memory for the tables of translated code");
    *chunk = (struct bump_chunk){bump->chunks, size};
    bump->chunks = chunk;
    bump->at = bump->present = (char *)(chunk + 1);
    bump->end = (char *)chunk + size;
}

void *bump_alloc(struct bump *bump, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(bump->end - bump->at) < size)
        add_chunk(bump, size);
    char *result = bump->at;
    bump->at += size;
    if (bump->at > bump->present) {
        char *start = (char *)((size_t)bump->present & ~(size_t)4095);
        char *stop = start + BATCH < bump->at ? (char *)(((size_t)bump->at + 4095) & ~(size_t)4095) : start + BATCH;
        if (stop > bump->end)
            stop = bump->end;
        bump_populate(start, stop);
        bump->present = stop;
    }
    return result;
}

void bump_free(struct bump *bump)
{
    for (struct bump_chunk *chunk = bump->chunks, *older; chunk; chunk = older) {
        older = chunk->older;
        munmap(chunk, chunk->size);
    }
    *bump = (struct bump){0};
}
