/* Guest signals: the host handler, what it keeps for the guest, and delivery (see signals.h).
 *
 * The host handler runs with every signal blocked on the thread's own alternate stack and touches
 * only its thread: it stores, or it redirects the interrupted context. All else happens in the cpu
 * loop. Kernel behaviour follows Linux's kernel/signal.c. */
#include "runtime/signals.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/guest.h"
#include "runtime/hooks.h"
#include "runtime/host/host.h"
#include "runtime/log.h"
#include "runtime/program.h"
#include "runtime/syscall_abi.h"
#include "runtime/thread.h"
#include "runtime/vm.h"

enum {
    GUEST_SA_RESTORER = 0x04000000, /* of the ports that have it */
    GUEST_SA_EXPOSE_TAGBITS = 0x800,
};

static const int synchronous[HELD_SIGNALS] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};

#define BIT(number) (UINT64_C(1) << ((number)-1))
static const uint64_t synchronous_set =
    BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP);
/* Signals that come to us although the guest leaves their default action. */
static const uint64_t always_handled =
    BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE) | BIT(SIGTRAP) | BIT(SIGABRT);
static const uint64_t unblockable = BIT(SIGKILL) | BIT(SIGSTOP);
static const uint64_t ignored_by_default =
    BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH);
static const uint64_t stops_by_default = BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU);
static const uint64_t dumps_core = BIT(SIGQUIT) | BIT(SIGILL) | BIT(SIGABRT) | BIT(SIGFPE) |
                                   BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGSYS) | BIT(SIGTRAP) |
                                   BIT(SIGXCPU) | BIT(SIGXFSZ);
#undef BIT

static struct signal_actions process_actions = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- the host's mask --- */

static void change_host_mask(int how, uint64_t mask) {
    syscall(SYS_rt_sigprocmask, how, &mask, NULL, sizeof mask);
}

static uint64_t host_mask(uint64_t guest_mask) {
    return guest_mask & ~synchronous_set;
}

uint64_t signals_block_host(void) {
    uint64_t mask = ~synchronous_set, old = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, &old, sizeof mask);
    return old;
}

void signals_restore_host(uint64_t mask) {
    change_host_mask(SIG_SETMASK, mask);
}

/* --- the host handler --- */

/* Writes the kernel's part of uc_sigmask: the C library's type is larger than the kernel's. */
static void set_context_mask(ucontext_t *context, uint64_t mask) {
    memcpy(&context->uc_sigmask, &mask, sizeof mask);
}

static uint64_t context_mask(const ucontext_t *context) {
    uint64_t mask;
    memcpy(&mask, &context->uc_sigmask, sizeof mask);
    return mask;
}

/* The emulator itself crashed. Returning executes the instruction again, with the default action.
 */
static void internal_error(const struct cpu *cpu, int number, const siginfo_t *info,
                           const ucontext_t *context) {
    extern const char __executable_start[];
    uintptr_t pc = host_context_pc(context);
    char text[256];
    const int length =
        snprintf(text, sizeof text,
                 "denizen: internal error: signal %d at host pc %#lx (image + %#lx), "
                 "address %p, guest pc %#llx; please report it\n",
                 number, (unsigned long)pc, (unsigned long)(pc - (uintptr_t)__executable_start),
                 info->si_addr, cpu ? (unsigned long long)cpu->pc : 0);
    ssize_t written = write(STDERR_FILENO, text, (size_t)length);
    (void)written; /* nobody is left to tell */
    struct host_action action = {.handler = (uintptr_t)SIG_DFL};
    host_sigaction(number, &action, NULL);
}

