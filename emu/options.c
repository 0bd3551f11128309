#include "emu/options.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "emu/machine.h"
#include "runtime/log.h"

#ifndef DENIZEN_VERSION
#define DENIZEN_VERSION "0.1"
#endif

enum { EXIT_CANNOT_RUN = 126 };

/* clang-format off */
enum option_field {
    sysroot, set_variable, unset_variable, argv0, stack_size, cpu_model, guest_base, strace,
    log_items_, log_file, log_append, log_filter, interpret, tier, one_insn, verify, host_features,
    cache_directory, cache_command, cache_limit, warm, jobs, no_cache, check_cache, no_patterns, block_limit, code_cache_size, perfmap, stats, count_insns, quiet, version, help, exec_fd
};
/* clang-format on */

struct option_row {
    const char *name, *argument, *environment;
    enum option_field field;
    const char *help;
};

static const struct option_row rows[] = {
#define log_items                                        log_items_ /* the table's word, not runtime/log.h's variable */
#define OPTION(name, argument, environment, field, help) {name, argument, environment, field, help},
#include "emu/options.def"
#undef OPTION
#undef log_items
};
enum { ROWS = sizeof rows / sizeof rows[0] };

/* What each row was given last; "" for options without an argument, NULL when not given. */
static const char *given[ROWS];

static bool may_lack_argument(const struct option_row *row) {
    return row->argument && row->argument[0] == '[';
}

static void print_help(void) {
    printf("Usage: denizen [options] program [arguments...]\n\n"
           "Runs a Linux program built for another processor (");
    machine_list_guests(stdout);
    printf(") on this machine.\n\nOptions (or environment variables):\n");
    for (unsigned i = 0; i < ROWS; i++) {
        const struct option_row *row = &rows[i];
        if (!row->help)
            continue;
        const bool short_form = !row->name[1] || strcmp(row->name, "cpu") == 0;
        const int width = printf("  %s%s%s%s", short_form ? "-" : "--", row->name,
                                 row->argument && !may_lack_argument(row) ? " " : "",
                                 row->argument ? row->argument : "");
        printf("%*s%s\n", width < 32 ? 32 - width : 1, "", row->help);
        if (row->environment)
            printf("%*s(%s)\n", 32, "", row->environment);
    }
}

static uint64_t parse_number(const char *option, const char *text, uint64_t most) {
    char *end;
    errno = 0;
    const uint64_t value = strtoull(text, &end, 0);
    if (errno || end == text || *end || value > most)
        die(EXIT_CANNOT_RUN, "%s: not a number that it can take: '%s'", option, text);
    return value;
}

static size_t parse_size(const char *option, const char *text) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    static const char units[] = "KMG";
    const char *unit = *end ? strchr(units, *end & ~0x20) : NULL;
    const unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    end += unit != NULL;
    if (errno || end == text || *end || value > SIZE_MAX >> shift)
        die(EXIT_CANNOT_RUN, "%s: not a size: '%s'", option, text);
    return value << shift;
}

/* The same file's name wherever a program that is started later runs. */
static const char *absolute(const char *path) {
    char here[PATH_MAX], *whole;
    if (*path == '/' || !getcwd(here, sizeof here))
        return path;
    if (asprintf(&whole, "%s/%s", here, path) < 0)
        die(EXIT_CANNOT_RUN, "out of memory");
    return whole;
}

static void add_variable(struct options *o, const char *text) {
    if (o->variable_count == OPTIONS_MOST_VARIABLES)
        die(EXIT_CANNOT_RUN, "more than %d changes to the environment", OPTIONS_MOST_VARIABLES);
    o->variables[o->variable_count++] = text;
}

/* qemu takes lists of assignments in one -E. */
static void add_variables(struct options *o, const char *text, bool set) {
    while (*(text += strspn(text, ","))) {
        const size_t length = strcspn(text, ",");
        const char *item = strndup(text, length);
        if (!item)
            die(EXIT_CANNOT_RUN, "out of memory");
        if (set && !strchr(item, '='))
            die(EXIT_CANNOT_RUN, "-E %s: needs the form NAME=value", item);
        if (!set && strchr(item, '='))
            die(EXIT_CANNOT_RUN, "-U %s: needs a name alone", item);
        add_variable(o, item);
        text += length;
    }
}

static void choose_tier(struct engine_options *engine, const char *name) {
    engine->only_drafts = strcmp(name, "draft") == 0;
    engine->no_drafts = strcmp(name, "block") == 0;
    if (!engine->only_drafts && !engine->no_drafts)
        die(EXIT_CANNOT_RUN, "--tier %s: must be draft or block", name);
}

/* --- what each row does --- */

