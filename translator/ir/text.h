/* The words of textual IR, shared by the printer and the parser.
 *
 *     @2                                    of guest instruction 2, from here on
 *     %1 = get.i64 a0
 *     %2 = load.i64.s32.acquire [%1 + %4*8 + 16]
 *     %3 = const.i64 -1
 *     %5 = fma.f64.dyn.negaddend %6, %7, %8
 *     put.i64 a1, %2                        ; a comment
 *     %9 = pcrel.i64 pc+0x10+field1@2       the field of guest instruction 2
 *     %10 = helper.i64 name(%1, %2)
 *     exit_if.i64 ltu %1, %2 -> %9
 *     trap illegal %9
 */
#ifndef TRANSLATOR_IR_TEXT_H
#define TRANSLATOR_IR_TEXT_H

#include "translator/ir/ir.h"

/* A part of `aux` and the words for its values; "" prints as nothing, and stands for 0 only. */
struct aux_field {
    uint8_t shift, bits;
    uint8_t count;
    bool apart; /* after a space instead of a dot */
    const char *const *words;
};

enum { AUX_FIELDS = 5 };
struct aux_text {
    struct aux_field field[AUX_FIELDS]; /* up to the first without words */
};

/* Of the operation; no field has words if its aux has none. */
const struct aux_text *ir_aux_text(unsigned op);

extern const char *const ir_type_names[IR_TYPE_COUNT];

enum { EXIT_REASON_COUNT = EXIT_YIELD + 1 };
extern const char *const ir_exit_names[EXIT_REASON_COUNT];

/* Helpers that the parser knows by name: every guest adds its own. Not thread-safe; at start. */
struct ir_helper_list {
    const struct ir_helper *const *helpers;
    unsigned count;
    struct ir_helper_list *next;
};
void ir_add_helpers(struct ir_helper_list *list);
const struct ir_helper *ir_find_helper(const char *name, size_t length);

#endif
