/* The emulator's own file descriptors, kept out of the guest's way: they sit high in the
 * descriptor range, and the guest's close, dup and close_range leave them alone. */
#ifndef RUNTIME_FDS_H
#define RUNTIME_FDS_H

#include <stdbool.h>

enum { FDS_MOST = 8 };

/* Moves `fd` (closed here) to a reserved number, close-on-exec, and returns that, or -errno with
 * `fd` still open (EMFILE: more than FDS_MOST). Not thread-safe against itself: start-up only. */
int fd_reserve(int fd);

/* Gives a reserved descriptor back and closes it. */
void fd_release(int fd);

/* Whether `fd` is the emulator's. Any thread; async-signal-safe. */
bool fd_is_reserved(int fd);

/* The lowest reserved descriptor that is at least `fd`, or -1. Any thread. */
int fd_next_reserved(int fd);

#endif
