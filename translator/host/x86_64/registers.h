/* How guest state maps to host registers, in all generated code of the process.
 *
 *   rsp  the return stack: one (guest return address, host return address) pair per open call
 *   rbp  struct cpu + CPU_BASE_BIAS
 *   rax, rcx, rdx, xmm0-3 (xmm0-5 if vectors have 16 bytes)
 *        temporaries, dead between guest instructions' values
 *   k7   with AVX-512: 1, for operations of the first element alone
 *   all others  pinned guest registers, the guest's most used ones
 */
#ifndef TRANSLATOR_HOST_X86_64_REGISTERS_H
#define TRANSLATOR_HOST_X86_64_REGISTERS_H

#include "runtime/cpu.h"
#include "translator/host/x86_64/encode.h"
#include "translator/host/x86_64/features.h"

enum { TEMP_GPRS = 3, PINNED_GPRS = 11, MAX_TEMP_VECS = 6 };

/* Fixed by configure(), read-only afterwards. */
struct x86_config {
    struct x86_features features;
    unsigned vec_size;  /* of the guest's vector registers in bytes: 8 or 16 */
    unsigned temp_vecs; /* temporaries, the first vector registers; all others are pinned */
    unsigned pinned_vecs;
    uint8_t pin[REG_COUNT]; /* host register of a guest register, or NO_REG */
    unsigned flags_reg;     /* as guest->flags_reg; its home may hold borrow flags (X86_BORROW) */
    bool count_insns;       /* generated code counts what it executes */
    unsigned jump_shift;    /* log2 of the guest's instruction alignment */
};
extern struct x86_config x86_config;

/* While generated code runs, the home of the guest's condition flags may have them as LAHF and SETO
 * give them after a subtraction: this bit is set, C is inverted, and some bits do not matter. */
enum { X86_BORROW = 1 << 9 };

/* The stubs at the start of code memory; RELOC_STUB's numbers. */
enum x86_stub {
    STUB_CHAIN,  /* call, followed by an exit's description: leave for its target; RELOC_EXIT's */
    STUB_EXIT,   /* jmp: leave; pc and reason are set */
    STUB_LOOKUP, /* jmp or call: leave for the guest pc in rax */
    STUB_FAR_LOOKUP, /* the same, if the second jump table does not have it; changes rcx and rdx */
    STUB_RETURN,   /* jmp: a return to the guest pc in rax that the return stack did not foresee */
    STUB_HELPER,   /* call: C helper number eax, arguments in scratch[0..2], result in rax */
    STUB_EVAL,     /* call: generic operation, described and with operands in scratch; keeps all
                    * registers */
    STUB_LEAVE,    /* jmp: as STUB_EXIT when the pinned registers are in their homes already */
    STUB_RETURN_0, /* ret: where the return stack ends, which foresees a return to guest pc 0 */
    STUB_COUNT,
};
extern const uint8_t *x86_stubs[STUB_COUNT];

/* Memory operand of a byte offset into struct cpu. */
static inline struct x86_mem cpu_mem(size_t offset) {
    return (struct x86_mem){RBP, NO_REG, 0, (int32_t)offset - CPU_BASE_BIAS};
}

static inline struct x86_mem home_mem(unsigned reg) {
    return cpu_mem(cpu_reg_offset(reg));
}

/* Offsets into cpu->host_private: constants of 16 bytes each come first. */
enum host_private {
    PRIVATE_BOX32 = 0,  /* ones above the low 32 bits, 16 bytes */
    PRIVATE_LAZY = 2,   /* accrued flags that only MXCSR knows of; see floating_point.c */
    PRIVATE_RETURN = 3, /* host return address of the helper call under way, or 0 */
    PRIVATE_EXIT = 4,   /* the exit's description that STUB_CHAIN came with, or 0 */
    PRIVATE_TRAPS = 5,  /* how often each flag trapped, a byte each */
};

/* Vector constants in cpu->host_constants. */
enum x86_constant {
#define CONSTANT(name, low, high) CONST_##name,
#include "translator/host/x86_64/constants.def"
#undef CONSTANT
    /* By 0 to 7: the bits of each byte that stay when words are shifted left ... */
    CONST_SHL8,
    CONST_SHR8 = CONST_SHL8 + 8, /* ... and right */
    CONST_SAR8 = CONST_SHR8 + 8, /* the sign of each byte, shifted right */
    CONST_COUNT = CONST_SAR8 + 8,
};
void x86_fill_constants(struct cpu *cpu);

static inline struct x86_mem constant_mem(unsigned constant) {
    return cpu_mem(offsetof(struct cpu, host_constants) + sizeof(union cpu_vec) * constant);
}

static inline struct x86_mem private_mem(enum host_private index) {
    return cpu_mem(offsetof(struct cpu, host_private) + 8 * (size_t)index);
}

#endif