static void handle_fault(struct cpu *cpu, int number, const siginfo_t *info, ucontext_t *context) {
    if (access_recover(context))
        return;
    if (cpu) {
        cpu->fault = (struct guest_fault){
            .signal = number, .code = info->si_code, .address = (uintptr_t)info->si_addr};
        /* x86 reports a non-canonical address as a general protection fault, or as one of the stack
         * segment where the base is rsp or rbp, without the address; to the guest no page is mapped
         * there. */
        if (info->si_code == SI_KERNEL) {
            cpu->fault.signal = SIGSEGV;
            cpu->fault.code = SEGV_MAPERR;
            cpu->fault.hidden = true;
        }
        if (hooks.recover_fault && hooks.recover_fault(cpu, context))
            return;
        struct fault_guard *guard = cpu->thread ? cpu->thread->fault_guard : NULL;
        if (guard) {
            cpu->thread->fault_guard = NULL;
            signals_restore_host(context_mask(context));
            longjmp(guard->env, 1);
        }
    }
    internal_error(cpu, number, info, context);
}

/* A sent synchronous signal: never blocked on the host, it waits here while the guest blocks it.
 * Like any other standard signal it is not queued twice. */
static bool hold(struct thread *thread, int number, const siginfo_t *info) {
    for (unsigned i = 0; i < HELD_SIGNALS; i++) {
        if (synchronous[i] != number || atomic_load(&thread->held) >> i & 1)
            continue;
        thread->held_info[i] = *info;
        atomic_fetch_or(&thread->held, 1u << i);
    }
    return !(thread->mask & signal_bit(number));
}

static void host_handler(int number, siginfo_t *info, void *data) {
    ucontext_t *context = data;
    struct cpu *cpu = cpu_current();
    bool is_synchronous = synchronous_set & signal_bit(number);
    int saved_errno = errno;

    if (is_synchronous && info->si_code > 0) {
        handle_fault(cpu, number, info, context);
    } else if (cpu && cpu->thread) {
        struct thread *thread = cpu->thread;
        bool wanted = true;
        if (is_synchronous) {
            wanted = hold(thread, number, info);
        } else {
            thread->captured = *info;
            set_context_mask(context, ~synchronous_set);
        }
        if (wanted) {
            atomic_store(&thread->signal_pending, 1);
            cpu_request_exit(cpu);
            interruptible_rewind(context);
        }
    }
    errno = saved_errno;
}

int64_t interruptible_syscall(struct cpu *cpu, long number, uint64_t a, uint64_t b, uint64_t c,
                              uint64_t d, uint64_t e, uint64_t f) {
    return host_syscall_unless(&cpu->thread->signal_pending, number, a, b, c, d, e, f);
}

void interruptible_rewind(ucontext_t *context) {
    uintptr_t pc = host_context_pc(context);
    if (pc >= (uintptr_t)host_syscall_begin && pc < (uintptr_t)host_syscall_end)
        host_context_set_pc(context, (uintptr_t)host_syscall_interrupted);
}

/* --- dispositions --- */

static bool has_handler(const struct guest_action *action) {
    return action->handler != (uintptr_t)SIG_DFL && action->handler != (uintptr_t)SIG_IGN;
}

/* Makes the host's disposition of a signal mirror the guest's. SA_RESTART goes along so that the
 * kernel decides which system calls it restarts; a signal that ends the guest anyway has it too. */
static void mirror_action(int number, const struct guest_action *action) {
    struct host_action host = {
        .handler = action->handler,
        .flags = action->flags & (SA_NOCLDSTOP | SA_NOCLDWAIT),
    };
    bool handler = has_handler(action);
    bool needed = always_handled & signal_bit(number) &&
                  (action->handler == (uintptr_t)SIG_DFL || synchronous_set & signal_bit(number));
    if (handler || needed) {
        host.handler = (uintptr_t)host_handler;
        host.flags |= SA_SIGINFO | SA_ONSTACK | (handler ? action->flags & SA_RESTART : SA_RESTART);
        host.mask = ~UINT64_C(0);
    }
    host_sigaction(number, &host, NULL);
}

/* The guest's action for a signal. Until the guest, or we, set one the host has what this process
 * was started with, which is read only now: most are never asked for. The caller holds the lock. */
