/* Named values of numbers in signatures (flags:TABLE). Bits have themselves as their mask; the
 * values of an enumeration have all bits as theirs, or those of the field they stand in. */
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "syscalls/convert.h"
#include "syscalls/table.h"

#define BIT(name) \
    { (uint64_t)(name), (uint64_t)(name), #name }
#define VALUE(name) \
    { UINT32_MAX, (uint32_t)(name), #name }
#define FIELD(mask, name) \
    { (uint64_t)(mask), (uint64_t)(name), #name }

const char OPEN_FLAG_TABLE[] = "open";

/* Bits of several flags come before the flags they contain. */
static const struct flag_name open_names[] = {
    FIELD(O_ACCMODE, O_RDONLY),
    FIELD(O_ACCMODE, O_WRONLY),
    FIELD(O_ACCMODE, O_RDWR),
    BIT(O_CREAT),
    BIT(O_EXCL),
    BIT(O_NOCTTY),
    BIT(O_TRUNC),
    BIT(O_APPEND),
    BIT(O_NONBLOCK),
    BIT(O_SYNC),
    BIT(O_DSYNC),
    BIT(O_ASYNC),
    BIT(O_DIRECT),
    BIT(O_TMPFILE),
    BIT(O_DIRECTORY),
    BIT(O_NOFOLLOW),
    BIT(O_NOATIME),
    BIT(O_CLOEXEC),
    BIT(O_PATH),
    {0100000, 0100000, "O_LARGEFILE"},
};
static const struct flag_name at_names[] = {
    BIT(AT_SYMLINK_NOFOLLOW), {0x200, 0x200, "AT_EACCESS"}, BIT(AT_SYMLINK_FOLLOW),
    BIT(AT_NO_AUTOMOUNT),     BIT(AT_EMPTY_PATH),           BIT(AT_STATX_FORCE_SYNC),
    BIT(AT_STATX_DONT_SYNC),
};
static const struct flag_name unlinkat_names[] = {BIT(AT_REMOVEDIR)};
static const struct flag_name access_names[] = {
    VALUE(F_OK),
    BIT(R_OK),
    BIT(W_OK),
    BIT(X_OK),
};
static const struct flag_name xattr_names[] = {BIT(XATTR_CREATE), BIT(XATTR_REPLACE)};
static const struct flag_name cloexec_names[] = {BIT(O_CLOEXEC), BIT(O_NONBLOCK)};
static const struct flag_name eventfd_names[] = {
    BIT(EFD_CLOEXEC),
    BIT(EFD_NONBLOCK),
    BIT(EFD_SEMAPHORE),
};
static const struct flag_name epoll_op_names[] = {
    VALUE(EPOLL_CTL_ADD),
    VALUE(EPOLL_CTL_DEL),
    VALUE(EPOLL_CTL_MOD),
};
static const struct flag_name flock_names[] = {
    BIT(LOCK_SH),
    BIT(LOCK_EX),
    BIT(LOCK_UN),
    BIT(LOCK_NB),
};
static const struct flag_name fcntl_names[] = {
    VALUE(F_DUPFD),         VALUE(F_GETFD),      VALUE(F_SETFD),      VALUE(F_GETFL),
    VALUE(F_SETFL),         VALUE(F_GETLK),      VALUE(F_SETLK),      VALUE(F_SETLKW),
    VALUE(F_SETOWN),        VALUE(F_GETOWN),     VALUE(F_SETSIG),     VALUE(F_GETSIG),
    VALUE(F_SETOWN_EX),     VALUE(F_GETOWN_EX),  VALUE(F_OFD_GETLK),  VALUE(F_OFD_SETLK),
    VALUE(F_OFD_SETLKW),    VALUE(F_SETLEASE),   VALUE(F_GETLEASE),   VALUE(F_NOTIFY),
    VALUE(F_DUPFD_CLOEXEC), VALUE(F_SETPIPE_SZ), VALUE(F_GETPIPE_SZ), VALUE(F_ADD_SEALS),
    VALUE(F_GET_SEALS),
};
static const struct flag_name fallocate_names[] = {
    BIT(FALLOC_FL_KEEP_SIZE),  BIT(FALLOC_FL_PUNCH_HOLE),   BIT(FALLOC_FL_COLLAPSE_RANGE),
    BIT(FALLOC_FL_ZERO_RANGE), BIT(FALLOC_FL_INSERT_RANGE),
};
static const struct flag_name whence_names[] = {
    VALUE(SEEK_SET), VALUE(SEEK_CUR), VALUE(SEEK_END), VALUE(SEEK_DATA), VALUE(SEEK_HOLE),
};
static const struct flag_name splice_names[] = {
    BIT(SPLICE_F_MOVE),
    BIT(SPLICE_F_NONBLOCK),
    BIT(SPLICE_F_MORE),
    BIT(SPLICE_F_GIFT),
};
static const struct flag_name rename_names[] = {
    BIT(RENAME_NOREPLACE),
    BIT(RENAME_EXCHANGE),
    BIT(RENAME_WHITEOUT),
};
static const struct flag_name memfd_names[] = {
    BIT(MFD_CLOEXEC),
    BIT(MFD_ALLOW_SEALING),
    BIT(MFD_HUGETLB),
};
static const struct flag_name clock_names[] = {
    VALUE(CLOCK_REALTIME),          VALUE(CLOCK_MONOTONIC),     VALUE(CLOCK_PROCESS_CPUTIME_ID),
    VALUE(CLOCK_THREAD_CPUTIME_ID), VALUE(CLOCK_MONOTONIC_RAW), VALUE(CLOCK_REALTIME_COARSE),
    VALUE(CLOCK_MONOTONIC_COARSE),  VALUE(CLOCK_BOOTTIME),      VALUE(CLOCK_REALTIME_ALARM),
    VALUE(CLOCK_BOOTTIME_ALARM),    VALUE(CLOCK_TAI),
};
static const struct flag_name timer_names[] = {BIT(TIMER_ABSTIME),
                                               {2, 2, "TFD_TIMER_CANCEL_ON_SET"}};
static const struct flag_name itimer_names[] = {
    VALUE(ITIMER_REAL),
    VALUE(ITIMER_VIRTUAL),
    VALUE(ITIMER_PROF),
};
static const struct flag_name idtype_names[] = {
    VALUE(P_ALL),
    VALUE(P_PID),
    VALUE(P_PGID),
    VALUE(P_PIDFD),
};
static const struct flag_name wait_names[] = {
    BIT(WNOHANG),
    BIT(WUNTRACED),
    BIT(WEXITED),
    BIT(WCONTINUED),
    BIT(WNOWAIT),
    {0x40000000, 0x40000000, "__WALL"},
    {0x80000000, 0x80000000, "__WCLONE"},
};
static const struct flag_name clone_names[] = {
    BIT(CLONE_VM),
    BIT(CLONE_FS),
    BIT(CLONE_FILES),
    BIT(CLONE_SIGHAND),
    BIT(CLONE_PIDFD),
    BIT(CLONE_PTRACE),
    BIT(CLONE_VFORK),
    BIT(CLONE_PARENT),
    BIT(CLONE_THREAD),
    BIT(CLONE_NEWNS),
    BIT(CLONE_SYSVSEM),
    BIT(CLONE_SETTLS),
    BIT(CLONE_PARENT_SETTID),
    BIT(CLONE_CHILD_CLEARTID),
    BIT(CLONE_UNTRACED),
    BIT(CLONE_CHILD_SETTID),
    BIT(CLONE_NEWCGROUP),
    BIT(CLONE_NEWUTS),
    BIT(CLONE_NEWIPC),
    BIT(CLONE_NEWUSER),
    BIT(CLONE_NEWPID),
    BIT(CLONE_NEWNET),
    BIT(CLONE_IO),
    FIELD(0xff, SIGCHLD),
};
static const struct flag_name futex_names[] = {
    FIELD(127, FUTEX_WAIT),
    FIELD(127, FUTEX_WAKE),
    FIELD(127, FUTEX_REQUEUE),
    FIELD(127, FUTEX_CMP_REQUEUE),
    FIELD(127, FUTEX_WAKE_OP),
    FIELD(127, FUTEX_LOCK_PI),
    FIELD(127, FUTEX_UNLOCK_PI),
    FIELD(127, FUTEX_TRYLOCK_PI),
    FIELD(127, FUTEX_WAIT_BITSET),
    FIELD(127, FUTEX_WAKE_BITSET),
    FIELD(127, FUTEX_WAIT_REQUEUE_PI),
    FIELD(127, FUTEX_CMP_REQUEUE_PI),
    {127, 13, "FUTEX_LOCK_PI2"},
    BIT(FUTEX_PRIVATE_FLAG),
    BIT(FUTEX_CLOCK_REALTIME),
};
static const struct flag_name sigmask_names[] = {
    VALUE(SIG_BLOCK),
    VALUE(SIG_UNBLOCK),
    VALUE(SIG_SETMASK),
};
static const struct flag_name sigaction_names[] = {
    BIT(SA_NOCLDSTOP),
    BIT(SA_NOCLDWAIT),
    BIT(SA_SIGINFO),
    BIT(SA_ONSTACK),
    BIT(SA_RESTART),
    BIT(SA_NODEFER),
    {0x80000000, 0x80000000, "SA_RESETHAND"},
    {0x04000000, 0x04000000, "SA_RESTORER"},
};
static const struct flag_name rlimit_names[] = {
    VALUE(RLIMIT_CPU),      VALUE(RLIMIT_FSIZE), VALUE(RLIMIT_DATA),   VALUE(RLIMIT_STACK),
    VALUE(RLIMIT_CORE),     VALUE(RLIMIT_RSS),   VALUE(RLIMIT_NPROC),  VALUE(RLIMIT_NOFILE),
    VALUE(RLIMIT_MEMLOCK),  VALUE(RLIMIT_AS),    VALUE(RLIMIT_LOCKS),  VALUE(RLIMIT_SIGPENDING),
    VALUE(RLIMIT_MSGQUEUE), VALUE(RLIMIT_NICE),  VALUE(RLIMIT_RTPRIO), VALUE(RLIMIT_RTTIME),
};
static const struct flag_name prctl_names[] = {
    VALUE(PR_SET_PDEATHSIG),       VALUE(PR_GET_PDEATHSIG),    VALUE(PR_GET_DUMPABLE),
    VALUE(PR_SET_DUMPABLE),        VALUE(PR_SET_NAME),         VALUE(PR_GET_NAME),
    VALUE(PR_SET_SECCOMP),         VALUE(PR_GET_SECCOMP),      VALUE(PR_CAPBSET_READ),
    VALUE(PR_CAPBSET_DROP),        VALUE(PR_SET_TIMERSLACK),   VALUE(PR_GET_TIMERSLACK),
    VALUE(PR_SET_CHILD_SUBREAPER), VALUE(PR_SET_NO_NEW_PRIVS), VALUE(PR_GET_NO_NEW_PRIVS),
    VALUE(PR_SET_THP_DISABLE),     VALUE(PR_CAP_AMBIENT),      VALUE(PR_SET_VMA),
    VALUE(PR_SET_PTRACER),
};
static const struct flag_name ipc_names[] = {
    VALUE(IPC_RMID), VALUE(IPC_SET), VALUE(IPC_STAT), VALUE(IPC_INFO), VALUE(GETPID), VALUE(GETVAL),
    VALUE(GETALL),   VALUE(GETNCNT), VALUE(GETZCNT),  VALUE(SETVAL),   VALUE(SETALL),
};
static const struct flag_name domain_names[] = {
    VALUE(AF_UNSPEC), VALUE(AF_UNIX),  VALUE(AF_INET), VALUE(AF_INET6),     VALUE(AF_NETLINK),
    VALUE(AF_PACKET), VALUE(AF_VSOCK), VALUE(AF_ALG),  VALUE(AF_BLUETOOTH),
};
static const struct flag_name socktype_names[] = {
    FIELD(15, SOCK_STREAM),    FIELD(15, SOCK_DGRAM),  FIELD(15, SOCK_RAW), FIELD(15, SOCK_RDM),
    FIELD(15, SOCK_SEQPACKET), FIELD(15, SOCK_PACKET), BIT(SOCK_CLOEXEC),   BIT(SOCK_NONBLOCK),
};
static const struct flag_name msg_names[] = {
    BIT(MSG_OOB),        BIT(MSG_PEEK),     BIT(MSG_DONTROUTE), BIT(MSG_CTRUNC),
    BIT(MSG_TRUNC),      BIT(MSG_DONTWAIT), BIT(MSG_EOR),       BIT(MSG_WAITALL),
    BIT(MSG_CONFIRM),    BIT(MSG_ERRQUEUE), BIT(MSG_NOSIGNAL),  BIT(MSG_MORE),
    BIT(MSG_WAITFORONE), BIT(MSG_ZEROCOPY), BIT(MSG_FASTOPEN),  BIT(MSG_CMSG_CLOEXEC),
};
static const struct flag_name prot_names[] = {
    VALUE(PROT_NONE), BIT(PROT_READ),      BIT(PROT_WRITE),
    BIT(PROT_EXEC),   BIT(PROT_GROWSDOWN), BIT(PROT_GROWSUP),
};
static const struct flag_name map_names[] = {
    FIELD(MAP_TYPE, MAP_SHARED),
    FIELD(MAP_TYPE, MAP_PRIVATE),
    FIELD(MAP_TYPE, MAP_SHARED_VALIDATE),
    BIT(MAP_FIXED),
    BIT(MAP_ANONYMOUS),
    BIT(MAP_GROWSDOWN),
    BIT(MAP_DENYWRITE),
    BIT(MAP_EXECUTABLE),
    BIT(MAP_LOCKED),
    BIT(MAP_NORESERVE),
    BIT(MAP_POPULATE),
    BIT(MAP_NONBLOCK),
    BIT(MAP_STACK),
    BIT(MAP_HUGETLB),
    BIT(MAP_SYNC),
    BIT(MAP_FIXED_NOREPLACE),
};
static const struct flag_name mremap_names[] = {
    BIT(MREMAP_MAYMOVE),
    BIT(MREMAP_FIXED),
    {4, 4, "MREMAP_DONTUNMAP"},
};
static const struct flag_name msync_names[] = {BIT(MS_ASYNC), BIT(MS_INVALIDATE), BIT(MS_SYNC)};
static const struct flag_name madvise_names[] = {
    VALUE(MADV_NORMAL),     VALUE(MADV_RANDOM),    VALUE(MADV_SEQUENTIAL),  VALUE(MADV_WILLNEED),
    VALUE(MADV_DONTNEED),   VALUE(MADV_FREE),      VALUE(MADV_REMOVE),      VALUE(MADV_DONTFORK),
    VALUE(MADV_DOFORK),     VALUE(MADV_MERGEABLE), VALUE(MADV_UNMERGEABLE), VALUE(MADV_HUGEPAGE),
    VALUE(MADV_NOHUGEPAGE), VALUE(MADV_DONTDUMP),  VALUE(MADV_DODUMP),      VALUE(MADV_WIPEONFORK),
    VALUE(MADV_KEEPONFORK), VALUE(MADV_COLD),      VALUE(MADV_PAGEOUT),
};
static const struct flag_name ioctl_names[] = {
/* Not VALUE: the name would be expanded before it is made a string. */
#define IOCTL(name, kind) {UINT32_MAX, (uint32_t)(name), #name},
#include "syscalls/ioctl.def"
#undef IOCTL
};

#define TABLE(name) \
    { #name, name##_names, sizeof name##_names / sizeof name##_names[0] }

static const struct flag_table tables[] = {
    TABLE(open),    TABLE(at),        TABLE(unlinkat), TABLE(access),    TABLE(xattr),
    TABLE(cloexec), TABLE(eventfd),   TABLE(epoll_op), TABLE(flock),     TABLE(fcntl),
    TABLE(whence),  TABLE(fallocate), TABLE(splice),   TABLE(rename),    TABLE(memfd),
    TABLE(clock),   TABLE(timer),     TABLE(itimer),   TABLE(idtype),    TABLE(wait),
    TABLE(clone),   TABLE(futex),     TABLE(sigmask),  TABLE(sigaction), TABLE(rlimit),
    TABLE(prctl),   TABLE(ipc),       TABLE(domain),   TABLE(socktype),  TABLE(msg),
    TABLE(prot),    TABLE(map),       TABLE(mremap),   TABLE(msync),     TABLE(madvise),
    TABLE(ioctl),
};

int flag_table_find(const char *name, size_t length) {
    for (unsigned i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (strlen(tables[i].name) == length && memcmp(tables[i].name, name, length) == 0)
            return (int)i;
    }
    return -1;
}

const struct flag_table *flag_table(int index) {
    return &tables[index];
}

void flag_names(int index, uint64_t value, char *text, size_t size) {
    const struct flag_table *table = &tables[index];
    uint64_t named = 0;
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < table->count; i++) {
        const struct flag_name *entry = &table->entry[i];
        if ((value & entry->mask) != entry->value || (named & entry->mask))
            continue;
        named |= entry->mask;
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "|" : "", entry->name);
        if (used >= size)
            return;
    }
    uint64_t rest = value & ~named;
    if (rest || used == 0)
        snprintf(text + used, size - used, "%s%#llx", used ? "|" : "", (unsigned long long)rest);
}
