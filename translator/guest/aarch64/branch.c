/* Branches, calls and returns. */
#include "translator/guest/aarch64/lift.h"

/* --- direct --- */

INSN(b, "000101pp pppppppppppppppppppppppp", "base")
{ ir_jump(l->ir, pc_relative(l, a->imm)); }

INSN(bl, "100101pp pppppppppppppppppppppppp", "base")
{
    put64(l, X_LR, next(l));
    ir_call(l->ir, pc_relative(l, a->imm), next(l));
}

INSN(b_cond, "01010100 ppppppppppppppppppp 0cccc", "base")
{ ir_exit_if(l->ir, IR_I64, IR_NE, condition(l, a->cond), imm(l, 0), pc_relative(l, a->imm)); }

MISSING("01010100 ................... 1....", "hbc") /* BC.cond */

#define COMPARE_AND_BRANCH(id, op, cond)                                                    \
    INSN(id, "x011010" op " ppppppppppppppppppp ddddd", "base")                             \
    {                                                                                       \
        ir_exit_if(l->ir, type_of(a->sf), cond, get(l, a->sf, a->d), constant(l, a->sf, 0), \
                   pc_relative(l, a->imm));                                                 \
    }

COMPARE_AND_BRANCH(cbz, "0", IR_EQ)
COMPARE_AND_BRANCH(cbnz, "1", IR_NE)

/* A sign is tested as such. */
static void test_and_branch(struct lifter *l, const struct operands *a, bool if_set) {
    const unsigned sf = a->bit >= 32;
    const enum ir_type type = type_of(sf);
    const ir_ref zero = constant(l, sf, 0);
    ir_ref value = get(l, sf, a->d);
    enum ir_cond cond = if_set ? IR_LT : IR_GE;
    if (a->bit != 31 && a->bit != 63) {
        value = ir_and(l->ir, type, value, constant(l, sf, UINT64_C(1) << a->bit));
        cond = if_set ? IR_NE : IR_EQ;
    }
    ir_exit_if(l->ir, type, cond, value, zero, pc_relative(l, a->imm));
}

INSN(tbz, "B0110110 bbbbb pppppppppppppp ddddd", "base")
{ test_and_branch(l, a, false); }

INSN(tbnz, "B0110111 bbbbb pppppppppppppp ddddd", "base")
{ test_and_branch(l, a, true); }

/* --- indirect --- */

INSN(br, "11010110 000 11111 000000 nnnnn 00000", "base")
{ ir_jump(l->ir, get64(l, a->n)); }

INSN(blr, "11010110 001 11111 000000 nnnnn 00000", "base")
{
    const ir_ref target = get64(l, a->n);
    put64(l, X_LR, next(l));
    ir_call(l->ir, target, next(l));
}

INSN(ret, "11010110 010 11111 000000 nnnnn 00000", "base")
{ ir_return(l->ir, get64(l, a->n)); }

MISSING("11010110 0.. 11111 00001. ..... 11111", "pauth") /* BRAAZ, BLRAAZ, RETAA and the like */
MISSING("11010111 00. 11111 00001. ..... .....", "pauth") /* BRAA, BLRAA and the like */
