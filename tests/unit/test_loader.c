/* The loader, with the kernel as the oracle: x86-64 programs are loaded as if this machine were the
 * guest and then simply run; what they print must be what they print after a real execve. Files
 * that the kernel would not run are built byte by byte. */
#include <check.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "loader/internal.h"
#include "runtime/program.h"

static char folder[] = "/tmp/test_loader.XXXXXX";

/* --- this machine as a guest --- */

#if defined(__x86_64__)
enum { NATIVE = EM_X86_64 };
#define SET_AND_JUMP "mov %0, %%rsp\n\txor %%edx, %%edx\n\txor %%ebp, %%ebp\n\tjmp *%1"
#elif defined(__aarch64__)
enum { NATIVE = EM_AARCH64 };
#define SET_AND_JUMP "mov sp, %0\n\tmov x0, #0\n\tbr %1"
#else
enum { NATIVE = EM_RISCV };
#define SET_AND_JUMP "mv sp, %0\n\tli a0, 0\n\tjr %1"
#endif

static uint64_t native_hwcap(void) {
    return getauxval(AT_HWCAP);
}

static uint64_t native_hwcap2(void) {
    return getauxval(AT_HWCAP2);
}

static struct guest native = {
    .name = "native",
    .triplet = "no-such-triplet",
    .elf_machine = NATIVE,
    .page_size = VM_PAGE,
    .hwcap = native_hwcap,
    .hwcap2 = native_hwcap2,
};
static const struct guest riscv64 = {
    .name = "riscv64",
    .triplet = "riscv64-linux-gnu",
    .debian_arch = "riscv64",
    .elf_machine = EM_RISCV,
    .page_size = VM_PAGE,
};
static const struct guest *const native_guests[] = {&native, NULL};
static const struct guest *const riscv_guests[] = {&riscv64, NULL};

static void make_executable(const struct vm_mapping *mapping, void *data) {
    (void)data;
    if (mapping->prot & PROT_EXEC)
        mprotect((void *)mapping->start, mapping->end - mapping->start, mapping->prot);
}

static _Noreturn void enter(const struct loaded *loaded) {
    vm_for_each(make_executable, NULL);
    uint64_t stack_pointer = loaded->stack_pointer, entry = loaded->entry;
#if defined(__x86_64__)
    __asm__ volatile(SET_AND_JUMP : : "D"(stack_pointer), "a"(entry) : "memory");
#else
    __asm__ volatile(SET_AND_JUMP : : "r"(stack_pointer), "r"(entry) : "memory");
#endif
    __builtin_unreachable();
}

/* --- running and comparing --- */

struct outcome {
    int status; /* of exit, or 1000 + signal */
    size_t length;
    char output[20000];
};

static char *environment[] = {"FIRST=1", "SECOND=two words", "LD_BIND_NOW=1", NULL};

