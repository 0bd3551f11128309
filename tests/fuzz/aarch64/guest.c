/* What the fuzzer needs to know of aarch64 (guest.h). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/aarch64/list.h"
#include "tests/fuzz/aarch64/state.h"
#include "tests/fuzz/guest.h"

static const char *const class_names[] = {
    "integer",  "flags",     "muldiv", "bits",       "memory", "vmemory",  "vstructure",
    "atomic",   "exclusive", "branch", "farith",     "fma",    "fcompare", "fconvert",
    "vmove",    "vsame",     "vmisc",  "vdifferent", "vshift", "velement", "vfloat",
    "vconvert", "dot",       "crypto", "system",     "trap",   "illegal",  NULL,
};

static const uint8_t class_weights[CLASSES] = {
    [INTEGER] = 10, [FLAGS] = 10,     [MULDIV] = 6,     [BITS] = 6,      [MEMORY] = 9,
    [VMEMORY] = 5,  [VSTRUCTURE] = 5, [ATOMIC] = 4,     [EXCLUSIVE] = 3, [BRANCH] = 9,
    [FARITH] = 7,   [FMA] = 4,        [FCOMPARE] = 5,   [FCONVERT] = 7,  [VMOVE] = 7,
    [VSAME] = 9,    [VMISC] = 7,      [VDIFFERENT] = 6, [VSHIFT] = 7,    [VELEMENT] = 5,
    [VFLOAT] = 9,   [VCONVERT] = 7,   [DOT] = 3,        [CRYPTO] = 4,    [SYSTEM] = 4,
    [TRAP] = 2,     [ILLEGAL] = 2,
};

#define PAIR(n) "v" #n, "v" #n "h" /* the low and the high half */
static const char *const register_names[STATE_WORDS] = {
    "x0",     "x1",     "x2",     "x3",     "x4",     "x5",     "x6",     "x7",     "x8",
    "x9",     "x10",    "x11",    "x12",    "x13",    "x14",    "x15",    "x16",    "x17",
    "x18",    "x19",    "x20",    "x21",    "x22",    "x23",    "x24",    "x25",    "x26",
    "x27",    "x28",    "x29",    "x30",    "sp",     PAIR(0),  PAIR(1),  PAIR(2),  PAIR(3),
    PAIR(4),  PAIR(5),  PAIR(6),  PAIR(7),  PAIR(8),  PAIR(9),  PAIR(10), PAIR(11), PAIR(12),
    PAIR(13), PAIR(14), PAIR(15), PAIR(16), PAIR(17), PAIR(18), PAIR(19), PAIR(20), PAIR(21),
    PAIR(22), PAIR(23), PAIR(24), PAIR(25), PAIR(26), PAIR(27), PAIR(28), PAIR(29), PAIR(30),
    PAIR(31), "nzcv",   "fpcr",   "fpsr",
};

enum { COUNTER = 24, WORD_INDEX, INDEX, READ_ONLY, BASE, LINK = 30, SP };
enum branch { NO_BRANCH, BRANCH_26, BRANCH_19, BRANCH_14, BRANCH_ADR };

#define FPCR_BITS 0x07c80000u /* AHP, DN, FZ, RMode, FZ16 */
#define FPSR_BITS 0x0800009fu /* QC, IDC, IXC to IOC */

static unsigned length(uint32_t word) {
    (void)word;
    return 4;
}

static unsigned any_vector(struct generator *g) {
    return chance(g, 55) ? g->pool[below(g, POOL)] ^ 1 : below(g, 32);
}

static unsigned even_destination(struct generator *g) {
    unsigned reg;
    do
        reg = any_register(g) & ~1u;
    while (kept(g, reg) || kept(g, reg + 1));
    return chance(g, 6) ? reg + 1 : reg;
}

/* Nearly always one that is legal: a run of ones, turned, in elements of 2 to `largest` bits (Arm
 * ARM, DecodeBitMasks). */
