/* A treap: insertions, look-ups and removals, all unpredictable branches and dependent loads. */
#include "../bench.h"

struct node {
    struct node *left, *right;
    uint32_t key, priority;
};

enum { KEYS = 1 << 15 };
static struct node nodes[KEYS];

static struct node *rotate_right(struct node *node) {
    struct node *left = node->left;
    node->left = left->right;
    left->right = node;
    return left;
}

static struct node *rotate_left(struct node *node) {
    struct node *right = node->right;
    node->right = right->left;
    right->left = node;
    return right;
}

static struct node *insert(struct node *root, struct node *node) {
    if (!root)
        return node;
    if (node->key < root->key) {
        root->left = insert(root->left, node);
        return root->left->priority > root->priority ? rotate_right(root) : root;
    }
    root->right = insert(root->right, node);
    return root->right->priority > root->priority ? rotate_left(root) : root;
}

static struct node *merge(struct node *a, struct node *b) {
    if (!a || !b)
        return a ? a : b;
    if (a->priority > b->priority) {
        a->right = merge(a->right, b);
        return a;
    }
    b->left = merge(a, b->left);
    return b;
}

static void erase(struct node **link, uint32_t key) {
    while (*link && (*link)->key != key)
        link = key < (*link)->key ? &(*link)->left : &(*link)->right;
    if (*link)
        *link = merge((*link)->left, (*link)->right);
}

static unsigned depth_of(const struct node *root, uint32_t key) {
    unsigned depth = 0;
    for (; root && root->key != key; depth++)
        root = key < root->key ? root->left : root->right;
    return root ? depth : 1000;
}

int main(int argc, char **argv) {
    uint64_t seed = 3, sum = 0;
    struct node *root = NULL;
    for (uint32_t i = 0; i < KEYS; i++) {
        nodes[i] = (struct node){.key = i * 2654435761u, .priority = (uint32_t)next_random(&seed)};
        root = insert(root, &nodes[i]);
    }
    long rounds = scaled(argc, argv, 1800000);
    for (long i = 0; i < rounds; i++) {
        struct node *node = &nodes[next_random(&seed) % KEYS];
        sum += depth_of(root, node->key) + depth_of(root, (uint32_t)next_random(&seed));
        if (i % 4 == 0) {
            erase(&root, node->key);
            node->left = node->right = NULL;
            root = insert(root, node);
        }
    }
    print_checksum(sum);
    return 0;
}
