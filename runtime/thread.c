/* Guest threads and processes: creation and end.
 *
 * A guest thread is a detached host thread. A process made by fork is a fork of the host process;
 * one that shares memory with its parent (vfork, posix_spawn) really does, on the cpu and the host
 * thread-local storage of its parent, which sleeps in the kernel meanwhile. */
#include "runtime/thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/code_cache.h"
#include "runtime/fork_memory.h"
#include "runtime/guest.h"
#include "runtime/hooks.h"
#include "runtime/vm.h"

#ifdef DENIZEN_SANITIZED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

enum {
    SPARE_MOST = 32,
#ifdef DENIZEN_SANITIZED
    HOST_STACK = 1 << 20,
    HANDLER_STACK = 128 << 10,
#else
    HOST_STACK = 256 << 10,
    HANDLER_STACK = 32 << 10,
#endif
};

static struct {
    pthread_mutex_t lock;
    struct thread *first;
    unsigned count; /* guest threads; helpers of processes that share memory are not counted */
    /* Blocks of threads that ended, linked by `next`: unmapping one costs an interrupt of every
     * processor that runs the process. */
    struct thread *spare;
    unsigned spare_count;
} threads = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- memory and the list --- */

static size_t page_up(size_t size) {
    size_t page = (size_t)getpagesize();
    return (size + page - 1) & ~(page - 1);
}

/* From the lowest address up: a guard page, the stack for host signal handlers, the poll page, the
 * cpu, the thread. */
