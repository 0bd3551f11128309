/* execve in the emulator: find the program, map it, make its stack. */
#include "loader/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <unistd.h>

#include "loader/internal.h"
#include "runtime/log.h"
#include "runtime/program.h"

/* The kernel's exec_binprm allows five rewritings, and randomises the heap's start within 1 GiB
 * (arch_randomize_brk in mm/util.c). */
enum { SCRIPTS_MOST = 5 };
#define HEAP_RANDOM_MAX (UINT64_C(1) << 30)

int load_fail(struct load_error *error, int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    for (char *c = error->text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?'; /* file names may contain anything; the message stays one line */
    error->status = status;
    return status;
}

/* --- finding the ELF file --- */

/* What is to be run after all #! lines have been followed. */
struct launch {
    struct file file;
    const struct guest *guest;
    char **argv; /* malloc'ed, its strings are not */
    struct script_line lines[SCRIPTS_MOST];
};

/* Puts the interpreter, its argument and the script's name in the place of argv[0]. */
static bool rewrite_arguments(struct launch *launch, const struct script_line *line, char *script) {
    char **old = launch->argv;
    size_t count = 0, used = 0;
    while (old[count])
        count++;
    char **argv = malloc((count + 4) * sizeof *argv);
    if (!argv)
        return false;
    argv[used++] = line->interpreter;
    if (line->argument)
        argv[used++] = line->argument;
    argv[used++] = script;
    for (size_t i = 1; i < count; i++)
        argv[used++] = old[i];
    argv[used] = NULL;
    free(old);
    launch->argv = argv;
    return true;
}

/* Whether the file just opened is one that can interpret a script here. */
static bool can_interpret(const struct file *file, const struct load_options *options) {
    return (file->head[0] == '#' && file->head[1] == '!') || elf_guest(file, options->guests);
}

/* Opens the interpreter of the script in launch->file in its place: as named, which may be a
 * program of the host's, then in the guests' sysroots. */
static int open_script_interpreter(struct launch *launch, const char *name,
                                   const struct load_options *options, struct load_error *error) {
    char script[PATH_MAX], places[512] = "";
    snprintf(script, sizeof script, "%s", launch->file.path);
    file_close(&launch->file);
    int status = file_open(&launch->file, name, error);
    if (!status && can_interpret(&launch->file, options))
        return 0;
    bool exists = status != LOAD_NOT_FOUND;
    file_close(&launch->file);
    for (int i = 0; options->guests[i] && name[0] == '/'; i++) {
        struct sysroots roots;
        sysroots_init(&roots, options->sysroot, options->guests[i]);
        roots.count--; /* all but the real root, where it was not */
        size_t used = strlen(places);
        snprintf(places + used, sizeof places - used, "%s", i ? ", " : "; looked in ");
        used = strlen(places);
        sysroots_describe(&roots, places + used, sizeof places - used);
        if (sysroots_open(&roots, &launch->file, name, error) >= 0) {
            if (can_interpret(&launch->file, options))
                return 0;
            exists = true;
            file_close(&launch->file);
        }
    }
    if (exists)
        return load_fail(error, LOAD_CANNOT_RUN,
                         "%s: its interpreter %s is not a program that can be run here%s; name a "
                         "sysroot that has one with -L",
                         script, name, places);
    return load_fail(error, LOAD_NOT_FOUND,
                     "%s: its interpreter %s does not exist%s; name a sysroot that has it with -L",
                     script, name, places);
}

/* Opens `path` and follows #! lines until an ELF file for a guest is open. */
static int find_program(struct launch *launch, const char *path, const struct load_options *options,
                        struct load_error *error) {
    int status = options->program_fd ? file_adopt(&launch->file, *options->program_fd, path, error)
                                     : file_open(&launch->file, path, error);
    char *name = (char *)path;
    for (int level = 0; !status && !elf_recognise(&launch->file); level++) {
        const char *head = launch->file.head;
        if (head[0] != '#' || head[1] != '!')
            break;
        if (level == SCRIPTS_MOST)
            return load_fail(error, LOAD_CANNOT_RUN, "%s: too many levels of #! interpreters",
                             path);
        struct script_line *line = &launch->lines[level];
        if (!script_parse(line, head))
            return load_fail(error, LOAD_CANNOT_RUN,
                             "%s: its #! line names no interpreter, or one too long",
                             launch->file.path);
        if (!rewrite_arguments(launch, line, name))
            return load_fail(error, LOAD_CANNOT_RUN, "%s: %s", path, strerror(ENOMEM));
        status = open_script_interpreter(launch, line->interpreter, options, error);
        name = line->interpreter;
    }
    if (status)
        return status;
    launch->guest = elf_guest(&launch->file, options->guests);
    return launch->guest ? 0 : elf_explain(&launch->file, options->guests, error);
}

/* --- the program interpreter --- */

static int missing_interpreter(const struct elf_file *elf, const char *name,
                               const struct sysroots *roots, struct load_error *error) {
    char places[512], hint[64] = "";
    sysroots_describe(roots, places, sizeof places);
    /* Debian packages glibc's only. */
    if (elf->guest->debian_arch && strstr(name, "/ld-linux"))
        snprintf(hint, sizeof hint, ", or apt install libc6-%s-cross", elf->guest->debian_arch);
    return load_fail(error, LOAD_NOT_FOUND,
                     "%s: needs the program interpreter %s, which is not in %s; name its sysroot "
                     "with -L%s",
                     elf->file->path, name, places, hint);
}

/* Maps the interpreter that `elf` names, if it names one. The interpreter's own is not looked at.
 */
static int load_interpreter(struct image *image, const struct elf_file *elf,
                            const struct sysroots *roots, const struct randomness *random,
                            struct load_error *error) {
    char name[PATH_MAX];
    int status = elf_interpreter(elf, name, error);
    if (status || !name[0])
        return status;
    struct file file;
    int root = sysroots_open(roots, &file, name, error);
    if (root < 0)
        return error->status == LOAD_NOT_FOUND ? missing_interpreter(elf, name, roots, error)
                                               : error->status;
    if (roots->prefix[root][0])
        program.sysroot = roots->prefix[root];
    const struct guest *only[] = {elf->guest, NULL};
    if (!elf_guest(&file, only))
        return load_fail(error, LOAD_CANNOT_RUN,
                         "%s: its program interpreter %s is not a %s program; name another sysroot "
                         "with -L",
                         elf->file->path, file.path, elf->guest->name);
    struct elf_file interpreter;
    status = elf_open(&interpreter, &file, elf->guest, error);
    if (!status)
        status = image_map(image, &interpreter, IMAGE_INTERPRETER, random, error);
    elf_close(&interpreter);
    file_close(&file);
    return status;
}

/* --- the whole --- */

static char host_randomisation(void) {
    char level = '2';
    int fd = open("/proc/sys/kernel/randomize_va_space", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, &level, 1) != 1)
            level = '2';
        close(fd);
    }
    return personality(0xffffffff) & ADDR_NO_RANDOMIZE ? '0' : level;
}

