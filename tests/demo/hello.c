/* What `make demo` runs first: says who and where it is. */
#include <math.h>
#include <stdio.h>
#include <sys/utsname.h>

int main(int argc, char **argv) {
    struct utsname name;
    uname(&name);
    printf("Hello");
    for (int i = 1; i < argc; i++)
        printf(" %s", argv[i]);
    printf(", on %s %s. sin(1) is %.15f.\n", name.sysname, name.machine, sin(1));
    return 0;
}
