/* The system call table, conversions and descriptors. Oracles: the riscv64 and aarch64 kernel
 * headers of Debian's cross compilers for numbers and flags, the kernel's own generic headers for
 * layouts, and the running kernel. */

/* The generic layouts under names of their own, before the host's are defined. */
#define stat       kernel_stat
#define semid64_ds kernel_semid64_ds
#include <asm-generic/sembuf.h>
#include <asm-generic/stat.h>
#undef stat
#undef semid64_ds

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/fds.h"
#include "runtime/guest.h"
#include "runtime/log.h"
#include "runtime/program.h"
#include "runtime/syscall_abi.h"
#include "runtime/thread.h"
#include "syscalls/convert.h"
#include "syscalls/path.h"
#include "syscalls/syscalls.h"
#include "syscalls/table.h"

/* --- a guest without a processor --- */

enum { NUMBER_GPR = 17, ARG_GPR = 10 };

static bool probe(int64_t key, uint64_t *value) {
    *value = 0x10 + (uint64_t)key;
    return key <= 5;
}

static const struct syscall_abi abi_generic = {
    .layout = SYSCALL_LAYOUT_GENERIC,
    .open_flags = OPEN_FLAGS_GENERIC,
    .riscv_hwprobe = probe,
};
static const struct syscall_abi abi_aarch64 = {
    .layout = SYSCALL_LAYOUT_GENERIC,
    .open_flags = OPEN_FLAGS_AARCH64,
    .has_renameat = true,
};
static const struct syscall_abi abi_x86_64 = {
    .layout = SYSCALL_LAYOUT_X86_64,
    .open_flags = OPEN_FLAGS_GENERIC,
};
static struct guest guest = {
    .name = "riscv64",
    .page_size = 4096,
    .syscall_abi = &abi_generic,
    .syscall_number_gpr = NUMBER_GPR,
    .syscall_arg_gpr = ARG_GPR,
    .syscall_result_gpr = ARG_GPR,
};
static struct thread thread;
static struct cpu cpu = {.guest = &guest, .thread = &thread};

/* Makes call `number` as the guest does; the result is in the register too. */
static int64_t call(unsigned number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                    uint64_t f) {
    uint64_t arg[] = {a, b, c, d, e, f};
    cpu.gpr[NUMBER_GPR] = number;
    memcpy(&cpu.gpr[ARG_GPR], arg, sizeof arg);
    int64_t result = syscall_dispatch(&cpu);
    ck_assert_int_eq((int64_t)cpu.gpr[ARG_GPR], result);
    return result;
}

