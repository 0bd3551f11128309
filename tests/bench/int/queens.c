/* N-queens by bit masks and Sudoku-like exact search by arrays: deep recursion with backtracking.
 */
#include "../bench.h"

static uint64_t solutions(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
    if (columns == all)
        return 1;
    uint64_t count = 0;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t bit = free & -free;
        count += solutions(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return count;
}

/* The same count with one array of column positions, checked pair by pair. */
static uint64_t solutions_by_array(int *column, int row, int n) {
    if (row == n)
        return 1;
    uint64_t count = 0;
    for (int c = 0; c < n; c++) {
        int r = 0;
        while (r < row && column[r] != c && column[r] - c != row - r && c - column[r] != row - r)
            r++;
        if (r == row) {
            column[row] = c;
            count += solutions_by_array(column, row + 1, n);
        }
    }
    return count;
}

int main(int argc, char **argv) {
    uint64_t sum = 0;
    int column[16];
    long rounds = scaled(argc, argv, 200);
    for (long round = 0; round < rounds; round++) {
        sum = mix(sum, solutions((1u << 11) - 1, 0, 0, 0));
        sum = mix(sum, solutions_by_array(column, 0, 9));
    }
    print_checksum(sum);
    return 0;
}
