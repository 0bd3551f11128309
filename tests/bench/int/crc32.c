/* CRC-32 by bytes and by eight bytes at a time (slicing), over a buffer that fits the cache. */
#include "../bench.h"

static uint32_t table[8][256];

static void make_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        table[0][i] = crc;
    }
    for (int t = 1; t < 8; t++)
        for (int i = 0; i < 256; i++)
            table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
}

static uint32_t by_bytes(uint32_t crc, const unsigned char *p, size_t n) {
    while (n--)
        crc = crc >> 8 ^ table[0][(crc ^ *p++) & 255];
    return crc;
}

static uint32_t by_words(uint32_t crc, const unsigned char *p, size_t n) {
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        word ^= crc;
        crc = 0;
        for (int i = 0; i < 8; i++)
            crc ^= table[7 - i][word >> 8 * i & 255];
    }
    return by_bytes(crc, p, n);
}

int main(int argc, char **argv) {
    static unsigned char buffer[20000];
    uint64_t seed = 13, sum = 0;
    make_tables();
    if (~by_bytes(~0u, (const unsigned char *)"123456789", 9) != 0xcbf43926)
        abort();
    for (size_t i = 0; i < sizeof buffer; i++)
        buffer[i] = (unsigned char)next_random(&seed);
    long rounds = scaled(argc, argv, 12000);
    for (long round = 0; round < rounds; round++) {
        buffer[(size_t)round % sizeof buffer]++;
        sum = mix(sum, round % 4 ? by_words(~0u, buffer, sizeof buffer)
                                 : by_bytes(~0u, buffer, sizeof buffer));
    }
    print_checksum(sum);
    return 0;
}