static unsigned number_of(const char *name) {
    for (unsigned i = 0; i < SYSCALL_LIMIT; i++) {
        if (syscall_rows[i].name && strcmp(syscall_rows[i].name, name) == 0)
            return i;
    }
    ck_abort_msg("no row %s", name);
}
#define CALL(name, ...) CALL_(name, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(name, a, b, c, d, e, f, ...)                                             \
    call(number_of(#name), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), \
         (uint64_t)(e), (uint64_t)(f))

static uint64_t at(const void *pointer) {
    return (uintptr_t)pointer;
}

/* What the emulator's own handler does for copies from and to bad guest addresses. */
static void recover(int number, siginfo_t *info, void *context) {
    (void)info;
    if (!access_recover(context))
        signal(number, SIG_DFL);
}

static void set_up(void) {
    struct sigaction action = {.sa_sigaction = recover, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    program.path = "/bin/sh";
}

/* --- the table --- */

START_TEST(every_signature_parses) {
    unsigned rows = 0;
    for (unsigned i = 0; i < SYSCALL_LIMIT; i++) {
        const struct syscall_row *row = &syscall_rows[i];
        if (!row->name)
            continue;
        rows++;
        struct signature signature;
        ck_assert_msg(signature_parse(row->signature, &signature), "%s", row->name);
        /* What forward_converted in dispatch.c has room for. */
        unsigned structs = 0, paths = 0;
        for (unsigned k = 0; k < signature.count; k++) {
            const struct arg *arg = &signature.arg[k];
            paths += arg->kind == ARG_PATH;
            structs += arg->kind == ARG_STRUCT &&
                       (arg->index == STRUCT_stat || arg->index == STRUCT_epoll_event);
        }
        ck_assert_msg(structs <= 1 && paths <= 1, "%s", row->name);
        ck_assert_msg((row->how == SYSCALL_CALL) == (row->call != NULL), "%s", row->name);
        struct signature local;
        ck_assert_mem_eq(signature_of(i, &local), &signature, sizeof signature);
        ck_assert_mem_eq(signature_of(i, &local), &signature, sizeof signature);
    }
    ck_assert_uint_gt(rows, 300);
}
END_TEST

START_TEST(wrong_signatures_do_not) {
    static const char *const wrong[] = {
        "",
        "integer",
        "path int",
        "int void",
        "int int(0)",
        "int buf",
        "int buf:in",
        "int buf:in(3)",
        "int buf:in(0)",
        "int buf:up(1) size",
        "int flags",
        "int flags:odd",
        "int stat",
        "int odd:in",
        "int fd:in",
        "int int  int",
        "int flags:open(0)",
        "int int int int int int int int",
    };
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct signature signature;
        ck_assert_msg(!signature_parse(wrong[i], &signature), "%s", wrong[i]);
    }
}
END_TEST

/* The numbers of the riscv64 headers, read through the cross compiler's preprocessor. */
START_TEST(numbers_agree_with_the_kernel_headers) {
    FILE *pipe = popen(
        "cpp=riscv64-linux-gnu-gcc\\ -E; h='#include <asm/unistd.h>'\n"
        "names=$(echo \"$h\" | $cpp -dM - | sed -n 's/^#define __NR_\\([a-z0-9_]*\\) .*/\\1/p')\n"
        "{ echo \"$h\"; for n in $names; do echo \"= \\\"$n\\\" __NR_$n\"; done; } |"
        " $cpp -P - | sed -n 's/^= \"\\(.*\\)\" (*\\([0-9]*\\) *+* *\\([0-9]*\\))*$/\\1 \\2 \\3/p'",
        "r");
    ck_assert_ptr_nonnull(pipe);
    char line[128];
    unsigned compared = 0;
    while (fgets(line, sizeof line, pipe)) {
        char name[64];
        unsigned number, more = 0;
        ck_assert_int_ge(sscanf(line, "%63s %u %u", name, &number, &more), 2);
        number += more;
        if (strcmp(name, "syscalls") == 0 || strcmp(name, "arch_specific_syscall") == 0)
            continue;
        ck_assert_msg(number < SYSCALL_LIMIT && syscall_rows[number].name, "no row %u (%s)", number,
                      name);
        ck_assert_str_eq(syscall_rows[number].name, name);
        compared++;
    }
    ck_assert_int_eq(pclose(pipe), 0);
    ck_assert_uint_gt(compared, 290);
}
END_TEST

START_TEST(flags_have_names) {
    char text[64];
    flag_names(flag_table_find("open", 4), O_WRONLY | O_CREAT | O_CLOEXEC, text, sizeof text);
    ck_assert_str_eq(text, "O_WRONLY|O_CREAT|O_CLOEXEC");
    flag_names(flag_table_find("open", 4), 0, text, sizeof text);
    ck_assert_str_eq(text, "O_RDONLY");
    flag_names(flag_table_find("open", 4), O_TMPFILE | O_RDWR, text, sizeof text);
    ck_assert_str_eq(text, "O_RDWR|O_TMPFILE");
    flag_names(flag_table_find("prot", 4), 0, text, sizeof text);
    ck_assert_str_eq(text, "PROT_NONE");
    flag_names(flag_table_find("prot", 4), PROT_READ | 0x4000, text, sizeof text);
    ck_assert_str_eq(text, "PROT_READ|0x4000");
    flag_names(flag_table_find("map", 3), MAP_PRIVATE | MAP_ANONYMOUS, text, sizeof text);
    ck_assert_str_eq(text, "MAP_PRIVATE|MAP_ANONYMOUS");
    flag_names(flag_table_find("map", 3), MAP_PRIVATE | MAP_ANONYMOUS, text, 8);
    ck_assert_uint_lt(strlen(text), 8);
}
END_TEST

/* The form of strace(1), line by line. */
START_TEST(calls_are_traced) {
    static const char path[] = "/none\n", text[] = "tab\t\"quoted\"\0011 and more than is shown";
    static const char *const expected[] = {
        "openat(AT_FDCWD, \"/none\\n\", O_WRONLY|O_CLOEXEC, 0) = -1 ENOENT (No such file or "
        "directory)",
        "write(FD, \"tab\\t\\\"quoted\\\"\\0011 and more than is \"..., 40) = 40",
        "getcwd(0x10, 40) = -1 EFAULT (Bad address)",
        "umask(022) = 022",
        "clock_getres(CLOCK_MONOTONIC, {0, 1}) = 0",
        "signalfd4(FD, [SIGUSR1 SIGTERM], 8, 0) = -1 EINVAL (Invalid argument)",
        "lseek(-1, -3, SEEK_END) = -1 EBADF (Bad file descriptor)",
        "fcntl(FD, F_GETFD, 0) = 0",
        "ioctl(FD, TCGETS, NULL) = -1 ENOTTY (Inappropriate ioctl for device)",
        "io_uring_setup(1, NULL) = -1 ENOSYS (Function not implemented)",
        "syscall_250(0x1, 0, 0, 0, 0, 0) = -1 ENOSYS (no such system call)",
    };
    char file[] = "/tmp/strace-XXXXXX", got[512], want[512];
    close(mkstemp(file));
    ck_assert_int_eq(log_open(file, false), 0);
    int null = open("/dev/null", O_RDWR);
    uint64_t set = 1 << 9 | 1 << 14;
    struct timespec resolution;
    log_items |= LOG_STRACE;
    CALL(openat, AT_FDCWD, at(path), O_WRONLY | O_CLOEXEC);
    CALL(write, null, at(text), 40);
    CALL(getcwd, 16, 40);
    umask(022);
    CALL(umask, 022);
    CALL(clock_getres, CLOCK_MONOTONIC, at(&resolution));
    CALL(signalfd4, null, at(&set), 8, 0);
    CALL(lseek, -1, -3, SEEK_END);
    CALL(fcntl, null, F_GETFD, 0);
    CALL(ioctl, null, TCGETS, 0);
    CALL(io_uring_setup, 1, 0);
    call(250, 1, 0, 0, 0, 0, 0);
    log_items &= ~(uint32_t)LOG_STRACE;
    FILE *log = fopen(file, "r");
    for (unsigned i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const char *mark = strstr(expected[i], "FD");
        if (mark && mark[-1] == '(')
            snprintf(want, sizeof want, "%d %.*s%d%s\n", (int)gettid(), (int)(mark - expected[i]),
                     expected[i], null, mark + 2);
        else
            snprintf(want, sizeof want, "%d %s\n", (int)gettid(), expected[i]);
        ck_assert_ptr_nonnull(fgets(got, sizeof got, log));
        ck_assert_str_eq(got, want);
    }
    ck_assert_ptr_null(fgets(got, sizeof got, log));
    unlink(file);
}
END_TEST

/* --- conversions --- */

START_TEST(open_flags_of_aarch64) {
    FILE *pipe =
        popen("printf '#include <asm/fcntl.h>\\nO_DIRECTORY O_NOFOLLOW O_DIRECT O_LARGEFILE' |"
              " aarch64-linux-gnu-gcc -E -P - | tail -n 1",
              "r");
    ck_assert_ptr_nonnull(pipe);
    unsigned directory, nofollow, direct, largefile;
    ck_assert_int_eq(fscanf(pipe, "%o %o %o %o", &directory, &nofollow, &direct, &largefile), 4);
    ck_assert_int_eq(pclose(pipe), 0);

    const struct {
        unsigned guest;
        uint64_t host;
    } flags[] = {{directory, O_DIRECTORY}, {nofollow, O_NOFOLLOW}, {direct, O_DIRECT}};
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        ck_assert_uint_eq(open_flags_to_host(&abi_aarch64, flags[i].guest), flags[i].host);
        ck_assert_uint_eq(open_flags_to_guest(&abi_aarch64, flags[i].host), flags[i].guest);
    }
    unsigned all = directory | nofollow | direct | largefile | O_RDWR | O_CREAT | O_CLOEXEC;
    ck_assert_uint_eq(open_flags_to_guest(&abi_aarch64, open_flags_to_host(&abi_aarch64, all)),
                      all);
}
END_TEST

