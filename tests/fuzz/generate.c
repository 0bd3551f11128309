/* See generate.h and guest.h: what the guests share in writing sequences. */
#include <assert.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/guest.h"

const struct fuzz_guest *guest;

/* The guest's rows by kind, and by name within a class; first[k] is where kind k begins. A class
 * is drawn from by name, so that an instruction of many encodings does not crowd out the others. */
static struct {
    struct row *row;
    unsigned
        *name; /* index of the first row of each (kind, name); the end of all behind the last */
    unsigned first_name[UINT8_MAX]; /* by kind, in `name` */
} rows;

static int compare_rows(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int names = x->kind < guest->class_count ? strcmp(x->name, y->name) : 0;
    return names ? names : x->order < y->order ? -1 : 1;
}

void prepare_rows(void) {
    unsigned count;
    const struct row *listed = guest->list_rows(&count);
    rows.row = calloc(count + 1, sizeof *rows.row);
    rows.name = calloc(count + 1, sizeof *rows.name);
    if (!rows.row || !rows.name)
        err(2, "rows");
    for (unsigned i = 0; i < count; i++) {
        rows.row[i] = listed[i];
        rows.row[i].order = i;
    }
    qsort(rows.row, count, sizeof *rows.row, compare_rows);
    unsigned names = 0, kind = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct row *row = &rows.row[i];
        while (kind <= row->kind)
            rows.first_name[kind++] = names;
        if (i == 0 || row->kind >= guest->class_count || row[-1].kind != row->kind ||
            strcmp(row[-1].name, row->name))
            rows.name[names++] = i;
    }
    while (kind < UINT8_MAX)
        rows.first_name[kind++] = names;
    rows.name[names] = count;
}

static bool has_rows(unsigned kind) {
    return rows.first_name[kind + 1] != rows.first_name[kind];
}

static const struct row *random_row(struct generator *g, unsigned kind) {
    unsigned first = rows.first_name[kind], names = rows.first_name[kind + 1] - first;
    assert(has_rows(kind));
    unsigned name = first + below(g, names), from = rows.name[name];
    return &rows.row[from + below(g, rows.name[name + 1] - from)];
}

/* Of a kind whose rows are told apart by number. */
static const struct row *numbered_row(unsigned kind, unsigned number) {
    return &rows.row[rows.name[rows.first_name[kind]] + number];
}

/* --- random choices --- */

