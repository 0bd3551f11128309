/* Feeds broken programs to the emulator (or to tests/torn/load.c): small ELF files cut at every
 * offset, and with every byte and every field of their headers set to values that tend to go wrong.
 * Each must run, or be refused with exit status 126 or 127 and exactly one line that begins with
 * "denizen: ".
 *
 *   torn [-s seed] [-n random-cases] [-f file] command [argument...]
 *
 * The broken file becomes the command's last argument. -f adds a file to the ones built here.
 * Prints the number of cases; on a failure says what was changed, keeps the file, and exits with 1.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SEED_MOST = 1 << 16, PATIENCE_MS = 3000, ARGUMENTS_MOST = 32 };

static struct {
    char *command[ARGUMENTS_MOST + 2];
    char path[300]; /* of the file under test */
    char root[200]; /* a folder that is the sysroot too */
    uint64_t random;
    unsigned every, turn; /* every nth case is tried */
    bool own_status;      /* the program under test may itself exit with 126 or 127 */
    unsigned cases, refused, missing, ran, died, killed;
} torn;

/* --- the files that are broken --- */

struct seed {
    const char *name;
    size_t size;
    uint8_t bytes[SEED_MOST];
};

/* A program that exits with 0: code, data with zeros behind them, the usual small headers. */
struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segment[5];
    char interpreter[16];
    uint32_t code[4];
    uint64_t data[4];
};

enum seed_kind { STATIC, POSITION_INDEPENDENT, INTERPRETED, SEED_KINDS };

static void make_program(struct seed *seed, enum seed_kind kind) {
    static const char *const names[] = {"static", "static-pie", "interpreted"};
    const struct program program = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
                               EV_CURRENT},
                   .e_type = kind == STATIC ? ET_EXEC : ET_DYN,
                   .e_machine = EM_RISCV,
                   .e_version = EV_CURRENT,
                   .e_entry = 0x100000 + offsetof(struct program, code),
                   .e_phoff = offsetof(struct program, segment),
                   .e_flags = EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE,
                   .e_ehsize = sizeof(Elf64_Ehdr),
                   .e_phentsize = sizeof(Elf64_Phdr),
                   .e_phnum = 5,
                   .e_shentsize = sizeof(Elf64_Shdr)},
        .segment = {{.p_type = kind == INTERPRETED ? PT_INTERP : PT_NOTE,
                     .p_flags = PF_R,
                     .p_offset = offsetof(struct program, interpreter),
                     .p_vaddr = 0x100000 + offsetof(struct program, interpreter),
                     .p_filesz = sizeof "/ld.so",
                     .p_memsz = sizeof "/ld.so",
                     .p_align = 1},
                    {.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_X,
                     .p_vaddr = 0x100000,
                     .p_filesz = sizeof program,
                     .p_memsz = sizeof program,
                     .p_align = 4096},
                    {.p_type = PT_LOAD,
                     .p_flags = PF_R | PF_W,
                     .p_offset = offsetof(struct program, data),
                     .p_vaddr = 0x101000 + offsetof(struct program, data),
                     .p_filesz = sizeof program.data,
                     .p_memsz = 9000,
                     .p_align = 4096},
                    {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 16},
                    {.p_type = PT_GNU_PROPERTY, .p_flags = PF_R, .p_align = 8}},
        .interpreter = "/ld.so",
        /* li a0, 0; li a7, 93; ecall; j . */
        .code = {0x00000513, 0x05d00893, 0x00000073, 0x0000006f},
        .data = {1, 2, 3, 4},
    };
    seed->name = names[kind];
    seed->size = sizeof program;
    memcpy(seed->bytes, &program, sizeof program);
}

static void read_seed(struct seed *seed, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    seed->name = path;
    seed->size = fread(seed->bytes, 1, sizeof seed->bytes, file);
    fclose(file);
}

static void write_file(const char *path, const uint8_t *bytes, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0) {
        perror(path);
        exit(2);
    }
}

/* --- one case --- */

struct outcome {
    int status; /* as waitpid gives it */
    bool too_slow;
    size_t length;
    char text[4096]; /* what was written to standard error */
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static pid_t start(int error_end) {
    pid_t child = fork();
    if (child != 0)
        return child;
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(error_end, STDERR_FILENO);
    setpgid(0, 0);
    execv(torn.command[0], torn.command);
    _exit(99);
}

/* Runs the command on the file; what takes too long (broken code may loop) is killed. */
static void run(struct outcome *outcome) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        exit(2);
    pid_t child = start(ends[1]);
    close(ends[1]);
    *outcome = (struct outcome){.length = 0};
    int64_t end = now_ms() + PATIENCE_MS;
    for (;;) {
        struct pollfd wait = {.fd = ends[0], .events = POLLIN};
        int64_t left = end - now_ms();
        if (left <= 0 || poll(&wait, 1, (int)left) == 0) {
            outcome->too_slow = true;
            kill(-child, SIGKILL);
            kill(child, SIGKILL);
            break;
        }
        char *to = outcome->text + outcome->length;
        ssize_t got = read(ends[0], to, sizeof outcome->text - 1 - outcome->length);
        if (got <= 0)
            break;
        outcome->length += (size_t)got;
    }
    close(ends[0]);
    waitpid(child, &outcome->status, 0);
}

