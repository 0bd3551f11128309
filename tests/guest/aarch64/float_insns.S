/* Every floating-point instruction of A64, in most of its forms, as a function of its own: Rd is
 * register 0, Rn 1, Rm 2, Ra 3. Tables of their addresses and texts, and what runs one. */
    .arch   armv8.6-a+fp16+fp16fml+bf16

.macro insn text:vararg
    .section .text
8:  \text
    ret
    .section .rodata.text, "aS"
9:  .asciz  "\text"
    .section .data.rel.ro.insns, "aw"
    .quad   8b, 9b
.endm

.section .data.rel.ro.insns, "aw"
    .globl  insns, insns_end
    .balign 8
insns:

/* --- scalars --- */

.macro fixed_point t, general, bits
    .irp    op, scvtf, ucvtf
    insn    \op \t\()0, \general\()1, #\bits
    .endr
    .irp    op, fcvtzs, fcvtzu
    insn    \op \general\()0, \t\()1, #\bits
    .endr
.endm

.macro general t, general
    insn    scvtf \t\()0, \general\()1
    insn    ucvtf \t\()0, \general\()1
    .irp    bits, 1, 7, 31, 32
    fixed_point \t, \general, \bits
    .endr
.endm

.macro scalar t, width, below, last
    .irp    op, fadd, fsub, fmul, fdiv, fmax, fmin, fmaxnm, fminnm, fnmul, fmulx, fcmeq, fcmge, fcmgt, facge, facgt, fabd, frecps, frsqrts
    insn    \op \t\()0, \t\()1, \t\()2
    .endr
    .irp    op, fmadd, fmsub, fnmadd, fnmsub
    insn    \op \t\()0, \t\()1, \t\()2, \t\()3
    .endr
    .irp    op, fmov, fabs, fneg, fsqrt, frintn, frintp, frintm, frintz, frinta, frintx, frinti, frecpe, frsqrte, frecpx, scvtf, ucvtf
    insn    \op \t\()0, \t\()1
    .endr
    .irp    op, fcmp, fcmpe
    insn    \op \t\()1, \t\()2
    insn    \op \t\()1, #0.0
    .endr
    .irp    cond, eq, ne, cs, mi, vs, hi, ge, gt, le, al
    insn    fccmp \t\()1, \t\()2, #5, \cond
    insn    fccmpe \t\()1, \t\()2, #10, \cond
    insn    fcsel \t\()0, \t\()1, \t\()2, \cond
    .endr
    .irp    op, fcmeq, fcmge, fcmgt, fcmle, fcmlt
    insn    \op \t\()0, \t\()1, #0.0
    .endr
    .irp    value, 2.0, -0.125, 31.0, 1.9375
    insn    fmov \t\()0, #\value
    .endr
    .irp    op, fcvtns, fcvtnu, fcvtps, fcvtpu, fcvtms, fcvtmu, fcvtzs, fcvtzu, fcvtas, fcvtau
    insn    \op \t\()0, \t\()1
    insn    \op w0, \t\()1
    insn    \op x0, \t\()1
    .endr
    general \t, w
    general \t, x
    fixed_point \t, x, 33
    fixed_point \t, x, 64
    .irp    bits, 1, 5, \below, \width
    fixed_point \t, \t, \bits
    .endr
    .irp    op, fmla, fmls, fmul, fmulx
    insn    \op \t\()0, \t\()1, v2.\t[0]
    insn    \op \t\()0, \t\()1, v2.\t[\last]
    .endr
    .irp    op, faddp, fmaxp, fminp, fmaxnmp, fminnmp
    insn    \op \t\()0, v1.2\t
    .endr
.endm

    scalar  s, 32, 31, 3
    scalar  d, 64, 63, 1
    scalar  h, 16, 15, 7
    .irp    t, s, d
    .irp    op, frint32z, frint32x, frint64z, frint64x
    insn    \op \t\()0, \t\()1
    .endr
    .endr
    .irp    pair, "w0, s1", "s0, w1", "x0, d1", "d0, x1", "w0, h1", "h0, w1", "x0, h1", "h0, x1", "x0, v1.d[1]", "v0.d[1], x1"
    insn    fmov \pair
    .endr
    .irp    pair, "d0, s1", "h0, s1", "s0, d1", "h0, d1", "s0, h1", "d0, h1"
    insn    fcvt \pair
    .endr
    insn    fjcvtzs w0, d1
    insn    fcvtxn s0, d1
    insn    bfcvt h0, s1

/* --- vectors --- */

.macro vector_fixed_point t, bits
    .irp    op, scvtf, ucvtf, fcvtzs, fcvtzu
    insn    \op v0.\t, v1.\t, #\bits
    .endr
.endm

