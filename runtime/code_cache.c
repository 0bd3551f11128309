#include "runtime/code_cache.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/bump.h"
#include "runtime/log.h"

enum {
    DEFAULT_SIZE = 256 << 20,
    SMALLEST_SIZE = 1 << 20,
    STUBS_SIZE = 8192,
    COMMIT_STEP = 1 << 20,   /* code memory is made accessible in steps of this, */
    PRESENT_STEP = 64 << 10, /* and present in steps of this */
    PAGE_BITS = 12,
    PAGE_BUCKETS = 4096,
};

/* Open addressing, at most half full; entries never move, so readers need no lock. A grown table
 * replaces the old one, which stays for readers that still look at it. */
struct map_entry {
    _Atomic uint64_t key; /* written after the block; 0: free */
    _Atomic(struct block *) block;
};

struct block_map {
    uint64_t mask, used;
    struct block_map *older;
    struct map_entry entry[];
};

static struct {
    const struct code_cache_host *host;
    uint8_t *memory, *at, *first, *present, *committed, *end;
    pthread_mutex_t lock;
    _Atomic(struct block_map *) map;
    struct block **by_address; /* in ascending order of code; reserved to the limit, filled as needed */
    _Atomic size_t count;
    size_t capacity;
    struct block *pages[PAGE_BUCKETS];
    struct bump records; /* blocks and chain links */
    _Atomic uint64_t epoch;
    struct code_cache_stats stats;
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *map_memory(size_t size, int prot)
{
    void *memory = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static size_t map_bytes(uint64_t entries)
{
    return sizeof(struct block_map) + entries * sizeof(struct map_entry);
}

static struct block_map *new_map(uint64_t entries)
{
    struct block_map *map = map_memory(map_bytes(entries), PROT_READ | PROT_WRITE);
    if (!map)
        die(126, "out of memory for the map of translated code");
    map->mask = entries - 1;
    return map;
}

/* Never 0: user addresses leave the top bits free. */
static uint64_t key_of(uint64_t pc, uint32_t mode)
{
    return pc | (uint64_t)(mode + 1) << 56;
}

static uint64_t hash(uint64_t key)
{
    return key * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

int code_cache_init(const struct code_cache_host *host, size_t size,
                    size_t (*emit_stubs)(uint8_t *code, size_t size))
{
    if (!size)
        size = DEFAULT_SIZE;
    while (!(cache.memory = map_memory(size, PROT_NONE)))
        if ((size /= 2) < SMALLEST_SIZE)
            return -ENOMEM;
    cache.host = host;
    cache.end = cache.memory + size;
    cache.committed = cache.present = cache.memory;
    cache.stats.reserved = size;
    /* Every block takes 64 bytes of code or more. */
    cache.capacity = size / 64;
    cache.by_address = map_memory(cache.capacity * sizeof *cache.by_address, PROT_READ | PROT_WRITE);
    if (!cache.by_address || mprotect(cache.memory, COMMIT_STEP, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return -ENOMEM;
    cache.committed += COMMIT_STEP;
    const size_t used = emit_stubs(cache.memory, STUBS_SIZE);
    cache.first = cache.at = cache.memory + ((used + 63) & ~(size_t)63);
    atomic_store(&cache.map, new_map(4096));
    return 0;
}

struct block *code_cache_find(uint64_t pc, uint32_t mode)
{
    const struct block_map *map = atomic_load_explicit(&cache.map, memory_order_acquire);
    const uint64_t key = key_of(pc, mode);
    for (uint64_t i = hash(key);; i++) {
        const struct map_entry *entry = &map->entry[i & map->mask];
        const uint64_t there = atomic_load_explicit(&entry->key, memory_order_acquire);
        if (there == key) {
            struct block *block = atomic_load_explicit(&entry->block, memory_order_acquire);
            return atomic_load_explicit(&block->valid, memory_order_relaxed) ? block : NULL;
        }
        if (!there)
            return NULL;
    }
}

/* A dead block's entry serves again for the same key only, so that probing stays right. */
static void insert(struct block_map *map, struct block *block)
{
    const uint64_t key = key_of(block->pc, block->mode);
    uint64_t i = hash(key);
    uint64_t there;
    while ((there = atomic_load_explicit(&map->entry[i & map->mask].key, memory_order_relaxed)) && there != key)
        i++;
    struct map_entry *entry = &map->entry[i & map->mask];
    map->used += !there;
    atomic_store_explicit(&entry->block, block, memory_order_release);
    atomic_store_explicit(&entry->key, key, memory_order_release);
}

static void map_add(struct block *block)
{
    struct block_map *map = atomic_load(&cache.map);
    if (map->used * 2 > map->mask) {
        struct block_map *bigger = new_map((map->mask + 1) * 2);
        for (uint64_t i = 0; i <= map->mask; i++) {
            struct block *old = atomic_load(&map->entry[i].block);
            if (old && atomic_load(&old->valid))
                insert(bigger, old);
        }
        bigger->older = map;
        atomic_store_explicit(&cache.map, bigger, memory_order_release);
        map = bigger;
    }
    insert(map, block);
}

static struct block **page_list(uint64_t page)
{
    return &cache.pages[page % PAGE_BUCKETS];
}

static unsigned page_count(const struct block *block)
{
    return (block->end - 1) >> PAGE_BITS != block->start >> PAGE_BITS ? 2 : 1;
}

static void add_to_pages(struct block *block)
{
    for (unsigned i = 0; i < page_count(block); i++) {
        struct block **list = page_list((block->start >> PAGE_BITS) + i);
        block->page_next[i] = *list;
        *list = block;
    }
}

static bool make_room(size_t size)
{
    if ((size_t)(cache.end - cache.at) < size || cache.count == cache.capacity)
        return false;
    while ((size_t)(cache.committed - cache.at) < size) {
        size_t step = (size_t)(cache.end - cache.committed);
        if (step > COMMIT_STEP)
            step = COMMIT_STEP;
        if (mprotect(cache.committed, step, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
            return false;
        cache.committed += step;
    }
    while ((size_t)(cache.present - cache.at) < size && cache.present < cache.end) {
        bump_populate(cache.present, cache.present + PRESENT_STEP);
        cache.present += PRESENT_STEP;
    }
    return true;
}

static void stamp(uint8_t *code, uint64_t pc, const struct template *t, const int64_t *field_values)
{
    memcpy(code, template_code(t), t->code_size);
    const struct relocation *r = template_relocations(t);
    for (const struct relocation *end = r + t->relocation_count; r < end; r++) {
        if (r->kind == RELOC_STUB) {
            cache.host->relocate_stub(code + r->offset, (unsigned)r->addend);
        } else {
            const uint64_t value = pc + (uint64_t)(int64_t)r->addend + (r->field ? (uint64_t)field_values[r->field - 1] : 0);
            memcpy(code + r->offset, &value, 8);
        }
    }
}

struct block *code_cache_add(const struct guest_unit *unit, const struct template *template,
                             const int64_t *field_values, uint64_t epoch, bool *full)
{
    *full = false;
    pthread_mutex_lock(&cache.lock);
    struct block *block = code_cache_find(unit->pc, unit->mode);
    if (block || epoch != atomic_load(&cache.epoch))
        goto out;
    if (!make_room(template->code_size)) {
        *full = true;
        goto out;
    }
    block = bump_alloc(&cache.records, sizeof *block);
    const struct guest_insn *last = &unit->insn[unit->count - 1];
    *block = (struct block){
        .pc = unit->pc,
        .mode = unit->mode,
        .code = cache.at,
        .code_size = template->code_size,
        .template = template,
        .start = unit->pc,
        .end = unit->pc + (uint64_t)last->offset + last->length,
    };
    stamp(block->code, unit->pc, template, field_values);
    atomic_store(&block->valid, true);
    cache.at += template->code_size;
    cache.by_address[cache.count] = block;
    atomic_fetch_add(&cache.count, 1);
    cache.stats.blocks++;
    cache.stats.code_bytes += template->code_size;
    add_to_pages(block);
    map_add(block);
out:
    pthread_mutex_unlock(&cache.lock);
    return block;
}

uint64_t code_cache_epoch(void)
{
    return atomic_load(&cache.epoch);
}

void code_cache_chain(struct block *block, uint8_t *jump, uint8_t *stub)
{
    pthread_mutex_lock(&cache.lock);
    if (atomic_load(&block->valid)) {
        struct chain_link *link = bump_alloc(&cache.records, sizeof *link);
        *link = (struct chain_link){jump, stub, block->incoming};
        block->incoming = link;
        cache.host->set_jump(jump, cache.host->chain_entry(block->code));
        cache.stats.chains++;
    }
    pthread_mutex_unlock(&cache.lock);
}

static void kill_block(struct block *block)
{
    atomic_store(&block->valid, false);
    cache.host->seal(block->code);
    for (const struct chain_link *link = block->incoming; link; link = link->next)
        cache.host->set_jump(link->jump, link->stub);
    block->incoming = NULL;
    cache.stats.invalidated++;
}

/* Kills the blocks of one page's list that overlap [start, end), and unlinks dead ones. */
static void invalidate_page(uint64_t page, uint64_t start, uint64_t end)
{
    struct block **link = page_list(page);
    while (*link) {
        struct block *block = *link;
        /* A list may hold blocks of several pages; a block is in it by its first or its second. */
        struct block **next = &block->page_next[page_list(block->start >> PAGE_BITS) != page_list(page)];
        if (atomic_load(&block->valid) && block->start < end && block->end > start)
            kill_block(block);
        if (atomic_load(&block->valid))
            link = next;
        else
            *link = *next;
    }
}

void code_cache_invalidate(uint64_t start, uint64_t end)
{
    if (start >= end || !cache.memory)
        return;
    pthread_mutex_lock(&cache.lock);
    atomic_fetch_add(&cache.epoch, 1);
    const uint64_t first = start >> PAGE_BITS, last = (end - 1) >> PAGE_BITS;
    if (last - first < PAGE_BUCKETS) {
        for (uint64_t page = first; page <= last; page++)
            invalidate_page(page, start, end);
    } else {
        for (size_t i = 0; i < cache.count; i++) {
            struct block *block = cache.by_address[i];
            if (atomic_load(&block->valid) && block->start < end && block->end > start)
                kill_block(block);
        }
    }
    pthread_mutex_unlock(&cache.lock);
}

void code_cache_flush(void)
{
    pthread_mutex_lock(&cache.lock);
    for (struct block_map *map = atomic_load(&cache.map), *older; map; map = older) {
        older = map->older;
        munmap(map, map_bytes(map->mask + 1));
    }
    atomic_store(&cache.map, new_map(4096));
    bump_free(&cache.records);
    memset(cache.pages, 0, sizeof cache.pages);
    atomic_store(&cache.count, 0);
    cache.at = cache.first;
    cache.stats.flushes++;
    atomic_fetch_add(&cache.epoch, 1);
    pthread_mutex_unlock(&cache.lock);
}

bool code_cache_contains(uint64_t host_address)
{
    return host_address >= (uint64_t)(uintptr_t)cache.memory && host_address < (uint64_t)(uintptr_t)cache.end;
}

const struct block *code_cache_block_at(uint64_t host_address)
{
    size_t low = 0, high = atomic_load(&cache.count);
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if ((uint64_t)(uintptr_t)cache.by_address[middle]->code <= host_address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct block *block = cache.by_address[low - 1];
    return host_address - (uint64_t)(uintptr_t)block->code < block->code_size ? block : NULL;
}

uint64_t code_cache_guest_pc(const struct block *block, uint64_t host_address)
{
    const struct fault_point *points = template_faults(block->template);
    const uint64_t offset = host_address - (uint64_t)(uintptr_t)block->code;
    int64_t guest_offset = 0;
    for (unsigned i = 0; i < block->template->fault_count && points[i].offset <= offset; i++)
        guest_offset = points[i].guest_offset;
    return block->pc + (uint64_t)guest_offset;
}

void code_cache_get_stats(struct code_cache_stats *stats)
{
    pthread_mutex_lock(&cache.lock);
    *stats = cache.stats;
    pthread_mutex_unlock(&cache.lock);
}

void code_cache_for_each(void (*visit)(const struct block *block, void *data), void *data)
{
    pthread_mutex_lock(&cache.lock);
    for (size_t i = 0; i < cache.count; i++)
        visit(cache.by_address[i], data);
    pthread_mutex_unlock(&cache.lock);
}

void code_cache_before_fork(void)
{
    pthread_mutex_lock(&cache.lock);
}

void code_cache_after_fork(bool child)
{
    if (child)
        cache.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    else
        pthread_mutex_unlock(&cache.lock);
}
