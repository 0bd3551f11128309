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

enum { MAX_ROWS = 1024, MAX_PIECES = 8, USUAL_PIECES = 4, HASH_TRIES = 64, NO_ROW = UINT16_MAX };

/* How the bits of an immediate lie in the word: their numbers in the order of its letters, as the
 * manual writes them; NULL: falling to 0. Indexed by letter. */
static const struct layout {
    enum { NO_LAYOUT, UNSIGNED, SIGNED } kind;
    const char *bits;
} layouts[128] = {
    ['c'] = {UNSIGNED, NULL},                  /* CSR number */
    ['f'] = {UNSIGNED, NULL},                  /* fence: predecessors, successors */
    ['h'] = {UNSIGNED, NULL},                  /* shift count */
    ['i'] = {SIGNED, NULL},                    /* I-type and S-type */
    ['k'] = {UNSIGNED, NULL},                  /* index of an fli constant */
    ['n'] = {UNSIGNED, NULL},                  /* number of a may-be-operation; likewise N */
    ['N'] = {UNSIGNED, "3:1"},                 /* c.mop */
    ['p'] = {SIGNED, "11:5"},                  /* prefetch */
    ['u'] = {SIGNED, "31:12"},                 /* U-type */
    ['b'] = {SIGNED, "12|10:5|4:1|11"},        /* B-type */
    ['j'] = {SIGNED, "20|10:1|11|19:12"},      /* J-type */
    ['A'] = {UNSIGNED, "5:4|9:6|2|3"},         /* c.addi4spn */
    ['B'] = {SIGNED, "8|4:3|7:6|2:1|5"},       /* c.beqz */
    ['H'] = {UNSIGNED, "0|1"},                 /* c.lbu */
    ['I'] = {SIGNED, "9|4|6|8:7|5"},           /* c.addi16sp */
    ['J'] = {SIGNED, "11|4|9:8|10|6|7|3:1|5"}, /* c.j */
    ['L'] = {UNSIGNED, "5|4:2|7:6"},           /* c.lwsp */
    ['M'] = {UNSIGNED, "5|4:3|8:6"},           /* c.ldsp */
    ['O'] = {UNSIGNED, "1"},                   /* c.lh */
    ['P'] = {UNSIGNED, "5:2|7:6"},             /* c.swsp */
    ['Q'] = {UNSIGNED, "5:3|8:6"},             /* c.sdsp */
    ['U'] = {SIGNED, "17|16:12"},              /* c.lui */
    ['W'] = {UNSIGNED, "5:3|2|6"},             /* c.lw */
    ['X'] = {UNSIGNED, "5:3|7:6"},             /* c.ld */
};

/* A register number is ((word >> shift) & mask) * scale + base. */
struct field {
    uint8_t shift, mask, scale, base;
};

/* A run of adjacent bits of the immediate. */
struct piece {
    uint8_t from, to, width; /* from: the lowest bit's place in the word */
};

struct entry {
    uint32_t mask, match;
    const struct entry *next;
    const struct row *row;
    struct field d, s, t, r;
    bool has_rounding, has_order;
    uint8_t sign_shift; /* 64 - the immediate's width if it is signed, else 0 */
    uint8_t pieces;
    struct piece piece[MAX_PIECES];
};

struct bucket {
    uint32_t hashed_bits, hash_multiplier;
    unsigned hash_shift;
    const struct entry **slots; /* chains, most fixed bits first */
    struct entry entries[];
};

/* The rows of each bucket, as chains of indices into the table. */
struct catalogue {
    uint16_t first[ROW_BUCKETS], next[MAX_ROWS];
};

static struct {
    struct catalogue *_Atomic catalogue;
    struct bucket *_Atomic buckets[ROW_BUCKETS];
} decoder;

static void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory)
        die(127, "out of memory for the instruction decoder");
    return memory;
}

