#include "runtime/pattern_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/bump.h"
#include "runtime/pointer_map.h"

enum {
    FIRST_ENTRIES = 4096,
    SAVE_RECORDS = 4096, /* new ones that wait for the store; more are saved at once */
    SAVE_BYTES = 1 << 20,
};

/* A record, without pointers: in memory and in the store the same bytes. Records whose hash is one
 * are found in the map by hash, hash + 2, hash + 4, ... */
struct pattern {
    uint64_t hash; /* odd: 0 is no key of the map */
    uint32_t size; /* with words and template; a multiple of 16 */
    uint32_t mode;
    uint16_t count; /* words */
    uint16_t old;   /* in memory: to be saved again when it is used */
    uint32_t words[];
    /* followed, at a multiple of 8 bytes, by the template */
};

static struct {
    struct pointer_map map;
    pthread_mutex_t lock;
    struct bump memory;
    struct pattern_host host;
    struct iovec unsaved[SAVE_RECORDS];
    uint64_t unsaved_hash[SAVE_RECORDS];
    unsigned unsaved_count;
    size_t unsaved_bytes;
    _Atomic uint64_t lookups, hits;
    uint64_t entries, bytes, stored, rejected, locks;
    _Atomic uint64_t waits;
} patterns = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lock(void) {
    if (pthread_mutex_trylock(&patterns.lock) != 0) {
        atomic_fetch_add_explicit(&patterns.waits, 1, memory_order_relaxed);
        pthread_mutex_lock(&patterns.lock);
    }
    patterns.locks++;
}

static void unlock(void) {
    pthread_mutex_unlock(&patterns.lock);
}

void pattern_init(void *memory, size_t size) {
    bump_seed(&patterns.memory, memory, size);
    pointer_map_init(&patterns.map, bump_alloc(&patterns.memory, pointer_map_size(FIRST_ENTRIES)),
                     FIRST_ENTRIES);
}

static void *allocate(size_t size) {
    return bump_alloc(&patterns.memory, size);
}

void pattern_open_store(const struct store_options *options, const struct pattern_host *host) {
    struct store_options with_memory = *options;
    with_memory.allocate = allocate;
    patterns.host = *host;
    store_open(&with_memory);
}

void pattern_key_make(struct pattern_key *key, const struct guest_unit *unit,
                      uint32_t (*mask)(const struct guest_insn *insn)) {
    key->mode = unit->mode;
    key->count = unit->count;
    for (uint32_t i = 0; i < unit->count; i++)
        key->words[i] = unit->insn[i].pc_relative ? mask(&unit->insn[i]) : unit->insn[i].word;
    key->hash = XXH3_64bits_withSeed(key->words, key->count * sizeof key->words[0], key->mode) | 1;
}

static size_t template_offset(unsigned count) {
    return (sizeof(struct pattern) + count * sizeof(uint32_t) + 7) & ~(size_t)7;
}

static const struct template *template_of(const struct pattern *p) {
    return (const struct template *)((const char *)p + template_offset(p->count));
}

static struct pattern *find(const struct pattern_key *key) {
    struct pattern *p;
    for (uint64_t hash = key->hash; (p = pointer_map_get(&patterns.map, hash)); hash += 2)
        if (p->count == key->count && p->mode == key->mode &&
            memcmp(p->words, key->words, key->count * sizeof key->words[0]) == 0)
            return p;
    return NULL;
}

/* --- saving --- */

static void save(void) {
    store_append(patterns.unsaved, patterns.unsaved_hash, patterns.unsaved_count);
    patterns.unsaved_count = 0;
    patterns.unsaved_bytes = 0;
}

static void save_later(struct pattern *p) {
    p->old = false;
    if (!store_is_open())
        return;
    patterns.unsaved[patterns.unsaved_count] = (struct iovec){p, p->size};
    patterns.unsaved_hash[patterns.unsaved_count++] = p->hash;
    patterns.unsaved_bytes += p->size;
    if (patterns.unsaved_count == SAVE_RECORDS || patterns.unsaved_bytes > SAVE_BYTES)
        save();
}

void pattern_save(void) {
    lock();
    save();
    unlock();
}

/* --- what the store has --- */

