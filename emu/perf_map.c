/* Format: linux/tools/perf/Documentation/jit-interface.txt. */
#include "emu/perf_map.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/code_cache.h"
#include "runtime/log.h"

static void write_line(const struct block *block, void *data) {
    fprintf(data, "%" PRIxPTR " %x guest_%" PRIx64 "\n", (uintptr_t)block->code, block->code_size,
            block->pc);
}

void perf_map_write(void) {
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
    FILE *out = fopen(path, "we");
    if (!out) {
        report_error("cannot write the map for perf, %s: %m", path);
        return;
    }
    code_cache_for_each(write_line, out);
    fclose(out);
}
