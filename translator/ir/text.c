/* The words of textual IR. */
#include "translator/ir/text.h"

#include <string.h>

const char *const ir_type_names[IR_TYPE_COUNT] = {
    [IR_VOID] = "",   [IR_I32] = "i32", [IR_I64] = "i64",   [IR_F16] = "f16",
    [IR_F32] = "f32", [IR_F64] = "f64", [IR_V128] = "v128",
};

const char *const ir_exit_names[EXIT_REASON_COUNT] = {
    [EXIT_LOOKUP] = "lookup",         [EXIT_SYSCALL] = "syscall", [EXIT_ILLEGAL] = "illegal",
    [EXIT_BREAKPOINT] = "breakpoint", [EXIT_FAULT] = "fault",     [EXIT_FLUSH_CODE] = "flush_code",
    [EXIT_YIELD] = "yield",
};

static const char *const conditions[] = {"eq", "ne",  "lt",  "ge",  "le",
                                         "gt", "ltu", "geu", "leu", "gtu"};
static const char *const float_conditions[] = {"eq", "lt", "le", "ltq", "leq"};
static const char *const flags_conditions[] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                               "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};
static const char *const signalling[] = {"", "signalling"};
static const char *const kinds[] = {"u8", "s8", "u16", "s16", "u32", "s32", "64", "128"};
static const char *const sizes[] = {"1", "2", "4", "8", "16"}; /* by their logarithm */
static const char *const orders[] = {"", "acquire", "release", "acqrel"};
static const char *const operations[] = {"swap", "add",  "and",  "or",  "xor",
                                         "smin", "smax", "umin", "umax"};
static const char *const modes[] = {"rne", "rtz", "rdn", "rup", "rmm", "odd", NULL, "dyn"};
static const char *const is_unsigned[] = {"", "unsigned"};
static const char *const within_16[] = {"", "within_16"};
static const char *const by_zero[] = {"", "zero"};
static const char *const exact[] = {"", "exact"};
static const char *const negate_product[] = {"", "negproduct"};
static const char *const negate_addend[] = {"", "negaddend"};
static const char *const bfloat[] = {"", "bfloat"};
static const char *const ranges[] = {"", "to32", "to64"};
static const char *const rules[] = {"",    "arm",     "flush",     "arm+flush",
                                    "alt", "arm+alt", "flush+alt", "arm+flush+alt"};
static const char *const fractions[] = {
    "",       "frac1",  "frac2",  "frac3",  "frac4",  "frac5",  "frac6",  "frac7",  "frac8",
    "frac9",  "frac10", "frac11", "frac12", "frac13", "frac14", "frac15", "frac16", "frac17",
    "frac18", "frac19", "frac20", "frac21", "frac22", "frac23", "frac24", "frac25", "frac26",
    "frac27", "frac28", "frac29", "frac30", "frac31", "frac32", "frac33", "frac34", "frac35",
    "frac36", "frac37", "frac38", "frac39", "frac40", "frac41", "frac42", "frac43", "frac44",
    "frac45", "frac46", "frac47", "frac48", "frac49", "frac50", "frac51", "frac52", "frac53",
    "frac54", "frac55", "frac56", "frac57", "frac58", "frac59", "frac60", "frac61", "frac62",
    "frac63", "frac64",
};
static const char *const repeated[] = {"", "repeated"};
static const char *const lanes[] = {"b", "h", "s", "d"};
static const char *const indices[] = {"0", "1", "2",  "3",  "4",  "5",  "6",  "7",
                                      "8", "9", "10", "11", "12", "13", "14", "15"};
