/* Printing and reading numbers, in all conversions, over many values: exact decimal arithmetic. */
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    static const double values[] = {0.0,     -0.0,   1,   0.1, 123456.789, 1e21,     1e-7, DBL_MAX,
                                    DBL_MIN, 5e-324, 0.5, 2.5, 1.0 / 3,    INFINITY, NAN};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double x = isnan(values[i]) ? fabs(values[i]) : values[i];
        printf("%f|%e|%g|%.0f|%.17g|%a|%+.3e|%#.3g|% 12.4f|%-14.2e|%015.3f\n", x, x, x, x, x, x, x,
               x, x, x, x);
    }
    uint64_t state = 1, sum = 0;
    for (int i = 0; i < 3000; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        double x;
        memcpy(&x, &state, sizeof x);
        if (!isfinite(x))
            continue;
        char text[400];
        snprintf(text, sizeof text, "%.17g", x);
        if (strtod(text, NULL) != x)
            return 1;
        for (const char *c = text; *c; c++)
            sum = sum * 31 + (unsigned char)*c;
        snprintf(text, sizeof text, "%.9g", (double)(float)(x * 1e-200));
        sum = sum * 31 + (uint64_t)(strtof(text, NULL) == (float)(x * 1e-200));
    }
    printf("%016llx\n", (unsigned long long)sum);
    printf("%d|%5d|%-5d|%05d|%+d|% d|%x|%#X|%o|%#o|%c|%s|%.2s|%10.3s|%p\n", -42, 42, 42, 42, 42, 42,
           255, 255, 8, 8, 'c', "string", "string", "string", (void *)0x1234);
    printf("%hhd %hd %ld %lld %zu %jd %td\n", 300, 70000, 1L << 40, -(1LL << 60), sizeof values,
           (intmax_t)-5, (ptrdiff_t)7);
    printf("%2$s %1$s\n", "positional", "arguments");
    return 0;
}
