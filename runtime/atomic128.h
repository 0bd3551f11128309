/* Compare and swap of 16 bytes, aligned to as many, for guests that have it. */
#ifndef RUNTIME_ATOMIC128_H
#define RUNTIME_ATOMIC128_H

#include <stdint.h>

/* If there is `expected` at `address`, makes it `desired`; gives what was there. x86-64-v2 and
 * aarch64 do this in one instruction; elsewhere it is atomic among these operations only. */
unsigned __int128 compare_and_swap_128(uint64_t address, unsigned __int128 expected,
                                       unsigned __int128 desired);

#endif
