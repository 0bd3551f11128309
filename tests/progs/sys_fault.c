/* Bad pointers: EFAULT from every call that reads or writes a structure, and nothing worse. */
#include "sys.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

/* Calls with the pointer p, which a C library would look behind itself or warn of. */
#define CALL(name, ...) SHOW(syscall(SYS_##name, __VA_ARGS__))

static void with(char *p) {
    int pipe_fd[2], set = epoll_create1(0), counter = eventfd(1, 0), pair[2];
    int timer = timerfd_create(CLOCK_MONOTONIC, 0), null = open("/dev/null", O_RDWR);
    struct timespec none = {0, 0};
    struct epoll_event event = {.events = EPOLLIN};
    if (pipe(pipe_fd) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        perror("pipe");
    if (write(pipe_fd[1], "0123456789", 10) != 10)
        perror("write");

    CALL(openat, AT_FDCWD, p, O_RDONLY);
    CALL(openat2, AT_FDCWD, ".", p, 24);
    CALL(newfstatat, AT_FDCWD, ".", p, 0);
    CALL(newfstatat, AT_FDCWD, p, p, 0);
    CALL(fstat, null, p);
    CALL(statx, AT_FDCWD, ".", 0, 0xfff, p);
    CALL(statfs, ".", p);
    CALL(faccessat, AT_FDCWD, p, 0);
    CALL(readlinkat, AT_FDCWD, "/proc/self/exe", p, 100);
    CALL(readlinkat, AT_FDCWD, p, p, 100);
    CALL(getcwd, p, 100);
    CALL(mkdirat, AT_FDCWD, p, 0700);
    CALL(read, pipe_fd[0], p, 4);
    CALL(write, pipe_fd[1], p, 4);
    CALL(readv, pipe_fd[0], p, 1);
    CALL(pipe2, p, 0);
    CALL(getdents64, open(".", O_RDONLY), p, 1000);
    CALL(fcntl, null, F_GETLK, p);
    CALL(ioctl, pipe_fd[0], 0x541b /* FIONREAD */, p);
    CALL(epoll_ctl, set, EPOLL_CTL_ADD, counter, p);
    epoll_ctl(set, EPOLL_CTL_ADD, counter, &event);
    CALL(epoll_pwait, set, p, 1, 0, NULL, 8);
    CALL(epoll_pwait, set, &event, 1, 0, p, 8);
    CALL(ppoll, p, 1, &none, NULL, 8);
    CALL(ppoll, NULL, 0, p, NULL, 8);
    CALL(ppoll, NULL, 0, &none, p, 8);
    CALL(pselect6, 1, p, NULL, NULL, &none, NULL);
    CALL(pselect6, 0, NULL, NULL, NULL, p, NULL);
    CALL(pselect6, 0, NULL, NULL, NULL, &none, p);
    CALL(signalfd4, -1, p, 8, 0);
    CALL(timerfd_settime, timer, 0, p, NULL);
    CALL(timerfd_gettime, timer, p);
    CALL(clock_gettime, CLOCK_MONOTONIC, p);
    CALL(clock_getres, CLOCK_MONOTONIC, p);
    CALL(nanosleep, p, NULL);
    CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, p, NULL);
    CALL(gettimeofday, p, NULL);
    CALL(getitimer, ITIMER_REAL, p);
    CALL(setitimer, ITIMER_REAL, p, NULL);
    CALL(timer_create, CLOCK_MONOTONIC, p, &null);
    CALL(uname, p);
    CALL(sysinfo, p);
    CALL(getrusage, RUSAGE_SELF, p);
    CALL(prlimit64, 0, RLIMIT_NOFILE, NULL, p);
    CALL(prlimit64, 0, RLIMIT_AS, p, NULL);
    CALL(prlimit64, 0, RLIMIT_STACK, NULL, p);
    CALL(sched_getaffinity, 0, 128, p);
    CALL(getgroups, 64, p);
    CALL(times, p);
    CALL(bind, pair[0], p, 16);
    CALL(sendto, pair[0], p, 4, 0, NULL, 0);
    CALL(sendmsg, pair[0], p, 0);
    CALL(recvmsg, pair[0], p, MSG_DONTWAIT);
    CALL(getsockname, pair[0], p, p);
    CALL(getsockopt, pair[0], SOL_SOCKET, SO_TYPE, p, p);
    CALL(setsockopt, pair[0], SOL_SOCKET, SO_LINGER, p, 8);
    CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, p);
    CALL(rt_sigaction, SIGUSR1, p, NULL, 8);
    CALL(rt_sigaction, SIGUSR1, NULL, p, 8);
    CALL(rt_sigprocmask, SIG_BLOCK, p, NULL, 8);
    CALL(rt_sigprocmask, SIG_BLOCK, NULL, p, 8);
    CALL(rt_sigpending, p, 8);
    CALL(rt_sigtimedwait, p, NULL, &none, 8);
    CALL(sigaltstack, p, NULL);
    CALL(wait4, -1, p, WNOHANG, NULL);
    CALL(waitid, P_ALL, 0, p, WEXITED | WNOHANG, NULL);
    CALL(futex, p, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0);
    CALL(execve, p, NULL, NULL);
    CALL(getrandom, p, 4, 0);
    CALL(memfd_create, p, 0);
    CALL(mq_open, p, O_RDONLY, 0, NULL);
    CALL(inotify_add_watch, 0, p, 1);
    int sems = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    SHOW(syscall(SYS_semctl, sems, 0, IPC_STAT, p));
    SHOW(syscall(SYS_semctl, sems, 0, IPC_SET, p));
    SHOW(syscall(SYS_semop, sems, p, 1));
    semctl(sems, 0, IPC_RMID);
    int memory = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    SHOW(syscall(SYS_shmctl, memory, IPC_STAT, p));
    shmctl(memory, IPC_RMID, NULL);
    CALL(sendfile, null, null, p, 4);
    CALL(prctl, 16 /* PR_GET_NAME */, p);
    CALL(prctl, 15 /* PR_SET_NAME */, p);
    CALL(process_vm_readv, getpid(), p, 1, p, 1, 0L);
}

int main(void) {
    enter_directory();
    puts("--- low");
    with((char *)16);
    puts("--- no access");
    with(mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    puts("--- last bytes of a page");
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page + 4096, 4096, PROT_NONE);
    struct epoll_event event = {.events = EPOLLIN};
    int set = epoll_create1(0), counter = eventfd(1, 0);
    SHOW(syscall(SYS_newfstatat, AT_FDCWD, ".", page + 4000, 0));
    page[4095] = 'x';
    SHOW(syscall(SYS_openat, AT_FDCWD, page + 4095, O_RDONLY));
    epoll_ctl(set, EPOLL_CTL_ADD, counter, &event);
    SHOW(syscall(SYS_epoll_pwait, set, page + 4096 - 8, 8, 0, NULL, 8));
    SHOW(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, page + 4088));
    puts("--- read only");
    mprotect(page, 4096, PROT_READ);
    SHOW(syscall(SYS_fstat, 0, page));
    SHOW(syscall(SYS_uname, page));
    SHOW(syscall(SYS_pipe2, page, 0));
    leave_directory();
    return 0;
}
