/* Quicksort, merge sort and heap sort of integers, inlined comparisons. */
#include "../bench.h"

enum { COUNT = 50000 };
static uint32_t data[COUNT], scratch[COUNT];

static void insertion_sort(uint32_t *a, size_t n) {
    for (size_t i = 1; i < n; i++) {
        uint32_t value = a[i];
        size_t j = i;
        for (; j > 0 && a[j - 1] > value; j--)
            a[j] = a[j - 1];
        a[j] = value;
    }
}

static void quick_sort(uint32_t *a, size_t n) {
    while (n > 16) {
        uint32_t pivot = a[n / 2];
        size_t low = 0, high = n - 1;
        for (;;) {
            while (a[low] < pivot)
                low++;
            while (a[high] > pivot)
                high--;
            if (low >= high)
                break;
            uint32_t t = a[low];
            a[low++] = a[high];
            a[high--] = t;
        }
        quick_sort(a, low);
        a += low;
        n -= low;
    }
    insertion_sort(a, n);
}

static void merge_sort(uint32_t *a, uint32_t *temp, size_t n) {
    if (n <= 12) {
        insertion_sort(a, n);
        return;
    }
    size_t half = n / 2;
    merge_sort(a, temp, half);
    merge_sort(a + half, temp, n - half);
    memcpy(temp, a, half * sizeof *a);
    for (size_t i = 0, j = half, k = 0; i < half; k++)
        a[k] = j < n && a[j] < temp[i] ? a[j++] : temp[i++];
}

static void sift_down(uint32_t *a, size_t root, size_t n) {
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && a[child] < a[child + 1])
            child++;
        if (a[root] >= a[child])
            return;
        uint32_t t = a[root];
        a[root] = a[child];
        a[child] = t;
    }
}

static void heap_sort(uint32_t *a, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sift_down(a, i, n);
    for (size_t end = n; end-- > 1;) {
        uint32_t t = a[0];
        a[0] = a[end];
        a[end] = t;
        sift_down(a, 0, end);
    }
}

int main(int argc, char **argv) {
    uint64_t seed = 5, sum = 0;
    long rounds = scaled(argc, argv, 25);
    for (long round = 0; round < rounds; round++) {
        for (int method = 0; method < 3; method++) {
            for (size_t i = 0; i < COUNT; i++)
                data[i] = (uint32_t)next_random(&seed);
            if (method == 0)
                quick_sort(data, COUNT);
            else if (method == 1)
                merge_sort(data, scratch, COUNT);
            else
                heap_sort(data, COUNT);
            for (size_t i = 1; i < COUNT; i++) {
                if (data[i - 1] > data[i])
                    abort();
                sum = mix(sum, data[i]);
            }
        }
    }
    print_checksum(sum);
    return 0;
}
