/* Loads and stores at every alignment and width, across page boundaries, and overlapping moves. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct __attribute__((packed)) packed {
    uint8_t byte;
    uint16_t half;
    uint32_t word;
    uint64_t wide;
    float real;
    double twice;
};

int main(void) {
    unsigned char *area =
        mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t sum = 0;
    for (int i = 0; i < 3 * 4096; i++)
        area[i] = (unsigned char)(i * 7 + (i >> 8));
    for (int offset = 4096 - 40; offset < 4096 + 8; offset++) {
        struct packed *p = (struct packed *)(area + offset);
        sum = sum * 31 + p->half + p->word + p->wide;
        p->wide = sum;
        p->word ^= (uint32_t)offset;
        p->half++;
        p->real = (float)offset;
        p->twice = p->real * 1.5;
        sum += (uint64_t)p->twice;
    }
    for (int i = 0; i < 3 * 4096; i++)
        sum = sum * 31 + area[i];
    printf("%016llx\n", (unsigned long long)sum);
    for (size_t size = 0; size < 70; size++)
        for (int from = 0; from < 9; from++) {
            memmove(area + 100 + from, area + 104, size);
            memcpy(area + 400 + from, area + 100, size);
            memset(area + 700 + from, (int)size, size);
            sum = sum * 31 + area[100 + from + size / 2] + area[400 + size] + area[700 + size];
            sum += (uint64_t)(memcmp(area + 100, area + 400 + from, size) > 0);
        }
    printf("%016llx\n", (unsigned long long)sum);
    return 0;
}
