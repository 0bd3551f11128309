#include "runtime/template.h"

static bool relocation_valid(const struct template *t, const struct relocation *r,
                             unsigned stub_count) {
    const size_t width = r->kind == RELOC_STUB ? 4 : 8;
    if (r->offset > t->code_size || t->code_size - r->offset < width)
        return false;
    switch (r->kind) {
    case RELOC_PC:
    case RELOC_EXIT: return r->field <= t->field_count;
    case RELOC_STUB: return r->addend >= 0 && (unsigned)r->addend < stub_count;
    default: return false;
    }
}

bool template_valid(const struct template *t, size_t room, unsigned insns, unsigned stub_count) {
    const size_t size = sizeof *t + t->relocation_count * sizeof(struct relocation) +
                        t->fault_count * sizeof(struct fault_point) +
                        template_fields_size(t->field_count) + t->code_size;
    if (room < sizeof *t || t->size > room || t->size != size || t->code_size == 0 ||
        t->code_size % 16 != 0 || t->guest_insns != insns)
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
