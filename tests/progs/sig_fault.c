/* Synchronous faults: signal, si_code, si_addr, and going on behind the instruction. */
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "expect.h"

static sigjmp_buf back;
static volatile int number_seen, code_seen;
static void *volatile address_seen;

static void note_fault(int number, siginfo_t *info, void *context) {
    (void)context;
    number_seen = number;
    code_seen = info->si_code;
    address_seen = info->si_addr;
    siglongjmp(back, 1);
}

static char *pages;
static long page_size;

static char *page(int index) {
    return pages + index * page_size;
}

/* Whether `access` faults as said. */
#define FAULTS(access, number, code, address)      \
    do {                                           \
        number_seen = 0;                           \
        if (sigsetjmp(back, 1) == 0) {             \
            access;                                \
        }                                          \
        EXPECT(number_seen == (number));           \
        EXPECT(code_seen == (code));               \
        EXPECT(address_seen == (void *)(address)); \
    } while (0)

static void protections(void) {
    volatile char *p;
    on_signal(SIGSEGV, 0, note_fault);
    on_signal(SIGBUS, 0, note_fault);
    p = page(1);
    FAULTS(*p, SIGSEGV, SEGV_ACCERR, p);
    FAULTS(p[5] = 1, SIGSEGV, SEGV_ACCERR, p + 5);
    p = page(2);
    FAULTS(p[7] = 1, SIGSEGV, SEGV_ACCERR, p + 7);
    munmap(page(4), (size_t)page_size);
    p = page(4);
    FAULTS(*p, SIGSEGV, SEGV_MAPERR, p);
    FAULTS(p[page_size - 1] = 1, SIGSEGV, SEGV_MAPERR, p + page_size - 1);
    p = (volatile char *)32;
    FAULTS(*p, SIGSEGV, SEGV_MAPERR, p);
    /* What works leaves no trace. */
    p = page(3);
    number_seen = 0;
    p[0] = 5;
    EXPECT(p[0] == 5 && number_seen == 0);
    /* An access over the border faults at its first byte there. */
    p = page(1) - 4;
    FAULTS(*(volatile uint64_t *)p, SIGSEGV, SEGV_ACCERR, page(1));
    memset(page(0), 0x11, (size_t)page_size);
    FAULTS(*(volatile uint64_t *)p = 0, SIGSEGV, SEGV_ACCERR, page(1));
    EXPECT(page(1)[-1] == 0x11 && page(1)[-4] == 0x11);
}

static void beyond_the_file(void) {
    char name[] = "/tmp/sig_fault_XXXXXX";
    int fd = mkstemp(name);
    unlink(name);
    EXPECT(ftruncate(fd, page_size) == 0);
    volatile char *p =
        mmap(NULL, (size_t)(2 * page_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    *p = 1;
    FAULTS(p[page_size] = 1, SIGBUS, BUS_ADRERR, p + page_size);
    FAULTS(p[page_size + 9], SIGBUS, BUS_ADRERR, p + page_size + 9);
    munmap((void *)p, (size_t)(2 * page_size));
    close(fd);
}

static void system_calls_do_not_fault(void) {
    int fds[2];
    EXPECT(pipe(fds) == 0);
    number_seen = 0;
    EXPECT(write(fds[1], page(1), 4) == -1 && errno == EFAULT);
    EXPECT(write(fds[1], "abcd", 4) == 4);
    EXPECT(read(fds[0], page(2), 4) == -1 && errno == EFAULT);
    EXPECT(number_seen == 0);
    close(fds[0]);
    close(fds[1]);
}

static void jumps(void) {
    static void (*volatile function)(void);
    function = (void (*)(void))page(2); /* not executable */
    FAULTS(function(), SIGSEGV, SEGV_ACCERR, page(2));
    function = (void (*)(void))page(4);
    FAULTS(function(), SIGSEGV, SEGV_MAPERR, page(4));
    function = NULL;
    FAULTS(function(), SIGSEGV, SEGV_MAPERR, NULL);
}

static void repair(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    number_seen++;
    char *start = (char *)((uintptr_t)info->si_addr & -(uintptr_t)page_size);
    mprotect(start, (size_t)page_size, PROT_READ | PROT_WRITE);
}

/* The instruction is executed again after the handler mended its cause: write barriers of garbage
 * collectors. */
static void mended(void) {
    on_signal(SIGSEGV, 0, repair);
    for (int i = 0; i < 300; i++) {
        mprotect(page(3), (size_t)page_size, PROT_READ);
        number_seen = 0;
        volatile int *p = (volatile int *)page(3);
        int sum = 0;
        for (int k = 0; k < 8; k++) {
            p[k] = k;
            sum += p[k];
        }
        if (number_seen != 1 || sum != 28)
            EXPECT(number_seen == 1 && sum == 28);
    }
    on_signal(SIGSEGV, 0, note_fault);
}

static int status_of(void (*child)(void)) {
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        fclose(stderr);
        close(2);
        child();
        _exit(99);
    }
    waitpid(pid, &status, 0);
    return status & 0xff7f; /* without the core dump's bit */
}

static void segfault(void) {
    signal(SIGSEGV, SIG_DFL);
    *(volatile int *)64 = 1;
}

static void blocked_segfault(void) {
    sigset_t set = set_of(SIGSEGV);
    sigprocmask(SIG_BLOCK, &set, NULL);
    *(volatile int *)64 = 1;
}

static void ignored_segfault(void) {
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *)64 = 1;
}

