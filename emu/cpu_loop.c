#include "emu/cpu_loop.h"

#include <sched.h>
#include <signal.h>

#include "runtime/hooks.h"
#include "runtime/signals.h"
#include "runtime/thread.h"
#include "syscalls/syscalls.h"
#include "translator/engine.h"

static void handle_exit(struct cpu *cpu) {
    switch ((enum exit_reason)cpu->exit_reason) {
    case EXIT_LOOKUP: break;
    case EXIT_SYSCALL:
        if (syscall_dispatch(cpu) == -ERESTARTSYS)
            cpu->pc -= cpu->guest->syscall_insn_size;
        break;
    case EXIT_ILLEGAL: signals_raise_fault(cpu, SIGILL, ILL_ILLOPC, cpu->pc); break;
    case EXIT_BREAKPOINT: signals_raise_fault(cpu, SIGTRAP, TRAP_BRKPT, cpu->pc); break;
    case EXIT_FAULT:
        if (cpu->guest->mend_fault && cpu->guest->mend_fault(cpu))
            break;
        signals_raise_fault(cpu, cpu->fault.signal, cpu->fault.code, cpu->fault.address);
        break;
    case EXIT_FLUSH_CODE:
        /* The guest does not say what it changed. */
        hooks.invalidate(0, UINT64_MAX);
        break;
    case EXIT_YIELD: sched_yield(); break;
    }
}

void cpu_loop(struct cpu *cpu) {
    struct thread *thread = cpu->thread;
    while (!thread->exiting) {
        cpu_clear_exit_request(cpu);
        if (atomic_load(&thread->signal_pending)) {
            signals_deliver(cpu);
            continue;
        }
        engine_run(cpu);
        handle_exit(cpu);
    }
}
