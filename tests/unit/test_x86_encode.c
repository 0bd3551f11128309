/* The encoder's general-purpose instructions: every form of every row against capstone. */
#include "tests/unit/x86_oracle.h"

enum { SAMPLES = 60 };

static const int32_t immediates[] = {
    0,   1,      2,      7,       9,       10,   63,    127,    -1,       -128,      128,      -129,
    255, 0x1234, 0x7fff, -0x8000, 0x12345, 4096, -4096, -99999, 0x789abc, INT32_MAX, INT32_MIN};
enum { IMMEDIATES = sizeof immediates / sizeof *immediates };

/* The mnemonic as disassemblers write it, but for the case of letters. */
static const char *mnemonic(enum x86_op op) {
    switch (op) {
    case X86_REP_MOVSB: return "rep movsb byte ptr [rdi], byte ptr [rsi]";
    case X86_REP_STOSB: return "rep stosb byte ptr [rdi], al";
    default: return op_names[op];
    }
}

static bool takes_size(enum x86_op op, unsigned size) {
    uint32_t flags = x86_rows[op].flags;

    if (flags & SIZE64)
        return size == 8;
    if (flags & VEX || op == X86_BSWAP || op == X86_ADCX || op == X86_ADOX)
        return size >= 4;
    return size > 1 || flags & BYTE;
}

static bool no_operands(enum x86_op op) {
    return op >= X86_RET && op <= X86_REP_STOSB;
}

/* What stands behind the two operands of SHLD and SHRD. */
static const char *tail_of(enum x86_op op) {
    return op == X86_SHLD || op == X86_SHRD ? ", cl" : "";
}

static unsigned memory_size(enum x86_op op, unsigned size) {
    switch (op) {
    case X86_LEA: return 0;
    case X86_CMPXCHG16B: return 16;
    case X86_LDMXCSR:
    case X86_STMXCSR: return 4;
    case X86_PREFETCHNTA:
    case X86_PREFETCHT0:
    case X86_PREFETCHT1:
    case X86_PREFETCHT2:
    case X86_PREFETCHW: return 1;
    default: return size;
    }
}

#define FOR_EACH_OP_AND_SIZE(op, size, condition)                          \
    for (enum x86_op op = 0; op < X86_MOVAPS; op++)                        \
        for (unsigned at_ = 0, size = 1; at_ < 4; at_++, size = 1u << at_) \
            if (takes_size(op, size) && (condition))

START_TEST(registers) {
    oracle_setup();
    FOR_EACH_OP_AND_SIZE(op, size, !no_operands(op) && !(x86_rows[op].flags & (VEX | MEMORY))) {
        const struct x86_row *row = &x86_rows[op];
        for (unsigned dst = 0; dst < 16; dst++) {
            for (unsigned src = 0; src < 16 && (row->rm || row->mr); src++) {
                unsigned dst_size = op == X86_CRC32 && size < 8 ? 4 : size;
                x86_rr(fresh(), op, size, dst, src);
                expect(CAPSTONE, 8, "%s %s, %s%s", mnemonic(op), gpr(dst_size, dst), gpr(size, src),
                       tail_of(op));
            }
            if (row->one) {
                x86_r(fresh(), op, size, dst);
                bool by_cl = row->flags & BY_ONE;
                expect(CAPSTONE, 8, "%s %s%s", mnemonic(op), gpr(size, dst), by_cl ? ", cl" : "");
            }
        }
    }
    oracle_finish("register forms");
}
END_TEST

static void check_memory_forms(enum x86_op op, unsigned size, unsigned reg, struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    const char *text = memory(memory_size(op, size), mem);
    unsigned reg_size = op == X86_CRC32 && size < 8 ? 4 : size;
    bool symmetric = op == X86_TEST || op == X86_XCHG; /* one encoding, written r/m first */

    if (row->rm && !(row->flags & VEX)) {
        x86_rm(fresh(), op, size, reg, mem);
        if (symmetric)
            expect(CAPSTONE, 8, "%s %s, %s", mnemonic(op), text, gpr(reg_size, reg));
        else
            expect(CAPSTONE, 8, "%s %s, %s", mnemonic(op), gpr(reg_size, reg), text);
    }
    if (row->mr) {
        x86_mr(fresh(), op, size, mem, reg);
        expect(CAPSTONE, 8, "%s %s, %s%s", mnemonic(op), text, gpr(size, reg), tail_of(op));
    }
    if (row->one && op != X86_BSWAP) {
        x86_m(fresh(), op, size, mem);
        expect(CAPSTONE, 8, "%s %s%s", mnemonic(op), text, row->flags & BY_ONE ? ", cl" : "");
    }
}

