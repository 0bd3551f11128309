/* execve: another guest program is run by this same executable, with no help from binfmt_misc.
 *
 * What the kernel would refuse is refused with its errors (fs/exec.c, fs/binfmt_script.c); a file
 * that is for the host goes to the kernel as it is. The new emulator gets the program's name, its
 * argument zero and, where the name may not be opened again, the open file in options of its own:
 *
 *     denizen OPTIONS -0 ARGV0 [--exec-fd N] -- PROGRAM ARGUMENTS...
 */
#include <asm/unistd.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/hooks.h"
#include "runtime/interruptible.h"
#include "runtime/program.h"
#include "runtime/signals.h"
#include "runtime/thread.h"
#include "syscalls/path.h"
#include "syscalls/syscalls.h"

enum {
    HEAD_SIZE = 256,              /* BINPRM_BUF_SIZE: what the kernel looks at */
    SCRIPT_LEVELS = 5,            /* interpreters that may be scripts themselves */
    POINTERS_MOST = 6 << 20 >> 3, /* bprm_stack_limits: at most 6 MB of them */
    OPTIONS_MOST = 32,
};

/* A file to be executed. */
struct image {
    int fd;
    char path[PATH_MAX]; /* as the program is told */
    char head[HEAD_SIZE + 1];
    size_t head_size;
};

enum image_kind { IMAGE_GUEST, IMAGE_SCRIPT, IMAGE_HOST };

/* --- looking at the file --- */

/* Opens what execveat names; 0 or -errno. */
static int open_image(struct image *image, int directory, const char *path, int flags) {
    image->fd = -1;
    if (path[0] == '\0' && flags & AT_EMPTY_PATH) {
        snprintf(image->path, sizeof image->path, "/proc/self/fd/%d", directory);
        image->fd = open(image->path, O_RDONLY | O_CLOEXEC);
        if (image->fd < 0) /* no /proc; good enough unless opened with O_PATH */
            image->fd = fcntl(directory, F_DUPFD_CLOEXEC, 0);
        snprintf(image->path, sizeof image->path, "/dev/fd/%d", directory);
    } else {
        bool beneath = directory != AT_FDCWD && path[0] != '/';
        int length =
            beneath ? snprintf(image->path, sizeof image->path, "/dev/fd/%d/%s", directory, path)
                    : snprintf(image->path, sizeof image->path, "%s", path);
        if (length >= PATH_MAX)
            return -ENAMETOOLONG;
        int nofollow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
        image->fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | nofollow);
    }
    return image->fd < 0 ? -errno : 0;
}