static void recursive(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    *(volatile int *)64 = 1; /* blocked while it is handled */
}

static void double_segfault(void) {
    on_signal(SIGSEGV, 0, recursive);
    *(volatile int *)64 = 1;
}

static void aborts(void) {
    signal(SIGABRT, SIG_DFL);
    abort();
}

static void traps(void) {
    signal(SIGTRAP, SIG_DFL);
    signal(SIGILL, SIG_DFL);
    __builtin_trap();
}

static void deaths(void) {
    EXPECT(status_of(segfault) == SIGSEGV);
    EXPECT(status_of(blocked_segfault) == SIGSEGV);
    EXPECT(status_of(ignored_segfault) == SIGSEGV);
    EXPECT(status_of(double_segfault) == SIGSEGV);
    EXPECT(status_of(aborts) == SIGABRT);
    int status = status_of(traps);
    EXPECT(status == SIGILL || status == SIGTRAP);
}

#if defined __riscv || defined __aarch64__
static volatile uintptr_t pc_seen;

#ifdef __riscv
#define PC(uc)          (uc)->uc_mcontext.__gregs[0]
#define ASSEMBLY(text)  ".option push\n.option norvc\n" text "\n.option pop"
#define PREPARE         ""
#define BREAK           "ebreak"
#define LOAD_40         "ld t0, 40(zero)"
#define ATOMIC_0        "amoadd.d t0, t0, (zero)"
#define SYSTEM_REGISTER "csrr t0, 0x300" /* mstatus */
#define SCRATCHED       "t0", "t1", "memory"
#else
#define PC(uc)          (uc)->uc_mcontext.pc
#define ASSEMBLY(text)  text
#define PREPARE         ".arch_extension lse\nmov x9, #40\nmov x10, #0\n"
#define BREAK           "brk #1"
#define LOAD_40         "ldr x9, [x9, x10]"
#define ATOMIC_0        "ldadd x9, x9, [x10]"
#define SYSTEM_REGISTER "mrs x9, sctlr_el1"
#define SCRATCHED       "x9", "x10", "memory"
#endif

static void skip(int number, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    number_seen = number;
    code_seen = info->si_code;
    address_seen = info->si_addr;
    pc_seen = PC(uc);
    PC(uc) += 4;
}

#define AT(name, instruction) \
    extern char name[];       \
    __asm__ volatile(PREPARE ASSEMBLY(".globl " #name "\n" #name ": " instruction)::: SCRATCHED)

static void exact_pc(void) {
    on_signal(SIGILL, 0, skip);
    on_signal(SIGTRAP, 0, skip);
    on_signal(SIGSEGV, 0, skip);
    AT(at_illegal, ".word 0xffffffff");
    int bad = number_seen != SIGILL || code_seen != ILL_ILLOPC ||
              pc_seen != (uintptr_t)at_illegal || address_seen != at_illegal;
    AT(at_break, BREAK);
    bad |= number_seen != SIGTRAP || code_seen != TRAP_BRKPT || pc_seen != (uintptr_t)at_break ||
           address_seen != at_break;
    AT(at_load, LOAD_40);
    bad |= number_seen != SIGSEGV || code_seen != SEGV_MAPERR || pc_seen != (uintptr_t)at_load ||
           address_seen != (void *)40;
    AT(at_amo, ATOMIC_0);
    bad |= number_seen != SIGSEGV || pc_seen != (uintptr_t)at_amo || address_seen != NULL;
    AT(at_csr, SYSTEM_REGISTER); /* from user mode */
    bad |= number_seen != SIGILL || pc_seen != (uintptr_t)at_csr;
    if (bad)
        EXPECT(!"exact");
    on_signal(SIGSEGV, 0, note_fault);
    number_seen = 0;
    if (sigsetjmp(back, 1) == 0)
        *(volatile char *)0x8000000000000000 = 1; /* no address at all */
    if (number_seen != SIGSEGV || code_seen != SEGV_MAPERR)
        EXPECT(!"non-canonical");
}
#else
static void exact_pc(void) {
}
#endif

int main(void) {
    page_size = sysconf(_SC_PAGESIZE);
    pages = mmap(NULL, (size_t)(8 * page_size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    mprotect(page(1), (size_t)page_size, PROT_NONE);
    mprotect(page(2), (size_t)page_size, PROT_READ);
    RUN(protections);
    RUN(beyond_the_file);
    RUN(system_calls_do_not_fault);
    RUN(jumps);
    RUN(mended);
    RUN(deaths);
    RUN(exact_pc);
    return expect_summary();
}
