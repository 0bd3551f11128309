/* Times single operations: prints "nanoseconds name", the least of several rounds, for each. Every
 * operation depends on the one before it, so these are latencies, with a loop step shared by eight.
 */
#include <math.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../bench.h"

enum { ROUNDS = 7, UNROLLED = 8 };

#define REPEAT8(statement) \
    do {                   \
        statement;         \
        statement;         \
        statement;         \
        statement;         \
        statement;         \
        statement;         \
        statement;         \
        statement;         \
    } while (0)

/* Forgets what the compiler knows about a value. */
#define OPAQUE(value) __asm__ volatile("" : "+r"(value))
#if defined __x86_64__
#define REAL_REGISTER "+x"
#define WITH_FMA      __attribute__((target("fma")))
#elif defined __aarch64__
#define REAL_REGISTER "+w"
#define WITH_FMA
#else
#define REAL_REGISTER "+f"
#define WITH_FMA
#endif
#define OPAQUE_REAL(value) __asm__ volatile("" : REAL_REGISTER(value))
#define NOINLINE           __attribute__((noinline, noclone))

static NOINLINE long add_one(long x) {
    OPAQUE(x);
    return x + 1;
}

static NOINLINE long add_two(long x) {
    OPAQUE(x);
    return x + 2;
}

static NOINLINE long add_three(long x) {
    OPAQUE(x);
    return x + 3;
}

static NOINLINE long add_four(long x) {
    OPAQUE(x);
    return x + 4;
}

static long (*volatile function)(long) = add_one;
static long (*volatile functions[4])(long) = {add_one, add_two, add_three, add_four};
static volatile long sink;
static volatile double real_sink;

static void direct_call(long n) {
    long x = 0;
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(x = add_one(x));
    sink = x;
}

static void indirect_call(long n) {
    long x = 0;
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(x = function(x));
    sink = x;
}

static void indirect_call_four(long n) {
    long x = 0;
    for (long i = 0; i < n; i += 4)
        for (int target = 0; target < 4; target++)
            x = functions[target](x);
    sink = x;
}

static void add_real(long n) {
    double x = 1, step = 0x1p-30;
    OPAQUE_REAL(step);
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(x += step; OPAQUE_REAL(x));
    real_sink = x;
}

static void multiply_real(long n) {
    double x = 1, factor = 1 + 0x1p-40;
    OPAQUE_REAL(factor);
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(x *= factor; OPAQUE_REAL(x));
    real_sink = x;
}

WITH_FMA static void multiply_add_real(long n) {
    double x = 1, factor = 1 - 0x1p-20, step = 0x1p-21;
    OPAQUE_REAL(factor);
    OPAQUE_REAL(step);
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(x = __builtin_fma(x, factor, step); OPAQUE_REAL(x));
    real_sink = x;
}

static void divide_real(long n) {
    double x = 1e9, divisor = 1 + 0x1p-20;
    OPAQUE_REAL(divisor);
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(x /= divisor; OPAQUE_REAL(x));
    real_sink = x;
}

static void square_root(long n) {
    double x = 1e9;
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(x = __builtin_sqrt(x + 2); OPAQUE_REAL(x));
    real_sink = x;
}

static void convert(long n) {
    long x = 1;
    double real;
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(real = (double)x; OPAQUE_REAL(real); x = (long)real; OPAQUE(x));
    sink = x;
}

static void compare_real(long n) {
    double x = 1, limit = 2;
    long count = 0;
    OPAQUE_REAL(limit);
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(OPAQUE_REAL(x); count += x < limit; OPAQUE(count));
    sink = count;
}

static void divide_integer(long n) {
    long x = 1L << 60, divisor = 3;
    OPAQUE(divisor);
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(x = x / divisor + (1L << 60); OPAQUE(x));
    sink = x;
}

static void store_load(long n) {
    static volatile long cell;
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(cell = cell + 1);
}

static void atomic_add(long n) {
    static long cell;
    for (long i = 0; i < n; i += UNROLLED)
        REPEAT8(__atomic_fetch_add(&cell, 1, __ATOMIC_SEQ_CST));
    sink = cell;
}

static void compare_and_swap(long n) {
    static long cell;
    for (long i = 0; i < n; i++) {
        long expected = i;
        if (!__atomic_compare_exchange_n(&cell, &expected, i + 1, 0, __ATOMIC_SEQ_CST,
                                         __ATOMIC_SEQ_CST))
            abort();
    }
    cell = 0;
}

static void system_call(long n) {
    for (long i = 0; i < n; i++)
        sink = syscall(SYS_getppid);
}

static void read_clock(long n) {
    struct timespec now;
    for (long i = 0; i < n; i++)
        clock_gettime(CLOCK_MONOTONIC, &now);
    sink = now.tv_nsec;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void measure(const char *name, void (*operation)(long), long n) {
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double start = seconds();
        operation(n);
        double time = seconds() - start;
        if (time < best)
            best = time;
    }
    printf("%.2f %s\n", best * 1e9 / (double)n, name);
}

int main(int argc, char **argv) {
    const struct {
        const char *name;
        void (*operation)(long);
        long count;
    } operations[] = {
        {"direct call and return", direct_call, 4000000},
        {"indirect call, one target", indirect_call, 4000000},
        {"indirect call, four targets", indirect_call_four, 2000000},
        {"real addition", add_real, 4000000},
        {"real multiplication", multiply_real, 4000000},
        {"real multiply-add", multiply_add_real, 4000000},
        {"real division", divide_real, 2000000},
        {"real addition and square root", square_root, 2000000},
        {"integer to real to integer", convert, 4000000},
        {"real comparison", compare_real, 4000000},
        {"integer division and addition", divide_integer, 4000000},
        {"store and load", store_load, 4000000},
        {"atomic addition", atomic_add, 2000000},
        {"compare and swap", compare_and_swap, 2000000},
        {"system call (getppid)", system_call, 200000},
        {"clock_gettime", read_clock, 200000},
    };
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        measure(operations[i].name, operations[i].operation,
                scaled(argc, argv, operations[i].count));
    return 0;
}
