/* The loop of a guest thread: run the guest, act on why it came back, deliver signals. */
#ifndef EMU_CPU_LOOP_H
#define EMU_CPU_LOOP_H

struct cpu;

/* Runs until cpu->thread->exiting. */
void cpu_loop(struct cpu *cpu);

#endif
