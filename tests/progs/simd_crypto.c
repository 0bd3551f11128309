/* Hashes, ciphers, checksums and dot products over a few thousand bytes. On aarch64 with the
 * instructions for them, elsewhere in plain C: what is printed must be the same, and the examples
 * of the standards must come out. */
#include "tests/progs/expect.h"

#include <stdint.h>

static const uint64_t sha512_constants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};
static uint32_t sha256_constants[64]; /* the upper halves of those */

static const uint64_t keccak_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
/* By x + 5 * y. */
static const uint8_t keccak_rotations[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                             25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};
static uint32_t sm4_constants[32];

#include "tests/progs/crypto_plain.h"
#ifdef __aarch64__
#include "tests/progs/crypto_aarch64.h"
#endif

/* --- the message --- */

enum { SIZE = 1003 };
static uint8_t message[SIZE];

static void make_tables(void) {
    uint32_t random = 1;
    for (int i = 0; i < SIZE; i++) {
        random = random * 1664525 + 1013904223;
        message[i] = (uint8_t)(random >> 24);
    }
    for (int i = 0; i < 64; i++)
        sha256_constants[i] = (uint32_t)(sha512_constants[i] >> 32);
    for (int i = 0; i < 128; i++)
        sm4_constants[i / 4] = sm4_constants[i / 4] << 8 | (uint8_t)(7 * i);
    make_boxes();
}

static const char *hex(const void *bytes, size_t size) {
    static char text[2 * 64 + 1];
    for (size_t i = 0; i < size; i++)
        sprintf(text + 2 * i, "%02x", ((const uint8_t *)bytes)[i]);
    return text;
}

/* --- hashes --- */

/* The message in blocks of 64 or 128 bytes, with a one, zeros and its length in bits behind it. */
#define HASH(name, type, length, block_size, ...)                                              \
    static const char *name(const void *data, size_t size) {                                   \
        type state[8] = {__VA_ARGS__};                                                         \
        uint8_t block[block_size], digest[length];                                             \
        size_t done = 0, end = (size + block_size / 8 + block_size) / block_size * block_size; \
        for (; done < end; done += block_size) {                                               \
            for (size_t i = 0; i < block_size; i++) {                                          \
                size_t at = done + i, behind = end - 1 - at;                                   \
                block[i] = at < size    ? ((const uint8_t *)data)[at]                          \
                           : at == size ? 0x80                                                 \
                           : behind < 8 ? (uint8_t)((uint64_t)size * 8 >> 8 * behind)          \
                                        : 0;                                                   \
            }                                                                                  \
            name##_block(state, block);                                                        \
        }                                                                                      \
        for (size_t i = 0; i < length; i++)                                                    \
            digest[i] = (uint8_t)(state[i / sizeof(type)] >> 8 * (~i % sizeof(type)));         \
        return hex(digest, length);                                                            \
    }

HASH(sha1, uint32_t, 20, 64, 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)
HASH(sha256, uint32_t, 32, 64, 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
     0x9b05688c, 0x1f83d9ab, 0x5be0cd19)
HASH(sha512, uint64_t, 64, 128, 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
     0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b,
     0x5be0cd19137e2179)
HASH(sm3, uint32_t, 32, 64, 0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa,
     0xe38dee4d, 0xb0fb0e4e)

static const char *sha3(const void *data, size_t size) {
    enum { RATE = 136 };
    union {
        uint64_t lanes[25];
        uint8_t bytes[200];
    } state = {{0}};
    size_t i;
    for (i = 0; i < size; i++) {
        state.bytes[i % RATE] ^= ((const uint8_t *)data)[i];
        if (i % RATE == RATE - 1)
            keccak_f(state.lanes);
    }
    state.bytes[i % RATE] ^= 0x06;
    state.bytes[RATE - 1] ^= 0x80;
    keccak_f(state.lanes);
    return hex(state.bytes, 32);
}