/* Checks permissions as do_open_execat and reads the head; 0 or -errno. */
static int check_image(struct image *image) {
    struct stat status;
    struct statvfs filesystem;

    if (fstat(image->fd, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EACCES;
    if (fstatvfs(image->fd, &filesystem) == 0 && filesystem.f_flag & ST_NOEXEC)
        return -EACCES;
    if (syscall(SYS_faccessat2, image->fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) != 0 &&
        errno == EACCES)
        return -EACCES;
    ssize_t size = pread(image->fd, image->head, HEAD_SIZE, 0);
    if (size < 0)
        return -errno;
    image->head_size = (size_t)size;
    image->head[size] = '\0';
    return 0;
}

static enum image_kind image_kind(const struct image *image) {
    Elf64_Ehdr header;
    if (image->head_size >= 2 && memcmp(image->head, "#!", 2) == 0)
        return IMAGE_SCRIPT;
    if (image->head_size < sizeof header)
        return IMAGE_HOST;
    memcpy(&header, image->head, sizeof header);
    bool ours = memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
                hooks.runs_machine(header.e_machine);
    return ours ? IMAGE_GUEST : IMAGE_HOST;
}

/* Splits the first line of a script: the interpreter and at most one argument, "" if none. 0, or
 * -ENOEXEC for a line that is empty or cut off inside the interpreter's name; an empty one without
 * its newline names the current directory to the kernel. */
static int parse_script(const struct image *image, char interpreter[HEAD_SIZE],
                        char argument[HEAD_SIZE]) {
    static const char blank[] = " \t";
    const char *line = image->head + 2;
    size_t length = strcspn(line, "\n");
    bool whole = line[length] == '\n', cut = !whole && image->head_size == HEAD_SIZE;

    while (length > 0 && strchr(blank, line[length - 1]))
        length--;
    size_t skip = strspn(line, blank);
    if (skip >= length)
        return whole || cut ? -ENOEXEC : -EACCES;
    line += skip;
    length -= skip;
    size_t name = strcspn(line, " \t\n");
    if (name > length)
        name = length;
    if (cut && name == length)
        return -ENOEXEC;
    snprintf(interpreter, HEAD_SIZE, "%.*s", (int)name, line);
    skip = name + strspn(line + name, blank);
    snprintf(argument, HEAD_SIZE, "%.*s", skip < length ? (int)(length - skip) : 0, line + skip);
    return 0;
}

/* --- the new argument vector --- */

/* The vector grows at both ends: the guest's arguments, and in front of them, interpreter by
 * interpreter, then ours. */
struct vector {
    const char **first; /* the pointers in use: [first, end), then NULL */
    const char **end;
    char *text; /* where strings of our own go */
};

enum {
    TEXT_SIZE = SCRIPT_LEVELS * (2 * HEAD_SIZE + PATH_MAX) + PATH_MAX + 64,
    FRONT_ROOM = OPTIONS_MOST + 8 + 3 * SCRIPT_LEVELS
};

static const char *keep_text(struct vector *vector, const char *text) {
    size_t size = strlen(text) + 1;
    char *kept = memcpy(vector->text, text, size);
    vector->text += size;
    return kept;
}

static void prepend(struct vector *vector, const char *text) {
    *--vector->first = text;
}

/* The number of pointers in the guest's vector, or -EFAULT or -E2BIG. */
static int64_t count_pointers(uint64_t vector) {
    uint64_t pointer;
    for (int64_t count = 0; vector && count < POINTERS_MOST; count++) {
        if (guest_read(&pointer, vector + 8 * (uint64_t)count, sizeof pointer) != 0)
            return -EFAULT;
        if (!pointer)
            return count;
    }
    return vector ? -E2BIG : 0;
}

/* Copies the guest's vector with room in front. The memory belongs to the thread, so that the
 * parent of a vfork child can free it when the exec worked. 0 or -errno. */
static int make_vector(struct cpu *cpu, uint64_t argv, struct vector *vector) {
    int64_t count = count_pointers(argv);
    if (count < 0)
        return (int)count;
    size_t pointers = FRONT_ROOM + (size_t)count + 2;
    size_t size = pointers * sizeof(char *) + TEXT_SIZE;
    const char **memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -ENOMEM;
    cpu->thread->exec_memory = memory;
    cpu->thread->exec_memory_size = size;
    vector->first = memory + FRONT_ROOM;
    vector->end = vector->first + count;
    vector->text = (char *)(memory + pointers);
    if (guest_read(vector->first, argv, (size_t)count * sizeof(char *)) != 0)
        return -EFAULT;
    if (count == 0)
        *vector->end++ = ""; /* as the kernel since 5.18 */
    return 0;
}

static void free_vector(struct cpu *cpu) {
    struct thread *thread = cpu->thread;
    if (thread->exec_memory)
        munmap(thread->exec_memory, thread->exec_memory_size);
    thread->exec_memory = NULL;
}

/* --- putting it together --- */

/* Follows #! lines until a program: makes `image` that program's and puts interpreters, their
 * arguments and the scripts' names in the vector in place of argument zero. Returns IMAGE_GUEST,
 * IMAGE_HOST or -errno. */
static int resolve_scripts(struct image *image, struct vector *vector) {
    for (int level = 0; image_kind(image) == IMAGE_SCRIPT; level++) {
        char interpreter[HEAD_SIZE], argument[HEAD_SIZE], buffer[PATH_MAX];
        if (level == SCRIPT_LEVELS)
            return -ELOOP;
        int error = parse_script(image, interpreter, argument);
        if (error)
            return error;
        *vector->first = keep_text(vector, image->path);
        if (argument[0])
            prepend(vector, keep_text(vector, argument));
        prepend(vector, keep_text(vector, interpreter));
        close(image->fd);
        error = open_image(image, AT_FDCWD, sysroot_path(interpreter, buffer), 0);
        if (!error)
            error = check_image(image);
        if (error)
            return error;
    }
    return (int)image_kind(image);
}

/* Never returns on success. */
static int64_t host_exec(struct cpu *cpu, int directory, uint64_t path, uint64_t argv,
                         uint64_t envp, uint64_t flags) {
    if (!cpu->thread->vfork_child && hooks.before_exec)
        hooks.before_exec();
    signals_before_exec(cpu);
    int64_t error =
        interruptible_syscall(cpu, __NR_execveat, (uint64_t)directory, path, argv, envp, flags, 0);
    signals_after_failed_exec(cpu);
    return error;
}

static int64_t guest_exec(struct cpu *cpu, struct image *image, struct vector *vector, bool by_fd,
                          uint64_t envp) {
    char number[16];
    const char *argv0 = *vector->first;
    unsigned options = 0;

    *vector->first = keep_text(vector, image->path);
    prepend(vector, "--");
    if (by_fd) {
        fcntl(image->fd, F_SETFD, 0);
        snprintf(number, sizeof number, "%d", image->fd);
        prepend(vector, keep_text(vector, number));
        prepend(vector, "--exec-fd");
    }
    prepend(vector, argv0);
    prepend(vector, "-0");
    while (relaunch.options && relaunch.options[options])
        options++;
    if (options > OPTIONS_MOST)
        return -E2BIG;
    while (options > 0)
        prepend(vector, relaunch.options[--options]);
    prepend(vector, "denizen");
    return host_exec(cpu, relaunch.executable, (uintptr_t) "", (uintptr_t)vector->first, envp,
                     AT_EMPTY_PATH);
}

static int64_t exec_program(struct cpu *cpu, int directory, uint64_t guest_path, uint64_t argv,
                            uint64_t envp, uint64_t flags) {
    struct image image = {.fd = -1};
    struct vector vector;
    char buffer[PATH_MAX], path[PATH_MAX];

    if (flags & ~(uint64_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    uint64_t host_path = path_lookup(guest_path, !(flags & AT_SYMLINK_NOFOLLOW), buffer);
    int64_t length = guest_strlen(host_path, PATH_MAX);
    if (length < 0)
        return -EFAULT;
    if (length == PATH_MAX)
        return -ENAMETOOLONG;
    if (guest_read(path, host_path, (size_t)length + 1) != 0)
        return -EFAULT;

    int64_t result = open_image(&image, directory, path, (int)flags);
    if (result == -EACCES) /* perhaps executable but not readable: the kernel knows */
        return host_exec(cpu, directory, host_path, argv, envp, flags);
    bool by_fd = strncmp(image.path, "/dev/fd/", 8) == 0;
    if (result == 0)
        result = check_image(&image);
    if (result == 0)
        result = make_vector(cpu, argv, &vector);
    if (result == 0) {
        bool script = image_kind(&image) == IMAGE_SCRIPT;
        result = resolve_scripts(&image, &vector);
        if (result == IMAGE_GUEST)
            result = guest_exec(cpu, &image, &vector, by_fd && !script, envp);
        else if (result == IMAGE_HOST)
            result = host_exec(cpu, directory, host_path, argv, envp, flags);
    }
    if (image.fd >= 0)
        close(image.fd);
    free_vector(cpu);
    return result;
}

int64_t sys_execve(struct cpu *cpu, const uint64_t arg[6]) {
    return exec_program(cpu, AT_FDCWD, arg[0], arg[1], arg[2], 0);
}

int64_t sys_execveat(struct cpu *cpu, const uint64_t arg[6]) {
    return exec_program(cpu, (int)arg[0], arg[1], arg[2], arg[3], (uint32_t)arg[4]);
}
