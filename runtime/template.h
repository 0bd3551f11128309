/* Host code of one unit, in a form that can be placed anywhere and for any guest address whose code
 * has the same shape: code bytes, relocations, and the side table of points that may fault.
 *
 * A template is one contiguous record without pointers, so that it can be kept, compared, copied
 * and stored as bytes. */
#ifndef RUNTIME_TEMPLATE_H
#define RUNTIME_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum relocation_kind {
    RELOC_PC,   /* 8 bytes: the unit's pc + addend + the pc-relative field numbered field - 1 */
    RELOC_EXIT, /* the same, and what a direct exit leads to (code_cache_host.find_exit);
                 * RELOC_EXIT_STUB bytes in front of it, what RELOC_STUB says of stub 0 */
    RELOC_STUB, /* 4 bytes: distance from their end to the backend's stub number addend */
    RELOC_LEFT, /* 4 bytes: distance from their end to the counter of entries left; a draft's first
                 */
};
enum { RELOC_EXIT_STUB = 8 };

struct relocation {
    uint16_t offset; /* of the bytes, in the code */
    uint8_t kind;    /* enum relocation_kind */
    uint8_t field;   /* 0: none */
    int32_t addend;
};

/* Code from `offset` on (up to the next point) acts for the guest instruction `guest_offset` bytes
 * from the unit's pc. A fault there leaves by way of the code at `landing`, unless that is 0: it
 * completes guest state, from the registers as they are. */
struct fault_point {
    uint16_t offset, guest_offset, landing;
};

/* Small: a program has more of these than of anything else, and the first write to memory costs. */
struct template {
    uint32_t size;      /* of the whole record */
    uint16_t code_size; /* multiple of 16 */
    uint16_t relocation_count, fault_count, field_count;
    uint16_t guest_insns;
    uint16_t unused;
    /* followed by: relocations, fault points, the numbers of the guest instructions that carry the
     * pc-relative fields (16 bits each), padding to a multiple of 8 bytes, code */
};

/* A unit at a place in guest memory, with all that stamping its template there takes. */
struct placed_unit {
    uint64_t pc;
    uint32_t mode, size;       /* bytes of guest code */
    const uint8_t *guest_code; /* what these bytes must be */
    const struct template *template;
    const int64_t *field_values; /* of its pc-relative fields, in template order */
    int32_t entries;             /* how many a block that counts them is given */
    bool added;                  /* a block was made of it */
};

static inline const struct relocation *template_relocations(const struct template *t) {
    return (const struct relocation *)(t + 1);
}

static inline const struct fault_point *template_faults(const struct template *t) {
    return (const struct fault_point *)(template_relocations(t) + t->relocation_count);
}

static inline const uint16_t *template_fields(const struct template *t) {
    return (const uint16_t *)(template_faults(t) + t->fault_count);
}

/* Whether it was put together from single instructions (translator/draft.h): its code then counts
 * how often it is entered. */
static inline bool template_is_draft(const struct template *t) {
    return t->relocation_count && template_relocations(t)->kind == RELOC_LEFT;
}

/* What the bytes of a RELOC_PC or RELOC_EXIT hold in a unit at `pc` with these pc-relative fields.
 */
static inline uint64_t relocation_value(const struct relocation *r, uint64_t pc,
                                        const int64_t *field_values) {
    static const int64_t none = 0;
    const int64_t *field = r->field ? &field_values[r->field - 1] : &none;
    return pc + (uint64_t)(int64_t)r->addend + (uint64_t)*field;
}

/* What stands in front of the code. */
static inline size_t template_head_size(const struct template *t) {
    const size_t size = sizeof *t + t->relocation_count * sizeof(struct relocation) +
                        t->fault_count * sizeof(struct fault_point) +
                        t->field_count * sizeof(uint16_t);
    return (size + 7) & ~(size_t)7;
}

static inline const uint8_t *template_code(const struct template *t) {
    return (const uint8_t *)t + template_head_size(t);
}

/* Whether `room` bytes at `t` hold a template, not a draft, for `insns` guest instructions whose
 * parts lie within it, and every relocation within its code. What the code does it cannot tell. */
bool template_valid(const struct template *t, size_t room, unsigned insns, unsigned stub_count);

#endif
