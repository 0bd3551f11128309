/* Where riscv64's registers lie in struct batch_registers. x0 holds the entry point on the way in;
 * gp is the runner's own. Both are 0 in records. */
#ifndef TESTS_FUZZ_RISCV64_STATE_H
#define TESTS_FUZZ_RISCV64_STATE_H

#define STATE_X     0
#define STATE_F     32
#define STATE_FCSR  64
#define STATE_WORDS 65
#define STATE_ENTRY STATE_X

#endif
