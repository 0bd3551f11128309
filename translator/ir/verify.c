/* Checks IR against every rule of its form. */
#include <stdarg.h>
#include <stdio.h>

#include "translator/ir/ir.h"
#include "translator/ir/text.h"

static const char *wrong(const struct ir *ir, uint32_t index, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static const char *wrong(const struct ir *ir, uint32_t index, const char *format, ...) {
    enum { SIZE = 160 };
    char *message = arena_array(ir->arena, char, SIZE);
    int length = snprintf(message, SIZE, "%%%u = %s: ", index, ir_ops[ir->insn[index].op].name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message + length, SIZE - (size_t)length, format, arguments);
    va_end(arguments);
    return message;
}

/* Sets of types. */
enum {
    NONE = 1 << IR_VOID,
    I32 = 1 << IR_I32,
    I64 = 1 << IR_I64,
    INTEGER = I32 | I64,
    F16 = 1 << IR_F16,
    F32 = 1 << IR_F32,
    F64 = 1 << IR_F64,
    FLOAT = F16 | F32 | F64,
    V128 = 1 << IR_V128,
    ANY = INTEGER | FLOAT | V128,
    SAME = 0, /* for operands: the instruction's type */
};

/* Which types an instruction and its operands may have. Rows without operand sets: all operands are
 * of the instruction's type. */
static const struct {
    uint8_t type, a, b, c;
} typing[IR_OP_COUNT] = {
    [IR_nop] = {NONE, NONE, NONE, NONE},
    [IR_const] = {ANY, NONE, NONE, NONE},
    [IR_pcrel] = {I64, NONE, NONE, NONE},
    [IR_get] = {I64 | FLOAT | V128, NONE, NONE, NONE},
    [IR_put] = {I64 | F64 | V128, SAME, NONE, NONE},
    [IR_put_at_exit] = {I64, SAME, NONE, NONE},
    [IR_sext32] = {I64, I32, NONE, NONE},
    [IR_zext32] = {I64, I32, NONE, NONE},
    [IR_trunc] = {I32, I64, NONE, NONE},
    [IR_flags_adc] = {INTEGER, SAME, SAME, I64},
    [IR_flags_fcmp] = {FLOAT, SAME, SAME, NONE},
    [IR_flags_cond] = {I64, I64, NONE, NONE},
    [IR_vfrom] = {V128, INTEGER | FLOAT, NONE, NONE},
    [IR_vlowf] = {FLOAT, V128, NONE, NONE},
    [IR_vget] = {V128, SAME, NONE, NONE},
    [IR_vput] = {V128, SAME, I64, NONE},
    [IR_vdup] = {V128, I64, NONE, NONE},
    [IR_vqc] = {V128, SAME, SAME, NONE},
    [IR_vshl] = {V128, SAME, I64, NONE},
    [IR_vshr] = {V128, SAME, I64, NONE},
    [IR_vsar] = {V128, SAME, I64, NONE},
    [IR_vror] = {V128, SAME, I64, NONE},
    [IR_crc32] = {I64, SAME, SAME, NONE},
    [IR_crc32c] = {I64, SAME, SAME, NONE},
    [IR_select] = {ANY, I64, SAME, SAME},
    [IR_load] = {ANY, I64, NONE | I64, NONE},
    [IR_store] = {ANY, I64, NONE | I64, SAME},
    [IR_rmw] = {INTEGER, I64, SAME, NONE},
    [IR_cas] = {INTEGER, I64, SAME, SAME},
    [IR_store_cond] = {INTEGER, I64, SAME, NONE},
    [IR_align] = {NONE, I64, NONE, NONE},
    [IR_fence] = {NONE, NONE, NONE, NONE},
    [IR_ftof] = {FLOAT, FLOAT, NONE, NONE},
    [IR_ftoi] = {INTEGER, FLOAT, NONE, NONE},
    [IR_ftoi_modular] = {I64, F64, NONE, NONE},
    [IR_itof] = {FLOAT, INTEGER, NONE, NONE},
    [IR_fbits] = {INTEGER, FLOAT, NONE, NONE},
    [IR_ffrom] = {FLOAT, INTEGER, NONE, NONE},
    [IR_nanbox] = {F64, F16 | F32, NONE, NONE},
    [IR_nanunbox] = {F16 | F32, F64, NONE, NONE},
    [IR_get_fflags] = {I64, NONE, NONE, NONE},
    [IR_put_fflags] = {NONE | I64, I64, NONE, NONE},
    [IR_put_fround] = {NONE | I64, I64, NONE, NONE},
    [IR_helper] = {NONE | INTEGER, NONE | I64, NONE | I64, NONE | I64},
    [IR_exit_if] = {INTEGER, I64, SAME, SAME},
    [IR_jump] = {NONE, I64, NONE, NONE},
    [IR_call] = {NONE, I64, I64, NONE},
    [IR_ret] = {NONE, I64, NONE, NONE},
    [IR_trap] = {NONE, I64, NONE, NONE},
};

/* The rows of regular shape: integers in front of the vectors and the floating-point part of
 * ops.def. */
static unsigned types_allowed(const struct ir_insn *insn) {
    if (typing[insn->op].type)
        return typing[insn->op].type;
    bool vector = insn->op >= IR_vfrom && insn->op < IR_load;
    return vector ? V128 : insn->op >= IR_fadd ? FLOAT : INTEGER;
}

static unsigned operand_types(const struct ir_insn *insn, unsigned index) {
    if (!typing[insn->op].type)
        return index < ir_ops[insn->op].arguments ? 1u << insn->type : NONE;
    const uint8_t sets[] = {typing[insn->op].a, typing[insn->op].b, typing[insn->op].c};
    return sets[index] == SAME ? 1u << insn->type : sets[index];
}

static const char *check_types(const struct ir *ir, uint32_t index) {
    const struct ir_insn *insn = &ir->insn[index];
    const ir_ref operands[] = {insn->a, insn->b, insn->c};
    if (insn->type >= IR_TYPE_COUNT || !(types_allowed(insn) & 1u << insn->type))
        return wrong(ir, index, "cannot have type %u", insn->type);
    for (unsigned i = 0; i < 3; i++) {
        if (operands[i] >= index)
            return wrong(ir, index, "operand %u does not point backwards", i);
        unsigned allowed = operand_types(insn, i);
        if (!(allowed & 1u << ir_result_type(&ir->insn[operands[i]])))
            return wrong(ir, index, "operand %u (%%%u) has the wrong type", i, operands[i]);
    }
    return NULL;
}

/* The words of aux must exist, and nothing else may be set. */
static const char *check_aux(const struct ir *ir, uint32_t index) {
    const struct ir_insn *insn = &ir->insn[index];
    const struct aux_field *field = ir_aux_text(insn->op)->field;
    unsigned rest = insn->aux;
    for (unsigned i = 0; i < AUX_FIELDS && field[i].words; i++) {
        unsigned mask = (1u << field[i].bits) - 1, value = insn->aux >> field[i].shift & mask;
        if (value >= field[i].count || !field[i].words[value])
            return wrong(ir, index, "aux 0x%x has no meaning", insn->aux);
        rest &= ~(mask << field[i].shift);
    }
    switch (insn->op) {
    case IR_load:
    case IR_store:
        rest &= insn->b ? ~0x30u : ~0u; /* the scale */
        break;
    case IR_pcrel:
        if (insn->aux > ir->fields)
            return wrong(ir, index, "there is no field %u", insn->aux);
        return NULL;
    case IR_get:
    case IR_put:
    case IR_put_at_exit:
        if (insn->aux >= REG_COUNT)
            return wrong(ir, index, "there is no register %u", insn->aux);
        if (insn->op == IR_put_at_exit && insn->aux < REG_CTL)
            return wrong(ir, index, "is for control registers only");
        bool vector = insn->aux >= REG_VEC && insn->aux < REG_CTL;
        if (vector == (insn->type == IR_I64))
            return wrong(ir, index, "register %u has no such type", insn->aux);
        return NULL;
    default: break;
    }
    return rest ? wrong(ir, index, "aux 0x%x has no meaning", insn->aux) : NULL;
}

static const char *check_access(const struct ir *ir, uint32_t index) {
    const struct ir_insn *insn = &ir->insn[index];
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 8, 16};
    unsigned size = sizes[IR_MEM_KIND(insn->aux)],
             type_size = ir_type_size((enum ir_type)insn->type);
    bool integer = insn->type == IR_I32 || insn->type == IR_I64;
    if (size > type_size || (!integer && insn->op == IR_load && size != type_size))
        return wrong(ir, index, "the access does not fit the type");
    if (insn->op == IR_load || insn->op == IR_store) {
        if ((int64_t)insn->imm != (int32_t)insn->imm)
            return wrong(ir, index, "the offset is too large");
    } else if (insn->op == IR_store_cond) {
        if (insn->imm < REG_CTL || insn->imm + 1 >= REG_COUNT)
            return wrong(ir, index, "the reservation is not a pair of control registers");
    } else if (insn->imm) {
        return wrong(ir, index, "has no offset");
    }
    return NULL;
}