static void take(struct options *o, const struct option_row *row, const char *value) {
    given[row - rows] = value ? value : "";
    switch (row->field) {
    case sysroot: o->sysroot = value; break;
    case set_variable: add_variables(o, value, true); break;
    case unset_variable: add_variables(o, value, false); break;
    case argv0: o->argv0 = value; break;
    case stack_size: o->stack_size = parse_size(row->name, value); break;
    case cpu_model:
        o->cpu_model = value;
        if (strcmp(value, "help") == 0 || strcmp(value, "?") == 0) {
            machine_list_cpu_models(stdout);
            exit(0);
        }
        break;
    case guest_base:
        if (strtoull(value, NULL, 0) != 0)
            die(EXIT_CANNOT_RUN,
                "-B %s: guest addresses are host addresses here; leave the option out", value);
        break;
    case strace: o->strace = true; break;
    case log_items_:
        o->log_items = value;
        if (strcmp(value, "help") == 0) {
            printf("Items of -d, comma-separated:\n");
            log_list_items(stdout);
            exit(0);
        }
        break;
    case log_file:
    case log_append:
        o->log_file = value;
        o->log_append = row->field == log_append;
        break;
    case log_filter: o->log_filter = value; break;
    case interpret: o->engine.interpret = true; break;
    case tier: choose_tier(&o->engine, value); break;
    case one_insn: o->engine.one_insn = true; break;
    case verify: o->engine.verify = true; break;
    case host_features: o->engine.host_features = value; break;
    case cache_directory: o->engine.cache_directory = given[row - rows] = absolute(value); break;
    case cache_command: o->cache_command = value; break;
    case warm: o->warm = true; break;
    case jobs: o->jobs = (unsigned)parse_number(row->name, value, 256); break;
    case cache_limit: o->engine.cache_limit = parse_size(row->name, value); break;
    case no_cache: o->engine.no_cache = true; break;
    case check_cache: o->engine.check_cache = true; break;
    case no_patterns: o->engine.no_patterns = true; break;
    case block_limit: o->engine.block_limit = parse_number(row->name, value, UINT64_MAX); break;
    case code_cache_size: o->engine.code_cache_size = parse_size(row->name, value); break;
    case perfmap: o->perfmap = true; break;
    case count_insns:
        o->engine.count_insns = true;
        o->stats = o->engine.stats = true;
        break;
    case stats:
        o->stats = o->engine.stats = true;
        o->stats_json = value && strcmp(value, "json") == 0;
        if (value && !o->stats_json && strcmp(value, "1") != 0)
            die(EXIT_CANNOT_RUN, "--stats=%s: must be json, or no value", value);
        break;
    case quiet: o->quiet = true; break;
    case version: printf("denizen " DENIZEN_VERSION "\n"); exit(0);
    case help: print_help(); exit(0);
    case exec_fd: o->program_fd = (int)parse_number(row->name, value, INT_MAX); break;
    }
}

/* What concerns one program alone is not handed on when it starts another. */
static bool is_inherited(enum option_field field) {
    switch (field) {
    case set_variable:
    case unset_variable:
    case argv0:
    case exec_fd: return false;
    default: return true;
    }
}

static const char *const *make_inherited(void) {
    static char dashed[ROWS][32];
    static const char *list[2 * ROWS + 1];
    unsigned count = 0;
    for (unsigned i = 0; i < ROWS; i++) {
        if (!given[i] || !is_inherited(rows[i].field))
            continue;
        /* The next program goes on in the log, it does not begin it again. */
        const bool appends = rows[i].field == log_file;
        const bool optional = may_lack_argument(&rows[i]) && *given[i];
        snprintf(dashed[i], sizeof dashed[i], "--%s%s%s", appends ? "log-append" : rows[i].name,
                 optional ? "=" : "", optional ? given[i] : "");
        list[count++] = dashed[i];
        if (rows[i].argument && !may_lack_argument(&rows[i]))
            list[count++] = given[i];
    }
    return list;
}

/* --- where they come from --- */

static const struct option_row *find(const char *name, size_t length) {
    for (unsigned i = 0; i < ROWS; i++)
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

static void take_environment(struct options *o) {
    for (unsigned i = 0; i < ROWS; i++) {
        const char *value = rows[i].environment ? getenv(rows[i].environment) : NULL;
        if (value && *value)
            take(o, &rows[i], value);
    }
}

/* One option at argv[at]; returns how many words it took. */
static int take_argument(struct options *o, char **argv, int at) {
    const char *name = argv[at] + 1 + (argv[at][1] == '-');
    const char *equals = strchr(name, '=');
    const struct option_row *row = find(name, equals ? (size_t)(equals - name) : strlen(name));
    const struct option_row *letter = find(name, 1);
    if (!row && letter && letter->argument && name[1] >= '0' && name[1] <= '9') {
        take(o, letter, name + 1); /* -j4 */
        return 1;
    }
    if (!row)
        die(EXIT_CANNOT_RUN, "unknown option '%s'; denizen --help lists them", argv[at]);
    if (!row->argument) {
        if (equals)
            die(EXIT_CANNOT_RUN, "option '%s' takes no value", argv[at]);
        take(o, row, NULL);
        return 1;
    }
    if (equals || may_lack_argument(row)) {
        take(o, row, equals ? equals + 1 : NULL);
        return 1;
    }
    if (!argv[at + 1])
        die(EXIT_CANNOT_RUN, "option '%s' needs a value: %s", argv[at], row->argument);
    take(o, row, argv[at + 1]);
    return 2;
}

/* binfmt_misc's O flag: the kernel has opened the program for us. */
static int file_from_kernel(void) {
    errno = 0;
    const unsigned long fd = getauxval(AT_EXECFD);
    return errno ? -1 : (int)fd;
}

void options_parse(struct options *o, int argc, char **argv) {
    enum { AT_FLAGS_PRESERVE_ARGV0 = 1 }; /* binfmt_misc's P flag: linux/binfmts.h */
    *o = (struct options){.program_fd = file_from_kernel()};
    take_environment(o);
    int at = 1;
    while (at < argc && argv[at][0] == '-' && argv[at][1]) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        at += take_argument(o, argv, at);
    }
    if (o->cache_command) {
        o->program = argv[at];
        return;
    }
    if (at >= argc)
        die(EXIT_CANNOT_RUN,
            o->warm ? "--warm: no files given"
                    : "no program given; usage: denizen [options] program [arguments...]");
    o->program = argv[at];
    o->arguments = argv + at;
    if (getauxval(AT_FLAGS) & AT_FLAGS_PRESERVE_ARGV0 && argc > at + 1)
        o->arguments = argv + at + 1;
    if (o->argv0)
        o->arguments[0] = (char *)o->argv0;
    o->inherited = make_inherited();
}
