#include "runtime/pattern_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "runtime/bump.h"
#include "runtime/pointer_map.h"
#include "runtime/vm.h"

enum {
    FIRST_ENTRIES = 4096,
    SAVE_RECORDS = 4096, /* new ones that wait for the store; more are saved at once */
    SAVE_BYTES = 1 << 20,
};

/* A record, without pointers: in memory and in the store the same bytes. Records whose hash is one
 * are found in the map by hash, hash + 2, hash + 4, ... */
struct pattern {
    uint64_t hash; /* of the words or, of a further place, of that; odd: 0 is no key of the map */
    uint64_t pc;   /* of a unit of the pattern, in the process that made the record */
    uint32_t size; /* with all that follows; a multiple of 16 */
    uint32_t mode;
    uint16_t count;      /* words */
    uint16_t guest_size; /* bytes of guest code at pc; 0: of no place */
    uint16_t values;     /* of the fields there */
    bool again;          /* another place of a pattern that has a record; without words */
    /* In memory: */
    bool old;         /* to be saved again when it is used */
    bool taken;       /* by pattern_take */
    bool entered;     /* in the map */
    uint16_t cluster; /* 1 + its number among those that were read; 0: made by this process */
    uint8_t guest_code[];
    /* followed by: words, from a multiple of 4 bytes on, and the fields' values, from a multiple of
     * 8 bytes on, and the template */
};

