/* Nested functions whose address is taken: trampolines on an executable stack. */
/* compile: -Wno-trampolines -Wl,-z,execstack -Wl,--no-warn-execstack */
#include <stdio.h>
#include <stdlib.h>

static int apply(int (*function)(int), int count) {
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum += function(i);
    return sum;
}

static int outer(int factor, int depth) {
    int calls = 0;
    int scale(int x) {
        calls++;
        return x * factor;
    }
    int sum = apply(scale, 10);
    return depth ? sum + calls + outer(factor + 1, depth - 1) : sum + calls;
}

int main(void) {
    printf("%d %d\n", outer(3, 0), outer(2, 50));
    int data[] = {5, 2, 9, 1, 7}, order = -1;
    int compare(const void *a, const void *b) {
        return order * (*(const int *)a - *(const int *)b);
    }
    qsort(data, 5, sizeof *data, compare);
    for (int i = 0; i < 5; i++)
        printf("%d ", data[i]);
    printf("\n");
    return 0;
}
