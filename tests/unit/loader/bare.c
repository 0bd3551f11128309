/* A program without a C library, for odd layouts: checks its own data, zeros and stack pointer.
 * Exit status 5 when all is as it should be. */
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");
#define EXIT(status) __asm__ volatile("syscall" ::"a"(231L), "D"((long)(status)))
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl start\n");
#define EXIT(status) __asm__ volatile("mov x0, %0\n\tmov x8, #94\n\tsvc #0" ::"r"((long)(status)))
#else
__asm__(".globl _start\n_start:\n\tmv a0, sp\n\tcall start\n");
#define EXIT(status) __asm__ volatile("mv a0, %0\n\tli a7, 94\n\tecall" ::"r"((long)(status)))
#endif

__attribute__((section(".data.odd"), aligned(1))) volatile char before[37] = {1, 2, 3};
volatile unsigned long table[700] = {[0] = 11, [300] = 12, [699] = 13};
volatile char zeros[PAGES * 4096 + 123];
volatile const char constant[] = "constant";

static int check(unsigned long stack_pointer) {
    if (stack_pointer % 16)
        return 1;
    if (before[0] != 1 || before[2] != 3 || before[36] != 0)
        return 2;
    if (table[0] != 11 || table[300] != 12 || table[699] != 13 || table[1] || table[698])
        return 3;
    for (unsigned long i = 0; i < sizeof zeros; i++)
        if (zeros[i])
            return 4;
    zeros[0] = zeros[sizeof zeros - 1] = 1;
    table[1] = 1;
    return constant[7] == 't' ? 5 : 6;
}

__attribute__((used)) static void start(unsigned long stack_pointer) {
    EXIT(check(stack_pointer));
    __builtin_unreachable();
}
