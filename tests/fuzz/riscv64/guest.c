/* What the fuzzer needs to know of riscv64 (guest.h). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/guest.h"
#include "tests/fuzz/riscv64/state.h"

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
};

static const char *const class_names[] = {
    "integer",    "muldiv", "bits",     "memory",   "atomic", "lrsc",    "branch",
    "farith",     "fma",    "fcompare", "fconvert", "fmove",  "fmemory", "csr",
    "compressed", "hint",   "trap",     "illegal",  NULL,
};

static const uint8_t class_weights[CLASSES] = {
    [INTEGER] = 10, [MULDIV] = 6, [BITS] = 9,       [MEMORY] = 8,   [ATOMIC] = 6,   [LRSC] = 3,
    [BRANCH] = 9,   [FARITH] = 9, [FMA] = 7,        [FCOMPARE] = 6, [FCONVERT] = 8, [FMOVE] = 4,
    [FMEMORY] = 4,  [CSR] = 4,    [COMPRESSED] = 9, [HINT] = 2,     [TRAP] = 2,     [ILLEGAL] = 2,
};

static const struct row rows[] = {
#define ROW(kind, name, pattern) {kind, name, pattern, 0, 0},
#include "tests/fuzz/riscv64/insns.def"
#undef ROW
};

enum { SP = 2, GP = 3, BASE = 8, READ_ONLY = 9, COUNTER = 30 };
enum branch { NO_BRANCH, BRANCH_B, BRANCH_J, BRANCH_CB, BRANCH_CJ, BRANCH_JALR };

/* Words of the state; x0, and gp, which is the runner's, are not the guest's to use. */
static const char *const register_names[STATE_WORDS] = {
    NULL,  "ra",  "sp",  NULL,  "tp",  "t0",  "t1",   "t2",   "s0",  "s1",  "a0",   "a1",   "a2",
    "a3",  "a4",  "a5",  "a6",  "a7",  "s2",  "s3",   "s4",   "s5",  "s6",  "s7",   "s8",   "s9",
    "s10", "s11", "t3",  "t4",  "t5",  "t6",  "ft0",  "ft1",  "ft2", "ft3", "ft4",  "ft5",  "ft6",
    "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3",  "fa4",  "fa5", "fa6", "fa7",  "fs2",  "fs3",
    "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11", "fcsr",
};

static const struct row *list_rows(unsigned *count) {
    *count = sizeof rows / sizeof *rows;
    return rows;
}

static unsigned length(uint32_t word) {
    return (word & 3) == 3 ? 4 : 2;
}

/* --- fields --- */

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

static void set_address(struct generator *g, unsigned base, int offset) {
    g->base = base;
    g->offset = offset;
}

/* The address of a load or store. */
static void begin_row(struct generator *g, const struct row *row) {
    (void)row;
    unsigned choice = below(g, 100);
    int near = (int)below(g, SCRATCH_SIZE);
    if (chance(g, 60))
        near &= ~7;
    if (choice < 80)
        set_address(g, BASE, near - BASE_OFFSET);
    else if (choice < 90)
        set_address(g, SP, near);
    else if (choice < 93) /* across the end of the page */
        set_address(g, BASE, BASE_OFFSET - 10 + (int)below(g, 14));
    else if (choice < 97)
        set_address(g, READ_ONLY, (int)below(g, 2040));
    else
        set_address(g, any_register(g), (int)below(g, 16) - 8);
}

static unsigned atomic_register(struct generator *g) {
    if (g->operand)
        return g->operand;
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

/* The letters are explained in insns.def. */
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
    case 'b': return !three ? g->base : chance(g, 85) ? BASE - 8 : below(g, 8);
    case 'a': return atomic_register(g);
    case 'e': return even_register(g);
    case 'c': return csr_number(g);
    case 'm': return below(g, 70) == 0 ? 5 + below(g, 2) : chance(g, 50) ? 7 : below(g, 5);
    case 'f': return below(g, 100) == 0 ? 3 : chance(g, 30) ? 2 : below(g, 2);
    case 'o':
    case 'P': return (unsigned)g->offset;
    case 'O': return (unsigned)g->offset >> 5;
    default: return (unsigned)random64(g);
    }
}

static uint32_t field(struct generator *g, const char *field, unsigned *width) {
    *width = field_width(field);
    return field_value(g, field);
}

