/* Processes: fork, vfork, posix_spawn, clone, wait in its forms, job control. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "expect.h"

extern char **environ;
static char *self;

static int wait_for(pid_t pid) {
    int status = -1;
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

static void forks(void) {
    volatile int value = 1;
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        value = 2;
        *shared = getppid() == parent && getpid() != parent && value == 2;
        _exit(17);
    }
    int status = wait_for(pid);
    EXPECT(pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 17);
    EXPECT(*shared == 1 && value == 1);
    EXPECT(waitpid(pid, &status, 0) == -1 && errno == ECHILD);
    /* Generations. */
    pid = fork();
    if (pid == 0) {
        int depth = 0;
        while (depth < 10) {
            pid_t child = fork();
            if (child) {
                status = wait_for(child);
                _exit(WEXITSTATUS(status) + 1);
            }
            depth++;
        }
        _exit(0);
    }
    status = wait_for(pid);
    EXPECT(WEXITSTATUS(status) == 10);
}

static void vforks(void) {
    static volatile int touched;
    volatile int local = 5;
    int status;
    sigset_t set = set_of(SIGUSR1), mask;
    touched = 0;
    pid_t pid = vfork();
    if (pid == 0) {
        touched = 1; /* in the parent's memory */
        sigprocmask(SIG_BLOCK, &set, NULL);
        signal(SIGUSR2, SIG_IGN);
        _exit(9);
    }
    EXPECT(touched == 1);
    EXPECT(local == 5);
    status = wait_for(pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 9);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    EXPECT(!sigismember(&mask, SIGUSR1)); /* but not its signal state */
    struct sigaction action;
    sigaction(SIGUSR2, NULL, &action);
    EXPECT(action.sa_handler == SIG_DFL);
    for (volatile int i = 0; i < 100; i++) {
        pid = vfork();
        if (pid == 0)
            _exit(i);
        status = wait_for(pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != i)
            EXPECT(!"exited");
    }
    pid = vfork();
    if (pid == 0) {
        execl(self, self, "exit", "33", NULL);
        _exit(1);
    }
    status = wait_for(pid);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 33);
    pid = vfork();
    if (pid == 0) {
        execl("/no/such/file", "file", NULL);
        touched = errno;
        _exit(2);
    }
    EXPECT(touched == ENOENT);
    EXPECT(WEXITSTATUS(wait_for(pid)) == 2);
}

static void spawns(void) {
    pid_t pid;
    char *arguments[] = {self, "exit", "44", NULL};
    EXPECT(posix_spawn(&pid, self, NULL, NULL, arguments, environ) == 0);
    EXPECT(WEXITSTATUS(wait_for(pid)) == 44);
    EXPECT(posix_spawn(&pid, "/no/such/file", NULL, NULL, arguments, environ) == ENOENT);
    EXPECT(posix_spawn(&pid, "/", NULL, NULL, arguments, environ) == EACCES);
    EXPECT(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);

    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int fds[2];
    char text[64] = "";
    EXPECT(pipe(fds) == 0);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fds[1], 1);
    posix_spawn_file_actions_addclose(&files, fds[0]);
    posix_spawnattr_init(&attributes);
    sigset_t set = set_of(SIGUSR1);
    posix_spawnattr_setsigmask(&attributes, &set);
    posix_spawnattr_setsigdefault(&attributes, &set);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    signal(SIGUSR1, SIG_IGN);
    char *state[] = {self, "state", NULL};
    EXPECT(posix_spawn(&pid, self, &files, &attributes, state, environ) == 0);
    close(fds[1]);
    ssize_t size = read(fds[0], text, sizeof text - 1);
    EXPECT(size > 0 && strcmp(text, "default blocked leader\n") == 0);
    close(fds[0]);
    EXPECT(WEXITSTATUS(wait_for(pid)) == 0);
    struct sigaction action;
    sigaction(SIGUSR1, NULL, &action);
    EXPECT(action.sa_handler == SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
    /* A failing file action. */
    posix_spawn_file_actions_addopen(&files, 3, "/no/such/directory/file", O_RDONLY, 0);
    EXPECT(posix_spawn(&pid, self, &files, NULL, state, environ) != 0);
}

static void *spawn_often(void *unused) {
    (void)unused;
    long wrong = 0;
    char *arguments[] = {self, "exit", "5", NULL};
    for (int i = 0; i < 10; i++) {
        pid_t pid;
        if (posix_spawn(&pid, self, NULL, NULL, arguments, environ) != 0)
            wrong++;
        else
            wrong += WEXITSTATUS(wait_for(pid)) != 5;
    }
    return (void *)wrong;
}

