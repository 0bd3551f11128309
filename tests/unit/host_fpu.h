/* The x86-64 host's FPU as an oracle for floating point: single instructions under a given MXCSR,
 * and results in formats and rounding modes that it lacks, derived from wider results that it has.
 *
 * Nothing here shares a method with runtime/softfloat.c. Results that are NaNs come as the
 * canonical NaN (x86 makes and propagates others). All values are raw bits. */
#ifndef TESTS_UNIT_HOST_FPU_H
#define TESTS_UNIT_HOST_FPU_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/softfloat.h"

enum host_op { HOST_ADD, HOST_SUB, HOST_MUL, HOST_DIV, HOST_SQRT, HOST_FMA };

struct host_result {
    uint64_t bits;
    uint32_t flags; /* enum fp_flag */
};

/* Whether the processor has FMA and F16C, which everything below needs. */
bool host_fpu_usable(void);

/* signs: enum fp_fma_sign, for HOST_FMA. */
struct host_result host_arithmetic(const struct fp_format *format, enum fp_round round,
                                   enum host_op op, uint64_t a, uint64_t b, uint64_t c,
                                   unsigned signs);
enum fp_relation host_compare(const struct fp_format *format, bool signalling, uint64_t a,
                              uint64_t b, uint32_t *flags);
struct host_result host_min_max(const struct fp_format *format, enum fp_extremum which, uint64_t a,
                                uint64_t b);
struct host_result host_round(const struct fp_format *format, enum fp_round round, bool exact,
                              uint64_t a);
struct host_result host_convert(const struct fp_format *from, const struct fp_format *to,
                                enum fp_round round, uint64_t a);
struct host_result host_to_int(const struct fp_format *format, enum fp_round round, unsigned width,
                               bool is_signed, uint64_t a);
struct host_result host_from_int(const struct fp_format *format, enum fp_round round,
                                 unsigned width, bool is_signed, uint64_t value);

#endif
