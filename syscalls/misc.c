/* Identity, limits, prctl, and riscv64's own calls. */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/prctl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/access.h"
#include "runtime/guest.h"
#include "runtime/hooks.h"
#include "runtime/program.h"
#include "runtime/syscall_abi.h"
#include "syscalls/syscalls.h"

int64_t sys_uname(struct cpu *cpu, const uint64_t arg[6]) {
    struct utsname name;
    int64_t result = host_syscall(__NR_uname, (uintptr_t)&name, 0, 0, 0, 0, 0);
    if (result < 0)
        return result;
    strncpy(name.machine, cpu->guest->name, sizeof name.machine - 1);
    return guest_write(arg[0], &name, sizeof name);
}

/* --- limits --- */

/* A limit on memory would bind the emulator's own memory too, so these are kept here, shown to the
 * guest as it set them, and not enforced. */
static struct kept_limit {
    int resource;
    _Atomic bool set;
    _Atomic uint64_t current, most;
} kept_limits[] = {{.resource = RLIMIT_AS}, {.resource = RLIMIT_DATA}, {.resource = RLIMIT_STACK}};

/* A stack limit of this size or more cannot hurt the emulator and reaches the host, where the
 * programs that this one executes find it. */
enum { HARMLESS_STACK = 1 << 20 };

static int64_t host_prlimit(uint64_t pid, uint64_t resource, const struct rlimit *new,
                            struct rlimit *old) {
    return host_syscall(__NR_prlimit64, pid, resource, (uintptr_t) new, (uintptr_t)old, 0, 0);
}

/* Shows and replaces a limit kept here, by the rules of the kernel's do_prlimit. */
static int64_t change_kept_limit(struct kept_limit *kept, const struct rlimit *new,
                                 struct rlimit *old) {
    uint64_t resource = (uint64_t)kept->resource;
    int64_t result = host_prlimit(0, resource, NULL, old);
    if (result < 0)
        return result;
    if (kept->set)
        *old = (struct rlimit){kept->current, kept->most};
    if (!new)
        return 0;
    if (new->rlim_cur > new->rlim_max)
        return -EINVAL;
    if (new->rlim_max > old->rlim_max && geteuid() != 0)
        return -EPERM;
    kept->current = new->rlim_cur;
    kept->most = new->rlim_max;
    kept->set = true;
    if (kept->resource == RLIMIT_STACK && new->rlim_cur >= HARMLESS_STACK)
        return host_prlimit(0, resource, new, NULL);
    return 0;
}

static int64_t change_limit(uint64_t pid, uint64_t resource, const struct rlimit *new,
                            struct rlimit *old) {
    bool self = (int)pid == 0 || (int)pid == getpid();
    for (unsigned i = 0; self && i < sizeof kept_limits / sizeof kept_limits[0]; i++) {
        if (kept_limits[i].resource == (int)resource)
            return change_kept_limit(&kept_limits[i], new, old);
    }
    return host_prlimit(pid, resource, new, old);
}

int64_t sys_prlimit64(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    struct rlimit new, old;
    if (arg[2] != 0 && guest_read(&new, arg[2], sizeof new) != 0)
        return -EFAULT;
    int64_t result = change_limit(arg[0], arg[1], arg[2] ? &new : NULL, &old);
    if (result == 0 && arg[3] != 0)
        result = guest_write(arg[3], &old, sizeof old);
    return result;
}

int64_t sys_getrlimit(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    struct rlimit old;
    int64_t result = change_limit(0, arg[0], NULL, &old);
    return result == 0 ? guest_write(arg[1], &old, sizeof old) : result;
}

int64_t sys_setrlimit(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    struct rlimit new, old;
    if (guest_read(&new, arg[1], sizeof new) != 0)
        return -EFAULT;
    return change_limit(0, arg[0], &new, &old);
}

/* --- prctl --- */

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

/* PR_GET_AUXV: copies as much of the vector as fits and returns its size (kernel/sys.c). */
static int64_t get_auxv(const uint64_t arg[6]) {
    if (arg[3] || arg[4])
        return -EINVAL;
    uint64_t size = program.auxv_size < arg[2] ? program.auxv_size : arg[2];
    return guest_write(arg[1], program.auxv, size) == 0 ? (int64_t)program.auxv_size : -EFAULT;
}

/* What acts on the process or thread as such is the host's. What would change how its code runs
 * (system call filters and redirection, write-xor-execute, time stamp traps, another architecture's
 * features) would hit the emulator: there, this is a kernel built without it. */
int64_t sys_prctl(struct cpu *cpu, const uint64_t arg[6]) {
    (void)cpu;
    switch ((int)arg[0]) {
    case PR_GET_AUXV: return get_auxv(arg);
    case PR_SET_PDEATHSIG:
    case PR_GET_PDEATHSIG:
    case PR_GET_DUMPABLE:
    case PR_SET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_SET_KEEPCAPS:
    case PR_GET_TIMING:
    case PR_SET_TIMING:
    case PR_SET_NAME:
    case PR_GET_NAME:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_GET_SECUREBITS:
    case PR_SET_SECUREBITS:
    case PR_SET_TIMERSLACK:
    case PR_GET_TIMERSLACK:
    case PR_TASK_PERF_EVENTS_DISABLE:
    case PR_TASK_PERF_EVENTS_ENABLE:
    case PR_MCE_KILL:
    case PR_MCE_KILL_GET:
    case PR_SET_PTRACER:
    case PR_SET_CHILD_SUBREAPER:
    case PR_GET_CHILD_SUBREAPER:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_GET_TID_ADDRESS:
    case PR_SET_THP_DISABLE:
    case PR_GET_THP_DISABLE:
    case PR_CAP_AMBIENT:
    case PR_GET_SPECULATION_CTRL:
    case PR_SET_SPECULATION_CTRL:
    case PR_SET_IO_FLUSHER:
    case PR_GET_IO_FLUSHER:
    case PR_SCHED_CORE:
    case PR_SET_VMA:
    case PR_SET_MEMORY_MERGE:
    case PR_GET_MEMORY_MERGE:
        return host_syscall(__NR_prctl, arg[0], arg[1], arg[2], arg[3], arg[4], 0);
    default: return -EINVAL;
    }
}

