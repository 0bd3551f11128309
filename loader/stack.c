/* The main stack and what the kernel leaves on it (fs/binfmt_elf.c, create_elf_tables).
 *
 * From the top down: a null word, the program's file name, environment strings, argument strings,
 * platform name, random bytes; then, 16-byte aligned as the psABIs ask, from the stack pointer up:
 * argc, argv, envp, auxiliary vector. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loader/internal.h"
#include "runtime/program.h"

enum { AUXV_MOST = 24 };

/* An unlimited stack has a size all the same, since it is one mapping: address space costs nothing,
 * unless the host counts every writable page from the start (strict overcommit). */
#define UNLIMITED_STACK  (UINT64_C(1) << 30)
#define STRICT_STACK     (UINT64_C(64) << 20)
#define LARGEST_STACK    (UINT64_C(1) << 40) /* that may be asked for */
#define SMALLEST_STACK   (UINT64_C(128) << 10)
#define STACK_GUARD      (UINT64_C(1) << 20) /* the kernel's stack_guard_gap */
#define STACK_RANDOM_MAX 8192                /* as arch_align_stack has it */
#define FIRST_FRAMES     4096

struct auxv {
    uint64_t entry[AUXV_MOST][2];
    unsigned count;
};

/* A vector of strings, measured. */
struct strings {
    char **at;
    uint64_t count, bytes;
};

static struct strings measure(char **at) {
    struct strings strings = {at, 0, 0};
    for (; at[strings.count]; strings.count++)
        strings.bytes += strlen(at[strings.count]) + 1;
    return strings;
}

static bool strict_overcommit(void) {
    char mode = 0;
    int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, &mode, 1) != 1)
            mode = 0;
        close(fd);
    }
    return mode == '2';
}

/* The size to try first. The kernel's stack takes from RLIMIT_AS only what it grows to; ours is all
 * there at once, so it may not take more than a part of that. */
static uint64_t choose_size(uint64_t wanted, uint64_t contents) {
    struct rlimit limit;
    uint64_t size = wanted;
    if (!size)
        size = getrlimit(RLIMIT_STACK, &limit) == 0 ? limit.rlim_cur : UNLIMITED_STACK;
    if (size > STRICT_STACK && strict_overcommit())
        size = STRICT_STACK;
    uint64_t most = wanted ? LARGEST_STACK : UNLIMITED_STACK;
    if (size > most)
        size = most;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && size > limit.rlim_cur / 8)
        size = limit.rlim_cur / 8;
    uint64_t least = SMALLEST_STACK + contents;
    return page_up(size > least ? size : least);
}

/* Maps a stack of `size` bytes, or of less when there is no room, above a guard that the guest has
 * no mapping in. Returns its end or -errno. */
