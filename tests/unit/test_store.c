/* The store on disk: what is written comes back, or does not, whatever happens to the files. Each
 * test, and each process within one, has a store of its own in memory on the files of one
 * directory. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/store.h"

enum { RECORD_SIZE = 96, FINGERPRINT = 0x1234 };

static char directory[] = "/tmp/denizen-store-XXXXXX";

static void make_directory(void) {
    strcpy(directory, "/tmp/denizen-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void remove_directory(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static void *allocate(size_t size) {
    return calloc(1, (size + 15) & ~(size_t)15);
}

static void open_with(uint64_t fingerprint, uint64_t limit) {
    const struct store_options options = {.directory = directory,
                                          .fingerprint = fingerprint,
                                          .name = "test",
                                          .size_limit = limit,
                                          .allocate = allocate};
    store_open(&options);
}

static const char *file(const char *name) {
    static char path[128];
    snprintf(path, sizeof path, "%s/test-%016x/%s", directory, FINGERPRINT, name);
    return path;
}

/* Hashes of records look random, and are odd. */
static uint64_t hash_of(unsigned number) {
    return (number + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
}

static void fill(char *record, unsigned number) {
    memset(record, (int)number, RECORD_SIZE);
    memcpy(record, &number, sizeof number);
}

static void append(unsigned from, unsigned count) {
    struct iovec *records = calloc(count, sizeof *records);
    uint64_t *hashes = calloc(count, sizeof *hashes);
    char *memory = malloc((size_t)count * RECORD_SIZE);
    for (unsigned i = 0; i < count; i++) {
        fill(memory + i * RECORD_SIZE, from + i);
        records[i] = (struct iovec){memory + i * RECORD_SIZE, RECORD_SIZE};
        hashes[i] = hash_of(from + i);
    }
    store_append(records, hashes, count);
    free(memory);
    free(hashes);
    free(records);
}

/* Reads until record `number` is among what came; tells whether it did. Whatever comes must be as
 * it was written. */
static bool find(unsigned number, bool *old) {
    static char *seen;
    if (!seen)
        seen = calloc(1, 1 << 20);
    struct store_cluster cluster;
    while (!seen[number] && store_read(hash_of(number), &cluster)) {
        ck_assert_uint_eq(cluster.size % RECORD_SIZE, 0);
        for (size_t at = 0; at < cluster.size; at += RECORD_SIZE) {
            char expected[RECORD_SIZE];
            unsigned there;
            memcpy(&there, cluster.records + at, sizeof there);
            fill(expected, there);
            ck_assert_mem_eq(cluster.records + at, expected, RECORD_SIZE);
            seen[there] = 1 + cluster.old;
        }
    }
    if (old)
        *old = seen[number] == 2;
    return seen[number];
}

/* Runs `body` in a process of its own; its failed assertion is the test's. */
#define IN_A_PROCESS(...)                                   \
    do {                                                    \
        const pid_t pid_ = fork();                          \
        if (pid_ == 0) {                                    \
            __VA_ARGS__;                                    \
            _exit(0);                                       \
        }                                                   \
        int status_;                                        \
        ck_assert_int_eq(waitpid(pid_, &status_, 0), pid_); \
        ck_assert_int_eq(status_, 0);                       \
    } while (0)

static void write_some(unsigned count) {
    IN_A_PROCESS({
        open_with(FINGERPRINT, 0);
        append(0, count);
    });
}

static unsigned count_found(unsigned count) {
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++)
        found += find(i, NULL);
    return found;
}

START_TEST(records_come_back) {
    write_some(10000); /* several clusters, and an index that grew */
    open_with(FINGERPRINT, 0);
    ck_assert_uint_eq(count_found(10000), 10000);
    ck_assert(!find(10000, NULL));
}
END_TEST

START_TEST(a_writer_finds_its_own) {
    open_with(FINGERPRINT, 0);
    append(0, 100);
    append(100, 100);
    ck_assert_uint_eq(count_found(200), 200);
}
END_TEST

