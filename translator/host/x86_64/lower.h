/* Instruction selection and register allocation of the block tier, in one forward walk over the IR.
 *
 * A value lives in a host register, in the home of a guest register that holds it, in a spill slot,
 * or is a constant. Values that are put into a pinned register are computed there directly (the
 * hints that a backward pre-pass finds). One `struct lower` belongs to one translation. */
#ifndef TRANSLATOR_HOST_X86_64_LOWER_H
#define TRANSLATOR_HOST_X86_64_LOWER_H

#include "runtime/log.h"
#include "runtime/template.h"
#include "translator/host/x86_64/registers.h"
#include "translator/ir/ir.h"

enum { NO_GUEST = 255, NO_SPILL = 255, SPILL_SLOTS = 16, MAX_CODE = 24 * 1024 };

struct value {
    uint8_t reg;       /* host register (general or vector by the value's type), or NO_REG */
    uint8_t guest;     /* guest register that holds the value now, or NO_GUEST */
    uint8_t spill;     /* spill slot, or NO_SPILL */
    uint8_t hint;      /* guest register the value will be put into, or NO_GUEST */
    bool late : 1;     /* computed by its only user (a set under a select, a shift under an add,
                        * the rounding of a jump's target) */
    bool deferred : 1; /* condition flags (or the `and` that they are of) made by each of their
                        * users; see lower_flags.c */
    bool served : 1;   /* an exit, or deferred flags: a difference just in front leaves x86's flags
                        * as they want them, and takes the operands in their stead */
    bool chained : 1;  /* deferred flags of an addition with carry: its users find them in x86's
                        * flags, or made already; see plan_carry.c */
    bool alone : 1;    /* chained flags of a sum that nobody wants: their place is the addition */
    bool stored : 1;   /* chained flags that are put just behind the addition */
    bool clean : 1;    /* a scalar in a vector register that has zeros above it */
    bool keeps : 1;    /* x86's flags are needed behind this instruction as they are in front */
    union {
        ir_ref subtrahend; /* of a difference that serves, as those name it; IR_NO_REF for others */
        ir_ref sets;       /* of an addition with carry: the chained flags that it leaves */
        ir_ref carry;      /* of chained flags: the condition made just behind the addition */
        ir_ref other_half; /* of a product: made along with it, by the one that comes first */
    };
    ir_ref root;   /* the value itself, or the one that has its bits too: it is the low part of that
                    * (trunc, the scalar in a vector register), which may be again */
    uint32_t uses; /* still to come */
};

/* Code that is left out of the straight line and emitted at the end. */
enum cold_kind {
    COLD_EXIT,       /* description of a direct exit: target is a pcrel */
    COLD_LOOKUP,     /* target in rax: STUB_FAR_LOOKUP */
    COLD_LEAVE,      /* a helper asked to leave, and set pc and reason */
    COLD_CALL,       /* the same under an open call: come back to `back` */
    COLD_MISALIGNED, /* SIGBUS for the address in `reg`, at guest offset `offset`; where `size` is
                      * not 0, unless as many bytes from there lie within an aligned 16 */
    COLD_RETURN,     /* an unforeseen return: target in `reg` */
    COLD_CANON,      /* load the canonical NaN into vector `reg` of `type` */
    COLD_FMA,        /* NaN result: do it again in software */
    COLD_REDO,       /* do it again in software, with these `operands` */
    COLD_DIV,        /* division by 0 or overflow */
    COLD_FTOI,       /* conversion out of range */
    COLD_GET_FFLAGS, /* some accrued flags are only in MXCSR */
    COLD_PUT_FFLAGS, /* the accrued flags change */
    COLD_LANDING,    /* where a faulting access goes on: do `puts` and leave */
};

struct cold {
    uint8_t kind, reg, reg2, type;
    uint8_t size, flag;
    uint8_t *from;  /* displacement of the jump that comes here */
    uint8_t *from2; /* a second one, or NULL */
    uint8_t *back;  /* where to go on */
    int64_t offset; /* COLD_EXIT: target; COLD_DIV: quotient of a division by 0 */
    uint8_t field;
    bool round;                /* jumps: the target's low bits are still to be cleared */
    uint8_t factors[2];        /* COLD_FMA */
    uint8_t operands[3];       /* COLD_REDO: vector registers or NO_REG */
    const struct recipe *puts; /* COLD_EXIT, COLD_LANDING: put_at_exit's, or NULL */
    uint32_t code;             /* offset of this code, once emitted */
    const struct ir_insn *insn;
};

