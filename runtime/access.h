/* Guest memory from C code: copies that survive bad pointers.
 *
 * The copies run in a known code range; a fault there makes them return -EFAULT. Usable from any
 * thread and from signal handlers. */
#ifndef RUNTIME_ACCESS_H
#define RUNTIME_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* 0 or -EFAULT. */
int guest_read(void *to, uint64_t from, size_t size);
int guest_write(uint64_t to, const void *from, size_t size);

/* Length of the string at `addr` without its end, or -EFAULT; at most `most` bytes are looked at.
 */
int64_t guest_strlen(uint64_t addr, size_t most);

/* For the host signal handler: if `context` stands in one of the copies, sends it to the failure
 * path and returns true. */
bool access_recover(ucontext_t *context);

#endif
