/* Text to IR: the reverse of print.c. For tests and tools, so it favours clear messages over speed.
 *
 * Values may carry any number; what is appended is numbered in order. Nothing is folded. */
#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "translator/ir/text.h"

enum { MAX_NUMBER = UINT16_MAX };

struct parser {
    struct ir *ir;
    const char *at;
    unsigned line;
    const struct guest *guest;
    ir_ref *value; /* by number in the text */
    char *error;
    size_t error_size;
    jmp_buf failed;
};

static _Noreturn __attribute__((format(printf, 2, 3))) void fail(struct parser *p,
                                                                 const char *format, ...) {
    va_list arguments;
    int length = snprintf(p->error, p->error_size, "line %u: ", p->line);
    va_start(arguments, format);
    if (length > 0 && (size_t)length < p->error_size)
        vsnprintf(p->error + length, p->error_size - (size_t)length, format, arguments);
    va_end(arguments);
    longjmp(p->failed, 1);
}

/* --- tokens --- */

static void skip_blanks(struct parser *p) {
    while (*p->at == ' ' || *p->at == '\t')
        p->at++;
}

static bool at_line_end(struct parser *p) {
    skip_blanks(p);
    return *p->at == '\0' || *p->at == '\n' || *p->at == ';';
}

static bool accept(struct parser *p, const char *token) {
    skip_blanks(p);
    size_t length = strlen(token);
    if (strncmp(p->at, token, length) != 0)
        return false;
    p->at += length;
    return true;
}

static void expect(struct parser *p, const char *token) {
    if (!accept(p, token))
        fail(p, "expected '%s' before '%.12s'", token, p->at);
}

static size_t word_length(const char *text) {
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == '_' || text[length] == '+')
        length++;
    return length;
}

/* Takes the word at hand if it is `word`. */
static bool accept_word(struct parser *p, const char *word) {
    size_t length = strlen(word);
    if (word_length(p->at) != length || strncmp(p->at, word, length) != 0)
        return false;
    p->at += length;
    return true;
}

/* The index of the word at hand among `words`, where "" and NULL never match; -1 if none. */
static int accept_one_of(struct parser *p, const char *const *words, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        if (words[i] && *words[i] && accept_word(p, words[i]))
            return (int)i;
    return -1;
}

/* Decimal or hexadecimal, with or without a sign. */
static uint64_t number(struct parser *p) {
    skip_blanks(p);
    bool negative = *p->at == '-';
    if (negative)
        p->at++;
    char *end;
    uint64_t value = strtoull(p->at, &end, 0);
    if (end == p->at || !isdigit((unsigned char)*p->at))
        fail(p, "expected a number before '%.12s'", p->at);
    p->at = end;
    return negative ? -value : value;
}

static unsigned value_number(struct parser *p) {
    expect(p, "%");
    uint64_t n = number(p);
    if (n == 0 || n > MAX_NUMBER)
        fail(p, "no value can have the number %" PRIu64, n);
    return (unsigned)n;
}

static ir_ref value(struct parser *p) {
    unsigned n = value_number(p);
    if (!p->value[n])
        fail(p, "%%%u is used before it is defined", n);
    return p->value[n];
}

static ir_ref next_value(struct parser *p) {
    expect(p, ",");
    return value(p);
}

static int name_index(struct parser *p, const char *const *names, unsigned count) {
    return names ? accept_one_of(p, names, count) : -1;
}

static unsigned guest_register(struct parser *p) {
    static const struct {
        char letter;
        unsigned first, count;
    } kinds[] = {{'r', REG_GPR, CPU_GPRS}, {'v', REG_VEC, CPU_VECS}, {'c', REG_CTL, CPU_CTLS}};
    const struct guest *guest = p->guest;
    skip_blanks(p);
    for (unsigned i = 0; i < 3; i++) {
        const char *const *const names[] = {guest ? guest->gpr_names : NULL,
                                            guest ? guest->vec_names : NULL,
                                            guest ? guest->ctl_names : NULL};
        int index = name_index(p, names[i], kinds[i].count);
        if (index >= 0)
            return kinds[i].first + (unsigned)index;
    }
    for (unsigned i = 0; i < 3; i++)
        if (*p->at == kinds[i].letter && isdigit((unsigned char)p->at[1])) {
            p->at++;
            uint64_t index = number(p);
            if (index < kinds[i].count)
                return kinds[i].first + (unsigned)index;
            break;
        }
    fail(p, "expected a guest register before '%.12s'", p->at);
}

/* --- parts of an instruction --- */

static void parse_aux(struct parser *p, struct ir_insn *insn) {
    const struct aux_field *field = ir_aux_text(insn->op)->field;
    for (unsigned i = 0; i < AUX_FIELDS && field[i].words; i++) {
        const char *before = p->at;
        bool optional = field[i].words[0] && !*field[i].words[0];
        bool led = accept(p, field[i].apart ? "" : ".");
        int index = led ? accept_one_of(p, field[i].words, field[i].count) : -1;
        if (index >= 0)
            insn->aux |= (uint16_t)(index << field[i].shift);
        else if (optional)
            p->at = before;
        else
            fail(p, "%s: unknown word before '%.12s'", ir_ops[insn->op].name, before);
    }
}

static void parse_pcrel(struct parser *p, struct ir_insn *insn) {
    expect(p, "pc");
    if (*p->at == '+' && p->at[1] != 'f') {
        p->at++;
        insn->imm = number(p);
    } else if (*p->at == '-') {
        insn->imm = number(p);
    }
    if (!accept(p, "+field"))
        return;
    uint64_t field = number(p);
    if (field == 0 || field > UNIT_MAX_INSNS)
        fail(p, "no field can have the number %" PRIu64, field);
    insn->aux = (uint16_t)field;
    expect(p, "@");
    p->ir->field_where[field - 1] = (uint16_t)number(p);
    if (field > p->ir->fields)
        p->ir->fields = (uint16_t)field;
}

