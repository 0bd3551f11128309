/* Mapping the segments of an ELF file.
 *
 * The whole span is reserved first, then each segment is put over its part. Whole pages come from
 * the file; what only partly comes from it (the page in which data end and zeros begin, a page that
 * two segments share, a segment whose offset in the file does not fit its address) is anonymous
 * memory that is read into. No byte of a file mapping is touched here, so a file that shrinks
 * meanwhile cannot raise a signal. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "loader/internal.h"

enum { FIRST_DATA = 64 << 10, PLACE_TRIES = 32, FIXED = MAP_PRIVATE | MAP_FIXED };

#define FOUR_GIB (UINT64_C(1) << 32)

static int map_error(const struct elf_file *elf, int64_t code, struct load_error *error) {
    const char *path = elf->file->path;
    uint64_t start = elf->start, end = elf->end;
    bool fixed = elf->header.e_type == ET_EXEC;
    if (fixed && code == -EEXIST)
        return load_fail(error, LOAD_CANNOT_RUN,
                         "%s: its fixed addresses %#llx-%#llx are in use here; link it as a "
                         "position-independent executable (-pie or -static-pie)",
                         path, (unsigned long long)start, (unsigned long long)end);
    if (fixed && (code == -EPERM || code == -EACCES))
        return load_fail(error, LOAD_CANNOT_RUN,
                         "%s: its fixed address %#llx is below what the system allows; lower "
                         "vm.mmap_min_addr with sysctl",
                         path, (unsigned long long)start);
    if (code == -ENOMEM)
        return load_fail(error, LOAD_CANNOT_RUN,
                         "%s: no room for its %llu KiB at %#llx: not enough memory or address "
                         "space (ulimit -v)",
                         path, (unsigned long long)((end - start) >> 10),
                         (unsigned long long)start);
    return load_fail(error, LOAD_CANNOT_RUN, "%s: mapping it failed: %s", path,
                     strerror((int)-code));
}

/* The size of the user's part of the address space: the stack is at its top. */
static uint64_t address_space(void) {
    return UINT64_C(1) << (64 - __builtin_clzll((uint64_t)__builtin_frame_address(0)));
}

static int64_t reserve(uint64_t addr, uint64_t size) {
    return vm_mmap(addr, size, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (addr ? MAP_FIXED_NOREPLACE : 0),
                   -1, 0);
}

/* Reserves the span of a position-independent file where the kernel likes, in the alignment that it
 * asks for. */
static int64_t reserve_anywhere(const struct elf_file *elf) {
    uint64_t size = elf->end - elf->start, slack = elf->alignment - VM_PAGE;
    int64_t got = reserve(0, size + slack);
    if (got < 0)
        return got;
    uint64_t lead = elf->start & (elf->alignment - 1);
    uint64_t start = (((uint64_t)got - lead + elf->alignment - 1) & ~(elf->alignment - 1)) + lead;
    if (start > (uint64_t)got)
        vm_munmap((uint64_t)got, start - (uint64_t)got);
    if (start + size < (uint64_t)got + size + slack)
        vm_munmap(start + size, (uint64_t)got + slack - start);
    return (int64_t)start;
}

/* Linux puts position-independent programs at two thirds of the address space (ELF_ET_DYN_BASE)
 * plus 28 random bits of pages where there are 47 bits of address. The first 4 GiB from there are
 * left to the emulator's own heap, which a static-pie has there. */
static int64_t reserve_program(const struct elf_file *elf, const struct randomness *random) {
    uint64_t space = address_space();
    uint64_t base = space / 3 * 2 + FOUR_GIB, state = random->image_bits;
    for (int i = 0; i < PLACE_TRIES; i++) {
        uint64_t offset = random->images ? state % (space >> 7) : (uint64_t)i * FOUR_GIB;
        uint64_t bias = (base + offset) & ~(elf->alignment - 1);
        int64_t got = bias ? reserve(bias + elf->start, elf->end - elf->start) : -EEXIST;
        if (got != -EEXIST)
            return got;
        state = state * UINT64_C(6364136223846793005) + 1;
    }
    return reserve_anywhere(elf);
}

static int64_t reserve_image(const struct elf_file *elf, enum image_place place,
                             const struct randomness *random) {
    if (elf->header.e_type == ET_EXEC) {
        /* Address 0 would mean "anywhere". */
        return elf->start ? reserve(elf->start, elf->end - elf->start) : -EPERM;
    }
    return place == IMAGE_PROGRAM ? reserve_program(elf, random) : reserve_anywhere(elf);
}

static int segment_prot(const Elf64_Phdr *segment) {
    return (segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0) |
           (segment->p_flags & PF_X ? PROT_EXEC : 0);
}

/* One segment at its run-time addresses. */
struct placed {
    const struct file *file;
    uint64_t start, file_end, memory_end;
    uint64_t offset; /* in the file, of `start` */
    int prot;
};

