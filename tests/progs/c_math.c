/* The math library and floating-point operations at their edges: zeros, infinities, NaNs,
 * subnormals, rounding modes and exception flags. Values whose last bit the C standard leaves open
 * are rounded. */
/* compile: -frounding-math */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const double values[] = {0.0,
                                -0.0,
                                1.0,
                                -1.0,
                                0.5,
                                1.5,
                                2.5,
                                -2.5,
                                1e-310,
                                -1e-310,
                                DBL_MIN,
                                DBL_MAX,
                                -DBL_MAX,
                                INFINITY,
                                -INFINITY,
                                3.9999999999999996,
                                4503599627370497.5,
                                1e300,
                                1e-300,
                                0.1};
enum { COUNT = sizeof values / sizeof *values };

static uint64_t bits(double x) {
    uint64_t result;
    if (isnan(x))
        return 0x7ff8000000000000ull; /* the sign and payload of a NaN are the processor's own */
    memcpy(&result, &x, sizeof result);
    return result;
}

/* A result to print: without the sign of a NaN, and of a zero where libraries differ. */
static double plain(double x) {
    return x == 0 ? 0 : isnan(x) ? fabs(x) : x;
}

static uint64_t mix(uint64_t sum, uint64_t value) {
    return (sum ^ value) * 0x100000001b3ull + (sum >> 29);
}

/* FE_* values differ between processors. */
static int flags(void) {
    int raised = fetestexcept(FE_ALL_EXCEPT);
    return !!(raised & FE_INVALID) << 4 | !!(raised & FE_DIVBYZERO) << 3 |
           !!(raised & FE_OVERFLOW) << 2 | !!(raised & FE_UNDERFLOW) << 1 | !!(raised & FE_INEXACT);
}

static void arithmetic(const char *mode) {
    uint64_t sum = 0, flag_sum = 0;
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) {
            volatile double a = values[i], b = values[j], r;
            volatile float fa = (float)a, fb = (float)b, fr;
            feclearexcept(FE_ALL_EXCEPT);
            r = a + b, sum = mix(sum, bits(r));
            r = a - b, sum = mix(sum, bits(r));
            r = a * b, sum = mix(sum, bits(r));
            flag_sum = mix(flag_sum, (unsigned)flags());
            feclearexcept(FE_ALL_EXCEPT);
            r = a / b, sum = mix(sum, bits(r));
            flag_sum = mix(flag_sum, (unsigned)flags());
            feclearexcept(FE_ALL_EXCEPT);
            fr = fa * fb, sum = mix(sum, bits(fr));
            fr = fa / fb, sum = mix(sum, bits(fr));
            fr = fa + fb, sum = mix(sum, bits(fr));
            flag_sum = mix(flag_sum, (unsigned)flags());
            sum = mix(sum, (unsigned)((a < b) | (a <= b) << 1 | (a == b) << 2 | (a > b) << 3 |
                                      (a != b) << 4));
        }
    printf("%s %016llx %016llx\n", mode, (unsigned long long)sum, (unsigned long long)flag_sum);
}

static void rounding(void) {
    for (int i = 0; i < COUNT; i++) {
        volatile double x = values[i];
        printf("%.17g: %g %g %g %g %g %g", x, floor(x), ceil(x), trunc(x), round(x), rint(x),
               nearbyint(x));
        if (fabs(x) < 1e15)
            printf(" %ld %ld %lld", lrint(x), lround(x), llrint(x));
        printf(" %d %d\n", fpclassify(x) == FP_SUBNORMAL, signbit(x) != 0);
    }
}

static void fused(void) {
    uint64_t sum = 0;
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++)
            for (int k = 0; k < COUNT; k++) {
                sum = mix(sum, bits(fma(values[i], values[j], values[k])));
                sum = mix(sum, bits(fmaf((float)values[i], (float)values[j], (float)values[k])));
            }
    printf("fused %016llx\n", (unsigned long long)sum);
}

static void functions(void) {
    static double (*const list[])(double) = {sin,   cos,  tan,    asin,   acos,  atan, exp,  exp2,
                                             expm1, log,  log2,   log10,  log1p, sqrt, cbrt, sinh,
                                             cosh,  tanh, lgamma, tgamma, erf,   logb};
    for (size_t f = 0; f < sizeof list / sizeof *list; f++) {
        for (double x = -2.75; x < 4; x += 0.625)
            printf("%.11g ", plain(list[f](x)));
        printf("\n");
    }
    for (double x = -2.5; x < 3; x += 0.75)
        printf("%.11g %.11g %.11g %.11g %.11g\n", pow(x, 3), atan2(x, 0.5), fmod(x, 0.3),
               hypot(x, 2), remainder(x, 0.7));
    int exponent;
    double whole, part = modf(-3.75, &whole), fraction = frexp(-1e-310, &exponent);
    printf("%g %g %.17g %d %g %d %g\n", part, whole, fraction, exponent, scalbn(1.5, -1074),
           ilogb(1e-310), nextafter(1, 2) - 1);
    printf("%g %g %g %g\n", fmin(NAN, 1), fmax(-0.0, 0.0) + 1, fdim(3, 1), copysign(2, -0.0));
}

int main(void) {
    static const struct {
        int mode;
        const char *name;
    } modes[] = {{FE_TONEAREST, "nearest"},
                 {FE_TOWARDZERO, "zero"},
                 {FE_UPWARD, "up"},
                 {FE_DOWNWARD, "down"}};
    for (int i = 0; i < 4; i++) {
        fesetround(modes[i].mode);
        arithmetic(modes[i].name);
        volatile double x = 2.5, y = -2.5, third = 1, three = 3;
        printf("%g %g %ld %ld %a %.20g %.3f\n", rint(x), rint(y), lrint(x), lrint(y), third / three,
               sqrt(three), 0.0625);
        fesetround(FE_TONEAREST);
    }
    rounding();
    fused();
    functions();
    return 0;
}