START_TEST(memory_operands) {
    oracle_setup();
    for (unsigned n = 0; n < MEMORY_SHAPES; n++) {
        check_memory_forms(X86_ADD, 8, n % 16, memory_shape(n));
        check_memory_forms(X86_MOV, 1, n % 16, memory_shape(n));
        check_memory_forms(X86_MOVBE, 4, n % 16, memory_shape(n));
    }
    FOR_EACH_OP_AND_SIZE(op, size, !no_operands(op)) {
        for (unsigned n = 0; n < SAMPLES; n++)
            check_memory_forms(op, size, random_below(16), random_memory());
    }
    oracle_finish("memory forms");
}
END_TEST

/* The immediate that an instruction works with. */
static int32_t effective(enum x86_op op, int32_t imm) {
    return x86_rows[op].flags & IMM_BYTE ? (uint8_t)imm : imm;
}

START_TEST(immediate_operands) {
    oracle_setup();
    FOR_EACH_OP_AND_SIZE(op, size, x86_rows[op].imm) {
        uint32_t flags = x86_rows[op].flags;
        unsigned imm_size = flags & IMM_BYTE ? 1 : size;
        for (unsigned i = 0; i < IMMEDIATES; i++) {
            int32_t imm = immediates[i], shown = effective(op, imm);
            for (unsigned reg = 0; reg < 16; reg++) {
                unsigned other = random_below(16);
                struct x86_mem mem = random_memory();
                if (!(flags & TWO_REGS)) {
                    x86_ri(fresh(), op, size, reg, imm);
                    bool short_mov = op == X86_MOV && size == 8 && imm >= 0;
                    expect(CAPSTONE, imm_size, "%s %s, %d", mnemonic(op),
                           gpr(short_mov ? 4 : size, reg), shown);
                    x86_mi(fresh(), op, size, mem, imm);
                    expect(CAPSTONE, imm_size, "%s %s, %d", mnemonic(op), memory(size, mem), shown);
                } else if (size > 1) {
                    x86_rri(fresh(), op, size, reg, other, imm);
                    expect(CAPSTONE, imm_size, "%s %s, %s, %d", mnemonic(op), gpr(size, reg),
                           gpr(size, other), shown);
                }
                if (flags & TWO_REGS && size > 1 && !(flags & IMM_MR)) {
                    x86_rmi(fresh(), op, size, reg, mem, imm);
                    expect(CAPSTONE, imm_size, "%s %s, %s, %d", mnemonic(op), gpr(size, reg),
                           memory(size, mem), shown);
                }
            }
        }
    }
    oracle_finish("immediate forms");
}
END_TEST

START_TEST(three_registers) {
    oracle_setup();
    FOR_EACH_OP_AND_SIZE(op, size, x86_rows[op].rm && x86_rows[op].flags & VEX) {
        bool memory_second = x86_rows[op].flags & RM_V;
        for (unsigned n = 0; n < 16 * 16 * 16; n++) {
            unsigned dst = n & 15, a = n >> 4 & 15, b = n >> 8;
            x86_rrr(fresh(), op, size, dst, a, b);
            expect(CAPSTONE, 8, "%s %s, %s, %s", mnemonic(op), gpr(size, dst), gpr(size, a),
                   gpr(size, b));
            struct x86_mem mem = random_memory();
            x86_rrm(fresh(), op, size, dst, a, mem);
            const char *text = memory(size, mem);
            expect(CAPSTONE, 8, "%s %s, %s, %s", mnemonic(op), gpr(size, dst),
                   memory_second ? text : gpr(size, a), memory_second ? gpr(size, a) : text);
        }
    }
    oracle_finish("three-operand forms");
}
END_TEST

