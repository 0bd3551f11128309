#include "translator/engine.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "runtime/hooks.h"
#include "runtime/log.h"
#include "runtime/pattern_cache.h"
#include "translator/draft.h"
#include "translator/interpret.h"
#include "translator/stats.h"
#include "translator/thread.h"
#include "translator/translate.h"
#include "translator/verify.h"

/* Flushing the code cache: while `stop` is set no thread enters generated code, and the flusher
 * waits until none is in it. */
static struct {
    _Atomic bool stop;
    pthread_mutex_t lock; /* held by the flusher */
} world = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Of the emulator as it was built: the linker's build identification. */
static uint64_t build_fingerprint(void) {
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    const size_t count = getauxval(AT_PHNUM);
    uintptr_t bias = 0;
    for (size_t i = 0; i < count; i++)
        if (header[i].p_type == PT_PHDR)
            bias = (uintptr_t)header - header[i].p_vaddr;
    for (size_t i = 0; i < count; i++) {
        const char *at = (const char *)(bias + header[i].p_vaddr), *end = at + header[i].p_memsz;
        while (header[i].p_type == PT_NOTE && at < end) {
            const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
            const char *description = at + sizeof *note + ((note->n_namesz + 3) & ~3u);
            if (note->n_type == NT_GNU_BUILD_ID && note->n_descsz >= sizeof(uint64_t)) {
                uint64_t value;
                memcpy(&value, description, sizeof value);
                return value;
            }
            at = description + ((note->n_descsz + 3) & ~3u);
        }
    }
    return 0;
}

static void open_store(const struct engine_options *options) {
    const uint64_t build = build_fingerprint();
    if (options->no_cache || options->no_patterns || options->count_insns || !build)
        return;
    const struct store_options store = {
        .directory = options->cache_directory,
        .size_limit = options->cache_limit,
        .fingerprint = build ^ engine.host->fingerprint(),
        .name = engine.guest->name,
    };
    const struct pattern_host host = {engine.host->stub_count};
    pattern_open_store(&store, &host);
}

const char *engine_init(const struct guest *guest, const struct engine_options *options) {
    engine = (struct engine){.guest = guest, .host = host_backend, .options = *options};
    if (!host_backend)
        engine.options.interpret = true;
    if (engine.options.interpret)
        return NULL;
    const char *error = engine.host->configure(guest, options->host_features);
    if (error)
        return error;
    if (options->count_insns)
        engine.host->count_insns();
    static struct code_cache_host callbacks;
    callbacks =
        (struct code_cache_host){engine.host->stubs, engine.host->find_exit, engine.host->set_jump,
                                 engine.host->chain_entry, engine.host->seal};
    if (code_cache_init(&callbacks, options->code_cache_size, engine.host->emit_stubs) != 0)
        return "no address space for the code cache (ulimit -v?)";
    enum { FIRST_PATTERNS = 448 << 10, FIRST_PARTS = 144 << 10 };
    pattern_init(code_cache_spare(FIRST_PATTERNS), FIRST_PATTERNS);
    draft_init(code_cache_spare(FIRST_PARTS), FIRST_PARTS);
    open_store(options);
    return NULL;
}

/* No host code address of before is used again by this cpu. */
static void forget_code(struct cpu *cpu) {
    cpu_forget_jumps(cpu);
    engine.host->reset_return_stack(cpu);
}

int engine_start_cpu(struct cpu *cpu) {
    struct translator_thread *thread = calloc(1, sizeof *thread);
    if (!thread)
        return -ENOMEM;
    const int status = engine.options.interpret ? 0 : engine.host->init_cpu(cpu);
    if (status == 0)
        cpu->thread->translator = thread;
    else
        free(thread);
    return status;
}

void engine_stop_cpu(struct cpu *cpu) {
    struct translator_thread *thread = translator_thread(cpu);
    if (!engine.options.interpret)
        engine.host->free_cpu(cpu);
    interpret_stop(thread);
    verify_stop(thread);
    arena_free(&thread->arena);
    free(thread);
    cpu->thread->translator = NULL;
}

static void begin(struct cpu *cpu) {
    for (;;) {
        atomic_store(&cpu->running, true);
        if (!atomic_load(&world.stop))
            return;
        atomic_store(&cpu->running, false);
        pthread_mutex_lock(&world.lock);
        pthread_mutex_unlock(&world.lock);
    }
}

static void wait_until_out(struct thread *thread, void *data) {
    (void)data;
    cpu_request_exit(thread->cpu);
    while (atomic_load(&thread->cpu->running))
        sched_yield();
    forget_code(thread->cpu);
}

/* Called with cpu->running set, returns so. */
static void flush(struct cpu *cpu) {
    struct code_cache_stats before, after;
    code_cache_get_stats(&before);
    atomic_store(&cpu->running, false);
    pthread_mutex_lock(&world.lock);
    code_cache_get_stats(&after);
    if (before.flushes == after.flushes) { /* else another thread did it meanwhile */
        atomic_store(&world.stop, true);
        thread_for_each(wait_until_out, NULL);
        code_cache_flush();
        atomic_store(&world.stop, false);
        if (log_items & LOG_CACHE)
            log_printf("code cache flushed\n");
    }
    pthread_mutex_unlock(&world.lock);
    begin(cpu);
}

/* That of code which is new, or of which a draft has been `spent`. Limits count units that are not
 * made twice. */
