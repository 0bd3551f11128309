/* Prints calls as strace(1) does: `PID name(arguments) = result`. Nothing here is on the path of a
 * program that is not traced. */
#include "syscalls/strace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/guest.h"
#include "runtime/interruptible.h"
#include "runtime/log.h"
#include "syscalls/convert.h"
#include "syscalls/syscalls.h"
#include "syscalls/table.h"

enum { LINE_SIZE = 2048, STRING_MOST = 64, BUFFER_MOST = 32, ELEMENTS_MOST = 8 };

struct line {
    size_t used;
    char text[LINE_SIZE];
};

__attribute__((format(printf, 2, 3))) static void put(struct line *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    size_t room = LINE_SIZE - line->used;
    int length = vsnprintf(line->text + line->used, room, format, arguments);
    va_end(arguments);
    line->used += length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1;
}

static void put_address(struct line *line, uint64_t address) {
    if (address)
        put(line, "0x%llx", (unsigned long long)address);
    else
        put(line, "NULL");
}

/* `length` bytes in C's notation; `more` tells that they are not all. */
static void put_bytes(struct line *line, const unsigned char *bytes, size_t length, bool more) {
    static const char escaped[] = "\n\t\r\"\\\v\f", letters[] = "ntr\"\\vf";
    put(line, "\"");
    for (size_t i = 0; i < length; i++) {
        const char *at = bytes[i] ? strchr(escaped, bytes[i]) : NULL;
        if (at)
            put(line, "\\%c", letters[at - escaped]);
        else if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
            put(line, "%c", bytes[i]);
        else if (i + 1 < length && bytes[i + 1] >= '0' && bytes[i + 1] <= '9')
            put(line, "\\%03o", bytes[i]);
        else
            put(line, "\\%o", bytes[i]);
    }
    put(line, more ? "\"..." : "\"");
}

static void put_buffer(struct line *line, uint64_t address, uint64_t length) {
    unsigned char bytes[BUFFER_MOST];
    size_t shown = length < sizeof bytes ? (size_t)length : sizeof bytes;
    if (address == 0 || guest_read(bytes, address, shown) != 0)
        put_address(line, address);
    else
        put_bytes(line, bytes, shown, length > shown);
}

static void put_string(struct line *line, uint64_t address) {
    unsigned char bytes[STRING_MOST];
    int64_t length = address ? guest_strlen(address, sizeof bytes) : -EFAULT;
    if (length < 0 || guest_read(bytes, address, (size_t)length) != 0)
        put_address(line, address);
    else
        put_bytes(line, bytes, (size_t)length, length == sizeof bytes);
}

static void put_strings(struct line *line, uint64_t address) {
    put(line, "[");
    for (unsigned i = 0;; i++) {
        uint64_t string;
        if (guest_read(&string, address + i * sizeof string, sizeof string) != 0 || string == 0)
            break;
        put(line, i ? ", " : "");
        if (i == 2 * ELEMENTS_MOST) {
            put(line, "...");
            break;
        }
        put_string(line, string);
    }
    put(line, "]");
}

static void put_vectors(struct line *line, uint64_t address, uint64_t count, uint64_t bytes) {
    put(line, "[");
    for (unsigned i = 0; i < count; i++) {
        struct iovec vector;
        put(line, i ? ", " : "");
        if (i == ELEMENTS_MOST ||
            guest_read(&vector, address + i * sizeof vector, sizeof vector) != 0) {
            put(line, "...");
            break;
        }
        uint64_t shown = vector.iov_len < bytes ? vector.iov_len : bytes;
        bytes -= shown;
        put(line, "{");
        put_buffer(line, (uintptr_t)vector.iov_base, shown);
        put(line, ", %zu}", vector.iov_len);
    }
    put(line, "]");
}

static void put_flags(struct line *line, const struct guest *guest, int table, uint64_t value) {
    char names[512];
    if (strcmp(flag_table(table)->name, OPEN_FLAG_TABLE) == 0)
        value = open_flags_to_host(guest->syscall_abi, value);
    flag_names(table, value, names, sizeof names);
    put(line, "%s", names);
}

static void put_signal(struct line *line, int number) {
    const char *name = sigabbrev_np(number);
    if (name)
        put(line, "SIG%s", name);
    else if (number >= 32 && number <= 64)
        put(line, "SIGRT_%d", number - 32);
    else
        put(line, "%d", number);
}

/* --- structures: each printer gets guest memory that is known to be readable --- */

typedef void struct_printer(struct line *line, const struct guest *guest, const void *data,
                            uint64_t address, uint64_t size);
#define STRUCT(name, size, printer) static struct_printer printer;
#include "syscalls/structs.def"
#undef STRUCT

