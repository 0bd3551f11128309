/* The functions of crypto_plain.h with A64's instructions. */
#pragma GCC target("arch=armv8.6-a+crypto+sha3+sm4+i8mm+crc")
#include <arm_acle.h>
#include <arm_neon.h>

static uint32x4_t load_words(const uint8_t *block) {
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(block)));
}

static void neon_sha1_block(uint32_t *state, const uint8_t *block) {
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32x4_t w[4], abcd = vld1q_u32(state), before = abcd;
    uint32_t e = state[4];
    for (int i = 0; i < 4; i++)
        w[i] = load_words(block + 16 * i);
    for (int i = 0; i < 20; i++) {
        uint32x4_t words = vaddq_u32(w[i % 4], vdupq_n_u32(constants[i / 5]));
        uint32_t next = vsha1h_u32(vgetq_lane_u32(abcd, 0));
        abcd = i < 5        ? vsha1cq_u32(abcd, e, words)
               : i / 5 == 2 ? vsha1mq_u32(abcd, e, words)
                            : vsha1pq_u32(abcd, e, words);
        e = next;
        w[i % 4] =
            vsha1su1q_u32(vsha1su0q_u32(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4]), w[(i + 3) % 4]);
    }
    vst1q_u32(state, vaddq_u32(abcd, before));
    state[4] += e;
}

static void neon_sha256_block(uint32_t *state, const uint8_t *block) {
    uint32x4_t w[4], abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4), before[2] = {abcd, efgh};
    for (int i = 0; i < 4; i++)
        w[i] = load_words(block + 16 * i);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        uint32x4_t words = vaddq_u32(w[i % 4], vld1q_u32(sha256_constants + 4 * i)), old = abcd;
        abcd = vsha256hq_u32(abcd, efgh, words);
        efgh = vsha256h2q_u32(efgh, old, words);
        w[i % 4] = vsha256su1q_u32(vsha256su0q_u32(w[i % 4], w[(i + 1) % 4]), w[(i + 2) % 4],
                                   w[(i + 3) % 4]);
    }
    vst1q_u32(state, vaddq_u32(abcd, before[0]));
    vst1q_u32(state + 4, vaddq_u32(efgh, before[1]));
}

static void neon_sha512_block(uint64_t *state, const uint8_t *block) {
    uint64x2_t w[8], s[4]; /* ab, cd, ef, gh */
    for (int i = 0; i < 8; i++)
        w[i] = vreinterpretq_u64_u8(vrev64q_u8(vld1q_u8(block + 16 * i)));
    for (int i = 0; i < 4; i++)
        s[i] = vld1q_u64(state + 2 * i);
    for (int i = 0; i < 40; i++) {
        uint64x2_t words = vaddq_u64(w[i % 8], vld1q_u64(sha512_constants + 2 * i));
        uint64x2_t sum = vaddq_u64(vextq_u64(words, words, 1), s[3]);
        sum = vsha512hq_u64(sum, vextq_u64(s[2], s[3], 1), vextq_u64(s[1], s[2], 1));
        uint64x2_t ab = vsha512h2q_u64(sum, s[1], s[0]);
        s[3] = s[2];
        s[2] = vaddq_u64(s[1], sum);
        s[1] = s[0];
        s[0] = ab;
        w[i % 8] = vsha512su1q_u64(vsha512su0q_u64(w[i % 8], w[(i + 1) % 8]), w[(i + 7) % 8],
                                   vextq_u64(w[(i + 4) % 8], w[(i + 5) % 8], 1));
    }
    for (int i = 0; i < 4; i++)
        vst1q_u64(state + 2 * i, vaddq_u64(s[i], vld1q_u64(state + 2 * i)));
}

/* Lane x + 5 * y moves to y + 5 * ((2 * x + 3 * y) % 5), rotated left by `left`. */
#define MOVE_LANE(x, y, left) \
    b[(y) + 5 * ((2 * (x) + 3 * (y)) % 5)] = vxarq_u64(a[(x) + 5 * (y)], d[x], (64 - (left)) % 64)
