#include "translator/translate.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/disassembly.h"
#include "runtime/log.h"
#include "runtime/pattern_cache.h"
#include "runtime/thread.h"
#include "runtime/vm.h"
#include "translator/batch.h"
#include "translator/draft.h"
#include "translator/opt/opt.h"
#include "translator/stats.h"
#include "translator/thread.h"

struct engine engine;

bool translate_scan(struct cpu *cpu, struct guest_unit *unit, unsigned max_insns) {
    const uint64_t limit =
        vm_executable_end(cpu->pc, UNIT_MAX_BYTES, &translator_thread(cpu)->executable);
    unit->pc = cpu->pc;
    unit->mode = cpu->mode;
    if (cpu->pc % engine.guest->insn_alignment) {
        cpu->fault = (struct guest_fault){SIGBUS, BUS_ADRALN, cpu->pc, false};
        cpu->exit_reason = EXIT_FAULT;
        return false;
    }
    if (limit > cpu->pc && engine.guest->scan(unit, limit, max_insns))
        return true;
    /* Not executable there, or from the next page on, where the instruction goes on. */
    const uint64_t bad = limit > cpu->pc ? limit : cpu->pc;
    cpu->fault =
        (struct guest_fault){SIGSEGV, vm_prot(bad) < 0 ? SEGV_MAPERR : SEGV_ACCERR, bad, false};
    cpu->exit_reason = EXIT_FAULT;
    return false;
}

static void dump_ir(const struct ir *ir, const struct guest_unit *unit, uint32_t item,
                    const char *title) {
    if (!log_wants(item, unit->pc))
        return;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    fprintf(out, "OP %s 0x%lx:\n", title, unit->pc);
    ir_print(out, ir, engine.guest);
    fputc('\n', out);
    fclose(out);
    log_write(text, size);
    free(text);
}

void translate_print_guest(FILE *out, const struct guest_unit *unit) {
    char line[128];
    for (unsigned i = 0; i < unit->count; i++) {
        const struct guest_insn *insn = &unit->insn[i];
        engine.guest->disassemble(insn, unit->pc + (uint64_t)insn->offset, line, sizeof line);
        fprintf(out, "0x%08lx:  %0*x%*s  %s\n", unit->pc + (uint64_t)insn->offset, insn->length * 2,
                insn->word, 8 - insn->length * 2, "", line);
    }
}

static void dump_guest(const struct guest_unit *unit) {
    if (!log_wants(LOG_IN_ASM, unit->pc))
        return;
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    fprintf(out, "IN: 0x%lx, %u instructions\n", unit->pc, unit->count);
    translate_print_guest(out, unit);
    fputc('\n', out);
    fclose(out);
    log_write(text, size);
    free(text);
}

void translate_log_entry(const struct cpu *cpu) {
    const struct guest *guest = engine.guest;
    if (!(log_items & (LOG_EXEC | LOG_CPU)) || !log_wants(LOG_EXEC | LOG_CPU, cpu->pc))
        return;
    log_printf("Trace %d: 0x%lx\n", cpu->thread->tid, cpu->pc);
    if (log_items & LOG_CPU)
        for (unsigned i = 0; i < CPU_GPRS; i += 4)
            log_printf(" %4s %016lx  %4s %016lx  %4s %016lx  %4s %016lx\n", guest->gpr_names[i],
                       cpu->gpr[i], guest->gpr_names[i + 1], cpu->gpr[i + 1],
                       guest->gpr_names[i + 2], cpu->gpr[i + 2], guest->gpr_names[i + 3],
                       cpu->gpr[i + 3]);
}

void translate_lift(struct ir *ir, struct arena *arena, const struct guest_unit *unit,
                    unsigned tier) {
    ir_reset(ir, arena);
    engine.guest->lift(ir, unit);
    dump_ir(ir, unit, LOG_OP, "lifted");
    if (tier == 0)
        return;
    opt_run(ir, tier, NULL);
    dump_ir(ir, unit, LOG_OP_OPT, "optimised");
}

void translate_fields(const struct guest_unit *unit, unsigned count, const uint16_t *where,
                      int64_t *values) {
    for (unsigned i = 0; i < count; i++) {
        const struct guest_insn *insn = &unit->insn[where[i]];
        values[i] = engine.guest->pc_field(insn, unit->pc + (uint64_t)insn->offset);
    }
}

static const struct template *make_template(struct arena *arena, const struct guest_unit *unit) {
    struct ir ir;
    translate_lift(&ir, arena, unit, 1);
    return engine.host->lower(&ir, unit, ir.field_value);
}

/* For --check-cache: what a cache gave must be what translation makes of the same unit now. */
static void check_template(struct arena *arena, const struct guest_unit *unit,
                           const struct template *found) {
    const struct template *made =
        template_is_draft(found) ? draft_make(arena, unit) : make_template(arena, unit);
    const char *what = !made                                ? "translation fails"
                       : made->size != found->size          ? "size"
                       : memcmp(made, found, sizeof *found) ? "header"
                       : memcmp(template_code(made), template_code(found), found->code_size)
                           ? "code"
                       : memcmp(made, found, found->size) ? "side tables"
                                                          : NULL;
    if (!what)
        return;
    log_printf("IN: 0x%lx, %u instructions; from the cache, then as it is made now:\n", unit->pc,
               unit->count);
    disassemble_host(template_code(found), found->code_size, 0);
    log_printf("\n");
    if (made)
        disassemble_host(template_code(made), made->code_size, 0);
    BUG("the cache's template for 0x%lx is not what translation makes: %s differs", unit->pc, what);
}

