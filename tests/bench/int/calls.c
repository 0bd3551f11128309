/* Recursion: direct calls and returns, with little work in between. */
#include "../bench.h"

static __attribute__((noinline)) uint64_t fibonacci(uint64_t n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static __attribute__((noinline)) uint64_t ackermann(uint64_t m, uint64_t n) {
    if (m == 0)
        return n + 1;
    return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static __attribute__((noinline)) int takeuchi(int x, int y, int z) {
    if (y >= x)
        return z;
    return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

int main(int argc, char **argv) {
    uint64_t sum = 0;
    long rounds = scaled(argc, argv, 500);
    for (long i = 0; i < rounds; i++) {
        sum = mix(sum, fibonacci(24 + i % 2));
        sum = mix(sum, ackermann(2, 200 + (uint64_t)i % 3));
        sum = mix(sum, (uint64_t)takeuchi(12, 8, (int)(i % 3)));
    }
    print_checksum(sum);
    return 0;
}
