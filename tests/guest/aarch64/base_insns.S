/* The base integer instructions of A64 and its loads and stores, in most of their forms, as a
 * function each: Rd is register 0, Rn 1, Rm 2, Ra 3; memory is addressed by x8, which points into
 * the state, and x9, a small index. Tables of their addresses and texts, and what runs one. */
    .arch   armv8.5-a+crc+flagm

.macro insn text:vararg
    .section .text
8:  \text
    ret
    .section .rodata.text, "aS"
9:  .asciz  "\text"
    .section .data.rel.ro.insns, "aw"
    .quad   8b, 9b
.endm

/* The same of a sequence. */
.macro several first, second, third, fourth
    .section .text
8:  \first
    \second
    \third
    \fourth
    ret
    .section .rodata.text, "aS"
9:  .asciz  "\first; \second; \third; \fourth"
    .section .data.rel.ro.insns, "aw"
    .quad   8b, 9b
.endm

.section .data.rel.ro.insns, "aw"
    .globl  insns, insns_end
    .balign 8
insns:

/* --- arithmetic and logic --- */

.macro arithmetic r, last, field
    .irp    op, add, adds, sub, subs
    insn    \op \r\()0, \r\()1, #0
    insn    \op \r\()0, \r\()1, #0xfff
    insn    \op \r\()0, \r\()1, #0x801, lsl #12
    insn    \op \r\()0, \r\()1, \r\()2
    insn    \op \r\()0, \r\()1, \r\()1
    .irp    shift, lsl, lsr, asr
    insn    \op \r\()0, \r\()1, \r\()2, \shift #1
    insn    \op \r\()0, \r\()2, \r\()1, \shift #\last
    .endr
    .irp    extension, uxtb, uxth, uxtw, sxtb, sxth, sxtw
    insn    \op \r\()0, \r\()1, w2, \extension
    insn    \op \r\()0, \r\()1, w2, \extension #3
    .endr
    .endr
    .irp    op, adc, adcs, sbc, sbcs, lslv, lsrv, asrv, rorv, udiv, sdiv, mul, mneg
    insn    \op \r\()0, \r\()1, \r\()2
    .endr
    .irp    op, madd, msub
    insn    \op \r\()0, \r\()1, \r\()2, \r\()3
    .endr
    .irp    op, and, ands, orr, eor
    .irp    value, 1, 0xff, 0x7fffffff, 0xfffffffe, 0x80000001, 0x55555555, 0x0ff00ff0
    .ifc    \r, w
    insn    \op w0, w1, #\value
    .else
    insn    \op x0, x1, #(\value | \value << 32)
    .endif
    .endr
    .endr
    .irp    op, and, ands, orr, eor, bic, bics, orn, eon
    insn    \op \r\()0, \r\()1, \r\()2
    .irp    shift, lsl, lsr, asr, ror
    insn    \op \r\()0, \r\()1, \r\()2, \shift #\last
    insn    \op \r\()0, \r\()1, \r\()2, \shift #9
    .endr
    .endr
    .irp    op, movz, movn, movk
    insn    \op \r\()0, #0x8001
    insn    \op \r\()0, #0xfffe, lsl #16
    .endr
    .irp    op, rbit, rev16, clz, cls, rev
    insn    \op \r\()0, \r\()1
    .endr
    .irp    op, sbfm, ubfm, bfm
    .irp    from, 0, 1, 8, 31
    .irp    to, 0, 7, 15, 30, 31
    insn    \op \r\()0, \r\()1, #\from, #\to
    .endr
    .endr
    .endr
    .irp    count, 0, 1, 8, 31
    insn    extr \r\()0, \r\()1, \r\()2, #\count
    insn    ror \r\()0, \r\()1, #\count
    .endr
    .irp    cond, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le, al, nv
    .irp    op, csel, csinc, csinv, csneg
    insn    \op \r\()0, \r\()1, \r\()2, \cond
    .endr
    insn    csinc \r\()0, \r\()zr, \r\()zr, \cond
    insn    csinv \r\()0, \r\()zr, \r\()zr, \cond
    .irp    op, ccmp, ccmn
    insn    \op \r\()1, \r\()2, #5, \cond
    insn    \op \r\()1, #31, #10, \cond
    .endr
    /* Fused: flags made and asked for in a unit. */
    several "cmp \r\()1, \r\()2", "csinc \r\()0, \r\()zr, \r\()zr, \cond"
    several "cmn \r\()1, #1", "csel \r\()0, \r\()2, \r\()3, \cond"
    several "tst \r\()1, \r\()2", "csinv \r\()0, \r\()zr, \r\()zr, \cond"
    several "subs \r\()0, \r\()1, \r\()2", "b.\cond .+8", "add x3, x3, #1"
    several "adds \r\()0, \r\()1, \r\()2", "b.\cond .+8", "add x3, x3, #1"
    several "cmp \r\()1, \r\()2", "ccmp \r\()3, #0, #4, \cond", "b.ne .+8", "add x0, x0, #1"
    several "cmp \r\()1, \r\()2", "ccmp \r\()1, \r\()3, #2, \cond", "b.hi .+8", "add x0, x0, #1"
    .endr
    .irp    op, cbz, cbnz
    several "\op \r\()1, .+8", "add x0, x0, #1"
    .endr