static unsigned own_operand(struct generator *g, const struct row *row) {
    if (row->kind == TRAP || !strchr(row->pattern, 'a') || !chance(g, 45))
        return 0;
    unsigned offset = below(g, SCRATCH_SIZE) & (chance(g, 94) ? ~15u : ~0u);
    unsigned reg = nonzero_destination(g);
    write_item(g, "addi", (offset - BASE_OFFSET) << 20 | BASE << 15 | reg << 7 | 0x13);
    return reg;
}

/* Whether an encoding could loop without an end, call the kernel, or read a clock; or is one that
 * QEMU executes though it should trap: cbo.inval, which Linux keeps from programs, and loads and
 * stores of whole vector registers without the V extension. */
static bool forbidden(uint32_t word, const struct row *row) {
    (void)row;
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

/* --- control flow --- */

static struct item *write_jump_of(struct generator *g, const char *name, uint32_t word,
                                  enum branch branch) {
    struct item *item = write_item(g, name, word);
    item->branch = branch;
    return item;
}

static struct item *write_branch(struct generator *g) {
    static const uint8_t conditions[] = {0, 1, 4, 5, 6, 7};
    unsigned choice = below(g, 100);
    if (choice < 55) {
        unsigned funct3 = chance(g, 98) ? conditions[below(g, 6)] : 2 + below(g, 2);
        unsigned s = any_register(g), t = chance(g, 15) ? s : any_register(g);
        return write_jump_of(g, "branch", t << 20 | s << 15 | funct3 << 12 | 0x63, BRANCH_B);
    }
    if (choice < 72)
        return write_jump_of(g, "c.beqz/c.bnez", 0xc001 | below(g, 2) << 13 | below(g, 8) << 7,
                             BRANCH_CB);
    if (choice < 82)
        return write_jump_of(g, "jal", destination(g) << 7 | 0x6f, BRANCH_J);
    if (choice < 88)
        return write_jump_of(g, "c.j", 0xa001, BRANCH_CJ);
    unsigned reg = nonzero_destination(g);
    g->group = ++g->groups;
    write_item(g, "auipc", reg << 7 | 0x17);
    struct item *item =
        write_jump_of(g, "jalr", reg << 15 | destination(g) << 7 | 0x67, BRANCH_JALR);
    item->inside = true;
    g->group = 0;
    return item;
}

static struct item *write_jump(struct generator *g) {
    return write_jump_of(g, "c.j", 0xa001, BRANCH_CJ);
}

static unsigned link_register(struct generator *g) {
    return chance(g, 80) ? 1 : 5;
}

static struct item *write_call(struct generator *g, unsigned link) {
    return write_jump_of(g, "jal", link << 7 | 0x6f, BRANCH_J);
}

static void write_return(struct generator *g, unsigned link) {
    if (chance(g, 50))
        write_item(g, "ret", link << 15 | 0x67);
    else
        write_item(g, "c.jr", 0x8002 | link << 7);
}

static void write_count(struct generator *g, unsigned count) {
    write_item(g, "li", count << 20 | COUNTER << 7 | 0x13);
}

static struct item *write_count_down(struct generator *g) {
    write_item(g, "addi", 0xfffu << 20 | COUNTER << 15 | COUNTER << 7 | 0x13);
    return write_jump_of(g, "bnez", COUNTER << 15 | 1 << 12 | 0x63, BRANCH_B);
}

/* The immediate of a branch over `d` bytes, in its place. */
static uint32_t displacement(unsigned branch, int32_t d) {
    switch (branch) {
    case BRANCH_B:
        return field_bits(d, 12, 12) << 31 | field_bits(d, 10, 5) << 25 | field_bits(d, 4, 1) << 8 |
               field_bits(d, 11, 11) << 7;
    case BRANCH_J:
        return field_bits(d, 20, 20) << 31 | field_bits(d, 10, 1) << 21 |
               field_bits(d, 11, 11) << 20 | field_bits(d, 19, 12) << 12;
    case BRANCH_CB:
        return field_bits(d, 8, 8) << 12 | field_bits(d, 4, 3) << 10 | field_bits(d, 7, 6) << 5 |
               field_bits(d, 2, 1) << 3 | field_bits(d, 5, 5) << 2;
    case BRANCH_CJ:
        return field_bits(d, 11, 11) << 12 | field_bits(d, 4, 4) << 11 | field_bits(d, 9, 8) << 9 |
               field_bits(d, 10, 10) << 8 | field_bits(d, 6, 6) << 7 | field_bits(d, 7, 7) << 6 |
               field_bits(d, 3, 1) << 3 | field_bits(d, 5, 5) << 2;
    case BRANCH_JALR: /* from the auipc before it */ return field_bits(d + 4, 11, 0) << 20;
    default: return 0;
    }
}

/* --- state --- */

static uint64_t random_float(struct generator *g) {
    uint64_t box = chance(g, 95) ? UINT64_MAX : random64(g);
    switch (below(g, 3)) {
    case 0: return box << 16 | random_float_of(g, 5, 10);
    case 1: return box << 32 | random_float_of(g, 8, 23);
    default: return random_float_of(g, 11, 52);
    }
}

static void random_registers(struct generator *g, struct batch_registers *out) {
    for (unsigned i = 1; i < 32; i++)
        out->word[STATE_X + i] = chance(g, 10) ? random_float(g) : random_integer(g);
    for (unsigned i = 0; i < 32; i++)
        out->word[STATE_F + i] = random_float(g);
    out->word[GP] = 0;
    out->word[SP] = SCRATCH;
    out->word[BASE] = SCRATCH + BASE_OFFSET;
    out->word[READ_ONLY] = READ_ONLY_PAGE;
    unsigned round = chance(g, 3) ? 5 + below(g, 3) : below(g, 5);
    out->word[STATE_FCSR] = round << 5 | (chance(g, 50) ? below(g, 32) : 0);
}

/* The kernel's way back from a trap ends a reservation, QEMU's does not; the end of a wait for its
 * loss may end it, and does in QEMU. */
static void settle(struct sequence *s) {
    enum { PAUSE = 0x0100000f };
    bool reserves = false;
    for (unsigned i = 0; i < s->count; i++)
        reserves |= (s->item[i].word & 0xf800007f) == 0x1000002f;
    s->resume &= !reserves;
    for (unsigned i = 0; reserves && i < s->count; i++) {
        struct item *item = &s->item[i];
        if (item->word == 0x00d00073 || item->word == 0x01d00073) {
            item->word = PAUSE;
            item->name = "pause";
        }
    }
}

static void amend(struct batch_event *reference, const struct batch_event *subject) {
    (void)reference;
    (void)subject;
}

/* A misaligned store-conditional traps ("A" extension, "Load-Reserved/Store-Conditional
 * Instructions"). QEMU only fails it if nothing is reserved there. */
static bool excused(const struct batch_event *event, uint32_t word) {
    return event->signal == SIGBUS && (word & 0xf800007f) == 0x1800002f;
}

/* Exactly the extensions that Denizen implements, so that the others are illegal on both. */
#define REFERENCE                                                                          \
    "qemu-riscv64 -cpu rv64,h=false,zihpm=false,zama16b=false,zba=true,zbb=true,zbc=true," \
    "zbs=true,zicond=true,zcb=true,zfa=true,zfh=true,zicbom=true,zicboz=true,zimop=true,"  \
    "zcmop=true,zawrs=true,zacas=true,zabha=true"

const struct fuzz_guest fuzz_riscv64 = {
    .name = "riscv64",
    .reference = REFERENCE,
    .disassembler = "riscv64-linux-gnu-objdump -m riscv:rv64 -M no-aliases",
    .registers = register_names,
    .words = STATE_WORDS,
    .classes = class_names,
    .weights = class_weights,
    .class_count = CLASSES,
    .class_integer = INTEGER,
    .class_memory = MEMORY,
    .class_branch = BRANCH,
    .class_reservation = LRSC,
    .class_illegal = ILLEGAL,
    .kind_load_reserved = RESERVED_LOAD,
    .kind_store_conditional = CONDITIONAL_STORE,
    .reservation_widths = 2,
    .list_rows = list_rows,
    .begin_row = begin_row,
    .field = field,
    .own_operand = own_operand,
    .length = length,
    .forbidden = forbidden,
    .write_branch = write_branch,
    .write_jump = write_jump,
    .write_call = write_call,
    .write_return = write_return,
    .write_count = write_count,
    .write_count_down = write_count_down,
    .link_register = link_register,
    .displacement = displacement,
    .jump = 0x6f,
    .jump_branch = BRANCH_J,
    .counter = COUNTER,
    .base = BASE,
    .keep = 1u << SP | 1u << GP | 1u << BASE | 1u << READ_ONLY,
    .random_registers = random_registers,
    .random_float = random_float,
    .settle = settle,
    .amend = amend,
    .excused = excused,
};