.macro vector t, lane, width, below, last
    .irp    op, fmaxnm, fminnm, fmla, fmls, fadd, fsub, fmulx, fcmeq, fmax, fmin, frecps, frsqrts, fmaxnmp, fminnmp, faddp, fabd, fmul, fcmge, fcmgt, facge, facgt, fmaxp, fminp, fdiv
    insn    \op v0.\t, v1.\t, v2.\t
    .endr
    .irp    op, fabs, fneg, fsqrt, frintn, frintp, frintm, frintz, frinta, frintx, frinti, frecpe, frsqrte, fcvtns, fcvtnu, fcvtps, fcvtpu, fcvtms, fcvtmu, fcvtzs, fcvtzu, fcvtas, fcvtau, scvtf, ucvtf
    insn    \op v0.\t, v1.\t
    .endr
    .irp    op, fcmeq, fcmge, fcmgt, fcmle, fcmlt
    insn    \op v0.\t, v1.\t, #0.0
    .endr
    .irp    bits, 1, 5, \below, \width
    vector_fixed_point \t, \bits
    .endr
    .irp    op, fmla, fmls, fmul, fmulx
    insn    \op v0.\t, v1.\t, v2.\lane[0]
    insn    \op v0.\t, v1.\t, v2.\lane[\last]
    .endr
    .irp    degrees, 0, 90, 180, 270
    insn    fcmla v0.\t, v1.\t, v2.\t, #\degrees
    .endr
    insn    fcadd v0.\t, v1.\t, v2.\t, #90
    insn    fcadd v0.\t, v1.\t, v2.\t, #270
    insn    fmov v0.\t, #-2.5
.endm

    vector  8h, h, 16, 15, 7
    vector  4h, h, 16, 15, 7
    vector  4s, s, 32, 31, 3
    vector  2s, s, 32, 31, 3
    vector  2d, d, 64, 63, 1
    .irp    t, 4s, 2s, 2d
    .irp    op, frint32z, frint32x, frint64z, frint64x
    insn    \op v0.\t, v1.\t
    .endr
    .endr
    .irp    degrees, 0, 90, 180, 270
    insn    fcmla v0.8h, v1.8h, v2.h[3], #\degrees
    insn    fcmla v0.4h, v1.4h, v2.h[1], #\degrees
    insn    fcmla v0.4s, v1.4s, v2.s[1], #\degrees
    .endr
    .irp    op, fmaxv, fminv, fmaxnmv, fminnmv
    insn    \op s0, v1.4s
    insn    \op h0, v1.8h
    insn    \op h0, v1.4h
    .endr

/* --- of two formats --- */

    insn    fcvtl v0.4s, v1.4h
    insn    fcvtl2 v0.4s, v1.8h
    insn    fcvtl v0.2d, v1.2s
    insn    fcvtl2 v0.2d, v1.4s
    insn    fcvtn v0.4h, v1.4s
    insn    fcvtn2 v0.8h, v1.4s
    insn    fcvtn v0.2s, v1.2d
    insn    fcvtn2 v0.4s, v1.2d
    insn    fcvtxn v0.2s, v1.2d
    insn    fcvtxn2 v0.4s, v1.2d
    insn    bfcvtn v0.4h, v1.4s
    insn    bfcvtn2 v0.8h, v1.4s
    .irp    op, fmlal, fmlal2, fmlsl, fmlsl2
    insn    \op v0.4s, v1.4h, v2.4h
    insn    \op v0.2s, v1.2h, v2.2h
    insn    \op v0.4s, v1.4h, v2.h[7]
    insn    \op v0.2s, v1.2h, v2.h[2]
    .endr
    insn    bfdot v0.4s, v1.8h, v2.8h
    insn    bfdot v0.2s, v1.4h, v2.4h
    insn    bfdot v0.4s, v1.8h, v2.2h[3]
    insn    bfdot v0.2s, v1.4h, v2.2h[1]
    insn    bfmmla v0.4s, v1.8h, v2.8h
    .irp    op, bfmlalb, bfmlalt
    insn    \op v0.4s, v1.8h, v2.8h
    insn    \op v0.4s, v1.8h, v2.h[7]
    .endr

    .section .data.rel.ro.insns, "aw"
insns_end:

/* void run(const void *code, struct state *state, uint64_t fpcr): `code` from that state to the one
 * that it leaves there. */
    .section .text
    .globl  run
run:
    stp     x29, x30, [sp, #-32]!
    str     x19, [sp, #16]
    mov     x19, x1
    mov     x9, x0
    ldp     q0, q1, [x19]
    ldp     q2, q3, [x19, #32]
    ldp     x3, x4, [x19, #80]
    msr     nzcv, x3
    msr     fpsr, x4
    msr     fpcr, x2
    ldp     x0, x1, [x19, #64]
    blr     x9
    mrs     x3, nzcv
    mrs     x4, fpsr
    msr     fpcr, xzr
    stp     q0, q1, [x19]
    stp     q2, q3, [x19, #32]
    stp     x0, x1, [x19, #64]
    stp     x3, x4, [x19, #80]
    ldr     x19, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

    .section .note.GNU-stack, "", @progbits
