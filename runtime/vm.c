/* The guest's address space.
 *
 * The record knows what the guest mapped and with which protection; everything else in the address
 * space is the emulator's or free. A guest call that names addresses (MAP_FIXED and the like) may
 * only replace what is in the record: for the rest of its range the kernel is asked with
 * MAP_FIXED_NOREPLACE, which fails if anything of the emulator's is there. So no list of the
 * emulator's own memory is needed, and none can be out of date.
 *
 * Record and kernel change together under one lock. Translations are dropped after the lock is
 * released and before the call returns to the guest, because the code cache's lock may be held
 * while a translation asks vm_executable_end. */
#include "runtime/vm.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "runtime/hooks.h"
#include "runtime/log.h"
#include "runtime/region_map.h"
#include "runtime/vm_maps.h"

enum {
    /* What the record keeps of the mmap flags, beside bits of its own that mmap has no use for. */
    KEPT_FLAGS = MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN,
    REGION_SHM = 1 << 29,      /* made by shmat */
    REGION_DONTFORK = 1 << 30, /* MADV_DONTFORK */
};

/* Flags that mean something in x86 mmap alone; the same bits are ignored by other architectures. */
#if defined(__x86_64__)
enum { FOREIGN_FLAGS = 0x40 | 0x80 }; /* MAP_32BIT, MAP_ABOVE4G */
#else
enum { FOREIGN_FLAGS = 0 };
#endif

struct range {
    uint64_t start, end;
};

static struct {
    pthread_mutex_t lock;
    struct region_map map;
    /* Counts changes of what is executable: says whether a struct vm_run still holds. */
    _Atomic uint64_t executable_version;
    struct range heap; /* what vm_brk gave out; need not end at a page */
    struct range stack, vdso;
    struct range *segments; /* attached by shmat */
    size_t segment_count;
} space = {.lock = PTHREAD_MUTEX_INITIALIZER, .executable_version = 1};

static uint64_t page_down(uint64_t addr) {
    return addr & ~(uint64_t)(VM_PAGE - 1);
}

/* Rounds a length up; 0 for what does not fit, as for 0. */
static uint64_t page_up(uint64_t length) {
    return (length + VM_PAGE - 1) & ~(uint64_t)(VM_PAGE - 1);
}

static bool contains(struct range range, uint64_t addr) {
    return addr >= range.start && addr < range.end;
}

/* Guest code is read by the translator and never executed in place. */
static int host_prot(int prot) {
    return prot & PROT_EXEC ? (prot & ~PROT_EXEC) | PROT_READ : prot;
}

static void lock(void) {
    pthread_mutex_lock(&space.lock);
}

static void unlock(void) {
    pthread_mutex_unlock(&space.lock);
}

static bool executable(uint64_t start, uint64_t end) {
    return region_map_has_prot(&space.map, start, end, PROT_EXEC);
}

/* Records [start, end); true if guest code was there before. */
static bool record(uint64_t start, uint64_t end, int prot, int flags) {
    bool had_code = executable(start, end);
    region_map_set(&space.map, start, end, (uint32_t)prot, (uint32_t)flags);
    if (had_code || (prot & PROT_EXEC))
        atomic_fetch_add(&space.executable_version, 1);
    return had_code;
}

static bool forget(uint64_t start, uint64_t end) {
    bool had_code = executable(start, end);
    region_map_clear(&space.map, start, end);
    if (had_code)
        atomic_fetch_add(&space.executable_version, 1);
    return had_code;
}

static void drop_translations(uint64_t start, uint64_t end) {
    if (hooks.invalidate)
        hooks.invalidate(start, end);
}

/* The kernel extends MAP_GROWSDOWN mappings by itself; catches up with it for the one whose lower
 * end lies in or just above [start, end). */
static void follow_growth(uint64_t start, uint64_t end) {
    uint64_t gap = start, stop;
    if (!region_map_next_gap(&space.map, &gap, end, &stop))
        return;
    const struct region *above = region_map_find(&space.map, gap);
    if (!above || !(above->flags & MAP_GROWSDOWN))
        return;
    const struct region grown = *above;
    char *text = vm_maps_read(), *rest = text;
    struct vm_mapping host;
    while (text && vm_maps_next(&rest, &host))
        if (host.start < grown.start && host.end > grown.start)
            region_map_set(&space.map, host.start, grown.start, grown.prot, grown.flags);
    free(text);
}

