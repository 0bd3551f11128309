/* The parts of the x86-64 backend, to each other. */
#ifndef TRANSLATOR_HOST_X86_64_HOST_X86_64_H
#define TRANSLATOR_HOST_X86_64_HOST_X86_64_H

#include "translator/host/host.h"
#include "translator/host/x86_64/registers.h"

enum { ENTRY_NOP = 5 }; /* bytes at the start of a block that seal() may overwrite with a jump */

const struct template *x86_lower(const struct ir *ir, const struct guest_unit *unit,
                                 const int64_t *field_values);

/* Parts of drafts. */
struct draft_part x86_lower_part(const struct ir *ir, const struct guest_unit *unit,
                                 const int64_t *field_values);
struct draft_part x86_draft_entry(struct arena *arena);
struct draft_part x86_draft_exit(struct arena *arena);
void x86_pad(uint8_t *at, size_t size);

/* A helper as a distance from a fixed point of the emulator's image. */
int32_t x86_helper_number(const struct ir_helper *helper);

/* stubs.c */
size_t x86_emit_stubs(uint8_t *code, size_t size);
/* Looks for the guest pc in rax in the thread's jump table, by way of rcx and rdx: the flags say E
 * if its entry is that, whose code address then is in the operand returned. Entries are 16 bytes,
 * so the pc's own low bits, scaled, are the entry's offset. */
struct x86_mem x86_probe_jump_table(struct x86_buffer *b);
void x86_enter(struct cpu *cpu, const uint8_t *code, struct exit_record *exit);

/* floating_point.c */
/* Makes MXCSR stand for cpu->fp. */
void x86_sync_fp(struct cpu *cpu);
/* Makes cpu->fp.flags complete. */
void x86_collect_flags(struct cpu *cpu);
bool x86_mend_fp_trap(struct cpu *cpu, ucontext_t *context);

/* What STUB_EVAL needs to know of an operation, in 32 bits. */
static inline uint32_t eval_description(const struct ir_insn *insn, enum ir_type operand_type) {
    return insn->op | (uint32_t)insn->type << 8 | (uint32_t)operand_type << 12 |
           (uint32_t)insn->aux << 16;
}

/* What follows a STUB_CHAIN call in an exit's cold code; the target is a relocation. */
struct exit_data {
    int32_t jump; /* distance from this structure back to the displacement to patch */
    uint64_t target;
} __attribute__((packed));
enum { EXIT_STUB_SIZE = 5 }; /* the call in front of it */
_Static_assert(offsetof(struct exit_data, target) + 4 == RELOC_EXIT_STUB, "where the call is");

#endif