/* Runs `path` in a child: by the loader as configured by `prepare`, or by execve. */
static void run(struct outcome *outcome, bool loaded, const char *path, char **argv,
                void (*prepare)(void)) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (prepare)
            prepare();
        if (!loaded) {
            execve(path, argv, environment);
            _exit(errno == ENOENT ? 127 : 126);
        }
        native.min_signal_stack = getauxval(AT_MINSIGSTKSZ);
        native.platform = (const char *)getauxval(AT_PLATFORM);
        const struct load_options options = {.guests = native_guests};
        struct loaded program_loaded;
        static struct load_error error;
        vm_init();
        if (load_program(&program_loaded, &error, path, argv, environment, &options) == 0)
            enter(&program_loaded);
        if (getenv("SHOW"))
            fprintf(stderr, "[%s]\n", error.text);
        _exit(error.status);
    }
    close(ends[1]);
    outcome->length = 0;
    ssize_t got;
    while ((got = read(ends[0], outcome->output + outcome->length,
                       sizeof outcome->output - 1 - outcome->length)) > 0)
        outcome->length += (size_t)got;
    outcome->output[outcome->length] = 0;
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void compare(const char *path, char **argv, void (*prepare)(void)) {
    static struct outcome ours, theirs;
    run(&theirs, false, path, argv, prepare);
    run(&ours, true, path, argv, prepare);
    ck_assert_str_eq(ours.output, theirs.output);
    ck_assert_int_eq(ours.status, theirs.status);
}

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...) {
    char command[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    ck_assert_msg(system(command) == 0, "failed: %s", command);
}

static const char *in_folder(const char *name) {
    static char path[4][300];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static void compile(const char *name, const char *source, const char *flags) {
    shell("gcc -w -O1 -o %s/%s tests/unit/loader/%s %s 2>%s/log || { cat %s/log; false; }", folder,
          name, source, flags, folder, folder);
}

static void set_up_folder(void) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    compile("dynamic", "report.c", "");
    compile("static", "report.c", "-static");
    compile("static-pie", "report.c", "-static-pie");
    compile("no-pie", "report.c", "-no-pie");
    compile("aligned", "report.c", "-Wl,-z,max-page-size=0x200000");
    compile("execstack", "report.c", "-z execstack");
}

static void remove_folder(void) {
    shell("rm -rf %s", folder);
}

static const char *const programs[] = {"dynamic", "static",  "static-pie",
                                       "no-pie",  "aligned", "execstack"};
enum { PROGRAMS = sizeof programs / sizeof programs[0] };

START_TEST(starts_like_execve) {
    char *none[] = {"name", NULL};
    char *some[] = {"name", "", "two words", "x", NULL};
    const char *path = in_folder(programs[_i]);
    compare(path, none, NULL);
    compare(path, some, NULL);
}
END_TEST

/* --- limits and settings --- */

static void limit(int resource, rlim_t bytes) {
    ck_assert_int_eq(setrlimit(resource, &(struct rlimit){bytes, bytes}), 0);
}

static void small_stack(void) {
    limit(RLIMIT_STACK, 256 << 10);
}

static void unlimited_stack(void) {
    limit(RLIMIT_STACK, RLIM_INFINITY);
}

static void large_stack(void) {
    limit(RLIMIT_STACK, UINT64_C(5) << 30);
}

static void little_memory(void) {
#ifndef DENIZEN_SANITIZED /* whose shadow memory is large */
    limit(RLIMIT_AS, 64 << 20);
#endif
}

static void little_memory_unlimited_stack(void) {
    little_memory();
    unlimited_stack();
}

static void no_randomness(void) {
    personality(ADDR_NO_RANDOMIZE);
}

START_TEST(starts_under_limits) {
    void (*const settings[])(void) = {small_stack,   unlimited_stack,
                                      large_stack,   little_memory,
                                      no_randomness, little_memory_unlimited_stack};
    char *argv[] = {"name", "argument", NULL};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        compare(in_folder(programs[_i]), argv, settings[i]);
}
END_TEST

/* A large environment needs a stack that holds it, whatever the limit says. */
START_TEST(large_arguments) {
    static char text[100001];
    memset(text, 'a', 100000);
    char *argv[12] = {"name"};
    for (int i = 1; i < 11; i++)
        argv[i] = text;
    static struct outcome ours;
    run(&ours, true, in_folder("static"), argv, small_stack);
    ck_assert_int_eq(ours.length, sizeof ours.output - 1);
}
END_TEST

static uint64_t loaded_stack_size;

static void find_stack(const struct vm_mapping *mapping, void *data) {
    (void)data;
    if (!strcmp(mapping->path, "[stack]"))
        loaded_stack_size = mapping->end - mapping->start;
}

static int load_here(const char *path, const struct load_options *options, struct loaded *out,
                     struct load_error *error) {
    char *argv[] = {(char *)path, NULL};
    vm_init();
    return load_program(out, error, path, argv, environment, options);
}

START_TEST(stack_size_and_heap) {
    static const struct {
        rlim_t limit;
        size_t option, expected;
    } cases[] = {{8 << 20, 0, 8 << 20},
                 {RLIM_INFINITY, 0, 1 << 30},
                 {8 << 20, 3 << 20, 3 << 20},
                 {64 << 10, 0, 128 << 10},
                 {8 << 20, SIZE_MAX, UINT64_C(1) << 40}};
    struct load_options options = {.guests = native_guests, .stack_size = cases[_i].option};
    struct loaded loaded;
    static struct load_error error;
    struct rlimit limit = {cases[_i].limit, RLIM_INFINITY};
    setrlimit(RLIMIT_STACK, &limit);
    ck_assert_int_eq(load_here(in_folder("static"), &options, &loaded, &error), 0);
    vm_for_each(find_stack, NULL);
    ck_assert_uint_ge(loaded_stack_size, cases[_i].expected);
    ck_assert_uint_le(loaded_stack_size, cases[_i].expected + (64 << 10));
    ck_assert_uint_eq(loaded.stack_pointer % 16, 0);
    /* A guard below the stack that is nobody's. */
    ck_assert_int_eq(vm_prot(loaded.stack_pointer), PROT_READ | PROT_WRITE);
    /* The heap has room. */
    uint64_t start = (uint64_t)vm_brk(0);
    ck_assert_uint_eq(start, program.brk_start);
    ck_assert_uint_ge(start, program.data_end);
    ck_assert_uint_eq((uint64_t)vm_brk(start + (1 << 30)), start + (1 << 30));
    *(volatile char *)(start + (1 << 30) - 1) = 1;
}
END_TEST

START_TEST(randomised_or_not) {
    uint64_t entries[2][2];
    for (int fixed = 0; fixed < 2; fixed++) {
        for (int i = 0; i < 2; i++) {
            int ends[2];
            ck_assert_int_eq(pipe(ends), 0);
            pid_t child = fork();
            if (child == 0) {
                personality(fixed ? ADDR_NO_RANDOMIZE : 0);
                const struct load_options options = {.guests = native_guests};
                struct loaded loaded = {.entry = 0};
                static struct load_error error;
                load_here(in_folder("static-pie"), &options, &loaded, &error);
                _exit(write(ends[1], &loaded.entry, 8) != 8);
            }
            ck_assert_int_eq(read(ends[0], &entries[fixed][i], 8), 8);
            waitpid(child, NULL, 0);
        }
    }
    ck_assert_uint_ne(entries[0][0], entries[0][1]);
    ck_assert_uint_eq(entries[1][0], entries[1][1]);
}
END_TEST

/* --- layouts --- */

/* Loads and runs a program whose exit status says whether its memory is right. */
static void run_bare(const char *name, const char *flags) {
    char all[1000];
    snprintf(all, sizeof all,
             "-nostdlib -ffreestanding -fno-stack-protector -fcf-protection=none %s", flags);
    compile(name, "bare.c", all);
    char *argv[] = {"bare", NULL};
    static struct outcome ours;
    run(&ours, true, in_folder(name), argv, NULL);
    ck_assert_msg(ours.status == 5, "%s: status %d", flags, ours.status);
}

START_TEST(odd_layouts) {
    static const char *const layouts[] = {
        "-static",
        "-static-pie -fPIE",
        "-static -Wl,-z,noseparate-code",
        "-static -Wl,-z,max-page-size=0x1000000,-Ttext-segment=0x5000000",
        "-static-pie -fPIE -Wl,-z,max-page-size=0x10000000",
        "-static -Wl,-z,max-page-size=65536,-z,common-page-size=65536",
        "-static -Wl,-n",
        "-static -Wl,-N",
        "-static -Wl,-z,max-page-size=16",
        "-static -Wl,-z,max-page-size=1",
        "-static-pie -fPIE -Wl,-z,max-page-size=64",
        "-static -Wl,-Ttext-segment=0x54321000",
        "-static -Wl,-Tdata=0x700100,-Tbss=0x900321",
    };
    static const int pages[] = {0, 1, 17, 3000};
    char flags[300];
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        snprintf(flags, sizeof flags, "-DPAGES=%d %s", pages[_i], layouts[i]);
        run_bare("bare", flags);
    }
}
END_TEST

