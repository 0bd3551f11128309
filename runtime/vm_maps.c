#include "runtime/vm_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { MAPS_FIRST = 16 * 1024 };

/* Reads `fd` to its end behind *text, which grows. */
static bool read_all(int fd, char **text) {
    size_t used = 0, size = 0;
    for (;;) {
        if (size - used < MAPS_FIRST / 2) {
            size = size ? 2 * size : MAPS_FIRST;
            char *longer = realloc(*text, size);
            if (!longer)
                return false;
            *text = longer;
        }
        ssize_t got = read(fd, *text + used, size - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        used += (size_t)got;
        (*text)[used] = 0;
        if (got == 0)
            return true;
    }
}

char *vm_maps_read(void) {
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char *text = NULL;
    if (!read_all(fd, &text)) {
        free(text);
        text = NULL;
    }
    close(fd);
    return text;
}

static uint64_t take_number(char **text, int base) {
    uint64_t value = strtoull(*text, text, base);
    if (**text)
        ++*text; /* the separator */
    return value;
}

/* "start-end rwxp offset major:minor inode    path" (Documentation/filesystems/proc.rst) */
bool vm_maps_next(char **text, struct vm_mapping *mapping) {
    char *line = *text;
    if (!*line)
        return false;
    char *end = strchrnul(line, '\n');
    *text = *end ? end + 1 : end;
    *end = 0;

    mapping->start = take_number(&line, 16);
    mapping->end = take_number(&line, 16);
    if (strlen(line) < 5)
        return false;
    mapping->prot = (line[0] == 'r' ? PROT_READ : 0) | (line[1] == 'w' ? PROT_WRITE : 0) |
                    (line[2] == 'x' ? PROT_EXEC : 0);
    mapping->flags = line[3] == 's' ? MAP_SHARED : MAP_PRIVATE;
    line += 5;
    mapping->offset = take_number(&line, 16);
    unsigned major = (unsigned)take_number(&line, 16);
    unsigned minor = (unsigned)take_number(&line, 16);
    mapping->device = makedev(major, minor);
    mapping->inode = take_number(&line, 10);
    mapping->path = line + strspn(line, " ");
    return true;
}
