/* See compare.h: batches, and the two emulators that run them. */
#include "tests/fuzz/compare.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, MAX_ARGUMENTS = 64, POLL_MILLISECONDS = 500 };

static char *map_file(const char *path, size_t size) {
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, (off_t)size) < 0)
        err(2, "%s", path);
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        err(2, "%s", path);
    close(file);
    return memory;
}

void batch_create(struct batch *batch, const struct emulators *emulators, const char *folder,
                  const char *name, unsigned capacity) {
    size_t sequences = BATCH_SEQUENCES_OFFSET + capacity * sizeof(struct batch_sequence);
    *batch = (struct batch){
        .emulators = emulators,
        .capacity = capacity,
        .code_offset = (sequences + PAGE - 1) & ~(size_t)(PAGE - 1),
    };
    snprintf(batch->path, sizeof batch->path, "%s/%s", folder, name);
    batch->memory = map_file(batch->path, batch->code_offset + BATCH_MAX_CODE);
    for (unsigned i = 0; i < SIDES; i++) {
        struct side *side = &batch->side[i];
        snprintf(side->path, sizeof side->path, "%s/%s-%s", folder, name, side_names[i]);
        side->output_size = BATCH_RECORDS_OFFSET + capacity * sizeof(struct batch_record);
        side->output = map_file(side->path, side->output_size);
    }
}

void batch_destroy(struct batch *batch) {
    munmap(batch->memory, batch->code_offset + BATCH_MAX_CODE);
    unlink(batch->path);
    for (unsigned i = 0; i < SIDES; i++) {
        munmap(batch->side[i].output, batch->side[i].output_size);
        unlink(batch->side[i].path);
    }
}

void batch_clear(struct batch *batch) {
    batch->count = 0;
    batch->code_size = 0;
}

bool batch_add(struct batch *batch, const struct sequence *sequence) {
    if (batch->count == batch->capacity || batch->code_size + SEQUENCE_MAX_BYTES > BATCH_MAX_CODE)
        return false;
    struct batch_sequence *out =
        (struct batch_sequence *)(batch->memory + BATCH_SEQUENCES_OFFSET) + batch->count++;
    uint8_t *code = (uint8_t *)batch->memory + batch->code_offset + batch->code_size;
    size_t size = assemble(sequence, SEQUENCE_CODE + batch->code_size, code);
    *out = (struct batch_sequence){
        .registers = sequence->registers,
        .code_offset = batch->code_size,
        .code_size = (uint32_t)size,
        .resume = sequence->resume,
    };
    memcpy(out->scratch, sequence->scratch, SCRATCH_SIZE);
    batch->code_size += (uint32_t)size;
    return true;
}

const struct batch_record *batch_record(const struct batch *batch, enum side_name side,
                                        unsigned index) {
    return (const struct batch_record *)(batch->side[side].output + BATCH_RECORDS_OFFSET) + index;
}

/* Where Denizen is linked to, by the Makefile, and more than its size. */
#define DENIZEN_IMAGE      UINT64_C(0x78000000)
#define DENIZEN_IMAGE_SIZE UINT64_C(0x2000000)

/* x86-64 does not tell which non-canonical address an access went to, so an emulator reports 0, if
 * it does not know better: QEMU does for cache-block operations. */
static bool same_address(uint64_t a, uint64_t b) {
    const uint64_t canonical = (UINT64_C(1) << 47) - 16; /* some accesses run over the end */
    return a == b || (a == 0 && b >= canonical) || (b == 0 && a >= canonical);
}

/* Whether an event is one in which the emulators may differ. One is an access to where Denizen
 * itself lies. */
static bool excused_event(const struct batch *batch, const struct batch_event *event) {
    uint64_t offset = event->pc - SEQUENCE_CODE;
    uint32_t word;
    if (event->address - DENIZEN_IMAGE < DENIZEN_IMAGE_SIZE)
        return true;
    if (offset > batch->code_size - sizeof word)
        return false;
    memcpy(&word, batch->memory + batch->code_offset + offset, sizeof word);
    return guest->excused(event, word);
}

static bool excused(const struct batch *batch, unsigned index) {
    for (unsigned i = 0; i < SIDES * BATCH_MAX_EVENTS; i++) {
        const struct batch_record *record = batch_record(batch, (enum side_name)(i % SIDES), index);
        if (excused_event(batch, &record->event[i / SIDES]))
            return true;
    }
    return false;
}

