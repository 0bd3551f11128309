#include "emu/warm.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "emu/machine.h"
#include "emu/options.h"
#include "runtime/log.h"
#include "translator/ahead.h"

enum { FAILED = 1 };

struct names {
    char **name;
    size_t count, capacity;
};

struct totals {
    uint64_t files, functions;
    struct ahead_counts counts;
};

static void *grow(void *array, size_t *capacity, size_t element) {
    *capacity = *capacity ? 2 * *capacity : 64;
    void *bigger = realloc(array, *capacity * element);
    if (!bigger)
        die(FAILED, "out of memory");
    return bigger;
}

/* --- which files --- */

static struct names files;

/* The machine of an ELF file whose programs or libraries are 64-bit and little-endian; 0 for
 * others. */
static uint16_t machine_of(const char *path) {
    Elf64_Ehdr header;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return 0;
    const bool good = read(fd, &header, sizeof header) == (ssize_t)sizeof header &&
                      memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                      header.e_ident[EI_CLASS] == ELFCLASS64 &&
                      header.e_ident[EI_DATA] == ELFDATA2LSB &&
                      (header.e_type == ET_EXEC || header.e_type == ET_DYN);
    close(fd);
    return good ? header.e_machine : 0;
}

static int add_file(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)where;
    if (kind != FTW_F || !S_ISREG(status->st_mode))
        return 0;
    if (files.count == files.capacity)
        files.name = grow(files.name, &files.capacity, sizeof *files.name);
    if (!(files.name[files.count] = strdup(path)))
        die(FAILED, "out of memory");
    files.count++;
    return 0;
}

/* --- one file in memory --- */

struct image {
    char *memory;
    size_t size;
    uint64_t bias; /* of addresses in memory over those in the file */
    struct ahead_range *text;
    size_t text_count, text_capacity;
    uint64_t *entry;
    size_t entry_count, entry_capacity;
};

static void add_entry(struct image *image, uint64_t address) {
    if (image->entry_count == image->entry_capacity)
        image->entry = grow(image->entry, &image->entry_capacity, sizeof *image->entry);
    image->entry[image->entry_count++] = address + image->bias;
}

static void add_text(struct image *image, uint64_t address, uint64_t size) {
    if (image->text_count == image->text_capacity)
        image->text = grow(image->text, &image->text_capacity, sizeof *image->text);
    image->text[image->text_count++] =
        (struct ahead_range){address + image->bias, address + size + image->bias};
}

/* Maps the executable segments where their addresses say, relative to each other. */
static bool map_segments(struct image *image, Elf *elf, int fd, uint64_t file_size) {
    const uint64_t page = (uint64_t)getpagesize();
    uint64_t start = UINT64_MAX, end = 0;
    size_t count;
    GElf_Phdr p;
    if (elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_LOAD)
            continue;
        if (p.p_filesz > file_size || p.p_offset > file_size - p.p_filesz ||
            p.p_vaddr > UINT64_MAX / 4 || (p.p_vaddr - p.p_offset) % page != 0)
            return false;
        start = p.p_vaddr < start ? p.p_vaddr & -page : start;
        end = p.p_vaddr + p.p_filesz > end ? p.p_vaddr + p.p_filesz : end;
    }
    if (start >= end || end - start > UINT64_C(1) << 40)
        return false;
    image->size = end - start + page;
    image->memory =
        mmap(NULL, image->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (image->memory == MAP_FAILED) {
        image->memory = NULL;
        return false;
    }
    image->bias = (uint64_t)(uintptr_t)image->memory - start;
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &p) || p.p_type != PT_LOAD || p.p_filesz == 0)
            continue;
        const uint64_t skew = p.p_vaddr % page;
        if (mmap((void *)(uintptr_t)(p.p_vaddr - skew + image->bias), p.p_filesz + skew, PROT_READ,
                 MAP_PRIVATE | MAP_FIXED, fd, (off_t)(p.p_offset - skew)) == MAP_FAILED)
            return false;
    }
    return true;
}

/* --- where its code is --- */

static void add_symbols(struct image *image, Elf_Scn *section, const GElf_Shdr *header) {
    Elf_Data *data = elf_getdata(section, NULL);
    for (size_t i = 0; data && header->sh_entsize && i < header->sh_size / header->sh_entsize;
         i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) && GELF_ST_TYPE(symbol.st_info) == STT_FUNC &&
            symbol.st_shndx != SHN_UNDEF)
            add_entry(image, symbol.st_value);
    }
}

