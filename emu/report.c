#include "emu/report.h"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/cpu.h"
#include "runtime/guest.h"
#include "runtime/log.h"
#include "runtime/program.h"
#include "runtime/thread.h"
#include "runtime/vm.h"

enum { FRAMES_MOST = 32 };

static bool is_quiet;

void report_set_quiet(bool quiet) {
    is_quiet = quiet;
}

/* --- where an address is --- */

struct place {
    uint64_t address;
    uint64_t file_offset;
    char path[PATH_MAX]; /* "": not in a mapped file */
};

static void find_mapping(const struct vm_mapping *mapping, void *data) {
    struct place *place = data;
    if (place->address < mapping->start || place->address >= mapping->end)
        return;
    place->file_offset = place->address - mapping->start + mapping->offset;
    snprintf(place->path, sizeof place->path, "%s", mapping->path);
}

/* The address in the file's own terms, from its program headers. */
static bool link_address(Elf *elf, uint64_t file_offset, uint64_t *address) {
    size_t count;
    GElf_Phdr header;
    if (elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD)
            continue;
        if (file_offset < header.p_offset || file_offset >= header.p_offset + header.p_filesz)
            continue;
        *address = header.p_vaddr + (file_offset - header.p_offset);
        return true;
    }
    return false;
}

/* The last function of a symbol table that starts at or below `address` and, if it has a size,
 * holds it. */
static const char *search_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header,
                                uint64_t address, uint64_t *offset) {
    Elf_Data *data = elf_getdata(section, NULL);
    const char *best = NULL;
    GElf_Sym symbol;
    if (!data || header->sh_entsize == 0)
        return NULL;
    for (size_t i = 0; i < header->sh_size / header->sh_entsize; i++) {
        if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF)
            continue;
        int type = GELF_ST_TYPE(symbol.st_info);
        if ((type != STT_FUNC && type != STT_NOTYPE) || symbol.st_value > address)
            continue;
        if (type == STT_NOTYPE && symbol.st_size == 0)
            continue; /* assembler labels and mapping symbols */
        if (symbol.st_size && address - symbol.st_value >= symbol.st_size)
            continue;
        if (best && address - symbol.st_value > *offset)
            continue;
        *offset = address - symbol.st_value;
        best = elf_strptr(elf, header->sh_link, symbol.st_name);
    }
    return best;
}

static const char *find_symbol(Elf *elf, uint64_t address, uint64_t *offset) {
    static const unsigned tables[] = {SHT_SYMTAB, SHT_DYNSYM};
    for (unsigned i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        Elf_Scn *section = NULL;
        while ((section = elf_nextscn(elf, section))) {
            GElf_Shdr header;
            if (!gelf_getshdr(section, &header) || header.sh_type != tables[i])
                continue;
            const char *name = search_table(elf, section, &header, address, offset);
            if (name)
                return name;
        }
    }
    return NULL;
}

/* Prints "SYMBOL+0xOFFSET in FILE", or as much of that as is known. */
static void print_place(FILE *out, uint64_t address) {
    struct place place = {.address = address};
    uint64_t linked, offset = 0;

    vm_for_each(find_mapping, &place);
    if (!place.path[0])
        return;
    int fd = open(place.path, O_RDONLY | O_CLOEXEC);
    Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
    const char *name = NULL;
    if (elf && link_address(elf, place.file_offset, &linked))
        name = find_symbol(elf, linked, &offset);
    if (name)
        fprintf(out, " %s+0x%" PRIx64 " in %s", name, offset, place.path);
    else
        fprintf(out, " %s+0x%" PRIx64, place.path, place.file_offset);
    elf_end(elf);
    if (fd >= 0)
        close(fd);
}

/* --- what happened --- */