/* --- riscv64: arch/riscv/kernel/sys_hwprobe.c and sys_riscv.c --- */

struct hwprobe_pair {
    int64_t key;
    uint64_t value;
};

/* The set of processors as the kernel passes it, for at most this many. */
enum { CPUSET_BYTES = 128, HWPROBE_WHICH_CPUS = 1, FLUSH_ICACHE_LOCAL = 1 };

static void online_processors(unsigned char set[CPUSET_BYTES]) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    memset(set, 0, CPUSET_BYTES);
    for (long i = 0; i < count && i < CPUSET_BYTES * 8; i++)
        set[i / 8] |= (unsigned char)(1 << (i % 8));
}

static bool is_empty(const unsigned char set[CPUSET_BYTES]) {
    static const unsigned char empty[CPUSET_BYTES];
    return memcmp(set, empty, CPUSET_BYTES) == 0;
}

/* Keys whose values are sets: a processor matches if it has at least the bits asked for. */
static bool value_matches(int64_t key, uint64_t have, uint64_t asked) {
    enum { BASE_BEHAVIOR = 3, IMA_EXT_0 = 4, CPUPERF_0 = 5 };
    bool is_set = key == BASE_BEHAVIOR || key == IMA_EXT_0 || key == CPUPERF_0;
    return is_set ? (have & asked) == asked : have == asked;
}

/* Fills each pair's value; a key that is not known becomes -1. 0 or -EFAULT. */
static int64_t hwprobe_values(const struct syscall_abi *abi, uint64_t pairs, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = pairs + i * sizeof(struct hwprobe_pair);
        struct hwprobe_pair pair;
        if (guest_read(&pair.key, at, sizeof pair.key) != 0)
            return -EFAULT;
        pair.value = 0;
        if (!abi->riscv_hwprobe(pair.key, &pair.value))
            pair = (struct hwprobe_pair){.key = -1};
        if (guest_write(at, &pair, sizeof pair) != 0)
            return -EFAULT;
    }
    return 0;
}

/* Empties `set` unless every pair matches: all our processors are alike. 0 or -EFAULT. */
static int64_t hwprobe_processors(const struct syscall_abi *abi, uint64_t pairs, uint64_t count,
                                  unsigned char set[CPUSET_BYTES]) {
    bool match = true;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = pairs + i * sizeof(struct hwprobe_pair);
        struct hwprobe_pair pair;
        if (guest_read(&pair, at, sizeof pair) != 0)
            return -EFAULT;
        uint64_t have = 0;
        if (abi->riscv_hwprobe(pair.key, &have)) {
            match = match && value_matches(pair.key, have, pair.value);
            continue;
        }
        match = false;
        pair = (struct hwprobe_pair){.key = -1};
        if (guest_write(at, &pair, sizeof pair) != 0)
            return -EFAULT;
    }
    if (!match)
        memset(set, 0, CPUSET_BYTES);
    return 0;
}

int64_t sys_riscv_hwprobe(struct cpu *cpu, const uint64_t arg[6]) {
    const struct syscall_abi *abi = cpu->guest->syscall_abi;
    uint64_t pairs = arg[0], count = arg[1], set_size = arg[2], set_address = arg[3];
    bool which = arg[4] & HWPROBE_WHICH_CPUS;
    if (!abi->riscv_hwprobe)
        return -ENOSYS;
    if ((arg[4] & ~(uint64_t)HWPROBE_WHICH_CPUS) || (which && (!set_size || !set_address)))
        return -EINVAL;

    unsigned char online[CPUSET_BYTES], set[CPUSET_BYTES] = {0};
    online_processors(online);
    if (set_size > CPUSET_BYTES)
        set_size = CPUSET_BYTES;
    if (set_address && guest_read(set, set_address, set_size) != 0)
        return -EFAULT;
    if (!which) {
        bool all = !set_size && !set_address;
        for (unsigned i = 0; i < CPUSET_BYTES; i++)
            set[i] &= online[i];
        return all || !is_empty(set) ? hwprobe_values(abi, pairs, count) : -EINVAL;
    }
    bool asks_all = is_empty(set);
    for (unsigned i = 0; i < CPUSET_BYTES; i++)
        set[i] = asks_all ? online[i] : set[i] & online[i];
    int64_t error = hwprobe_processors(abi, pairs, count, set);
    return error ? error : guest_write(set_address, set, set_size);
}

int64_t sys_riscv_flush_icache(struct cpu *cpu, const uint64_t arg[6]) {
    if (!cpu->guest->syscall_abi->riscv_hwprobe)
        return -ENOSYS;
    if (arg[2] & ~(uint64_t)FLUSH_ICACHE_LOCAL)
        return -EINVAL;
    /* The kernel flushes everything whatever the range says; one that says nothing means all. */
    bool range = arg[0] < arg[1];
    hooks.invalidate(range ? arg[0] : 0, range ? arg[1] : UINT64_MAX);
    return 0;
}