static void compare_stat(const struct kernel_stat *kernel, const struct stat *host) {
    ck_assert_uint_eq(kernel->st_dev, host->st_dev);
    ck_assert_uint_eq(kernel->st_ino, host->st_ino);
    ck_assert_uint_eq(kernel->st_mode, host->st_mode);
    ck_assert_uint_eq(kernel->st_nlink, host->st_nlink);
    ck_assert_uint_eq(kernel->st_uid, host->st_uid);
    ck_assert_uint_eq(kernel->st_gid, host->st_gid);
    ck_assert_uint_eq(kernel->st_rdev, host->st_rdev);
    ck_assert_int_eq(kernel->st_size, host->st_size);
    ck_assert_int_eq(kernel->st_blksize, host->st_blksize);
    ck_assert_int_eq(kernel->st_blocks, host->st_blocks);
    /* st_atime is a macro of the host's header. */
#undef st_atime
#undef st_mtime
#undef st_ctime
    ck_assert_int_eq(kernel->st_atime, host->st_atim.tv_sec);
    ck_assert_int_eq((long)kernel->st_atime_nsec, host->st_atim.tv_nsec);
    ck_assert_int_eq(kernel->st_mtime, host->st_mtim.tv_sec);
    ck_assert_int_eq((long)kernel->st_mtime_nsec, host->st_mtim.tv_nsec);
    ck_assert_int_eq(kernel->st_ctime, host->st_ctim.tv_sec);
    ck_assert_int_eq((long)kernel->st_ctime_nsec, host->st_ctim.tv_nsec);
}

