#include "runtime/pattern_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/bump.h"

enum { BUCKETS = PATTERN_TABLE_SIZE / sizeof(void *) };

struct pattern {
    struct pattern *next; /* in the bucket; set before publication */
    uint64_t hash;
    uint32_t mode, count;
    const struct template *template;
    uint32_t words[];
};

static struct {
    _Atomic(struct pattern *) *bucket;
    pthread_mutex_t lock;
    struct bump memory;
    _Atomic uint64_t lookups, hits;
    uint64_t entries, bytes;
} patterns = {.lock = PTHREAD_MUTEX_INITIALIZER};

void pattern_init(void *table, void *memory, size_t size)
{
    patterns.bucket = table;
    bump_seed(&patterns.memory, memory, size);
    if (!table)
        patterns.bucket = bump_alloc(&patterns.memory, PATTERN_TABLE_SIZE);
}

void pattern_key_make(struct pattern_key *key, const struct guest_unit *unit,
                      uint32_t (*mask)(const struct guest_insn *insn))
{
    key->mode = unit->mode;
    key->count = unit->count;
    for (uint32_t i = 0; i < unit->count; i++)
        key->words[i] = unit->insn[i].pc_relative ? mask(&unit->insn[i]) : unit->insn[i].word;
    key->hash = XXH3_64bits_withSeed(key->words, key->count * sizeof key->words[0], key->mode);
}

static const struct pattern *find(const struct pattern_key *key)
{
    const struct pattern *p = atomic_load_explicit(&patterns.bucket[key->hash % BUCKETS], memory_order_acquire);
    for (; p; p = p->next)
        if (p->hash == key->hash && p->count == key->count && p->mode == key->mode &&
            memcmp(p->words, key->words, key->count * sizeof key->words[0]) == 0)
            return p;
    return NULL;
}

const struct template *pattern_find(const struct pattern_key *key)
{
    const struct pattern *p = find(key);
    atomic_fetch_add_explicit(&patterns.lookups, 1, memory_order_relaxed);
    if (!p)
        return NULL;
    atomic_fetch_add_explicit(&patterns.hits, 1, memory_order_relaxed);
    return p->template;
}

const struct template *pattern_add(const struct pattern_key *key, const struct template *template)
{
    pthread_mutex_lock(&patterns.lock);
    const struct pattern *known = find(key);
    if (!known) {
        const size_t words = key->count * sizeof key->words[0];
        struct pattern *p = bump_alloc(&patterns.memory, sizeof *p + words);
        struct template *copy = bump_alloc(&patterns.memory, template->size);
        memcpy(copy, template, template->size);
        *p = (struct pattern){.hash = key->hash, .mode = key->mode, .count = key->count, .template = copy};
        memcpy(p->words, key->words, words);
        _Atomic(struct pattern *) *bucket = &patterns.bucket[key->hash % BUCKETS];
        p->next = atomic_load_explicit(bucket, memory_order_relaxed);
        atomic_store_explicit(bucket, p, memory_order_release);
        patterns.entries++;
        patterns.bytes += sizeof *p + words + template->size;
        known = p;
    }
    pthread_mutex_unlock(&patterns.lock);
    return known->template;
}

void pattern_get_stats(struct pattern_stats *stats)
{
    pthread_mutex_lock(&patterns.lock);
    *stats = (struct pattern_stats){atomic_load(&patterns.lookups), atomic_load(&patterns.hits), patterns.entries,
                                    patterns.bytes};
    pthread_mutex_unlock(&patterns.lock);
}

void pattern_before_fork(void)
{
    pthread_mutex_lock(&patterns.lock);
}

void pattern_after_fork(bool child)
{
    if (child)
        patterns.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    else
        pthread_mutex_unlock(&patterns.lock);
}