static unsigned bitmask_immediate(struct generator *g, unsigned largest) {
    unsigned element = largest >> (chance(g, 50) ? 0 : below(g, 5));
    unsigned ones = below(g, element - (chance(g, 98) ? 1 : 0));
    unsigned size = ~(2 * element - 1) & 63;
    return (element == 64) << 12 | below(g, 64) << 6 | size | ones;
}

static void set_address(struct generator *g, unsigned base, int offset) {
    g->base = base;
    g->offset = offset;
}

/* The address of a load or store. Bases that are written back have been set to where they are
 * needed, others to the middle of the scratch memory, or, for offsets that are positive only, to
 * its start. The upper half of WORD_INDEX is anything. */
static void begin_row(struct generator *g, const struct row *row) {
    enum { DOUBLEWORD = 1 << 13 }; /* in the option of an index register */
    unsigned choice = below(g, g->wild ? 100 : 97);
    int near = (int)below(g, SCRATCH_SIZE);
    if (chance(g, 60))
        near &= ~7;
    if (strchr(row->pattern, 'w'))
        set_address(g, g->operand, (int)below(g, 128) - 64);
    else if (choice < 50)
        set_address(g, BASE, near - BASE_OFFSET);
    else if (choice < 90)
        set_address(g, SP, near);
    else if (choice < 93) /* across the end of the page */
        set_address(g, BASE, BASE_OFFSET - 20 + (int)below(g, 24));
    else if (choice < 97)
        set_address(g, READ_ONLY, (int)below(g, 2040));
    else
        set_address(g, any_register(g), (int)below(g, 16) - 8);
    if (g->offset < 0 && strchr(row->pattern, 'u'))
        set_address(g, SP, near);
    g->index = row->opcode & DOUBLEWORD && !g->wild ? INDEX : INDEX - below(g, 2);
    if (g->wild && chance(g, 12))
        g->index = any_register(g);
}

/* The letters are explained in insns.def. */
static uint32_t field(struct generator *g, const char *field, unsigned *width) {
    const char *unit = strchr(field, '*');
    *width = 5;
    switch (*field) {
    case '?': *width = (unsigned)atoi(field + 1); return (uint32_t)random64(g);
    case 'u':
    case 'i': *width = (unsigned)atoi(field + 1); return (uint32_t)(g->offset / atoi(unit + 1));
    case 'L': *width = 13; return bitmask_immediate(g, 64);
    case 'l': *width = 12; return bitmask_immediate(g, 32);
    case 'h': *width = 3; return chance(g, 98) ? below(g, 5) : below(g, 8);
    case 'd': return destination(g);
    case 'e': return even_destination(g);
    case 'f': return chance(g, 35) ? 31 : destination(g);
    case 'P': {
        unsigned reg = destination(g);
        return reg == SP && chance(g, 90) ? 0 : reg;
    }
    case 'a': return g->operand ? g->operand : !g->wild || chance(g, 94) ? BASE : any_register(g);
    case 'b': return g->base;
    case 'w':
    case 'F':
    case 'Q': return g->operand;
    case 'j': return g->index;
    case 'z': return chance(g, 50) ? 31 : chance(g, 60) ? INDEX : any_register(g);
    case 'D':
    case 'N':
    case 'M':
    case 'A': return any_vector(g);
    default: return any_register(g); /* n m q p */
    }
}

static unsigned own_register(struct generator *g) {
    unsigned reg;
    do
        reg = destination(g);
    while (reg == 0 || reg == 31);
    return reg;
}

static void write_address(struct generator *g, unsigned reg) {
    int offset = (int)below(g, SCRATCH_SIZE) & (chance(g, 70) ? ~15 : ~0);
    if (offset >= BASE_OFFSET)
        write_item(g, "add", 0x91000000 | (uint32_t)(offset - BASE_OFFSET) << 10 | BASE << 5 | reg);
    else
        write_item(g, "sub", 0xd1000000 | (uint32_t)(BASE_OFFSET - offset) << 10 | BASE << 5 | reg);
}

