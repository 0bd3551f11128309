/* Loads and stores of general registers, and of single and paired vector registers.
 *
 * The manual leaves open what some combinations do (Arm ARM, K1 "Constrained unpredictable
 * behaviors"). Here a load whose base is written back and is loaded, too, ends with the written
 * back address in it; a pair loaded into one register ends with the second value; a stored base is
 * the old one. That is what QEMU does. */
#include "translator/guest/aarch64/memory.h"

/* --- one access --- */

struct access {
    uint8_t log2_size;
    bool is_load, is_signed;
    bool to_word; /* sign-extended to 32 bits only */
};

static void load(struct lifter *l, struct access access, unsigned d, ir_ref base, int64_t offset) {
    const enum ir_mem_kind kind =
        (enum ir_mem_kind)(2 * access.log2_size + access.is_signed); /* there is no signed 64 */
    const enum ir_type type = access.to_word ? IR_I32 : IR_I64;
    put(l, !access.to_word, d, load_at(l, type, IR_MEM(kind, 0), base, offset));
}

static void load_or_store(struct lifter *l, struct access access, unsigned d, ir_ref base,
                          int64_t offset) {
    if (access.is_load)
        load(l, access, d, base, offset);
    else
        store_at(l, IR_I64, IR_MEM(2 * access.log2_size, 0), base, offset, get64(l, d));
}

ir_ref load_vector(struct lifter *l, unsigned log2_size, ir_ref base, int64_t offset) {
    static const struct {
        enum ir_type type;
        enum ir_mem_kind kind;
    } types[] = {{IR_I64, IR_U8}, {IR_I64, IR_U16}, {IR_F32, IR_U32}, {IR_F64, IR_64}};
    if (log2_size == 4)
        return load_at(l, IR_V128, IR_MEM(IR_128, 0), base, offset);
    const ir_ref value =
        load_at(l, types[log2_size].type, IR_MEM(types[log2_size].kind, 0), base, offset);
    return ir_vfrom(l->ir, IR_V128, value);
}

void store_lane(struct lifter *l, unsigned log2_size, ir_ref base, int64_t offset, ir_ref value,
                unsigned lane) {
    store_at(l, IR_I64, IR_MEM(2 * log2_size, 0), base, offset,
             ir_vget(l->ir, IR_LANE_AT(log2_size, lane), value));
}

void store_value(struct lifter *l, unsigned log2_size, ir_ref base, int64_t offset, ir_ref value) {
    if (log2_size == 4)
        store_at(l, IR_V128, IR_MEM(IR_128, 0), base, offset, value);
    else
        store_lane(l, log2_size, base, offset, value, 0);
}

void store_vector(struct lifter *l, unsigned log2_size, unsigned v, ir_ref base, int64_t offset) {
    if (log2_size == 2 || log2_size == 3) {
        const enum ir_type type = log2_size == 2 ? IR_F32 : IR_F64;
        store_at(l, type, IR_MEM(2 * log2_size, 0), base, offset, getf(l, type, v));
    } else {
        store_value(l, log2_size, base, offset, getv(l, v));
    }
}

static void load_or_store_vector(struct lifter *l, struct access access, unsigned v, ir_ref base,
                                 int64_t offset) {
    if (access.is_load)
        putv(l, v, load_vector(l, access.log2_size, base, offset));
    else
        store_vector(l, access.log2_size, v, base, offset);
}

/* --- one register, in all addressing modes --- */

/* size and opc of general registers: store, load, load sign-extended to 64 and to 32 bits. */
static bool valid_general(const struct operands *a) {
    return a->opc < 2 || a->size < (a->opc == 2 ? 3 : 2);
}

static struct access general_access(const struct operands *a) {
    return (struct access){a->size, a->opc != 0, a->opc >= 2, a->opc == 3};
}

/* ... and of vector registers, where the high bit of opc makes 128 bits of size 0. */
static bool valid_vector(const struct operands *a) {
    return a->opc < 2 || a->size == 0;
}

static struct access vector_access(const struct operands *a) {
    return (struct access){(uint8_t)(a->size | (a->opc & 2) << 1), a->opc & 1, false, false};
}

