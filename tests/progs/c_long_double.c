/* long double: the guest's 128-bit software format; results rounded to what both machines have. */
#include <complex.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    volatile long double x = 1.0L / 3, y = 2.718281828459045L;
    printf("%.15Lg %.15Lg %.15Lg %.15Lg\n", x + y, x - y, x * y, x / y);
    printf("%.14Lg %.14Lg %.14Lg\n", sqrtl(y), powl(y, x), sinl(x) * expl(y));
    printf("%.10Le %.10Lf\n", strtold("1.25e-30", NULL), strtold("-98765.4321", NULL));
    printf("%d %d %d %d\n", x < y, x == 1.0L / 3, isnan(x - x / 0.0L * 0), isinf(y / (x - x)) != 0);
    printf("%lld %llu %d\n", (long long)(y * 1e15L), (unsigned long long)(x * 1e18L), (int)-y);
    volatile float f = 1.1f;
    volatile double d = 2.2;
    long double sum = 0;
    for (int i = 1; i <= 1000; i++)
        sum += 1.0L / ((long double)i * i) + f - d;
    printf("%.12Lg %.9g %.15g\n", sum, (double)(float)sum, (double)sum);
    double complex z = 1 + 2 * I, w = cexp(z) * csqrt(z);
    printf("%.12g %.12g %.12g\n", creal(w), cimag(w), cabs(z / w));
    int exponent;
    long double fraction = frexpl(y * 1024, &exponent);
    printf("%.12Lg %d %.12Lg %ld\n", fraction, exponent, ldexpl(fraction, 3), lroundl(y * 10));
    return 0;
}
