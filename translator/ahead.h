/* Translation ahead of time: finds the code of a file that lies in memory, by descent from entries
 * that are known and a sweep over what that leaves, and makes the templates for it with several
 * threads. */
#ifndef TRANSLATOR_AHEAD_H
#define TRANSLATOR_AHEAD_H

#include <stddef.h>
#include <stdint.h>

struct ahead_range {
    uint64_t start, end; /* addresses in memory */
};

struct ahead_file {
    const struct ahead_range *text; /* ascending, without overlap */
    size_t text_count;
    const uint64_t *entries; /* addresses; those outside the text are passed over */
    size_t entry_count;
};

struct ahead_counts {
    uint64_t units, insns;
    uint64_t present; /* of the units: those that there were templates for already */
};

/* Adds what it did to `counts`. `progress`, unless NULL, is called from time to time, by one
 * thread, with the share of the text that has been seen, 0 to 1. engine_init comes first. */
void ahead_translate(const struct ahead_file *file, unsigned threads, struct ahead_counts *counts,
                     void (*progress)(double done, void *data), void *data);

#endif
