/* Writes a C program of many small different functions, each of which runs once: what an emulator
 * pays to obtain code. With the argument "none" the program runs none of them, so that the
 * difference between the two runs is theirs alone.
 *
 * usage: generate_cold FUNCTIONS */
#include "../bench.h"

enum { HELPERS = 40, PER_BATCH = 100 };

static uint64_t seed = 89;

static unsigned choose(unsigned count) {
    return (unsigned)(next_random(&seed) >> 33) % count;
}

static const char *variable(void) {
    static const char *const names[] = {"a", "b", "c"};
    return names[choose(3)];
}

static const char *operator(void) {
    static const char *const names[] = {"+=", "-=", "^=", "|=", "&=", "*="};
    return names[choose(6)];
}

static const char *comparison(void) {
    static const char *const names[] = {"<", ">=", "==", "!="};
    return names[choose(4)];
}

/* One statement of the sort that compiled programs are full of; none loops. */
static void statement(void) {
    switch (choose(9)) {
    case 0: printf("    %s %s %s + %u;\n", variable(), operator(), variable(), choose(5000)); break;
    case 1: printf("    %s = r->word[%u];\n", variable(), choose(32)); break;
    case 2: printf("    r->word[%u] = %s;\n", choose(32), variable()); break;
    case 3:
        printf("    if (%s %s %s)\n        %s %s %u;\n", variable(), comparison(), variable(),
               variable(), operator(), choose(100000));
        break;
    case 4:
        printf(
            "    if (r->byte[%u] & %u)\n        r->half[%u]++;\n    else\n        %s = %s << %u;\n",
            choose(64), 1u << choose(8), choose(32), variable(), variable(), 1 + choose(20));
        break;
    case 5: printf("    %s = helper%u(r, %s);\n", variable(), choose(HELPERS), variable()); break;
    case 6:
        printf("    r->byte[%u] = (unsigned char)(%s >> %u);\n", choose(64), variable(),
               choose(30));
        break;
    case 7:
        printf("    %s = (int)%s %s %d ? %s : (int)(%s * %u);\n", variable(), variable(),
               comparison(), (int)choose(1000), variable(), variable(), choose(1000));
        break;
    default:
        printf("    if (r->word[%u] == 0)\n        return %s + %u;\n", choose(32), variable(),
               choose(100));
        break;
    }
}

int main(int argc, char **argv) {
    unsigned functions = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 8000;
    printf("#include <stdio.h>\n"
           "struct record { long word[32]; unsigned short half[32]; unsigned char byte[64]; };\n"
           "#define APART static __attribute__((noinline, noclone))\n");
    for (unsigned i = 0; i < HELPERS; i++)
        printf("APART long helper%u(struct record *r, long a) {\n    return a %s r->word[%u] ? a + "
               "%u : a ^ %u;\n}\n",
               i, comparison(), choose(32), choose(5000), choose(5000));
    for (unsigned i = 0; i < functions; i++) {
        printf("APART long function%u(struct record *r, long a, long b) {\n    long c = a ^ %u;\n",
               i, choose(5000));
        for (unsigned left = 3 + choose(8); left > 0; left--)
            statement();
        printf("    return a + b - c;\n}\n");
    }
    for (unsigned i = 0; i < functions; i++) {
        if (i % PER_BATCH == 0)
            printf("APART long batch%u(struct record *r, long sum) {\n", i / PER_BATCH);
        printf("    sum = function%u(r, sum, %u);\n", i, choose(100));
        if (i % PER_BATCH == PER_BATCH - 1 || i == functions - 1)
            printf("    return sum;\n}\n");
    }
    printf("int main(int argc, char **argv) {\n    static struct record record;\n    long sum = "
           "argc;\n    (void)argv;\n"
           "    for (int i = 0; i < 32; i++)\n        record.word[i] = record.byte[i] = (unsigned "
           "char)(i + 1);\n"
           "    if (argc == 1) {\n");
    for (unsigned i = 0; i < functions; i += PER_BATCH)
        printf("        sum = batch%u(&record, sum);\n", i / PER_BATCH);
    printf("    }\n    printf(\"checksum %%lx\\n\", sum);\n    return 0;\n}\n");
    return 0;
}