static const char *const is_signed[] = {"", "signed"};
static const char *const round_up[] = {"", "round"};
static const char *const saturation[] = {"", "saturate", "overflows"};
static const char *const narrowing[] = {"", "unsigned", "to_unsigned"};
static const char *const subtract[] = {"", "subtract"};
static const char *const overflows[] = {"", "overflows"};
static const char *const sha1_functions[] = {"choose", "parity", "majority"};
static const char *const sm3_parts[] = {"tt1a", "tt1b", "tt2a", "tt2b"};
static const char *const sm4_key[] = {"", "key"};
static const char *const signs[] = {"", "su", "us", "signed"};
/* By enum ir_fence bits. */
static const char *const orderings[] = {
    "none", "rr",    "rw",    "rr+rw",    "wr",    "rr+wr",    "rw+wr",    "rr+rw+wr",
    "ww",   "rr+ww", "rw+ww", "rr+rw+ww", "wr+ww", "rr+wr+ww", "rw+wr+ww", "rr+rw+wr+ww",
};

#define WORDS(words)       sizeof(words) / sizeof((words)[0]), false, words
#define WORDS_APART(words) sizeof(words) / sizeof((words)[0]), true, words
#define KIND \
    { 0, 4, WORDS(kinds) }
#define ORDER \
    { 6, 2, WORDS(orders) }
#define MODE \
    { 0, 3, WORDS(modes) }
#define VECTOR_MODE \
    { 2, 3, WORDS(modes) }
#define RULES \
    { 5, 3, WORDS(rules) }
#define RANGE \
    { 8, 2, WORDS(ranges) }
#define FRACTION \
    { 8, 7, WORDS(fractions) }
#define UNSIGNED \
    { 3, 1, WORDS(is_unsigned) }
#define LANE \
    { 0, 2, WORDS(lanes) }
#define INDEX \
    { 2, 4, WORDS(indices) }
#define VECTOR_UNSIGNED \
    { 2, 1, WORDS(is_unsigned) }
#define ROUND_UP \
    { 3, 1, WORDS(round_up) }

