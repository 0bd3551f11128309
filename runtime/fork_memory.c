#include "runtime/fork_memory.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    MOST_COPIED = 1 << 20, /* of more, a short-lived child would write a small part only */
    MOST_CLEARED = 64 << 10,
};

static uintptr_t page_down(uintptr_t address) {
    return address & -(uintptr_t)getpagesize();
}

static uintptr_t page_up(uintptr_t address) {
    return page_down(address + (uintptr_t)getpagesize() - 1);
}

void fork_memory_copy(void *start, size_t size) {
    char *first = (char *)page_down((uintptr_t)start);
    size = (size_t)((char *)page_up((uintptr_t)start + size) - first);
    if (size > MOST_COPIED)
        return;
    char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
    if (copy == MAP_FAILED)
        return;
    memcpy(copy, first, size);
    if (mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, first) == MAP_FAILED)
        munmap(copy, size);
}

void fork_memory_clear(void *at, void *end, int prot) {
    char *first = (char *)page_up((uintptr_t)at), *last = (char *)page_down((uintptr_t)end);
    if (last - first > MOST_CLEARED)
        last = first + MOST_CLEARED;
    if (first < last)
        (void)mmap(first, (size_t)(last - first), prot,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE | MAP_FIXED, -1, 0);
}