/* Addresses that are filled in at run time: of functions, among others. */
static void add_relocations(struct image *image, Elf_Scn *section, const GElf_Shdr *header) {
    Elf_Data *data = elf_getdata(section, NULL);
    for (size_t i = 0; data && header->sh_entsize && i < header->sh_size / header->sh_entsize;
         i++) {
        GElf_Rela relocation;
        if (gelf_getrela(data, (int)i, &relocation) && relocation.r_addend > 0)
            add_entry(image, (uint64_t)relocation.r_addend);
    }
}

/* Whether the bytes at `address` are in the file and so in memory. */
static bool is_mapped(Elf *elf, uint64_t address, uint64_t size) {
    size_t count = 0;
    GElf_Phdr p;
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(elf, (int)i, &p) && p.p_type == PT_LOAD && address >= p.p_vaddr &&
            size <= p.p_filesz && address - p.p_vaddr <= p.p_filesz - size)
            return true;
    return false;
}

static void look_at_sections(struct image *image, Elf *elf) {
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)
            add_symbols(image, section, &header);
        else if (header.sh_type == SHT_RELA && header.sh_flags & SHF_ALLOC)
            add_relocations(image, section, &header);
        else if (header.sh_type == SHT_PROGBITS && header.sh_flags & SHF_EXECINSTR &&
                 is_mapped(elf, header.sh_addr, header.sh_size))
            add_text(image, header.sh_addr, header.sh_size);
    }
}

/* The table of .eh_frame_hdr: the start of every function that can be unwound, 4 bytes each for its
 * address and its description, both relative to the table's segment. */
static void add_unwind_table(struct image *image, Elf *elf, const GElf_Phdr *p) {
    enum { UDATA4 = 0x03, SDATA4_DATAREL = 0x3b };
    struct {
        uint8_t version, frame_encoding, count_encoding, table_encoding;
        int32_t frame;
        uint32_t count;
        int32_t pair[][2];
    } const *table = (const void *)(uintptr_t)(p->p_vaddr + image->bias);
    if (p->p_filesz < sizeof *table || !is_mapped(elf, p->p_vaddr, p->p_filesz) ||
        table->version != 1 || table->count_encoding != UDATA4 ||
        table->table_encoding != SDATA4_DATAREL ||
        table->count > (p->p_filesz - sizeof *table) / sizeof table->pair[0])
        return;
    for (uint32_t i = 0; i < table->count; i++)
        add_entry(image, p->p_vaddr + (uint64_t)(int64_t)table->pair[i][0]);
}

static void look_at_segments(struct image *image, Elf *elf, const GElf_Ehdr *header) {
    GElf_Phdr p;
    size_t count = 0;
    elf_getphdrnum(elf, &count);
    const bool without_sections = image->text_count == 0;
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &p))
            continue;
        if (p.p_type == PT_GNU_EH_FRAME)
            add_unwind_table(image, elf, &p);
        else if (p.p_type == PT_LOAD && p.p_flags & PF_X && without_sections)
            add_text(image, p.p_vaddr, p.p_filesz);
    }
    if (header->e_entry)
        add_entry(image, header->e_entry);
}

