/* instructions.def as data: the macros are its classes of rows. */
#include "translator/host/x86_64/encode_core.h"

#define ALU(n)                                                           \
    .rm = 8 * (n) + 3, .mr = 8 * (n) + 1, .imm = 0x81, .imm_digit = (n), \
    .accumulator = 8 * (n) + 5, .flags = BYTE | IMM8
#define UNARY(opcode, digit) .one = (opcode), .one_digit = (digit), .flags = BYTE
#define SHIFT(digit)                                                      \
    .imm = 0xc1, .imm_digit = (digit), .one = 0xd3, .one_digit = (digit), \
    .flags = BYTE | IMM_BYTE | BY_ONE
#define DOUBLE_SHIFT(opcode) \
    .imm = M0F | (opcode), .mr = M0F | ((opcode) + 1), .flags = TWO_REGS | IMM_MR | IMM_BYTE
#define BIT_TEST(digit) \
    .mr = M0F | (0x83 + 8 * (digit)), .imm = M0F | 0xba, .imm_digit = (digit), .flags = IMM_BYTE
#define BMI(form) .rm = (form), .flags = VEX
#define MEMORY_ONLY(opcode, digit) \
    .one = M0F | (opcode), .one_digit = (digit), .flags = MEMORY | SIZE64

/* Vector rows, by the encodings they have; `shift` is log2 of what an EVEX disp8 counts. */
#define SV(form)         .rm = (form), .flags = SSE | VEX
#define SVE(form, shift) .rm = (form), .disp_shift = (shift), .flags = SSE | VEX | EVEX
#define VE(form, shift)  .rm = (form), .disp_shift = (shift), .flags = VEX | EVEX
#define E(form, shift)   .rm = (form), .disp_shift = (shift), .flags = EVEX
#define PS(opcode)       SVE(M0F | (opcode), 4)
#define PD(opcode)       SVE(P66 | M0F | (opcode), 4) | EVEX_W
#define SS(opcode)       SVE(PF3 | M0F | (opcode), 2)
#define SD(opcode)       SVE(PF2 | M0F | (opcode), 3) | EVEX_W
#define INTS(form)       SVE(P66 | (form), 4) | NDS
#define VECTOR_SHIFT(opcode, imm_opcode, digit) \
    .imm = P66 | M0F | (imm_opcode), .imm_digit = (digit), SVE(P66 | M0F | (opcode), 4) | NDS
#define TO_INTEGER(prefix, opcode, shift) \
    .to_gpr = (prefix) | M0F | (opcode), .disp_shift = (shift), .flags = EVEX | SIZE_W
#define INSERT(form, shift) \
    .from_gpr = P66 | (form), SVE(P66 | (form), shift) | NDS | MEMORY | IMM_BYTE
#define EXTRACT(form, shift) \
    .to_gpr = (form), .disp_shift = (shift), .flags = SSE | VEX | EVEX | IMM_BYTE
#define NARROW(opcode) .mr = PF3 | M38 | (opcode), .disp_shift = 3, .flags = EVEX
#define OPMASKS(form)  .rm = (form), .flags = VEX | OPMASK | REGISTER

const struct x86_row x86_rows[X86_OP_COUNT] = {
#define X86(name, ...) [X86_##name] = {__VA_ARGS__},
#include "translator/host/x86_64/instructions.def"
#undef X86
};