static struct guest_action *find_action(struct signal_actions *actions, int number) {
    struct guest_action *action = &actions->action[number];
    if (!(actions->known & signal_bit(number))) {
        struct host_action inherited;
        const bool ignored = host_sigaction(number, NULL, &inherited) == 0 &&
                             inherited.handler == (uintptr_t)SIG_IGN;
        *action = (struct guest_action){.handler = (uintptr_t)(ignored ? SIG_IGN : SIG_DFL)};
        actions->known |= signal_bit(number);
    }
    return action;
}

int signals_action(struct cpu *cpu, int number, const struct guest_action *action,
                   struct guest_action *old) {
    struct signal_actions *actions = cpu->thread->actions;
    uint64_t known = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART |
                     SA_NODEFER | SA_RESETHAND | GUEST_SA_EXPOSE_TAGBITS;

    if (cpu->guest->syscall_abi->has_restorer)
        known |= GUEST_SA_RESTORER;
    if (number < 1 || number > SIGNAL_COUNT || (action && unblockable & signal_bit(number)))
        return -EINVAL;
    pthread_mutex_lock(&actions->lock);
    struct guest_action *set = find_action(actions, number);
    if (old)
        *old = *set;
    if (action) {
        *set = *action;
        set->flags &= known;
        set->mask &= ~unblockable;
        mirror_action(number, set);
    }
    pthread_mutex_unlock(&actions->lock);
    return 0;
}

/* The action for a signal that is being delivered; SA_RESETHAND takes effect. */
static struct guest_action take_action(struct signal_actions *actions, int number) {
    pthread_mutex_lock(&actions->lock);
    struct guest_action *current = find_action(actions, number);
    struct guest_action action = *current;
    if (has_handler(current) && current->flags & SA_RESETHAND) {
        current->handler = (uintptr_t)SIG_DFL;
        mirror_action(number, current);
    }
    pthread_mutex_unlock(&actions->lock);
    return action;
}

void signals_copy_actions(struct thread *thread, struct signal_actions *copy) {
    pthread_mutex_init(&copy->lock, NULL);
    pthread_mutex_lock(&thread->actions->lock);
    memcpy(copy->action, thread->actions->action, sizeof copy->action);
    copy->known = thread->actions->known;
    pthread_mutex_unlock(&thread->actions->lock);
}

void signals_clear_handlers(struct cpu *cpu) {
    static const struct guest_action none = {.handler = (uintptr_t)SIG_DFL};
    struct guest_action action;

    for (int number = 1; number <= SIGNAL_COUNT; number++)
        if (cpu->thread->actions->known & signal_bit(number) &&
            signals_action(cpu, number, NULL, &action) == 0 && has_handler(&action))
            signals_action(cpu, number, &none, NULL);
}

void signals_before_fork(struct thread *thread) {
    pthread_mutex_lock(&thread->actions->lock);
}

void signals_after_fork(struct thread *thread, bool child) {
    if (child)
        pthread_mutex_init(&thread->actions->lock, NULL);
    else
        pthread_mutex_unlock(&thread->actions->lock);
}

/* --- masks and held signals --- */

uint64_t signals_held(const struct cpu *cpu) {
    uint32_t held = atomic_load(&cpu->thread->held);
    uint64_t set = 0;
    for (unsigned i = 0; i < HELD_SIGNALS; i++)
        if (held >> i & 1)
            set |= signal_bit(synchronous[i]);
    return set;
}

bool signals_take_held(struct cpu *cpu, uint64_t set, siginfo_t *info) {
    struct thread *thread = cpu->thread;
    for (unsigned i = 0; i < HELD_SIGNALS; i++) {
        if (!(set & signal_bit(synchronous[i])) || !(atomic_load(&thread->held) >> i & 1))
            continue;
        *info = thread->held_info[i];
        atomic_fetch_and(&thread->held, ~(1u << i));
        return true;
    }
    return false;
}