/* Two segments in one page that lie at different distances in the file, so that the page is in no
 * place of the file as it must be in memory. */
START_TEST(segments_that_share_a_page) {
    FILE *script = fopen(in_folder("shared.ld"), "w");
    fputs("ENTRY(_start)\n"
          "PHDRS { text PT_LOAD FLAGS(5); data PT_LOAD FLAGS(6); }\n"
          "SECTIONS { . = 0x3000100; .text : { *(.text*) *(.rodata*) } :text\n"
          "  .data ALIGN(8) : { *(.data*) } :data .bss : { *(.bss*) } :data\n"
          "  /DISCARD/ : { *(.note*) *(.comment*) *(.eh_frame*) } }\n",
          script);
    fclose(script);
    char flags[400];
    for (int align = 1; align <= 4096; align *= 16) {
        snprintf(flags, sizeof flags,
                 "-DPAGES=2 -static -Wl,-T,%s,-z,max-page-size=%d,--build-id=none",
                 in_folder("shared.ld"), align);
        run_bare("shared", flags);
    }
}
END_TEST

/* --- scripts --- */

static void write_file(const char *path, const void *bytes, size_t size, mode_t mode) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    fchmod(fd, mode);
    close(fd);
}

static void write_text(const char *path, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void write_text(const char *path, const char *format, ...) {
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    write_file(path, text, (size_t)length, 0755);
}

START_TEST(scripts_like_execve) {
    static const char *const lines[] = {
        "#!%s\n",
        "#! \t%s \t \n",
        "#!%s one\nrest\n",
        "#!%s  one argument with blanks\t \n",
        "#!%s",
        "#!%s argument without end",
        "#!%s \t",
        "#!\n%s",
        "#!",
        "#! ",
        "#!   \n",
        "#!%s/\n",
        "#!%s\r\n",
        "#%s\n",
    };
    char *argv[] = {"zero", "first", "second", NULL};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char line[600];
        snprintf(line, sizeof line, lines[i], in_folder("static"));
        write_file(in_folder("script"), line, strlen(line), 0755);
        static struct outcome ours, theirs;
        run(&theirs, false, in_folder("script"), argv, NULL);
        run(&ours, true, in_folder("script"), argv, NULL);
        ck_assert_msg(!strcmp(ours.output, theirs.output), "%s: %s instead of %s", line,
                      ours.output, theirs.output);
        ck_assert_msg(ours.status == theirs.status ||
                          (ours.status == 126 && theirs.status == 127) ||
                          (ours.status == 127 && theirs.status == 126),
                      "%s: %d, not %d", line, ours.status, theirs.status);
    }
    /* NUL bytes, and lengths around that of the kernel's buffer. */
    for (int length = 240; length < 270; length++) {
        for (int kind = 0; kind < 5; kind++) {
            char line[400];
            int used = snprintf(line, sizeof line, "#!%s", in_folder("static"));
            if (kind != 3)
                line[used++] = kind == 2 ? 0 : ' ';
            memset(line + used, kind == 0 ? ' ' : 'a', sizeof line - (size_t)used);
            if (kind == 4)
                line[length - 3] = 0;
            line[length] = '\n';
            write_file(in_folder("script"), line, kind == 1 ? (size_t)length : sizeof line, 0755);
            static struct outcome ours, theirs;
            run(&theirs, false, in_folder("script"), argv, NULL);
            run(&ours, true, in_folder("script"), argv, small_stack);
            ck_assert_msg(!strcmp(ours.output, theirs.output), "length %d kind %d", length, kind);
        }
    }
}
END_TEST

