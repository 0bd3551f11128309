/* What lifting riscv64 code makes of control flow, rounding modes and illegal instructions. The
 * semantics of single instructions are compared with an independent emulator by tests/fuzz. */
#include <check.h>
#include <string.h>

#include "translator/guest/riscv64/riscv64.h"
#include "translator/ir/ir.h"

static struct arena arena;
static struct ir ir;
static struct guest_unit unit;

/* Lifts `words`, low halves of which stand alone when compressed, for `mode`. */
static void lift(uint32_t mode, unsigned count, const uint32_t *words) {
    unit.pc = 0x10000;
    unit.mode = mode;
    unit.count = count;
    int32_t offset = 0;
    for (unsigned i = 0; i < count; i++) {
        uint8_t length = (words[i] & 3) == 3 ? 4 : 2;
        unit.insn[i] = (struct guest_insn){.word = words[i], .offset = offset, .length = length};
        offset += length;
    }
    ir_reset(&ir, &arena);
    riscv64_lift(&ir, &unit);
    const char *error = ir_verify(&ir);
    ck_assert_msg(!error, "%s", error);
}

#define LIFT(mode, ...) \
    lift(mode, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), (uint32_t[]){__VA_ARGS__})

static const struct ir_insn *last(void) {
    return &ir.insn[ir.count - 1];
}

static unsigned count_op(enum ir_op op) {
    unsigned count = 0;
    for (uint32_t i = 0; i < ir.count; i++)
        count += ir.insn[i].op == op;
    return count;
}

/* The unit ends with `op` to the pc-relative address `offset`, plus a field if `field`. */
static void check_end(enum ir_op op, int64_t offset, bool field) {
    ck_assert_str_eq(ir_ops[last()->op].name, ir_ops[op].name);
    const struct ir_insn *target = &ir.insn[last()->a];
    ck_assert_int_eq(target->op, IR_pcrel);
    ck_assert_int_eq((int64_t)target->imm, offset);
    ck_assert_int_eq(target->aux != 0, field);
}

static void check_trap(enum exit_reason reason, int64_t offset) {
    check_end(IR_trap, offset, false);
    ck_assert_uint_eq(last()->imm, reason);
}

START_TEST(jumps_are_told_apart) {
    LIFT(0, 0x0000006f); /* j . */
    check_end(IR_jump, 0, true);
    LIFT(0, 0x000000ef); /* jal ra,. */
    check_end(IR_call, 0, true);
    LIFT(0, 0x000002ef); /* jal t0,. */
    check_end(IR_call, 0, true);
    LIFT(0, 0x0000056f); /* jal a0,. */
    check_end(IR_jump, 0, true);

    /* The table of return-address hints: jalr rd, 0(rs1). */
    static const struct {
        uint32_t word;
        enum ir_op op;
    } hints[] = {
        {0x00050067, IR_jump}, /* zero, a0 */
        {0x00008067, IR_ret},  /* zero, ra */
        {0x00028067, IR_ret},  /* zero, t0 */
        {0x000500e7, IR_call}, /* ra, a0 */
        {0x000080e7, IR_call}, /* ra, ra */
        {0x000280e7, IR_jump}, /* ra, t0 */
        {0x000082e7, IR_jump}, /* t0, ra */
        {0x00050567, IR_jump}, /* a0, a0 */
        {0x8502, IR_jump},     /* c.jr a0 */
        {0x8082, IR_ret},      /* c.jr ra */
        {0x9502, IR_call},     /* c.jalr a0 */
    };
    for (unsigned i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        LIFT(0, hints[i].word);
        ck_assert_msg(last()->op == hints[i].op, "%08x", hints[i].word);
    }
}
END_TEST

START_TEST(far_calls_are_direct) {
    /* c.nop; auipc t1,0x1; jalr ra,-3(t1): bit 0 of the sum is dropped */
    LIFT(0, 0x0001, 0x00001317, 0xffd300e7);
    check_end(IR_call, 2 - 4, true);
    ck_assert_int_eq((int64_t)ir.insn[last()->b].imm, 10);
    ck_assert_uint_eq(count_op(IR_and), 0);
}
END_TEST

START_TEST(units_go_on_after_branches) {
    LIFT(0, 0x00050463, 0xc111, 0x852e); /* beqz a0,.+8; c.beqz a0,.+4; c.mv a0,a1 */
    ck_assert_uint_eq(count_op(IR_exit_if), 2);
    check_end(IR_jump, 8, false);
}
END_TEST

