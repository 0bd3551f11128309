/* The guest's address space (runtime/vm.c), with the kernel as the oracle: random calls go through
 * vm_* in one window of the address space and straight to the kernel in another, and results,
 * protections and contents must agree. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/hooks.h"
#include "runtime/region_map.h"
#include "runtime/vm.h"
#include "runtime/vm_maps.h"

enum { PAGES = 48, RW = PROT_READ | PROT_WRITE, RX = PROT_READ | PROT_EXEC };
enum { ANON = MAP_PRIVATE | MAP_ANONYMOUS };

static uint64_t seed;

static unsigned pick(unsigned below) {
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

/* --- the map of regions, against one cell per page --- */

struct cell {
    bool mapped;
    uint32_t prot, flags;
};

static void compare_map(const struct region_map *map, const struct cell *model) {
    for (size_t i = 0; i < map->count; i++) {
        ck_assert_uint_lt(map->at[i].start, map->at[i].end);
        if (i == 0)
            continue;
        const struct region *a = &map->at[i - 1], *b = &map->at[i];
        ck_assert_uint_le(a->end, b->start);
        ck_assert(a->end < b->start || a->prot != b->prot || a->flags != b->flags);
    }
    for (uint64_t page = 0; page < PAGES; page++) {
        const struct region *r = region_map_find(map, page);
        ck_assert_int_eq(r && r->start <= page, model[page].mapped);
        if (!model[page].mapped)
            continue;
        ck_assert_uint_eq(r->prot, model[page].prot);
        ck_assert_uint_eq(r->flags, model[page].flags);
    }
}

static void compare_runs(const struct region_map *map, const struct cell *model, uint64_t start,
                         uint64_t end) {
    uint64_t covered = start, first = start, stop;
    bool writable = false;
    while (covered < end && model[covered].mapped)
        covered++;
    ck_assert_uint_eq(region_map_covered(map, start, end), covered);
    for (uint64_t page = start; page < end; page++)
        writable |= model[page].mapped && (model[page].prot & PROT_WRITE);
    ck_assert_int_eq(region_map_has_prot(map, start, end, PROT_WRITE), writable);

    for (int mapped = 0; mapped < 2; mapped++) {
        first = start;
        bool found = mapped ? region_map_next_run(map, &first, end, &stop)
                            : region_map_next_gap(map, &first, end, &stop);
        uint64_t expected = start;
        while (expected < end && model[expected].mapped != mapped)
            expected++;
        ck_assert_int_eq(found, expected < end);
        if (!found)
            continue;
        ck_assert_uint_eq(first, expected);
        while (expected < end && model[expected].mapped == mapped)
            expected++;
        ck_assert_uint_eq(stop, expected);
    }
}

START_TEST(map_agrees_with_model) {
    struct region_map map = {.count = 0};
    struct cell model[PAGES] = {{.mapped = false}};
    for (int step = 0; step < 20000; step++) {
        uint64_t start = pick(PAGES), end = start + 1 + pick((unsigned)(PAGES - start));
        struct cell cell = {pick(3) != 0, pick(4), pick(2)};
        ck_assert_int_eq(region_map_reserve(&map, 1), 0);
        if (cell.mapped)
            region_map_set(&map, start, end, cell.prot, cell.flags);
        else
            region_map_clear(&map, start, end);
        for (uint64_t page = start; page < end; page++)
            model[page] = cell;
        compare_map(&map, model);
        start = pick(PAGES);
        compare_runs(&map, model, start, start + pick((unsigned)(PAGES - start) + 1));
    }
    free(map.at);
}
END_TEST

/* --- helpers --- */

static struct {
    uint64_t start, end;
    int calls;
} invalidated;

static void note_invalidate(uint64_t start, uint64_t end) {
    invalidated.start = start;
    invalidated.end = end;
    invalidated.calls++;
}

static void set_up(void) {
    vm_init();
    hooks.invalidate = note_invalidate;
    seed = (uint64_t)getpid() << 20 | 1;
    const char *wanted = getenv("SEED");
    if (wanted)
        seed = strtoull(wanted, NULL, 0);
}

