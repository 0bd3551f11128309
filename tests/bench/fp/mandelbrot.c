/* The area of the Mandelbrot set: a short loop of multiplications, additions and a comparison. */
#include "../bench.h"

int main(int argc, char **argv) {
    long side = 8 * scaled(argc, argv, 180), inside = 0, total = 0;
    for (long y = 0; y < side; y++) {
        double ci = 2.4 * ((double)y + 0.37) / (double)side - 1.2;
        for (long x = 0; x < side; x++) {
            double cr = 2.6 * ((double)x + 0.41) / (double)side - 2.05, zr = 0, zi = 0;
            int steps = 0;
            while (steps < 200 && zr * zr + zi * zi <= 4) {
                double t = zr * zr - zi * zi + cr;
                zi = 2 * zr * zi + ci;
                zr = t;
                steps++;
            }
            inside += steps == 200;
            total += steps;
        }
    }
    printf("area %.2f\n", 2.6 * 2.4 * (double)inside / ((double)side * (double)side));
    printf("exact %ld\n", total);
    return 0;
}