static void print_stat(struct line *line, const struct guest *guest, const void *data,
                       uint64_t address, uint64_t size) {
    (void)data, (void)size;
    struct stat status;
    if (stat_from_guest(guest->syscall_abi, &status, address) != 0)
        put_address(line, address);
    else
        put(line, "{st_mode=%#o, st_size=%lld, ...}", status.st_mode, (long long)status.st_size);
}

static void print_epoll_event(struct line *line, const struct guest *guest, const void *data,
                              uint64_t address, uint64_t size) {
    (void)data, (void)size;
    struct epoll_event event;
    if (epoll_from_guest(guest->syscall_abi, &event, address) != 0)
        put_address(line, address);
    else
        put(line, "{events=%#x, data=%#llx}", event.events, (unsigned long long)event.data.u64);
}

static void print_pair(struct line *line, const struct guest *guest, const void *data,
                       uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    const int64_t *value = data;
    put(line, "{%lld, %lld}", (long long)value[0], (long long)value[1]);
}

static void print_two_pairs(struct line *line, const struct guest *guest, const void *data,
                            uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    const int64_t *value = data;
    put(line, "{it_interval={%lld, %lld}, it_value={%lld, %lld}}", (long long)value[0],
        (long long)value[1], (long long)value[2], (long long)value[3]);
}

static void put_limit(struct line *line, uint64_t value) {
    if (value == RLIM_INFINITY)
        put(line, "RLIM_INFINITY");
    else
        put(line, "%llu", (unsigned long long)value);
}

static void print_rlimit(struct line *line, const struct guest *guest, const void *data,
                         uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    const struct rlimit *limit = data;
    put(line, "{rlim_cur=");
    put_limit(line, limit->rlim_cur);
    put(line, ", rlim_max=");
    put_limit(line, limit->rlim_max);
    put(line, "}");
}

static void print_sockaddr(struct line *line, const struct guest *guest, const void *data,
                           uint64_t address, uint64_t size) {
    (void)guest, (void)data;
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in ip4;
        struct sockaddr_in6 ip6;
    } name = {0};
    char text[INET6_ADDRSTRLEN];
    if (size > sizeof name)
        size = sizeof name;
    if (size < sizeof name.any.sa_family || guest_read(&name, address, size) != 0) {
        put_address(line, address);
        return;
    }
    switch (name.any.sa_family) {
    case AF_UNIX:
        put(line, "{AF_UNIX, ");
        put_bytes(line, (const unsigned char *)name.local.sun_path,
                  name.local.sun_path[0] ? strnlen(name.local.sun_path, sizeof name.local.sun_path)
                                         : size - offsetof(struct sockaddr_un, sun_path),
                  false);
        put(line, "}");
        break;
    case AF_INET:
        inet_ntop(AF_INET, &name.ip4.sin_addr, text, sizeof text);
        put(line, "{AF_INET, %s, port %d}", text, ntohs(name.ip4.sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &name.ip6.sin6_addr, text, sizeof text);
        put(line, "{AF_INET6, %s, port %d}", text, ntohs(name.ip6.sin6_port));
        break;
    default: put(line, "{sa_family=%d, ...}", name.any.sa_family);
    }
}

static void print_pollfd(struct line *line, const struct guest *guest, const void *data,
                         uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    const struct pollfd *poll = data;
    put(line, "{fd=%d, events=%#x, revents=%#x}", poll->fd, (unsigned)(uint16_t)poll->events,
        (unsigned)(uint16_t)poll->revents);
}

static void print_fdpair(struct line *line, const struct guest *guest, const void *data,
                         uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    const int *fd = data;
    put(line, "[%d, %d]", fd[0], fd[1]);
}

static void print_winsize(struct line *line, const struct guest *guest, const void *data,
                          uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    const struct winsize *window = data;
    put(line, "{ws_row=%u, ws_col=%u, ...}", window->ws_row, window->ws_col);
}

static void print_sigset(struct line *line, const struct guest *guest, const void *data,
                         uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    uint64_t set;
    memcpy(&set, data, sizeof set);
    const char *gap = "";
    /* A nearly full set is shown by what it lacks. */
    bool invert = __builtin_popcountll(set) > 48;
    put(line, invert ? "~[" : "[");
    for (int number = 1; number <= 64; number++) {
        if (((set >> (number - 1)) & 1) == invert)
            continue;
        put(line, "%s", gap);
        put_signal(line, number);
        gap = " ";
    }
    put(line, "]");
}

