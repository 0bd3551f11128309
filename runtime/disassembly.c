/* The emulator's end of the disassembler (runtime/disassembler/). One serves a process and all that
 * it forks. */
#include "runtime/disassembly.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/disassembler/protocol.h"
#include "runtime/fds.h"
#include "runtime/log.h"

extern const uint8_t disassembler_image[];
extern const uint64_t disassembler_image_size;

static struct {
    pthread_mutex_t lock; /* while it is started */
    bool tried;
    _Atomic int socket; /* to the disassembler; -1 when there is none */
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .socket = -1};

/* --- starting it --- */

/* A file in memory that holds the program; or -1. */
static int make_image(void) {
    const size_t size = disassembler_image_size;
    int fd = size ? memfd_create("denizen-disassembler", MFD_CLOEXEC) : -1;
    if (fd >= 0 && write(fd, disassembler_image, size) != (ssize_t)size) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* In the new process: keeps nothing of the guest's, whose pipes must end when it lets go of them.
 */
static _Noreturn void become_disassembler(int socket, int image) {
    static char name[] = "denizen-disassembler";
    char *const arguments[] = {name, NULL}, *const environment[] = {NULL};
    image = fcntl(image, F_DUPFD, 2); /* out of the way of what comes next */
    socket = fcntl(socket, F_DUPFD, 2);
    if (image >= 0 && setsid() >= 0 && chdir("/") == 0 && dup2(socket, 0) == 0 &&
        dup2(image, 1) == 1 && syscall(SYS_close_range, 2, ~0u, 0) == 0)
        syscall(SYS_execveat, 1, "", arguments, environment, AT_EMPTY_PATH);
    _exit(1);
}

/* Starts it as a grandchild that no wait of the guest can find: the child in between sends no
 * signal when it ends. */
static bool start_process(int socket, int image) {
    sigset_t all, before;
    int status = 1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
    if (child == 0) {
        pid_t grandchild = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
        if (grandchild == 0)
            become_disassembler(socket, image);
        _exit(grandchild < 0);
    }
    if (child > 0)
        while (waitpid(child, &status, __WCLONE) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return child > 0 && status == 0;
}

static void lock_state(void) {
    pthread_mutex_lock(&state.lock);
}

static void unlock_state(void) {
    pthread_mutex_unlock(&state.lock);
}

static void start(void) {
    int image = make_image(), ends[2];
    if (image < 0)
        return;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
        int socket = fd_reserve(ends[0]);
        if (socket < 0)
            close(ends[0]);
        else if (start_process(ends[1], image))
            state.socket = socket;
        else
            fd_release(socket);
        close(ends[1]);
    }
    close(image);
}

static void start_once(void) {
    lock_state();
    if (!state.tried) {
        state.tried = true;
        pthread_atfork(lock_state, unlock_state, unlock_state);
        start();
    }
    unlock_state();
}

/* --- asking it --- */

struct question {
    uint64_t address, elf_machine; /* as in the request */
    const uint8_t *code;
    size_t size;
};

static bool send_request(int to, const struct question *q) {
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
                          .cmsg_level = SOL_SOCKET,
                          .cmsg_type = SCM_RIGHTS}};
    uint64_t head[] = {q->address, q->elf_machine};
    struct iovec data[] = {{head, sizeof head}, {(void *)q->code, q->size}};
    const struct msghdr message = {.msg_iov = data,
                                   .msg_iovlen = 2,
                                   .msg_control = &control,
                                   .msg_controllen = sizeof control};
    ssize_t sent;
    memcpy(CMSG_DATA(&control.head), &to, sizeof to);
    do
        sent =
            q->size > DISASSEMBLER_MOST_CODE ? -1 : sendmsg(state.socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)(sizeof head + q->size);
}

/* Its death ends the answer too; then there are no lines. */
static bool receive_answer(FILE *out, int from) {
    struct disassembler_answer answer;
    bool any = false;
    for (;;) {
        ssize_t got = recv(from, answer.text, sizeof answer.text, 0);
        if (got > 0)
            any = fwrite(answer.text, 1, (size_t)got, out);
        else if (got == 0 || errno != EINTR)
            return any;
    }
}

static bool ask(FILE *out, const struct question *q) {
    int ends[2];
    start_once();
    if (state.socket < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    bool sent = send_request(ends[1], q);
    close(ends[1]);
    bool done = sent && receive_answer(out, ends[0]);
    close(ends[0]);
    return done;
}

static void print_bytes(FILE *out, const uint8_t *code, size_t size, uint64_t address) {
    enum { IN_LINE = 16 };
    fprintf(out, "(no disassembler: bytes)");
    for (size_t i = 0; i < size; i++) {
        if (i % IN_LINE == 0)
            fprintf(out, "\n0x%08" PRIx64 ": ", address + i);
        fprintf(out, " %02x", code[i]);
    }
    fputc('\n', out);
}

void disassemble_host(const uint8_t *code, size_t size, uint64_t address) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        return;
    if (!ask(out, &(struct question){address, 0, code, size}))
        print_bytes(out, code, size, address);
    fclose(out);
    log_write(text, length);
    free(text);
}

bool disassemble_insn(uint16_t elf_machine, const uint8_t *code, size_t size, uint64_t address,
                      char *out, size_t out_size) {
    FILE *text = fmemopen(out, out_size, "w");
    bool known = text && ask(text, &(struct question){address, elf_machine, code, size});
    if (text)
        fclose(text);
    return known;
}