static struct thread *map_block(void) {
    size_t page = (size_t)getpagesize();
    size_t handler_stack = page_up(HANDLER_STACK + getauxval(AT_MINSIGSTKSZ));
    size_t lead = page + handler_stack + CPU_POLL_PAGE;
    size_t records = page_up(sizeof(struct cpu) + sizeof(struct thread));
    char *block, *front = code_cache_front(lead, records);
    if (front)
        block = front - lead;
    else
        block =
            mmap(NULL, lead + records, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    mprotect(block, page, PROT_NONE);

    struct cpu *cpu = (struct cpu *)(block + lead);
    struct thread *thread = (struct thread *)(cpu + 1);
    /* One call instead of a fault for each page. */
    madvise((char *)cpu - CPU_POLL_PAGE, CPU_POLL_PAGE + records, MADV_POPULATE_WRITE);
    thread->cpu = cpu;
    thread->block = block;
    thread->block_size = lead + records;
    thread->host_altstack = (stack_t){.ss_sp = block + page, .ss_size = handler_stack};
    return thread;
}

static struct thread *reuse_block(void) {
    pthread_mutex_lock(&threads.lock);
    struct thread *spare = threads.spare;
    if (spare) {
        threads.spare = spare->next;
        threads.spare_count--;
    }
    pthread_mutex_unlock(&threads.lock);
    if (!spare)
        return NULL;
    struct thread kept = {.cpu = spare->cpu,
                          .block = spare->block,
                          .block_size = spare->block_size,
                          .host_altstack = spare->host_altstack};
    memset(kept.cpu, 0, sizeof *kept.cpu);
    *spare = kept;
    return spare;
}

static struct thread *allocate(const struct guest *guest) {
    struct thread *thread = reuse_block();
    if (!thread)
        thread = map_block();
    if (!thread)
        return NULL;
    cpu_init(thread->cpu, guest);
    thread->cpu->thread = thread;
    thread->altstack.ss_flags = SS_DISABLE;
    return thread;
}

static void release(struct thread *thread) {
    pthread_mutex_lock(&threads.lock);
    bool keep = threads.spare_count < SPARE_MOST || code_cache_contains((uintptr_t)thread);
    if (keep) {
        thread->next = threads.spare;
        threads.spare = thread;
        threads.spare_count++;
    }
    pthread_mutex_unlock(&threads.lock);
    if (!keep)
        munmap(thread->block, thread->block_size);
}

/* The calling host thread becomes `thread` as far as C code can tell, or stops being it. */
static bool take_on(struct thread *thread) {
    thread->tid = (pid_t)syscall(SYS_gettid);
    cpu_set_current(thread->cpu);
    if (!hooks.init_cpu || hooks.init_cpu(thread->cpu) == 0)
        return true;
    cpu_set_current(NULL);
    return false;
}

static void put_off(struct thread *thread) {
    if (hooks.free_cpu)
        hooks.free_cpu(thread->cpu);
    cpu_set_current(NULL);
}

static void enlist(struct thread *thread, bool counted) {
    pthread_mutex_lock(&threads.lock);
    thread->previous = NULL;
    thread->next = threads.first;
    if (threads.first)
        threads.first->previous = thread;
    threads.first = thread;
    threads.count += counted;
    pthread_mutex_unlock(&threads.lock);
}

/* Returns how many guest threads are left. */
static unsigned delist(struct thread *thread, bool counted) {
    pthread_mutex_lock(&threads.lock);
    if (thread->previous)
        thread->previous->next = thread->next;
    else
        threads.first = thread->next;
    if (thread->next)
        thread->next->previous = thread->previous;
    threads.count -= counted;
    unsigned left = threads.count;
    pthread_mutex_unlock(&threads.lock);
    return left;
}

void thread_for_each(void (*visit)(struct thread *thread, void *data), void *data) {
    pthread_mutex_lock(&threads.lock);
    for (struct thread *thread = threads.first; thread; thread = thread->next)
        visit(thread, data);
    pthread_mutex_unlock(&threads.lock);
}

unsigned thread_count(void) {
    pthread_mutex_lock(&threads.lock);
    unsigned count = threads.count;
    pthread_mutex_unlock(&threads.lock);
    return count;
}

struct thread *thread_init(const struct guest *guest) {
    struct thread *thread = allocate(guest);
    if (!thread)
        return NULL;
    thread->leader = true;
    thread->altstack.ss_flags = 0;
    if (!take_on(thread)) {
        release(thread);
        return NULL;
    }
    enlist(thread, true);
    return thread;
}

/* --- what every kind of clone does to the new side --- */

static void inherit_registers(struct cpu *child, const struct cpu *parent) {
    memcpy(child->gpr, parent->gpr, sizeof child->gpr);
    memcpy(child->vec, parent->vec, sizeof child->vec);
    memcpy(child->ctl, parent->ctl, sizeof child->ctl);
    child->pc = parent->pc;
    child->fp = parent->fp;
    child->mode = parent->mode;
}

static void write_guest_reg(struct cpu *cpu, unsigned reg, uint64_t value) {
    memcpy((char *)cpu + cpu_reg_offset(reg), &value, sizeof value);
}

static void set_child_registers(struct cpu *cpu, const struct clone_request *request) {
    const struct guest *guest = cpu->guest;
    cpu->gpr[guest->syscall_result_gpr] = 0;
    if (request->stack)
        cpu->gpr[guest->sp_gpr] = request->stack;
    if (request->flags & CLONE_SETTLS)
        write_guest_reg(cpu, guest->tls_gpr_or_ctl, request->tls);
}

/* As in the kernel, a bad address is nobody's error here. */
static void store_tid(uint64_t addr, pid_t tid) {
    int32_t word = tid;
    guest_write(addr, &word, sizeof word);
}

/* --- threads --- */

struct thread_start {
    struct thread *thread;
    const struct clone_request *request;
    sem_t ready;
    int64_t result;
};

static int64_t run_shared_process(struct cpu *cpu, const struct clone_request *request,
                                  struct thread_start *start);

static void *thread_main(void *data) {
    struct thread_start *start = data;
    struct thread *thread = start->thread;
    const struct clone_request *request = start->request;

    if (!take_on(thread)) {
        release(thread);
        start->result = -ENOMEM;
        sem_post(&start->ready);
        return NULL;
    }
    if (~request->flags & (CLONE_FILES | CLONE_FS))
        unshare((int)(~request->flags & (CLONE_FILES | CLONE_FS)));
    enlist(thread, true);
    if (request->flags & CLONE_PARENT_SETTID)
        store_tid(request->parent_tid, thread->tid);
    if (request->flags & CLONE_CHILD_SETTID)
        store_tid(request->child_tid, thread->tid);
    if (request->flags & CLONE_CHILD_CLEARTID)
        thread->clear_child_tid = request->child_tid;
    set_child_registers(thread->cpu, request);
    start->result = thread->tid;
    sem_post(&start->ready); /* the parent goes on: *start is gone */

    signals_start_thread(thread);
    hooks.run_thread(thread->cpu);
    signals_stop_thread(thread);
    put_off(thread);
    release(thread);
    return NULL;
}

/* The host thread behind a process that shares memory with its parent while its parent runs on: it
 * lends the child its stack, its cpu and its thread-local storage and sleeps. */
static void *lender_main(void *data) {
    struct thread_start *start = data;
    struct thread *thread = start->thread;

    int64_t result = -ENOMEM;
    if (take_on(thread)) {
        enlist(thread, false);
        sigaltstack(&thread->host_altstack, &thread->former_altstack);
        result = run_shared_process(thread->cpu, start->request, start);
        delist(thread, false);
        signals_stop_thread(thread);
        put_off(thread);
    }
    release(thread);
    if (result < 0) { /* there is no child, and the parent still waits */
        start->result = result;
        sem_post(&start->ready);
    }
    return NULL;
}

static int64_t start_host_thread(struct cpu *cpu, const struct clone_request *request,
                                 void *(*function)(void *)) {
    struct thread_start start = {.request = request};
    struct thread *parent = cpu->thread;
    pthread_attr_t attributes;
    pthread_t host;

    struct thread *thread = allocate(cpu->guest);
    if (!thread)
        return -EAGAIN;
    inherit_registers(thread->cpu, cpu);
    thread->mask = parent->mask;
    thread->actions = parent->actions;
    start.thread = thread;
    sem_init(&start.ready, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, HOST_STACK);
    int error = pthread_create(&host, &attributes, function, &start);
    pthread_attr_destroy(&attributes);
    if (error) {
        release(thread);
        return -error;
    }
    while (sem_wait(&start.ready) != 0)
        ;
    return start.result;
}

/* --- processes that share memory with their parent --- */

struct shared_process {
    struct cpu *cpu;
    const struct clone_request *request;
    struct thread_start *start; /* whom to tell that the child runs; NULL: nobody */
    struct signal_actions actions;
};

static int shared_process_main(void *data) {
    struct shared_process *process = data;
    struct cpu *cpu = process->cpu;
    struct thread *thread = cpu->thread;
    const struct clone_request *request = process->request;

    thread->tid = (pid_t)syscall(SYS_gettid);
    thread->vfork_child = true;
    thread->leader = true;
    thread->robust_list = 0;
    thread->clear_child_tid = request->flags & CLONE_CHILD_CLEARTID ? request->child_tid : 0;
    if (request->flags & CLONE_PARENT_SETTID)
        store_tid(request->parent_tid, thread->tid);
    if (!(request->flags & CLONE_SIGHAND))
        thread->actions = &process->actions;
    if (request->flags & CLONE_CLEAR_SIGHAND)
        signals_clear_handlers(cpu);
    set_child_registers(cpu, request);
    if (process->start) {
        process->start->result = thread->tid;
        sem_post(&process->start->ready);
    }
    signals_start_thread(thread);
    hooks.run_thread(cpu);
    __builtin_unreachable(); /* thread_exit ends vfork children itself */
}

/* Runs a child on the calling thread's cpu until it execs or exits, and brings cpu and thread back
 * to what they were. The caller has blocked all signals. Returns the child's pid or -errno. */
static int64_t run_shared_process(struct cpu *cpu, const struct clone_request *request,
                                  struct thread_start *start) {
    struct thread *thread = cpu->thread;
    struct shared_process process = {.cpu = cpu, .request = request, .start = start};
    const uint64_t ours = CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND;
    const size_t cpu_size = offsetof(struct cpu, jump_cache);
    char saved_cpu[offsetof(struct cpu, jump_cache)];

