#include "runtime/template.h"

static bool relocation_valid(const struct template *t, const struct relocation *r,
                             unsigned stub_count) {
    const int width = r->kind == RELOC_STUB ? 4 : 8;
    if (r->offset + width > t->code_size)
        return false;
    switch (r->kind) {
    case RELOC_PC: return r->field <= t->field_count;
    case RELOC_EXIT: return r->field <= t->field_count && r->offset >= RELOC_EXIT_STUB;
    case RELOC_STUB: return r->addend >= 0 && (unsigned)r->addend < stub_count;
    default: return false;
    }
}

bool template_valid(const struct template *t, size_t room, unsigned insns, unsigned stub_count) {
    if (room < sizeof *t || t->size > room || t->size != template_head_size(t) + t->code_size ||
        t->code_size == 0 || t->code_size % 16 != 0 || t->guest_insns != insns)
        return false;
    const struct relocation *r = template_relocations(t);
    for (unsigned i = 0; i < t->relocation_count; i++)
        if (!relocation_valid(t, &r[i], stub_count))
            return false;
    const struct fault_point *f = template_faults(t);
    for (unsigned i = 0; i < t->fault_count; i++)
        if (f[i].offset >= t->code_size || f[i].landing >= t->code_size)
            return false;
    const uint16_t *field = template_fields(t);
    for (unsigned i = 0; i < t->field_count; i++)
        if (field[i] >= insns)
            return false;
    return true;
}
