/* Folding while building: the builder's rules, one function per operation. */
#ifndef TRANSLATOR_IR_FOLD_H
#define TRANSLATOR_IR_FOLD_H

#include "translator/ir/ir.h"

/* Looks at an instruction that is about to be appended. Returns the older value that it equals, or
 * IR_NO_REF when `insn`, perhaps rewritten, is to be appended (not at all if it became a nop). May
 * itself append instructions. Only the builder calls it. */
ir_ref ir_fold(struct ir *ir, struct ir_insn *insn);

/* Does some guest register hold this value at this point? */
bool ir_in_register(const struct ir *ir, ir_ref ref);
/* ... or its extension to 64 bits; or is it a constant? */
bool ir_available(struct ir *ir, ir_ref ref);

/* Rules in fold_flags.c, as those of fold.c. */
ir_ref ir_fold_flags_add(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_flags_sub(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_flags_adc(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_flags_cond(struct ir *ir, struct ir_insn *insn);

/* Rules in fold_vector.c. */
ir_ref ir_fold_vrev(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vzip(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vaesmc(struct ir *ir, struct ir_insn *insn);

#endif