static void parse_address(struct parser *p, struct ir_insn *insn) {
    expect(p, "[");
    insn->a = value(p);
    while (!accept(p, "]")) {
        bool minus = accept(p, "-");
        if (!minus)
            expect(p, "+");
        skip_blanks(p);
        if (*p->at != '%') {
            uint64_t offset = number(p);
            insn->imm += minus ? -offset : offset;
            continue;
        }
        insn->b = value(p);
        expect(p, "*");
        uint64_t scale = number(p);
        if (minus || (scale != 1 && scale != 2 && scale != 4 && scale != 8))
            fail(p, "an index is scaled by 1, 2, 4 or 8");
        insn->aux |= (uint16_t)(__builtin_ctzll(scale) << 4);
    }
}

static void parse_helper(struct parser *p, struct ir_insn *insn) {
    skip_blanks(p);
    size_t length = word_length(p->at);
    const struct ir_helper *helper = ir_find_helper(p->at, length);
    if (!helper)
        fail(p, "no helper is called '%.*s'", (int)length, p->at);
    p->at += length;
    insn->imm = (uint64_t)(uintptr_t)helper;
    ir_ref arguments[3] = {0};
    expect(p, "(");
    for (unsigned i = 0; i < helper->arguments; i++)
        arguments[i] = i ? next_value(p) : value(p);
    expect(p, ")");
    insn->a = arguments[0];
    insn->b = arguments[1];
    insn->c = arguments[2];
}

static void parse_operands(struct parser *p, struct ir_insn *insn) {
    switch (insn->op) {
    case IR_const:
        insn->imm = number(p);
        if (ir_type_size((enum ir_type)insn->type) < 8)
            insn->imm &= (UINT64_C(1) << ir_type_size((enum ir_type)insn->type) * 8) - 1;
        break;
    case IR_pcrel: parse_pcrel(p, insn); break;
    case IR_get: insn->aux = (uint16_t)guest_register(p); break;
    case IR_put:
    case IR_put_at_exit:
        insn->aux = (uint16_t)guest_register(p);
        insn->a = next_value(p);
        break;
    case IR_load: parse_address(p, insn); break;
    case IR_store:
        parse_address(p, insn);
        insn->c = next_value(p);
        break;
    case IR_rmw:
        parse_address(p, insn);
        insn->b = next_value(p);
        break;
    case IR_cas:
        parse_address(p, insn);
        insn->b = next_value(p);
        insn->c = next_value(p);
        break;
    case IR_store_cond:
        parse_address(p, insn);
        insn->b = next_value(p);
        expect(p, ",");
        insn->imm = guest_register(p);
        break;
    case IR_helper: parse_helper(p, insn); break;
    case IR_exit_if:
        insn->b = value(p);
        insn->c = next_value(p);
        expect(p, "->");
        insn->a = value(p);
        break;
    case IR_trap: {
        skip_blanks(p);
        int reason = accept_one_of(p, ir_exit_names, EXIT_REASON_COUNT);
        if (reason < 0)
            fail(p, "unknown reason to exit before '%.12s'", p->at);
        insn->imm = (uint64_t)reason;
        insn->a = value(p);
        break;
    }
    default: {
        ir_ref *const operands[] = {&insn->a, &insn->b, &insn->c};
        for (unsigned i = 0; i < ir_ops[insn->op].arguments; i++)
            *operands[i] = i ? next_value(p) : value(p);
        break;
    }
    }
}

static void parse_insn(struct parser *p) {
    struct ir_insn insn = {.where = (uint8_t)p->ir->where};
    unsigned defined = 0;
    skip_blanks(p);
    if (*p->at == '%') {
        defined = value_number(p);
        if (p->value[defined])
            fail(p, "%%%u is defined twice", defined);
        expect(p, "=");
        skip_blanks(p);
    }

    int op = 0;
    while (op < IR_OP_COUNT && !accept_word(p, ir_ops[op].name))
        op++;
    if (op == IR_OP_COUNT)
        fail(p, "unknown operation before '%.12s'", p->at);
    insn.op = (uint8_t)op;
    if (*p->at == '.') {
        p->at++;
        int type = accept_one_of(p, ir_type_names, IR_TYPE_COUNT);
        if (type < 0)
            fail(p, "unknown type before '%.12s'", p->at);
        insn.type = (uint8_t)type;
    }
    parse_aux(p, &insn);
    parse_operands(p, &insn);

    bool has_result = ir_result_type(&insn) != IR_VOID;
    if (has_result != (defined != 0))
        fail(p, "%s %s", ir_ops[op].name, has_result ? "makes a value" : "makes no value");
    p->value[defined] = ir_append(p->ir, &insn);
}

static void parse_line(struct parser *p) {
    if (accept(p, "@"))
        p->ir->where = (uint16_t)number(p);
    else if (!at_line_end(p))
        parse_insn(p);
    if (!at_line_end(p))
        fail(p, "unexpected '%.12s'", p->at);
}

bool ir_parse(struct ir *ir, const char *text, const struct guest *guest, char *error,
              size_t size) {
    struct parser p = {
        .ir = ir, .at = text, .line = 1, .guest = guest, .error = error, .error_size = size};
    p.value = arena_array(ir->arena, ir_ref, MAX_NUMBER + 1);
    memset(p.value, 0, sizeof(ir_ref) * (MAX_NUMBER + 1));
    if (setjmp(p.failed))
        return false;
    for (;;) {
        parse_line(&p);
        p.at += strcspn(p.at, "\n");
        if (*p.at == '\0')
            return true;
        p.at++;
        p.line++;
    }
}
