/* The intermediate representation: typed, in static single assignment form, in one flat array.
 *
 * A lifter appends instructions through the builder, which folds as it goes: constants, identities,
 * redundant extensions, and reads of guest registers that the unit has already read or written. An
 * instruction is named by its index (ir_ref). References always point backwards. One `struct ir`
 * belongs to one translation; nothing here is shared between threads. */
#ifndef TRANSLATOR_IR_IR_H
#define TRANSLATOR_IR_IR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "runtime/arena.h"
#include "runtime/cpu.h"
#include "runtime/guest.h"

enum ir_type { IR_VOID, IR_I32, IR_I64, IR_F16, IR_F32, IR_F64, IR_V128, IR_TYPE_COUNT };

enum ir_op {
#define OP(name, shape, arguments, flags) IR_##name,
#include "translator/ir/ops.def"
#undef OP
    IR_OP_COUNT
};

enum ir_op_flags { IR_PURE = 1, IR_FPENV = 2, IR_FAULT = 4, IR_EXIT = 8, IR_END = 16 };
enum ir_shape {
    IR_NONE,
    IR_ACTION,
    IR_TEST,
    IR_UNARY,
    IR_BINARY,
    IR_TERNARY,
    IR_COMPARE,
    IR_CONVERT,
    IR_VECTOR
};

struct ir_op_info {
    const char *name;
    uint8_t shape, arguments;
    uint8_t flags; /* enum ir_op_flags; IR_END comes with IR_EXIT */
    /* The result's type: the instruction's if own_type is all ones, else fixed_type. */
    uint8_t own_type, fixed_type;
};
extern const struct ir_op_info ir_ops[IR_OP_COUNT];

/* Comparison of integers (set, exit_if). */
enum ir_cond {
    IR_EQ,
    IR_NE,
    IR_LT,
    IR_GE,
    IR_LE,
    IR_GT,
    IR_LTU,
    IR_GEU,
    IR_LEU,
    IR_GTU,
    IR_COND_COUNT
};
enum ir_cond ir_cond_negate(enum ir_cond cond);
enum ir_cond ir_cond_swap(enum ir_cond cond); /* for exchanged operands */

/* Comparison of floats: the quiet ones raise invalid for signalling NaNs only. */
enum ir_fcond { IR_FEQ, IR_FLT, IR_FLE, IR_FLTQ, IR_FLEQ };

/* aux of sdiv and udiv: what they give for a divisor of 0. */
enum { IR_DIV_ZERO = 1 };

/* aux of memory operations: kind | scale << 4 | order << 6 | rmw kind << 8. */
enum ir_mem_kind { IR_U8, IR_S8, IR_U16, IR_S16, IR_U32, IR_S32, IR_64, IR_128 };
enum ir_mem_order { IR_ACQUIRE = 1, IR_RELEASE = 2 };
enum ir_rmw_kind {
    IR_RMW_SWAP,
    IR_RMW_ADD,
    IR_RMW_AND,
    IR_RMW_OR,
    IR_RMW_XOR,
    IR_RMW_SMIN,
    IR_RMW_SMAX,
    IR_RMW_UMIN,
    IR_RMW_UMAX
};
#define IR_MEM(kind, order) ((uint16_t)((kind) | (order) << 6))
#define IR_MEM_KIND(aux)    ((enum ir_mem_kind)((aux)&15))
#define IR_MEM_SCALE(aux)   ((aux) >> 4 & 3)
#define IR_MEM_ORDER(aux)   ((aux) >> 6 & 3)
#define IR_MEM_RMW(aux)     ((enum ir_rmw_kind)((aux) >> 8))

/* aux of fence: which earlier accesses are ordered before which later ones. */
enum ir_fence { IR_FENCE_RR = 1, IR_FENCE_RW = 2, IR_FENCE_WR = 4, IR_FENCE_WW = 8 };

/* aux of floating-point arithmetic: rounding mode | flags. */
#define IR_ROUND_MODE(aux) ((enum fp_round)((aux)&7))
enum { IR_FMA_NEG_PRODUCT = 8, IR_FMA_NEG_ADDEND = 16 };
enum { IR_ROUND_EXACT = 8 }; /* fround: raise inexact when the value changes */
/* fround: a value beyond a signed integer of that width becomes the least one, and is invalid. */
enum { IR_ROUND_TO_32 = 256, IR_ROUND_TO_64 = 512 };
enum { IR_FP_UNSIGNED = 8 }; /* ftoi, itof: the integer is unsigned */
enum { IR_FP_BFLOAT = 8 };   /* ftof to F16: to bfloat16 instead */
/* Any op that rounds, and minima: Arm's rules. NaN results follow FPProcessNaNs (the first
 * signalling operand, else the first quiet one, made quiet; the default NaN is positive), ftoi
 * gives 0 for a NaN, and tininess is detected before rounding. */
