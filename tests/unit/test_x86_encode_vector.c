/* The encoder's vector instructions: every form of every row as SSE, VEX and EVEX against capstone
 * and, where capstone 4 does not know AVX-512, objdump; and on the processor, whether what is
 * called commutative is. */
#include <sys/mman.h>

#include "tests/unit/x86_oracle.h"
#include "translator/host/x86_64/features.h"

enum { SAMPLES = 60 };

/* How an instruction was encoded, as the test predicts it. */
enum encoding { LEGACY, VEX_CODED, EVEX_CODED };

static bool between(enum x86_op op, enum x86_op first, enum x86_op last) {
    return op >= first && op <= last;
}

static bool on_opmasks(enum x86_op op) {
    return op >= X86_KMOVB;
}

static bool writes_opmask(enum x86_op op) {
    return between(op, X86_VCMPPS, X86_VPTESTNMQ) || between(op, X86_VPMOVB2M, X86_VPMOVQ2M) ||
           on_opmasks(op);
}

static bool reads_opmask(enum x86_op op) {
    return between(op, X86_VPMOVM2B, X86_VPMOVM2Q) || on_opmasks(op);
}

static bool commutes(enum x86_op op) {
    return x86_rows[op].flags & COMMUTES;
}

static const char *vector(enum x86_op op, bool destination, unsigned reg) {
    static char texts[8][8];
    static unsigned next;
    char *text = texts[next++ % 8];
    bool mask = destination ? writes_opmask(op) : reads_opmask(op);

    sprintf(text, "%s%u", mask ? "k" : "xmm", reg);
    return text;
}

/* EVEX has names of its own for some. */
static const char *evex_name(enum x86_op op) {
    switch (op) {
    case X86_MOVDQA: return "vmovdqa64";
    case X86_MOVDQU: return "vmovdqu64";
    case X86_PAND: return "vpandq";
    case X86_PANDN: return "vpandnq";
    case X86_POR: return "vporq";
    case X86_PXOR: return "vpxorq";
    case X86_ROUNDPS: return "vrndscaleps";
    case X86_ROUNDPD: return "vrndscalepd";
    case X86_ROUNDSS: return "vrndscaless";
    case X86_ROUNDSD: return "vrndscalesd";
    default: return NULL;
    }
}

static const char *mnemonic(enum x86_op op, enum encoding encoding) {
    static char name[40];
    const char *row = op_names[op];

    if (encoding == EVEX_CODED && evex_name(op))
        return evex_name(op);
    bool prefix = encoding != LEGACY && *row != 'V' && *row != 'K';
    snprintf(name, sizeof name, "%s%s", prefix ? "v" : "", row);
    return name;
}

/* What the memory operand is called; EVEX rows have said so for their displacements. */
static unsigned memory_size(enum x86_op op) {
    const struct x86_row *row = &x86_rows[op];

    if (op == X86_CMPSS || op == X86_CMPSD)
        return op == X86_CMPSS ? 4 : 8;
    return row->flags & EVEX ? 1u << row->disp_shift : 16;
}

/* --- what a call should give --- */

static enum encoding encoding_of(enum x86_op op, unsigned regs) {
    uint32_t flags = x86_rows[op].flags;

    if (regs > 15 || !(flags & (SSE | VEX)))
        return EVEX_CODED;
    return x86_vector_level >= X86_AVX && flags & VEX ? VEX_CODED : LEGACY;
}

/* Whether the row has anything to offer at this level, and which registers may be named. */
static bool exists(enum x86_op op) {
    uint32_t flags = x86_rows[op].flags;

    switch (x86_vector_level) {
    case X86_SSE: return flags & SSE;
    case X86_AVX: return flags & (SSE | VEX) && !(flags & OPMASK);
    default: return true;
    }
}

static unsigned random_reg(enum x86_op op, bool destination) {
    if (destination ? writes_opmask(op) : reads_opmask(op))
        return random_below(8);
    bool high = x86_vector_level == X86_AVX512 && x86_rows[op].flags & EVEX;
    return random_below(high && random_below(3) ? 32 : 16);
}

static const char *const predicates[32] = {
    "eq",    "lt",     "le",     "unord",    "neq",    "nlt",    "nle",    "ord",
    "eq_uq", "nge",    "ngt",    "false",    "neq_oq", "ge",     "gt",     "true",
    "eq_os", "lt_oq",  "le_oq",  "unord_s",  "neq_us", "nlt_uq", "nle_uq", "ord_s",
    "eq_us", "nge_uq", "ngt_uq", "false_os", "neq_os", "ge_oq",  "gt_oq",  "true_us"};
