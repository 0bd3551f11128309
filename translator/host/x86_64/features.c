/* CPUID (Intel SDM volume 2, CPUID; volume 1, section 14.3 for XGETBV) and --host-features. */
#include "translator/host/x86_64/features.h"

#include <cpuid.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 33)
#include <sys/platform/x86.h>
#endif

enum cpuid_register { EAX, EBX, ECX, EDX };

struct feature {
    const char *name;
    uint32_t leaf;
    uint8_t subleaf, reg, bit, level;
    uint8_t offset, needs; /* where the two bools stand in struct x86_features */
};

static const struct feature features[] = {
#define F(name, level, needs, leaf, subleaf, reg, bit) \
    {#name,                                            \
     leaf,                                             \
     subleaf,                                          \
     reg,                                              \
     bit,                                              \
     level,                                            \
     offsetof(struct x86_features, name),              \
     offsetof(struct x86_features, needs)},
    X86_FEATURES(F)
#undef F
};
enum { FEATURE_COUNT = sizeof features / sizeof *features };

static bool *member(struct x86_features *set, size_t offset) {
    return (bool *)((char *)set + offset);
}

static bool get(const struct x86_features *set, size_t offset) {
    return *((const bool *)((const char *)set + offset));
}

/* In a virtual machine CPUID traps to the monitor, which takes longer than translating many blocks.
 * So what the C library has learnt at its start is taken from there, and each leaf is asked for
 * once at most. */
enum { LEAVES = 3 };

static void ask(uint32_t leaf, uint32_t subleaf, uint32_t value[4]) {
#if defined __GLIBC__ && __GLIBC_PREREQ(2, 33)
    static const struct {
        uint32_t leaf, index;
    } known[] = {{1, CPUID_INDEX_1}, {7, CPUID_INDEX_7}, {0x80000001, CPUID_INDEX_80000001}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].leaf == leaf && subleaf == 0) {
            memcpy(value, __x86_get_cpuid_feature_leaf(known[i].index)->cpuid_array,
                   4 * sizeof *value);
            return;
        }
    }
#endif
    /* The least leaf of the range tells the largest: one more question. */
    __get_cpuid_count(leaf, subleaf, &value[EAX], &value[EBX], &value[ECX], &value[EDX]);
}

struct leaf {
    uint32_t leaf, subleaf;
    bool known;
    uint32_t value[4];
};

static uint32_t cpuid(struct leaf *leaves, uint32_t leaf, uint32_t subleaf,
                      enum cpuid_register reg) {
    struct leaf *l = leaves;
    while (l->known && (l->leaf != leaf || l->subleaf != subleaf))
        l++;
    if (!l->known) {
        *l = (struct leaf){.leaf = leaf, .subleaf = subleaf, .known = true};
        ask(leaf, subleaf, l->value);
    }
    return l->value[reg];
}

/* Which register states the operating system saves. */
static uint64_t xcr0(struct leaf *leaves) {
    uint32_t low, high;

    if (!(cpuid(leaves, 1, 0, ECX) & bit_OSXSAVE))
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

/* Takes away what lacks its ground. Rows stand behind what they need, so that one pass does. */
static void drop_unusable(struct x86_features *set) {
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (!get(set, features[i].needs))
            *member(set, features[i].offset) = false;
}

struct x86_features x86_features_detect(void) {
    enum { XMM_YMM = 0x06, OPMASK_ZMM = 0xe0 };
    const uint32_t v4 = bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW | bit_AVX512VL;
    struct leaf leaves[LEAVES + 1] = {{0}}; /* the last stays unknown */
    uint64_t saved = xcr0(leaves);
    struct x86_features set;

    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *f = &features[i];
        *member(&set, f->offset) = cpuid(leaves, f->leaf, f->subleaf, f->reg) >> f->bit & 1;
    }
    if ((saved & XMM_YMM) != XMM_YMM)
        set.avx = false;
    if ((saved & OPMASK_ZMM) != OPMASK_ZMM || (cpuid(leaves, 7, 0, EBX) & v4) != v4)
        set.avx512vl = false;
    drop_unusable(&set);
    return set;
}

/* Adds a feature and all that it needs; false if the processor lacks one of them. */
static bool add(struct x86_features *set, const struct x86_features *have,
                const struct feature *f) {
    for (;;) {
        if (!get(have, f->offset))
            return false;
        *member(set, f->offset) = true;
        if (f->needs == f->offset)
            return true;
        const struct feature *next = features;
        while (next->offset != f->needs)
            next++;
        f = next;
    }
}

static const char too_much[] = "is more than this processor has";

static const struct feature *find(const char *name, size_t length) {
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        if (strlen(features[i].name) == length && memcmp(features[i].name, name, length) == 0)
            return &features[i];
    return NULL;
}

static const char *set_level(struct x86_features *set, const struct x86_features *have, int level) {
    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        bool within = features[i].level <= level;
        if (within && !get(have, features[i].offset))
            return too_much;
        *member(set, features[i].offset) = within;
    }
    return NULL;
}

/* One item of the list; NULL or what is wrong with it. */
static const char *apply(struct x86_features *set, const struct x86_features *have,
                         const char *item, size_t length) {
    static const char prefix[] = "x86-64-v";

    if (length == sizeof prefix && memcmp(item, prefix, sizeof prefix - 1) == 0) {
        int level = item[length - 1] - '0';
        return level < 2 || level > 4 ? "is unknown" : set_level(set, have, level);
    }
    if (length == 0 || (*item != '+' && *item != '-'))
        return "is unknown";
    const struct feature *f = find(item + 1, length - 1);
    if (!f)
        return "is unknown";
    if (*item == '+')
        return add(set, have, f) ? NULL : too_much;
    if (f->level == 2)
        return "cannot be taken away: x86-64-v2 is the least";
    *member(set, f->offset) = false;
    drop_unusable(set);
    return NULL;
}

const char *x86_features_select(struct x86_features *set, const char *list) {
    static char message[160];
    const struct x86_features have = *set;

    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        if (features[i].level == 2 && !get(set, features[i].offset)) {
            snprintf(message, sizeof message, "this processor lacks %s, which x86-64-v2 has",
                     features[i].name);
            return message;
        }
    }
    while (list && *list) {
        size_t length = strcspn(list, ",");
        const char *error = apply(set, &have, list, length);
        if (error) {
            snprintf(message, sizeof message, "'%.*s' %s", length > 60 ? 60 : (int)length, list,
                     error);
            return message;
        }
        list += length;
        list += *list == ',';
    }
    return NULL;
}

uint64_t x86_features_hash(const struct x86_features *set) {
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a over the names that are in the set */

    for (size_t i = 0; i < FEATURE_COUNT; i++) {
        if (!get(set, features[i].offset))
            continue;
        for (const char *c = features[i].name;; c++) {
            hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
            if (!*c)
                break;
        }
    }
    return hash;
}
