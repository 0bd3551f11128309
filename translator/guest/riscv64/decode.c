/* From an instruction word to its row and operands.
 *
 * The rows are sorted into buckets by major opcode at first use, from a glance at their patterns; a
 * bucket's patterns are parsed when the first word falls into it, so that a short run pays for the
 * opcodes that it meets. Both steps build in private memory and publish with one atomic exchange:
 * no locks, and nothing for fork to look after. Within a bucket rows are hashed by those bits that
 * all of its patterns fix. */
#include "translator/guest/riscv64/decode.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/log.h"

enum { BUCKETS = 64, MAX_ROWS = 1024, MAX_PIECES = 8, NO_ROW = UINT16_MAX };

/* How an immediate's bits lie in the word: the value's bit numbers in the order in which its
 * letters appear, as the manual writes them; NULL: in falling order down to bit 0. */
static const struct layout {
    char letter;
    bool is_signed;
    const char *bits;
} layouts[] = {
    {'i', true, NULL},
    {'h', false, NULL},
    {'c', false, NULL}, /* CSR number */
    {'f', false, NULL}, /* fence: predecessors, successors */
    {'k', false, NULL}, /* index of an fli constant */
    {'n', false, NULL}, /* number of a may-be-operation; likewise N */
    {'N', false, "3:1"},
    {'p', true, "11:5"},             /* prefetch */
    {'u', true, "31:12"},            /* U-type */
    {'b', true, "12|10:5|4:1|11"},   /* B-type */
    {'j', true, "20|10:1|11|19:12"}, /* J-type */
    {'A', false, "5:4|9:6|2|3"},     /* c.addi4spn */
    {'B', true, "8|4:3|7:6|2:1|5"},  /* c.beqz */
    {'H', false, "0|1"},             /* c.lbu */
    {'I', true, "9|4|6|8:7|5"},      /* c.addi16sp */
    {'J', true, "11|4|9:8|10|6|7|3:1|5"},
    {'L', false, "5|4:2|7:6"}, /* c.lwsp */
    {'M', false, "5|4:3|8:6"}, /* c.ldsp */
    {'O', false, "1"},         /* c.lh */
    {'P', false, "5:2|7:6"},   /* c.swsp */
    {'Q', false, "5:3|8:6"},   /* c.sdsp */
    {'U', true, "17|16:12"},   /* c.lui */
    {'W', false, "5:3|2|6"},   /* c.lw */
    {'X', false, "5:3|7:6"},   /* c.ld */
};

/* A register number is ((word >> shift) & mask) * scale + base. */
struct field {
    uint8_t shift, mask, scale, base;
};

/* A run of adjacent bits of the immediate. */
struct piece {
    uint8_t from, to; /* lowest bit in the word and in the value */
    uint8_t width;
};

struct entry {
    uint32_t mask, match;
    const struct row *row;
    const struct entry *next;
    struct field d, s, t, r;
    bool has_rounding, has_order;
    uint8_t sign_shift; /* 64 - the immediate's width if it is signed, else 0 */
    uint8_t pieces;
    struct piece piece[MAX_PIECES];
};

struct bucket {
    uint32_t hashed_bits;
    unsigned hash_shift;
    const struct entry **slots; /* chains, most fixed bits first */
    struct entry entries[];
};

/* The rows of each bucket, as chains of indices into the table. */
struct catalogue {
    uint16_t first[BUCKETS], next[MAX_ROWS];
};

static struct {
    struct catalogue *_Atomic catalogue;
    struct bucket *_Atomic buckets[BUCKETS];
} decoder;

/* Full-length words by major opcode, compressed ones by quadrant and funct3. */
static unsigned bucket_of(uint32_t word) {
    return (word & 3) == 3 ? word >> 2 & 31 : 32 + ((word & 3) << 3 | (word >> 13 & 7));
}

static void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory)
        die(127, "out of memory for the instruction decoder");
    return memory;
}

/* Publishes `made` in `*place` unless another thread was faster; returns what stands there. */
#define PUBLISH(place, made)                                            \
    ({                                                                  \
        __typeof__(made) expected_ = NULL;                              \
        if (!atomic_compare_exchange_strong(place, &expected_, made)) { \
            free(made);                                                 \
            made = expected_;                                           \
        }                                                               \
        made;                                                           \
    })

