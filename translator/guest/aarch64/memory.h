/* Accesses to memory by vector registers, which several files lift. Private to this folder. */
#ifndef TRANSLATOR_GUEST_AARCH64_MEMORY_H
#define TRANSLATOR_GUEST_AARCH64_MEMORY_H

#include "translator/guest/aarch64/lift.h"

/* 1 << log2_size bytes, up to 16, with zeros above. */
ir_ref load_vector(struct lifter *l, unsigned log2_size, ir_ref base, int64_t offset);
/* The lowest 1 << log2_size bytes, up to 16, of a V128 value; of register v; one lane of a value.
 */
void store_value(struct lifter *l, unsigned log2_size, ir_ref base, int64_t offset, ir_ref value);
void store_vector(struct lifter *l, unsigned log2_size, unsigned v, ir_ref base, int64_t offset);
void store_lane(struct lifter *l, unsigned log2_size, ir_ref base, int64_t offset, ir_ref value,
                unsigned lane);

#endif
