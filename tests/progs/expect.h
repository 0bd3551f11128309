/* For the test programs: checks whose failures are lines of output, and a summary line. The
 * programs print the same wherever they run right, so that a native run is the reference. */
#ifndef TESTS_PROGS_EXPECT_H
#define TESTS_PROGS_EXPECT_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int expect_count, expect_failures;

#define EXPECT(condition)                                                                \
    do {                                                                                 \
        int expect_errno = errno;                                                        \
        expect_count++;                                                                  \
        if (!(condition)) {                                                              \
            expect_failures++;                                                           \
            printf("%s:%d: not so: %s (errno was %d)\n", __func__, __LINE__, #condition, \
                   expect_errno);                                                        \
            fflush(stdout);                                                              \
        }                                                                                \
    } while (0)

/* Runs one group of checks and says so. */
#define RUN(function)                                                       \
    do {                                                                    \
        int expect_before = expect_count;                                   \
        function();                                                         \
        printf("%s: %d checks\n", #function, expect_count - expect_before); \
        fflush(stdout);                                                     \
    } while (0)

static inline int expect_summary(void) {
    printf("%d checks, %d failed\n", expect_count, expect_failures);
    return expect_failures != 0;
}

static inline void sleep_ms(long ms) {
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        ;
}

static inline double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline void on_signal(int number, int flags, void (*handler)(int, siginfo_t *, void *)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handler;
    action.sa_flags = flags | SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, NULL) != 0)
        perror("sigaction");
}

static inline sigset_t set_of(int number) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    return set;
}

#endif