/* Before a change of [start, end): room in the record, and the record up to date. */
static int prepare(uint64_t start, uint64_t end) {
    int error = region_map_reserve(&space.map, 3);
    if (!error)
        follow_growth(start, end);
    return error;
}

static int64_t host_mmap(uint64_t addr, uint64_t length, int prot, int flags, int fd,
                         int64_t offset) {
    void *got = mmap((void *)addr, length, host_prot(prot), flags, fd, offset);
    if (got == MAP_FAILED)
        return -errno;
    /* Kernels before 4.17 take MAP_FIXED_NOREPLACE for a mere hint. */
    if ((flags & MAP_FIXED_NOREPLACE) && (uint64_t)got != addr) {
        munmap(got, length);
        return -EEXIST;
    }
    return (int64_t)got;
}

static void release_gaps(uint64_t start, uint64_t end) {
    for (uint64_t stop; region_map_next_gap(&space.map, &start, end, &stop); start = stop)
        munmap((void *)start, stop - start);
}

/* Takes possession of what the guest has not mapped in [start, end), so that a call that replaces
 * mappings meets nobody else's there; -ENOMEM, with nothing changed, when it is not free. */
static int claim_gaps(uint64_t start, uint64_t end) {
    uint64_t at = start;
    for (uint64_t stop; region_map_next_gap(&space.map, &at, end, &stop); at = stop) {
        int64_t got =
            host_mmap(at, stop - at, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        if (got < 0) {
            release_gaps(start, at);
            return got == -EEXIST ? -ENOMEM : (int)got;
        }
    }
    return 0;
}

/* mmap with MAP_FIXED. */
static int64_t map_over(uint64_t addr, uint64_t length, int prot, int flags, int fd,
                        int64_t offset) {
    uint64_t run = addr, stop;
    if (!region_map_next_run(&space.map, &run, addr + length, &stop)) {
        int64_t got =
            host_mmap(addr, length, prot, (flags & ~MAP_FIXED) | MAP_FIXED_NOREPLACE, fd, offset);
        return got == -EEXIST ? -ENOMEM : got;
    }
    int error = claim_gaps(addr, addr + length);
    if (error)
        return error;
    int64_t got = host_mmap(addr, length, prot, flags, fd, offset);
    if (got < 0)
        release_gaps(addr, addr + length);
    return got;
}

/* What mmap makes of a length: whole pages, or whole huge pages (MAP_HUGETLB; the size's logarithm
 * is in the flags, 2 MiB when it is 0). */
static uint64_t mapped_length(uint64_t length, int flags) {
    if (!(flags & MAP_HUGETLB))
        return page_up(length);
    unsigned shift = (unsigned)flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
    uint64_t size = UINT64_C(1) << (shift ? shift : 21);
    return (length + size - 1) & ~(size - 1);
}

int64_t vm_mmap(uint64_t addr, uint64_t length, int prot, int flags, int fd, int64_t offset) {
    flags &= ~FOREIGN_FLAGS;
    bool noreplace = flags & MAP_FIXED_NOREPLACE;
    bool fixed = (flags & MAP_FIXED) && !noreplace;
    if (length == 0)
        return -EINVAL;
    length = mapped_length(length, flags);
    uint64_t end;
    if (length == 0 || ((fixed || noreplace) && __builtin_add_overflow(addr, length, &end)))
        return -ENOMEM;
    if ((fixed || noreplace) && addr % VM_PAGE)
        return -EINVAL;

    lock();
    int64_t got = prepare(addr, fixed ? addr + length : addr);
    if (!got)
        got = fixed ? map_over(addr, length, prot, flags, fd, offset)
                    : host_mmap(addr, length, prot, flags, fd, offset);
    bool had_code = false;
    if (got >= 0) {
        bool shared = (flags & MAP_TYPE) != MAP_PRIVATE;
        int kept = (flags & KEPT_FLAGS & ~MAP_TYPE) | (shared ? MAP_SHARED : MAP_PRIVATE);
        had_code = record((uint64_t)got, (uint64_t)got + length, prot, kept);
    }
    unlock();
    if (had_code)
        drop_translations((uint64_t)got, (uint64_t)got + length);
    return got;
}

/* Checks and rounds the range of a call; 0 or -errno. */
static int check_range(uint64_t addr, uint64_t length, int overflow_error, uint64_t *end) {
    if (addr % VM_PAGE)
        return -EINVAL;
    uint64_t rounded = page_up(length);
    if ((length && !rounded) || __builtin_add_overflow(addr, rounded, end))
        return overflow_error;
    return 0;
}

/* munmap of what the guest has in [start, end); sets *had_code if guest code was there. */
static int unmap(uint64_t start, uint64_t end, bool *had_code) {
    int error = prepare(start, end);
    for (uint64_t stop; !error && region_map_next_run(&space.map, &start, end, &stop);
         start = stop) {
        if (munmap((void *)start, stop - start) != 0)
            error = -errno;
        else
            *had_code |= forget(start, stop);
    }
    return error;
}

int64_t vm_munmap(uint64_t addr, uint64_t length) {
    uint64_t end;
    if (check_range(addr, length, -EINVAL, &end) || addr == end)
        return -EINVAL;
    bool had_code = false;
    lock();
    int error = unmap(addr, end, &had_code);
    unlock();
    if (had_code)
        drop_translations(addr, end);
    return error;
}

/* mprotect of [start, end), all of it mapped; sets *lost_code if code stopped being executable. */
static int protect(uint64_t start, uint64_t end, int prot, bool *lost_code) {
    if (mprotect((void *)start, end - start, host_prot(prot)) != 0)
        return -errno;
    *lost_code = !(prot & PROT_EXEC) && executable(start, end);
    while (start < end) {
        const struct region *r = region_map_find(&space.map, start);
        uint64_t stop = r->end < end ? r->end : end;
        record(start, stop, prot, (int)r->flags);
        start = stop;
    }
    return 0;
}

/* PROT_GROWSDOWN extends the change to the lower end of a stack. */
static int grows_down_to(uint64_t *start) {
    const struct region *r = region_map_find(&space.map, *start);
    if (contains(space.stack, *start))
        *start = space.stack.start;
    else if (r && r->start <= *start && (r->flags & MAP_GROWSDOWN))
        *start = r->start;
    else
        return -EINVAL;
    return 0;
}

int64_t vm_mprotect(uint64_t addr, uint64_t length, int prot) {
    uint64_t end;
    int error = check_range(addr, length, -ENOMEM, &end);
    if (error || addr == end)
        return error;
    if (prot & PROT_GROWSUP)
        return -EINVAL;
    bool lost_code = false;
    lock();
    error = prepare(addr, end);
    if (!error && (prot & PROT_GROWSDOWN))
        error = grows_down_to(&addr);
    prot &= ~PROT_GROWSDOWN;
    uint64_t stop = region_map_covered(&space.map, addr, end);
    if (!error && stop > addr)
        error = protect(addr, stop, prot, &lost_code);
    unlock();
    if (lost_code)
        drop_translations(addr, stop);
    return error ? error : stop < end ? -ENOMEM : 0;
}

/* Refuses what mremap refuses, as far as it must be known before anything is touched. */
static int check_remap(uint64_t old_addr, uint64_t old_len, uint64_t new_len, int flags,
                       uint64_t new_addr) {
    uint64_t end;
    if (check_range(old_addr, old_len, -EINVAL, &end) || new_len == 0)
        return -EINVAL;
    if (!(flags & MREMAP_FIXED))
        return 0;
    if (!(flags & MREMAP_MAYMOVE) || check_range(new_addr, new_len, -EINVAL, &end))
        return -EINVAL;
    bool overlap = old_addr < end && new_addr < old_addr + page_up(old_len);
    return overlap ? -EINVAL : 0;
}

/* mremap with arguments in order and lengths in pages. What moves must be of one kind, as the
 * kernel demands too; an old length of 0 makes a second mapping of shared memory. */
static int64_t remap(uint64_t old_addr, uint64_t old_len, uint64_t new_len, int flags,
                     uint64_t new_addr, bool *had_code) {
    const struct region *found = region_map_find(&space.map, old_addr);
    if (!found || found->start > old_addr || found->end < old_addr + old_len)
        return -EFAULT;
    const struct region old = *found;
    if (flags & MREMAP_FIXED) {
        int error = claim_gaps(new_addr, new_addr + new_len);
        if (error)
            return error;
    }
    void *got = mremap((void *)old_addr, old_len, new_len, flags, (void *)new_addr);
    if (got == MAP_FAILED) {
        int error = -errno;
        if (flags & MREMAP_FIXED)
            release_gaps(new_addr, new_addr + new_len);
        return error;
    }
    uint64_t to = (uint64_t)got;
    *had_code = (flags & MREMAP_DONTUNMAP) ? executable(old_addr, old_addr + old_len)
                                           : forget(old_addr, old_addr + old_len);
    *had_code |= record(to, to + new_len, (int)old.prot, (int)old.flags);
    return (int64_t)to;
}

int64_t vm_mremap(uint64_t old_addr, uint64_t old_len, uint64_t new_len, int flags,
                  uint64_t new_addr) {
    int error = check_remap(old_addr, old_len, new_len, flags, new_addr);
    if (error)
        return error;
    old_len = page_up(old_len);
    new_len = page_up(new_len);
    if (!new_len)
        return -ENOMEM;
    bool had_code = false;
    lock();
    int64_t got = prepare(old_addr, old_addr + old_len);
    if (!got && (flags & MREMAP_FIXED))
        got = prepare(new_addr, new_addr + new_len);
    if (!got)
        got = remap(old_addr, old_len, new_len, flags, new_addr, &had_code);
    unlock();
    if (had_code) {
        drop_translations(old_addr, old_addr + old_len);
        drop_translations((uint64_t)got, (uint64_t)got + new_len);
    }
    return got;
}

/* Marks [start, end), all of it mapped, as not inherited by children, or as inherited. */
static void mark_dontfork(uint64_t start, uint64_t end, bool dontfork) {
    while (start < end) {
        const struct region r = *region_map_find(&space.map, start);
        uint64_t stop = r.end < end ? r.end : end;
        uint32_t flags = dontfork ? r.flags | REGION_DONTFORK : r.flags & ~REGION_DONTFORK;
        region_map_set(&space.map, start, stop, r.prot, flags);
        start = stop;
    }
}

static bool discards(int advice) {
    return advice == MADV_DONTNEED || advice == MADV_FREE || advice == MADV_REMOVE;
}

int64_t vm_madvise(uint64_t addr, uint64_t length, int advice) {
    uint64_t end;
    int error = check_range(addr, length, -EINVAL, &end);
    if (error || addr == end)
        return error;
    bool had_code = false, hole = false;
    lock();
    error = prepare(addr, end);
    uint64_t at = addr;
    while (!error && at < end) {
        uint64_t start = at, stop;
        if (!region_map_next_run(&space.map, &start, end, &stop)) {
            hole = true;
            break;
        }
        hole |= start > at;
        if (madvise((void *)start, stop - start, advice) != 0)
            error = -errno;
        else if (advice == MADV_DONTFORK || advice == MADV_DOFORK)
            mark_dontfork(start, stop, advice == MADV_DONTFORK);
        had_code |= discards(advice) && executable(start, stop);
        at = stop;
    }
    unlock();
    if (had_code)
        drop_translations(addr, end);
    return error ? error : hole ? -ENOMEM : 0;
}

/* Remembers where a segment is attached, for shmdt; 0 or -ENOMEM. */
static int reserve_segment(void) {
    struct range *longer =
        realloc(space.segments, (space.segment_count + 1) * sizeof *space.segments);
    if (!longer)
        return -ENOMEM;
    space.segments = longer;
    return 0;
}

int64_t vm_shmat(int id, uint64_t addr, int flags) {
    struct shmid_ds about;
    if (shmctl(id, IPC_STAT, &about) != 0)
        return -errno;
    uint64_t length = page_up(about.shm_segsz);
    if (flags & SHM_RND)
        addr = page_down(addr);
    bool over = addr && (flags & SHM_REMAP);
    uint64_t end;
    if (__builtin_add_overflow(addr, length, &end) || (over && addr % VM_PAGE))
        return -EINVAL;
    int prot =
        PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);

    bool had_code = false;
    lock();
    int64_t got = prepare(addr, over ? end : addr);
    if (!got)
        got = reserve_segment();
    if (!got && over)
        got = claim_gaps(addr, end);
    if (!got) {
        void *at = shmat(id, (void *)addr, flags & ~SHM_EXEC);
        got = at == (void *)-1 ? -errno : (int64_t)at;
        if (got < 0 && over)
            release_gaps(addr, end);
    }
    if (got >= 0) {
        struct range segment = {(uint64_t)got, (uint64_t)got + length};
        space.segments[space.segment_count++] = segment;
        had_code = record(segment.start, segment.end, prot, MAP_SHARED | REGION_SHM);
    }
    unlock();
    if (had_code)
        drop_translations((uint64_t)got, (uint64_t)got + length);
    return got;
}

