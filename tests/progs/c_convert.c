/* Conversions between every pair of arithmetic types, over values that each can hold. */
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t sum;

static void mix(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    sum = (sum ^ bits) * 0x100000001b3ull + (sum >> 31);
}

int main(void) {
    static const double values[] = {0,
                                    1,
                                    -1,
                                    0.999999,
                                    -0.999999,
                                    127.5,
                                    -128,
                                    255.9,
                                    32767.5,
                                    -32768,
                                    65535.25,
                                    2147483647.0,
                                    -2147483648.0,
                                    4294967295.0,
                                    9007199254740993.0,
                                    9223372036854774784.0,
                                    -9223372036854775808.0,
                                    18446744073709549568.0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        volatile double x = values[i];
        volatile float f = (float)x;
        mix(f);
        if (fabs(x) < 128)
            mix((int8_t)x), mix((int8_t)f);
        if (x > -1 && x < 256)
            mix((uint8_t)x);
        if (fabs(x) < 32768)
            mix((int16_t)x), mix((int16_t)f);
        if (x > -2147483649.0 && x < 2147483648.0)
            mix((int32_t)x);
        if (x > -1 && x < 4294967296.0)
            mix((uint32_t)x);
        if (x >= -9223372036854775808.0 && x < 9223372036854775808.0)
            mix((double)(int64_t)x);
        if (x > -1)
            mix((double)(uint64_t)x);
        if (f > -1 && f < 1e19f)
            mix((double)(uint64_t)f);
    }
    static const int64_t integers[] = {0,
                                       1,
                                       -1,
                                       INT64_MAX,
                                       INT64_MIN,
                                       (1L << 53) + 1,
                                       (1L << 24) + 1,
                                       -((1L << 53) + 1),
                                       INT32_MAX,
                                       INT32_MIN,
                                       0x7fffffbfffffffff,
                                       0x7fffff4000000001};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        volatile int64_t x = integers[i];
        volatile uint64_t u = (uint64_t)x;
        volatile int32_t w = (int32_t)x;
        volatile uint32_t uw = (uint32_t)x;
        mix((double)x), mix((float)x), mix((double)u), mix((float)u);
        mix(w), mix((float)w), mix(uw), mix((float)uw), mix((int16_t)x), mix((uint8_t)x),
            mix((signed char)x);
        mix((double)(_Float32)x);
        mix((double)((long double)x / 2));
    }
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
