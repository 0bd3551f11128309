#include "runtime/bump.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/fork_memory.h"
#include "runtime/log.h"

enum { READABLE = 16 }; /* behind everything that is given out */

struct bump_chunk {
    struct bump_chunk *older;
    size_t size;
};

void *bump_map_huge(size_t lead, size_t size, int prot) {
    char *memory = mmap(NULL, lead + size + HUGE_PAGE, prot,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    char *first = memory + lead;
    char *start = (char *)(((uintptr_t)first + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    if (start > first)
        munmap(memory, (size_t)(start - first));
    munmap(start + size, (size_t)(first + HUGE_PAGE - start));
    madvise(start, size, MADV_HUGEPAGE);
    return start;
}

void bump_seed(struct bump *bump, void *memory, size_t size) {
    bump->seed = bump->at = memory;
    bump->seed_size = memory ? size - READABLE : 0;
    bump->end = bump->at + bump->seed_size;
}

static void add_chunk(struct bump *bump, size_t needed) {
    const size_t size =
        (needed + sizeof(struct bump_chunk) + READABLE + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
    struct bump_chunk *chunk = bump_map_huge(0, size, PROT_READ | PROT_WRITE);
    if (!chunk)
        die(126, "out of memory for the tables of translated code");
    *chunk = (struct bump_chunk){bump->chunks, size};
    bump->chunks = chunk;
    bump->at = (char *)(chunk + 1);
    bump->end = (char *)chunk + size - READABLE;
}

void *bump_alloc(struct bump *bump, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(bump->end - bump->at) < size)
        add_chunk(bump, size);
    char *result = bump->at;
    bump->at += size;
    return result;
}

void bump_after_fork(struct bump *bump) {
    fork_memory_clear(bump->at, bump->end, PROT_READ | PROT_WRITE);
}

void bump_reset(struct bump *bump) {
    for (struct bump_chunk *chunk = bump->chunks, *older; chunk; chunk = older) {
        older = chunk->older;
        munmap(chunk, chunk->size);
    }
    bump->chunks = NULL;
    bump->at = bump->seed;
    bump->end = bump->seed + bump->seed_size;
    if (bump->seed)
        memset(bump->seed, 0, bump->seed_size);
}
