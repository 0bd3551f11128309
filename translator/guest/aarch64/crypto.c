/* Cryptographic instructions: AES, PMULL, SHA-1, SHA-2, SHA-3, SM3, SM4. */
#include "translator/guest/aarch64/lift.h"

/* --- AES --- */

/* AESE and AESD add the key first. A final round with the key 0 says the rest, and the folder makes
 * whole rounds of it with the AESMC, AESIMC and next key that follow. */
#define AES_ROUND(id, opcode, last_round)                                             \
    INSN(id, "01001110 00 10100 " opcode " 10 nnnnn ddddd", "aes")                    \
    {                                                                                 \
        ir_ref state = ir_vxor(l->ir, IR_V128, getv(l, a->d), getv(l, a->n));         \
        putv(l, a->d, last_round(l->ir, IR_V128, state, ir_vconst(l->ir, 0, false))); \
    }

AES_ROUND(aese, "00100", ir_vaesenclast)
AES_ROUND(aesd, "00101", ir_vaesdeclast)

INSN(aesmc, "01001110 00 10100 00110 10 nnnnn ddddd", "aes")
{ putv(l, a->d, ir_vaesmc(l->ir, IR_V128, getv(l, a->n))); }

INSN(aesimc, "01001110 00 10100 00111 10 nnnnn ddddd", "aes")
{ putv(l, a->d, ir_vaesimc(l->ir, IR_V128, getv(l, a->n))); }

/* --- carry-less product of doublewords --- */

INSN(pmull_d, "00001110 11 1 mmmmm 111000 nnnnn ddddd", "pmull")
{ putv(l, a->d, ir_vpmull(l->ir, IR_LANE_D, getv(l, a->n), getv(l, a->m))); }

INSN(pmull2_d, "01001110 11 1 mmmmm 111000 nnnnn ddddd", "pmull")
{
    putv(l, a->d,
         ir_vpmull(l->ir, IR_LANE_D, ir_vhigh(l->ir, IR_V128, getv(l, a->n)),
                   ir_vhigh(l->ir, IR_V128, getv(l, a->m))));
}

/* --- SHA-1 --- */

#define SHA1_ROUNDS(id, opcode, function)                               \
    INSN(id, "01011110 00 0 mmmmm 0 " opcode " 00 nnnnn ddddd", "sha1") \
    { putv(l, a->d, ir_vsha1(l->ir, function, getv(l, a->d), getv(l, a->n), getv(l, a->m))); }

SHA1_ROUNDS(sha1c, "000", IR_SHA1_CHOOSE)
SHA1_ROUNDS(sha1p, "001", IR_SHA1_PARITY)
SHA1_ROUNDS(sha1m, "010", IR_SHA1_MAJORITY)

INSN(sha1h, "01011110 00 10100 00000 10 nnnnn ddddd", "sha1")
{
    ir_ref e = ir_vget(l->ir, IR_LANE_AT(IR_LANE_S, 0), getv(l, a->n));
    putf(l, IR_I32, a->d, ir_rol(l->ir, IR_I32, ir_trunc(l->ir, IR_I32, e), imm32(l, 30)));
}

INSN(sha1su0, "01011110 00 0 mmmmm 0 011 00 nnnnn ddddd", "sha1")
{
    ir_ref d = getv(l, a->d), next_words = ir_vext(l->ir, 8, d, getv(l, a->n));
    putv(l, a->d, ir_vxor(l->ir, IR_V128, ir_vxor(l->ir, IR_V128, d, next_words), getv(l, a->m)));
}

INSN(sha1su1, "01011110 00 10100 00001 10 nnnnn ddddd", "sha1")
{ putv(l, a->d, ir_vsha1msg2(l->ir, IR_V128, getv(l, a->d), getv(l, a->n))); }

/* --- SHA-256 --- */

static ir_ref swap_words(struct lifter *l, ir_ref v) {
    return ir_vrev(l->ir, IR_LANE_AT(IR_LANE_S, 3), v);
}

/* Four rounds. What SHA256H and SHA256H2 with the same operands compute in common is found again,
 * and the change of layout vanishes between them and the next four (fold.c). */
struct sha256_halves {
    ir_ref abef, cdgh;
};

static struct sha256_halves sha256_rounds(struct lifter *l, ir_ref abcd, ir_ref efgh,
                                          ir_ref words) {
    ir_ref x = swap_words(l, efgh), y = swap_words(l, abcd);
    ir_ref abef = ir_vzip1(l->ir, IR_LANE_D, x, y), cdgh = ir_vzip2(l->ir, IR_LANE_D, x, y);
    ir_ref middle = ir_vsha256(l->ir, IR_V128, cdgh, abef, words);
    ir_ref last = ir_vsha256(l->ir, IR_V128, abef, middle, ir_vhigh(l->ir, IR_V128, words));
    return (struct sha256_halves){.abef = last, .cdgh = middle};
}

