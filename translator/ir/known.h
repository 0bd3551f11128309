/* What can be said of a value from the operations that make it, at build time. */
#ifndef TRANSLATOR_IR_KNOWN_H
#define TRANSLATOR_IR_KNOWN_H

#include "translator/ir/ir.h"

/* A bound on the length of an integer seen as unsigned: all bits from there on are 0. */
unsigned ir_unsigned_length(const struct ir *ir, ir_ref ref);

/* A bound on its length seen as signed: all bits from there on equal the one below. */
unsigned ir_signed_length(const struct ir *ir, ir_ref ref);

/* The position of the highest 1, counted from 1; 0 for 0. */
static inline unsigned ir_bit_length(uint64_t value) {
    return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

#endif
