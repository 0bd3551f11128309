/* Signal frames: the alternate stack, registers seen and changed by handlers, siglongjmp. */
#include <fenv.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "expect.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

static char *alternate;
enum { ALTERNATE_SIZE = 64 << 10 };
static volatile int calls;
static volatile uintptr_t stack_at;
static stack_t inside, recorded;
static volatile int refused;

static int is_alternate(uintptr_t address) {
    return address >= (uintptr_t)alternate && address < (uintptr_t)alternate + ALTERNATE_SIZE;
}

static void look(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    int here;
    calls++;
    stack_at = (uintptr_t)&here;
    sigaltstack(NULL, &inside);
    recorded = ((ucontext_t *)context)->uc_stack;
    stack_t other = {.ss_sp = alternate, .ss_size = ALTERNATE_SIZE / 2};
    refused = sigaltstack(&other, NULL) == -1 && errno == EPERM;
}

static int use_alternate(int flags) {
    stack_t stack = {.ss_sp = alternate, .ss_size = ALTERNATE_SIZE, .ss_flags = flags};
    return sigaltstack(&stack, NULL);
}

static void altstack(void) {
    stack_t old;
    alternate = malloc(ALTERNATE_SIZE);
    EXPECT(sigaltstack(NULL, &old) == 0 && old.ss_flags == SS_DISABLE);
    EXPECT(use_alternate(0) == 0);
    EXPECT(sigaltstack(NULL, &old) == 0 && old.ss_flags == 0 && old.ss_sp == alternate &&
           old.ss_size == ALTERNATE_SIZE);

    on_signal(SIGUSR1, SA_ONSTACK, look);
    raise(SIGUSR1);
    EXPECT(is_alternate(stack_at));
    EXPECT(inside.ss_flags == SS_ONSTACK);
    EXPECT(recorded.ss_sp == alternate && recorded.ss_size == ALTERNATE_SIZE);
    EXPECT(refused);
    on_signal(SIGUSR1, 0, look);
    raise(SIGUSR1);
    EXPECT(!is_alternate(stack_at) && inside.ss_flags == 0 && !refused);
    EXPECT(use_alternate(0) == 0);

    stack_t small = {.ss_sp = alternate, .ss_size = 1024};
    EXPECT(sigaltstack(&small, NULL) == -1 && errno == ENOMEM);
    stack_t odd = {.ss_sp = alternate, .ss_size = ALTERNATE_SIZE, .ss_flags = 0x40};
    EXPECT(sigaltstack(&odd, NULL) == -1 && errno == EINVAL);
    EXPECT(syscall(SYS_sigaltstack, (void *)8, NULL) == -1 && errno == EFAULT);
    stack_t off = {.ss_flags = SS_DISABLE};
    EXPECT(sigaltstack(&off, &old) == 0 && old.ss_sp == alternate);
    on_signal(SIGUSR1, SA_ONSTACK, look);
    raise(SIGUSR1);
    EXPECT(!is_alternate(stack_at));
}

static void autodisarm(void) {
    stack_t old;
    EXPECT(use_alternate((int)SS_AUTODISARM) == 0);
    on_signal(SIGUSR1, SA_ONSTACK, look);
    raise(SIGUSR1);
    EXPECT(is_alternate(stack_at));
    EXPECT(inside.ss_flags == SS_DISABLE);
    EXPECT(!refused); /* disarmed, it may be set: but the return brings the old one back */
    EXPECT(sigaltstack(NULL, &old) == 0 && old.ss_sp == alternate &&
           old.ss_size == ALTERNATE_SIZE && (unsigned)old.ss_flags == SS_AUTODISARM);
    stack_t off = {.ss_flags = SS_DISABLE};
    EXPECT(sigaltstack(&off, NULL) == 0);
}

static sigjmp_buf escape;

static void leap(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    calls++;
    siglongjmp(escape, calls);
}

