/* Dynamic programming: edit distances and longest common subsequences of strings. */
#include "../bench.h"

enum { LENGTH = 400 };

static int minimum(int a, int b) {
    return a < b ? a : b;
}

static int edit_distance(const char *a, int n, const char *b, int m) {
    int row[LENGTH + 1];
    for (int j = 0; j <= m; j++)
        row[j] = j;
    for (int i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int above = row[j];
            row[j] = minimum(minimum(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[m];
}

static int common_subsequence(const char *a, int n, const char *b, int m) {
    static int rows[2][LENGTH + 1];
    memset(rows, 0, sizeof rows);
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= m; j++) {
            int up = rows[~i & 1][j], left = rows[i & 1][j - 1];
            rows[i & 1][j] = a[i - 1] == b[j - 1] ? rows[~i & 1][j - 1] + 1 : up > left ? up : left;
        }
    return rows[n & 1][m];
}

int main(int argc, char **argv) {
    char a[LENGTH], b[LENGTH];
    uint64_t seed = 61, sum = 0;
    long rounds = scaled(argc, argv, 800);
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < LENGTH; i++) {
            uint64_t r = next_random(&seed);
            a[i] = (char)('a' + r % 4);
            b[i] = r >> 8 & 3 ? a[i] : (char)('a' + (r >> 16) % 4);
        }
        sum = mix(sum, (uint64_t)edit_distance(a, LENGTH, b, LENGTH - (int)(round % 50)));
        sum = mix(sum, (uint64_t)common_subsequence(a, LENGTH, b, LENGTH));
    }
    print_checksum(sum);
    return 0;
}
