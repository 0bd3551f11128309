/* The code cache, on a host that is only pretended: what would be host code is never entered. Every
 * test runs in a process of its own. CODE_CACHE_SEED in the environment chooses the random ones. */
#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/code_cache.h"

enum { PAGE = 4096, MIB = 1 << 20, ENTRY = 5, SEAL = 0xe9, STUBS = 100 };

/* --- the host --- */

/* An exit is its jump, its call of the stub, and behind them the target. */
static struct exit_record find_exit(uint8_t *code, uint32_t offset) {
    struct exit_record exit = {code + offset - 16, code + offset + 8, 0};
    memcpy(&exit.target, code + offset, sizeof exit.target);
    return exit;
}

/* A jump is the address it goes to. */
static void set_jump(uint8_t *jump, const uint8_t *target) {
    memcpy(jump, &target, sizeof target);
}

static const uint8_t *chain_entry(const uint8_t *code) {
    return code + ENTRY;
}

static void seal(uint8_t *code) {
    code[0] = SEAL;
}

enum { STUB_COUNT = 4, STUB_SIZE = STUBS / STUB_COUNT };
static const uint8_t *stubs, *stub[STUB_COUNT];
static size_t emit_stubs(uint8_t *code, size_t size) {
    ck_assert_uint_ge(size, STUBS);
    memset(code, 0xcc, STUBS);
    stubs = code;
    for (unsigned i = 0; i < STUB_COUNT; i++)
        stub[i] = code + i * STUB_SIZE;
    return STUBS;
}

/* Where the cache's memory begins: at a huge page, which the stubs are in. */
static uint8_t *memory(void) {
    return (uint8_t *)((uintptr_t)stubs & -(uintptr_t)(2 * MIB));
}

static void start_with(size_t size) {
    static const struct code_cache_host host = {stub, find_exit, set_jump, chain_entry, seal};
    ck_assert_int_eq(code_cache_init(&host, size, emit_stubs), 0);
}

static void start(void) {
    start_with(0);
}

/* --- blocks --- */

/* Code of `size` bytes, all `fill`, without anything else. */
static const struct template *plain_template(unsigned size, uint8_t fill) {
    struct template *t = calloc(1, sizeof *t + size);
    t->size = (uint32_t)(sizeof *t + size);
    t->code_size = (uint16_t)size;
    memset(t + 1, fill, size);
    return t;
}

static struct placed_unit unit_at(uint64_t pc, uint32_t mode, unsigned bytes,
                                  const struct template *t) {
    return (struct placed_unit){.pc = pc, .mode = mode, .size = bytes, .template = t};
}

/* A block for `bytes` of guest code. */
static struct block *add(uint64_t pc, uint32_t mode, unsigned bytes, const struct template *t) {
    const struct placed_unit unit = unit_at(pc, mode, bytes, t);
    bool full;
    return code_cache_add(NULL, &unit, code_cache_epoch(), false, &full);
}

START_TEST(found_by_pc_and_mode) {
    const struct template *t = plain_template(32, 0x11);
    ck_assert_ptr_null(code_cache_find(0x1000, 0));
    struct block *block = add(0x1000, 0, 4, t);
    ck_assert_ptr_nonnull(block);
    ck_assert_ptr_eq(code_cache_find(0x1000, 0), block);
    ck_assert_ptr_null(code_cache_find(0x1000, 1));
    ck_assert_ptr_null(code_cache_find(0x1002, 0));
    struct block *other = add(0x1000, 1, 4, t);
    ck_assert_ptr_ne(other, block);
    ck_assert_ptr_eq(code_cache_find(0x1000, 1), other);
    /* Whoever comes second gets the first's. */
    ck_assert_ptr_eq(add(0x1000, 0, 4, t), block);
    ck_assert_uint_eq(block_end(block), 0x1004);
}
END_TEST

START_TEST(stale_code_is_not_added) {
    const struct placed_unit unit = unit_at(0x1000, 0, 4, plain_template(16, 0));
    const uint64_t epoch = code_cache_epoch();
    bool full = true;
    code_cache_invalidate(0x900000, 0x900001);
    ck_assert_ptr_null(code_cache_add(NULL, &unit, epoch, false, &full));
    ck_assert(!full);
    ck_assert_ptr_null(code_cache_find(0x1000, 0));
}
END_TEST

