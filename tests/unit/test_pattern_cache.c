/* The pattern cache: what makes two units the same pattern, and that a hit is one. Every test runs
 * in a process of its own. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/pattern_cache.h"

static void start(void) {
    pattern_init(NULL, 0);
}

static struct guest_unit unit_of(uint32_t a, uint32_t b, uint32_t mode) {
    return (struct guest_unit){.mode = mode, .count = 2, .pattern = {a, b}};
}

static struct pattern_key key_of(const struct guest_unit *unit) {
    struct pattern_key key;
    pattern_key_make(&key, unit);
    return key;
}

/* A template that `number` tells from others. */
static struct template numbered(unsigned number) {
    return (struct template){.size = sizeof(struct template), .guest_insns = (uint16_t)number};
}

START_TEST(units_with_the_same_words_have_one_pattern) {
    struct guest_unit a = unit_of(1, 2, 0), b = a;
    a.pc = 0x1000;
    b.pc = 0x2000;
    a.insn[0].word = 0x11110001; /* but for a pc-relative field */
    b.insn[0].word = 0x22220001;
    const struct template t = numbered(1);
    struct pattern_key key = key_of(&a);
    ck_assert_ptr_null(pattern_find(&key));
    const struct pattern *kept = pattern_add(&key, &t, NULL);
    ck_assert_ptr_ne(pattern_template(kept), &t);
    key = key_of(&b);
    ck_assert_ptr_eq(pattern_find(&key), kept);
    for (unsigned i = 0; i < 2; i++) {
        b = a;
        b.pattern[i]++;
        key = key_of(&b);
        ck_assert_ptr_null(pattern_find(&key));
    }
}
END_TEST

/* Of every word the hash sees every bit: few of many keys that differ in one meet. */
START_TEST(hashes_differ) {
    enum { WORDS = 5, KEYS = 1 + WORDS * 32 };
    uint64_t hashes[KEYS];
    for (unsigned i = 0; i < KEYS; i++) {
        struct guest_unit unit = {.count = WORDS, .pattern = {1, 2, 3, 4, 5}};
        if (i > 0)
            unit.pattern[(i - 1) / 32] ^= UINT32_C(1) << (i - 1) % 32;
        hashes[i] = key_of(&unit).hash;
        for (unsigned k = 0; k < i; k++)
            ck_assert_uint_ne(hashes[k], hashes[i]);
    }
}
END_TEST

START_TEST(mode_and_length_count) {
    struct guest_unit unit = unit_of(1, 2, 0);
    const struct template t = numbered(1);
    struct pattern_key key = key_of(&unit);
    pattern_add(&key, &t, NULL);
    unit.mode = 1;
    key = key_of(&unit);
    ck_assert_ptr_null(pattern_find(&key));
    unit.mode = 0;
    unit.count = 1;
    key = key_of(&unit);
    ck_assert_ptr_null(pattern_find(&key));
}
END_TEST

/* Keys with one hash, which differ in words, count or mode alone. */
START_TEST(hits_are_confirmed) {
    enum { KEYS = 8 };
    const struct pattern *kept[KEYS];
    struct pattern_key key[KEYS];
    const uint32_t words[2][2] = {{0}, {1}};
    for (unsigned i = 0; i < KEYS; i++) {
        key[i] = (struct pattern_key){77, i & 1, 1 + (i >> 1 & 1), words[i >> 2]};
        ck_assert_ptr_null(pattern_find(&key[i]));
        const struct template t = numbered(i);
        kept[i] = pattern_add(&key[i], &t, NULL);
        ck_assert_ptr_eq(pattern_add(&key[i], &t, NULL), kept[i]);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        ck_assert_ptr_eq(pattern_find(&key[i]), kept[i]);
        ck_assert_uint_eq(pattern_template(kept[i])->guest_insns, i);
    }
    struct pattern_stats stats;
    pattern_get_stats(&stats);
    ck_assert_uint_eq(stats.entries, KEYS);
    ck_assert_uint_eq(stats.lookups, 2 * KEYS);
    ck_assert_uint_eq(stats.hits, KEYS);
}
END_TEST

enum { THREADS = 4, PATTERNS = 20000 };
static const struct pattern *_Atomic first_kept[PATTERNS];
static _Atomic unsigned wrong;

static void *add_all(void *data) {
    const unsigned from = *(const unsigned *)data;
    for (unsigned n = 0; n < PATTERNS; n++) {
        const unsigned i = (from + n) % PATTERNS;
        const struct guest_unit unit = unit_of(i, 1, 0);
        const struct pattern_key key = key_of(&unit);
        const struct template t = numbered(i);
        const struct pattern *kept = pattern_add(&key, &t, NULL), *none = NULL;
        if (!atomic_compare_exchange_strong(&first_kept[i], &none, kept))
            wrong += none != kept;
        wrong += pattern_find(&key) != kept || pattern_template(kept)->guest_insns != i;
    }
    return NULL;
}

START_TEST(threads_agree) {
    pthread_t thread[THREADS];
    unsigned from[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        from[i] = i % 2 * (PATTERNS / 2);
        ck_assert_int_eq(pthread_create(&thread[i], NULL, add_all, &from[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    struct pattern_stats stats;
    pattern_get_stats(&stats);
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(stats.entries, PATTERNS);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("pattern cache");
    TCase *cache = tcase_create("cache");
    tcase_set_timeout(cache, 60);
    tcase_add_checked_fixture(cache, start, NULL);
    tcase_add_test(cache, units_with_the_same_words_have_one_pattern);
    tcase_add_test(cache, hashes_differ);
    tcase_add_test(cache, mode_and_length_count);
    tcase_add_test(cache, hits_are_confirmed);
    tcase_add_test(cache, threads_agree);
    suite_add_tcase(suite, cache);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
