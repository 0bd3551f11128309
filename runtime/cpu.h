/* The state of one guest thread: its registers, and what generated code needs within reach.
 *
 * One `struct cpu` belongs to one host thread. Generated code addresses it through one host
 * register that points CPU_BASE_BIAS bytes into it, so that every general register's home is within
 * a one-byte displacement. Only the fields marked so may be touched by another thread or from a
 * signal handler. */
#ifndef RUNTIME_CPU_H
#define RUNTIME_CPU_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/fp.h"
#include "runtime/vec.h"

enum { CPU_GPRS = 32, CPU_VECS = 32, CPU_CTLS = 16, CPU_BASE_BIAS = 128 };

/* Generated code reads the page in front of its cpu at every back edge. When something waits for
 * the thread the page is closed, and the read faults: so asking costs the loop one load and nothing
 * else. */
enum { CPU_POLL_PAGE = 4096 };

/* A guest register as the IR names it: general registers, then vector (and floating-point)
 * registers, then control words whose meaning is the guest's own. */
enum guest_reg {
    REG_GPR = 0,
    REG_VEC = REG_GPR + CPU_GPRS,
    REG_CTL = REG_VEC + CPU_VECS,
    REG_COUNT = REG_CTL + CPU_CTLS,
};

/* Why generated code (or the evaluator) came back to the cpu loop. */
enum exit_reason {
    EXIT_LOOKUP,     /* cpu->pc has no code yet, or a poll asked to come back: go on there */
    EXIT_SYSCALL,    /* a system call; cpu->pc is the instruction after it */
    EXIT_ILLEGAL,    /* SIGILL at cpu->pc */
    EXIT_BREAKPOINT, /* SIGTRAP at cpu->pc */
    EXIT_FAULT,      /* a synchronous host signal: cpu->fault describes it, cpu->pc is exact */
    EXIT_FLUSH_CODE, /* the guest announced new code (fence.i); cpu->pc is the next instruction */
    EXIT_YIELD,      /* a spin-wait hint: let another thread run; cpu->pc is the next instruction */
};

/* An entry of the inline look-up table for indirect jumps. */
struct jump_cache_entry {
    uint64_t guest_pc;
    const void *code;
};

enum { JUMP_CACHE_BITS = 10, JUMP_CACHE_SIZE = 1 << JUMP_CACHE_BITS };

/* The second table, out of line: programs call many functions at equal offsets in their pages,
 * which the first one, indexed by the low bits of pc, has a single entry for. An empty entry has no
 * code. */
enum { FAR_JUMP_CACHE_SIZE = 1 << 12, FAR_JUMP_SHIFT = 9 };

struct guest_fault {
    int signal;       /* SIGSEGV, SIGBUS, SIGFPE, ... */
    int code;         /* si_code */
    uint64_t address; /* si_addr */
    bool hidden;      /* the host did not tell the address: not a canonical one */
};

/* Page-aligned, behind a poll page of its own. */
struct cpu {
    /* The guest's registers. Their order and offsets are what generated code is built on. */
    uint64_t gpr[CPU_GPRS];

    /* Base of the table that indirect jumps look in: jump_cache, or an empty table while something
     * waits, so that an indirect jump comes to the cpu loop too. Written by other threads. */
    struct jump_cache_entry *_Atomic jump_table;

    uint64_t pc;
    union cpu_vec vec[CPU_VECS];
    uint64_t ctl[CPU_CTLS];
    struct fp_env fp;

    /* Selects among translations of the same pc (guest-defined; riscv64: frm is RMM or reserved).
     * Generated code never changes it without leaving through EXIT_LOOKUP. */
    uint32_t mode;
    uint32_t exit_reason; /* enum exit_reason, set on the way out of generated code */

    /* Scratch that generated code passes operands of generic operations through. */
    union cpu_vec scratch[4];
    uint64_t host_stack;        /* emulator's stack pointer while generated code runs */
    uint64_t return_stack;      /* saved stack pointer of generated code, while C runs */
    uint64_t return_stack_base; /* lowest usable address; a guard page lies below */
    uint64_t return_stack_top;
    _Alignas(16) uint64_t
        host_private[8]; /* the backend's own: constants that instructions take from memory */
    union cpu_vec host_constants[74]; /* ... of vector instructions */
    union cpu_vec spill[16];          /* temporaries that found no host register */
    /* Executed so far, where the backend was asked to count. */
    uint64_t counted_guest_insns, counted_host_insns;
    union cpu_vec eval_saved[8]; /* temporaries kept over a call for a generic operation */

    struct guest_fault fault;
    /* Something waits: guest code is not to be entered. Written by other threads. */
    _Atomic bool exit_requested;
    /* The poll page is closed, or is about to be. */
    _Atomic bool poll_closed;
    /* Between entering generated code and leaving it, or about to: a flush of the code cache waits
     * until it is clear. Read by other threads. */
    _Atomic bool running;
    uint32_t code_mode; /* the mode that jump_cache and the return stack are filled for */

    struct thread *thread; /* runtime/thread.h: the rest of the thread's state */
    const struct guest *guest;
    struct jump_cache_entry jump_cache[JUMP_CACHE_SIZE];
    struct jump_cache_entry far_jump_cache[FAR_JUMP_CACHE_SIZE];
};

/* Puts a zeroed cpu into the state in which nothing is requested and no jump is cached. */
void cpu_init(struct cpu *cpu, const struct guest *guest);

/* Empties both tables of jumps. Only the cpu's own thread, or while it does not run. */
void cpu_forget_jumps(struct cpu *cpu);

/* The cpu of the calling thread; NULL before it has one. Async-signal-safe. */
struct cpu *cpu_current(void);
void cpu_set_current(struct cpu *cpu);

/* Makes `cpu` leave generated code soon (at its next back edge, indirect jump or exit that is not
 * chained); whoever asks notes the reason first. Any thread; async-signal-safe. */
void cpu_request_exit(struct cpu *cpu);

/* For the host signal handler, on the cpu's own thread: whether a fault at `address` is a poll that
 * found the page closed. If so, generated code is not entered again before cpu_clear_exit_request.
 */
bool cpu_recover_poll(struct cpu *cpu, uint64_t address);

/* Withdraws requests before looking at what asked for them. Owner thread only. */
void cpu_clear_exit_request(struct cpu *cpu);

/* Byte offset in `struct cpu` of guest register `reg` (enum guest_reg + index). */
static inline size_t cpu_reg_offset(unsigned reg) {
    if (reg < REG_VEC)
        return offsetof(struct cpu, gpr) + (reg - REG_GPR) * sizeof(uint64_t);
    if (reg < REG_CTL)
        return offsetof(struct cpu, vec) + (reg - REG_VEC) * sizeof(union cpu_vec);
    return offsetof(struct cpu, ctl) + (reg - REG_CTL) * sizeof(uint64_t);
}

#endif