/* After the mask changed: what it no longer holds back is to be delivered. */
static void release_held(struct cpu *cpu) {
    if (signals_held(cpu) & ~cpu->thread->mask) {
        atomic_store(&cpu->thread->signal_pending, 1);
        cpu_request_exit(cpu);
    }
}

bool signals_hold(struct cpu *cpu, const siginfo_t *info) {
    int number = info->si_signo;
    if (number < 1 || number > SIGNAL_COUNT || !(synchronous_set & signal_bit(number)))
        return false;
    hold(cpu->thread, number, info);
    release_held(cpu);
    return true;
}

int64_t signals_set_mask(struct cpu *cpu, uint64_t mask) {
    mask &= ~unblockable;
    uint64_t host = host_mask(mask);
    int64_t result = interruptible_syscall(cpu, SYS_rt_sigprocmask, SIG_SETMASK, (uintptr_t)&host,
                                           0, sizeof host, 0, 0);
    if (result == 0) {
        cpu->thread->mask = mask;
        release_held(cpu);
    }
    return result;
}

uint64_t signals_begin_wait(struct cpu *cpu, uint64_t mask) {
    struct thread *thread = cpu->thread;
    thread->waiting_mask = thread->mask;
    thread->waiting = true;
    thread->mask = mask & ~unblockable;
    release_held(cpu);
    return host_mask(thread->mask);
}

int64_t signals_end_wait(struct cpu *cpu, int64_t result) {
    struct thread *thread = cpu->thread;
    /* Not executed because of a held signal that only the mask of the call lets through: on the
     * host it would have been interrupted at once. */
    if (result == -ERESTARTSYS && signals_held(cpu) & ~thread->mask & thread->waiting_mask)
        result = -EINTR;
    if (result != -EINTR || !atomic_load(&thread->signal_pending)) {
        thread->waiting = false;
        thread->mask = thread->waiting_mask;
    }
    return result;
}

/* --- the alternate stack (kernel/signal.c, do_sigaltstack) --- */

static int altstack_state(const stack_t *stack, uint64_t sp) {
    if (stack->ss_size == 0)
        return SS_DISABLE;
    return signals_on_altstack(stack, sp) ? SS_ONSTACK : 0;
}

int signals_altstack(struct cpu *cpu, const stack_t *stack, stack_t *old) {
    stack_t *current = &cpu->thread->altstack;
    uint64_t sp = cpu->gpr[cpu->guest->sp_gpr];

    if (old) {
        *old = *current;
        old->ss_flags = altstack_state(current, sp) | (current->ss_flags & ALTSTACK_AUTODISARM);
    }
    if (!stack)
        return 0;
    if (signals_on_altstack(current, sp))
        return -EPERM;
    int mode = stack->ss_flags & ~ALTSTACK_AUTODISARM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
        return -EINVAL;
    if (stack->ss_sp == current->ss_sp && stack->ss_size == current->ss_size &&
        stack->ss_flags == current->ss_flags)
        return 0;
    if (mode != SS_DISABLE && stack->ss_size < cpu->guest->syscall_abi->min_altstack)
        return -ENOMEM;
    *current = *stack;
    if (mode == SS_DISABLE) {
        current->ss_sp = NULL;
        current->ss_size = 0;
    }
    return 0;
}

/* --- delivery --- */

static void log_delivery(const struct cpu *cpu, const siginfo_t *info, const char *what) {
    const char *name = sigabbrev_np(info->si_signo); /* NULL for real-time signals */
    if (log_items & LOG_STRACE)
        log_printf("--- SIG%s {si_signo=%d, si_code=%d} ---\n", name ? name : "RT", info->si_signo,
                   info->si_code);
    if (log_items & LOG_SIGNAL)
        log_printf("signal %d code %d: %s at pc %#llx\n", info->si_signo, info->si_code, what,
                   (unsigned long long)cpu->pc);
}