static const struct aux_text aux_text[IR_OP_COUNT] = {
    [IR_const] = {{{0, 1, WORDS(repeated)}}},
    [IR_sdiv] = {{{0, 16, WORDS(by_zero)}}},
    [IR_udiv] = {{{0, 16, WORDS(by_zero)}}},
    [IR_crc32] = {{{0, 2, WORDS_APART(sizes)}}},
    [IR_crc32c] = {{{0, 2, WORDS_APART(sizes)}}},
    [IR_set] = {{{0, 16, WORDS_APART(conditions)}}},
    [IR_exit_if] = {{{0, 16, WORDS_APART(conditions)}}},
    [IR_fcmp] = {{{0, 16, WORDS_APART(float_conditions)}}},
    [IR_flags_cond] = {{{0, 16, WORDS_APART(flags_conditions)}}},
    [IR_flags_fcmp] = {{{0, 1, WORDS(signalling)}}},
    [IR_load] = {{KIND, ORDER}},
    [IR_store] = {{KIND, ORDER}},
    [IR_rmw] = {{{8, 8, WORDS(operations)}, KIND, ORDER}},
    [IR_cas] = {{KIND, ORDER}},
    [IR_store_cond] = {{KIND, ORDER}},
    [IR_align] = {{{0, 4, WORDS_APART(sizes)}, {4, 1, WORDS(within_16)}}},
    [IR_fence] = {{{0, 16, WORDS_APART(orderings)}}},
    [IR_fadd] = {{MODE, RULES}},
    [IR_fsub] = {{MODE, RULES}},
    [IR_fmul] = {{MODE, RULES}},
    [IR_fdiv] = {{MODE, RULES}},
    [IR_fsqrt] = {{MODE, RULES}},
    [IR_fmin] = {{RULES}},
    [IR_fmax] = {{RULES}},
    [IR_fminm] = {{RULES}},
    [IR_fmaxm] = {{RULES}},
    [IR_ftof] = {{MODE, {3, 1, WORDS(bfloat)}, RULES}},
    [IR_fma] = {{MODE, {3, 1, WORDS(negate_product)}, {4, 1, WORDS(negate_addend)}, RULES}},
    [IR_fround] = {{MODE, {3, 1, WORDS(exact)}, RULES, RANGE}},
    [IR_ftoi] = {{MODE, UNSIGNED, RULES, FRACTION}},
    [IR_itof] = {{MODE, UNSIGNED, RULES, FRACTION}},
    [IR_vfadd] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfsub] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfmul] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfdiv] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfsqrt] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfma] = {{LANE, VECTOR_MODE, RULES, {15, 1, WORDS(negate_product)}}},
    [IR_vfmin] = {{LANE, RULES}},
    [IR_vfmax] = {{LANE, RULES}},
    [IR_vfminm] = {{LANE, RULES}},
    [IR_vfmaxm] = {{LANE, RULES}},
    [IR_vfcmp] = {{LANE, {2, 3, WORDS(float_conditions)}}},
    [IR_vfround] = {{LANE, VECTOR_MODE, RULES, RANGE, {15, 1, WORDS(exact)}}},
    [IR_vftoi] = {{LANE, VECTOR_MODE, RULES, FRACTION, {15, 1, WORDS(is_unsigned)}}},
    [IR_vitof] = {{LANE, VECTOR_MODE, RULES, FRACTION, {15, 1, WORDS(is_unsigned)}}},
    [IR_vfcvtl] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfcvtn] = {{LANE, VECTOR_MODE, RULES, {15, 1, WORDS(bfloat)}}},
    [IR_vfmulx] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfrecpe] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfrecps] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfrecpx] = {{LANE, RULES}},
    [IR_vfrsqrte] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfrsqrts] = {{LANE, VECTOR_MODE, RULES}},
    [IR_vfmal] = {{LANE, VECTOR_MODE, RULES, {15, 1, WORDS(negate_product)}}},
    [IR_vget] = {{LANE, INDEX, {6, 1, WORDS(is_signed)}}},
    [IR_vput] = {{LANE, INDEX}},
    [IR_vputlane] = {{LANE, INDEX, {6, 4, WORDS(indices)}}},
    [IR_vduplane] = {{LANE, INDEX}},
    [IR_vext] = {{{0, 4, WORDS(indices)}}},
    [IR_vrev] = {{LANE, INDEX}},
    [IR_vhadd] = {{LANE, VECTOR_UNSIGNED, ROUND_UP}},
    [IR_vhsub] = {{LANE, VECTOR_UNSIGNED}},
    [IR_vshlv] = {{LANE, VECTOR_UNSIGNED, ROUND_UP, {4, 2, WORDS(saturation)}}},
    [IR_vqnarrow] = {{LANE, {2, 2, WORDS(narrowing)}}},
    [IR_vsqdmulh] = {{LANE, ROUND_UP}},
    [IR_vsqrdmla] = {{LANE, {2, 1, WORDS(subtract)}, {3, 1, WORDS(overflows)}}},
    [IR_vpaddl] = {{LANE, VECTOR_UNSIGNED}},
    [IR_vsha1] = {{{0, 16, WORDS(sha1_functions)}}},
    [IR_vsm3tt] = {{{0, 16, WORDS(sm3_parts)}}},
    [IR_vsm4] = {{{0, 16, WORDS(sm4_key)}}},
    [IR_vdot] = {{{0, 16, WORDS(signs)}}},
};

const struct aux_text *ir_aux_text(unsigned op) {
    static const struct aux_text lane = {{LANE}};
    bool plain = ir_ops[op].shape == IR_VECTOR && !aux_text[op].field[0].words;
    return plain ? &lane : &aux_text[op];
}

/* --- helpers --- */

static struct ir_helper_list *helper_lists;

void ir_add_helpers(struct ir_helper_list *list) {
    list->next = helper_lists;
    helper_lists = list;
}

const struct ir_helper *ir_find_helper(const char *name, size_t length) {
    for (const struct ir_helper_list *list = helper_lists; list; list = list->next)
        for (unsigned i = 0; i < list->count; i++)
            if (strlen(list->helpers[i]->name) == length &&
                memcmp(list->helpers[i]->name, name, length) == 0)
                return list->helpers[i];
    return NULL;
}
