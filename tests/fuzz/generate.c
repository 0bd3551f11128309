/* See generate.h. */
#include "tests/fuzz/generate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    INTEGER,
    MULDIV,
    BITS,
    MEMORY,
    ATOMIC,
    LRSC,
    BRANCH,
    FARITH,
    FMA,
    FCOMPARE,
    FCONVERT,
    FMOVE,
    FMEMORY,
    CSR,
    COMPRESSED,
    HINT,
    TRAP,
    ILLEGAL,
    CLASSES,
    /* Parts of LRSC, which are written by that only. */
    RESERVED_LOAD,
    CONDITIONAL_STORE,
    ROW_CLASSES
};

const char *const class_names[] = {
    "integer",    "muldiv", "bits",     "memory",   "atomic", "lrsc",    "branch",
    "farith",     "fma",    "fcompare", "fconvert", "fmove",  "fmemory", "csr",
    "compressed", "hint",   "trap",     "illegal",  NULL,
};

/* How often a class is chosen, other things being equal. */
static const uint8_t class_weights[CLASSES] = {
    [INTEGER] = 10, [MULDIV] = 6, [BITS] = 9,       [MEMORY] = 8,   [ATOMIC] = 6,   [LRSC] = 3,
    [BRANCH] = 9,   [FARITH] = 9, [FMA] = 7,        [FCOMPARE] = 6, [FCONVERT] = 8, [FMOVE] = 4,
    [FMEMORY] = 4,  [CSR] = 4,    [COMPRESSED] = 9, [HINT] = 2,     [TRAP] = 2,     [ILLEGAL] = 2,
};

static const struct row {
    enum kind kind;
    const char *name, *pattern;
} rows[] = {
#define ROW(kind, name, pattern) {kind, name, pattern},
#include "tests/fuzz/insns.def"
#undef ROW
};
enum { ROWS = sizeof rows / sizeof *rows, SP = 2, GP = 3, BASE = 8, READ_ONLY = 9, COUNTER = 30 };

struct generator {
    uint64_t random;
    struct sequence *sequence;
    uint32_t keep;    /* integer registers not to be written */
    unsigned width;   /* of load-reserved and store-conditional: 0 word, 1 double */
    unsigned address; /* register that atomics use as their address, or 0 */
    uint8_t group;    /* given to items written */
    uint8_t groups;   /* given out so far */
    bool inside;
    unsigned limit;   /* items to write, about */
    unsigned classes; /* allowed */
    enum kind focus[3];
    uint8_t pool[6]; /* registers that are used often */
    int exponent;    /* around which floating-point values lie, from 0 (smallest) to 2047 */
};

/* --- random choices --- */

