/* What a guest architecture provides. One constant `struct guest` per folder in translator/guest/;
 * emu picks one from the ELF header and hands it to everyone else. */
#ifndef RUNTIME_GUEST_H
#define RUNTIME_GUEST_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;
struct ir;
struct syscall_abi;

enum { UNIT_MAX_INSNS = 64, UNIT_MAX_BYTES = UNIT_MAX_INSNS * 16 };

/* One guest instruction in a unit of translation. */
struct guest_insn {
    uint32_t word;  /* the encoding (fixed-length guests); low bits first */
    int32_t offset; /* from the unit's pc, in bytes */
    uint8_t length; /* in bytes */
};

/* A unit of translation: the instructions that one translation covers, in execution order. In tier
 * 1 a block: one entry, straight-line, left by side exits and by its last instruction. */
struct guest_unit {
    uint64_t pc;
    uint32_t mode; /* cpu->mode it is translated for */
    uint32_t count;
    struct guest_insn insn[UNIT_MAX_INSNS];
    /* The encodings with their pc-relative fields cleared (the sign of a branch, which tells a back
     * edge, stays): the unit's pattern. */
    uint32_t pattern[UNIT_MAX_INSNS];
};

/* Bytes of guest code. */
static inline unsigned guest_unit_size(const struct guest_unit *unit) {
    const struct guest_insn *last = &unit->insn[unit->count - 1];
    return (unsigned)last->offset + last->length;
}

/* The guest's view of one interrupted point, passed when a signal frame is built. */
struct guest_signal {
    int number;
    const siginfo_t *info; /* host layout: the same as every 64-bit Linux guest's */
    uint64_t handler, restorer;
    bool siginfo;     /* SA_SIGINFO */
    uint64_t mask;    /* the guest's blocked set to restore at return */
    uint64_t stack;   /* where the frame goes (grows down from here) */
    stack_t altstack; /* uc_stack */
};

/* The functions of the guest's vDSO: position-independent code, and what the image exports. */
struct guest_vdso_symbol {
    const char *name;
    uint32_t offset, size; /* in `code` */
};

struct guest_vdso {
    const void *code;
    size_t code_size;
    const struct guest_vdso_symbol *symbols;
    unsigned symbol_count;
    const char *version; /* symbol version of all of them, such as "LINUX_4.15" */
    uint32_t sigreturn;  /* offset of the signal return trampoline */
};

struct guest {
    const char *name;        /* as in uname -m and in qemu-NAME */
    const char *triplet;     /* of the distribution's cross sysroot: /usr/<triplet> */
    const char *debian_arch; /* the C library for it is Debian's libc6-<debian_arch>-cross */
    uint16_t elf_machine;
    const char *const *cpu_models; /* the names that -cpu takes; NULL-terminated */
    unsigned page_size;            /* smallest; 4096 */
    unsigned insn_alignment;       /* of instructions, in bytes */

    const char *const *gpr_names; /* 32, for reports and dumps */
    const char *const *vec_names;
    const char *const *ctl_names;    /* CPU_CTLS; NULL where unused */
    int zero_gpr;                    /* index of the register that reads 0, or -1 */
    int sp_gpr, frame_gpr, link_gpr; /* stack, frame and link register, for entry and backtraces */
    /* Where a function with a frame keeps its return address and its caller's frame register, from
     * its own frame register. */
    int frame_return, frame_next;
    /* General and vector registers by falling frequency of use, -1 at the end: the backend pins as
     * many of the first ones as it can. */
    const int8_t *gpr_by_use;
    const int8_t *vec_by_use;
    unsigned flags_reg; /* enum guest_reg that holds condition flags (enum ir_flags); 0: none */
    unsigned vec_size;  /* of vector registers, in bytes: 8 (no V128 is read or put) or 16 */

    /* --- translation (translator/guest/NAME/) --- */

    /* Fills `unit` from its pc and mode, reading no byte at or above `limit`; at most `max_insns`
     * instructions. Returns false if not even one whole instruction lies below `limit`. */
    bool (*scan)(struct guest_unit *unit, uint64_t limit, unsigned max_insns);
    /* The value of the pc-relative field of the instruction at `pc`, as a signed byte offset. */
    int64_t (*pc_field)(const struct guest_insn *insn, uint64_t pc);
    /* Lifts every instruction of `unit` into `ir`. */
    void (*lift)(struct ir *ir, const struct guest_unit *unit);
    /* Writes the assembly text of one instruction at `pc` to `out`; returns its length in bytes. */
    unsigned (*disassemble)(const struct guest_insn *insn, uint64_t pc, char *out, size_t size);

    /* --- Linux ABI --- */
    const struct syscall_abi *syscall_abi; /* runtime/syscall_abi.h */
    unsigned syscall_insn_size;            /* bytes to go back to execute it again */
    unsigned syscall_number_gpr;           /* a7 / x8 */
    unsigned syscall_arg_gpr;              /* first of six consecutive argument registers */
    unsigned syscall_result_gpr;
    unsigned tls_gpr_or_ctl; /* enum guest_reg of the thread pointer (CLONE_SETTLS) */

    /* AT_HWCAP, AT_HWCAP2, AT_PLATFORM (NULL: none). */
    uint64_t (*hwcap)(void);
    uint64_t (*hwcap2)(void);
    const char *platform;
    size_t min_signal_stack; /* AT_MINSIGSTKSZ */
    /* The text of /proc/cpuinfo for `cpus` processors, into malloc'ed memory. */
    char *(*cpuinfo)(unsigned cpus);
    const struct guest_vdso *vdso; /* the loader makes an ELF image of it */

    /* A synchronous fault that `cpu` describes, pc exact: if it comes of what translations leave
     * out until it matters, selects others by cpu->mode and returns true, to go on at cpu->pc.
     * NULL: never. */
    bool (*mend_fault)(struct cpu *cpu);

    /* Builds a signal frame below signal->stack and points `cpu` at the handler. Returns 0 or
     * -EFAULT when the frame cannot be written. */
    int (*push_signal_frame)(struct cpu *cpu, const struct guest_signal *signal);
    /* Undoes it for rt_sigreturn: restores `cpu` from the frame at its stack pointer, and gives the
     * mask and alternate stack recorded there. Returns 0 or -EFAULT. */
    int (*pop_signal_frame)(struct cpu *cpu, uint64_t *mask, stack_t *altstack);
};

extern const struct guest guest_riscv64;
extern const struct guest guest_aarch64;

#endif
