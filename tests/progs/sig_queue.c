/* Queues: real-time order and counts, coalescing, sigtimedwait, signalfd, timers, masks of calls.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "expect.h"

enum { MOST = 4096 };
static volatile int numbers[MOST], values[MOST], got;

static void note(int number, siginfo_t *info, void *context) {
    (void)context;
    if (got < MOST) {
        numbers[got] = number;
        values[got] = info->si_value.sival_int;
    }
    got++;
}

static void send(int number, int value) {
    union sigval argument = {.sival_int = value};
    if (sigqueue(getpid(), number, argument) != 0)
        perror("sigqueue");
}

static void real_time_order(void) {
    sigset_t set, old;
    sigemptyset(&set);
    for (int i = 0; i < 4; i++) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_sigaction = note;
        action.sa_flags = SA_SIGINFO;
        sigfillset(&action.sa_mask); /* one after the other, not nested */
        sigaction(SIGRTMIN + i, &action, NULL);
        sigaddset(&set, SIGRTMIN + i);
    }
    sigprocmask(SIG_BLOCK, &set, &old);
    for (int i = 0; i < 100; i++)
        send(SIGRTMIN + 3 - i % 4, i);
    got = 0;
    sigprocmask(SIG_SETMASK, &old, NULL);
    EXPECT(got == 100);
    /* All of the lower number first, each in the order sent. With full masks the handlers run in
     * the reverse of the order in which frames were built only if nested: they are not. */
    int sorted = 1;
    for (int i = 1; i < got; i++)
        sorted &= numbers[i] > numbers[i - 1] ||
                  (numbers[i] == numbers[i - 1] && values[i] > values[i - 1]);
    EXPECT(sorted);
}

static void nested_order(void) {
    /* With empty masks all frames are built before any handler runs: the last frame runs first. */
    sigset_t set, old;
    sigemptyset(&set);
    for (int i = 0; i < 4; i++) {
        on_signal(SIGRTMIN + i, 0, note);
        sigaddset(&set, SIGRTMIN + i);
    }
    sigprocmask(SIG_BLOCK, &set, &old);
    for (int i = 0; i < 4; i++)
        send(SIGRTMIN + i, i);
    got = 0;
    sigprocmask(SIG_SETMASK, &old, NULL);
    EXPECT(got == 4);
    EXPECT(values[0] == 3 && values[1] == 2 && values[2] == 1 && values[3] == 0);
}

static void coalescing(void) {
    sigset_t set = set_of(SIGUSR1), old, pending;
    on_signal(SIGUSR1, 0, note);
    sigprocmask(SIG_BLOCK, &set, &old);
    for (int i = 0; i < 10; i++)
        send(SIGUSR1, i);
    sigpending(&pending);
    EXPECT(sigismember(&pending, SIGUSR1) && !sigismember(&pending, SIGUSR2));
    got = 0;
    sigprocmask(SIG_SETMASK, &old, NULL);
    EXPECT(got == 1 && values[0] == 0);
    sigpending(&pending);
    EXPECT(!sigismember(&pending, SIGUSR1));
}