bool batch_differs(const struct batch *batch, unsigned index) {
    struct batch_record reference = *batch_record(batch, REFERENCE, index);
    const struct batch_record *subject = batch_record(batch, SUBJECT, index);
    for (unsigned i = 0; i < BATCH_MAX_EVENTS; i++) {
        guest->amend(&reference.event[i], &subject->event[i]);
        if (same_address(reference.event[i].address, subject->event[i].address))
            reference.event[i].address = subject->event[i].address;
    }
    return memcmp(&reference, subject, sizeof reference) && !excused(batch, index);
}

/* --- processes --- */

static struct batch_output *progress(const struct side *side) {
    return (struct batch_output *)side->output;
}

static void start_side(struct batch *batch, enum side_name name) {
    struct side *side = &batch->side[name];
    const char *arguments[MAX_ARGUMENTS];
    char command[4096];
    unsigned count = 0;
    snprintf(command, sizeof command, "%s", batch->emulators->command[name]);
    for (char *word = strtok(command, " "); word && count < MAX_ARGUMENTS - 4;
         word = strtok(NULL, " "))
        arguments[count++] = word;
    arguments[count++] = batch->emulators->runner;
    arguments[count++] = batch->path;
    arguments[count++] = side->path;
    arguments[count] = NULL;

    side->progress = progress(side)->done;
    side->idle = 0;
    side->process = fork();
    if (side->process < 0)
        err(2, "fork");
    if (side->process == 0) {
        execvp(arguments[0], (char **)arguments);
        warn("%s", arguments[0]);
        _exit(127);
    }
    side->handle = (int)syscall(SYS_pidfd_open, side->process, 0);
    if (side->handle < 0)
        err(2, "pidfd_open");
}

void batch_start(struct batch *batch) {
    *(struct batch_header *)batch->memory = (struct batch_header){
        .count = batch->count,
        .code_offset = batch->code_offset,
        .code_size = (batch->code_size + PAGE - 1) & ~(uint64_t)(PAGE - 1),
    };
    for (unsigned i = 0; i < SIDES; i++) {
        memset(batch->side[i].output, 0,
               BATCH_RECORDS_OFFSET + batch->count * sizeof(struct batch_record));
        start_side(batch, (enum side_name)i);
    }
}

/* The process has ended: before the batch's end it takes the blame for the sequence it was at, and
 * another one goes on with the next. */
static void end_side(struct batch *batch, enum side_name name) {
    struct side *side = &batch->side[name];
    int status;
    if (waitpid(side->process, &status, 0) < 0)
        err(2, "waitpid");
    close(side->handle);
    side->process = 0;
    uint64_t done = progress(side)->done;
    if (done >= batch->count) {
        if (status)
            errx(2, "%s: status %#x at the end of a batch", batch->emulators->command[name],
                 status);
        return;
    }
    if (WIFEXITED(status) && (WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 126))
        errx(2, "%s does not run", batch->emulators->command[name]);
    struct batch_record *record =
        (struct batch_record *)(side->output + BATCH_RECORDS_OFFSET) + done;
    *record = (struct batch_record){.events = EVENTS_DIED};
    record->event[0].code = (uint32_t)status;
    progress(side)->done = done + 1;
    if (done + 1 < batch->count)
        start_side(batch, name);
}

static void check_hang(struct side *side, unsigned seconds) {
    uint64_t done = progress(side)->done;
    if (done != side->progress) {
        side->progress = done;
        side->idle = 0;
    } else if (++side->idle * POLL_MILLISECONDS > seconds * 1000) {
        kill(side->process, SIGKILL);
    }
}

void batch_wait(struct batch *batch) {
    for (;;) {
        struct pollfd waiting[SIDES];
        enum side_name names[SIDES];
        unsigned count = 0;
        for (unsigned i = 0; i < SIDES; i++)
            if (batch->side[i].process) {
                names[count] = (enum side_name)i;
                waiting[count++] = (struct pollfd){batch->side[i].handle, POLLIN, 0};
            }
        if (!count)
            return;
        int ready = poll(waiting, count, POLL_MILLISECONDS);
        if (ready < 0 && errno != EINTR)
            err(2, "poll");
        for (unsigned i = 0; i < count; i++) {
            if (ready > 0 && waiting[i].revents)
                end_side(batch, names[i]);
            else if (ready == 0)
                check_hang(&batch->side[names[i]], batch->emulators->patience);
        }
    }
}