enum { IR_FP_PROPAGATE = FP_ARM };
enum { IR_FP_FLUSH = FP_FLUSH };       /* tiny results become zero: FPCR.FZ, in FPRound */
enum { IR_FP_ALTERNATIVE_HALF = 128 }; /* ftof: F16 is Arm's alternative half-precision */
/* ftoi, itof: the low `bits` of the integer stand behind the point. */
#define IR_FP_FRACTION(bits)  ((unsigned)(bits) << 8)
#define IR_FRACTION_BITS(aux) ((aux) >> 8 & 127)

/* aux of vector ops: log2 of the lane's bytes in the low two bits. */
#define IR_LANE(aux) ((aux)&3)
enum ir_lane { IR_LANE_B, IR_LANE_H, IR_LANE_S, IR_LANE_D };
/* The index of a lane, in those ops that have one; of another, in vputlane. */
#define IR_INDEX(aux)           ((aux) >> 2 & 15)
#define IR_FROM(aux)            ((aux) >> 6 & 15)
#define IR_LANE_AT(lane, index) ((unsigned)(lane) | (unsigned)(index) << 2)
enum { IR_VGET_SIGNED = 64 }; /* vget: sign-extended */
/* vhadd, vhsub, vpaddl, vshlv; vhadd, vshlv, vsqdmulh: round, by adding half before the cut. */
enum { IR_UNSIGNED = 4, IR_ROUND_UP = 8 };
/* vshlv: saturated, unsigned or signed as the operand; all ones where that would happen, else 0. */
enum { IR_SHIFT_SATURATE = 16, IR_SHIFT_OVERFLOWS = 32 };
/* vqnarrow: unsigned lanes into unsigned ones; signed into unsigned ones. */
enum { IR_NARROW_UNSIGNED = 4, IR_NARROW_TO_UNSIGNED = 8 };
/* vsqrdmla: a minus the product; all ones where it would saturate. */
enum { IR_MLA_SUBTRACT = 4, IR_MLA_OVERFLOWS = 8 };

/* vsha1: the function of the round. */
enum ir_sha1 { IR_SHA1_CHOOSE, IR_SHA1_PARITY, IR_SHA1_MAJORITY };
/* vsm3tt: of rounds 16 on; TT2 rather than TT1. */
enum { IR_SM3_LATE = 1, IR_SM3_SECOND = 2 };
enum { IR_SM4_KEY = 1 };                           /* vsm4: the key schedule's diffusion */
enum { IR_DOT_B_SIGNED = 1, IR_DOT_C_SIGNED = 2 }; /* vdot: the bytes of b, of c have a sign */

/* Floating-point vector ops: lane | rounding mode << 2 | the other bits of a scalar op's aux (that
 * of 8 as 1 << 15). vfcmp has its enum ir_fcond in the place of the mode. */
#define IR_VECTOR_FP(lane, aux) \
    ((unsigned)(lane) | ((aux)&7u) << 2 | ((aux)&8u) << 12 | ((aux)&0x7fe0u))
#define IR_SCALAR_FP(aux) (((aux) >> 2 & 7u) | ((aux) >> 12 & 8u) | ((aux)&0x7fe0u))

/* Condition flags as a value: where x86's LAHF and SETO put them, when both have gone to ax. C is
 * Arm's: 1 when a subtraction did not borrow. */
enum ir_flags { IR_FLAG_V = 1 << 0, IR_FLAG_C = 1 << 8, IR_FLAG_Z = 1 << 14, IR_FLAG_N = 1 << 15 };

/* Conditions on them (flags_cond), numbered as A64 does: each beside its negation, but for NV,
 * which always holds too. */
enum ir_flags_cond {
    IR_FLAGS_EQ,
    IR_FLAGS_NE,
    IR_FLAGS_CS,
    IR_FLAGS_CC,
    IR_FLAGS_MI,
    IR_FLAGS_PL,
    IR_FLAGS_VS,
    IR_FLAGS_VC,
    IR_FLAGS_HI,
    IR_FLAGS_LS,
    IR_FLAGS_GE,
    IR_FLAGS_LT,
    IR_FLAGS_GT,
    IR_FLAGS_LE,
    IR_FLAGS_AL,
    IR_FLAGS_NV
};

