#include "runtime/pattern_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "runtime/bump.h"
#include "runtime/pointer_map.h"

enum { FIRST_ENTRIES = 4096 };

struct pattern {
    struct pattern *next; /* with the same hash; set before publication */
    uint32_t mode, count;
    const struct template *template;
    uint32_t words[];
};

static struct {
    struct pointer_map map; /* by hash */
    pthread_mutex_t lock;
    struct bump memory;
    _Atomic uint64_t lookups, hits;
    uint64_t entries, bytes;
} patterns = {.lock = PTHREAD_MUTEX_INITIALIZER};

void pattern_init(void *memory, size_t size) {
    bump_seed(&patterns.memory, memory, size);
    pointer_map_init(&patterns.map, bump_alloc(&patterns.memory, pointer_map_size(FIRST_ENTRIES)),
                     FIRST_ENTRIES);
}

void pattern_key_make(struct pattern_key *key, const struct guest_unit *unit,
                      uint32_t (*mask)(const struct guest_insn *insn)) {
    key->mode = unit->mode;
    key->count = unit->count;
    for (uint32_t i = 0; i < unit->count; i++)
        key->words[i] = unit->insn[i].pc_relative ? mask(&unit->insn[i]) : unit->insn[i].word;
    /* 0 is no key of the map. */
    key->hash = XXH3_64bits_withSeed(key->words, key->count * sizeof key->words[0], key->mode) | 1;
}

static const struct pattern *find(const struct pattern_key *key) {
    for (const struct pattern *p = pointer_map_get(&patterns.map, key->hash); p; p = p->next)
        if (p->count == key->count && p->mode == key->mode &&
            memcmp(p->words, key->words, key->count * sizeof key->words[0]) == 0)
            return p;
    return NULL;
}

const struct template *pattern_find(const struct pattern_key *key) {
    const struct pattern *p = find(key);
    atomic_fetch_add_explicit(&patterns.lookups, 1, memory_order_relaxed);
    if (!p)
        return NULL;
    atomic_fetch_add_explicit(&patterns.hits, 1, memory_order_relaxed);
    return p->template;
}

static struct template *keep(const struct template *template) {
    struct template *copy = bump_alloc(&patterns.memory, template->size);
    memcpy(copy, template, template->size);
    return copy;
}

const struct template *pattern_keep(const struct template *template) {
    pthread_mutex_lock(&patterns.lock);
    const struct template *copy = keep(template);
    pthread_mutex_unlock(&patterns.lock);
    return copy;
}

const struct template *pattern_add(const struct pattern_key *key, const struct template *template) {
    pthread_mutex_lock(&patterns.lock);
    const struct pattern *known = find(key);
    if (!known) {
        const size_t words = key->count * sizeof key->words[0];
        struct pattern *p = bump_alloc(&patterns.memory, sizeof *p + words);
        *p = (struct pattern){.mode = key->mode, .count = key->count, .template = keep(template)};
        memcpy(p->words, key->words, words);
        p->next = pointer_map_get(&patterns.map, key->hash);
        pointer_map_put(&patterns.map, key->hash, p);
        patterns.entries++;
        patterns.bytes += sizeof *p + words + template->size;
        known = p;
    }
    pthread_mutex_unlock(&patterns.lock);
    return known->template;
}

void pattern_get_stats(struct pattern_stats *stats) {
    pthread_mutex_lock(&patterns.lock);
    *stats = (struct pattern_stats){atomic_load(&patterns.lookups), atomic_load(&patterns.hits),
                                    patterns.entries, patterns.bytes};
    pthread_mutex_unlock(&patterns.lock);
}

void pattern_before_fork(void) {
    pthread_mutex_lock(&patterns.lock);
}

void pattern_after_fork(bool child) {
    if (child)
        patterns.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    else
        pthread_mutex_unlock(&patterns.lock);
}
