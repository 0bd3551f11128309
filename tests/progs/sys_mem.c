/* Memory calls at their edges. */
#include "sys.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

static sigjmp_buf back;
static volatile sig_atomic_t code;
static void on_fault(int number, siginfo_t *info, void *context) {
    (void)context;
    code = info->si_code;
    siglongjmp(back, number);
}

/* What touching `at` does: nothing, or the signal and its code. */
static void touch(const char *text, volatile char *at, int write) {
    int number = sigsetjmp(back, 1);
    if (number == 0) {
        if (write)
            *at = 1;
        else
            (void)*at;
        printf("%s: fine\n", text);
    } else {
        printf("%s: signal %d code %d\n", text, number, (int)code);
    }
}
#define READ(at)  touch("read " #at, (at), 0)
#define WRITE(at) touch("write " #at, (at), 1)

static char *map(size_t size, int prot, int flags) {
    return mmap(NULL, size, prot, flags | MAP_ANONYMOUS, -1, 0);
}

/* Shows a mapping call by its error alone. */
#define MAPS(call) show(#call, (call) == MAP_FAILED ? -1 : 0)

static void anonymous(void) {
    char *at = map(8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    WRITE(at);
    SHOW(mprotect(at + PAGE, PAGE, PROT_READ));
    READ(at + PAGE);
    WRITE(at + PAGE);
    SHOW(mprotect(at + 2 * PAGE, PAGE, PROT_NONE));
    READ(at + 2 * PAGE);
    SHOW(munmap(at + 3 * PAGE, PAGE));
    READ(at + 3 * PAGE);
    SHOW(mprotect(at + 3 * PAGE, PAGE, PROT_READ));
    SHOW(mprotect(at, 8 * PAGE, PROT_READ | PROT_WRITE));
    WRITE(at + 2 * PAGE);
    READ(at + 4 * PAGE);
    SHOW(mprotect(at + 1, PAGE, PROT_READ));
    SHOW(mprotect(at, PAGE, 0x1000));
    SHOW(munmap(at + 3 * PAGE, PAGE));
    SHOW(munmap(at + 1, PAGE));
    SHOW(munmap(at, 0));
    MAPS(mmap(at + 3 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    READ(at + 3 * PAGE);
    MAPS(mmap(at, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
    MAPS(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    MAPS(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
    MAPS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
    MAPS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 9999, 0));
    MAPS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1));
    MAPS(mmap(at + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    MAPS(mmap(NULL, SIZE_MAX - PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    SHOW(munmap(at, 8 * PAGE));
    SHOW(munmap(at, 8 * PAGE));
    READ((char *)16);
    SHOW(mprotect((void *)(UINT64_C(1) << 62), PAGE, PROT_READ));
}

static void files(void) {
    int fd = open("mapped", O_RDWR | O_CREAT, 0600);
    if (write(fd, "content", 7) != 7)
        perror("write");
    char *shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    memcpy(shared, "C", 1);
    printf("%s\n", private);
    memcpy(private, "p", 1);
    printf("%s %s\n", shared, private);
    char text[8] = "";
    SHOW(pread(fd, text, 7, 0));
    puts(text);
    READ(shared + PAGE);
    SHOW(ftruncate(fd, 2 * PAGE));
    READ(shared + PAGE);
    READ(shared + 2 * PAGE);
    SHOW(msync(shared, PAGE, MS_SYNC));
    SHOW(msync(shared, PAGE, MS_SYNC | MS_ASYNC));
    SHOW(msync(shared + 1, PAGE, MS_SYNC));
    unsigned char resident[3];
    SHOW(mincore(shared, 2 * PAGE, resident));
    TRUE(resident[0] & 1);
    MAPS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100));
    int only = open("mapped", O_RDONLY);
    MAPS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, only, 0));
    char *read_only = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, only, 0);
    SHOW(mprotect(read_only, PAGE, PROT_READ | PROT_WRITE));
    MAPS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, only, PAGE));
    close(only);
    close(fd);
    puts(shared);
    SHOW(munmap(shared, 3 * PAGE));
    SHOW(munmap(private, PAGE));
}

static void moving(void) {
    char *at = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE), *moved;
    strcpy(at, "moved");
    SHOW(mremap(at, 4 * PAGE, 2 * PAGE, 0) == at);
    READ(at + 2 * PAGE);
    moved = mremap(at, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    TRUE(moved != MAP_FAILED && strcmp(moved, "moved") == 0);
    WRITE(moved + 63 * PAGE);
    char *target = map(64 * PAGE, PROT_NONE, MAP_PRIVATE);
    TRUE(mremap(moved, 64 * PAGE, 64 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
    puts(target);
    READ(moved);
    MAPS(mremap(target, 64 * PAGE, 0, MREMAP_MAYMOVE));
    MAPS(mremap(target + 1, PAGE, PAGE, MREMAP_MAYMOVE));
    MAPS(mremap(target, PAGE, PAGE, 1 << 10));
    MAPS(mremap(target, 64 * PAGE, 64 * PAGE, MREMAP_FIXED, at));
    MAPS(mremap(moved, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    munmap(target, 64 * PAGE);
}

static void advice(void) {
    char *at = map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    memset(at, 1, 4 * PAGE);
    SHOW(madvise(at + PAGE, PAGE, MADV_DONTNEED));
    printf("%d %d\n", at[0], at[PAGE]);
    SHOW(madvise(at, PAGE, MADV_WILLNEED));
    SHOW(madvise(at, PAGE, 12345));
    SHOW(madvise(at + 1, PAGE, MADV_DONTNEED));
    SHOW(madvise(at, 0, MADV_DONTNEED));
    munmap(at + PAGE, PAGE);
    SHOW(madvise(at, 4 * PAGE, MADV_DONTNEED));
    SHOW(mlock(at, PAGE));
    SHOW(munlock(at, PAGE));
    SHOW(mlock(at + PAGE, PAGE));
    SHOW(syscall(SYS_mlock2, at, PAGE, 99));
    munmap(at, 4 * PAGE);
}

static void heap(void) {
    char *start = sbrk(0), *grown;
    TRUE(start != (void *)-1);
    SHOW(sbrk(3 * PAGE) == start);
    grown = sbrk(0);
    TRUE(grown == start + 3 * PAGE);
    WRITE(grown - 1);
    TRUE(start[PAGE] == 0);
    start[PAGE] = 7;
    SHOW(brk(start));
    READ(start + 2 * PAGE);
    SHOW(brk(start + 3 * PAGE));
    TRUE(start[2 * PAGE] == 0);
    TRUE(syscall(SYS_brk, 0) == (long)(start + 3 * PAGE));
    TRUE(syscall(SYS_brk, 16) == (long)(start + 3 * PAGE));
    SHOW(brk((void *)(UINT64_C(1) << 50)));
}

static void sizes(void) {
    size_t big = (size_t)1 << 36;
    char *at = mmap(NULL, big, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TRUE(at != MAP_FAILED);
    SHOW(mprotect(at + big / 2, PAGE, PROT_READ | PROT_WRITE));
    WRITE(at + big / 2);
    SHOW(munmap(at, big));
    /* Low addresses are free for those who ask. */
    char *low = (char *)(UINT64_C(1) << 32);
    at = mmap(low, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
              -1, 0);
    TRUE(at == low);
    WRITE(low);
    SHOW(munmap(low, PAGE));
    at = mmap(low, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRUE(at == low);
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    enter_directory();
    anonymous();
    files();
    moving();
    advice();
    heap();
    sizes();
    leave_directory();
    return 0;
}