enum operand_kind { IN_REG, IN_MEMORY, IS_CONST };
struct operand {
    uint8_t kind, reg;
    struct x86_mem mem;
    int32_t imm;
    ir_ref ref;
};

/* Displacements that are patched begin at most so far behind a multiple of 16. */
enum { LAST_PATCHED = 12 };

struct lower {
    struct x86_buffer b;
    const struct ir *ir;
    const struct guest_unit *unit;
    const int64_t *field_values;
    struct arena *arena;
    struct value *values;
    ir_ref current[REG_COUNT]; /* value each guest register holds, as far as known */
    ir_ref gpr_owner[16];      /* value in each temporary, or IR_NO_REF */
    ir_ref copy_in_rdx;        /* a value that is elsewhere, too: rdx is free; or IR_NO_REF */
    ir_ref vec_owner[32];
    uint32_t locked_gprs, locked_vecs; /* not to be reused within this instruction */
    uint16_t spills_used;              /* bit per slot */
    uint16_t spills_released;          /* by operands of this instruction */
    bool failed;
    /* Part of a draft: it may be left downwards. */
    bool is_part, falls_through;
    uint16_t patched; /* bit n: a displacement that is patched is n bytes behind a multiple of 16 */
    uint8_t *over;    /* displacement of the jump over the cold code, where it falls through */
    const uint8_t *start; /* of the code for this instruction */
    /* The homes of general guest registers that the instruction with that start has read, a bit
     * each: later code for it may not write there. */
    const uint8_t *reads;
    uint32_t homes_read;
    bool polled; /* the poll page has been read */
    /* The host flags say whether this value is 0, while no code has been emitted after flags_end.
     */
    ir_ref flags_value;
    uint8_t flags_cond; /* holds when it is not 0 */
    const uint8_t *flags_end;
    /* ... or how these two compare. */
    struct {
        ir_ref a, b;
        uint8_t type;
        const uint8_t *end;
    } compared;
    /* ... or are those that an addition with carry has set, CF being the opposite if inverted. */
    struct {
        ir_ref flags;
        bool inverted;
        const uint8_t *end;
    } carry;

    /* The straight piece of code since the last exit, where instructions are counted. */
    struct {
        uint8_t *guest_insns, *host_insns; /* immediates to fill in, or NULL */
        unsigned where;
        uint32_t count;
    } segment;

    struct relocation *relocations;
    unsigned relocation_count, relocation_capacity;
    struct fault_point *faults;
    unsigned fault_count, fault_capacity;
    struct cold *cold;
    unsigned cold_count, cold_capacity;

    ir_ref pending[CPU_CTLS]; /* the put_at_exit's in front of this instruction */
    unsigned pending_count;
    unsigned last_landing; /* number of the cold code + 1, as in fault_point.landing */
};

void lower_prepare(struct lower *l); /* prepare.c */
void lower_begin(struct lower *l);   /* an empty buffer */
void lower_walk(struct lower *l);    /* the whole IR, cold code too */
/* The template, its code filled up to a multiple of `unit` bytes. */
const struct template *lower_make_template(struct lower *l, size_t unit);
/* Where instructions are counted: that so many more are executed here. */
void lower_count_host_insns(struct lower *l, uint32_t count);
/* A jump that can be patched. */
uint8_t *lower_chained_jmp(struct lower *l);

/* --- allocate.c: where values are --- */

static inline ir_ref lower_root(const struct lower *l, ir_ref ref) {
    while (l->values[ref].root != ref)
        ref = l->values[ref].root;
    return ref;
}
/* The value in a general (vector) register; loads it when it is elsewhere. Locked until the end of
 * the instruction. */