/* Reads the part of the segment's contents that lies in [from, to), which is writable. */
static int64_t fill(const struct placed *s, uint64_t from, uint64_t to) {
    if (from < s->start)
        from = s->start;
    if (to > s->file_end)
        to = s->file_end;
    if (from >= to)
        return 0;
    return file_read(s->file, (void *)from, to - from, s->offset + (from - s->start)) ? 0 : -EIO;
}

/* The segment's part of a page that the one before it ends in. The page gets what both allow. */
static int64_t share_page(const struct placed *s, uint64_t page) {
    int prot = vm_prot(page) | s->prot;
    uint64_t end = page + VM_PAGE;
    uint64_t zeros = s->file_end > s->start ? s->file_end : s->start;
    int64_t error = vm_mprotect(page, VM_PAGE, prot | PROT_READ | PROT_WRITE);
    if (!error)
        error = fill(s, page, end);
    if (!error && zeros < end)
        memset((void *)zeros, 0, (s->memory_end < end ? s->memory_end : end) - zeros);
    return error ? error : vm_mprotect(page, VM_PAGE, prot);
}

/* The segment's pages in [from, to): anonymous memory with its contents read into it. */
static int64_t fill_pages(const struct placed *s, uint64_t from, uint64_t to) {
    bool data = from < s->file_end;
    int prot = data ? s->prot | PROT_WRITE : s->prot;
    int64_t error = vm_mmap(from, to - from, prot, FIXED | MAP_ANONYMOUS, -1, 0);
    if (error >= 0)
        error = fill(s, from, to);
    if (error >= 0 && prot != s->prot)
        error = vm_mprotect(from, to - from, s->prot);
    return error < 0 ? error : 0;
}

/* Maps one segment; `taken` is the end of the pages that the ones before it use. */
static int64_t map_segment(const struct placed *s, uint64_t taken) {
    uint64_t at = page_down(s->start), end = page_up(s->memory_end);
    int64_t error = 0;
    if (at < taken) {
        error = share_page(s, at);
        at += VM_PAGE;
    }
    /* Pages that are the file's alone; the last may contain what follows in the file, but not where
     * zeros are due. */
    uint64_t whole = s->memory_end > s->file_end ? page_down(s->file_end) : page_up(s->file_end);
    if ((s->offset - s->start) % VM_PAGE != 0 || whole < at)
        whole = at;
    if (error >= 0 && at < whole)
        error = vm_mmap(at, whole - at, s->prot, FIXED, s->file->fd,
                        (int64_t)(s->offset + (at - s->start)));
    if (error >= 0 && whole < end)
        error = fill_pages(s, whole, end);
    /* Data: one call instead of a fault for each page that the program's start writes. */
    if (error >= 0 && s->prot & PROT_WRITE && at < end)
        madvise((void *)at, end - at < FIRST_DATA ? end - at : FIRST_DATA, MADV_POPULATE_WRITE);
    return error < 0 ? error : 0;
}

/* Where code and data are, by the kernel's rules (load_elf_binary), for /proc/self/stat. */
static void note_ranges(struct image *image, const struct placed *s) {
    if (s->prot & PROT_EXEC) {
        if (!image->code_start || s->start < image->code_start)
            image->code_start = s->start;
        if (s->file_end > image->code_end)
            image->code_end = s->file_end;
    }
    if (s->start > image->data_start)
        image->data_start = s->start;
    if (s->file_end > image->data_end)
        image->data_end = s->file_end;
}

static int64_t map_segments(struct image *image, const struct elf_file *elf) {
    uint64_t taken = image->start;
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        const Elf64_Phdr *segment = &elf->segments[i];
        if (segment->p_type != PT_LOAD || segment->p_memsz == 0)
            continue;
        uint64_t start = image->bias + segment->p_vaddr;
        struct placed s = {elf->file,
                           start,
                           start + segment->p_filesz,
                           start + segment->p_memsz,
                           segment->p_offset,
                           segment_prot(segment)};
        int64_t error = page_down(start) > taken ? vm_munmap(taken, page_down(start) - taken) : 0;
        if (!error)
            error = map_segment(&s, taken);
        if (error)
            return error;
        taken = page_up(s.memory_end);
        note_ranges(image, &s);
        if (elf->header.e_phoff - segment->p_offset < segment->p_filesz && !image->headers)
            image->headers = start + (elf->header.e_phoff - segment->p_offset);
    }
    return 0;
}

int image_map(struct image *image, const struct elf_file *elf, enum image_place place,
              const struct randomness *random, struct load_error *error) {
    int64_t base = reserve_image(elf, place, random);
    if (base < 0)
        return map_error(elf, base, error);
    uint64_t bias = (uint64_t)base - elf->start;
    *image = (struct image){
        .bias = bias,
        .start = (uint64_t)base,
        .end = bias + elf->end,
        .entry = bias + elf->header.e_entry,
    };
    int64_t code = map_segments(image, elf);
    return code ? map_error(elf, code, error) : 0;
}