START_TEST(relocations_are_applied) {
    struct {
        struct template t;
        struct relocation relocation[4];
        uint8_t code[80];
    } record = {.t = {.size = sizeof record, .code_size = 80, .relocation_count = 4},
                .relocation = {{.offset = 1, .kind = RELOC_PC, .addend = -8},
                               {.offset = 17, .kind = RELOC_PC, .field = 2, .addend = 4},
                               {.offset = 40, .kind = RELOC_STUB, .addend = 3},
                               {.offset = 60, .kind = RELOC_EXIT, .field = 1, .addend = 2}}};
    memset(record.code, 0x90, sizeof record.code);
    const int64_t fields[] = {1, -0x100000};
    struct placed_unit unit = unit_at(0x123456, 0, 4, &record.t);
    unit.field_values = fields;
    bool full;
    struct block *block = code_cache_add(NULL, &unit, code_cache_epoch(), false, &full);
    const int32_t distance = (int32_t)(stub[3] - (block->code + 44));
    const int32_t exit_distance = (int32_t)(stub[0] - (block->code + 56));
    uint8_t expected[80];
    memset(expected, 0x90, sizeof expected);
    memcpy(expected + 1, &(uint64_t){0x12344e}, 8);
    memcpy(expected + 17, &(uint64_t){0x2345a}, 8);
    memcpy(expected + 40, &distance, 4);
    memcpy(expected + 52, &exit_distance, 4);
    memcpy(expected + 60, &(uint64_t){0x123459}, 8);
    ck_assert_mem_eq(block->code, expected, sizeof expected);
}
END_TEST

/* --- several at once --- */

enum { RUN = 3 };

/* Units of 8 bytes one behind the other from `pc` on, the exit of each leads to the next one. */
static void make_run(struct placed_unit run[RUN], uint64_t pc) {
    static struct {
        struct template t;
        struct relocation relocation;
        uint8_t code[48];
    } record = {.t = {.size = sizeof record, .code_size = 48, .relocation_count = 1},
                .relocation = {.offset = 24, .kind = RELOC_EXIT, .addend = 8}};
    for (unsigned i = 0; i < RUN; i++)
        run[i] = (struct placed_unit){.pc = pc + 8 * i, .size = 8, .template = &record.t};
}

static const uint8_t *jump_of(const struct block *block) {
    const uint8_t *target;
    memcpy(&target, block->code + 8, sizeof target);
    return target;
}

START_TEST(a_run_is_added_and_chained) {
    struct placed_unit run[RUN];
    make_run(run, 0x1ff0);
    struct block *block[RUN + 1] = {[1] = add(0x1ff8, 0, 8, plain_template(32, 0x11)),
                                    [RUN] = add(0x2008, 0, 8, plain_template(32, 0x11))};
    code_cache_add_run(run, RUN, code_cache_epoch(), true);
    for (unsigned i = 0; i < RUN; i++) {
        ck_assert_int_eq(run[i].added, i != 1);
        ck_assert(i != 1 || code_cache_find(run[i].pc, 0) == block[i]);
        block[i] = code_cache_find(run[i].pc, 0);
        ck_assert_uint_eq(block_end(block[i]), run[i].pc + 8);
    }
    ck_assert_ptr_eq(jump_of(block[0]), block[1]->code + ENTRY);
    ck_assert_ptr_eq(jump_of(block[2]), block[3]->code + ENTRY);
    /* As any other block: it goes when its code changes, and the jumps to it with it. */
    code_cache_invalidate(0x2008, 0x2009);
    ck_assert_ptr_eq(jump_of(block[2]), block[2]->code + 32);
    code_cache_invalidate(0x2000, 0x2001);
    ck_assert_ptr_null(code_cache_find(run[2].pc, 0));
    ck_assert_uint_eq(block[2]->code[0], SEAL);
    ck_assert_ptr_eq(code_cache_find(run[0].pc, 0), block[0]);
}
END_TEST

START_TEST(a_run_is_not_chained_unless_asked) {
    struct placed_unit run[RUN];
    make_run(run, 0x1000);
    code_cache_add_run(run, RUN, code_cache_epoch(), false);
    ck_assert_ptr_null(jump_of(code_cache_find(run[0].pc, 0)));
}
END_TEST

START_TEST(a_stale_run_is_not_added) {
    struct placed_unit run[RUN];
    make_run(run, 0x1000);
    const uint64_t epoch = code_cache_epoch();
    code_cache_invalidate(0x900000, 0x900001);
    code_cache_add_run(run, RUN, epoch, true);
    for (unsigned i = 0; i < RUN; i++) {
        ck_assert(!run[i].added);
        ck_assert_ptr_null(code_cache_find(run[i].pc, 0));
    }
}
END_TEST