_Noreturn void signals_die(struct cpu *cpu, const siginfo_t *info) {
    int number = info->si_signo;
    static const struct host_action standard = {.handler = (uintptr_t)SIG_DFL};

    log_delivery(cpu, info, "fatal");
    if (dumps_core & signal_bit(number) && hooks.report_death)
        hooks.report_death(cpu, info);
    if (!cpu->thread->vfork_child && hooks.at_exit)
        hooks.at_exit(128 + number);
    host_sigaction(number, &standard, NULL);
    change_host_mask(SIG_UNBLOCK, signal_bit(number));
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number);
    /* Only the first process of a PID namespace survives its own signal. */
    syscall(SYS_exit_group, 128 + number);
    __builtin_unreachable();
}

/* The host has the guest's default actions, so one comes here only when the guest changed the
 * action after the host handler took the signal, or for those that are always handled. */
static void default_action(struct cpu *cpu, const siginfo_t *info) {
    uint64_t bit = signal_bit(info->si_signo);
    if (bit & ignored_by_default)
        return;
    if (bit & stops_by_default)
        kill(getpid(), SIGSTOP);
    else
        signals_die(cpu, info);
}

static void push_failed(struct cpu *cpu, int number) {
    static const struct guest_action standard = {.handler = (uintptr_t)SIG_DFL};
    if (number == SIGSEGV)
        signals_action(cpu, SIGSEGV, &standard, NULL);
    signals_raise_fault(cpu, SIGSEGV, SI_KERNEL, 0);
}

static void enter_handler(struct cpu *cpu, const struct guest_action *action,
                          const siginfo_t *info) {
    struct thread *thread = cpu->thread;
    uint64_t sp = cpu->gpr[cpu->guest->sp_gpr];
    struct guest_signal signal = {
        .number = info->si_signo,
        .info = info,
        .handler = action->handler,
        .restorer = action->flags & GUEST_SA_RESTORER ? action->restorer : program.sigreturn,
        .siginfo = action->flags & SA_SIGINFO,
        .mask = thread->waiting ? thread->waiting_mask : thread->mask,
        .stack = sp,
        .altstack = thread->altstack,
    };

    if (action->flags & SA_ONSTACK && altstack_state(&thread->altstack, sp) == 0)
        signal.stack = (uintptr_t)thread->altstack.ss_sp + thread->altstack.ss_size;
    if (cpu->guest->push_signal_frame(cpu, &signal) != 0) {
        push_failed(cpu, signal.number);
        return;
    }
    thread->waiting = false;
    thread->mask |= action->mask;
    if (!(action->flags & SA_NODEFER))
        thread->mask |= signal_bit(signal.number);
    if (thread->altstack.ss_flags & ALTSTACK_AUTODISARM)
        thread->altstack = (stack_t){.ss_flags = SS_DISABLE};
}

/* Returns true if a handler was entered. */
static bool deliver(struct cpu *cpu, const siginfo_t *info) {
    struct thread *thread = cpu->thread;
    struct guest_action action = take_action(thread->actions, info->si_signo);

    if (has_handler(&action)) {
        log_delivery(cpu, info, "handled");
        enter_handler(cpu, &action, info);
        return true;
    }
    log_delivery(cpu, info, "default action");
    if (action.handler == (uintptr_t)SIG_DFL)
        default_action(cpu, info);
    return false;
}

/* Brings the host's mask in line with the guest's after a delivery. While `captured` is taken,
 * every signal that could overwrite it must stay blocked. */
static void open_host_mask(struct thread *thread) {
    signals_block_host();
    if (thread->captured.si_signo == 0)
        change_host_mask(SIG_SETMASK, host_mask(thread->mask));
}

bool signals_deliver(struct cpu *cpu) {
    struct thread *thread = cpu->thread;
    bool entered = false;

    atomic_store(&thread->signal_pending, 0);
    for (;;) {
        siginfo_t info;
        bool captured = thread->captured.si_signo != 0;
        if (captured) {
            info = thread->captured;
            thread->captured.si_signo = 0;
        } else if (!signals_take_held(cpu, ~thread->mask, &info)) {
            break;
        }
        entered |= deliver(cpu, &info);
        if (captured)
            change_host_mask(SIG_SETMASK, host_mask(thread->mask));
        else
            open_host_mask(thread);
    }
    /* Interrupted under a mask of its own by a signal that entered no handler. */
    if (thread->waiting) {
        thread->waiting = false;
        thread->mask = thread->waiting_mask;
        open_host_mask(thread);
    }
    return entered;
}