void translate_check_unit(struct arena *arena, const struct placed_unit *placed) {
    const struct template *t = placed->template;
    struct guest_unit unit = {.pc = placed->pc, .mode = placed->mode};
    int64_t fields[UNIT_MAX_INSNS];
    if (!engine.guest->scan(&unit, placed->pc + placed->size, t->guest_insns) ||
        unit.count != t->guest_insns)
        BUG("the cache's unit at 0x%lx is not one", placed->pc);
    arena_reset(arena);
    check_template(arena, &unit, t);
    translate_fields(&unit, t->field_count, template_fields(t), fields);
    if (memcmp(fields, placed->field_values, t->field_count * sizeof fields[0]) != 0)
        BUG("the cache's unit at 0x%lx is not what is there: pc-relative fields differ", unit.pc);
}

struct obtained {
    const struct template *template;
    struct pattern *found; /* its record, if it was not made just now */
};

/* The template for exactly `unit`, of at least this tier, new ones kept; NULL if there is too much
 * code for one. `values` get those of its pc-relative fields, in template order. */
static struct obtained whole_template(struct arena *arena, const struct guest_unit *unit,
                                      enum tier tier, int64_t *values) {
    struct pattern_key key;
    const struct pattern_place place = {unit, values};
    arena_reset(arena);
    pattern_key_make(&key, unit);
    struct pattern *p = engine.options.no_patterns ? NULL : pattern_find(&key);
    if (p && template_is_draft(pattern_template(p)) && tier > TIER_DRAFT)
        p = NULL;
    const struct template *t = p ? pattern_template(p) : NULL;
    if (!t && tier == TIER_DRAFT)
        t = draft_make(arena, unit);
    if (!t)
        t = make_template(arena, unit);
    if (!t)
        return (struct obtained){NULL, NULL};
    if (p && engine.options.check_cache)
        check_template(arena, unit, t);
    translate_fields(unit, t->field_count, template_fields(t), values);
    if (!p) {
        t = engine.options.no_patterns ? pattern_keep(t)
                                       : pattern_template(pattern_add(&key, t, &place));
    } else if (engine_keeps_translations() && !template_is_draft(t) && !pattern_is_at(p, &place)) {
        struct pattern *further = pattern_find_place(&place);
        if (further)
            p = further;
        else
            pattern_add_place(p, &key, &place);
    }
    return (struct obtained){t, p};
}

/* The template for `unit`, which is made shorter if there is too much code for one: half as long,
 * and so on. NULL if not even its first instruction has one. */
static struct obtained obtain_template(struct arena *arena, struct guest_unit *unit, enum tier tier,
                                       int64_t *values) {
    struct obtained obtained;
    do
        obtained = whole_template(arena, unit, tier, values);
    while (!obtained.template && (unit->count /= 2) > 0);
    return obtained;
}

const struct template *translate_ahead(struct guest_unit *unit, uint64_t limit, struct arena *arena,
                                       bool *stamped) {
    if (!engine.guest->scan(unit, limit, UNIT_MAX_INSNS))
        return NULL;
    int64_t values[UNIT_MAX_INSNS];
    const struct obtained obtained = obtain_template(arena, unit, TIER_BLOCK, values);
    *stamped = obtained.found != NULL;
    return obtained.template;
}

struct block *translate_block(struct cpu *cpu, struct block *spent, enum tier tier, bool *full) {
    struct arena *arena = &translator_thread(cpu)->arena;
    const uint64_t start = engine.options.stats ? stats_now() : 0;
    const unsigned max_insns = engine.options.one_insn ? 1 : UNIT_MAX_INSNS;
    struct guest_unit unit;
    struct obtained obtained;
    int64_t values[UNIT_MAX_INSNS];
    struct block *block;
    *full = false;
    do {
        const uint64_t epoch = code_cache_epoch();
        if (!translate_scan(cpu, &unit, max_insns))
            return NULL;
        obtained = obtain_template(arena, &unit, tier, values);
        const struct template *t = obtained.template;
        if (!t)
            BUG("cannot lower the instruction at 0x%lx", cpu->pc);
        const struct placed_unit placed = {
            .pc = unit.pc,
            .mode = unit.mode,
            .size = guest_unit_size(&unit),
            .template = t,
            .field_values = values,
            .entries = draft_entries(),
        };
        block = code_cache_add(spent, &placed, epoch, engine_chains(), full);
        if (block)
            stats_count_unit(&unit, t, obtained.found, start);
    } while (!block && !*full);
    if (block) {
        if (obtained.found && batch_possible() &&
            pattern_is_at(obtained.found, &(struct pattern_place){.unit = &unit}))
            batch_stamp(cpu, arena, obtained.found, unit.pc);
        dump_guest(&unit);
        if (log_wants(LOG_OUT_ASM, block->pc)) {
            log_printf("OUT: 0x%lx, %u bytes at %p\n", block->pc, block->code_size,
                       (void *)block->code);
            disassemble_host(block->code, block->code_size, (uint64_t)(uintptr_t)block->code);
            log_printf("\n");
        }
    }
    return block;
}
