/* Every atomic operation at every width, alone and contended by threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#define TEST_WIDTH(type)                                                                          \
    do {                                                                                          \
        _Atomic type a = (type)0x1234567812345678ull;                                             \
        unsigned long long sum = 0;                                                               \
        for (int i = 0; i < 50; i++) {                                                            \
            type v = (type)(0x9e3779b97f4a7c15ull * (unsigned)(i + 1)),                           \
                 expected = atomic_load(&a);                                                      \
            sum = sum * 31 + atomic_fetch_add(&a, v);                                             \
            sum = sum * 31 + atomic_fetch_sub_explicit(&a, (type)(v >> 1), memory_order_relaxed); \
            sum =                                                                                 \
                sum * 31 + atomic_fetch_and_explicit(&a, (type) ~(v >> 2), memory_order_acquire); \
            sum = sum * 31 + atomic_fetch_or_explicit(&a, v, memory_order_release);               \
            sum = sum * 31 + atomic_fetch_xor(&a, (type)i);                                       \
            sum = sum * 31 + atomic_compare_exchange_strong(&a, &expected, v) + expected;         \
            sum = sum * 31 + atomic_compare_exchange_strong(&a, &expected, (type)(v + 1));        \
            sum = sum * 31 + atomic_exchange(&a, (type)(v * 3));                                  \
        }                                                                                         \
        printf("%s %llx\n", #type, sum + atomic_load(&a));                                        \
    } while (0)

enum { THREADS = 4, ROUNDS = 20000 };

static _Atomic uint8_t bytes[4];
static _Atomic uint16_t halves[2];
static _Atomic uint32_t word;
static _Atomic uint64_t wide;
static atomic_flag spin = ATOMIC_FLAG_INIT;
static long guarded;

static void *contend(void *argument) {
    int id = (int)(intptr_t)argument;
    for (int i = 0; i < ROUNDS; i++) {
        atomic_fetch_add(&bytes[id], 1); /* neighbours in one word */
        atomic_fetch_xor(&halves[id & 1], 0x55);
        uint32_t old = atomic_load(&word);
        while (!atomic_compare_exchange_weak(&word, &old, old * 5 + 1 - old * 4))
            ;
        atomic_fetch_add_explicit(&wide, 0x100000001ull, memory_order_relaxed);
        while (atomic_flag_test_and_set_explicit(&spin, memory_order_acquire))
            ;
        guarded++;
        atomic_flag_clear_explicit(&spin, memory_order_release);
    }
    return NULL;
}

int main(void) {
    TEST_WIDTH(uint8_t);
    TEST_WIDTH(uint16_t);
    TEST_WIDTH(uint32_t);
    TEST_WIDTH(uint64_t);
    pthread_t threads[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, contend, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%u %u %u %u, %x %x, %u, %llx, %ld\n", bytes[0], bytes[1], bytes[2], bytes[3], halves[0],
           halves[1], word, (unsigned long long)wide, guarded);
    return 0;
}