START_TEST(bare_instructions) {
    oracle_setup();
    for (enum x86_op op = X86_RET; op <= X86_REP_STOSB; op++) {
        x86_0(fresh(), op, 4);
        expect(CAPSTONE, 8, "%s", mnemonic(op));
        x86_0(fresh(), op, 8);
        expect(CAPSTONE, 8, "%s", op == X86_CDQ ? "cqo" : op == X86_CWDE ? "cdqe" : mnemonic(op));
    }
    oracle_finish("forms without operands");
}
END_TEST

static const char *const conditions[] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                         "s", "ns", "p", "np", "l", "ge", "le", "g"};

START_TEST(condition_codes) {
    oracle_setup();
    for (unsigned cc = 0; cc < 16; cc++) {
        for (unsigned reg = 0; reg < 16; reg++) {
            x86_setcc(fresh(), cc, reg);
            expect(CAPSTONE, 8, "set%s %s", conditions[cc], gpr(1, reg));
            for (unsigned size = 2; size <= 8; size *= 2) {
                for (unsigned src = 0; src < 16; src++) {
                    x86_cmovcc(fresh(), cc, size, reg, src);
                    expect(CAPSTONE, 8, "cmov%s %s, %s", conditions[cc], gpr(size, reg),
                           gpr(size, src));
                }
                struct x86_mem mem = random_memory();
                x86_cmovcc_m(fresh(), cc, size, reg, mem);
                expect(CAPSTONE, 8, "cmov%s %s, %s", conditions[cc], gpr(size, reg),
                       memory(size, mem));
            }
        }
    }
    oracle_finish("conditional forms");
}
END_TEST

START_TEST(constants) {
    static const uint64_t values[] = {0,
                                      1,
                                      127,
                                      128,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x100000000,
                                      0x123456789abcdef0,
                                      UINT64_MAX,
                                      (uint64_t)INT32_MIN,
                                      (uint64_t)INT32_MIN - 1,
                                      INT64_MAX,
                                      (uint64_t)INT64_MIN};

    oracle_setup();
    for (unsigned reg = 0; reg < 16; reg++) {
        for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
            uint64_t imm = values[i];
            unsigned rex = reg > 7;
            for (unsigned flags_live = 0; flags_live < 2; flags_live++) {
                x86_mov_imm(fresh(), reg, imm, flags_live);
                ptrdiff_t length = oracle.buffer.at - oracle.code;
                if (imm == 0 && !flags_live) {
                    expect(CAPSTONE, 8, "xor %s, %s", gpr(4, reg), gpr(4, reg));
                    ck_assert_int_eq(length, 2 + rex);
                } else if (imm <= UINT32_MAX) {
                    expect(CAPSTONE, 4, "mov %s, %" PRIu64, gpr(4, reg), imm);
                    ck_assert_int_eq(length, 5 + rex);
                } else if ((int64_t)imm >= INT32_MIN && (int64_t)imm <= INT32_MAX) {
                    expect(CAPSTONE, 8, "mov %s, %" PRIu64, gpr(8, reg), imm);
                    ck_assert_int_eq(length, 7);
                } else {
                    expect(CAPSTONE, 8, "movabs %s, %" PRIu64, gpr(8, reg), imm);
                    ck_assert_int_eq(length, 10);
                }
            }
            uint8_t *at = x86_movabs(fresh(), reg, imm);
            expect(CAPSTONE, 8, "movabs %s, %" PRIu64, gpr(8, reg), imm);
            ck_assert_ptr_eq(at, oracle.code + 2);
        }
    }
    oracle_finish("constants");
}
END_TEST

START_TEST(extensions) {
    oracle_setup();
    for (unsigned sign = 0; sign < 2; sign++) {
        for (unsigned from = 1; from <= 4; from *= 2) {
            for (unsigned to = from == 4 ? 4 : 2 * from; to <= 8; to *= 2) {
                bool move = from == 4 && (!sign || to == 4);
                const char *name = move ? "mov" : from == 4 ? "movsxd" : sign ? "movsx" : "movzx";
                unsigned shown = !sign && to == 8 ? 4 : to;
                for (unsigned n = 0; n < 256; n++) {
                    x86_extend(fresh(), sign, from, to, n & 15, n >> 4);
                    expect(CAPSTONE, 8, "%s %s, %s", name, gpr(shown, n & 15), gpr(from, n >> 4));
                    struct x86_mem mem = random_memory();
                    x86_extend_m(fresh(), sign, from, to, n & 15, mem);
                    expect(CAPSTONE, 8, "%s %s, %s", name, gpr(shown, n & 15), memory(from, mem));
                }
            }
        }
    }
    oracle_finish("extensions");
}
END_TEST