static struct {
    struct pointer_map map;
    pthread_mutex_t lock;
    struct bump memory;
    struct pattern_host host;
    struct store_cluster *clusters; /* that were read */
    unsigned cluster_room;
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

static inline uint64_t mix(uint64_t hash, uint64_t value) {
    const unsigned __int128 product =
        (unsigned __int128)(hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two words at a time, and the last once more, so that their number needs no branch. */
void pattern_key_make(struct pattern_key *key, const struct guest_unit *unit) {
    const uint32_t count = unit->count;
    uint64_t hash = (uint64_t)unit->mode << 32 | count;
    for (uint32_t i = 0; i + 2 <= count; i += 2) {
        uint64_t pair;
        memcpy(&pair, &unit->pattern[i], sizeof pair);
        hash = mix(hash, pair);
    }
    hash = mix(hash, unit->pattern[count - 1]);
    *key = (struct pattern_key){hash | 1, unit->mode, count, unit->pattern};
}

static size_t words_offset(unsigned guest_size) {
    return (offsetof(struct pattern, guest_code) + guest_size + 3) & ~(size_t)3;
}

static size_t values_offset(const struct pattern *p) {
    const size_t words = p->again ? 0 : p->count * sizeof(uint32_t);
    return (words_offset(p->guest_size) + words + 7) & ~(size_t)7;
}

static size_t template_offset(const struct pattern *p) {
    return values_offset(p) + p->values * sizeof(int64_t);
}

static uint32_t *words_of(const struct pattern *p) {
    return (uint32_t *)((char *)p + words_offset(p->guest_size));
}

static int64_t *values_of(const struct pattern *p) {
    return (int64_t *)((char *)p + values_offset(p));
}

const struct template *pattern_template(const struct pattern *p) {
    return (const void *)((const char *)p + template_offset(p));
}

/* `hash`: where to begin, and then where in the map it is. */
static struct pattern *find_from(const struct pattern_key *key, uint64_t *hash) {
    struct pattern *p;
    for (; (p = pointer_map_get(&patterns.map, *hash)); *hash += 2)
        if (!p->again && p->count == key->count && p->mode == key->mode &&
            memcmp(words_of(p), key->words, key->count * sizeof key->words[0]) == 0)
            return p;
    return NULL;
}

static struct pattern *find(const struct pattern_key *key) {
    uint64_t hash = key->hash;
    return find_from(key, &hash);
}

/* --- saving --- */

static void save(void) {
    store_append(patterns.unsaved, patterns.unsaved_hash, patterns.unsaved_count);
    patterns.unsaved_count = 0;
    patterns.unsaved_bytes = 0;
}

static void save_later(struct pattern *p) {
    p->old = false;
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
           p->count >= 1 && p->count <= UNIT_MAX_INSNS && p->guest_size <= UNIT_MAX_BYTES &&
           p->size >= template_offset(p) + sizeof(struct template) &&
           template_valid(pattern_template(p), p->size - template_offset(p), p->count,
                          host->stub_count) &&
           p->values == (p->guest_size ? pattern_template(p)->field_count : 0);
}

/* Lets look-ups find it, at `hash` in the map. */
static void enter_at(struct pattern *p, uint64_t hash) {
    p->entered = true;
    pointer_map_put(&patterns.map, hash, p);
}

static void enter(struct pattern *p) {
    uint64_t hash = p->hash;
    while (pointer_map_get(&patterns.map, hash))
        hash += 2;
    enter_at(p, hash);
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

static struct store_cluster *room_for_cluster(unsigned number) {
    if (number >= patterns.cluster_room) {
        const unsigned room = patterns.cluster_room ? 4 * patterns.cluster_room : 64;
        struct store_cluster *more = allocate(room * sizeof *more);
        if (patterns.cluster_room)
            memcpy(more, patterns.clusters, patterns.cluster_room * sizeof *more);
        patterns.clusters = more;
        patterns.cluster_room = room;
    }
    return &patterns.clusters[number];
}

/* The record at `at`, as far as it takes to find the next one; NULL at the end or if it is not one.
 */
static struct pattern *record_at(const struct store_cluster *cluster, size_t at) {
    struct pattern *p = (struct pattern *)(cluster->records + at);
    const size_t room = cluster->size - at;
    return room >= sizeof *p && p->size >= sizeof *p && p->size <= room && p->size % 16 == 0 ? p
                                                                                             : NULL;
}

/* What is in the records themselves is looked at when they are needed. */
static void take_cluster(const struct store_cluster *read) {
    struct store_cluster *cluster = room_for_cluster(read->number);
    *cluster = *read;
    struct pattern *p;
    size_t at = 0;
    for (; (p = record_at(cluster, at)); at += p->size) {
        p->old = cluster->old;
        p->taken = p->entered = false;
        p->cluster = (uint16_t)(cluster->number + 1);
        patterns.stored++;
    }
    patterns.rejected += at < cluster->size;
    cluster->size = at;
}

static bool sound(const struct pattern *p) {
    if (valid(p, p->size, &patterns.host))
        return true;
    patterns.rejected++;
    return false;
}

/* Lets look-ups find the records of this hash. A cluster that is damaged has a number, but nothing
 * else. */
static void enter_from(unsigned number, uint64_t hash) {
    const struct store_cluster *cluster = room_for_cluster(number);
    struct pattern *p;
    for (size_t at = 0; (p = record_at(cluster, at)); at += p->size)
        if (p->hash == hash && !p->entered && sound(p))
            enter(p);
}

/* Goes on with a look-up: true if records of this hash may have been entered. */
static bool enter_stored(uint64_t hash, bool first) {
    enum { CLUSTERS = 4 };
    unsigned numbers[CLUSTERS];
    const unsigned count = first ? store_find_read(hash, numbers, CLUSTERS) : 0;
    for (unsigned i = 0; i < count; i++)
        enter_from(numbers[i], hash);
    struct store_cluster cluster;
    if (count > 0)
        return true;
    if (!store_read(hash, &cluster))
        return false;
    take_cluster(&cluster);
    enter_from(cluster.number, hash);
    return true;
}

static struct pattern *find_stored(const struct pattern_key *key) {
    struct pattern *p;
    lock();
    for (bool first = true; !(p = find(key)) && enter_stored(key->hash, first); first = false)
        ;
    unlock();
    return p;
}

static void keep_in_store(struct pattern *p) {
    lock();
    if (p->old)
        save_later(p);
    unlock();
}

/* --- places --- */

static void copy_guest_code(uint8_t *to, const struct guest_unit *unit) {
    for (unsigned i = 0; i < unit->count; i++)
        memcpy(to + unit->insn[i].offset, &unit->insn[i].word, unit->insn[i].length);
}

bool pattern_is_at(const struct pattern *p, const struct pattern_place *place) {
    uint8_t code[UNIT_MAX_BYTES];
    if ((p->pc - place->unit->pc) % VM_PAGE != 0 || p->guest_size != guest_unit_size(place->unit))
        return false;
    copy_guest_code(code, place->unit);
    return memcmp(code, p->guest_code, p->guest_size) == 0;
}

static uint64_t place_hash(const struct pattern_place *place) {
    const struct guest_unit *unit = place->unit;
    uint64_t hash = ~(unit->pc % VM_PAGE) ^ (uint64_t)unit->mode << 32;
    for (unsigned i = 0; i < unit->count; i++)
        hash = mix(hash, unit->insn[i].word);
    return hash | 1;
}

static struct pattern *find_place(uint64_t hash, const struct pattern_place *place) {
    struct pattern *p;
    for (; (p = pointer_map_get(&patterns.map, hash)); hash += 2)
        if (p->again && p->mode == place->unit->mode && pattern_is_at(p, place))
            return p;
    return NULL;
}

struct pattern *pattern_find_place(const struct pattern_place *place) {
    const uint64_t hash = place_hash(place);
    struct pattern *p;
    lock();
    for (bool first = true; !(p = find_place(hash, place)) && enter_stored(hash, first);
         first = false)
        ;
    if (p && p->old)
        save_later(p);
    unlock();
    return p;
}

bool pattern_distance(const struct pattern *p, uint64_t pc, uint64_t *distance) {
    *distance = pc - p->pc;
    return p->cluster && !p->taken;
}

/* Where in the ranges the record's unit is now; false if it is in none. */
static bool move(const struct pattern *p, const struct pattern_range *ranges, unsigned count,
                 uint64_t *pc) {
    for (unsigned i = 0; i < count; i++) {
        *pc = p->pc + ranges[i].distance;
        if (*pc >= ranges[i].start && *pc < ranges[i].end && p->guest_size <= ranges[i].end - *pc)
            return true;
    }
    return false;
}

void pattern_collect(const struct pattern *p, const struct pattern_range *ranges, unsigned count,
                     struct pattern_run *run) {
    run->count = 0;
    lock();
    const struct store_cluster *cluster = &patterns.clusters[p->cluster - 1];
    struct pattern *q;
    for (size_t at = 0; (q = record_at(cluster, at)) && run->count < PATTERN_RUN_MAX;
         at += q->size) {
        uint64_t pc;
        if (q == p || q->taken || q->guest_size == 0 || !move(q, ranges, count, &pc) || !sound(q))
            continue;
        run->record[run->count] = q;
        run->unit[run->count++] = (struct placed_unit){.pc = pc,
                                                       .mode = q->mode,
                                                       .size = q->guest_size,
                                                       .guest_code = q->guest_code,
                                                       .template = pattern_template(q),
                                                       .field_values = values_of(q)};
    }
    unlock();
}

static void take(struct pattern *p, uint64_t pc) {
    p->taken = true;
    p->pc = pc; /* should it be saved again, then beside others of this process */
    if (p->old)
        save_later(p);
}

void pattern_take(struct pattern *p, uint64_t pc, const struct pattern_run *run) {
    lock();
    take(p, pc);
    for (unsigned i = 0; i < run->count; i++)
        take(run->record[i], run->unit[i].pc);
    unlock();
}

/* --- looking up and adding --- */

struct pattern *pattern_find(const struct pattern_key *key) {
    struct pattern *p = find(key);
    atomic_fetch_add_explicit(&patterns.lookups, 1, memory_order_relaxed);
    if (!p && store_is_open())
        p = find_stored(key);
    if (!p)
        return NULL;
    if (p->old)
        keep_in_store(p);
    atomic_fetch_add_explicit(&patterns.hits, 1, memory_order_relaxed);
    return p;
}

const struct template *pattern_keep(const struct template *template) {
    lock();
    struct template *copy = allocate(template->size);
    unlock();
    return memcpy(copy, template, template->size);
}

/* Only the store needs to know of places. */
static struct pattern *make_record(const struct pattern_key *key, const struct template *template,
                                   const struct pattern_place *place, bool again) {
    struct pattern head = {
        .hash = key->hash, .mode = key->mode, .count = (uint16_t)key->count, .again = again};
    if (place && store_is_open()) {
        head.pc = place->unit->pc;
        head.guest_size = (uint16_t)guest_unit_size(place->unit);
        head.values = template->field_count;
    }
    head.size = (uint32_t)(template_offset(&head) + template->size + 15) & ~(uint32_t)15;
    struct pattern *p = allocate(head.size);
    *p = head;
    if (p->guest_size) {
        copy_guest_code(p->guest_code, place->unit);
        memcpy(values_of(p), place->field_values, p->values * sizeof place->field_values[0]);
    }
    if (!again)
        memcpy(words_of(p), key->words, key->count * sizeof key->words[0]);
    memcpy((char *)p + template_offset(p), template, template->size);
    return p;
}

struct pattern *pattern_add(const struct pattern_key *key, const struct template *template,
                            const struct pattern_place *place) {
    lock();
    uint64_t hash = key->hash;
    struct pattern *p = find_from(key, &hash);
    if (!p || (template_is_draft(pattern_template(p)) && !template_is_draft(template))) {
        p = make_record(key, template, place, false);
        enter_at(p, hash);
        patterns.entries++;
        patterns.bytes += p->size;
        if (store_is_open() && !template_is_draft(template))
            save_later(p);
    }
    unlock();
    return p;
}

void pattern_add_place(const struct pattern *p, const struct pattern_key *key,
                       const struct pattern_place *place) {
    lock();
    if (!find_place(place_hash(place), place)) {
        struct pattern *further = make_record(key, pattern_template(p), place, true);
        further->hash = place_hash(place);
        enter(further);
        save_later(further);
    }
    unlock();
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
        pointer_map_after_fork(&patterns.map);
        bump_after_fork(&patterns.memory);
    } else {
        unlock();
    }
}
