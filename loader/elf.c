/* ELF files: recognising them and checking what the loader relies on.
 *
 * The headers are read without libelf, whose code and tables a start would have to touch.
 * Everything in them is checked here: after elf_open a segment lies within the file, its
 * addresses do not wrap, and segments ascend without overlap. */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader/internal.h"

/* Addresses and sizes stay below this, so that sums of a few of them do not wrap. */
#define ADDRESS_LIMIT (UINT64_C(1) << 56)

#if defined(__x86_64__)
enum { HOST_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { HOST_MACHINE = EM_AARCH64 };
#else
enum { HOST_MACHINE = EM_RISCV };
#endif

static const struct {
    uint16_t machine;
    const char *name;
} machine_names[] = {
    {EM_386, "x86"},         {EM_X86_64, "x86-64"}, {EM_ARM, "ARM"},
    {EM_AARCH64, "AArch64"}, {EM_RISCV, "RISC-V"},  {EM_LOONGARCH, "LoongArch"},
    {EM_MIPS, "MIPS"},       {EM_PPC, "PowerPC"},   {EM_PPC64, "PowerPC64"},
    {EM_S390, "S/390"},      {EM_SPARC, "SPARC"},   {EM_SPARCV9, "SPARC64"},
    {EM_68K, "68000"},       {EM_SH, "SuperH"},     {EM_PARISC, "PA-RISC"},
    {EM_IA_64, "Itanium"},   {EM_ALPHA, "Alpha"},   {EM_BPF, "BPF"},
};

bool elf_recognise(const struct file *file) {
    return file->head_size >= SELFMAG && !memcmp(file->head, ELFMAG, SELFMAG);
}

/* A field of the header, which is in the same place in both classes. */
static uint16_t head_half(const struct file *file, size_t offset) {
    const uint8_t *at = (const uint8_t *)file->head + offset;
    bool big = file->head[EI_DATA] == ELFDATA2MSB;
    return (uint16_t)(big ? at[0] << 8 | at[1] : at[1] << 8 | at[0]);
}

static uint16_t head_machine(const struct file *file) {
    return head_half(file, offsetof(Elf64_Ehdr, e_machine));
}

const struct guest *elf_guest(const struct file *file, const struct guest *const *guests) {
    if (!elf_recognise(file) || file->head[EI_CLASS] != ELFCLASS64 ||
        file->head[EI_DATA] != ELFDATA2LSB)
        return NULL;
    for (; *guests; guests++)
        if ((*guests)->elf_machine == head_machine(file))
            return *guests;
    return NULL;
}

/* "riscv64, aarch64" */
static void list_guests(const struct guest *const *guests, char *out, size_t size) {
    size_t used = 0;
    for (size_t i = 0; guests[i] && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", guests[i]->name);
}

int elf_explain(const struct file *file, const struct guest *const *guests,
                struct load_error *error) {
    if (file->size == 0)
        return load_fail(error, LOAD_CANNOT_RUN, "%s: the file is empty", file->path);
    if (!elf_recognise(file))
        return load_fail(error, LOAD_CANNOT_RUN, "%s: neither an ELF program nor a #! script",
                         file->path);
    if (file->head_size < sizeof(Elf64_Ehdr))
        return load_fail(error, LOAD_CANNOT_RUN, "%s: truncated: ends within the ELF header",
                         file->path);
    char known[128], number[32];
    list_guests(guests, known, sizeof known);
    uint16_t machine = head_machine(file);
    snprintf(number, sizeof number, "unknown (%u)", machine);
    const char *name = number;
    for (size_t i = 0; i < sizeof machine_names / sizeof machine_names[0]; i++)
        if (machine_names[i].machine == machine)
            name = machine_names[i].name;
    bool wide = file->head[EI_CLASS] == ELFCLASS64;
    bool big = file->head[EI_DATA] == ELFDATA2MSB;
    bool native = machine == HOST_MACHINE && wide && !big;
    return load_fail(error, LOAD_CANNOT_RUN, "%s: is a program for %s%s%s machines; %s (%s)",
                     file->path, wide ? "" : "32-bit ", big ? "big-endian " : "", name,
                     native ? "those like this one need no emulator" : "not among those emulated",
                     known);
}

static int corrupt(const struct file *file, struct load_error *error, const char *what) {
    return load_fail(error, LOAD_CANNOT_RUN, "%s: corrupt ELF file: %s", file->path, what);
}

static int truncated(const struct file *file, struct load_error *error, const char *what) {
    return load_fail(error, LOAD_CANNOT_RUN,
                     "%s: truncated ELF file: %s beyond the end of the file (%llu bytes)",
                     file->path, what, (unsigned long long)file->size);
}

static int check_header(const struct elf_file *elf, struct load_error *error) {
    const struct file *file = elf->file;
    const Elf64_Ehdr *header = &elf->header;
    if (header->e_ident[EI_VERSION] != EV_CURRENT)
        return corrupt(file, error, "unreadable header");
    if (header->e_type == ET_REL)
        return load_fail(error, LOAD_CANNOT_RUN, "%s: is an object file; link it first",
                         file->path);
    if (header->e_type == ET_CORE)
        return load_fail(error, LOAD_CANNOT_RUN, "%s: is a core dump, not a program", file->path);
    if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
        return corrupt(file, error, "unknown type in its header");
    if (header->e_phnum == 0 || header->e_phoff == 0)
        return load_fail(error, LOAD_CANNOT_RUN, "%s: has no program headers, nothing to load",
                         file->path);
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return corrupt(file, error, "program headers of the wrong size");
    /* The kernel's limit is that they fit into 64 KiB. */
    if (header->e_phnum > 65536 / sizeof(Elf64_Phdr))
        return corrupt(file, error, "too many program headers");
    uint64_t size = header->e_phnum * sizeof(Elf64_Phdr);
    if (header->e_phoff > file->size || size > file->size - header->e_phoff)
        return truncated(file, error, "program headers");
    return 0;
}

static int check_segment(const struct elf_file *elf, const Elf64_Phdr *segment,
                         struct load_error *error) {
    const struct file *file = elf->file;
    if (segment->p_filesz > file->size || segment->p_offset > file->size - segment->p_filesz)
        return truncated(file, error, "contents of a segment");
    if (segment->p_filesz > segment->p_memsz)
        return corrupt(file, error, "a segment is larger in the file than in memory");
    if (segment->p_vaddr > ADDRESS_LIMIT || segment->p_memsz > ADDRESS_LIMIT)
        return corrupt(file, error, "a segment is outside any address space");
    return 0;
}

/* Checks the loadable segments and finds what they span. */
static int check_segments(struct elf_file *elf, struct load_error *error) {
    const struct file *file = elf->file;
    uint64_t end = 0;
    elf->start = UINT64_MAX;
    elf->alignment = VM_PAGE;
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
            continue;
        int status = check_segment(elf, segment, error);
        if (status)
            return status;
        if (segment->p_vaddr < end)
            return corrupt(file, error, "loadable segments overlap or do not ascend");
        end = segment->p_vaddr + segment->p_memsz;
        if (elf->start == UINT64_MAX)
            elf->start = page_down(segment->p_vaddr);
        /* What is no power of two is ignored, as by the kernel. */
        if ((segment->p_align & (segment->p_align - 1)) == 0 && segment->p_align > elf->alignment)
            elf->alignment = segment->p_align;
    }
    if (elf->start == UINT64_MAX)
        return load_fail(error, LOAD_CANNOT_RUN, "%s: has no loadable segment, nothing to load",
                         file->path);
    elf->end = page_up(end);
    if (elf->header.e_type == ET_DYN && elf->alignment > ADDRESS_LIMIT)
        return corrupt(file, error, "a segment's alignment exceeds any address space");
    return 0;
}

static int read_segments(struct elf_file *elf, struct load_error *error) {
    const size_t size = elf->header.e_phnum * sizeof *elf->segments;
    elf->segments = malloc(size);
    if (!elf->segments)
        return load_fail(error, LOAD_CANNOT_RUN, "%s: %s", elf->file->path, strerror(ENOMEM));
    if (!file_read(elf->file, elf->segments, size, elf->header.e_phoff))
        return corrupt(elf->file, error, "unreadable program headers");
    return 0;
}

int elf_open(struct elf_file *elf, const struct file *file, const struct guest *guest,
             struct load_error *error) {
    *elf = (struct elf_file){.file = file, .guest = guest};
    if (file->head_size < sizeof(Elf64_Ehdr))
        return truncated(file, error, "header");
    memcpy(&elf->header, file->head, sizeof elf->header);
    int status = check_header(elf, error);
    if (!status)
        status = read_segments(elf, error);
    return status ? status : check_segments(elf, error);
}

void elf_close(struct elf_file *elf) {
    free(elf->segments);
    elf->segments = NULL;
}

const Elf64_Phdr *elf_segment(const struct elf_file *elf, uint32_t type) {
    for (unsigned i = 0; i < elf->header.e_phnum; i++)
        if (elf->segments[i].p_type == type)
            return &elf->segments[i];
    return NULL;
}

int elf_interpreter(const struct elf_file *elf, char out[PATH_MAX], struct load_error *error) {
    const struct file *file = elf->file;
    const Elf64_Phdr *segment = elf_segment(elf, PT_INTERP);
    out[0] = 0;
    if (!segment)
        return 0;
    if (segment->p_filesz > file->size || segment->p_offset > file->size - segment->p_filesz)
        return truncated(file, error, "name of the program interpreter");
    if (segment->p_filesz < 2 || segment->p_filesz > PATH_MAX)
        return corrupt(file, error, "the program interpreter's name has an impossible length");
    if (!file_read(file, out, segment->p_filesz, segment->p_offset))
        return corrupt(file, error, "the program interpreter's name cannot be read");
    if (out[segment->p_filesz - 1] || !out[0])
        return corrupt(file, error, "the program interpreter's name does not end");
    return 0;
}
