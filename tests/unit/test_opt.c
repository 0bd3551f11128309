/* Folding and the passes change nothing that can be seen.
 *
 * Random units are built in several ways and evaluated on random states: appended as they come (the
 * reference), folded, optimised, both, and by way of text. All must end alike, faults and side
 * exits included. RANDOM_IR_SEED and RANDOM_IR_UNITS in the environment choose what is run. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ir_harness.h"
#include "translator/opt/opt.h"

static uint64_t setting(const char *name, uint64_t otherwise) {
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 0) : otherwise;
}

/* --- one unit, built in every way --- */

enum variant { PLAIN, FOLDED, PLAIN_OPTIMISED, OPTIMISED, REREAD, VARIANTS };
static const char *const variant_names[VARIANTS] = {"plain", "folded", "plain, optimised",
                                                    "optimised", "optimised, printed and parsed"};

struct variants {
    struct arena arena[VARIANTS];
    struct ir ir[VARIANTS];
};

static void verify(const struct ir *ir, const char *how, uint64_t seed) {
    const char *message = ir_verify(ir);
    if (message) {
        ir_print(stderr, ir, NULL);
        ck_abort_msg("seed %" PRIu64 ", %s: %s", seed, how, message);
    }
}

static void reread(struct ir *ir, const struct ir *from, uint64_t seed) {
    char error[200];
    char *text = ir_text(from);
    bool parsed = ir_parse(ir, text, NULL, error, sizeof(error));
    ck_assert_msg(parsed, "seed %" PRIu64 ": %s in\n%s", seed, error, text);
    char *again = ir_text(ir);
    ck_assert_msg(strcmp(text, again) == 0, "seed %" PRIu64 ": printed as\n%sthen as\n%s", seed,
                  text, again);
    free(text);
    free(again);
}

static void build(struct variants *v, uint64_t seed, const struct random_ir_options *options) {
    for (enum variant i = 0; i < VARIANTS; i++) {
        arena_reset(&v->arena[i]);
        ir_reset(&v->ir[i], &v->arena[i]);
        if (i == REREAD) {
            reread(&v->ir[i], &v->ir[OPTIMISED], seed);
        } else {
            v->ir[i].no_fold = i == PLAIN || i == PLAIN_OPTIMISED;
            random_ir_build(&v->ir[i], seed, options);
        }
        verify(&v->ir[i], variant_names[i], seed);
        if (i == PLAIN_OPTIMISED || i == OPTIMISED) {
            opt_run(&v->ir[i], 1, NULL);
            verify(&v->ir[i], variant_names[i], seed);
        }
    }
}

static void check_unit(struct variants *v, uint64_t seed, const struct random_ir_options *options) {
    struct ir_harness *h = ir_harness();
    struct random_source random = {seed ^ 0x5bd1e995};
    struct guest_unit unit;
    int64_t fields[RANDOM_IR_FIELDS];
    random_ir_unit(&unit, 0x10000 + 2 * random_below(&random, 0x10000));
    for (unsigned i = 0; i < RANDOM_IR_FIELDS; i++)
        fields[i] = (int32_t)random_integer(&random);

    build(v, seed, options);
    for (unsigned run = 0; run < 3; run++) {
        struct random_state start, expected, state;
        random_state_fill(&start, random_next(&random), h->memory, h->fault_address);
        expected = start;
        ir_harness_run(ir_engine_eval, &v->ir[PLAIN], &unit, fields, &expected);
        for (enum variant i = FOLDED; i < VARIANTS; i++) {
            state = start;
            ir_harness_run(ir_engine_eval, &v->ir[i], &unit, fields, &state);
            if (!random_state_differ(stderr, &expected, &state))
                continue;
            fprintf(stderr, "--- plain\n");
            ir_print(stderr, &v->ir[PLAIN], NULL);
            fprintf(stderr, "--- %s\n", variant_names[i]);
            ir_print(stderr, &v->ir[i], NULL);
            ck_abort_msg("seed %" PRIu64 " (length %u): plain and %s differ in run %u", seed,
                         options->length, variant_names[i], run);
        }
    }
}