static void init_randomness(struct randomness *random) {
    char level = host_randomisation();
    random->images = level != '0';
    random->heap = level == '2';
    struct {
        uint64_t image, heap, stack;
        uint8_t bytes[sizeof random->bytes];
    } fresh;
    if (getrandom(&fresh, sizeof fresh, GRND_NONBLOCK) != sizeof fresh) {
        /* Early in a boot: the kernel's own gift to this process must do. */
        const uint8_t *given = (const uint8_t *)getauxval(AT_RANDOM);
        for (size_t i = 0; i < sizeof fresh; i++)
            ((uint8_t *)&fresh)[i] = (uint8_t)(given[i % 16] * (2 * (i / 16) + 1));
    }
    random->image_bits = fresh.image;
    random->heap_bits = fresh.heap;
    random->stack_bits = fresh.stack;
    memcpy(random->bytes, fresh.bytes, sizeof random->bytes);
}

/* The absolute name of an open file, in static memory. */
static const char *absolute_path(const struct file *file) {
    static char path[PATH_MAX];
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file->fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0 && path[0] == '/')
        path[length] = 0;
    else if (!realpath(file->path, path))
        snprintf(path, sizeof path, "%s", file->path);
    return path;
}

static void note_program(const struct launch *launch, const struct image *image,
                         uint64_t heap_start) {
    program.path = absolute_path(&launch->file);
    program.code_start = image->code_start;
    program.code_end = image->code_end;
    program.data_start = image->data_start;
    program.data_end = image->data_end;
    program.brk_start = heap_start;
}

