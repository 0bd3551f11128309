/* Paths that the guest names: the sysroot, and the files of /proc that speak of the emulator. */
#ifndef SYSCALLS_PATH_H
#define SYSCALLS_PATH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/guest.h"

/* Copies the string at `guest` to `buffer` if it is an absolute path that fits. False otherwise:
 * then the guest's own pointer goes to the kernel, which resolves or refuses it. */
bool path_fetch_absolute(uint64_t guest, char buffer[PATH_MAX]);

/* The file that an absolute path means to the guest when it is looked up: the one under the sysroot
 * if that is set (-L) and has it, else `path` itself. Directories are never taken from the sysroot:
 * what the guest lists is the real tree. `buffer` may hold the result. */
const char *sysroot_path(const char *path, char buffer[PATH_MAX]);

/* What the kernel is to be given for an existing file that the guest names at `guest`: an address
 * of a string, in `buffer` or the guest's own. `follow`: the call follows a last symbolic link. */
uint64_t path_lookup(uint64_t guest, bool follow, char buffer[PATH_MAX]);

/* --- procfs.c --- */

/* Files of /proc whose content is the emulator's, not the guest's. */
enum proc_file {
    PROC_NONE,
    PROC_EXE,
    PROC_MAPS,
    PROC_SMAPS,
    PROC_CMDLINE,
    PROC_ENVIRON,
    PROC_AUXV,
    PROC_STAT,
    PROC_CPUINFO,
};

/* Which of them an absolute path names. */
enum proc_file proc_file_of(const char *path);

/* A new descriptor with what the guest should read there (not for PROC_EXE), or -errno. `flags` are
 * the host's open(2) flags. */
int64_t proc_open(const struct guest *guest, enum proc_file file, uint64_t flags);

#endif
