#include "runtime/code_cache.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/bump.h"
#include "runtime/fork_memory.h"
#include "runtime/pointer_map.h"

/* The first huge page of the reservation holds the first cpu, the first code and the first tables:
 * most programs are small, and every further page that is touched costs them. */
enum {
    DEFAULT_SIZE = 256 << 20,
    COMMIT_STEP = 2 << 20, /* code memory is made accessible in steps of this */
    FRONT_LEAD = 128 << 10,
    FRONT_SIZE = 96 << 10,
    FIRST_CODE = 880 << 10, /* ends there; the rest of the first step is for tables */
    FIRST_MAP = 4096,       /* entries */
    FIRST_RECORDS = 320 << 10,
    FIRST_COUNTERS = 1024,
    STUBS_SIZE = 8192,
    CODE_PAGE_BITS = 14,
    PAGE_BITS = 12,
    PAGE_BUCKETS = 4096,
};

static struct {
    const struct code_cache_host *host;
    uint8_t *memory, *at, *first, *committed, *end;
    pthread_mutex_t lock;
    struct pointer_map map;        /* by key_of */
    struct block **first_in_page;  /* by 16 KiB of code memory: the first block with code there */
    struct block *oldest, *newest; /* in ascending order of code, linked by next_code */
    struct block **pages;       /* by guest page, modulo PAGE_BUCKETS: blocks linked by page_next */
    uint8_t *spare, *spare_end; /* what is left of the first huge page */
    bool front_taken;
    struct bump records;                         /* blocks and chain links */
    int32_t *counter, *counters_end;             /* the next ones, in reach of all code */
    int32_t *first_counter, *first_counters_end; /* in the first huge page */
    _Atomic uint64_t epoch;
    struct code_cache_stats stats;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *map_memory(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void *code_cache_spare(size_t size) {
    size = (size + 63) & ~(size_t)63;
    if ((size_t)(cache.spare_end - cache.spare) < size)
        return NULL;
    void *result = cache.spare;
    cache.spare += size;
    return result;
}

void *code_cache_front(size_t lead, size_t size) {
    if (!cache.memory || cache.front_taken || lead > FRONT_LEAD || size > FRONT_SIZE ||
        mprotect(cache.memory - lead, lead, PROT_READ | PROT_WRITE) != 0)
        return NULL;
    cache.front_taken = true;
    return cache.memory;
}

/* Never 0: user addresses leave the top bits free. */
static uint64_t key_of(uint64_t pc, uint32_t mode) {
    return pc | (uint64_t)(mode + 1) << 56;
}

static void start_empty(void) {
    cache.at = cache.first;
    cache.oldest = cache.newest = NULL;
    cache.counter = cache.first_counter;
    cache.counters_end = cache.first_counters_end;
}

int code_cache_init(const struct code_cache_host *host, size_t size,
                    size_t (*emit_stubs)(uint8_t *code, size_t size)) {
    size = ((size ? size : DEFAULT_SIZE) + COMMIT_STEP - 1) & ~(size_t)(COMMIT_STEP - 1);
    while (!(cache.memory = bump_map_huge(FRONT_LEAD, size, PROT_NONE)))
        if ((size = size / 2 & ~(size_t)(COMMIT_STEP - 1)) == 0)
            return -ENOMEM;
    if (mprotect(cache.memory, COMMIT_STEP, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return -ENOMEM;
    cache.host = host;
    cache.end = cache.memory + size;
    cache.committed = cache.memory + COMMIT_STEP;
    cache.stats.reserved = size;
    cache.spare = cache.memory + FIRST_CODE;
    cache.spare_end = cache.committed;
    const size_t used = emit_stubs(cache.memory + FRONT_SIZE, STUBS_SIZE);
    cache.first = cache.memory + FRONT_SIZE + ((used + 63) & ~(size_t)63);
    pointer_map_init(&cache.map, code_cache_spare(pointer_map_size(FIRST_MAP)), FIRST_MAP);
    cache.pages = code_cache_spare(PAGE_BUCKETS * sizeof(struct block *));
    bump_seed(&cache.records, code_cache_spare(FIRST_RECORDS), FIRST_RECORDS);
    const size_t by_page = (size >> CODE_PAGE_BITS) * sizeof *cache.first_in_page;
    cache.first_in_page = code_cache_spare(by_page);
    if (!cache.first_in_page && !(cache.first_in_page = map_memory(by_page)))
        return -ENOMEM;
    cache.first_counter = code_cache_spare(FIRST_COUNTERS * sizeof(int32_t));
    if (cache.first_counter)
        cache.first_counters_end = cache.first_counter + FIRST_COUNTERS;
    start_empty();
    return 0;
}

struct block *code_cache_find(uint64_t pc, uint32_t mode) {
    struct block *block = pointer_map_get(&cache.map, key_of(pc, mode));
    return block && atomic_load_explicit(&block->valid, memory_order_relaxed) ? block : NULL;
}

static struct block **page_list(uint64_t page) {
    return &cache.pages[page % PAGE_BUCKETS];
}

static unsigned page_count(const struct block *block) {
    return (block_end(block) - 1) >> PAGE_BITS != block->pc >> PAGE_BITS ? 2 : 1;
}

static void add_to_pages(struct block *block) {
    for (unsigned i = 0; i < page_count(block); i++) {
        struct block **list = page_list((block->pc >> PAGE_BITS) + i);
        block->page_next[i] = *list;
        *list = block;
    }
}

static bool make_room(size_t size) {
    if (cache.at + size > cache.memory + FIRST_CODE && cache.at < cache.memory + COMMIT_STEP)
        cache.at = cache.memory + COMMIT_STEP; /* step over the tables */
    if (cache.at > cache.end || (size_t)(cache.end - cache.at) < size)
        return false;
    while (cache.committed < cache.at + size) {
        if (mprotect(cache.committed, COMMIT_STEP, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
            return false;
        cache.committed += COMMIT_STEP;
    }
    return true;
}

/* In a page without code: to write near code that runs is slow. */
static bool add_counters(void) {
    const size_t page = (size_t)1 << PAGE_BITS;
    if (!make_room(page + (-(uintptr_t)cache.at & (page - 1))))
        return false;
    cache.at += -(uintptr_t)cache.at & (page - 1);
    cache.counter = (int32_t *)(void *)cache.at;
    cache.at += page;
    cache.counters_end = (int32_t *)(void *)cache.at;
    return true;
}

static bool make_room_for(const struct template *t) {
    if (template_is_draft(t) && cache.counter == cache.counters_end && !add_counters())
        return false;
    return make_room(t->code_size);
}

static size_t code_page(const uint8_t *code) {
    return (size_t)(code - cache.memory) >> CODE_PAGE_BITS;
}

static void add_to_code_order(struct block *block) {
    for (size_t page = code_page(block->code);
         page <= code_page(block->code + block->code_size - 1); page++)
        if (!cache.first_in_page[page])
            cache.first_in_page[page] = block;
    if (cache.newest)
        cache.newest->next_code = block;
    else
        cache.oldest = block;
    cache.newest = block;
}

static void link_stub(uint8_t *at, unsigned stub) {
    const int32_t distance = (int32_t)(cache.host->stubs[stub] - (at + 4));
    memcpy(at, &distance, 4);
}

static void stamp(uint8_t *code, uint64_t pc, const struct template *t,
                  const int64_t *field_values) {
    memcpy(code, template_code(t), t->code_size);
    const struct relocation *r = template_relocations(t);
    for (const struct relocation *end = r + t->relocation_count; r < end; r++) {
        uint8_t *at = code + r->offset;
        if (r->kind == RELOC_STUB) {
            link_stub(at, (unsigned)r->addend);
            continue;
        }
        if (r->kind == RELOC_LEFT) {
            const int32_t distance = (int32_t)((uint8_t *)cache.counter - (at + 4));
            memcpy(at, &distance, 4);
            continue;
        }
        const uint64_t value = relocation_value(r, pc, field_values);
        memcpy(at, &value, 8);
        if (r->kind == RELOC_EXIT)
            link_stub(at - RELOC_EXIT_STUB, 0);
    }
}

/* Makes the block of a unit, in room that there is. Under the lock. */
static struct block *install(const struct placed_unit *unit) {
    const struct template *t = unit->template;
    struct block *block = bump_alloc(&cache.records, sizeof *block);
    *block = (struct block){
        .pc = unit->pc,
        .code = cache.at,
        .template = t,
        .code_size = t->code_size,
        .guest_size = (uint16_t)unit->size,
        .mode = (uint8_t)unit->mode,
    };
    stamp(block->code, unit->pc, t, unit->field_values);
    if (template_is_draft(t))
        *cache.counter++ = unit->entries;
    atomic_store_explicit(&block->valid, true, memory_order_release);
    cache.at += t->code_size;
    add_to_code_order(block);
    cache.stats.blocks++;
    cache.stats.code_bytes += t->code_size;
    add_to_pages(block);
    pointer_map_put(&cache.map, key_of(block->pc, block->mode), block);
    return block;
}

uint64_t code_cache_epoch(void) {
    return atomic_load(&cache.epoch);
}

/* Under the lock. */
static void chain(struct block *block, uint8_t *jump, uint8_t *stub) {
    struct chain_link *link = bump_alloc(&cache.records, sizeof *link);
    *link = (struct chain_link){(uint32_t)(jump - cache.memory), (uint32_t)(stub - cache.memory),
                                block->incoming};
    block->incoming = link;
    cache.host->set_jump(jump, cache.host->chain_entry(block->code));
    cache.stats.chains++;
}

void code_cache_chain(struct block *block, uint8_t *jump, uint8_t *stub) {
    pthread_mutex_lock(&cache.lock);
    if (atomic_load(&block->valid))
        chain(block, jump, stub);
    pthread_mutex_unlock(&cache.lock);
}

/* Lets the direct exits of a new block enter what they lead to, as far as that is there. */
static void chain_exits(const struct block *block) {
    const struct relocation *r = template_relocations(block->template);
    for (const struct relocation *end = r + block->template->relocation_count; r < end; r++) {
        if (r->kind != RELOC_EXIT)
            continue;
        const struct exit_record exit = cache.host->find_exit(block->code, r->offset);
        struct block *target = exit.jump ? code_cache_find(exit.target, block->mode) : NULL;
        if (target)
            chain(target, exit.jump, exit.stub);
    }
}

/* What enters it otherwise than by a chained jump comes back. */
static void close_entry(struct block *block) {
    atomic_store(&block->valid, false);
    cache.host->seal(block->code);
}

/* Lets `block` be entered wherever `spent` was. */
static void replace(struct block *spent, struct block *block, bool chain_it) {
    close_entry(spent);
    for (struct chain_link *link = spent->incoming, *next; link; link = next) {
        next = link->next;
        link->next = block->incoming;
        block->incoming = link;
        cache.host->set_jump(cache.memory + link->jump, cache.host->chain_entry(block->code));
    }
    spent->incoming = NULL;
    if (chain_it)
        chain_exits(block);
    cache.stats.replaced++;
}

struct block *code_cache_add(struct block *spent, const struct placed_unit *unit, uint64_t epoch,
                             bool chain_it, bool *full) {
    *full = false;
    pthread_mutex_lock(&cache.lock);
    struct block *block = code_cache_find(unit->pc, unit->mode);
    if (block && block != spent)
        goto out;
    block = NULL;
    if (epoch != atomic_load(&cache.epoch))
        goto out;
    if (!make_room_for(unit->template)) {
        *full = true;
        goto out;
    }
    block = install(unit);
    if (spent && atomic_load(&spent->valid))
        replace(spent, block, chain_it);
out:
    pthread_mutex_unlock(&cache.lock);
    return block;
}

void code_cache_add_run(struct placed_unit *units, unsigned count, uint64_t epoch,
                        bool chain_them) {
    pthread_mutex_lock(&cache.lock);
    struct block *newest = cache.newest;
    if (epoch != atomic_load(&cache.epoch))
        count = 0;
    for (unsigned i = 0; i < count && make_room_for(units[i].template); i++)
        if (!code_cache_find(units[i].pc, units[i].mode)) {
            install(&units[i]);
            units[i].added = true;
        }
    if (chain_them)
        for (const struct block *block = newest ? newest->next_code : cache.oldest; block;
             block = block->next_code)
            chain_exits(block);
    pthread_mutex_unlock(&cache.lock);
}

static void kill_block(struct block *block) {
    close_entry(block);
    for (const struct chain_link *link = block->incoming; link; link = link->next)
        cache.host->set_jump(cache.memory + link->jump, cache.memory + link->stub);
    block->incoming = NULL;
    cache.stats.invalidated++;
}

/* Kills the blocks of one page's list that overlap [start, end), and unlinks dead ones. */
static void invalidate_page(uint64_t page, uint64_t start, uint64_t end) {
    struct block **link = page_list(page);
    while (*link) {
        struct block *block = *link;
        /* A list may hold blocks of several pages; a block is in it by its first or its second. */
        struct block **next =
            &block->page_next[page_list(block->pc >> PAGE_BITS) != page_list(page)];
        if (atomic_load(&block->valid) && block->pc < end && block_end(block) > start)
            kill_block(block);
        if (atomic_load(&block->valid))
            link = next;
        else
            *link = *next;
    }
}

void code_cache_invalidate(uint64_t start, uint64_t end) {
    if (start >= end || !cache.memory)
        return;
    pthread_mutex_lock(&cache.lock);
    atomic_fetch_add(&cache.epoch, 1);
    const uint64_t first = start >> PAGE_BITS, last = (end - 1) >> PAGE_BITS;
    if (last - first < PAGE_BUCKETS) {
        for (uint64_t page = first; page <= last; page++)
            invalidate_page(page, start, end);
    } else {
        for (struct block *block = cache.oldest; block; block = block->next_code) {
            if (atomic_load(&block->valid) && block->pc < end && block_end(block) > start)
                kill_block(block);
        }
    }
    pthread_mutex_unlock(&cache.lock);
}

bool code_cache_is_spent(const struct block *block) {
    if (!template_is_draft(block->template))
        return false;
    const uint8_t *at = block->code + template_relocations(block->template)->offset;
    int32_t distance, left;
    memcpy(&distance, at, 4);
    memcpy(&left, at + 4 + distance, 4);
    return left <= 0;
}

void code_cache_flush(void) {
    pthread_mutex_lock(&cache.lock);
    pointer_map_clear(&cache.map);
    memset(cache.first_in_page, 0, (code_page(cache.at - 1) + 1) * sizeof(struct block *));
    memset(cache.pages, 0, PAGE_BUCKETS * sizeof(struct block *));
    start_empty();
    bump_reset(&cache.records);
    cache.stats.flushes++;
    atomic_fetch_add(&cache.epoch, 1);
    pthread_mutex_unlock(&cache.lock);
}

bool code_cache_contains(uint64_t host_address) {
    return host_address >= (uint64_t)(uintptr_t)cache.memory &&
           host_address < (uint64_t)(uintptr_t)cache.end;
}

const struct block *code_cache_block_at(uint64_t host_address) {
    if (!code_cache_contains(host_address))
        return NULL;
    const uint8_t *at = (const uint8_t *)(uintptr_t)host_address;
    const struct block *block = cache.first_in_page[code_page(at)];
    while (block && at >= block->code + block->code_size)
        block = block->next_code;
    return block && at >= block->code ? block : NULL;
}

static struct fault_point point_at(const struct block *block, uint64_t host_address) {
    const struct fault_point *points = template_faults(block->template);
    const uint64_t offset = host_address - (uint64_t)(uintptr_t)block->code;
    struct fault_point point = {0, 0, 0};
    for (unsigned i = 0; i < block->template->fault_count && points[i].offset <= offset; i++)
        point = points[i];
    return point;
}

uint64_t code_cache_guest_pc(const struct block *block, uint64_t host_address) {
    return block->pc + (uint64_t)(int64_t)point_at(block, host_address).guest_offset;
}

const uint8_t *code_cache_landing(const struct block *block, uint64_t host_address) {
    const uint32_t landing = point_at(block, host_address).landing;
    return landing ? block->code + landing : NULL;
}

void code_cache_get_stats(struct code_cache_stats *stats) {
    pthread_mutex_lock(&cache.lock);
    *stats = cache.stats;
    pthread_mutex_unlock(&cache.lock);
}

void code_cache_for_each(void (*visit)(const struct block *block, void *data), void *data) {
    pthread_mutex_lock(&cache.lock);
    for (const struct block *block = cache.oldest; block; block = block->next_code)
        visit(block, data);
    pthread_mutex_unlock(&cache.lock);
}

void code_cache_before_fork(void) {
    pthread_mutex_lock(&cache.lock);
}

void code_cache_after_fork(bool child) {
    if (!child) {
        pthread_mutex_unlock(&cache.lock);
        return;
    }
    cache.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    if (!cache.memory)
        return;
    uint8_t *first_end = cache.memory + FIRST_CODE;
    fork_memory_clear(cache.at, cache.at < first_end ? first_end : cache.committed,
                      PROT_READ | PROT_WRITE | PROT_EXEC);
    pointer_map_after_fork(&cache.map);
    bump_after_fork(&cache.records);
}