static void timed_wait(void) {
    sigset_t set = set_of(SIGRTMIN), old;
    siginfo_t info;
    struct timespec zero = {0, 0}, little = {0, 20000000};
    sigprocmask(SIG_BLOCK, &set, &old);
    EXPECT(sigtimedwait(&set, &info, &zero) == -1 && errno == EAGAIN);
    double start = now();
    EXPECT(sigtimedwait(&set, &info, &little) == -1 && errno == EAGAIN);
    EXPECT(now() - start >= 0.019);
    for (int i = 0; i < 5; i++)
        send(SIGRTMIN, i);
    for (int i = 0; i < 5; i++)
        EXPECT(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_value.sival_int == i &&
               info.si_code == SI_QUEUE && info.si_pid == getpid());
    EXPECT(sigtimedwait(&set, &info, &zero) == -1 && errno == EAGAIN);
    int number;
    send(SIGRTMIN, 1);
    EXPECT(sigwait(&set, &number) == 0 && number == SIGRTMIN);
    EXPECT(syscall(SYS_rt_sigtimedwait, &set, NULL, &zero, 4) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_rt_sigtimedwait, (void *)8, NULL, &zero, 8) == -1 && errno == EFAULT);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static void descriptor(void) {
    sigset_t set = set_of(SIGUSR1), old;
    sigaddset(&set, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &set, &old);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    struct signalfd_siginfo info[4];
    EXPECT(fd >= 0);
    EXPECT(read(fd, info, sizeof info) == -1 && errno == EAGAIN);
    send(SIGUSR1, 1);
    send(SIGRTMIN + 1, 2);
    send(SIGRTMIN + 1, 3);
    struct pollfd entry = {fd, POLLIN, 0};
    EXPECT(poll(&entry, 1, 1000) == 1);
    EXPECT(read(fd, info, sizeof info) == 3 * (ssize_t)sizeof info[0]);
    EXPECT(info[0].ssi_signo == SIGUSR1 && info[0].ssi_int == 1);
    EXPECT((int)info[1].ssi_signo == SIGRTMIN + 1 && info[1].ssi_int == 2);
    EXPECT((int)info[2].ssi_signo == SIGRTMIN + 1 && info[2].ssi_int == 3);
    EXPECT(info[0].ssi_pid == (unsigned)getpid() && info[0].ssi_code == SI_QUEUE);
    close(fd);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

/* The masks of waiting calls are in force exactly while they wait. */
static void waiting_masks(void) {
    sigset_t block = set_of(SIGUSR1), old, inside, current;
    on_signal(SIGUSR1, 0, note);
    sigprocmask(SIG_BLOCK, &block, &old);
    sigemptyset(&inside);
    struct timespec time = {5, 0};
    struct epoll_event event;
    int epoll_fd = epoll_create1(0);
    got = 0;
    for (int i = 0; i < 4; i++) {
        raise(SIGUSR1);
        EXPECT(got == i);
        int result;
        switch (i) {
        case 0: result = ppoll(NULL, 0, &time, &inside); break;
        case 1: result = pselect(0, NULL, NULL, NULL, &time, &inside); break;
        case 2: result = epoll_pwait(epoll_fd, &event, 1, 5000, &inside); break;
        default: result = sigsuspend(&inside);
        }
        EXPECT(result == -1 && errno == EINTR);
        EXPECT(got == i + 1);
        sigprocmask(SIG_SETMASK, NULL, &current);
        EXPECT(sigismember(&current, SIGUSR1));
    }
    /* A mask that keeps it out changes nothing. */
    raise(SIGUSR1);
    struct timespec little = {0, 10000000};
    EXPECT(ppoll(NULL, 0, &little, &block) == 0);
    EXPECT(got == 4);
    /* What is ready goes first. */
    int fds[2];
    EXPECT(pipe(fds) == 0 && write(fds[1], "x", 1) == 1);
    struct pollfd entry = {fds[0], POLLIN, 0};
    EXPECT(ppoll(&entry, 1, &time, &inside) == 1);
    EXPECT(got == 4);
    sigprocmask(SIG_SETMASK, &old, NULL);
    EXPECT(got == 5);
    close(fds[0]);
    close(fds[1]);
    close(epoll_fd);
}

static void timers(void) {
    struct itimerval interval = {{0, 5000}, {0, 5000}}, off = {{0, 0}, {0, 0}};
    on_signal(SIGALRM, 0, note);
    got = 0;
    setitimer(ITIMER_REAL, &interval, NULL);
    while (got < 10)
        pause();
    setitimer(ITIMER_REAL, &off, NULL);
    EXPECT(got >= 10);

    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN + 2;
    event.sigev_value.sival_int = 77;
    timer_t timer;
    on_signal(SIGRTMIN + 2, 0, note);
    EXPECT(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    struct itimerspec spec = {{0, 0}, {0, 10000000}};
    got = 0;
    EXPECT(timer_settime(timer, 0, &spec, NULL) == 0);
    while (got < 1)
        pause();
    EXPECT(numbers[0] == SIGRTMIN + 2 && values[0] == 77);
    EXPECT(timer_delete(timer) == 0);

    /* A computing loop is interrupted too. */
    struct itimerval soon = {{0, 0}, {0, 20000}};
    got = 0;
    setitimer(ITIMER_REAL, &soon, NULL);
    volatile unsigned long spins = 0;
    while (!got)
        spins++;
    EXPECT(spins > 0);
    setitimer(ITIMER_VIRTUAL, &soon, NULL);
    on_signal(SIGVTALRM, 0, note);
    got = 0;
    while (!got)
        spins++;
    EXPECT(numbers[0] == SIGVTALRM);
}

int main(void) {
    RUN(real_time_order);
    RUN(nested_order);
    RUN(coalescing);
    RUN(timed_wait);
    RUN(descriptor);
    RUN(waiting_masks);
    RUN(timers);
    return expect_summary();
}
