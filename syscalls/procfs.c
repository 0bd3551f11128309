/* The files of /proc that would show the emulator, made up from what the guest should see. Fields
 * and formats: Documentation/filesystems/proc.rst, fs/proc/{array,task_mmu}.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/program.h"
#include "runtime/vm.h"
#include "syscalls/path.h"

/* --- which file --- */

/* What follows /proc/self/, /proc/thread-self/, /proc/<pid>/ or a task/<tid>/ below them if the
 * process is this one; else NULL. */
static const char *own_file(const char *path) {
    static const char proc[] = "/proc/";
    if (strncmp(path, proc, sizeof proc - 1) != 0)
        return NULL;
    path += sizeof proc - 1;
    size_t length = strcspn(path, "/");
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    bool self = (length == 4 && memcmp(path, "self", 4) == 0) ||
                (length == 11 && memcmp(path, "thread-self", 11) == 0) ||
                (length == strlen(pid) && memcmp(path, pid, length) == 0);
    if (!self || path[length] != '/')
        return NULL;
    path += length + 1;
    if (strncmp(path, "task/", 5) != 0)
        return path;
    path = strchr(path + 5, '/');
    return path ? path + 1 : NULL;
}

enum proc_file proc_file_of(const char *path) {
    static const struct {
        const char *name;
        enum proc_file file;
    } files[] = {
        {"exe", PROC_EXE},         {"maps", PROC_MAPS}, {"smaps", PROC_SMAPS},
        {"cmdline", PROC_CMDLINE}, {"auxv", PROC_AUXV}, {"stat", PROC_STAT},
        {"environ", PROC_ENVIRON},
    };
    if (strcmp(path, "/proc/cpuinfo") == 0)
        return PROC_CPUINFO;
    const char *name = own_file(path);
    for (unsigned i = 0; name && i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(name, files[i].name) == 0)
            return files[i].file;
    }
    return PROC_NONE;
}

/* --- what it holds --- */

static void print_mapping(const struct vm_mapping *mapping, void *data) {
    FILE *out = data;
    int length =
        fprintf(out, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu", (unsigned long)mapping->start,
                (unsigned long)mapping->end, mapping->prot & PROT_READ ? 'r' : '-',
                mapping->prot & PROT_WRITE ? 'w' : '-', mapping->prot & PROT_EXEC ? 'x' : '-',
                mapping->flags & MAP_SHARED ? 's' : 'p', (unsigned long)mapping->offset,
                major(mapping->device), minor(mapping->device), (unsigned long)mapping->inode);
    if (mapping->path[0])
        fprintf(out, "%*s%s", length < 73 ? 73 - length : 1, "", mapping->path);
    fputc('\n', out);
}

/* Sizes are the mapping's; what is resident is not known per mapping, and 0. */
static void print_smaps_entry(const struct vm_mapping *mapping, void *data) {
    static const char *const zero[] = {
        "Rss",
        "Pss",
        "Pss_Dirty",
        "Shared_Clean",
        "Shared_Dirty",
        "Private_Clean",
        "Private_Dirty",
        "Referenced",
        "Anonymous",
        "LazyFree",
        "AnonHugePages",
        "ShmemPmdMapped",
        "FilePmdMapped",
        "Shared_Hugetlb",
        "Private_Hugetlb",
        "Swap",
        "SwapPss",
        "Locked",
    };
    FILE *out = data;
    print_mapping(mapping, out);
    fprintf(out, "Size:           %8lu kB\n",
            (unsigned long)(mapping->end - mapping->start) / 1024);
    fprintf(out, "KernelPageSize: %8d kB\nMMUPageSize:    %8d kB\n", 4, 4);
    for (unsigned i = 0; i < sizeof zero / sizeof zero[0]; i++)
        fprintf(out, "%s:%*s0 kB\n", zero[i], 23 - (int)strlen(zero[i]), "");
    fprintf(out, "THPeligible:           0\nVmFlags:%s%s%s%s\n",
            mapping->prot & PROT_READ ? " rd" : "", mapping->prot & PROT_WRITE ? " wr" : "",
            mapping->prot & PROT_EXEC ? " ex" : "", mapping->flags & MAP_SHARED ? " sh" : "");
}

