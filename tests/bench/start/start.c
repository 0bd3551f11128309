/* usage: start [options] PROGRAM...
 *
 * How long programs that do little take: natively, under emulators, and under denizen with an empty
 * store and with the one that earlier runs left.
 *
 *   --title TEXT          heading
 *   --with NAME=COMMAND   an emulator; {root} in it is the program's
 *   --denizen COMMAND     the one that is measured twice, cold and warm; its store goes below the
 * next
 *   --scratch DIR
 *   --runs N              of each program under each runner (default 15); less for those that take
 * long
 *   --out FILE
 *
 * PROGRAM is NAME|NATIVE FOLDER|GUEST FOLDER|ROOT|WORDS: the first word is a path below the folder,
 * and {} in the others is the folder. Exits 1 if a program failed or its output differed from the
 * native one's. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../harness/harness.h"

enum { MAX_PROGRAMS = 20, LEAST_RUNS = 3 };
static const double SECONDS_EACH = 12; /* for all runs of a program */

/* The native run is runner 0; cold and warm are the last two. */
struct way {
    const char *name, *command, *store;
    bool cold;
};

struct start_program {
    const char *name, *folder[2], *root, *words;
    struct cost best[MAX_RUNNERS];
    const char *wrong[MAX_RUNNERS];
    double hit_rate, cold_cost, warm_cost; /* of pattern look-ups; ns per instruction */
};

static struct {
    struct way ways[MAX_RUNNERS];
    unsigned way_count;
    struct start_program programs[MAX_PROGRAMS];
    unsigned program_count;
    const char *scratch, *denizen, *title, *out;
    int runs;
} start = {.ways[0] = {.name = "native", .command = ""},
           .way_count = 1,
           .scratch = ".",
           .title = "Start",
           .out = "start.md",
           .runs = 15};

static void die(const char *message, const char *about) {
    fprintf(stderr, "start: %s%s\n", message, about);
    exit(2);
}

/* `text` with every `from` replaced. */
static char *replace(const char *text, const char *from, const char *to) {
    char *result = NULL;
    size_t size;
    FILE *out = open_memstream(&result, &size);
    for (const char *at; (at = strstr(text, from)); text = at + strlen(from)) {
        fwrite(text, 1, (size_t)(at - text), out);
        fputs(to, out);
    }
    fputs(text, out);
    fclose(out);
    return result;
}

static void empty(const char *directory) {
    char command[4200];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    if (system(command) != 0)
        die("cannot empty ", directory);
}

/* Runs the program in one way, with further options of the emulator. Returns its output. */
static char *run(const struct start_program *p, const struct way *way, const char *options,
                 struct cost *cost, int *status) {
    const char *folder = p->folder[way != start.ways], *words[MAX_WORDS];
    char *command = replace(way->command, "{root}", p->root), *all = NULL,
         *arguments = replace(p->words, "{}", folder);
    if (way->store && way->cold)
        empty(way->store);
    if (asprintf(&all, "%s %s %s%s", command, options, way->store ? "--cache-dir " : "",
                 way->store ? way->store : "") < 0)
        die("out of memory", "");
    struct runner runner = {.name = way->name, .folder = folder};
    split_words(all, runner.command);
    split_words(arguments, words);
    char *output = run_once(&runner, words, cost, status);
    free(command);
    free(all);
    free(arguments);
    return output;
}

static void keep_least(struct cost *best, const struct cost *cost) {
    if (best->wall == 0 || cost->cpu < best->cpu)
        best->cpu = cost->cpu;
    if (best->wall == 0 || cost->memory < best->memory)
        best->memory = cost->memory;
    if (best->wall == 0 || cost->wall < best->wall)
        best->wall = cost->wall;
}

static void measure_in_turn(struct start_program *p) {
    char *native = NULL;
    double spent = 0;
    for (int n = -1; n < start.runs && (n < LEAST_RUNS || spent < SECONDS_EACH); n++) {
        for (unsigned w = 0; w < start.way_count; w++) {
            struct cost cost;
            int status;
            if (p->wrong[w])
                continue;
            char *output = run(p, &start.ways[w], "", &cost, &status);
            if (!native)
                native = strdup(output);
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                p->wrong[w] = "failed";
            else if (strcmp(output, native) != 0)
                p->wrong[w] = "wrong output";
            else if (n >= 0) /* the first round fills caches */
                keep_least(&p->best[w], &cost);
            free(output);
            spent += cost.wall;
        }
    }
    free(native);
}

/* The sum of a figure over the processes in a file of --stats=json lines. */
static double sum(const char *text, const char *group, const char *name) {
    double total = 0;
    char key[64];
    snprintf(key, sizeof key, "\"%s\":{", group);
    for (const char *at = text; (at = strstr(at, key)); at++) {
        const char *end = strchr(at, '}'), *field = at;
        char quoted[64];
        snprintf(quoted, sizeof quoted, "\"%s\":", name);
        if ((field = strstr(at, quoted)) && field < end)
            total += strtod(field + strlen(quoted), NULL);
    }
    return total;
}

static char *statistics(const struct start_program *p, const struct way *way) {
    char options[4200], path[4096];
    struct cost cost;
    int status;
    snprintf(path, sizeof path, "%s/stats", start.scratch);
    remove(path);
    snprintf(options, sizeof options, "--stats=json -D %s", path);
    free(run(p, way, options, &cost, &status));
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    if (!file || getdelim(&text, &size, '\0', file) < 0)
        die("no statistics in ", path);
    fclose(file);
    return text;
}

static double cost_of(const char *text, const char *kind) {
    const double instructions = sum(text, kind, "instructions");
    return instructions > 0 ? sum(text, "time_ns", kind) / instructions : 0;
}

