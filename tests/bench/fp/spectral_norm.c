/* The largest singular value of the matrix 1/((i+j)(i+j+1)/2+i+1): integer to real, division, sums.
 */
#include <math.h>

#include "../bench.h"

enum { SIZE = 500 };

static double element(int i, int j) {
    return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1);
}

static void multiply(const double *v, double *out) {
    for (int i = 0; i < SIZE; i++) {
        double sum = 0;
        for (int j = 0; j < SIZE; j++)
            sum += element(i, j) * v[j];
        out[i] = sum;
    }
}

static void multiply_transposed(const double *v, double *out) {
    for (int i = 0; i < SIZE; i++) {
        double sum = 0;
        for (int j = 0; j < SIZE; j++)
            sum += element(j, i) * v[j];
        out[i] = sum;
    }
}

int main(int argc, char **argv) {
    static double u[SIZE], v[SIZE], t[SIZE];
    for (int i = 0; i < SIZE; i++)
        u[i] = 1;
    long rounds = scaled(argc, argv, 250);
    for (long round = 0; round < rounds; round++) {
        multiply(u, t);
        multiply_transposed(t, v);
        multiply(v, t);
        multiply_transposed(t, u);
    }
    double uv = 0, vv = 0;
    for (int i = 0; i < SIZE; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    print_real("norm", sqrt(uv / vv));
    return 0;
}
