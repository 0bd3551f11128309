/* The calling thread's cpu, and the requests that make one leave generated code. */
#include "runtime/cpu.h"

#include <string.h>

/* Every entry holds an odd pc with all bits set. Guests whose instructions are aligned never jump
 * there: a jump through this table always misses. */
static const struct jump_cache_entry empty_table[JUMP_CACHE_SIZE] = {
    [0 ... JUMP_CACHE_SIZE - 1] = {.guest_pc = ~UINT64_C(0)},
};

static _Thread_local struct cpu *current;

void cpu_init(struct cpu *cpu, const struct guest *guest) {
    cpu->guest = guest;
    memcpy(cpu->jump_cache, empty_table, sizeof empty_table);
    cpu_clear_exit_request(cpu);
}

/* Async-signal-safe: an executable's own thread-local variables are at fixed offsets from the
 * thread pointer, nothing is allocated on first use. */
struct cpu *cpu_current(void) {
    return current;
}

void cpu_set_current(struct cpu *cpu) {
    current = cpu;
}

void cpu_request_exit(struct cpu *cpu) {
    atomic_store(&cpu->jump_table, (struct jump_cache_entry *)empty_table);
    atomic_store(&cpu->poll_limit, ~UINT64_C(0));
}

/* A request made after this finds the fields in their normal state and changes them again, so the
 * caller looks at the reasons afterwards and misses none: whoever asks sets the reason first. */
void cpu_clear_exit_request(struct cpu *cpu) {
    atomic_store(&cpu->poll_limit, 0);
    atomic_store(&cpu->jump_table, cpu->jump_cache);
    atomic_thread_fence(memory_order_seq_cst);
}
