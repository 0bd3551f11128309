/* Memory that is only ever added to, for tables that live as long as the process: fresh pages are made
 * present in batches, which costs a fraction of a fault on each. Not thread-safe. */
#ifndef RUNTIME_BUMP_H
#define RUNTIME_BUMP_H

#include <stddef.h>

struct bump {
    char *at, *present, *end;
    struct bump_chunk *chunks;
};

/* Zeroed memory, aligned to 16 bytes; dies when the host has none. */
void *bump_alloc(struct bump *bump, size_t size);

/* Gives everything back. */
void bump_free(struct bump *bump);

/* Makes the pages of [start, end) present; a hint. */
void bump_populate(void *start, void *end);

#endif