static unsigned own_operand(struct generator *g, const struct row *row) {
    const char *field = strpbrk(row->pattern, "awFQ");
    if (!field || (*field == 'a' && !chance(g, 45)))
        return 0;
    unsigned reg = own_register(g);
    if (*field == 'a' || *field == 'w') {
        write_address(g, reg);
        return reg;
    }
    /* Set together, since bits that are reserved read as zero in different ways. */
    g->group = ++g->groups;
    uint32_t value = (uint32_t)random64(g) & (*field == 'F' ? FPCR_BITS : FPSR_BITS);
    bool high = *field == 'F' || chance(g, 50);
    write_item(g, "movz",
               0xd2800000 | (uint32_t)high << 21 | (high ? value >> 16 : value & 0xffff) << 5 |
                   reg);
    return reg;
}

/* --- what is not written --- */

/* Instructions that QEMU's `max` has beyond what Denizen has, and that cannot be switched off. */
static bool beyond(uint32_t word) {
    return (word & 0xbf800000) == 0x91800000     /* MTE: addg, subg */
           || (word & 0xdfe0f800) == 0x9ac01000  /* irg, gmi */
           || (word & 0xdfe0fc00) == 0x9ac00000  /* subp, subps */
           || (word & 0xff200000) == 0xd9200000  /* stg and its kin */
           || (word & 0xfe400000) == 0x68000000  /* stgp */
           || (word & 0x3b200c00) == 0x19000400  /* MOPS */
           || (word & 0xff000010) == 0x54000010; /* HBC: bc.cond */
}

/* Constrained unpredictable: the choice is the implementation's. */
static bool unpredictable(uint32_t word) {
    unsigned t = word & 31, n = word >> 5 & 31, t2 = word >> 10 & 31, s = word >> 16 & 31;
    bool load = word >> 22 & 1, vector = word >> 26 & 1, own = n != 31 && !vector;
    if ((word & 0x3a000000) == 0x28000000) /* pairs */
        return (load && t == t2) || (own && (word >> 23 & 1) && (t == n || t2 == n));
    if ((word & 0x3b200400) == 0x38000400) /* pre- and post-indexed */
        return own && t == n;
    if ((word & 0xff608000) == 0x9b400000) /* smulh, umulh: bits that are ones */
        return t2 != 31;
    if ((word & 0x3f800000) == 0x08800000) /* ordered, and compare and swap: the same */
        return t2 != 31 || (!(word >> 21 & 1) && s != 31);
    if ((word & 0x3fe0fc00) == 0x38a0c000) /* ldapr: the same */
        return s != 31;
    if ((word & 0x3f800000) == 0x08000000) { /* exclusives; compare and swap pair */
        bool pair = word >> 21 & 1;
        if (pair && !(word >> 31))
            return false;
        return load ? pair && t == t2 : s == t || (s == n && n != 31) || (pair && s == t2);
    }
    return false;
}

/* What a variation on a row, or a random word, must not be: a branch or a call of the kernel; of
 * system registers, any; of loads and stores, any. */
static bool wild(uint32_t word) {
    return (word & 0x7c000000) == 0x14000000    /* b, bl */
           || (word & 0xfe000000) == 0x54000000 /* b.cond */
           || (word & 0x7c000000) == 0x34000000 /* cbz, tbz */
           || (word & 0xfe000000) == 0xd6000000 /* br and its kin */
           || (word & 0xffe0001f) == 0xd4000001 /* svc */
           || (word & 0xffe0001f) == 0xd4400000 /* hlt: may call QEMU */
           || (word & 0xffc00000) == 0xd5000000 /* system */
           || (word & 0x0a000000) == 0x08000000;
}

static bool forbidden(uint32_t word, const struct row *row) {
    bool listed = row && (row->kind != TRAP || !strchr(row->pattern, '?'));
    return beyond(word) || unpredictable(word) || (!listed && wild(word));
}

/* --- control flow --- */

static struct item *write_jump_of(struct generator *g, const char *name, uint32_t word,
                                  enum branch branch) {
    struct item *item = write_item(g, name, word);
    item->branch = branch;
    return item;
}

