/* Loads a riscv64 program as the emulator does, and stops there: exit status and message are the
 * emulator's, or 0 and, with -v, the entry and the mappings. Builds without the rest of it. */
#include <stdio.h>
#include <string.h>

#include "loader/loader.h"
#include "runtime/guest.h"
#include "runtime/log.h"
#include "runtime/vm.h"

extern const struct guest_vdso riscv64_vdso;

static const struct guest riscv64 = {
    .name = "riscv64",
    .triplet = "riscv64-linux-gnu",
    .debian_arch = "riscv64",
    .elf_machine = 243,
    .page_size = VM_PAGE,
    .vdso = &riscv64_vdso,
};

int main(int argc, char **argv, char **envp) {
    const struct guest *const guests[] = {&riscv64, NULL};
    const struct load_options options = {.guests = guests};
    if (argc > 1 && !strcmp(argv[1], "-v")) {
        log_items |= LOG_PAGE;
        argv++;
        argc--;
    }
    if (argc < 2)
        die(2, "usage: load [-v] program [argument...]");
    vm_init();
    struct loaded loaded;
    static struct load_error error;
    if (load_program(&loaded, &error, argv[1], argv + 1, envp, &options) != 0)
        die(error.status, "%s", error.text);
    return 0;
}
