/* The guest's vDSO: an ELF image around the guest's code, made at start-up.
 *
 * It holds what the C libraries and Go's run-time look for: a load and a dynamic segment, both
 * kinds of hash table (one bucket each; there are few symbols), and symbol versions. */
#include <string.h>
#include <sys/mman.h>

#include "loader/internal.h"

static const char soname[] = "linux-vdso.so.1";

enum { CODE_ALIGN = 16, FIRST_SYMBOL = 1, VERSION_BASE = 1, VERSION_INDEX = 2, DYNAMIC_COUNT = 11 };

/* Offsets of the parts in the image. */
struct layout {
    size_t strings, strings_size, symbols, hash, gnu_hash, versions, definitions, dynamic, code,
        end;
};

static size_t take(size_t *at, size_t size) {
    size_t start = (*at + 7) & ~(size_t)7;
    *at = start + size;
    return start;
}

static struct layout lay_out(const struct guest_vdso *vdso) {
    struct layout l;
    size_t count = vdso->symbol_count + FIRST_SYMBOL;
    size_t at = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
    l.strings_size = 1 + sizeof soname + strlen(vdso->version) + 1;
    for (unsigned i = 0; i < vdso->symbol_count; i++)
        l.strings_size += strlen(vdso->symbols[i].name) + 1;
    l.strings = take(&at, l.strings_size);
    l.symbols = take(&at, count * sizeof(Elf64_Sym));
    l.hash = take(&at, (2 + 1 + count) * sizeof(Elf64_Word));
    l.gnu_hash = take(&at, 4 * sizeof(Elf64_Word) + 8 + (1 + count) * sizeof(Elf64_Word));
    l.versions = take(&at, count * sizeof(Elf64_Half));
    l.definitions = take(&at, 2 * (sizeof(Elf64_Verdef) + sizeof(Elf64_Verdaux)));
    l.dynamic = take(&at, DYNAMIC_COUNT * sizeof(Elf64_Dyn));
    l.code = (at + CODE_ALIGN - 1) & ~(size_t)(CODE_ALIGN - 1);
    l.end = l.code + vdso->code_size;
    return l;
}

size_t vdso_size(const struct guest *guest) {
    return page_up(lay_out(guest->vdso).end);
}

/* The hash functions of the System V and GNU tables. */
static uint32_t sysv_hash(const char *name) {
    uint32_t hash = 0;
    for (; *name; name++) {
        hash = (hash << 4) + (uint8_t)*name;
        hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
    }
    return hash;
}

static uint32_t gnu_hash(const char *name) {
    uint32_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (uint8_t)*name;
    return hash;
}

static void write_headers(const struct guest *guest, const struct layout *l, uint8_t *out) {
    const Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_DYN,
        .e_machine = guest->elf_machine,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof header,
        .e_ehsize = sizeof header,
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 2,
    };
    const Elf64_Phdr segments[2] = {
        {
            .p_type = PT_LOAD,
            .p_flags = PF_R | PF_X,
            .p_filesz = l->end,
            .p_memsz = l->end,
            .p_align = VM_PAGE,
        },
        {
            .p_type = PT_DYNAMIC,
            .p_flags = PF_R,
            .p_offset = l->dynamic,
            .p_vaddr = l->dynamic,
            .p_paddr = l->dynamic,
            .p_filesz = DYNAMIC_COUNT * sizeof(Elf64_Dyn),
            .p_memsz = DYNAMIC_COUNT * sizeof(Elf64_Dyn),
            .p_align = 8,
        },
    };
    memcpy(out, &header, sizeof header);
    memcpy(out + sizeof header, segments, sizeof segments);
}

/* Appends a string to the string table and returns its offset there. */
static uint32_t add_string(char *strings, size_t *used, const char *text) {
    uint32_t at = (uint32_t)*used;
    const size_t size = strlen(text) + 1;
    memcpy(strings + at, text, size);
    *used += size;
    return at;
}

static void write_symbols(const struct guest_vdso *vdso, const struct layout *l, uint8_t *out,
                          size_t *used) {
    Elf64_Sym *symbols = (Elf64_Sym *)(out + l->symbols);
    Elf64_Half *versions = (Elf64_Half *)(out + l->versions);
    for (unsigned i = 0; i < vdso->symbol_count; i++) {
        const struct guest_vdso_symbol *from = &vdso->symbols[i];
        symbols[FIRST_SYMBOL + i] = (Elf64_Sym){
            .st_name = add_string((char *)out + l->strings, used, from->name),
            .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
            .st_shndx = 1, /* defined; there is no section table to name one of */
            .st_value = l->code + from->offset,
            .st_size = from->size,
        };
        versions[FIRST_SYMBOL + i] = VERSION_INDEX;
    }
}