#define MOVE_ROW(y, r0, r1, r2, r3, r4)                                                 \
    MOVE_LANE(0, y, r0), MOVE_LANE(1, y, r1), MOVE_LANE(2, y, r2), MOVE_LANE(3, y, r3), \
        MOVE_LANE(4, y, r4)

static void neon_keccak_f(uint64_t *lanes) {
    uint64x2_t a[25], b[25], c[5], d[5];
    for (int i = 0; i < 25; i++)
        a[i] = vdupq_n_u64(lanes[i]);
    for (int round = 0; round < 24; round++) {
        for (int x = 0; x < 5; x++)
            c[x] = veor3q_u64(veor3q_u64(a[x], a[x + 5], a[x + 10]), a[x + 15], a[x + 20]);
        for (int x = 0; x < 5; x++)
            d[x] = vrax1q_u64(c[(x + 4) % 5], c[(x + 1) % 5]);
        MOVE_ROW(0, 0, 1, 62, 28, 27);
        MOVE_ROW(1, 36, 44, 6, 55, 20);
        MOVE_ROW(2, 3, 10, 43, 25, 39);
        MOVE_ROW(3, 41, 45, 15, 21, 8);
        MOVE_ROW(4, 18, 2, 61, 56, 14);
        for (int i = 0; i < 25; i++)
            a[i] = vbcaxq_u64(b[i], b[i / 5 * 5 + (i + 2) % 5], b[i / 5 * 5 + (i + 1) % 5]);
        a[0] = veorq_u64(a[0], vdupq_n_u64(keccak_constants[round]));
    }
    for (int i = 0; i < 25; i++)
        vst1q_lane_u64(lanes + i, a[i], 1);
}

static uint32x4_t reversed(uint32x4_t v) {
    v = vrev64q_u32(v);
    return vextq_u32(v, v, 2);
}

#define SM3_ROUND(kind, lane)                                                      \
    do {                                                                           \
        uint32x4_t sum = vsm3ss1q_u32(abcd, efgh, constant);                       \
        abcd = vsm3tt1##kind##q_u32(abcd, sum, veorq_u32(w[0], w[1]), lane);       \
        efgh = vsm3tt2##kind##q_u32(efgh, sum, w[0], lane);                        \
        constant = vorrq_u32(vshlq_n_u32(constant, 1), vshrq_n_u32(constant, 31)); \
    } while (0)
#define SM3_FOUR_ROUNDS(kind) \
    do {                      \
        SM3_ROUND(kind, 0);   \
        SM3_ROUND(kind, 1);   \
        SM3_ROUND(kind, 2);   \
        SM3_ROUND(kind, 3);   \
    } while (0)

static void neon_sm3_block(uint32_t *state, const uint8_t *block) {
    uint32x4_t w[5], abcd = reversed(vld1q_u32(state)), efgh = reversed(vld1q_u32(state + 4));
    uint32x4_t before[2] = {abcd, efgh}, constant = vdupq_n_u32(0x79cc4519);
    for (int i = 0; i < 4; i++)
        w[i] = load_words(block + 16 * i);
    for (int i = 0; i < 16; i++) {
        uint32x4_t next = vsm3partw1q_u32(vextq_u32(w[1], w[2], 3), w[0], w[3]);
        w[4] = vsm3partw2q_u32(next, vextq_u32(w[2], w[3], 2), vextq_u32(w[0], w[1], 3));
        if (i == 4)
            constant = vdupq_n_u32(rol32(0x7a879d8a, 16));
        if (i < 4)
            SM3_FOUR_ROUNDS(a);
        else
            SM3_FOUR_ROUNDS(b);
        memmove(w, w + 1, sizeof w - sizeof *w);
    }
    vst1q_u32(state, reversed(veorq_u32(abcd, before[0])));
    vst1q_u32(state + 4, reversed(veorq_u32(efgh, before[1])));
}