/* Forgets the parts of [start, end) that still belong to a segment. */
static bool forget_segment(uint64_t start, uint64_t end) {
    bool had_code = false;
    while (start < end) {
        const struct region *r = region_map_find(&space.map, start);
        if (!r || r->start >= end)
            break;
        uint64_t from = r->start > start ? r->start : start;
        start = r->end < end ? r->end : end;
        if (r->flags & REGION_SHM)
            had_code |= forget(from, start);
    }
    return had_code;
}

int64_t vm_shmdt(uint64_t addr) {
    bool had_code = false;
    struct range segment = {0, 0};
    lock();
    int64_t error = prepare(addr, addr);
    if (!error) {
        size_t i = 0;
        while (i < space.segment_count && space.segments[i].start != addr)
            i++;
        if (i == space.segment_count) {
            error = -EINVAL;
        } else if (shmdt((void *)addr) != 0) {
            error = -errno;
        } else {
            segment = space.segments[i];
            space.segments[i] = space.segments[--space.segment_count];
            had_code = forget_segment(segment.start, segment.end);
        }
    }
    unlock();
    if (had_code)
        drop_translations(segment.start, segment.end);
    return error;
}

/* The heap is where the kernel, too, would have it: nothing is mapped ahead, because it chooses
 * addresses for other mappings from the far end of the address space. */
