/* Memory as the evaluator sees it. Aligned accesses of up to eight bytes are single-copy atomic, as
 * every guest requires; atomic operations are sequentially consistent whatever they ask for, which
 * gives acquire and release what they need and release-then-acquire its order. */
#include "translator/ir/eval_memory.h"

#include <string.h>

static unsigned size_of(enum ir_mem_kind kind) {
    static const uint8_t sizes[] = {
        [IR_U8] = 1,  [IR_S8] = 1,  [IR_U16] = 2, [IR_S16] = 2,
        [IR_U32] = 4, [IR_S32] = 4, [IR_64] = 8,  [IR_128] = 16,
    };
    return sizes[kind];
}

static uint64_t truncated(uint64_t value, unsigned size) {
    return size >= 8 ? value : value & ((UINT64_C(1) << size * 8) - 1);
}

static uint64_t extended(uint64_t value, enum ir_mem_kind kind, enum ir_type type) {
    switch (kind) {
    case IR_S8: value = (uint64_t)(int8_t)value; break;
    case IR_S16: value = (uint64_t)(int16_t)value; break;
    case IR_S32: value = (uint64_t)(int32_t)value; break;
    default: break;
    }
    return truncated(value, ir_type_size(type));
}

/* --- plain accesses --- */

#define LOAD(bits)                                                        \
    static uint64_t load##bits(uint64_t address, bool ordered) {          \
        uint##bits##_t *at = (uint##bits##_t *)(uintptr_t)address, value; \
        if (address % sizeof(*at) == 0)                                   \
            return ordered ? __atomic_load_n(at, __ATOMIC_SEQ_CST)        \
                           : __atomic_load_n(at, __ATOMIC_RELAXED);       \
        memcpy(&value, (const void *)(uintptr_t)address, sizeof(value));  \
        return value;                                                     \
    }
#define STORE(bits)                                                                 \
    static void store##bits(uint64_t address, uint64_t bits_stored, bool ordered) { \
        uint##bits##_t *at = (uint##bits##_t *)(uintptr_t)address;                  \
        uint##bits##_t value = (uint##bits##_t)bits_stored;                         \
        if (address % sizeof(*at) != 0)                                             \
            memcpy((void *)(uintptr_t)address, &value, sizeof(value));              \
        else if (ordered)                                                           \
            __atomic_store_n(at, value, __ATOMIC_SEQ_CST);                          \
        else                                                                        \
            __atomic_store_n(at, value, __ATOMIC_RELAXED);                          \
    }
LOAD(8)
LOAD(16)
LOAD(32)
LOAD(64)
STORE(8)
STORE(16)
STORE(32)
STORE(64)

static uint64_t load(uint64_t address, unsigned size, bool ordered) {
    switch (size) {
    case 1: return load8(address, ordered);
    case 2: return load16(address, ordered);
    case 4: return load32(address, ordered);
    default: return load64(address, ordered);
    }
}

/* Sixteen bytes in one access where the host has it, so that one that faults has done nothing. */
typedef uint64_t vec_access __attribute__((vector_size(16), aligned(1), may_alias));

union cpu_vec memory_load(unsigned aux, enum ir_type type, uint64_t address) {
    enum ir_mem_kind kind = IR_MEM_KIND(aux);
    union cpu_vec value = {.u64 = {0}};
    if (kind == IR_128)
        *(vec_access *)&value = *(const volatile vec_access *)(uintptr_t)address;
    else
        value.u64[0] = extended(load(address, size_of(kind), IR_MEM_ORDER(aux)), kind, type);
    return value;
}

void memory_store(unsigned aux, uint64_t address, union cpu_vec value, struct ir_journal *journal) {
    bool ordered = IR_MEM_ORDER(aux);
    unsigned size = size_of(IR_MEM_KIND(aux));
    if (journal)
        ir_journal_record(journal, address, size);
    switch (size) {
    case 1: store8(address, value.u64[0], ordered); break;
    case 2: store16(address, value.u64[0], ordered); break;
    case 4: store32(address, value.u64[0], ordered); break;
    case 8: store64(address, value.u64[0], ordered); break;
    default: *(volatile vec_access *)(uintptr_t)address = *(const vec_access *)&value; break;
    }
}

