#include "emu/cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "emu/options.h"
#include "runtime/log.h"
#include "runtime/pattern_cache.h"
#include "runtime/store_keep.h"
#include "translator/engine.h"

enum { FAILED = 1, WRONG_USE = 126, MOST_RECORDS = STORE_CLUSTER_MAX / 16 };

/* A cluster's records. */
struct split {
    struct iovec record[MOST_RECORDS];
    uint64_t hash[MOST_RECORDS];
};

static unsigned split_cluster(struct split *split, const char *records, size_t size) {
    const struct pattern_host host = {engine_stub_count()};
    return pattern_split((char *)records, size, &host, split->record, split->hash, MOST_RECORDS);
}

static int visit(const struct options *options, const struct store_visitor *visitor) {
    const int error = store_visit(options->engine.cache_directory, visitor);
    if (error == -ENOENT)
        return 0; /* nothing kept yet */
    if (error)
        fprintf(stderr, "denizen: cannot read the cache's directory: %s\n", strerror(-error));
    return error ? FAILED : 0;
}

/* --- stats and verify --- */

struct totals {
    uint64_t stores, clusters, records, bytes, damaged;
};

static void add_to_totals(struct totals *totals, const struct store_summary *s) {
    totals->stores++;
    totals->clusters += s->clusters;
    totals->records += s->records;
    totals->bytes += s->bytes;
    totals->damaged += s->damaged;
}

static uint64_t count_records(void *data, const char *name, uint64_t fingerprint,
                              const char *records, size_t size) {
    (void)data, (void)name, (void)fingerprint;
    struct split split;
    return split_cluster(&split, records, size);
}

static void print_store(void *data, const struct store_summary *s) {
    char written[32] = "never";
    struct tm when;
    if (s->written && localtime_r(&s->written, &when))
        strftime(written, sizeof written, "%Y-%m-%d %H:%M", &when);
    printf("%-32s %9" PRIu64 " %9" PRIu64 " %12" PRIu64 "  %s", s->name, s->records, s->clusters,
           s->bytes, written);
    if (s->damaged)
        printf("  %" PRIu64 " damaged", s->damaged);
    putchar('\n');
    add_to_totals(data, s);
}

static int print_stores(const struct options *options) {
    struct totals totals = {0};
    const struct store_visitor visitor = {count_records, print_store, &totals};
    printf("%-32s %9s %9s %12s  %s\n", "guest and fingerprint", "records", "clusters", "bytes",
           "last written");
    const int status = visit(options, &visitor);
    printf("%-32" PRIu64 " %9" PRIu64 " %9" PRIu64 " %12" PRIu64 "\n", totals.stores,
           totals.records, totals.clusters, totals.bytes);
    return status;
}

struct verification {
    struct totals totals;
    uint64_t unfit;
};

static uint64_t verify_records(void *data, const char *name, uint64_t fingerprint,
                               const char *records, size_t size) {
    struct verification *verification = data;
    struct split split;
    const unsigned count = split_cluster(&split, records, size);
    size_t fit = 0;
    for (unsigned i = 0; i < count; i++)
        fit += split.record[i].iov_len;
    verification->unfit += fit != size;
    (void)name, (void)fingerprint;
    return count;
}

static void add_store(void *data, const struct store_summary *s) {
    struct verification *verification = data;
    add_to_totals(&verification->totals, s);
    if (s->damaged)
        printf("%s: %" PRIu64 " damaged; it is not used, and made anew where it is needed\n",
               s->name, s->damaged);
}

static int verify_stores(const struct options *options) {
    struct verification v = {0};
    const struct store_visitor visitor = {verify_records, add_store, &v};
    const int status = visit(options, &visitor);
    printf("%" PRIu64 " stores, %" PRIu64 " clusters, %" PRIu64 " records: %" PRIu64
           " damaged, %" PRIu64 " with records that are not fit to use\n",
           v.totals.stores, v.totals.clusters, v.totals.records, v.totals.damaged, v.unfit);
    return status || v.totals.damaged || v.unfit ? FAILED : 0;
}

/* --- export and import --- */

static const char archive_magic[16] = "denizen cache 1\n";

/* In front of each cluster's records. */
struct archive_cluster {
    char name[64];
    uint64_t size, checksum; /* of name and records */
};

static uint64_t archive_checksum(const struct archive_cluster *header, const char *records) {
    return XXH3_64bits_withSeed(records, header->size,
                                XXH3_64bits(header->name, sizeof header->name));
}

struct archive {
    FILE *file;
    uint64_t clusters, records;
    bool failed;
};

static uint64_t export_cluster(void *data, const char *name, uint64_t fingerprint,
                               const char *records, size_t size) {
    struct archive *archive = data;
    struct archive_cluster header = {.size = size};
    snprintf(header.name, sizeof header.name, "%s", name);
    header.checksum = archive_checksum(&header, records);
    (void)fingerprint;
    archive->failed |= fwrite(&header, sizeof header, 1, archive->file) != 1 ||
                       fwrite(records, size, 1, archive->file) != 1;
    archive->clusters++;
    struct split split;
    const unsigned count = split_cluster(&split, records, size);
    archive->records += count;
    return count;
}