START_TEST(nested_scripts) {
    char *argv[] = {"zero", "first", NULL};
    char path[300], before[300];
    strcpy(before, in_folder("dynamic"));
    for (int level = 1; level <= 7; level++) {
        snprintf(path, sizeof path, "%s/level%d", folder, level);
        write_text(path, "#!%s argument%d\n", before, level);
        static struct outcome ours, theirs;
        run(&theirs, false, path, argv, NULL);
        run(&ours, true, path, argv, small_stack);
        ck_assert_str_eq(ours.output, theirs.output);
        ck_assert_int_eq(ours.status, theirs.status);
        strcpy(before, path);
    }
    write_text(in_folder("cycle"), "#!%s/cycle\n", folder);
    static struct outcome ours;
    run(&ours, true, in_folder("cycle"), argv, small_stack);
    ck_assert_int_eq(ours.status, 126);
}
END_TEST

/* --- vDSO --- */

#if defined(__x86_64__)
/* A clock that always shows 12345.678 s: mov rax, 12345; mov [rsi], rax; mov [rsi + 8], 678;
 * xor eax, eax; ret. */
static const uint8_t stopped_clock[] = {0x48, 0xc7, 0xc0, 0x39, 0x30, 0, 0, 0x48, 0x89, 0x06, 0x48,
                                        0xc7, 0x46, 0x08, 0xa6, 0x02, 0, 0, 0x31, 0xc0, 0xc3};
