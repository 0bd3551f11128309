/* The benchmark harness: runs the same programs natively and under emulators in turn, and reports
 * the ratios. measure.c runs and times, report.c writes; main.c reads options and decides. */
#ifndef TESTS_BENCH_HARNESS_HARNESS_H
#define TESTS_BENCH_HARNESS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { MAX_RUNNERS = 6, MAX_WORDS = 32 };

/* A way to run programs. The first runner is always the host itself. */
struct runner {
    const char *name;
    const char *folder;             /* where its build of the programs is */
    const char *command[MAX_WORDS]; /* put before the program; empty for the host */
};

/* What one run cost. */
struct cost {
    double cpu;  /* seconds, user and system */
    double wall; /* seconds */
    long memory; /* peak resident kilobytes */
};

/* A program and, once measured, the least cost of its runs under each runner. */
struct program {
    const char *group, *name;
    const char *words[MAX_WORDS]; /* path inside a runner's folder, then arguments */
    struct cost best[MAX_RUNNERS];
    const char *wrong[MAX_RUNNERS]; /* why a runner's result is void, or NULL */
};

/* One line of the table of single operations: nanoseconds under each runner. */
struct operation {
    char name[64];
    double best[MAX_RUNNERS];
};

/* Splits text at spaces, in place, into words ended by NULL. Exits if there are too many. */
void split_words(char *text, const char **words);

/* Runs words under the runner, with standard output to a memory file. Returns the output (to be
 * freed), its cost in *cost, and in *status what wait4 said. Exits if no process can be had. */
char *run_once(const struct runner *runner, const char *const *words, struct cost *cost,
               int *status);

/* Runs the program `runs` times under each runner in turn and fills in best and wrong. */
void measure(struct program *program, const struct runner *runners, size_t count, int runs);

/* Runs a program that prints lines "nanoseconds name", as measure does; returns how many lines. */
size_t measure_operations(struct operation *operations, size_t room, const char *const *words,
                          const struct runner *runners, size_t count, int runs);

/* The number of guest instructions that the runner, a qemu, translates to run the words. */
long count_translated(const struct runner *runner, const char *const *words);

/* The geometric mean of the runner's CPU time relative to the host's over a group's valid programs;
 * 0 when there is none. */
double geometric_mean(const struct program *programs, size_t count, const char *group,
                      size_t runner);

/* Report parts, in Markdown. */
void report_heading(FILE *out, const struct runner *runners, size_t count);
void report_programs(FILE *out, const struct program *programs, size_t n,
                     const struct runner *runners, size_t count);
void report_operations(FILE *out, const struct operation *operations, size_t n,
                       const struct runner *runners, size_t count);
/* The bar chart of all valid programs, as SVG. */
void report_chart(FILE *out, const struct program *programs, size_t n, const struct runner *runners,
                  size_t count);

/* A group's name in words. */
const char *group_title(const char *group);

#endif
