/* What every benchmark program shares: how much to do, random data, and how results are printed.
 *
 * A program does a fixed amount of work and prints a checksum of it. Lines that begin with
 * "exact" may differ between processors (fused multiply-add, libm variants) but never between two
 * emulators of one processor; all other lines are the same everywhere. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number of rounds to do: `rounds` scaled by the percentage in argv[1], if given. The test
 * suite runs the same programs at 1 %. */
static inline long scaled(int argc, char **argv, long rounds) {
    long percent = argc > 1 ? strtol(argv[1], NULL, 10) : 100;
    long result = rounds * percent / 100;
    return result > 0 ? result : 1;
}

/* xorshift64*: fast, and the same sequence on every processor. */
static inline uint64_t next_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1dull;
}

/* Mixes a value into a checksum (FNV-1a, a word at a time). */
static inline uint64_t mix(uint64_t sum, uint64_t value) {
    return (sum ^ value) * 0x100000001b3ull;
}

static inline void print_checksum(uint64_t sum) {
    printf("checksum %016llx\n", (unsigned long long)sum);
}

/* Prints a floating-point result twice: rounded, and to the last bit. */
static inline void print_real(const char *name, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    printf("%s %.6g\nexact %016llx\n", name, value, (unsigned long long)bits);
}

#endif