/* The option's low bits say the width of the index: no less than 32 bits. */
static bool wide_index(const struct operands *a) {
    return a->option & 2;
}

static bool valid_general_index(const struct operands *a) {
    return valid_general(a) && wide_index(a);
}

static bool valid_vector_index(const struct operands *a) {
    return valid_vector(a) && wide_index(a);
}

static ir_ref indexed_address(struct lifter *l, const struct operands *a, struct access access) {
    const unsigned scale = a->u ? access.log2_size : 0;
    const ir_ref index = extended_register(l, a->m, a->option, scale);
    return ir_add(l->ir, IR_I64, get64_sp(l, a->n), index);
}

#define SINGLE(class, v, transfer)                                                                 \
    INSN_IF(class##_offset, valid_##class, "zz111" v "01 oo iiiiiiiiiiii nnnnn ddddd", "base") {   \
        const struct access access = class##_access(a);                                            \
        transfer(l, access, a->d, get64_sp(l, a->n), a->imm << access.log2_size);                  \
    }                                                                                              \
    INSN_IF(class##_unscaled, valid_##class, "zz111" v "00 oo0 jjjjjjjjj 00 nnnnn ddddd",          \
            "base") {                                                                              \
        transfer(l, class##_access(a), a->d, get64_sp(l, a->n), a->imm);                           \
    }                                                                                              \
    INSN_IF(class##_post, valid_##class, "zz111" v "00 oo0 jjjjjjjjj 01 nnnnn ddddd", "base") {    \
        const ir_ref base = get64_sp(l, a->n);                                                     \
        transfer(l, class##_access(a), a->d, base, 0);                                             \
        put64_sp(l, a->n, ir_add(l->ir, IR_I64, base, imm(l, a->imm)));                            \
    }                                                                                              \
    INSN_IF(class##_pre, valid_##class, "zz111" v "00 oo0 jjjjjjjjj 11 nnnnn ddddd", "base") {     \
        const ir_ref base = get64_sp(l, a->n);                                                     \
        transfer(l, class##_access(a), a->d, base, a->imm);                                        \
        put64_sp(l, a->n, ir_add(l->ir, IR_I64, base, imm(l, a->imm)));                            \
    }                                                                                              \
    INSN_IF(class##_indexed, valid_##class##_index, "zz111" v "00 oo1 mmmmm eee u 10 nnnnn ddddd", \
            "base") {                                                                              \
        const struct access access = class##_access(a);                                            \
        transfer(l, access, a->d, indexed_address(l, a, access), 0);                               \
    }

SINGLE(general, "0", load_or_store)
SINGLE(vector, "1", load_or_store_vector)

/* LDTR, STTR: a program's accesses are unprivileged anyway. */
INSN_IF(unprivileged, valid_general, "zz111000 oo0 jjjjjjjjj 10 nnnnn ddddd", "base") {
    load_or_store(l, general_access(a), a->d, get64_sp(l, a->n), a->imm);
}

/* --- literals --- */

#define LITERAL(id, opc, v, transfer, ...)                       \
    INSN(id, opc "011" v "00 ppppppppppppppppppp ddddd", "base") \
    { transfer(l, (struct access){__VA_ARGS__}, a->d, pc_relative(l, a->imm), 0); }

LITERAL(ldr_w_literal, "00", "0", load_or_store, 2, true, false, false)
LITERAL(ldr_x_literal, "01", "0", load_or_store, 3, true, false, false)
LITERAL(ldrsw_literal, "10", "0", load_or_store, 2, true, true, false)
LITERAL(ldr_s_literal, "00", "1", load_or_store_vector, 2, true, false, false)
LITERAL(ldr_d_literal, "01", "1", load_or_store_vector, 3, true, false, false)
LITERAL(ldr_q_literal, "10", "1", load_or_store_vector, 4, true, false, false)

/* --- prefetches: hints --- */

INSN(prfm_offset, "11111001 10 ............ ..... .....", "base")
{}
INSN(prfm_unscaled, "11111000 100 ......... 00 ..... .....", "base")
{}
INSN_IF(prfm_indexed, wide_index, "11111000 101 ..... eee . 10 ..... .....", "base") {
}
INSN(prfm_literal, "11011000 ................... .....", "base")
{}

/* --- pairs --- */

/* If the second access of a load faults, no general register has changed, for the base may be one
 * of them. The value of a vector register is unknown then (Arm ARM, D1.3.4 "Synchronous exception
 * types"), so that each is loaded in its place. */
static void load_or_store_general_pair(struct lifter *l, const struct operands *a,
                                       struct access access, ir_ref base, int64_t offset) {
    const int64_t second = offset + (1 << access.log2_size);
    if (!access.is_load) {
        load_or_store(l, access, a->d, base, offset);
        load_or_store(l, access, a->t, base, second);
        return;
    }
    const unsigned mem = IR_MEM(2 * access.log2_size + access.is_signed, 0);
    const ir_ref low = load_at(l, IR_I64, mem, base, offset);
    const ir_ref high = load_at(l, IR_I64, mem, base, second);
    put64(l, a->d, low);
    put64(l, a->t, high);
}

static void load_or_store_vector_pair(struct lifter *l, const struct operands *a,
                                      struct access access, ir_ref base, int64_t offset) {
    load_or_store_vector(l, access, a->d, base, offset);
    load_or_store_vector(l, access, a->t, base, offset + (1 << access.log2_size));
}

/* opc: words, LDPSW, doublewords; without hint of their use (LDNP) there is no LDPSW. */
static bool valid_general_pair(const struct operands *a) {
    return a->opc == 0 || a->opc == 2 || (a->opc == 1 && a->u);
}

static bool valid_general_hinted_pair(const struct operands *a) {
    return a->opc == 0 || a->opc == 2;
}

static struct access general_pair_access(const struct operands *a) {
    return (struct access){a->opc & 2 ? 3 : 2, a->u, a->opc & 1, false};
}

static bool valid_vector_pair(const struct operands *a) {
    return a->opc < 3;
}

static struct access vector_pair_access(const struct operands *a) {
    return (struct access){(uint8_t)(2 + a->opc), a->u, false, false};
}

#define PAIR_MODE(class, mode, validity, v, bits, at, writes_back)                                 \
    INSN_IF(class##_pair_##mode, validity, "oo101" v bits "u jjjjjjj ttttt nnnnn ddddd", "base") { \
        const struct access access = class##_pair_access(a);                                       \
        const int64_t offset = a->imm * (1 << access.log2_size);                                   \
        const ir_ref base = get64_sp(l, a->n);                                                     \
        load_or_store_##class##_pair(l, a, access, base, at);                                      \
        if (writes_back)                                                                           \
            put64_sp(l, a->n, ir_add(l->ir, IR_I64, base, imm(l, offset)));                        \
    }

#define PAIR(class, v, hinted_validity)                                      \
    PAIR_MODE(class, hinted, hinted_validity, v, "00 0", offset, false)      \
    PAIR_MODE(class, post, valid_##class##_pair, v, "00 1", 0, true)         \
    PAIR_MODE(class, offset, valid_##class##_pair, v, "01 0", offset, false) \
    PAIR_MODE(class, pre, valid_##class##_pair, v, "01 1", offset, true)

PAIR(general, "0", valid_general_hinted_pair)
PAIR(vector, "1", valid_vector_pair)

/* --- not implemented --- */

MISSING("01101000 10 ....... ..... ..... .....", "mte") /* STGP */
MISSING("01101001 00 ....... ..... ..... .....", "mte")
MISSING("01101001 10 ....... ..... ..... .....", "mte")
MISSING("11011001 ..1 ......... .. ..... .....", "mte")   /* STG, LDG and the like */
MISSING("11111000 ..1 ......... 01 ..... .....", "pauth") /* LDRAA, LDRAB */
MISSING("11111000 ..1 ......... 11 ..... .....", "pauth")
MISSING("00011.01 ..0 ..... .... 01 ..... .....", "mops") /* CPY, SET and the like */