/* Publishes `made` in `*place` unless another thread was faster; returns what stands there. */
#define PUBLISH(place, made)                                         \
    ({                                                               \
        __typeof__(made) other_ = NULL;                              \
        if (!atomic_compare_exchange_strong(place, &other_, made)) { \
            free(made);                                              \
            made = other_;                                           \
        }                                                            \
        made;                                                        \
    })

static const struct catalogue *get_catalogue(void) {
    struct catalogue *catalogue = atomic_load(&decoder.catalogue);
    if (catalogue)
        return catalogue;
    catalogue = allocate(sizeof *catalogue);
    memset(catalogue->first, 0xff, sizeof catalogue->first);
    size_t rows = (size_t)(__stop_riscv64_rows - __start_riscv64_rows);
    ASSERT(rows <= MAX_ROWS);
    for (size_t i = 0; i < rows; i++) {
        unsigned bucket = __start_riscv64_rows[i].bucket;
        catalogue->next[i] = catalogue->first[bucket];
        catalogue->first[bucket] = (uint16_t)i;
    }
    return PUBLISH(&decoder.catalogue, catalogue);
}

/* --- parsing a pattern --- */

unsigned riscv64_pattern(const char *pattern, uint32_t *mask, uint32_t *match) {
    unsigned bits = 0;
    *mask = *match = 0;
    for (const char *p = pattern; *p; p++) {
        if (*p == ' ')
            continue;
        *mask = *mask << 1 | (*p == '0' || *p == '1');
        *match = *match << 1 | (*p == '1');
        bits++;
    }
    return bits / 8;
}

/* The numbers of an immediate's bits in order of appearance: returns how many `layout` names. */
static unsigned layout_bits(const struct layout *layout, uint8_t *bits) {
    unsigned count = 0;
    for (const char *p = layout->bits; p && *p; p += *p == '|') {
        char *end;
        long high = strtol(p, &end, 10);
        long low = *end == ':' ? strtol(end + 1, &end, 10) : high;
        for (long bit = high; bit >= low; bit--)
            bits[count++] = (uint8_t)bit;
        p = end;
    }
    return count;
}

/* The immediate's bits stand at the places `from`, highest first. */
static void parse_immediate(struct entry *e, const struct layout *layout, const uint8_t *from,
                            unsigned count) {
    uint8_t to[32];
    uint8_t top = 0, width = 0;
    unsigned named = layout_bits(layout, to);
    ASSERT(!layout->bits || named == count);
    for (unsigned i = 0; i < count; i++) {
        if (!layout->bits)
            to[i] = (uint8_t)(count - 1 - i);
        top = to[i] > top ? to[i] : top;
        if (i == 0 || from[i] + 1 != from[i - 1] || to[i] + 1 != to[i - 1]) {
            ASSERT(e->pieces < MAX_PIECES);
            e->pieces++;
            width = 0;
        }
        e->piece[e->pieces - 1] = (struct piece){from[i], to[i], ++width};
    }
    e->sign_shift = layout->kind == SIGNED ? (uint8_t)(63 - top) : 0;
}

/* Takes one more bit of a register field, at `place`, into account. */
static void widen(struct field *field, unsigned place) {
    field->shift = (uint8_t)place;
    field->mask = (uint8_t)(field->mask << 1 | 1);
    field->scale = field->mask == 15 ? 2 : 1; /* even pairs */
    field->base = field->mask == 7 ? 8 : 0;   /* x8..x15 */
}

static void parse_row(struct entry *e, const struct row *row) {
    const struct layout *layout = NULL;
    uint8_t from[32];
    unsigned count = 0;
    unsigned place = riscv64_pattern(row->text->pattern, &e->mask, &e->match) * 8;
    e->row = row;
    for (const char *p = row->text->pattern; *p; p++) {
        place -= *p != ' ';
        switch (*p) {
        case ' ':
        case '.':
        case '0':
        case '1':
        case 'l':
            break;
        case 'd':
            widen(&e->d, place);
            break;
        case 's':
            widen(&e->s, place);
            break;
        case 't':
            widen(&e->t, place);
            break;
        case 'r':
            widen(&e->r, place);
            break;
        case 'm':
            e->has_rounding = true;
            break;
        case 'a':
            e->has_order = true;
            break;
        default:
            layout = &layouts[*p & 127];
            ASSERT(layout->kind != NO_LAYOUT);
            from[count++] = (uint8_t)place;
        }
    }
    if (layout)
        parse_immediate(e, layout, from, count);
}