static const char *check_helper(const struct ir *ir, uint32_t index) {
    const struct ir_insn *insn = &ir->insn[index];
    const struct ir_helper *helper = (const struct ir_helper *)(uintptr_t)insn->imm;
    const ir_ref operands[] = {insn->a, insn->b, insn->c};
    if (!helper || helper->result != insn->type || helper->arguments > 3)
        return wrong(ir, index, "does not fit its helper");
    if (helper->may_exit && helper->result != IR_I64)
        return wrong(ir, index, "%s may exit, but has no I64 result", helper->name);
    for (unsigned i = 0; i < 3; i++)
        if ((operands[i] != IR_NO_REF) != (i < helper->arguments))
            return wrong(ir, index, "%s takes %u arguments", helper->name, helper->arguments);
    return NULL;
}

/* The lanes that there are of an operation on integer vectors: bit n for 1 << n bytes. 0: all. */
enum { LANES_B = 1, LANES_BHS = 7, LANES_HS = 6, LANES_S = 4, LANES_BD = 9 };
static const uint8_t lanes_allowed[IR_OP_COUNT] = {
    [IR_vmul] = LANES_BHS,    [IR_vsmin] = LANES_BHS,    [IR_vsmax] = LANES_BHS,
    [IR_vumin] = LANES_BHS,   [IR_vumax] = LANES_BHS,    [IR_vhadd] = LANES_BHS,
    [IR_vhsub] = LANES_BHS,   [IR_vsxtl] = LANES_BHS,    [IR_vuxtl] = LANES_BHS,
    [IR_vnarrow] = LANES_BHS, [IR_vqnarrow] = LANES_BHS, [IR_vsmull] = LANES_BHS,
    [IR_vumull] = LANES_BHS,  [IR_vpmull] = LANES_BD,    [IR_vsqdmulh] = LANES_HS,
    [IR_vsqrdmla] = LANES_HS, [IR_vpaddl] = LANES_BHS,   [IR_vsminv] = LANES_BHS,
    [IR_vsmaxv] = LANES_BHS,  [IR_vuminv] = LANES_BHS,   [IR_vumaxv] = LANES_BHS,
    [IR_vcnt] = LANES_B,      [IR_vclz] = LANES_BHS,     [IR_vcls] = LANES_BHS,
    [IR_vrbit] = LANES_B,     [IR_vurecpe] = LANES_S,    [IR_vursqrte] = LANES_S,
};

