/* Tables of instructions, and how a word finds its row: what the guests' decoders share.
 *
 * A guest's table is a linker section of rows. A row's pattern shows the encoding from the most
 * significant bit down: fixed bits as 0 and 1, fields as letters (the guest's own), '.' for a bit
 * that does not matter, blanks for reading. Where the patterns of two rows overlap, the one with
 * more fixed bits wins. A row without a lift function takes encodings out in the same way. What no
 * row matches is illegal.
 *
 * Rows are sorted into buckets at first use, without a look at their texts; a bucket's patterns are
 * parsed when the first word falls into it. Thread-safe and lock-free. */
#ifndef TRANSLATOR_DECODE_DECODE_H
#define TRANSLATOR_DECODE_DECODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each guest's own. */
struct lifter;
struct operands;

/* The words of a row. They stand in the row's own arrays so that they need no relocations. */
struct row_text {
    char name[20]; /* the mnemonic, with _ for . */
    char pattern[48];
    char extension[12];
    char operands[12]; /* for the guest's disassembler, if it has one */
};

/* A row. The table is a section of rows between the linker's start and stop symbols; with alignment
 * equal to size no tool chain leaves gaps in it. */
struct row {
    void (*lift)(struct lifter *l, const struct operands *a); /* NULL: reserved */
    /* NULL, or tells whether a word that matches is an instruction at all. */
    bool (*valid)(const struct operands *a);
    const struct row_text *text;
    /* The bucket, and which bits of its number the pattern leaves open: then the row is in several.
     */
    uint8_t bucket, open;
} __attribute__((aligned(32)));
_Static_assert(sizeof(struct row) == 32, "rows lie without gaps");

#define DECODE_ROW(table, id, lift_function, validity, bucket, open, ...)      \
    static const struct row_text text_##id = {__VA_ARGS__};                    \
    static const struct row row_##id __attribute__((used, section(table))) = { \
        lift_function, validity, &text_##id, bucket, open};

enum { DECODE_BUCKETS = 64 };

/* A row with its pattern parsed; the guest's entry begins with it. */
struct decode_entry {
    uint32_t mask, match; /* the fixed bits */
    const struct decode_entry *next;
    const struct row *row;
};

struct decode_bucket {
    uint32_t hashed_bits, hash_multiplier;
    unsigned hash_shift;
    const struct decode_entry **slots; /* chains, most fixed bits first */
};

struct decoder {
    const struct row *rows, *end;
    size_t entry_size;
    /* Fills what follows the head of the guest's entry. */
    void (*parse)(struct decode_entry *entry);
    struct decode_catalogue *_Atomic catalogue;
    struct decode_bucket *_Atomic buckets[DECODE_BUCKETS];
};

/* A run of adjacent bits of a field: from place `from` of the word to place `to` of the value. */
struct decode_piece {
    uint8_t from, to, width;
};

static inline uint64_t decode_piece(uint32_t word, const struct decode_piece *p) {
    return (uint64_t)(word >> p->from & ((1u << p->width) - 1)) << p->to;
}

/* The fixed bits of a pattern: word & *mask == *match. Returns the encoding's length in bytes. */
unsigned decode_pattern(const char *pattern, uint32_t *mask, uint32_t *match);

const struct decode_bucket *decode_build_bucket(struct decoder *decoder, unsigned number);

static inline unsigned decode_hash(const struct decode_bucket *bucket, uint32_t word) {
    return (word & bucket->hashed_bits) * bucket->hash_multiplier >> bucket->hash_shift;
}

/* The entry that `word`, which belongs to bucket `number`, matches; NULL: none. */
static inline const struct decode_entry *decode_find(struct decoder *decoder, unsigned number,
                                                     uint32_t word) {
    const struct decode_bucket *bucket =
        atomic_load_explicit(&decoder->buckets[number], memory_order_acquire);
    if (!bucket)
        bucket = decode_build_bucket(decoder, number);
    const struct decode_entry *e = bucket->slots[decode_hash(bucket, word)];
    while (e && (word & e->mask) != e->match)
        e = e->next;
    return e;
}

#endif
