/* Files: flags, positions, metadata, directories, links, locks, and copies inside the kernel. */
#include "sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static void show_stat(const char *name, const struct stat *status) {
    printf("%s: type %o mode %o links %lu size %ld blocks %s uid %s rdev %u:%u\n", name,
           status->st_mode & S_IFMT, status->st_mode & 07777, (unsigned long)status->st_nlink,
           S_ISDIR(status->st_mode) ? 0L : (long)status->st_size,
           status->st_blocks > 0 ? "some" : "none", status->st_uid == geteuid() ? "own" : "other",
           major(status->st_rdev), minor(status->st_rdev));
}

/* O_LARGEFILE is what a 64-bit kernel adds by itself; C libraries define it as 0. */
#ifdef __aarch64__
enum { LARGEFILE = 0400000 };
#else
enum { LARGEFILE = 0100000 };
#endif

static void show_flags(int fd) {
    static const struct {
        int bit;
        const char *name;
    } bits[] = {{O_APPEND, "APPEND"},       {O_NONBLOCK, "NONBLOCK"}, {O_DIRECT, "DIRECT"},
                {O_DIRECTORY, "DIRECTORY"}, {O_NOFOLLOW, "NOFOLLOW"}, {O_SYNC, "SYNC"},
                {O_PATH, "PATH"},           {O_NOATIME, "NOATIME"},   {O_ASYNC, "ASYNC"}};
    int flags = fcntl(fd, F_GETFL);
    printf("flags: access %d", flags & O_ACCMODE);
    for (unsigned i = 0; i < sizeof bits / sizeof bits[0]; i++)
        printf("%s%s", (flags & bits[i].bit) == bits[i].bit ? " " : "",
               (flags & bits[i].bit) == bits[i].bit ? bits[i].name : "");
    printf(" large %d\n", (flags & LARGEFILE) != 0);
}

static void flags(void) {
    int fd;
    OK(fd = open("f", O_RDWR | O_CREAT | O_EXCL, 0640));
    SHOW(open("f", O_RDWR | O_CREAT | O_EXCL, 0640));
    show_flags(fd);
    SHOW(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    show_flags(fd);
    SHOW(fcntl(fd, F_GETFD));
    SHOW(fcntl(fd, F_SETFD, FD_CLOEXEC));
    SHOW(fcntl(fd, F_GETFD));
    close(fd);
    OK(fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    show_flags(fd);
    SHOW(fcntl(fd, F_GETFD));
    close(fd);
    SHOW(open("f", O_RDONLY | O_DIRECTORY));
    SHOW(symlink("f", "link"));
    SHOW(open("link", O_RDONLY | O_NOFOLLOW));
    OK(fd = open("link", O_PATH | O_NOFOLLOW));
    show_flags(fd);
    struct stat status;
    SHOW(fstat(fd, &status));
    show_stat("O_PATH", &status);
    close(fd);
    OK(fd = open(".", O_RDWR | O_TMPFILE, 0600));
    show_flags(fd);
    close(fd);
    SHOW(open("none", O_RDONLY));
    SHOW(open("", O_RDONLY));
    SHOW(open("f/x", O_RDONLY));
    int pipe_fd[2];
    SHOW(pipe2(pipe_fd, O_CLOEXEC | O_NONBLOCK | O_DIRECT));
    show_flags(pipe_fd[0]);
    show_flags(pipe_fd[1]);
    SHOW(fcntl(pipe_fd[1], F_GETFD));
    SHOW(pipe2(pipe_fd, O_TRUNC));

    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY};
    OK(fd = (int)syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how));
    show_flags(fd);
    how = (struct open_how){.flags = O_RDONLY, .resolve = RESOLVE_BENEATH};
    SHOW(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof how));
    SHOW(syscall(SYS_openat2, AT_FDCWD, "f", &how, 3));
}

static void positions(void) {
    char text[32] = "";
    int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0644);
    SHOW(write(fd, "0123456789", 10));
    SHOW(lseek(fd, 0, SEEK_CUR));
    SHOW(pread(fd, text, 4, 3));
    puts(text);
    SHOW(pwrite(fd, "ab", 2, 8));
    SHOW(lseek(fd, -5, SEEK_END));
    SHOW(lseek(fd, -50, SEEK_END));
    struct iovec in[] = {{"xy", 2}, {"", 0}, {"z", 1}}, out[] = {{text, 3}, {text + 3, 20}};
    SHOW(pwritev(fd, in, 3, 1));
    memset(text, 0, sizeof text);
    SHOW(preadv(fd, out, 2, 0));
    puts(text);
    SHOW(preadv2(fd, out, 2, 1, 0));
    SHOW(writev(fd, in, 3));
    SHOW(lseek(fd, 0, SEEK_SET));
    SHOW(readv(fd, out, 2));
    puts(text);
    SHOW(syscall(SYS_readv, fd, out, -1));
    SHOW(ftruncate(fd, 1 << 20));
    SHOW(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1 << 21));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(ftruncate(fd, -1));
    SHOW(truncate("data", 5));
    SHOW(lseek(fd, 0, SEEK_END));
    SHOW(read(fd, text, 5));
    SHOW(fsync(fd));
    SHOW(fdatasync(fd));
    SHOW(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED));
    SHOW(sync_file_range(fd, 0, 5, SYNC_FILE_RANGE_WRITE));
    close(fd);
    SHOW(read(fd, text, 1));
    SHOW(write(9999, text, 1));
}

