/* A signal ends a jump to itself, also when the code before it has the same shape but for its
 * distance. */
#include <signal.h>
#include <unistd.h>

static void on_alarm(int number) {
    (void)number;
    static const char text[] = "alarm\n";
    _exit(write(STDOUT_FILENO, text, sizeof text - 1) < 0);
}

int main(void) {
    signal(SIGALRM, on_alarm);
    alarm(1);
#ifdef __riscv
    __asm__ volatile(".option push\n.option norvc\n"
                     "j 1f\n nop\n"
                     "1: j 2f\n nop\n"
                     "2: j .\n"
                     ".option pop");
#elif defined __aarch64__
    __asm__ volatile("b 1f\n nop\n"
                     "1: b 2f\n nop\n"
                     "2: b .\n");
#endif
    for (;;)
        ;
}
