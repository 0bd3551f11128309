/* LLVM's disassembler as the judge of a decoder, and the record of where the two differ. LLVM is
 * loaded at run time (Debian: libllvm19). */
#ifndef TESTS_GUEST_LLVM_H
#define TESTS_GUEST_LLVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the two differ, and why. An encoding belongs to the first entry that it matches; an entry
 * that nothing matches in a whole run is a failure too. */
enum difference { ONLY_HERE, ONLY_LLVM, TEXT };

struct deviation {
    uint32_t mask, match;
    enum difference difference;
    const char *reason;
    unsigned long seen;
};

struct llvm_target {
    const char *name; /* of LLVM's initialisers */
    const char *triple, *cpu, *features;
    const char *option; /* NULL: none */
    struct deviation *deviations;
    unsigned deviation_count;
    /* Tells whether the emulator takes the word for an instruction; if so writes its text. */
    bool (*decode)(uint32_t word, unsigned length, char *text, size_t size);
    /* Brings a text into the form in which they are compared; NULL: only legality is compared. */
    void (*normalize)(const char *text, char *out);
};

void llvm_load(const struct llvm_target *target);
/* Compares both on one instruction of `length` bytes. */
void llvm_check(uint32_t word, unsigned length);
/* Prints deviations and failures; the program's exit status. */
int llvm_finish(void);

void llvm_seed(uint64_t seed);
uint32_t llvm_random(void);

#endif
