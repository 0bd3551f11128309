/* Differential fuzzing of an emulator: random instruction sequences with random state run on
 * it and on another one; registers, memory, flags and signals must agree. */
#include "tests/fuzz/compare.h"

#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* QEMU is not always of one mind with itself: within a translation block it drops calls of fround
 * and froundnx whose result is overwritten, with the flags they raise, and after an amocas with rd
 * = x0 takes the value loaded for that of x0. So a difference counts only if it is one from QEMU
 * running an instruction at a time, too (which is much slower); docs/fuzzing.md. */
#define REFEREE_OPTION " -one-insn-per-tb"

enum { BATCH_CAPACITY = 4096, SMALL_CAPACITY = 256, MAX_SIGNATURES = 64 };

struct options {
    struct emulators emulators, referee; /* the latter with the slow reference */
    uint64_t seed, first, count;
    unsigned seconds, classes, most;
    const char *reproducers, *replay;
};

struct campaign {
    const struct options *options;
    struct batch batch[2]; /* one runs while the other is written and compared */
    uint64_t number[2];    /* of the first sequence of each */
    struct batch small;    /* run by the referee */
    uint64_t next, compared, differences, overruled, signalled;
    unsigned signatures;
    char signature[MAX_SIGNATURES][128];
    uint64_t times[MAX_SIGNATURES];
    char folder[64];
};

static const char usage[] =
    "usage: fuzz [options]\n"
    "  -guest NAME         riscv64 (default) or aarch64\n"
    "  -seed N             of the random sequences (default: from the clock)\n"
    "  -first N            number of the first sequence (default 0)\n"
    "  -count N            how many sequences (default: no limit)\n"
    "  -seconds N          stop after so long (default 60 unless -count is given)\n"
    "  -class NAME[,NAME]  only instructions of these classes (-class help lists them)\n"
    "  -emulator COMMAND   the emulator under test (default build/denizen)\n"
    "  -reference COMMAND  the one to compare with (default qemu, with the extensions\n"
    "                      that Denizen implements)\n"
    "  -referee COMMAND    one that differences must be confirmed by (default: the reference\n"
    "                      with" REFEREE_OPTION ")\n"
    "  -runner FILE        the guest program (default build/fuzz/runner-GUEST)\n"
    "  -patience N         seconds after which a sequence hangs (default 5)\n"
    "  -most N             stop after so many kinds of difference (default 10)\n"
    "  -out FOLDER         where reproducers go (default build/fuzz)\n"
    "  -replay FILE        run one reproducer and show what happens\n"
    "Exit status: 0 no difference, 1 differences, 2 trouble.\n";

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void choose_guest(const char *name) {
    static const struct fuzz_guest *const guests[] = {&fuzz_riscv64, &fuzz_aarch64};
    guest = NULL;
    for (unsigned i = 0; i < sizeof guests / sizeof *guests; i++)
        if (!strcmp(guests[i]->name, name))
            guest = guests[i];
    if (!guest)
        errx(2, "no guest %s", name);
}

static unsigned parse_classes(char *names) {
    unsigned mask = 0;
    for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        unsigned i = 0;
        while (guest->classes[i] && strcmp(guest->classes[i], name))
            i++;
        if (!guest->classes[i]) {
            for (i = 0; guest->classes[i]; i++)
                printf("%s%s", i ? " " : "", guest->classes[i]);
            puts("");
            exit(strcmp(name, "help") ? 2 : 0);
        }
        mask |= 1u << i;
    }
    return mask;
}

