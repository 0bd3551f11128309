/* The guest side of the fuzzer: a static program that runs every sequence of a batch and
 * records how it ended.
 *
 *   runner BATCH OUTPUT
 *
 * It stands alone (no C library), so that an emulator needs little more than open, mmap and signals
 * to be tested, and starts fast. A signal in a sequence is recorded with the registers at that
 * point; then the sequence ends, or goes on behind the instruction through rt_sigreturn. */
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <stdbool.h>
#include <stddef.h>

#include "tests/fuzz/batch.h"
#include GUEST_HEADER /* the guest's runner_guest.h */

enum { PAGE = 4096, ALTERNATE_STACK = 32 << 10 };

/* runner_entry.S */
extern const char sequence_end[], sequence_left[];
void sequence_run(void);
void runner_main(const uint64_t *stack);

static struct batch_registers *const registers = (void *)(RUNNER_MEMORY + 256);

static struct {
    const struct batch_sequence *sequence;
    struct batch_record *record;
    char alternate_stack[ALTERNATE_STACK];
} running;

static _Noreturn void quit(int status) {
    for (;;)
        system_call(__NR_exit_group, status, 0, 0, 0, 0, 0);
}

static long need(long result) {
    if (result < 0)
        quit(100);
    return result;
}

static void *map(uint64_t address, uint64_t size, int protection, int flags, long file,
                 uint64_t offset) {
    return (void *)need(
        system_call(__NR_mmap, (long)address, (long)size, protection, flags, file, (long)offset));
}

static void copy(void *to, const void *from, size_t size) {
    uint64_t *out = to;
    const uint64_t *in = from;
    for (size_t i = 0; i < size / sizeof *out; i++)
        out[i] = in[i];
}

static uint64_t digest(const struct batch_registers *state) {
    uint64_t sum = 1;
    for (unsigned i = 0; i < STATE_WORDS; i++) {
        sum = (sum ^ state->word[i]) * 0x9e3779b97f4a7c15;
        sum ^= sum >> 29;
    }
    return sum;
}

static void on_signal(int number, siginfo_t *info, void *data) {
    struct ucontext *context = data;
    struct batch_record *record = running.record;
    uint64_t pc = signal_pc(context);
    if (!record || (pc >= RUNNER_TEXT && pc < RUNNER_END))
        quit(101); /* the runner itself was hit */
    struct batch_event *event = &record->event[record->events++];
    event->signal = (uint32_t)number;
    event->code = (uint32_t)info->si_code;
    event->pc = pc;
    event->address = (uint64_t)info->si_addr;
    signal_registers(context, registers);
    event->digest = digest(registers);

    uint64_t start = SEQUENCE_CODE + running.sequence->code_offset;
    bool inside = pc >= start && pc < start + running.sequence->code_size;
    if (!inside || !running.sequence->resume || record->events == BATCH_MAX_EVENTS)
        jump(sequence_left);
    skip_instruction(context);
}

static void catch_signals(void) {
    static const uint8_t caught[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
    const stack_t stack = {.ss_sp = running.alternate_stack, .ss_size = ALTERNATE_STACK};
    need(system_call(__NR_sigaltstack, (long)&stack, 0, 0, 0, 0, 0));
    /* Not blocked in its handler, which may be left without sigreturn. */
    struct {
        void (*handler)(int, siginfo_t *, void *);
        unsigned long flags, mask;
    } action = {on_signal, SA_SIGINFO | SA_ONSTACK | SA_NODEFER, 0};
    for (unsigned i = 0; i < sizeof caught; i++)
        need(system_call(__NR_rt_sigaction, caught[i], (long)&action, 0, 8, 0, 0));
}

static void run(const struct batch_sequence *sequence, struct batch_record *record) {
    copy(registers, &sequence->registers, sizeof *registers);
    registers->word[STATE_ENTRY] = SEQUENCE_CODE + sequence->code_offset;
    copy((void *)SCRATCH, sequence->scratch, SCRATCH_SIZE);
    running.sequence = sequence;
    running.record = record;
    sequence_run();
    running.record = NULL;
    copy(&record->registers, registers, sizeof *registers);
    copy(record->scratch, (void *)SCRATCH, SCRATCH_SIZE);
}

/* `stack` as the kernel left it: argc, argv. */
void runner_main(const uint64_t *stack) {
    if (stack[0] != 3 || (uint64_t)sequence_end != RUNNER_TEXT)
        quit(102);
    long batch = need(system_call(__NR_openat, AT_FDCWD, (long)stack[2], O_RDONLY, 0, 0, 0));
    long out = need(system_call(__NR_openat, AT_FDCWD, (long)stack[3], O_RDWR, 0, 0, 0));

    const struct batch_header *header = map(0, PAGE, PROT_READ, MAP_PRIVATE, batch, 0);
    const char *sequences = map(0, header->code_offset, PROT_READ, MAP_PRIVATE, batch, 0);
    uint64_t output_size = BATCH_RECORDS_OFFSET + header->count * sizeof(struct batch_record);
    char *output = map(0, output_size, PROT_READ | PROT_WRITE, MAP_SHARED, out, 0);

    int fixed = MAP_PRIVATE | MAP_FIXED, anonymous = fixed | MAP_ANONYMOUS;
    map(SEQUENCE_CODE, header->code_size, PROT_READ | PROT_EXEC, fixed, batch, header->code_offset);
    map(SCRATCH_PAGE, PAGE, PROT_READ | PROT_WRITE, anonymous, -1, 0);
    map(RUNNER_MEMORY, PAGE, PROT_READ | PROT_WRITE, anonymous, -1, 0);
    uint64_t *constant = map(READ_ONLY_PAGE, PAGE, PROT_READ | PROT_WRITE, anonymous, -1, 0);
    for (uint64_t i = 0; i < PAGE / sizeof *constant; i++)
        constant[i] = (i + 1) * 0x9e3779b97f4a7c15;
    need(system_call(__NR_mprotect, READ_ONLY_PAGE, PAGE, PROT_READ, 0, 0, 0));
    catch_signals();

    struct batch_output *progress = (struct batch_output *)output;
    for (uint64_t i = progress->done; i < header->count; progress->done = ++i)
        run((const struct batch_sequence *)(sequences + BATCH_SEQUENCES_OFFSET) + i,
            (struct batch_record *)(output + BATCH_RECORDS_OFFSET) + i);
    quit(0);
}
