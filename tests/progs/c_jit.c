/* Code written at run time: into fresh pages, over code that has already run, and through a second
 * mapping; each announced by __builtin___clear_cache. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef long (*function)(long);

/* Writes a function that returns its argument plus `value` (0 to 2047); returns its size. */
static size_t emit(unsigned char *at, unsigned value) {
#if defined __x86_64__
    unsigned char code[] = {0x48, 0x8d, 0x87, 0, 0, 0, 0, 0xc3}; /* lea rax, [rdi + value]; ret */
    memcpy(code + 3, &value, 4);
#elif defined __riscv
    uint32_t code[] = {0x00050513 | value << 20, 0x00008067}; /* addi a0, a0, value; ret */
#elif defined __aarch64__
    uint32_t code[] = {0x91000000 | value << 10, 0xd65f03c0}; /* add x0, x0, #value; ret */
#endif
    memcpy(at, code, sizeof code);
    __builtin___clear_cache((char *)at, (char *)at + sizeof code);
    return sizeof code;
}

int main(void) {
    unsigned char *area =
        mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    long sum = 0;
    for (unsigned i = 0; i < 2000; i++) { /* the same place again and again */
        emit(area, i);
        sum += ((function)area)(i);
    }
    printf("rewritten %ld\n", sum);

    size_t offset = 0;
    for (unsigned i = 0; i < 1000; i++)
        offset += emit(area + offset, i);
    sum = 0;
    for (size_t at = 0, size = offset / 1000; at < offset; at += size)
        sum = ((function)(area + at))(sum);
    printf("side by side %ld\n", sum);

    mprotect(area, 65536, PROT_READ | PROT_EXEC);
    printf("protected %ld\n", ((function)area)(5));
    munmap(area, 65536);
    unsigned char *again = mmap(area, 65536, PROT_READ | PROT_WRITE | PROT_EXEC,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    emit(again, 77);
    printf("mapped again %ld\n", ((function)again)(1));

    int file = memfd_create("code", 0);
    if (file < 0 || ftruncate(file, 4096) != 0)
        return 1;
    unsigned char *writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    unsigned char *executable = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    sum = 0;
    for (unsigned i = 0; i < 50; i++) {
        size_t size = emit(writable, i);
        __builtin___clear_cache((char *)executable, (char *)executable + size);
        sum += ((function)executable)(100);
    }
    printf("two mappings %ld\n", sum);
    return 0;
}
