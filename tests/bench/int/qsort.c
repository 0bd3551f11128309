/* The C library's qsort and bsearch with comparison functions called through pointers. */
#include "../bench.h"

enum { COUNT = 30000 };

struct record {
    uint32_t key;
    char name[12];
};

static struct record records[COUNT];

static int by_key(const void *a, const void *b) {
    uint32_t x = ((const struct record *)a)->key, y = ((const struct record *)b)->key;
    return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b) {
    int order = strcmp(((const struct record *)a)->name, ((const struct record *)b)->name);
    return order ? order : by_key(a, b);
}

int main(int argc, char **argv) {
    uint64_t seed = 59, sum = 0;
    long rounds = scaled(argc, argv, 25);
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < COUNT; i++) {
            uint64_t r = next_random(&seed);
            records[i].key = (uint32_t)(r >> 32);
            for (int c = 0; c < 8; c++)
                records[i].name[c] = (char)('a' + (r >> 4 * c & 15));
        }
        qsort(records, COUNT, sizeof *records, by_name);
        sum = mix(sum, records[round % COUNT].key);
        qsort(records, COUNT, sizeof *records, by_key);
        for (int i = 0; i < COUNT; i++) {
            struct record wanted = {.key = (uint32_t)next_random(&seed)};
            if (i % 2)
                wanted.key = records[i].key;
            sum += bsearch(&wanted, records, COUNT, sizeof *records, by_key) != NULL;
        }
    }
    print_checksum(sum);
    return 0;
}