uint64_t random64(struct generator *g) {
    uint64_t z = g->random += 0x9e3779b97f4a7c15; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

unsigned below(struct generator *g, unsigned limit) {
    return (unsigned)((random64(g) >> 32) * limit >> 32);
}

bool chance(struct generator *g, unsigned percent) {
    return below(g, 100) < percent;
}

bool kept(const struct generator *g, unsigned reg) {
    return g->keep >> reg & 1;
}

unsigned any_register(struct generator *g) {
    return chance(g, 55) ? g->pool[below(g, sizeof g->pool)] : below(g, 32);
}

unsigned destination(struct generator *g) {
    unsigned reg;
    do
        reg = any_register(g);
    while (kept(g, reg));
    return reg;
}

/* --- writing instructions --- */

struct item *write_item(struct generator *g, const char *name, uint32_t word) {
    assert(g->sequence->count < SEQUENCE_MAX_ITEMS);
    struct item *item = &g->sequence->item[g->sequence->count++];
    *item = (struct item){.name = name,
                          .word = word,
                          .length = (uint8_t)guest->length(word),
                          .group = g->group,
                          .inside = g->inside};
    return item;
}

/* Fills in a row's pattern; `fixed` receives the mask of the bits that are the row's own. */
static uint32_t encode(struct generator *g, const struct row *row, uint32_t *fixed) {
    uint64_t word = 0, own = 0;
    unsigned written = 0;
    guest->begin_row(g, row);
    for (const char *field = row->pattern; *field; field += *field == ' ') {
        unsigned width = (unsigned)strspn(field, "01");
        uint64_t value, mask;
        if (width)
            value = strtoull(field, NULL, 2);
        else if (*field == 'x')
            value = row->opcode >> (32 - written - (width = (unsigned)atoi(field + 1)));
        else
            value = guest->field(g, field, &width);
        mask = (UINT64_C(1) << width) - 1;
        word = word << width | (value & mask);
        own = own << width | (strchr("x01", *field) ? mask : 0);
        written += width;
        field += strcspn(field, " ");
    }
    *fixed = (uint32_t)own;
    return (uint32_t)word;
}

static void write_row(struct generator *g, const struct row *row) {
    uint32_t fixed, word;
    unsigned operand = g->operand;
    uint8_t group = g->group;
    if (!operand)
        g->operand = guest->own_operand(g, row);
    do
        word = encode(g, row, &fixed);
    while (guest->forbidden(word, row));
    write_item(g, row->name, word)->inside |= g->group != group;
    g->operand = operand;
    g->group = group;
}

/* An instruction with one or two of its fixed bits turned over, but of the same length. */
static void write_near_miss(struct generator *g) {
    enum { FEW = 6 };
    uint32_t fixed, right, word;
    const struct row *row;
    do {
        unsigned kind;
        do
            kind = below(g, guest->class_count);
        while (!has_rows(kind));
        row = random_row(g, kind);
        word = right = encode(g, row, &fixed);
        for (unsigned flips = 1 + below(g, 2); flips && __builtin_popcount(fixed) > FEW;) {
            unsigned bit = below(g, 32);
            if (fixed >> bit & 1) {
                word ^= 1u << bit;
                flips--;
            }
        }
    } while (word == right || guest->length(word) != guest->length(right) ||
             guest->forbidden(word, NULL));
    write_item(g, row->name, word);
}

static void write_illegal(struct generator *g) {
    const struct row *row;
    uint32_t fixed, word;
    if (!guest->kind_unallocated || chance(g, 50)) {
        write_near_miss(g);
        return;
    }
    do {
        row = random_row(g, guest->kind_unallocated);
        word = encode(g, row, &fixed);
    } while (guest->forbidden(word, row));
    write_item(g, row->name, word);
}

/* --- control flow --- */

static unsigned next_class(struct generator *g);

/* Straight-line code, for the bodies of loops and functions. */
static void write_straight(struct generator *g) {
    unsigned kind = next_class(g);
    if (kind == guest->class_branch || kind == guest->class_reservation)
        kind = guest->class_integer;
    if (kind == guest->class_illegal)
        write_illegal(g);
    else
        write_row(g, random_row(g, kind));
}

/* A branch over some of what follows. */
static void write_forward_branch(struct generator *g) {
    struct item *item = guest->write_branch(g);
    item->forward = true;
    item->target = (uint8_t)(g->sequence->count + below(g, 5));
}

/* A loop with a counter of its own. */
static void write_loop(struct generator *g) {
    uint8_t group = ++g->groups;
    g->group = group;
    guest->write_count(g, 1 + below(g, 6));
    g->group = 0;
    g->inside = true;
    uint32_t keep = g->keep;
    g->keep |= 1u << guest->counter;
    unsigned top = g->sequence->count;
    for (unsigned i = 1 + below(g, 4); i; i--)
        write_straight(g);
    g->group = group;
    guest->write_count_down(g)->target = (uint8_t)top;
    g->keep = keep;
    g->group = 0;
    g->inside = false;
}

/* A call of a function that lies between the call's return point and the end of both. */
static void write_call(struct generator *g) {
    uint8_t group = ++g->groups;
    uint32_t keep = g->keep;
    unsigned link = guest->link_register(g);
    g->group = group;
    struct item *call = guest->write_call(g, link);
    g->inside = true;
    g->group = 0;
    for (unsigned i = below(g, 3); i; i--)
        write_straight(g);
    g->group = group;
    struct item *over = guest->write_jump(g);
    call->target = (uint8_t)g->sequence->count;
    g->group = 0;
    g->keep |= 1u << link;
    for (unsigned i = below(g, 3); i; i--)
        write_straight(g);
    g->group = group;
    guest->write_return(g, link);
    over->target = (uint8_t)g->sequence->count;
    g->keep = keep;
    g->group = 0;
    g->inside = false;
}

/* One width in a sequence: whether a pair of two widths works is the implementation's choice. */
static void write_reservation(struct generator *g) {
    const struct row *load = numbered_row(guest->kind_load_reserved, g->width);
    const struct row *store = numbered_row(guest->kind_store_conditional, g->width);
    if (chance(g, 12)) {
        write_row(g, chance(g, 50) ? load : store);
        return;
    }
    g->operand = chance(g, 96) ? guest->base : 1 + below(g, 30);
    write_row(g, load);
    for (unsigned i = below(g, 4); i; i--)
        write_row(g, random_row(g, chance(g, 90) ? guest->class_integer : guest->class_memory));
    write_row(g, store);
    g->operand = 0;
}

/* --- a whole sequence --- */

static unsigned random_class(struct generator *g) {
    unsigned total = 0;
    for (unsigned i = 0; i < guest->class_count; i++)
        total += g->classes >> i & 1 ? guest->weights[i] : 0;
    unsigned chosen = below(g, total);
    for (unsigned i = 0;; i++) {
        unsigned weight = g->classes >> i & 1 ? guest->weights[i] : 0;
        if (chosen < weight)
            return i;
        chosen -= weight;
    }
}

static unsigned next_class(struct generator *g) {
    return chance(g, 85) ? g->focus[below(g, FOCUS)] : random_class(g);
}

static void settle_branches(struct sequence *s) {
    for (unsigned i = 0; i < s->count; i++) {
        struct item *item = &s->item[i];
        if (!item->forward)
            continue;
        while (item->target < s->count && s->item[item->target].inside)
            item->target++;
        if (item->target > s->count)
            item->target = (uint8_t)s->count;
    }
}

static void write_code(struct generator *g) {
    while (g->sequence->count < g->limit) {
        unsigned kind = next_class(g), choice = below(g, 100);
        if (kind == guest->class_reservation)
            write_reservation(g);
        else if (kind == guest->class_illegal)
            write_illegal(g);
        else if (kind != guest->class_branch)
            write_row(g, random_row(g, kind));
        else if (choice < 70)
            write_forward_branch(g);
        else if (choice < 85)
            write_loop(g);
        else
            write_call(g);
    }
    guest->settle(g->sequence);
    settle_branches(g->sequence);
}

uint64_t random_integer(struct generator *g) {
    unsigned bit = below(g, 64);
    switch (below(g, 12)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return below(g, 2) ? INT64_MAX : (uint64_t)INT64_MIN;
    case 3: return below(g, 2) ? INT32_MAX : (uint64_t)INT32_MIN;
    case 4: return (UINT64_C(1) << bit) + below(g, 3) - 1;
    case 5: return UINT64_MAX << bit;
    case 6: return below(g, 256) - UINT64_C(128);
    case 7: return (uint64_t)(int32_t)random64(g);
    case 8: return random64(g) & UINT32_MAX;
    case 9: return SCRATCH + below(g, SCRATCH_SIZE);
    default: return random64(g) >> bit;
    }
}

/* The bits of a value with `e` exponent and `f` fraction bits. */
uint64_t random_float_of(struct generator *g, unsigned e, unsigned f) {
    uint64_t hidden = UINT64_C(1) << f, infinity = ((UINT64_C(1) << e) - 1) << f;
    uint64_t sign = random64(g) & UINT64_C(1) << (e + f), fraction = random64(g) & (hidden - 1);
    uint64_t few = fraction & ~((hidden - 1) >> below(g, 8)), bias = (infinity >> f) / 2;
    int exponent = (g->exponent >> (11 - e)) + (int)below(g, 2 * f + 6) - (int)f - 3;
    switch (below(g, 16)) {
    case 0: return sign;
    case 1: return sign | (below(g, 2) ? fraction : fraction >> below(g, f)); /* subnormal */
    case 2: return sign | (hidden + below(g, 5) - 2); /* about the smallest normal */
    case 3: return sign | (infinity - 1 - below(g, 3));
    case 4: return sign | infinity;
    case 5: return sign | infinity | hidden >> 1 | (below(g, 2) ? fraction : 0);
    case 6:
        return sign | infinity | (fraction & ((hidden >> 1) - 1)) | below(g, 2) |
               (fraction & 15 ? 0 : 1);
    case 7: return sign | ((bias << f) + below(g, 5) - 2); /* about one */
    case 8:                                                /* about the limits of the integers */
        exponent = (int)bias + (below(g, 2) ? 30 : 62) + (int)below(g, 3);
        return sign | ((((uint64_t)exponent << f) + below(g, 5) - 2) & (infinity + hidden - 1));
    case 9: /* integers and halves */
        exponent = (int)bias + (int)below(g, f + 2) - 2;
        return sign | (uint64_t)exponent << f | few;
    case 10: return sign | (random64(g) & (infinity + hidden - 1));
    default:
        exponent = exponent < 0                          ? 0
                   : (uint64_t)exponent >= infinity >> f ? (int)(infinity >> f) - 1
                                                         : exponent;
        return sign | (uint64_t)exponent << f | (below(g, 3) ? fraction : few);
    }
}

static void random_state(struct generator *g) {
    struct sequence *s = g->sequence;
    memset(&s->registers, 0, sizeof s->registers);
    guest->random_registers(g, &s->registers);
    for (unsigned i = 0; i < SCRATCH_SIZE; i += 8) {
        uint64_t value = chance(g, 50) ? random_integer(g) : guest->random_float(g);
        memcpy(s->scratch + i, &value, sizeof value);
    }
    s->resume = chance(g, 50);
}

/* An emulator may go on in another way after the first address of some kind, so that they are in
 * runs of a batch's size. */
enum { WILD_RUN = 4096 };

void generate(struct sequence *sequence, uint64_t seed, uint64_t number, unsigned classes) {
    struct generator g = {
        .random = seed * 0xd1342543de82ef95 ^ number * 0x2545f4914f6cdd1d,
        .sequence = sequence,
        .keep = guest->keep,
        .classes = classes,
        .wild = number / WILD_RUN % 4 == 3,
    };
    sequence->seed = seed;
    sequence->number = number;
    sequence->count = 0;
    for (unsigned i = 0; i < POOL; i++)
        g.pool[i] = (uint8_t)below(&g, 32);
    for (unsigned i = 0; i < FOCUS; i++)
        g.focus[i] = random_class(&g);
    g.width = below(&g, guest->reservation_widths);
    g.exponent = chance(&g, 40) ? 1023 : (int)below(&g, 2048);
    /* Short ones are fastest and mix least; long ones the reverse. */
    g.limit = 1 + below(&g, chance(&g, 70) ? 8 : 24);
    random_state(&g);
    write_code(&g);
}

/* --- taking apart and putting together --- */

uint32_t field_bits(int32_t value, unsigned high, unsigned low) {
    return (uint32_t)value >> low & ((1u << (high - low + 1)) - 1);
}

size_t assemble(const struct sequence *sequence, uint64_t address, uint8_t *out) {
    int32_t position[SEQUENCE_MAX_ITEMS + 1], size = 0;
    for (unsigned i = 0; i < sequence->count; i++) {
        position[i] = size;
        size += sequence->item[i].length;
    }
    position[sequence->count] = size;
    for (unsigned i = 0; i < sequence->count; i++) {
        const struct item *item = &sequence->item[i];
        uint32_t word = item->word;
        if (item->branch)
            word |= guest->displacement(item->branch, position[item->target] - position[i]);
        memcpy(out + position[i], &word, item->length);
    }
    int32_t way = (int32_t)(RUNNER_TEXT - (address + (uint64_t)size));
    uint32_t end = guest->jump | guest->displacement(guest->jump_branch, way);
    memcpy(out + size, &end, sizeof end);
    return (size_t)size + sizeof end;
}

void remove_items(struct sequence *sequence, unsigned from, unsigned count) {
    unsigned behind = from + count;
    memmove(sequence->item + from, sequence->item + behind,
            (sequence->count - behind) * sizeof *sequence->item);
    sequence->count -= count;
    for (unsigned i = 0; i < sequence->count; i++) {
        struct item *item = &sequence->item[i];
        if (item->target >= behind)
            item->target = (uint8_t)(item->target - count);
        else if (item->target > from)
            item->target = (uint8_t)from;
    }
}