static bool one_line(const struct outcome *outcome) {
    const char *end = strchr(outcome->text, '\n');
    return !strncmp(outcome->text, "denizen: ", 9) && end && end[1] == 0 &&
           strlen(outcome->text) == outcome->length;
}

/* Counts the outcome; false if it is not acceptable. */
static bool judge(const struct outcome *outcome) {
    torn.cases++;
    if (outcome->too_slow) {
        torn.killed++;
        return true;
    }
    if (WIFSIGNALED(outcome->status)) {
        /* The broken program's own death is reported in guest terms. */
        torn.died++;
        return strstr(outcome->text, " died of SIG") != NULL;
    }
    int status = WEXITSTATUS(outcome->status);
    if (status != 126 && status != 127) {
        torn.ran++;
        return status != 99 && !strstr(outcome->text, "internal error") &&
               !strstr(outcome->text, "Sanitizer");
    }
    if (torn.own_status && strncmp(outcome->text, "denizen: ", 9) != 0) {
        torn.ran++;
        return true;
    }
    ++*(status == 126 ? &torn.refused : &torn.missing);
    return one_line(outcome);
}

static void check(const char *seed, const char *change) {
    static struct outcome outcome;
    run(&outcome);
    if (judge(&outcome))
        return;
    printf("%s, %s: wait status %#x, standard error:\n%s\nthe file is %s\n", seed, change,
           outcome.status, outcome.text, torn.path);
    exit(1);
}

/* --- breaking files --- */

/* Where a seed's file goes: a broken interpreter stands in the sysroot. */
static void check_bytes(const char *path, const char *seed, const uint8_t *bytes, size_t size,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));
static void check_bytes(const char *path, const char *seed, const uint8_t *bytes, size_t size,
                        const char *format, ...) {
    if (torn.turn++ % torn.every)
        return;
    char change[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(change, sizeof change, format, arguments);
    va_end(arguments);
    write_file(path, bytes, size);
    check(seed, change);
}

static void cut_everywhere(const char *path, const struct seed *seed) {
    size_t step = seed->size > 4096 ? 61 : 1;
    for (size_t size = 0; size < seed->size; size += step)
        check_bytes(path, seed->name, seed->bytes, size, "cut to %zu bytes", size);
}

/* Bytes of the ELF header and the program headers, as far as they are in the file. */
static size_t header_size(const struct seed *seed) {
    Elf64_Ehdr header;
    memcpy(&header, seed->bytes, sizeof header);
    size_t size = header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr);
    return size < seed->size ? size : seed->size;
}

static void change_bytes(const char *path, struct seed *seed) {
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    size_t size = header_size(seed);
    for (size_t i = 0; i < size; i++) {
        uint8_t right = seed->bytes[i];
        for (size_t v = 0; v < sizeof values + 2; v++) {
            uint8_t value = v < sizeof values ? values[v] : (uint8_t)(right ^ (v & 1 ? 1 : 0x20));
            seed->bytes[i] = value;
            if (value != right)
                check_bytes(path, seed->name, seed->bytes, seed->size, "byte %zu is %#x", i, value);
        }
        seed->bytes[i] = right;
    }
}

/* Sets the field of `width` bytes at `at` to every telling value. */
static void change_field(const char *path, struct seed *seed, size_t at, unsigned width) {
    uint64_t right = 0;
    memcpy(&right, seed->bytes + at, width);
    const uint64_t values[] = {
        0,
        1,
        2,
        3,
        7,
        right + 1,
        right - 1,
        right + 4096,
        right - 4096,
        right * 2,
        ~right,
        seed->size,
        seed->size - 1,
        seed->size + 1,
        4095,
        4096,
        4097,
        0x7fff,
        0xffff,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        UINT64_C(0x100000000),
        UINT64_C(0x7ffffffff000),
        UINT64_C(0x7fffffffffff),
        UINT64_C(0x800000000000),
        UINT64_C(1) << 55,
        UINT64_C(1) << 56,
        INT64_MAX,
        UINT64_C(1) << 63,
        UINT64_MAX - 4095,
        UINT64_MAX - 8,
        UINT64_MAX,
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        memcpy(seed->bytes + at, &values[i], width);
        check_bytes(path, seed->name, seed->bytes, seed->size, "field at %zu (%u bytes) is %#llx",
                    at, width, (unsigned long long)values[i]);
    }
    memcpy(seed->bytes + at, &right, width);
}

