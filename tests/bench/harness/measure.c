/* Runs programs and takes their cost. Time is CPU time of the whole process as wait4 reports it, so
 * the emulator's start, translation and threads count; the least of interleaved runs is kept, since
 * whatever else the machine does can only add. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

static void fail(const char *what) {
    perror(what);
    exit(1);
}

void split_words(char *text, const char **words) {
    size_t n = 0;
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        if (n == MAX_WORDS - 1) {
            fprintf(stderr, "bench: more than %d words in a command\n", MAX_WORDS - 1);
            exit(2);
        }
        words[n++] = word;
    }
    words[n] = NULL;
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static char *read_all(int file) {
    off_t size = lseek(file, 0, SEEK_END);
    char *text = malloc((size_t)size + 1);
    if (!text || pread(file, text, (size_t)size, 0) != size)
        fail("bench: output");
    text[size] = '\0';
    return text;
}

char *run_once(const struct runner *runner, const char *const *words, struct cost *cost,
               int *status) {
    const char *arguments[2 * MAX_WORDS];
    char path[4096];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", runner->folder, words[0]);
    for (const char *const *word = runner->command; *word; word++)
        arguments[n++] = *word;
    arguments[n++] = path;
    for (size_t i = 1; words[i]; i++)
        arguments[n++] = words[i];
    arguments[n] = NULL;

    int output = memfd_create("output", MFD_CLOEXEC);
    if (output < 0)
        fail("bench: memfd_create");
    double start = now();
    pid_t child = vfork();
    if (child < 0)
        fail("bench: vfork");
    if (child == 0) {
        dup2(output, STDOUT_FILENO);
        execvp(arguments[0], (char *const *)arguments);
        _exit(127);
    }
    struct rusage usage;
    if (wait4(child, status, 0, &usage) != child)
        fail("bench: wait4");
    *cost = (struct cost){.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime),
                          .wall = now() - start,
                          .memory = usage.ru_maxrss};
    char *text = read_all(output);
    close(output);
    return text;
}

static void keep_least(struct cost *best, const struct cost *cost, bool first) {
    if (first || cost->cpu < best->cpu)
        best->cpu = cost->cpu;
    if (first || cost->wall < best->wall)
        best->wall = cost->wall;
    if (first || cost->memory < best->memory)
        best->memory = cost->memory;
}

/* Whether two outputs agree; lines that begin with "exact" count only if `exactly`. */
static bool same_output(const char *a, const char *b, bool exactly) {
    if (exactly)
        return strcmp(a, b) == 0;
    while (*a && *b) {
        size_t a_length = strcspn(a, "\n"), b_length = strcspn(b, "\n");
        bool exempt = strncmp(a, "exact", 5) == 0 && strncmp(b, "exact", 5) == 0;
        if (!exempt && (a_length != b_length || memcmp(a, b, a_length) != 0))
            return false;
        a += a_length + (a[a_length] == '\n');
        b += b_length + (b[b_length] == '\n');
    }
    return *a == *b;
}

void measure(struct program *program, const struct runner *runners, size_t count, int runs) {
    char *native = NULL, *emulated = NULL;
    for (int run = 0; run < runs; run++) {
        for (size_t r = 0; r < count; r++) {
            struct cost cost;
            int status;
            if (program->wrong[r])
                continue;
            char *output = run_once(&runners[r], program->words, &cost, &status);
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                program->wrong[r] = "failed";
            else if (native && !same_output(output, native, r == 0))
                program->wrong[r] = "wrong output";
            else if (r > 0 && emulated && !same_output(output, emulated, true))
                program->wrong[r] = "wrong output";
            else
                keep_least(&program->best[r], &cost, run == 0);
            char **expected = r == 0 ? &native : &emulated;
            if (*expected || program->wrong[r])
                free(output);
            else
                *expected = output;
        }
    }
    free(native);
    free(emulated);
}

size_t measure_operations(struct operation *operations, size_t room, const char *const *words,
                          const struct runner *runners, size_t count, int runs) {
    size_t n = 0;
    for (int run = 0; run < runs; run++) {
        for (size_t r = 0; r < count; r++) {
            struct cost cost;
            int status;
            char *output = run_once(&runners[r], words, &cost, &status), *at = output, *line;
            for (size_t i = 0; i < room && (line = strsep(&at, "\n")) && *line; i++) {
                double time = strtod(line, &line);
                if (i >= n) {
                    operations[n] = (struct operation){0};
                    snprintf(operations[n++].name, sizeof operations->name, "%s", line + 1);
                }
                if (operations[i].best[r] == 0 || time < operations[i].best[r])
                    operations[i].best[r] = time;
            }
            free(output);
        }
    }
    return n;
}

long count_translated(const struct runner *runner, const char *const *words) {
    char log[] = "/tmp/bench-XXXXXX";
    int file = mkstemp(log);
    if (file < 0)
        fail("bench: mkstemp");
    struct runner logging = *runner;
    size_t n = 0;
    while (logging.command[n])
        n++;
    if (n + 5 > MAX_WORDS)
        fail("bench: command too long");
    logging.command[n++] = "-d";
    logging.command[n++] = "in_asm";
    logging.command[n++] = "-D";
    logging.command[n++] = log;
    logging.command[n] = NULL;
    struct cost cost;
    int status;
    free(run_once(&logging, words, &cost, &status));
    char *text = read_all(file);
    long count = 0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        count += strncmp(line, "0x", 2) == 0;
    }
    free(text);
    close(file);
    unlink(log);
    return count;
}

double geometric_mean(const struct program *programs, size_t count, const char *group,
                      size_t runner) {
    double sum = 0;
    int n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct program *program = &programs[i];
        if (strcmp(program->group, group) != 0 || program->wrong[0] || program->wrong[runner])
            continue;
        sum += log(program->best[runner].cpu / program->best[0].cpu);
        n++;
    }
    return n ? exp(sum / n) : 0;
}