enum { IR_FLAGS_SIGNALLING = 1 }; /* flags_fcmp: quiet NaNs raise invalid too */

typedef uint16_t ir_ref;
enum { IR_NO_REF = 0 }; /* instruction 0 is a nop, so that 0 means "none" */

struct ir_insn {
    uint8_t op;   /* enum ir_op */
    uint8_t type; /* enum ir_type of the result (COMPARE, exit_if, stores, put: of the operands) */
    uint16_t aux;
    ir_ref a, b, c;
    uint8_t where; /* index of the guest instruction in the unit it comes from */
    uint8_t held;  /* of the builder: 1 + the guest register it was put into last */
    uint32_t uses; /* by instructions, as the demand pass counts them: see ir_uses */
    uint64_t imm;
};

_Static_assert(UNIT_MAX_INSNS <= UINT8_MAX, "ir_insn.where has 8 bits");

enum { IR_RECENT = 64, IR_RECENT_WAYS = 2 };

struct ir {
    struct arena *arena;
    struct ir_insn *insn;
    uint32_t count, capacity;
    uint16_t where;  /* given to every instruction appended */
    uint16_t fields; /* pc-relative fields seen: pcrel's aux counts them from 1 */
    /* The guest instruction that carries field i; its value comes from guest->pc_field. */
    uint16_t field_where[UNIT_MAX_INSNS];
    int64_t field_value[UNIT_MAX_INSNS]; /* in the unit that was lifted */
    bool no_fold;                        /* append everything as it comes (set after ir_reset) */
    bool ended;            /* the unit has ended: whatever is still appended is dropped */
    bool has_flags;        /* ir_flags_* have made condition flags, or a control register was got */
    bool counted;          /* uses are counted: the demand pass has been here ... */
    bool narrows;          /* ... has found something for the narrow pass */
    bool halves;           /* ... and upper halves of unsigned products */
    ir_ref reg[REG_COUNT]; /* the value each guest register is known to hold, or IR_NO_REF */
    /* Pure values by hash, to find the same one again: the latest of each hash. */
    ir_ref recent[IR_RECENT][IR_RECENT_WAYS];
};

/* A C function that generated code may call. Arguments and result as the types say; `cpu` goes in
 * front of them when takes_cpu. */
struct ir_helper {
    const char *name;
    void (*function)(void);
    uint8_t result;    /* enum ir_type: IR_VOID, IR_I32, IR_I64 (the backends' only ones) */
    uint8_t arguments; /* up to 3, each I64 */
    bool takes_cpu;
    bool writes_state; /* changes guest registers (through cpu) */
    bool repeatable;   /* the same effect, on registers alone, however often it is called from the
                        * same state: what --verify asks for */
    bool may_exit;     /* result I64: not 0 asks to leave, cpu->pc and cpu->exit_reason being set */
};

/* --- building --- */

/* Empties `ir`; instructions come from `arena`. */
void ir_reset(struct ir *ir, struct arena *arena);

/* Appends an instruction after folding; returns the value (which may be an older one, and is
 * IR_NO_REF for instructions without a result). All other builder functions end here. After the
 * instruction that ends the unit (or an exit that is always taken) everything is dropped. */
ir_ref ir_emit(struct ir *ir, enum ir_op op, enum ir_type type, unsigned aux, ir_ref a, ir_ref b,
               ir_ref c, uint64_t imm);

/* Appends an instruction exactly as it is, `where` included. */
ir_ref ir_append(struct ir *ir, const struct ir_insn *insn);

ir_ref ir_const(struct ir *ir, enum ir_type type, uint64_t value);

/* Of 128 bits: `low`, and above it the same again or zeros. */
static inline ir_ref ir_vconst(struct ir *ir, uint64_t low, bool repeated) {
    return ir_emit(ir, IR_const, IR_V128, repeated && low, 0, 0, 0, low);
}

/* The guest address `offset` bytes from the unit's pc. */
ir_ref ir_pcrel(struct ir *ir, int64_t offset);
/* The same plus the pc-relative field of the instruction being lifted (ir->where), whose value is
 * `field` here but a hole in the pattern. At most one field per guest instruction. */
ir_ref ir_pcrel_field(struct ir *ir, int64_t offset, int64_t field);

/* The low bytes of a guest register, as many as the type has: I64 for general and control
 * registers, F64 or V128 for vector registers. A put leaves the bytes above alone. */
