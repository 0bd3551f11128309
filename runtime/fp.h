/* Floating-point environment in the terms every guest shares: rounding modes and accrued flags.
 *
 * The numbering is RISC-V's (Unprivileged ISA, "Floating-Point Control and Status Register");
 * other guests translate to it at the edge, when their program reads or writes its own register. */
#ifndef RUNTIME_FP_H
#define RUNTIME_FP_H

#include "runtime/vec.h"

enum fp_round {
    FP_RNE = 0,     /* to nearest, ties to even */
    FP_RTZ = 1,     /* towards zero */
    FP_RDN = 2,     /* towards minus infinity */
    FP_RUP = 3,     /* towards plus infinity */
    FP_RMM = 4,     /* to nearest, ties away from zero; no host has it in hardware but RISC-V */
    FP_ODD = 5,     /* to odd: an inexact result has its last bit set (Arm's FCVTXN) */
    FP_DYNAMIC = 7, /* whatever the guest's control register says now */
};

/* What operations may do otherwise; the values do not meet those of enum fp_round. */
enum fp_rule {
    /* Arm's: a NaN operand is the result, made quiet (the first signalling one, else the first);
     * tininess is detected before rounding. */
    FP_ARM = 32,
    FP_FLUSH =
        64, /* a result that is tiny before rounding becomes zero, and raises underflow alone */
};
#define FP_ROUND(how) ((enum fp_round)((how)&7))

enum fp_flag {
    FP_INEXACT = 1,
    FP_UNDERFLOW = 2,
    FP_OVERFLOW = 4,
    FP_DIVZERO = 8,
    FP_INVALID = 16,
    FP_IEEE_FLAGS = 31,
    FP_INPUT_DENORMAL = 32, /* a subnormal operand was taken for zero (Arm's FPSR.IDC) */
    FP_ALL_FLAGS = 63,
};

/* The guest's environment. `flags` holds only what software raised: while guest code runs natively
 * the host's own sticky flags hold the rest, and the guest's value is the union of both. */
struct fp_env {
    uint32_t round; /* enum fp_round, never FP_DYNAMIC */
    uint32_t flags; /* enum fp_flag bits */
    /* Not 0 if an integer operation on vectors has saturated (the IR's vqc; Arm's FPSR.QC). */
    _Alignas(16) union cpu_vec saturated;
};

#endif