static void longjmp_out(void) {
    sigset_t mask;
    on_signal(SIGUSR1, 0, leap);
    calls = 0;
    for (volatile int i = 1; i <= 2000; i++) {
        int value = sigsetjmp(escape, 1);
        if (value == 0) {
            raise(SIGUSR1);
            EXPECT(!"reached");
        }
        if (value != i)
            EXPECT(value == i);
    }
    EXPECT(calls == 2000);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    EXPECT(!sigismember(&mask, SIGUSR1));
    /* Without the mask the signal stays blocked. */
    if (sigsetjmp(escape, 0) == 0)
        raise(SIGUSR1);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    EXPECT(sigismember(&mask, SIGUSR1));
    sigset_t set = set_of(SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    /* Off the alternate stack, again and again, from a fault. */
    use_alternate(0);
    on_signal(SIGSEGV, SA_ONSTACK, leap);
    calls = 0;
    for (volatile int i = 1; i <= 500; i++)
        if (sigsetjmp(escape, 1) == 0)
            *(volatile int *)16 = 1;
    EXPECT(calls == 500);
    signal(SIGSEGV, SIG_DFL);
}

/* A stack that overflows is what alternate stacks are for. */
static volatile int bottom = 1 << 30;

static int dig(int depth) {
    volatile char room[512];
    room[0] = (char)depth;
    return depth < bottom ? dig(depth + 1) + room[0] : 0;
}

static void *shallow_stack(void) {
    char *stack = mmap(NULL, 128 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(stack, 64 << 10, PROT_NONE);
    return stack;
}

static void digger(void) {
    dig(0);
}

static void stack_overflow(void) {
    static ucontext_t main_context, deep;
    char *stack = shallow_stack();
    on_signal(SIGSEGV, SA_ONSTACK, leap);
    use_alternate(0);
    calls = 0;
    getcontext(&deep);
    deep.uc_stack.ss_sp = stack;
    deep.uc_stack.ss_size = 128 << 10;
    deep.uc_link = &main_context;
    makecontext(&deep, digger, 0);
    if (sigsetjmp(escape, 1) == 0)
        swapcontext(&main_context, &deep);
    EXPECT(calls == 1);
    signal(SIGSEGV, SIG_DFL);
}

/* Where no frame fits, the process dies of SIGSEGV. */
static void no_room_for_frame(void) {
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        static ucontext_t main_context, deep;
        char *stack = shallow_stack();
        on_signal(SIGSEGV, 0, leap);
        getcontext(&deep);
        deep.uc_stack.ss_sp = stack;
        deep.uc_stack.ss_size = 128 << 10;
        deep.uc_link = &main_context;
        makecontext(&deep, digger, 0);
        swapcontext(&main_context, &deep);
        _exit(1);
    }
    waitpid(pid, &status, 0);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static volatile sigset_t context_mask;

static void look_at_mask(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    ucontext_t *uc = context;
    memcpy((void *)&context_mask, &uc->uc_sigmask, 8);
    sigaddset(&uc->uc_sigmask, SIGUSR2); /* blocked after the return */
}

static void mask_in_frame(void) {
    sigset_t set = set_of(SIGTERM), mask;
    on_signal(SIGUSR1, 0, look_at_mask);
    sigprocmask(SIG_SETMASK, &set, NULL);
    raise(SIGUSR1);
    EXPECT(sigismember((sigset_t *)&context_mask, SIGTERM));
    EXPECT(!sigismember((sigset_t *)&context_mask, SIGUSR1));
    sigprocmask(SIG_SETMASK, NULL, &mask);
    EXPECT(sigismember(&mask, SIGUSR2) && sigismember(&mask, SIGTERM) &&
           !sigismember(&mask, SIGUSR1));
    sigemptyset(&mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

/* Floating-point state survives handlers that use it all. */
static volatile double sink;

static void compute(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    (void)context;
    double x = 1.5;
    for (int i = 0; i < 50; i++)
        x = x * 1.01 + 0.3 / (i + 1);
    sink = x;
    calls++;
}

static void fp_state(void) {
    on_signal(SIGUSR1, 0, compute);
    fesetround(FE_UPWARD);
    feclearexcept(FE_ALL_EXCEPT);
    volatile double a = 1, b = 3, up = a / b;
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_OVERFLOW);
    double keep[12];
    for (int i = 0; i < 12; i++)
        keep[i] = i * 1.25;
    raise(SIGUSR1);
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += keep[i];
    EXPECT(sum == 82.5);
    EXPECT(fegetround() == FE_UPWARD);
    EXPECT(a / b == up);
    fesetround(FE_TONEAREST);
    EXPECT(a / b < up);
    feclearexcept(FE_ALL_EXCEPT);
}

#ifdef __riscv
/* Every register is in the frame, and what the handler changes there is what the program goes on
 * with. */
static void bump_registers(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    ucontext_t *uc = context;
    for (int i = 5; i < 32; i++)
        uc->uc_mcontext.__gregs[i] += 1000;
    for (int i = 0; i < 32; i++)
        uc->uc_mcontext.__fpregs.__d.__f[i] += 1000;
    uc->uc_mcontext.__fpregs.__d.__fcsr = 2 << 5 | 0x15; /* round down; NV, OF, NX */
    uc->uc_mcontext.__gregs[0] += 4;                     /* over the ebreak */
    calls++;
}

__attribute__((used)) static uint64_t gprs[32], fprs[32], fcsr_after; /* the assembly's */

static void registers(void) {
    on_signal(SIGTRAP, 0, bump_registers);
    calls = 0;
    __asm__ volatile(
        "addi sp, sp, -128\n"
        "sd ra, 0(sp)\n sd s0, 8(sp)\n sd s1, 16(sp)\n sd s2, 24(sp)\n sd s3, 32(sp)\n"
        "sd s4, 40(sp)\n sd s5, 48(sp)\n sd s6, 56(sp)\n sd s7, 64(sp)\n sd s8, 72(sp)\n"
        "sd s9, 80(sp)\n sd s10, 88(sp)\n sd s11, 96(sp)\n"
        ".irp n, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "li x\\n, \\n\n"
        ".endr\n"
        ".irp n, "
        "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "li t0, \\n\n fmv.d.x f\\n, t0\n"
        ".endr\n"
        "li t0, 5\n"
        ".option push\n .option norvc\n ebreak\n .option pop\n"
        "la ra, gprs\n"
        ".irp n, 5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "sd x\\n, (\\n * 8)(ra)\n"
        ".endr\n"
        "la ra, fprs\n"
        ".irp n, "
        "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "fsd f\\n, (\\n * 8)(ra)\n"
        ".endr\n"
        "frcsr t0\n la ra, fcsr_after\n sd t0, 0(ra)\n"
        "ld ra, 0(sp)\n ld s0, 8(sp)\n ld s1, 16(sp)\n ld s2, 24(sp)\n ld s3, 32(sp)\n"
        "ld s4, 40(sp)\n ld s5, 48(sp)\n ld s6, 56(sp)\n ld s7, 64(sp)\n ld s8, 72(sp)\n"
        "ld s9, 80(sp)\n ld s10, 88(sp)\n ld s11, 96(sp)\n"
        "addi sp, sp, 128\n" ::
            : "t0", "t1", "t2", "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "t3", "t4", "t5",
              "t6", "memory", "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1",
              "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "fa0", "fa1",
              "fa2", "fa3", "fa4", "fa5", "fa6", "fa7", "ft8", "ft9", "ft10", "ft11");
    int wrong = 0;
    for (int i = 5; i < 32; i++)
        wrong += gprs[i] != (uint64_t)i + 1000;
    for (int i = 0; i < 32; i++)
        wrong += fprs[i] != (uint64_t)i + 1000;
    volatile double a = 1, b = 3;
    double down = a / b;
    __asm__ volatile("fscsr zero");
    if (calls != 1 || wrong || fcsr_after != (2 << 5 | 0x15) || down != 0x1.5555555555555p-2)
        EXPECT(!"registers as the handler left them");
}
#elif defined __aarch64__
/* The same for aarch64; its floating-point registers are in a record of their own. */
static void bump_registers(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)info;
    ucontext_t *uc = context;
    struct fpsimd_context *fp = (struct fpsimd_context *)uc->uc_mcontext.__reserved;
    for (int i = 0; i < 31; i++)
        uc->uc_mcontext.regs[i] += 1000;
    uc->uc_mcontext.pstate ^= 0xf0000000; /* Z and V were set */
    if (fp->head.magic == FPSIMD_MAGIC && fp->head.size == sizeof *fp) {
        for (int i = 0; i < 32; i++)
            fp->vregs[i] += (__uint128_t)1000 << 64 | 1000;
        fp->fpcr = 2 << 22;       /* round down */
        fp->fpsr = 1u << 27 | 21; /* QC, IXC, OFC, IOC */
    }
    uc->uc_mcontext.pc += 4; /* over the brk */
    calls++;
}

/* x0 to x30, NZCV, FPCR, FPSR, and the vector registers: the assembly's */
__attribute__((used)) static uint64_t gprs[34];
__attribute__((used)) static __uint128_t vectors[32];

static void registers(void) {
    on_signal(SIGTRAP, 0, bump_registers);
    calls = 0;
    __asm__ volatile(
        "stp x29, x30, [sp, -32]!\n str x19, [sp, 16]\n"
        ".irp n, "
        "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "mov x0, \\n\n dup v\\n\\().2d, x0\n"
        ".endr\n"
        ".irp n, "
        "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
        "mov x\\n, \\n\n"
        ".endr\n"
        "mov x0, 0x50000000\n msr nzcv, x0\n mov x0, 0\n"
        "brk 1\n"
        "str x0, [sp, 24]\n adrp x0, gprs\n add x0, x0, :lo12:gprs\n"
        ".irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
        "str x\\n, [x0, 8 * \\n]\n"
        ".endr\n"
        "ldr x1, [sp, 24]\n str x1, [x0]\n"
        "mrs x1, nzcv\n str x1, [x0, 248]\n"
        "mrs x1, fpcr\n str x1, [x0, 256]\n"
        "mrs x1, fpsr\n str x1, [x0, 264]\n"
        "adrp x0, vectors\n add x0, x0, :lo12:vectors\n"
        ".irp n, "
        "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "str q\\n, [x0, 16 * \\n]\n"
        ".endr\n"
        "ldr x19, [sp, 16]\n ldp x29, x30, [sp], 32\n" ::
            : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
              "x13", "x14", "x15", "x16", "x17", "x18", "x20", "x21", "x22", "x23", "x24", "x25",
              "x26", "x27", "x28", "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7",
              "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19",
              "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
    int wrong = 0;
    for (int i = 0; i < 31; i++)
        wrong += gprs[i] != (uint64_t)i + 1000;
    for (int i = 0; i < 32; i++)
        wrong += vectors[i] != ((__uint128_t)(i + 1000) << 64 | (unsigned)(i + 1000));
    volatile double a = 1, b = 3;
    double down = a / b;
    wrong += gprs[31] != 0xa0000000 || gprs[32] != 2 << 22 || gprs[33] != (1u << 27 | 21);
    __asm__ volatile("msr fpcr, xzr\n msr fpsr, xzr");
    if (calls != 1 || wrong || down != 0x1.5555555555555p-2)
        EXPECT(!"registers as the handler left them");
}
#else
static void registers(void) {
}
#endif

int main(void) {
    RUN(altstack);
    RUN(autodisarm);
    RUN(longjmp_out);
    RUN(stack_overflow);
    RUN(no_room_for_frame);
    RUN(mask_in_frame);
    RUN(fp_state);
    RUN(registers);
    return expect_summary();
}
