/* The functions that simd_crypto.c drives, in plain C after FIPS 180-4, 197 and 202, SP 800-38D,
 * GB/T 32905 and 32907. Words are in host order; blocks are bytes. */
#include <stdint.h>
#include <string.h>

static inline uint32_t rol32(uint32_t x, unsigned n) {
    return x << (n & 31) | x >> (-n & 31);
}

static inline uint64_t ror64(uint64_t x, unsigned n) {
    return x >> n | x << (-n & 63);
}

static uint32_t word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void sha1_block(uint32_t *state, const uint8_t *block) {
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int t = 0; t < 80; t++) {
        w[t] = t < 16 ? word(block + 4 * t) : rol32(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        uint32_t f = t < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                     : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                     : t < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
        uint32_t next = rol32(a, 5) + f + e + w[t];
        e = d, d = c, c = rol32(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

static void sha256_block(uint32_t *state, const uint8_t *block) {
    uint32_t w[64], s[8];
    memcpy(s, state, sizeof s);
    for (int t = 0; t < 64; t++) {
        if (t < 16) {
            w[t] = word(block + 4 * t);
        } else {
            uint32_t x = w[t - 15], y = w[t - 2];
            w[t] = w[t - 16] + (rol32(x, 25) ^ rol32(x, 14) ^ x >> 3) + w[t - 7] +
                   (rol32(y, 15) ^ rol32(y, 13) ^ y >> 10);
        }
        uint32_t e = s[4], a = s[0];
        uint32_t t1 = s[7] + (rol32(e, 26) ^ rol32(e, 21) ^ rol32(e, 7)) +
                      ((e & s[5]) ^ (~e & s[6])) + sha256_constants[t] + w[t];
        uint32_t t2 = (rol32(a, 30) ^ rol32(a, 19) ^ rol32(a, 10)) +
                      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 28);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

static void sha512_block(uint64_t *state, const uint8_t *block) {
    uint64_t w[80], s[8];
    memcpy(s, state, sizeof s);
    for (int t = 0; t < 80; t++) {
        if (t < 16) {
            w[t] = (uint64_t)word(block + 8 * t) << 32 | word(block + 8 * t + 4);
        } else {
            uint64_t x = w[t - 15], y = w[t - 2];
            w[t] = w[t - 16] + (ror64(x, 1) ^ ror64(x, 8) ^ x >> 7) + w[t - 7] +
                   (ror64(y, 19) ^ ror64(y, 61) ^ y >> 6);
        }
        uint64_t e = s[4], a = s[0];
        uint64_t t1 = s[7] + (ror64(e, 14) ^ ror64(e, 18) ^ ror64(e, 41)) +
                      ((e & s[5]) ^ (~e & s[6])) + sha512_constants[t] + w[t];
        uint64_t t2 = (ror64(a, 28) ^ ror64(a, 34) ^ ror64(a, 39)) +
                      ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 56);
        s[4] += t1;
        s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

static void keccak_f(uint64_t *a) {
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], b[25];
        for (int x = 0; x < 5; x++)
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        for (int i = 0; i < 25; i++) {
            int x = i % 5, y = i / 5;
            uint64_t value = a[i] ^ c[(x + 4) % 5] ^ ror64(c[(x + 1) % 5], 63);
            b[y + 5 * ((2 * x + 3 * y) % 5)] = ror64(value, -keccak_rotations[i] & 63);
        }
        for (int i = 0; i < 25; i++)
            a[i] = b[i] ^ (~b[i / 5 * 5 + (i + 1) % 5] & b[i / 5 * 5 + (i + 2) % 5]);
        a[0] ^= keccak_constants[round];
    }
}

static void sm3_block(uint32_t *state, const uint8_t *block) {
    uint32_t w[68], s[8];
    memcpy(s, state, sizeof s);
    for (int t = 0; t < 68; t++) {
        if (t < 16) {
            w[t] = word(block + 4 * t);
        } else {
            uint32_t x = w[t - 16] ^ w[t - 9] ^ rol32(w[t - 3], 15);
            w[t] = x ^ rol32(x, 15) ^ rol32(x, 23) ^ rol32(w[t - 13], 7) ^ w[t - 6];
        }
    }
    for (int t = 0; t < 64; t++) {
        uint32_t a = s[0], e = s[4];
        uint32_t ss1 = rol32(rol32(a, 12) + e + rol32(t < 16 ? 0x79cc4519 : 0x7a879d8a, t), 7);
        uint32_t ff = t < 16 ? a ^ s[1] ^ s[2] : (a & s[1]) | (a & s[2]) | (s[1] & s[2]);
        uint32_t gg = t < 16 ? e ^ s[5] ^ s[6] : (e & s[5]) | (~e & s[6]);
        uint32_t tt1 = ff + s[3] + (ss1 ^ rol32(a, 12)) + (w[t] ^ w[t + 4]);
        uint32_t tt2 = gg + s[7] + ss1 + w[t];
        s[3] = s[2], s[2] = rol32(s[1], 9), s[1] = a, s[0] = tt1;
        s[7] = s[6], s[6] = rol32(s[5], 19), s[5] = e, s[4] = tt2 ^ rol32(tt2, 9) ^ rol32(tt2, 17);
    }
    for (int i = 0; i < 8; i++)
        state[i] ^= s[i];
}

/* Products in GF(2^8) modulo `polynomial`. */
static uint8_t product(uint8_t x, uint8_t y, unsigned polynomial) {
    unsigned result = 0;
    for (int i = 7; i >= 0; i--) {
        result = result << 1 ^ (result & 0x80 ? polynomial : 0);
        if (y >> i & 1)
            result ^= x;
    }
    return (uint8_t)result;
}

static uint8_t inverse(uint8_t x, unsigned polynomial) {
    uint8_t result = x;
    for (int i = 0; i < 6; i++) /* x^254 */
        result = product(product(result, result, polynomial), x, polynomial);
    return product(result, result, polynomial);
}

static uint8_t affine(uint8_t x, const uint8_t row, uint8_t constant) {
    uint8_t result = constant;
    for (int i = 0; i < 8; i++)
        result ^= (uint8_t)(__builtin_parity(x & (uint8_t)(row << i | row >> (8 - i) % 8)) << i);
    return result;
}

static uint8_t aes_sbox[256], aes_inverse_sbox[256], sm4_sbox[256];

static void make_boxes(void) {
    for (int i = 0; i < 256; i++) {
        aes_sbox[i] = affine(inverse((uint8_t)i, 0x11b), 0xf1, 0x63);
        aes_inverse_sbox[aes_sbox[i]] = (uint8_t)i;
        sm4_sbox[i] = affine(inverse(affine((uint8_t)i, 0xa7, 0xd3), 0x1f5), 0xa7, 0xd3);
    }
}

static void add_key(uint8_t *state, const uint8_t *key) {
    for (int i = 0; i < 16; i++)
        state[i] ^= key[i];
}

static void shift_and_substitute(uint8_t *state, int step, const uint8_t *box) {
    uint8_t old[16];
    memcpy(old, state, 16);
    for (int i = 0; i < 16; i++)
        state[i] = box[old[(i + 4 * step * (i % 4)) % 16]];
}

static void mix(uint8_t *state, const uint8_t *factors) {
    for (int column = 0; column < 16; column += 4) {
        uint8_t old[4];
        memcpy(old, state + column, 4);
        for (int row = 0; row < 4; row++) {
            state[column + row] = 0;
            for (int i = 0; i < 4; i++)
                state[column + row] ^= product(old[(row + i) % 4], factors[i], 0x11b);
        }
    }
}

static void aes_encrypt(uint8_t *state, const uint8_t *keys, int rounds) {
    add_key(state, keys);
    for (int round = 1; round <= rounds; round++) {
        shift_and_substitute(state, 1, aes_sbox);
        if (round < rounds)
            mix(state, (const uint8_t[]){2, 3, 1, 1});
        add_key(state, keys + 16 * round);
    }
}

static void aes_decrypt(uint8_t *state, const uint8_t *keys, int rounds) {
    add_key(state, keys + 16 * rounds);
    for (int round = rounds - 1; round >= 0; round--) {
        shift_and_substitute(state, 3, aes_inverse_sbox);
        add_key(state, keys + 16 * round);
        if (round > 0)
            mix(state, (const uint8_t[]){14, 11, 13, 9});
    }
}

static uint32_t sm4_mix(uint32_t x, int key) {
    uint32_t y = 0;
    for (int i = 0; i < 32; i += 8)
        y |= (uint32_t)sm4_sbox[x >> i & 255] << i;
    return key ? y ^ rol32(y, 13) ^ rol32(y, 23)
               : y ^ rol32(y, 2) ^ rol32(y, 10) ^ rol32(y, 18) ^ rol32(y, 24);
}

static void sm4_schedule(uint32_t *keys, const uint32_t *key) {
    static const uint32_t system[4] = {0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc};
    uint32_t k[36];
    for (int i = 0; i < 4; i++)
        k[i] = key[i] ^ system[i];
    for (int i = 0; i < 32; i++)
        keys[i] = k[i + 4] = k[i] ^ sm4_mix(k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ sm4_constants[i], 1);
}

static void sm4_encrypt(uint32_t *block, const uint32_t *keys) {
    uint32_t x[36];
    memcpy(x, block, 16);
    for (int i = 0; i < 32; i++)
        x[i + 4] = x[i] ^ sm4_mix(x[i + 1] ^ x[i + 2] ^ x[i + 3] ^ keys[i], 0);
    for (int i = 0; i < 4; i++)
        block[i] = x[35 - i];
}

/* x * y in GF(2^128) of SP 800-38D; bit 0 is the highest of byte 0. */
static void ghash_multiply(uint8_t *x, const uint8_t *y) {
    uint8_t z[16] = {0}, v[16];
    memcpy(v, y, 16);
    for (int i = 0; i < 128; i++) {
        if (x[i / 8] >> (7 - i % 8) & 1)
            add_key(z, v);
        int carry = v[15] & 1;
        for (int k = 15; k > 0; k--)
            v[k] = (uint8_t)(v[k] >> 1 | v[k - 1] << 7);
        v[0] = v[0] >> 1 ^ (carry ? 0xe1 : 0);
    }
    memcpy(x, z, 16);
}

static uint32_t crc_bytes(uint32_t crc, const uint8_t *bytes, size_t size, uint32_t polynomial) {
    while (size--) {
        crc ^= *bytes++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    return crc;
}

static uint32_t crc32(uint32_t crc, const uint8_t *bytes, size_t size) {
    return crc_bytes(crc, bytes, size, 0xedb88320);
}

static uint32_t crc32c(uint32_t crc, const uint8_t *bytes, size_t size) {
    return crc_bytes(crc, bytes, size, 0x82f63b78);
}

/* Sums of products of 16 bytes, four at a time; bytes have a sign or not. */
static void dot_signed(int32_t *sums, const uint8_t *x, const uint8_t *y) {
    for (int i = 0; i < 16; i++)
        sums[i / 4] += (int8_t)x[i] * (int8_t)y[i];
}

static void dot_unsigned(int32_t *sums, const uint8_t *x, const uint8_t *y) {
    for (int i = 0; i < 16; i++)
        sums[i / 4] += x[i] * y[i];
}

static void dot_mixed(int32_t *sums, const uint8_t *x, const uint8_t *y) {
    for (int i = 0; i < 16; i++)
        sums[i / 4] += x[i] * (int8_t)y[i];
}

/* Two rows of eight bytes each: sums[i][j] += row i of x times row j of y. */
static void matrix_product(int32_t *sums, const uint8_t *x, const uint8_t *y) {
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 8; k++)
            sums[i] += (int8_t)x[i / 2 * 8 + k] * (int8_t)y[i % 2 * 8 + k];
}
