/* Folding while building: the builder's rules, one function per operation. */
#ifndef TRANSLATOR_IR_FOLD_H
#define TRANSLATOR_IR_FOLD_H

#include "translator/ir/ir.h"

/* Looks at an instruction that is about to be appended. Returns the older value that it equals, or
 * IR_NO_REF when `insn`, perhaps rewritten, is to be appended (not at all if it became a nop). May
 * itself append instructions. Only the builder calls it. */
ir_ref ir_fold(struct ir *ir, struct ir_insn *insn);

#endif
