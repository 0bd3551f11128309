/* Assembly text from the rows, in the manner of GNU objdump with -M no-aliases. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/fp.h"
#include "translator/guest/riscv64/decode.h"
#include "translator/guest/riscv64/riscv64.h"

const char *const riscv64_gpr_names[CPU_GPRS] = {
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
};

const char *const riscv64_fpr_names[CPU_VECS] = {
    "ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1",  "fa0",
    "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4",  "fs5",
    "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11",
};

struct text {
    char *out;
    size_t size, length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = text->length < text->size ? text->size - text->length : 0;
    int length = vsnprintf(room ? text->out + text->length : NULL, room, format, arguments);
    va_end(arguments);
    text->length += length > 0 ? (size_t)length : 0;
}

static void add_csr(struct text *text, unsigned number) {
    static const struct {
        unsigned number;
        const char *name;
    } names[] = {
        {0x001, "fflags"}, {0x002, "frm"},  {0x003, "fcsr"},
        {0xc00, "cycle"},  {0xc01, "time"}, {0xc02, "instret"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number) {
            add(text, "%s", names[i].name);
            return;
        }
    add(text, "%u", number);
}

static void add_accesses(struct text *text, unsigned accesses) {
    for (unsigned i = 0; i < 4; i++)
        if (accesses & 8 >> i)
            add(text, "%c", "iorw"[i]);
    if (!accesses)
        add(text, "0");
}

static void add_fli_value(struct text *text, unsigned index) {
    static const char *const values[32] = {
        "-1.0",
        "min",
        "1.52587890625e-05",
        "3.0517578125e-05",
        "0.00390625",
        "0.0078125",
        "0.0625",
        "0.125",
        "0.25",
        "0.3125",
        "0.375",
        "0.4375",
        "0.5",
        "0.625",
        "0.75",
        "0.875",
        "1.0",
        "1.25",
        "1.5",
        "1.75",
        "2.0",
        "2.5",
        "3.0",
        "4.0",
        "8.0",
        "16.0",
        "128.0",
        "256.0",
        "32768.0",
        "65536.0",
        "inf",
        "nan",
    };
    add(text, "%s", values[index]);
}

static void add_operand(struct text *text, char letter, const struct operands *a, uint64_t pc) {
    switch (letter) {
    case 'd': add(text, "%s", riscv64_gpr_names[a->d]); break;
    case 's': add(text, "%s", riscv64_gpr_names[a->s]); break;
    case 't': add(text, "%s", riscv64_gpr_names[a->t]); break;
    case 'D': add(text, "%s", riscv64_fpr_names[a->d]); break;
    case 'S': add(text, "%s", riscv64_fpr_names[a->s]); break;
    case 'T': add(text, "%s", riscv64_fpr_names[a->t]); break;
    case 'R': add(text, "%s", riscv64_fpr_names[a->r]); break;
    case '$': add(text, "sp"); break;
    case 'z': add(text, "%u", a->s); break;
    case 'c': add_csr(text, (unsigned)a->imm); break;
    case 'f':
        add_accesses(text, a->imm >> 4 & 15);
        add(text, ",");
        add_accesses(text, a->imm & 15);
        break;
    case 'k': add_fli_value(text, (unsigned)a->imm); break;
    case 'u': /* the field, not its value */
    case 'U': add(text, "0x%x", (unsigned)(a->imm >> 12 & 0xfffff)); break;
    case 'b':
    case 'j':
    case 'B':
    case 'J': add(text, "0x%llx", (unsigned long long)(pc + (uint64_t)a->imm)); break;
    case ',':
    case '(':
    case ')': add(text, "%c", letter); break;
    default: /* the letter of an immediate */ add(text, "%lld", (long long)a->imm); break;
    }
}

/* The mnemonic with what operands add to it: ordering bits, the number of a may-be-operation. */
static void add_mnemonic(struct text *text, const struct row *row, const struct operands *a) {
    static const char *const orders[] = {"", ".aq", ".rl", ".aqrl"};
    for (const char *p = row->text->name; *p; p++)
        add(text, "%c", *p == '_' ? '.' : *p);
    add(text, "%s", orders[a->order]);
    if (row->text->operands[0] == 'n' || row->text->operands[0] == 'N')
        add(text, ".%lld", (long long)a->imm | (row->text->operands[0] == 'N'));
}

unsigned riscv64_disassemble(const struct guest_insn *insn, uint64_t pc, char *out, size_t size) {
    struct text text = {out, size, 0};
    struct operands a;
    const struct row *row = riscv64_decode(insn->word, &a);
    if (!row) {
        add(&text, insn->length == 2 ? ".2byte\t0x%04x" : ".4byte\t0x%08x", insn->word);
        return insn->length;
    }
    add_mnemonic(&text, row, &a);
    const char *separator = "\t";
    for (const char *p = row->text->operands; *p; p++) {
        if (*p == 'n' || *p == 'N')
            continue;
        if (p[0] == ',' && p[1] == 'm') {
            static const char *const modes[] = {",rne", ",rtz", ",rdn", ",rup", ",rmm"};
            add(&text, "%s", a.rm == FP_DYNAMIC ? "" : modes[a.rm]);
            break;
        }
        add(&text, "%s", separator);
        separator = "";
        add_operand(&text, *p, &a, pc);
    }
    return insn->length;
}