static void ignore_store(void *data, const struct store_summary *summary) {
    (void)data, (void)summary;
}

static int export_stores(const struct options *options, const char *path) {
    struct archive archive = {.file = fopen(path, "wb")};
    if (!archive.file) {
        fprintf(stderr, "denizen: cannot write %s: %s\n", path, strerror(errno));
        return FAILED;
    }
    archive.failed = fwrite(archive_magic, sizeof archive_magic, 1, archive.file) != 1;
    const struct store_visitor visitor = {export_cluster, ignore_store, &archive};
    const int status = visit(options, &visitor);
    archive.failed |= fclose(archive.file) != 0;
    if (archive.failed) {
        fprintf(stderr, "denizen: cannot write all of %s: %s\n", path, strerror(errno));
        remove(path);
        return FAILED;
    }
    printf("%" PRIu64 " records in %" PRIu64 " clusters\n", archive.records, archive.clusters);
    return status;
}

/* Reads the next cluster; false at the end, with `failed` set if that is not where one begins. */
static bool next_cluster(struct archive *archive, struct archive_cluster *header, char *records) {
    const size_t got = fread(header, 1, sizeof *header, archive->file);
    if (got == 0 && feof(archive->file))
        return false;
    archive->failed = got != sizeof *header || header->size > STORE_CLUSTER_MAX ||
                      !memchr(header->name, 0, sizeof header->name) ||
                      fread(records, 1, header->size, archive->file) != header->size ||
                      archive_checksum(header, records) != header->checksum;
    return !archive->failed;
}

static void *allocate(size_t size) {
    return calloc(1, size);
}

/* Records of every fingerprint are taken: the archive may be for another machine of the same user.
 */
static void import_cluster(struct archive *archive, const struct options *options,
                           const struct archive_cluster *header, char *records) {
    static char open_name[64];
    char guest[64];
    struct store_options store = {.directory = options->engine.cache_directory,
                                  .size_limit = options->engine.cache_limit,
                                  .name = guest,
                                  .allocate = allocate};
    if (!store_parse_name(header->name, guest, sizeof guest, &store.fingerprint)) {
        archive->failed = true;
        return;
    }
    if (strcmp(open_name, header->name) != 0) {
        store_close();
        store_open(&store);
        snprintf(open_name, sizeof open_name, "%s", header->name);
    }
    struct split split;
    const unsigned count = split_cluster(&split, records, header->size);
    store_append(split.record, split.hash, count);
    archive->clusters++;
    archive->records += count;
}

static int import_stores(const struct options *options, const char *path) {
    char records[STORE_CLUSTER_MAX] __attribute__((aligned(16)));
    char magic[sizeof archive_magic];
    struct archive_cluster header;
    struct archive archive = {.file = fopen(path, "rb")};
    if (!archive.file) {
        fprintf(stderr, "denizen: cannot read %s: %s\n", path, strerror(errno));
        return FAILED;
    }
    if (fread(magic, sizeof magic, 1, archive.file) != 1 ||
        memcmp(magic, archive_magic, sizeof magic) != 0)
        archive.failed = true;
    while (!archive.failed && next_cluster(&archive, &header, records))
        import_cluster(&archive, options, &header, records);
    fclose(archive.file);
    if (archive.failed)
        fprintf(stderr,
                "denizen: %s is damaged or no archive of --cache export; the %" PRIu64
                " records before the damage were taken\n",
                path, archive.records);
    else
        printf("%" PRIu64 " records in %" PRIu64 " clusters\n", archive.records, archive.clusters);
    return archive.failed ? FAILED : 0;
}

/* --- the commands --- */

static int clear_stores(const struct options *options) {
    printf("%u stores removed\n", store_remove(options->engine.cache_directory, 0));
    return 0;
}

int cache_command(const struct options *options) {
    static const struct command {
        const char *name;
        int (*run)(const struct options *options);
        int (*run_with_file)(const struct options *options, const char *path);
    } commands[] = {{"stats", print_stores, NULL},
                    {"verify", verify_stores, NULL},
                    {"clear", clear_stores, NULL},
                    {"export", NULL, export_stores},
                    {"import", NULL, import_stores}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const struct command *command = &commands[i];
        if (strcmp(command->name, options->cache_command) != 0)
            continue;
        if (command->run)
            return command->run(options);
        if (!options->program)
            die(WRONG_USE, "--cache %s: needs the name of a file", command->name);
        return command->run_with_file(options, options->program);
    }
    die(WRONG_USE, "--cache %s: must be stats, verify, clear, export FILE or import FILE",
        options->cache_command);
}