/* Lanes are of a size that the operation exists for, and their index is within the vector. */
static const char *check_lanes(const struct ir *ir, uint32_t index) {
    const struct ir_insn *insn = &ir->insn[index];
    const unsigned lane = IR_LANE(insn->aux), allowed = lanes_allowed[insn->op];
    if (allowed && !(allowed >> lane & 1))
        return wrong(ir, index, "has no lanes of %u bytes", 1u << lane);
    switch (insn->op) {
    case IR_vputlane:
        if (IR_FROM(insn->aux) >= 16u >> lane)
            return wrong(ir, index, "there is no lane %u", IR_FROM(insn->aux));
        /* fallthrough */
    case IR_vget:
    case IR_vput:
    case IR_vduplane:
        if (IR_INDEX(insn->aux) >= 16u >> lane)
            return wrong(ir, index, "there is no lane %u", IR_INDEX(insn->aux));
        return NULL;
    case IR_vrev:
        if (IR_INDEX(insn->aux) <= lane || IR_INDEX(insn->aux) > IR_LANE_D)
            return wrong(ir, index, "reverses nothing");
        return NULL;
    default: return NULL;
    }
}

static const char *check_details(const struct ir *ir, uint32_t index) {
    const struct ir_insn *insn = &ir->insn[index];
    unsigned size = ir_type_size((enum ir_type)insn->type);
    switch (insn->op) {
    case IR_const:
        if (insn->aux && insn->type != IR_V128)
            return wrong(ir, index, "only vectors are repeated");
        return size < 8 && insn->imm >> size * 8 ? wrong(ir, index, "is too large") : NULL;
    case IR_pcrel:
        if ((int64_t)insn->imm != (int32_t)insn->imm)
            return wrong(ir, index, "is too far away");
        return NULL;
    case IR_load:
    case IR_store:
    case IR_rmw:
    case IR_cas:
    case IR_store_cond: return check_access(ir, index);
    case IR_helper: return check_helper(ir, index);
    case IR_trap:
        return insn->imm < EXIT_REASON_COUNT ? NULL : wrong(ir, index, "for no known reason");
    case IR_fbits:
    case IR_ffrom: {
        bool wide = ir_result_type(&ir->insn[insn->a]) == (insn->op == IR_fbits ? IR_F64 : IR_I64);
        if (wide != (size == 8))
            return wrong(ir, index, "the types differ in size");
        return NULL;
    }
    default: return insn->imm ? wrong(ir, index, "has no immediate") : NULL;
    }
}