void signals_raise_fault(struct cpu *cpu, int number, int code, uint64_t address) {
    struct thread *thread = cpu->thread;
    siginfo_t info;
    struct guest_action action = {0};

    /* The host may have a closed page there that the guest knows nothing of: a guard. */
    if (number == SIGSEGV && code == SEGV_ACCERR && vm_prot(address) < 0)
        code = SEGV_MAPERR;
    memset(&info, 0, sizeof info);
    info.si_signo = number;
    info.si_code = code;
    info.si_addr = (void *)address;
    signals_action(cpu, number, NULL, &action);
    if (action.handler == (uintptr_t)SIG_IGN || thread->mask & signal_bit(number))
        signals_die(cpu, &info);
    deliver(cpu, &info);
    open_host_mask(thread);
}

int64_t signals_return(struct cpu *cpu) {
    struct thread *thread = cpu->thread;
    uint64_t mask;
    stack_t altstack;

    /* What arrived until here belongs in front of the return, under the handler's mask. */
    signals_block_host();
    if (thread->captured.si_signo != 0)
        return -ERESTARTSYS;
    if (cpu->guest->pop_signal_frame(cpu, &mask, &altstack) != 0) {
        signals_raise_fault(cpu, SIGSEGV, SI_KERNEL, 0);
        return -ESIGRETURN;
    }
    signals_altstack(cpu, &altstack, NULL); /* as in the kernel, what is wrong with it is ignored */
    thread->mask = mask & ~unblockable;
    change_host_mask(SIG_SETMASK, host_mask(thread->mask));
    release_held(cpu);
    return -ESIGRETURN;
}

/* --- set-up --- */

void signals_init(void) {
    struct thread *thread = cpu_current()->thread;
    uint64_t mask = 0;

    syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof mask);
    thread->mask = mask & ~unblockable;
    thread->actions = &process_actions;
    for (int number = 1; number <= SIGNAL_COUNT; number++)
        if (always_handled & signal_bit(number))
            mirror_action(number, find_action(&process_actions, number));
    signals_start_thread(thread);
}

void signals_start_thread(struct thread *thread) {
    sigaltstack(&thread->host_altstack, &thread->former_altstack);
    change_host_mask(SIG_SETMASK, host_mask(thread->mask));
}

void signals_stop_thread(struct thread *thread) {
    signals_block_host();
    sigaltstack(&thread->former_altstack, NULL);
}

/* Handlers are the kernel's business: it resets them. */
static void mirror_ignored(struct cpu *cpu, void (*mirror)(int, const struct guest_action *)) {
    for (unsigned i = 0; i < HELD_SIGNALS; i++) {
        struct guest_action action = {0};
        signals_action(cpu, synchronous[i], NULL, &action);
        if (action.handler == (uintptr_t)SIG_IGN)
            mirror(synchronous[i], &action);
    }
}

static void ignore_on_host(int number, const struct guest_action *action) {
    struct host_action host = {.handler = action->handler};
    host_sigaction(number, &host, NULL);
}

/* Signals that could be taken by the host handler and then be lost with it are kept out by the
 * execution of execve through interruptible_syscall. */
void signals_before_exec(struct cpu *cpu) {
    mirror_ignored(cpu, ignore_on_host);
    change_host_mask(SIG_BLOCK, cpu->thread->mask & synchronous_set);
}

void signals_after_failed_exec(struct cpu *cpu) {
    mirror_ignored(cpu, mirror_action);
    change_host_mask(SIG_UNBLOCK, synchronous_set);
}
