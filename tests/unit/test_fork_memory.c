/* runtime/fork_memory: a child's copies hold what they held, and the parent's pages stay its own.
 */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/fork_memory.h"

enum { PAGES = 8, PAGE = 4096, SIZE = PAGES * PAGE };

static unsigned char *filled(size_t used) {
    unsigned char *memory =
        mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    for (size_t i = 0; i < used; i++)
        memory[i] = (unsigned char)(i * 7 + i / PAGE + 1);
    return memory;
}

static bool holds(const unsigned char *memory, size_t used) {
    for (size_t i = 0; i < SIZE; i++)
        if (memory[i] != (i < used ? (unsigned char)(i * 7 + i / PAGE + 1) : 0))
            return false;
    return true;
}

static int status_of(pid_t child) {
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Neither begin nor end of what is copied lies at a page's. */
START_TEST(copies) {
    unsigned char *memory = filled(SIZE);
    pid_t child = fork();
    if (child == 0) {
        fork_memory_copy(memory + PAGE + 100, 3 * PAGE);
        bool same = holds(memory, SIZE);
        memset(memory, 0, SIZE);
        _exit(!same);
    }
    ck_assert_int_eq(status_of(child), 0);
    ck_assert(holds(memory, SIZE));
}
END_TEST

/* The page that `at` lies in is in use. */
START_TEST(clears) {
    const size_t used = 2 * PAGE + 10;
    unsigned char *memory = filled(used);
    pid_t child = fork();
    if (child == 0) {
        fork_memory_clear(memory + used, memory + SIZE - 10, PROT_READ | PROT_WRITE);
        bool same = holds(memory, used);
        memset(memory, 1, SIZE);
        _exit(!same);
    }
    ck_assert_int_eq(status_of(child), 0);
    ck_assert(holds(memory, used));
}
END_TEST

START_TEST(clears_nothing_within_a_page) {
    unsigned char *memory = filled(SIZE);
    fork_memory_clear(memory + 10, memory + PAGE, PROT_READ | PROT_WRITE);
    fork_memory_clear(memory + 10, memory + PAGE + 20, PROT_READ | PROT_WRITE);
    ck_assert(holds(memory, SIZE));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("fork_memory");
    TCase *tests = tcase_create("fork_memory");
    tcase_add_test(tests, copies);
    tcase_add_test(tests, clears);
    tcase_add_test(tests, clears_nothing_within_a_page);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
