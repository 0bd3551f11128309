/* A program without a C library, for odd layouts: checks its own data, zeros and stack pointer.
 * Exit status 5 when all is as it should be. */
static int check(unsigned long stack_pointer);

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");

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
    long status = check(stack_pointer);
    __asm__ volatile("syscall" ::"a"(231L), "D"(status) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
