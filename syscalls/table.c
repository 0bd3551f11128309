#include "syscalls/table.h"

#include <asm/unistd.h>
#include <stdatomic.h>
#include <string.h>

#include "syscalls/syscalls.h"

#define HOST_PASS(number)  (number)
#define HOST_BLOCK(number) (number)
#define HOST_CALL(number)  (-1)
#define HOST_NONE(number)  (-1)
#define CALLEE_PASS(name)  NULL
#define CALLEE_BLOCK(name) NULL
#define CALLEE_NONE(name)  NULL
#define CALLEE_CALL(name)  sys_##name
#define ROW(number, text, format, mode, host, callee) \
    [number] = {.name = (text),                       \
                .signature = (format),                \
                .how = SYSCALL_##mode,                \
                .host_number = HOST_##mode(host),     \
                .call = CALLEE_##mode(callee)},

const struct syscall_row syscall_rows[SYSCALL_LIMIT] = {
#define SYS(number, name, signature, how)        ROW(number, #name, signature, how, __NR_##name, name)
#define SYS_COMMON(number, name, signature, how) ROW(number, #name, signature, how, number, name)
#include "syscalls/syscalls.def"
#undef SYS
#undef SYS_COMMON
};

static const char *const kind_names[] = {
    [ARG_INT] = "int",   [ARG_SIZE] = "size",   [ARG_OFF] = "off",   [ARG_HEX] = "hex",
    [ARG_OCT] = "oct",   [ARG_FD] = "fd",       [ARG_SIG] = "sig",   [ARG_ADDR] = "addr",
    [ARG_PATH] = "path", [ARG_STR] = "str",     [ARG_STRV] = "strv", [ARG_BUF] = "buf",
    [ARG_IOV] = "iov",   [ARG_FLAGS] = "flags", [ARG_STRUCT] = NULL, [ARG_VOID] = "void",
    [ARG_EXEC] = "exec",
};

static const char *const struct_names[] = {
#define STRUCT(name, size, printer) #name,
#include "syscalls/structs.def"
#undef STRUCT
};

static bool is_word(const char *text, size_t length, const char *word) {
    return word && strlen(word) == length && memcmp(text, word, length) == 0;
}

static bool parse_kind(const char *text, size_t length, struct arg *out) {
    for (unsigned kind = 0; kind < sizeof kind_names / sizeof kind_names[0]; kind++) {
        if (is_word(text, length, kind_names[kind])) {
            out->kind = (uint8_t)kind;
            return true;
        }
    }
    for (unsigned kind = 0; kind < STRUCT_COUNT; kind++) {
        if (is_word(text, length, struct_names[kind])) {
            out->kind = ARG_STRUCT;
            out->index = (uint8_t)kind;
            return true;
        }
    }
    return false;
}

static bool parse_direction(const char *text, size_t length, struct arg *out) {
    static const struct {
        const char *name;
        enum arg_direction direction;
    } directions[] = {{"in", ARG_IN}, {"out", ARG_OUT}, {"io", ARG_INOUT}};
    for (unsigned i = 0; i < sizeof directions / sizeof directions[0]; i++) {
        if (is_word(text, length, directions[i].name)) {
            out->direction = (uint8_t)directions[i].direction;
            return true;
        }
    }
    return false;
}

/* One word: KIND, KIND:QUALIFIER or KIND:QUALIFIER(k). */
static bool parse_word(const char *text, size_t length, struct arg *out) {
    *out = (struct arg){.length = ARG_NO_LENGTH};
    if (length > 3 && text[length - 1] == ')' && text[length - 3] == '(') {
        unsigned k = (unsigned char)text[length - 2] - '0';
        if (k >= SYSCALL_ARGS)
            return false;
        out->length = (uint8_t)k;
        length -= 3;
    }
    const char *colon = memchr(text, ':', length);
    size_t kind_length = colon ? (size_t)(colon - text) : length;
    if (!parse_kind(text, kind_length, out))
        return false;
    const char *qualifier = colon ? colon + 1 : "";
    size_t qualifier_length = colon ? length - kind_length - 1 : 0;
    switch (out->kind) {
    case ARG_FLAGS: {
        int table = flag_table_find(qualifier, qualifier_length);
        out->index = (uint8_t)table;
        return table >= 0 && out->length == ARG_NO_LENGTH;
    }
    case ARG_BUF:
    case ARG_IOV:
        return parse_direction(qualifier, qualifier_length, out) && out->length != ARG_NO_LENGTH;
    case ARG_STRUCT: return parse_direction(qualifier, qualifier_length, out);
    default: return !colon && out->length == ARG_NO_LENGTH;
    }
}

static bool needs_conversion(const struct arg *arg) {
    switch (arg->kind) {
    case ARG_PATH: return true;
    case ARG_FLAGS: return strcmp(flag_table(arg->index)->name, OPEN_FLAG_TABLE) == 0;
    case ARG_STRUCT: return arg->index == STRUCT_stat || arg->index == STRUCT_epoll_event;
    default: return false;
    }
}

bool signature_parse(const char *text, struct signature *out) {
    *out = (struct signature){0};
    bool result = true;
    while (*text) {
        size_t length = strcspn(text, " ");
        struct arg arg;
        if (!parse_word(text, length, &arg))
            return false;
        bool result_only = arg.kind == ARG_VOID || arg.kind == ARG_EXEC;
        if (result) {
            if (arg.kind > ARG_ADDR && !result_only)
                return false;
            out->result = arg;
        } else {
            if (result_only || out->count == SYSCALL_ARGS)
                return false;
            out->arg[out->count++] = arg;
            out->converts |= needs_conversion(&arg);
        }
        result = false;
        text += length;
        text += *text == ' ';
    }
    for (unsigned i = 0; i < out->count; i++) {
        uint8_t length = out->arg[i].length;
        if (length != ARG_NO_LENGTH && (length >= out->count || length == i))
            return false;
    }
    return !result;
}

/* Parsed signatures. A slot is filled by the thread that claims it; others meanwhile parse for
 * themselves, so that nothing here waits (or is held across a fork). */
static struct {
    struct signature slot[SYSCALL_LIMIT];
    _Atomic uint8_t state[SYSCALL_LIMIT];
} parsed;

enum { SLOT_EMPTY, SLOT_CLAIMED, SLOT_READY };

const struct signature *signature_of(unsigned number, struct signature *local) {
    _Atomic uint8_t *state = &parsed.state[number];
    if (atomic_load_explicit(state, memory_order_acquire) == SLOT_READY)
        return &parsed.slot[number];
    signature_parse(syscall_rows[number].signature, local);
    uint8_t empty = SLOT_EMPTY;
    if (atomic_compare_exchange_strong(state, &empty, SLOT_CLAIMED)) {
        parsed.slot[number] = *local;
        atomic_store_explicit(state, SLOT_READY, memory_order_release);
    }
    return local;
}