INSN(sha256h, "01011110 00 0 mmmmm 0 100 00 nnnnn ddddd", "sha256")
{
    struct sha256_halves h = sha256_rounds(l, getv(l, a->d), getv(l, a->n), getv(l, a->m));
    putv(l, a->d, swap_words(l, ir_vzip2(l->ir, IR_LANE_D, h.abef, h.cdgh)));
}

INSN(sha256h2, "01011110 00 0 mmmmm 0 101 00 nnnnn ddddd", "sha256")
{
    struct sha256_halves h = sha256_rounds(l, getv(l, a->n), getv(l, a->d), getv(l, a->m));
    putv(l, a->d, swap_words(l, ir_vzip1(l->ir, IR_LANE_D, h.abef, h.cdgh)));
}

INSN(sha256su0, "01011110 00 10100 00010 10 nnnnn ddddd", "sha256")
{ putv(l, a->d, ir_vsha256msg1(l->ir, IR_V128, getv(l, a->d), getv(l, a->n))); }

INSN(sha256su1, "01011110 00 0 mmmmm 0 110 00 nnnnn ddddd", "sha256")
{
    ir_ref n = getv(l, a->n), m = getv(l, a->m);
    ir_ref sum = ir_vadd(l->ir, IR_LANE_S, getv(l, a->d), ir_vext(l->ir, 4, n, m));
    putv(l, a->d, ir_vsha256msg2(l->ir, IR_V128, sum, m));
}

/* --- SHA-512 --- */

static ir_ref rotated_right(struct lifter *l, ir_ref v, unsigned count) {
    return ir_vror(l->ir, IR_LANE_D, v, imm(l, count));
}

/* ROTR(v, r1) ^ ROTR(v, r2) ^ ROTR(v, r3) */
static ir_ref big_sigma(struct lifter *l, ir_ref v, unsigned r1, unsigned r2, unsigned r3) {
    ir_ref rotated = ir_vxor(l->ir, IR_V128, rotated_right(l, v, r1), rotated_right(l, v, r2));
    return ir_vxor(l->ir, IR_V128, rotated, rotated_right(l, v, r3));
}

static ir_ref sum_of_three(struct lifter *l, ir_ref x, ir_ref y, ir_ref z) {
    return ir_vadd(l->ir, IR_LANE_D, ir_vadd(l->ir, IR_LANE_D, x, y), z);
}

/* sum + Sigma1(e) + Ch(e, f, g), in the lane that holds these. */
static ir_ref add_choice(struct lifter *l, ir_ref sum, ir_ref e, ir_ref f, ir_ref g) {
    return sum_of_three(l, sum, big_sigma(l, e, 14, 18, 41), ir_vbsl(l->ir, IR_V128, e, f, g));
}

/* The first of two rounds in the upper lane, the second in the lower. */
INSN(sha512h, "11001110 011 mmmmm 1 0 00 00 nnnnn ddddd", "sha512")
{
    ir_ref sums = getv(l, a->d), gf = getv(l, a->n), ed = getv(l, a->m);
    ir_ref first = add_choice(l, sums, ed, ir_vext(l->ir, 8, gf, gf), gf);
    ir_ref moved = ir_vhigh(l->ir, IR_V128, first);
    ir_ref second =
        add_choice(l, sums, ir_vadd(l->ir, IR_LANE_D, moved, ed), ir_vhigh(l->ir, IR_V128, ed), gf);
    putv(l, a->d, ir_vjoin(l->ir, IR_V128, second, moved));
}

/* sum + Sigma0(x) + Maj(x, y, z): where two of the three agree, that; else the other. */
static ir_ref add_majority(struct lifter *l, ir_ref sum, ir_ref x, ir_ref differ, ir_ref agreed,
                           ir_ref other) {
    return sum_of_three(l, sum, big_sigma(l, x, 28, 34, 39),
                        ir_vbsl(l->ir, IR_V128, differ, other, agreed));
}

/* Both rounds in the lower lane. */
INSN(sha512h2, "11001110 011 mmmmm 1 0 00 01 nnnnn ddddd", "sha512")
{
    ir_ref sums = getv(l, a->d), c = getv(l, a->n), ab = getv(l, a->m);
    ir_ref differ = ir_vxor(l->ir, IR_V128, ab, ir_vhigh(l->ir, IR_V128, ab));
    ir_ref first = add_majority(l, ir_vhigh(l->ir, IR_V128, sums), ab, differ, ab, c);
    ir_ref second = add_majority(l, sums, first, differ, ab, first);
    putv(l, a->d, ir_vjoin(l->ir, IR_V128, second, first));
}

/* ROTR(v, r1) ^ ROTR(v, r2) ^ SHR(v, s) */
static ir_ref sigma(struct lifter *l, ir_ref v, unsigned r1, unsigned r2, unsigned s) {
    ir_ref rotated = ir_vxor(l->ir, IR_V128, rotated_right(l, v, r1), rotated_right(l, v, r2));
    return ir_vxor(l->ir, IR_V128, rotated, ir_vshr(l->ir, IR_LANE_D, v, imm(l, s)));
}