unsigned riscv64_pattern(const char *pattern, uint32_t *mask, uint32_t *match) {
    unsigned bits = 0;
    *mask = *match = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p == ' ')
            continue;
        bool fixed = *p == '0' || *p == '1';
        *mask = *mask << 1 | fixed;
        *match = *match << 1 | (*p == '1');
        bits++;
    }
    return bits / 8;
}

/* The bucket of a pattern: its low bits and, in a compressed one, funct3 are always fixed. */
static unsigned bucket_of_pattern(const char *pattern) {
    unsigned length = (unsigned)strlen(pattern);
    unsigned word = 0;
    for (unsigned i = 0; i < 7; i++)
        word |= (unsigned)(pattern[length - 1 - i] == '1') << i;
    if ((word & 3) != 3)
        for (unsigned i = 0; i < 3; i++)
            word |= (unsigned)(pattern[i] == '1') << (15 - i);
    return bucket_of(word);
}

static const struct catalogue *get_catalogue(void) {
    struct catalogue *catalogue = atomic_load(&decoder.catalogue);
    if (catalogue)
        return catalogue;
    catalogue = allocate(sizeof *catalogue);
    memset(catalogue->first, 0xff, sizeof catalogue->first);
    size_t rows = (size_t)(__stop_riscv64_rows - __start_riscv64_rows);
    ASSERT(rows <= MAX_ROWS);
    for (size_t i = 0; i < rows; i++) {
        unsigned bucket = bucket_of_pattern(__start_riscv64_rows[i]->pattern);
        catalogue->next[i] = catalogue->first[bucket];
        catalogue->first[bucket] = (uint16_t)i;
    }
    return PUBLISH(&decoder.catalogue, catalogue);
}

static const struct layout *find_layout(char letter) {
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].letter == letter)
            return &layouts[i];
    return NULL;
}

/* The value bit numbers of an immediate of `count` letters, in order of appearance. */
static void layout_bits(const struct layout *layout, unsigned count, uint8_t *bits) {
    unsigned n = 0;
    const char *p = layout->bits;
    while (p && *p && n < count) {
        char *end;
        long high = strtol(p, &end, 10);
        long low = *end == ':' ? strtol(end + 1, &end, 10) : high;
        for (long bit = high; bit >= low && n < count; bit--)
            bits[n++] = (uint8_t)bit;
        p = *end == '|' ? end + 1 : end;
    }
    if (!layout->bits)
        for (; n < count; n++)
            bits[n] = (uint8_t)(count - 1 - n);
    ASSERT(n == count);
}

static void parse_immediate(struct entry *e, const char *letters, unsigned width,
                            const struct layout *layout) {
    uint8_t bits[32];
    unsigned count = 0, seen = 0, top = 0;
    for (unsigned i = 0; i < width; i++)
        count += letters[i] == layout->letter;
    layout_bits(layout, count, bits);
    for (unsigned i = 0; i < width; i++) {
        if (letters[i] != layout->letter)
            continue;
        struct piece *last = &e->piece[e->pieces - 1];
        uint8_t from = (uint8_t)(width - 1 - i), to = bits[seen++];
        if (e->pieces && last->from == from + 1 && last->to == to + 1) {
            last->from--;
            last->to--;
            last->width++;
        } else {
            ASSERT(e->pieces < MAX_PIECES);
            e->piece[e->pieces++] = (struct piece){from, to, 1};
        }
        top = to > top ? to : top;
    }
    e->sign_shift = layout->is_signed ? (uint8_t)(63 - top) : 0;
}

static struct field parse_register(const char *letters, unsigned width, char letter) {
    unsigned count = 0, lowest = 0;
    for (unsigned i = 0; i < width; i++)
        if (letters[i] == letter) {
            count++;
            lowest = width - 1 - i;
        }
    switch (count) {
    case 0:
        return (struct field){0, 0, 0, 0};
    case 3:
        return (struct field){(uint8_t)lowest, 7, 1, 8};
    case 4:
        return (struct field){(uint8_t)lowest, 15, 2, 0};
    default:
        ASSERT(count == 5);
        return (struct field){(uint8_t)lowest, 31, 1, 0};
    }
}

