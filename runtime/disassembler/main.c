/* The disassembler: a static program of its own, embedded in the emulator and started by
 * runtime/disassembly.c, whose requests it answers on descriptor 0 until that is closed. */
#include <capstone/capstone.h>
#include <elf.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

struct handles {
    csh host, guest;
    uint64_t guest_machine; /* that `guest` is open for; 0: none */
};

static bool open_guest(struct handles *handles, uint64_t elf_machine) {
    if (handles->guest_machine == elf_machine)
        return true;
    if (elf_machine != EM_AARCH64 ||
        cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &handles->guest) != CS_ERR_OK)
        return false;
    handles->guest_machine = elf_machine;
    return true;
}

static void answer_text(struct handles *handles, int to, const struct disassembler_request *request,
                        size_t size) {
    char text[MOST_LINE];
    cs_insn *insn;
    if (open_guest(handles, request->elf_machine) &&
        cs_disasm(handles->guest, request->code, size, request->address, 1, &insn) == 1) {
        const int length = snprintf(text, sizeof text, "%s\t%s", insn->mnemonic, insn->op_str);
        send(to, text, (size_t)length, MSG_NOSIGNAL);
        cs_free(insn, 1);
    }
    send(to, NULL, 0, MSG_NOSIGNAL);
}

static size_t print_insn(char *out, const cs_insn *insn) {
    int length = snprintf(out, MOST_LINE, "0x%08" PRIx64 ":  ", insn->address);
    for (unsigned i = 0; i < BYTES_SHOWN || i < insn->size; i++)
        length += i < insn->size ? sprintf(out + length, "%02x ", insn->bytes[i])
                                 : sprintf(out + length, "   ");
    length += sprintf(out + length, " %s %s\n", insn->mnemonic, insn->op_str);
    return (size_t)length;
}

/* Who asked may be gone: then nobody reads. */
static void answer_request(csh handle, int to, const struct disassembler_request *request,
                           size_t size) {
    struct disassembler_answer answer;
    cs_insn *insns;
    size_t count = cs_disasm(handle, request->code, size, request->address, 0, &insns);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (used + MOST_LINE > sizeof answer.text) {
            send(to, answer.text, used, MSG_NOSIGNAL);
            used = 0;
        }
        used += print_insn(answer.text + used, &insns[i]);
    }
    if (count)
        cs_free(insns, count);
    if (used)
        send(to, answer.text, used, MSG_NOSIGNAL);
    send(to, NULL, 0, MSG_NOSIGNAL);
}

/* Returns the length of the code, and the socket for the answer; or -1 at the end of requests. */
static ssize_t receive(struct disassembler_request *request, int *to) {
    const ssize_t head = offsetof(struct disassembler_request, code);
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec data = {request, sizeof *request};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(0, &message, 0);
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (got < head || !rights || rights->cmsg_type != SCM_RIGHTS)
        return -1;
    memcpy(to, CMSG_DATA(rights), sizeof *to);
    return got - head;
}

int main(void) {
    static struct disassembler_request request;
    struct handles handles = {0};
    ssize_t size;
    int to;
    if (cs_open((cs_arch)ARCH, (cs_mode)MODE, &handles.host) != CS_ERR_OK)
        return 1;
    cs_option(handles.host, CS_OPT_SKIPDATA,
              CS_OPT_ON); /* what it does not know is shown as bytes */
    while ((size = receive(&request, &to)) >= 0) {
        if (request.elf_machine)
            answer_text(&handles, to, &request, (size_t)size);
        else
            answer_request(handles.host, to, &request, (size_t)size);
        close(to);
    }
    return 0;
}