/* --- building a bucket --- */

static unsigned hash(const struct bucket *bucket, uint32_t word) {
    return (word & bucket->hashed_bits) * bucket->hash_multiplier >> bucket->hash_shift;
}

/* Puts `e` into its chain behind every row with more fixed bits. */
static void insert(struct bucket *bucket, struct entry *e) {
    const struct entry **place = &bucket->slots[hash(bucket, e->match)];
    while (*place && __builtin_popcount((*place)->mask) > __builtin_popcount(e->mask))
        place = (const struct entry **)&(*place)->next;
    e->next = *place;
    *place = e;
}

/* Fills the slots; tells whether rows with different hashed bits came together in one. */
static bool fill_slots(struct bucket *bucket, unsigned count) {
    bool collided = false;
    for (unsigned i = 0; i < count; i++) {
        struct entry *e = &bucket->entries[i];
        const struct entry *other = bucket->slots[hash(bucket, e->match)];
        collided |= other && ((other->match ^ e->match) & bucket->hashed_bits);
        insert(bucket, e);
    }
    return collided;
}

static struct bucket *build_bucket(unsigned number) {
    const struct catalogue *catalogue = get_catalogue();
    unsigned count = 0, slot_bits = 1;
    for (unsigned i = catalogue->first[number]; i != NO_ROW; i = catalogue->next[i])
        count++;
    while (1u << slot_bits < 2 * count)
        slot_bits++;

    size_t entries_size = count * sizeof(struct entry);
    size_t slots_size = sizeof(struct entry *) << slot_bits;
    struct bucket *bucket = allocate(sizeof *bucket + entries_size + slots_size);
    bucket->slots = (const struct entry **)((char *)bucket->entries + entries_size);
    bucket->hash_shift = 32 - slot_bits;
    bucket->hash_multiplier = 0x9e3779b1;
    bucket->hashed_bits = UINT32_MAX;
    struct entry *e = bucket->entries;
    for (unsigned i = catalogue->first[number]; i != NO_ROW; i = catalogue->next[i]) {
        parse_row(e, &__start_riscv64_rows[i]);
        bucket->hashed_bits &= e++->mask;
    }
    for (unsigned tries = 1; fill_slots(bucket, count) && tries < HASH_TRIES; tries++) {
        memset(bucket->slots, 0, slots_size);
        bucket->hash_multiplier = bucket->hash_multiplier * 0x915f77f5 + 2;
    }
    return PUBLISH(&decoder.buckets[number], bucket);
}

/* --- decoding --- */

static uint8_t read_register(uint32_t word, struct field f) {
    return (uint8_t)((word >> f.shift & f.mask) * f.scale + f.base);
}

static uint64_t read_piece(uint32_t word, const struct piece *p) {
    return (uint64_t)(word >> p->from & ((1u << p->width) - 1)) << p->to;
}

/* Nearly all immediates have few pieces: no loop, and no branch to mispredict, for those. */
static int64_t read_immediate(uint32_t word, const struct entry *e) {
    uint64_t value = read_piece(word, &e->piece[0]) | read_piece(word, &e->piece[1]) |
                     read_piece(word, &e->piece[2]) | read_piece(word, &e->piece[3]);
    for (unsigned i = USUAL_PIECES; i < e->pieces; i++)
        value |= read_piece(word, &e->piece[i]);
    return (int64_t)(value << e->sign_shift) >> e->sign_shift;
}

const struct row *riscv64_decode(uint32_t word, struct operands *a) {
    unsigned number = row_bucket(word);
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
