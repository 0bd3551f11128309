/* The same code in one process after another: at other addresses, with some of it changed, with
 * some of it not there. What an earlier process ran must say nothing about what a later one has. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SLOT = 256, PAGE = 4096, IN_PAGE = 6, SLOTS = 2 * IN_PAGE };
enum { PLAIN, CHANGED, SECOND_CLOSED, SECOND_MISSING, WRITABLE, STAGES };

typedef long function(long);

#define FUNCTION(n)                                                             \
    static __attribute__((noinline, aligned(SLOT))) long function_##n(long a) { \
        long sum = n;                                                           \
        for (long i = 0; i < a; i++) {                                          \
            sum = sum * 3 + i * n;                                              \
            __asm__ volatile("" : "+r"(sum));                                   \
        }                                                                       \
        return sum;                                                             \
    }
FUNCTION(1)
FUNCTION(2)
FUNCTION(3)
FUNCTION(4)
FUNCTION(5)
FUNCTION(6)
FUNCTION(7)
static function *const functions[] = {function_1, function_2, function_3, function_4,
                                      function_5, function_6, function_7};

static sigjmp_buf back;

static void on_fault(int number, siginfo_t *info, void *context) {
    (void)context;
    printf(" signal %d code %d", number, info->si_code);
    siglongjmp(back, 1);
}

static void fill(char *memory, int changed) {
    for (int i = 0; i < SLOTS; i++) {
        function *f = functions[(i == changed ? i + 1 : i) % IN_PAGE];
        memcpy(memory + i / IN_PAGE * PAGE + i % IN_PAGE * SLOT, (const void *)f, SLOT);
    }
}

static void call(function *f) {
    if (sigsetjmp(back, 1) == 0)
        printf(" %ld", f(7));
}

static void call_all(char *memory) {
    for (int i = 0; i < SLOTS; i++)
        call((function *)(memory + i / IN_PAGE * PAGE + i % IN_PAGE * SLOT));
    putchar('\n');
}

static void run(int stage) {
    const int open = PROT_READ | PROT_WRITE;
    char *memory = mmap(NULL, 4 * PAGE, open, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory += stage % 2 * PAGE;
    printf("stage %d:", stage);
    fill(memory, stage == CHANGED ? 3 : -1);
    __builtin___clear_cache(memory, memory + 2 * PAGE);
    mprotect(memory, 2 * PAGE, stage == WRITABLE ? open | PROT_EXEC : PROT_READ | PROT_EXEC);
    if (stage == SECOND_CLOSED)
        mprotect(memory + PAGE, PAGE, PROT_READ);
    if (stage == SECOND_MISSING)
        munmap(memory + PAGE, PAGE);
    call_all(memory);
    if (stage != PLAIN && stage != WRITABLE)
        return;
    /* What has run, or could have, changes, and goes. */
    mprotect(memory, 2 * PAGE, open);
    fill(memory, IN_PAGE + 2);
    __builtin___clear_cache(memory, memory + 2 * PAGE);
    mprotect(memory, 2 * PAGE, PROT_READ | PROT_EXEC);
    call_all(memory);
    mprotect(memory + PAGE, PAGE, PROT_NONE);
    call_all(memory);
}

int main(int argc, char **argv) {
    const int stage = argc > 1 ? atoi(argv[1]) : 0;
    const struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    char next[16];
    sigaction(SIGSEGV, &action, NULL);
    run(stage % STAGES);
    fflush(stdout);
    if (stage + 1 == 2 * STAGES)
        return 0;
    snprintf(next, sizeof next, "%d", stage + 1);
    execl("/proc/self/exe", argv[0], next, (char *)NULL);
    perror("exec");
    return 1;
}