unsigned lower_use(struct lower *l, ir_ref ref);
unsigned lower_use_vec(struct lower *l, ir_ref ref);
/* The general value in rdx, too. */
void lower_use_in_rdx(struct lower *l, ir_ref ref);
/* Whether it is there already. */
bool lower_is_in_rdx(const struct lower *l, ir_ref ref);
/* The value as it stands: register, memory operand or 32-bit immediate (`size` in bytes). */
struct operand lower_operand(struct lower *l, ir_ref ref, unsigned size);
struct operand lower_operand_vec(struct lower *l, ir_ref ref);
/* Notes that the instruction has taken this operand. Call for every operand, before defining. */
void lower_consumed(struct lower *l, ir_ref ref); /* a root, for the last time */
static inline void lower_consume(struct lower *l, ir_ref ref) {
    ref = lower_root(l, ref);
    if (ref == IR_NO_REF)
        return;
    ASSERT(l->values[ref].uses > 0);
    if (--l->values[ref].uses == 0)
        lower_consumed(l, ref);
}
void lower_consume_operands(struct lower *l, const struct ir_insn *insn);
/* Where a value that has been computed and is still in use is now. */
struct operand lower_location(const struct lower *l, ir_ref ref);
/* The register in which to compute `ref`; NO_REG preferences allowed. What it held and is still
 * needed has been moved away. */
unsigned lower_define(struct lower *l, ir_ref ref, unsigned preferred);
unsigned lower_define_vec(struct lower *l, ir_ref ref, unsigned preferred);
/* Whether that is the pinned register of the guest register that it will be put into. */
static inline bool lower_is_hinted(const struct lower *l, ir_ref ref) {
    const unsigned hint = l->values[ref].hint;
    return hint != NO_GUEST && x86_config.pin[hint] != NO_REG;
}
/* A locked scratch register for the rest of the instruction. */
unsigned lower_scratch(struct lower *l);
unsigned lower_scratch_vec(struct lower *l);
/* A temporary that holds nothing, locked; NO_REG if there is none. */
unsigned lower_free_register(struct lower *l);
/* Frees one particular temporary (rax, rcx, rdx) and locks it. */
void lower_claim(struct lower *l, unsigned reg);
/* The same with a vector register; what it held moves to another one if it can. */
void lower_claim_vec(struct lower *l, unsigned reg);
/* Moves values out of all temporaries (before calls). */
void lower_flush_temps(struct lower *l);
/* Guest register `reg` is about to change: keeps its old value alive elsewhere if needed. */
void lower_save_guest(struct lower *l, unsigned reg);
void lower_end_insn(struct lower *l);
/* Guest registers changed behind our back (a helper wrote them). */
void lower_forget_guest(struct lower *l);
void lower_get(struct lower *l, ir_ref ref);
void lower_put(struct lower *l, const struct ir_insn *insn);
/* From now on the vector value `part` is the low bits of `whole`, which has been given a place. */
void lower_share(struct lower *l, ir_ref part, ir_ref whole);
/* The same, and gives `whole` the register of `part`. */
void lower_take_over(struct lower *l, ir_ref whole, ir_ref part);

/* --- emission helpers (lower.c) --- */
void lower_relocate(struct lower *l, enum relocation_kind kind, uint8_t *at, int64_t addend,
                    unsigned field);
void lower_fault_point(struct lower *l, unsigned where);
struct cold *lower_cold(struct lower *l, enum cold_kind kind, uint8_t *from);
void lower_jump_stub(struct lower *l, enum x86_stub stub);
void lower_call_stub(struct lower *l, enum x86_stub stub);
/* A byte as it stands: data, or a prefix. */
static inline void x86_byte(struct x86_buffer *b, uint8_t byte) {
    if (b->at < b->end)
        *b->at++ = byte;
    else
        b->overflow = true;
}

/* Loads the guest address of a pcrel op into `reg`. */
void lower_load_pc(struct lower *l, unsigned reg, int64_t offset, unsigned field);
/* Moves a general register; nothing when they are the same. */
void lower_move(struct lower *l, unsigned size, unsigned dst, unsigned src);
enum x86_cond lower_condition(enum ir_cond cond);
/* Compares two integer values (flags set); returns the condition to test, operands maybe swapped.
 */
enum x86_cond lower_compare(struct lower *l, enum ir_type type, enum ir_cond cond, ir_ref a,
                            ir_ref b);
/* x86's flags now are those of CMP a, b; or of TEST, the `and` being a (b none). */
void lower_note_compared(struct lower *l, enum ir_type type, ir_ref a, ir_ref b);
/* What was emitted since `before` keeps the flags. */
void lower_flags_kept(struct lower *l, const uint8_t *before);
/* The flags now say by `cond` whether `ref` is nonzero. */
void lower_set_flags(struct lower *l, ir_ref ref, enum x86_cond cond);
/* Any PURE or FPENV operation without a rule: calls its evaluation function. */
void lower_generic(struct lower *l, ir_ref ref);
void lower_call_eval(struct lower *l, const struct ir_insn *insn, enum ir_type operand_type);