static void parse_options(struct options *options, int argc, char **argv) {
    enum {
        GUEST = 1,
        SEED,
        FIRST,
        COUNT,
        SECONDS,
        CLASS,
        EMULATOR,
        REFER,
        REFEREE,
        RUNNER,
        PATIENCE,
        MOST,
        OUT,
        REPLAY,
        HELP
    };
    static const struct option names[] = {
        {"guest", 1, NULL, GUEST},       {"seed", 1, NULL, SEED},
        {"first", 1, NULL, FIRST},       {"count", 1, NULL, COUNT},
        {"seconds", 1, NULL, SECONDS},   {"class", 1, NULL, CLASS},
        {"emulator", 1, NULL, EMULATOR}, {"reference", 1, NULL, REFER},
        {"referee", 1, NULL, REFEREE},   {"runner", 1, NULL, RUNNER},
        {"patience", 1, NULL, PATIENCE}, {"most", 1, NULL, MOST},
        {"out", 1, NULL, OUT},           {"replay", 1, NULL, REPLAY},
        {"help", 0, NULL, HELP},         {NULL, 0, NULL, 0},
    };
    *options = (struct options){
        .emulators = {{NULL, "build/denizen"}, NULL, 5},
        .seed = (uint64_t)time(NULL),
        .count = UINT64_MAX,
        .most = 10,
        .reproducers = "build/fuzz",
    };
    char *classes = NULL;
    choose_guest("riscv64");
    for (int option; (option = getopt_long_only(argc, argv, "", names, NULL)) != -1;) {
        uint64_t number = optarg ? strtoull(optarg, NULL, 0) : 0;
        switch (option) {
        case GUEST: choose_guest(optarg); break;
        case SEED: options->seed = number; break;
        case FIRST: options->first = number; break;
        case COUNT: options->count = number; break;
        case SECONDS: options->seconds = (unsigned)number; break;
        case CLASS: classes = optarg; break;
        case EMULATOR: options->emulators.command[SUBJECT] = optarg; break;
        case REFER: options->emulators.command[REFERENCE] = optarg; break;
        case REFEREE: options->referee.command[REFERENCE] = optarg; break;
        case RUNNER: options->emulators.runner = optarg; break;
        case PATIENCE: options->emulators.patience = (unsigned)number; break;
        case MOST: options->most = (unsigned)number; break;
        case OUT: options->reproducers = optarg; break;
        case REPLAY: options->replay = optarg; break;
        default: fputs(usage, option == HELP ? stdout : stderr); exit(option == HELP ? 0 : 2);
        }
    }
    static char slow[4096], runner[64];
    snprintf(runner, sizeof runner, "build/fuzz/runner-%s", guest->name);
    if (!options->emulators.runner)
        options->emulators.runner = runner;
    if (!options->emulators.command[REFERENCE])
        options->emulators.command[REFERENCE] = guest->reference;
    options->classes = classes ? parse_classes(classes) : UINT32_MAX;
    snprintf(slow, sizeof slow, "%s" REFEREE_OPTION, options->emulators.command[REFERENCE]);
    const char *referee = options->referee.command[REFERENCE];
    options->referee = options->emulators;
    options->referee.command[REFERENCE] = referee ? referee : slow;
    if (!options->seconds)
        options->seconds = options->count == UINT64_MAX ? 60 : UINT32_MAX;
}

/* --- */

static void fill(struct campaign *c, unsigned slot) {
    struct batch *batch = &c->batch[slot];
    uint64_t end = c->options->count > UINT64_MAX - c->options->first
                       ? UINT64_MAX
                       : c->options->first + c->options->count;
    batch_clear(batch);
    c->number[slot] = c->next;
    for (; c->next < end; c->next++) {
        struct sequence sequence;
        generate(&sequence, c->options->seed, c->next, c->options->classes);
        if (!batch_add(batch, &sequence))
            break;
    }
}

/* Counts a difference of a kind; returns false if it is the first of it. */
static bool known(struct campaign *c, const char *name) {
    unsigned i = 0;
    while (i < c->signatures && strcmp(c->signature[i], name))
        i++;
    if (i == MAX_SIGNATURES)
        return true;
    c->times[i]++;
    if (i < c->signatures)
        return true;
    snprintf(c->signature[c->signatures++], sizeof c->signature[i], "%s", name);
    return false;
}

static void show_difference(struct campaign *c, unsigned slot, unsigned index) {
    struct sequence sequence;
    char name[128], path[512];
    generate(&sequence, c->options->seed, c->number[slot] + index, c->options->classes);
    bool alone = minimise(&c->small, &sequence);
    signature(&sequence, name, sizeof name);
    if (!alone)
        snprintf(name, sizeof name, "(depends on what ran before)");
    if (known(c, name))
        return;
    printf("\n--- difference: %s\n", name);
    if (!alone) { /* as it was in its batch */
        report(stdout, &c->batch[slot], index, &sequence);
        return;
    }
    snprintf(path, sizeof path, "%s/%s-%" PRIu64 "-%" PRIu64 ".seq", c->options->reproducers,
             guest->name, sequence.seed, sequence.number);
    batch_clear(&c->small);
    batch_add(&c->small, &sequence);
    batch_start(&c->small);
    batch_wait(&c->small);
    report(stdout, &c->small, 0, &sequence);
    save_sequence(path, &c->small, 0, &sequence);
    printf("  saved as %s\n", path);
}

