/* The emulated machine: which guests there are, and how loader, system calls, signals and
 * translator are put together to run a program on one of them. */
#ifndef EMU_MACHINE_H
#define EMU_MACHINE_H

#include <stdio.h>

struct cpu;
struct guest;
struct options;

/* All guests, NULL at the end. */
extern const struct guest *const machine_guests[];

/* "riscv64, ..." */
void machine_list_guests(FILE *out);
/* What -cpu help prints. */
void machine_list_cpu_models(FILE *out);

/* Loads the program that `options` names and prepares everything to run it. Returns the cpu that
 * stands at its first instruction. On an error prints one line and exits with 126 or 127. Once,
 * from the only thread. */
struct cpu *machine_start(const struct options *options);

#endif
