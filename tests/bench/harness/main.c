/* usage: bench [options] PROGRAM...
 *
 *   --native DIR          the programs built for this machine
 *   --guest DIR           the programs built for the emulated machine
 *   --with NAME=COMMAND   an emulator; may be given several times
 *   --runs N              runs of each program under each runner (default 3)
 *   --out DIR             where bench.md and bench.svg go
 *   --only WORDS          only programs, groups or parts (operations, start) named in WORDS
 *
 * PROGRAM is GROUP/NAME, a path below DIR, or GROUP/NAME=PATH ARGUMENTS. Programs of one group
 * stand together. Exits 1 if any program failed or its output differed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

enum { MAX_PROGRAMS = 100, MAX_OPERATIONS = 40, START_RUNS = 40, COLD_RUNS = 20 };

struct bench {
    struct runner runners[MAX_RUNNERS];
    size_t runner_count;
    struct program programs[MAX_PROGRAMS];
    size_t program_count;
    int runs;
    const char *guest_folder, *out_folder, *only;
    bool failed;
};

static void die(const char *message, const char *about) {
    fprintf(stderr, "bench: %s%s\n", message, about);
    exit(2);
}

static bool is_listed(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
            return true;
    return false;
}

static bool is_wanted(const struct bench *bench, const char *group, const char *name) {
    return !*bench->only || is_listed(bench->only, group) || is_listed(bench->only, name);
}

static void add_runner(struct bench *bench, const char *text) {
    char *name = strdup(text), *command = strchr(name, '=');
    if (!command || bench->runner_count == MAX_RUNNERS)
        die("bad or too many emulators: ", text);
    *command++ = '\0';
    struct runner *runner = &bench->runners[bench->runner_count++];
    runner->name = name;
    split_words(command, runner->command);
    if (!runner->command[0])
        die("no command for ", name);
}

static void add_program(struct bench *bench, const char *text) {
    char *group = strdup(text), *name = strchr(group, '/');
    if (!name || bench->program_count == MAX_PROGRAMS)
        die("bad or too many programs: ", text);
    *name++ = '\0';
    char *words = strchr(name, '=');
    if (words)
        *words++ = '\0';
    struct program program = {.group = group, .name = name};
    split_words(words ? words : strdup(text), program.words);
    if (is_wanted(bench, group, name))
        bench->programs[bench->program_count++] = program;
}

static void read_options(struct bench *bench, int argc, char **argv) {
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        const char *option = argv[i], *value = argv[i + 1];
        if (!value)
            die("no value for ", option);
        if (strcmp(option, "--native") == 0)
            bench->runners[0].folder = value;
        else if (strcmp(option, "--guest") == 0)
            bench->guest_folder = value;
        else if (strcmp(option, "--with") == 0)
            add_runner(bench, value);
        else if (strcmp(option, "--runs") == 0)
            bench->runs = atoi(value) > 0 ? atoi(value) : 1;
        else if (strcmp(option, "--out") == 0)
            bench->out_folder = value;
        else if (strcmp(option, "--only") == 0)
            bench->only = value;
        else
            die("unknown option ", option);
    }
    for (size_t r = 1; r < bench->runner_count; r++)
        bench->runners[r].folder = bench->guest_folder;
    for (; i < argc; i++)
        add_program(bench, argv[i]);
}

static FILE *open_report(const struct bench *bench, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", bench->out_folder, name);
    FILE *file = fopen(path, "w");
    if (!file)
        die("cannot write ", path);
    return file;
}

static void measure_programs(struct bench *bench) {
    for (size_t i = 0; i < bench->program_count; i++) {
        struct program *program = &bench->programs[i];
        measure(program, bench->runners, bench->runner_count, bench->runs);
        fprintf(stderr, "%-18s %.3f s", program->name, program->best[0].cpu);
        for (size_t r = 0; r < bench->runner_count; r++) {
            if (program->wrong[r]) {
                fprintf(stderr, "  %s: %s", bench->runners[r].name, program->wrong[r]);
                bench->failed = true;
            } else if (r > 0) {
                fprintf(stderr, "  %s %.2f", bench->runners[r].name,
                        program->best[r].cpu / program->best[0].cpu);
            }
        }
        fputs("\n", stderr);
    }
}

static void report_single_operations(struct bench *bench, FILE *out) {
    static const char *const words[] = {"micro/micro", NULL};
    struct operation operations[MAX_OPERATIONS];
    size_t n = measure_operations(operations, MAX_OPERATIONS, words, bench->runners,
                                  bench->runner_count, bench->runs);
    report_operations(out, operations, n, bench->runners, bench->runner_count);
}

/* Start-up: a program that says hello, and code of which every instruction runs once. */
static void report_start(struct bench *bench, FILE *out) {
    struct program hello = {.group = "start", .name = "hello", .words = {"micro/hello"}};
    struct program cold = {.group = "start", .name = "cold", .words = {"micro/cold"}};
    struct program none = {.group = "start", .name = "cold none", .words = {"micro/cold", "none"}};
    struct program *all[] = {&hello, &cold, &none};
    for (size_t i = 0; i < 3; i++) {
        measure(all[i], bench->runners, bench->runner_count, i == 0 ? START_RUNS : COLD_RUNS);
        for (size_t r = 0; r < bench->runner_count; r++)
            if (all[i]->wrong[r]) {
                fprintf(stderr, "%s: %s: %s\n", all[i]->name, bench->runners[r].name,
                        all[i]->wrong[r]);
                bench->failed = true;
            }
    }
    long instructions = 0;
    for (size_t r = 1; r < bench->runner_count && instructions == 0; r++)
        if (strstr(bench->runners[r].command[0], "qemu"))
            instructions = count_translated(&bench->runners[r], cold.words) -
                           count_translated(&bench->runners[r], none.words);
    fprintf(out,
            "| start | static hello, wall | static hello, memory | cold code, %ld instructions |\n",
            instructions);
    fputs("|---|---:|---:|---:|\n", out);
    for (size_t r = 0; r < bench->runner_count; r++) {
        double cost = cold.best[r].cpu - none.best[r].cpu;
        fprintf(out, "| %s | %.2f ms | %.1f MB | ", bench->runners[r].name,
                hello.best[r].wall * 1e3, (double)hello.best[r].memory / 1024);
        if (r == 0 || instructions == 0)
            fprintf(out, "%.2f ms |\n", cost * 1e3);
        else
            fprintf(out, "%.3f µs each |\n", cost * 1e6 / (double)instructions);
    }
    fputs("\n", out);
}

