/* Jumps, calls and returns to where no code is: signal, si_code, si_addr and pc, again and again,
 * at any depth of calls. What is expected is Linux's answer on each machine: do_page_fault of
 * riscv; of arm64, do_sp_pc_abort (misaligned) before do_translation_fault and do_page_fault. */
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "expect.h"

enum way { JUMP, CALL, RETURN, WAYS };
enum { DEEP = 70000 };

static long page_size;
static char *pages; /* readable, executable, none */

#if defined __riscv || defined __aarch64__
static volatile int number_seen, code_seen;
static volatile uintptr_t address_seen, pc_seen;

/* The way on is in a register when the fault comes. */
#ifdef __riscv
#define PC(uc)      (uc)->uc_mcontext.__gregs[0]
#define WAY_ON(uc)  (uc)->uc_mcontext.__gregs[6]
#define GO(how)     __asm__ volatile("lla t1, 1f\n" how "\n1:" ::"r"(target) : "t1", "ra", "memory")
#define GO_JUMP     GO("jr %0")
#define GO_CALL     GO("jalr %0")
#define GO_RETURN   GO("mv ra, %0\nret")
#define RETURN_CODE 0x00008067 /* ret */
#else
#define PC(uc)      (uc)->uc_mcontext.pc
#define WAY_ON(uc)  (uc)->uc_mcontext.regs[16]
#define GO(how)     __asm__ volatile("adr x16, 1f\n" how "\n1:" ::"r"(target) : "x16", "x30", "memory")
#define GO_JUMP     GO("br %0")
#define GO_CALL     GO("blr %0")
#define GO_RETURN   GO("mov x30, %0\nret")
#define RETURN_CODE 0xd65f03c0 /* ret */
#endif

static void note(int number, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    number_seen = number;
    code_seen = info->si_code;
    address_seen = (uintptr_t)info->si_addr;
    pc_seen = PC(uc);
    PC(uc) = WAY_ON(uc);
}

static __attribute__((noinline)) void go(enum way way, uintptr_t target) {
    switch (way) {
    case JUMP: GO_JUMP; break;
    case CALL: GO_CALL; break;
    default: GO_RETURN; break;
    }
}

/* The pc that a jump to `target` leads to. */
static uintptr_t landing(uintptr_t target) {
#ifdef __riscv
    return target & ~(uintptr_t)1;
#else
    /* Linux has the top byte ignored (TCR_EL1.TBI0) in the lower half, which bit 55 tells. */
    return target >> 55 & 1 ? target : target << 8 >> 8;
#endif
}

/* 1 if going there is not answered as it should be, where nothing is mapped or `mapped` is not
 * executable. */
static int wrong(enum way way, uintptr_t target, int mapped) {
    const uintptr_t at = landing(target);
    int number = SIGSEGV, code = mapped ? SEGV_ACCERR : SEGV_MAPERR;
#ifdef __aarch64__
    if (at & 3) {
        number = SIGBUS;
        code = BUS_ADRALN;
    }
#endif
    number_seen = 0;
    go(way, target);
    if (number_seen == number && code_seen == code && address_seen == at && pc_seen == at)
        return 0;
    printf("way %d to %#lx: signal %d, code %d, address %#lx, pc %#lx\n", way,
           (unsigned long)target, number_seen, code_seen, (unsigned long)address_seen,
           (unsigned long)pc_seen);
    return 1;
}

static int wrong_anywhere(enum way way) {
    static const uintptr_t targets[] = {
        UINTPTR_MAX,
        0,
        1,
        UINTPTR_MAX - 1,
        UINTPTR_MAX - 3,
        2,
        4,
        (uintptr_t)1 << 47, /* the first one beyond x86-64's user half */
        (uintptr_t)1 << 47 | 1,
        ((uintptr_t)1 << 47) - 4096 + 8,
        (uintptr_t)1 << 48,
        (uintptr_t)1 << 55,
        (uintptr_t)1 << 63,
        (uintptr_t)0x5a5aa5a5 << 32,
        UINTPTR_MAX << 47, /* the last half's first one */
        UINTPTR_MAX >> 1,
    };
    int bad = 0;
    for (unsigned i = 0; i < sizeof targets / sizeof *targets; i++)
        bad += wrong(way, targets[i], 0);
    for (int offset = 0; offset < 16; offset++) {
        bad += wrong(way, (uintptr_t)pages + (uintptr_t)offset, 1);
        bad += wrong(way, (uintptr_t)pages + (uintptr_t)(2 * page_size + offset), 0);
    }
    return bad;
}

