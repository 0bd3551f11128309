/* Bounds on values, from the operations that make them. */
#include "translator/ir/known.h"

enum { LOOK_DEPTH = 3 }; /* how many operations deep the bounds look */

/* A bound on the length of the unsigned value: all bits from there on are 0. */
static unsigned unsigned_length(const struct ir *ir, ir_ref ref, unsigned depth) {
    static const uint8_t load_length[] = {8, 64, 16, 64, 32, 64, 64, 64}; /* by enum ir_mem_kind */
    const struct ir_insn *insn = &ir->insn[ref];
    unsigned full = ir_type_size(ir_result_type(insn)) * 8, length = full, other;
    switch (insn->op) {
    case IR_const: length = ir_bit_length(insn->imm); break;
    case IR_set:
    case IR_fcmp:
    case IR_flags_cond:
    case IR_store_cond: return 1;
    case IR_clz:
    case IR_ctz:
    case IR_popcnt: return 7;
    case IR_fclass: return 10;
    case IR_zext8: return 8;
    case IR_zext16:
    case IR_flags_add:
    case IR_flags_sub:
    case IR_flags_adc:
    case IR_flags_logic:
    case IR_flags_fcmp: return 16;
    case IR_load:
    case IR_rmw:
    case IR_cas: length = load_length[IR_MEM_KIND(insn->aux)]; break;
    case IR_crc32:
    case IR_crc32c: return 32;
    case IR_zext32: return depth ? unsigned_length(ir, insn->a, depth - 1) : 32;
    case IR_vget: return insn->aux & IR_VGET_SIGNED ? 64 : 8u << IR_LANE(insn->aux);
    case IR_fbits:
        if (ir_result_type(&ir->insn[insn->a]) == IR_F16)
            return 16;
        break;
    case IR_shr:
        if (ir_is_const(ir, insn->b))
            length = full - (unsigned)(ir->insn[insn->b].imm & (full - 1));
        break;
    case IR_and:
        if (depth == 0)
            break;
        length = unsigned_length(ir, insn->a, depth - 1);
        other = unsigned_length(ir, insn->b, depth - 1);
        length = length < other ? length : other;
        break;
    case IR_or:
        if (depth == 0)
            break;
        length = unsigned_length(ir, insn->a, depth - 1);
        other = unsigned_length(ir, insn->b, depth - 1);
        length = length > other ? length : other;
        break;
    }
    return length < full ? length : full;
}

/* A bound on the length of the signed value: all bits from there on equal the bit below. */
static unsigned signed_length(const struct ir *ir, ir_ref ref, unsigned depth) {
    const struct ir_insn *insn = &ir->insn[ref];
    unsigned full = ir_type_size(ir_result_type(insn)) * 8, length = full;
    switch (insn->op) {
    case IR_const: {
        uint64_t sign = full == 64 ? insn->imm : (uint64_t)(int64_t)(int32_t)insn->imm;
        length = ir_bit_length((int64_t)sign < 0 ? ~sign : sign) + 1;
        break;
    }
    case IR_sext8: return 8;
    case IR_sext16: return 16;
    case IR_sext32: return depth ? signed_length(ir, insn->a, depth - 1) : 32;
    case IR_load:
    case IR_rmw:
    case IR_cas:
        switch (IR_MEM_KIND(insn->aux)) {
        case IR_S8: return 8;
        case IR_S16: return 16;
        case IR_S32: return 32;
        default: break;
        }
        break;
    case IR_vget:
        if (insn->aux & IR_VGET_SIGNED)
            return 8u << IR_LANE(insn->aux);
        break;
    case IR_sar:
        if (ir_is_const(ir, insn->b))
            length = full - (unsigned)(ir->insn[insn->b].imm & (full - 1));
        break;
    }
    unsigned positive = unsigned_length(ir, ref, depth) + 1;
    return positive < length ? positive : length;
}

unsigned ir_unsigned_length(const struct ir *ir, ir_ref ref) {
    return unsigned_length(ir, ref, LOOK_DEPTH);
}

unsigned ir_signed_length(const struct ir *ir, ir_ref ref) {
    return signed_length(ir, ref, LOOK_DEPTH);
}