/* The kernel's protection of a page; -1 if nothing is there. */
static int kernel_prot(uint64_t addr) {
    char *text = vm_maps_read(), *rest = text;
    struct vm_mapping m;
    int prot = -1;
    while (vm_maps_next(&rest, &m))
        if (addr >= m.start && addr < m.end)
            prot = m.prot;
    free(text);
    return prot;
}

/* Address space that nothing uses, for now. */
static uint64_t free_window(uint64_t pages) {
    void *at = mmap(NULL, pages * VM_PAGE, PROT_NONE, ANON, -1, 0);
    ck_assert_ptr_ne(at, MAP_FAILED);
    munmap(at, pages * VM_PAGE);
    return (uint64_t)at;
}

static uint64_t guest_pages(uint64_t pages, int prot) {
    int64_t at = vm_mmap(0, pages * VM_PAGE, prot, ANON, -1, 0);
    ck_assert_int_gt(at, 0);
    return (uint64_t)at;
}

/* --- against the kernel --- */

static int64_t result(long value) {
    return value == -1 ? -errno : value;
}

struct call {
    unsigned kind;
    uint64_t offset, length, target, new_length;
    int prot, flags;
};

static int64_t call_vm(uint64_t base, const struct call *c) {
    switch (c->kind) {
    case 0: return vm_mmap(base + c->offset, c->length, c->prot, ANON | c->flags, -1, 0);
    case 1: return vm_munmap(base + c->offset, c->length);
    case 2: return vm_mprotect(base + c->offset, c->length, c->prot);
    case 3: return vm_madvise(base + c->offset, c->length, MADV_DONTNEED);
    default:
        return vm_mremap(base + c->offset, c->length, c->new_length, MREMAP_MAYMOVE | MREMAP_FIXED,
                         base + c->target);
    }
}

static int64_t call_kernel(uint64_t base, const struct call *c) {
    void *at = (void *)(base + c->offset);
    switch (c->kind) {
    case 0: return result((long)mmap(at, c->length, c->prot, ANON | c->flags, -1, 0));
    case 1: return result(munmap(at, c->length));
    case 2: return result(mprotect(at, c->length, c->prot));
    case 3: return result(madvise(at, c->length, MADV_DONTNEED));
    default:
        return result((long)mremap(at, c->length, c->new_length, MREMAP_MAYMOVE | MREMAP_FIXED,
                                   (void *)(base + c->target)));
    }
}

static struct call random_call(void) {
    static const int prots[] = {PROT_NONE, PROT_READ, RW, RX, RW | PROT_EXEC, PROT_EXEC};
    struct call c = {.kind = pick(5)};
    c.offset = pick(PAGES) * VM_PAGE + (pick(40) == 0 ? 8 : 0);
    c.length = pick(PAGES) * VM_PAGE / (1 + pick(6));
    if (c.length > PAGES * VM_PAGE - c.offset)
        c.length = PAGES * VM_PAGE - c.offset;
    c.prot = prots[pick(6)];
    c.flags = pick(4) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
    c.target = pick(PAGES) * VM_PAGE;
    c.new_length = pick((unsigned)(PAGES - c.target / VM_PAGE) + 1) * VM_PAGE;
    return c;
}

/* Several kinds of memory under one mremap: the kernel's answer depends on its version. */
static bool moves_mixture(uint64_t base, const struct call *c) {
    if (c->kind != 4)
        return false;
    for (uint64_t at = 0; at + VM_PAGE < c->length; at += VM_PAGE)
        if (vm_prot(base + c->offset + at) != vm_prot(base + c->offset + at + VM_PAGE))
            return true;
    return false;
}

/* Compares every page's protection, and its first word where it can be read; then marks the pages
 * that can be written. */
static void compare_windows(uint64_t ours, uint64_t theirs, int step) {
    int prots[PAGES];
    memset(prots, -1, sizeof prots);
    char *text = vm_maps_read(), *rest = text;
    for (struct vm_mapping m; vm_maps_next(&rest, &m);)
        for (uint64_t i = 0; i < PAGES; i++)
            if (theirs + i * VM_PAGE >= m.start && theirs + i * VM_PAGE < m.end)
                prots[i] = m.prot;
    free(text);
    for (uint64_t i = 0; i < PAGES; i++) {
        uint64_t *a = (uint64_t *)(ours + i * VM_PAGE), *b = (uint64_t *)(theirs + i * VM_PAGE);
        ck_assert_msg(vm_prot((uint64_t)a) == prots[i], "step %d page %d: %d for %d", step, (int)i,
                      vm_prot((uint64_t)a), prots[i]);
        if (prots[i] > 0 && (prots[i] & PROT_READ))
            ck_assert_uint_eq(*a, *b);
        if (prots[i] > 0 && (prots[i] & PROT_WRITE))
            *a = *b = (uint64_t)step * PAGES + i;
    }
}