static enum tier choose_tier(bool spent) {
    if (engine.options.only_drafts)
        return TIER_DRAFT;
    if (spent || engine.options.no_drafts || engine.options.one_insn || engine.options.block_limit)
        return TIER_BLOCK;
    return draft_pays() ? TIER_DRAFT : TIER_BLOCK;
}

static struct block *obtain(struct cpu *cpu, struct exit_record *exit) {
    struct block *block = code_cache_find(cpu->pc, cpu->mode);
    if (engine.options.stats)
        stats_count_lookup(block != NULL);
    if (block && !code_cache_is_spent(block))
        return block;
    struct block *spent = block;
    if (spent)
        draft_count_replaced();
    const enum tier tier = choose_tier(spent != NULL);
    do {
        bool full;
        block = translate_block(cpu, spent, tier, &full);
        if (block || !full)
            break;
        exit->jump = NULL; /* it is in the code that goes away, as `spent` is */
        spent = NULL;
        flush(cpu);
        block = code_cache_find(cpu->pc, cpu->mode);
    } while (!block);
    return block;
}

/* Whether the unit at cpu->pc comes after those that host code is made for. */
static bool beyond_limit(const struct cpu *cpu) {
    const uint64_t limit = engine.options.block_limit;
    return limit && translation_stats.units + translation_stats.stamped_units >= limit &&
           !code_cache_find(cpu->pc, cpu->mode);
}

/* For indirect jumps to cpu->pc: x86_probe_jump_table and its like look in these places. */
static void cache_jump(struct cpu *cpu, const struct block *block) {
    const unsigned shift = engine.guest->insn_alignment == 4 ? 2 : 1;
    const uint32_t low = (uint32_t)cpu->pc;
    const struct jump_cache_entry entry = {cpu->pc, block->code};
    cpu->jump_cache[low >> shift & (JUMP_CACHE_SIZE - 1)] = entry;
    cpu->far_jump_cache[(low >> FAR_JUMP_SHIFT ^ low) >> shift & (FAR_JUMP_CACHE_SIZE - 1)] = entry;
}

bool engine_chains(void) {
    return !engine.options.verify && !(log_items & (LOG_NOCHAIN | LOG_EXEC | LOG_CPU));
}

static void run_blocks(struct cpu *cpu) {
    const bool verify = engine.options.verify, chain = engine_chains();
    struct exit_record exit = {0};
    cpu->exit_reason = EXIT_LOOKUP;
    while (!atomic_load(&cpu->exit_requested)) {
        if (cpu->mode != cpu->code_mode) {
            forget_code(cpu);
            cpu->code_mode = cpu->mode;
        }
        if (beyond_limit(cpu)) {
            interpret_unit(cpu);
            exit.jump = NULL;
            if (cpu->exit_reason != EXIT_LOOKUP)
                return;
            continue;
        }
        struct block *block = obtain(cpu, &exit);
        if (!block)
            return;
        if (chain && exit.jump)
            code_cache_chain(block, exit.jump, exit.stub);
        else if (chain)
            cache_jump(cpu, block);
        translate_log_entry(cpu);
        if (verify)
            verify_block(cpu, block);
        else
            engine.host->enter(cpu, block->code, &exit);
        if (cpu->exit_reason != EXIT_LOOKUP)
            return;
    }
}

static void run(struct cpu *cpu) {
    if (engine.options.interpret) {
        interpret(cpu);
        return;
    }
    begin(cpu);
    run_blocks(cpu);
    atomic_store(&cpu->running, false);
}

void engine_run(struct cpu *cpu) {
    if (engine.options.stats)
        stats_enter(translator_thread(cpu));
    run(cpu);
    if (engine.options.stats)
        stats_leave(translator_thread(cpu));
}

void engine_invalidate(uint64_t start, uint64_t end) {
    if (log_items & LOG_CACHE)
        log_printf("invalidate 0x%lx..0x%lx\n", start, end);
    interpret_invalidate();
    if (!engine.options.interpret)
        code_cache_invalidate(start, end);
}

bool engine_recover_fault(struct cpu *cpu, ucontext_t *context) {
    if (engine.options.interpret)
        return false;
    if (cpu->fault.signal == SIGFPE && engine.host->mend_fp_trap(cpu, context))
        return true;
    if (!atomic_load(&cpu->running))
        return false;
    bool mended;
    const uint64_t address = engine.host->fault_address(cpu, context, &mended);
    if (mended)
        return true;
    const struct block *block = code_cache_block_at(address);
    if (!block)
        return false;
    cpu->pc = code_cache_guest_pc(block, address);
    cpu->exit_reason = cpu_recover_poll(cpu, cpu->fault.address) ? EXIT_LOOKUP : EXIT_FAULT;
    engine.host->leave(cpu, context, code_cache_landing(block, address));
    return true;
}

unsigned engine_stub_count(void) {
    return host_backend ? host_backend->stub_count : 0;
}

bool engine_keeps_translations(void) {
    return store_is_open();
}

void engine_save(void) {
    if (!engine.options.interpret)
        pattern_save();
}

void engine_before_fork(void) {
    pthread_mutex_lock(&world.lock);
    code_cache_before_fork();
    pattern_before_fork();
    draft_before_fork();
}

void engine_after_fork(bool child) {
    draft_after_fork(child);
    pattern_after_fork(child);
    code_cache_after_fork(child);
    if (child)
        world.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    else
        pthread_mutex_unlock(&world.lock);
}
