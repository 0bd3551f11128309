/* Guest memory accesses that may fault, and system calls that signals interrupt: the parts of the
 * runtime that stand on assembly. Signals as a guest sees them are tested by tests/progs/sig_*.c.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/guest.h"
#include "runtime/interruptible.h"
#include "runtime/signals.h"
#include "runtime/syscall_abi.h"
#include "runtime/thread.h"

/* --- a guest that has signals and nothing else --- */

static struct {
    int count, last_number;
    uint64_t last_mask;
} pushed;

static int push_signal_frame(struct cpu *cpu, const struct guest_signal *signal) {
    (void)cpu;
    pushed.count++;
    pushed.last_number = signal->number;
    pushed.last_mask = signal->mask;
    return 0;
}

static const struct syscall_abi abi = {.min_altstack = 2048};
static const struct guest guest = {
    .name = "test", .syscall_abi = &abi, .push_signal_frame = push_signal_frame};

static struct cpu *cpu;
static char *pages;
static size_t page;

static void set_up(void) {
    memset(&pushed, 0, sizeof pushed);
    page = (size_t)getpagesize();
    pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(pages != MAP_FAILED);
    mprotect(pages + page, page, PROT_NONE);
    cpu = thread_init(&guest)->cpu;
    signals_init();
}

static uint64_t at(size_t offset) {
    return (uintptr_t)pages + offset;
}

/* --- access --- */

START_TEST(copies_stop_at_a_bad_page) {
    char buffer[64], pattern[64];
    for (int i = 0; i < 64; i++)
        pattern[i] = (char)(i + 1);
    for (size_t size = 0; size <= sizeof buffer; size++) {
        ck_assert_int_eq(guest_write(at(page - size), pattern, size), 0);
        memset(buffer, 0, sizeof buffer);
        ck_assert_int_eq(guest_read(buffer, at(page - size), size), 0);
        ck_assert_mem_eq(buffer, pattern, size);
        for (size_t over = 1; over <= size; over++) {
            ck_assert_int_eq(guest_read(buffer, at(page - size + over), size), -EFAULT);
            ck_assert_int_eq(guest_write(at(page - size + over), pattern, size), -EFAULT);
        }
    }
    ck_assert_int_eq(guest_read(buffer, 0, 1), -EFAULT);
    ck_assert_int_eq(guest_read(buffer, UINT64_C(1) << 63, 8), -EFAULT);
}
END_TEST

START_TEST(strings_end_or_fault) {
    memset(pages, 'x', page);
    for (size_t back = 1; back < 40; back++) {
        ck_assert_int_eq(guest_strlen(at(page - back), page), -EFAULT);
        ck_assert_int_eq(guest_strlen(at(page - back), back), (int64_t)back);
        ck_assert_int_eq(guest_strlen(at(page - back), back - 1), (int64_t)back - 1);
    }
    pages[page - 1] = '\0';
    for (size_t back = 1; back < 40; back++)
        ck_assert_int_eq(guest_strlen(at(page - back), page), (int64_t)back - 1);
    ck_assert_int_eq(guest_strlen(0, 1), -EFAULT);
    ck_assert_int_eq(guest_strlen(0, 0), 0);
}
END_TEST

/* --- faults in guarded C code --- */

START_TEST(guards_catch_faults) {
    for (volatile int i = 0; i < 100; i++) {
        struct fault_guard guard;
        volatile int reached = 0;
        if (_setjmp(guard.env) == 0) {
            cpu->thread->fault_guard = &guard;
            reached = 1;
            *(volatile char *)at(page + 7) = 1;
            reached = 2;
        }
        ck_assert_int_eq(reached, 1);
        ck_assert_int_eq(cpu->fault.signal, SIGSEGV);
        ck_assert_int_eq(cpu->fault.code, SEGV_ACCERR);
        ck_assert_uint_eq(cpu->fault.address, at(page + 7));
        ck_assert_ptr_null(cpu->thread->fault_guard);
    }
    /* The jump left every signal's mask as it was. */
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    ck_assert(!sigismember(&mask, SIGSEGV) && !sigismember(&mask, SIGUSR1));
}
END_TEST

/* --- interruption --- */

static void handle(int number) {
    struct guest_action action = {.handler = 0x1000};
    ck_assert_int_eq(signals_action(cpu, number, &action, NULL), 0);
}

