/* Threads: mutex, condition variable, barrier, thread-local storage, exit and join in their forms.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "expect.h"

enum { THREADS = 8, ROUNDS = 20000 };

static pthread_t threads[THREADS];

static void run_all(void *(*function)(void *)) {
    for (intptr_t i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, function, (void *)i) == 0);
}

static long join_all(void) {
    long sum = 0;
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        EXPECT(pthread_join(threads[i], &result) == 0);
        sum += (intptr_t)result;
    }
    return sum;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;
static atomic_long atomic_counter;

static void *add(void *number) {
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        atomic_counter++;
    }
    return number;
}

static void mutexes(void) {
    run_all(add);
    EXPECT(join_all() == THREADS * (THREADS - 1) / 2);
    EXPECT(counter == THREADS * ROUNDS);
    EXPECT(atomic_counter == THREADS * ROUNDS);
}

static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int produced, consumed, closed;

static void *consume(void *unused) {
    (void)unused;
    long taken = 0;
    pthread_mutex_lock(&mutex);
    for (;;) {
        while (consumed == produced && !closed)
            pthread_cond_wait(&cond, &mutex);
        if (consumed == produced)
            break;
        consumed++;
        taken++;
    }
    pthread_mutex_unlock(&mutex);
    return (void *)taken;
}

static void conditions(void) {
    run_all(consume);
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&mutex);
        produced++;
        pthread_mutex_unlock(&mutex);
        pthread_cond_signal(&cond);
    }
    pthread_mutex_lock(&mutex);
    closed = 1;
    pthread_cond_broadcast(&cond);
    pthread_mutex_unlock(&mutex);
    EXPECT(join_all() == 5000);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&mutex);
    EXPECT(pthread_cond_timedwait(&cond, &mutex, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
}

static pthread_barrier_t barrier;
static atomic_int phase_count[50], phase_errors;

static void *phases(void *unused) {
    (void)unused;
    intptr_t serial = 0;
    for (int i = 0; i < 50; i++) {
        phase_count[i]++;
        serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
        phase_errors += phase_count[i] != THREADS;
    }
    return (void *)serial;
}

static void barriers(void) {
    pthread_barrier_init(&barrier, NULL, THREADS);
    run_all(phases);
    EXPECT(join_all() == 50);
    EXPECT(phase_errors == 0);
}

static __thread int tls_zero, tls_set = 42;
static __thread char tls_large[3000];
static pthread_key_t key;
static atomic_int destroyed;

static void destroy(void *value) {
    destroyed += (int)(intptr_t)value;
}

static void *use_tls(void *number) {
    intptr_t wrong = tls_zero != 0 || tls_set != 42 || tls_large[2999] != 0;
    tls_zero = tls_set = (int)(intptr_t)number;
    memset(tls_large, (int)(intptr_t)number, sizeof tls_large);
    pthread_setspecific(key, (void *)1);
    for (int i = 0; i < 100; i++) {
        sched_yield();
        wrong += tls_zero != (intptr_t)number || tls_large[i] != (char)(intptr_t)number;
    }
    return (void *)wrong;
}

static void thread_local_storage(void) {
    pthread_key_create(&key, destroy);
    run_all(use_tls);
    EXPECT(join_all() == 0);
    EXPECT(destroyed == THREADS);
    EXPECT(tls_set == 42);
}

static void *leave(void *value) {
    if (value)
        pthread_exit(value);
    return NULL;
}

static sem_t done;

static void *detached(void *unused) {
    (void)unused;
    sem_post(&done);
    return NULL;
}

static void ends(void) {
    pthread_t thread;
    void *result;
    EXPECT(pthread_create(&thread, NULL, leave, (void *)7) == 0);
    EXPECT(pthread_join(thread, &result) == 0 && result == (void *)7);
    sem_init(&done, 0, 0);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 128 << 10);
    for (int i = 0; i < 200; i++) {
        if (pthread_create(&thread, &attributes, detached, NULL) != 0)
            EXPECT(!"created");
        sem_wait(&done);
    }
    /* One after the other: stacks and whatever else a thread takes are given back. */
    for (int i = 0; i < 2000; i++) {
        pthread_create(&thread, NULL, leave, NULL);
        pthread_join(thread, NULL);
    }
    EXPECT(pthread_create(&thread, NULL, leave, NULL) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

static void *tid_of(void *unused) {
    (void)unused;
    return (void *)(intptr_t)(syscall(SYS_gettid) != getpid());
}

static void identity(void) {
    run_all(tid_of);
    EXPECT(join_all() == THREADS);
    EXPECT(syscall(SYS_gettid) == getpid());
}

static void *outlive(void *unused) {
    (void)unused;
    sleep_ms(50);
    _exit(23);
}

static void *quit_last(void *unused) {
    (void)unused;
    sleep_ms(50);
    return NULL;
}

static int status_after(void *(*function)(void *)) {
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, function, NULL);
        pthread_exit(NULL);
    }
    waitpid(pid, &status, 0);
    return status;
}

static void main_leaves_first(void) {
    int status = status_after(outlive);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 23);
    status = status_after(quit_last);
    EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *fork_here(void *unused) {
    (void)unused;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread;
        void *result;
        if (syscall(SYS_gettid) != getpid())
            _exit(1);
        pthread_create(&thread, NULL, leave, (void *)3);
        pthread_join(thread, &result);
        _exit(result == (void *)3 ? 11 : 1);
    }
    waitpid(pid, &status, 0);
    return (void *)(intptr_t)WEXITSTATUS(status);
}

static void fork_in_threads(void) {
    run_all(fork_here);
    EXPECT(join_all() == 11 * THREADS);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int pair[2];

static void *read_write(void *number) {
    intptr_t wrong = 0;
    for (int i = 0; i < 2000; i++) {
        if ((intptr_t)number % 4 == 0) {
            pthread_rwlock_wrlock(&rwlock);
            pair[0]++;
            pair[1]++;
        } else {
            pthread_rwlock_rdlock(&rwlock);
            wrong += pair[0] != pair[1];
        }
        pthread_rwlock_unlock(&rwlock);
    }
    return (void *)wrong;
}

static void rwlocks(void) {
    run_all(read_write);
    EXPECT(join_all() == 0);
    EXPECT(pair[0] == 4000);
}

int main(void) {
    RUN(mutexes);
    RUN(conditions);
    RUN(barriers);
    RUN(thread_local_storage);
    RUN(ends);
    RUN(identity);
    RUN(main_leaves_first);
    RUN(fork_in_threads);
    RUN(rwlocks);
    return expect_summary();
}