static const struct guest_vdso_symbol clock_symbols[] = {
    {"__vdso_other", 0, 1},
    {"__vdso_clock_gettime", 0, sizeof stopped_clock},
    {"__vdso_getcpu", 0, 1},
};
static const struct guest_vdso clock_vdso = {
    stopped_clock, sizeof stopped_clock, clock_symbols, 3, "LINUX_2.6", 8};

/* The C library of this machine finds the clock in the image, as a process start and as a library:
 * its checks of hash tables and versions pass. */
START_TEST(vdso_is_accepted) {
    native.vdso = &clock_vdso;
    static uint8_t image[4 * VM_PAGE];
    ck_assert_uint_le(vdso_size(&native), sizeof image);
    vdso_build(&native, image);
    write_file(in_folder("vdso.so"), image, vdso_size(&native), 0755);
    void *library = dlopen(in_folder("vdso.so"), RTLD_NOW);
    ck_assert_msg(library != NULL, "%s", dlerror());
    int (*clock)(int, struct timespec *) =
        (int (*)(int, struct timespec *))dlvsym(library, "__vdso_clock_gettime", "LINUX_2.6");
    ck_assert_ptr_nonnull((void *)clock);
    ck_assert_ptr_null(dlvsym(library, "__vdso_clock_gettime", "LINUX_2.7"));
    ck_assert_ptr_null(dlsym(library, "__vdso_missing"));
    struct timespec now;
    ck_assert_int_eq(clock(0, &now), 0);
    ck_assert_int_eq(now.tv_sec, 12345);

    write_text(in_folder("clock.c"), "#include <stdio.h>\n#include <time.h>\n"
                                     "int main(void) { struct timespec t;\n"
                                     "clock_gettime(CLOCK_REALTIME, &t);\n"
                                     "printf(\"%%ld.%%ld\", (long)t.tv_sec, t.tv_nsec); }\n");
    char *argv[] = {"clock", NULL};
    for (int i = 0; i < 2; i++) {
        shell("gcc -O1 %s -o %s %s", i ? "-static" : "", in_folder("clock"), in_folder("clock.c"));
        static struct outcome ours;
        run(&ours, true, in_folder("clock"), argv, NULL);
        ck_assert_str_eq(ours.output, "12345.678");
    }
    native.vdso = NULL;
}
END_TEST
#endif

/* --- files that are not programs --- */

/* A small valid riscv64 file: one segment with everything in it, and a second with zeros. */
struct tiny {
    Elf64_Ehdr header;
    Elf64_Phdr segment[4];
    char interpreter[64];
    uint32_t code[16];
};

static void make_tiny(struct tiny *tiny) {
    *tiny = (struct tiny){
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                               EV_CURRENT},
                   .e_type = ET_EXEC,
                   .e_machine = EM_RISCV,
                   .e_version = EV_CURRENT,
                   .e_entry = 0x100000 + offsetof(struct tiny, code),
                   .e_phoff = offsetof(struct tiny, segment),
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 4},
        .segment = {{.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_X,
                     .p_vaddr = 0x100000,
                     .p_filesz = sizeof *tiny,
                     .p_memsz = sizeof *tiny,
                     .p_align = 4096},
                    {.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_W,
                     .p_offset = 0,
                     .p_vaddr = 0x102000,
                     .p_filesz = 100,
                     .p_memsz = 5000,
                     .p_align = 4096},
                    {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W},
                    {.p_type = PT_NULL}},
        .code = {0x05d00893, 0x00000073},
    };
}