static void neon_aes_encrypt(uint8_t *state, const uint8_t *keys, int rounds) {
    uint8x16_t x = vld1q_u8(state);
    for (int i = 0; i < rounds - 1; i++)
        x = vaesmcq_u8(vaeseq_u8(x, vld1q_u8(keys + 16 * i)));
    x = vaeseq_u8(x, vld1q_u8(keys + 16 * (rounds - 1)));
    vst1q_u8(state, veorq_u8(x, vld1q_u8(keys + 16 * rounds)));
}

static void neon_aes_decrypt(uint8_t *state, const uint8_t *keys, int rounds) {
    uint8x16_t x = vaesdq_u8(vld1q_u8(state), vld1q_u8(keys + 16 * rounds));
    for (int i = rounds - 1; i > 0; i--)
        x = vaesdq_u8(vaesimcq_u8(x), vaesimcq_u8(vld1q_u8(keys + 16 * i)));
    vst1q_u8(state, veorq_u8(x, vld1q_u8(keys)));
}

static void neon_sm4_schedule(uint32_t *keys, const uint32_t *key) {
    static const uint32_t system[4] = {0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc};
    uint32x4_t k = veorq_u32(vld1q_u32(key), vld1q_u32(system));
    for (int i = 0; i < 32; i += 4) {
        k = vsm4ekeyq_u32(k, vld1q_u32(sm4_constants + i));
        vst1q_u32(keys + i, k);
    }
}

static void neon_sm4_encrypt(uint32_t *block, const uint32_t *keys) {
    uint32x4_t x = vld1q_u32(block);
    for (int i = 0; i < 32; i += 4)
        x = vsm4eq_u32(x, vld1q_u32(keys + i));
    vst1q_u32(block, reversed(x));
}

static poly64_t half(uint64x2_t v, int high) {
    return (poly64_t)(high ? vgetq_lane_u64(v, 1) : vgetq_lane_u64(v, 0));
}

static uint64x2_t half_product(uint64x2_t x, int x_high, uint64x2_t y, int y_high) {
    return vreinterpretq_u64_p128(vmull_p64(half(x, x_high), half(y, y_high)));
}

static uint64x2_t high_product(uint64x2_t x, uint64x2_t y) {
    return vreinterpretq_u64_p128(
        vmull_high_p64(vreinterpretq_p64_u64(x), vreinterpretq_p64_u64(y)));
}

/* With the bits of each byte reversed it is a product of polynomials, reduced by x^128 + x^7 + x^2
 * + x + 1. */
static void neon_ghash_multiply(uint8_t *x, const uint8_t *y) {
    const uint64x2_t zero = vdupq_n_u64(0), polynomial = vdupq_n_u64(0x87);
    uint64x2_t a = vreinterpretq_u64_u8(vrbitq_u8(vld1q_u8(x)));
    uint64x2_t b = vreinterpretq_u64_u8(vrbitq_u8(vld1q_u8(y)));
    uint64x2_t middle = veorq_u64(half_product(a, 0, b, 1), half_product(a, 1, b, 0));
    uint64x2_t low = veorq_u64(half_product(a, 0, b, 0), vextq_u64(zero, middle, 1));
    uint64x2_t high = veorq_u64(high_product(a, b), vextq_u64(middle, zero, 1));
    uint64x2_t fold = high_product(high, polynomial);
    low = veorq_u64(low, vextq_u64(zero, fold, 1));
    high = veorq_u64(high, vextq_u64(fold, zero, 1));
    low = veorq_u64(low, half_product(high, 0, polynomial, 0));
    vst1q_u8(x, vrbitq_u8(vreinterpretq_u8_u64(low)));
}