START_TEST(stat_has_the_generic_layout) {
    static const char *const files[] = {"/", "/dev/null", "/proc/self/exe"};
    for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct stat host, back;
        struct kernel_stat kernel[2];
        memset(kernel, 0xa5, sizeof kernel);
        int fd = open(files[i], O_RDONLY);
        ck_assert_int_eq(fstat(fd, &host), 0);
        ck_assert_int_eq(CALL(fstat, fd, at(kernel)), 0);
        compare_stat(kernel, &host);
        ck_assert_uint_eq(((unsigned char *)&kernel[1])[0], 0xa5);
        ck_assert_int_eq(stat_from_guest(&abi_generic, &back, at(kernel)), 0);
        ck_assert_int_eq(memcmp(&back.st_ctim, &host.st_ctim, sizeof host.st_ctim), 0);
        ck_assert_uint_eq(back.st_nlink, host.st_nlink);
        ck_assert_int_eq(CALL(newfstatat, AT_FDCWD, at(files[i]), at(kernel), 0), 0);
        ck_assert_int_eq(CALL(fstat, fd, 16), -EFAULT);
        ck_assert_int_eq(CALL(fstat, -1, 16), -EBADF);
        close(fd);

        /* An x86-64 guest's is x86-64's, which on such a host is the host's own. */
        ck_assert_int_eq(stat_to_guest(&abi_x86_64, at(kernel), &host), 0);
        ck_assert_int_eq(stat_from_guest(&abi_x86_64, &back, at(kernel)), 0);
        ck_assert_int_eq(back.st_size, host.st_size);
        ck_assert_uint_eq(back.st_ino, host.st_ino);
#if defined(__x86_64__)
        ck_assert_mem_eq(kernel, &host, sizeof host);
#endif
    }
}
END_TEST

