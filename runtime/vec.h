/* The value of a vector register. */
#ifndef RUNTIME_VEC_H
#define RUNTIME_VEC_H

#include <stdint.h>

union cpu_vec {
    uint64_t u64[2];
    uint32_t u32[4];
    uint16_t u16[8];
    uint8_t u8[16];
};

#endif