START_TEST(what_is_there_is_not_written_twice) {
    struct stat before, after;
    write_some(500);
    ck_assert_int_eq(stat(file("data"), &before), 0);
    write_some(500);
    ck_assert_int_eq(stat(file("data"), &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    write_some(501);
    open_with(FINGERPRINT, 0);
    ck_assert_uint_eq(count_found(501), 501);
}
END_TEST

START_TEST(another_build_has_its_own) {
    write_some(10);
    open_with(FINGERPRINT + 1, 0);
    ck_assert_uint_eq(count_found(10), 0);
}
END_TEST

START_TEST(files_that_others_can_write_are_left_alone) {
    write_some(10);
    chmod(file("data"), 0666);
    IN_A_PROCESS({
        open_with(FINGERPRINT, 0);
        ck_assert_uint_eq(count_found(10), 0);
    });
    chmod(file("data"), 0600);
    chmod(file("index"), 0622);
    IN_A_PROCESS({
        open_with(FINGERPRINT, 0);
        ck_assert_uint_eq(count_found(10), 0);
    });
    chmod(file("index"), 0600);
    chmod(directory, 0777);
    IN_A_PROCESS({
        open_with(FINGERPRINT, 0);
        ck_assert(!store_is_open());
    });
}
END_TEST

/* --- damage --- */

static void flip(const char *path, off_t at) {
    const int fd = open(path, O_RDWR);
    char byte;
    ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
    byte = (char)~byte;
    ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* Readers take nothing that is not as it was written, and the next writer mends what it must. */
static void read_and_write_damaged(void) {
    IN_A_PROCESS({
        open_with(FINGERPRINT, 0);
        count_found(40);
    });
    IN_A_PROCESS({
        open_with(FINGERPRINT, 0);
        append(40, 1);
        ck_assert(find(40, NULL));
    });
}

static void keep_copy(const char *suffix) {
    char command[512];
    snprintf(command, sizeof command, "cp -r %s %s%s", directory, directory, suffix);
    ck_assert_int_eq(system(command), 0);
}

static void restore_copy(const char *suffix) {
    char command[512];
    snprintf(command, sizeof command, "cp %s%s/test-%016x/* %s/test-%016x/", directory, suffix,
             FINGERPRINT, directory, FINGERPRINT);
    ck_assert_int_eq(system(command), 0);
}

static void remove_copy(const char *suffix) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s%s", directory, suffix);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(flipped_bytes) {
    static const char *const names[] = {"data", "index"};
    write_some(40);
    keep_copy("-kept");
    struct stat status;
    for (unsigned n = 0; n < 2; n++) {
        ck_assert_int_eq(stat(file(names[n]), &status), 0);
        /* All of the headers, and a sample of the rest. */
        for (off_t at = 0; at < status.st_size; at += at < 128 ? 1 : 211) {
            flip(file(names[n]), at);
            read_and_write_damaged();
            restore_copy("-kept");
        }
    }
    remove_copy("-kept");
}
END_TEST

START_TEST(truncated_files) {
    static const char *const names[] = {"data", "index"};
    write_some(40);
    keep_copy("-kept");
    struct stat status;
    for (unsigned n = 0; n < 2; n++) {
        ck_assert_int_eq(stat(file(names[n]), &status), 0);
        for (off_t size = 0; size < status.st_size; size += 173) {
            ck_assert_int_eq(truncate(file(names[n]), size), 0);
            read_and_write_damaged();
            restore_copy("-kept");
        }
    }
    remove_copy("-kept");
}
END_TEST

START_TEST(a_full_disk_loses_nothing) {
    write_some(100);
    struct stat status;
    ck_assert_int_eq(stat(file("index"), &status), 0);
    IN_A_PROCESS({
        const struct rlimit limit = {(rlim_t)status.st_size, (rlim_t)status.st_size};
        signal(SIGXFSZ, SIG_IGN);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        open_with(FINGERPRINT, 0);
        append(100, 1000); /* does not fit */
    });
    open_with(FINGERPRINT, 0);
    ck_assert_uint_eq(count_found(100), 100);
}
END_TEST

START_TEST(no_directory_no_store) {
    remove_directory();
    char parent[] = "/proc/denizen";
    const struct store_options options = {
        .directory = parent, .fingerprint = 1, .name = "test", .allocate = allocate};
    store_open(&options);
    ck_assert(!store_is_open());
    append(0, 10);
    struct store_cluster cluster;
    ck_assert(!store_read(hash_of(0), &cluster));
    ck_assert_int_eq(mkdir(directory, 0700), 0);
}
END_TEST

/* --- size --- */

START_TEST(what_is_not_used_goes) {
    enum { BATCH = 2000, LIMIT = 3 * BATCH * RECORD_SIZE };
    for (unsigned i = 0; i < 12; i++)
        IN_A_PROCESS({
            open_with(FINGERPRINT, LIMIT);
            append(i * BATCH, BATCH);
        });
    struct stat data, old;
    ck_assert_int_eq(stat(file("data"), &data), 0);
    ck_assert_int_eq(stat(file("data.old"), &old), 0);
    ck_assert_int_le(data.st_size + old.st_size, LIMIT + 2 * BATCH * RECORD_SIZE);
    open_with(FINGERPRINT, LIMIT);
    bool is_old;
    ck_assert(find(11 * BATCH, &is_old));
    ck_assert(!find(0, NULL));
    unsigned kept_old = 0;
    for (unsigned i = 0; i < 12 * BATCH; i++)
        if (find(i, &is_old))
            kept_old += is_old;
    ck_assert_uint_gt(kept_old, 0);
}
END_TEST

/* --- many at once --- */

START_TEST(many_writers_that_are_killed) {
    enum { WRITERS = 60, EACH = 300 };
    pid_t writer[WRITERS];
    for (unsigned i = 0; i < WRITERS; i++) {
        writer[i] = fork();
        if (writer[i] == 0) {
            open_with(FINGERPRINT, 0);
            for (unsigned n = 0; n < 20; n++)
                append((i * 7 + n) % 30 * EACH, EACH);
            _exit(0);
        }
        if (i % 3 == 1) {
            usleep(i * 50);
            kill(writer[i], SIGKILL);
        }
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        int status;
        ck_assert_int_eq(waitpid(writer[i], &status, 0), writer[i]);
        ck_assert(status == 0 || i % 3 == 1);
    }
    open_with(FINGERPRINT, 0);
    ck_assert_uint_gt(count_found(30 * EACH), 0);
    append(0, 30 * EACH);
    ck_assert_uint_eq(count_found(30 * EACH), 30 * EACH);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store");
    TCase *tests = tcase_create("store");
    tcase_set_timeout(tests, 240);
    tcase_add_checked_fixture(tests, make_directory, remove_directory);
    tcase_add_test(tests, records_come_back);
    tcase_add_test(tests, a_writer_finds_its_own);
    tcase_add_test(tests, what_is_there_is_not_written_twice);
    tcase_add_test(tests, another_build_has_its_own);
    tcase_add_test(tests, files_that_others_can_write_are_left_alone);
    tcase_add_test(tests, flipped_bytes);
    tcase_add_test(tests, truncated_files);
    tcase_add_test(tests, a_full_disk_loses_nothing);
    tcase_add_test(tests, no_directory_no_store);
    tcase_add_test(tests, what_is_not_used_goes);
    tcase_add_test(tests, many_writers_that_are_killed);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