static __attribute__((noinline)) int recurse(int depth, enum way way, int bottom) {
    int bad = 0;
    if (depth > 0)
        bad = recurse(depth - 1, way, bottom);
    else if (bottom)
        bad = wrong_anywhere(way);
    __asm__ volatile("" : "+r"(bad)); /* no tail call */
    return bad;
}

static void place_code(void) {
    const uint32_t code = RETURN_CODE;
    for (long offset = 0; offset < page_size; offset += 4)
        memcpy(pages + page_size + offset, &code, sizeof code);
    __builtin___clear_cache(pages + page_size, pages + 2 * page_size);
}

/* Code that comes and goes. */
static int wrong_when_gone(enum way way) {
    char *const at = pages + page_size;
    int bad = 0;
    mprotect(at, (size_t)page_size, PROT_READ | PROT_EXEC);
    number_seen = 0;
    go(CALL, (uintptr_t)at + 8);
    bad += number_seen != 0;
    mprotect(at, (size_t)page_size, PROT_READ);
    bad += wrong(way, (uintptr_t)at + 8, 1);
    return bad;
}

static void listen(void) {
    on_signal(SIGSEGV, 0, note);
    on_signal(SIGBUS, 0, note);
    place_code();
}
#else /* the reference: nothing is wrong */
static int wrong(enum way way, uintptr_t target, int mapped) {
    (void)way, (void)target, (void)mapped;
    return 0;
}
static int wrong_anywhere(enum way way) {
    return (int)way < 0;
}
static int recurse(int depth, enum way way, int bottom) {
    (void)depth, (void)bottom;
    return (int)way < 0;
}
static int wrong_when_gone(enum way way) {
    return (int)way < 0;
}
static void listen(void) {
}
#endif

static void at_first(void) {
    for (int way = 0; way < WAYS; way++)
        EXPECT(wrong_anywhere((enum way)way) == 0);
}

static void again_and_again(void) {
    for (int way = 0; way < WAYS; way++) {
        int bad = 0;
        for (int i = 0; i < 100 && !bad; i++)
            bad = wrong((enum way)way, UINTPTR_MAX, 0) + wrong((enum way)way, 0, 0) +
                  wrong((enum way)way, 1, 0);
        EXPECT(bad == 0);
    }
}

static void deep_in_calls(void) {
    for (int way = 0; way < WAYS; way++) {
        EXPECT(recurse(3, (enum way)way, 1) == 0);
        EXPECT(recurse(100, (enum way)way, 1) == 0);
    }
    EXPECT(recurse(DEEP, RETURN, 1) == 0);
}

static void after_deep_recursion(void) {
    for (int way = 0; way < WAYS; way++) {
        EXPECT(recurse(DEEP, (enum way)way, 0) == 0);
        EXPECT(wrong_anywhere((enum way)way) == 0);
    }
}

static void where_code_was(void) {
    for (int way = 0; way < WAYS; way++) {
        int bad = 0;
        for (int i = 0; i < 10; i++)
            bad += wrong_when_gone((enum way)way);
        EXPECT(bad == 0);
    }
}

int main(void) {
    page_size = sysconf(_SC_PAGESIZE);
    pages = mmap(NULL, (size_t)(3 * page_size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    munmap(pages + 2 * page_size, (size_t)page_size);
    listen();
    RUN(at_first);
    RUN(again_and_again);
    RUN(deep_in_calls);
    RUN(after_deep_recursion);
    RUN(where_code_was);
    return expect_summary();
}
