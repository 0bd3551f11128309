/* M: multiplication and division. The IR's division has RISC-V's results for zero divisors and
 * overflow. */
#include "translator/guest/riscv64/lift.h"

#define BINARY(id, funct3, op)                                             \
    INSN(id, "0000001 ttttt sssss " funct3 " ddddd 0110011", "m", "d,s,t") \
    { lift_binary(l, op, a->d, a->s, get(l, a->t)); }

BINARY(mul, "000", IR_mul)
BINARY(mulh, "001", IR_mulhs)
BINARY(mulhsu, "010", IR_mulhsu)
BINARY(mulhu, "011", IR_mulhu)
BINARY(div, "100", IR_sdiv)
BINARY(divu, "101", IR_udiv)
BINARY(rem, "110", IR_srem)
BINARY(remu, "111", IR_urem)

#define BINARY_WORD(id, funct3, op)                                        \
    INSN(id, "0000001 ttttt sssss " funct3 " ddddd 0111011", "m", "d,s,t") \
    { lift_binary32(l, op, a->d, a->s, get32(l, a->t)); }

BINARY_WORD(mulw, "000", IR_mul)
BINARY_WORD(divw, "100", IR_sdiv)
BINARY_WORD(divuw, "101", IR_udiv)
BINARY_WORD(remw, "110", IR_srem)
BINARY_WORD(remuw, "111", IR_urem)
