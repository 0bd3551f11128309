/* The event log (-d, -D) and one-line errors. */
#ifndef RUNTIME_LOG_H
#define RUNTIME_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Items of -d; names in log.c. */
enum log_item {
    LOG_IN_ASM = 1 << 0,  /* guest instructions of each unit translated */
    LOG_OP = 1 << 1,      /* IR as lifted */
    LOG_OP_OPT = 1 << 2,  /* IR after the passes */
    LOG_OUT_ASM = 1 << 3, /* host code */
    LOG_EXEC = 1 << 4,    /* each unit entered (implies nochain) */
    LOG_CPU = 1 << 5,     /* guest registers at each unit entered (implies exec) */
    LOG_NOCHAIN = 1 << 6, /* come back to the cpu loop after every unit */
    LOG_CACHE = 1 << 7,   /* pattern cache, code cache, invalidation */
    LOG_STRACE = 1 << 8,  /* system calls */
    LOG_SIGNAL = 1 << 9,  /* signals raised and delivered */
    LOG_PAGE = 1 << 10,   /* the guest's mappings as the loader made them */
};

/* The items asked for; read-only after start-up. */
extern uint32_t log_items;

/* Turns on the comma-separated items of `names`; returns the first unknown name, or NULL. */
const char *log_enable(const char *names);
/* Appends the help text of -d to `out`. */
void log_list_items(FILE *out);
/* Sends the log to `path` (a %d stands for the process id), behind what is in it or in its place; 0
 * or -errno. Default: standard error. */
int log_open(const char *path, bool append);
/* Restricts translation items to pcs in "start..end,start+length,..."; 0 or -EINVAL. */
int log_set_filter(const char *ranges);
bool log_wants(uint32_t item, uint64_t pc);

/* One write per call, so that lines of several threads and processes do not mix. */
void log_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_write(const char *text, size_t length);

/* Prints "denizen: " and the message as one line on standard error. */
void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, then exits with `status`. */
__attribute__((noreturn, format(printf, 2, 3))) void die(int status, const char *format, ...);
/* A defect of ours: says so, with a note to report it, then aborts. */
__attribute__((noreturn, format(printf, 3, 4))) void bug(const char *file, int line,
                                                         const char *format, ...);
#define BUG(...) bug(__FILE__, __LINE__, __VA_ARGS__)
#define ASSERT(condition)                            \
    do {                                             \
        if (!(condition))                            \
            BUG("assertion failed: %s", #condition); \
    } while (0)

#endif
