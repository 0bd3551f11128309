/* Layouts: include/uapi/asm-generic/{stat,sembuf,fcntl}.h, include/uapi/linux/eventpoll.h and
 * arch/x86/include/uapi/asm/{stat,sembuf}.h. */
#include "syscalls/convert.h"

#include <stddef.h>
#include <string.h>

#include "runtime/access.h"

/* --- open flags --- */

#if defined(__aarch64__)
static const struct open_flags host_open_flags = OPEN_FLAGS_AARCH64;
#else
static const struct open_flags host_open_flags = OPEN_FLAGS_GENERIC;
#endif

static uint64_t translate_open_flags(uint64_t flags, const struct open_flags *from,
                                     const struct open_flags *to) {
    uint64_t known = from->directory | from->nofollow | from->direct | from->largefile;
    uint64_t result = flags & ~known;
    if (flags & from->directory)
        result |= to->directory;
    if (flags & from->nofollow)
        result |= to->nofollow;
    if (flags & from->direct)
        result |= to->direct;
    if (flags & from->largefile)
        result |= to->largefile;
    return result;
}

uint64_t open_flags_to_host(const struct syscall_abi *abi, uint64_t flags) {
    return translate_open_flags(flags, &abi->open_flags, &host_open_flags);
}

uint64_t open_flags_to_guest(const struct syscall_abi *abi, uint64_t flags) {
    return translate_open_flags(flags, &host_open_flags, &abi->open_flags);
}

/* --- stat --- */

struct stat_generic {
    uint64_t dev, ino;
    uint32_t mode, nlink, uid, gid;
    uint64_t rdev, pad1;
    int64_t size;
    int32_t blksize, pad2;
    int64_t blocks;
    int64_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    uint32_t unused[2];
};
_Static_assert(sizeof(struct stat_generic) == 128, "asm-generic struct stat");

struct stat_x86_64 {
    uint64_t dev, ino, nlink;
    uint32_t mode, uid, gid, pad0;
    uint64_t rdev;
    int64_t size, blksize, blocks;
    int64_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    int64_t unused[3];
};
_Static_assert(sizeof(struct stat_x86_64) == 144, "x86-64 struct stat");

/* Assigns the fields that both layouts have, whatever their types. */
#define FILL_STAT(layout, host)                                                                   \
    {                                                                                             \
        .dev = (host)->st_dev, .ino = (host)->st_ino, .mode = (host)->st_mode,                    \
        .nlink = (uint32_t)(host)->st_nlink, .uid = (host)->st_uid, .gid = (host)->st_gid,        \
        .rdev = (host)->st_rdev, .size = (host)->st_size, .blksize = (int32_t)(host)->st_blksize, \
        .blocks = (host)->st_blocks, .atime = (host)->st_atim.tv_sec,                             \
        .atime_nsec = (host)->st_atim.tv_nsec, .mtime = (host)->st_mtim.tv_sec,                   \
        .mtime_nsec = (host)->st_mtim.tv_nsec, .ctime = (host)->st_ctim.tv_sec,                   \
        .ctime_nsec = (host)->st_ctim.tv_nsec                                                     \
    }

#define TAKE_STAT(host, from)                                                                      \
    do {                                                                                           \
        *(host) = (struct stat){0};                                                                \
        (host)->st_dev = (from).dev, (host)->st_ino = (from).ino, (host)->st_mode = (from).mode;   \
        (host)->st_nlink = (from).nlink, (host)->st_uid = (from).uid, (host)->st_gid = (from).gid; \
        (host)->st_rdev = (from).rdev, (host)->st_size = (from).size;                              \
        (host)->st_blksize = (from).blksize, (host)->st_blocks = (from).blocks;                    \
        (host)->st_atim = (struct timespec){(from).atime, (from).atime_nsec};                      \
        (host)->st_mtim = (struct timespec){(from).mtime, (from).mtime_nsec};                      \
        (host)->st_ctim = (struct timespec){(from).ctime, (from).ctime_nsec};                      \
    } while (0)

int stat_to_guest(const struct syscall_abi *abi, uint64_t to, const struct stat *host) {
    if (abi->layout == SYSCALL_LAYOUT_GENERIC) {
        struct stat_generic guest = FILL_STAT(generic, host);
        return guest_write(to, &guest, sizeof guest);
    }
    struct stat_x86_64 guest = FILL_STAT(x86_64, host);
    return guest_write(to, &guest, sizeof guest);
}

