/* Guest threads: each is a host thread with one `struct thread` and one `struct cpu`. */
#ifndef RUNTIME_THREAD_H
#define RUNTIME_THREAD_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/cpu.h"
#include "runtime/signals.h"

/* The synchronous signals, which wait here when sent while the guest blocks them. */
enum { HELD_SIGNALS = 5 };

/* Owner thread only, but for what is marked otherwise. */
struct thread {
    struct cpu *cpu;
    void *block; /* the mapping that holds the cpu, this and the host's alternate stack */
    size_t block_size;
    pid_t tid;
    bool leader;      /* the first of its process: ends by the exit system call alone */
    bool vfork_child; /* a process that shares its parent's memory, until exec or exit */
    struct thread *next, *previous;       /* in the list of all threads, under its lock */
    struct translator_thread *translator; /* what the translator keeps: translator/thread.h */

    /* --- signals --- */
    /* A signal taken by the host handler waits in `captured`. Set by the thread's own handler. */
    _Atomic uint32_t signal_pending;
    siginfo_t captured;
    uint64_t mask;         /* the guest's blocked set; SIGKILL and SIGSTOP never in it */
    uint64_t waiting_mask; /* the one to come back to, while `waiting` (signals_begin_wait) */
    bool waiting;
    _Atomic uint32_t held; /* which of held_info are present; set by the thread's own handler */
    siginfo_t held_info[HELD_SIGNALS];
    struct signal_actions *actions; /* shared by the threads of a process */
    stack_t altstack;               /* the guest's, as set by sigaltstack */
    struct fault_guard *fault_guard;
    stack_t host_altstack, former_altstack; /* the host thread's: for us, and before us */

    /* --- life --- */
    uint64_t clear_child_tid; /* guest word to clear and wake at exit, or 0 */
    uint64_t robust_list;     /* guest address of its struct robust_list_head, or 0 */
    bool exiting;             /* the cpu loop returns when it sees this */
    void *exec_memory;        /* argument vectors of an execve that is under way */
    size_t exec_memory_size;
};

/* Makes the calling host thread the first guest thread, with registers zero; hooks must be filled
 * in. NULL when the host has no memory. signals_init comes next. */
struct thread *thread_init(const struct guest *guest);

/* What clone asks for, in the terms of clone3. */
struct clone_request {
    uint64_t flags; /* CLONE_*, without the exit signal */
    int exit_signal;
    uint64_t stack;                        /* the new stack pointer, or 0 to keep the parent's */
    uint64_t parent_tid, child_tid, pidfd; /* guest addresses */
    uint64_t tls;
    uint64_t set_tid, set_tid_size, cgroup; /* clone3 alone */
};

/* Makes a thread or a process as `request` says. Returns its id, in a new process 0, or -errno, or
 * -ERESTARTSYS. */
int64_t thread_clone(struct cpu *cpu, const struct clone_request *request);

/* The calling thread ends: robust mutexes, clear_child_tid, and the process if it was the last one.
 * Returns 0 with thread->exiting set, or -ERESTARTSYS when a signal is to be delivered first; does
 * not return on a thread that the host must end by itself (the first one, and vfork children). */
int64_t thread_exit(struct cpu *cpu, int status);
/* The process ends, hooks.at_exit first. */
_Noreturn void thread_exit_group(struct cpu *cpu, int status);

/* Calls `visit` for every thread with the list locked; it must not start or end threads. */
void thread_for_each(void (*visit)(struct thread *thread, void *data), void *data);
/* Guest threads that have not ended. */
unsigned thread_count(void);

#endif