static void check_load(const void *bytes, size_t size, int status, const char *message) {
    write_file(in_folder("tiny"), bytes, size, 0755);
    pid_t child = fork();
    if (child == 0) {
        const struct load_options options = {.guests = riscv_guests};
        struct loaded loaded;
        static struct load_error error;
        int got = load_here(in_folder("tiny"), &options, &loaded, &error);
        if (got != status || !strstr(error.text, message) || strchr(error.text, '\n'))
            fprintf(stderr, "status %d for %d, \"%s\" for \"%s\"\n", got, status, error.text,
                    message);
        _exit(got != status || (message[0] && !strstr(error.text, message)));
    }
    int result;
    waitpid(child, &result, 0);
    ck_assert_msg(result == 0, "expected %d \"%s\"", status, message);
}

/* Checks `tiny` after `change`, which is undone. */
#define CHECK(change, status, message)                   \
    do {                                                 \
        make_tiny(&tiny);                                \
        change;                                          \
        check_load(&tiny, sizeof tiny, status, message); \
    } while (0)

START_TEST(broken_files) {
    struct tiny tiny;
    CHECK(, 0, "");
    CHECK(tiny.header.e_type = ET_DYN, 0, "");
    CHECK(tiny.header.e_type = ET_REL, 126, "object file");
    CHECK(tiny.header.e_type = ET_CORE, 126, "core dump");
    CHECK(tiny.header.e_type = 77, 126, "unknown type");
    CHECK(tiny.header.e_machine = EM_AARCH64, 126, "AArch64");
    CHECK(tiny.header.e_machine = EM_X86_64, 126, "x86-64");
    CHECK(tiny.header.e_machine = 54321, 126, "unknown (54321)");
    CHECK(tiny.header.e_ident[EI_CLASS] = ELFCLASS32, 126, "32-bit RISC-V");
    CHECK(tiny.header.e_ident[EI_DATA] = ELFDATA2MSB, 126, "big-endian");
    CHECK(tiny.header.e_ident[EI_VERSION] = 9, 126, "unreadable header");
    CHECK(tiny.header.e_phnum = 0, 126, "no program headers");
    CHECK(tiny.header.e_phnum = 0xffff, 126, "too many program headers");
    CHECK(tiny.header.e_phnum = 100, 126, "truncated");
    CHECK(tiny.header.e_phoff = 1 << 30, 126, "truncated");
    CHECK(tiny.header.e_phoff = UINT64_MAX - 8, 126, "truncated");
    CHECK(tiny.header.e_phentsize = 32, 126, "wrong size");
    /* What concerns sections only is no matter. */
    CHECK(tiny.header.e_shoff = UINT64_MAX - 100; tiny.header.e_shnum = 30, 0, "");
    CHECK(tiny.header.e_shoff = 3; tiny.header.e_shnum = 65000, 0, "");
    CHECK(tiny.header.e_entry = 0xdead, 0, "");

    CHECK(tiny.segment[0].p_filesz = 1 << 20, 126, "truncated");
    CHECK(tiny.segment[0].p_offset = UINT64_MAX - 3, 126, "truncated");
    CHECK(tiny.segment[1].p_memsz = 50, 126, "larger in the file");
    CHECK(tiny.segment[1].p_memsz = UINT64_MAX - 1000, 126, "outside any address space");
    CHECK(tiny.segment[1].p_vaddr = UINT64_MAX - 4096, 126, "outside any address space");
    CHECK(tiny.segment[1].p_vaddr = 0x100010, 126, "overlap");
    CHECK(tiny.segment[1].p_vaddr = 0x1000, 126, "overlap");
    CHECK(tiny.segment[0].p_memsz = 0x3000, 126, "overlap");
    CHECK(tiny.segment[1].p_memsz = UINT64_C(1) << 50, 126, "no room");
    CHECK(tiny.segment[0].p_vaddr = 0, 126, "mmap_min_addr");
    CHECK(tiny.segment[0].p_align = 12345, 0, "");
    CHECK(tiny.segment[0].p_align = UINT64_C(1) << 63, 0, "");
    CHECK(tiny.header.e_type = ET_DYN;
          tiny.segment[0].p_align = UINT64_C(1) << 63, 126, "alignment");
    CHECK(tiny.header.e_type = ET_DYN; tiny.segment[0].p_align = UINT64_C(1) << 46, 0, "");
    CHECK(tiny.segment[0].p_type = tiny.segment[1].p_type = PT_NULL, 126, "no loadable segment");
    CHECK(tiny.segment[0].p_flags = 0, 0, "");
    CHECK(tiny.segment[1].p_offset = 7, 0, "");
    CHECK(tiny.segment[2].p_type = PT_GNU_PROPERTY; tiny.segment[2].p_offset = UINT64_MAX, 0, "");
    for (size_t size = 0; size < sizeof tiny; size += 7) {
        make_tiny(&tiny);
        check_load(&tiny, size, 126, "");
    }
    check_load("", 0, 126, "empty");
    check_load("hello\n", 6, 126, "neither");
}
END_TEST

