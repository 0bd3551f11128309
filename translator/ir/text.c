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
static const char *const modes[] = {"rne", "rtz", "rdn", "rup", "rmm", NULL, NULL, "dyn"};
static const char *const is_unsigned[] = {"", "unsigned"};
static const char *const exact[] = {"", "exact"};
static const char *const negate_product[] = {"", "negproduct"};
static const char *const negate_addend[] = {"", "negaddend"};
static const char *const repeated[] = {"", "repeated"};
static const char *const lanes[] = {"b", "h", "s", "d"};
static const char *const indices[] = {"0", "1", "2",  "3",  "4",  "5",  "6",  "7",
                                      "8", "9", "10", "11", "12", "13", "14", "15"};
static const char *const is_signed[] = {"", "signed"};
static const char *const round_up[] = {"", "round"};
static const char *const saturation[] = {"", "saturate", NULL, "to_unsigned", "overflows"};
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
    [IR_align] = {{{0, 16, WORDS_APART(sizes)}}},
    [IR_fence] = {{{0, 16, WORDS_APART(orderings)}}},
    [IR_fadd] = {{MODE}},
    [IR_fsub] = {{MODE}},
    [IR_fmul] = {{MODE}},
    [IR_fdiv] = {{MODE}},
    [IR_fsqrt] = {{MODE}},
    [IR_ftof] = {{MODE}},
    [IR_fma] = {{MODE, {3, 1, WORDS(negate_product)}, {4, 1, WORDS(negate_addend)}}},
    [IR_fround] = {{MODE, {3, 1, WORDS(exact)}}},
    [IR_ftoi] = {{MODE, UNSIGNED}},
    [IR_itof] = {{MODE, UNSIGNED}},
    [IR_vget] = {{LANE, INDEX, {6, 1, WORDS(is_signed)}}},
    [IR_vput] = {{LANE, INDEX}},
    [IR_vputlane] = {{LANE, INDEX, {6, 4, WORDS(indices)}}},
    [IR_vduplane] = {{LANE, INDEX}},
    [IR_vext] = {{{0, 4, WORDS(indices)}}},
    [IR_vrev] = {{LANE, INDEX}},
    [IR_vhadd] = {{LANE, VECTOR_UNSIGNED, ROUND_UP}},
    [IR_vhsub] = {{LANE, VECTOR_UNSIGNED}},
    [IR_vshlv] = {{LANE, VECTOR_UNSIGNED, ROUND_UP, {4, 3, WORDS(saturation)}}},
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
