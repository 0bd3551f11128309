#include "emu/machine.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/cpu_loop.h"
#include "emu/options.h"
#include "emu/perf_map.h"
#include "emu/report.h"
#include "loader/loader.h"
#include "runtime/fds.h"
#include "runtime/hooks.h"
#include "runtime/log.h"
#include "runtime/program.h"
#include "runtime/signals.h"
#include "runtime/thread.h"
#include "runtime/vm.h"
#include "translator/engine.h"

/* One line for each guest. */
const struct guest *const machine_guests[] = {
    &guest_riscv64,
    &guest_aarch64,
    NULL,
};

static const struct options *settings;

void machine_list_guests(FILE *out) {
    for (unsigned i = 0; machine_guests[i]; i++)
        fprintf(out, "%s%s", i ? ", " : "", machine_guests[i]->name);
}

void machine_list_cpu_models(FILE *out) {
    for (unsigned i = 0; machine_guests[i]; i++) {
        fprintf(out, "%s:", machine_guests[i]->name);
        for (const char *const *model = machine_guests[i]->cpu_models; *model; model++)
            fprintf(out, " %s", *model);
        fprintf(out, "\nEach is the same processor, with every extension that is implemented.\n");
    }
}

static void check_cpu_model(const struct guest *guest, const char *name) {
    for (const char *const *model = guest->cpu_models; *model; model++)
        if (strcmp(*model, name) == 0)
            return;
    if (strchr(name, ','))
        die(LOAD_CANNOT_RUN, "-cpu %s: properties of a processor cannot be chosen; leave them out",
            name);
    die(LOAD_CANNOT_RUN, "-cpu %s: no such %s processor; -cpu help lists them", name, guest->name);
}

/* --- upcalls --- */

static bool runs_machine(uint16_t elf_machine) {
    for (unsigned i = 0; machine_guests[i]; i++)
        if (machine_guests[i]->elf_machine == elf_machine)
            return true;
    return false;
}

static void at_exit(int status) {
    (void)status;
    if (settings->perfmap)
        perf_map_write();
    engine_save();
    if (!settings->stats)
        return;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return;
    engine_print_stats(out, settings->stats_json);
    fclose(out);
    log_write(text, size);
    free(text);
}

static void set_hooks(void) {
    hooks = (struct hooks){
        .invalidate = engine_invalidate,
        .recover_fault = engine_recover_fault,
        .init_cpu = engine_start_cpu,
        .free_cpu = engine_stop_cpu,
        .run_thread = cpu_loop,
        .before_fork = engine_before_fork,
        .after_fork = engine_after_fork,
        .at_exit = at_exit,
        .before_exec = engine_save,
        .report_death = report_death,
        .runs_machine = runs_machine,
    };
}

/* --- start --- */

/* The host's environment with the changes that the options ask for; the strings are not copied. */
static char **make_environment(const struct options *options) {
    size_t count = 0;
    while (environ[count])
        count++;
    char **list = malloc((count + options->variable_count + 1) * sizeof *list);
    if (!list)
        die(LOAD_CANNOT_RUN, "out of memory");
    memcpy(list, environ, count * sizeof *list);
    for (unsigned i = 0; i < options->variable_count; i++) {
        const char *change = options->variables[i];
        const size_t length = strcspn(change, "=");
        size_t kept = 0;
        for (size_t j = 0; j < count; j++)
            if (strncmp(list[j], change, length) != 0 || list[j][length] != '=')
                list[kept++] = list[j];
        if (change[length])
            list[kept++] = (char *)change;
        count = kept;
    }
    list[count] = NULL;
    return list;
}

static void load(struct loaded *loaded, const struct options *options) {
    const struct load_options how = {
        .guests = machine_guests,
        .sysroot = options->sysroot,
        .program_fd = options->program_fd < 0 ? NULL : &options->program_fd,
        .stack_size = options->stack_size,
    };
    static struct load_error error;
    char **environment = options->variable_count ? make_environment(options) : environ;
    const int status =
        load_program(loaded, &error, options->program, options->arguments, environment, &how);
    if (status)
        die(status, "%s", error.text);
    if (environment != environ)
        free(environment);
}

/* How execve starts another guest program. Without /proc, or a descriptor to spare, it cannot: then
 * only the host's programs run. */
static void prepare_relaunch(const struct options *options) {
    const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    relaunch.options = options->inherited;
    relaunch.executable = fd < 0 ? -1 : fd_reserve(fd);
    if (fd >= 0 && relaunch.executable < 0)
        close(fd);
}

struct cpu *machine_start(const struct options *options) {
    settings = options;
    report_set_quiet(options->quiet);
    vm_init();
    struct loaded loaded;
    load(&loaded, options);
    if (options->cpu_model)
        check_cpu_model(loaded.guest, options->cpu_model);
    const char *error = engine_init(loaded.guest, &options->engine);
    if (error)
        die(LOAD_CANNOT_RUN, "%s", error);
    set_hooks();
    prepare_relaunch(options);
    struct thread *thread = thread_init(loaded.guest);
    if (!thread)
        die(LOAD_CANNOT_RUN, "out of memory");
    signals_init();
    struct cpu *cpu = thread->cpu;
    cpu->pc = loaded.entry;
    cpu->gpr[loaded.guest->sp_gpr] = loaded.stack_pointer;
    return cpu;
}