static void name_interpreter(struct tiny *tiny, const char *name) {
    strcpy(tiny->interpreter, name);
    tiny->segment[3] = (Elf64_Phdr){.p_type = PT_INTERP,
                                    .p_offset = offsetof(struct tiny, interpreter),
                                    .p_filesz = strlen(name) + 1,
                                    .p_memsz = strlen(name) + 1};
}

START_TEST(broken_interpreters) {
    struct tiny tiny;
    CHECK(name_interpreter(&tiny, "/lib/ld-linux-riscv64-lp64d.so.1"), 0, "");
    CHECK(name_interpreter(&tiny, "/no/ld-linux-x.so"), 127, "apt install libc6-riscv64-cross");
    CHECK(name_interpreter(&tiny, "/no/ld-linux-x.so"), 127, "/usr/riscv64-linux-gnu or /;");
    CHECK(name_interpreter(&tiny, "/lib/ld-musl-riscv64.so.1"), 127, "with -L");
    CHECK(name_interpreter(&tiny, "/bin/sh"), 126, "not a riscv64 program");
    CHECK(name_interpreter(&tiny, "/tmp"), 126, "directory");
    CHECK(name_interpreter(&tiny, "/dev/null"), 126, "device");
    CHECK(name_interpreter(&tiny, "/etc/passwd"), 126, "not a riscv64 program");
    CHECK(name_interpreter(&tiny, in_folder("tiny")), 126, "in use");
    CHECK(name_interpreter(&tiny, in_folder("tiny")); tiny.header.e_type = ET_DYN, 0, "");
    CHECK(name_interpreter(&tiny, "/x"); tiny.segment[3].p_filesz = 2, 126, "does not end");
    CHECK(name_interpreter(&tiny, "/x"); tiny.segment[3].p_filesz = 1, 126, "impossible length");
    CHECK(name_interpreter(&tiny, ""); tiny.segment[3].p_filesz = 2, 126, "does not end");
    CHECK(name_interpreter(&tiny, "/x"); tiny.segment[3].p_filesz = 5000, 126, "truncated");
    CHECK(name_interpreter(&tiny, "/x"); tiny.segment[3].p_offset = UINT64_MAX, 126, "truncated");
    CHECK(name_interpreter(&tiny, "/line\nbreak"), 127, "/line?break");
}
END_TEST

START_TEST(unusual_paths) {
    const struct load_options options = {.guests = riscv_guests};
    struct loaded loaded;
    static struct load_error error;
    ck_assert_int_eq(load_here("no-such-program", &options, &loaded, &error), 127);
    ck_assert_ptr_nonnull(strstr(error.text, "PATH is not searched"));
    ck_assert_int_eq(load_here("/no/such", &options, &loaded, &error), 127);
    ck_assert_int_eq(load_here("", &options, &loaded, &error), 127);
    ck_assert_int_eq(load_here("/etc/passwd/x", &options, &loaded, &error), 127);
    ck_assert_int_eq(load_here("/tmp", &options, &loaded, &error), 126);
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    ck_assert_int_eq(load_here(in_folder("fifo"), &options, &loaded, &error), 126);
    ck_assert_ptr_nonnull(strstr(error.text, "FIFO"));
    char *longest = malloc(10000);
    memset(longest, 'x', 9999);
    longest[9999] = 0;
    ck_assert_int_eq(load_here(longest, &options, &loaded, &error), 126);
    free(longest);
    write_text(in_folder("secret"), "x");
    chmod(in_folder("secret"), 0);
    chmod(folder, 0755);
    ck_assert_int_eq(setuid(getuid() ? getuid() : 65534), 0);
    ck_assert_int_eq(load_here(in_folder("secret"), &options, &loaded, &error), 126);
    ck_assert_ptr_nonnull(strstr(error.text, "permission"));
}
END_TEST

