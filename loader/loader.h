/* Puts a guest program into the address space as the kernel's execve would: image, program
 * interpreter, vDSO and initial stack. */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

struct guest;

struct load_options {
    const struct guest *const *guests; /* those that can be run; NULL-terminated */
    const char *sysroot;               /* -L; NULL: not given */
    const int *program_fd; /* the program's file, open already and closed here; NULL: none */
    size_t stack_size;     /* of the main stack, in bytes; 0: as RLIMIT_STACK says */
};

struct loaded {
    const struct guest *guest;
    uint64_t entry;         /* where execution begins: in the interpreter, if there is one */
    uint64_t stack_pointer; /* and with which stack */
};

/* Why a program cannot be run, in the terms of a shell. */
enum { LOAD_CANNOT_RUN = 126, LOAD_NOT_FOUND = 127 };

struct load_error {
    int status;                    /* exit status: one of the above */
    char text[2 * PATH_MAX + 512]; /* one line without its end: file, reason, mend */
};

/* Loads `path`, an ELF program or a #! script, for one of the guests, and fills in `program`
 * (runtime/program.h). `argv` and `envp` are copied; `path` becomes AT_EXECFN as it is. Returns 0,
 * or error->status with `error` filled in; parts of the program may then remain mapped, for the
 * caller is expected to exit. Call once, after vm_init, from the only thread. */
int load_program(struct loaded *out, struct load_error *error, const char *path, char **argv,
                 char **envp, const struct load_options *options);

#endif