static const char *(*const checks[])(const struct ir *, uint32_t) = {check_types, check_aux,
                                                                     check_lanes, check_details};

const char *ir_verify(const struct ir *ir) {
    if (ir->count < 2)
        return "the unit is empty";
    if (ir->insn[0].op != IR_nop)
        return "instruction 0 is not a nop";
    for (uint32_t i = 1; i < ir->count; i++) {
        const struct ir_insn *insn = &ir->insn[i];
        if (insn->op >= IR_OP_COUNT)
            return "an operation does not exist";
        for (unsigned j = 0; j < sizeof(checks) / sizeof(checks[0]); j++) {
            const char *message = checks[j](ir, i);
            if (message)
                return message;
        }
        if (insn->where < ir->insn[i - 1].where || insn->where >= UNIT_MAX_INSNS)
            return wrong(ir, i, "guest instruction %u is out of order", insn->where);
        if (insn[-1].op == IR_put_at_exit && insn->op != IR_put_at_exit && insn->op != IR_exit_if &&
            insn->op != IR_load && insn->op != IR_store)
            return wrong(ir, i - 1, "no exit follows");
        bool ends = ir_ops[insn->op].flags & IR_END;
        if (ends != (i == ir->count - 1))
            return wrong(ir, i, ends ? "ends the unit too early" : "does not end the unit");
    }
    return NULL;
}