static void change_fields(const char *path, struct seed *seed) {
    static const struct {
        uint8_t at, width;
    } header[] = {{16, 2}, {18, 2}, {20, 4}, {24, 8}, {32, 8}, {40, 8}, {48, 4},
                  {52, 2}, {54, 2}, {56, 2}, {58, 2}, {60, 2}, {62, 2}},
      segment[] = {{0, 4}, {4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 8}, {48, 8}};
    for (size_t i = 0; i < sizeof header / sizeof header[0]; i++)
        change_field(path, seed, header[i].at, header[i].width);
    size_t size = header_size(seed);
    for (size_t at = sizeof(Elf64_Ehdr); at + sizeof(Elf64_Phdr) <= size; at += sizeof(Elf64_Phdr))
        for (size_t i = 0; i < sizeof segment / sizeof segment[0]; i++)
            change_field(path, seed, at + segment[i].at, segment[i].width);
}

static uint64_t next_random(void) {
    torn.random = torn.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return torn.random >> 20;
}

/* Several bytes of the headers at once. */
static void change_at_random(const char *path, const struct seed *seed, unsigned count) {
    static uint8_t bytes[SEED_MOST];
    size_t size = header_size(seed);
    for (unsigned i = 0; i < count; i++) {
        uint64_t state = torn.random;
        memcpy(bytes, seed->bytes, seed->size);
        for (uint64_t changes = 1 + next_random() % 6; changes > 0; changes--) {
            /* The identification is left alone: a change there stops everything else. */
            size_t at = EI_NIDENT + next_random() % (size - EI_NIDENT);
            bytes[at] = next_random() % 3 ? (uint8_t)next_random() : (uint8_t)(bytes[at] + 1);
        }
        check_bytes(path, seed->name, bytes, seed->size, "random change, -s %llu -n 1",
                    (unsigned long long)state);
    }
}

static void break_seed(const char *path, struct seed *seed, unsigned random_count) {
    write_file(path, seed->bytes, seed->size);
    check(seed->name, "nothing changed");
    cut_everywhere(path, seed);
    change_bytes(path, seed);
    change_fields(path, seed);
    change_at_random(path, seed, random_count);
    write_file(path, seed->bytes, seed->size);
}

int main(int argc, char **argv) {
    static struct seed seeds[SEED_KINDS + 1], interpreter;
    unsigned random_count = 500;
    int option;
    bool extra = false;
    torn.random = torn.every = 1;
    while ((option = getopt(argc, argv, "+e:s:n:f:")) != -1) {
        if (option == 'e' && atoi(optarg) > 0)
            torn.every = (unsigned)atoi(optarg);
        else if (option == 's')
            torn.random = strtoull(optarg, NULL, 0);
        else if (option == 'n')
            random_count = (unsigned)strtoul(optarg, NULL, 0);
        else if (option == 'f')
            read_seed(&seeds[SEED_KINDS], optarg), extra = true;
        else
            return 2;
    }
    int count = argc - optind;
    if (count < 1 || count > ARGUMENTS_MOST) {
        fprintf(stderr, "usage: torn [-e nth] [-s seed] [-n random-cases] [-f file] command...\n");
        return 2;
    }
    strcpy(torn.root, "/tmp/torn.XXXXXX");
    if (!mkdtemp(torn.root))
        return 2;
    snprintf(torn.path, sizeof torn.path, "%s/file", torn.root);
    memcpy(torn.command, argv + optind, (size_t)count * sizeof *argv);
    torn.command[count] = torn.path;
    setenv("DENIZEN_LD_PREFIX", torn.root, 1);

    char interpreter_path[300];
    snprintf(interpreter_path, sizeof interpreter_path, "%s/ld.so", torn.root);
    make_program(&interpreter, POSITION_INDEPENDENT);
    interpreter.name = "interpreter";
    write_file(interpreter_path, interpreter.bytes, interpreter.size);
    for (int kind = 0; kind < SEED_KINDS; kind++) {
        make_program(&seeds[kind], kind);
        break_seed(torn.path, &seeds[kind], random_count);
    }
    break_seed(interpreter_path, &interpreter, random_count);
    if (extra) {
        torn.own_status = true;
        break_seed(torn.path, &seeds[SEED_KINDS], random_count);
    }

    printf("%u broken files: %u refused (126), %u with something missing (127), %u ran to an end, "
           "%u died of a guest signal, %u were stopped\n",
           torn.cases, torn.refused, torn.missing, torn.ran, torn.died, torn.killed);
    unlink(torn.path);
    unlink(interpreter_path);
    rmdir(torn.root);
    return 0;
}