static struct item *write_branch(struct generator *g) {
    unsigned choice = below(g, 100), reg = any_register(g);
    if (choice < 45)
        return write_jump_of(g, "b.cond", 0x54000000 | below(g, 16), BRANCH_19);
    if (choice < 60)
        return write_jump_of(g, "cbz/cbnz",
                             0x34000000 | below(g, 2) << 31 | below(g, 2) << 24 | reg, BRANCH_19);
    if (choice < 75)
        return write_jump_of(g, "tbz/tbnz",
                             0x36000000 | below(g, 2) << 31 | below(g, 2) << 24 |
                                 below(g, 32) << 19 | reg,
                             BRANCH_14);
    if (choice < 82)
        return write_jump_of(g, "b", 0x14000000, BRANCH_26);
    if (choice < 86)
        return write_jump_of(g, "bl", 0x94000000, BRANCH_26);
    if (choice < 93) {
        static const struct {
            uint32_t word;
            bool vector;
        } literals[] = {{0x18000000, 0}, {0x58000000, 0}, {0x98000000, 0}, {0xd8000000, 0},
                        {0x1c000000, 1}, {0x5c000000, 1}, {0x9c000000, 1}};
        unsigned kind = below(g, 7), t = literals[kind].vector ? any_vector(g) : destination(g);
        return write_jump_of(g, "ldr literal", literals[kind].word | t, BRANCH_19);
    }
    /* adr, then br, blr or ret. The pair is a group of its own. */
    unsigned target = own_register(g);
    static const uint32_t indirect[] = {0xd61f0000, 0xd63f0000, 0xd65f0000};
    g->group = ++g->groups;
    struct item *item = write_jump_of(g, "adr", 0x10000000 | target, BRANCH_ADR);
    write_item(g, "br/blr/ret", indirect[below(g, 3)] | target << 5)->inside = true;
    g->group = 0;
    return item;
}

static struct item *write_jump(struct generator *g) {
    return write_jump_of(g, "b", 0x14000000, BRANCH_26);
}

static unsigned link_register(struct generator *g) {
    (void)g;
    return LINK;
}

static struct item *write_call(struct generator *g, unsigned link) {
    (void)link;
    return write_jump_of(g, "bl", 0x94000000, BRANCH_26);
}

static void write_return(struct generator *g, unsigned link) {
    (void)g;
    write_item(g, "ret", 0xd65f0000 | link << 5);
}

static void write_count(struct generator *g, unsigned count) {
    write_item(g, "movz", 0xd2800000 | count << 5 | COUNTER);
}

static struct item *write_count_down(struct generator *g) {
    if (chance(g, 50)) {
        write_item(g, "sub", 0xd1000400 | COUNTER << 5 | COUNTER);
        return write_jump_of(g, "cbnz", 0xb5000000 | COUNTER, BRANCH_19);
    }
    write_item(g, "subs", 0xf1000400 | COUNTER << 5 | COUNTER);
    return write_jump_of(g, "b.ne", 0x54000001, BRANCH_19);
}

static uint32_t displacement(unsigned branch, int32_t d) {
    switch (branch) {
    case BRANCH_26: return field_bits(d, 27, 2);
    case BRANCH_19: return field_bits(d, 20, 2) << 5;
    case BRANCH_14: return field_bits(d, 15, 2) << 5;
    case BRANCH_ADR: return field_bits(d, 1, 0) << 29 | field_bits(d, 20, 2) << 5;
    default: return 0;
    }
}

/* --- state --- */

static uint64_t random_lane(struct generator *g, unsigned size) {
    unsigned bit = below(g, size);
    switch (below(g, 10)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return UINT64_C(1) << (size - 1);
    case 3: return (UINT64_C(1) << (size - 1)) - 1;
    case 4: return (UINT64_C(1) << bit) + below(g, 3) - 1;
    case 5: return UINT64_MAX << bit;
    case 6: return (uint64_t)below(g, 2 * size + 3) - size - 1; /* counts of shifts */
    case 7: return random64(g) >> bit;
    default: return random64(g);
    }
}

