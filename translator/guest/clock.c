#include "translator/guest/clock.h"

#include "runtime/vm.h"

static uint64_t read_clock(uint64_t clock) {
    struct timespec now;
    clock_gettime((clockid_t)clock, &now);
    return (uint64_t)now.tv_sec * GUEST_CLOCK_FREQUENCY + (uint64_t)now.tv_nsec;
}

static const struct ir_helper read_clock_helper = {
    .name = "read_clock",
    .function = (void (*)(void))read_clock,
    .result = IR_I64,
    .arguments = 1,
};

static uint64_t leave_unless_vdso(struct cpu *cpu, uint64_t pc) {
    if (vm_in_vdso(pc))
        return 0;
    cpu->pc = pc;
    cpu->exit_reason = EXIT_ILLEGAL;
    return 1;
}

static const struct ir_helper vdso_helper = {
    .name = "leave_unless_vdso",
    .function = (void (*)(void))leave_unless_vdso,
    .result = IR_I64,
    .arguments = 1,
    .takes_cpu = true,
    .repeatable = true,
    .may_exit = true,
};

ir_ref lift_clock(struct ir *ir, clockid_t clock) {
    return ir_helper(ir, &read_clock_helper, ir_const(ir, IR_I64, (uint64_t)clock), IR_NO_REF,
                     IR_NO_REF);
}

ir_ref lift_vdso_clock(struct ir *ir, clockid_t clock, ir_ref pc) {
    ir_helper(ir, &vdso_helper, pc, IR_NO_REF, IR_NO_REF);
    return lift_clock(ir, clock);
}
