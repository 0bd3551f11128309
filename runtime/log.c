/* The event log and one-line errors.
 *
 * Each call formats its text first and hands it to the kernel in one write(2), to a file opened for
 * appending: lines of several threads and processes never mix. The settings are made at start-up,
 * before there is a second thread, and only read afterwards. */
#include "runtime/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/fds.h"

struct pc_range {
    uint64_t first, last;
};

static struct {
    int fd;
    struct pc_range *filter; /* NULL: everything */
    size_t filter_count;
    char unknown[32]; /* the name that log_enable did not know */
} state = {.fd = STDERR_FILENO};

uint32_t log_items;

static const struct {
    const char *name;
    uint32_t items; /* with those it implies */
    const char *help;
} item_table[] = {
    {"in_asm", LOG_IN_ASM, "guest instructions of each block translated"},
    {"op", LOG_OP, "intermediate representation as lifted"},
    {"op_opt", LOG_OP_OPT, "intermediate representation after the passes"},
    {"out_asm", LOG_OUT_ASM, "host code of each block translated"},
    {"exec", LOG_EXEC | LOG_NOCHAIN, "each block entered (implies nochain)"},
    {"cpu", LOG_CPU | LOG_EXEC | LOG_NOCHAIN, "guest registers at each block (implies exec)"},
    {"nochain", LOG_NOCHAIN, "return to the dispatcher after each block"},
    {"cache", LOG_CACHE, "code cache, pattern cache and invalidation"},
    {"strace", LOG_STRACE, "system calls"},
    {"signal", LOG_SIGNAL, "signals raised and delivered"},
    {"page", LOG_PAGE, "the guest's mappings as loaded"},
};
enum { ITEM_COUNT = sizeof item_table / sizeof item_table[0] };

static bool enable_one(const char *name, size_t length) {
    for (int i = 0; i < ITEM_COUNT; i++) {
        if (strlen(item_table[i].name) == length && !memcmp(item_table[i].name, name, length)) {
            log_items |= item_table[i].items;
            return true;
        }
    }
    return false;
}

const char *log_enable(const char *names) {
    for (;;) {
        size_t length = strcspn(names, ",");
        if (!enable_one(names, length)) {
            snprintf(state.unknown, sizeof state.unknown, "%.*s", (int)length, names);
            return state.unknown;
        }
        if (!names[length])
            return NULL;
        names += length + 1;
    }
}

void log_list_items(FILE *out) {
    for (int i = 0; i < ITEM_COUNT; i++)
        fprintf(out, "  %-8s  %s\n", item_table[i].name, item_table[i].help);
}

/* Copies `path` with each %d replaced by the process id. */
static int expand_path(const char *path, char *out, size_t size) {
    size_t used = 0;
    while (*path) {
        int written;
        if (path[0] == '%' && path[1] == 'd') {
            written = snprintf(out + used, size - used, "%d", (int)getpid());
            path += 2;
        } else {
            written = snprintf(out + used, size - used, "%c", *path++);
        }
        used += (size_t)written;
        if (used >= size)
            return -ENAMETOOLONG;
    }
    return used ? 0 : -ENOENT;
}

int log_open(const char *path, bool append) {
    char expanded[4096];
    int error = expand_path(path, expanded, sizeof expanded);
    if (error)
        return error;
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (append ? 0 : O_TRUNC);
    int fd = open(expanded, flags, 0666);
    if (fd < 0)
        return -errno;
    int reserved = fd_reserve(fd);
    if (reserved < 0) {
        close(fd);
        return reserved;
    }
    if (state.fd != STDERR_FILENO)
        fd_release(state.fd);
    state.fd = reserved;
    return 0;
}

/* Reads a number in C notation at *text and moves *text past it. */
static bool parse_number(const char **text, uint64_t *value) {
    if (**text < '0' || **text > '9')
        return false;
    char *end;
    errno = 0;
    *value = strtoull(*text, &end, 0);
    *text = end;
    return errno == 0;
}

static bool parse_range(const char **text, struct pc_range *range) {
    uint64_t second;
    if (!parse_number(text, &range->first))
        return false;
    if (!strncmp(*text, "..", 2)) {
        *text += 2;
        if (!parse_number(text, &second))
            return false;
        range->last = second;
    } else if (**text == '+') {
        *text += 1;
        if (!parse_number(text, &second) || second == 0)
            return false;
        range->last = range->first + (second - 1);
    } else {
        return false;
    }
    return range->last >= range->first;
}

int log_set_filter(const char *ranges) {
    struct pc_range *filter = NULL;
    size_t count = 0;
    for (;;) {
        struct pc_range *longer = realloc(filter, (count + 1) * sizeof *filter);
        if (!longer) {
            free(filter);
            return -ENOMEM;
        }
        filter = longer;
        if (!parse_range(&ranges, &filter[count++]) || (*ranges && *ranges != ',')) {
            free(filter);
            return -EINVAL;
        }
        if (!*ranges)
            break;
        ranges++;
    }
    free(state.filter);
    state.filter = filter;
    state.filter_count = count;
    return 0;
}

bool log_wants(uint32_t item, uint64_t pc) {
    if (!(log_items & item))
        return false;
    if (!state.filter)
        return true;
    for (size_t i = 0; i < state.filter_count; i++)
        if (pc >= state.filter[i].first && pc <= state.filter[i].last)
            return true;
    return false;
}

/* Writes everything; a short write (a full disk, a pipe) is gone on with, an error gives up. */
static void write_all(int fd, const char *text, size_t length) {
    int saved = errno;
    while (length) {
        ssize_t done = write(fd, text, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            break;
        text += done;
        length -= (size_t)done;
    }
    errno = saved;
}

void log_write(const char *text, size_t length) {
    write_all(state.fd, text, length);
}

void log_printf(const char *format, ...) {
    char buffer[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    if (length < (int)sizeof buffer) {
        log_write(buffer, length > 0 ? (size_t)length : 0);
        return;
    }
    char *longer;
    va_start(arguments, format);
    length = vasprintf(&longer, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    log_write(longer, (size_t)length);
    free(longer);
}

/* "denizen: " + the message + newline, cut to fit, in one write to standard error. */
static void report(const char *format, va_list arguments) {
    static const char prefix[] = "denizen: ";
    char line[4096 + 1024];
    memcpy(line, prefix, sizeof prefix - 1);
    size_t used = sizeof prefix - 1;
    size_t room = sizeof line - used - 1;
    int length = vsnprintf(line + used, room, format, arguments);
    if (length > 0)
        used += (size_t)length < room ? (size_t)length : room - 1;
    line[used++] = '\n';
    write_all(STDERR_FILENO, line, used);
}

void report_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    report(format, arguments);
    va_end(arguments);
}

void die(int status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    report(format, arguments);
    va_end(arguments);
    _exit(status);
}

void bug(const char *file, int line, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    report_error("internal error at %s:%d: %s (a defect of denizen: please report it)", file, line,
                 message);
    signal(SIGABRT, SIG_DFL);
    abort();
}
