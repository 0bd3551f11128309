/* The command line. */
#ifndef EMU_OPTIONS_H
#define EMU_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "translator/engine.h"

enum { OPTIONS_MOST_VARIABLES = 256 };

struct options {
    struct engine_options engine;
    const char *sysroot, *argv0, *cpu_model;
    const char *log_items, *log_file, *log_filter;
    bool log_append;   /* to log_file, which a program before this one has begun */
    size_t stack_size; /* 0: as the host's limit says */
    bool strace, perfmap, stats, stats_json, quiet;
    /* Changes to the environment, in order: "NAME=value" sets, "NAME" removes. */
    const char *variables[OPTIONS_MOST_VARIABLES];
    unsigned variable_count;
    const char *cache_command; /* NULL: run a program */
    bool warm;                 /* translate the files in `arguments` instead */
    unsigned jobs;             /* 0: one for each processor */
    const char *program;
    int program_fd;   /* the program's file, if it came open already; else -1 */
    char **arguments; /* the program's argv, NULL-terminated; its first is the program's name */
    /* The options that hold for programs started by execve too; NULL-terminated. */
    const char *const *inherited;
};

/* Reads environment and command line; on an error prints one line and exits with 126, and serves
 * --help, --version, -cpu help and -d help itself. Once. */
void options_parse(struct options *options, int argc, char **argv);

#endif