START_TEST(pending_signal_keeps_calls_out) {
    int fds[2];
    char c;
    ck_assert_int_eq(pipe(fds), 0);
    handle(SIGUSR1);
    raise(SIGUSR1);
    ck_assert_int_eq(cpu->thread->signal_pending, 1);
    ck_assert(cpu->exit_requested);
    ck_assert_int_eq(
        interruptible_syscall(cpu, SYS_write, (uint64_t)fds[1], (uintptr_t) "x", 1, 0, 0, 0),
        -ERESTARTSYS);
    ck_assert(signals_deliver(cpu));
    ck_assert_int_eq(pushed.count, 1);
    ck_assert_int_eq(pushed.last_number, SIGUSR1);
    ck_assert_int_eq(cpu->thread->signal_pending, 0);
    ck_assert_int_eq(
        interruptible_syscall(cpu, SYS_write, (uint64_t)fds[1], (uintptr_t) "y", 1, 0, 0, 0), 1);
    ck_assert_int_eq(
        interruptible_syscall(cpu, SYS_read, (uint64_t)fds[0], (uintptr_t)&c, 1, 0, 0, 0), 1);
    ck_assert_int_eq(c, 'y');
}
END_TEST

START_TEST(one_signal_is_taken_at_a_time) {
    struct guest_action action = {.handler = 0x1000, .flags = SA_NODEFER};
    for (int number = SIGRTMIN; number < SIGRTMIN + 4; number++)
        ck_assert_int_eq(signals_action(cpu, number, &action, NULL), 0);
    for (int number = SIGRTMIN; number < SIGRTMIN + 4; number++)
        for (int i = 0; i < 3; i++)
            raise(number);
    ck_assert_int_eq(pushed.count, 0);
    signals_deliver(cpu);
    ck_assert_int_eq(pushed.count, 12);
    ck_assert_int_eq(pushed.last_number, SIGRTMIN + 3);
}
END_TEST

START_TEST(waits_keep_the_mask_for_the_handler) {
    uint64_t usr1 = signal_bit(SIGUSR1);
    handle(SIGUSR1);
    ck_assert_int_eq(signals_set_mask(cpu, usr1), 0);
    raise(SIGUSR1);
    ck_assert_int_eq(cpu->thread->signal_pending, 0);
    uint64_t host = signals_begin_wait(cpu, signal_bit(SIGTERM));
    int64_t result = signals_end_wait(
        cpu, interruptible_syscall(cpu, SYS_rt_sigsuspend, (uintptr_t)&host, 8, 0, 0, 0, 0));
    ck_assert_int_eq(result, -EINTR);
    ck_assert(signals_deliver(cpu));
    ck_assert_uint_eq(pushed.last_mask, usr1); /* to go back to */
    ck_assert_uint_eq(cpu->thread->mask, usr1 | signal_bit(SIGTERM));
}
END_TEST

/* A timer hits the way into the kernel at every instruction sooner or later: its delay follows what
 * the last round found. A signal that is slept over costs a second, and is seen to. */
START_TEST(no_signal_is_slept_over) {
    enum { ROUNDS = 30000, STEP = 40 };
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerspec once = {.it_value = {0, 2000}};
    struct timespec long_time = {1, 0};
    timer_t timer;
    struct guest_action action = {.handler = 0x1000, .flags = SA_NODEFER};
    ck_assert_int_eq(signals_action(cpu, SIGRTMIN, &action, NULL), 0);
    ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    int before = 0, inside = 0;
    for (int i = 0; i < ROUNDS; i++) {
        timer_settime(timer, 0, &once, NULL);
        int64_t result = interruptible_syscall(cpu, SYS_clock_nanosleep, CLOCK_MONOTONIC, 0,
                                               (uintptr_t)&long_time, 0, 0, 0);
        ck_assert(result == -ERESTARTSYS || result == -EINTR);
        if (result == -EINTR)
            inside++;
        else
            before++;
        once.it_value.tv_nsec += result == -EINTR ? -STEP : STEP;
        if (once.it_value.tv_nsec < 1)
            once.it_value.tv_nsec = 1;
        cpu_clear_exit_request(cpu);
        signals_deliver(cpu);
        ck_assert_int_eq(pushed.count, i + 1);
    }
    ck_assert_int_gt(before, ROUNDS / 10);
    ck_assert_int_gt(inside, ROUNDS / 10);
    timer_delete(timer);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("signals");
    TCase *tests = tcase_create("runtime");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, copies_stop_at_a_bad_page);
    tcase_add_test(tests, strings_end_or_fault);
    tcase_add_test(tests, guards_catch_faults);
    tcase_add_test(tests, pending_signal_keeps_calls_out);
    tcase_add_test(tests, one_signal_is_taken_at_a_time);
    tcase_add_test(tests, waits_keep_the_mask_for_the_handler);
    tcase_add_test(tests, no_signal_is_slept_over);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