static const struct random_ir_options mixes[] = {
    {.length = 6},
    {.length = 20},
    {.length = 40, .memory = true, .faults = true, .exits = true},
    {.length = 12, .floats = true},
    {.length = 60,
     .floats = true,
     .vectors = true,
     .memory = true,
     .atomics = true,
     .faults = true,
     .helpers = true,
     .exits = true},
};

START_TEST(variants_agree) {
    uint64_t first = setting("RANDOM_IR_SEED", 1);
    uint64_t units = setting("RANDOM_IR_UNITS", 10000);
    static struct variants v;
    random_ir_add_helpers();
    for (uint64_t seed = first; seed < first + units; seed++)
        check_unit(&v, seed, &mixes[_i]);
    for (enum variant i = 0; i < VARIANTS; i++)
        arena_free(&v.arena[i]);
}
END_TEST

/* --- what the passes must achieve --- */

static void parse(struct ir *ir, struct arena *arena, const char *text) {
    char error[200];
    ir_reset(ir, arena);
    ck_assert_msg(ir_parse(ir, text, NULL, error, sizeof(error)), "%s", error);
    const char *message = ir_verify(ir);
    ck_assert_msg(!message, "%s", message);
}

static const struct {
    const char *what, *before, *after;
} cases[] = {
    {"an unused value goes, and what it alone used",
     "%1 = get.i64 r1\n%2 = add.i64 %1, %1\n%3 = neg.i64 %2\n%4 = pcrel.i64 pc+0x4\njump %4\n",
     "%1 = pcrel.i64 pc+0x4\njump %1\n"},
    {"unused loads and floating-point operations stay",
     "%1 = get.i64 r1\n%2 = load.i64.64 [%1]\n%3 = get.f64 v1\n%4 = fadd.f64.dyn %3, %3\njump %1\n",
     "%1 = get.i64 r1\n%2 = load.i64.64 [%1]\n%3 = get.f64 v1\n%4 = fadd.f64.dyn %3, %3\njump "
     "%1\n"},
    {"the first of two puts goes",
     "%1 = get.i64 r1\n%2 = get.i64 r2\nput.i64 r3, %1\nput.i64 r3, %2\njump %1\n",
     "%1 = get.i64 r1\n%2 = get.i64 r2\nput.i64 r3, %2\njump %1\n"},
    {"but not with a load in between",
     "%1 = get.i64 r1\nput.i64 r3, %1\n%3 = load.i64.64 [%1]\nput.i64 r3, %3\njump %1\n",
     "%1 = get.i64 r1\nput.i64 r3, %1\n%3 = load.i64.64 [%1]\nput.i64 r3, %3\njump %1\n"},
    {"nor with a side exit in between",
     "%1 = get.i64 r1\n%2 = get.i64 r2\nput.i64 r3, %1\nexit_if.i64 eq %1, %2 -> %1\n"
     "put.i64 r3, %2\njump %1\n",
     "%1 = get.i64 r1\n%2 = get.i64 r2\nput.i64 r3, %1\nexit_if.i64 eq %1, %2 -> %1\n"
     "put.i64 r3, %2\njump %1\n"},
    {"nor with a get in between",
     "%1 = get.i64 r1\nput.i64 r3, %1\n%3 = get.i64 r3\nput.i64 r3, %1\nput.i64 r4, %3\njump %1\n",
     "%1 = get.i64 r1\nput.i64 r3, %1\n%3 = get.i64 r3\nput.i64 r3, %1\nput.i64 r4, %3\njump %1\n"},
    {"but with one that nobody uses",
     "%1 = get.i64 r1\nput.i64 r3, %1\n%3 = get.i64 r3\nput.i64 r3, %1\njump %1\n",
     "%1 = get.i64 r1\nput.i64 r3, %1\njump %1\n"},
    {"half a register does not overwrite all of it",
     "%1 = get.v128 v1\n%2 = get.f64 v2\n%3 = get.i64 r1\nput.v128 v3, %1\nput.f64 v3, %2\njump "
     "%3\n",
     "%1 = get.v128 v1\n%2 = get.f64 v2\n%3 = get.i64 r1\nput.v128 v3, %1\nput.f64 v3, %2\njump "
     "%3\n"},
    {"but all of it overwrites half",
     "%1 = get.v128 v1\n%2 = get.f64 v2\n%3 = get.i64 r1\nput.f64 v3, %2\nput.v128 v3, %1\njump "
     "%3\n",
     "%1 = get.v128 v1\n%2 = get.i64 r1\nput.v128 v3, %1\njump %2\n"},
    {"a NaN on its way to arithmetic needs no canonical form",
     "%1 = get.f64 v1\n%2 = fadd.f64.dyn %1, %1\n%3 = fcanon.f64 %2\n%4 = fmul.f64.dyn %3, %1\n"
     "%5 = fcanon.f64 %4\nput.f64 v1, %5\n%6 = pcrel.i64 pc+0x4\njump %6\n",
     "%1 = get.f64 v1\n%2 = fadd.f64.dyn %1, %1\n%3 = fmul.f64.dyn %2, %1\n"
     "%4 = fcanon.f64 %3\nput.f64 v1, %4\n%6 = pcrel.i64 pc+0x4\njump %6\n"},
    {"nor one whose sign changes on that way",
     "%1 = get.f64 v1\n%2 = fadd.f64.dyn %1, %1\n%3 = fcanon.f64 %2\n%4 = fneg.f64 %3\n"
     "%5 = fcmp.f64 lt %1, %4\nput.i64 r1, %5\n%6 = pcrel.i64 pc+0x4\njump %6\n",
     "%1 = get.f64 v1\n%2 = fadd.f64.dyn %1, %1\n%3 = fneg.f64 %2\n"
     "%4 = fcmp.f64 lt %1, %3\nput.i64 r1, %4\n%6 = pcrel.i64 pc+0x4\njump %6\n"},
    {"but one that may be signalling does",
     "%1 = get.f64 v1\n%2 = fcanon.f64 %1\n%3 = fadd.f64.dyn %2, %2\n%4 = fcanon.f64 %3\n"
     "put.f64 v1, %4\n%5 = pcrel.i64 pc+0x4\njump %5\n",
     "%1 = get.f64 v1\n%2 = fcanon.f64 %1\n%3 = fadd.f64.dyn %2, %2\n%4 = fcanon.f64 %3\n"
     "put.f64 v1, %4\n%6 = pcrel.i64 pc+0x4\njump %6\n"},
    {"a chain of word operations is extended once",
     "%1 = get.i64 r1\n%2 = trunc.i32 %1\n%3 = add.i32 %2, %2\n%4 = sext32.i64 %3\nput.i64 r1, %4\n"
     "%5 = trunc.i32 %4\n%6 = shl.i32 %5, %2\n%7 = sext32.i64 %6\nput.i64 r1, %7\njump %1\n",
     "%1 = get.i64 r1\n%2 = trunc.i32 %1\n%3 = add.i32 %2, %2\n%4 = shl.i32 %3, %2\n"
     "%5 = sext32.i64 %4\nput.i64 r1, %5\njump %1\n"},
    {"what only low words are used of is computed in 32 bits",
     "%1 = get.i64 r1\n%2 = get.i64 r2\n%3 = mul.i64 %1, %2\n%4 = sub.i64 %3, %1\n"
     "%5 = trunc.i32 %4\n%6 = sext32.i64 %5\nput.i64 r3, %6\njump %1\n",
     "%1 = get.i64 r1\n%2 = get.i64 r2\n%3 = trunc.i32 %1\n%4 = trunc.i32 %2\n"
     "%5 = mul.i32 %3, %4\n%6 = sub.i32 %5, %3\n%7 = sext32.i64 %6\nput.i64 r3, %7\njump %1\n"},
    {"but not what a put or a longer shift sees more of",
     "%1 = get.i64 r1\n%2 = add.i64 %1, %1\n%3 = trunc.i32 %2\n%4 = sext32.i64 %3\n"
     "put.i64 r3, %4\nput.i64 r4, %2\njump %1\n",
     "%1 = get.i64 r1\n%2 = add.i64 %1, %1\n%3 = trunc.i32 %2\n%4 = sext32.i64 %3\n"
     "put.i64 r3, %4\nput.i64 r4, %2\njump %1\n"},
    {"two shifts that make a rotation",
     "%1 = get.i64 r1\n%2 = const.i64 8\n%3 = shl.i64 %1, %2\n%4 = const.i64 56\n"
     "%5 = shr.i64 %1, %4\n%6 = or.i64 %5, %3\nput.i64 r3, %6\nput.i64 r4, %3\n"
     "put.i64 r5, %5\njump %1\n",
     "%1 = get.i64 r1\n%2 = const.i64 8\n%3 = shl.i64 %1, %2\n%4 = const.i64 56\n"
     "%5 = shr.i64 %1, %4\n%6 = rol.i64 %1, %2\nput.i64 r3, %6\nput.i64 r4, %3\n"
     "put.i64 r5, %5\njump %1\n"},
};

