/* A radix-2 fast Fourier transform forth and back: complex arithmetic with strided access. */
#include <math.h>

#include "../bench.h"

enum { BITS = 14, SIZE = 1 << BITS };

struct complex {
    double re, im;
};

static struct complex data[SIZE], roots[SIZE / 2];

static void bit_reverse(void) {
    for (unsigned i = 0; i < SIZE; i++) {
        unsigned j = 0;
        for (int bit = 0; bit < BITS; bit++)
            j |= (i >> bit & 1) << (BITS - 1 - bit);
        if (j > i) {
            struct complex t = data[i];
            data[i] = data[j];
            data[j] = t;
        }
    }
}

static void transform(double sign) {
    bit_reverse();
    for (int half = 1; half < SIZE; half *= 2) {
        int stride = SIZE / 2 / half;
        for (int base = 0; base < SIZE; base += 2 * half)
            for (int k = 0; k < half; k++) {
                struct complex root = roots[k * stride], *low = &data[base + k], *high = low + half;
                root.im *= sign;
                struct complex t = {high->re * root.re - high->im * root.im,
                                    high->re * root.im + high->im * root.re};
                *high = (struct complex){low->re - t.re, low->im - t.im};
                *low = (struct complex){low->re + t.re, low->im + t.im};
            }
    }
}

int main(int argc, char **argv) {
    uint64_t seed = 73;
    for (int i = 0; i < SIZE / 2; i++) {
        double angle = 2 * 3.14159265358979323846 * i / SIZE;
        roots[i] = (struct complex){cos(angle), sin(angle)};
    }
    for (int i = 0; i < SIZE; i++)
        data[i] = (struct complex){(double)(next_random(&seed) >> 40) / (1 << 24), 0};
    double peak = 0;
    long rounds = scaled(argc, argv, 500);
    for (long round = 0; round < rounds; round++) {
        transform(1);
        peak += hypot(data[1 + round].re, data[1 + round].im);
        transform(-1);
        for (int i = 0; i < SIZE; i++) {
            data[i].re /= SIZE;
            data[i].im /= SIZE;
        }
    }
    print_real("peak", peak);
    print_real("first", data[0].re);
    return 0;
}