/* The two that give a constant have no names. */
static const char *const integer_predicates[8] = {"eq", "lt", "le", "", "neq", "nlt", "nle", ""};

static bool is_comparison(enum x86_op op) {
    return between(op, X86_CMPPS, X86_CMPSD) || between(op, X86_VCMPPS, X86_VCMPSD) ||
           between(op, X86_VPCMPB, X86_VPCMPUQ);
}

/* A suitable immediate. */
static unsigned random_imm(enum x86_op op) {
    if (between(op, X86_ROUNDPS, X86_ROUNDSD))
        return random_below(16);
    if (between(op, X86_VPCMPB, X86_VPCMPUQ))
        return random_below(3) + 4 * random_below(2);
    if (op == X86_PCLMULQDQ)
        return 4 + random_below(12); /* the usual ones have names */
    if (is_comparison(op))
        return random_below(x86_vector_level == X86_SSE ? 8 : 32);
    return random_below(256);
}

static enum reader reader_of(enum x86_op op, enum encoding encoding, bool memory) {
    bool blend = x86_rows[op].flags & BLEND;

    /* Capstone 4 takes EVEX.V' for part of the index register, gives COMISS 16 bytes, tells the
     * VCVTPD2PS of 16 and of 32 bytes apart by the mnemonic, and leaves out an implied XMM0. */
    bool narrows = op == X86_CVTPD2PS || op == X86_CVTPD2DQ || op == X86_CVTTPD2DQ;
    if (memory && (encoding == EVEX_CODED || narrows || op == X86_COMISS || op == X86_COMISD))
        return OBJDUMP;
    if ((blend && encoding == LEGACY) || op == X86_SHA256RNDS2)
        return OBJDUMP;
    if (between(op, X86_VPMOVM2B, X86_VPMOVM2Q))
        return OBJDUMP; /* ... and exchanges these operands */
    if (encoding == EVEX_CODED || on_opmasks(op) ||
        between(op, X86_GF2P8MULB, X86_GF2P8AFFINEINVQB))
        return EITHER;
    return CAPSTONE;
}

/* `operands` with the mnemonic in front and the immediate behind; comparisons are written with
 * their predicate in the name. */
static void expect_imm(enum x86_op op, enum encoding encoding, const char *copy,
                       const char *operands, int imm) {
    const char *name = mnemonic(op, encoding);
    enum reader reader = reader_of(op, encoding, strchr(operands, '['));

    ck_assert_int_eq(oracle.code[0] == 0x62, encoding == EVEX_CODED && !*copy);
    if (is_comparison(op)) {
        bool integers = between(op, X86_VPCMPB, X86_VPCMPUQ);
        const char *predicate = integers ? integer_predicates[imm] : predicates[imm];
        unsigned stem = integers ? 5 : encoding == LEGACY ? 3 : 4;
        expect(reader, 1, "%s%.*s%s%s %s", copy, (int)stem, name, predicate, name + stem, operands);
    } else if (imm >= 0) {
        expect(reader, 1, "%s%s %s, %d", copy, name, operands, imm);
    } else {
        const char *implied = op == X86_SHA256RNDS2 ? ", xmm0" : "";
        expect(reader, 8, "%s%s %s%s", copy, name, operands, implied);
    }
}

/* Text of dst <- src1 op src2 (or memory). `src1` is what a two-operand call merges from. */
static void expect_operation(enum x86_op op, unsigned dst, unsigned src1, const char *src2_text,
                             int src2, int imm) {
    enum encoding encoding = encoding_of(op, dst | src1 | (src2 < 0 ? 0 : (unsigned)src2));
    const char *a = vector(op, false, src1), *d = vector(op, true, dst);
    char operands[TEXT_SIZE], copy[40] = "";

    if (encoding == LEGACY) {
        if (dst != src1 && src2 >= 0 && dst == (unsigned)src2)
            src2_text = a;
        else if (dst != src1)
            sprintf(copy, "%smovaps %s, %s;", x86_vector_level == X86_SSE ? "" : "v",
                    vector(X86_MOVAPS, true, dst), vector(X86_MOVAPS, false, src1));
        snprintf(operands, sizeof operands, "%s, %s", d, src2_text);
    } else if (encoding == VEX_CODED && commutes(op) && src2 > 7 && src1 <= 7) {
        snprintf(operands, sizeof operands, "%s, %s, %s", d, src2_text, a);
    } else {
        snprintf(operands, sizeof operands, "%s, %s, %s", d, a, src2_text);
    }
    expect_imm(op, encoding, copy, operands, imm);
}

