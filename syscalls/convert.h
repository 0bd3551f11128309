/* Between the guest's and the host's form of what differs between Linux ports. */
#ifndef SYSCALLS_CONVERT_H
#define SYSCALLS_CONVERT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/stat.h>

#include "runtime/syscall_abi.h"

/* The layout of this host's own structures. */
#if defined(__x86_64__)
#define HOST_LAYOUT SYSCALL_LAYOUT_X86_64
#else
#define HOST_LAYOUT SYSCALL_LAYOUT_GENERIC
#endif

/* open(2) flags. */
uint64_t open_flags_to_host(const struct syscall_abi *abi, uint64_t flags);
uint64_t open_flags_to_guest(const struct syscall_abi *abi, uint64_t flags);

/* struct stat, from the host's to guest memory at `to`: 0 or -EFAULT. */
int stat_to_guest(const struct syscall_abi *abi, uint64_t to, const struct stat *host);
/* The reverse: 0 or -EFAULT. */
int stat_from_guest(const struct syscall_abi *abi, struct stat *host, uint64_t from);

/* struct epoll_event, and an array of them: 0 or -EFAULT. */
int epoll_from_guest(const struct syscall_abi *abi, struct epoll_event *host, uint64_t from);
int epoll_to_guest(const struct syscall_abi *abi, uint64_t to, const struct epoll_event *host,
                   unsigned count);
unsigned epoll_event_size(enum syscall_layout layout);

/* What struct semid64_ds holds, wherever its fields lie. */
struct semid {
    struct ipc_perm perm;
    int64_t otime, ctime;
    uint64_t nsems;
};

enum { SEMID_MOST = 104 };

void semid_pack(enum syscall_layout layout, unsigned char to[SEMID_MOST], const struct semid *from);
void semid_unpack(enum syscall_layout layout, struct semid *to,
                  const unsigned char from[SEMID_MOST]);
unsigned semid_size(enum syscall_layout layout);

#endif