    char *stack = mmap(NULL, HOST_STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return -ENOMEM;
    mprotect(stack, (size_t)getpagesize(), PROT_NONE);
    signals_copy_actions(thread, &process.actions);
    memcpy(saved_cpu, cpu, cpu_size);
    struct thread saved = *thread;

    int flags = (int)((request->flags & ~ours) | CLONE_VFORK | (unsigned)request->exit_signal);
    int64_t pid = clone(shared_process_main, stack + HOST_STACK, flags, &process,
                        (pid_t *)request->pidfd, NULL, (pid_t *)request->child_tid);
    if (pid < 0)
        pid = -errno;

    if (thread->exec_memory)
        munmap(thread->exec_memory, thread->exec_memory_size);
    pthread_mutex_lock(&threads.lock); /* neighbours may have changed the links */
    saved.next = thread->next;
    saved.previous = thread->previous;
    *thread = saved;
    pthread_mutex_unlock(&threads.lock);
    memcpy(cpu, saved_cpu, cpu_size);
    cpu_request_exit(cpu);                          /* in case another thread asked meanwhile */
    ASAN_UNPOISON_MEMORY_REGION(stack, HOST_STACK); /* the child did not unwind it */
    munmap(stack, HOST_STACK);
    return pid;
}

/* --- processes with memory of their own --- */

static void before_fork(struct thread *thread) {
    if (hooks.before_fork)
        hooks.before_fork();
    vm_before_fork();
    signals_before_fork(thread);
    pthread_mutex_lock(&threads.lock);
}

static void after_fork(struct thread *thread, bool child) {
    if (child) {
        pthread_mutex_init(&threads.lock, NULL);
        threads.first = thread;
        threads.count = 1;
        thread->next = thread->previous = NULL;
        fork_memory_copy(thread->cpu, sizeof *thread->cpu + sizeof *thread);
    } else {
        pthread_mutex_unlock(&threads.lock);
    }
    signals_after_fork(thread, child);
    vm_after_fork(child);
    if (hooks.after_fork)
        hooks.after_fork(child);
}

/* The C library's fork puts its own locks right in the child. What only the kernel can do
 * (namespaces, another exit signal, shared descriptors) goes around it: then the child of a process
 * with several threads may meet a locked allocator. */
static int64_t host_fork(const struct clone_request *request, uint64_t flags) {
    int64_t pid;
    if ((flags & ~(uint64_t)CLONE_PIDFD) == 0 && request->exit_signal == SIGCHLD &&
        request->set_tid_size == 0) {
        pid = fork();
        if (pid > 0 && flags & CLONE_PIDFD) {
            int fd = (int)syscall(SYS_pidfd_open, pid, 0);
            guest_write(request->pidfd, &fd, sizeof fd);
        }
    } else {
        struct clone_args arguments = {
            .flags = flags,
            .pidfd = request->pidfd,
            .exit_signal = (unsigned)request->exit_signal,
            .set_tid = request->set_tid,
            .set_tid_size = request->set_tid_size,
            .cgroup = request->cgroup,
        };
        pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    }
    return pid < 0 ? -errno : pid;
}

static int64_t fork_process(struct cpu *cpu, const struct clone_request *request) {
    struct thread *thread = cpu->thread;
    const uint64_t ours = CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |
                          CLONE_CHILD_CLEARTID | CLONE_CLEAR_SIGHAND;

    before_fork(thread);
    int64_t pid = host_fork(request, request->flags & ~ours);
    after_fork(thread, pid == 0);
    if (pid != 0) {
        if (pid > 0 && request->flags & CLONE_PARENT_SETTID)
            store_tid(request->parent_tid, (pid_t)pid);
        return pid;
    }
    thread->tid = (pid_t)syscall(SYS_gettid);
    thread->leader = true;
    thread->vfork_child = false;
    thread->robust_list = 0;
    atomic_store(&thread->held, 0);
    thread->clear_child_tid = request->flags & CLONE_CHILD_CLEARTID ? request->child_tid : 0;
    if (request->flags & CLONE_CHILD_SETTID)
        store_tid(request->child_tid, thread->tid);
    if (request->flags & CLONE_CLEAR_SIGHAND)
        signals_clear_handlers(cpu);
    set_child_registers(cpu, request);
    return 0;
}

/* --- clone --- */

int64_t thread_clone(struct cpu *cpu, const struct clone_request *request) {
    struct thread *thread = cpu->thread;
    uint64_t flags = request->flags;
    int64_t result;

    /* kernel/fork.c, copy_process */
    if ((flags & CLONE_THREAD && !(flags & CLONE_SIGHAND)) ||
        (flags & CLONE_SIGHAND && !(flags & CLONE_VM)) ||
        (flags & CLONE_SIGHAND && flags & CLONE_CLEAR_SIGHAND))
        return -EINVAL;
    /* The host's C library knows only one process per memory: no threads in the second. */
    if (flags & CLONE_THREAD && (thread->vfork_child || flags & CLONE_VFORK))
        return -EAGAIN;
    /* clone(2), through which these go on the host, has no way to say it. */
    if (flags & CLONE_VM && (request->set_tid_size || flags & CLONE_INTO_CGROUP))
        return -EINVAL;

    uint64_t mask = signals_block_host();
    if (atomic_load(&thread->signal_pending)) {
        signals_restore_host(mask);
        return -ERESTARTSYS;
    }
    if (flags & CLONE_THREAD)
        result = start_host_thread(cpu, request, thread_main);
    else if (flags & CLONE_VM && flags & CLONE_VFORK)
        result = run_shared_process(cpu, request, NULL);
    else if (flags & CLONE_VM)
        result = start_host_thread(cpu, request, lender_main);
    else
        result = fork_process(cpu, request);
    signals_restore_host(mask);
    return result;
}

/* --- the end --- */

static void futex_wake(uint32_t *word) {
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* kernel/futex/core.c, handle_futex_death */
static void mark_owner_died(uint64_t addr, uint32_t tid, bool priority_inheritance, bool pending) {
    _Atomic uint32_t *word = (_Atomic uint32_t *)addr;
    if (addr % sizeof *word)
        return;
    uint32_t value = atomic_load(word);
    if (pending && !priority_inheritance && value == 0) {
        futex_wake((uint32_t *)addr);
        return;
    }
    do {
        if ((value & FUTEX_TID_MASK) != tid)
            return;
    } while (
        !atomic_compare_exchange_weak(word, &value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED));
    if (!priority_inheritance && value & FUTEX_WAITERS)
        futex_wake((uint32_t *)addr);
}

static void walk_robust_list(const struct thread *thread) {
    const struct robust_list_head *head = (const void *)thread->robust_list;
    const uintptr_t pi_bit = 1; /* in the low bit of each link: a priority-inheriting mutex */
    uint64_t offset = (uint64_t)head->futex_offset;
    uintptr_t pending = (uintptr_t)head->list_op_pending;
    uintptr_t entry = (uintptr_t)head->list.next;
    uint32_t tid = (uint32_t)thread->tid;
    for (unsigned i = 0; i < ROBUST_LIST_LIMIT; i++) {
        uintptr_t node = entry & ~pi_bit;
        if (node == (uintptr_t)&head->list)
            break;
        uintptr_t next = (uintptr_t)((const struct robust_list *)node)->next;
        if (node != (pending & ~pi_bit))
            mark_owner_died(node + offset, tid, entry & pi_bit, false);
        entry = next;
    }
    if (pending)
        mark_owner_died((pending & ~pi_bit) + offset, tid, pending & pi_bit, true);
}

/* Does what the kernel does for the robust mutexes of a thread that ends. The kernel cannot: by the
 * time the host thread is gone the memory of the guest's may have another use. */
static void release_robust_mutexes(struct thread *thread) {
    struct fault_guard guard;
    if (!thread->robust_list)
        return;
    syscall(SYS_set_robust_list, NULL, sizeof(struct robust_list_head));
    if (_setjmp(guard.env) == 0) { /* else the list led to a bad address */
        thread->fault_guard = &guard;
        walk_robust_list(thread);
    }
    thread->fault_guard = NULL;
}

int64_t thread_exit(struct cpu *cpu, int status) {
    struct thread *thread = cpu->thread;

    if (thread->vfork_child)
        syscall(SYS_exit, status); /* the rest is the kernel's: the memory has another user */
    uint64_t mask = signals_block_host();
    if (atomic_load(&thread->signal_pending)) {
        signals_restore_host(mask);
        return -ERESTARTSYS;
    }
    release_robust_mutexes(thread);
    bool last = delist(thread, true) == 0;
    if (thread->clear_child_tid) {
        store_tid(thread->clear_child_tid, 0);
        futex_wake((uint32_t *)thread->clear_child_tid);
    }
    if (last && hooks.at_exit)
        hooks.at_exit(status);
    if (thread->leader)
        syscall(SYS_exit, status);
    thread->exiting = true;
    return 0;
}

_Noreturn void thread_exit_group(struct cpu *cpu, int status) {
    if (!cpu->thread->vfork_child && hooks.at_exit)
        hooks.at_exit(status);
    for (;;)
        syscall(SYS_exit_group, status);
}