START_TEST(calls_agree_with_kernel) {
    uint64_t ours = free_window(4 * PAGES), theirs = ours + 2 * PAGES * VM_PAGE;
    uint64_t start_seed = seed;
    for (int step = 0; step < 4000; step++) {
        struct call c = random_call();
        if (moves_mixture(ours, &c))
            continue;
        int64_t a = call_vm(ours, &c), b = call_kernel(theirs, &c);
        if (c.kind == 4 && (a == -EFAULT) != (b == -EFAULT)) {
            /* One of the kernel's mappings or two: that depends on what was written when, and on
             * protections that differ for the kernel. Start afresh. */
            vm_munmap(ours, PAGES * VM_PAGE);
            munmap((void *)theirs, PAGES * VM_PAGE);
            continue;
        }
        if (b > 0)
            b += (int64_t)(ours - theirs);
        ck_assert_msg(a == b,
                      "SEED=%#lx step %d: kind %u offset %#lx length %#lx prot %d flags %#x target "
                      "%#lx new %#lx: %ld, kernel %ld",
                      start_seed, step, c.kind, c.offset, c.length, c.prot, c.flags, c.target,
                      c.new_length, a, b);
        compare_windows(ours, theirs, step);
    }
}
END_TEST

/* --- the emulator's memory --- */