START_TEST(epoll_events_are_not_packed) {
    struct {
        uint32_t events, pad;
        uint64_t data;
    } in = {EPOLLIN, 0, 0x1122334455667788}, out[3];
    int epoll = epoll_create1(0), event = eventfd(1, 0);
    ck_assert_int_eq(CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, event, at(&in)), 0);
    ck_assert_int_eq(CALL(epoll_ctl, epoll, EPOLL_CTL_ADD, event, at(&in)), -EEXIST);
    ck_assert_int_eq(CALL(epoll_ctl, epoll, EPOLL_CTL_MOD, event, 8), -EFAULT);
    memset(out, 0xa5, sizeof out);
    ck_assert_int_eq(CALL(epoll_pwait, epoll, at(out), 3, -1), 1);
    ck_assert_uint_eq(out[0].events, EPOLLIN);
    ck_assert_uint_eq(out[0].data, in.data);
    ck_assert_uint_eq(out[1].events, 0xa5a5a5a5);
    ck_assert_int_eq(CALL(epoll_pwait, epoll, at(out), 0, -1), -EINVAL);
    ck_assert_int_eq(CALL(epoll_pwait, epoll, 8, 1, -1), -EFAULT);
    ck_assert_int_eq(CALL(epoll_pwait, epoll, at(out), 1, 0, at(&in), 4), -EINVAL);
    ck_assert_int_eq(CALL(epoll_ctl, epoll, EPOLL_CTL_DEL, event, 8), 0);
    close(epoll);
    close(event);
}
END_TEST

START_TEST(semaphores_have_the_generic_layout) {
    int id = semget(IPC_PRIVATE, 3, 0600);
    ck_assert_int_ge(id, 0);
    struct semid_ds host;
    struct kernel_semid64_ds kernel;
    semctl(id, 0, IPC_STAT, &host);
    ck_assert_int_eq(CALL(semctl, id, 0, IPC_STAT, at(&kernel)), 0);
    ck_assert_uint_eq(kernel.sem_nsems, 3);
    ck_assert_int_eq(kernel.sem_otime, host.sem_otime);
    ck_assert_int_eq(kernel.sem_ctime, host.sem_ctime);
    ck_assert_uint_eq(kernel.sem_perm.mode, host.sem_perm.mode);
    kernel.sem_perm.mode = 0640;
    ck_assert_int_eq(CALL(semctl, id, 0, IPC_SET, at(&kernel)), 0);
    semctl(id, 0, IPC_STAT, &host);
    ck_assert_uint_eq(host.sem_perm.mode, 0640);
    ck_assert_int_eq(CALL(semctl, id, 0, IPC_STAT, 16), -EFAULT);
    ck_assert_int_eq(CALL(semctl, id, 0, IPC_SET, 16), -EFAULT);
    ck_assert_int_eq(CALL(semctl, id, 0, IPC_RMID), 0);

    struct semid semid = {.otime = 1, .ctime = 2, .nsems = 3}, back;
    for (int layout = SYSCALL_LAYOUT_GENERIC; layout <= SYSCALL_LAYOUT_X86_64; layout++) {
        unsigned char packed[SEMID_MOST];
        semid_pack((enum syscall_layout)layout, packed, &semid);
        semid_unpack((enum syscall_layout)layout, &back, packed);
        ck_assert_mem_eq(&back, &semid, sizeof semid);
    }
}
END_TEST

/* --- calls of our own --- */

