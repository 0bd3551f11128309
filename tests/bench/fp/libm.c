/* The C library's sin, exp, log and pow over ranges that reach their different paths. */
#include <math.h>

#include "../bench.h"

int main(int argc, char **argv) {
    double sines = 0, exponentials = 0, powers = 0;
    long rounds = scaled(argc, argv, 7000000);
    for (long i = 0; i < rounds; i++) {
        double x = (double)(i % 100003) * 0.01;
        sines += sin(x) * cos(x + 1);
        exponentials += exp(-x * 0.02) + log(x + 1);
        powers += pow(x + 0.5, 0.75);
    }
    print_real("sin", sines);
    print_real("exp", exponentials);
    print_real("pow", powers);
    return 0;
}
