/* Conway's game of life on a torus of bytes: neighbour sums with two-dimensional indexing. */
#include "../bench.h"

enum { SIDE = 256 };
static unsigned char cells[2][SIDE][SIDE];

static void step(unsigned char from[SIDE][SIDE], unsigned char to[SIDE][SIDE]) {
    for (unsigned y = 0; y < SIDE; y++) {
        const unsigned char *up = from[(y - 1) % SIDE], *row = from[y],
                            *down = from[(y + 1) % SIDE];
        for (unsigned x = 0; x < SIDE; x++) {
            unsigned left = (x - 1) % SIDE, right = (x + 1) % SIDE;
            int sum = up[left] + up[x] + up[right] + row[left] + row[right] + down[left] + down[x] +
                      down[right];
            to[y][x] = sum == 3 || (sum == 2 && row[x]);
        }
    }
}

int main(int argc, char **argv) {
    uint64_t seed = 67, sum = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            cells[0][y][x] = next_random(&seed) >> 33 & 1;
    long rounds = scaled(argc, argv, 1800);
    for (long i = 0; i < rounds; i++)
        step(cells[i & 1], cells[~i & 1]);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            sum = mix(sum, cells[rounds & 1][y][x]);
    print_checksum(sum);
    return 0;
}
