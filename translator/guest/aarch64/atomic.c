/* Exclusives, LSE atomics, and loads and stores with acquire and release.
 *
 * A store-exclusive succeeds when memory still holds the value that the load-exclusive saw, as in
 * every emulator on a host without monitors: a write of the same value in between (ABA) goes
 * unnoticed.
 *
 * With LSE2 an access of these is atomic if it lies within an aligned quantity of 16 bytes;
 * otherwise it raises SIGBUS (Arm ARM, "AArch64.UnalignedAccessFaults"). */
#include "runtime/atomic128.h"
#include "translator/guest/aarch64/lift.h"

/* By the size field. */
static const enum ir_mem_kind kinds[] = {IR_U8, IR_U16, IR_U32, IR_64};

/* The base register's value plus `offset`, fit for an access of 1 << size bytes. */
static ir_ref checked_address(struct lifter *l, unsigned n, int64_t offset, unsigned size) {
    ir_ref addr = untagged(l, ir_add(l->ir, IR_I64, get64_sp(l, n), imm(l, offset)));
    if (size)
        ir_align(l->ir, addr, size == 4 ? 4 : size | IR_ALIGN_WITHIN_16);
    return addr;
}

static ir_ref load(struct lifter *l, enum ir_mem_kind kind, unsigned order, ir_ref addr) {
    return ir_load(l->ir, IR_I64, IR_MEM(kind, order), addr, 0);
}

/* Two W registers as the double word that they make in memory, and back. */
static ir_ref join(struct lifter *l, unsigned low, unsigned high) {
    ir_ref upper = ir_shl(l->ir, IR_I64, get64(l, high), imm(l, 32));
    return ir_or(l->ir, IR_I64, ir_zext32(l->ir, IR_I64, get32(l, low)), upper);
}

static void split(struct lifter *l, unsigned low, unsigned high, ir_ref pair) {
    put32(l, low, ir_trunc(l->ir, IR_I32, pair));
    put64(l, high, ir_shr(l->ir, IR_I64, pair, imm(l, 32)));
}

/* --- exclusives --- */

static void reserve(struct lifter *l, ir_ref addr, ir_ref value) {
    ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_RESERVATION, addr);
    ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_RESERVATION_VALUE, value);
}

INSN(ldxr, "zz001000 010 ..... l ..... nnnnn ddddd", "base")
{
    ir_ref addr = checked_address(l, a->n, 0, a->size);
    ir_ref value = load(l, kinds[a->size], a->order, addr);
    reserve(l, addr, value);
    put64(l, a->d, value);
}

INSN(stxr, "zz001000 000 sssss l ..... nnnnn ddddd", "base")
{
    ir_ref addr = checked_address(l, a->n, 0, a->size);
    unsigned mem = IR_MEM(kinds[a->size], a->order ? IR_RELEASE : 0);
    put64(
        l, a->s,
        ir_store_cond(l->ir, IR_I64, mem, REG_CTL + AARCH64_CTL_RESERVATION, addr, get64(l, a->d)));
}

INSN(ldxp_w, "10001000 011 ..... l ttttt nnnnn ddddd", "base")
{
    ir_ref addr = checked_address(l, a->n, 0, 3);
    ir_ref value = load(l, IR_64, a->order, addr);
    reserve(l, addr, value);
    split(l, a->d, a->t, value);
}

INSN(stxp_w, "10001000 001 sssss l ttttt nnnnn ddddd", "base")
{
    ir_ref addr = checked_address(l, a->n, 0, 3);
    unsigned mem = IR_MEM(IR_64, a->order ? IR_RELEASE : 0);
    put64(l, a->s,
          ir_store_cond(l->ir, IR_I64, mem, REG_CTL + AARCH64_CTL_RESERVATION, addr,
                        join(l, a->d, a->t)));
}

INSN(ldxp_x, "11001000 011 ..... l ttttt nnnnn ddddd", "base")
{
    ir_ref addr = checked_address(l, a->n, 0, 4);
    ir_ref pair = ir_load(l->ir, IR_V128, IR_MEM(IR_128, a->order), addr, 0);
    ir_ref low = ir_emit(l->ir, IR_vget, IR_I64, 3, pair, 0, 0, 0);
    ir_ref high = ir_emit(l->ir, IR_vget, IR_I64, 3 | 1 << 2, pair, 0, 0, 0);
    reserve(l, addr, low);
    ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_RESERVATION_VALUE_HIGH, high);
    put64(l, a->d, low);
    put64(l, a->t, high);
}

