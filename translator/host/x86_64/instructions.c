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

const struct x86_row x86_rows[X86_OP_COUNT] = {
#define X86(name, ...) [X86_##name] = {__VA_ARGS__},
#include "translator/host/x86_64/instructions.def"
#undef X86
};
