#include "emu/options.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "runtime/log.h"

#ifndef DENIZEN_VERSION
#define DENIZEN_VERSION "0.1"
#endif

enum { EXIT_CANNOT_RUN = 126 };

enum option_field {
    sysroot, set_variable, unset_variable, argv0, stack_size, cpu_model, guest_base, strace, log_items_, log_file,
    log_filter, interpret, one_insn, verify, host_features, no_patterns, code_cache_size, perfmap, stats, quiet,
    version, help
};

struct option_row {
    const char *name, *argument, *environment;
    enum option_field field;
    const char *help;
};

static const struct option_row rows[] = {
#define log_items log_items_ /* the table's word, not runtime/log.h's variable */
#define OPTION(name, argument, environment, field, help) {name, argument, environment, field, help},
#include "emu/options.def"
#undef OPTION
#undef log_items
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void print_help(void)
{
    printf("Usage: denizen [options] program [arguments...]\n\n"
           "Runs a Linux program built for riscv64 on this machine.\n\nOptions (or environment variables):\n");
    for (unsigned i = 0; i < ROWS; i++) {
        const struct option_row *row = &rows[i];
        const int width = printf("  %s%s%s%s", strlen(row->name) > 1 && strcmp(row->name, "cpu") ? "--" : "-", row->name,
                                 row->argument ? " " : "", row->argument ? row->argument : "");
        printf("%*s%s\n", width < 32 ? 32 - width : 1, "", row->help);
        if (row->environment)
            printf("%*s(%s)\n", 32, "", row->environment);
    }
    exit(0);
}

static size_t parse_size(const char *option, const char *text)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    static const char units[] = "KMG";
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    if (unit) {
        value <<= 10 * (unit - units + 1);
        end++;
    }
    if (errno || end == text || *end)
        die(EXIT_CANNOT_RUN, "%s: not a size: '%s'", option, text);
    return value;
}

static void add_variable(struct options *o, const char *text)
{
    if (o->variable_count == OPTIONS_MOST_VARIABLES)
        die(EXIT_CANNOT_RUN, "more than %d changes to the environment", OPTIONS_MOST_VARIABLES);
    o->variables[o->variable_count++] = text;
}

/* qemu takes lists of assignments in one -E. */
static void add_variables(struct options *o, const char *text, bool set)
{
    char *copy = strdup(text), *rest = NULL;
    for (char *item = strtok_r(copy, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
        if (set && !strchr(item, '='))
            die(EXIT_CANNOT_RUN, "-E %s: needs the form NAME=value", item);
        add_variable(o, item);
    }
}

static void take(struct options *o, const struct option_row *row, const char *value)
{
    switch (row->field) {
    case sysroot: o->sysroot = value; break;
    case set_variable: add_variables(o, value, true); break;
    case unset_variable: add_variables(o, value, false); break;
    case argv0: o->argv0 = value; break;
    case stack_size: o->stack_size = parse_size(row->name, value); break;
    case cpu_model: o->cpu_model = value; break;
    case guest_base:
        if (strtoull(value, NULL, 0) != 0)
            die(EXIT_CANNOT_RUN, "-B %s: guest addresses are host addresses here; leave the option out", value);
        break;
    case strace: o->strace = true; break;
    case log_items_: o->log_items = value; break;
    case log_file: o->log_file = value; break;
    case log_filter: o->log_filter = value; break;
    case interpret: o->engine.interpret = true; break;
    case one_insn: o->engine.one_insn = true; break;
    case verify: o->engine.verify = true; break;
    case host_features: o->engine.host_features = value; break;
    case no_patterns: o->engine.no_patterns = true; break;
    case code_cache_size: o->engine.code_cache_size = parse_size(row->name, value); break;
    case perfmap: o->perfmap = true; break;
    case stats: o->stats = o->engine.stats = true; break;
    case quiet: o->quiet = true; break;
    case version:
        printf("denizen " DENIZEN_VERSION "\n");
        exit(0);
    case help: print_help();
    }
}

static const struct option_row *find(const char *name, size_t length)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

static void take_environment(struct options *o)
{
    for (unsigned i = 0; i < ROWS; i++) {
        const char *value = rows[i].environment ? getenv(rows[i].environment) : NULL;
        if (value && (rows[i].argument || *value))
            take(o, &rows[i], value);
    }
}

/* One option at argv[at]; returns how many words it took. */
static int take_argument(struct options *o, char **argv, int at)
{
    const char *name = argv[at] + 1 + (argv[at][1] == '-');
    const char *equals = strchr(name, '=');
    const struct option_row *row = find(name, equals ? (size_t)(equals - name) : strlen(name));
    if (!row)
        die(EXIT_CANNOT_RUN, "unknown option '%s'; denizen --help lists them", argv[at]);
    if (!row->argument) {
        if (equals)
            die(EXIT_CANNOT_RUN, "option '%s' takes no value", argv[at]);
        take(o, row, NULL);
        return 1;
    }
    if (equals) {
        take(o, row, equals + 1);
        return 1;
    }
    if (!argv[at + 1])
        die(EXIT_CANNOT_RUN, "option '%s' needs a value: %s", argv[at], row->argument);
    take(o, row, argv[at + 1]);
    return 2;
}

void options_parse(struct options *o, int argc, char **argv)
{
    enum { AT_FLAGS_PRESERVE_ARGV0 = 1 }; /* binfmt_misc's P flag: linux/binfmts.h */
    *o = (struct options){0};
    take_environment(o);
    int at = 1;
    while (at < argc && argv[at][0] == '-' && argv[at][1]) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        at += take_argument(o, argv, at);
    }
    if (at >= argc)
        die(EXIT_CANNOT_RUN, "no program given; usage: denizen [options] program [arguments...]");
    const char **given = calloc((size_t)at, sizeof *given);
    if (!given)
        die(EXIT_CANNOT_RUN, "out of memory");
    memcpy(given, argv + 1, (size_t)(at - 1) * sizeof *given);
    o->given = given;
    o->program = argv[at];
    o->arguments = argv + at;
    if (getauxval(AT_FLAGS) & AT_FLAGS_PRESERVE_ARGV0 && argc > at + 1)
        o->arguments = argv + at + 1;
    if (o->argv0)
        o->arguments[0] = (char *)o->argv0;
}
