/* The disassembler: a static program of its own, embedded in the emulator and started by
 * runtime/disassembly.c, whose requests it answers on descriptor 0 until that is closed. */
#include <capstone/capstone.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

#include "runtime/disassembler/protocol.h"

#if defined(__x86_64__)
enum { ARCH = CS_ARCH_X86, MODE = CS_MODE_64, BYTES_SHOWN = 11 };
#elif defined(__aarch64__)
enum { ARCH = CS_ARCH_ARM64, MODE = CS_MODE_ARM, BYTES_SHOWN = 4 };
#elif defined(__riscv) && CS_API_MAJOR >= 5
enum { ARCH = CS_ARCH_RISCV, MODE = CS_MODE_RISCV64 | CS_MODE_RISCVC, BYTES_SHOWN = 4 };
#else
enum { ARCH = CS_ARCH_MAX, MODE = 0, BYTES_SHOWN = 4 }; /* cs_open refuses it */
#endif

enum { MOST_LINE = 320 }; /* an instruction's longest line, with room */

static void send_answer(struct disassembler_answer *answer, size_t length) {
    send(0, answer, offsetof(struct disassembler_answer, text) + length, MSG_NOSIGNAL);
}

static size_t print_insn(char *out, const cs_insn *insn) {
    int length = snprintf(out, MOST_LINE, "0x%08" PRIx64 ":  ", insn->address);
    for (unsigned i = 0; i < BYTES_SHOWN || i < insn->size; i++)
        length += i < insn->size ? sprintf(out + length, "%02x ", insn->bytes[i])
                                 : sprintf(out + length, "   ");
    return (size_t)(length + sprintf(out + length, " %s %s\n", insn->mnemonic, insn->op_str));
}

static void answer_request(csh handle, const struct disassembler_request *request, size_t size) {
    struct disassembler_answer answer = {.number = request->number};
    cs_insn *insns;
    size_t count = cs_disasm(handle, request->code, size, request->address, 0, &insns);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (used + MOST_LINE > sizeof answer.text) {
            send_answer(&answer, used);
            used = 0;
        }
        used += print_insn(answer.text + used, &insns[i]);
    }
    if (count)
        cs_free(insns, count);
    answer.last = 1;
    send_answer(&answer, used);
}

int main(void) {
    static struct disassembler_request request;
    csh handle;
    if (cs_open((cs_arch)ARCH, (cs_mode)MODE, &handle) != CS_ERR_OK)
        return 1;
    cs_option(handle, CS_OPT_SKIPDATA, CS_OPT_ON); /* what it does not know is shown as bytes */
    for (;;) {
        ssize_t got = recv(0, &request, sizeof request, 0);
        if (got < (ssize_t)offsetof(struct disassembler_request, code))
            return 0;
        answer_request(handle, &request, (size_t)got - offsetof(struct disassembler_request, code));
    }
}
