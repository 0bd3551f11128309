/* denizen: runs a Linux program built for another processor. */
#include <string.h>

#include "emu/cpu_loop.h"
#include "emu/machine.h"
#include "emu/options.h"
#include "loader/loader.h"
#include "runtime/log.h"

static void start_log(const struct options *options) {
    if (options->log_file) {
        const int error = log_open(options->log_file, options->log_append);
        if (error)
            die(LOAD_CANNOT_RUN, "cannot write the log to %s: %s", options->log_file,
                strerror(-error));
    }
    const char *unknown = options->log_items ? log_enable(options->log_items) : NULL;
    if (unknown)
        die(LOAD_CANNOT_RUN, "-d: unknown item '%s'; -d help lists them", unknown);
    if (options->log_filter && log_set_filter(options->log_filter) != 0)
        die(LOAD_CANNOT_RUN, "-dfilter %s: needs start..end or start+size, comma-separated",
            options->log_filter);
    if (options->strace)
        log_enable("strace");
}

int main(int argc, char **argv) {
    static struct options options;
    options_parse(&options, argc, argv);
    start_log(&options);
    cpu_loop(machine_start(&options));
    BUG("the first thread came back: it ends with the system call that ends it");
}