ir_ref ir_get(struct ir *ir, enum ir_type type, unsigned reg);
void ir_put(struct ir *ir, enum ir_type type, unsigned reg, ir_ref value);

ir_ref ir_select(struct ir *ir, enum ir_type type, ir_ref condition, ir_ref then, ir_ref otherwise);
ir_ref ir_set(struct ir *ir, enum ir_type type, enum ir_cond cond, ir_ref a, ir_ref b);
ir_ref ir_fcmp(struct ir *ir, enum ir_type type, enum ir_fcond cond, ir_ref a, ir_ref b);

ir_ref ir_flags_add(struct ir *ir, enum ir_type type, ir_ref a, ir_ref b);
ir_ref ir_flags_sub(struct ir *ir, enum ir_type type, ir_ref a, ir_ref b);
ir_ref ir_flags_adc(struct ir *ir, enum ir_type type, ir_ref a, ir_ref b, ir_ref carry);
ir_ref ir_flags_logic(struct ir *ir, enum ir_type type, ir_ref a);
ir_ref ir_flags_fcmp(struct ir *ir, enum ir_type type, bool signalling, ir_ref a, ir_ref b);
/* Does the condition hold: 0 or 1. */
ir_ref ir_flags_cond(struct ir *ir, enum ir_flags_cond cond, ir_ref flags);

/* mem: IR_MEM(kind, order). The result type is I32 or I64, or F32, F64, V128 of the same width. */
ir_ref ir_load(struct ir *ir, enum ir_type type, unsigned mem, ir_ref base, int64_t offset);
void ir_store(struct ir *ir, enum ir_type type, unsigned mem, ir_ref base, int64_t offset,
              ir_ref value);
ir_ref ir_rmw(struct ir *ir, enum ir_type type, enum ir_rmw_kind kind, unsigned mem, ir_ref addr,
              ir_ref operand);
ir_ref ir_cas(struct ir *ir, enum ir_type type, unsigned mem, ir_ref addr, ir_ref expected,
              ir_ref desired);
/* Store-conditional: if the reservation (guest registers `reservation` and `reservation` + 1:
 * address, and value zero-extended from the access width) matches `addr` and memory still holds
 * that value, stores `value` and gives 0; else 1. The reservation is gone either way (address =
 * ~0). */
ir_ref ir_store_cond(struct ir *ir, enum ir_type type, unsigned mem, unsigned reservation,
                     ir_ref addr, ir_ref value);
/* What an atomic access to `addr` of 1 << log2_size bytes requires: raises SIGBUS if it is
 * misaligned; with IR_ALIGN_WITHIN_16 beside the size, if it crosses a multiple of 16. */
enum { IR_ALIGN_WITHIN_16 = 16 };
void ir_align(struct ir *ir, ir_ref addr, unsigned log2_size);
void ir_fence(struct ir *ir, unsigned kinds);

/* Notes saturation (FPSR.QC) unless a and b are the same. */
void ir_vqc(struct ir *ir, ir_ref a, ir_ref b);

ir_ref ir_helper(struct ir *ir, const struct ir_helper *helper, ir_ref a, ir_ref b, ir_ref c);

void ir_exit_if(struct ir *ir, enum ir_type type, enum ir_cond cond, ir_ref a, ir_ref b,
                ir_ref target);
void ir_jump(struct ir *ir, ir_ref target);
void ir_call(struct ir *ir, ir_ref target, ir_ref return_address);
void ir_return(struct ir *ir, ir_ref target);
void ir_trap(struct ir *ir, enum exit_reason reason, ir_ref pc);

/* ir_add(ir, type, a, b), ir_neg(ir, type, a), ...: one for every row of those shapes; of shape
 * VECTOR: ir_vadd(ir, aux, a, b). Rounding ops take their aux through ir_emit or the wrappers of
 * the lifter. */
#define IR_BUILDER_NONE(name, arguments)
#define IR_BUILDER_ACTION(name, arguments)
#define IR_BUILDER_TEST(name, arguments)
#define IR_BUILDER_COMPARE(name, arguments)
#define IR_BUILDER_UNARY(name, arguments)                                        \
    static inline ir_ref ir_##name(struct ir *ir, enum ir_type type, ir_ref a) { \
        return ir_emit(ir, IR_##name, type, 0, a, 0, 0, 0);                      \
    }
#define IR_BUILDER_CONVERT(name, arguments) IR_BUILDER_UNARY(name, arguments)
#define IR_BUILDER_BINARY(name, arguments)                                                 \
    static inline ir_ref ir_##name(struct ir *ir, enum ir_type type, ir_ref a, ir_ref b) { \
        return ir_emit(ir, IR_##name, type, 0, a, b, 0, 0);                                \
    }
