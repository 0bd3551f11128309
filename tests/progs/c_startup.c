/* What happens before and after main: constructors, destructors, atexit, arguments, environment,
 * the auxiliary vector, thread-local initialisers, weak symbols, indirect functions. */
/* arguments: first */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;
extern int not_defined_anywhere(void) __attribute__((weak));
static __thread int initialised = 12345;
static __thread char zeroed[5000];
static int order;

__attribute__((constructor(201))) static void second(int argc, char **argv) {
    order = order * 10 + 2;
    printf("constructor %d %d\n", argc, argv[argc] == NULL);
}
__attribute__((constructor(101))) static void first(void) {
    order = order * 10 + 1;
}
__attribute__((destructor)) static void last(void) {
    puts("destructor");
}
static void at_exit(void) {
    puts("atexit");
}

static int answer(void) {
    return 42;
}
static int (*resolve(void))(void) {
    return answer;
}
int indirect(void) __attribute__((ifunc("resolve")));

int main(int argc, char **argv) {
    printf("order %d argc %d %s\n", order, argc, argc > 1 ? argv[1] : "");
    printf("tls %d %d weak %d ifunc %d\n", initialised, zeroed[4999], not_defined_anywhere == NULL,
           indirect());
    printf("page %ld %d\n", sysconf(_SC_PAGESIZE),
           getauxval(AT_PAGESZ) == (unsigned long)sysconf(_SC_PAGESIZE));
    printf("random %d phdr %d entry %d uid %d secure %lu clktck %lu\n", getauxval(AT_RANDOM) != 0,
           getauxval(AT_PHNUM) > 0, getauxval(AT_ENTRY) != 0, getauxval(AT_UID) == getuid(),
           getauxval(AT_SECURE), getauxval(AT_CLKTCK));
    printf("execfn %d\n", strcmp((char *)getauxval(AT_EXECFN), argv[0]) == 0);
    size_t count = 0;
    while (environ[count])
        count++;
    printf("environment %d auxv after it %d\n", count > 0,
           ((unsigned long *)environ)[count + 1] != 0);
    printf("stack grows down %d heap %d\n", (void *)&argc > (void *)sbrk(0),
           sbrk(4096) != (void *)-1);
    errno = 0;
    int missing = access("/no/such/file", F_OK);
    printf("missing %d %d\n", missing, errno == ENOENT);
    atexit(at_exit);
    return 9;
}
