/* The emulator's end of the disassembler (runtime/disassembler/).
 *
 * One disassembler serves a process and all that it forks: they take turns by a record lock, which
 * the kernel gives up for them when they die. */
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

extern const uint8_t disassembler_image[], disassembler_image_end[];

static struct {
    pthread_mutex_t lock;
    bool tried;
    int socket; /* to the disassembler; -1 when there is none */
    int image;  /* its file, which is what processes lock */
    uint64_t number;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .socket = -1};

/* --- starting it --- */

/* A file in memory that holds the program, on a reserved descriptor; or -1. */
static int make_image(void) {
    const size_t size = (size_t)(disassembler_image_end - disassembler_image);
    int fd = size ? memfd_create("denizen-disassembler", MFD_CLOEXEC) : -1;
    if (fd < 0)
        return -1;
    int reserved = write(fd, disassembler_image, size) == (ssize_t)size ? fd_reserve(fd) : -1;
    if (reserved < 0)
        close(fd);
    return reserved;
}

/* In the new process: keeps nothing of the guest's, whose pipes must end when it lets go of them.
 */
static _Noreturn void become_disassembler(int socket, int image) {
    static char name[] = "denizen-disassembler";
    char *const arguments[] = {name, NULL}, *const environment[] = {NULL};
    if (setsid() >= 0 && chdir("/") == 0 && dup2(socket, 0) == 0 && dup2(image, 1) == 1 &&
        syscall(SYS_close_range, 2, ~0u, 0) == 0)
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
    int ends[2];
    state.tried = true;
    pthread_atfork(lock_state, unlock_state, unlock_state);
    state.image = make_image();
    if (state.image < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return;
    int socket = fd_reserve(ends[0]);
    if (socket < 0)
        close(ends[0]);
    else if (start_process(ends[1], state.image))
        state.socket = socket;
    else
        fd_release(socket);
    close(ends[1]);
}

/* --- asking it --- */

static bool lock_processes(short type) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    int result;
    while ((result = fcntl(state.image, F_SETLKW, &lock)) != 0 && errno == EINTR)
        ;
    return result == 0;
}

static bool send_request(const uint8_t *code, size_t size, uint64_t address, uint64_t number) {
    static struct disassembler_request request; /* under the lock */
    const size_t head = offsetof(struct disassembler_request, code);
    ssize_t sent;
    if (size > sizeof request.code)
        return false;
    request.number = number;
    request.address = address;
    memcpy(request.code, code, size);
    while ((sent = send(state.socket, &request, head + size, MSG_NOSIGNAL)) < 0 && errno == EINTR)
        ;
    return sent == (ssize_t)(head + size);
}

static bool receive_answer(FILE *out, uint64_t number) {
    struct disassembler_answer answer;
    const ssize_t head = offsetof(struct disassembler_answer, text);
    do {
        ssize_t got = recv(state.socket, &answer, sizeof answer, 0);
        if (got < 0 && errno == EINTR)
            answer.number = answer.last = 0;
        else if (got < head)
            return false;
        else if (answer.number == number)
            fwrite(answer.text, 1, (size_t)(got - head), out);
    } while (!answer.last || answer.number != number);
    return true;
}

static bool ask(FILE *out, const uint8_t *code, size_t size, uint64_t address) {
    const uint64_t number = (uint64_t)getpid() << 32 | (uint32_t)++state.number;
    if (state.socket < 0 || !lock_processes(F_WRLCK))
        return false;
    bool done = send_request(code, size, address, number) && receive_answer(out, number);
    lock_processes(F_UNLCK);
    if (!done) {
        fd_release(state.socket);
        state.socket = -1;
    }
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
    lock_state();
    if (!state.tried)
        start();
    if (!ask(out, code, size, address))
        print_bytes(out, code, size, address);
    unlock_state();
    fclose(out);
    log_write(text, length);
    free(text);
}