#define IR_BUILDER_TERNARY(name, arguments)                                              \
    static inline ir_ref ir_##name(struct ir *ir, enum ir_type type, ir_ref a, ir_ref b, \
                                   ir_ref c) {                                           \
        return ir_emit(ir, IR_##name, type, 0, a, b, c, 0);                              \
    }
#define IR_BUILDER_VECTOR(name, arguments) IR_BUILDER_VECTOR_##arguments(name)
#define IR_BUILDER_VECTOR_1(name)                                           \
    static inline ir_ref ir_##name(struct ir *ir, unsigned aux, ir_ref a) { \
        return ir_emit(ir, IR_##name, IR_V128, aux, a, 0, 0, 0);            \
    }
#define IR_BUILDER_VECTOR_2(name)                                                     \
    static inline ir_ref ir_##name(struct ir *ir, unsigned aux, ir_ref a, ir_ref b) { \
        return ir_emit(ir, IR_##name, IR_V128, aux, a, b, 0, 0);                      \
    }
#define IR_BUILDER_VECTOR_3(name)                                                               \
    static inline ir_ref ir_##name(struct ir *ir, unsigned aux, ir_ref a, ir_ref b, ir_ref c) { \
        return ir_emit(ir, IR_##name, IR_V128, aux, a, b, c, 0);                                \
    }
#define OP(name, shape, arguments, flags) IR_BUILDER_##shape(name, arguments)
#include "translator/ir/ops.def"
#undef OP

/* One lane of a vector as I64, zero-extended or (aux: IR_VGET_SIGNED) sign-extended. */
static inline ir_ref ir_vget(struct ir *ir, unsigned aux, ir_ref a) {
    return ir_emit(ir, IR_vget, IR_V128, aux, a, 0, 0, 0);
}

static inline bool ir_is_const(const struct ir *ir, ir_ref ref) {
    return ir->insn[ref].op == IR_const;
}

/* Does the operation merely look at the first bytes of its operand? */
static inline bool ir_is_view(unsigned op) {
    return op == IR_trunc || op == IR_vlowf;
}

/* Once `ir->counted`: how often the value is an operand. Uses of a view count for what it shows. */
static inline unsigned ir_uses(const struct ir_insn *insn) {
    return (uint16_t)insn->uses;
}

/* In bytes; 0 for IR_VOID. */
unsigned ir_type_size(enum ir_type type);
/* Of the value that `insn` makes: IR_VOID when it makes none. */
static inline enum ir_type ir_result_type(const struct ir_insn *insn) {
    const struct ir_op_info *info = &ir_ops[insn->op];
    return (enum ir_type)((insn->type & info->own_type) | info->fixed_type);
}

/* --- text --- */

/* One instruction a line; `guest` names the registers (NULL: numbers). */
void ir_print(FILE *out, const struct ir *ir, const struct guest *guest);
/* Reads the same text; on an error returns false and a message in `error`. */
bool ir_parse(struct ir *ir, const char *text, const struct guest *guest, char *error, size_t size);

/* Checks every rule of the form; returns NULL, or what is wrong (static or arena memory). */
const char *ir_verify(const struct ir *ir);

/* --- evaluation --- */

/* The meaning of the PURE and FPENV ops: operands and result as raw bits in the low part. */
struct ir_operands {
    union cpu_vec a, b, c;
    const struct ir_insn *insn;
    enum ir_type operand_type; /* of a, where it differs from the result's (CONVERT) */
    struct fp_env *fp;
};
typedef union cpu_vec ir_eval_function(const struct ir_operands *operands);
extern ir_eval_function *const ir_eval_functions[IR_OP_COUNT]; /* NULL for the others */

struct ir_journal; /* translator/ir/journal.h */

/* Runs `ir` on `cpu` as generated code would: returns with cpu->pc and cpu->exit_reason set (a
 * jump's target with EXIT_LOOKUP). `unit` gives the pc that pcrel values count from and the place
 * of each guest instruction, `field_values` the pc-relative fields. A memory fault ends it with
 * EXIT_FAULT, cpu->fault as the signal handler described it and registers and pc exact; so `cpu`
 * must have a thread. `journal`, unless NULL, records what stores overwrite. */
void ir_eval(struct cpu *cpu, const struct ir *ir, const struct guest_unit *unit,
             const int64_t *field_values, struct ir_journal *journal);

#endif
