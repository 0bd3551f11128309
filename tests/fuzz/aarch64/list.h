/* The list of A64 instructions that the fuzzer writes, as LLVM has them. */
#ifndef TESTS_FUZZ_AARCH64_LIST_H
#define TESTS_FUZZ_AARCH64_LIST_H

#include "tests/fuzz/guest.h"

/* Classes; from CLASSES on, kinds of row that are not drawn as a class. */
enum kind {
    INTEGER,
    FLAGS,
    MULDIV,
    BITS,
    MEMORY,
    VMEMORY,
    VSTRUCTURE,
    ATOMIC,
    EXCLUSIVE,
    BRANCH,
    FARITH,
    FMA,
    FCOMPARE,
    FCONVERT,
    VMOVE,
    VSAME,
    VMISC,
    VDIFFERENT,
    VSHIFT,
    VELEMENT,
    VFLOAT,   /* what of the above computes with floats, */
    VCONVERT, /* or to and from them */
    DOT,
    CRYPTO,
    SYSTEM,
    TRAP,
    ILLEGAL,
    CLASSES,
    RESERVED_LOAD,
    CONDITIONAL_STORE,
    UNALLOCATED, /* what LLVM does not know */
};

/* The rows of insns.def, each taken apart into a row for every instruction in it. */
const struct row *aarch64_list_rows(unsigned *count);

#endif