START_TEST(unknown_calls_are_refused) {
    ck_assert_int_eq(call(SYSCALL_LIMIT, 0, 0, 0, 0, 0, 0), -ENOSYS);
    ck_assert_int_eq(call(250, 0, 0, 0, 0, 0, 0), -ENOSYS);
    ck_assert_int_eq(call(UINT32_MAX, 0, 0, 0, 0, 0, 0), -ENOSYS);
    ck_assert_int_eq(CALL(io_uring_setup, 1, 0), -ENOSYS);
    ck_assert_int_eq(CALL(getpid, 0), getpid());
}
END_TEST

START_TEST(renameat_is_the_older_ports) {
    ck_assert_int_eq(CALL(renameat, AT_FDCWD, at("/none"), AT_FDCWD, at("/other")), -ENOSYS);
    guest.syscall_abi = &abi_aarch64;
    ck_assert_int_eq(CALL(renameat, AT_FDCWD, at("/none"), AT_FDCWD, at("/other")), -ENOENT);
    ck_assert_int_eq(CALL(riscv_flush_icache, 0, 0, 0), -ENOSYS);
    guest.syscall_abi = &abi_generic;
}
END_TEST

START_TEST(uname_names_the_guest) {
    struct utsname name, host;
    uname(&host);
    ck_assert_int_eq(CALL(uname, at(&name)), 0);
    ck_assert_str_eq(name.machine, "riscv64");
    ck_assert_str_eq(name.release, host.release);
    ck_assert_int_eq(CALL(uname, 8), -EFAULT);
}
END_TEST

/* arch/riscv/kernel/sys_hwprobe.c */
START_TEST(hwprobe_answers_as_the_kernel) {
    struct {
        int64_t key;
        uint64_t value;
    } pairs[] = {{4, 9}, {99, 9}};
    ck_assert_int_eq(CALL(riscv_hwprobe, at(pairs), 2, 0, 0, 0), 0);
    ck_assert_int_eq(pairs[0].key, 4);
    ck_assert_uint_eq(pairs[0].value, 0x14);
    ck_assert_int_eq(pairs[1].key, -1);
    ck_assert_uint_eq(pairs[1].value, 0);
    ck_assert_int_eq(CALL(riscv_hwprobe, at(pairs), 2, 0, 0, 2), -EINVAL);
    ck_assert_int_eq(CALL(riscv_hwprobe, 8, 1, 0, 0, 0), -EFAULT);
    uint64_t set = 0;
    ck_assert_int_eq(CALL(riscv_hwprobe, at(pairs), 1, sizeof set, at(&set), 0), -EINVAL);
    /* Which processors have at least bit 4 of key 4; and bit 5. */
    pairs[0].value = 0x10;
    ck_assert_int_eq(CALL(riscv_hwprobe, at(pairs), 1, sizeof set, at(&set), 1), 0);
    ck_assert_uint_eq(set & 1, 1);
    pairs[0].value = 0x20;
    ck_assert_int_eq(CALL(riscv_hwprobe, at(pairs), 1, sizeof set, at(&set), 1), 0);
    ck_assert_uint_eq(set, 0);
}
END_TEST

START_TEST(memory_limits_are_kept) {
    struct {
        uint64_t current, most;
    } new = {1 << 20, 1 << 20}, old = {0, 0};
    struct rlimit host;
    ck_assert_int_eq(CALL(prlimit64, 0, RLIMIT_AS, at(&new), 0), 0);
    ck_assert_int_eq(CALL(prlimit64, 0, RLIMIT_AS, 0, at(&old)), 0);
    ck_assert_uint_eq(old.current, new.current);
    getrlimit(RLIMIT_AS, &host);
    ck_assert_uint_ne(host.rlim_cur, new.current);
    new.current = new.most + 1;
    ck_assert_int_eq(CALL(setrlimit, RLIMIT_AS, at(&new)), -EINVAL);
    ck_assert_int_eq(CALL(getrlimit, 1000, at(&old)), -EINVAL);
    ck_assert_int_eq(CALL(getrlimit, RLIMIT_NOFILE, at(&old)), 0);
    getrlimit(RLIMIT_NOFILE, &host);
    ck_assert_uint_eq(old.current, host.rlim_cur);
    ck_assert_int_eq(CALL(prlimit64, 0, RLIMIT_DATA, 8, 0), -EFAULT);
}
END_TEST