static void print_sigaction(struct line *line, const struct guest *guest, const void *data,
                            uint64_t address, uint64_t size) {
    uint64_t word[4];
    bool restorer = guest->syscall_abi->has_restorer;
    if (guest_read(word, address, restorer ? 32 : 24) != 0) {
        put_address(line, address);
        return;
    }
    put(line, "{sa_handler=");
    if (word[0] <= 1)
        put(line, word[0] ? "SIG_IGN" : "SIG_DFL");
    else
        put_address(line, word[0]);
    put(line, ", sa_mask=");
    print_sigset(line, guest, &word[restorer ? 3 : 2], address, size);
    put(line, ", sa_flags=");
    put_flags(line, guest, flag_table_find("sigaction", 9), word[1]);
    put(line, "}");
    (void)data;
}

static void print_utsname(struct line *line, const struct guest *guest, const void *data,
                          uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    const struct utsname *name = data;
    put(line, "{sysname=\"%.64s\", release=\"%.64s\", machine=\"%.64s\", ...}", name->sysname,
        name->release, name->machine);
}

static void print_open_how(struct line *line, const struct guest *guest, const void *data,
                           uint64_t address, uint64_t size) {
    (void)address, (void)size;
    const struct open_how *how = data;
    put(line, "{flags=");
    put_flags(line, guest, flag_table_find(OPEN_FLAG_TABLE, strlen(OPEN_FLAG_TABLE)), how->flags);
    put(line, ", mode=%#llo, resolve=%#llx}", how->mode, how->resolve);
}

static void print_int32(struct line *line, const struct guest *guest, const void *data,
                        uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    int32_t value;
    memcpy(&value, data, sizeof value);
    put(line, "[%d]", value);
}

static void print_int64(struct line *line, const struct guest *guest, const void *data,
                        uint64_t address, uint64_t size) {
    (void)guest, (void)address, (void)size;
    int64_t value;
    memcpy(&value, data, sizeof value);
    put(line, "[%lld]", (long long)value);
}

static const struct {
    size_t size; /* 0: the printer reads for itself */
    struct_printer *print;
} structs[STRUCT_COUNT] = {
#define STRUCT(name, size, printer) [STRUCT_##name] = {(size), printer},
#include "syscalls/structs.def"
#undef STRUCT
};

enum { STRUCT_SIZE_MOST = sizeof(struct utsname) };

static size_t struct_stride(const struct guest *guest, unsigned kind) {
    return kind == STRUCT_epoll_event ? epoll_event_size(guest->syscall_abi->layout)
                                      : structs[kind].size;
}

static void put_struct(struct line *line, const struct guest *guest, unsigned kind,
                       uint64_t address, uint64_t size) {
    _Alignas(8) unsigned char data[STRUCT_SIZE_MOST];
    if (address == 0 || guest_read(data, address, structs[kind].size) != 0)
        put_address(line, address);
    else
        structs[kind].print(line, guest, data, address, size);
}

static void put_structs(struct line *line, const struct guest *guest, unsigned kind,
                        uint64_t address, uint64_t count) {
    if (kind == STRUCT_sockaddr) { /* the count is the length of the one */
        put_struct(line, guest, kind, address, count);
        return;
    }
    put(line, "[");
    for (uint64_t i = 0; i < count; i++) {
        put(line, i ? ", " : "");
        if (i == ELEMENTS_MOST) {
            put(line, "...");
            break;
        }
        put_struct(line, guest, kind, address + i * struct_stride(guest, kind), 0);
    }
    put(line, "]");
}

/* --- arguments and results --- */

/* What is known when an argument is printed. */
struct call {
    const struct guest *guest;
    const uint64_t *arg;
    int64_t result;
    bool returned;
};

/* The number of elements or bytes to show of something with a length argument. */
static uint64_t shown_length(const struct call *call, const struct arg *kind) {
    uint64_t length = call->arg[kind->length];
    /* Of what the call filled in, only as much as the result says. */
    if (kind->direction == ARG_OUT && call->result >= 0 && (uint64_t)call->result < length)
        length = (uint64_t)call->result;
    return length;
}

