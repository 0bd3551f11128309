/* Signals that arrive at every moment of a waiting loop: none may be lost or slept over. A lost one
 * hangs the program. */
#include <poll.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "expect.h"

enum { ROUNDS = 5000 };

static volatile int received;

static void count(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    received++;
}

/* Ping-pong between two processes: each waits for the other's signal in `wait_once`. Every round
 * depends on exactly one signal. */
static void (*wait_once)(const sigset_t *open);

static void wait_by_suspend(const sigset_t *open) {
    sigsuspend(open);
}

static void wait_by_ppoll(const sigset_t *open) {
    ppoll(NULL, 0, NULL, open);
}

static void wait_by_info(const sigset_t *open) {
    (void)open;
    sigset_t set = set_of(SIGUSR1);
    if (sigwaitinfo(&set, NULL) == SIGUSR1)
        received++;
}

static void ping_pong(void) {
    sigset_t block = set_of(SIGUSR1), open;
    on_signal(SIGUSR1, 0, count);
    sigprocmask(SIG_BLOCK, &block, &open);
    received = 0;
    pid_t parent = getpid(), child = fork();
    pid_t other = child ? child : parent;
    if (child)
        kill(other, SIGUSR1);
    for (int i = 1; i <= ROUNDS; i++) {
        while (received < i)
            wait_once(&open);
        if (child ? i < ROUNDS : 1)
            kill(other, SIGUSR1);
    }
    if (!child)
        _exit(received == ROUNDS ? 0 : 1);
    int status;
    waitpid(child, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT(received == ROUNDS);
    sigprocmask(SIG_SETMASK, &open, NULL);
}

static void suspend_race(void) {
    wait_once = wait_by_suspend;
    ping_pong();
}

static void ppoll_race(void) {
    wait_once = wait_by_ppoll;
    ping_pong();
}

static void sigwait_race(void) {
    wait_once = wait_by_info;
    ping_pong();
}

/* Every real-time signal sent is handled once, while the receiver reads from a pipe. */
static void read_loop(void) {
    int fds[2];
    on_signal(SIGRTMIN, SA_RESTART, count);
    received = 0;
    EXPECT(pipe(fds) == 0);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        for (int i = 0; i < ROUNDS; i++) {
            union sigval value = {.sival_int = i};
            while (sigqueue(parent, SIGRTMIN, value) != 0)
                sched_yield();
            if (write(fds[1], "x", 1) != 1)
                _exit(1);
        }
        _exit(0);
    }
    char c;
    int bytes = 0, errors = 0;
    while (bytes < ROUNDS) {
        ssize_t size = read(fds[0], &c, 1);
        if (size == 1)
            bytes++;
        else
            errors++;
    }
    waitpid(child, NULL, 0);
    EXPECT(bytes == ROUNDS && errors == 0);
    EXPECT(received == ROUNDS);
    close(fds[0]);
    close(fds[1]);
}

/* The same without restart: each EINTR comes with a signal. */
static void read_interrupted(void) {
    int fds[2];
    on_signal(SIGRTMIN, 0, count);
    received = 0;
    EXPECT(pipe(fds) == 0);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        for (int i = 0; i < ROUNDS; i++) {
            union sigval value = {.sival_int = i};
            while (sigqueue(parent, SIGRTMIN, value) != 0)
                sched_yield();
        }
        if (write(fds[1], "x", 1) != 1)
            _exit(1);
        _exit(0);
    }
    char c;
    int wrong = 0;
    for (;;) {
        ssize_t size = read(fds[0], &c, 1);
        if (size == 1)
            break;
        wrong += errno != EINTR;
    }
    waitpid(child, NULL, 0);
    EXPECT(wrong == 0);
    EXPECT(received == ROUNDS);
    close(fds[0]);
    close(fds[1]);
}

/* A thread is hit while it computes, changes its mask, calls and returns. */
static volatile int stop;
static volatile unsigned long work;

static int fib(int n) {
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static void *worker(void *unused) {
    (void)unused;
    sigset_t set = set_of(SIGUSR2);
    while (!stop) {
        if (fib(12) != 144)
            abort();
        sigprocmask(SIG_BLOCK, &set, NULL);
        getppid();
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        work++;
    }
    return NULL;
}

static void busy_thread(void) {
    pthread_t thread;
    on_signal(SIGRTMIN, 0, count);
    on_signal(SIGUSR2, 0, count);
    received = 0;
    stop = 0;
    pthread_create(&thread, NULL, worker, NULL);
    int sent = 0;
    for (int i = 0; i < ROUNDS; i++) {
        union sigval value = {.sival_int = i};
        while (pthread_sigqueue(thread, SIGRTMIN, value) != 0)
            sched_yield();
        sent++;
    }
    while (received < sent)
        sched_yield();
    stop = 1;
    pthread_join(thread, NULL);
    EXPECT(received == sent);
}

/* A handler that is entered in the middle of everything must not disturb what it interrupts. */
static void timer_storm(void) {
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN + 1;
    timer_t timer;
    on_signal(SIGRTMIN + 1, 0, count);
    EXPECT(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    struct itimerspec spec = {{0, 200000}, {0, 200000}};
    received = 0;
    EXPECT(timer_settime(timer, 0, &spec, NULL) == 0);
    int wrong = 0;
    double sum = 0;
    for (int i = 0; received < 1000; i++) {
        wrong += fib(15) != 610;
        sum += 1.0 / (i + 1);
        char text[32];
        snprintf(text, sizeof text, "%d", i);
        wrong += atoi(text) != i;
    }
    timer_delete(timer);
    EXPECT(wrong == 0 && sum > 1);
}

int main(void) {
    RUN(suspend_race);
    RUN(ppoll_race);
    RUN(sigwait_race);
    RUN(read_loop);
    RUN(read_interrupted);
    RUN(busy_thread);
    RUN(timer_storm);
    return expect_summary();
}