/* The strings at [start, end) of the guest's stack as they are now: programs rewrite them. */
static void print_guest_memory(uint64_t start, uint64_t end, FILE *out) {
    char chunk[256];
    while (start < end) {
        size_t size = end - start < sizeof chunk ? end - start : sizeof chunk;
        if (guest_read(chunk, start, size) != 0)
            return;
        fwrite(chunk, 1, size, out);
        start += size;
    }
}

/* The host's /proc/self/stat with the fields (proc_pid_stat(5)) that are addresses of ours replaced
 * by the guest's. */
static int print_stat(FILE *out) {
    const struct {
        unsigned number;
        uint64_t value;
    } replaced[] = {
        {26, program.code_start},
        {27, program.code_end},
        {28, program.stack_start},
        {29, 0},
        {30, 0},
        {45, program.data_start},
        {46, program.data_end},
        {47, program.brk_start},
        {48, program.arg_start},
        {49, program.arg_end},
        {50, program.env_start},
        {51, program.env_end},
    };
    char line[2048];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t length = read(fd, line, sizeof line - 1);
    close(fd);
    if (length <= 0)
        return -EIO;
    line[length] = '\0';
    /* Field 2 is in parentheses and may hold anything; field 3 begins two bytes after. */
    char *rest = strrchr(line, ')');
    if (!rest)
        return -EIO;
    fprintf(out, "%.*s", (int)(rest + 1 - line), line);
    unsigned number = 3, next = 0;
    for (char *save, *field = strtok_r(rest + 1, " \n", &save); field;
         field = strtok_r(NULL, " \n", &save), number++) {
        if (next < sizeof replaced / sizeof replaced[0] && replaced[next].number == number)
            fprintf(out, " %lu", (unsigned long)replaced[next++].value);
        else
            fprintf(out, " %s", field);
    }
    fputc('\n', out);
    return 0;
}

static int print_cpuinfo(const struct guest *guest, FILE *out) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    char *text = guest->cpuinfo(count > 0 ? (unsigned)count : 1);
    if (!text)
        return -ENOMEM;
    fputs(text, out);
    free(text);
    return 0;
}

static int print_file(const struct guest *guest, enum proc_file file, FILE *out) {
    switch (file) {
    case PROC_MAPS: vm_for_each(print_mapping, out); return 0;
    case PROC_SMAPS: vm_for_each(print_smaps_entry, out); return 0;
    case PROC_CMDLINE: print_guest_memory(program.arg_start, program.arg_end, out); return 0;
    case PROC_ENVIRON: print_guest_memory(program.env_start, program.env_end, out); return 0;
    case PROC_AUXV: fwrite(program.auxv, 1, program.auxv_size, out); return 0;
    case PROC_STAT: return print_stat(out);
    case PROC_CPUINFO: return print_cpuinfo(guest, out);
    case PROC_NONE:
    case PROC_EXE: break;
    }
    return -ENOENT;
}

int64_t proc_open(const struct guest *guest, enum proc_file file, uint64_t flags) {
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    int64_t result = print_file(guest, file, out);
    if (fclose(out) != 0 && result == 0)
        result = -ENOMEM;
    if (result == 0) {
        int fd = memfd_create("proc", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
        result = fd < 0 ? -errno : fd;
        for (size_t done = 0; fd >= 0 && done < size;) {
            ssize_t count = write(fd, text + done, size - done);
            if (count < 0) {
                result = -errno;
                close(fd);
                break;
            }
            done += (size_t)count;
        }
        if (result >= 0)
            lseek(fd, 0, SEEK_SET);
    }
    free(text);
    return result;
}
