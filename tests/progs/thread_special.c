/* Cancellation, robust and priority-inheriting mutexes, signals between threads, many threads. */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "expect.h"

static sem_t ready;
static atomic_int cleaned;

static void clean(void *value) {
    cleaned += (int)(intptr_t)value;
}

static void *block_in_read(void *fd) {
    char c;
    pthread_cleanup_push(clean, (void *)1);
    sem_post(&ready);
    if (read((int)(intptr_t)fd, &c, 1) != 0)
        abort();
    pthread_cleanup_pop(0);
    return NULL;
}

static void *spin(void *unused) {
    (void)unused;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(clean, (void *)10);
    sem_post(&ready);
    for (volatile unsigned long i = 0;; i++)
        ;
    pthread_cleanup_pop(0);
    return NULL;
}

static void *disabled(void *unused) {
    (void)unused;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    sem_post(&ready);
    sleep_ms(30);
    cleaned += 100;
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    cleaned += 10000;
    return NULL;
}

static void cancel_one(void *(*function)(void *), void *argument) {
    pthread_t thread;
    void *result = NULL;
    pthread_create(&thread, NULL, function, argument);
    sem_wait(&ready);
    sleep_ms(10);
    EXPECT(pthread_cancel(thread) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
}

static void cancellation(void) {
    int fds[2];
    EXPECT(pipe(fds) == 0);
    cancel_one(block_in_read, (void *)(intptr_t)fds[0]);
    EXPECT(cleaned == 1);
    cancel_one(spin, NULL);
    EXPECT(cleaned == 11);
    cancel_one(disabled, NULL);
    EXPECT(cleaned == 111);
    close(fds[0]);
    close(fds[1]);
}

static void init_mutex(pthread_mutex_t *mutex, int shared, int protocol) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attributes, shared);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    pthread_mutex_init(mutex, &attributes);
}

static void *lock_and_leave(void *mutexes) {
    pthread_mutex_lock((pthread_mutex_t *)mutexes);
    pthread_mutex_lock((pthread_mutex_t *)mutexes + 1);
    return NULL;
}

static void *lock_and_wait(void *mutex) {
    pthread_mutex_lock(mutex);
    sem_post(&ready);
    sleep_ms(40);
    return NULL;
}

static void *free_stack(void *mutexes) {
    /* The thread that joins may use the memory of this one's descriptor at once. */
    return lock_and_leave(mutexes);
}

static void robust(void) {
    for (int protocol = PTHREAD_PRIO_NONE; protocol <= PTHREAD_PRIO_INHERIT; protocol++) {
        pthread_mutex_t mutexes[2];
        pthread_t thread;
        init_mutex(&mutexes[0], PTHREAD_PROCESS_PRIVATE, protocol);
        init_mutex(&mutexes[1], PTHREAD_PROCESS_PRIVATE, protocol);
        pthread_create(&thread, NULL, free_stack, mutexes);
        pthread_join(thread, NULL);
        EXPECT(pthread_mutex_trylock(&mutexes[0]) == EOWNERDEAD);
        EXPECT(pthread_mutex_consistent(&mutexes[0]) == 0);
        EXPECT(pthread_mutex_unlock(&mutexes[0]) == 0);
        EXPECT(pthread_mutex_lock(&mutexes[0]) == 0);
        EXPECT(pthread_mutex_unlock(&mutexes[0]) == 0);
        EXPECT(pthread_mutex_lock(&mutexes[1]) == EOWNERDEAD);
        EXPECT(pthread_mutex_unlock(&mutexes[1]) == 0); /* not made consistent */
        EXPECT(pthread_mutex_lock(&mutexes[1]) == ENOTRECOVERABLE);

        /* Someone waits for it when the owner ends. */
        init_mutex(&mutexes[0], PTHREAD_PROCESS_PRIVATE, protocol);
        pthread_create(&thread, NULL, lock_and_wait, &mutexes[0]);
        sem_wait(&ready);
        EXPECT(pthread_mutex_lock(&mutexes[0]) == EOWNERDEAD);
        pthread_join(thread, NULL);
    }
    /* The owner's process dies. */
    pthread_mutex_t *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    init_mutex(shared, PTHREAD_PROCESS_SHARED, PTHREAD_PRIO_NONE);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(shared);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
    EXPECT(pthread_mutex_lock(shared) == EOWNERDEAD);
}

