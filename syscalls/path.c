#include "syscalls/path.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/access.h"
#include "runtime/program.h"

bool path_fetch_absolute(uint64_t guest, char buffer[PATH_MAX]) {
    if (guest_read(buffer, guest, 1) != 0 || buffer[0] != '/')
        return false;
    int64_t length = guest_strlen(guest, PATH_MAX);
    if (length < 0 || length >= PATH_MAX)
        return false;
    if (guest_read(buffer, guest, (size_t)length) != 0)
        return false;
    buffer[length] = '\0';
    return true;
}

const char *sysroot_path(const char *path, char buffer[PATH_MAX]) {
    if (!program.sysroot || path[0] != '/')
        return path;
    int length = snprintf(buffer, PATH_MAX, "%s%s", program.sysroot, path);
    struct stat status;
    if (length >= PATH_MAX || stat(buffer, &status) != 0 || S_ISDIR(status.st_mode))
        return path;
    return buffer;
}

uint64_t path_lookup(uint64_t guest, bool follow, char buffer[PATH_MAX]) {
    char path[PATH_MAX];
    if (!path_fetch_absolute(guest, path))
        return guest;
    if (proc_file_of(path) == PROC_EXE)
        return follow ? (uintptr_t)program.path : guest;
    return sysroot_path(path, buffer) == buffer ? (uintptr_t)buffer : guest;
}