/* --- jumps between blocks --- */

START_TEST(jumps_are_chained_and_undone) {
    const struct template *t = plain_template(32, 0x11);
    const uint8_t *target[2];
    struct block *block = add(0x1000, 0, 8, t), *other = add(0x2000, 0, 8, t);
    uint8_t *jump[2] = {other->code + 8, other->code + 16}, *exit = other->code + 24;
    for (unsigned i = 0; i < 2; i++) {
        code_cache_chain(block, jump[i], &exit[i]);
        memcpy(&target[i], jump[i], sizeof target[i]);
        ck_assert_ptr_eq(target[i], block->code + ENTRY);
    }
    code_cache_invalidate(0x1004, 0x1005);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(&target[i], jump[i], sizeof target[i]);
        ck_assert_ptr_eq(target[i], &exit[i]);
    }
    ck_assert_uint_eq(block->code[0], SEAL);
    ck_assert_uint_eq(other->code[0], 0x11);
    ck_assert_ptr_null(code_cache_find(0x1000, 0));
    /* Too late: the block is gone. */
    code_cache_chain(block, jump[0], &exit[0]);
    memcpy(&target[0], jump[0], sizeof target[0]);
    ck_assert_ptr_eq(target[0], &exit[0]);
    /* A new translation is another block. */
    struct block *again = add(0x1000, 0, 8, t);
    ck_assert_ptr_ne(again, block);
    ck_assert_ptr_eq(code_cache_find(0x1000, 0), again);
    struct code_cache_stats stats;
    code_cache_get_stats(&stats);
    ck_assert_uint_eq(stats.blocks, 3);
    ck_assert_uint_eq(stats.chains, 2);
    ck_assert_uint_eq(stats.invalidated, 1);
}
END_TEST

/* --- invalidation --- */

static const struct {
    uint64_t block, start, end;
    bool dies;
} edges[] = {
    /* Blocks have 16 bytes. */
    {0x5100, 0x5000, 0x5100, false},
    {0x5100, 0x50ff, 0x5101, true},
    {0x5100, 0x5100, 0x5101, true},
    {0x5100, 0x510f, 0x5110, true},
    {0x5100, 0x5110, 0x6000, false},
    {0x5100, 0x5108, 0x5108, false},
    {0x5100, 0x5109, 0x5108, false},
    {0x5000, 0x4000, 0x5000, false},
    {0x5ff0, 0x6000, 0x7000, false},
    {0x5ff8, 0x6000, 0x6001, true},
    {0x5ff8, 0x6007, 0x6008, true},
    {0x5ff8, 0x6008, 0x7000, false},
    {0x5ff8, 0x5000, 0x5ff8, false},
    {0x5ff8, 0x5fff, 0x6000, true},
    {0x5100, 0, UINT64_C(1) << 47, true},
    {0x5100, 0, UINT64_MAX, true},
    {0x5100, 0x5110, UINT64_MAX, false},
    {0x5100, 0x5101, UINT64_MAX, true},
    {0x5100, 0x5100 + 4096 * PAGE, 0x5110 + 4096 * PAGE, false},
};

START_TEST(invalidation_hits_what_it_touches) {
    const struct template *t = plain_template(16, 0);
    struct block *block = add(edges[_i].block, 0, 16, t);
    code_cache_invalidate(edges[_i].start, edges[_i].end);
    ck_assert(atomic_load(&block->valid) == !edges[_i].dies);
    ck_assert_ptr_eq(code_cache_find(edges[_i].block, 0), edges[_i].dies ? NULL : block);
}
END_TEST