static void spawn_in_threads(void) {
    pthread_t threads[4];
    void *wrong;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, spawn_often, NULL);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &wrong);
        EXPECT(wrong == NULL);
    }
}

static int shared_value;

static int change_shared(void *argument) {
    shared_value = *(int *)argument;
    return 12;
}

static void clones(void) {
    static char stack[64 << 10] __attribute__((aligned(16)));
    int value = 99;
    /* Memory shared, both running on. */
    pid_t pid = clone(change_shared, stack + sizeof stack, CLONE_VM | SIGCHLD, &value);
    EXPECT(pid > 0);
    EXPECT(WEXITSTATUS(wait_for(pid)) == 12);
    EXPECT(shared_value == 99);
    /* Memory copied. */
    value = 98;
    pid = clone(change_shared, stack + sizeof stack, SIGCHLD, &value);
    EXPECT(WEXITSTATUS(wait_for(pid)) == 12);
    EXPECT(shared_value == 99);
    /* Descriptors shared. */
    int fds[2];
    EXPECT(pipe(fds) == 0);
    pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        close(fds[0]);
        _exit(0);
    }
    wait_for(pid);
    EXPECT(close(fds[0]) == -1 && errno == EBADF);
    close(fds[1]);
    EXPECT(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, NULL, NULL, NULL, NULL) == -1 &&
           errno == EINVAL);
    EXPECT(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, NULL) == -1 &&
           errno == EINVAL);
}

static void waits(void) {
    siginfo_t info;
    pid_t pid = fork();
    if (pid == 0)
        _exit(21);
    EXPECT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    EXPECT(info.si_pid == pid && info.si_code == CLD_EXITED && info.si_status == 21 &&
           info.si_signo == SIGCHLD);
    EXPECT(waitid(P_ALL, 0, &info, WEXITED) == 0 && info.si_pid == pid);
    EXPECT(waitid(P_ALL, 0, &info, WEXITED) == -1 && errno == ECHILD);

    pid = fork();
    if (pid == 0) {
        for (;;)
            pause();
    }
    int status;
    EXPECT(waitpid(pid, &status, WNOHANG) == 0);
    kill(pid, SIGKILL);
    struct rusage usage;
    EXPECT(wait4(pid, &status, 0, &usage) == pid);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void job_control(void) {
    int status, fds[2];
    char c = 0;
    siginfo_t info;
    EXPECT(pipe(fds) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0); /* stops only in a group that is not orphaned */
        raise(SIGTSTP);
        /* A stop right now would hide that it was continued. */
        if (read(fds[0], &c, 1) != 1)
            _exit(1);
        raise(SIGSTOP);
        _exit(3);
    }
    EXPECT(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
           WSTOPSIG(status) == SIGTSTP);
    kill(pid, SIGCONT);
    EXPECT(waitid(P_PID, (id_t)pid, &info, WCONTINUED) == 0 && info.si_code == CLD_CONTINUED);
    EXPECT(write(fds[1], &c, 1) == 1);
    EXPECT(waitpid(pid, &status, WUNTRACED) == pid && WSTOPSIG(status) == SIGSTOP);
    kill(pid, SIGCONT);
    EXPECT(WEXITSTATUS(wait_for(pid)) == 3);
    close(fds[0]);
    close(fds[1]);
}

static void death_signal(void) {
    int fds[2];
    char c;
    EXPECT(pipe(fds) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            close(fds[0]);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (write(fds[1], "r", 1) != 1)
                _exit(1);
            for (;;)
                pause();
        }
        if (read(fds[0], &c, 1) != 1)
            _exit(1);
        _exit(0);
    }
    close(fds[1]);
    wait_for(pid);
    EXPECT(read(fds[0], &c, 1) == 0); /* the grandchild is gone too */
    close(fds[0]);
}

/* Shows what it inherited. */
static int print_state(void) {
    struct sigaction action;
    sigset_t mask;
    sigaction(SIGUSR1, NULL, &action);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    printf("%s %s %s\n", action.sa_handler == SIG_DFL ? "default" : "other",
           sigismember(&mask, SIGUSR1) ? "blocked" : "open",
           getpgrp() == getpid() ? "leader" : "member");
    return 0;
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc == 3)
        return atoi(argv[2]);
    if (argc == 2)
        return print_state();
    RUN(forks);
    RUN(vforks);
    RUN(spawns);
    RUN(spawn_in_threads);
    RUN(clones);
    RUN(waits);
    RUN(job_control);
    RUN(death_signal);
    return expect_summary();
}