static void expect_two(enum x86_op op, unsigned regs, const char *dst, const char *src, int imm) {
    char operands[TEXT_SIZE];

    snprintf(operands, sizeof operands, "%s, %s", dst, src);
    expect_imm(op, encoding_of(op, regs), "", operands, imm);
}

/* --- forms --- */

static void check_two(enum x86_op op, unsigned dst, unsigned src, struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    bool nds = row->flags & NDS, takes_imm = row->flags & IMM_BYTE;
    int imm = takes_imm ? (int)random_imm(op) : -1;
    const char *text = memory(memory_size(op), mem);

    if (row->flags & BLEND)
        return;
    if ((row->rm || row->mr) && !(row->flags & MEMORY) && (row->rm || !row->to_gpr)) {
        if (takes_imm)
            x86_vvi(fresh(), op, dst, src, (unsigned)imm);
        else
            x86_vv(fresh(), op, dst, src);
        if (nds)
            expect_operation(op, dst, dst, vector(op, false, src), (int)src, imm);
        else
            expect_two(op, dst | src, vector(op, true, dst), vector(op, false, src), imm);
    }
    if (row->rm && !(row->flags & REGISTER)) {
        if (takes_imm)
            x86_vmi(fresh(), op, dst, mem, (unsigned)imm);
        else
            x86_vm(fresh(), op, dst, mem);
        if (nds && !(row->flags & LOAD))
            expect_operation(op, dst, dst, text, -1, imm);
        else
            expect_two(op, dst, vector(op, true, dst), text, imm);
    }
    if (row->mr) {
        if (takes_imm)
            x86_mvi(fresh(), op, mem, src, (unsigned)imm);
        else
            x86_mv(fresh(), op, mem, src);
        expect_two(op, src, text, vector(op, false, src), imm);
    }
}

static void check_three(enum x86_op op, unsigned dst, unsigned a, unsigned b, struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    bool takes_imm = row->flags & IMM_BYTE;
    int imm = takes_imm ? (int)random_imm(op) : -1;

    if (!row->rm || !(row->flags & NDS) || row->flags & BLEND)
        return;
    bool legacy = encoding_of(op, dst | a | b) == LEGACY;
    bool clash = legacy && dst == b && dst != a && !(row->flags & (COMMUTES | COMMUTES_NAN));
    if (!(row->flags & MEMORY) && !clash) {
        if (takes_imm)
            x86_vvvi(fresh(), op, dst, a, b, (unsigned)imm);
        else
            x86_vvv(fresh(), op, dst, a, b);
        expect_operation(op, dst, a, vector(op, false, b), (int)b, imm);
    }
    if (!(row->flags & (REGISTER | LOAD))) {
        if (takes_imm)
            x86_vvmi(fresh(), op, dst, a, mem, (unsigned)imm);
        else
            x86_vvm(fresh(), op, dst, a, mem);
        expect_operation(op, dst, a, memory(memory_size(op), mem), -1, imm);
    }
}

/* Shifts by a constant: the immediate form has a digit and writes VEX.vvvv. */
static void check_digit(enum x86_op op, unsigned dst, unsigned src) {
    const struct x86_row *row = &x86_rows[op];
    char operands[TEXT_SIZE], copy[40] = "";
    unsigned imm = random_below(256);

    if (!row->imm || row->flags & (BLEND | IMM_BYTE) || row->to_gpr != row->imm ||
        !between(op, X86_PSLLW, X86_VPRORQ))
        return;
    enum encoding encoding = encoding_of(op, dst | src);
    x86_vvi(fresh(), op, dst, src, imm);
    if (encoding == LEGACY && dst != src)
        sprintf(copy, "movaps xmm%u, xmm%u;", dst, src);
    if (encoding == LEGACY)
        snprintf(operands, sizeof operands, "xmm%u", dst);
    else
        snprintf(operands, sizeof operands, "xmm%u, xmm%u", dst, src);
    expect_imm(op, encoding, copy, operands, (int)imm);
}