.endm

arithmetic x, 63
arithmetic w, 31

    .irp    op, sbfm, ubfm, bfm
    .irp    from, 0, 32, 33, 63
    .irp    to, 31, 32, 62, 63
    insn    \op x0, x1, #\from, #\to
    .endr
    .endr
    .endr
    .irp    op, movz, movn, movk
    insn    \op x0, #0x1234, lsl #32
    insn    \op x0, #0x8765, lsl #48
    .endr
    .irp    op, smaddl, smsubl, umaddl, umsubl
    insn    \op x0, w1, w2, x3
    .endr
    .irp    op, smulh, umulh
    insn    \op x0, x1, x2
    .endr
    insn    rev32 x0, x1
    .irp    c, , c
    .irp    size, b, h, w
    insn    crc32\c\size w0, w1, w2
    .endr
    insn    crc32\c\()x w0, w1, x2
    .endr
    .irp    op, tbz, tbnz
    .irp    bit, 0, 7, 30, 31, 32, 62, 63
    several "\op x1, #\bit, .+8", "add x0, x0, #1"
    .endr
    .endr

    insn    cfinv
    insn    axflag
    insn    xaflag
    insn    setf8 w1
    insn    setf16 w1
    .irp    mask, 0, 1, 6, 8, 15
    insn    rmif x1, #3, #\mask
    insn    rmif x1, #63, #\mask
    .endr

/* --- loads and stores --- */

