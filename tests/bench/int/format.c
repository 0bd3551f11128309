/* snprintf and strtol/sscanf: the C library's formatting, with vfprintf's large dispatch. */
#include "../bench.h"

int main(int argc, char **argv) {
    char line[256], word[64];
    uint64_t seed = 53, sum = 0;
    long rounds = scaled(argc, argv, 500000);
    for (long i = 0; i < rounds; i++) {
        uint64_t r = next_random(&seed);
        int number = (int)(r >> 33) - 1000000000;
        int length =
            snprintf(line, sizeof line, "%d %s %08x %-12s|%5c|%llu %+ld", number, "name",
                     (unsigned)r, "left", (int)('a' + r % 26), (unsigned long long)r, (long)i);
        sum = mix(sum, (uint64_t)length);
        for (int c = 0; c < length; c += 5)
            sum = mix(sum, (unsigned char)line[c]);
        char *end;
        long parsed = strtol(line, &end, 10);
        if (parsed != number || sscanf(end, "%63s", word) != 1 || strcmp(word, "name") != 0)
            abort();
        sum += strtoul(end + 6, NULL, 16);
    }
    print_checksum(sum);
    return 0;
}
