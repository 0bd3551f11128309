/* Guest signals.
 *
 * The host kernel keeps the queues: its dispositions and the threads' masks mirror the guest's, so
 * it chooses the thread, coalesces, orders and limits as it does for any program. The host handler
 * takes one signal, blocks all others in the interrupted context and makes the thread leave guest
 * code; the cpu loop then delivers it (signals_deliver) and opens the mask again, which lets the
 * next one in. Guest handlers run in the normal cpu loop: nothing on the host stack belongs to a
 * guest frame.
 *
 * Blocked by the guest or not, the synchronous signals (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP)
 * are never blocked on the host: the emulator needs them itself. One that is sent while the guest
 * blocks it waits in the thread it was sent to. */
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/cpu.h"
#include "runtime/interruptible.h"

struct thread;

/* A guest's struct sigaction, whatever its layout in guest memory. */
struct guest_action {
    uint64_t handler; /* SIG_DFL, SIG_IGN or a guest address */
    uint64_t flags, restorer, mask;
};

/* Signal sets are the kernel's: bit number - 1. */
enum { SIGNAL_COUNT = 64 };
static inline uint64_t signal_bit(int number) {
    return UINT64_C(1) << (number - 1);
}

/* --- set-up --- */

/* Takes over the mask this process was started with, and the dispositions as they come to matter,
 * and installs the host handler for synchronous signals. Call once, on the main thread, after
 * thread_init. */
void signals_init(void);

/* Reads the action of a signal and, with `action`, sets it, as rt_sigaction does; `old` may be
 * NULL. Returns 0 or -EINVAL. Any thread. */
int signals_action(struct cpu *cpu, int number, const struct guest_action *action,
                   struct guest_action *old);

/* The set of signals that are blocked and wait in the calling thread itself. */
uint64_t signals_held(const struct cpu *cpu);
/* Takes one of `set` from those; false if there is none. */
bool signals_take_held(struct cpu *cpu, uint64_t set, siginfo_t *info);

/* Sends the calling thread a synchronous signal as if from outside, whatever its code; false if it
 * is not a synchronous one. */
bool signals_hold(struct cpu *cpu, const siginfo_t *info);

/* --- for the cpu loop --- */

/* Delivers what waits in the calling thread: builds guest signal frames or takes default actions
 * (which may end the process). Call it whenever thread->signal_pending is set, before any guest
 * code or system call runs; it clears the flag. Returns true if a handler was entered. */
bool signals_deliver(struct cpu *cpu);

/* Delivers a synchronous signal caused by the guest instruction at cpu->pc. It cannot be blocked or
 * ignored: if the guest does either, it dies of it, as with the kernel's force_sig_fault. */
void signals_raise_fault(struct cpu *cpu, int number, int code, uint64_t address);

/* The guest dies of `number`: prints the report (hooks.report_death), runs hooks.at_exit, then dies
 * of the same signal on the host so that the parent sees it. */
_Noreturn void signals_die(struct cpu *cpu, const siginfo_t *info);

/* --- for C code that makes guest accesses directly --- */

/* Where a synchronous fault in such code returns to:
 *
 *     struct fault_guard guard;
 *     if (_setjmp(guard.env) == 0) {
 *         cpu->thread->fault_guard = &guard;
 *         ... loads and stores ...
 *     } else {
 *         ... cpu->fault says what happened ...
 *     }
 *     cpu->thread->fault_guard = NULL;
 *
 * The jump leaves the host's signal mask right; the guarded code must hold no lock. */
struct fault_guard {
    jmp_buf env;
};

/* --- for system calls that wait under a mask of their own --- */

/* ppoll, pselect6, epoll_pwait, rt_sigsuspend: makes `mask` the guest's mask for the time of the
 * call; returns the mask to give to the host's version of the call, which must be executed with
 * interruptible_syscall. */
uint64_t signals_begin_wait(struct cpu *cpu, uint64_t mask);
/* Ends it: unless the call was interrupted (-EINTR: the handler runs under `mask`, and its return
 * brings the old one back) the old mask is back at once. Returns `result` or what replaces it. */
int64_t signals_end_wait(struct cpu *cpu, int64_t result);

/* Sets the guest's mask (owner thread only): 0, or -ERESTARTSYS when a signal is to be delivered
 * first. */
int64_t signals_set_mask(struct cpu *cpu, uint64_t mask);

/* rt_sigreturn: -ESIGRETURN with the registers, the mask and the alternate stack of the frame, or
 * with SIGSEGV raised if it is bad; or -ERESTARTSYS. */
int64_t signals_return(struct cpu *cpu);

/* SS_AUTODISARM, bit 31 of ss_flags. */
enum { ALTSTACK_AUTODISARM = INT_MIN };

/* Whether stack pointer `sp` is on the alternate stack, in the kernel's sense (on_sig_stack): one
 * that disarms itself never counts. */
static inline bool signals_on_altstack(const stack_t *stack, uint64_t sp) {
    return !(stack->ss_flags & ALTSTACK_AUTODISARM) && sp > (uintptr_t)stack->ss_sp &&
           sp - (uintptr_t)stack->ss_sp <= stack->ss_size;
}

/* sigaltstack: 0 or -errno. `stack` and `old` are in the emulator's memory and may be NULL. */
int signals_altstack(struct cpu *cpu, const stack_t *stack, stack_t *old);

/* --- for execve, new processes and new threads --- */

/* The actions of a process: all its threads share one, a vfork child has its own copy although it
 * shares memory with its parent. */
struct signal_actions {
    pthread_mutex_t lock;
    uint64_t known; /* the signals whose action stands below */
    struct guest_action action[SIGNAL_COUNT + 1];
};

/* Copies the actions of the calling thread's process to `copy`, with its own lock. */
void signals_copy_actions(struct thread *thread, struct signal_actions *copy);
/* CLONE_CLEAR_SIGHAND: what has a handler goes back to SIG_DFL. */
void signals_clear_handlers(struct cpu *cpu);
/* The lock of the actions, across fork; in the child it is new. */
void signals_before_fork(struct thread *thread);
void signals_after_fork(struct thread *thread, bool child);

/* Gives ignored signals and the mask the form that the next program inherits, and the reverse when
 * execve failed. */
void signals_before_exec(struct cpu *cpu);
void signals_after_failed_exec(struct cpu *cpu);

/* Blocks every signal on the host but the synchronous ones, with the two that the C library keeps
 * to itself: for the creation of threads and processes. Background threads of the emulator stay
 * like this. Returns the mask that was in force, for signals_restore_host. */
uint64_t signals_block_host(void);
void signals_restore_host(uint64_t mask);

/* Gives the calling host thread the alternate stack of `thread`, and takes it away again. The
 * former ends with the guest's mask in force. */
void signals_start_thread(struct thread *thread);
void signals_stop_thread(struct thread *thread);

#endif