static void check_blend(enum x86_op op, unsigned dst, unsigned a, unsigned b, unsigned mask) {
    char operands[TEXT_SIZE], copy[40] = "";

    if (!(x86_rows[op].flags & BLEND))
        return;
    if (x86_vector_level == X86_SSE) {
        if (dst == 0)
            a = dst;
        if (dst == b && dst != a)
            return;
        mask = 0;
        if (dst != a)
            sprintf(copy, "movaps xmm%u, xmm%u;", dst, a);
        snprintf(operands, sizeof operands, "xmm%u, xmm%u, xmm0", dst, b);
    } else {
        snprintf(operands, sizeof operands, "xmm%u, xmm%u, xmm%u, xmm%u", dst, a, b, mask);
    }
    x86_vvvi(fresh(), op, dst, a, b, mask);
    expect_imm(op, encoding_of(op, 0), copy, operands, -1);
}

static bool is_conversion(enum x86_op op) {
    return between(op, X86_CVTSI2SS, X86_VCVTUSI2SD);
}

/* Between the register files. */
static void check_gpr(enum x86_op op, unsigned size, unsigned v, unsigned a, unsigned r,
                      struct x86_mem mem) {
    const struct x86_row *row = &x86_rows[op];
    bool takes_imm = row->flags & IMM_BYTE;
    int imm = takes_imm ? (int)random_imm(op) : -1;
    enum x86_op shown = op == X86_MOVQ && size == 4 ? X86_MOVD : op;

    if (between(op, X86_PSLLW, X86_VPRORQ) || row->flags & BLEND)
        return;
    bool evex_only = row->flags & GPR_EVEX;
    if (row->from_gpr && !(evex_only && x86_vector_level != X86_AVX512)) {
        char operands[TEXT_SIZE];
        enum encoding encoding = encoding_of(op, evex_only ? 16 : v | a);
        if (!takes_imm) {
            x86_vr(fresh(), op, size, v, r);
            if (row->flags & NDS) {
                expect_operation(op, v, v, gpr(size, r), -1, -1);
            } else {
                snprintf(operands, sizeof operands, "%s, %s", vector(op, true, v), gpr(size, r));
                expect_imm(shown, evex_only ? EVEX_CODED : encoding_of(op, v), "", operands, -1);
            }
        } else {
            x86_vvri(fresh(), op, v, a, r, (unsigned)imm);
            expect_operation(op, v, a, gpr(size, r), -1, imm);
        }
        (void)encoding;
    }
    if (row->to_gpr) {
        if (takes_imm)
            x86_rvi(fresh(), op, size, r, v, (unsigned)imm);
        else
            x86_rv(fresh(), op, size, r, v);
        expect_two(shown, v, gpr(size, r), vector(op, false, v), imm);
    }
    if (is_conversion(op) && row->from_gpr) {
        x86_vrm(fresh(), op, size, v, mem);
        expect_operation(op, v, v, memory(size, mem), -1, -1);
    } else if (is_conversion(op)) {
        x86_rvm(fresh(), op, size, r, mem);
        expect_two(op, 0, gpr(size, r), memory(1u << row->disp_shift, mem), -1);
    }
}

/* The sizes of general register that an instruction is written with. */
static unsigned gpr_sizes(enum x86_op op) {
    switch (op) {
    case X86_VPBROADCASTQ:
    case X86_PINSRQ:
    case X86_PEXTRQ:
    case X86_KMOVQ:
    case X86_MOVQ: return 8;
    default: return is_conversion(op) ? 4 | 8 : 4;
    }
}

/* Operations of the first element alone. */
static void check_first(enum x86_op op, unsigned dst, unsigned a, unsigned b) {
    const struct x86_row *row = &x86_rows[op];
    char operands[TEXT_SIZE];

    if (row->flags & NDS) {
        x86_first_vvv(fresh(), op, dst, a, b);
        snprintf(operands, sizeof operands, "xmm%u{k7}{z}, xmm%u, xmm%u", dst, a, b);
        expect_imm(op, EVEX_CODED, "", operands, -1);
        return;
    }
    const int imm = row->flags & IMM_BYTE ? (int)random_imm(op) : -1;
    if (imm >= 0)
        x86_first_vvi(fresh(), op, dst, a, (unsigned)imm);
    else
        x86_first_vv(fresh(), op, dst, a);
    snprintf(operands, sizeof operands, "xmm%u{k7}{z}, xmm%u", dst, a);
    expect_imm(op, EVEX_CODED, "", operands, imm);
}