static int compare_ranges(const void *a, const void *b) {
    const struct ahead_range *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static int compare_addresses(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorts what was found; overlapping sections, which only a broken file has, are cut. */
static void sort_image(struct image *image) {
    if (image->text_count)
        qsort(image->text, image->text_count, sizeof *image->text, compare_ranges);
    for (size_t i = 1; i < image->text_count; i++)
        if (image->text[i].start < image->text[i - 1].end)
            image->text[i - 1].end = image->text[i].start;
    if (image->entry_count)
        qsort(image->entry, image->entry_count, sizeof *image->entry, compare_addresses);
    size_t kept = 0;
    for (size_t i = 0; i < image->entry_count; i++)
        if (kept == 0 || image->entry[i] != image->entry[kept - 1])
            image->entry[kept++] = image->entry[i];
    image->entry_count = kept;
}

static size_t count_functions(const struct image *image) {
    size_t count = 0;
    for (size_t i = 0, t = 0; i < image->entry_count; i++) {
        while (t < image->text_count && image->entry[i] >= image->text[t].end)
            t++;
        count += t < image->text_count && image->entry[i] >= image->text[t].start;
    }
    return count;
}

/* --- translating --- */

struct bar {
    const char *name;
    size_t number, count;
    double shown;
};

static void show_progress(double done, void *data) {
    struct bar *bar = data;
    enum { WIDTH = 30 };
    if (done - bar->shown < 0.01)
        return;
    bar->shown = done;
    const int filled = (int)(done * WIDTH);
    const char *slash = strrchr(bar->name, '/');
    fprintf(stderr, "\r[%.*s%*s] %zu/%zu %.40s\033[K", filled, "##############################",
            WIDTH - filled, "", bar->number, bar->count, slash ? slash + 1 : bar->name);
}

static bool warm_file(const char *path, unsigned threads, struct bar *bar, struct totals *totals) {
    struct image image = {0};
    struct stat status;
    GElf_Ehdr header;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
    const bool good = elf && fstat(fd, &status) == 0 && gelf_getehdr(elf, &header) &&
                      map_segments(&image, elf, fd, (uint64_t)status.st_size);
    if (good) {
        look_at_sections(&image, elf);
        look_at_segments(&image, elf, &header);
        sort_image(&image);
        const struct ahead_file file = {image.text, image.text_count, image.entry,
                                        image.entry_count};
        ahead_translate(&file, threads, &totals->counts, bar ? show_progress : NULL, bar);
        totals->files++;
        totals->functions += count_functions(&image);
    }
    if (elf)
        elf_end(elf);
    if (fd >= 0)
        close(fd);
    if (image.memory)
        munmap(image.memory, image.size);
    free(image.text);
    free(image.entry);
    return good;
}

/* All files of one guest, in a process of its own: a process emulates one guest. */
static int warm_guest(const struct guest *guest, const struct options *options,
                      struct totals *totals) {
    struct engine_options engine = options->engine;
    const char *error = engine_init(guest, &engine);
    if (error)
        die(FAILED, "%s", error);
    if (!engine_keeps_translations())
        die(FAILED, "there is no store to warm: see --cache-dir, and -d cache for the reason");
    elf_version(EV_CURRENT);
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned threads = options->jobs    ? options->jobs
                             : processors > 0 ? (unsigned)processors
                                              : 1;
    int status = 0;
    const bool terminal = isatty(STDERR_FILENO);
    struct bar bar = {.count = files.count};
    for (size_t i = 0; i < files.count; i++) {
        if (machine_of(files.name[i]) != guest->elf_machine)
            continue;
        bar.name = files.name[i];
        bar.number = i + 1;
        bar.shown = -1;
        if (!warm_file(files.name[i], threads, terminal ? &bar : NULL, totals)) {
            fprintf(stderr, "denizen: %s: cannot be read as an ELF file; passed over\n",
                    files.name[i]);
            status = FAILED;
        }
    }
    engine_save();
    if (terminal)
        fputs("\r\033[K", stderr);
    return status;
}

static void print_totals(const struct guest *guest, const struct totals *t, double seconds) {
    printf("%s: %" PRIu64 " files, %" PRIu64 " functions, %" PRIu64 " blocks (%" PRIu64
           " new, %" PRIu64 " already there), %" PRIu64 " instructions, %.2f million a second\n",
           guest->name, t->files, t->functions, t->counts.units,
           t->counts.units - t->counts.present, t->counts.present, t->counts.insns,
           seconds > 0 ? (double)t->counts.insns / seconds / 1e6 : 0);
}

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int warm_guest_apart(const struct guest *guest, const struct options *options) {
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        struct totals totals = {0};
        const double start = seconds_now();
        const int status = warm_guest(guest, options, &totals);
        print_totals(guest, &totals, seconds_now() - start);
        exit(status);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        die(FAILED, "cannot start a process: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : FAILED;
}

int warm_command(const struct options *options) {
    int status = 0;
    for (char **name = options->arguments; *name; name++)
        if (nftw(*name, add_file, 16, FTW_PHYS) != 0) {
            fprintf(stderr, "denizen: %s: %s\n", *name, strerror(errno));
            status = FAILED;
        }
    bool any = false;
    for (unsigned g = 0; machine_guests[g]; g++) {
        bool needed = false;
        for (size_t i = 0; i < files.count && !needed; i++)
            needed = machine_of(files.name[i]) == machine_guests[g]->elf_machine;
        if (needed)
            status |= warm_guest_apart(machine_guests[g], options);
        any |= needed;
    }
    if (!any) {
        fprintf(stderr,
                "denizen: --warm: no program or library for another processor among %zu files\n",
                files.count);
        status = FAILED;
    }
    return status;
}
