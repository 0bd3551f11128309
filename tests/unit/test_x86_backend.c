/* The x86-64 backend does what the evaluator does.
 *
 * Units of IR are lowered, stamped into the code cache and entered as the engine does it;
 * registers, memory, pc, exit reason, fault and floating-point flags must be the evaluator's. The
 * units are random ones, those of tests/ir, and some made for what the backend does in special
 * ways. All that at each level of x86-64 that the machine has: a level is chosen once per process,
 * so every test runs in its own. RANDOM_IR_SEED and RANDOM_IR_UNITS in the environment choose what
 * is run. */
#include <check.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/log.h"
#include "runtime/thread.h"
#include "tests/unit/ir_file.h"
#include "tests/unit/ir_harness.h"
#include "translator/host/x86_64/registers.h"
#include "translator/opt/opt.h"
#include "translator/translate.h"

static uint64_t setting(const char *name, uint64_t otherwise) {
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 0) : otherwise;
}

/* --- the backend as an engine --- */

/* A guest with vector registers of 16 bytes, and one whose registers hold F64 at most. */
static struct guest wide_guest, narrow_guest;

/* Random units run at the first three; the files at the others too, which part what has an encoding
 * of its own at each level. */
static const char *const levels[] = {"x86-64-v2",
                                     "x86-64-v3",
                                     NULL /* all the machine has */,
                                     "x86-64-v2,+aes,+pclmul,+sha",
                                     "x86-64-v3,+aes,+pclmul,+sha",
                                     "-vaes,-vpclmul,-avx512_vnni"};
enum { LEVELS = 3, FILE_LEVELS = sizeof levels / sizeof *levels };

static struct {
    bool ready;
    unsigned runs, too_large;
    bool last_too_large;
    struct exit_record exit;
} backend;

static void on_signal(int number, siginfo_t *info, void *context) {
    struct cpu *cpu = ir_harness()->cpu;
    cpu->fault = (struct guest_fault){
        .signal = number, .code = info->si_code, .address = (uint64_t)(uintptr_t)info->si_addr};
    if (engine_recover_fault(cpu, context))
        return;
    if (!cpu->thread->fault_guard) {
        signal(number, SIG_DFL);
        return;
    }
    _longjmp(cpu->thread->fault_guard->env, 1);
}

