/* Signals into system calls that wait: EINTR, or restart with SA_RESTART, call by call as signal(7)
 * says. */
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "expect.h"

static volatile int *calls; /* shared with the helper */

static void count(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    ++*calls;
}

static int wake_fd = -1;

static char state_of(pid_t pid) {
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    const char *end = size > 0 ? strrchr(text, ')') : NULL;
    return end ? end[2] : '?';
}

static void wait_until_asleep(pid_t pid) {
    for (int asleep = 0; asleep < 4; asleep = state_of(pid) == 'S' ? asleep + 1 : 0)
        sleep_ms(10);
}

/* Signals this process when it sleeps, that is, waits in the call; when it has taken the signal and
 * sleeps again, in the restarted call or in reap(), completes what the call waits for. */
static pid_t helper(int number, void (*complete)(void)) {
    *calls = 0;
    pid_t target = getpid(), pid = fork();
    if (pid == 0) {
        wait_until_asleep(target);
        kill(target, number);
        while (*calls == 0)
            sleep_ms(10);
        wait_until_asleep(target);
        if (complete)
            complete();
        _exit(0);
    }
    return pid;
}

static void reap(pid_t pid) {
    while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
        ;
}

static void write_byte(void) {
    if (write(wake_fd, "x", 1) != 1)
        _exit(1);
}

/* Called before, and after to take away what an interrupted call left unused. */
static void (*prepare)(void), (*clean)(void);

/* Whether a call is interrupted without SA_RESTART, and goes on with it. */
static long (*wait_call)(void);

static void try_both(int restarts, void (*complete)(void), long good) {
    for (int flags = 0;; flags = SA_RESTART) {
        on_signal(SIGUSR1, flags, count);
        if (prepare)
            prepare();
        pid_t pid = helper(SIGUSR1, complete);
        errno = 0;
        long result = wait_call();
        int error = errno;
        int restarted = flags && restarts;
        if (restarted)
            EXPECT(result == good);
        else
            EXPECT(result == -1 && error == EINTR);
        EXPECT(*calls == 1);
        reap(pid);
        if (clean)
            clean();
        if (flags)
            return;
    }
}

static int fds[2];

static long read_pipe(void) {
    char c;
    return read(fds[0], &c, 1);
}

static void drain(void) {
    char buffer[64];
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    while (read(fds[0], buffer, sizeof buffer) > 0)
        ;
    fcntl(fds[0], F_SETFL, 0);
}

static void pipes(void) {
    EXPECT(pipe(fds) == 0);
    wake_fd = fds[1];
    wait_call = read_pipe;
    clean = drain;
    try_both(1, write_byte, 1);
    clean = NULL;
}

static long poll_pipe(void) {
    struct pollfd entry = {fds[0], POLLIN, 0};
    return poll(&entry, 1, -1);
}

static long ppoll_pipe(void) {
    struct pollfd entry = {fds[0], POLLIN, 0};
    struct timespec time = {60, 0};
    return ppoll(&entry, 1, &time, NULL);
}

static long select_pipe(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fds[0], &set);
    return select(fds[0] + 1, &set, NULL, NULL, NULL);
}

static long epoll_pipe(void) {
    int fd = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(fd, EPOLL_CTL_ADD, fds[0], &event);
    long result = epoll_wait(fd, &event, 1, 60000);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

static void polls(void) {
    EXPECT(pipe(fds) == 0);
    wake_fd = fds[1];
    clean = drain;
    wait_call = poll_pipe;
    try_both(0, write_byte, 1);
    wait_call = ppoll_pipe;
    try_both(0, write_byte, 1);
    wait_call = select_pipe;
    try_both(0, write_byte, 1);
    wait_call = epoll_pipe;
    try_both(0, write_byte, 1);
    clean = NULL;
}

static int listener;
static struct sockaddr_un name;

static long accept_one(void) {
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : -1;
}

static void connect_once(void) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&name, sizeof name) != 0)
        _exit(1);
    sleep_ms(20);
}

static void refuse_others(void) {
    int fd;
    fcntl(listener, F_SETFL, O_NONBLOCK);
    while ((fd = accept(listener, NULL, NULL)) >= 0)
        close(fd);
    fcntl(listener, F_SETFL, 0);
}

static long receive(void) {
    char c;
    return recv(fds[0], &c, 1, 0);
}