static int64_t map_stack(uint64_t size, uint64_t least, bool executable) {
    int prot = PROT_READ | PROT_WRITE | (executable ? PROT_EXEC : 0);
    for (;;) {
        int64_t at = vm_mmap(0, STACK_GUARD + size, PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (at >= 0) {
            uint64_t guard = (uint64_t)at, start = guard + STACK_GUARD;
            int64_t error = vm_mprotect(start, size, prot);
            if (!error) {
                vm_protect_emulator(guard, start);
                vm_set_stack(start, start + size);
                return (int64_t)(start + size);
            }
            vm_munmap(guard, STACK_GUARD + size);
            at = error;
        }
        if (at != -ENOMEM || size / 2 < least)
            return at;
        size = page_up(size / 2);
    }
}

static void add(struct auxv *auxv, uint64_t type, uint64_t value) {
    auxv->entry[auxv->count][0] = type;
    auxv->entry[auxv->count][1] = value;
    auxv->count++;
}

static void fill_auxv(struct auxv *auxv, const struct stack_contents *c, uint64_t execfn,
                      uint64_t random, uint64_t platform) {
    const struct guest *guest = c->guest;
    if (c->vdso)
        add(auxv, AT_SYSINFO_EHDR, c->vdso);
    add(auxv, AT_HWCAP, guest->hwcap ? guest->hwcap() : 0);
    add(auxv, AT_PAGESZ, guest->page_size);
    add(auxv, AT_CLKTCK, getauxval(AT_CLKTCK));
    add(auxv, AT_PHDR, c->program->headers);
    add(auxv, AT_PHENT, sizeof(Elf64_Phdr));
    add(auxv, AT_PHNUM, c->elf->header.e_phnum);
    add(auxv, AT_BASE, c->interpreter_base);
    add(auxv, AT_FLAGS, 0);
    add(auxv, AT_ENTRY, c->program->entry);
    add(auxv, AT_UID, getauxval(AT_UID));
    add(auxv, AT_EUID, getauxval(AT_EUID));
    add(auxv, AT_GID, getauxval(AT_GID));
    add(auxv, AT_EGID, getauxval(AT_EGID));
    add(auxv, AT_SECURE, getauxval(AT_SECURE));
    add(auxv, AT_RANDOM, random);
    add(auxv, AT_HWCAP2, guest->hwcap2 ? guest->hwcap2() : 0);
    add(auxv, AT_EXECFN, execfn);
    if (platform)
        add(auxv, AT_PLATFORM, platform);
    add(auxv, AT_MINSIGSTKSZ, guest->min_signal_stack);
    add(auxv, AT_NULL, 0);
}

static uint64_t copy_down(uint64_t *top, const void *from, uint64_t size) {
    *top -= size;
    memcpy((void *)*top, from, size);
    return *top;
}

/* Copies the strings to `at` upwards and their addresses, with a null at the end, to `pointers`. */
static void copy_strings(const struct strings *strings, uint64_t at, uint64_t *pointers) {
    for (uint64_t i = 0; i < strings->count; i++) {
        uint64_t size = strlen(strings->at[i]) + 1;
        pointers[i] = at;
        memcpy((void *)at, strings->at[i], size);
        at += size;
    }
    pointers[strings->count] = 0;
}

/* Writes everything below `top`; returns the stack pointer. */
static uint64_t fill_stack(uint64_t top, const struct stack_contents *c,
                           const struct strings *arguments, const struct strings *environment) {
    top -= sizeof(uint64_t);
    uint64_t execfn = copy_down(&top, c->execfn, strlen(c->execfn) + 1);
    program.env_end = top;
    program.arg_end = program.env_start = top - environment->bytes;
    program.arg_start = program.arg_end - arguments->bytes;
    top = program.arg_start & ~UINT64_C(15);
    if (c->random->images)
        top -= c->random->stack_bits % STACK_RANDOM_MAX & ~UINT64_C(15);
    const char *platform_name = c->guest->platform;
    uint64_t platform =
        platform_name ? copy_down(&top, platform_name, strlen(platform_name) + 1) : 0;
    uint64_t random = copy_down(&top, c->random->bytes, sizeof c->random->bytes);

    static struct auxv auxv; /* outlives the call: `program` refers to it */
    auxv.count = 0;
    fill_auxv(&auxv, c, execfn, random, platform);
    program.auxv = auxv.entry[0];
    program.auxv_size = auxv.count * sizeof auxv.entry[0];

    uint64_t pointers = 1 + arguments->count + 1 + environment->count + 1;
    uint64_t size = pointers * sizeof(uint64_t) + program.auxv_size;
    uint64_t stack_pointer = (top - size) & ~UINT64_C(15);
    uint64_t *at = (uint64_t *)stack_pointer;
    at[0] = arguments->count;
    copy_strings(arguments, program.arg_start, at + 1);
    copy_strings(environment, program.env_start, at + 1 + arguments->count + 1);
    memcpy(at + pointers, auxv.entry, program.auxv_size);
    program.stack_start = stack_pointer;
    return stack_pointer;
}

int stack_build(const struct stack_contents *contents, size_t wanted_size, uint64_t *stack_pointer,
                struct load_error *error) {
    /* Since Linux 5.18 a program has at least an empty name. */
    static char *no_arguments[] = {"", NULL};
    struct strings arguments = measure(contents->argv[0] ? contents->argv : no_arguments);
    struct strings environment = measure(contents->envp);
    uint64_t size = arguments.bytes + environment.bytes + strlen(contents->execfn) +
                    (arguments.count + environment.count) * sizeof(uint64_t) + STACK_RANDOM_MAX +
                    4096;
    int64_t top =
        map_stack(choose_size(wanted_size, size), SMALLEST_STACK + size, contents->executable);
    if (top < 0)
        return load_fail(error, LOAD_CANNOT_RUN, "no memory for the stack: %s",
                         strerror((int)-top));
    /* What is filled now, and the guest's first frames: one call instead of a fault for each page.
     */
    const uint64_t filled = page_up(size + FIRST_FRAMES);
    madvise((void *)(uintptr_t)((uint64_t)top - filled), filled, MADV_POPULATE_WRITE);
    *stack_pointer = fill_stack((uint64_t)top, contents, &arguments, &environment);
    return 0;
}