static void take_statistics(struct start_program *p) {
    char *cold = statistics(p, &start.ways[start.way_count - 2]);
    char *warm = statistics(p, &start.ways[start.way_count - 1]);
    p->cold_cost = cost_of(cold, "translated");
    p->warm_cost = cost_of(warm, "stamped");
    const double lookups = sum(warm, "pattern_cache", "lookups");
    p->hit_rate = lookups > 0 ? sum(warm, "pattern_cache", "hits") / lookups : 0;
    free(cold);
    free(warm);
}

/* --- the report --- */

static double cpu(const struct cost *c) {
    return c->cpu * 1e3;
}
static double wall(const struct cost *c) {
    return c->wall * 1e3;
}
static double memory(const struct cost *c) {
    return (double)c->memory / 1024;
}

static void table(FILE *out, const char *what, double (*figure)(const struct cost *c),
                  bool ratios) {
    fprintf(out, "| %s |", what);
    for (unsigned w = 0; w < start.way_count; w++)
        fprintf(out, " %s |%s", start.ways[w].name, ratios && w > 0 ? " ratio |" : "");
    fputs("\n|---|", out);
    for (unsigned w = 0; w < start.way_count; w++)
        fputs(ratios && w > 0 ? "---:|---:|" : "---:|", out);
    fputs("\n", out);
    for (unsigned i = 0; i < start.program_count; i++) {
        const struct start_program *p = &start.programs[i];
        fprintf(out, "| %s |", p->name);
        for (unsigned w = 0; w < start.way_count; w++) {
            if (p->wrong[w])
                fprintf(out, " %s |%s", p->wrong[w], ratios && w > 0 ? " |" : "");
            else
                fprintf(out, " %.2f |", figure(&p->best[w]));
            if (!p->wrong[w] && ratios && w > 0)
                fprintf(out, " %.2f |", figure(&p->best[w]) / figure(&p->best[0]));
        }
        fputs("\n", out);
    }
    fputs("\n", out);
}

static void report(FILE *out) {
    fprintf(out,
            "# %s\n\nThe least of interleaved runs; children count. Cold: the store is emptied "
            "before each run.\n\n",
            start.title);
    table(out, "CPU time, ms", cpu, true);
    table(out, "wall time, ms", wall, false);
    table(out, "resident memory, MB", memory, false);
    fputs("| translation | cold, ns per instruction | warm, ns per instruction | hits, warm "
          "|\n|---|---:|---:|---:|\n",
          out);
    for (unsigned i = 0; i < start.program_count; i++)
        fprintf(out, "| %s | %.0f | %.0f | %.2f %% |\n", start.programs[i].name,
                start.programs[i].cold_cost, start.programs[i].warm_cost,
                100 * start.programs[i].hit_rate);
}

/* --- options --- */

static void add_way(const char *name, const char *command, const char *store, bool cold) {
    if (start.way_count == MAX_RUNNERS)
        die("too many emulators: ", name);
    start.ways[start.way_count++] = (struct way){name, command, store, cold};
}

static void add_emulator(char *text) {
    const char *name = strsep(&text, "=");
    if (!text)
        die("no command for ", name);
    add_way(name, text, NULL, false);
}

static void add_program(char *text) {
    if (start.program_count == MAX_PROGRAMS)
        die("too many programs: ", text);
    struct start_program p = {.name = strsep(&text, "|")};
    p.folder[0] = strsep(&text, "|");
    p.folder[1] = strsep(&text, "|");
    p.root = strsep(&text, "|");
    p.words = text;
    if (!text)
        die("not five fields: ", p.name);
    start.programs[start.program_count++] = p;
}

static void read_options(int argc, char **argv) {
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        char *option = argv[i] + 2, *value = argv[i + 1];
        if (strcmp(option, "title") == 0)
            start.title = value;
        else if (strcmp(option, "with") == 0)
            add_emulator(value);
        else if (strcmp(option, "denizen") == 0)
            start.denizen = value;
        else if (strcmp(option, "scratch") == 0)
            start.scratch = value;
        else if (strcmp(option, "runs") == 0)
            start.runs = atoi(value) > 0 ? atoi(value) : 1;
        else if (strcmp(option, "out") == 0)
            start.out = value;
        else
            die("unknown option ", argv[i]);
    }
    for (; i < argc; i++)
        add_program(argv[i]);
    if (!start.denizen)
        die("no emulator to measure: --denizen", "");
    char *cold, *warm;
    if (asprintf(&cold, "%s/cold", start.scratch) < 0 ||
        asprintf(&warm, "%s/warm", start.scratch) < 0)
        die("out of memory", "");
    add_way("denizen, cold", start.denizen, cold, true);
    add_way("denizen, warm", start.denizen, warm, false);
    empty(warm);
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    unsetenv("DENIZEN_NO_CACHE");
    bool failed = false;
    for (unsigned i = 0; i < start.program_count; i++) {
        struct start_program *p = &start.programs[i];
        measure_in_turn(p);
        take_statistics(p);
        fprintf(stderr, "%-20s", p->name);
        for (unsigned w = 0; w < start.way_count; w++) {
            if (p->wrong[w])
                fprintf(stderr, "  %s: %s", start.ways[w].name, p->wrong[w]);
            else
                fprintf(stderr, "  %s %.2f ms", start.ways[w].name, cpu(&p->best[w]));
            failed |= p->wrong[w] && strncmp(start.ways[w].name, "denizen", 7) == 0;
        }
        fputs("\n", stderr);
    }
    FILE *out = fopen(start.out, "w");
    if (!out)
        die("cannot write ", start.out);
    report(out);
    fclose(out);
    printf("Written to %s.\n", start.out);
    return failed;
}