int stat_from_guest(const struct syscall_abi *abi, struct stat *host, uint64_t from) {
    int error;
    if (abi->layout == SYSCALL_LAYOUT_GENERIC) {
        struct stat_generic guest = {0};
        error = guest_read(&guest, from, sizeof guest);
        TAKE_STAT(host, guest);
    } else {
        struct stat_x86_64 guest = {0};
        error = guest_read(&guest, from, sizeof guest);
        TAKE_STAT(host, guest);
    }
    return error;
}

/* --- epoll_event: packed on x86-64 alone --- */

struct epoll_generic {
    uint32_t events, pad;
    uint64_t data;
};

struct __attribute__((packed)) epoll_x86_64 {
    uint32_t events;
    uint64_t data;
};

unsigned epoll_event_size(enum syscall_layout layout) {
    return layout == SYSCALL_LAYOUT_GENERIC ? sizeof(struct epoll_generic)
                                            : sizeof(struct epoll_x86_64);
}

int epoll_from_guest(const struct syscall_abi *abi, struct epoll_event *host, uint64_t from) {
    if (abi->layout == SYSCALL_LAYOUT_GENERIC) {
        struct epoll_generic guest = {0};
        int error = guest_read(&guest, from, sizeof guest);
        host->events = guest.events;
        host->data.u64 = guest.data;
        return error;
    }
    struct epoll_x86_64 guest = {0};
    int error = guest_read(&guest, from, sizeof guest);
    host->events = guest.events;
    host->data.u64 = guest.data;
    return error;
}

int epoll_to_guest(const struct syscall_abi *abi, uint64_t to, const struct epoll_event *host,
                   unsigned count) {
    unsigned size = epoll_event_size(abi->layout);
    int error = 0;
    for (unsigned i = 0; i < count && !error; i++) {
        struct epoll_generic generic = {.events = host[i].events, .data = host[i].data.u64};
        struct epoll_x86_64 packed = {.events = host[i].events, .data = host[i].data.u64};
        const void *event = abi->layout == SYSCALL_LAYOUT_GENERIC ? (void *)&generic : &packed;
        error = guest_write(to + (uint64_t)i * size, event, size);
    }
    return error;
}

/* --- semid64_ds --- */

struct semid_generic {
    struct ipc_perm perm;
    int64_t otime, ctime;
    uint64_t nsems, unused[2];
};

struct semid_x86_64 {
    struct ipc_perm perm;
    int64_t otime;
    uint64_t unused1;
    int64_t ctime;
    uint64_t unused2, nsems, unused[2];
};
_Static_assert(sizeof(struct ipc_perm) == 48, "struct ipc64_perm");
_Static_assert(sizeof(struct semid_generic) == 88, "asm-generic struct semid64_ds");
_Static_assert(sizeof(struct semid_x86_64) == SEMID_MOST, "x86-64 struct semid64_ds");

unsigned semid_size(enum syscall_layout layout) {
    return layout == SYSCALL_LAYOUT_GENERIC ? sizeof(struct semid_generic)
                                            : sizeof(struct semid_x86_64);
}

void semid_pack(enum syscall_layout layout, unsigned char to[SEMID_MOST],
                const struct semid *from) {
    struct semid_generic generic = {
        .perm = from->perm, .otime = from->otime, .ctime = from->ctime, .nsems = from->nsems};
    struct semid_x86_64 x86_64 = {
        .perm = from->perm, .otime = from->otime, .ctime = from->ctime, .nsems = from->nsems};
    memcpy(to, layout == SYSCALL_LAYOUT_GENERIC ? (void *)&generic : &x86_64, semid_size(layout));
}

void semid_unpack(enum syscall_layout layout, struct semid *to,
                  const unsigned char from[SEMID_MOST]) {
    if (layout == SYSCALL_LAYOUT_GENERIC) {
        struct semid_generic generic;
        memcpy(&generic, from, sizeof generic);
        *to = (struct semid){generic.perm, generic.otime, generic.ctime, generic.nsems};
    } else {
        struct semid_x86_64 x86_64;
        memcpy(&x86_64, from, sizeof x86_64);
        *to = (struct semid){x86_64.perm, x86_64.otime, x86_64.ctime, x86_64.nsems};
    }
}
