/* The calling thread's cpu, and the requests that make one leave generated code. */
#include "runtime/cpu.h"

#include <string.h>
#include <sys/mman.h>

/* Every entry holds a pc that is looked for elsewhere, so that a jump through this table always
 * misses: 0 belongs to the first, and that has the last one's. Nearly all zeros, since a new cpu is
 * zeroed, and each page that it touches costs it. */
static const struct jump_cache_entry empty_table[JUMP_CACHE_SIZE] = {{.guest_pc = ~UINT64_C(0)}};

static _Thread_local struct cpu *current;

void cpu_forget_jumps(struct cpu *cpu) {
    memcpy(cpu->jump_cache, empty_table, sizeof empty_table);
    memset(cpu->far_jump_cache, 0, sizeof cpu->far_jump_cache);
}

void cpu_init(struct cpu *cpu, const struct guest *guest) {
    cpu->guest = guest;
    cpu->jump_cache[0] = empty_table[0];
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

static void set_poll_page(struct cpu *cpu, int prot) {
    mprotect((char *)cpu - CPU_POLL_PAGE, CPU_POLL_PAGE, prot);
}

/* A thread that is not in generated code looks at exit_requested before it enters. */
void cpu_request_exit(struct cpu *cpu) {
    atomic_store(&cpu->jump_table, (struct jump_cache_entry *)empty_table);
    atomic_store(&cpu->exit_requested, true);
    if (atomic_load(&cpu->running)) {
        atomic_store(&cpu->poll_closed, true);
        set_poll_page(cpu, PROT_NONE);
    }
}

/* A request made after this finds the fields in their normal state and changes them again, so the
 * caller looks at the reasons afterwards and misses none. One that was under way meanwhile may
 * close the page once more: the next poll then comes back here. */
void cpu_clear_exit_request(struct cpu *cpu) {
    atomic_store(&cpu->exit_requested, false);
    atomic_store(&cpu->jump_table, cpu->jump_cache);
    if (atomic_exchange(&cpu->poll_closed, false))
        set_poll_page(cpu, PROT_READ);
}

bool cpu_recover_poll(struct cpu *cpu, uint64_t address) {
    if (address - ((uintptr_t)cpu - CPU_POLL_PAGE) >= CPU_POLL_PAGE)
        return false;
    atomic_store(&cpu->exit_requested, true);
    return true;
}