static uint64_t read_gpr(const struct cpu *cpu, unsigned x) {
    return x == X_ZERO ? 0 : cpu->gpr[x];
}

static unsigned __int128 read_pair(const struct cpu *cpu, unsigned low, unsigned high) {
    return (unsigned __int128)read_gpr(cpu, high) << 64 | read_gpr(cpu, low);
}

/* `registers`: Rt | Rt2 << 8. A fault here is a fault of the instruction, as in every helper. */
static uint64_t store_pair_exclusive(struct cpu *cpu, uint64_t addr, uint64_t registers) {
    unsigned __int128 expected = (unsigned __int128)cpu->ctl[AARCH64_CTL_RESERVATION_VALUE_HIGH]
                                     << 64 |
                                 cpu->ctl[AARCH64_CTL_RESERVATION_VALUE];
    unsigned __int128 desired = read_pair(cpu, registers & 31, registers >> 8 & 31);
    bool stored = cpu->ctl[AARCH64_CTL_RESERVATION] == addr &&
                  compare_and_swap_128(addr, expected, desired) == expected;
    cpu->ctl[AARCH64_CTL_RESERVATION] = ~UINT64_C(0);
    return !stored;
}

static const struct ir_helper store_pair_exclusive_helper = {
    .name = "aarch64_store_pair_exclusive",
    .function = (void (*)(void))store_pair_exclusive,
    .result = IR_I64,
    .arguments = 2,
    .takes_cpu = true,
    .writes_state = true,
};

INSN(stxp_x, "11001000 001 sssss l ttttt nnnnn ddddd", "base")
{
    ir_ref addr = checked_address(l, a->n, 0, 4);
    put64(
        l, a->s,
        ir_helper(l->ir, &store_pair_exclusive_helper, addr, imm(l, a->d | a->t << 8), IR_NO_REF));
}

INSN(clrex, "11010101 00000 011 0011 .... 010 11111", "base")
{ ir_put(l->ir, IR_I64, REG_CTL + AARCH64_CTL_RESERVATION, imm(l, -1)); }

/* --- acquire and release --- */

static void load_acquire(struct lifter *l, const struct operands *a, unsigned order) {
    put64(l, a->d, load(l, kinds[a->size], order, checked_address(l, a->n, a->imm, a->size)));
}

static void store_release(struct lifter *l, const struct operands *a) {
    ir_ref addr = checked_address(l, a->n, a->imm, a->size);
    ir_store(l->ir, IR_I64, IR_MEM(kinds[a->size], IR_ACQUIRE | IR_RELEASE), addr, 0,
             get64(l, a->d));
}

INSN(ldar, "zz001000 110 ..... 1 ..... nnnnn ddddd", "base")
{ load_acquire(l, a, IR_ACQUIRE); }

INSN(stlr, "zz001000 100 ..... 1 ..... nnnnn ddddd", "base")
{ store_release(l, a); }

INSN(ldlar, "zz001000 110 ..... 0 ..... nnnnn ddddd", "lor")
{ load_acquire(l, a, IR_ACQUIRE); }

INSN(stllr, "zz001000 100 ..... 0 ..... nnnnn ddddd", "lor")
{ store_release(l, a); }

INSN(ldapr, "zz111000 101 ..... 110000 nnnnn ddddd", "lrcpc")
{ load_acquire(l, a, IR_ACQUIRE); }

INSN(ldapur, "zz011001 010 jjjjjjjjj 00 nnnnn ddddd", "lrcpc2")
{ load_acquire(l, a, IR_ACQUIRE); }

