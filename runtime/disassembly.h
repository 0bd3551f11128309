/* Instructions as text: the host's for -d out_asm, those of guests whose tables do not print them.
 *
 * The disassembler (capstone) is a program of its own inside this one, started when a log first
 * asks for it: its tables would cost every start-up tens of thousands of relocations. */
#ifndef RUNTIME_DISASSEMBLY_H
#define RUNTIME_DISASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes `size` bytes of host code, as it would stand at `address`, to the log. Thread-safe. */
void disassemble_host(const uint8_t *code, size_t size, uint64_t address);

/* Writes the text of one instruction for the ELF machine to `out`; false if there is no
 * disassembler for that machine, or it does not know the instruction. Thread-safe. */
bool disassemble_insn(uint16_t elf_machine, const uint8_t *code, size_t size, uint64_t address,
                      char *out, size_t out_size);

#endif