START_TEST(pass) {
    struct arena arena = {0};
    struct ir before, after;
    parse(&before, &arena, cases[_i].before);
    parse(&after, &arena, cases[_i].after);
    opt_run(&before, 1, NULL);
    for (uint32_t i = 0; i < after.count; i++) /* the expected text may number as it likes */
        ck_assert(after.insn[i].op != IR_nop || i == 0);
    char *got = ir_text(&before), *expected = ir_text(&after);
    ck_assert_msg(strcmp(got, expected) == 0, "%s: got\n%sexpected\n%s", cases[_i].what, got,
                  expected);
    free(got);
    free(expected);
    arena_free(&arena);
}
END_TEST

START_TEST(uses_are_counted) {
    struct arena arena = {0};
    struct ir ir;
    parse(&ir, &arena, "%1 = get.i64 r1\n%2 = add.i64 %1, %1\nput.i64 r2, %2\njump %1\n");
    opt_run(&ir, 1, NULL);
    ck_assert_uint_eq(ir_uses(&ir.insn[0]), 0);
    ck_assert_uint_eq(ir_uses(&ir.insn[1]), 3);
    ck_assert_uint_eq(ir_uses(&ir.insn[2]), 1);
    ck_assert_uint_eq(ir_uses(&ir.insn[3]), 0);
    arena_free(&arena);
}
END_TEST

static void note_pass(void *data, const char *pass, const struct ir *ir) {
    ck_assert(!ir_verify(ir));
    strcat(strcat(data, pass), " ");
}

START_TEST(observer_sees_each_pass) {
    struct arena arena = {0};
    struct ir ir;
    char seen[100] = "";
    parse(&ir, &arena, "%1 = get.i64 r1\njump %1\n");
    opt_run(&ir, 1, &(struct opt_observer){note_pass, seen});
    ck_assert_str_eq(seen, "sink demand narrow ");
    arena_free(&arena);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("opt");
    TCase *passes = tcase_create("passes");
    tcase_add_loop_test(passes, pass, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(passes, uses_are_counted);
    tcase_add_test(passes, observer_sees_each_pass);
    suite_add_tcase(suite, passes);
    TCase *random = tcase_create("random");
    tcase_set_timeout(random, 0);
    tcase_add_loop_test(random, variants_agree, 0, sizeof(mixes) / sizeof(mixes[0]));
    suite_add_tcase(suite, random);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