static void put_argument(struct line *line, const struct call *call, const struct arg *kind,
                         uint64_t value) {
    bool filled = !(kind->direction & ARG_OUT) || (kind->direction & ARG_IN) ||
                  (call->returned && call->result >= 0);
    switch ((enum arg_kind)kind->kind) {
    case ARG_INT: put(line, "%d", (int)value); return;
    case ARG_SIZE: put(line, "%llu", (unsigned long long)value); return;
    case ARG_OFF: put(line, "%lld", (long long)value); return;
    case ARG_HEX: put(line, "%#llx", (unsigned long long)value); return;
    case ARG_OCT: put(line, "%#o", (unsigned)value); return;
    case ARG_FD:
        if ((int)value == AT_FDCWD)
            put(line, "AT_FDCWD");
        else
            put(line, "%d", (int)value);
        return;
    case ARG_SIG: put_signal(line, (int)value); return;
    case ARG_PATH:
    case ARG_STR: put_string(line, value); return;
    case ARG_STRV: put_strings(line, value); return;
    case ARG_BUF:
        if (filled)
            put_buffer(line, value, shown_length(call, kind));
        else
            put_address(line, value);
        return;
    case ARG_IOV:
        if (filled)
            put_vectors(line, value, call->arg[kind->length],
                        kind->direction == ARG_OUT ? (uint64_t)call->result : UINT64_MAX);
        else
            put_address(line, value);
        return;
    case ARG_FLAGS: put_flags(line, call->guest, kind->index, value); return;
    case ARG_STRUCT:
        if (!filled)
            put_address(line, value);
        else if (kind->length != ARG_NO_LENGTH && value != 0)
            put_structs(line, call->guest, kind->index, value, shown_length(call, kind));
        else
            put_struct(line, call->guest, kind->index, value, 0);
        return;
    case ARG_ADDR:
    case ARG_VOID:
    case ARG_EXEC: break;
    }
    put_address(line, value);
}

static void put_call(struct line *line, const struct call *call, uint64_t number,
                     const struct signature *signature) {
    put(line, "%d %s(", (int)gettid(), syscall_rows[number].name);
    for (unsigned i = 0; i < signature->count; i++) {
        const struct arg *kind = &signature->arg[i];
        struct signature request;
        put(line, i ? ", " : "");
        if (i == 2 && syscall_rows[number].call == sys_ioctl) {
            /* ioctl.def has a kind; a signature that consists of one argument is "RESULT KIND". */
            char text[32];
            snprintf(text, sizeof text, "int %s", ioctl_kind((uint32_t)call->arg[1]));
            signature_parse(text, &request);
            kind = &request.arg[0];
        }
        put_argument(line, call, kind, call->arg[i]);
    }
    put(line, ")");
}

static void put_result(struct line *line, const struct signature *signature, int64_t result) {
    if (result == -ERESTARTSYS) {
        put(line, " = ? (to be restarted)");
    } else if (result == -ESIGRETURN) {
        put(line, " = ?");
    } else if (result < 0 && result >= -4095) {
        const char *name = strerrorname_np((int)-result), *text = strerrordesc_np((int)-result);
        put(line, " = -1 %s (%s)", name ? name : "E?", text ? text : "unknown");
    } else {
        struct call call = {.result = result, .returned = true};
        put(line, " = ");
        put_argument(line, &call, &signature->result, (uint64_t)result);
    }
}

static void end_line(struct line *line) {
    if (line->used > LINE_SIZE - 2)
        line->used = LINE_SIZE - 2;
    line->text[line->used++] = '\n';
    log_write(line->text, line->used);
}

static bool is_known(uint64_t number) {
    return number < SYSCALL_LIMIT && syscall_rows[number].name;
}

void strace_before(struct cpu *cpu, uint64_t number, const uint64_t *arg) {
    if (!is_known(number))
        return;
    struct signature local;
    const struct signature *signature = signature_of((unsigned)number, &local);
    if (signature->result.kind != ARG_VOID && signature->result.kind != ARG_EXEC)
        return;
    struct line line = {0};
    struct call call = {.guest = cpu->guest, .arg = arg};
    put_call(&line, &call, number, signature);
    if (signature->result.kind == ARG_VOID)
        put(&line, " = ?");
    end_line(&line);
}

void strace_after(struct cpu *cpu, uint64_t number, const uint64_t *arg, int64_t result) {
    struct line line = {0};
    struct call call = {.guest = cpu->guest, .arg = arg, .result = result, .returned = true};
    if (!is_known(number)) {
        put(&line, "%d syscall_%llu(%#llx, %#llx, %#llx, %#llx, %#llx, %#llx)", (int)gettid(),
            (unsigned long long)number, (unsigned long long)arg[0], (unsigned long long)arg[1],
            (unsigned long long)arg[2], (unsigned long long)arg[3], (unsigned long long)arg[4],
            (unsigned long long)arg[5]);
        put(&line, " = -1 ENOSYS (no such system call)");
        end_line(&line);
        return;
    }
    struct signature local;
    const struct signature *signature = signature_of((unsigned)number, &local);
    if (signature->result.kind == ARG_VOID)
        return;
    put_call(&line, &call, number, signature);
    if (signature->result.kind == ARG_EXEC && result == -ESIGRETURN)
        put(&line, " = 0");
    else
        put_result(&line, signature, result);
    end_line(&line);
}