/* --- atomic operations --- */

/* x86-64 locks accesses at any alignment. Elsewhere a misaligned one would trap, so it is done in
 * two steps: no guest whose atomics exceed the host's promises that they work misaligned. */
#ifdef __x86_64__
enum { ATOMIC_MISALIGNED = true };
#else
enum { ATOMIC_MISALIGNED = false };
#endif

#define COMPARE_EXCHANGE(bits)                                                                    \
    static bool compare_exchange##bits(uint64_t address, uint64_t *old, uint64_t desired) {       \
        uint##bits##_t expected = (uint##bits##_t) * old;                                         \
        bool done = __atomic_compare_exchange_n((uint##bits##_t *)(uintptr_t)address, &expected,  \
                                                (uint##bits##_t)desired, false, __ATOMIC_SEQ_CST, \
                                                __ATOMIC_SEQ_CST);                                \
        *old = expected;                                                                          \
        return done;                                                                              \
    }
COMPARE_EXCHANGE(8)
COMPARE_EXCHANGE(16)
COMPARE_EXCHANGE(32)
COMPARE_EXCHANGE(64)

/* If memory holds *old, makes it `desired`; else tells in *old what it holds. */
static bool compare_exchange(uint64_t address, unsigned size, uint64_t *old, uint64_t desired) {
    if (address % size != 0 && !ATOMIC_MISALIGNED) {
        uint64_t found = load(address, size, false);
        bool done = found == *old;
        if (done)
            memcpy((void *)(uintptr_t)address, &desired, size);
        *old = found;
        return done;
    }
    switch (size) {
    case 1: return compare_exchange8(address, old, desired);
    case 2: return compare_exchange16(address, old, desired);
    case 4: return compare_exchange32(address, old, desired);
    default: return compare_exchange64(address, old, desired);
    }
}

/* What rmw leaves in memory; operands of `size` bytes, without sign. */
static uint64_t combined(enum ir_rmw_kind kind, uint64_t old, uint64_t operand, unsigned size) {
    uint64_t sign = UINT64_C(1) << (size * 8 - 1);
    bool less = old < operand, less_signed = (old ^ sign) < (operand ^ sign);
    switch (kind) {
    case IR_RMW_SWAP: return operand;
    case IR_RMW_ADD: return old + operand;
    case IR_RMW_AND: return old & operand;
    case IR_RMW_OR: return old | operand;
    case IR_RMW_XOR: return old ^ operand;
    case IR_RMW_SMIN: return less_signed ? old : operand;
    case IR_RMW_SMAX: return less_signed ? operand : old;
    case IR_RMW_UMIN: return less ? old : operand;
    case IR_RMW_UMAX: return less ? operand : old;
    }
    return old;
}

uint64_t memory_rmw(unsigned aux, enum ir_type type, uint64_t address, uint64_t operand,
                    struct ir_journal *journal) {
    enum ir_mem_kind kind = IR_MEM_KIND(aux);
    unsigned size = size_of(kind);
    if (journal)
        ir_journal_record(journal, address, size);
    operand = truncated(operand, size);
    uint64_t old = load(address, size, true), now;
    do
        now = truncated(combined(IR_MEM_RMW(aux), old, operand, size), size);
    while (!compare_exchange(address, size, &old, now));
    return extended(old, kind, type);
}

uint64_t memory_cas(unsigned aux, enum ir_type type, uint64_t address, uint64_t expected,
                    uint64_t desired, struct ir_journal *journal) {
    enum ir_mem_kind kind = IR_MEM_KIND(aux);
    unsigned size = size_of(kind);
    if (journal)
        ir_journal_record(journal, address, size);
    uint64_t old = truncated(expected, size);
    compare_exchange(address, size, &old, truncated(desired, size));
    return extended(old, kind, type);
}

bool memory_store_if(unsigned aux, uint64_t address, uint64_t expected, uint64_t desired,
                     struct ir_journal *journal) {
    unsigned size = size_of(IR_MEM_KIND(aux));
    if (journal)
        ir_journal_record(journal, address, size);
    uint64_t old = truncated(expected, size);
    return compare_exchange(address, size, &old, truncated(desired, size));
}
