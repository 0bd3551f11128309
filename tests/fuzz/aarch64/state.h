/* Where aarch64's registers lie in struct batch_registers. x30 holds the entry point on the way in.
 */
#ifndef TESTS_FUZZ_AARCH64_STATE_H
#define TESTS_FUZZ_AARCH64_STATE_H

#define STATE_X     0 /* to x30 */
#define STATE_SP    31
#define STATE_V     32 /* two words each, the low one first */
#define STATE_NZCV  96 /* as in PSTATE */
#define STATE_FPCR  97
#define STATE_FPSR  98
#define STATE_WORDS 99
#define STATE_ENTRY (STATE_X + 30)

#endif
