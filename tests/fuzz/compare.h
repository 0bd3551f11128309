/* Running sequences on two emulators, showing where they differ, and making that small. */
#ifndef TESTS_FUZZ_COMPARE_H
#define TESTS_FUZZ_COMPARE_H

#include <stdio.h>
#include <sys/types.h>

#include "tests/fuzz/guest.h"

enum side_name { REFERENCE, SUBJECT, SIDES };
extern const char *const side_names[SIDES];

struct emulators {
    const char *command[SIDES]; /* words separated by blanks; the runner's command line follows */
    const char *runner;
    unsigned patience; /* seconds that one sequence may take */
};

/* batch_record.events of a sequence at which the emulator ended; event[0].code is its wait status.
 */
enum { EVENTS_DIED = 100 };

/* Sequences in files that both emulators map. One run at a time. */
struct batch {
    const struct emulators *emulators;
    unsigned capacity, count;
    uint32_t code_size;
    size_t code_offset;
    char *memory; /* the batch file */
    char path[256];
    struct side {
        pid_t process; /* 0: none */
        int handle;    /* its pidfd */
        unsigned idle; /* polls since `progress` was the number of sequences done */
        uint64_t progress;
        char *output; /* the output file */
        size_t output_size;
        char path[256];
    } side[SIDES];
};

/* --- batch.c --- */

/* Makes the files `name`... in `folder`. Failures to do so end the program. */
void batch_create(struct batch *batch, const struct emulators *emulators, const char *folder,
                  const char *name, unsigned capacity);
void batch_destroy(struct batch *batch);

void batch_clear(struct batch *batch);
/* False when the batch is full. */
bool batch_add(struct batch *batch, const struct sequence *sequence);

/* Starts both emulators; waits until both have done, or died at, every sequence. */
void batch_start(struct batch *batch);
void batch_wait(struct batch *batch);

const struct batch_record *batch_record(const struct batch *batch, enum side_name side,
                                        unsigned index);
bool batch_differs(const struct batch *batch, unsigned index);

/* --- minimise.c --- */

/* Makes `sequence`, on which the emulators differ, as small and plain as still differs. Returns
 * false (and leaves it alone) if it does not differ when run by itself. `batch` is overwritten. */
bool minimise(struct batch *batch, struct sequence *sequence);

/* --- report.c --- */

/* The sequence's instructions, its initial state, and both final states as `batch` has them at
 * `index`; registers that differ are marked. */
void report(FILE *out, const struct batch *batch, unsigned index, const struct sequence *sequence);

/* What a minimised difference is called by: the names of its instructions. */
void signature(const struct sequence *sequence, char *out, size_t size);

/* Text that load_sequence reads back, ending with a report as comment. Exit on failure. */
void save_sequence(const char *path, const struct batch *batch, unsigned index,
                   const struct sequence *sequence);
void load_sequence(const char *path, struct sequence *sequence);

#endif
