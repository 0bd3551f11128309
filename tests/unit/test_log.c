/* The event log, one-line errors and the arena. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/arena.h"
#include "runtime/log.h"

START_TEST(items) {
    ck_assert_ptr_null(log_enable("in_asm,op_opt"));
    ck_assert_uint_eq(log_items, LOG_IN_ASM | LOG_OP_OPT);
    ck_assert_ptr_null(log_enable("cpu"));
    ck_assert_uint_eq(log_items, LOG_IN_ASM | LOG_OP_OPT | LOG_CPU | LOG_EXEC | LOG_NOCHAIN);
    ck_assert_str_eq(log_enable("op,wrong,op"), "wrong");
    ck_assert_str_eq(log_enable("op_"), "op_");
    ck_assert_str_eq(log_enable(""), "");
    ck_assert_str_eq(log_enable("op,"), "");
}
END_TEST

START_TEST(filter) {
    log_items = LOG_OP;
    ck_assert(log_wants(LOG_OP | LOG_EXEC, 5));
    ck_assert(!log_wants(LOG_EXEC, 5));
    ck_assert_int_eq(log_set_filter("0x1000..0x1fff,4096000+0x10"), 0);
    static const uint64_t in[] = {0x1000, 0x1fff, 4096000, 4096015};
    static const uint64_t out[] = {0, 0xfff, 0x2000, 4095999, 4096016};
    for (int i = 0; i < 4; i++)
        ck_assert(log_wants(LOG_OP, in[i]));
    for (int i = 0; i < 5; i++)
        ck_assert(!log_wants(LOG_OP, out[i]));
    static const char *const bad[] = {"",    "1",      "1..",  "..2",     "1+",
                                      "1+0", "1..2,,", "1+1x", "5..4",    "1+2,",
                                      "-1",  "x..y",   "1-2",  "0x1..0x", "99999999999999999999+1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(log_set_filter(bad[i]) < 0, "%s", bad[i]);
    /* A refused filter changes nothing. */
    ck_assert(log_wants(LOG_OP, 0x1000));
}
END_TEST

static size_t read_file(const char *path, char *out, size_t size) {
    int fd = open(path, O_RDONLY);
    ssize_t got = read(fd, out, size - 1);
    close(fd);
    ck_assert_int_ge(got, 0);
    out[got] = 0;
    return (size_t)got;
}

START_TEST(file) {
    char folder[] = "/tmp/test_log.XXXXXX", path[100], named[100];
    static char text[20000], longest[10000];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log.%%d", folder);
    snprintf(named, sizeof named, "%s/log.%d", folder, (int)getpid());
    ck_assert_int_eq(log_open(path, false), 0);
    log_printf("%s %d\n", "line", 1);
    log_write("abc\n", 4);
    memset(longest, 'x', sizeof longest - 1);
    log_printf("%s", longest);
    ck_assert_uint_eq(read_file(named, text, sizeof text), 11 + sizeof longest - 1);
    ck_assert(!strncmp(text, "line 1\nabc\nxxx", 14));
    ck_assert_int_eq(log_open(path, true), 0);
    log_printf("more");
    ck_assert_uint_eq(read_file(named, text, sizeof text), 11 + sizeof longest - 1 + 4);
    ck_assert_int_eq(log_open(path, false), 0);
    ck_assert_uint_eq(read_file(named, text, sizeof text), 0);
    ck_assert_int_lt(log_open("/no/such/folder/log", false), 0);
    unlink(named);
    rmdir(folder);
}
END_TEST

/* Runs `act` in a child; returns its wait status and what it wrote to standard error. */
static int in_child(void (*act)(void), char *text, size_t size) {
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], text, size - 1); /* one write, one read */
    ck_assert_int_ge(got, 0);
    text[got] = 0;
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    return status;
}

static void act_report(void) {
    report_error("%s: %d", "file", 7);
}

static void act_die(void) {
    static char longest[20000];
    memset(longest, 'x', sizeof longest - 1);
    die(127, "%s", longest);
}

static void act_bug(void) {
    ASSERT(1 + 1 == 3);
}

START_TEST(errors) {
    static char text[20000];
    ck_assert_int_eq(in_child(act_report, text, sizeof text), 0);
    ck_assert_str_eq(text, "denizen: file: 7\n");
    ck_assert_int_eq(WEXITSTATUS(in_child(act_die, text, sizeof text)), 127);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    ck_assert_int_eq(WTERMSIG(in_child(act_bug, text, sizeof text)), SIGABRT);
    ck_assert_ptr_nonnull(strstr(text, "assertion failed: 1 + 1 == 3"));
    ck_assert_ptr_nonnull(strstr(text, "test_log.c"));
}
END_TEST

START_TEST(arena) {
    struct arena arena = {.base = NULL};
    for (int round = 0; round < 4; round++) {
        unsigned char *kept[2000];
        for (int i = 0; i < 2000; i++) {
            size_t size = (size_t)(i * 7 % 311);
            kept[i] = arena_alloc(&arena, size);
            ck_assert_uint_eq((uintptr_t)kept[i] % 16, 0);
            memset(kept[i], i, size);
        }
        unsigned char *large = arena_alloc(&arena, 5000000);
        memset(large, 1, 5000000);
        bool intact = true;
        for (int i = 0; i < 2000; i++)
            for (size_t j = 0; j < (size_t)(i * 7 % 311); j++)
                intact &= kept[i][j] == (unsigned char)i;
        ck_assert(intact);
        ck_assert_ptr_nonnull(arena_array(&arena, uint64_t, 10));
        arena_reset(&arena);
        ck_assert_uint_eq(arena.used, 0);
    }
    arena_free(&arena);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 0));
    arena_free(&arena);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("log");
    TCase *core = tcase_create("log");
    tcase_add_test(core, items);
    tcase_add_test(core, filter);
    tcase_add_test(core, file);
    tcase_add_test(core, errors);
    tcase_add_test(core, arena);
    suite_add_tcase(suite, core);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
