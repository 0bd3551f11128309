/* Building what a decoder looks words up in. Each step builds in private memory and publishes with
 * one atomic exchange: no locks, and nothing for fork to look after. Within a bucket rows are
 * hashed by those bits that all of its patterns fix. One or two that fix fewer than all others
 * (branches with a wide field) do not count for that, and stand at the end of every chain. */
#include "translator/decode/decode.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/log.h"

enum { HASH_TRIES = 64, NO_NODE = UINT16_MAX };

/* The rows of each bucket, as chains of nodes. */
struct decode_catalogue {
    uint16_t first[DECODE_BUCKETS];
    struct {
        uint16_t row, next;
    } nodes[];
};

static void *allocate(size_t size) {
    void *memory = calloc(1, size);
    if (!memory)
        die(127, "out of memory for the instruction decoder");
    return memory;
}

/* Publishes `made` in `*place` unless another thread was faster; then `made` becomes what it made.
 */
#define PUBLISH(place, made)                                         \
    do {                                                             \
        __typeof__(made) other_ = NULL;                              \
        if (!atomic_compare_exchange_strong(place, &other_, made)) { \
            free(made);                                              \
            made = other_;                                           \
        }                                                            \
    } while (0)

static const struct decode_catalogue *get_catalogue(struct decoder *decoder) {
    struct decode_catalogue *catalogue = atomic_load(&decoder->catalogue);
    if (catalogue)
        return catalogue;
    size_t rows = (size_t)(decoder->end - decoder->rows), nodes = 0;
    for (size_t i = 0; i < rows; i++)
        nodes += (size_t)1 << __builtin_popcount(decoder->rows[i].open);
    ASSERT(rows < NO_NODE && nodes < NO_NODE);
    catalogue = allocate(sizeof *catalogue + nodes * sizeof catalogue->nodes[0]);
    memset(catalogue->first, 0xff, sizeof catalogue->first);
    nodes = 0;
    for (size_t i = 0; i < rows; i++) {
        const unsigned open = decoder->rows[i].open;
        unsigned choice = 0; /* runs through all subsets of the open bits */
        do {
            uint16_t *first = &catalogue->first[decoder->rows[i].bucket | choice];
            catalogue->nodes[nodes].row = (uint16_t)i;
            catalogue->nodes[nodes].next = *first;
            *first = (uint16_t)nodes++;
            choice = (choice - open) & open;
        } while (choice);
    }
    PUBLISH(&decoder->catalogue, catalogue);
    return catalogue;
}

unsigned decode_pattern(const char *pattern, uint32_t *mask, uint32_t *match) {
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

static int fixed_bits(const struct decode_entry *e) {
    return __builtin_popcount(e->mask);
}

/* Puts `e` into a chain behind every row with more fixed bits. */
static void insert(const struct decode_entry **place, struct decode_entry *e) {
    while (*place && fixed_bits(*place) > fixed_bits(e))
        place = (const struct decode_entry **)&(*place)->next;
    e->next = *place;
    *place = e;
}

static struct decode_entry *entry_at(const struct decoder *decoder, char *entries, unsigned index) {
    return (struct decode_entry *)(void *)(entries + index * decoder->entry_size);
}

/* The bits that all rows fix which fix more than `general`; tells how many do not. */
static uint32_t common_bits(const struct decoder *decoder, char *entries, unsigned count,
                            int general, unsigned *others) {
    uint32_t bits = UINT32_MAX;
    *others = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct decode_entry *e = entry_at(decoder, entries, i);
        if (fixed_bits(e) > general)
            bits &= e->mask;
        else
            ++*others;
    }
    return bits;
}

/* Chooses the bits to hash by; returns up to how many fixed bits a row is to stand in every chain.
 */
static int choose_hashed_bits(const struct decoder *decoder, struct decode_bucket *bucket,
                              char *entries, unsigned count) {
    enum { MOST_GENERAL = 4, LEAST_GAIN = 6 };
    int chosen = 0;
    unsigned others;
    bucket->hashed_bits = common_bits(decoder, entries, count, 0, &others);
    for (int general = 1; general < 32; general++) {
        uint32_t bits = common_bits(decoder, entries, count, general, &others);
        if (others > MOST_GENERAL || others == count)
            break;
        if (__builtin_popcount(bits) >= __builtin_popcount(bucket->hashed_bits) + LEAST_GAIN) {
            bucket->hashed_bits = bits;
            chosen = general;
        }
    }
    return chosen;
}

/* Fills the slots; tells whether rows with different hashed bits came together in one. */
static bool fill_slots(const struct decoder *decoder, struct decode_bucket *bucket, char *entries,
                       unsigned count, int general) {
    const struct decode_entry *end = NULL;
    bool collided = false;
    for (unsigned i = 0; i < count; i++)
        if (fixed_bits(entry_at(decoder, entries, i)) <= general)
            insert(&end, entry_at(decoder, entries, i));
    for (unsigned i = 0; i < 1u << (32 - bucket->hash_shift); i++)
        bucket->slots[i] = end;
    for (unsigned i = 0; i < count; i++) {
        struct decode_entry *e = entry_at(decoder, entries, i);
        const struct decode_entry **slot = &bucket->slots[decode_hash(bucket, e->match)];
        if (fixed_bits(e) <= general)
            continue;
        collided |= *slot != end && (((*slot)->match ^ e->match) & bucket->hashed_bits);
        insert(slot, e);
    }
    return collided;
}

const struct decode_bucket *decode_build_bucket(struct decoder *decoder, unsigned number) {
    const struct decode_catalogue *catalogue = get_catalogue(decoder);
    unsigned count = 0, slot_bits = 1;
    for (unsigned i = catalogue->first[number]; i != NO_NODE; i = catalogue->nodes[i].next)
        count++;
    while (1u << slot_bits < 2 * count)
        slot_bits++;

    /* The slots and then the entries follow the head. */
    size_t slots_size = sizeof(struct decode_entry *) << slot_bits;
    struct decode_bucket *bucket =
        allocate(sizeof *bucket + slots_size + count * decoder->entry_size);
    bucket->slots = (const struct decode_entry **)(bucket + 1);
    char *entries = (char *)bucket->slots + slots_size;
    bucket->hash_shift = 32 - slot_bits;
    bucket->hash_multiplier = 0x9e3779b1;
    unsigned index = 0;
    for (unsigned i = catalogue->first[number]; i != NO_NODE; i = catalogue->nodes[i].next) {
        struct decode_entry *e = entry_at(decoder, entries, index++);
        e->row = &decoder->rows[catalogue->nodes[i].row];
        decode_pattern(e->row->text->pattern, &e->mask, &e->match);
        decoder->parse(e);
    }
    const int general = choose_hashed_bits(decoder, bucket, entries, count);
    for (unsigned tries = 1;
         fill_slots(decoder, bucket, entries, count, general) && tries < HASH_TRIES; tries++)
        bucket->hash_multiplier = bucket->hash_multiplier * 0x915f77f5 + 2;
    PUBLISH(&decoder->buckets[number], bucket);
    return bucket;
}