START_TEST(lengths) {
    static const struct x86_mem home = {RBP, NO_REG, 0, -128}, far = {RBP, NO_REG, 0, 128};
    static const struct x86_mem plain = {RAX, NO_REG, 0, 0}, stack = {RSP, NO_REG, 0, 8};

#define LENGTH(bytes, call)                                               \
    do {                                                                  \
        struct x86_buffer *b = fresh();                                   \
        call;                                                             \
        ck_assert_msg(b->at - b->start == (bytes), "%s: %d bytes", #call, \
                      (int)(b->at - b->start));                           \
    } while (0)
    LENGTH(2, x86_rr(b, X86_ADD, 4, RAX, RDI));
    LENGTH(3, x86_rr(b, X86_ADD, 8, RAX, RDI));
    LENGTH(2, x86_rr(b, X86_ADD, 1, RAX, RBX));
    LENGTH(3, x86_rr(b, X86_ADD, 1, RAX, RDI));
    LENGTH(4, x86_ri(b, X86_ADD, 8, RBX, 127));
    LENGTH(7, x86_ri(b, X86_ADD, 8, RBX, 128));
    LENGTH(6, x86_ri(b, X86_ADD, 8, RAX, 128));
    LENGTH(5, x86_ri(b, X86_TEST, 4, RAX, 1));
    LENGTH(2, x86_ri(b, X86_TEST, 1, RAX, 1));
    LENGTH(2, x86_ri(b, X86_SHL, 4, RCX, 1));
    LENGTH(3, x86_ri(b, X86_SHL, 4, RCX, 2));
    LENGTH(5, x86_ri(b, X86_MOV, 8, RCX, INT32_MAX));
    LENGTH(7, x86_ri(b, X86_MOV, 8, RCX, -1));
    LENGTH(4, x86_rm(b, X86_MOV, 8, RCX, home));
    LENGTH(7, x86_rm(b, X86_MOV, 8, RCX, far));
    LENGTH(3, x86_rm(b, X86_MOV, 8, RCX, plain));
    LENGTH(5, x86_rm(b, X86_MOV, 8, RCX, stack));
    LENGTH(1, x86_r(b, X86_PUSH, 8, RBX));
    LENGTH(2, x86_r(b, X86_PUSH, 8, R8));
    LENGTH(2, x86_r(b, X86_CALL, 8, RAX));
    LENGTH(4, x86_rri(b, X86_IMUL, 8, RAX, RCX, 100));
    LENGTH(7, x86_rri(b, X86_IMUL, 8, RAX, RCX, 1000));
#undef LENGTH
}
END_TEST

START_TEST(relative_memory) {
    static const enum x86_op ops[] = {X86_INC, X86_DEC, X86_NEG, X86_NOT};
    oracle_setup();
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++)
        for (unsigned size = 4; size <= 8; size += 4) {
            uint8_t *at = x86_m_relative(fresh(), ops[i], size);
            ck_assert_ptr_nonnull(at);
            memcpy(at, &(int32_t){0x12345678}, 4);
            expect(CAPSTONE, 8, "%s %s ptr [rip + 0x12345678]", mnemonic(ops[i]),
                   size == 8 ? "qword" : "dword");
        }
    oracle_finish("memory relative to the instruction");
}
END_TEST