INSN(sha512su0, "11001110 11000000 1000 00 nnnnn ddddd", "sha512")
{
    ir_ref d = getv(l, a->d), next_words = ir_vext(l->ir, 8, d, getv(l, a->n));
    putv(l, a->d, ir_vadd(l->ir, IR_LANE_D, d, sigma(l, next_words, 1, 8, 7)));
}

INSN(sha512su1, "11001110 011 mmmmm 1 0 00 10 nnnnn ddddd", "sha512")
{
    ir_ref sum = ir_vadd(l->ir, IR_LANE_D, getv(l, a->d), getv(l, a->m));
    putv(l, a->d, ir_vadd(l->ir, IR_LANE_D, sum, sigma(l, getv(l, a->n), 19, 61, 6)));
}

/* --- SHA-3 --- */

INSN(eor3, "11001110 000 mmmmm 0 aaaaa nnnnn ddddd", "sha3")
{
    ir_ref sum = ir_vxor(l->ir, IR_V128, getv(l, a->n), getv(l, a->m));
    putv(l, a->d, ir_vxor(l->ir, IR_V128, sum, getv(l, a->a)));
}

INSN(bcax, "11001110 001 mmmmm 0 aaaaa nnnnn ddddd", "sha3")
{
    ir_ref cleared = ir_vandn(l->ir, IR_V128, getv(l, a->m), getv(l, a->a));
    putv(l, a->d, ir_vxor(l->ir, IR_V128, getv(l, a->n), cleared));
}

INSN(rax1, "11001110 011 mmmmm 1 0 00 11 nnnnn ddddd", "sha3")
{
    ir_ref rotated = rotated_right(l, getv(l, a->m), 63);
    putv(l, a->d, ir_vxor(l->ir, IR_V128, getv(l, a->n), rotated));
}

INSN(xar, "11001110 100 mmmmm kkkkkk nnnnn ddddd", "sha3")
{
    ir_ref sum = ir_vxor(l->ir, IR_V128, getv(l, a->n), getv(l, a->m));
    putv(l, a->d, rotated_right(l, sum, a->amount));
}

/* --- SM3 --- */

#define SM3_PART(id, opcode, part)                                      \
    INSN(id, "11001110 011 mmmmm 1 1 00 " opcode " nnnnn ddddd", "sm3") \
    { putv(l, a->d, part(l->ir, IR_V128, getv(l, a->d), getv(l, a->n), getv(l, a->m))); }

SM3_PART(sm3partw1, "00", ir_vsm3part1)
SM3_PART(sm3partw2, "01", ir_vsm3part2)

static ir_ref last_word(struct lifter *l, unsigned v) {
    return ir_trunc(l->ir, IR_I32, ir_vget(l->ir, IR_LANE_AT(IR_LANE_S, 3), getv(l, v)));
}

INSN(sm3ss1, "11001110 010 mmmmm 0 aaaaa nnnnn ddddd", "sm3")
{
    ir_ref sum = ir_rol(l->ir, IR_I32, last_word(l, a->n), imm32(l, 12));
    sum = ir_add(l->ir, IR_I32, sum, last_word(l, a->m));
    sum = ir_add(l->ir, IR_I32, sum, last_word(l, a->a));
    ir_ref result = ir_zext32(l->ir, IR_I64, ir_rol(l->ir, IR_I32, sum, imm32(l, 7)));
    putv(l, a->d, ir_vput(l->ir, IR_LANE_AT(IR_LANE_S, 3), ir_vconst(l->ir, 0, false), result));
}

#define SM3_ROUND(id, opcode, kind)                                                       \
    INSN(id, "11001110 010 mmmmm 10 yy " opcode " nnnnn ddddd", "sm3")                    \
    {                                                                                     \
        ir_ref word = ir_vduplane(l->ir, IR_LANE_AT(IR_LANE_S, a->index), getv(l, a->m)); \
        putv(l, a->d, ir_vsm3tt(l->ir, kind, getv(l, a->d), getv(l, a->n), word));        \
    }

SM3_ROUND(sm3tt1a, "00", 0)
SM3_ROUND(sm3tt1b, "01", IR_SM3_LATE)
SM3_ROUND(sm3tt2a, "10", IR_SM3_SECOND)
SM3_ROUND(sm3tt2b, "11", IR_SM3_SECOND | IR_SM3_LATE)

/* --- SM4 --- */

INSN(sm4e, "11001110 11000000 1000 01 nnnnn ddddd", "sm4")
{ putv(l, a->d, ir_vsm4(l->ir, 0, getv(l, a->d), getv(l, a->n))); }

INSN(sm4ekey, "11001110 011 mmmmm 1 1 00 10 nnnnn ddddd", "sm4")
{ putv(l, a->d, ir_vsm4(l->ir, IR_SM4_KEY, getv(l, a->n), getv(l, a->m))); }
