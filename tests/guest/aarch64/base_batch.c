/* Runs every base integer instruction, load and store (base_insns.S) on many operands, and prints a
 * digest of the results for each: an aarch64 program whose output must be the same under every
 * emulator.
 *
 *   base_batch REPEATS [SEED [TEXT]]
 *
 * With the text of one instruction it prints every case instead, to find the one that differs. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state {
    uint64_t v[4][2], x[4];
    uint64_t base, index; /* x8 and x9; the base counts from `memory` here */
    uint64_t nzcv;
    uint8_t memory[1024];
};
void run(const void *code, struct state *state);

extern const struct insn {
    const void *code;
    const char *text;
} insns[], insns_end[];

static uint64_t random_state;

static uint64_t next_random(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* At and about powers of two, of either sign and width. */
static uint64_t integer(void) {
    const uint64_t bits = next_random(), power = UINT64_C(1) << (bits & 63);
    switch (bits >> 61) {
    case 0: return bits % 5 - 2;
    case 1: return power;
    case 2: return power - 1;
    case 3: return -power;
    case 4: return bits & 0xff;
    case 5: return 0x7fffffff + (bits & 3);
    case 6: return (uint64_t)(int64_t)(int32_t)bits;
    default: return bits;
    }
}

static struct state random_operands(void) {
    struct state s;
    for (unsigned i = 0; i < 4; i++) {
        s.v[i][0] = next_random();
        s.v[i][1] = next_random();
        s.x[i] = integer();
    }
    if (next_random() % 4 == 0)
        s.x[2] = s.x[1];
    s.base = 512 + next_random() % 32;
    s.index = next_random() % 16;
    s.nzcv = next_random() & 0xf0000000;
    for (unsigned i = 0; i < sizeof s.memory; i++)
        s.memory[i] = (uint8_t)next_random();
    return s;
}

static uint64_t mixed(uint64_t digest, const void *data, size_t size) {
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const char *)data + i, sizeof word);
        digest = (digest ^ word) * 0x9e3779b97f4a7c15;
        digest ^= digest >> 29;
    }
    return digest;
}

static void print_state(const struct state *s) {
    for (unsigned i = 0; i < 4; i++)
        printf(" v%u %016" PRIx64 "_%016" PRIx64, i, s->v[i][1], s->v[i][0]);
    for (unsigned i = 0; i < 4; i++)
        printf(" x%u %" PRIx64, i, s->x[i]);
    printf(" x8 %" PRIx64 " x9 %" PRIx64 " nzcv %" PRIx64 " memory %016" PRIx64 "\n", s->base,
           s->index, s->nzcv, mixed(0, s->memory, sizeof s->memory));
}

static void run_cases(const struct insn *insn, unsigned repeats, bool print) {
    uint64_t digest = 0;
    for (unsigned i = 0; i < repeats; i++) {
        struct state s = random_operands();
        const uint64_t memory = (uint64_t)(uintptr_t)s.memory, index = s.index;
        if (print)
            print_state(&s);
        s.base += memory;
        run(insn->code, &s);
        if (s.base - memory < sizeof s.memory) /* still an address */
            s.base -= memory;
        s.index -= index;
        if (print)
            print_state(&s);
        digest = mixed(digest, &s, sizeof s);
    }
    printf("%016" PRIx64 " %s\n", digest, insn->text);
}

int main(int argc, char **argv) {
    const unsigned repeats = argc > 1 ? (unsigned)atoi(argv[1]) : 20;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    for (const struct insn *insn = insns; insn < insns_end; insn++) {
        if (argc > 3 && strcmp(insn->text, argv[3]) != 0)
            continue;
        random_state = seed + (uint64_t)(insn - insns);
        run_cases(insn, repeats, argc > 3);
    }
    return 0;
}
