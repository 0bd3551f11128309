/* Memory that a forked child is about to write to.
 *
 * After fork each page that is written to is copied by a fault of its own, and in a virtual machine
 * the memory map is brought in line each time: some ten microseconds, even where one call asks for
 * all pages. To put fresh pages in the place of shared ones takes half a microsecond for each.
 *
 * For the child, before it has a second thread. What cannot be done is left to the kernel's
 * copying. */
#ifndef RUNTIME_FORK_MEMORY_H
#define RUNTIME_FORK_MEMORY_H

#include <stddef.h>

/* Gives the child its own copy of private memory that it can read and write. */
void fork_memory_copy(void *start, size_t size);

/* Gives it fresh pages for the whole pages that come next in private memory, [at, end), and are
 * still zero. `prot` is the memory's. */
void fork_memory_clear(void *at, void *end, int prot);

#endif
