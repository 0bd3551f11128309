/* denizen: runs a Linux program built for another processor. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/cache.h"
#include "emu/cpu_loop.h"
#include "emu/machine.h"
#include "emu/options.h"
#include "emu/warm.h"
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

/* What the first translations allocate, in one call instead of a page fault for each page: those
 * would take longer than to fill the pages. Kernels before 5.14 refuse; nothing is lost. */
static void populate_heap(void) {
    char *first = malloc(1), *end = sbrk(0);
    if (first && first < end)
        madvise((char *)((uintptr_t)first & -(uintptr_t)getpagesize()), (size_t)(end - first),
                MADV_POPULATE_WRITE);
    free(first);
}

int main(int argc, char **argv) {
    static struct options options;
    populate_heap();
    options_parse(&options, argc, argv);
    start_log(&options);
    if (options.cache_command)
        return cache_command(&options);
    if (options.warm)
        return warm_command(&options);
    cpu_loop(machine_start(&options));
    BUG("the first thread came back: it ends with the system call that ends it");
}
