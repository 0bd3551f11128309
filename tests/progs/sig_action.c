/* rt_sigaction in all its flags, ignored and default dispositions, inheritance over exec. */
#include <sys/syscall.h>
#include <sys/wait.h>

#include "expect.h"

static volatile int calls, depth, deepest;
static volatile siginfo_t seen;

static void count(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    calls++;
    seen = *info;
}

static void plain_count(int number) {
    calls += number == SIGUSR1;
}

static void plain_handler(void) {
    struct sigaction action = {.sa_handler = plain_count}, old;
    calls = 0;
    EXPECT(sigaction(SIGUSR1, &action, NULL) == 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    EXPECT(calls == 2);
    EXPECT(sigaction(SIGUSR1, NULL, &old) == 0);
    EXPECT(old.sa_handler == plain_count);
    EXPECT(!(old.sa_flags & (SA_SIGINFO | SA_NODEFER | SA_RESETHAND | SA_ONSTACK)));
}

static void siginfo_of_kill(void) {
    on_signal(SIGUSR1, 0, count);
    calls = 0;
    kill(getpid(), SIGUSR1);
    EXPECT(calls == 1);
    EXPECT(seen.si_signo == SIGUSR1);
    EXPECT(seen.si_code == SI_USER);
    EXPECT(seen.si_pid == getpid());
    EXPECT(seen.si_uid == getuid());
    syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
    EXPECT(seen.si_code == SI_TKILL);
    union sigval value = {.sival_ptr = (void *)0x123456789abcdef0};
    sigqueue(getpid(), SIGUSR1, value);
    EXPECT(seen.si_code == SI_QUEUE);
    EXPECT(seen.si_value.sival_ptr == value.sival_ptr);
    EXPECT(calls == 3);
}

static void nest(int number, siginfo_t *info, void *context) {
    (void)info;
    (void)context;
    calls++;
    depth++;
    if (depth > deepest)
        deepest = depth;
    if (calls < 4)
        raise(number);
    depth--;
}

static void nodefer(void) {
    calls = depth = deepest = 0;
    on_signal(SIGUSR1, SA_NODEFER, nest);
    raise(SIGUSR1);
    EXPECT(calls == 4);
    EXPECT(deepest == 4);
    calls = depth = deepest = 0;
    on_signal(SIGUSR1, 0, nest);
    raise(SIGUSR1);
    EXPECT(calls == 4);
    EXPECT(deepest == 1);
}

static volatile int order[8], ordered;

static void note(int number, siginfo_t *info, void *context) {
    (void)info;
    (void)context;
    order[ordered++] = number;
    if (number == SIGUSR1) {
        raise(SIGUSR2);
        order[ordered++] = -1;
    }
}

static void handler_mask(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = note;
    action.sa_flags = SA_SIGINFO;
    ordered = 0;
    on_signal(SIGUSR2, 0, note);
    action.sa_mask = set_of(SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    EXPECT(ordered == 3 && order[0] == SIGUSR1 && order[1] == -1 && order[2] == SIGUSR2);
    ordered = 0;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    EXPECT(ordered == 3 && order[0] == SIGUSR1 && order[1] == SIGUSR2 && order[2] == -1);
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    EXPECT(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
}

static void reset_hand(void) {
    struct sigaction old;
    calls = 0;
    on_signal(SIGURG, SA_RESETHAND, count); /* by default ignored: the second is harmless */
    raise(SIGURG);
    sigaction(SIGURG, NULL, &old);
    EXPECT(old.sa_handler == SIG_DFL);
    raise(SIGURG);
    EXPECT(calls == 1);
}

static void refusals(void) {
    struct sigaction action = {.sa_handler = SIG_IGN};
    EXPECT(sigaction(SIGKILL, &action, NULL) == -1 && errno == EINVAL);
    EXPECT(sigaction(SIGSTOP, &action, NULL) == -1 && errno == EINVAL);
    EXPECT(sigaction(SIGKILL, NULL, &action) == 0);
    EXPECT(sigaction(65, NULL, &action) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8) == -1 && errno == EFAULT);
    EXPECT(syscall(SYS_rt_sigprocmask, 7, &action, NULL, 8) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_rt_sigprocmask, SIG_BLOCK, (void *)8, NULL, 8) == -1 && errno == EFAULT);
    EXPECT(kill(getpid(), 65) == -1 && errno == EINVAL);
    EXPECT(kill(getpid(), 0) == 0);
    sigset_t all, now_set;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    sigprocmask(SIG_SETMASK, NULL, &now_set);
    EXPECT(!sigismember(&now_set, SIGKILL) && !sigismember(&now_set, SIGSTOP));
    EXPECT(sigismember(&now_set, SIGSEGV) && sigismember(&now_set, SIGUSR1));
    sigprocmask(SIG_UNBLOCK, &all, NULL);
}

static void ignored(void) {
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR1);
    sigset_t set = set_of(SIGUSR1), pending;
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    sigpending(&pending);
    EXPECT(sigismember(&pending, SIGUSR1)); /* blocked ones wait even when ignored */
    signal(SIGUSR1, SIG_IGN);               /* and setting it drops them */
    sigpending(&pending);
    EXPECT(!sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGUSR1, SIG_DFL);
}

