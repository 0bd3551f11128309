/* IR as text (text.h has the language). What ir_parse makes of it prints the same again. */
#include <inttypes.h>
#include <string.h>

#include "translator/ir/text.h"

static void print_aux(FILE *out, const struct ir_insn *insn) {
    const struct aux_field *field = ir_aux_text(insn->op)->field;
    for (unsigned i = 0; i < AUX_FIELDS && field[i].words; i++) {
        unsigned value = insn->aux >> field[i].shift & ((1u << field[i].bits) - 1);
        const char *word = value < field[i].count ? field[i].words[value] : NULL;
        if (!word)
            fprintf(out, ".?%u", value);
        else if (*word)
            fprintf(out, "%c%s", field[i].apart ? ' ' : '.', word);
    }
}

static void print_register(FILE *out, unsigned reg, const struct guest *guest) {
    unsigned index;
    const char *const *names;
    char letter;
    if (reg < REG_VEC) {
        index = reg - REG_GPR, names = guest ? guest->gpr_names : NULL, letter = 'r';
    } else if (reg < REG_CTL) {
        index = reg - REG_VEC, names = guest ? guest->vec_names : NULL, letter = 'v';
    } else {
        index = reg - REG_CTL, names = guest ? guest->ctl_names : NULL, letter = 'c';
    }
    if (names && names[index])
        fprintf(out, "%s", names[index]);
    else
        fprintf(out, "%c%u", letter, index);
}

static void print_const(FILE *out, const struct ir_insn *insn) {
    int64_t value = insn->type == IR_I32 ? (int32_t)insn->imm : (int64_t)insn->imm;
    bool integer = insn->type == IR_I32 || insn->type == IR_I64;
    if (integer && value > -4096 && value < 4096)
        fprintf(out, " %" PRId64, value);
    else
        fprintf(out, " 0x%" PRIx64, insn->imm);

    double number;
    float single;
    if (insn->type == IR_F64) {
        memcpy(&number, &insn->imm, sizeof(number));
        fprintf(out, " ; %.17g", number);
    } else if (insn->type == IR_F32) {
        uint32_t bits = (uint32_t)insn->imm;
        memcpy(&single, &bits, sizeof(single));
        fprintf(out, " ; %.9g", (double)single);
    }
}

static void print_pcrel(FILE *out, const struct ir *ir, const struct ir_insn *insn) {
    int64_t offset = (int64_t)insn->imm;
    uint64_t magnitude = offset < 0 ? -insn->imm : insn->imm;
    fprintf(out, " pc%c0x%" PRIx64, offset < 0 ? '-' : '+', magnitude);
    if (insn->aux)
        fprintf(out, "+field%u@%u", insn->aux, ir->field_where[insn->aux - 1]);
}

static void print_address(FILE *out, const struct ir_insn *insn) {
    bool indexed = (insn->op == IR_load || insn->op == IR_store) && insn->b;
    int64_t offset = (int64_t)insn->imm;
    fprintf(out, " [%%%u", insn->a);
    if (indexed)
        fprintf(out, " + %%%u*%u", insn->b, 1u << IR_MEM_SCALE(insn->aux));
    if (offset && insn->op != IR_store_cond)
        fprintf(out, " %c %" PRIu64, offset < 0 ? '-' : '+', offset < 0 ? -insn->imm : insn->imm);
    fprintf(out, "]");
}

static void print_helper(FILE *out, const struct ir_insn *insn) {
    const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)insn->imm;
    const ir_ref arguments[] = {insn->a, insn->b, insn->c};
    fprintf(out, " %s(", helper->name);
    for (unsigned i = 0; i < helper->arguments; i++)
        fprintf(out, "%s%%%u", i ? ", " : "", arguments[i]);
    fprintf(out, ")");
}

static void print_insn(FILE *out, const struct ir *ir, const struct ir_insn *insn, ir_ref number,
                       const struct guest *guest) {
    if (ir_result_type(insn) != IR_VOID)
        fprintf(out, "%%%u = ", number);
    fprintf(out, "%s", ir_ops[insn->op].name);
    if (insn->type != IR_VOID)
        fprintf(out, ".%s", ir_type_names[insn->type]);
    print_aux(out, insn);
    switch (insn->op) {
    case IR_const: print_const(out, insn); break;
    case IR_pcrel: print_pcrel(out, ir, insn); break;
    case IR_get:
        fprintf(out, " ");
        print_register(out, insn->aux, guest);
        break;
    case IR_put:
    case IR_put_at_exit:
        fprintf(out, " ");
        print_register(out, insn->aux, guest);
        fprintf(out, ", %%%u", insn->a);
        break;
    case IR_load: print_address(out, insn); break;
    case IR_store:
        print_address(out, insn);
        fprintf(out, ", %%%u", insn->c);
        break;
    case IR_rmw:
        print_address(out, insn);
        fprintf(out, ", %%%u", insn->b);
        break;
    case IR_cas:
        print_address(out, insn);
        fprintf(out, ", %%%u, %%%u", insn->b, insn->c);
        break;
    case IR_store_cond:
        print_address(out, insn);
        fprintf(out, ", %%%u, ", insn->b);
        print_register(out, (unsigned)insn->imm, guest);
        break;
    case IR_helper: print_helper(out, insn); break;
    case IR_exit_if: fprintf(out, " %%%u, %%%u -> %%%u", insn->b, insn->c, insn->a); break;
    case IR_trap: fprintf(out, " %s %%%u", ir_exit_names[insn->imm], insn->a); break;
    default: {
        const ir_ref operands[] = {insn->a, insn->b, insn->c};
        for (unsigned i = 0; i < ir_ops[insn->op].arguments; i++)
            fprintf(out, "%s %%%u", i ? "," : "", operands[i]);
        break;
    }
    }
    fprintf(out, "\n");
}

/* What was dropped is left out: the others are numbered without it. */
void ir_print(FILE *out, const struct ir *ir, const struct guest *guest) {
    unsigned where = 0;
    ir_ref *numbers = arena_array(ir->arena, ir_ref, ir->count), number = 0;
    for (uint32_t i = 1; i < ir->count; i++) {
        struct ir_insn insn = ir->insn[i];
        numbers[i] = 0;
        if (insn.op == IR_nop)
            continue;
        if (insn.where != where) {
            where = insn.where;
            fprintf(out, "@%u\n", where);
        }
        ir_ref *const operands[] = {&insn.a, &insn.b, &insn.c};
        for (unsigned k = 0; k < 3; k++)
            if (*operands[k] && *operands[k] < i)
                *operands[k] = numbers[*operands[k]];
        numbers[i] = ++number;
        print_insn(out, ir, &insn, number, guest);
    }
}
