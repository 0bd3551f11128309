/* The allocator under many sizes, alignments and reallocations, and memory kept apart by threads.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *churn(void *argument) {
    uint64_t state = (uintptr_t)argument + 1;
    unsigned char *blocks[200] = {0};
    size_t sizes[200] = {0};
    uintptr_t wrong = 0;
    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        size_t slot = (size_t)(state >> 33) % 200,
               size = 1 + (size_t)(state >> 40) % (i % 100 ? 500 : 300000);
        if (blocks[slot] && (blocks[slot][0] != slot || blocks[slot][sizes[slot] - 1] != slot))
            wrong++;
        blocks[slot] = i % 3 ? realloc(blocks[slot], size) : (free(blocks[slot]), malloc(size));
        memset(blocks[slot], (int)slot, size);
        sizes[slot] = size;
    }
    for (int i = 0; i < 200; i++)
        free(blocks[i]);
    return (void *)wrong;
}

int main(void) {
    for (size_t alignment = 16; alignment <= 1 << 20; alignment *= 4) {
        void *block = aligned_alloc(alignment, alignment * 2);
        printf("%d", (uintptr_t)block % alignment == 0);
        free(block);
    }
    unsigned char *zero = calloc(1, 10000000);
    size_t sum = 0;
    for (size_t i = 0; i < 10000000; i += 4096)
        sum += zero[i];
    printf(" %zu %d\n", sum, malloc_usable_size(zero) >= 10000000);
    zero = realloc(zero, 50000000);
    zero[49999999] = 1;
    free(zero);
    volatile size_t too_much = SIZE_MAX / 2;
    printf("%d\n", malloc(too_much) == NULL);
    pthread_t threads[3];
    uintptr_t wrong = (uintptr_t)churn((void *)9);
    for (uintptr_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, churn, (void *)i);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        wrong += (uintptr_t)result;
    }
    printf("wrong %zu\n", (size_t)wrong);
    return 0;
}