/* Random blocks and ranges against a list that is searched from end to end. */
START_TEST(invalidation_at_random) {
    enum { BLOCKS = 300, ROUNDS = 3000 };
    static struct {
        uint64_t pc, end;
        struct block *block; /* NULL: none */
    } model[BLOCKS];
    const char *seed = getenv("CODE_CACHE_SEED");
    srandom(seed ? (unsigned)strtoul(seed, NULL, 0) : 1);
    const struct template *t = plain_template(16, 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < BLOCKS; i++) {
            if (model[i].block)
                continue;
            /* Few pages, some of which share a list. */
            const uint64_t page = (uint64_t)random() % 4 + (random() % 3 ? 0 : 4096);
            model[i].pc = 0x10000 + page * PAGE + (uint64_t)random() % (PAGE / 2) * 2;
            model[i].end = model[i].pc + 2 + (uint64_t)random() % 200;
            if (!code_cache_find(model[i].pc, 0))
                model[i].block = add(model[i].pc, 0, (unsigned)(model[i].end - model[i].pc), t);
        }
        const uint64_t at = 0xf000 + (uint64_t)random() % (6 * PAGE);
        const uint64_t to = at + (uint64_t)random() % (random() % 4 ? 100 : 3 * PAGE);
        code_cache_invalidate(at, to);
        for (unsigned i = 0; i < BLOCKS; i++) {
            if (!model[i].block)
                continue;
            const bool dead = at < to && model[i].pc < to && model[i].end > at;
            ck_assert_msg(atomic_load(&model[i].block->valid) == !dead,
                          "round %u: %#" PRIx64 "..%#" PRIx64 " and block %#" PRIx64 "..%#" PRIx64,
                          round, at, to, model[i].pc, model[i].end);
            ck_assert_ptr_eq(code_cache_find(model[i].pc, 0), dead ? NULL : model[i].block);
            if (dead)
                model[i].block = NULL;
        }
    }
}
END_TEST

/* --- from host address to guest pc --- */

START_TEST(every_code_byte_is_known) {
    enum { POINTS = 3 };
    struct {
        struct template t;
        struct fault_point point[POINTS];
        uint8_t padding[6], code[48];
    } record = {.t = {.size = sizeof record, .code_size = 48, .fault_count = POINTS},
                .point = {{5, 0, 0}, {5, 4, 40}, {30, 12, 0}}};
    enum { BLOCKS = 1000 }; /* over many pages of code, with borders in blocks */
    struct block *block[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++)
        block[i] = add(0x10000 + 16 * i, 0, 16, &record.t);
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (i % 3 == 0) /* the code of dead blocks may still be run */
            code_cache_invalidate(block[i]->pc, block_end(block[i]));
        for (unsigned at = 0; at < 48; at++) {
            const uint64_t host = (uint64_t)(uintptr_t)block[i]->code + at;
            ck_assert_ptr_eq(code_cache_block_at(host), block[i]);
            ck_assert_uint_eq(code_cache_guest_pc(block[i], host), block[i]->pc + (at < 5    ? 0
                                                                                   : at < 30 ? 4
                                                                                             : 12));
            ck_assert_ptr_eq(code_cache_landing(block[i], host),
                             at >= 5 && at < 30 ? block[i]->code + 40 : NULL);
        }
    }
    const uint64_t last = (uint64_t)(uintptr_t)block[BLOCKS - 1]->code;
    ck_assert_ptr_null(code_cache_block_at((uint64_t)(uintptr_t)stubs));
    ck_assert_ptr_null(code_cache_block_at((uint64_t)(uintptr_t)block[0]->code - 1));
    ck_assert_ptr_null(code_cache_block_at(last + 48));
    ck_assert_ptr_null(code_cache_block_at((uint64_t)(uintptr_t)memory() - 1));
    ck_assert_ptr_null(code_cache_block_at(0));
    ck_assert_ptr_null(code_cache_block_at(UINT64_MAX));
    ck_assert(code_cache_contains((uint64_t)(uintptr_t)stubs));
    ck_assert(code_cache_contains((uint64_t)(uintptr_t)memory()));
    ck_assert(!code_cache_contains((uint64_t)(uintptr_t)memory() - 1));
}
END_TEST

/* --- size --- */

struct seen {
    const uint8_t *last;
    unsigned count;
};

static void see(const struct block *block, void *data) {
    struct seen *seen = data;
    ck_assert(block->code > seen->last);
    seen->last = block->code;
    seen->count++;
}

/* Beyond the first table, the first records and the first huge page, whose second half holds them.
 */
