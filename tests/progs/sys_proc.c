/* What a process learns about itself: /proc, names, limits, processors, prctl. */
#include "sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#if defined(__riscv)
#define MACHINE     "riscv64"
#define ELF_MACHINE 243
#define CPUINFO     "isa\t\t: rv64"
#elif defined(__aarch64__)
#define MACHINE     "aarch64"
#define ELF_MACHINE 183
#define CPUINFO     "CPU implementer"
#else
#define MACHINE     "x86_64"
#define ELF_MACHINE 62
#define CPUINFO     "model name"
#endif

static char text[1 << 20];

static long read_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (long count; fd >= 0 && (count = read(fd, text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)count;
    text[length] = '\0';
    close(fd);
    return fd < 0 ? -1 : (long)length;
}

static void names(char **argv) {
    struct utsname name;
    SHOW(uname(&name));
    TRUE(strcmp(name.sysname, "Linux") == 0 && strcmp(name.machine, MACHINE) == 0);
    char own[PATH_MAX], link[PATH_MAX];
    TRUE(realpath(argv[0], own) != NULL);
    ssize_t length = readlink("/proc/self/exe", link, sizeof link - 1);
    link[length > 0 ? length : 0] = '\0';
    TRUE(strcmp(own, link) == 0);
    char by_pid[64];
    snprintf(by_pid, sizeof by_pid, "/proc/%d/exe", (int)getpid());
    TRUE(readlink(by_pid, link, sizeof link) == length);
    SHOW(readlink("/proc/self/exe", link, 1));
    struct stat a, b;
    SHOW(stat("/proc/self/exe", &a));
    SHOW(stat(own, &b));
    TRUE(a.st_ino == b.st_ino && a.st_size == b.st_size);
    SHOW(lstat("/proc/self/exe", &a));
    TRUE(S_ISLNK(a.st_mode));
    int fd = open("/proc/self/exe", O_RDONLY);
    unsigned short machine = 0;
    SHOW(pread(fd, &machine, 2, 18));
    TRUE(machine == ELF_MACHINE);
    close(fd);
    SHOW(access("/proc/self/exe", X_OK));
    long size = read_file("/proc/self/cmdline");
    TRUE(size == (long)strlen(argv[0]) + 1 && strcmp(text, argv[0]) == 0);
    TRUE(read_file("/proc/self/environ") >= 0);
}

static void auxiliary_vector(void) {
    long size = read_file("/proc/self/auxv");
    const unsigned long *entry = (const void *)text;
    TRUE(size > 0 && size % 16 == 0);
    unsigned page = 0, entry_point = 0;
    for (long i = 0; i < size / 8; i += 2) {
        page |= entry[i] == AT_PAGESZ && entry[i + 1] == 4096;
        entry_point |= entry[i] == AT_ENTRY && entry[i + 1] == getauxval(AT_ENTRY);
    }
    TRUE(page && entry_point);
    TRUE(getauxval(AT_RANDOM) != 0 && getauxval(AT_SECURE) == 0);
    TRUE(getauxval(AT_UID) == getuid());
}

struct range {
    unsigned long start, end;
    char prot[5], name[256];
};

/* The mapping that holds `address`, as /proc/self/maps shows it. */
static struct range find_mapping(unsigned long address) {
    struct range found = {0};
    read_file("/proc/self/maps");
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        struct range range = {0};
        sscanf(line, "%lx-%lx %4s %*x %*s %*u %255[^\n]", &range.start, &range.end, range.prot,
               range.name);
        if (range.start <= address && address < range.end)
            found = range;
    }
    return found;
}

static void mappings(void) {
    char *at = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(at + 4096, 4096, PROT_READ | PROT_EXEC);
    struct range range = find_mapping((unsigned long)at + 4096);
    printf("%lx %lx %s\n", range.start - (unsigned long)at, range.end - (unsigned long)at,
           range.prot);
    munmap(at, 3 * 4096);
    TRUE(find_mapping((unsigned long)at).prot[0] == '\0');
    int local;
    range = find_mapping((unsigned long)&local);
    printf("stack %s %s\n", range.prot, range.name);
    range = find_mapping((unsigned long)find_mapping);
    printf("code %s %s\n", range.prot, strrchr(range.name, '/') ? "named" : "no name");
    void *heap = sbrk(4096);
    range = find_mapping((unsigned long)heap);
    printf("heap %s %s\n", range.prot, range.name);
    TRUE(find_mapping(16).prot[0] == '\0');
}

