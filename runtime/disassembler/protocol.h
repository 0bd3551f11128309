/* What runtime/disassembly.c and the disassembler program say to each other, over sockets of
 * packets. A request brings the descriptor of a socket for its answer, so that the threads and
 * processes that share a disassembler need not wait for each other, nor read what another left. */
#ifndef RUNTIME_DISASSEMBLER_PROTOCOL_H
#define RUNTIME_DISASSEMBLER_PROTOCOL_H

#include <stdint.h>

enum { DISASSEMBLER_MOST_CODE = 64 << 10, DISASSEMBLER_MOST_TEXT = 4 << 10 };

struct disassembler_request {
    uint64_t address;
    uint64_t elf_machine; /* 0: the host; else one instruction, of which the text alone is told */
    uint8_t code[DISASSEMBLER_MOST_CODE]; /* as much as the packet has */
};

/* One packet of an answer: whole lines. An empty one ends it. */
struct disassembler_answer {
    char text[DISASSEMBLER_MOST_TEXT];
};

#endif
