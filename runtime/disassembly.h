/* Host instructions as text, for -d out_asm.
 *
 * The disassembler (capstone) is a program of its own inside this one, started when a log first asks
 * for it: its tables would cost every start-up tens of thousands of relocations. */
#ifndef RUNTIME_DISASSEMBLY_H
#define RUNTIME_DISASSEMBLY_H

#include <stddef.h>
#include <stdint.h>

/* Writes `size` bytes of host code, as it would stand at `address`, to the log. Thread-safe. */
void disassemble_host(const uint8_t *code, size_t size, uint64_t address);

#endif
