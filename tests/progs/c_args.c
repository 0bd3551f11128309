/* Arguments, the environment's survival, and standard streams. */
/* arguments: one "two words" "" --option '$HOME' */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        printf("%d [%s] %zu\n", i, argv[i], strlen(argv[i]));
    const char *home = getenv("HOME");
    printf("home %s\n", home ? home : "unset");
    char line[100];
    printf("input %s\n", fgets(line, sizeof line, stdin) ? line : "none");
    printf("terminal %d\n", isatty(0));
    fflush(stdout);
    if (write(STDOUT_FILENO, "unbuffered\n", 11) != 11)
        return 1;
    return argc;
}
