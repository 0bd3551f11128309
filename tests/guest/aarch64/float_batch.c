/* Runs every floating-point instruction (float_insns.S) on many operands, under every kind of FPCR,
 * and prints a digest of the results for each: an aarch64 program whose output must be the same
 * under every emulator.
 *
 *   float_batch REPEATS [SEED [TEXT [FPCR]]]
 *
 * With the text of one instruction it prints every case instead, to find the one that differs. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state {
    uint64_t v[4][2], x[2], nzcv, fpsr;
};
void run(const void *code, struct state *state, uint64_t fpcr);

extern const struct insn {
    const void *code;
    const char *text;
} insns[], insns_end[];

enum {
    AHP = 1 << 26,
    DN = 1 << 25,
    FZ = 1 << 24,
    RP = 1 << 22,
    RM = 2 << 22,
    RZ = 3 << 22,
    FZ16 = 1 << 19
};
static const uint32_t modes[] = {
    0,
    RP,
    RM,
    RZ,
    DN,
    FZ,
    FZ16,
    AHP,
    FZ | FZ16,
    AHP | FZ | RM,
    DN | RM,
    FZ | FZ16 | RP,
    AHP | DN | FZ | FZ16 | RZ,
};
enum { MODES = sizeof modes / sizeof *modes };

static uint64_t random_state;

static uint64_t next_random(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static unsigned below(unsigned limit) {
    return (unsigned)((next_random() >> 32) * limit >> 32);
}

/* A value of `width` bits at or about a place where operations differ: the ends of the format's
 * ranges, those of shorter formats and of integers, few significant bits, NaNs of every kind. */
static uint64_t special(unsigned width) {
    const unsigned fraction_bits = width == 16 ? 10 : width == 32 ? 23 : 52;
    const uint64_t least = UINT64_C(1) << fraction_bits, quiet = least / 2;
    const uint64_t infinity = (UINT64_C(1) << (width - 1)) - least;
    const unsigned bias = (unsigned)(infinity / least / 2);
    static const short exponents[] = {0,   0,   0,   1,   -1,  7,    15,   16,   31,   32, 63, 64,
                                      127, 128, -14, -15, -24, -126, -127, -149, -150, 23, 52, 10};
    const uint64_t random = next_random(), nearby = below(5) - 2u;
    const uint64_t fraction = (next_random() & (least - 1)) & ~UINT64_C(0) << below(fraction_bits);
    int exponent = exponents[below(sizeof exponents / sizeof *exponents)];
    uint64_t value;
    switch (below(16)) {
    case 0: value = 0; break;
    case 1: value = 1 + below(4); break;
    case 2: value = least + nearby; break;
    case 3: value = random & (least - 1); break;
    case 4: value = infinity; break;
    case 5: value = infinity - 1 - below(4); break;
    case 6: value = infinity | quiet | (random & (quiet - 1)); break;
    case 7: value = infinity | 1 | (random & (quiet - 1)); break;
    case 8: value = (uint64_t)(bias / 2 + below(7)) * least + fraction; break;
    case 9: value = below(64) * least + fraction; break;
    case 10:
    case 11: exponent = (int)below(width) - (int)below(width); /* fall through */
    case 12:
    case 13:
    case 14:
        if (exponent <= -(int)bias || exponent > (int)bias)
            exponent = 0;
        value = (uint64_t)((int)bias + exponent) * least + (below(2) ? fraction : nearby);
        break;
    default: value = random; break;
    }
    value ^= (uint64_t)below(2) << (width - 1);
    return value & UINT64_MAX >> (64 - width);
}

static void fill(uint64_t v[2]) {
    const unsigned width = 16u << below(3);
    for (unsigned bit = 0; bit < 128; bit += width)
        v[bit / 64] = (bit % 64 ? v[bit / 64] : 0) | special(width) << bit % 64;
}

/* About a power of two, of either sign. */
static uint64_t integer(void) {
    const uint64_t value = (next_random() & ~UINT64_C(0) << below(64)) >> below(64);
    return below(2) ? value : (UINT64_C(1) << below(64)) + below(3) - 1;
}

static struct state random_operands(void) {
    struct state s;
    for (unsigned i = 0; i < 4; i++)
        fill(s.v[i]);
    if (below(4) == 0)
        memcpy(s.v[2], s.v[1], sizeof s.v[1]);
    for (unsigned i = 0; i < 2; i++) {
        s.x[i] = integer();
        if (below(8) == 0)
            s.v[1][i] = integer();
    }
    s.nzcv = next_random() & 0xf0000000;
    s.fpsr = below(4) ? 0 : next_random() & 0x0800009f;
    return s;
}

static void print_state(const struct state *s) {
    for (unsigned i = 0; i < 4; i++)
        printf(" v%u %016" PRIx64 "_%016" PRIx64, i, s->v[i][1], s->v[i][0]);
    printf(" x0 %" PRIx64 " x1 %" PRIx64 " nzcv %" PRIx64 " fpsr %" PRIx64 "\n", s->x[0], s->x[1],
           s->nzcv, s->fpsr);
}

static void run_cases(const struct insn *insn, uint32_t fpcr, unsigned repeats, bool print) {
    uint64_t digest = 0;
    for (unsigned i = 0; i < repeats; i++) {
        struct state s = random_operands();
        if (print)
            print_state(&s);
        run(insn->code, &s, fpcr);
        if (print)
            print_state(&s);
        for (unsigned j = 0; j < sizeof s / sizeof(uint64_t); j++) {
            uint64_t word;
            memcpy(&word, (const char *)&s + j * sizeof word, sizeof word);
            digest = (digest ^ word) * 0x9e3779b97f4a7c15;
            digest ^= digest >> 29;
        }
    }
    printf("%016" PRIx64 " %08x %s\n", digest, fpcr, insn->text);
}

int main(int argc, char **argv) {
    const unsigned repeats = argc > 1 ? (unsigned)atoi(argv[1]) : 20;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    for (const struct insn *insn = insns; insn < insns_end; insn++) {
        if (argc > 3 && strcmp(insn->text, argv[3]) != 0)
            continue;
        for (unsigned mode = 0; mode < MODES; mode++) {
            if (argc > 4 && strtoul(argv[4], NULL, 16) != modes[mode])
                continue;
            random_state = seed + (uint64_t)(insn - insns) * MODES + mode;
            run_cases(insn, modes[mode], repeats, argc > 3);
        }
    }
    return 0;
}