.macro modes op, r, offset
    insn    \op \r, [x8]
    insn    \op \r, [x8, #\offset]
    insn    \op \r, [x8, #-3]
    insn    \op \r, [x8], #17
    insn    \op \r, [x8], #-256
    insn    \op \r, [x8, #-17]!
    insn    \op \r, [x8, x9]
    insn    \op \r, [x8, w9, uxtw]
    insn    \op \r, [x8, w9, sxtw]
    insn    \op \r, [x8, x9, sxtx]
.endm

    .irp    op, ldrb, ldrsb, strb
    modes   \op, w0, 5
    .endr
    .irp    op, ldrh, ldrsh, strh
    modes   \op, w0, 6
    insn    \op w0, [x8, x9, lsl #1]
    .endr
    modes   ldrsb, x0, 5
    modes   ldrsh, x0, 6
    modes   ldrsw, x0, 12
    .irp    op, ldr, str
    modes   \op, w0, 20
    modes   \op, x0, 24
    insn    \op w0, [x8, w9, sxtw #2]
    insn    \op x0, [x8, w9, uxtw #3]
    .irp    r, b0, h0, s0, d0, q0
    modes   \op, \r, 32
    .endr
    insn    \op h0, [x8, x9, lsl #1]
    insn    \op s0, [x8, w9, sxtw #2]
    insn    \op d0, [x8, x9, lsl #3]
    insn    \op q0, [x8, x9, lsl #4]
    .endr
    .irp    op, ldtr, sttr
    insn    \op x0, [x8, #-9]
    insn    \op w0, [x8, #9]
    .endr

.macro pair op, r, r2
    insn    \op \r, \r2, [x8]
    insn    \op \r, \r2, [x8, #-64]
    insn    \op \r, \r2, [x8], #48
    insn    \op \r, \r2, [x8, #-48]!
.endm

    .irp    op, ldp, stp
    pair    \op, x0, x1
    pair    \op, w0, w1
    pair    \op, s0, s1
    pair    \op, d0, d1
    pair    \op, q0, q1
    .endr
    pair    ldpsw, x0, x1
    insn    ldp x8, x0, [x8]
    insn    ldp x0, x8, [x8, #16]
    insn    ldnp x0, x1, [x8, #32]
    insn    stnp q0, q1, [x8, #32]

/* --- structures --- */

.macro structure op, list:vararg
    insn    \op {\list}, [x8]
    insn    \op {\list}, [x8], x9
.endm

.macro structures op, kind
    structure \op\()1, v0.\kind
    structure \op\()1, v0.\kind, v1.\kind
    structure \op\()1, v0.\kind, v1.\kind, v2.\kind
    structure \op\()1, v0.\kind, v1.\kind, v2.\kind, v3.\kind
    .ifnc   \kind, 1d
    structure \op\()2, v0.\kind, v1.\kind
    structure \op\()3, v0.\kind, v1.\kind, v2.\kind
    structure \op\()4, v0.\kind, v1.\kind, v2.\kind, v3.\kind
    .endif
.endm

    .irp    kind, 8b, 16b, 4h, 8h, 2s, 4s, 1d, 2d
    structures ld, \kind
    structures st, \kind
    structure ld1r, v0.\kind
    structure ld2r, v0.\kind, v1.\kind
    structure ld3r, v0.\kind, v1.\kind, v2.\kind
    structure ld4r, v0.\kind, v1.\kind, v2.\kind, v3.\kind
    .endr
    structure ld1, v31.16b, v0.16b

.macro lane op, kind, index
    insn    \op\()1 {v0.\kind}[\index], [x8]
    insn    \op\()2 {v0.\kind, v1.\kind}[\index], [x8], x9
    insn    \op\()3 {v0.\kind, v1.\kind, v2.\kind}[\index], [x8]
    insn    \op\()4 {v0.\kind, v1.\kind, v2.\kind, v3.\kind}[\index], [x8], x9
.endm

.macro lanes kind, index
    lane    ld, \kind, \index
    lane    st, \kind, \index
.endm

    lanes   b, 0
    lanes   b, 7
    lanes   b, 15
    lanes   h, 1
    lanes   h, 7
    lanes   s, 0
    lanes   s, 3
    lanes   d, 0
    lanes   d, 1

    .section .data.rel.ro.insns, "aw"
insns_end:

/* void run(const void *code, struct state *state): `code` from that state to the one that it leaves
 * there. The members: q0 to q3, x0 to x3, x8, x9, nzcv. */
    .section .text
    .globl  run
run:
    stp     x29, x30, [sp, #-32]!
    str     x19, [sp, #16]
    mov     x19, x1
    mov     x10, x0
    ldp     q0, q1, [x19]
    ldp     q2, q3, [x19, #32]
    ldr     x3, [x19, #112]
    msr     nzcv, x3
    ldp     x0, x1, [x19, #64]
    ldp     x2, x3, [x19, #80]
    ldp     x8, x9, [x19, #96]
    blr     x10
    stp     q0, q1, [x19]
    stp     q2, q3, [x19, #32]
    stp     x0, x1, [x19, #64]
    stp     x2, x3, [x19, #80]
    stp     x8, x9, [x19, #96]
    mrs     x3, nzcv
    str     x3, [x19, #112]
    ldr     x19, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

    .section .note.GNU-stack, "", @progbits
