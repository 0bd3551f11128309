/* Linear equations by LU decomposition with partial pivoting, then the residual. */
#include <math.h>

#include "../bench.h"

enum { SIZE = 220 };
static double matrix[SIZE][SIZE], lu[SIZE][SIZE], right[SIZE], solution[SIZE];
static int pivot[SIZE];

static void decompose(void) {
    for (int k = 0; k < SIZE; k++) {
        int best = k;
        for (int i = k + 1; i < SIZE; i++)
            if (fabs(lu[i][k]) > fabs(lu[best][k]))
                best = i;
        pivot[k] = best;
        if (best != k)
            for (int j = 0; j < SIZE; j++) {
                double t = lu[k][j];
                lu[k][j] = lu[best][j];
                lu[best][j] = t;
            }
        for (int i = k + 1; i < SIZE; i++) {
            double factor = lu[i][k] /= lu[k][k];
            for (int j = k + 1; j < SIZE; j++)
                lu[i][j] -= factor * lu[k][j];
        }
    }
}

static void solve(void) {
    memcpy(solution, right, sizeof solution);
    for (int k = 0; k < SIZE; k++) {
        double t = solution[pivot[k]];
        solution[pivot[k]] = solution[k];
        solution[k] = t;
    }
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < i; j++)
            solution[i] -= lu[i][j] * solution[j];
    for (int i = SIZE - 1; i >= 0; i--) {
        for (int j = i + 1; j < SIZE; j++)
            solution[i] -= lu[i][j] * solution[j];
        solution[i] /= lu[i][i];
    }
}

int main(int argc, char **argv) {
    uint64_t seed = 83;
    double sum = 0, worst = 0;
    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++)
            matrix[i][j] = (double)(next_random(&seed) >> 40) / (1 << 24) - 0.5;
        right[i] = 1 + i % 3;
    }
    long rounds = scaled(argc, argv, 200);
    for (long round = 0; round < rounds; round++) {
        right[round % SIZE] += 0.5;
        memcpy(lu, matrix, sizeof lu);
        decompose();
        solve();
        sum += solution[round % SIZE];
    }
    for (int i = 0; i < SIZE; i++) {
        double residual = -right[i];
        for (int j = 0; j < SIZE; j++)
            residual += matrix[i][j] * solution[j];
        worst = fmax(worst, fabs(residual));
    }
    print_real("sum", sum);
    printf("%s\n", worst < 1e-9 ? "accurate" : "inaccurate");
    return 0;
}
