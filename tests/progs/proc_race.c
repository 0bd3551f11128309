/* Processes as a shell makes them, with signals at every moment: output passed up through nested
 * pipes while a SIGCHLD handler reaps and a timer interrupts, and SIGTERM from fork to execve. */
#include <sys/time.h>
#include <sys/wait.h>

#include "expect.h"

enum { NESTED_ROUNDS = 4, TERM_ROUNDS = 120, DEPTH = 5, NOTED = 143 };

static volatile sig_atomic_t noted;
static volatile pid_t reaped[16];
static volatile int reaped_status[16];
static volatile unsigned reaped_count;

static void reap(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    int saved = errno, status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        unsigned i = reaped_count++ % 16;
        reaped[i] = pid;
        reaped_status[i] = status;
    }
    errno = saved;
}

static void note(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    noted = 1;
}

static void start_timer(long microseconds) {
    struct itimerval time = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &time, NULL);
}

/* With SIGCHLD blocked: the status of a child, from the handler or by waiting. */
static int status_of(pid_t pid) {
    int status = -1;
    for (unsigned i = 0; i < 16; i++) {
        if (reaped[i] == pid) {
            reaped[i] = 0;
            return reaped_status[i];
        }
    }
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

static int fib(int n);

static int fib_in_child(int n) {
    int fds[2], sender = 0, result = -1;
    char text[64];
    size_t length = 0;
    ssize_t size;
    sigset_t block = set_of(SIGCHLD), open;
    EXPECT(pipe(fds) == 0);
    sigprocmask(SIG_BLOCK, &block, &open);
    pid_t pid = fork();
    if (pid == 0) {
        for (unsigned i = 0; i < 16; i++)
            reaped[i] = 0;
        sigprocmask(SIG_SETMASK, &open, NULL);
        close(fds[0]);
        start_timer(700);
        int wanted = snprintf(text, sizeof text, "%d %d\n", (int)getpid(), fib(n));
        _exit(write(fds[1], text, (size_t)wanted) == wanted && expect_failures == 0 ? n : 99);
    }
    sigprocmask(SIG_SETMASK, &open, NULL);
    close(fds[1]);
    while ((size = read(fds[0], text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)size;
    EXPECT(size == 0);
    text[length] = '\0';
    close(fds[0]);
    sigprocmask(SIG_BLOCK, &block, NULL);
    int status = status_of(pid);
    sigprocmask(SIG_SETMASK, &open, NULL);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == n);
    EXPECT(sscanf(text, "%d %d", &sender, &result) == 2 && sender == pid);
    EXPECT(strchr(text, '\n') == text + length - 1);
    return result;
}

static int fib(int n) {
    return n < 2 ? n : fib_in_child(n - 1) + fib_in_child(n - 2);
}

static void nested(void) {
    on_signal(SIGCHLD, SA_RESTART, reap);
    on_signal(SIGALRM, SA_RESTART, note);
    start_timer(500);
    for (int i = 0; i < NESTED_ROUNDS; i++)
        EXPECT(fib(DEPTH) == 5);
    start_timer(0);
    signal(SIGCHLD, SIG_DFL);
}

/* Whether before, in or after the handler, and across execve: SIGTERM is seen once. */
static void terminated(void) {
    int lost = 0;
    for (int i = 0; i < TERM_ROUNDS; i++) {
        sigset_t block = set_of(SIGTERM), open;
        noted = 0;
        on_signal(SIGTERM, 0, note);
        sigprocmask(SIG_BLOCK, &block, &open);
        pid_t pid = fork();
        if (pid == 0) {
            sigprocmask(SIG_SETMASK, &open, NULL);
            signal(SIGTERM, SIG_DFL);
            if (noted)
                _exit(NOTED);
            execl("/proc/self/exe", "proc_race", "sleep", (char *)NULL);
            _exit(1);
        }
        sigprocmask(SIG_SETMASK, &open, NULL);
        double until = now() + i * 2e-5;
        while (now() < until)
            ;
        kill(pid, SIGTERM);
        int status = 0;
        waitpid(pid, &status, 0);
        lost += !(WIFSIGNALED(status) ? WTERMSIG(status) == SIGTERM : WEXITSTATUS(status) == NOTED);
    }
    EXPECT(lost == 0);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "sleep") == 0) {
        sleep_ms(3000);
        return 0;
    }
    RUN(nested);
    RUN(terminated);
    return expect_summary();
}