static void copy_to_stdout(const struct bench *bench, const char *name) {
    char path[4096], line[1024];
    snprintf(path, sizeof path, "%s/%s", bench->out_folder, name);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        fputs(line, stdout);
    if (file)
        fclose(file);
}

int main(int argc, char **argv) {
    static struct bench bench = {.runners[0] = {.name = "native", .folder = "."},
                                 .runner_count = 1,
                                 .runs = 3,
                                 .guest_folder = ".",
                                 .out_folder = ".",
                                 .only = ""};
    read_options(&bench, argc, argv);
    /* First: a child's peak memory counts from this process's, which the programs' output raises.
     */
    char *start = NULL;
    size_t start_size;
    if (is_wanted(&bench, "start", "start")) {
        FILE *text = open_memstream(&start, &start_size);
        if (!text)
            die("out of memory", "");
        report_start(&bench, text);
        fclose(text);
    }
    measure_programs(&bench);

    FILE *out = open_report(&bench, "bench.md");
    report_heading(out, bench.runners, bench.runner_count);
    report_programs(out, bench.programs, bench.program_count, bench.runners, bench.runner_count);
    if (is_wanted(&bench, "operations", "operations"))
        report_single_operations(&bench, out);
    if (start)
        fputs(start, out);
    fclose(out);
    if (bench.program_count > 0) {
        FILE *chart = open_report(&bench, "bench.svg");
        report_chart(chart, bench.programs, bench.program_count, bench.runners, bench.runner_count);
        fclose(chart);
    }
    copy_to_stdout(&bench, "bench.md");
    printf("Written to %s/bench.md and bench.svg.\n", bench.out_folder);
    return bench.failed;
}
