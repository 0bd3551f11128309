/* An LZ77 compressor with a hash of three bytes and its decompressor, round trip checked. */
#include "../bench.h"

enum { SIZE = 300000, HASH_BITS = 14, MIN_MATCH = 4, MAX_MATCH = 259, WINDOW = 65535 };

static unsigned char input[SIZE], packed[SIZE * 2], output[SIZE];
static int32_t last_seen[1 << HASH_BITS];

static uint32_t hash_at(const unsigned char *p) {
    uint32_t word;
    memcpy(&word, p, 4);
    return (word * 2654435761u) >> (32 - HASH_BITS);
}

/* Output: a literal is 0 and the byte; a match is length - MIN_MATCH + 1, then the distance. */
static size_t compress(void) {
    size_t out = 0;
    memset(last_seen, 0xff, sizeof last_seen);
    for (int i = 0; i < SIZE;) {
        int length = 0, from = -1;
        if (i + MIN_MATCH <= SIZE) {
            uint32_t hash = hash_at(input + i);
            from = last_seen[hash];
            last_seen[hash] = i;
            if (from >= 0 && i - from <= WINDOW)
                while (i + length < SIZE && length < MAX_MATCH - MIN_MATCH &&
                       input[from + length] == input[i + length])
                    length++;
        }
        if (length >= MIN_MATCH) {
            packed[out++] = (unsigned char)(length - MIN_MATCH + 1);
            packed[out++] = (unsigned char)(i - from);
            packed[out++] = (unsigned char)((i - from) >> 8);
            i += length;
        } else {
            packed[out++] = 0;
            packed[out++] = input[i++];
        }
    }
    return out;
}

static size_t decompress(size_t size) {
    size_t out = 0;
    for (size_t i = 0; i < size;) {
        unsigned code = packed[i];
        if (code == 0) {
            output[out++] = packed[i + 1];
            i += 2;
            continue;
        }
        size_t distance = packed[i + 1] | (size_t)packed[i + 2] << 8;
        for (unsigned n = code - 1 + MIN_MATCH; n > 0; n--, out++)
            output[out] = output[out - distance];
        i += 3;
    }
    return out;
}

int main(int argc, char **argv) {
    uint64_t seed = 31, sum = 0;
    for (size_t i = 0; i < SIZE; i++) {
        uint64_t r = next_random(&seed);
        size_t back = 1 + (r >> 8) % 3000;
        if (r % 16 == 0 && i > 3000 && i < SIZE - 64) {
            size_t length = 4 + (r >> 32) % 40;
            memcpy(input + i, input + i - back - length, length);
            i += length - 1;
        } else {
            input[i] = (unsigned char)('a' + (r >> 40) % 20);
        }
    }
    long rounds = scaled(argc, argv, 180);
    for (long round = 0; round < rounds; round++) {
        input[(size_t)(round * 997) % SIZE]++;
        size_t size = compress();
        if (decompress(size) != SIZE || memcmp(input, output, SIZE) != 0)
            abort();
        sum = mix(sum, size);
    }
    print_checksum(sum);
    return 0;
}
