/* Matrix multiplication in double precision, blocked for the cache. */
#include "../bench.h"

enum { SIZE = 240, BLOCK = 48 };
static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

static void multiply_block(int i0, int k0, int j0) {
    for (int i = i0; i < i0 + BLOCK; i++)
        for (int k = k0; k < k0 + BLOCK; k++) {
            double factor = a[i][k];
            for (int j = j0; j < j0 + BLOCK; j++)
                c[i][j] += factor * b[k][j];
        }
}

int main(int argc, char **argv) {
    uint64_t seed = 71;
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) {
            a[i][j] = (double)(next_random(&seed) >> 40) / (1 << 24);
            b[i][j] = (double)(next_random(&seed) >> 40) / (1 << 24) - 0.5;
        }
    long rounds = scaled(argc, argv, 45);
    for (long round = 0; round < rounds; round++)
        for (int i = 0; i < SIZE; i += BLOCK)
            for (int k = 0; k < SIZE; k += BLOCK)
                for (int j = 0; j < SIZE; j += BLOCK)
                    multiply_block(i, k, j);
    double trace = 0;
    for (int i = 0; i < SIZE; i++)
        trace += c[i][i];
    print_real("trace", trace);
    return 0;
}
