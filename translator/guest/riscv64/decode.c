/* From an instruction word to its row and operands. */
#include "translator/guest/riscv64/decode.h"

#include <stdlib.h>

#include "runtime/log.h"

enum { MAX_PIECES = 8, USUAL_PIECES = 4 };

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

struct entry {
    struct decode_entry head;
    struct field d, s, t, r;
    bool has_rounding, has_order;
    uint8_t sign_shift; /* 64 - the immediate's width if it is signed, else 0 */
    uint8_t pieces;
    struct decode_piece piece[MAX_PIECES];
};

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
        e->piece[e->pieces - 1] = (struct decode_piece){from[i], to[i], ++width};
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

static void parse(struct decode_entry *head) {
    struct entry *e = (struct entry *)head;
    const struct layout *layout = NULL;
    uint8_t from[32];
    unsigned count = 0;
    uint32_t mask, match;
    unsigned place = decode_pattern(head->row->text->pattern, &mask, &match) * 8;
    for (const char *p = head->row->text->pattern; *p; p++) {
        place -= *p != ' ';
        switch (*p) {
        case ' ':
        case '.':
        case '0':
        case '1':
        case 'l': break;
        case 'd': widen(&e->d, place); break;
        case 's': widen(&e->s, place); break;
        case 't': widen(&e->t, place); break;
        case 'r': widen(&e->r, place); break;
        case 'm': e->has_rounding = true; break;
        case 'a': e->has_order = true; break;
        default:
            layout = &layouts[*p & 127];
            ASSERT(layout->kind != NO_LAYOUT);
            from[count++] = (uint8_t)place;
        }
    }
    if (layout)
        parse_immediate(e, layout, from, count);
}

static struct decoder decoder = {
    .rows = __start_riscv64_rows,
    .end = __stop_riscv64_rows,
    .entry_size = sizeof(struct entry),
    .parse = parse,
};

/* --- decoding --- */

static uint8_t read_register(uint32_t word, struct field f) {
    return (uint8_t)((word >> f.shift & f.mask) * f.scale + f.base);
}

/* Nearly all immediates have few pieces: no loop, and no branch to mispredict, for those. */
static int64_t read_immediate(uint32_t word, const struct entry *e) {
    uint64_t value = decode_piece(word, &e->piece[0]) | decode_piece(word, &e->piece[1]) |
                     decode_piece(word, &e->piece[2]) | decode_piece(word, &e->piece[3]);
    for (unsigned i = USUAL_PIECES; i < e->pieces; i++)
        value |= decode_piece(word, &e->piece[i]);
    return (int64_t)(value << e->sign_shift) >> e->sign_shift;
}

const struct row *riscv64_decode(uint32_t word, struct operands *a) {
    const struct entry *e = (const struct entry *)decode_find(&decoder, row_bucket(word), word);
    if (!e || !e->head.row->lift)
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
    return e->head.row->valid && !e->head.row->valid(a) ? NULL : e->head.row;
}