START_TEST(traps_have_their_pc) {
    LIFT(0, 0x0001, 0x00000073); /* ecall: the instruction after it */
    check_trap(EXIT_SYSCALL, 6);
    LIFT(0, 0x0001, 0x00100073);
    check_trap(EXIT_BREAKPOINT, 2);
    LIFT(0, 0x0001, 0x9002);
    check_trap(EXIT_BREAKPOINT, 2);
    LIFT(0, 0x0001, 0x0000100f);
    check_trap(EXIT_FLUSH_CODE, 6);
    LIFT(0, 0x0001, 0x00d00073);
    check_trap(EXIT_YIELD, 6);
}
END_TEST

/* Reserved and unallocated encodings, each in the middle of a unit. */
START_TEST(illegal_instructions_trap) {
    static const uint32_t words[] = {
        0x00000000, /* the defined illegal instruction */
        0xffffffff, /* the other */
        0x0000707b, /* custom-3 */
        0x02c5d553, /* fadd.d with rounding mode 5 */
        0x02c5e553, /* and with 6 */
        0x28a5c5af, /* amocas.q a1,a0,(a1): odd rd */
        0x28b5c52f, /* amocas.q a0,a1,(a1): odd rs2 */
        0x34051073, /* csrw mscratch,a0 */
        0xc0051073, /* csrw cycle,a0 */
        0x30200073, /* mret */
        0x0005a00f, /* cbo.inval (a1) */
        0x0004,     /* c.addi4spn s1,sp,0 */
        0x2001,     /* c.addiw zero,0 */
        0x4002,     /* c.lwsp zero,0(sp) */
        0x6101,     /* c.addi16sp sp,0 */
        0x8002,     /* c.jr zero */
        0x9c79,     /* beside c.not */
    };
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        LIFT(0, 0x0001, words[i], 0x0001);
        ck_assert_msg(last()->op == IR_trap && last()->imm == EXIT_ILLEGAL, "%08x", words[i]);
        check_trap(EXIT_ILLEGAL, 2);
    }
}
END_TEST

/* --- rounding --- */

static unsigned rounding_of(enum ir_op op) {
    for (uint32_t i = 0; i < ir.count; i++)
        if (ir.insn[i].op == op)
            return ir.insn[i].aux & 7;
    ck_abort_msg("no such instruction");
    return 0;
}

START_TEST(rounding_follows_the_mode) {
    LIFT(0, 0x02c5f553); /* fadd.d fa0,fa1,fa2 */
    ck_assert_uint_eq(rounding_of(IR_fadd), FP_DYNAMIC);
    LIFT(FP_RMM, 0x02c5f553);
    ck_assert_uint_eq(rounding_of(IR_fadd), FP_RMM);
    for (uint32_t mode = 5; mode < 8; mode++) {
        LIFT(mode, 0x0001, 0x02c5f553);
        check_trap(EXIT_ILLEGAL, 2);
        ck_assert_uint_eq(count_op(IR_fadd), 0);
        LIFT(mode, 0x02c58553); /* rne: a static mode is not affected */
        ck_assert_uint_eq(rounding_of(IR_fadd), FP_RNE);
        LIFT(mode, 0x22b58553); /* fsgnj.d, fmin.d: neither rounds */
        check_end(IR_jump, 4, false);
        LIFT(mode, 0x2ac58553);
        check_end(IR_jump, 4, false);
    }
}
END_TEST

/* fcvt.d.w is exact in every mode, which must still be a valid one. */
START_TEST(exact_conversions_do_not_switch_modes) {
    LIFT(0, 0xd2051553); /* fcvt.d.w fa0,a0,rtz */
    ck_assert_uint_eq(rounding_of(IR_itof), FP_DYNAMIC);
    LIFT(5, 0xd2057553); /* dyn */
    check_trap(EXIT_ILLEGAL, 0);
    LIFT(0, 0xd2251553); /* fcvt.d.l fa0,a0,rtz rounds */
    ck_assert_uint_eq(rounding_of(IR_itof), FP_RTZ);
}
END_TEST

START_TEST(writes_of_frm_leave_the_unit) {
    LIFT(0, 0x0001, 0x00251073); /* fsrm a0 */
    check_trap(EXIT_LOOKUP, 6);
    LIFT(0, 0x00351073); /* fscsr a0 */
    check_trap(EXIT_LOOKUP, 4);
    LIFT(0, 0x0022d073); /* fsrmi 5 */
    check_trap(EXIT_LOOKUP, 4);
    /* Known to need no other translations: */
    LIFT(0, 0x0021d073); /* fsrmi 3 */
    check_end(IR_jump, 4, false);
    LIFT(0, 0x00151073); /* fsflags a0 */
    check_end(IR_jump, 4, false);
    LIFT(0, 0x00202573); /* frrm a0 */
    check_end(IR_jump, 4, false);
}
END_TEST