static void check_row(enum x86_op op, unsigned samples) {
    for (unsigned n = 0; n < samples && exists(op); n++) {
        unsigned dst = random_reg(op, true), a = random_reg(op, false), b = random_reg(op, false);
        struct x86_mem mem = random_memory();
        check_two(op, dst, b, mem);
        check_three(op, dst, a, b, mem);
        check_digit(op, dst, b);
        check_blend(op, dst, a, b, random_below(16));
        for (unsigned size = 4; size <= 8; size *= 2)
            if (gpr_sizes(op) & size)
                check_gpr(op, size, dst, a, random_below(16), mem);
    }
}

static void check_level(enum x86_vector_level level, const char *name) {
    oracle_setup();
    x86_vector_level = level;
    for (enum x86_op op = X86_MOVAPS; op < X86_OP_COUNT; op++)
        check_row(op, SAMPLES);
    for (unsigned n = 0; n < MEMORY_SHAPES; n += 1 + random_below(3)) {
        check_two(X86_MOVAPS, random_reg(X86_MOVAPS, true), random_reg(X86_MOVAPS, true),
                  memory_shape(n));
        check_two(X86_MOVSD, random_reg(X86_MOVSD, true), random_reg(X86_MOVSD, true),
                  memory_shape(n));
        check_two(X86_PMOVZXBQ, random_reg(X86_PMOVZXBQ, true), 0, memory_shape(n));
    }
    oracle_finish(name);
}

START_TEST(sse) {
    check_level(X86_SSE, "SSE");
}
END_TEST

START_TEST(avx) {
    check_level(X86_AVX, "VEX");
}
END_TEST

START_TEST(avx512) {
    check_level(X86_AVX512, "VEX and EVEX");
}
END_TEST

START_TEST(first_element) {
    static const uint16_t ops[] = {X86_ADDPS,    X86_ADDPD,    X86_SUBPS,       X86_SUBPD,
                                   X86_MULPS,    X86_MULPD,    X86_DIVPS,       X86_DIVPD,
                                   X86_SQRTPS,   X86_SQRTPD,   X86_ROUNDPS,     X86_ROUNDPD,
                                   X86_CVTPS2PD, X86_CVTPD2PS, X86_VFMADD231PS, X86_VFNMSUB231PD};
    oracle_setup();
    x86_vector_level = X86_AVX512;
    for (unsigned i = 0; i < sizeof ops / sizeof *ops; i++)
        for (unsigned n = 0; n < SAMPLES; n++)
            check_first((enum x86_op)ops[i], random_below(32), random_below(32), random_below(32));
    oracle_finish("first element");
}
END_TEST

START_TEST(quiet) {
    static const char *const registers[] = {"rax", "r15"}, *const halves[] = {"eax", "r15d"};
    oracle_setup();
    x86_vector_level = X86_AVX512;
    for (unsigned n = 0; n < SAMPLES; n++) {
        unsigned dst = random_below(32), a = random_below(32), b = random_below(32);
        x86_quiet_vvv(fresh(), X86_ADDSD, dst, a, b);
        expect(OBJDUMP, 8, "vaddsd xmm%u, xmm%u, xmm%u{rn-sae}", dst, a, b);
        x86_quiet_vvv(fresh(), X86_ADDSS, dst, a, b);
        expect(OBJDUMP, 8, "vaddss xmm%u, xmm%u, xmm%u{rn-sae}", dst, a, b);
        unsigned high = random_below(2);
        x86_quiet_rv(fresh(), X86_CVTTSD2SI, 8, high ? R15 : RAX, a);
        expect(OBJDUMP, 8, "vcvttsd2si %s, xmm%u{sae}", registers[high], a);
        x86_quiet_rv(fresh(), X86_CVTTSS2SI, 4, high ? R15 : RAX, a);
        expect(OBJDUMP, 8, "vcvttss2si %s, xmm%u{sae}", halves[high], a);
    }
    oracle_finish("quiet");
}
END_TEST

