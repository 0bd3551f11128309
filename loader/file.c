/* Opening files with care: anything may be passed for a program. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/internal.h"

static int open_error(const char *path, int number, struct load_error *error) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        if (strchr(path, '/'))
            return load_fail(error, LOAD_NOT_FOUND, "%s: no such file", path);
        return load_fail(error, LOAD_NOT_FOUND,
                         "%s: no such file; name the program by its path (PATH is not searched)",
                         path);
    case EACCES:
        return load_fail(error, LOAD_CANNOT_RUN,
                         "%s: permission denied; the file must be readable (chmod +r)", path);
    default: return load_fail(error, LOAD_CANNOT_RUN, "%s: %s", path, strerror(number));
    }
}

static const char *irregular_name(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR: return "a directory";
    case S_IFIFO: return "a FIFO";
    case S_IFSOCK: return "a socket";
    default: return "a device";
    }
}

int file_open(struct file *file, const char *path, struct load_error *error) {
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    return file_adopt(file, open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), path, error);
}

int file_adopt(struct file *file, int fd, const char *path, struct load_error *error) {
    size_t length = strlen(path);
    struct stat status;
    file->fd = fd;
    if (fd < 0)
        return open_error(path, errno, error);
    if (length >= sizeof file->path)
        return open_error(path, ENAMETOOLONG, error);
    memcpy(file->path, path, length + 1);
    if (fstat(fd, &status) != 0)
        return open_error(path, errno, error);
    if (!S_ISREG(status.st_mode))
        return load_fail(error, LOAD_CANNOT_RUN, "%s: is %s, not a program", path,
                         irregular_name(status.st_mode));
    file->size = (uint64_t)status.st_size;
    memset(file->head, 0, sizeof file->head);
    ssize_t got = pread(file->fd, file->head, sizeof file->head, 0);
    if (got < 0)
        return open_error(path, errno, error);
    file->head_size = (size_t)got;
    return 0;
}

void file_close(struct file *file) {
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

bool file_read(const struct file *file, void *to, size_t size, uint64_t offset) {
    char *at = to;
    while (size) {
        ssize_t got = pread(file->fd, at, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}
