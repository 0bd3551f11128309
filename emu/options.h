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
    size_t stack_size; /* 0: as the host's limit says */
    bool strace, perfmap, stats, quiet;
    /* Changes to the environment, in order: "NAME=value" sets, "NAME" removes. */
    const char *variables[OPTIONS_MOST_VARIABLES];
    unsigned variable_count;
    const char *program;
    char **arguments; /* the program's argv, NULL-terminated; its first is the program's name */
    /* The options as given, for execve of other guest programs; NULL-terminated. */
    const char *const *given;
};

/* Reads environment and command line; on an error prints one line and exits with 126, and serves
 * -help and -version itself. */
void options_parse(struct options *options, int argc, char **argv);

#endif
