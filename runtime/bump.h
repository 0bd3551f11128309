/* Memory that is only ever added to, for tables that live as long as the process. Not thread-safe.
 */
#ifndef RUNTIME_BUMP_H
#define RUNTIME_BUMP_H

#include <stddef.h>

struct bump {
    char *at, *end;
    char *seed; /* memory of someone else's that is used first, or NULL */
    size_t seed_size;
    struct bump_chunk *chunks;
};

/* Zeroed memory to use first; it stays its owner's. */
void bump_seed(struct bump *bump, void *memory, size_t size);

/* Zeroed memory, aligned to 16 bytes, with as many more behind it that may be read; dies when the
 * host has none. */
void *bump_alloc(struct bump *bump, size_t size);

/* Starts again: what was mapped goes back to the host, the seed is cleared. */
void bump_reset(struct bump *bump);

/* In a forked child, which will allocate more. */
void bump_after_fork(struct bump *bump);

enum { HUGE_PAGE = 2 << 20 };

/* Maps `size` bytes (a multiple of 2 MiB) that start at a multiple of 2 MiB, asking for huge pages:
 * they make the first touch of a large table many times cheaper, above all in virtual machines.
 * `lead` bytes (whole pages) in front of them are mapped, too. NULL when the host has no address
 * space. */
void *bump_map_huge(size_t lead, size_t size, int prot);

#endif
