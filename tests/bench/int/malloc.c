/* The C library's allocator: a working set of blocks of mixed sizes, freed in random order. */
#include "../bench.h"

enum { SLOTS = 4096 };
static unsigned char *slots[SLOTS];
static size_t sizes[SLOTS];

int main(int argc, char **argv) {
    uint64_t seed = 47, sum = 0;
    long rounds = scaled(argc, argv, 7000000);
    for (long i = 0; i < rounds; i++) {
        uint64_t r = next_random(&seed);
        size_t slot = r % SLOTS;
        size_t size = 1 + (r >> 16) % (r >> 60 ? 200 : 4000);
        if (slots[slot])
            sum += slots[slot][sizes[slot] - 1];
        if (r >> 40 & 15 || !slots[slot]) {
            free(slots[slot]);
            slots[slot] = malloc(size);
        } else {
            slots[slot] = realloc(slots[slot], size);
        }
        slots[slot][0] = (unsigned char)r;
        slots[slot][size - 1] = (unsigned char)(r >> 8);
        sizes[slot] = size;
    }
    for (int i = 0; i < SLOTS; i++)
        free(slots[i]);
    print_checksum(sum);
    return 0;
}