/* --- sysroots --- */

static const char *found_in(const char *option) {
    struct load_options options = {.guests = riscv_guests, .sysroot = option};
    struct loaded loaded;
    static struct load_error error;
    vm_init();
    char *argv[] = {"tiny", NULL};
    int status = load_program(&loaded, &error, in_folder("tiny"), argv, environment, &options);
    if (status)
        ck_assert_int_eq(status, LOAD_NOT_FOUND);
    return status ? NULL : program.sysroot;
}

START_TEST(sysroot_order) {
    struct tiny tiny;
    make_tiny(&tiny);
    tiny.header.e_type = ET_DYN;
    name_interpreter(&tiny, "/only-here");
    write_file(in_folder("tiny"), &tiny, sizeof tiny, 0755);
    char root[3][300];
    for (int i = 0; i < 3; i++) {
        snprintf(root[i], sizeof root[i], "%s/root%d", folder, i);
        mkdir(root[i], 0755);
        char path[400];
        snprintf(path, sizeof path, "%.300s/only-here", root[i]);
        write_file(path, &tiny, sizeof tiny, 0755);
    }
    setenv("DENIZEN_LD_PREFIX", root[1], 1);
    setenv("QEMU_LD_PREFIX", root[2], 1);
    ck_assert_str_eq(found_in(root[0]), root[0]);
    ck_assert_str_eq(found_in(NULL), root[1]);
    ck_assert_str_eq(found_in("/nowhere"), root[1]);
    unsetenv("DENIZEN_LD_PREFIX");
    ck_assert_str_eq(found_in(NULL), root[2]);
    unsetenv("QEMU_LD_PREFIX");
    ck_assert_ptr_null(found_in(NULL));
}
END_TEST

/* A script's interpreter that is a program of the host's is looked for in the sysroot. */
START_TEST(script_interpreter_in_sysroot) {
    struct tiny tiny;
    make_tiny(&tiny);
    char path[400];
    snprintf(path, sizeof path, "%s/root", folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/root/bin", folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/root/bin/sh", folder);
    write_file(path, &tiny, sizeof tiny, 0755);
    write_text(in_folder("tiny"), "#!/bin/sh\n");
    struct loaded loaded;
    static struct load_error error;
    struct load_options options = {.guests = riscv_guests};
    ck_assert_int_eq(load_here(in_folder("tiny"), &options, &loaded, &error), 126);
    ck_assert_ptr_nonnull(strstr(error.text, "-L"));
    options.sysroot = in_folder("root");
    ck_assert_int_eq(load_here(in_folder("tiny"), &options, &loaded, &error), 0);
    ck_assert_str_eq(program.path, path);
    write_text(in_folder("tiny"), "#!/bin/nothing\n");
    ck_assert_int_eq(load_here(in_folder("tiny"), &options, &loaded, &error), 127);
    ck_assert_ptr_nonnull(strstr(error.text, "/usr/riscv64-linux-gnu"));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("loader");
    TCase *core = tcase_create("loader");
    tcase_add_unchecked_fixture(core, set_up_folder, remove_folder);
    tcase_set_timeout(core, 300);
    tcase_add_loop_test(core, starts_like_execve, 0, PROGRAMS);
    tcase_add_loop_test(core, starts_under_limits, 0, PROGRAMS);
    tcase_add_test(core, large_arguments);
    tcase_add_loop_test(core, stack_size_and_heap, 0, 5);
    tcase_add_test(core, randomised_or_not);
    tcase_add_loop_test(core, odd_layouts, 0, 4);
    tcase_add_test(core, segments_that_share_a_page);
    tcase_add_test(core, scripts_like_execve);
    tcase_add_test(core, nested_scripts);
#if defined(__x86_64__)
    tcase_add_test(core, vdso_is_accepted);
#endif
    tcase_add_test(core, broken_files);
    tcase_add_test(core, broken_interpreters);
    tcase_add_test(core, unusual_paths);
    tcase_add_test(core, sysroot_order);
    tcase_add_test(core, script_interpreter_in_sysroot);
    suite_add_tcase(suite, core);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
