/* A register machine with four-byte instructions, dispatched either through a switch or, with
 * COMPUTED_GOTO, through one indirect jump per instruction: the two shapes of real interpreters. */
#ifndef TESTS_BENCH_INT_INTERP_H
#define TESTS_BENCH_INT_INTERP_H

#include "../bench.h"

enum {
    LOADI,
    MOVE,
    ADD,
    ADDI,
    MUL,
    AND,
    XOR,
    SHR,
    LESS,
    JUMP,
    JUMP_IF,
    JUMP_UNLESS,
    LOAD,
    STORE,
    HALT
};

struct insn {
    uint8_t op, a;
    union {
        struct {
            uint8_t b, c;
        };
        int16_t imm;
    };
};

#define ABC(op, a, b, c) \
    {                    \
        op, a, {         \
            { b, c }     \
        }                \
    }
#define AI(op, a, value) \
    {                    \
        op, a, {         \
            .imm = value \
        }                \
    }

/* Registers of the program below. */
enum { START = 1, LIMIT, X, STEPS, BEST, SUM, TEMP, ONE, THREE, MASK, INDEX, OLD };

/* For each start below LIMIT, the length of its Collatz sequence. */
static const struct insn program[] = {
    AI(LOADI, ONE, 1),
    AI(LOADI, THREE, 3),
    AI(LOADI, MASK, 1023),
    AI(LOADI, START, 1),
    /* 4: next start */
    ABC(MOVE, X, START, 0),
    AI(LOADI, STEPS, 0),
    /* 6: next step */
    ABC(XOR, TEMP, X, ONE),
    AI(JUMP_UNLESS, TEMP, 9), /* to 17 */
    AI(ADDI, STEPS, 1),
    ABC(AND, TEMP, X, ONE),
    AI(JUMP_IF, TEMP, 3), /* to 14 */
    ABC(SHR, X, X, ONE),
    AI(JUMP, 0, -7), /* to 6 */
    AI(HALT, 0, 0),
    ABC(MUL, X, X, THREE),
    AI(ADDI, X, 1),
    AI(JUMP, 0, -11), /* to 6 */
    /* 17: sequence done */
    ABC(AND, INDEX, START, MASK),
    ABC(LOAD, OLD, INDEX, 0),
    ABC(ADD, OLD, OLD, STEPS),
    ABC(STORE, OLD, INDEX, 0),
    ABC(XOR, SUM, SUM, OLD),
    ABC(LESS, TEMP, BEST, STEPS),
    AI(JUMP_UNLESS, TEMP, 1),
    ABC(MOVE, BEST, STEPS, 0),
    AI(ADDI, START, 1),
    ABC(LESS, TEMP, START, LIMIT),
    AI(JUMP_IF, TEMP, -24), /* to 4 */
    AI(HALT, 0, 0),
};

static uint64_t memory[1024];

#ifdef COMPUTED_GOTO
#define DISPATCH() goto *targets[pc->op]
#define CASE(op)   do_##op
#define NEXT()      \
    do {            \
        pc++;       \
        DISPATCH(); \
    } while (0)
#else
#define CASE(op) case op
#define NEXT()   break
#endif

/* Runs the program; the checksum is left in SUM and the longest sequence in BEST. */
static void interpret(uint64_t *r) {
    const struct insn *pc = program;
#ifdef COMPUTED_GOTO
    static const void *const targets[] = {&&do_LOADI, &&do_MOVE,  &&do_ADD,     &&do_ADDI,
                                          &&do_MUL,   &&do_AND,   &&do_XOR,     &&do_SHR,
                                          &&do_LESS,  &&do_JUMP,  &&do_JUMP_IF, &&do_JUMP_UNLESS,
                                          &&do_LOAD,  &&do_STORE, &&do_HALT};
    DISPATCH();
#else
    for (;; pc++)
        switch (pc->op)
#endif
    {
        CASE(LOADI) : r[pc->a] = (uint64_t)(int64_t)pc->imm;
        NEXT();
        CASE(MOVE) : r[pc->a] = r[pc->b];
        NEXT();
        CASE(ADD) : r[pc->a] = r[pc->b] + r[pc->c];
        NEXT();
        CASE(ADDI) : r[pc->a] += (uint64_t)(int64_t)pc->imm;
        NEXT();
        CASE(MUL) : r[pc->a] = r[pc->b] * r[pc->c];
        NEXT();
        CASE(AND) : r[pc->a] = r[pc->b] & r[pc->c];
        NEXT();
        CASE(XOR) : r[pc->a] = r[pc->b] ^ r[pc->c];
        NEXT();
        CASE(SHR) : r[pc->a] = r[pc->b] >> (r[pc->c] & 63);
        NEXT();
        CASE(LESS) : r[pc->a] = r[pc->b] < r[pc->c];
        NEXT();
        CASE(JUMP) : pc += pc->imm;
        NEXT();
        CASE(JUMP_IF) : if (r[pc->a]) pc += pc->imm;
        NEXT();
        CASE(JUMP_UNLESS) : if (!r[pc->a]) pc += pc->imm;
        NEXT();
        CASE(LOAD) : r[pc->a] = memory[r[pc->b]];
        NEXT();
        CASE(STORE) : memory[r[pc->b]] = r[pc->a];
        NEXT();
        CASE(HALT) : return;
    }
}

int main(int argc, char **argv) {
    uint64_t registers[16] = {0};
    registers[LIMIT] = (uint64_t)scaled(argc, argv, 240000);
    interpret(registers);
    print_checksum(mix(registers[SUM], registers[BEST]));
    return 0;
}

#endif