START_TEST(lengths) {
    static const struct x86_mem home = {RBP, NO_REG, 0, 0x400}, odd = {RBP, NO_REG, 0, 0x404};
    struct x86_buffer *b;

#define LENGTH(bytes, call)                                               \
    do {                                                                  \
        b = fresh();                                                      \
        call;                                                             \
        ck_assert_msg(b->at - b->start == (bytes), "%s: %d bytes", #call, \
                      (int)(b->at - b->start));                           \
    } while (0)
    x86_vector_level = X86_SSE;
    LENGTH(4, x86_vvv(b, X86_ADDSD, 1, 1, 2));
    LENGTH(3 + 4, x86_vvv(b, X86_ADDSD, 1, 2, 3));
    LENGTH(4, x86_vvv(b, X86_ADDSD, 1, 2, 1));
    LENGTH(3, x86_vv(b, X86_MOVAPS, 1, 2));
    x86_vector_level = X86_AVX512;
    LENGTH(4, x86_vvv(b, X86_ADDSD, 9, 10, 3));
    LENGTH(5, x86_vvv(b, X86_ADDSD, 1, 2, 11));
    LENGTH(4, x86_vvv(b, X86_PADDB, 1, 2, 11));
    LENGTH(5, x86_vvv(b, X86_PSUBB, 1, 2, 11));
    LENGTH(4, x86_vv(b, X86_MOVAPS, 1, 11));
    LENGTH(4, x86_vv(b, X86_MOVSD, 1, 11));
    LENGTH(5, x86_vv(b, X86_MOVAPS, 11, 11));
    LENGTH(6, x86_vvv(b, X86_ADDSD, 1, 2, 16));
    LENGTH(8, x86_vm(b, X86_MOVSD, 1, home));
    LENGTH(7, x86_vm(b, X86_MOVSD, 16, (struct x86_mem){RBP, NO_REG, 0, 0x3f8}));
    LENGTH(10, x86_vm(b, X86_MOVSD, 16, home));
    LENGTH(7, x86_vm(b, X86_MOVAPS, 16, home));
    LENGTH(10, x86_vm(b, X86_MOVAPS, 16, odd));
    LENGTH(8, x86_vm(b, X86_MOVAPS, 15, home));
#undef LENGTH
}
END_TEST

/* Runs dst <- dst op src on the processor. */
static void run_operation(void (*code)(void *dst, const void *src), const uint8_t *a,
                          const uint8_t *b, uint8_t *result) {
    memcpy(result, a, 16);
    code(result, b);
}

/* The bytes of a result that an exchange of the sources must not change. */
static size_t commuting_bytes(enum x86_op op) {
    size_t length = strlen(op_names[op]);

    if (x86_rows[op].flags & COMMUTES || op_names[op][length - 2] == 'P')
        return 16;
    return op_names[op][length - 1] == 'S' ? 4 : 8;
}

START_TEST(commutative_rows_commute) {
    static const struct x86_mem dst = {RDI, NO_REG, 0, 0}, src = {RSI, NO_REG, 0, 0};
    size_t size = 4096;
    unsigned rows = 0;
    uint8_t *code = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(code, MAP_FAILED);
    oracle.random = 1;
    x86_vector_level = X86_SSE;
    for (enum x86_op op = X86_MOVAPS; op < X86_OP_COUNT; op++) {
        uint32_t flags = x86_rows[op].flags;
        if (!(flags & (COMMUTES | COMMUTES_NAN)) ||
            (op == X86_GF2P8MULB && !x86_features_detect().gfni))
            continue;
        ck_assert(flags & SSE && flags & NDS);
        ck_assert_int_eq(mprotect(code, size, PROT_READ | PROT_WRITE), 0);
        struct x86_buffer b = {.start = code, .at = code, .end = code + size};
        x86_vm(&b, X86_MOVUPS, 0, dst);
        x86_vm(&b, X86_MOVUPS, 1, src);
        x86_vv(&b, op, 0, 1);
        x86_mv(&b, X86_MOVUPS, dst, 0);
        x86_0(&b, X86_RET, 8);
        ck_assert_int_eq(mprotect(code, size, PROT_READ | PROT_EXEC), 0);
        for (unsigned n = 0; n < 1000; n++) {
            uint8_t x[16], y[16], xy[16], yx[16];
            for (unsigned i = 0; i < 16; i++) {
                x[i] = (uint8_t)random_below(256);
                y[i] = (uint8_t)random_below(256);
                if (flags & COMMUTES_NAN && i % 4 == 3)
                    x[i] &= 0xbf, y[i] &= 0xbf; /* below 2: not a NaN */
            }
            run_operation((void (*)(void *, const void *))code, x, y, xy);
            run_operation((void (*)(void *, const void *))code, y, x, yx);
            ck_assert_msg(memcmp(xy, yx, commuting_bytes(op)) == 0, "%s", op_names[op]);
        }
        rows++;
    }
    printf("%u rows commute\n", rows);
    munmap(code, size);
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        sse, avx, avx512, first_element, quiet, lengths, commutative_rows_commute, NULL};
    return run_suite("x86-64 vector encoder", tests);
}
