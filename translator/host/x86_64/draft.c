/* Parts of drafts: single instructions, lowered as a unit is, and the two ends. */
#include <string.h>

#include "translator/host/x86_64/host_x86_64.h"
#include "translator/host/x86_64/lower.h"

/* Where displacements that are patched may be moved to: see align_displacement. */
static uint16_t allowed_places(uint16_t patched) {
    uint16_t places = 0;
    if (!patched)
        return UINT16_MAX;
    for (unsigned place = 0; place < 16; place++) {
        const uint32_t moved = (uint32_t)patched << place;
        if (!((moved | moved >> 16) & (0xfffeu << LAST_PATCHED & 0xffff)))
            places |= (uint16_t)(1u << place);
    }
    return places;
}

static struct draft_part finish(struct lower *l) {
    const struct template *t = l->failed || l->b.overflow ? NULL : lower_make_template(l, 1);
    return (struct draft_part){t, l->falls_through, allowed_places(l->patched)};
}

struct draft_part x86_lower_part(const struct ir *ir, const struct guest_unit *unit,
                                 const int64_t *field_values) {
    struct lower l = {
        .ir = ir, .unit = unit, .field_values = field_values, .arena = ir->arena, .is_part = true};
    lower_begin(&l);
    lower_walk(&l);
    if (l.over)
        x86_link(l.over, l.b.at);
    return finish(&l);
}

/* The ends are of no instruction. */
static const struct ir no_ir;
static const struct guest_unit no_unit;

struct draft_part x86_draft_entry(struct arena *arena) {
    struct lower l = {.ir = &no_ir, .unit = &no_unit, .arena = arena, .falls_through = true};
    lower_begin(&l);
    x86_nop(&l.b, ENTRY_NOP);
    lower_count_host_insns(&l, 3);
    lower_relocate(&l, RELOC_LEFT, x86_m_relative(&l.b, X86_DEC, 4), 0, 0);
    uint8_t *over = x86_jcc_short(&l.b, CC_G);
    lower_cold(&l, COLD_EXIT, NULL)->offset = 0;
    lower_cold_code(&l);
    x86_link_short(&l.b, over);
    return finish(&l);
}

struct draft_part x86_draft_exit(struct arena *arena) {
    struct lower l = {.ir = &no_ir, .unit = &no_unit, .arena = arena};
    lower_begin(&l);
    lower_count_host_insns(&l, 1);
    lower_cold(&l, COLD_EXIT, lower_chained_jmp(&l))->offset = 0;
    lower_cold_code(&l);
    return finish(&l);
}

void x86_pad(uint8_t *at, size_t size) {
    uint8_t nops[64]; /* the encoder wants room for a whole instruction */
    struct x86_buffer b = {.start = nops, .at = nops, .end = nops + sizeof nops};
    x86_nop(&b, (unsigned)size);
    memcpy(at, nops, size);
}
