/* A bit-packed sieve, population counts, bit reversal and bit permutations. */
#include "../bench.h"

enum { LIMIT = 400000 };
static uint64_t sieve[LIMIT / 64 + 1];

static int popcount(uint64_t x) {
    x -= x >> 1 & 0x5555555555555555ull;
    x = (x & 0x3333333333333333ull) + (x >> 2 & 0x3333333333333333ull);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
    return (int)(x * 0x0101010101010101ull >> 56);
}

static uint64_t reverse(uint64_t x) {
    x = (x >> 1 & 0x5555555555555555ull) | (x & 0x5555555555555555ull) << 1;
    x = (x >> 2 & 0x3333333333333333ull) | (x & 0x3333333333333333ull) << 2;
    x = (x >> 4 & 0x0f0f0f0f0f0f0f0full) | (x & 0x0f0f0f0f0f0f0f0full) << 4;
    return __builtin_bswap64(x);
}

/* The bits of x selected by mask, gathered at the low end. */
static uint64_t gather(uint64_t x, uint64_t mask) {
    uint64_t result = 0;
    for (int to = 0; mask; mask &= mask - 1, to++)
        if (x & mask & -mask)
            result |= 1ull << to;
    return result;
}

static unsigned count_primes(void) {
    unsigned count = 0;
    memset(sieve, 0xff, sizeof sieve);
    for (uint32_t i = 2; i * i < LIMIT; i++)
        if (sieve[i >> 6] >> (i & 63) & 1)
            for (uint32_t j = i * i; j < LIMIT; j += i)
                sieve[j >> 6] &= ~(1ull << (j & 63));
    for (size_t i = 0; i < LIMIT / 64; i++)
        count += (unsigned)popcount(sieve[i]);
    return count;
}

int main(int argc, char **argv) {
    uint64_t seed = 37, sum = 0;
    long rounds = scaled(argc, argv, 200);
    for (long round = 0; round < rounds; round++) {
        sum = mix(sum, count_primes());
        for (int i = 0; i < 5000; i++) {
            uint64_t r = next_random(&seed);
            sum += reverse(r) ^ gather(r, sum) ^ (uint64_t)__builtin_clzll(r | 1) ^
                   (uint64_t)__builtin_ctzll(r | 1ull << 63);
        }
    }
    print_checksum(sum);
    return 0;
}
