/* The C library's string functions at typical sizes: strlen, memcpy, memcmp, memset, strchr,
 * strcmp. */
#include "../bench.h"

enum { STRINGS = 512, ROOM = 600 };
static char texts[STRINGS][ROOM], copies[STRINGS][ROOM];

int main(int argc, char **argv) {
    uint64_t seed = 43, sum = 0;
    for (int i = 0; i < STRINGS; i++) {
        uint64_t r = next_random(&seed);
        size_t length = i % 4 == 0 ? 100 + r % 400 : 1 + r % 40;
        for (size_t c = 0; c < length; c++)
            texts[i][c] = (char)('a' + next_random(&seed) % 26);
    }
    long rounds = scaled(argc, argv, 28000);
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < STRINGS; i++) {
            const char *text = texts[i], *other = texts[(i + round) % STRINGS];
            size_t length = strlen(text);
            memcpy(copies[i], text, length + 1);
            sum += length + (size_t)(memcmp(copies[i], text, length) == 0);
            sum += (size_t)(strcmp(text, other) > 0);
            const char *found = strchr(text, 'z');
            sum += found ? (size_t)(found - text) : 1;
            found = memchr(text, 'q', length);
            sum += found ? (size_t)(found - text) : 3;
            memset(copies[i], 'x', length / 2);
        }
    }
    print_checksum(sum);
    return 0;
}