#define CRC(name, suffix)                                                          \
    static uint32_t neon_##name(uint32_t crc, const uint8_t *bytes, size_t size) { \
        for (; size >= 8; size -= 8, bytes += 8) {                                 \
            uint64_t eight;                                                        \
            memcpy(&eight, bytes, 8);                                              \
            crc = __crc32##suffix##d(crc, eight);                                  \
        }                                                                          \
        if (size & 4) {                                                            \
            uint32_t four;                                                         \
            memcpy(&four, bytes, 4);                                               \
            crc = __crc32##suffix##w(crc, four);                                   \
            bytes += 4;                                                            \
        }                                                                          \
        if (size & 2) {                                                            \
            crc = __crc32##suffix##h(crc, (uint16_t)(bytes[0] | bytes[1] << 8));   \
            bytes += 2;                                                            \
        }                                                                          \
        return size & 1 ? __crc32##suffix##b(crc, *bytes) : crc;                   \
    }
CRC(crc32, )
CRC(crc32c, c)

static void neon_dot_signed(int32_t *sums, const uint8_t *x, const uint8_t *y) {
    vst1q_s32(sums,
              vdotq_s32(vld1q_s32(sums), vld1q_s8((const int8_t *)x), vld1q_s8((const int8_t *)y)));
}

/* By elements and by halves, for a change: sum i is that of lane i of both. */
static void neon_dot_unsigned(int32_t *sums, const uint8_t *x, const uint8_t *y) {
    uint8x16_t b = vld1q_u8(y);
    uint32x4_t by[4], s = vreinterpretq_u32_s32(vld1q_s32(sums));
    by[0] = vdotq_laneq_u32(s, vld1q_u8(x), b, 0);
    by[1] = vdotq_laneq_u32(s, vld1q_u8(x), b, 1);
    uint32x2_t upper = vdot_laneq_u32(vget_high_u32(s), vld1_u8(x + 8), b, 2);
    uint32x2_t last = vdot_u32(vget_high_u32(s), vld1_u8(x + 8), vld1_u8(y + 8));
    sums[0] = (int32_t)vgetq_lane_u32(by[0], 0);
    sums[1] = (int32_t)vgetq_lane_u32(by[1], 1);
    sums[2] = (int32_t)vget_lane_u32(upper, 0);
    sums[3] = (int32_t)vget_lane_u32(last, 1);
}

static void neon_dot_mixed(int32_t *sums, const uint8_t *x, const uint8_t *y) {
    int8x16_t b = vld1q_s8((const int8_t *)y);
    int32x4_t s = vld1q_s32(sums), all = vusdotq_s32(s, vld1q_u8(x), b);
    all = vsetq_lane_s32(vgetq_lane_s32(vusdotq_laneq_s32(s, vld1q_u8(x), b, 2), 2), all, 2);
    all = vsetq_lane_s32(vgetq_lane_s32(vsudotq_laneq_s32(s, b, vld1q_u8(x), 1), 1), all, 1);
    vst1q_s32(sums, all);
}

static void neon_matrix_product(int32_t *sums, const uint8_t *x, const uint8_t *y) {
    int8x16_t a = vld1q_s8((const int8_t *)x), b = vld1q_s8((const int8_t *)y);
    vst1q_s32(sums, vmmlaq_s32(vld1q_s32(sums), a, b));
}

#define sha1_block     neon_sha1_block
#define sha256_block   neon_sha256_block
#define sha512_block   neon_sha512_block
#define keccak_f       neon_keccak_f
#define sm3_block      neon_sm3_block
#define aes_encrypt    neon_aes_encrypt
#define aes_decrypt    neon_aes_decrypt
#define sm4_schedule   neon_sm4_schedule
#define sm4_encrypt    neon_sm4_encrypt
#define ghash_multiply neon_ghash_multiply
#define crc32          neon_crc32
#define crc32c         neon_crc32c
#define dot_signed     neon_dot_signed
#define dot_unsigned   neon_dot_unsigned
#define dot_mixed      neon_dot_mixed
#define matrix_product neon_matrix_product