START_TEST(emulator_memory_is_safe) {
    /* guest, emulator, guest, free */
    uint64_t at = free_window(4);
    uint64_t own = at + VM_PAGE;
    const int fixed = ANON | MAP_FIXED;
    ck_assert_int_eq(vm_mmap(at, VM_PAGE, RW, fixed, -1, 0), (int64_t)at);
    ck_assert_ptr_eq(mmap((void *)own, VM_PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0),
                     (void *)own);
    ck_assert_int_eq(vm_mmap(own + VM_PAGE, VM_PAGE, RW, fixed, -1, 0), (int64_t)(own + VM_PAGE));
    *(volatile int *)own = 42;
    *(volatile int *)at = 43;

    ck_assert_int_eq(vm_mmap(own, VM_PAGE, RW, fixed, -1, 0), -ENOMEM);
    ck_assert_int_eq(vm_mmap(own, VM_PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);
    ck_assert_int_eq(vm_mmap(at, 4 * VM_PAGE, RW, fixed, -1, 0), -ENOMEM);
    ck_assert_int_eq(vm_mprotect(own, VM_PAGE, PROT_NONE), -ENOMEM);
    ck_assert_int_eq(vm_mprotect(at, 3 * VM_PAGE, RW), -ENOMEM);
    ck_assert_int_eq(vm_madvise(at, 3 * VM_PAGE, MADV_DONTNEED), -ENOMEM);
    ck_assert_int_eq(*(volatile int *)at, 0);
    ck_assert_int_eq(vm_mremap(own, VM_PAGE, 2 * VM_PAGE, MREMAP_MAYMOVE, 0), -EFAULT);
    ck_assert_int_eq(vm_mremap(at, VM_PAGE, VM_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, own), -ENOMEM);
    ck_assert_int_eq(vm_mremap(at, VM_PAGE, 2 * VM_PAGE, 0, 0), -ENOMEM);
    ck_assert_int_eq(vm_prot(at), RW);
    ck_assert_int_eq(vm_prot(own), -1);
    ck_assert_int_eq(vm_munmap(at, 4 * VM_PAGE), 0);
    ck_assert_int_eq(vm_prot(at), -1);
    ck_assert_int_eq(kernel_prot(at), -1);
    ck_assert_int_eq(kernel_prot(own + VM_PAGE), -1);
    ck_assert_int_eq(kernel_prot(own), RW);
    ck_assert_int_eq(*(volatile int *)own, 42);

    /* A failed call leaves no claimed pages behind. */
    ck_assert_int_eq(vm_mmap(own + VM_PAGE, VM_PAGE, RW, fixed, -1, 0), (int64_t)(own + VM_PAGE));
    ck_assert_int_eq(vm_mmap(at, 3 * VM_PAGE, RW, fixed, -1, 0), -ENOMEM);
    ck_assert_int_eq(kernel_prot(at), -1);
    ck_assert_int_eq(vm_mmap(own + VM_PAGE, 2 * VM_PAGE, RW, MAP_PRIVATE | MAP_FIXED, -1, 0),
                     -EBADF);
    ck_assert_int_eq(kernel_prot(own + 2 * VM_PAGE), -1);
    munmap((void *)own, VM_PAGE);

    /* What the emulator takes over is no longer the guest's. */
    vm_protect_emulator(own + VM_PAGE, own + 2 * VM_PAGE);
    ck_assert_int_eq(vm_prot(own + VM_PAGE), -1);
    ck_assert_int_eq(vm_munmap(own + VM_PAGE, VM_PAGE), 0);
    ck_assert_int_eq(kernel_prot(own + VM_PAGE), RW);
}
END_TEST

START_TEST(code_is_not_executable_on_the_host) {
    struct vm_run last = {0};
    uint64_t at = guest_pages(3, PROT_EXEC);
    ck_assert_int_eq(kernel_prot(at), PROT_READ);
    ck_assert_int_eq(vm_prot(at), PROT_EXEC);
    ck_assert_int_eq(vm_mprotect(at, VM_PAGE, RW | PROT_EXEC), 0);
    ck_assert_int_eq(kernel_prot(at), RW);
    ck_assert_int_eq(vm_prot(at), RW | PROT_EXEC);

    ck_assert_uint_eq(vm_executable_end(at + 4, 1 << 20, &last), at + 3 * VM_PAGE);
    ck_assert_uint_eq(vm_executable_end(at + 4, 100, &last), at + 104);
    ck_assert_int_eq(vm_mprotect(at + VM_PAGE, VM_PAGE, RW), 0);
    ck_assert_uint_eq(vm_executable_end(at + 4, 1 << 20, &last), at + VM_PAGE);
    ck_assert_uint_eq(vm_executable_end(at + VM_PAGE + 4, 1 << 20, &last), at + VM_PAGE + 4);
    ck_assert_uint_eq(vm_executable_end(at + 2 * VM_PAGE, 1 << 20, &last), at + 3 * VM_PAGE);
    ck_assert_int_eq(vm_munmap(at, 3 * VM_PAGE), 0);
    ck_assert_uint_eq(vm_executable_end(at + 2 * VM_PAGE, 1 << 20, &last), at + 2 * VM_PAGE);
}
END_TEST

static void expect_invalidated(uint64_t start, uint64_t end) {
    ck_assert_int_eq(invalidated.calls, 1);
    ck_assert_uint_le(invalidated.start, start);
    ck_assert_uint_ge(invalidated.end, end);
    invalidated.calls = 0;
}

START_TEST(lost_code_is_invalidated) {
    uint64_t at = guest_pages(4, RW), end = at + 4 * VM_PAGE;
    vm_mprotect(at, 4 * VM_PAGE, RX);
    vm_mprotect(at, 4 * VM_PAGE, RW | PROT_EXEC);
    ck_assert_int_eq(invalidated.calls, 0);
    vm_madvise(at, 4 * VM_PAGE, MADV_DONTNEED);
    expect_invalidated(at, end);
    vm_mprotect(at + VM_PAGE, VM_PAGE, RW);
    expect_invalidated(at + VM_PAGE, at + 2 * VM_PAGE);
    vm_mprotect(at + VM_PAGE, VM_PAGE, PROT_READ);
    vm_munmap(at + VM_PAGE, VM_PAGE);
    ck_assert_int_eq(invalidated.calls, 0);
    vm_munmap(at, 2 * VM_PAGE);
    expect_invalidated(at, at + VM_PAGE);
    vm_mmap(at + 3 * VM_PAGE, VM_PAGE, RX, ANON | MAP_FIXED, -1, 0);
    expect_invalidated(at + 3 * VM_PAGE, end);
    uint64_t to = free_window(1);
    ck_assert_int_eq(
        vm_mremap(at + 3 * VM_PAGE, VM_PAGE, VM_PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to),
        (int64_t)to);
    ck_assert_int_eq(invalidated.calls, 2); /* where it was, where it is */
}
END_TEST

/* --- other calls --- */

START_TEST(heap) {
    uint64_t start = free_window(64);
    vm_set_brk(start);
    ck_assert_uint_eq((uint64_t)vm_brk(0), start);
    ck_assert_uint_eq((uint64_t)vm_brk(start - 1), start);
    ck_assert_uint_eq((uint64_t)vm_brk(start + 5000), start + 5000);
    memset((void *)start, 7, 5000);
    ck_assert_int_eq(vm_prot(start + VM_PAGE), RW);
    ck_assert_uint_eq((uint64_t)vm_brk(start + 6000), start + 6000);
    ck_assert_int_eq(*(char *)(start + 4999), 7);
    ck_assert_uint_eq((uint64_t)vm_brk(start + 100), start + 100);
    ck_assert_int_eq(kernel_prot(start + VM_PAGE), -1);
    ck_assert_uint_eq((uint64_t)vm_brk(start + 5000), start + 5000);
    ck_assert_int_eq(*(char *)(start + 4999), 0);
    /* In the way: the emulator's page, and an end that no address space has. */
    void *own = mmap((void *)(start + 10 * VM_PAGE), VM_PAGE, RW, ANON | MAP_FIXED, -1, 0);
    ck_assert_uint_eq((uint64_t)vm_brk(start + 11 * VM_PAGE), start + 5000);
    ck_assert_uint_eq((uint64_t)vm_brk(start + 10 * VM_PAGE), start + 10 * VM_PAGE);
    ck_assert_uint_eq((uint64_t)vm_brk(UINT64_MAX), start + 10 * VM_PAGE);
    munmap(own, VM_PAGE);
}
END_TEST

START_TEST(shared_segments) {
    int id = shmget(IPC_PRIVATE, 2 * VM_PAGE, IPC_CREAT | 0600);
    ck_assert_int_ge(id, 0);
    int64_t first = vm_shmat(id, 0, 0);
    ck_assert_int_gt(first, 0);
    uint64_t at = free_window(3);
    int64_t second = vm_shmat(id, at + 77, SHM_RND | SHM_RDONLY | SHM_EXEC);
    ck_assert_int_eq(second, (int64_t)at);
    ck_assert_int_eq(vm_prot(at + VM_PAGE), RX);
    ck_assert_int_eq(kernel_prot(at + VM_PAGE), PROT_READ);
    *(volatile int *)first = 99;
    ck_assert_int_eq(*(volatile int *)second, 99);
    ck_assert_int_eq(vm_shmat(id, at + VM_PAGE, 0), -EINVAL);
    ck_assert_int_eq(vm_shmdt(at + VM_PAGE), -EINVAL);
    ck_assert_int_eq(vm_shmdt(at), 0);
    expect_invalidated(at, at + 2 * VM_PAGE);
    ck_assert_int_eq(vm_prot(at), -1);
    ck_assert_int_eq(kernel_prot(at), -1);
    uint64_t own = (uint64_t)mmap((void *)at, VM_PAGE, RW, ANON | MAP_FIXED, -1, 0);
    ck_assert_int_eq(vm_shmat(id, own, SHM_REMAP), -ENOMEM);
    ck_assert_int_eq(kernel_prot(own + VM_PAGE), -1);
    munmap((void *)own, VM_PAGE);
    ck_assert_int_eq(vm_shmat(id, at, SHM_REMAP), (int64_t)at);
    ck_assert_int_eq(vm_shmdt(at), 0);
    ck_assert_int_eq(vm_shmdt((uint64_t)first), 0);
    shmctl(id, IPC_RMID, NULL);
}
END_TEST

START_TEST(growing_stack_is_followed) {
    uint64_t window = free_window(1024), top = window + 1024 * VM_PAGE;
    ck_assert_int_gt(vm_mmap(top - VM_PAGE, VM_PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0),
                     0);
    *(volatile char *)(top - 3 * VM_PAGE) = 1;
    ck_assert_int_eq(kernel_prot(top - 3 * VM_PAGE), RW);
    ck_assert_int_eq(vm_mprotect(top - 2 * VM_PAGE, VM_PAGE, PROT_READ), 0);
    ck_assert_int_eq(kernel_prot(top - 2 * VM_PAGE), PROT_READ);
    ck_assert_int_eq(vm_mprotect(top - VM_PAGE, VM_PAGE, PROT_READ | PROT_GROWSDOWN), 0);
    ck_assert_int_eq(vm_munmap(window, 1024 * VM_PAGE), 0);
    ck_assert_int_eq(kernel_prot(top - 3 * VM_PAGE), -1);

    uint64_t stack = guest_pages(4, RW), plain = guest_pages(1, RW);
    vm_set_stack(stack, stack + 4 * VM_PAGE);
    ck_assert_int_eq(vm_mprotect(stack + 3 * VM_PAGE, VM_PAGE, RW | PROT_EXEC | PROT_GROWSDOWN), 0);
    ck_assert_int_eq(vm_prot(stack), RW | PROT_EXEC);
    ck_assert_int_eq(vm_mprotect(plain, VM_PAGE, RW | PROT_GROWSDOWN), -EINVAL);
}
END_TEST

struct seen {
    uint64_t heap, stack, code, file_offset;
    int count;
    bool own;
    uint64_t own_address, last;
};

static void see(const struct vm_mapping *m, void *data) {
    struct seen *seen = data;
    ck_assert_uint_ge(m->start, seen->last);
    ck_assert_uint_gt(m->end, m->start);
    seen->last = m->end;
    seen->count++;
    if (!strcmp(m->path, "[heap]"))
        seen->heap = m->start;
    if (!strcmp(m->path, "[stack]"))
        seen->stack = m->end - m->start;
    if (m->prot & PROT_EXEC)
        seen->code = m->start;
    if (!strcmp(m->path, "/proc/self/exe") || strstr(m->path, "test_vm"))
        seen->file_offset = m->offset;
    seen->own |= seen->own_address >= m->start && seen->own_address < m->end;
}

START_TEST(visits_guest_mappings) {
    uint64_t area = guest_pages(8, RW);
    vm_munmap(area, 2 * VM_PAGE); /* the heap follows data of the same kind */
    ck_assert_int_eq(vm_mmap(area, VM_PAGE, RW, ANON | MAP_FIXED, -1, 0), (int64_t)area);
    vm_set_brk(area + VM_PAGE);
    vm_brk(area + 2 * VM_PAGE);
    vm_set_stack(area + 3 * VM_PAGE, area + 5 * VM_PAGE);
    vm_mprotect(area + 6 * VM_PAGE, VM_PAGE, RX);
    int fd = open("/proc/self/exe", O_RDONLY);
    int64_t file = vm_mmap(0, 2 * VM_PAGE, PROT_READ, MAP_PRIVATE, fd, VM_PAGE);
    vm_munmap((uint64_t)file, VM_PAGE);
    close(fd);
    void *own = mmap(NULL, VM_PAGE, RW, ANON, -1, 0);
    struct seen seen = {.own_address = (uint64_t)own};
    vm_for_each(see, &seen);
    ck_assert_uint_eq(seen.heap, area + VM_PAGE);
    ck_assert_uint_eq(seen.stack, 2 * VM_PAGE);
    ck_assert_uint_eq(seen.code, area + 6 * VM_PAGE);
    ck_assert_uint_eq(seen.file_offset, 2 * VM_PAGE);
    ck_assert(!seen.own);
}
END_TEST

/* --- several threads, and fork --- */

static void *churn(void *data) {
    uint64_t state = (uint64_t)data;
    uint64_t held[32] = {0};
    struct vm_run last = {0};
    for (int i = 0; i < 3000; i++) {
        state = state * UINT64_C(6364136223846793005) + 12345;
        uint64_t *slot = &held[state >> 40 & 31];
        if (*slot) {
            ck_assert_uint_eq(vm_executable_end(*slot, VM_PAGE, &last), *slot + VM_PAGE);
            ck_assert_int_eq(vm_munmap(*slot, VM_PAGE), 0);
            *slot = 0;
        } else {
            *slot = guest_pages(1, RX);
        }
    }
    for (int i = 0; i < 32; i++)
        if (held[i])
            vm_munmap(held[i], VM_PAGE);
    return NULL;
}

START_TEST(threads) {
    hooks.invalidate = NULL;
    pthread_t thread[4];
    for (uint64_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, churn, (void *)(i + 1)), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    struct seen seen = {.count = 0};
    vm_for_each(see, &seen);
    ck_assert_int_eq(seen.count, 0);
}
END_TEST

START_TEST(fork_keeps_the_record) {
    uint64_t at = guest_pages(2, RW);
    ck_assert_int_eq(vm_madvise(at, VM_PAGE, MADV_DONTFORK), 0);
    ck_assert_int_eq(vm_prot(at), RW);
    vm_before_fork();
    pid_t child = fork();
    vm_after_fork(child == 0);
    if (child == 0)
        _exit(vm_prot(at) == -1 && vm_prot(at + VM_PAGE) == RW && vm_munmap(at, 2 * VM_PAGE) == 0
                  ? 0
                  : 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(vm_munmap(at, 2 * VM_PAGE), 0);
}
END_TEST

START_TEST(arguments) {
    ck_assert_int_eq(vm_mmap(0, 0, RW, ANON, -1, 0), -EINVAL);
    ck_assert_int_eq(vm_mmap(0, UINT64_MAX, RW, ANON, -1, 0), -ENOMEM);
    ck_assert_int_eq(vm_mmap(UINT64_MAX - VM_PAGE + 1, 2 * VM_PAGE, RW, ANON | MAP_FIXED, -1, 0),
                     -ENOMEM);
    ck_assert_int_eq(vm_munmap(0, 0), -EINVAL);
    ck_assert_int_eq(vm_munmap(UINT64_MAX - VM_PAGE + 1, 2 * VM_PAGE), -EINVAL);
    ck_assert_int_eq(vm_mprotect(0, 0, RW), 0);
    ck_assert_int_eq(vm_mprotect(UINT64_MAX - VM_PAGE + 1, 2 * VM_PAGE, RW), -ENOMEM);
    ck_assert_int_eq(vm_mremap(0, VM_PAGE, 0, 0, 0), -EINVAL);
    uint64_t at = guest_pages(2, RW);
    ck_assert_int_eq(vm_mprotect(at, VM_PAGE, 0x1000), -EINVAL);
    ck_assert_int_eq(vm_prot(at), RW);
    ck_assert_int_eq(vm_madvise(at, VM_PAGE, 12345), -EINVAL);
    ck_assert_int_eq(vm_mremap(at, VM_PAGE, VM_PAGE, MREMAP_FIXED, at), -EINVAL);
    ck_assert_int_eq(
        vm_mremap(at, 2 * VM_PAGE, VM_PAGE, MREMAP_FIXED | MREMAP_MAYMOVE, at + VM_PAGE), -EINVAL);
    /* Shared memory mapped twice by an old length of 0. */
    int64_t shared = vm_mmap(0, VM_PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t twin = vm_mremap((uint64_t)shared, 0, VM_PAGE, MREMAP_MAYMOVE, 0);
    ck_assert_int_gt(twin, 0);
    ck_assert_int_ne(twin, shared);
    *(volatile int *)shared = 5;
    ck_assert_int_eq(*(volatile int *)twin, 5);
    ck_assert_int_eq(vm_prot((uint64_t)shared), RW);
    ck_assert_int_eq(vm_prot((uint64_t)twin), RW);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("vm");
    TCase *core = tcase_create("vm");
    tcase_add_checked_fixture(core, set_up, NULL);
    tcase_set_timeout(core, 120);
    tcase_add_test(core, map_agrees_with_model);
    tcase_add_test(core, calls_agree_with_kernel);
    tcase_add_test(core, emulator_memory_is_safe);
    tcase_add_test(core, code_is_not_executable_on_the_host);
    tcase_add_test(core, lost_code_is_invalidated);
    tcase_add_test(core, heap);
    tcase_add_test(core, shared_segments);
    tcase_add_test(core, growing_stack_is_followed);
    tcase_add_test(core, visits_guest_mappings);
    tcase_add_test(core, threads);
    tcase_add_test(core, fork_keeps_the_record);
    tcase_add_test(core, arguments);
    suite_add_tcase(suite, core);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