static void hashes(void) {
    static const struct {
        const char *name, *(*hash)(const void *data, size_t size), *abc;
    } all[] = {
        {"sha1", sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"sha256", sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"sha512", sha512,
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {"sha3", sha3, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
        {"sm3", sm3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        EXPECT(strcmp(all[i].hash("abc", 3), all[i].abc) == 0);
        for (size_t size = 0; size <= SIZE; size += 59)
            printf("%s %zu %s\n", all[i].name, size, all[i].hash(message, size));
    }
}

/* --- ciphers --- */

/* Round keys of AES-128 or AES-256, by FIPS 197, 5.2. */
static void aes_schedule(uint8_t *keys, const uint8_t *key, int words, int rounds) {
    uint8_t factor = 1;
    memcpy(keys, key, 4 * (size_t)words);
    for (int i = words; i < 4 * (rounds + 1); i++) {
        uint8_t *to = keys + 4 * i, last[4];
        memcpy(last, to - 4, 4);
        for (int k = 0; k < 4; k++) {
            uint8_t byte = i % words == 0                ? aes_sbox[last[(k + 1) % 4]]
                           : words > 6 && i % words == 4 ? aes_sbox[last[k]]
                                                         : last[k];
            to[k] = to[k - 4 * words] ^ byte ^ (i % words == 0 && k == 0 ? factor : 0);
        }
        if (i % words == 0)
            factor = product(factor, 2, 0x11b);
    }
}

static void aes(void) {
    /* FIPS 197, appendix C.1 and C.3. */
    static const char *const expected[] = {"69c4e0d86a7b0430d8cdb78070b4c55a",
                                           "8ea2b7ca516745bfeafc49904b496089"};
    for (int variant = 0; variant < 2; variant++) {
        int words = variant ? 8 : 4, rounds = variant ? 14 : 10;
        uint8_t key[32], keys[240], block[16], counter[16] = {0}, out[SIZE];
        for (int i = 0; i < 32; i++)
            key[i] = (uint8_t)i;
        for (int i = 0; i < 16; i++)
            block[i] = (uint8_t)(0x11 * i);
        aes_schedule(keys, key, words, rounds);
        aes_encrypt(block, keys, rounds);
        EXPECT(strcmp(hex(block, 16), expected[variant]) == 0);
        aes_decrypt(block, keys, rounds);
        EXPECT(strcmp(hex(block, 16), "00112233445566778899aabbccddeeff") == 0);
        for (size_t i = 0; i < SIZE; i++) { /* counter mode */
            if (i % 16 == 0) {
                memcpy(block, counter, 16);
                aes_encrypt(block, keys, rounds);
                counter[15]++;
            }
            out[i] = message[i] ^ block[i % 16];
        }
        printf("aes-%d-ctr %s\n", 32 * words, sha256(out, SIZE));
        for (size_t i = 0; i + 16 <= SIZE; i += 16)
            aes_decrypt(out + i, keys, rounds);
        printf("aes-%d back %s\n", 32 * words, sha256(out, SIZE));
    }
}

static void sm4(void) {
    static const uint32_t key[4] = {0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210};
    uint32_t keys[32], block[4];
    memcpy(block, key, 16);
    sm4_schedule(keys, key);
    sm4_encrypt(block, keys);
    EXPECT(block[0] == 0x681edf34 && block[1] == 0xd206965e && block[2] == 0x86b3e94f &&
           block[3] == 0x536e4246);
    for (int i = 0; i < 200; i++)
        sm4_encrypt(block, keys);
    printf("sm4 %08x%08x%08x%08x\n", block[0], block[1], block[2], block[3]);
}

/* --- the rest --- */

static void ghash(void) {
    /* SP 800-38D's test case 2: H, and the product of the ciphertext with it. */
    uint8_t h[16] = {0x66, 0xe9, 0x4b, 0xd4, 0xef, 0x8a, 0x2c, 0x3b,
                     0x88, 0x4c, 0xfa, 0x59, 0xca, 0x34, 0x2b, 0x2e};
    uint8_t x[16] = {0x03, 0x88, 0xda, 0xce, 0x60, 0xb6, 0xa3, 0x92,
                     0xf3, 0x28, 0xc2, 0xb9, 0x71, 0xb2, 0xfe, 0x78};
    ghash_multiply(x, h);
    EXPECT(strcmp(hex(x, 16), "5e2ec746917062882c85b0685353deb7") == 0);
    for (size_t i = 0; i + 16 <= SIZE; i += 16) {
        add_key(x, message + i);
        ghash_multiply(x, h);
    }
    printf("ghash %s\n", hex(x, 16));
}

static void checksums(void) {
    EXPECT(~crc32(~0u, (const uint8_t *)"123456789", 9) == 0xcbf43926);
    EXPECT(~crc32c(~0u, (const uint8_t *)"123456789", 9) == 0xe3069283);
    for (size_t size = 0; size <= SIZE; size += 101)
        printf("crc %zu %08x %08x\n", size, crc32(~0u, message, size), crc32c(~0u, message, size));
}

static void products(void) {
    static void (*const all[])(int32_t * sums, const uint8_t *x, const uint8_t *y) = {
        dot_signed, dot_unsigned, dot_mixed, matrix_product};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        int32_t sums[4] = {1, -2, 3, -4};
        for (size_t i = 0; i + 32 <= SIZE; i++)
            all[k](sums, message + i, message + i + 16);
        printf("products %zu %d %d %d %d\n", k, sums[0], sums[1], sums[2], sums[3]);
    }
}

int main(void) {
    make_tables();
    RUN(hashes);
    RUN(aes);
    RUN(sm4);
    RUN(ghash);
    RUN(checksums);
    RUN(products);
    return expect_summary();
}
