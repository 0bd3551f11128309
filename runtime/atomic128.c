#include "runtime/atomic128.h"

#include <stdatomic.h>

unsigned __int128 compare_and_swap_128(uint64_t address, unsigned __int128 expected,
                                       unsigned __int128 desired) {
    unsigned __int128 *memory = (unsigned __int128 *)(uintptr_t)address;
#if defined(__x86_64__)
    uint64_t low = (uint64_t)expected, high = (uint64_t)(expected >> 64);
    __asm__ volatile("lock cmpxchg16b %2"
                     : "+a"(low), "+d"(high), "+m"(*memory)
                     : "b"((uint64_t)desired), "c"((uint64_t)(desired >> 64))
                     : "cc", "memory");
    return (unsigned __int128)high << 64 | low;
#elif defined(__aarch64__)
    return __sync_val_compare_and_swap(memory, expected, desired);
#else
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&busy))
        ;
    unsigned __int128 old = *memory;
    if (old == expected)
        *memory = desired;
    atomic_flag_clear(&busy);
    return old;
#endif
}
