/* Huffman coding: code construction with a heap, encoding to bits, decoding along the tree. */
#include "../bench.h"

enum { SYMBOLS = 256, TEXT_SIZE = 200000 };

struct node {
    uint32_t weight;
    int16_t left, right; /* -1: a leaf */
};

static unsigned char text[TEXT_SIZE], decoded[TEXT_SIZE], bits[TEXT_SIZE * 2];
static struct node nodes[2 * SYMBOLS];
static uint32_t codes[SYMBOLS];
static uint8_t lengths[SYMBOLS];

static int heap[SYMBOLS + 1], heap_size;

static int heavier(int a, int b) {
    return nodes[a].weight != nodes[b].weight ? nodes[a].weight > nodes[b].weight : a > b;
}

static void push(int node) {
    int i = ++heap_size;
    for (; i > 1 && heavier(heap[i / 2], node); i /= 2)
        heap[i] = heap[i / 2];
    heap[i] = node;
}

static int pop(void) {
    int top = heap[1], last = heap[heap_size--], i = 1;
    for (int child; (child = 2 * i) <= heap_size; i = child) {
        if (child < heap_size && heavier(heap[child], heap[child + 1]))
            child++;
        if (!heavier(last, heap[child]))
            break;
        heap[i] = heap[child];
    }
    heap[i] = last;
    return top;
}

static int build_tree(void) {
    int count = SYMBOLS;
    for (int i = 0; i < SYMBOLS; i++)
        nodes[i] = (struct node){1, -1, -1};
    for (size_t i = 0; i < TEXT_SIZE; i++)
        nodes[text[i]].weight++;
    for (int i = 0; i < SYMBOLS; i++)
        push(i);
    while (heap_size > 1) {
        int a = pop(), b = pop();
        nodes[count] = (struct node){nodes[a].weight + nodes[b].weight, (int16_t)a, (int16_t)b};
        push(count++);
    }
    return pop();
}

static void assign_codes(int node, uint32_t code, int length) {
    if (nodes[node].left < 0) {
        codes[node] = code;
        lengths[node] = (uint8_t)length;
        return;
    }
    assign_codes(nodes[node].left, code, length + 1);
    assign_codes(nodes[node].right, code | 1u << length, length + 1);
}

static size_t encode(void) {
    uint64_t pending = 0;
    int count = 0;
    size_t out = 0;
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        pending |= (uint64_t)codes[text[i]] << count;
        for (count += lengths[text[i]]; count >= 8; count -= 8, pending >>= 8)
            bits[out++] = (unsigned char)pending;
    }
    bits[out++] = (unsigned char)pending;
    return out;
}

static void decode(int root) {
    size_t bit = 0;
    for (size_t i = 0; i < TEXT_SIZE; i++) {
        int node = root;
        for (; nodes[node].left >= 0; bit++)
            node = bits[bit >> 3] >> (bit & 7) & 1 ? nodes[node].right : nodes[node].left;
        decoded[i] = (unsigned char)node;
    }
}

int main(int argc, char **argv) {
    uint64_t seed = 17, sum = 0;
    long rounds = scaled(argc, argv, 50);
    for (long round = 0; round < rounds; round++) {
        for (size_t i = 0; i < TEXT_SIZE; i++) {
            uint64_t r = next_random(&seed);
            text[i] = (unsigned char)((r & 15) * (r >> 8 & 15)); /* a skewed distribution */
        }
        int root = build_tree();
        assign_codes(root, 0, 0);
        sum = mix(sum, encode());
        decode(root);
        if (memcmp(text, decoded, TEXT_SIZE) != 0)
            abort();
    }
    print_checksum(sum);
    return 0;
}
