/* Clocks, sleeping, interval timers and POSIX timers. */
#include "sys.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <time.h>

static volatile sig_atomic_t alarms;
static volatile int last_code, last_value;

static void on_alarm(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    last_code = info->si_code;
    last_value = info->si_value.sival_int;
    alarms++;
}

static int64_t nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void clocks(void) {
    static const clockid_t all[] = {CLOCK_REALTIME,           CLOCK_MONOTONIC,
                                    CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
                                    CLOCK_MONOTONIC_RAW,      CLOCK_REALTIME_COARSE,
                                    CLOCK_MONOTONIC_COARSE,   CLOCK_BOOTTIME};
    struct timespec now, resolution;
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        printf("clock %d\n", (int)all[i]);
        SHOW(clock_gettime(all[i], &now));
        SHOW(syscall(SYS_clock_gettime, all[i], &now));
        SHOW(clock_getres(all[i], &resolution));
        int64_t before = nanoseconds(all[i]), after = nanoseconds(all[i]);
        TRUE(after >= before && after - before < INT64_C(1000000000));
    }
    SHOW(clock_gettime(1234, &now));
    clockid_t own;
    SHOW(clock_getcpuclockid(getpid(), &own));
    SHOW(clock_gettime(own, &now));
    struct timeval day;
    struct timezone zone;
    SHOW(gettimeofday(&day, &zone));
    TRUE(day.tv_sec > 1600000000 && day.tv_usec < 1000000);
    TRUE(time(NULL) >= day.tv_sec);
    struct tms times_now;
    TRUE(times(&times_now) != (clock_t)-1 && times_now.tms_utime >= 0);
    struct timex state = {.modes = 0};
    OK(adjtimex(&state));
    TRUE(state.tick > 0);
    struct rusage usage;
    SHOW(getrusage(RUSAGE_SELF, &usage));
    TRUE(usage.ru_maxrss > 0);
    SHOW(getrusage(77, &usage));
}

static void sleeping(void) {
    struct timespec pause = {0, 20000000}, left = {7, 7};
    int64_t before = nanoseconds(CLOCK_MONOTONIC);
    SHOW(nanosleep(&pause, &left));
    TRUE(nanoseconds(CLOCK_MONOTONIC) - before >= 20000000);
    TRUE(left.tv_sec == 7 && left.tv_nsec == 7);
    pause.tv_nsec = 1000000000;
    SHOW(nanosleep(&pause, NULL));
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 5000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    SHOW(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL));
    SHOW(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &until, NULL));

    /* Interrupted, with what is left. A signal may come before the call is made: there is another
     * one then. */
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval timer = {.it_value = {0, 20000}, .it_interval = {0, 20000}}, off = {0}, old;
    SHOW(setitimer(ITIMER_REAL, &timer, NULL));
    pause = (struct timespec){50, 0};
    left = (struct timespec){0, 0};
    SHOW(nanosleep(&pause, &left));
    TRUE(left.tv_sec >= 20 && left.tv_sec < 50);
    TRUE(alarms > 0);
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGALRM, &action, NULL);
    int pipe_fd[2];
    char byte;
    SHOW(pipe(pipe_fd));
    SHOW(read(pipe_fd[0], &byte, 1));
    SHOW(setitimer(ITIMER_REAL, &off, &old));
    TRUE(old.it_interval.tv_sec == 0 && old.it_interval.tv_usec == 20000);
    SHOW(getitimer(ITIMER_REAL, &old));
    TRUE(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
    timer.it_value.tv_usec = 2000000;
    SHOW(setitimer(ITIMER_REAL, &timer, NULL));
    SHOW(getitimer(99, &old));
    SHOW(alarm(100));
    SHOW(alarm(0));
}

static void posix_timers(void) {
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
    sigaction(SIGRTMIN, &action, NULL);
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 1234};
    timer_t timer;
    struct itimerspec spec = {.it_value = {0, 5000000}}, now;
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    alarms = 0;
    SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
    SHOW(timer_settime(timer, 0, &spec, NULL));
    while (alarms == 0)
        sigsuspend(&before);
    printf("alarms %d code %d value %d\n", (int)alarms, last_code, last_value);
    SHOW(timer_gettime(timer, &now));
    TRUE(now.it_value.tv_sec == 0 && now.it_value.tv_nsec == 0);
    SHOW(timer_getoverrun(timer));
    SHOW(timer_delete(timer));
    SHOW(syscall(SYS_timer_delete, 12345));
    event.sigev_signo = 99;
    SHOW(timer_create(CLOCK_MONOTONIC, &event, &timer));
    SHOW(timer_create(1234, NULL, &timer));
    event.sigev_notify = SIGEV_NONE;
    event.sigev_signo = SIGRTMIN;
    SHOW(timer_create(CLOCK_REALTIME, &event, &timer));
    spec.it_value.tv_sec = 100;
    SHOW(timer_settime(timer, 0, &spec, NULL));
    SHOW(timer_gettime(timer, &now));
    TRUE(now.it_value.tv_sec >= 99);
}

int main(void) {
    clocks();
    sleeping();
    posix_timers();
    return 0;
}
