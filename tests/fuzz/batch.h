/* What passes between the fuzzer (host) and the runner (guest program): a batch file of
 * sequences to run and a file of records of how each ended. Both are little-endian, mapped whole.
 */
#ifndef TESTS_FUZZ_BATCH_H
#define TESTS_FUZZ_BATCH_H

/* Guest addresses. They are far from where programs and emulators usually lie, so that stray
 * pointers meet nothing, and the runner's own text is within reach of a jump from any sequence. */
#define SEQUENCE_CODE  0x5b100000
#define RUNNER_TEXT    0x5b1a1000 /* starts with the code that every sequence ends in */
#define RUNNER_END     0x5b1c0000
#define SCRATCH_PAGE   0x3a5c7000 /* read and write; the pages around it are not mapped */
#define READ_ONLY_PAGE 0x3a5c4000
#define RUNNER_MEMORY  0x4c2d8000 /* what the runner keeps for itself */

/* The part of the scratch page that is set before a sequence and recorded after it: its end. */
#define SCRATCH_SIZE 256
#define SCRATCH      (SCRATCH_PAGE + 4096 - SCRATCH_SIZE)

#ifndef __ASSEMBLER__
#include <stdint.h>

enum {
    BATCH_REGISTER_WORDS = 100,
    BATCH_MAX_CODE = 512 << 10,
    BATCH_MAX_EVENTS = 4,
    BATCH_SEQUENCES_OFFSET = 64, /* of the first sequence in the batch file */
};

struct batch_header {
    uint64_t count;       /* sequences */
    uint64_t code_offset; /* of the code in the file, a multiple of 4096 */
    uint64_t code_size;
};

/* Where each register lies is in the guest's state.h. */
struct batch_registers {
    uint64_t word[BATCH_REGISTER_WORDS];
};

struct batch_sequence {
    struct batch_registers registers;
    uint32_t code_offset, code_size;
    uint32_t resume; /* go on behind an instruction that raised a signal, BATCH_MAX_EVENTS times */
    uint32_t reserved;
    uint8_t scratch[SCRATCH_SIZE];
};

/* A signal. What the registers were is told by `registers` when it was the last one. */
struct batch_event {
    uint32_t signal, code;
    uint64_t pc, address;
    uint64_t digest; /* of all registers */
};

struct batch_record {
    struct batch_registers registers; /* at the end; those without a name are 0 */
    uint64_t events;                  /* signals raised */
    struct batch_event event[BATCH_MAX_EVENTS];
    uint8_t scratch[SCRATCH_SIZE];
};

/* Start of the output file; records follow at BATCH_RECORDS_OFFSET. */
enum { BATCH_RECORDS_OFFSET = 64 };
struct batch_output {
    uint64_t done; /* sequences finished; the runner begins with the next one */
};

#endif
#endif
