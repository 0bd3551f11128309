/* Deep recursion over megabytes of stack, mutual recursion, and large frames and alloca. */
#include <alloca.h>
#include <stdio.h>
#include <string.h>

static __attribute__((noinline)) long even(long n);

static __attribute__((noinline)) long odd(long n) {
    return n == 0 ? 0 : even(n - 1) + 1;
}

static __attribute__((noinline)) long even(long n) {
    return n == 0 ? 1 : odd(n - 1) + 2;
}

static __attribute__((noinline)) long frames(int depth) {
    volatile unsigned char block[9000];
    block[0] = (unsigned char)depth;
    block[8999] = (unsigned char)(depth / 2);
    return depth == 0 ? 0 : frames(depth - 1) + block[0] % 10 + block[8999] % 5;
}

static __attribute__((noinline)) size_t borrowed(size_t size) {
    char *block = alloca(size);
    memset(block, 'x', size - 1);
    block[size - 1] = '\0';
    return strlen(block);
}

int main(void) {
    printf("%ld %ld\n", even(30000), odd(30001));
    printf("%ld\n", frames(500));
    size_t sum = 0;
    for (size_t size = 1; size < 200000; size = size * 3 + 1)
        sum += borrowed(size);
    printf("%zu\n", sum);
    return 0;
}
