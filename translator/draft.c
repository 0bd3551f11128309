#include "translator/draft.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "runtime/bump.h"
#include "runtime/pointer_map.h"
#include "translator/translate.h"

enum {
    FIRST_PARTS = 2048, /* that the table has room for at first */
    MOST_PARTS = UNIT_MAX_INSNS + 2,
    MOST_CODE = 16 * 1024, /* of one draft */
    COPY_STEP = 16,        /* what may be read behind a part, see bump_alloc */
    ENTRIES = 64,          /* that a draft is given */
    FIRST_DRAFTS = 1024,   /* before so many their fate tells little */
    FIRST_BLOCKS = 384,    /* units without a draft */
};

/* A part that is kept, followed by its template, unless there is `none`. */
struct part {
    uint16_t places;
    bool falls_through, none;
};

static struct {
    struct pointer_map map; /* by the key that find_part makes; written under `lock` */
    struct bump memory;
    const struct part *entry, *exit;
    pthread_mutex_t lock;
    pthread_once_t once;
    _Atomic uint64_t asked, drafts, replaced;
} parts = {.lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

static const struct template *template_of(const struct part *part) {
    return (const struct template *)(part + 1);
}

/* Under the lock, or before there are other threads. */
static const struct part *keep(const struct draft_part *made) {
    const size_t size = made->template ? made->template->size : 0;
    struct part *part = bump_alloc(&parts.memory, sizeof *part + size);
    *part = (struct part){made->places, made->falls_through, !made->template};
    if (size)
        memcpy(part + 1, made->template, size);
    return part;
}

static void init(void) {
    struct arena arena = {0};
    const struct draft_part entry = engine.host->draft_entry(&arena),
                            exit = engine.host->draft_exit(&arena);
    pointer_map_init(&parts.map, bump_alloc(&parts.memory, pointer_map_size(FIRST_PARTS)),
                     FIRST_PARTS);
    parts.entry = keep(&entry);
    parts.exit = keep(&exit);
    arena_free(&arena);
}

void draft_init(void *memory, size_t size) {
    bump_seed(&parts.memory, memory, size);
}

static const struct part *make_part(struct arena *arena, const struct guest_unit *unit,
                                    unsigned number, uint64_t key) {
    const struct arena before = *arena;
    struct guest_unit single;
    struct ir ir;
    single.pc = unit->pc + (uint64_t)unit->insn[number].offset;
    single.mode = unit->mode;
    single.count = 1;
    single.insn[0] = unit->insn[number];
    single.insn[0].offset = 0;
    single.pattern[0] = unit->pattern[number];
    translate_lift(&ir, arena, &single, 1);
    const struct draft_part made = engine.host->lower_part(&ir, &single, ir.field_value);
    pthread_mutex_lock(&parts.lock);
    const struct part *part = pointer_map_get(&parts.map, key);
    if (!part) {
        part = keep(&made);
        pointer_map_put(&parts.map, key, (void *)part);
    }
    pthread_mutex_unlock(&parts.lock);
    if (arena->base == before.base)
        arena->used = before.used;
    return part;
}

/* The part for an instruction of `unit`: any other of the same pattern has the same. */
static const struct part *find_part(struct arena *arena, const struct guest_unit *unit,
                                    unsigned number) {
    const uint64_t key = UINT64_C(1) << 63 | (uint64_t)unit->mode << 32 | unit->pattern[number];
    const struct part *part = pointer_map_get(&parts.map, key);
    return part ? part : make_part(arena, unit, number, key);
}

/* Parts at their places. */
struct draft {
    unsigned count;
    size_t code_size;
    struct place {
        const struct part *part;
        uint16_t code;  /* offset of its code */
        uint16_t guest; /* of its instruction, in bytes */
        uint16_t insn;
    } place[MOST_PARTS];
    struct template head;
};

/* Puts a part behind the others, in the first place that is allowed. */
static void add(struct draft *d, const struct part *part, unsigned guest, unsigned insn) {
    const struct template *t = template_of(part);
    const uint32_t places = (uint32_t)part->places << 16 | part->places;
    d->code_size += (unsigned)__builtin_ctz(places >> d->code_size % 16);
    d->place[d->count++] =
        (struct place){part, (uint16_t)d->code_size, (uint16_t)guest, (uint16_t)insn};
    d->code_size += t->code_size;
    d->head.relocation_count += t->relocation_count;
    d->head.fault_count += t->fault_count;
    d->head.field_count += t->field_count;
}

/* Chooses the parts. False if one of them does not exist, or they are too large together. */
static bool choose(struct draft *d, struct arena *arena, const struct guest_unit *unit) {
    bool falls_through = true;
    d->count = 0;
    d->code_size = 0;
    add(d, parts.entry, 0, 0);
    for (unsigned i = 0; i < unit->count && falls_through; i++) {
        const struct part *part = find_part(arena, unit, i);
        if (part->none || d->code_size > MOST_CODE)
            return false;
        falls_through = part->falls_through;
        add(d, part, (unsigned)unit->insn[i].offset, i);
    }
    if (falls_through)
        add(d, parts.exit, guest_unit_size(unit), 0);
    return true;
}

/* The tables of the template that is being made, as far as they are filled. */
struct tables {
    struct relocation *relocation;
    struct fault_point *fault;
    uint16_t *field;
    unsigned fields;
};

static void copy_tables(const struct place *place, struct tables *to) {
    const struct template *t = template_of(place->part);
    const struct relocation *r = template_relocations(t);
    for (unsigned k = 0; k < t->relocation_count; k++) {
        const bool of_pc = r[k].kind == RELOC_PC || r[k].kind == RELOC_EXIT;
        *to->relocation++ = (struct relocation){
            .offset = (uint16_t)(r[k].offset + place->code),
            .kind = r[k].kind,
            .field = (uint8_t)(r[k].field ? r[k].field + to->fields : 0),
            .addend = r[k].addend + (of_pc ? place->guest : 0),
        };
    }
    const struct fault_point *f = template_faults(t);
    for (unsigned k = 0; k < t->fault_count; k++)
        *to->fault++ = (struct fault_point){
            .offset = (uint16_t)(f[k].offset + place->code),
            .guest_offset = (uint16_t)(f[k].guest_offset + place->guest),
            .landing = (uint16_t)(f[k].landing ? f[k].landing + place->code : 0),
        };
    for (unsigned k = 0; k < t->field_count; k++)
        *to->field++ = place->insn;
    to->fields += t->field_count;
}

/* Copies in steps of COPY_STEP, beyond the end of both, which has room: calls of memcpy for a few
 * bytes each are what making drafts would consist of else. */
static void copy_code(uint8_t *to, const uint8_t *from, size_t size) {
    for (size_t at = 0; at < size; at += COPY_STEP)
        memcpy(to + at, from + at, COPY_STEP);
}

static void fill(const struct draft *d, struct template *t) {
    uint8_t *code = (uint8_t *)t + template_head_size(t);
    struct tables tables = {.relocation = (struct relocation *)(t + 1)};
    tables.fault = (struct fault_point *)(tables.relocation + t->relocation_count);
    tables.field = (uint16_t *)(tables.fault + t->fault_count);
    size_t at = 0;
    for (unsigned i = 0; i < d->count; i++) {
        const struct place *place = &d->place[i];
        const struct template *part = template_of(place->part);
        copy_tables(place, &tables);
        if (at < place->code)
            engine.host->pad(code + at, place->code - at);
        copy_code(code + place->code, template_code(part), part->code_size);
        at = place->code + (size_t)part->code_size;
    }
    if (at < t->code_size)
        engine.host->pad(code + at, t->code_size - at);
}

const struct template *draft_make(struct arena *arena, const struct guest_unit *unit) {
    struct draft d;
    d.head = (struct template){.guest_insns = (uint16_t)unit->count};
    pthread_once(&parts.once, init);
    if (!choose(&d, arena, unit))
        return NULL;
    d.head.code_size = (uint16_t)((d.code_size + 15) & ~(size_t)15);
    const size_t front = template_head_size(&d.head);
    d.head.size = (uint32_t)(front + d.head.code_size);
    struct template *t = arena_alloc(arena, d.head.size + COPY_STEP);
    memset((char *)t + front - 8, 0, 8); /* the padding, too: templates are compared as bytes */
    *t = d.head;
    fill(&d, t);
    atomic_fetch_add_explicit(&parts.drafts, 1, memory_order_relaxed);
    return t;
}

/* While blocks are compared one by one, none is to leave but by its own ways. */
int32_t draft_entries(void) {
    return engine.options.only_drafts || engine.options.verify ? INT32_MAX : ENTRIES;
}

bool draft_pays(void) {
    if (engine_keeps_translations())
        return false;
    if (atomic_load_explicit(&parts.asked, memory_order_relaxed) < FIRST_BLOCKS) {
        atomic_fetch_add_explicit(&parts.asked, 1, memory_order_relaxed);
        return false;
    }
    return atomic_load_explicit(&parts.replaced, memory_order_relaxed) * 4 <=
           atomic_load_explicit(&parts.drafts, memory_order_relaxed) + FIRST_DRAFTS;
}

void draft_count_replaced(void) {
    atomic_fetch_add_explicit(&parts.replaced, 1, memory_order_relaxed);
}

void draft_before_fork(void) {
    pthread_mutex_lock(&parts.lock);
}

void draft_after_fork(bool child) {
    if (child) {
        parts.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
        if (parts.entry) {
            pointer_map_after_fork(&parts.map);
            bump_after_fork(&parts.memory);
        }
    } else {
        pthread_mutex_unlock(&parts.lock);
    }
}