static uint64_t random64(struct generator *g) {
    uint64_t z = g->random += 0x9e3779b97f4a7c15; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static unsigned below(struct generator *g, unsigned limit) {
    return (unsigned)((random64(g) >> 32) * limit >> 32);
}

static bool chance(struct generator *g, unsigned percent) {
    return below(g, 100) < percent;
}

static bool kept(const struct generator *g, unsigned reg) {
    return g->keep >> reg & 1;
}

static unsigned any_register(struct generator *g) {
    return chance(g, 55) ? g->pool[below(g, sizeof g->pool)] : below(g, 32);
}

static unsigned destination(struct generator *g) {
    unsigned reg;
    do
        reg = any_register(g);
    while (kept(g, reg));
    return reg;
}

static unsigned nonzero_destination(struct generator *g) {
    unsigned reg;
    do
        reg = destination(g);
    while (!reg);
    return reg;
}

static unsigned even_register(struct generator *g) {
    unsigned reg;
    do
        reg = any_register(g) & ~1u;
    while (kept(g, reg) || kept(g, reg + 1));
    return chance(g, 6) ? reg + 1 : reg;
}

/* An address for a load or store: a base register, and through `offset` what to add. */
static unsigned base_register(struct generator *g, unsigned *offset) {
    unsigned choice = below(g, 100);
    int near = (int)below(g, SCRATCH_SIZE);
    if (chance(g, 60))
        near &= ~7;
    if (choice < 80) {
        *offset = (unsigned)(near - SCRATCH_SIZE / 2);
        return BASE;
    }
    if (choice < 90) {
        *offset = (unsigned)near;
        return SP;
    }
    if (choice < 93) { /* across the end of the page */
        *offset = SCRATCH_SIZE / 2 - 10 + below(g, 14);
        return BASE;
    }
    if (choice < 97) {
        *offset = below(g, 2040);
        return READ_ONLY;
    }
    *offset = (unsigned)((int)below(g, 16) - 8);
    return any_register(g);
}

static unsigned atomic_register(struct generator *g) {
    if (g->address)
        return g->address;
    return chance(g, 94) ? BASE : chance(g, 50) ? READ_ONLY : any_register(g);
}

static unsigned csr_number(struct generator *g) {
    static const uint16_t others[] = {0x000, 0x004, 0x008, 0x00f, 0x015, 0x017, 0x100, 0x104,
                                      0x180, 0x300, 0x305, 0x341, 0x7a0, 0x7c0, 0x800, 0xb00,
                                      0xc20, 0xc21, 0xc22, 0xcc0, 0xf11, 0xf14, 0xfff};
    if (chance(g, 88))
        return 1 + below(g, 3); /* fflags, frm, fcsr */
    return others[below(g, sizeof others / sizeof *others)];
}

/* --- writing instructions --- */

static struct item *write_item(struct generator *g, const char *name, uint32_t word) {
    assert(g->sequence->count < SEQUENCE_MAX_ITEMS);
    struct item *item = &g->sequence->item[g->sequence->count++];
    uint8_t length = (word & 3) == 3 ? 4 : 2;
    *item = (struct item){name, word, length, NO_BRANCH, g->group, g->inside, 0};
    return item;
}

/* The width of a field, and for those that depend on nothing else its value. */
static unsigned field_width(const char *field) {
    switch (*field) {
    case '?': return (unsigned)atoi(field + 1);
    case 'o':
    case 'c': return 12;
    case 'O': return 7;
    case 'm': return 3;
    case 'f':
    case 'q': return 2;
    default: return field[1] == '3' ? 3 : 5;
    }
}

static unsigned field_value(struct generator *g, const char *field) {
    bool three = field[1] == '3';
    switch (*field) {
    case 'd': return three ? 2 + below(g, 6) : destination(g);
    case 'n': return nonzero_destination(g);
    case 's':
    case 't': return three ? below(g, 8) : any_register(g);
    case 'D':
    case 'S':
    case 'T':
    case 'R': return three ? below(g, 8) : any_register(g);
    case 'b': /* b3 */ return chance(g, 85) ? BASE - 8 : below(g, 8);
    case 'a': return atomic_register(g);
    case 'e': return even_register(g);
    case 'c': return csr_number(g);
    case 'm': return below(g, 70) == 0 ? 5 + below(g, 2) : chance(g, 50) ? 7 : below(g, 5);
    case 'f': return below(g, 100) == 0 ? 3 : chance(g, 30) ? 2 : below(g, 2);
    default: return (unsigned)random64(g);
    }
}

/* Fills in a pattern; `fixed` receives the mask of its literal bits. */
static uint32_t encode(struct generator *g, const char *pattern, uint32_t *fixed) {
    unsigned offset, base = base_register(g, &offset);
    uint32_t word = 0;
    *fixed = 0;
    while (*pattern) {
        unsigned width, value;
        if (*pattern == '0' || *pattern == '1') {
            width = 1;
            value = *pattern == '1';
            *fixed = *fixed << 1 | 1;
            pattern++;
        } else {
            width = field_width(pattern);
            if (*pattern == 'o')
                value = offset;
            else if (*pattern == 'O')
                value = offset >> 5;
            else if (*pattern == 'P')
                value = offset;
            else if (*pattern == 'b' && pattern[1] != '3')
                value = base;
            else
                value = field_value(g, pattern);
            *fixed <<= width;
            pattern += strcspn(pattern, " ");
        }
        word = word << width | (value & ((1u << width) - 1));
        pattern += *pattern == ' ';
    }
    return word;
}

/* Whether an encoding could loop without an end, call the kernel, or read a clock; or is one that
 * QEMU executes though it should trap: cbo.inval, which Linux keeps from programs, and loads and
 * stores of whole vector registers without the V extension. */
static bool forbidden(uint32_t word) {
    unsigned funct3 = word >> 12 & 7, rd = word >> 7 & 31, rs1 = word >> 15 & 31;
    bool data_pointer = rs1 == BASE || rs1 == READ_ONLY;
    switch (word & 3) {
    case 0: return false;
    case 1: /* c.j, c.beqz, c.bnez */ return (word >> 13 & 7) >= 5;
    case 2: /* c.jr, c.jalr; rd stands where they have their source */
        return (word >> 13 & 7) == 4 && !(word >> 2 & 31) && rd && rd != BASE && rd != READ_ONLY;
    default: break;
    }
    switch (word & 0x7f) {
    case 0x0f: return funct3 == 2 && word >> 20 == 0;
    case 0x07:
    case 0x27: return (funct3 == 0 || funct3 >= 5) && (word >> 20 & 31) == 8;
    case 0x63: /* branches */
    case 0x6f: /* jal */ return true;
    case 0x67: /* jalr: to data only */ return !data_pointer;
    case 0x73: /* ecall; counters, but for being thrown away */
        return word == 0x73 || ((funct3 & 3) && word >> 20 >= 0xc00 && word >> 20 < 0xc20 && rd);
    default: return false;
    }
}

static void write_row(struct generator *g, const struct row *row) {
    uint32_t fixed, word;
    bool own_address =
        row->kind != TRAP && strchr(row->pattern, 'a') && !g->address && chance(g, 45);
    if (own_address) {
        unsigned offset = below(g, SCRATCH_SIZE) & (chance(g, 94) ? ~15u : ~0u);
        g->address = nonzero_destination(g);
        write_item(g, "addi",
                   (offset - SCRATCH_SIZE / 2) << 20 | BASE << 15 | g->address << 7 | 0x13);
    }
    do
        word = encode(g, row->pattern, &fixed);
    while (forbidden(word));
    write_item(g, row->name, word);
    if (own_address)
        g->address = 0;
}

static const struct row *random_row(struct generator *g, enum kind kind) {
    unsigned first = 0, count = 0;
    while (rows[first].kind != kind)
        first++;
    for (unsigned i = first; i < ROWS; i++)
        count += rows[i].kind == kind;
    unsigned chosen = below(g, count);
    for (unsigned i = first;; i++)
        if (rows[i].kind == kind && chosen-- == 0)
            return &rows[i];
}

/* An instruction with one or two of its fixed bits turned over. */
static void write_near_miss(struct generator *g) {
    uint32_t fixed, word;
    const struct row *row;
    do
        row = &rows[below(g, ROWS)];
    while (row->kind == TRAP); /* these have few fixed bits */
    do {
        word = encode(g, row->pattern, &fixed);
        for (unsigned flips = 1 + below(g, 2); flips;) {
            unsigned bit = 2 + below(g, 30); /* the lowest two tell the length */
            if (fixed >> bit & 1) {
                word ^= 1u << bit;
                flips--;
            }
        }
    } while (forbidden(word));
    write_item(g, row->name, word);
}

/* --- control flow --- */

static void write_straight(struct generator *g);

/* A branch over some of what follows. Its target is made good when all is written. */
static void write_forward_branch(struct generator *g) {
    static const uint8_t conditions[] = {0, 1, 4, 5, 6, 7};
    unsigned choice = below(g, 100), skip = below(g, 5);
    struct item *item;
    if (choice < 55) {
        unsigned funct3 = chance(g, 98) ? conditions[below(g, 6)] : 2 + below(g, 2);
        unsigned s = any_register(g), t = chance(g, 15) ? s : any_register(g);
        item = write_item(g, "branch", t << 20 | s << 15 | funct3 << 12 | 0x63);
        item->branch = BRANCH_B;
    } else if (choice < 72) {
        item = write_item(g, "c.beqz/c.bnez", 0xc001 | below(g, 2) << 13 | below(g, 8) << 7);
        item->branch = BRANCH_CB;
    } else if (choice < 82) {
        item = write_item(g, "jal", destination(g) << 7 | 0x6f);
        item->branch = BRANCH_J;
    } else if (choice < 88) {
        item = write_item(g, "c.j", 0xa001);
        item->branch = BRANCH_CJ;
    } else {
        unsigned reg = nonzero_destination(g);
        g->group = ++g->groups;
        write_item(g, "auipc", reg << 7 | 0x17);
        item = write_item(g, "jalr", reg << 15 | destination(g) << 7 | 0x67);
        item->branch = BRANCH_JALR;
        item->inside = true;
        g->group = 0;
    }
    item->target = (uint8_t)(g->sequence->count + skip);
}

/* A loop with a counter of its own. */
static void write_loop(struct generator *g) {
    uint8_t group = ++g->groups;
    g->group = group;
    write_item(g, "li", (1 + below(g, 6)) << 20 | COUNTER << 7 | 0x13);
    g->group = 0;
    g->inside = true;
    uint32_t keep = g->keep;
    g->keep |= 1u << COUNTER;
    unsigned top = g->sequence->count;
    for (unsigned i = 1 + below(g, 4); i; i--)
        write_straight(g);
    g->group = group;
    write_item(g, "addi", 0xfffu << 20 | COUNTER << 15 | COUNTER << 7 | 0x13);
    struct item *back = write_item(g, "bnez", COUNTER << 15 | 1 << 12 | 0x63);
    back->branch = BRANCH_B;
    back->target = (uint8_t)top;
    g->keep = keep;
    g->group = 0;
    g->inside = false;
}

/* A call of a function that lies between the call's return point and the end of both. */
static void write_call(struct generator *g) {
    uint8_t group = ++g->groups;
    uint32_t keep = g->keep;
    unsigned link = chance(g, 80) ? 1 : 5;
    g->group = group;
    struct item *call = write_item(g, "jal", link << 7 | 0x6f);
    call->branch = BRANCH_J;
    g->inside = true;
    g->group = 0;
    for (unsigned i = below(g, 3); i; i--)
        write_straight(g);
    g->group = group;
    struct item *over = write_item(g, "c.j", 0xa001);
    over->branch = BRANCH_CJ;
    call->target = (uint8_t)g->sequence->count;
    g->group = 0;
    g->keep |= 1u << link;
    for (unsigned i = below(g, 3); i; i--)
        write_straight(g);
    g->group = group;
    if (chance(g, 50))
        write_item(g, "ret", link << 15 | 0x67);
    else
        write_item(g, "c.jr", 0x8002 | link << 7);
    over->target = (uint8_t)g->sequence->count;
    g->keep = keep;
    g->group = 0;
    g->inside = false;
}

/* One width in a sequence: whether a pair of two widths works is the implementation's choice. */
static void write_lrsc(struct generator *g) {
    const struct row *load = rows, *store = rows;
    while (load->kind != RESERVED_LOAD)
        load++;
    while (store->kind != CONDITIONAL_STORE)
        store++;
    if (chance(g, 12)) {
        write_row(g, chance(g, 50) ? load + g->width : store + g->width);
        return;
    }
    g->address = chance(g, 96) ? BASE : any_register(g);
    write_row(g, load + g->width);
    for (unsigned i = below(g, 4); i; i--)
        write_row(g, random_row(g, chance(g, 90) ? INTEGER : MEMORY));
    write_row(g, store + g->width);
    g->address = 0;
}

/* --- a whole sequence --- */

static enum kind random_class(struct generator *g) {
    unsigned total = 0;
    for (unsigned i = 0; i < CLASSES; i++)
        total += g->classes >> i & 1 ? class_weights[i] : 0;
    unsigned chosen = below(g, total);
    for (unsigned i = 0;; i++) {
        unsigned weight = g->classes >> i & 1 ? class_weights[i] : 0;
        if (chosen < weight)
            return (enum kind)i;
        chosen -= weight;
    }
}

static enum kind next_class(struct generator *g) {
    return chance(g, 85) ? g->focus[below(g, 3)] : random_class(g);
}

/* Straight-line code, for the bodies of loops and functions. */
static void write_straight(struct generator *g) {
    enum kind kind = next_class(g);
    if (kind == BRANCH || kind == LRSC)
        kind = INTEGER;
    if (kind == ILLEGAL)
        write_near_miss(g);
    else
        write_row(g, random_row(g, kind));
}

/* What depends on the whole sequence. */
static void settle(struct sequence *s) {
    enum { PAUSE = 0x0100000f };
    bool reserves = false;
    for (unsigned i = 0; i < s->count; i++)
        reserves |= (s->item[i].word & 0xf800007f) == 0x1000002f;
    /* The kernel's way back from a trap ends a reservation, QEMU's does not; the end of a wait for
     * its loss may end it, and does in QEMU. */
    s->resume &= !reserves;
    for (unsigned i = 0; i < s->count; i++) {
        struct item *item = &s->item[i];
        if (reserves && (item->word == 0x00d00073 || item->word == 0x01d00073)) {
            item->word = PAUSE;
            item->name = "pause";
        }
        /* A JALR pair's own group is no loop or call. */
        if (!item->branch || (item->group && item->branch != BRANCH_JALR))
            continue;
        while (item->target < s->count && s->item[item->target].inside)
            item->target++;
        if (item->target > s->count)
            item->target = (uint8_t)s->count;
    }
}

static void write_code(struct generator *g) {
    while (g->sequence->count < g->limit) {
        enum kind kind = next_class(g);
        unsigned choice = below(g, 100);
        if (kind == LRSC)
            write_lrsc(g);
        else if (kind != BRANCH)
            kind == ILLEGAL ? write_near_miss(g) : write_row(g, random_row(g, kind));
        else if (choice < 70)
            write_forward_branch(g);
        else if (choice < 85)
            write_loop(g);
        else
            write_call(g);
    }
    settle(g->sequence);
}

static uint64_t random_integer(struct generator *g) {
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
static uint64_t random_float_of(struct generator *g, unsigned e, unsigned f) {
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

static uint64_t random_float(struct generator *g) {
    uint64_t box = chance(g, 95) ? UINT64_MAX : random64(g);
    switch (below(g, 3)) {
    case 0: return box << 16 | random_float_of(g, 5, 10);
    case 1: return box << 32 | random_float_of(g, 8, 23);
    default: return random_float_of(g, 11, 52);
    }
}

static void random_state(struct generator *g) {
    struct sequence *s = g->sequence;
    struct batch_registers *r = &s->registers;
    for (unsigned i = 0; i < 32; i++) {
        r->x[i] = chance(g, 10) ? random_float(g) : random_integer(g);
        r->f[i] = random_float(g);
    }
    r->x[0] = r->x[GP] = 0;
    r->x[SP] = SCRATCH;
    r->x[BASE] = SCRATCH + SCRATCH_SIZE / 2;
    r->x[READ_ONLY] = READ_ONLY_PAGE;
    unsigned round = chance(g, 3) ? 5 + below(g, 3) : below(g, 5);
    r->fcsr = round << 5 | (chance(g, 50) ? below(g, 32) : 0);
    for (unsigned i = 0; i < SCRATCH_SIZE; i += 8) {
        uint64_t value = chance(g, 50) ? random_integer(g) : random_float(g);
        memcpy(s->scratch + i, &value, sizeof value);
    }
    s->resume = chance(g, 50);
}

void generate(struct sequence *sequence, uint64_t seed, uint64_t number, unsigned classes) {
    struct generator g = {
        .random = seed * 0xd1342543de82ef95 ^ number * 0x2545f4914f6cdd1d,
        .sequence = sequence,
        .keep = 1u << SP | 1u << GP | 1u << BASE | 1u << READ_ONLY,
        .classes = classes,
    };
    sequence->seed = seed;
    sequence->number = number;
    sequence->count = 0;
    for (unsigned i = 0; i < sizeof g.pool; i++)
        g.pool[i] = (uint8_t)below(&g, 32);
    for (unsigned i = 0; i < 3; i++)
        g.focus[i] = random_class(&g);
    g.width = below(&g, 2);
    g.exponent = chance(&g, 40) ? 1023 : (int)below(&g, 2048);
    /* Short ones are fastest and mix least; long ones the reverse. */
    g.limit = 1 + below(&g, chance(&g, 70) ? 8 : 24);
    random_state(&g);
    write_code(&g);
}

/* --- taking apart and putting together --- */

static uint32_t bits(int32_t value, unsigned high, unsigned low) {
    return (uint32_t)value >> low & ((1u << (high - low + 1)) - 1);
}

/* The immediate of a branch over `distance` bytes, in its place. */
static uint32_t displacement(enum branch branch, int32_t distance) {
    int32_t d = distance;
    switch (branch) {
    case BRANCH_B:
        return bits(d, 12, 12) << 31 | bits(d, 10, 5) << 25 | bits(d, 4, 1) << 8 |
               bits(d, 11, 11) << 7;
    case BRANCH_J:
        return bits(d, 20, 20) << 31 | bits(d, 10, 1) << 21 | bits(d, 11, 11) << 20 |
               bits(d, 19, 12) << 12;
    case BRANCH_CB:
        return bits(d, 8, 8) << 12 | bits(d, 4, 3) << 10 | bits(d, 7, 6) << 5 | bits(d, 2, 1) << 3 |
               bits(d, 5, 5) << 2;
    case BRANCH_CJ:
        return bits(d, 11, 11) << 12 | bits(d, 4, 4) << 11 | bits(d, 9, 8) << 9 |
               bits(d, 10, 10) << 8 | bits(d, 6, 6) << 7 | bits(d, 7, 7) << 6 | bits(d, 3, 1) << 3 |
               bits(d, 5, 5) << 2;
    case BRANCH_JALR: /* from the auipc before it */ return bits(d + 4, 11, 0) << 20;
    default: return 0;
    }
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
        uint32_t word =
            item->word | displacement(item->branch, position[item->target] - position[i]);
        memcpy(out + position[i], &word, item->length);
    }
    uint32_t end =
        0x6f | displacement(BRANCH_J, (int32_t)(RUNNER_TEXT - (address + (uint64_t)size)));
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