static inline bool is_vec(enum ir_type type) {
    return type >= IR_F16;
}

/* A value that nobody uses and that it does no harm not to compute. */
static inline bool lower_is_dead(const struct lower *l, ir_ref ref) {
    return l->values[ref].uses == 0 && ir_ops[l->ir->insn[ref].op].flags & IR_PURE;
}

/* --- plan_flags.c, lower_flags.c: condition flags that are made where they are needed --- */

/* Where operands of a put_at_exit are at some point. */
struct recipe;

/* In the pre-pass: which values are deferred, and which difference, if any, serves an exit_if. */
void lower_find_deferred(struct lower *l);
void lower_find_serving(struct lower *l, ir_ref exit);
/* Whether x86's flags are what the served exit or flags want; if not, the unit fails. */
bool lower_is_served(struct lower *l, ir_ref ref, enum ir_type type, ir_ref a, ir_ref b);
/* Puts a deferred value into its register, or computes it only (false). */
bool lower_put_flags(struct lower *l, const struct ir_insn *put);
/* Makes a value that was got from the home of the condition flags exact, unless all its users can
 * do with what is there. */
void lower_settle_flags(struct lower *l, ir_ref ref);
/* Does what a flags_cond says, but for consuming its operand; returns the condition to test.
 * `parity`, unless NULL: set if that is E and only holds without P, or NE and holds with P too. */
enum x86_cond lower_flags_test(struct lower *l, const struct ir_insn *insn, bool *parity);
/* The condition to test of x86's flags after an operation, CF being the opposite of C if `borrow`.
 */
enum x86_cond lower_integer_condition(struct lower *l, enum ir_flags_cond cond, bool borrow);
/* What the pending put_at_exits are made of at this point; NULL if there are none. */
const struct recipe *lower_pending_puts(struct lower *l);
/* Gives the last fault point a landing that does them. */
void lower_landing(struct lower *l);
void lower_end_pending(struct lower *l);
/* Does them, in cold code: all temporaries may change. */
void lower_cold_puts(struct lower *l, const struct recipe *puts);

/* --- plan_products.c --- */

/* In the pre-pass, behind all that looks at operands: which halves of products are made at once. */
void lower_find_products(struct lower *l);

/* --- plan_carry.c, lower_carry.c: chains of additions with carry --- */

/* In the pre-pass, behind lower_find_deferred. */
void lower_find_chains(struct lower *l);
/* Marks what x86 does as part of an addition with carry: the inversion of an operand (SBB), the
 * comparison whose outcome is the carry (CMP). */
void lower_mark_carry(struct lower *l, ir_ref ref);
/* Whether x86's flags are those of `flags`, which are chained. */
static inline bool lower_has_carry(const struct lower *l, ir_ref flags) {
    return l->carry.flags == flags && l->carry.end == l->b.at;
}
/* CF = c. */
void lower_carry_to_host(struct lower *l, const struct operand *c);
/* CF = c, or its opposite; c is consumed. */
void lower_carry_in(struct lower *l, ir_ref c, bool inverted);
/* x86's flags are now those of `flags`, CF being the opposite if inverted: does what else there is
 * to do at this place. */
void lower_carry_out(struct lower *l, ir_ref flags, bool inverted);
/* From x86's flags with CF = !C to the home of the condition flags; changes rax. */
void lower_put_borrow(struct lower *l);

/* --- one rule per operation: true if it was lowered, false for the generic way --- */
bool lower_integer(struct lower *l, ir_ref ref);
bool lower_memory(struct lower *l, ir_ref ref);
bool lower_float(struct lower *l, ir_ref ref);
bool lower_float_checked(struct lower *l, ir_ref ref);
bool lower_vector(struct lower *l, ir_ref ref);
bool lower_crypto(struct lower *l, ir_ref ref);
bool lower_exit(struct lower *l, ir_ref ref);
bool lower_flags(struct lower *l, ir_ref ref);
void lower_cold_code(struct lower *l);

#endif