START_TEST(nops_and_lock) {
    oracle_setup();
    for (unsigned length = 0; length < 64; length++) {
        const uint8_t *at = oracle.code;
        struct x86_buffer *b = fresh();
        x86_nop(b, length);
        ck_assert_int_eq(b->at - b->start, length);
        size_t left = length;
        uint64_t address = 0;
        cs_insn *insn = cs_malloc(oracle.capstone);
        unsigned count = 0;
        for (; left; count++) {
            ck_assert(cs_disasm_iter(oracle.capstone, &at, &left, &address, insn));
            ck_assert_str_eq(insn->mnemonic,
                             length == 2 || (!left && length % 9 == 2) ? insn->mnemonic : "nop");
        }
        ck_assert_uint_eq(count, (length + 8) / 9);
        cs_free(insn, 1);
    }
    struct x86_mem mem = {RBX, RCX, 3, 5};
    struct x86_buffer *b = fresh();
    x86_lock(b);
    x86_mr(b, X86_XADD, 8, mem, R9);
    expect(CAPSTONE, 8, "lock xadd %s, r9", memory(8, mem));
    b = fresh();
    x86_lock(b);
    x86_m(b, X86_CMPXCHG16B, 16, mem);
    expect(CAPSTONE, 8, "lock cmpxchg16b %s", memory(16, mem));
    oracle_finish("prefixes");
}
END_TEST

START_TEST(jumps) {
    oracle_setup();
    for (int forward = 0; forward < 2; forward++) {
        uint64_t target = forward ? 100 : 0;
        struct x86_buffer *b = fresh();
        x86_link(x86_jmp(b), b->start + target);
        expect(CAPSTONE, 8, "jmp %" PRIu64, target);
        b = fresh();
        x86_link(x86_call(b), b->start + target);
        expect(CAPSTONE, 8, "call %" PRIu64, target);
        for (unsigned cc = 0; cc < 16; cc++) {
            b = fresh();
            x86_link(x86_jcc(b, cc), b->start + target);
            expect(CAPSTONE, 8, "j%s %" PRIu64, conditions[cc], target);
            ck_assert_int_eq(b->at - b->start, 6);
        }
    }
    for (unsigned cc = 0; cc <= 16; cc++) {
        static uint8_t code[160];
        struct x86_buffer b = {.start = code, .at = code, .end = code + sizeof code};
        uint8_t *hole = cc < 16 ? x86_jcc_short(&b, cc) : x86_jmp_short(&b);
        b.at += 127;
        x86_link_short(&b, hole);
        memcpy(fresh()->start, code, 2);
        oracle.buffer.at = oracle.code + 2;
        expect(CAPSTONE, 8, "j%s 129", cc < 16 ? conditions[cc] : "mp");
    }
    oracle_finish("jumps");
}
END_TEST

/* A buffer that fills up at every possible point: nothing is written past its end, what fitted
 * stays, and the rest is dropped. */
START_TEST(overflow) {
    enum { GUARD = 32, MOST = 100 };
    struct x86_mem mem = {R12, R13, 2, 0x1000};

    for (unsigned size = 0; size <= MOST; size++) {
        uint8_t code[MOST + GUARD];
        memset(code, 0xa5, sizeof code);
        struct x86_buffer b = {.start = code, .at = code, .end = code + size};
        x86_rm(&b, X86_ADD, 8, RAX, mem);
        x86_mi(&b, X86_MOV, 8, mem, 0x12345678);
        uint8_t *hole = x86_movabs(&b, R9, ~0ull >> 1);
        uint8_t *jump = x86_jcc(&b, CC_E), *near = x86_jmp_short(&b);
        x86_vvm(&b, X86_ADDSD, 3, 4, mem);
        x86_nop(&b, 20);
        x86_link(jump, code);
        x86_link_short(&b, near);

        ck_assert(b.at <= b.end);
        ck_assert(b.overflow ? hole == NULL || b.at > hole : hole && jump && near);
        if (size < X86_LONGEST)
            ck_assert(b.at == code && b.overflow && !hole && !jump && !near);
        if (size == MOST)
            ck_assert(!b.overflow);
        for (unsigned i = size; i < sizeof code; i++)
            ck_assert_uint_eq(code[i], 0xa5);
        if (b.overflow) {
            uint8_t *at = b.at;
            x86_lock(&b);
            x86_rr(&b, X86_ADD, 8, RAX, RCX);
            ck_assert(b.at == at && x86_call(&b) == NULL);
        }
    }
}
END_TEST

int main(void) {
    const TTest *const tests[] = {registers,
                                  memory_operands,
                                  immediate_operands,
                                  three_registers,
                                  bare_instructions,
                                  condition_codes,
                                  constants,
                                  extensions,
                                  lengths,
                                  relative_memory,
                                  nops_and_lock,
                                  jumps,
                                  overflow,
                                  NULL};
    return run_suite("x86-64 encoder", tests);
}