static void status(void) {
    read_file("/proc/self/stat");
    int pid = 0, parent = 0;
    char state;
    char *rest = strrchr(text, ')');
    TRUE(sscanf(text, "%d", &pid) == 1 && pid == getpid());
    TRUE(rest && sscanf(rest + 1, " %c %d", &state, &parent) == 2 && parent == getppid());
    int fields = 2;
    unsigned long stack = 0;
    for (char *field = strtok(rest + 1, " \n"); field; field = strtok(NULL, " \n")) {
        if (++fields == 28)
            stack = strtoul(field, NULL, 10);
    }
    SHOW(fields);
    struct range range = find_mapping((unsigned long)&pid);
    TRUE(stack >= (unsigned long)&pid && stack < range.end);
    TRUE(read_file("/proc/self/status") > 0 && strstr(text, "Pid:"));
    TRUE(read_file("/proc/cpuinfo") > 0 && strstr(text, CPUINFO));
    unsigned processors = 0;
    for (char *at = text; (at = strstr(at, "processor\t: ")); at++)
        processors++;
    TRUE(processors == (unsigned)get_nprocs());
    SHOW(open("/proc/self/maps", O_WRONLY | O_TRUNC) == -1);
    SHOW(access("/proc/self/maps", R_OK));
    DIR *fds = opendir("/proc/self/fd");
    TRUE(fds != NULL && readdir(fds) != NULL);
    closedir(fds);
}

static void limits(void) {
    struct rlimit limit, back;
    SHOW(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 123;
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(prlimit(0, RLIMIT_NOFILE, NULL, &back));
    SHOW(back.rlim_cur);
    SHOW(dup2(1, 123));
    limit.rlim_cur = limit.rlim_max + 1;
    if (limit.rlim_max != RLIM_INFINITY)
        SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(getrlimit(99, &limit));
    SHOW(getrlimit(RLIMIT_STACK, &limit));
    limit.rlim_cur = 4 << 20;
    SHOW(setrlimit(RLIMIT_STACK, &limit));
    SHOW(getrlimit(RLIMIT_STACK, &back));
    SHOW(back.rlim_cur);
    SHOW(getrlimit(RLIMIT_DATA, &limit));
    SHOW(getrlimit(RLIMIT_CORE, &limit));
    limit.rlim_cur = 0;
    SHOW(setrlimit(RLIMIT_CORE, &limit));
    SHOW(prlimit(99999999, RLIMIT_CORE, NULL, &back));
}

static void processors(void) {
    cpu_set_t set;
    unsigned cpu = 9999, node = 9999;
    CPU_ZERO(&set);
    SHOW(sched_getaffinity(0, sizeof set, &set));
    TRUE(CPU_COUNT(&set) >= 1);
    SHOW(sched_setaffinity(0, sizeof set, &set));
    SHOW(syscall(SYS_sched_getaffinity, 0, 1, &set));
    SHOW(syscall(SYS_getcpu, &cpu, &node, NULL));
    TRUE(cpu < 4096 && node < 1024);
    SHOW(sched_getscheduler(0));
    struct sched_param parameters = {.sched_priority = 0};
    SHOW(sched_getparam(0, &parameters));
    SHOW(sched_setscheduler(0, SCHED_OTHER, &parameters));
    SHOW(sched_get_priority_max(SCHED_FIFO));
    SHOW(sched_get_priority_min(SCHED_FIFO));
    SHOW(sched_yield());
    struct timespec slice;
    SHOW(sched_rr_get_interval(0, &slice));
    /* The lowest there is, which anybody may go down to, wherever the test was started. */
    SHOW(setpriority(PRIO_PROCESS, 0, 19));
    SHOW(getpriority(PRIO_PROCESS, 0));
    SHOW(syscall(SYS_getpriority, PRIO_PROCESS, 0));
    struct sysinfo system_info;
    SHOW(sysinfo(&system_info));
    TRUE(system_info.totalram > 0 && system_info.mem_unit > 0 && system_info.procs > 0);
}

static void attributes(void) {
    char name[16] = "";
    SHOW(prctl(PR_SET_NAME, "a name of more than 15 bytes"));
    SHOW(prctl(PR_GET_NAME, name));
    puts(name);
    read_file("/proc/self/comm");
    fputs(text, stdout);
    SHOW(prctl(PR_GET_DUMPABLE));
    SHOW(prctl(PR_SET_PDEATHSIG, 99));
    SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    SHOW(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    SHOW(prctl(12345));
    SHOW(personality(0xffffffff));
    SHOW(umask(027));
    SHOW(umask(022));
    char random[16] = "";
    SHOW(getrandom(random, sizeof random, 0));
    SHOW(getrandom(random, sizeof random, 0xff00));
    gid_t groups[64];
    TRUE(getgroups(64, groups) >= 0);
    uid_t a, b, c;
    SHOW(getresuid(&a, &b, &c));
    TRUE(a == getuid() && b == geteuid());
    SHOW(getpgid(0) == getpgrp());
    SHOW(getsid(0) > 0);
    SHOW(syscall(SYS_gettid) == getpid());
    SHOW(setpgid(99999999, 0));
    SHOW(syscall(1000));
    SHOW(syscall(SYS_kcmp, getpid(), getpid(), 0, 0, 1) >= 0);
    /* In the child everything that tells of the process is its own. */
    int state;
    if (fork() == 0) {
        read_file("/proc/self/stat");
        int pid = atoi(text);
        _exit(pid == getpid() ? 0 : 1);
    }
    wait(&state);
    SHOW(state);
}

int main(int argc, char **argv) {
    (void)argc;
    names(argv);
    auxiliary_vector();
    mappings();
    status();
    limits();
    attributes();
    processors();
    return 0;
}
