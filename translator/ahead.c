#include "translator/ahead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/arena.h"
#include "runtime/log.h"
#include "runtime/template.h"
#include "translator/translate.h"

enum { BATCH = 64, MAX_THREADS = 256 };

/* A bit for each place in a range where an instruction can be. */
struct map {
    struct ahead_range range;
    _Atomic uint8_t *queued;  /* a unit begins here, and has been queued */
    _Atomic uint8_t *covered; /* an instruction of some unit begins here */
};

/* Addresses; zeroed, an empty one. */
struct list {
    uint64_t *pc;
    size_t count, capacity;
};

static struct {
    struct map *maps;
    size_t map_count;
    uint64_t places; /* in all maps */
    unsigned shift;  /* log2 of an instruction's alignment */
    _Atomic uint64_t covered;
    /* Units that wait, as a stack. `working` threads may add to it; when none is, it is done. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct list queue;
    unsigned working;
    struct ahead_counts *counts;
    void (*progress)(double done, void *data);
    void *progress_data;
} ahead = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *allocate(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        die(1, "out of memory: the host gives no %zu bytes more", size);
    return memory;
}

static void push(struct list *list, uint64_t pc) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 4096;
        list->pc = realloc(list->pc, list->capacity * sizeof *list->pc);
        if (!list->pc)
            die(1, "out of memory for the list of functions");
    }
    list->pc[list->count++] = pc;
}

static const struct map *map_of(uint64_t pc) {
    for (size_t i = 0; i < ahead.map_count; i++)
        if (pc >= ahead.maps[i].range.start && pc < ahead.maps[i].range.end)
            return &ahead.maps[i];
    return NULL;
}

/* Sets the bit of `pc`; whether it was clear. */
static bool mark(const struct map *map, _Atomic uint8_t *bits, uint64_t pc) {
    const uint64_t place = (pc - map->range.start) >> ahead.shift;
    const uint8_t bit = (uint8_t)(1u << place % 8);
    return !(atomic_fetch_or_explicit(&bits[place / 8], bit, memory_order_relaxed) & bit);
}

static bool is_marked(const _Atomic uint8_t *bits, uint64_t place) {
    return atomic_load_explicit(&bits[place / 8], memory_order_relaxed) >> place % 8 & 1;
}

/* --- what one thread does --- */

struct worker {
    struct arena arena;
    struct list found;
    struct ahead_counts counts;
};

static void find(struct worker *w, uint64_t pc) {
    const struct map *map = map_of(pc);
    if (map && !(pc & ((1u << ahead.shift) - 1)) && mark(map, map->queued, pc))
        push(&w->found, pc);
}

/* Every guest address in a template may be one of code: the targets of its exits, the return
 * addresses of its calls, and what it computes from the pc. */
static void find_targets(struct worker *w, const struct guest_unit *unit,
                         const struct template *t) {
    int64_t fields[UNIT_MAX_INSNS];
    translate_fields(unit, t->field_count, template_fields(t), fields);
    const struct relocation *r = template_relocations(t);
    for (unsigned i = 0; i < t->relocation_count; i++)
        if (r[i].kind != RELOC_STUB)
            find(w, relocation_value(&r[i], unit->pc, fields));
}

static void translate(struct worker *w, uint64_t pc) {
    const struct map *map = map_of(pc);
    struct guest_unit unit = {.pc = pc};
    bool present;
    const struct template *t = translate_ahead(&unit, map->range.end, &w->arena, &present);
    if (!t)
        return;
    w->counts.units++;
    w->counts.insns += unit.count;
    w->counts.present += present;
    uint64_t covered = 0;
    for (uint32_t i = 0; i < unit.count; i++)
        covered += mark(map, map->covered, pc + (uint64_t)unit.insn[i].offset);
    atomic_fetch_add_explicit(&ahead.covered, covered, memory_order_relaxed);
    find_targets(w, &unit, t);
}

/* Under the lock. */
static void put_back(struct worker *w) {
    for (size_t i = 0; i < w->found.count; i++)
        push(&ahead.queue, w->found.pc[i]);
    w->found.count = 0;
}

static void *work(void *data) {
    const bool reports = data != NULL;
    struct worker *w = allocate(sizeof *w);
    pthread_mutex_lock(&ahead.lock);
    for (;;) {
        while (ahead.queue.count == 0 && ahead.working > 0)
            pthread_cond_wait(&ahead.changed, &ahead.lock);
        if (ahead.queue.count == 0)
            break;
        /* A share, so that the other threads find something too. */
        const size_t share = ahead.queue.count / 4 + 1, count = share < BATCH ? share : BATCH;
        uint64_t batch[BATCH];
        ahead.queue.count -= count;
        memcpy(batch, ahead.queue.pc + ahead.queue.count, count * sizeof *batch);
        ahead.working++;
        pthread_mutex_unlock(&ahead.lock);
        for (size_t i = 0; i < count; i++)
            translate(w, batch[i]);
        if (reports && ahead.progress)
            ahead.progress((double)atomic_load(&ahead.covered) / (double)ahead.places,
                           ahead.progress_data);
        pthread_mutex_lock(&ahead.lock);
        ahead.working--;
        put_back(w);
        pthread_cond_broadcast(&ahead.changed);
    }
    ahead.counts->units += w->counts.units;
    ahead.counts->insns += w->counts.insns;
    ahead.counts->present += w->counts.present;
    pthread_mutex_unlock(&ahead.lock);
    arena_free(&w->arena);
    free(w->found.pc);
    free(w);
    return NULL;
}

/* Works the queue off with `threads` threads, this one among them. */
static void work_off(unsigned threads) {
    pthread_t thread[MAX_THREADS];
    unsigned started = 0;
    while (started + 1 < threads && pthread_create(&thread[started], NULL, work, NULL) == 0)
        started++;
    work(&ahead);
    while (started > 0)
        pthread_join(thread[--started], NULL);
}

/* --- the whole --- */

/* Queues the first place of each gap: code that only computed jumps lead to begins where the code
 * in front of it ends. Returns whether there was one. */
static bool queue_gaps(struct worker *w) {
    bool any = false;
    for (size_t m = 0; m < ahead.map_count; m++) {
        const struct map *map = &ahead.maps[m];
        const uint64_t places = (map->range.end - map->range.start) >> ahead.shift;
        bool in_gap = false;
        for (uint64_t place = 0; place < places; place++) {
            const bool was_in_gap = in_gap;
            /* A long instruction covers the place behind it, too. */
            in_gap = !is_marked(map->covered, place) &&
                     !(ahead.shift == 1 && place > 0 && is_marked(map->covered, place - 1));
            if (!in_gap || was_in_gap)
                continue;
            find(w, map->range.start + (place << ahead.shift));
            any |= w->found.count > 0;
            put_back(w);
        }
    }
    return any;
}

void ahead_translate(const struct ahead_file *file, unsigned threads, struct ahead_counts *counts,
                     void (*progress)(double done, void *data), void *data) {
    ahead.shift = (unsigned)__builtin_ctz(engine.guest->insn_alignment);
    ahead.maps = allocate(file->text_count * sizeof *ahead.maps);
    ahead.map_count = file->text_count;
    ahead.places = 1;
    atomic_store(&ahead.covered, 0);
    ahead.counts = counts;
    ahead.progress = progress;
    ahead.progress_data = data;
    for (size_t i = 0; i < file->text_count; i++) {
        struct map *map = &ahead.maps[i];
        map->range = file->text[i];
        const uint64_t places = (map->range.end - map->range.start) >> ahead.shift;
        map->queued = allocate(places / 8 + 1);
        map->covered = allocate(places / 8 + 1);
        ahead.places += places;
    }
    struct worker *w = allocate(sizeof *w);
    for (size_t i = 0; i < file->entry_count; i++) {
        find(w, file->entries[i]);
        put_back(w);
    }
    do
        work_off(threads < MAX_THREADS ? threads : MAX_THREADS);
    while (queue_gaps(w));
    free(w->found.pc);
    free(w);
    for (size_t i = 0; i < file->text_count; i++) {
        free((void *)ahead.maps[i].queued);
        free((void *)ahead.maps[i].covered);
    }
    free(ahead.maps);
    free(ahead.queue.pc);
    ahead.queue = (struct list){0};
}