/* The sign-extending ones, to X and to W registers. */
#define LDAPURS(id, encoding, size, kind)                           \
    INSN(id##_x, encoding "100 jjjjjjjjj 00 nnnnn ddddd", "lrcpc2") \
    {                                                               \
        ir_ref addr = checked_address(l, a->n, a->imm, size);       \
        put64(l, a->d, load(l, kind, IR_ACQUIRE, addr));            \
    }
#define LDAPURS_W(id, encoding, size, kind)                                       \
    INSN(id##_w, encoding "110 jjjjjjjjj 00 nnnnn ddddd", "lrcpc2")               \
    {                                                                             \
        ir_ref addr = checked_address(l, a->n, a->imm, size);                     \
        put32(l, a->d, ir_trunc(l->ir, IR_I32, load(l, kind, IR_ACQUIRE, addr))); \
    }

LDAPURS(ldapursb, "00011001 ", 0, IR_S8)
LDAPURS_W(ldapursb, "00011001 ", 0, IR_S8)
LDAPURS(ldapursh, "01011001 ", 1, IR_S16)
LDAPURS_W(ldapursh, "01011001 ", 1, IR_S16)
LDAPURS(ldapursw, "10011001 ", 2, IR_S32)

INSN(stlur, "zz011001 000 jjjjjjjjj 00 nnnnn ddddd", "lrcpc2")
{ store_release(l, a); }

/* --- read-modify-write --- */

static void read_modify_write(struct lifter *l, const struct operands *a, enum ir_rmw_kind rmw,
                              ir_ref operand) {
    ir_ref addr = checked_address(l, a->n, 0, a->size);
    unsigned mem = IR_MEM(kinds[a->size], a->order);
    put64(l, a->d, ir_rmw(l->ir, IR_I64, rmw, mem, addr, operand));
}

#define ATOMIC(id, operation, rmw)                                     \
    INSN(id, "zz111000 lL1 sssss " operation " 00 nnnnn ddddd", "lse") \
    { read_modify_write(l, a, rmw, get64(l, a->s)); }

ATOMIC(ldadd, "0000", IR_RMW_ADD)
ATOMIC(ldeor, "0010", IR_RMW_XOR)
ATOMIC(ldset, "0011", IR_RMW_OR)
ATOMIC(ldsmax, "0100", IR_RMW_SMAX)
ATOMIC(ldsmin, "0101", IR_RMW_SMIN)
ATOMIC(ldumax, "0110", IR_RMW_UMAX)
ATOMIC(ldumin, "0111", IR_RMW_UMIN)
ATOMIC(swp, "1000", IR_RMW_SWAP)

INSN(ldclr, "zz111000 lL1 sssss 0001 00 nnnnn ddddd", "lse")
{ read_modify_write(l, a, IR_RMW_AND, ir_not(l->ir, IR_I64, get64(l, a->s))); }

/* --- compare and swap --- */

INSN(cas, "zz001000 1l1 sssss L 11111 nnnnn ddddd", "lse")
{
    ir_ref addr = checked_address(l, a->n, 0, a->size);
    unsigned mem = IR_MEM(kinds[a->size], a->order);
    put64(l, a->s, ir_cas(l->ir, IR_I64, mem, addr, get64(l, a->s), get64(l, a->d)));
}

static bool even_pairs(const struct operands *a) {
    return !(a->s & 1) && !(a->d & 1);
}

INSN_IF(casp_w, even_pairs, "00001000 0l1 sssss L 11111 nnnnn ddddd", "lse") {
    ir_ref addr = checked_address(l, a->n, 0, 3);
    unsigned mem = IR_MEM(IR_64, a->order);
    ir_ref expected = join(l, a->s, a->s + 1u), desired = join(l, a->d, a->d + 1u);
    split(l, a->s, a->s + 1u, ir_cas(l->ir, IR_I64, mem, addr, expected, desired));
}

/* `registers`: Rs | Rt << 8. */
static void compare_and_swap_pair(struct cpu *cpu, uint64_t addr, uint64_t registers) {
    unsigned s = registers & 31, t = registers >> 8 & 31;
    unsigned __int128 old =
        compare_and_swap_128(addr, read_pair(cpu, s, s + 1), read_pair(cpu, t, t + 1));
    cpu->gpr[s] = (uint64_t)old;
    if (s + 1 != X_ZERO)
        cpu->gpr[s + 1] = (uint64_t)(old >> 64);
}

static const struct ir_helper compare_and_swap_pair_helper = {
    .name = "aarch64_compare_and_swap_pair",
    .function = (void (*)(void))compare_and_swap_pair,
    .result = IR_VOID,
    .arguments = 2,
    .takes_cpu = true,
    .writes_state = true,
};

INSN_IF(casp_x, even_pairs, "01001000 0l1 sssss L 11111 nnnnn ddddd", "lse") {
    ir_helper(l->ir, &compare_and_swap_pair_helper, checked_address(l, a->n, 0, 4),
              imm(l, a->s | a->d << 8), IR_NO_REF);
}