/* False if the machine lacks the level. */
static bool start_backend(const char *level, bool wide) {
    struct cpu *cpu = ir_harness()->cpu;
    const struct engine_options options = {.host_features = level};
    static char handler_stack[1 << 16];
    if (backend.ready)
        return true;
    wide_guest = narrow_guest = guest_riscv64;
    wide_guest.vec_size = 16;
    if (level != levels[0]) /* else flags are put exactly as they are */
        wide_guest.flags_reg = narrow_guest.flags_reg = RANDOM_IR_FLAGS;
    const struct guest *guest = wide ? &wide_guest : &narrow_guest;
    if (engine_init(guest, &options))
        return false;
    cpu_init(cpu, guest);
    ck_assert_int_eq(engine_start_cpu(cpu), 0);
    sigaltstack(&(stack_t){.ss_sp = handler_stack, .ss_size = sizeof handler_stack}, NULL);
    const struct sigaction action = {.sa_sigaction = on_signal,
                                     .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    backend.ready = true;
    return true;
}

/* The block for `ir`; NULL if it is too large. */
static struct block *make_block(const struct ir *ir, const struct guest_unit *unit,
                                const int64_t *field_values) {
    struct ir counted = *ir;
    if (!ir->counted) { /* the backend is for what the passes leave: at least the uses */
        counted.insn = arena_array(ir->arena, struct ir_insn, ir->count);
        memcpy(counted.insn, ir->insn, ir->count * sizeof *ir->insn);
        opt_demand(&counted);
    }
    const struct template *template = engine.host->lower(&counted, unit, field_values);
    bool full;
    if (!template)
        return NULL;
    code_cache_invalidate(unit->pc, unit->pc + 1);
    const struct placed_unit placed = {.pc = unit->pc,
                                       .mode = unit->mode,
                                       .size = guest_unit_size(unit),
                                       .template = template,
                                       .field_values = field_values};
    struct block *block = code_cache_add(NULL, &placed, code_cache_epoch(), false, &full);
    if (full) {
        code_cache_flush();
        block = code_cache_add(NULL, &placed, code_cache_epoch(), false, &full);
    }
    ck_assert_ptr_nonnull(block);
    return block;
}

static void ir_engine_backend(struct cpu *cpu, const struct ir *ir, const struct guest_unit *unit,
                              const int64_t *field_values) {
    const struct block *block = make_block(ir, unit, field_values);
    backend.runs++;
    backend.last_too_large = !block;
    if (!block) {
        backend.too_large++;
        return;
    }
    engine.host->reset_return_stack(cpu);
    atomic_store(&cpu->running, true);
    engine.host->enter(cpu, block->code, &backend.exit);
    atomic_store(&cpu->running, false);
}

/* Has the backend learn anew which flags trap: it comes to rely on MXCSR for those that often do.
 */
static void forget_traps(struct cpu *cpu) {
    cpu->host_private[PRIVATE_LAZY] = 0;
    cpu->host_private[PRIVATE_TRAPS] = 0;
}

/* --- both ways --- */

static bool same_fault(const struct guest_fault *a, const struct guest_fault *b) {
    return a->signal == b->signal && a->code == b->code && a->address == b->address;
}

/* Runs `ir` from `state` both ways; aborts the test with `what` if they differ. The outcome is left
 * in `state`. */
static void compare(const struct ir *ir, const struct guest_unit *unit, const int64_t *fields,
                    struct random_state *state, const char *what) {
    struct ir_harness *h = ir_harness();
    struct random_state start = *state, actual = *state;
    ir_harness_run(ir_engine_eval, ir, unit, fields, state);
    const struct guest_fault fault = h->cpu->fault;
    ir_harness_run(ir_engine_backend, ir, unit, fields, &actual);
    if (backend.last_too_large)
        return;
    bool differ = random_state_differ(stderr, state, &actual);
    if (state->exit_reason == EXIT_FAULT && !same_fault(&fault, &h->cpu->fault)) {
        fprintf(stderr, "  fault: %d %d %#" PRIx64 " and %d %d %#" PRIx64 "\n", fault.signal,
                fault.code, fault.address, h->cpu->fault.signal, h->cpu->fault.code,
                h->cpu->fault.address);
        differ = true;
    }
    if (!differ)
        return;
    ir_print(stderr, ir, NULL);
    fprintf(stderr, "--- from\n");
    for (unsigned i = 0; i < CPU_GPRS; i++)
        fprintf(stderr, "r%u=%" PRIx64 "%s", i, start.gpr[i], i % 8 == 7 ? "\n" : " ");
    for (unsigned i = 0; i < CPU_VECS; i++)
        fprintf(stderr, "v%u=%" PRIx64 ":%016" PRIx64 "%s", i, start.vec[i].u64[1],
                start.vec[i].u64[0], i % 4 == 3 ? "\n" : " ");
    fprintf(stderr, "rounding %u, flags %x\n", start.fp.round, start.fp.flags);
    ck_abort_msg("%s: evaluator and backend differ as above", what);
}

/* --- random units --- */

static const struct random_ir_options mixes[] = {
    {.length = 6, .as_lifted = true},
    {.length = 20, .as_lifted = true},
    {.length = 40, .memory = true, .faults = true, .exits = true, .as_lifted = true},
    {.length = 12, .floats = true, .as_lifted = true},
    {.length = 60,
     .floats = true,
     .memory = true,
     .atomics = true,
     .faults = true,
     .helpers = true,
     .exits = true,
     .as_lifted = true},
    {.length = 8, .vectors = true, .as_lifted = true},
    {.length = 40,
     .vectors = true,
     .floats = true,
     .memory = true,
     .faults = true,
     .helpers = true,
     .exits = true,
     .as_lifted = true},
};
enum { MIXES = sizeof mixes / sizeof *mixes };

/* What the engine lowers is folded at least. */
enum variant { FOLDED, OPTIMISED, VARIANTS };

static const char *const variant_names[VARIANTS] = {"folded", "optimised"};

static void check_unit(struct arena *arena, uint64_t seed, const struct random_ir_options *options,
                       const char *level) {
    struct ir_harness *h = ir_harness();
    struct random_source random = {seed ^ 0x5bd1e995};
    struct guest_unit unit;
    int64_t fields[RANDOM_IR_FIELDS];
    random_ir_unit(&unit, 0x10000 + 2 * random_below(&random, 0x10000));
    for (unsigned i = 0; i < RANDOM_IR_FIELDS; i++)
        fields[i] = (int32_t)random_integer(&random);
    if (random_below(&random, 16) == 0)
        forget_traps(h->cpu);
    for (enum variant variant = FOLDED; variant < VARIANTS; variant++) {
        struct ir ir;
        arena_reset(arena);
        ir_reset(&ir, arena);
        random_ir_build(&ir, seed, options);
        if (variant == OPTIMISED)
            opt_run(&ir, 1, NULL);
        char what[100];
        snprintf(what, sizeof what, "seed %" PRIu64 ", length %u, %s, %s", seed, options->length,
                 variant_names[variant], level);
        for (unsigned run = 0; run < 2; run++) {
            struct random_state state;
            random_state_fill(&state, random_next(&random), h->memory, h->fault_address);
            state.fp.round %= FP_RMM;
            compare(&ir, &unit, fields, &state, what);
        }
    }
}

START_TEST(random_units) {
    const char *level = levels[_i / MIXES];
    const struct random_ir_options *mix = &mixes[_i % MIXES];
    const uint64_t first = setting("RANDOM_IR_SEED", 1), units = setting("RANDOM_IR_UNITS", 1500);
    struct arena arena = {0};
    if (!start_backend(level, mix->vectors))
        return;
    for (uint64_t seed = first; seed < first + units; seed++)
        check_unit(&arena, seed, mix, level ? level : "all features");
    ck_assert_msg(backend.too_large * 10 <= backend.runs, "%u of %u units too large",
                  backend.too_large, backend.runs);
    if (getenv("RANDOM_IR_UNITS"))
        printf("length %u%s, %s: %u runs from seed %" PRIu64 " on, %u too large\n", mix->length,
               mix->vectors ? " with vectors" : "", level ? level : "all features", backend.runs,
               first, backend.too_large);
    arena_free(&arena);
}
END_TEST

/* --- tests/ir --- */

START_TEST(files) {
    if (!start_backend(levels[_i], true))
        return;
    random_ir_add_helpers();
    unsigned checked = 0;
    for (char **path = ir_file_list(); *path; path++, checked++)
        ck_assert_msg(ir_file_check(*path, ir_engine_backend, stderr), "%s", *path);
    ck_assert_uint_ge(checked, 20);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("x86 backend");
    TCase *random = tcase_create("random");
    tcase_set_timeout(random, 0);
    tcase_add_loop_test(random, random_units, 0, LEVELS * MIXES);
    suite_add_tcase(suite, random);
    TCase *ir = tcase_create("ir files");
    tcase_add_loop_test(ir, files, 0, FILE_LEVELS);
    suite_add_tcase(suite, ir);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
