/* What a program sees of how it was started; compared between the loader and the kernel. */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

static int data[5000] = {7, 8, 9};
static char odd_zeros[12345];
static long big_zeros[200000];
static _Thread_local int local = 42;
static int constructed;

extern char **environ;

__attribute__((constructor)) static void construct(void) {
    constructed = 1;
}

static int use_stack(int depth) {
    volatile char frame[4096];
    memset((char *)frame, depth, sizeof frame);
    return depth ? use_stack(depth - 1) + frame[17] - depth : 0;
}

int main(int argc, char **argv) {
    static const int numbers[] = {AT_PAGESZ, AT_CLKTCK, AT_PHENT,      AT_PHNUM, AT_FLAGS,
                                  AT_UID,    AT_EUID,   AT_GID,        AT_EGID,  AT_SECURE,
                                  AT_HWCAP,  AT_HWCAP2, AT_MINSIGSTKSZ};
    for (int i = 0; i < argc; i++)
        printf("argv[%d] %s\n", i, argv[i]);
    for (char **e = environ; *e; e++)
        printf("env %s\n", *e);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        printf("auxv %d %lu\n", numbers[i], getauxval(numbers[i]));
    printf("execfn %s\n", (char *)getauxval(AT_EXECFN));
    printf("platform %s\n", (char *)getauxval(AT_PLATFORM));
    printf("random %d\n", getauxval(AT_RANDOM) != 0);
    const char *headers = (const char *)getauxval(AT_PHDR);
    printf("header type %d\n", ((const Elf64_Phdr *)headers)->p_type);
    printf("base %d\n", getauxval(AT_BASE) != 0);
    /* Argument and environment strings follow each other, as setproctitle relies on. */
    for (int i = 0; i + 1 < argc; i++)
        printf("adjacent %d\n", argv[i] + strlen(argv[i]) + 1 == argv[i + 1]);
    if (environ[0])
        printf("adjacent %d\n", argv[argc - 1] + strlen(argv[argc - 1]) + 1 == environ[0]);
    long sum = 0;
    for (size_t i = 0; i < sizeof odd_zeros; i++)
        sum += odd_zeros[i];
    for (size_t i = 0; i < sizeof big_zeros / sizeof big_zeros[0]; i++)
        sum += big_zeros[i];
    for (size_t i = 0; i < 5000; i++)
        sum += data[i];
    char *heap = malloc(300000);
    memset(heap, 1, 300000);
    big_zeros[199999] = odd_zeros[12344] = 1;
    printf("sum %ld stack %d local %d constructed %d heap %d\n", sum, use_stack(20), local,
           constructed, heap[299999]);
    return 3;
}
