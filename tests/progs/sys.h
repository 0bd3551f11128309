/* For the system call tests: prints an expression with its result, and errno by name if it failed,
 * so that a native run and an emulated one of the same program can be compared line by line. */
#ifndef TESTS_PROGS_SYS_H
#define TESTS_PROGS_SYS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((unused)) static void show(const char *text, long result) {
    if (result == -1)
        printf("%s = -1 %s\n", text, strerrorname_np(errno));
    else
        printf("%s = %ld\n", text, result);
    fflush(stdout);
}

/* Shows the value of a call, whose text is as it was written: values of flags differ between
 * architectures. */
#define SHOW(call) SHOW_AS(#call, call)
#define SHOW_AS(text, call)          \
    do {                             \
        errno = 0;                   \
        long result_ = (long)(call); \
        show(text, result_);         \
    } while (0)
/* Shows whether it succeeds, where the value itself may differ between runs (descriptors, ids). */
#define OK(call) SHOW_AS(#call, (call) == -1 ? -1 : 0)
/* Shows a condition. */
#define TRUE(condition) printf("%s: %s\n", #condition, (condition) ? "yes" : "no")

/* Enters a new empty directory; leave_directory() removes it with what is left in it. */
static char directory[] = "/tmp/denizen-sys-XXXXXX";
__attribute__((unused)) static void enter_directory(void) {
    if (!mkdtemp(directory) || chdir(directory) != 0) {
        perror(directory);
        exit(1);
    }
}
__attribute__((unused)) static void leave_directory(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (chdir("/") != 0 || system(command) != 0)
        perror(directory);
}

#endif
