/* --host-features against what the C compiler's run-time library knows of the same processor. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "translator/host/x86_64/features.h"

START_TEST(detection) {
    struct x86_features have = x86_features_detect();

    __builtin_cpu_init();
#define SAME(name) ck_assert_int_eq(have.name, __builtin_cpu_supports(#name) != 0)
    SAME(popcnt);
    SAME(sse3);
    SAME(ssse3);
    SAME(avx);
    SAME(avx2);
    SAME(fma);
    SAME(avx512vbmi);
    SAME(aes);
    SAME(gfni);
#undef SAME
    ck_assert_int_eq(have.sse4_1, __builtin_cpu_supports("sse4.1") != 0);
    ck_assert_int_eq(have.sse4_2, __builtin_cpu_supports("sse4.2") != 0);
    ck_assert_int_eq(have.bmi1, __builtin_cpu_supports("bmi") != 0);
    ck_assert_int_eq(have.bmi2, __builtin_cpu_supports("bmi2") != 0);
    ck_assert_int_eq(have.pclmul, __builtin_cpu_supports("pclmul") != 0);
    ck_assert_int_eq(have.avx512vl,
                     __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                         __builtin_cpu_supports("avx512vl"));
}
END_TEST

/* A processor with everything, which no test machine needs to be. */
static struct x86_features everything(void) {
    struct x86_features set;

#define F(name, ...) set.name = true;
    X86_FEATURES(F)
#undef F
    return set;
}

static unsigned count(const struct x86_features *set) {
    unsigned total = 0;

#define F(name, ...) total += set->name;
    X86_FEATURES(F)
#undef F
    return total;
}

START_TEST(levels) {
    struct x86_features set = everything();
    unsigned all = count(&set), v2, v3, v4;

    ck_assert_ptr_null(x86_features_select(&set, NULL));
    ck_assert_uint_eq(count(&set), all);
    ck_assert_ptr_null(x86_features_select(&set, "x86-64-v2"));
    v2 = count(&set);
    ck_assert(set.sse4_2 && set.popcnt && !set.avx && !set.bmi1 && !set.lzcnt && !set.aes);
    set = everything();
    ck_assert_ptr_null(x86_features_select(&set, "x86-64-v3"));
    v3 = count(&set);
    ck_assert(set.avx2 && set.fma && set.bmi2 && set.movbe && !set.avx512vl && !set.gfni);
    set = everything();
    ck_assert_ptr_null(x86_features_select(&set, "x86-64-v4"));
    v4 = count(&set);
    ck_assert(set.avx512vl && !set.avx512vbmi && !set.sha);
    ck_assert(v2 < v3 && v3 < v4 && v4 < all);
}
END_TEST

START_TEST(lists) {
    struct x86_features set = everything();

    ck_assert_ptr_null(x86_features_select(&set, "-avx"));
    ck_assert(!set.avx && !set.avx2 && !set.fma && !set.avx512vl && !set.avx512vbmi && set.bmi2);
    set = everything();
    ck_assert_ptr_null(x86_features_select(&set, "x86-64-v2,+avx2,-avx,+fma"));
    ck_assert(set.avx && set.fma && !set.avx2);
    set = everything();
    ck_assert_ptr_null(x86_features_select(&set, "-bmi2,-lzcnt"));
    ck_assert(!set.bmi2 && !set.lzcnt && set.bmi1 && set.avx512vl);
}
END_TEST

START_TEST(errors) {
    static const struct {
        const char *list, *names;
    } wrong[] = {
        {"x86-64-v5", "'x86-64-v5'"},
        {"x86-64-v33", "'x86-64-v33'"},
        {"-bmi1,+nonsense", "'+nonsense'"},
        {"avx", "'avx'"},
        {"-avx,,-fma", "''"},
        {"+", "'+'"},
        {"-popcnt", "'-popcnt'"},
        {"+avx51", "'+avx51'"},
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct x86_features set = everything();
        const char *error = x86_features_select(&set, wrong[i].list);
        ck_assert_ptr_nonnull(error);
        ck_assert_msg(strstr(error, wrong[i].names) != NULL, "%s", error);
    }

    /* More than a lesser processor has. */
    static const char *const too_much[] = {"x86-64-v4", "+avx512vbmi", "x86-64-v3,+vaes", "+vaes"};
    for (size_t i = 0; i < sizeof too_much / sizeof *too_much; i++) {
        struct x86_features set = everything();
        set.avx512vl = set.avx512vbmi = set.vaes = false;
        ck_assert_ptr_nonnull(x86_features_select(&set, too_much[i]));
    }
    struct x86_features old = everything();
    old.sse4_2 = false;
    const char *error = x86_features_select(&old, NULL);
    ck_assert_ptr_nonnull(error);
    ck_assert_ptr_nonnull(strstr(error, "sse4_2"));
}
END_TEST

START_TEST(hashes_differ) {
    static const char *const lists[] = {NULL,    "x86-64-v2", "x86-64-v3",      "x86-64-v4",
                                        "-bmi2", "-fma",      "x86-64-v3,-fma", "-lzcnt,-movbe"};
    enum { LISTS = sizeof lists / sizeof *lists };
    uint64_t hashes[LISTS];

    for (unsigned i = 0; i < LISTS; i++) {
        struct x86_features set = everything();
        ck_assert_ptr_null(x86_features_select(&set, lists[i]));
        hashes[i] = x86_features_hash(&set);
        for (unsigned j = 0; j < i; j++)
            ck_assert(hashes[i] != hashes[j]);
    }
    struct x86_features set = everything();
    ck_assert_ptr_null(x86_features_select(&set, "x86-64-v2,+avx2"));
    struct x86_features same = everything();
    ck_assert_ptr_null(
        x86_features_select(&same, "x86-64-v3,-fma,-f16c,-bmi1,-bmi2,-lzcnt,-movbe"));
    ck_assert_uint_eq(x86_features_hash(&set), x86_features_hash(&same));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("x86-64 features");
    TCase *tcase = tcase_create("features");

    tcase_add_test(tcase, detection);
    tcase_add_test(tcase, levels);
    tcase_add_test(tcase, lists);
    tcase_add_test(tcase, errors);
    tcase_add_test(tcase, hashes_differ);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
