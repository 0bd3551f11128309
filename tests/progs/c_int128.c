/* 128-bit integers, multiplication and division at their edges, shifts, and overflow builtins. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>

typedef unsigned __int128 u128;
typedef __int128 i128;

static uint64_t fold(u128 x) {
    return (uint64_t)(x >> 64) * 31 ^ (uint64_t)x;
}

int main(void) {
    static const int64_t values[] = {0,          1,         -1,        2,
                                     -2,         7,         -7,        INT64_MAX,
                                     INT64_MIN,  INT32_MAX, INT32_MIN, 0x123456789abcdef,
                                     -1000000007};
    enum { COUNT = sizeof values / sizeof *values };
    uint64_t sum = 0;
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) {
            volatile int64_t a = values[i], b = values[j];
            volatile int32_t wa = (int32_t)a, wb = (int32_t)b;
            i128 product = (i128)a * b;
            u128 wide = (u128)(uint64_t)a << 64 | (uint64_t)b;
            sum = sum * 37 + fold((u128)product) + fold((u128)(uint64_t)a * (uint64_t)b);
            if (b != 0) {
                sum = sum * 37 + fold(wide / (uint64_t)b) +
                      fold(wide % ((u128)(uint64_t)b << 13 | 5));
                sum = sum * 37 + fold((u128)((i128)wide / b)) + (uint64_t)a / (uint64_t)b +
                      (uint64_t)a % (uint64_t)b;
                if (a != INT64_MIN || b != -1)
                    sum = sum * 37 + (uint64_t)(a / b) + (uint64_t)(a % b);
                if (wb != 0 && (wa != INT32_MIN || wb != -1))
                    sum = sum * 37 + (uint64_t)(wa / wb) + (uint64_t)(wa % wb) +
                          (uint32_t)wa / (uint32_t)wb;
            }
            int64_t r;
            int32_t w;
            sum = sum * 37 + __builtin_add_overflow(a, b, &r) + (uint64_t)r;
            sum = sum * 37 + __builtin_sub_overflow(a, b, &r) + (uint64_t)r;
            sum = sum * 37 + __builtin_mul_overflow(a, b, &r) + (uint64_t)r;
            sum = sum * 37 + __builtin_mul_overflow(wa, wb, &w) + (uint64_t)w;
            int shift = (int)(b & 127);
            sum = sum * 37 + fold(wide << shift) + fold(wide >> shift) +
                  fold((u128)((i128)wide >> shift));
            sum = sum * 37 + (uint64_t)(a >> (b & 63)) + ((uint64_t)a >> (b & 63)) +
                  ((uint64_t)a << (b & 63));
            sum = sum * 37 + (uint64_t)(wa >> (b & 31)) + ((uint32_t)wa >> (b & 31)) +
                  ((uint32_t)wa << (b & 31));
        }
    printf("%016llx\n", (unsigned long long)sum);
    for (int i = 0; i < COUNT; i++) {
        uint64_t x = (uint64_t)values[i];
        printf("%d %d %d %d %d %llx %x\n", x ? __builtin_clzll(x) : 64, x ? __builtin_ctzll(x) : 64,
               __builtin_popcountll(x), __builtin_parityll(x), __builtin_ffsll((long long)x),
               (unsigned long long)__builtin_bswap64(x), __builtin_bswap32((uint32_t)x));
    }
    return 0;
}
