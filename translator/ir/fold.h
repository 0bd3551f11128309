/* Folding while building: the builder's rules, one function per operation. */
#ifndef TRANSLATOR_IR_FOLD_H
#define TRANSLATOR_IR_FOLD_H

#include "translator/ir/ir.h"

/* Looks at an instruction that is about to be appended. Returns the older value that it equals, or
 * IR_NO_REF when `insn`, perhaps rewritten, is to be appended (not at all if it became a nop). May
 * itself append instructions. Only the builder calls it. */
ir_ref ir_fold(struct ir *ir, struct ir_insn *insn);

/* For rules: what an operand is. */
static inline bool is_op(const struct ir *ir, ir_ref ref, enum ir_op op) {
    return ir->insn[ref].op == op;
}

/* Does some guest register hold this value at this point? */
bool ir_in_register(const struct ir *ir, ir_ref ref);
/* ... or its extension to 64 bits; or is it a constant? */
bool ir_available(struct ir *ir, ir_ref ref);

/* Rules in fold_flags.c, as those of fold.c. */
ir_ref ir_fold_flags_add(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_flags_sub(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_flags_adc(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_adc(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_flags_cond(struct ir *ir, struct ir_insn *insn);

/* Rules in fold_fp.c. */
ir_ref ir_fold_fcanon(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_fabs(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_fcopysign(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_nanunbox(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_fbits(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_ffrom(struct ir *ir, struct ir_insn *insn);

/* Rules in fold_vector.c. */
ir_ref ir_fold_vfrom(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vlowf(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vlow(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vhigh(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vjoin(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vget(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vput(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vdup(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vduplane(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_permutation(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vext(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vrev(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vand(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vor(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vxor(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vandn(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vnot(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vbsl(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vadd(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vsub(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vcommutative(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vmin_max(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vcompare(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vaddv(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vshift(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_low_halves(struct ir *ir, struct ir_insn *insn);
ir_ref ir_fold_vaesmc(struct ir *ir, struct ir_insn *insn);

#endif