static const char *cause(int number, int code) {
    static const struct {
        int number, code;
        const char *text;
    } causes[] = {
        {SIGSEGV, SEGV_MAPERR, "address not mapped"},
        {SIGSEGV, SEGV_ACCERR, "access not permitted"},
        {SIGBUS, BUS_ADRALN, "misaligned address"},
        {SIGBUS, BUS_ADRERR, "nothing behind the mapping"},
        {SIGBUS, BUS_OBJERR, "hardware error"},
        {SIGILL, ILL_ILLOPC, "illegal instruction"},
        {SIGFPE, FPE_INTDIV, "division by zero"},
        {SIGFPE, FPE_FLTINV, "invalid floating-point operation"},
        {SIGTRAP, TRAP_BRKPT, "breakpoint"},
    };
    for (unsigned i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (causes[i].number == number && causes[i].code == code)
            return causes[i].text;
    return NULL;
}

static void print_cause(FILE *out, const siginfo_t *info) {
    const char *text = cause(info->si_signo, info->si_code);
    if (text)
        fprintf(out, ", %s, address 0x%" PRIx64, text, (uint64_t)(uintptr_t)info->si_addr);
    else if (info->si_code == SI_KERNEL)
        fprintf(out, ", from the kernel");
    else if (info->si_code <= 0)
        fprintf(out, ", sent by process %d", (int)info->si_pid);
    else
        fprintf(out, ", code %d", info->si_code);
}

static void print_instruction(FILE *out, const struct cpu *cpu) {
    struct guest_unit unit = {.pc = cpu->pc, .mode = cpu->mode};
    char text[128];
    uint64_t end = vm_executable_end(cpu->pc, UNIT_MAX_BYTES, &(struct vm_run){0});
    uint8_t byte;
    if (end <= cpu->pc || guest_read(&byte, cpu->pc, 1) != 0 || !cpu->guest->scan(&unit, end, 1))
        return;
    cpu->guest->disassemble(&unit.insn[0], cpu->pc, text, sizeof text);
    fprintf(out, "  instruction  %0*" PRIx32 "  %s\n", 2 * unit.insn[0].length, unit.insn[0].word,
            text);
}

static void print_registers(FILE *out, const struct cpu *cpu) {
    int column = 0;
    for (int i = 0; i < CPU_GPRS; i++) {
        if (i == cpu->guest->zero_gpr || !cpu->guest->gpr_names[i])
            continue;
        fprintf(out, "  %4s %016" PRIx64 "%s", cpu->guest->gpr_names[i], cpu->gpr[i],
                ++column % 4 == 0 ? "\n" : "");
    }
    if (column % 4)
        fputc('\n', out);
}

static bool is_code(uint64_t address) {
    return vm_executable_end(address, 1, &(struct vm_run){0}) > address;
}

/* The link register is the caller only in a function that has called nothing yet, and frame
 * pointers are only where the program was built with them: what is not code ends the walk. */
static void print_backtrace(FILE *out, const struct cpu *cpu) {
    const struct guest *guest = cpu->guest;
    uint64_t address = cpu->pc, frame = cpu->gpr[guest->frame_gpr];
    uint64_t sp = cpu->gpr[guest->sp_gpr], link = cpu->gpr[guest->link_gpr];

    for (int i = 0; i < FRAMES_MOST; i++) {
        fprintf(out, "  #%-2d 0x%016" PRIx64, i, address);
        print_place(out, address);
        fputc('\n', out);
        uint64_t return_address, next;
        bool framed = frame % 8 == 0 && frame > sp &&
                      guest_read(&return_address, frame + (uint64_t)guest->frame_return, 8) == 0 &&
                      guest_read(&next, frame + (uint64_t)guest->frame_next, 8) == 0;
        if (i == 0 && link != address && is_code(link) && !(framed && return_address == link)) {
            address = link;
            if (framed && !is_code(return_address)) {
                /* A function that calls nothing saves the frame register alone, in that place. */
                sp = frame;
                frame = return_address;
            }
            continue;
        }
        if (!framed || !is_code(return_address))
            return;
        address = return_address;
        sp = frame; /* frames lie ever higher: no endless walk */
        frame = next;
    }
}

void report_death(struct cpu *cpu, const siginfo_t *info) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = is_quiet ? NULL : open_memstream(&text, &size);
    if (!out)
        return;
    const char *name = sigabbrev_np(info->si_signo), *description = sigdescr_np(info->si_signo);
    elf_version(EV_CURRENT);
    fprintf(out, "denizen: %s (pid %d, thread %d) died of SIG%s, %s",
            program.path ? program.path : cpu->guest->name, (int)getpid(), (int)cpu->thread->tid,
            name ? name : "?", description ? description : "unknown signal");
    print_cause(out, info);
    fprintf(out, "\n  pc 0x%016" PRIx64, cpu->pc);
    print_place(out, cpu->pc);
    fputc('\n', out);
    print_instruction(out, cpu);
    print_registers(out, cpu);
    fprintf(out, "  backtrace:\n");
    print_backtrace(out, cpu);
    fclose(out);
    ssize_t written = write(STDERR_FILENO, text, size); /* at once, against mixing with others */
    (void)written;
    free(text);
}