static void sockets(void) {
    name.sun_family = AF_UNIX;
    snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "sig_interrupt.%d", (int)getpid());
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT(bind(listener, (struct sockaddr *)&name, sizeof name) == 0 && listen(listener, 4) == 0);
    wait_call = accept_one;
    clean = refuse_others;
    try_both(1, connect_once, 0);
    close(listener);

    EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    wake_fd = fds[1];
    wait_call = receive;
    clean = drain;
    try_both(1, write_byte, 1);
    /* With a time limit set, never restarted. */
    struct timeval limit = {60, 0};
    EXPECT(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    try_both(0, write_byte, 1);
    clean = NULL;
}

static void sleeps(void) {
    for (int flags = 0;; flags = SA_RESTART) {
        struct timespec time = {60, 0}, rest = {99, 9};
        on_signal(SIGUSR1, flags, count);
        pid_t pid = helper(SIGUSR1, NULL);
        EXPECT(nanosleep(&time, &rest) == -1 && errno == EINTR);
        EXPECT(rest.tv_sec > 20 && rest.tv_sec < 60);
        reap(pid);
        pid = helper(SIGUSR1, NULL);
        EXPECT(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, &rest) == EINTR);
        EXPECT(rest.tv_sec > 20 && rest.tv_sec < 60);
        reap(pid);
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 60;
        pid = helper(SIGUSR1, NULL);
        EXPECT(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR);
        reap(pid);
        if (flags)
            return;
    }
}

/* A child that lives until told. */
static int child_fds[2];
static pid_t child_pid;

static void start_child(int status, void (*first)(void)) {
    char c = 0;
    int ready[2];
    if (pipe(child_fds) != 0 || pipe(ready) != 0)
        abort();
    child_pid = fork();
    if (child_pid == 0) {
        if (first)
            first();
        _exit(write(ready[1], &c, 1) == 1 && read(child_fds[0], &c, 1) == 1 ? status : 1);
    }
    if (read(ready[0], &c, 1) != 1)
        abort();
    close(ready[0]);
    close(ready[1]);
}

static void child_with_status(void) {
    start_child(5, NULL);
}

static void end_child(void) {
    if (write(child_fds[1], "x", 1) != 1)
        _exit(1);
}

static void reap_child(void) {
    reap(child_pid); /* if the call did not */
    close(child_fds[0]);
    close(child_fds[1]);
}

static long wait_for_child(void) {
    int status = 0;
    long result = waitpid(child_pid, &status, 0);
    return result == child_pid ? WEXITSTATUS(status) : result;
}

static long waitid_for_child(void) {
    siginfo_t info;
    long result = waitid(P_PID, (id_t)child_pid, &info, WEXITED);
    return result == 0 ? info.si_status : result;
}

static void waits(void) {
    prepare = child_with_status;
    clean = reap_child;
    wait_call = wait_for_child;
    try_both(1, end_child, 5);
    wait_call = waitid_for_child;
    try_both(1, end_child, 5);
}

static int *word; /* shared with the helper */

