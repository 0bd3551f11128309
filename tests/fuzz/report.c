/* See compare.h: differences as text for people, and as files to run again. */
#include "tests/fuzz/compare.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const side_names[SIDES] = {"reference", "subject"};

/* objdump's text of each instruction, by byte offset; "" where it has none. */
static void disassemble(const uint8_t *code, size_t size, char text[][80]) {
    char path[] = "/tmp/fuzz-code-XXXXXX", command[256], line[256];
    int file = mkstemp(path);
    if (file < 0 || write(file, code, size) != (ssize_t)size)
        err(2, "%s", path);
    close(file);
    snprintf(command, sizeof command, "%s -D -b binary %s 2>/dev/null", guest->disassembler, path);
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof line, pipe)) {
        char *end, *instruction;
        unsigned long offset = strtoul(line, &end, 16);
        if (*end != ':' || offset >= size || !(instruction = strchr(line, '\t')) ||
            !(instruction = strchr(instruction + 1, '\t')))
            continue;
        instruction[strcspn(instruction, "\n")] = 0;
        for (char *c = instruction; *c; c++)
            *c = *c == '\t' ? ' ' : *c;
        snprintf(text[offset], sizeof text[offset], "%.79s", instruction + 1);
    }
    if (pipe)
        pclose(pipe);
    unlink(path);
}

static void report_code(FILE *out, const struct sequence *sequence) {
    uint8_t code[SEQUENCE_MAX_BYTES];
    static char text[SEQUENCE_MAX_BYTES][80];
    memset(text, 0, sizeof text);
    size_t offset = 0, size = assemble(sequence, SEQUENCE_CODE, code);
    disassemble(code, size, text);
    for (unsigned i = 0; i < sequence->count; i++) {
        uint32_t word = 0;
        memcpy(&word, code + offset, sequence->item[i].length);
        fprintf(out, "  %3zx: %0*" PRIx32 "%*s %-14s %s\n", offset, 2 * sequence->item[i].length,
                word, 8 - 2 * sequence->item[i].length, "", sequence->item[i].name, text[offset]);
        offset += sequence->item[i].length;
    }
}