START_TEST(cache_grows) {
    enum { BLOCKS = 60000 };
    static struct block *block[BLOCKS];
    const struct template *t[2] = {plain_template(64, 0x22), plain_template(112, 0x33)};
    for (unsigned i = 0; i < BLOCKS; i++) {
        block[i] = add(0x10000 + 4 * (uint64_t)i, i % 2, 4, t[i % 2]);
        ck_assert_ptr_nonnull(block[i]);
        const ptrdiff_t end = block[i]->code + block[i]->code_size - memory();
        ck_assert(end <= MIB || block[i]->code - memory() >= 2 * MIB);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        const uint64_t pc = 0x10000 + 4 * (uint64_t)i;
        ck_assert_ptr_eq(code_cache_find(pc, i % 2), block[i]);
        ck_assert_ptr_null(code_cache_find(pc, !(i % 2)));
        ck_assert_ptr_eq(code_cache_block_at((uint64_t)(uintptr_t)block[i]->code + 63), block[i]);
        ck_assert_uint_eq(block[i]->code[63], i % 2 ? 0x33 : 0x22);
    }
    ck_assert_ptr_null(code_cache_block_at((uint64_t)(uintptr_t)memory() + MIB + MIB / 2));
    struct seen seen = {NULL, 0};
    code_cache_for_each(see, &seen);
    ck_assert_uint_eq(seen.count, BLOCKS);
}
END_TEST

/* A block that counts its entries, as code at its start would. */
START_TEST(entries_are_counted) {
    struct {
        struct template t;
        struct relocation relocation[1];
        uint8_t code[32];
    } record = {.t = {.size = sizeof record, .code_size = 32, .relocation_count = 1},
                .relocation = {{.offset = 7, .kind = RELOC_LEFT}}};
    enum { BLOCKS = 3000 }; /* more counters than the first page has */
    int32_t *counter[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct placed_unit unit = unit_at(0x1000 + 4 * (uint64_t)i, 0, 4, &record.t);
        unit.entries = (int32_t)i + 1;
        bool full;
        const struct block *block = code_cache_add(NULL, &unit, code_cache_epoch(), false, &full);
        int32_t distance;
        memcpy(&distance, block->code + 7, 4);
        counter[i] = (int32_t *)(void *)(block->code + 11 + distance);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct block *block = code_cache_find(0x1000 + 4 * (uint64_t)i, 0);
        ck_assert_int_eq(*counter[i], (int32_t)i + 1);
        ck_assert(!code_cache_is_spent(block));
        ck_assert_ptr_null(code_cache_block_at((uint64_t)(uintptr_t)counter[i]));
        *counter[i] = 0;
        ck_assert(code_cache_is_spent(block));
        struct placed_unit unit = unit_at(0x1000 + 4 * (uint64_t)i, 0, 4, plain_template(32, 1));
        bool full;
        const struct block *better = code_cache_add(block, &unit, code_cache_epoch(), true, &full);
        ck_assert_ptr_ne(better, block);
        ck_assert_ptr_eq(code_cache_find(unit.pc, 0), better);
        ck_assert(!atomic_load(&block->valid));
    }
    ck_assert(!code_cache_is_spent(add(0x100000, 0, 4, plain_template(32, 0))));
}
END_TEST

/* Fills the cache; returns how many blocks that took. */
static unsigned fill(const struct template *t) {
    bool full = false;
    for (unsigned i = 0;; i++) {
        const struct placed_unit unit = unit_at(0x10000 + 4 * (uint64_t)i, 0, 4, t);
        const struct block *block = code_cache_add(NULL, &unit, code_cache_epoch(), false, &full);
        ck_assert(full == !block);
        if (full)
            return i;
        ck_assert(block->code + block->code_size <= memory() + 4 * MIB);
    }
}

START_TEST(full_cache_is_flushed) {
    start_with(4 * MIB);
    const struct template *t = plain_template(4096, 0x44);
    const unsigned most = fill(t);
    ck_assert_uint_ge(most, 220 + 2 * 256 - 2 - 24); /* all but stubs, first cpu and tables */
    const uint64_t epoch = code_cache_epoch();
    const struct block *first = code_cache_find(0x10000, 0);
    const uint8_t *code = first->code;
    code_cache_flush();
    ck_assert_uint_ne(code_cache_epoch(), epoch);
    for (unsigned i = 0; i < most; i++)
        ck_assert_ptr_null(code_cache_find(0x10000 + 4 * (uint64_t)i, 0));
    ck_assert_ptr_null(code_cache_block_at((uint64_t)(uintptr_t)code));
    struct seen seen = {NULL, 0};
    code_cache_for_each(see, &seen);
    ck_assert_uint_eq(seen.count, 0);
    code_cache_invalidate(0, UINT64_MAX);
    ck_assert_uint_eq(fill(t), most);
    ck_assert_ptr_eq(code_cache_find(0x10000, 0)->code, code);
    struct code_cache_stats stats;
    code_cache_get_stats(&stats);
    ck_assert_uint_eq(stats.flushes, 1);
    ck_assert_uint_eq(stats.blocks, 2 * most);
}
END_TEST

