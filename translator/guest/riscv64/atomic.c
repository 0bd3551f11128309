/* A, Zabha, Zacas and Zawrs: atomic memory operations and load-reserved/store-conditional.
 *
 * A store-conditional succeeds when memory still holds the value that the load-reserved saw, as in
 * every emulator on a host without reservations: a write of the same value in between (ABA) goes
 * unnoticed. A misaligned address raises SIGBUS, as on Linux with every processor that has no
 * Zam. */
#include "runtime/atomic128.h"
#include "translator/guest/riscv64/lift.h"

#define ENCODING(funct5, t, funct3) funct5 " a l " t " sssss " funct3 " ddddd 0101111"

static ir_ref aligned_address(struct lifter *l, const struct operands *a, enum ir_mem_kind kind) {
    static const uint8_t log2_size[] = {
        [IR_U16] = 1, [IR_S16] = 1, [IR_U32] = 2, [IR_S32] = 2, [IR_64] = 3, [IR_128] = 4};
    ir_ref addr = get(l, a->s);
    if (log2_size[kind])
        ir_align(l->ir, addr, log2_size[kind]);
    return addr;
}

/* --- load-reserved, store-conditional --- */

INSN(lr_w, ENCODING("00010", "00000", "010"), "a", "d,(s)")
{
    ir_ref addr = aligned_address(l, a, IR_U32);
    ir_ref value = ir_load(l->ir, IR_I64, IR_MEM(IR_U32, a->order), addr, 0);
    ir_put(l->ir, IR_I64, REG_CTL + RISCV64_CTL_RESERVATION, addr);
    ir_put(l->ir, IR_I64, REG_CTL + RISCV64_CTL_RESERVATION_VALUE, value);
    put32(l, a->d, ir_trunc(l->ir, IR_I32, value));
}

INSN(lr_d, ENCODING("00010", "00000", "011"), "a", "d,(s)")
{
    ir_ref addr = aligned_address(l, a, IR_64);
    ir_ref value = ir_load(l->ir, IR_I64, IR_MEM(IR_64, a->order), addr, 0);
    ir_put(l->ir, IR_I64, REG_CTL + RISCV64_CTL_RESERVATION, addr);
    ir_put(l->ir, IR_I64, REG_CTL + RISCV64_CTL_RESERVATION_VALUE, value);
    put(l, a->d, value);
}

static void store_conditional(struct lifter *l, const struct operands *a, enum ir_mem_kind kind) {
    put(l, a->d,
        ir_store_cond(l->ir, IR_I64, IR_MEM(kind, a->order), REG_CTL + RISCV64_CTL_RESERVATION,
                      aligned_address(l, a, kind), get(l, a->t)));
}

INSN(sc_w, ENCODING("00011", "ttttt", "010"), "a", "d,t,(s)")
{ store_conditional(l, a, IR_U32); }

INSN(sc_d, ENCODING("00011", "ttttt", "011"), "a", "d,t,(s)")
{ store_conditional(l, a, IR_64); }

/* --- read-modify-write, in four widths --- */

static void read_modify_write(struct lifter *l, const struct operands *a, enum ir_rmw_kind rmw,
                              enum ir_mem_kind kind) {
    unsigned mem = IR_MEM(kind, a->order);
    put(l, a->d, ir_rmw(l->ir, IR_I64, rmw, mem, aligned_address(l, a, kind), get(l, a->t)));
}

#define AMO_OF_WIDTH(id, funct5, funct3, extension, rmw, kind)        \
    INSN(id, ENCODING(funct5, "ttttt", funct3), extension, "d,t,(s)") \
    { read_modify_write(l, a, rmw, kind); }
#define AMO(id, funct5, rmw)                                  \
    AMO_OF_WIDTH(id##_b, funct5, "000", "zabha", rmw, IR_S8)  \
    AMO_OF_WIDTH(id##_h, funct5, "001", "zabha", rmw, IR_S16) \
    AMO_OF_WIDTH(id##_w, funct5, "010", "a", rmw, IR_S32)     \
    AMO_OF_WIDTH(id##_d, funct5, "011", "a", rmw, IR_64)

AMO(amoswap, "00001", IR_RMW_SWAP)
AMO(amoadd, "00000", IR_RMW_ADD)
AMO(amoxor, "00100", IR_RMW_XOR)
AMO(amoand, "01100", IR_RMW_AND)
AMO(amoor, "01000", IR_RMW_OR)
AMO(amomin, "10000", IR_RMW_SMIN)
AMO(amomax, "10100", IR_RMW_SMAX)
AMO(amominu, "11000", IR_RMW_UMIN)
AMO(amomaxu, "11100", IR_RMW_UMAX)

/* --- compare and swap --- */

#define CAS(id, funct3, extension, kind)                                            \
    INSN(id, ENCODING("00101", "ttttt", funct3), extension, "d,t,(s)")              \
    {                                                                               \
        unsigned mem = IR_MEM(kind, a->order);                                      \
        ir_ref addr = aligned_address(l, a, kind);                                  \
        put(l, a->d, ir_cas(l->ir, IR_I64, mem, addr, get(l, a->d), get(l, a->t))); \
    }

CAS(amocas_b, "000", "zabha", IR_S8)
CAS(amocas_h, "001", "zabha", IR_S16)
CAS(amocas_w, "010", "zacas", IR_S32)
CAS(amocas_d, "011", "zacas", IR_64)

/* A pair that starts with x0 reads as zero and takes no result. `registers`: d | t << 8. A fault
 * here is a fault of the instruction, as in every helper. */
static void amocas_quad(struct cpu *cpu, uint64_t addr, uint64_t registers) {
    unsigned d = registers & 31, t = registers >> 8;
    unsigned __int128 expected = 0, desired = 0;
    if (d != X_ZERO)
        expected = (unsigned __int128)cpu->gpr[d + 1] << 64 | cpu->gpr[d];
    if (t != X_ZERO)
        desired = (unsigned __int128)cpu->gpr[t + 1] << 64 | cpu->gpr[t];
    unsigned __int128 old = compare_and_swap_128(addr, expected, desired);
    if (d != X_ZERO) {
        cpu->gpr[d] = (uint64_t)old;
        cpu->gpr[d + 1] = (uint64_t)(old >> 64);
    }
}

static const struct ir_helper amocas_quad_helper = {
    .name = "riscv64_amocas_q",
    .function = (void (*)(void))amocas_quad,
    .result = IR_VOID,
    .arguments = 2,
    .takes_cpu = true,
    .writes_state = true,
};

INSN(amocas_q, "00101 a l tttt0 sssss 100 dddd0 0101111", "zacas", "d,t,(s)")
{
    ir_helper(l->ir, &amocas_quad_helper, aligned_address(l, a, IR_128), imm(l, a->d | a->t << 8),
              IR_NO_REF);
}

/* --- waiting for a reservation to be lost --- */

/* Both may end early for any reason: they let another thread run. */
INSN(wrs_nto, "000000001101 00000 000 00000 1110011", "zawrs", "")
{ ir_trap(l->ir, EXIT_YIELD, next(l)); }

INSN(wrs_sto, "000000011101 00000 000 00000 1110011", "zawrs", "")
{ ir_trap(l->ir, EXIT_YIELD, next(l)); }
