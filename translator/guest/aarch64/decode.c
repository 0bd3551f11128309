/* From an A64 word to its row and operands. */
#include "translator/guest/aarch64/decode.h"

#include <string.h>

#include "runtime/log.h"

enum { MAX_FIELDS = 12, USUAL_FIELDS = 4, MAX_IMMEDIATE_PIECES = 2 };

/* Where a letter's field goes: its place in struct operands, or IMMEDIATE. */
enum { NO_FIELD = 0, IMMEDIATE = 255 };
#define SLOT(member) (offsetof(struct operands, member) + 1)
static const uint8_t slots[32] = {
    ['d' & 31] = SLOT(d),      ['n' & 31] = SLOT(n),     ['m' & 31] = SLOT(m),
    ['a' & 31] = SLOT(a),      ['t' & 31] = SLOT(t),     ['s' & 31] = SLOT(s),
    ['x' & 31] = SLOT(sf),     ['z' & 31] = SLOT(size),  ['q' & 31] = SLOT(q),
    ['u' & 31] = SLOT(u),      ['o' & 31] = SLOT(opc),   ['c' & 31] = SLOT(cond),
    ['f' & 31] = SLOT(nzcv),   ['h' & 31] = SLOT(shift), ['e' & 31] = SLOT(option),
    ['k' & 31] = SLOT(amount), ['y' & 31] = SLOT(index), ['b' & 31] = SLOT(bit),
    ['r' & 31] = SLOT(rot),    ['l' & 31] = SLOT(order), ['i' & 31] = IMMEDIATE,
    ['j' & 31] = IMMEDIATE,    ['p' & 31] = IMMEDIATE,
};

struct entry {
    struct decode_entry head;
    uint8_t fields, immediate_pieces;
    uint8_t shift_left, shift_right; /* make of the immediate's bits its value */
    struct {
        struct decode_piece piece;
        uint8_t slot;
    } field[MAX_FIELDS];
    struct decode_piece immediate[MAX_IMMEDIATE_PIECES];
};

static bool is_field(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/* A run of `letter` whose lowest bit stands at `place`; its field has `width` bits below already.
 */
static void add_piece(struct entry *e, char letter, struct decode_piece piece) {
    unsigned slot = slots[letter & 31];
    ASSERT(slot != NO_FIELD);
    if (slot == IMMEDIATE) {
        ASSERT(e->immediate_pieces < MAX_IMMEDIATE_PIECES);
        e->immediate[e->immediate_pieces++] = piece;
    } else {
        ASSERT(e->fields < MAX_FIELDS && piece.to + piece.width <= 8);
        e->field[e->fields].piece = piece;
        e->field[e->fields++].slot = (uint8_t)(slot - 1);
    }
}

/* Reads the pattern from its end twice: small letters first, then the capitals above them. */
static void parse(struct decode_entry *head) {
    struct entry *e = (struct entry *)head;
    const char *pattern = head->row->text->pattern;
    uint8_t width[32] = {0};
    for (int capital = 0; capital < 2; capital++) {
        uint8_t place = 0;
        for (size_t i = strlen(pattern); i-- > 0;) {
            char letter = pattern[i];
            if (letter == ' ')
                continue;
            if (!is_field(letter) || (letter <= 'Z') != capital) {
                place++;
                continue;
            }
            struct decode_piece piece = {place++, width[letter & 31], 1};
            while (i > 0 && pattern[i - 1] == letter && i--) {
                piece.width++;
                place++;
            }
            width[letter & 31] = (uint8_t)(width[letter & 31] + piece.width);
            add_piece(e, letter, piece);
        }
    }
    uint8_t j = width['j' & 31], p = width['p' & 31];
    e->shift_left = j ? (uint8_t)(64 - j) : p ? (uint8_t)(64 - p) : 0;
    e->shift_right = p ? (uint8_t)(e->shift_left - 2) : e->shift_left;
}

static struct decoder decoder = {
    .rows = __start_aarch64_rows,
    .end = __stop_aarch64_rows,
    .entry_size = sizeof(struct entry),
    .parse = parse,
};

static const struct entry *find(uint32_t word) {
    return (const struct entry *)decode_find(&decoder, word >> 24 & 63, word);
}

/* One that the entry does not have is empty and adds nothing. */
static inline void add_field(struct operands *a, uint32_t word, const struct entry *e, unsigned i) {
    ((uint8_t *)a)[e->field[i].slot] |= (uint8_t)decode_piece(word, &e->field[i].piece);
}

/* Most instructions have few fields: no loop, and no branch to mispredict, for those. */
const struct row *aarch64_decode(uint32_t word, struct operands *a) {
    const struct entry *e = find(word);
    if (!e || !e->head.row->lift)
        return NULL;

    *a = (struct operands){.word = word};
    for (unsigned i = 0; i < USUAL_FIELDS; i++)
        add_field(a, word, e, i);
    for (unsigned i = USUAL_FIELDS; i < e->fields; i++)
        add_field(a, word, e, i);
    uint64_t value = decode_piece(word, &e->immediate[0]) | decode_piece(word, &e->immediate[1]);
    a->imm = (int64_t)(value << e->shift_left) >> e->shift_right;
    return e->head.row->valid && !e->head.row->valid(a) ? NULL : e->head.row;
}

const char *aarch64_missing_extension(uint32_t word) {
    const struct entry *e = find(word);
    return e && !e->head.row->lift && e->head.row->text->extension[0] ? e->head.row->text->extension
                                                                      : NULL;
}
