/* What the fuzzer needs to know of a guest, and what the guests share in writing sequences. */
#ifndef TESTS_FUZZ_GUEST_H
#define TESTS_FUZZ_GUEST_H

#include "tests/fuzz/generate.h"

/* An instruction to write. A pattern lists fields from the highest bit down, separated by blanks;
 * their widths add up to the instruction's. A field is a string of zeros and ones; or `xN`, N bits
 * taken from `opcode`; or what the guest makes of it. */
struct row {
    uint16_t kind; /* its class, or one of the guest's own kinds */
    const char *name, *pattern;
    uint32_t opcode;
    unsigned order; /* among all */
};

enum { BASE_OFFSET = SCRATCH_SIZE / 2, POOL = 6, FOCUS = 3 };

struct generator {
    uint64_t random;
    struct sequence *sequence;
    uint32_t keep;    /* integer registers not to be written */
    unsigned width;   /* which pair of reserved load and conditional store is used */
    unsigned operand; /* register set for the row being written, mostly to an address, or 0 */
    unsigned base;    /* of the access being written, */
    int offset;       /* and how far from it, */
    unsigned index;   /* or a register that says so */
    bool wild;        /* addresses may be anything, tags included */
    uint8_t group;    /* given to items written */
    uint8_t groups;   /* given out so far */
    bool inside;
    unsigned limit;   /* items to write, about */
    unsigned classes; /* allowed */
    unsigned focus[FOCUS];
    uint8_t pool[POOL]; /* registers that are used often */
    int exponent;       /* around which floating-point values lie, from 0 (smallest) to 2047 */
};

struct fuzz_guest {
    const char *name, *reference, *disassembler;
    const char *const
        *registers; /* names of the words of the state; NULL: not the guest's to use */
    unsigned words;

    /* Classes and rows. Class i is bit i of a class mask. Kinds of row beyond the classes are
     * chosen by nobody but the code that names them. */
    const char *const *classes; /* NULL-terminated */
    const uint8_t *weights;     /* how often a class is chosen, other things being equal */
    uint8_t class_count, class_integer, class_memory, class_branch, class_reservation,
        class_illegal;
    uint8_t kind_load_reserved, kind_store_conditional; /* a row for each width, in one order */
    uint8_t kind_unallocated;                           /* or 0 */
    uint8_t reservation_widths;
    const struct row *(*list_rows)(unsigned *count);

    /* Called before the first field of a row; then, for each field, its value, which is cut to the
     * width returned. */
    void (*begin_row)(struct generator *g, const struct row *row);
    uint32_t (*field)(struct generator *g, const char *field, unsigned *width);
    /* Writes what sets a register for `row`, mostly to an address, and returns it; or 0. When it
     * begins a group, the row becomes part of that. */
    unsigned (*own_operand)(struct generator *g, const struct row *row);
    unsigned (*length)(uint32_t word);
    /* Not to be written: what could loop without an end, call the kernel, or may do different
     * things on two emulators. `row`: the one that it is of, unless it is a
     * variation. */
    bool (*forbidden)(uint32_t word, const struct row *row);

    /* Control flow: each returns the item that branches, if any. */
    struct item *(*write_branch)(struct generator *g); /* on any condition */
    struct item *(*write_jump)(struct generator *g);
    struct item *(*write_call)(struct generator *g, unsigned link);
    void (*write_return)(struct generator *g, unsigned link);
    void (*write_count)(struct generator *g, unsigned count);
    struct item *(*write_count_down)(struct generator *g);
    unsigned (*link_register)(struct generator *g);
    uint32_t (*displacement)(unsigned branch, int32_t distance);
    uint32_t jump;         /* the word of a jump, without its displacement, */
    uint8_t jump_branch;   /* and the kind of that */
    uint8_t counter, base; /* registers: of loops, and the one that points to the scratch page */
    uint32_t keep;         /* mask of integer registers that are not written */

    void (*random_registers)(struct generator *g, struct batch_registers *out);
    uint64_t (*random_float)(struct generator *g);
    void (*settle)(struct sequence *sequence); /* what depends on the whole of it */
    /* Makes good what QEMU reports wrongly or not exactly, in view of what the subject says. */
    void (*amend)(struct batch_event *reference, const struct batch_event *subject);
    /* Whether the emulators may differ from an event of one of them on; `word` raised it. */
    bool (*excused)(const struct batch_event *event, uint32_t word);
};

extern const struct fuzz_guest fuzz_riscv64, fuzz_aarch64;
extern const struct fuzz_guest *guest; /* the one being fuzzed */

/* --- generate.c, for the guests --- */

uint64_t random64(struct generator *g);
unsigned below(struct generator *g, unsigned limit);
bool chance(struct generator *g, unsigned percent);

/* Integer registers by number: any, or one that may be written. */
unsigned any_register(struct generator *g);
unsigned destination(struct generator *g);
bool kept(const struct generator *g, unsigned reg);

/* Values where things tend to go wrong. A float has `e` exponent and `f` fraction bits. */
uint64_t random_integer(struct generator *g);
uint64_t random_float_of(struct generator *g, unsigned e, unsigned f);

struct item *write_item(struct generator *g, const char *name, uint32_t word);

/* The place of a field in an instruction. */
uint32_t field_bits(int32_t value, unsigned high, unsigned low);

#endif
