/* Computed goto, large and sparse switches, jump tables in loops, and function-pointer tables. */
#include <stdio.h>

static unsigned long run(const unsigned char *code, int n) {
    static const void *const targets[] = {&&add, &&multiply, &&exclusive, &&shift, &&skip, &&halt};
    unsigned long value = 1;
    int at = 0;
#define NEXT() goto *targets[at < n ? code[at++] % 5 : 5]
    NEXT();
add:
    value += 13;
    NEXT();
multiply:
    value *= 31;
    NEXT();
exclusive:
    value ^= value >> 7;
    NEXT();
shift:
    value = value << 3 | value >> 61;
    NEXT();
skip:
    at++;
    NEXT();
halt:
    return value;
}

static int dense(int x) {
    switch (x) {
    case 0: return 5;
    case 1: return 17;
    case 2: return x * 3;
    case 3: return -1;
    case 4: return x + 100;
    case 5: return 55;
    case 6: return x << 4;
    case 7: return 8;
    case 8: return 81;
    case 9: return 9 - x;
    case 10: return 1024;
    default: return x / 2;
    }
}

static int sparse(long x) {
    switch (x) {
    case -1000000: return 1;
    case -5: return 2;
    case 0: return 3;
    case 77: return 4;
    case 1000: return 5;
    case 123456789: return 6;
    case 0x7fffffffffff: return 7;
    case 20 ... 40: return 8;
    default: return 0;
    }
}

static int one(int x) {
    return x + 1;
}
static int two(int x) {
    return x * 2;
}
static int three(int x) {
    return x - 3;
}

int main(void) {
    static int (*const table[])(int) = {one, two, three};
    unsigned char code[500];
    unsigned seed = 1;
    for (int i = 0; i < 500; i++)
        code[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
    printf("%lx\n", run(code, 500));
    long sum = 0;
    for (int i = -5; i < 20; i++)
        sum = sum * 3 + dense(i);
    static const long keys[] = {-1000000,       -5, -4, 0,  77, 78, 1000, 123456789,
                                0x7fffffffffff, 20, 30, 40, 41};
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
        sum = sum * 9 + sparse(keys[i]);
    int value = 1;
    for (int i = 0; i < 3000; i++)
        value = table[(unsigned)(value ^ i) % 3](value) & 0xffff;
    printf("%ld %d\n", sum, value);
    return 0;
}