START_TEST(front_is_lent_once) {
    enum { LEAD = 3 * PAGE, SIZE = 80000 };
    ck_assert_ptr_null(code_cache_front(LEAD, MIB));
    uint8_t *front = code_cache_front(LEAD, SIZE);
    ck_assert_ptr_eq(front, memory());
    ck_assert(front + SIZE <= stubs);
    for (int i = -LEAD; i < SIZE; i++)
        ck_assert_uint_eq(front[i], 0);
    memset(front - LEAD, 1, LEAD + SIZE);
    ck_assert_int_eq(mprotect(front - PAGE, PAGE, PROT_NONE), 0);
    ck_assert_ptr_null(code_cache_front(LEAD, SIZE));
}
END_TEST

START_TEST(spare_memory_is_lent_until_used_up) {
    uint8_t *a = code_cache_spare(100), *b = code_cache_spare(100);
    ck_assert(b >= a + 100);
    ck_assert_uint_eq((uintptr_t)b % 16, 0);
    for (unsigned i = 0; i < 100; i++)
        ck_assert_uint_eq(a[i], 0);
    ck_assert_ptr_null(code_cache_spare(MIB));
    ck_assert_ptr_nonnull(code_cache_spare(100));
}
END_TEST

/* --- fork and threads --- */

START_TEST(both_go_on_after_fork) {
    const struct template *t = plain_template(16, 0);
    struct block *block = add(0x1000, 0, 4, t);
    code_cache_before_fork();
    const pid_t child = fork();
    code_cache_after_fork(child == 0);
    const bool good = code_cache_find(0x1000, 0) == block && add(0x2000, 0, 4, t);
    if (child == 0)
        _exit(good ? 0 : 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(good);
}
END_TEST

enum { THREADS = 4, SHARED_BLOCKS = 20000 };
static _Atomic unsigned wrong;

/* Adds the blocks, from its own start on, and looks up those that the others may just add. */
static void *add_all(void *data) {
    const unsigned from = *(const unsigned *)data;
    const struct template *t = plain_template(16, 0x55);
    for (unsigned n = 0; n < SHARED_BLOCKS; n++) {
        const unsigned i = (from + n) % SHARED_BLOCKS, k = (i * 7919) % SHARED_BLOCKS;
        const uint64_t pc = 0x10000 + 4 * (uint64_t)i, other = 0x10000 + 4 * (uint64_t)k;
        const struct block *block = add(pc, 0, 4, t), *found = code_cache_find(other, 0);
        wrong += !block || block->pc != pc || code_cache_find(pc, 0) != block;
        wrong += found && (found->pc != other || found->code[15] != 0x55);
    }
    return NULL;
}

START_TEST(threads_agree) {
    pthread_t thread[THREADS];
    unsigned from[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        from[i] = i % 2 * (SHARED_BLOCKS / 2);
        ck_assert_int_eq(pthread_create(&thread[i], NULL, add_all, &from[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    struct code_cache_stats stats;
    code_cache_get_stats(&stats);
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(stats.blocks, SHARED_BLOCKS);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("code cache");
    TCase *cache = tcase_create("cache");
    tcase_set_timeout(cache, 60);
    tcase_add_checked_fixture(cache, start, NULL);
    tcase_add_test(cache, found_by_pc_and_mode);
    tcase_add_test(cache, stale_code_is_not_added);
    tcase_add_test(cache, relocations_are_applied);
    tcase_add_test(cache, entries_are_counted);
    tcase_add_test(cache, a_run_is_added_and_chained);
    tcase_add_test(cache, a_run_is_not_chained_unless_asked);
    tcase_add_test(cache, a_stale_run_is_not_added);
    tcase_add_test(cache, jumps_are_chained_and_undone);
    tcase_add_loop_test(cache, invalidation_hits_what_it_touches, 0, sizeof edges / sizeof *edges);
    tcase_add_test(cache, invalidation_at_random);
    tcase_add_test(cache, every_code_byte_is_known);
    tcase_add_test(cache, cache_grows);
    tcase_add_test(cache, front_is_lent_once);
    tcase_add_test(cache, spare_memory_is_lent_until_used_up);
    tcase_add_test(cache, both_go_on_after_fork);
    tcase_add_test(cache, threads_agree);
    suite_add_tcase(suite, cache);
    TCase *small = tcase_create("small cache");
    tcase_add_test(small, full_cache_is_flushed);
    suite_add_tcase(suite, small);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
