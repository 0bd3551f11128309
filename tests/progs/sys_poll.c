/* Waiting: epoll, poll, select, eventfd, timerfd, signalfd, inotify. */
#include "sys.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

static int compare_events(const void *a, const void *b) {
    const struct epoll_event *x = a, *y = b;
    return x->data.u64 < y->data.u64 ? -1 : x->data.u64 > y->data.u64;
}

static void show_events(const char *text, int count, struct epoll_event *events) {
    printf("%s: %d", text, count);
    if (count > 0)
        qsort(events, (size_t)count, sizeof events[0], compare_events);
    for (int i = 0; i < count; i++)
        printf(" {%x %llx}", events[i].events, (unsigned long long)events[i].data.u64);
    printf("\n");
}

static void epoll(void) {
    struct epoll_event event, events[512];
    int set, pipe_fd[2], counter;
    OK(set = epoll_create1(EPOLL_CLOEXEC));
    SHOW(epoll_create1(1));
    SHOW(epoll_create(0));
    SHOW(pipe(pipe_fd));
    OK(counter = eventfd(0, EFD_NONBLOCK));
    event = (struct epoll_event){.events = EPOLLIN, .data.u64 = 0xfedcba9876543210};
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, pipe_fd[0], &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, pipe_fd[0], &event));
    event = (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET,
                                 .data.u64 = 0x1111222233334444};
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_MOD, set, &event));
    SHOW(epoll_ctl(set, EPOLL_CTL_DEL, 9999, NULL));
    SHOW(epoll_ctl(set, EPOLL_CTL_ADD, pipe_fd[1], NULL));
    show_events("first", epoll_wait(set, events, 8, 0), events);
    show_events("edge gone", epoll_wait(set, events, 8, 0), events);
    SHOW(write(pipe_fd[1], "x", 1));
    SHOW(eventfd_write(counter, 3));
    show_events("both", epoll_wait(set, events, 8, -1), events);
    show_events("level stays", epoll_wait(set, events, 8, 10), events);
    show_events("one at a time", epoll_pwait(set, events, 1, 0, NULL), events);
    SHOW(epoll_wait(set, events, 0, 0));
    SHOW(epoll_wait(pipe_fd[0], events, 1, 0));
    event = (struct epoll_event){.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 7};
    SHOW(epoll_ctl(set, EPOLL_CTL_MOD, pipe_fd[0], &event));
    show_events("once", epoll_wait(set, events, 8, 0), events);
    show_events("no more", epoll_wait(set, events, 8, 0), events);
    SHOW(epoll_ctl(set, EPOLL_CTL_DEL, pipe_fd[0], NULL));
    SHOW(epoll_ctl(set, EPOLL_CTL_DEL, counter, (void *)8));
    struct timespec timeout = {0, 1000000};
    SHOW(syscall(SYS_epoll_pwait2, set, events, 8, &timeout, NULL, 0));

    int many[300];
    for (unsigned i = 0; i < 300; i++) {
        many[i] = eventfd(1, 0);
        event = (struct epoll_event){.events = EPOLLIN, .data.u64 = i};
        epoll_ctl(set, EPOLL_CTL_ADD, many[i], &event);
    }
    /* A caller may be given less than it has room for, but sees everything in the end. */
    unsigned seen = 0;
    for (int count; (count = epoll_wait(set, events, 512, 0)) > 0; seen += (unsigned)count) {
        for (int i = 0; i < count; i++)
            close(many[events[i].data.u64]);
    }
    printf("%u of 300\n", seen);
    close(set);
    close(pipe_fd[0]);
    close(pipe_fd[1]);
    close(counter);
}

static void polls(void) {
    int pipe_fd[2];
    SHOW(pipe(pipe_fd));
    struct pollfd fds[] = {{.fd = pipe_fd[0], .events = POLLIN},
                           {.fd = pipe_fd[1], .events = POLLOUT},
                           {.fd = -1, .events = POLLIN},
                           {.fd = 9999, .events = POLLIN}};
    SHOW(poll(fds, 4, 0));
    for (int i = 0; i < 4; i++)
        printf("revents %x\n", (unsigned)fds[i].revents);
    SHOW(poll(fds, 1, 1));
    SHOW(write(pipe_fd[1], "ab", 2));
    struct timespec timeout = {5, 0};
    SHOW(ppoll(fds, 1, &timeout, NULL));
    TRUE(timeout.tv_sec == 5);
    timeout.tv_nsec = 1000000000;
    SHOW(ppoll(fds, 1, &timeout, NULL));
    SHOW(close(pipe_fd[1]));
    SHOW(poll(fds, 1, -1));
    printf("revents %x\n", (unsigned)fds[0].revents);

    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(pipe_fd[0], &in);
    struct timeval wait = {1, 500000};
    SHOW(select(pipe_fd[0] + 1, &in, &out, NULL, &wait));
    TRUE(FD_ISSET(pipe_fd[0], &in));
    wait = (struct timeval){0, 1000};
    SHOW(select(0, NULL, NULL, NULL, &wait));
    printf("left %ld %ld\n", (long)wait.tv_sec, (long)wait.tv_usec);
    SHOW(select(-1, NULL, NULL, NULL, &wait));
    FD_SET(60, &in);
    SHOW(select(61, &in, NULL, NULL, &wait));
    close(pipe_fd[0]);
}

static volatile sig_atomic_t handled;
static void handler(int number) {
    handled = number;
}

