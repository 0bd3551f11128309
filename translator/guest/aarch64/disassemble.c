/* Assembly text: capstone's, or the row's name and the word for what capstone does not know. */
#include <elf.h>
#include <stdio.h>

#include "runtime/disassembly.h"
#include "translator/guest/aarch64/aarch64.h"
#include "translator/guest/aarch64/decode.h"

unsigned aarch64_disassemble(const struct guest_insn *insn, uint64_t pc, char *out, size_t size) {
    struct operands operands;
    const struct row *row = aarch64_decode(insn->word, &operands);
    if (!row) {
        const char *extension = aarch64_missing_extension(insn->word);
        snprintf(out, size, ".inst\t0x%08x%s%s", insn->word,
                 extension ? "  ; of an extension that is not implemented: " : "",
                 extension ? extension : "");
    } else if (!disassemble_insn(EM_AARCH64, (const uint8_t *)&insn->word, insn->length, pc, out,
                                 size)) {
        snprintf(out, size, "%s\t0x%08x", row->text->name, insn->word);
    }
    return insn->length;
}
