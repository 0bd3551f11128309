#include "translator/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "runtime/code_cache.h"
#include "runtime/pattern_cache.h"
#include "translator/engine.h"
#include "translator/thread.h"
#include "translator/translate.h"

struct translation_stats translation_stats;

static uint64_t read_clock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t stats_now(void) {
    return read_clock(CLOCK_MONOTONIC);
}

static void add(_Atomic uint64_t *counter, uint64_t n) {
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void stats_count_unit(const struct guest_unit *unit, const struct template *t, bool stamped,
                      uint64_t start) {
    struct translation_stats *s = &translation_stats;
    add(stamped ? &s->stamped_units : &s->units, 1);
    add(stamped ? &s->stamped_insns : &s->insns, unit->count);
    add(&s->host_bytes, t->code_size);
    if (start)
        add(stamped ? &s->stamped_nanoseconds : &s->nanoseconds, stats_now() - start);
}

void stats_count_batch(const struct placed_unit *units, unsigned count, uint64_t start) {
    struct translation_stats *s = &translation_stats;
    uint64_t added = 0, insns = 0, bytes = 0;
    for (unsigned i = 0; i < count; i++)
        if (units[i].added) {
            added++;
            insns += units[i].template->guest_insns;
            bytes += units[i].template->code_size;
        }
    add(&s->stamped_units, added);
    add(&s->stamped_insns, insns);
    add(&s->host_bytes, bytes);
    add(&s->batched_units, added);
    add(&s->batched_insns, insns);
    if (!start)
        return;
    const uint64_t time = stats_now() - start;
    add(&s->stamped_nanoseconds, time);
    add(&s->batched_nanoseconds, time);
}

void stats_count_lookup(bool found) {
    add(&translation_stats.lookups, 1);
    add(&translation_stats.found, found);
}

void stats_enter(struct translator_thread *thread) {
    if (!translation_stats.start_nanoseconds)
        translation_stats.start_nanoseconds = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    thread->entered_at = stats_now();
    if (thread->left_at)
        add(&translation_stats.outside, thread->entered_at - thread->left_at);
}

void stats_leave(struct translator_thread *thread) {
    thread->left_at = stats_now();
    add(&translation_stats.inside, thread->left_at - thread->entered_at);
}

/* --- printing --- */

struct insn_counts {
    uint64_t guest, host;
};

static void add_counts(struct thread *thread, void *data) {
    struct insn_counts *counts = data;
    counts->guest += thread->cpu->counted_guest_insns;
    counts->host += thread->cpu->counted_host_insns;
}

/* All figures, as they are at one time. Threads that have ended are not in `executed`. */
struct figures {
    struct code_cache_stats code;
    struct pattern_stats pattern;
    struct insn_counts executed;
    uint64_t guest_nanoseconds;
};

static void collect(struct figures *f) {
    const struct translation_stats *t = &translation_stats;
    const uint64_t translation = t->nanoseconds + t->stamped_nanoseconds;
    *f = (struct figures){.guest_nanoseconds =
                              t->inside > translation ? t->inside - translation : 0};
    code_cache_get_stats(&f->code);
    pattern_get_stats(&f->pattern);
    thread_for_each(add_counts, &f->executed);
}

static double ratio(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0;
}

static double milliseconds(uint64_t nanoseconds) {
    return (double)nanoseconds / 1e6;
}

static void print_text(FILE *out, const struct figures *f) {
    const struct translation_stats *t = &translation_stats;
    const struct pattern_stats *p = &f->pattern;
    if (engine.options.count_insns)
        fprintf(out,
                "executed     %" PRIu64 " guest instructions, %" PRIu64
                " host instructions, %.3f each\n",
                f->executed.guest, f->executed.host, ratio(f->executed.host, f->executed.guest));
    fprintf(out, "start        %10.3f ms of CPU time until the first guest instruction\n",
            milliseconds(t->start_nanoseconds));
    fprintf(out,
            "time         %10.3f ms translating, %.3f stamping, %.3f in guest code, %.3f in system "
            "calls and signals\n",
            milliseconds(t->nanoseconds), milliseconds(t->stamped_nanoseconds),
            milliseconds(f->guest_nanoseconds), milliseconds(t->outside));
    fprintf(out,
            "translated   %10" PRIu64 " units %12" PRIu64 " instructions %8.1f ns each\n"
            "stamped      %10" PRIu64 " units %12" PRIu64 " instructions %8.1f ns each\n"
            "  in batches %10" PRIu64 " units %12" PRIu64 " instructions %8.1f ns each\n",
            t->units, t->insns, ratio(t->nanoseconds, t->insns), t->stamped_units, t->stamped_insns,
            ratio(t->stamped_nanoseconds, t->stamped_insns), t->batched_units, t->batched_insns,
            ratio(t->batched_nanoseconds, t->batched_insns));
    fprintf(out,
            "pattern cache %9" PRIu64 " look-ups %9" PRIu64 " hits %.1f %%, %" PRIu64
            " entries, %" PRIu64 " bytes; waited for its lock %" PRIu64 " of %" PRIu64 " times\n",
            p->lookups, p->hits, 100 * ratio(p->hits, p->lookups), p->entries, p->bytes, p->waits,
            p->locks);
    if (engine_keeps_translations())
        fprintf(
            out,
            "store        %10" PRIu64 " look-ups %9" PRIu64 " hits %.1f %%, %" PRIu64
            " records, %" PRIu64 " bytes read, %" PRIu64 " refused, %" PRIu64 " bytes written\n",
            p->store.lookups, p->store.clusters, 100 * ratio(p->store.clusters, p->store.lookups),
            p->stored, p->store.bytes_read, p->rejected, p->store.bytes_written);
    fprintf(out,
            "block map    %10" PRIu64 " look-ups %9" PRIu64 " hits %.1f %%\n"
            "code cache   %10" PRIu64 " blocks %12" PRIu64 " bytes of %" PRIu64 ", %" PRIu64
            " chained, %" PRIu64 " replaced, %" PRIu64 " invalidated, %" PRIu64 " flushes\n",
            t->lookups, t->found, 100 * ratio(t->found, t->lookups), f->code.blocks,
            f->code.code_bytes, f->code.reserved, f->code.chains, f->code.replaced,
            f->code.invalidated, f->code.flushes);
}

static void print_json(FILE *out, const struct figures *f) {
    const struct translation_stats *t = &translation_stats;
    const struct pattern_stats *p = &f->pattern;
    fprintf(out, "{\"pid\":%d,\"guest\":\"%s\",", (int)getpid(), engine.guest->name);
    if (engine.options.count_insns)
        fprintf(out, "\"executed\":{\"guest\":%" PRIu64 ",\"host\":%" PRIu64 "},",
                f->executed.guest, f->executed.host);
    fprintf(out,
            "\"start_cpu_ns\":%" PRIu64 ",\"time_ns\":{\"translated\":%" PRIu64
            ",\"stamped\":%" PRIu64 ",\"batched\":%" PRIu64 ",\"guest\":%" PRIu64
            ",\"system_calls\":%" PRIu64 "},",
            t->start_nanoseconds, t->nanoseconds, t->stamped_nanoseconds, t->batched_nanoseconds,
            f->guest_nanoseconds, t->outside);
    fprintf(out,
            "\"translated\":{\"units\":%" PRIu64 ",\"instructions\":%" PRIu64
            "},\"stamped\":{\"units\":%" PRIu64 ",\"instructions\":%" PRIu64
            "},\"batched\":{\"units\":%" PRIu64 ",\"instructions\":%" PRIu64
            "},\"host_bytes\":%" PRIu64 ",",
            t->units, t->insns, t->stamped_units, t->stamped_insns, t->batched_units,
            t->batched_insns, t->host_bytes);
    fprintf(out,
            "\"pattern_cache\":{\"lookups\":%" PRIu64 ",\"hits\":%" PRIu64
            ",\"rate\":%.4f,\"entries\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"locks\":%" PRIu64
            ",\"waits\":%" PRIu64 "},",
            p->lookups, p->hits, ratio(p->hits, p->lookups), p->entries, p->bytes, p->locks,
            p->waits);
    if (engine_keeps_translations())
        fprintf(out,
                "\"store\":{\"lookups\":%" PRIu64 ",\"hits\":%" PRIu64
                ",\"rate\":%.4f,\"records\":%" PRIu64 ",\"bytes_read\":%" PRIu64
                ",\"refused\":%" PRIu64 ",\"bytes_written\":%" PRIu64 "},",
                p->store.lookups, p->store.clusters, ratio(p->store.clusters, p->store.lookups),
                p->stored, p->store.bytes_read, p->rejected, p->store.bytes_written);
    fprintf(out,
            "\"block_map\":{\"lookups\":%" PRIu64 ",\"hits\":%" PRIu64
            ",\"rate\":%.4f},\"code_cache\":{\"blocks\":%" PRIu64 ",\"bytes\":%" PRIu64
            ",\"reserved\":%" PRIu64 ",\"chained\":%" PRIu64 ",\"replaced\":%" PRIu64
            ",\"invalidated\":%" PRIu64 ",\"flushes\":%" PRIu64 "}}\n",
            t->lookups, t->found, ratio(t->found, t->lookups), f->code.blocks, f->code.code_bytes,
            f->code.reserved, f->code.chains, f->code.replaced, f->code.invalidated,
            f->code.flushes);
}

void engine_print_stats(FILE *out, bool json) {
    struct figures figures;
    collect(&figures);
    if (json)
        print_json(out, &figures);
    else
        print_text(out, &figures);
}