static atomic_int handled;
static __thread int handled_here;
static atomic_int here_total;

static void count(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    handled++;
    handled_here++;
}

static void *sleeper(void *unused) {
    (void)unused;
    sem_post(&ready);
    while (handled_here < 20)
        usleep(1000);
    here_total += handled_here;
    return NULL;
}

static void kill_threads(void) {
    pthread_t threads[5];
    on_signal(SIGRTMIN + 4, 0, count);
    for (int i = 0; i < 5; i++) {
        pthread_create(&threads[i], NULL, sleeper, NULL);
        sem_wait(&ready);
    }
    for (int round = 0; round < 20; round++)
        for (int i = 0; i < 5; i++)
            EXPECT(pthread_kill(threads[i], SIGRTMIN + 4) == 0);
    for (int i = 0; i < 5; i++)
        pthread_join(threads[i], NULL);
    EXPECT(handled == 100 && here_total == 100 && handled_here == 0);
}

static void *wait_for_term(void *unused) {
    (void)unused;
    sigset_t set = set_of(SIGTERM);
    int number = 0;
    sigwait(&set, &number);
    return (void *)(intptr_t)number;
}

/* Sent to the process, blocked everywhere: whoever waits gets it. */
static void process_signal(void) {
    sigset_t set = set_of(SIGTERM), old;
    pthread_t thread;
    void *result;
    pthread_sigmask(SIG_BLOCK, &set, &old);
    pthread_create(&thread, NULL, wait_for_term, NULL);
    kill(getpid(), SIGTERM);
    EXPECT(pthread_join(thread, &result) == 0 && result == (void *)SIGTERM);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void *fault(void *unused) {
    (void)unused;
    *(volatile int *)16 = 1;
    return NULL;
}

static void *idle(void *unused) {
    (void)unused;
    for (;;)
        pause();
    return NULL;
}

/* A fault in one thread ends them all. */
static void group_death(void) {
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        close(2);
        for (int i = 0; i < 4; i++)
            pthread_create(&thread, NULL, idle, NULL);
        pthread_create(&thread, NULL, fault, NULL);
        pthread_join(thread, NULL);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    pid = fork();
    if (pid == 0) {
        pthread_t thread;
        for (int i = 0; i < 4; i++)
            pthread_create(&thread, NULL, idle, NULL);
        exit(77);
    }
    waitpid(pid, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 77);
}

static atomic_int running, most_running;
static pthread_barrier_t all;

static void *one_of_many(void *unused) {
    (void)unused;
    running++;
    pthread_barrier_wait(&all);
    most_running = running;
    pthread_barrier_wait(&all);
    return NULL;
}

static void many(void) {
    enum { MANY = 300 };
    static pthread_t threads[MANY];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    pthread_barrier_init(&all, NULL, MANY);
    int created = 0;
    for (int i = 0; i < MANY; i++)
        created += pthread_create(&threads[i], &attributes, one_of_many, NULL) == 0;
    EXPECT(created == MANY);
    for (int i = 0; i < MANY; i++)
        pthread_join(threads[i], NULL);
    EXPECT(most_running == MANY);
}

static void *exec_from_thread(void *path) {
    execl(path, path, "exec", NULL);
    _exit(1);
}

static char *self;

/* execve by another thread than the first: the program starts as the process's first thread. */
static void exec_in_thread(void) {
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, idle, NULL);
        pthread_create(&thread, NULL, exec_from_thread, self);
        idle(NULL);
    }
    waitpid(pid, &status, 0);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 55);
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc > 1)
        return syscall(SYS_gettid) == getpid() ? 55 : 56;
    sem_init(&ready, 0, 0);
    RUN(cancellation);
    RUN(robust);
    RUN(kill_threads);
    RUN(process_signal);
    RUN(group_death);
    RUN(many);
    RUN(exec_in_thread);
    return expect_summary();
}