static void write_hash_tables(const struct guest_vdso *vdso, const struct layout *l, uint8_t *out) {
    unsigned count = vdso->symbol_count + FIRST_SYMBOL;
    /* bucket count, chain count, the bucket, a chain from each symbol to the next */
    Elf64_Word *hash = (Elf64_Word *)(out + l->hash);
    hash[0] = 1;
    hash[1] = count;
    hash[2] = FIRST_SYMBOL;
    for (unsigned i = FIRST_SYMBOL; i + 1 < count; i++)
        hash[3 + i] = i + 1;

    /* bucket count, first symbol, Bloom words, Bloom shift, a Bloom word that excludes nothing, the
     * bucket, and the hash of each symbol, whose lowest bit marks the end of the bucket */
    Elf64_Word *gnu = (Elf64_Word *)(out + l->gnu_hash);
    gnu[0] = 1;
    gnu[1] = FIRST_SYMBOL;
    gnu[2] = 1;
    gnu[3] = 6;
    gnu[4] = gnu[5] = UINT32_MAX;
    gnu[6] = FIRST_SYMBOL;
    for (unsigned i = 0; i < vdso->symbol_count; i++)
        gnu[7 + i] = gnu_hash(vdso->symbols[i].name) & ~UINT32_C(1);
    gnu[6 + vdso->symbol_count] |= 1;
}

static void write_versions(const struct guest_vdso *vdso, const struct layout *l, uint8_t *out,
                           uint32_t soname_at, uint32_t version_at) {
    const struct {
        const char *name;
        uint32_t at;
        uint16_t flags, index;
    } rows[2] = {
        {soname, soname_at, VER_FLG_BASE, VERSION_BASE},
        {vdso->version, version_at, 0, VERSION_INDEX},
    };
    enum { STEP = sizeof(Elf64_Verdef) + sizeof(Elf64_Verdaux) };
    for (int i = 0; i < 2; i++) {
        const Elf64_Verdef definition = {
            .vd_version = VER_DEF_CURRENT,
            .vd_flags = rows[i].flags,
            .vd_ndx = rows[i].index,
            .vd_cnt = 1,
            .vd_hash = sysv_hash(rows[i].name),
            .vd_aux = sizeof definition,
            .vd_next = i == 0 ? STEP : 0,
        };
        const Elf64_Verdaux name = {.vda_name = rows[i].at};
        memcpy(out + l->definitions + i * STEP, &definition, sizeof definition);
        memcpy(out + l->definitions + i * STEP + sizeof definition, &name, sizeof name);
    }
}

size_t vdso_build(const struct guest *guest, uint8_t *out) {
    const struct guest_vdso *vdso = guest->vdso;
    const struct layout l = lay_out(vdso);
    memset(out, 0, page_up(l.end));
    write_headers(guest, &l, out);
    size_t used = 1;
    uint32_t soname_at = add_string((char *)out + l.strings, &used, soname);
    uint32_t version_at = add_string((char *)out + l.strings, &used, vdso->version);
    write_symbols(vdso, &l, out, &used);
    write_hash_tables(vdso, &l, out);
    write_versions(vdso, &l, out, soname_at, version_at);
    const Elf64_Dyn dynamic[DYNAMIC_COUNT] = {
        {DT_SONAME, {soname_at}},
        {DT_STRTAB, {l.strings}},
        {DT_STRSZ, {l.strings_size}},
        {DT_SYMTAB, {l.symbols}},
        {DT_SYMENT, {sizeof(Elf64_Sym)}},
        {DT_HASH, {l.hash}},
        {DT_GNU_HASH, {l.gnu_hash}},
        {DT_VERSYM, {l.versions}},
        {DT_VERDEF, {l.definitions}},
        {DT_VERDEFNUM, {2}},
        {DT_NULL, {0}},
    };
    memcpy(out + l.dynamic, dynamic, sizeof dynamic);
    memcpy(out + l.code, vdso->code, vdso->code_size);
    return l.code;
}

int vdso_map(const struct guest *guest, uint64_t *address, uint64_t *sigreturn,
             struct load_error *error) {
    *address = *sigreturn = 0;
    if (!guest->vdso)
        return 0;
    size_t size = vdso_size(guest);
    const int64_t at =
        vm_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (at <= 0)
        return load_fail(error, LOAD_CANNOT_RUN, "no memory for the vDSO: %s", strerror((int)-at));
    *address = (uint64_t)at;
    *sigreturn = *address + vdso_build(guest, (uint8_t *)at) + guest->vdso->sigreturn;
    vm_mprotect(*address, size, PROT_READ | PROT_EXEC);
    vm_set_vdso(*address, *address + size);
    return 0;
}
