/* A linked list in random order, larger than the caches: bound by memory, not by instructions. */
#include "../bench.h"

struct node {
    struct node *next;
    uint64_t value;
    char padding[48];
};

enum { NODES = 1 << 18 };

int main(int argc, char **argv) {
    struct node *nodes = calloc(NODES, sizeof *nodes);
    uint32_t *order = malloc(NODES * sizeof *order);
    uint64_t seed = 41, sum = 0;
    for (uint32_t i = 0; i < NODES; i++)
        order[i] = i;
    for (uint32_t i = NODES - 1; i > 0; i--) {
        uint32_t j = (uint32_t)(next_random(&seed) % (i + 1)), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (uint32_t i = 0; i < NODES; i++) {
        nodes[order[i]].next = &nodes[order[(i + 1) % NODES]];
        nodes[order[i]].value = next_random(&seed);
    }
    long steps = scaled(argc, argv, 3000000);
    struct node *at = nodes;
    for (long i = 0; i < steps; i++) {
        sum += at->value;
        at->value ^= sum >> 7;
        at = at->next;
    }
    print_checksum(sum);
    free(order);
    free(nodes);
    return 0;
}
