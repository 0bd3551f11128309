#include "runtime/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

/* Where reserved descriptors end. Higher ones would be out of the way even more, but each fork
 * copies the kernel's table up to the highest open descriptor. */
enum { TOP = 1024 };

/* A slot holds fd + 1, so that zero is an empty one. */
static struct { _Atomic int slot[FDS_MOST]; } reserved;

int fd_reserve(int fd) {
    int slot = 0;
    while (slot < FDS_MOST && reserved.slot[slot] != 0)
        slot++;
    if (slot == FDS_MOST)
        return -EMFILE;

    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return -errno;
    int top = limit.rlim_cur < TOP ? (int)limit.rlim_cur : TOP;
    /* A low limit still leaves room for the descriptor wherever one is free. */
    int from = top > 4 * FDS_MOST ? top - FDS_MOST : fd + 1;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, from);
    if (moved < 0)
        return -errno;
    close(fd);
    reserved.slot[slot] = moved + 1;
    return moved;
}

void fd_release(int fd) {
    for (int i = 0; i < FDS_MOST; i++) {
        if (reserved.slot[i] == fd + 1)
            reserved.slot[i] = 0;
    }
    close(fd);
}

bool fd_is_reserved(int fd) {
    return fd >= 0 && fd_next_reserved(fd) == fd;
}

int fd_next_reserved(int fd) {
    int next = -1;
    for (int i = 0; i < FDS_MOST; i++) {
        int at = atomic_load_explicit(&reserved.slot[i], memory_order_relaxed) - 1;
        if (at >= fd && at >= 0 && (next < 0 || at < next))
            next = at;
    }
    return next;
}