START_TEST(fcsr_of_a_stopped_cpu) {
    static struct cpu cpu;
    riscv64_set_fcsr(&cpu, 0x9f);
    ck_assert_uint_eq(riscv64_fcsr(&cpu), 0x9f);
    ck_assert_uint_eq(cpu.mode, FP_RMM);
    ck_assert_uint_eq(cpu.fp.round, FP_RMM);
    riscv64_set_fcsr(&cpu, 0xffffffe1);
    ck_assert_uint_eq(riscv64_fcsr(&cpu), 0xe1);
    ck_assert_uint_eq(cpu.mode, 7);
    ck_assert_uint_eq(cpu.fp.round, FP_RNE);
    riscv64_set_fcsr(&cpu, 0x40);
    ck_assert_uint_eq(cpu.mode, 0);
    ck_assert_uint_eq(cpu.fp.round, FP_RDN);
}
END_TEST

/* --- registers --- */

START_TEST(x0_is_not_written) {
    LIFT(0, 0x00150013, 0x00053003); /* addi zero,a0,1; ld zero,0(a0) */
    ck_assert_uint_eq(count_op(IR_put), 0);
    ck_assert_uint_eq(count_op(IR_load), 1);
}
END_TEST

START_TEST(hints_do_nothing) {
    /* pause; prefetch.r 32(a0); c.ntl.p1 (c.add zero,sp) */
    LIFT(0, 0x0100000f, 0x02156013, 0x900a);
    ck_assert_uint_eq(count_op(IR_put), 0);
    ck_assert_uint_eq(count_op(IR_load), 0);
    ck_assert_uint_eq(count_op(IR_fence), 0);
    check_end(IR_jump, 10, false);
}
END_TEST

START_TEST(fences_order_what_they_name) {
    static const struct {
        uint32_t word;
        unsigned kinds;
    } fences[] = {
        {0x0ff0000f, IR_FENCE_RR | IR_FENCE_RW | IR_FENCE_WR | IR_FENCE_WW}, /* iorw,iorw */
        {0x0330000f, IR_FENCE_RR | IR_FENCE_RW | IR_FENCE_WR | IR_FENCE_WW}, /* rw,rw */
        {0x8330000f, IR_FENCE_RR | IR_FENCE_RW | IR_FENCE_WW},               /* fence.tso */
        {0x0230000f, IR_FENCE_RR | IR_FENCE_RW},                             /* r,rw */
        {0x0310000f, IR_FENCE_RW | IR_FENCE_WW},                             /* rw,w */
        {0x0120000f, IR_FENCE_WR},                                           /* w,r */
        {0x1330000f, IR_FENCE_RR | IR_FENCE_RW | IR_FENCE_WR | IR_FENCE_WW}, /* reserved fm */
    };
    for (unsigned i = 0; i < sizeof fences / sizeof fences[0]; i++) {
        LIFT(0, fences[i].word);
        ck_assert_uint_eq(count_op(IR_fence), 1);
        for (uint32_t j = 0; j < ir.count; j++)
            if (ir.insn[j].op == IR_fence)
                ck_assert_uint_eq(ir.insn[j].aux, fences[i].kinds);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("riscv64_lift");
    TCase *flow = tcase_create("flow");
    tcase_add_test(flow, jumps_are_told_apart);
    tcase_add_test(flow, far_calls_are_direct);
    tcase_add_test(flow, units_go_on_after_branches);
    tcase_add_test(flow, traps_have_their_pc);
    tcase_add_test(flow, illegal_instructions_trap);
    suite_add_tcase(suite, flow);
    TCase *rounding = tcase_create("rounding");
    tcase_add_test(rounding, rounding_follows_the_mode);
    tcase_add_test(rounding, exact_conversions_do_not_switch_modes);
    tcase_add_test(rounding, writes_of_frm_leave_the_unit);
    tcase_add_test(rounding, fcsr_of_a_stopped_cpu);
    suite_add_tcase(suite, rounding);
    TCase *effects = tcase_create("effects");
    tcase_add_test(effects, x0_is_not_written);
    tcase_add_test(effects, hints_do_nothing);
    tcase_add_test(effects, fences_order_what_they_name);
    suite_add_tcase(suite, effects);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
