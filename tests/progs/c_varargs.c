/* The calling convention: variable arguments, structs by value of every shape, many arguments,
 * mixed integer and floating-point, and large return values. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct tiny {
    char a;
};
struct pair {
    long a, b;
};
struct real_pair {
    double a;
    float b;
};
struct mixed {
    int a;
    double b;
};
struct large {
    long a[5];
};
struct odd {
    char bytes[11];
};

#define NOINLINE __attribute__((noinline, noclone))

NOINLINE static double add(int count, ...) {
    va_list list, copy;
    double sum = 0;
    va_start(list, count);
    va_copy(copy, list);
    for (int i = 0; i < count; i++)
        sum += i % 3 == 0   ? va_arg(list, int)
               : i % 3 == 1 ? va_arg(list, double)
                            : (double)va_arg(list, long);
    sum += va_arg(copy, int);
    va_end(copy);
    va_end(list);
    return sum;
}

NOINLINE static long structs(int count, ...) {
    va_list list;
    va_start(list, count);
    long sum = 0;
    for (int i = 0; i < count; i++) {
        sum = sum * 7 + va_arg(list, struct pair).b;
        sum = sum * 7 + (long)va_arg(list, struct mixed).b;
        sum = sum * 7 + va_arg(list, struct large).a[4];
        sum = sum * 7 + va_arg(list, struct odd).bytes[10];
        sum = sum * 7 + (long)va_arg(list, long double);
    }
    va_end(list);
    return sum;
}

NOINLINE static struct large many(char a, short b, int c, long d, float e, double f, struct tiny g,
                                  struct pair h, struct real_pair i, struct mixed j, struct large k,
                                  float l, double m, double n, double o, double p, double q,
                                  double r, int s, unsigned char t, struct odd u) {
    struct large result = {{a + b + c + d, (long)(e * 100 + f * 10), g.a + h.a * h.b,
                            (long)(i.a * 4 + i.b * 2 + j.a + j.b + l + m + n + o + p + q + r),
                            k.a[3] + s + t}};
    for (size_t x = 0; x < sizeof u.bytes; x++)
        result.a[x % 5] += u.bytes[x];
    return result;
}

NOINLINE static struct real_pair swap(struct real_pair x) {
    return (struct real_pair){x.b, (float)x.a};
}

NOINLINE static int format(char *out, size_t size, const char *pattern, ...) {
    va_list list;
    va_start(list, pattern);
    int length = vsnprintf(out, size, pattern, list);
    va_end(list);
    return length;
}

int main(void) {
    printf("%g\n", add(9, 1, 2.5, 3L, -4, 5.25, 6000000000L, 7, 8.125, -9L));
    struct odd odd = {"0123456789"};
    odd.bytes[10] = 77;
    printf("%ld\n",
           structs(2, (struct pair){1, 2}, (struct mixed){3, 4.5}, (struct large){{1, 2, 3, 4, 5}},
                   odd, (long double)6.75, (struct pair){-1, -2}, (struct mixed){-3, -4.5},
                   (struct large){{9, 8, 7, 6, -5}}, odd, (long double)-6.75));
    struct large big =
        many('a', -2, 3, 4000000000L, 1.5f, 2.25, (struct tiny){5}, (struct pair){6, 7},
             (struct real_pair){8.5, 9.5f}, (struct mixed){10, 11.5},
             (struct large){{1, 2, 3, 12, 5}}, 13, 14, 15, 16, 17, 18, 19, -20, 250, odd);
    for (int i = 0; i < 5; i++)
        printf("%ld ", big.a[i]);
    struct real_pair swapped = swap((struct real_pair){1.25, -2.5f});
    printf("%g %g\n", swapped.a, (double)swapped.b);
    char text[200];
    int length =
        format(text, sizeof text, "%d %s %.3f %c %ld %5.1e %%|%-6s|%06d|%x|%lld|%*.*f", -5, "text",
               3.14159, 'q', 1L << 40, 12345.678, "ab", 42, 0xbeef, -(1LL << 50), 10, 2, 2.71828);
    printf("%d %s\n", length, text);
    return 0;
}
