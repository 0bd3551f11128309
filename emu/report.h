/* The report of a guest that dies of a signal, in the guest's own terms. */
#ifndef EMU_REPORT_H
#define EMU_REPORT_H

#include <signal.h>
#include <stdbool.h>

struct cpu;

/* No reports from now on (--quiet). */
void report_set_quiet(bool quiet);

/* Prints on standard error: the signal and its cause, pc with symbol and file, the instruction, the
 * registers, and a backtrace as far as link and frame register tell. For hooks.report_death. */
void report_death(struct cpu *cpu, const siginfo_t *info);

#endif