static void log_mapping(const struct vm_mapping *mapping, void *data) {
    (void)data;
    log_printf("%016llx-%016llx %c%c%c %s\n", (unsigned long long)mapping->start,
               (unsigned long long)mapping->end, mapping->prot & PROT_READ ? 'r' : '-',
               mapping->prot & PROT_WRITE ? 'w' : '-', mapping->prot & PROT_EXEC ? 'x' : '-',
               mapping->path);
}

static void log_loaded(const struct loaded *out) {
    vm_for_each(log_mapping, NULL);
    log_printf("entry %#llx, stack pointer %#llx, heap %#llx\n", (unsigned long long)out->entry,
               (unsigned long long)out->stack_pointer, (unsigned long long)program.brk_start);
}

/* Maps everything for the ELF file in `launch`. */
static int load(struct loaded *out, struct launch *launch, struct elf_file *elf, const char *execfn,
                char **envp, const struct load_options *options, struct load_error *error) {
    struct randomness random;
    init_randomness(&random);
    static struct sysroots roots; /* outlives the call: program.sysroot */
    sysroots_init(&roots, options->sysroot, launch->guest);
    program.sysroot = roots.given;

    struct image image, interpreter = {.start = 0};
    int status = image_map(&image, elf, IMAGE_PROGRAM, &random, error);
    if (!status)
        status = load_interpreter(&interpreter, elf, &roots, &random, error);
    if (!status)
        status = vdso_map(launch->guest, &program.vdso, &program.sigreturn, error);
    if (status)
        return status;
    uint64_t heap = image.end;
    if (random.heap)
        heap += page_down(random.heap_bits % HEAP_RANDOM_MAX);
    vm_set_brk(heap);
    note_program(launch, &image, heap);

    const Elf64_Phdr *stack = elf_segment(elf, PT_GNU_STACK);
    const struct stack_contents contents = {
        .guest = launch->guest,
        .argv = launch->argv,
        .envp = envp,
        .execfn = execfn,
        .program = &image,
        .elf = elf,
        .interpreter_base = interpreter.start,
        .vdso = program.vdso,
        .executable = stack && (stack->p_flags & PF_X),
        .random = &random,
    };
    out->guest = launch->guest;
    out->entry = interpreter.start ? interpreter.entry : image.entry;
    return stack_build(&contents, options->stack_size, &out->stack_pointer, error);
}

int load_program(struct loaded *out, struct load_error *error, const char *path, char **argv,
                 char **envp, const struct load_options *options) {
    struct launch launch = {.file.fd = -1};
    size_t count = 0;
    while (argv[count])
        count++;
    launch.argv = malloc((count + 1) * sizeof *argv);
    if (!launch.argv)
        return load_fail(error, LOAD_CANNOT_RUN, "%s: %s", path, strerror(ENOMEM));
    memcpy(launch.argv, argv, (count + 1) * sizeof *argv);

    struct elf_file elf = {.segments = NULL};
    int status = find_program(&launch, path, options, error);
    if (!status)
        status = elf_open(&elf, &launch.file, launch.guest, error);
    if (!status)
        status = load(out, &launch, &elf, path, envp, options, error);
    elf_close(&elf);
    file_close(&launch.file);
    free(launch.argv);
    if (!status && (log_items & LOG_PAGE))
        log_loaded(out);
    return status;
}