static long futex_forever(void) {
    *word = 0;
    return syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static long futex_timed(void) {
    struct timespec time = {60, 0};
    *word = 0;
    return syscall(SYS_futex, word, FUTEX_WAIT, 0, &time, NULL, 0);
}

static void wake_futex(void) {
    *word = 1;
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static sem_t *semaphore;

static long wait_semaphore(void) {
    return sem_wait(semaphore);
}

static void take_back(void) {
    while (sem_trywait(semaphore) == 0)
        ;
}

static void post(void) {
    sem_post(semaphore);
}

static void futexes(void) {
    word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    wait_call = futex_forever;
    try_both(1, wake_futex, 0);
    wait_call = futex_timed;
    try_both(0, wake_futex, 0);
    semaphore = (sem_t *)(word + 64);
    sem_init(semaphore, 1, 0);
    wait_call = wait_semaphore;
    clean = take_back;
    try_both(1, post, 0);
    clean = NULL;
}

static char lock_path[] = "/tmp/sig_interrupt_XXXXXX";

static void hold_lock(void) {
    flock(open(lock_path, O_RDWR), LOCK_EX);
}

static void hold_range(void) {
    struct flock lock = {.l_type = F_WRLCK};
    fcntl(open(lock_path, O_RDWR), F_SETLK, &lock);
}

static int lock_fd;

static void child_with_lock(void) {
    start_child(0, hold_lock);
}

static void child_with_range(void) {
    start_child(0, hold_range);
}

static long lock_file(void) {
    return flock(lock_fd, LOCK_EX);
}

static long lock_range(void) {
    struct flock lock = {.l_type = F_WRLCK};
    return fcntl(lock_fd, F_SETLKW, &lock);
}

static void unlock(void) {
    struct flock lock = {.l_type = F_UNLCK};
    reap_child();
    flock(lock_fd, LOCK_UN);
    fcntl(lock_fd, F_SETLK, &lock);
}

static void locks(void) {
    lock_fd = mkstemp(lock_path);
    clean = unlock;
    prepare = child_with_lock;
    wait_call = lock_file;
    try_both(1, end_child, 0);
    prepare = child_with_range;
    wait_call = lock_range;
    try_both(1, end_child, 0);
    unlink(lock_path);
}

static int queue;

static long receive_message(void) {
    struct {
        long type;
        char text[8];
    } message;
    return msgrcv(queue, &message, sizeof message.text, 0, 0);
}

static long wait_system_semaphore(void) {
    int id = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf down = {0, -1, 0};
    long result = semop(id, &down, 1);
    int error = errno;
    semctl(id, 0, IPC_RMID);
    errno = error;
    return result;
}

static void system_v(void) {
    queue = msgget(IPC_PRIVATE, 0600);
    wait_call = receive_message;
    try_both(0, NULL, 0);
    msgctl(queue, IPC_RMID, NULL);
    wait_call = wait_system_semaphore;
    try_both(0, NULL, 0);
}

static long pause_call(void) {
    return pause();
}

static long suspend_call(void) {
    sigset_t none;
    sigemptyset(&none);
    return sigsuspend(&none);
}

static long timedwait_call(void) {
    sigset_t set = set_of(SIGUSR2);
    struct timespec time = {60, 0};
    return sigtimedwait(&set, NULL, &time);
}

static void signal_waits(void) {
    wait_call = pause_call;
    try_both(0, NULL, 0);
    wait_call = suspend_call;
    try_both(0, NULL, 0);
    wait_call = timedwait_call;
    try_both(0, NULL, 0);
}

static char fifo_path[64];

static void make_fifo(void) {
    snprintf(fifo_path, sizeof fifo_path, "/tmp/sig_interrupt_fifo.%d", (int)getpid());
    mkfifo(fifo_path, 0600);
}

static void remove_fifo(void) {
    unlink(fifo_path);
}

static long open_fifo(void) {
    int fd = open(fifo_path, O_RDONLY);
    if (fd >= 0)
        close(fd);
    return fd >= 0 ? 0 : -1;
}

static void open_other_end(void) {
    int fd = open(fifo_path, O_WRONLY | O_NONBLOCK); /* nobody reads if the call was interrupted */
    sleep_ms(20);
    close(fd);
}

static void opens(void) {
    prepare = make_fifo;
    clean = remove_fifo;
    wait_call = open_fifo;
    try_both(1, open_other_end, 0);
}

/* A write that got part of its bytes out says so. */
static void partial_write(void) {
    static char big[1 << 20];
    int pair[2];
    EXPECT(pipe(pair) == 0);
    on_signal(SIGUSR1, SA_RESTART, count);
    pid_t pid = helper(SIGUSR1, NULL);
    ssize_t written = write(pair[1], big, sizeof big);
    EXPECT(written == 65536);
    reap(pid);
    close(pair[0]);
    close(pair[1]);
}

/* All groups at once, each in a process of its own: they mostly sleep. */
static struct {
    void (*function)(void);
    const char *name;
    pid_t pid;
    int output;
} groups[] = {
    {pipes, "pipes", 0, 0},
    {polls, "polls", 0, 0},
    {sockets, "sockets", 0, 0},
    {sleeps, "sleeps", 0, 0},
    {waits, "waits", 0, 0},
    {futexes, "futexes", 0, 0},
    {locks, "locks", 0, 0},
    {system_v, "system_v", 0, 0},
    {signal_waits, "signal_waits", 0, 0},
    {opens, "opens", 0, 0},
    {partial_write, "partial_write", 0, 0},
};

int main(void) {
    int failed = 0, count = sizeof groups / sizeof groups[0];
    for (int i = 0; i < count; i++) {
        int pair[2];
        if (pipe(pair) != 0)
            return 1;
        groups[i].output = pair[0];
        groups[i].pid = fork();
        if (groups[i].pid == 0) {
            dup2(pair[1], 1);
            calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
            groups[i].function();
            printf("%s: %d checks\n", groups[i].name, expect_count);
            exit(expect_failures != 0);
        }
        close(pair[1]);
    }
    for (int i = 0; i < count; i++) {
        char text[4096];
        int status;
        ssize_t size;
        while ((size = read(groups[i].output, text, sizeof text)) > 0)
            fwrite(text, 1, (size_t)size, stdout);
        waitpid(groups[i].pid, &status, 0);
        failed += status != 0;
    }
    printf("%d failed\n", failed);
    return failed != 0;
}