static void parse_row(struct entry *e, const struct row *row) {
    char letters[32];
    unsigned width = 0;
    for (const char *p = row->pattern; *p; p++)
        if (*p != ' ')
            letters[width++] = *p;
    ASSERT(width == 16 || width == 32);

    e->row = row;
    riscv64_pattern(row->pattern, &e->mask, &e->match);
    e->d = parse_register(letters, width, 'd');
    e->s = parse_register(letters, width, 's');
    e->t = parse_register(letters, width, 't');
    e->r = parse_register(letters, width, 'r');
    const struct layout *layout = NULL;
    for (unsigned i = 0; i < width; i++) {
        e->has_rounding |= letters[i] == 'm';
        e->has_order |= letters[i] == 'a';
        if (!layout)
            layout = find_layout(letters[i]);
    }
    if (layout)
        parse_immediate(e, letters, width, layout);
}

static unsigned hash(const struct bucket *bucket, uint32_t word) {
    return (word & bucket->hashed_bits) * 0x9e3779b1u >> bucket->hash_shift;
}

/* Puts `e` into its chain behind every row with more fixed bits. */
static void insert(struct bucket *bucket, struct entry *e) {
    const struct entry **place = &bucket->slots[hash(bucket, e->match)];
    while (*place && __builtin_popcount((*place)->mask) > __builtin_popcount(e->mask))
        place = (const struct entry **)&(*place)->next;
    e->next = *place;
    *place = e;
}

static struct bucket *build_bucket(unsigned number) {
    const struct catalogue *catalogue = get_catalogue();
    unsigned count = 0, slot_bits = 1;
    for (unsigned i = catalogue->first[number]; i != NO_ROW; i = catalogue->next[i])
        count++;
    while (1u << slot_bits < 2 * count)
        slot_bits++;

    size_t entries_size = count * sizeof(struct entry);
    struct bucket *bucket =
        allocate(sizeof *bucket + entries_size + (sizeof(struct entry *) << slot_bits));
    bucket->slots = (const struct entry **)((char *)bucket->entries + entries_size);
    bucket->hash_shift = 32 - slot_bits;
    bucket->hashed_bits = UINT32_MAX;
    struct entry *e = bucket->entries;
    for (unsigned i = catalogue->first[number]; i != NO_ROW; i = catalogue->next[i]) {
        parse_row(e, __start_riscv64_rows[i]);
        bucket->hashed_bits &= e++->mask;
    }
    for (unsigned i = 0; i < count; i++)
        insert(bucket, &bucket->entries[i]);
    return PUBLISH(&decoder.buckets[number], bucket);
}

static uint8_t read_register(uint32_t word, struct field f) {
    return (uint8_t)((word >> f.shift & f.mask) * f.scale + f.base);
}

static int64_t read_immediate(uint32_t word, const struct entry *e) {
    uint64_t value = 0;
    for (unsigned i = 0; i < e->pieces; i++) {
        const struct piece *p = &e->piece[i];
        value |= (uint64_t)(word >> p->from & ((1u << p->width) - 1)) << p->to;
    }
    return (int64_t)(value << e->sign_shift) >> e->sign_shift;
}

const struct row *riscv64_decode(uint32_t word, struct operands *a) {
    unsigned number = bucket_of(word);
    const struct bucket *bucket =
        atomic_load_explicit(&decoder.buckets[number], memory_order_acquire);
    if (!bucket)
        bucket = build_bucket(number);
    const struct entry *e = bucket->slots[hash(bucket, word)];
    while (e && (word & e->mask) != e->match)
        e = e->next;
    if (!e || !e->row->lift)
        return NULL;

    a->d = read_register(word, e->d);
    a->s = read_register(word, e->s);
    a->t = read_register(word, e->t);
    a->r = read_register(word, e->r);
    a->rm = word >> 12 & 7;
    a->order = e->has_order ? (word >> 26 & 1) | (word >> 24 & 2) : 0; /* aq: bit 26, rl: 25 */
    a->imm = read_immediate(word, e);
    if (e->has_rounding && (a->rm == 5 || a->rm == 6))
        return NULL;
    return e->row->valid && !e->row->valid(a) ? NULL : e->row;
}