START_TEST(own_descriptors_survive) {
    int fd = fd_reserve(dup(1)), other = open("/dev/null", O_RDONLY);
    ck_assert_int_gt(fd, other);
    ck_assert(fd_is_reserved(fd) && !fd_is_reserved(other) && !fd_is_reserved(-1));
    ck_assert_int_eq(CALL(close, fd), -EBADF);
    ck_assert_int_eq(CALL(dup3, other, fd, 0), -EBADF);
    /* It is not to be seen either, and numbers that are no descriptors don't count. */
    struct stat status;
    ck_assert_int_eq(CALL(fstat, fd, at(&status)), -EBADF);
    ck_assert_int_eq(CALL(fcntl, fd, F_GETFD, 0), -EBADF);
    ck_assert_int_eq(CALL(dup, fd), -EBADF);
    ck_assert_int_eq(CALL(fcntl, other, F_DUPFD, fd), fd + 1);
    close(fd + 1);
    ck_assert_int_eq(CALL(close_range, other, UINT32_MAX, 0), 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(fcntl(other, F_GETFD), -1);
    ck_assert_int_eq(CALL(close_range, 9, 8, 0), -EINVAL);
    fd_release(fd);
    ck_assert(!fd_is_reserved(fd));
    ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

/* --- paths and /proc --- */

START_TEST(sysroot_is_tried_first) {
    char root[] = "/tmp/sysroot-XXXXXX", inside[64], buffer[PATH_MAX], text[8] = "";
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(inside, sizeof inside, "%s/etc", root);
    mkdir(inside, 0700);
    snprintf(inside, sizeof inside, "%s/etc/denizen-test", root);
    FILE *file = fopen(inside, "w");
    fputs("here", file);
    fclose(file);

    ck_assert_str_eq(sysroot_path("/etc/denizen-test", buffer), "/etc/denizen-test");
    program.sysroot = root;
    ck_assert_str_eq(sysroot_path("/etc/denizen-test", buffer), inside);
    ck_assert_str_eq(sysroot_path("/etc", buffer), "/etc");
    ck_assert_str_eq(sysroot_path("etc/denizen-test", buffer), "etc/denizen-test");
    int64_t fd = CALL(openat, AT_FDCWD, at("/etc/denizen-test"), O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read((int)fd, text, 4), 4);
    ck_assert_str_eq(text, "here");
    close((int)fd);
    ck_assert_int_eq(CALL(openat, AT_FDCWD, at("/etc/denizen-test"), O_WRONLY), -ENOENT);
    ck_assert_int_eq(CALL(faccessat, AT_FDCWD, at("/etc/denizen-test"), R_OK), 0);
    program.sysroot = NULL;
    ck_assert_int_eq(CALL(faccessat, AT_FDCWD, at("/etc/denizen-test"), R_OK), -ENOENT);
    ck_assert_int_eq(CALL(openat, AT_FDCWD, 8, O_RDONLY), -EFAULT);
    unlink(inside);
    *strrchr(inside, '/') = '\0';
    rmdir(inside);
    rmdir(root);
}
END_TEST

START_TEST(proc_speaks_of_the_guest) {
    char own[64], link[PATH_MAX] = "";
    snprintf(own, sizeof own, "/proc/%d/exe", (int)getpid());
    ck_assert_int_eq(proc_file_of(own), PROC_EXE);
    ck_assert_int_eq(proc_file_of("/proc/self/maps"), PROC_MAPS);
    ck_assert_int_eq(proc_file_of("/proc/thread-self/stat"), PROC_STAT);
    ck_assert_int_eq(proc_file_of("/proc/self/task/1/maps"), PROC_MAPS);
    ck_assert_int_eq(proc_file_of("/proc/cpuinfo"), PROC_CPUINFO);
    ck_assert_int_eq(proc_file_of("/proc/self"), PROC_NONE);
    ck_assert_int_eq(proc_file_of("/proc/self/task/1"), PROC_NONE);
    ck_assert_int_eq(proc_file_of("/proc/1/maps"), PROC_NONE);
    ck_assert_int_eq(proc_file_of("/proc/selfish/maps"), PROC_NONE);

    ck_assert_int_eq(CALL(readlinkat, AT_FDCWD, at("/proc/self/exe"), at(link), sizeof link), 7);
    ck_assert_str_eq(link, "/bin/sh");
    ck_assert_int_eq(CALL(readlinkat, AT_FDCWD, at(own), at(link), 3), 3);
    ck_assert_int_eq(CALL(readlinkat, AT_FDCWD, at(own), at(link), 0), -EINVAL);
    ck_assert_int_eq(CALL(readlinkat, AT_FDCWD, at(own), 8, 9), -EFAULT);
    struct kernel_stat kernel;
    struct stat host;
    stat("/bin/sh", &host);
    ck_assert_int_eq(CALL(newfstatat, AT_FDCWD, at(own), at(&kernel), 0), 0);
    ck_assert_uint_eq(kernel.st_ino, host.st_ino);
    ck_assert_int_eq(CALL(newfstatat, AT_FDCWD, at(own), at(&kernel), AT_SYMLINK_NOFOLLOW), 0);
    ck_assert(S_ISLNK(kernel.st_mode));

    static const char arguments[] = "sh\0-c";
    program.arg_start = at(arguments);
    program.arg_end = program.arg_start + sizeof arguments;
    int64_t fd = CALL(openat, AT_FDCWD, at("/proc/self/cmdline"), O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl((int)fd, F_GETFD), FD_CLOEXEC);
    ck_assert_int_eq(read((int)fd, link, sizeof link), sizeof arguments);
    ck_assert_mem_eq(link, arguments, sizeof arguments);
    close((int)fd);

    program.stack_start = 0x123456;
    fd = CALL(openat, AT_FDCWD, at("/proc/self/stat"), O_RDONLY);
    char text[2048] = "", *save, *field;
    ck_assert_int_gt(read((int)fd, text, sizeof text - 1), 0);
    close((int)fd);
    unsigned number = 3;
    for (field = strtok_r(strrchr(text, ')') + 1, " \n", &save); field && number < 28; number++)
        field = strtok_r(NULL, " \n", &save);
    ck_assert_str_eq(field, "1193046");
    while ((field = strtok_r(NULL, " \n", &save)))
        number++;
    ck_assert_uint_eq(number, 52);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("syscalls");
    TCase *tests = tcase_create("syscalls");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, every_signature_parses);
    tcase_add_test(tests, wrong_signatures_do_not);
    tcase_add_test(tests, numbers_agree_with_the_kernel_headers);
    tcase_add_test(tests, flags_have_names);
    tcase_add_test(tests, calls_are_traced);
    tcase_add_test(tests, open_flags_of_aarch64);
    tcase_add_test(tests, stat_has_the_generic_layout);
    tcase_add_test(tests, epoll_events_are_not_packed);
    tcase_add_test(tests, semaphores_have_the_generic_layout);
    tcase_add_test(tests, unknown_calls_are_refused);
    tcase_add_test(tests, renameat_is_the_older_ports);
    tcase_add_test(tests, uname_names_the_guest);
    tcase_add_test(tests, hwprobe_answers_as_the_kernel);
    tcase_add_test(tests, memory_limits_are_kept);
    tcase_add_test(tests, own_descriptors_survive);
    tcase_add_test(tests, sysroot_is_tried_first);
    tcase_add_test(tests, proc_speaks_of_the_guest);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