/* A blocked signal that waits is let in by the call's own mask, and only by that. */
static void masks(void) {
    struct sigaction action = {.sa_handler = handler};
    sigset_t blocked, open_mask;
    sigemptyset(&open_mask);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    struct epoll_event event;
    int set = epoll_create1(0);
    struct timespec timeout = {5, 0}, none = {0, 0};

    raise(SIGUSR1);
    SHOW(ppoll(NULL, 0, &none, NULL));
    SHOW(handled);
    SHOW(ppoll(NULL, 0, &timeout, &open_mask));
    SHOW(handled);
    handled = 0;
    raise(SIGUSR1);
    SHOW(pselect(0, NULL, NULL, NULL, &timeout, &open_mask));
    SHOW(handled);
    handled = 0;
    raise(SIGUSR1);
    SHOW(epoll_pwait(set, &event, 1, 5000, &open_mask));
    SHOW(handled);
    handled = 0;
    raise(SIGUSR1);
    SHOW(syscall(SYS_epoll_pwait2, set, &event, 1, &timeout, &open_mask, 8));
    SHOW(handled);
    handled = 0;
    sigset_t now;
    sigprocmask(SIG_SETMASK, NULL, &now);
    SHOW(sigismember(&now, SIGUSR1));
    /* With nothing to deliver the mask is back as it was. */
    SHOW(ppoll(NULL, 0, &none, &open_mask));
    sigprocmask(SIG_SETMASK, NULL, &now);
    SHOW(sigismember(&now, SIGUSR1));
    raise(SIGUSR1);
    SHOW(handled);
    sigprocmask(SIG_UNBLOCK, &blocked, NULL);
    SHOW(handled);
    SHOW(syscall(SYS_ppoll, NULL, 0, &none, &open_mask, 4));
    close(set);
}

static void descriptors(void) {
    uint64_t value = 0;
    int counter;
    OK(counter = eventfd(5, EFD_SEMAPHORE | EFD_NONBLOCK));
    SHOW(read(counter, &value, 8));
    SHOW(value);
    SHOW(read(counter, &value, 4));
    value = UINT64_MAX;
    SHOW(write(counter, &value, 8));
    SHOW(eventfd(0, 0x12345));
    close(counter);

    int timer;
    OK(timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    SHOW(read(timer, &value, 8));
    struct itimerspec spec = {.it_interval = {0, 1000000}, .it_value = {0, 1000000}}, old;
    SHOW(timerfd_settime(timer, 0, &spec, &old));
    struct pollfd fd = {.fd = timer, .events = POLLIN};
    SHOW(poll(&fd, 1, 5000));
    SHOW(read(timer, &value, 8));
    TRUE(value >= 1);
    SHOW(timerfd_gettime(timer, &old));
    TRUE(old.it_interval.tv_nsec == 1000000);
    spec.it_value.tv_nsec = -1;
    SHOW(timerfd_settime(timer, 0, &spec, NULL));
    close(timer);

    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN + 3);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals;
    OK(signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
    struct signalfd_siginfo info;
    SHOW(read(signals, &info, sizeof info));
    raise(SIGUSR2);
    sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 42});
    for (int i = 0; i < 2; i++) {
        SHOW(read(signals, &info, sizeof info));
        printf("signal %s code %d value %d from self %d\n",
               info.ssi_signo == SIGUSR2 ? "USR2" : "RTMIN+3", info.ssi_code,
               info.ssi_signo == SIGUSR2 ? 0 : info.ssi_int, info.ssi_pid == (uint32_t)getpid());
    }
    SHOW(read(signals, &info, sizeof info));
    close(signals);

    int watcher, watch;
    char buffer[1024];
    OK(watcher = inotify_init1(IN_NONBLOCK));
    SHOW(watch = inotify_add_watch(watcher, ".", IN_CREATE | IN_DELETE | IN_MODIFY));
    SHOW(read(watcher, buffer, sizeof buffer));
    int file = open("new", O_CREAT | O_WRONLY, 0600);
    SHOW(write(file, "x", 1));
    close(file);
    unlink("new");
    long length = read(watcher, buffer, sizeof buffer);
    for (long at = 0; at < length;) {
        const struct inotify_event *event = (const void *)(buffer + at);
        printf("watch %d mask %x name %s\n", event->wd, event->mask, event->name);
        at += (long)sizeof *event + event->len;
    }
    SHOW(inotify_rm_watch(watcher, watch));
    SHOW(inotify_rm_watch(watcher, watch));
    close(watcher);
}

static void *write_later(void *data) {
    struct timespec pause = {0, 20000000};
    nanosleep(&pause, NULL);
    if (write(*(int *)data, "!", 1) != 1)
        perror("write");
    return NULL;
}

static void blocking(void) {
    int pipe_fd[2], set = epoll_create1(0);
    char text[4];
    pthread_t thread;
    SHOW(pipe(pipe_fd));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = 1};
    epoll_ctl(set, EPOLL_CTL_ADD, pipe_fd[0], &event);
    pthread_create(&thread, NULL, write_later, &pipe_fd[1]);
    SHOW(epoll_wait(set, &event, 1, -1));
    SHOW(read(pipe_fd[0], text, sizeof text));
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, write_later, &pipe_fd[1]);
    SHOW(read(pipe_fd[0], text, sizeof text));
    pthread_join(thread, NULL);
}

int main(void) {
    enter_directory();
    epoll();
    polls();
    masks();
    descriptors();
    blocking();
    leave_directory();
    return 0;
}