static void metadata(void) {
    struct stat status;
    struct statx extended;
    umask(022);
    close(open("m", O_RDWR | O_CREAT, 0666));
    SHOW(chmod("m", 0741));
    SHOW(link("m", "m2"));
    SHOW(stat("m", &status));
    show_stat("m", &status);
    SHOW(stat("/dev/null", &status));
    show_stat("/dev/null", &status);
    SHOW(lstat("link", &status));
    show_stat("link", &status);
    SHOW(stat(".", &status));
    show_stat(".", &status);
    struct timespec times[2] = {{1000000000, 123456789}, {1500000000, 987654321}};
    SHOW(utimensat(AT_FDCWD, "m", times, 0));
    SHOW(stat("m", &status));
    printf("times %ld.%09ld %ld.%09ld\n", (long)status.st_atim.tv_sec, status.st_atim.tv_nsec,
           (long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    TRUE(status.st_ctim.tv_sec > 1600000000);
    TRUE(status.st_blksize >= 512);
    SHOW(statx(AT_FDCWD, "m", 0, STATX_BASIC_STATS, &extended));
    TRUE(extended.stx_ino == status.st_ino && extended.stx_size == (uint64_t)status.st_size);
    TRUE(extended.stx_mtime.tv_nsec == 987654321);
    TRUE(makedev(extended.stx_dev_major, extended.stx_dev_minor) == status.st_dev);
    SHOW(fstatat(AT_FDCWD, "", &status, 0));
    SHOW(fstatat(AT_FDCWD, "", &status, AT_EMPTY_PATH));
    SHOW(fstatat(AT_FDCWD, "m", &status, 1 << 30));
    SHOW(fchmodat(AT_FDCWD, "m", 0600, 0));
    SHOW(access("m", R_OK | W_OK));
    SHOW(faccessat(AT_FDCWD, "m", F_OK, AT_EACCESS));
    SHOW(access("none", F_OK));
    SHOW(mkfifo("fifo", 0600));
    SHOW(stat("fifo", &status));
    show_stat("fifo", &status);
    struct statfs fs;
    struct statvfs vfs;
    SHOW(statfs("/proc", &fs));
    printf("proc type %lx name %ld\n", (unsigned long)fs.f_type, (long)fs.f_namelen);
    SHOW(statvfs(".", &vfs));
    TRUE(vfs.f_blocks >= vfs.f_bfree && vfs.f_namemax == 255);
    SHOW(chown("m", (uid_t)-1, (gid_t)-1));
    char list[256];
    SHOW(setxattr("m", "user.denizen", "value", 5, XATTR_CREATE));
    SHOW(setxattr("m", "user.denizen", "value", 5, XATTR_CREATE));
    memset(list, 0, sizeof list);
    SHOW(getxattr("m", "user.denizen", list, sizeof list));
    puts(list);
    SHOW(getxattr("m", "user.denizen", list, 2));
    SHOW(getxattr("m", "user.other", list, sizeof list));
    TRUE(listxattr("m", list, sizeof list) >= 0);
    SHOW(removexattr("m", "user.denizen"));
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void directories(void) {
    char cwd[256], target[16] = "";
    SHOW(mkdir("d", 0755));
    SHOW(mkdir("d", 0755));
    SHOW(mkdirat(AT_FDCWD, "d/e", 0700));
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "d/file-with-a-name-%03d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    DIR *stream = opendir("d");
    char *names[400];
    unsigned count = 0, kinds[16] = {0};
    for (struct dirent *entry; (entry = readdir(stream)); count++) {
        names[count] = strdup(entry->d_name);
        kinds[entry->d_type & 15]++;
    }
    closedir(stream);
    qsort(names, count, sizeof names[0], compare_names);
    printf("%u entries, %u directories, %u files, last %s\n", count, kinds[DT_DIR], kinds[DT_REG],
           names[count - 1]);
    SHOW(rmdir("d"));
    SHOW(unlink("d"));
    SHOW(rename("d/file-with-a-name-000", "d/e/renamed"));
    SHOW(renameat2(AT_FDCWD, "d/e/renamed", AT_FDCWD, "f", RENAME_NOREPLACE));
    SHOW(renameat2(AT_FDCWD, "d/e/renamed", AT_FDCWD, "f", RENAME_EXCHANGE));
    SHOW(unlinkat(AT_FDCWD, "d/e/renamed", 0));
    SHOW(unlinkat(AT_FDCWD, "d/e", AT_REMOVEDIR));
    SHOW(chdir("d"));
    TRUE(getcwd(cwd, sizeof cwd) && strcmp(strrchr(cwd, '/'), "/d") == 0);
    SHOW(syscall(SYS_getcwd, cwd, 3));
    SHOW(chdir(".."));
    SHOW(symlink("over there", "far"));
    SHOW(readlink("far", target, sizeof target));
    puts(target);
    SHOW(readlink("far", target, 4));
    SHOW(readlink("f", target, 4));
    SHOW(symlink("loop", "loop"));
    SHOW(open("loop", O_RDONLY));
}

static void descriptors(void) {
    int fd = open("f", O_RDWR), low;
    OK(low = dup(fd));
    SHOW(dup2(fd, 100));
    SHOW(dup3(fd, 100, O_CLOEXEC));
    SHOW(fcntl(100, F_GETFD));
    SHOW(dup3(fd, fd, 0));
    SHOW(dup3(fd, 101, O_APPEND));
    SHOW(fcntl(fd, F_DUPFD, 200));
    SHOW(fcntl(fd, F_DUPFD_CLOEXEC, 200));
    SHOW(close_range(200, 300, CLOSE_RANGE_CLOEXEC));
    SHOW(fcntl(200, F_GETFD));
    SHOW(close_range(100, ~0U, 0));
    SHOW(fcntl(100, F_GETFD));
    SHOW(fcntl(200, F_GETFD));
    SHOW(close_range(5, 4, 0));
    SHOW(fcntl(fd, 9999));
    SHOW(close(low));
    SHOW(close(low));
    int memory = memfd_create("m", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    SHOW(ftruncate(memory, 100));
    SHOW(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
    SHOW(fcntl(memory, F_GET_SEALS));
    SHOW(ftruncate(memory, 50));
    close(memory);
    int pipe_fd[2];
    SHOW(pipe(pipe_fd));
    SHOW(fcntl(pipe_fd[0], F_SETPIPE_SZ, 65536));
    SHOW(fcntl(pipe_fd[0], F_GETPIPE_SZ));
    close(fd);
}

static void locks(void) {
    int fd = open("lock", O_RDWR | O_CREAT, 0600), status;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 5};
    SHOW(fcntl(fd, F_SETLK, &lock));
    if (fork() == 0) {
        struct flock other = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
        SHOW(fcntl(fd, F_GETLK, &other));
        printf("type %d start %ld len %ld parent %d\n", other.l_type, (long)other.l_start,
               (long)other.l_len, other.l_pid == getppid());
        other = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET};
        SHOW(fcntl(fd, F_SETLK, &other));
        fflush(stdout);
        _exit(0);
    }
    SHOW(wait(&status) > 0);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    SHOW(fcntl(fd, F_OFD_SETLK, &lock));
    int other = open("lock", O_RDWR);
    SHOW(flock(fd, LOCK_EX));
    SHOW(flock(other, LOCK_EX | LOCK_NB));
    SHOW(flock(fd, LOCK_UN));
    SHOW(flock(other, LOCK_SH));
    close(other);
    close(fd);
}

static void copies(void) {
    char text[32] = "";
    int from = open("from", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int to = open("to", O_RDWR | O_CREAT | O_TRUNC, 0600), pipe_fd[2], pipe2_fd[2];
    SHOW(write(from, "abcdefghij", 10));
    off_t at = 2;
    SHOW(sendfile(to, from, &at, 5));
    printf("offset %ld\n", (long)at);
    off_t in = 0, out = 1;
    SHOW(copy_file_range(from, &in, to, &out, 3, 0));
    printf("offsets %ld %ld\n", (long)in, (long)out);
    SHOW(pread(to, text, sizeof text - 1, 0));
    puts(text);
    SHOW(pipe(pipe_fd));
    SHOW(pipe(pipe2_fd));
    in = 1;
    SHOW(splice(from, &in, pipe_fd[1], NULL, 4, 0));
    SHOW(tee(pipe_fd[0], pipe2_fd[1], 100, 0));
    struct iovec vector = {"more", 4};
    SHOW(vmsplice(pipe_fd[1], &vector, 1, 0));
    memset(text, 0, sizeof text);
    SHOW(read(pipe_fd[0], text, sizeof text));
    puts(text);
    memset(text, 0, sizeof text);
    SHOW(read(pipe2_fd[0], text, sizeof text));
    puts(text);
    SHOW(sendfile(to, 9999, NULL, 1));
}

int main(void) {
    enter_directory();
    flags();
    positions();
    metadata();
    directories();
    descriptors();
    locks();
    copies();
    leave_directory();
    return 0;
}