/* 64 bits of lanes of one kind. */
static uint64_t random_lanes(struct generator *g, unsigned kind) {
    unsigned size = 8 << (kind & 3);
    uint64_t lanes = 0;
    for (unsigned i = 0; i < 64; i += size) {
        uint64_t lane = 0;
        switch (kind) {
        case 4:
            lane = random_float_of(g, 8, 7);
            size = 16;
            break; /* BFloat16 */
        case 5: lane = random_float_of(g, 5, 10); break;
        case 6: lane = random_float_of(g, 8, 23); break;
        case 7: lane = random_float_of(g, 11, 52); break;
        default: lane = random_lane(g, size); break;
        }
        lanes |= (size == 64 ? lane : lane & ((UINT64_C(1) << size) - 1)) << i;
    }
    return lanes;
}

static uint64_t random_float(struct generator *g) {
    return random_lanes(g, 5 + below(g, 3));
}

/* For the top byte of an address, which is ignored. */
static uint64_t random_tag(struct generator *g) {
    return g->wild && chance(g, 15) ? random64(g) << 56 : 0;
}

static void random_registers(struct generator *g, struct batch_registers *out) {
    for (unsigned i = 0; i < 31; i++)
        out->word[STATE_X + i] = chance(g, 15) ? random_float(g) : random_integer(g);
    for (unsigned i = 0; i < 32; i++) {
        unsigned kind = chance(g, 60) ? 5 + below(g, 3) : below(g, 5);
        for (unsigned half = 0; half < 2; half++)
            out->word[STATE_V + 2 * i + half] = random_lanes(g, kind);
    }
    uint64_t small = below(g, 32) - UINT64_C(16);
    for (unsigned i = 0; g->wild && i < 4; i++)
        out->word[below(g, 24)] = (SCRATCH + below(g, SCRATCH_SIZE)) | random_tag(g);
    out->word[BASE] = (SCRATCH + BASE_OFFSET) | random_tag(g);
    out->word[READ_ONLY] = READ_ONLY_PAGE | random_tag(g);
    out->word[INDEX] = small;
    out->word[WORD_INDEX] = (random64(g) << 32) | (small & UINT32_MAX);
    out->word[LINK] = 0;
    out->word[STATE_SP] = SCRATCH | random_tag(g);
    out->word[STATE_NZCV] = (uint64_t)below(g, 16) << 28;
    if (chance(g, 60))
        out->word[STATE_FPCR] = random64(g) & (chance(g, 50) ? 0x00c00000 : FPCR_BITS);
    if (chance(g, 50))
        out->word[STATE_FPSR] = random64(g) & FPSR_BITS;
}

/* LDADD and its like, SWP; CAS; CASP, which lies among the exclusives. */
static bool is_atomic(uint32_t word) {
    return (word & 0x3b200c00) == 0x38200000 || (word & 0x3fa07c00) == 0x08a07c00 ||
           (word & 0xbfa07c00) == 0x08207c00;
}

static bool is_exclusive(uint32_t word) {
    return (word & 0x3f800000) == 0x08000000 && !is_atomic(word);
}

/* The kernel's way back from a trap ends a reservation, QEMU's does not. QEMU's ends with a
 * misaligned atomic operation, for which it leaves the code that it runs. */
static void settle(struct sequence *s) {
    bool exclusive = false;
    for (unsigned i = 0; i < s->count; i++)
        exclusive |= is_exclusive(s->item[i].word);
    if (!exclusive)
        return;
    s->resume = false;
    for (unsigned i = 0; i < s->count; i++)
        if (is_atomic(s->item[i].word))
            s->item[i].word = 0xd503201f; /* NOP */
}