/* Whether a record that came from a file is one, so that no use of it reaches beyond it. */
static bool valid(const struct pattern *p, size_t room, const struct pattern_host *host) {
    return room >= sizeof *p && p->size <= room && p->size % 16 == 0 && (p->hash & 1) &&
           p->count >= 1 && p->count <= UNIT_MAX_INSNS &&
           p->size >= template_offset(p->count) + sizeof(struct template) &&
           template_valid(template_of(p), p->size - template_offset(p->count), p->count,
                          host->stub_count);
}

/* Lets look-ups find it. */
static void enter(struct pattern *p) {
    uint64_t hash = p->hash;
    while (pointer_map_get(&patterns.map, hash))
        hash += 2;
    pointer_map_put(&patterns.map, hash, p);
}

unsigned pattern_split(char *records, size_t size, const struct pattern_host *host,
                       struct iovec *record, uint64_t *hash, unsigned most) {
    unsigned count = 0;
    for (size_t at = 0; at < size && count < most; count++) {
        const struct pattern *p = (const struct pattern *)(records + at);
        if (!valid(p, size - at, host))
            break;
        record[count] = (struct iovec){records + at, p->size};
        hash[count] = p->hash;
        at += p->size;
    }
    return count;
}

static void take_cluster(const struct store_cluster *cluster) {
    for (size_t at = 0; at < cluster->size;) {
        struct pattern *p = (struct pattern *)(cluster->records + at);
        if (!valid(p, cluster->size - at, &patterns.host)) {
            patterns.rejected++;
            return;
        }
        p->old = cluster->old;
        enter(p);
        patterns.stored++;
        at += p->size;
    }
}

static struct pattern *find_stored(const struct pattern_key *key) {
    lock();
    struct store_cluster cluster;
    struct pattern *p;
    while (!(p = find(key)) && store_read(key->hash, &cluster))
        take_cluster(&cluster);
    unlock();
    return p;
}

static void keep_in_store(struct pattern *p) {
    lock();
    if (p->old)
        save_later(p);
    unlock();
}

/* --- looking up and adding --- */

const struct template *pattern_find(const struct pattern_key *key) {
    struct pattern *p = find(key);
    atomic_fetch_add_explicit(&patterns.lookups, 1, memory_order_relaxed);
    if (!p && store_is_open())
        p = find_stored(key);
    if (!p)
        return NULL;
    if (p->old)
        keep_in_store(p);
    atomic_fetch_add_explicit(&patterns.hits, 1, memory_order_relaxed);
    return template_of(p);
}

const struct template *pattern_keep(const struct template *template) {
    lock();
    struct template *copy = allocate(template->size);
    unlock();
    return memcpy(copy, template, template->size);
}

const struct template *pattern_add(const struct pattern_key *key, const struct template *template) {
    lock();
    struct pattern *p = find(key);
    if (!p) {
        const size_t head = template_offset(key->count);
        const size_t size = (head + template->size + 15) & ~(size_t)15;
        p = allocate(size);
        *p = (struct pattern){.hash = key->hash,
                              .size = (uint32_t)size,
                              .mode = key->mode,
                              .count = (uint16_t)key->count};
        memcpy(p->words, key->words, key->count * sizeof key->words[0]);
        memcpy((char *)p + head, template, template->size);
        enter(p);
        patterns.entries++;
        patterns.bytes += size;
        save_later(p);
    }
    unlock();
    return template_of(p);
}

void pattern_get_stats(struct pattern_stats *stats) {
    lock();
    *stats = (struct pattern_stats){.lookups = atomic_load(&patterns.lookups),
                                    .hits = atomic_load(&patterns.hits),
                                    .entries = patterns.entries,
                                    .bytes = patterns.bytes,
                                    .stored = patterns.stored,
                                    .rejected = patterns.rejected,
                                    .locks = patterns.locks,
                                    .waits = atomic_load(&patterns.waits)};
    store_get_stats(&stats->store);
    unlock();
}

void pattern_before_fork(void) {
    lock();
}

/* What waits to be saved is the parent's to save. */
void pattern_after_fork(bool child) {
    if (child) {
        patterns.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
        patterns.unsaved_count = 0;
        patterns.unsaved_bytes = 0;
    } else {
        unlock();
    }
}