static void compare(struct campaign *c, unsigned slot) {
    struct batch *batch = &c->batch[slot], *small = &c->small;
    unsigned doubtful[SMALL_CAPACITY], confirmed[SMALL_CAPACITY], count = 0, remaining = 0;
    batch_clear(small);
    for (unsigned i = 0; i < batch->count; i++) {
        c->compared++;
        c->signalled += batch_record(batch, REFERENCE, i)->events != 0;
        if (!batch_differs(batch, i) || count == SMALL_CAPACITY)
            continue;
        struct sequence sequence;
        generate(&sequence, c->options->seed, c->number[slot] + i, c->options->classes);
        batch_add(small, &sequence);
        doubtful[count++] = i;
    }
    if (!count)
        return;
    batch_start(small);
    batch_wait(small);
    for (unsigned i = 0; i < count; i++)
        if (batch_differs(small, i))
            confirmed[remaining++] = doubtful[i];
    c->overruled += count - remaining;
    c->differences += remaining;
    for (unsigned i = 0; i < remaining && c->signatures < c->options->most; i++)
        show_difference(c, slot, confirmed[i]);
}

static int run_campaign(const struct options *options) {
    static struct campaign c;
    c.options = options;
    c.next = options->first;
    snprintf(c.folder, sizeof c.folder, "%s/fuzz-XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(c.folder))
        err(2, "%s", c.folder);
    batch_create(&c.batch[0], &options->emulators, c.folder, "a", BATCH_CAPACITY);
    batch_create(&c.batch[1], &options->emulators, c.folder, "b", BATCH_CAPACITY);
    batch_create(&c.small, &options->referee, c.folder, "small", SMALL_CAPACITY);

    double start = now();
    unsigned slot = 0;
    fill(&c, slot);
    while (c.batch[slot].count) {
        batch_start(&c.batch[slot]);
        bool more = now() - start < options->seconds && c.signatures < options->most;
        if (more)
            fill(&c, !slot);
        else
            batch_clear(&c.batch[!slot]);
        batch_wait(&c.batch[slot]);
        compare(&c, slot);
        slot = !slot;
    }
    double seconds = now() - start;

    batch_destroy(&c.batch[0]);
    batch_destroy(&c.batch[1]);
    batch_destroy(&c.small);
    rmdir(c.folder);
    for (unsigned i = 0; i < c.signatures; i++)
        printf("%6" PRIu64 " x %s\n", c.times[i], c.signature[i]);
    printf("fuzz: %s: seed %" PRIu64 ": %" PRIu64 " sequences (%" PRIu64
           " with signals) in %.1f s, "
           "%.0f a second: %" PRIu64 " differences, %" PRIu64 " overruled by the referee\n",
           guest->name, options->seed, c.compared, c.signalled, seconds,
           (double)c.compared / seconds, c.differences, c.overruled);
    return c.differences != 0;
}

static int run_replay(const struct options *options) {
    struct sequence sequence;
    struct batch batch;
    char folder[] = "/tmp/fuzz-XXXXXX";
    load_sequence(options->replay, &sequence);
    if (!mkdtemp(folder))
        err(2, "%s", folder);
    batch_create(&batch, &options->emulators, folder, "replay", 1);
    batch_add(&batch, &sequence);
    batch_start(&batch);
    batch_wait(&batch);
    bool differs = batch_differs(&batch, 0);
    report(stdout, &batch, 0, &sequence);
    puts(differs ? "fuzz: the emulators differ" : "fuzz: the emulators agree");
    batch_destroy(&batch);
    rmdir(folder);
    return differs;
}

int main(int argc, char **argv) {
    struct options options;
    parse_options(&options, argc, argv);
    prepare_rows();
    mkdir(options.reproducers, 0777);
    return options.replay ? run_replay(&options) : run_campaign(&options);
}
