/* What the host's processor can do, and what generated code may use of it.
 *
 * Only the backend's configuration calls this, once, before the first translation; everybody else
 * reads the chosen set. */
#ifndef TRANSLATOR_HOST_X86_64_FEATURES_H
#define TRANSLATOR_HOST_X86_64_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

/* F(name, level, needs, cpuid leaf, sub-leaf, register, bit): the lowest x86-64-vN that contains
 * the feature (5: none does) and another feature without which it is of no use. avx512vl stands for
 * all of v4: AVX-512F, BW, CD, DQ and VL. Names are those of /proc/cpuinfo where it has one. */
#define X86_FEATURES(F)                             \
    F(cx16, 2, cx16, 1, 0, ECX, 13)                 \
    F(lahf_lm, 2, lahf_lm, 0x80000001, 0, ECX, 0)   \
    F(popcnt, 2, popcnt, 1, 0, ECX, 23)             \
    F(sse3, 2, sse3, 1, 0, ECX, 0)                  \
    F(ssse3, 2, ssse3, 1, 0, ECX, 9)                \
    F(sse4_1, 2, sse4_1, 1, 0, ECX, 19)             \
    F(sse4_2, 2, sse4_2, 1, 0, ECX, 20)             \
    F(avx, 3, avx, 1, 0, ECX, 28)                   \
    F(avx2, 3, avx, 7, 0, EBX, 5)                   \
    F(bmi1, 3, bmi1, 7, 0, EBX, 3)                  \
    F(bmi2, 3, bmi2, 7, 0, EBX, 8)                  \
    F(f16c, 3, avx, 1, 0, ECX, 29)                  \
    F(fma, 3, avx, 1, 0, ECX, 12)                   \
    F(lzcnt, 3, lzcnt, 0x80000001, 0, ECX, 5)       \
    F(movbe, 3, movbe, 1, 0, ECX, 22)               \
    F(avx512vl, 4, avx2, 7, 0, EBX, 31)             \
    F(avx512vbmi, 5, avx512vl, 7, 0, ECX, 1)        \
    F(avx512_vnni, 5, avx512vl, 7, 0, ECX, 11)      \
    F(avx512_bitalg, 5, avx512vl, 7, 0, ECX, 12)    \
    F(avx512_vpopcntdq, 5, avx512vl, 7, 0, ECX, 14) \
    F(adx, 5, adx, 7, 0, EBX, 19)                   \
    F(aes, 5, aes, 1, 0, ECX, 25)                   \
    F(pclmul, 5, pclmul, 1, 0, ECX, 1)              \
    F(sha, 5, sha, 7, 0, EBX, 29)                   \
    F(gfni, 5, gfni, 7, 0, ECX, 8)                  \
    F(vaes, 5, avx, 7, 0, ECX, 9)                   \
    F(vpclmul, 5, avx, 7, 0, ECX, 10)               \
    F(erms, 5, erms, 7, 0, EBX, 9)                  \
    F(fsrm, 5, erms, 7, 0, EDX, 4)

struct x86_features {
#define F(name, ...) bool name;
    X86_FEATURES(F)
#undef F
};

/* Everything that the processor has and the operating system lets programs use. */
struct x86_features x86_features_detect(void);

/* Applies the text of --host-features to *set, which holds what the processor has: a
 * comma-separated list of x86-64-v2, x86-64-v3, x86-64-v4   exactly this level -name without the
 * feature and those that need it +name                             with the feature and those that
 * it needs from left to right, of which the processor must have everything. `list` may be NULL.
 * x86-64-v2 is the least: its features cannot be taken away, and a processor without them is an
 * error. Returns NULL, or one line that says what is wrong, valid until the next call. */
const char *x86_features_select(struct x86_features *set, const char *list);

/* Differs between sets, and stays the same when later versions know more features. */
uint64_t x86_features_hash(const struct x86_features *set);

#endif