/* Linux reports undefined instructions as ILL_ILLOPC (arch/arm64/kernel/traps.c, do_el0_undef),
 * takes tags off the addresses that it reports (arch/arm64/mm/fault.c, do_mem_abort), and has
 * nothing between a program's segments where QEMU has inaccessible pages. Of a misaligned access,
 * which must be single-copy atomic within 16 bytes, QEMU reports the aligned host access; and of
 * one to a non-canonical address sometimes what x86 calls it. An address of the kernel's half is
 * one that cannot be accessed, whatever bits it has at the top. A jump to a misaligned address
 * traps for that before anything is fetched (Arm ARM, "Exception priority order"). */
static void amend(struct batch_event *reference, const struct batch_event *subject) {
    const uint64_t address = UINT64_C(0x00ffffffffffffff), kernel = UINT64_C(1) << 55;
    if (reference->signal == SIGILL && reference->code == ILL_ILLOPN)
        reference->code = ILL_ILLOPC;
    if (reference->signal == SIGBUS && reference->code == SI_KERNEL) {
        reference->signal = SIGSEGV;
        reference->code = SEGV_MAPERR;
    }
    if (reference->signal == SIGSEGV && reference->address == reference->pc && reference->pc % 4) {
        reference->signal = SIGBUS;
        reference->code = BUS_ADRALN;
    }
    if (reference->address - RUNNER_TEXT < RUNNER_END - RUNNER_TEXT)
        reference->code = subject->code;
    if (reference->signal == SIGBUS && !(reference->address & kernel))
        reference->address &= address;
    for (uint64_t size = 2; size <= 16 && reference->signal == SIGSEGV; size *= 2)
        if (reference->address == (subject->address & -size))
            reference->address = subject->address;
    if (reference->address & kernel && !((reference->address ^ subject->address) & address))
        reference->address = subject->address;
    /* A displacement that carried into the tag: the tag goes before it is added. */
    if (reference->signal == SIGSEGV && reference->address < 4096 && !subject->address)
        reference->address = 0;
}

/* Of an access of more than 8 bytes that runs over the end of a page, either part may be done. A
 * misaligned store-exclusive traps (Arm ARM, ExclusiveMonitorsPass); QEMU only fails it if nothing
 * is reserved there, and takes -1 for reserved when nothing is. Cache maintenance of what is not
 * mapped traps; some of it is a no-op to QEMU, and some does not take tags off. */
static bool excused(const struct batch_event *event, uint32_t word) {
    bool store_exclusive = (word & 0x3fc00000) == 0x08000000;
    bool maintenance = (word & 0xfff80000) == 0xd5080000;
    bool pair = (word & 0x3a000000) == 0x28000000, vector = (word & 0x0e000000) == 0x0c000000;
    if (event->signal == SIGBUS)
        return store_exclusive;
    if (event->signal != SIGSEGV)
        return false;
    return maintenance || (store_exclusive && event->address == UINT64_MAX) ||
           (event->address == SCRATCH_PAGE + 4096 && (pair || vector));
}

const struct fuzz_guest fuzz_aarch64 = {
    .name = "aarch64",
    .reference = "qemu-aarch64 -cpu max,sve=off,sme=off,pauth=off",
    .disassembler = "aarch64-linux-gnu-objdump -m aarch64",
    .registers = register_names,
    .words = STATE_WORDS,
    .classes = class_names,
    .weights = class_weights,
    .class_count = CLASSES,
    .class_integer = INTEGER,
    .class_memory = MEMORY,
    .class_branch = BRANCH,
    .class_reservation = EXCLUSIVE,
    .class_illegal = ILLEGAL,
    .kind_load_reserved = RESERVED_LOAD,
    .kind_store_conditional = CONDITIONAL_STORE,
    .kind_unallocated = UNALLOCATED,
    .reservation_widths = 6,
    .list_rows = aarch64_list_rows,
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
    .jump = 0x14000000,
    .jump_branch = BRANCH_26,
    .counter = COUNTER,
    .base = BASE,
    .keep = 1u << WORD_INDEX | 1u << INDEX | 1u << READ_ONLY | 1u << BASE,
    .random_registers = random_registers,
    .random_float = random_float,
    .settle = settle,
    .amend = amend,
    .excused = excused,
};