static void report_ending(FILE *out, const char *side, const struct batch_record *record,
                          uint64_t start) {
    fprintf(out, "  %s: ", side);
    if (record->events == EVENTS_DIED) {
        int status = (int)record->event[0].code;
        fprintf(out, "emulator ended: %s %d\n", WIFSIGNALED(status) ? "signal" : "exit status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        return;
    }
    if (!record->events)
        fprintf(out, "no signal");
    for (unsigned i = 0; i < record->events && i < BATCH_MAX_EVENTS; i++) {
        const struct batch_event *e = &record->event[i];
        fprintf(out,
                "%ssignal %u code %d pc %+" PRId64 " address %#" PRIx64 " registers %016" PRIx64,
                i ? "; " : "", e->signal, (int)e->code, (int64_t)(e->pc - start), e->address,
                e->digest);
    }
    fprintf(out, "\n");
}

static void report_value(FILE *out, const char *name, uint64_t initial, uint64_t reference,
                         uint64_t subject) {
    if (reference == subject && initial == reference && !initial)
        return;
    fprintf(out, "  %-6s %016" PRIx64, name, initial);
    if (reference != subject)
        fprintf(out, " -> %016" PRIx64 " | %016" PRIx64 " *", reference, subject);
    else if (initial != reference)
        fprintf(out, " -> %016" PRIx64, reference);
    fprintf(out, "\n");
}

void report(FILE *out, const struct batch *batch, unsigned index, const struct sequence *sequence) {
    const struct batch_record *reference = batch_record(batch, REFERENCE, index);
    const struct batch_record *subject = batch_record(batch, SUBJECT, index);
    const struct batch_registers *before = &sequence->registers;
    const struct batch_registers *r = &reference->registers, *s = &subject->registers;
    const struct batch_sequence *run =
        (const struct batch_sequence *)(batch->memory + BATCH_SEQUENCES_OFFSET) + index;
    uint64_t start = SEQUENCE_CODE + run->code_offset;

    fprintf(out, "seed %" PRIu64 " sequence %" PRIu64 "%s\n", sequence->seed, sequence->number,
            sequence->resume ? ", resumed behind signals" : "");
    report_code(out, sequence);
    report_ending(out, "reference", reference, start);
    report_ending(out, "subject", subject, start);
    if (reference->events == EVENTS_DIED || subject->events == EVENTS_DIED) {
        r = before; /* the survivor's state says nothing */
        s = before;
    }
    fprintf(out, "  before -> after (reference | subject where they differ)\n");
    for (unsigned i = 0; i < guest->words; i++)
        if (guest->registers[i])
            report_value(out, guest->registers[i], before->word[i], r->word[i], s->word[i]);
    for (unsigned i = 0; i < SCRATCH_SIZE; i += 8) {
        uint64_t value[3];
        char name[8];
        snprintf(name, sizeof name, "[%u]", i);
        memcpy(&value[0], sequence->scratch + i, 8);
        memcpy(&value[1], (r == before ? sequence->scratch : reference->scratch) + i, 8);
        memcpy(&value[2], (s == before ? sequence->scratch : subject->scratch) + i, 8);
        report_value(out, name, value[0], value[1], value[2]);
    }
    fflush(out);
}

void signature(const struct sequence *sequence, char *out, size_t size) {
    size_t used = 0;
    *out = 0;
    for (unsigned i = 0; i < sequence->count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "",
                                 sequence->item[i].name);
}

/* --- files: lines of a name and hexadecimal values --- */

void save_sequence(const char *path, const struct batch *batch, unsigned index,
                   const struct sequence *sequence) {
    uint8_t code[SEQUENCE_MAX_BYTES];
    FILE *out = fopen(path, "w");
    if (!out)
        err(2, "%s", path);
    size_t size = assemble(sequence, SEQUENCE_CODE, code) - 4; /* without the jump at the end */
    fprintf(out, "resume %d\n", sequence->resume);
    for (unsigned i = 0; i < guest->words; i++)
        if (guest->registers[i])
            fprintf(out, "%s %" PRIx64 "\n", guest->registers[i], sequence->registers.word[i]);
    for (unsigned i = 0; i < SCRATCH_SIZE; i += 8) {
        uint64_t value;
        memcpy(&value, sequence->scratch + i, sizeof value);
        fprintf(out, "[%u] %" PRIx64 "\n", i, value);
    }
    for (size_t i = 0; i < size; i += guest->length(code[i])) {
        uint32_t word = 0;
        memcpy(&word, code + i, guest->length(code[i]));
        fprintf(out, "code %" PRIx32 "\n", word);
    }
    fprintf(out, "end\n");
    report(out, batch, index, sequence);
    if (fclose(out))
        err(2, "%s", path);
}

static unsigned register_index(const char *name) {
    unsigned i = 0;
    while (i < guest->words && (!guest->registers[i] || strcmp(guest->registers[i], name)))
        i++;
    return i;
}

void load_sequence(const char *path, struct sequence *sequence) {
    char name[16];
    uint64_t value;
    FILE *in = fopen(path, "r");
    if (!in)
        err(2, "%s", path);
    *sequence = (struct sequence){.count = 0};
    while (fscanf(in, "%15s %" SCNx64, name, &value) == 2) {
        unsigned long index = strtoul(name + 1, NULL, 10);
        if (!strcmp(name, "resume")) {
            sequence->resume = value;
        } else if (!strcmp(name, "code") && sequence->count < SEQUENCE_MAX_ITEMS) {
            struct item *item = &sequence->item[sequence->count++];
            *item = (struct item){.name = "", .word = (uint32_t)value};
            item->length = (uint8_t)guest->length((uint32_t)value);
        } else if (*name == '[' && index <= SCRATCH_SIZE - 8) {
            memcpy(sequence->scratch + index, &value, sizeof value);
        } else if ((index = register_index(name)) < guest->words) {
            sequence->registers.word[index] = value;
        } else {
            errx(2, "%s: unknown line: %s", path, name);
        }
    }
    if (strcmp(name, "end"))
        errx(2, "%s: no end", path);
    fclose(in);
}
