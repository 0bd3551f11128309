/* What the files of the loader share. */
#ifndef LOADER_INTERNAL_H
#define LOADER_INTERNAL_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader/loader.h"
#include "runtime/guest.h"
#include "runtime/vm.h"

/* Fills in `error`, with control characters made visible, and returns `status`. */
int load_fail(struct load_error *error, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --- files (file.c) --- */

enum { FILE_HEAD = 256 }; /* the kernel's BINPRM_BUF_SIZE */

/* A regular file that is being looked at. */
struct file {
    char path[PATH_MAX];
    int fd;
    uint64_t size;
    size_t head_size;
    char head[FILE_HEAD]; /* its first bytes, zero behind its end */
};

/* Opens `path`; 0 or the exit status. */
int file_open(struct file *file, const char *path, struct load_error *error);
/* The same for a file that is open as `fd`, which is the caller's no more. */
int file_adopt(struct file *file, int fd, const char *path, struct load_error *error);
void file_close(struct file *file);
/* Reads exactly `size` bytes at `offset`; false if that fails or the file is too short. */
bool file_read(const struct file *file, void *to, size_t size, uint64_t offset);

/* --- where the guest's files are (sysroot.c) --- */

enum { SYSROOT_MOST = 5 };

/* Prefixes under which an absolute path is tried, in order; the last is "", the real root. */
struct sysroots {
    const char *prefix[SYSROOT_MOST];
    unsigned count;
    const char *given; /* by an option or the environment; NULL if none was */
    char by_triplet[128];
};

void sysroots_init(struct sysroots *roots, const char *option, const struct guest *guest);
/* Opens `path` under the first prefix that has it and returns the prefix's index; -1 with `error`
 * filled in, whose status is LOAD_NOT_FOUND if no prefix has it. */
int sysroots_open(const struct sysroots *roots, struct file *file, const char *path,
                  struct load_error *error);
/* "A, B and C", for messages. */
void sysroots_describe(const struct sysroots *roots, char *out, size_t size);

/* --- scripts (script.c) --- */

struct script_line {
    char text[FILE_HEAD];
    char *interpreter;
    char *argument; /* NULL: none */
};

/* Takes the #! line of a file apart; false if the file has none that the kernel would accept. */
bool script_parse(struct script_line *line, const char head[FILE_HEAD]);

/* --- ELF files (elf.c) and their mapping (image.c) --- */

struct elf_file {
    const struct file *file;
    const struct guest *guest;
    Elf64_Ehdr header;
    Elf64_Phdr *segments; /* header.e_phnum; malloc'ed */
    uint64_t start, end;  /* of the loadable segments, as linked, in whole pages */
    uint64_t alignment;   /* the largest that a loadable segment asks for, at least a page */
};

bool elf_recognise(const struct file *file);
/* The guest whose program `file` is; NULL if it is none's. */
const struct guest *elf_guest(const struct file *file, const struct guest *const *guests);
/* Says what a file that no guest can run is. Returns LOAD_CANNOT_RUN. */
int elf_explain(const struct file *file, const struct guest *const *guests,
                struct load_error *error);
/* Reads and checks everything but the segments' contents. `file` must outlive `elf`. */
int elf_open(struct elf_file *elf, const struct file *file, const struct guest *guest,
             struct load_error *error);
void elf_close(struct elf_file *elf);
/* The first segment of `type`; NULL if there is none. */
const Elf64_Phdr *elf_segment(const struct elf_file *elf, uint32_t type);
/* Copies the name of the program interpreter to `out`; "" if it needs none. */
int elf_interpreter(const struct elf_file *elf, char out[PATH_MAX], struct load_error *error);

/* How the host randomises addresses. */
struct randomness {
    bool images, heap;                          /* which are */
    uint64_t image_bits, heap_bits, stack_bits; /* random numbers for each */
    uint8_t bytes[16];                          /* for AT_RANDOM */
};

enum image_place {
    IMAGE_PROGRAM,     /* low enough for a heap to grow behind it */
    IMAGE_INTERPRETER, /* wherever the kernel maps things */
};

struct image {
    uint64_t bias;       /* run-time address less the one linked for */
    uint64_t start, end; /* in whole pages */
    uint64_t entry;
    uint64_t headers; /* address of the program headers */
    uint64_t code_start, code_end, data_start, data_end;
};

int image_map(struct image *image, const struct elf_file *elf, enum image_place place,
              const struct randomness *random, struct load_error *error);

/* --- vDSO (vdso.c) --- */

/* Bytes that vdso_build needs at most, in whole pages. */
size_t vdso_size(const struct guest *guest);
/* Writes the image to `out` and returns the offset of the guest's code in it. */
size_t vdso_build(const struct guest *guest, uint8_t *out);
/* Maps it; *address and *sigreturn are 0 if the guest has none. */
int vdso_map(const struct guest *guest, uint64_t *address, uint64_t *sigreturn,
             struct load_error *error);

/* --- the initial stack (stack.c) --- */

struct stack_contents {
    const struct guest *guest;
    char **argv, **envp;
    const char *execfn;
    const struct image *program;
    const struct elf_file *elf;
    uint64_t interpreter_base; /* 0: none */
    uint64_t vdso;
    bool executable;
    const struct randomness *random;
};

/* Maps the main stack and fills it; `program` gets its part of it. */
int stack_build(const struct stack_contents *contents, size_t wanted_size, uint64_t *stack_pointer,
                struct load_error *error);

/* --- small things --- */

static inline uint64_t page_down(uint64_t addr) {
    return addr & ~(uint64_t)(VM_PAGE - 1);
}

static inline uint64_t page_up(uint64_t addr) {
    return page_down(addr + VM_PAGE - 1);
}

#endif
