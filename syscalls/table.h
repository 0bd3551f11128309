/* The rows of syscalls.def and their signatures, as dispatch.c and strace.c see them. */
#ifndef SYSCALLS_TABLE_H
#define SYSCALLS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;

enum { SYSCALL_ARGS = 6, SYSCALL_LIMIT = 470 };

enum syscall_how { SYSCALL_NONE, SYSCALL_PASS, SYSCALL_BLOCK, SYSCALL_CALL };

struct syscall_row {
    const char *name; /* NULL: the table has a gap here */
    const char *signature;
    enum syscall_how how;
    int host_number;                                                    /* PASS and BLOCK */
    int64_t (*call)(struct cpu *cpu, const uint64_t arg[SYSCALL_ARGS]); /* CALL */
};

extern const struct syscall_row syscall_rows[SYSCALL_LIMIT];

/* What an argument or a result is; the names stand at the head of syscalls.def. */
enum arg_kind {
    ARG_INT,
    ARG_SIZE,
    ARG_OFF,
    ARG_HEX,
    ARG_OCT,
    ARG_FD,
    ARG_SIG,
    ARG_ADDR,
    ARG_PATH,
    ARG_STR,
    ARG_STRV,
    ARG_BUF,
    ARG_IOV,
    ARG_FLAGS,
    ARG_STRUCT,
    ARG_VOID, /* results only */
    ARG_EXEC,
};

enum arg_direction { ARG_IN = 1, ARG_OUT = 2, ARG_INOUT = 3 };

enum { ARG_NO_LENGTH = 0xff };

struct arg {
    uint8_t kind;      /* enum arg_kind */
    uint8_t direction; /* enum arg_direction; buffers and structures */
    uint8_t length;    /* the argument that holds the length or count, or ARG_NO_LENGTH */
    uint8_t index;     /* flags: of the table in flags.c; structures: enum struct_kind */
};

struct signature {
    uint8_t count;
    bool converts; /* has a path, open flags or a structure that may need conversion */
    struct arg result, arg[SYSCALL_ARGS];
};

/* Reads a signature; false if it breaks the rules at the head of syscalls.def. */
bool signature_parse(const char *text, struct signature *out);

/* The signature of row `number`, parsed at most once per process in the normal case: `local` is
 * used while another thread is at it. Any thread. */
const struct signature *signature_of(unsigned number, struct signature *local);

/* --- structs.def --- */

enum struct_kind {
#define STRUCT(name, size, printer) STRUCT_##name,
#include "syscalls/structs.def"
#undef STRUCT
    STRUCT_COUNT
};

/* --- flags.c --- */

/* A number's name: it applies where (value & mask) == value of the entry. */
struct flag_name {
    uint64_t mask, value;
    const char *name;
};

struct flag_table {
    const char *name;
    const struct flag_name *entry;
    size_t count;
};

/* The number of a table, or -1. */
int flag_table_find(const char *name, size_t length);
const struct flag_table *flag_table(int index);
/* The table whose flags convert.c translates. */
extern const char OPEN_FLAG_TABLE[];

/* The names of `value`, joined by '|', as text of at most `size` bytes with its end. */
void flag_names(int index, uint64_t value, char *text, size_t size);

/* --- ioctl.c --- */

/* The kind of the third argument of ioctl `request`, as a signature has it. */
const char *ioctl_kind(uint32_t request);

#endif