/* A synchronous signal that is merely sent is like any other: it can be blocked and ignored. */
static void sent_synchronous(void) {
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int number = numbers[i];
        sigset_t set = set_of(number), pending, old;
        calls = 0;
        on_signal(number, 0, count);
        kill(getpid(), number);
        EXPECT(calls == 1 && seen.si_code == SI_USER);
        sigprocmask(SIG_BLOCK, &set, &old);
        kill(getpid(), number);
        kill(getpid(), number);
        EXPECT(calls == 1);
        sigpending(&pending);
        EXPECT(sigismember(&pending, number));
        sigprocmask(SIG_SETMASK, &old, NULL);
        EXPECT(calls == 2);
        sigprocmask(SIG_BLOCK, &set, &old);
        raise(number);
        sigset_t none;
        sigemptyset(&none);
        EXPECT(sigsuspend(&none) == -1 && errno == EINTR);
        EXPECT(calls == 3);
        raise(number);
        siginfo_t info;
        EXPECT(sigwaitinfo(&set, &info) == number && info.si_code == SI_USER);
        EXPECT(calls == 3);
        sigprocmask(SIG_SETMASK, &old, NULL);
        signal(number, SIG_IGN);
        kill(getpid(), number);
        EXPECT(calls == 3);
        signal(number, SIG_DFL);
    }
}

static int child_status(void (*child)(void)) {
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        child();
        _exit(99);
    }
    waitpid(pid, &status, 0);
    return status;
}

static int fatal_number;

static void die_of_it(void) {
    if (fatal_number != SIGKILL)
        signal(fatal_number, SIG_DFL); /* whatever was inherited */
    raise(fatal_number);
}

static void defaults(void) {
    static const int fatal[] = {SIGHUP,  SIGINT,  SIGUSR1, SIGUSR2, SIGPIPE,  SIGALRM,
                                SIGTERM, SIGKILL, SIGIO,   SIGPROF, SIGVTALRM};
    for (unsigned i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
        fatal_number = fatal[i];
        int status = child_status(die_of_it);
        EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == fatal[i]);
    }
    for (int number = SIGRTMIN; number <= SIGRTMAX; number += 7) {
        fatal_number = number;
        int status = child_status(die_of_it);
        EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == number);
    }
    static const int harmless[] = {SIGCHLD, SIGURG, SIGWINCH, SIGCONT};
    for (unsigned i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        fatal_number = harmless[i];
        int status = child_status(die_of_it);
        EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 99);
    }
}

static char *self;

static void exec_self(void) {
    signal(SIGUSR1, SIG_IGN);
    signal(SIGSEGV, SIG_IGN);
    signal(SIGABRT, SIG_IGN);
    on_signal(SIGUSR2, 0, count);
    on_signal(SIGFPE, 0, count);
    sigset_t set = set_of(SIGTERM);
    sigaddset(&set, SIGBUS);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGTERM);
    execl(self, self, "inherited", NULL);
}

static int inherited(void) {
    struct sigaction action;
    sigset_t mask, pending;
    int bits = 0;
    sigaction(SIGUSR1, NULL, &action);
    bits |= (action.sa_handler == SIG_IGN) << 0;
    sigaction(SIGUSR2, NULL, &action);
    bits |= (action.sa_handler == SIG_DFL) << 1;
    sigaction(SIGSEGV, NULL, &action);
    bits |= (action.sa_handler == SIG_IGN) << 2;
    sigaction(SIGFPE, NULL, &action);
    bits |= (action.sa_handler == SIG_DFL) << 3;
    sigaction(SIGABRT, NULL, &action);
    bits |= (action.sa_handler == SIG_IGN) << 4;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    bits |=
        (sigismember(&mask, SIGTERM) && sigismember(&mask, SIGBUS) && !sigismember(&mask, SIGSEGV))
        << 5;
    sigpending(&pending);
    bits |= sigismember(&pending, SIGTERM) << 6;
    return bits;
}

static void over_exec(void) {
    int status = child_status(exec_self);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

static void child_flags(void) {
    calls = 0;
    on_signal(SIGCHLD, SA_NOCLDWAIT, count);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    EXPECT(waitpid(pid, NULL, 0) == -1 && errno == ECHILD);
    EXPECT(calls == 1 && seen.si_pid == pid);

    on_signal(SIGCHLD, SA_NOCLDSTOP, count);
    calls = 0;
    pid = fork();
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(3);
    }
    int status;
    EXPECT(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    EXPECT(calls == 0);
    kill(pid, SIGCONT);
    EXPECT(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 3);
    EXPECT(calls == 1 && seen.si_code == CLD_EXITED && seen.si_status == 3);

    signal(SIGCHLD, SIG_IGN);
    pid = fork();
    if (pid == 0)
        _exit(0);
    EXPECT(waitpid(pid, NULL, 0) == -1 && errno == ECHILD);
    signal(SIGCHLD, SIG_DFL);
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc > 1)
        return inherited();
    RUN(plain_handler);
    RUN(siginfo_of_kill);
    RUN(nodefer);
    RUN(handler_mask);
    RUN(reset_hand);
    RUN(refusals);
    RUN(ignored);
    RUN(sent_synchronous);
    RUN(defaults);
    RUN(over_exec);
    RUN(child_flags);
    return expect_summary();
}
