/* Generated code: the memory it lives in, the map from guest pc to it, and the jumps between
 * blocks.
 *
 * Looking up takes no lock. Adding, chaining and invalidating take one lock for a short time. An
 * invalidated block is unreachable at once (its entry is sealed, the jumps to it are undone), but
 * its memory is reused only by a flush, for which all threads must be outside generated code. */
#ifndef RUNTIME_CODE_CACHE_H
#define RUNTIME_CODE_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/guest.h"
#include "runtime/template.h"

/* A direct jump that has been patched to enter a block, and where it goes when that is undone: as
 * offsets in code memory. */
struct chain_link {
    uint32_t jump, stub;
    struct chain_link *next;
};

/* A direct exit that is not chained, as the code at the exit describes itself. */
struct exit_record {
    uint8_t *jump;   /* the displacement to patch */
    uint8_t *stub;   /* what it points to while unchained */
    uint64_t target; /* guest pc */
};

/* One cache line: a cold program writes as many of these as it has blocks. */
struct block {
    uint64_t pc;
    uint8_t *code;
    const struct template *template; /* lives as long as the process */
    struct chain_link *incoming;
    struct block *page_next[2]; /* in the lists of blocks that touch a guest page */
    struct block *next_code;    /* the block whose code comes next in memory */
    uint16_t code_size;
    uint16_t guest_size; /* bytes it was made from, at pc */
    uint8_t mode;
    _Atomic bool valid;
};
_Static_assert(sizeof(struct block) == 64, "a cache line");

static inline uint64_t block_end(const struct block *block) {
    return block->pc + block->guest_size;
}

/* What the cache must know of the host. */
struct code_cache_host {
    const uint8_t *const *stubs; /* where RELOC_STUB's numbers are, once emit_stubs has run */
    struct exit_record (*find_exit)(uint8_t *code, uint32_t offset);
    void (*set_jump)(uint8_t *jump, const uint8_t *target);
    const uint8_t *(*chain_entry)(const uint8_t *code);
    void (*seal)(uint8_t *code);
};

struct code_cache_stats {
    uint64_t blocks, code_bytes, chains, invalidated, replaced, flushes, reserved;
};

/* Reserves the memory (size 0: the default; less if the host's limits ask for it) and lets
 * `emit_stubs` write the shared code to its start. Returns 0 or -ENOMEM. */
int code_cache_init(const struct code_cache_host *host, size_t size,
                    size_t (*emit_stubs)(uint8_t *code, size_t size));

/* Zeroed memory near the first code for another table, or NULL when that is used up. Start-up only.
 */
void *code_cache_spare(size_t size);

/* The same memory for the first cpu: `size` bytes at the start of a huge page, and `lead` bytes
 * (whole pages) in front of them that are pages of their own, so that their protection can change.
 * NULL when it has been given away, or is not enough. Start-up only. */
void *code_cache_front(size_t lead, size_t size);

/* The block for a pc, or NULL. Lock-free. */
struct block *code_cache_find(uint64_t pc, uint32_t mode);

/* Stamps the unit's template: copies, relocates and publishes it. If another thread was faster, its
 * block is returned. NULL: the cache is full, or the guest's code changed since `epoch` was read
 * (translate again). If the unit has a block, `spent` (else NULL), the new one takes its place,
 * also in the exits that enter it; with `chain` its own direct exits enter the blocks that there
 * are. */
struct block *code_cache_add(struct block *spent, const struct placed_unit *unit, uint64_t epoch,
                             bool chain, bool *full);

/* The same for several units at once, as far as there is room for them: those that have no block
 * yet get one, and `added` set. With `chain` their direct exits enter the blocks that there are
 * then, theirs among them. Nothing is done if the guest's code changed since `epoch` was read. */
void code_cache_add_run(struct placed_unit *units, unsigned count, uint64_t epoch, bool chain);

/* Counts invalidations; read it before reading guest code. */
uint64_t code_cache_epoch(void);

/* Patches a direct exit to enter `block` from now on, if it is still valid. */
void code_cache_chain(struct block *block, uint8_t *jump, uint8_t *stub);

void code_cache_invalidate(uint64_t start, uint64_t end);

/* Whether a block that counts its entries has had those it was given. */
bool code_cache_is_spent(const struct block *block);

/* Drops every block. No thread may be in generated code, nor keep addresses into it. */
void code_cache_flush(void);

bool code_cache_contains(uint64_t host_address);
/* The block whose code holds a host address, or NULL. Async-signal-safe. */
const struct block *code_cache_block_at(uint64_t host_address);
/* The guest pc that the code at a host address in `block` acts for. Async-signal-safe. */
uint64_t code_cache_guest_pc(const struct block *block, uint64_t host_address);
/* Where to go on when it has faulted, to leave with exact guest state; NULL: there is nothing to be
 * done. Async-signal-safe. */
const uint8_t *code_cache_landing(const struct block *block, uint64_t host_address);

void code_cache_get_stats(struct code_cache_stats *stats);
/* Calls `visit` for every block; for perf maps and reports. */
void code_cache_for_each(void (*visit)(const struct block *block, void *data), void *data);

void code_cache_before_fork(void);
void code_cache_after_fork(bool child);

#endif
