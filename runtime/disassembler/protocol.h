/* What runtime/disassembly.c and the disassembler program say to each other, over a socket of
 * packets. A request is answered by packets of text, the last of which is marked. */
#ifndef RUNTIME_DISASSEMBLER_PROTOCOL_H
#define RUNTIME_DISASSEMBLER_PROTOCOL_H

#include <stdint.h>

enum { DISASSEMBLER_MOST_CODE = 64 << 10, DISASSEMBLER_MOST_TEXT = 4 << 10 };

struct disassembler_request {
    uint64_t
        number; /* comes back in the answer: a process that died may have left its own unread */
    uint64_t address;
    uint8_t code[DISASSEMBLER_MOST_CODE]; /* as much as the packet has */
};

struct disassembler_answer {
    uint64_t number;
    uint64_t last;
    char text[DISASSEMBLER_MOST_TEXT]; /* as much as the packet has; whole lines */
};

#endif