void vm_set_brk(uint64_t start) {
    space.heap = (struct range){start, start};
}

/* Moves the page-aligned end of the heap. */
static int64_t resize_heap(uint64_t from, uint64_t to, bool *had_code) {
    if (to <= from)
        return unmap(to, from, had_code);
    int64_t got = prepare(from, to);
    if (!got)
        got = host_mmap(from, to - from, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got >= 0)
        record(from, to, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
    return got;
}

int64_t vm_brk(uint64_t addr) {
    bool had_code = false;
    lock();
    uint64_t from = page_up(space.heap.end), to = page_up(addr);
    if (addr >= space.heap.start && (to || !addr) && resize_heap(from, to, &had_code) >= 0)
        space.heap.end = addr;
    uint64_t end = space.heap.end;
    unlock();
    if (had_code)
        drop_translations(to, from);
    return (int64_t)end;
}

void vm_set_stack(uint64_t start, uint64_t end) {
    space.stack = (struct range){start, end};
}

void vm_set_vdso(uint64_t start, uint64_t end) {
    space.vdso = (struct range){start, end};
}

bool vm_in_vdso(uint64_t addr) {
    return addr >= space.vdso.start && addr < space.vdso.end;
}

void vm_init(void) {
    if (region_map_reserve(&space.map, 1))
        die(1, "out of memory: the host gives no room for the record of mappings");
}

void vm_protect_emulator(uint64_t start, uint64_t end) {
    lock();
    if (region_map_reserve(&space.map, 1) == 0)
        forget(page_down(start), page_up(end));
    unlock();
}

int vm_prot(uint64_t addr) {
    lock();
    const struct region *r = region_map_find(&space.map, addr);
    int prot = r && r->start <= addr ? (int)r->prot : -1;
    unlock();
    return prot;
}

uint64_t vm_executable_end(uint64_t addr, uint64_t most, struct vm_run *last) {
    if (atomic_load(&space.executable_version) != last->version || addr < last->start ||
        addr >= last->end) {
        lock();
        const struct region *r = region_map_find(&space.map, addr);
        const struct region *past = space.map.at + space.map.count;
        uint64_t start = r && r->start <= addr ? r->start : addr, end = start;
        for (; r && r < past && r->start <= end && (r->prot & PROT_EXEC); r++)
            end = r->end;
        *last = (struct vm_run){atomic_load(&space.executable_version), start, end};
        unlock();
        if (addr >= end)
            return addr;
    }
    return most < last->end - addr ? addr + most : last->end;
}

static bool is_constant_code(const struct region *r) {
    return (r->prot & (PROT_EXEC | PROT_WRITE)) == PROT_EXEC;
}

bool vm_constant_code(uint64_t addr, uint64_t *start, uint64_t *end) {
    lock();
    const struct region *r = region_map_find(&space.map, addr);
    const bool found = r && r->start <= addr && is_constant_code(r);
    if (found) {
        const struct region *low = r, *high = r, *last = space.map.at + space.map.count - 1;
        while (low > space.map.at && low[-1].end == low->start && is_constant_code(&low[-1]))
            low--;
        while (high < last && high[1].start == high->end && is_constant_code(&high[1]))
            high++;
        *start = low->start;
        *end = high->end;
    }
    unlock();
    return found;
}

/* The name of an anonymous mapping of the guest at `addr`; NULL if it has none. *end comes down to
 * where that may change. */
static const char *special_name(uint64_t addr, uint64_t *end) {
    const struct {
        struct range range;
        const char *name;
    } special[] = {{space.heap, "[heap]"}, {space.stack, "[stack]"}, {space.vdso, "[vdso]"}};
    const char *name = NULL;
    for (int i = 0; i < 3; i++) {
        struct range range = special[i].range;
        if (contains(range, addr))
            name = special[i].name;
        if (range.start > addr && range.start < *end)
            *end = range.start;
        if (page_up(range.end) > addr && page_up(range.end) < *end)
            *end = page_up(range.end);
    }
    return name;
}

/* Calls `visit` for the parts of one host mapping that the guest knows of, with its protection. */
static void visit_host_mapping(const struct vm_mapping *host, const struct region_map *map,
                               void (*visit)(const struct vm_mapping *mapping, void *data),
                               void *data) {
    const struct region *past = map->at + map->count;
    for (const struct region *r = region_map_find(map, host->start);
         r && r < past && r->start < host->end; r++) {
        bool grown = (r->flags & MAP_GROWSDOWN) && r->start > host->start;
        uint64_t start = r->start > host->start && !grown ? r->start : host->start;
        uint64_t end = r->end < host->end ? r->end : host->end;
        while (start < end) {
            struct vm_mapping part = *host;
            part.start = start;
            part.end = end;
            const char *name = host->inode ? NULL : special_name(start, &part.end);
            part.path = name ? name : host->path;
            part.prot = (int)r->prot;
            part.flags = (int)r->flags & KEPT_FLAGS;
            part.offset += host->inode ? start - host->start : 0;
            start = part.end;
            visit(&part, data);
        }
    }
}

void vm_for_each(void (*visit)(const struct vm_mapping *mapping, void *data), void *data) {
    struct region_map map = {.count = 0};
    lock();
    char *text = vm_maps_read(), *rest = text;
    map.at = malloc((space.map.count + 1) * sizeof *map.at);
    if (map.at) {
        map.count = space.map.count;
        memcpy(map.at, space.map.at, map.count * sizeof *map.at);
    }
    unlock();
    struct vm_mapping host;
    if (text) {
        while (vm_maps_next(&rest, &host))
            visit_host_mapping(&host, &map, visit, data);
    } else {
        /* No /proc: the record alone, without files. */
        for (size_t i = 0; i < map.count; i++) {
            host = (struct vm_mapping){.start = map.at[i].start, .end = map.at[i].end, .path = ""};
            visit_host_mapping(&host, &map, visit, data);
        }
    }
    free(map.at);
    free(text);
}

void vm_before_fork(void) {
    lock();
}

void vm_after_fork(bool child) {
    if (child) {
        for (size_t i = space.map.count; i-- > 0;) {
            const struct region r = space.map.at[i];
            if (r.flags & REGION_DONTFORK)
                forget(r.start, r.end);
        }
        pthread_mutex_init(&space.lock, NULL);
    } else {
        unlock();
    }
}
