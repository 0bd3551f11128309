/* Facts of the running guest program, for /proc/self and its like. Filled in once by the loader
 * (and again by an execve that stays in the process) before guest code runs; read by any thread. */
#ifndef RUNTIME_PROGRAM_H
#define RUNTIME_PROGRAM_H

#include <stdint.h>

struct program_info {
    const char *path;    /* the executable: absolute, links resolved */
    const char *sysroot; /* absolute path is looked for under this first (-L); NULL: nowhere */
    /* In guest memory, as the kernel's mm_struct has them: the argument strings, the environment
     * strings, the image's code and data, the initial stack pointer. */
    uint64_t arg_start, arg_end;
    uint64_t env_start, env_end;
    uint64_t code_start, code_end;
    uint64_t data_start, data_end;
    uint64_t stack_start;
    uint64_t brk_start;
    uint64_t vdso;      /* 0: none */
    uint64_t sigreturn; /* its signal return trampoline */
    /* The auxiliary vector with its AT_NULL entry, as the program found it on its stack. */
    const uint64_t *auxv;
    uint64_t auxv_size; /* bytes */
};

extern struct program_info program;

/* How execve starts another guest program: this executable, with these options in front of the ones
 * that name the program. Filled in once by emu. */
struct relaunch {
    int executable;             /* reserved descriptor of /proc/self/exe */
    const char *const *options; /* -L, -cpu, ... as this process was given them; NULL-terminated */
};

extern struct relaunch relaunch;

#endif
