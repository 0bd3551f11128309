/* The solar system's outer planets under gravity: dependent chains with square root and division.
 */
#include <math.h>

#include "../bench.h"

enum { BODIES = 5 };

struct body {
    double position[3], velocity[3], mass;
};

static struct body bodies[BODIES];

/* Circular orbits of different radii and tilts about a heavy centre, total momentum zero. */
static void set_up(void) {
    static const double radius[BODIES] = {0, 5.2, 9.5, 19.2, 30.1};
    static const double mass[BODIES] = {39.5, 0.0377, 0.0113, 0.00172, 0.00203};
    for (int i = 0; i < BODIES; i++) {
        bodies[i] = (struct body){.mass = mass[i]};
        if (i == 0)
            continue;
        double speed = sqrt(mass[0] / radius[i]), angle = 1.3 * i, tilt = 0.02 * i;
        bodies[i].position[0] = radius[i] * cos(angle);
        bodies[i].position[1] = radius[i] * sin(angle);
        bodies[i].position[2] = radius[i] * tilt;
        bodies[i].velocity[0] = -speed * sin(angle);
        bodies[i].velocity[1] = speed * cos(angle);
        for (int c = 0; c < 3; c++)
            bodies[0].velocity[c] -= bodies[i].velocity[c] * mass[i] / mass[0];
    }
}

static void advance(double step) {
    for (int i = 0; i < BODIES; i++) {
        struct body *a = &bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            struct body *b = &bodies[j];
            double d[3], square = 0;
            for (int c = 0; c < 3; c++) {
                d[c] = a->position[c] - b->position[c];
                square += d[c] * d[c];
            }
            double pull = step / (square * sqrt(square));
            for (int c = 0; c < 3; c++) {
                a->velocity[c] -= d[c] * b->mass * pull;
                b->velocity[c] += d[c] * a->mass * pull;
            }
        }
    }
    for (int i = 0; i < BODIES; i++)
        for (int c = 0; c < 3; c++)
            bodies[i].position[c] += step * bodies[i].velocity[c];
}

static double energy(void) {
    double sum = 0;
    for (int i = 0; i < BODIES; i++) {
        for (int c = 0; c < 3; c++)
            sum += 0.5 * bodies[i].mass * bodies[i].velocity[c] * bodies[i].velocity[c];
        for (int j = i + 1; j < BODIES; j++) {
            double square = 0;
            for (int c = 0; c < 3; c++) {
                double d = bodies[i].position[c] - bodies[j].position[c];
                square += d * d;
            }
            sum -= bodies[i].mass * bodies[j].mass / sqrt(square);
        }
    }
    return sum;
}

int main(int argc, char **argv) {
    set_up();
    print_real("before", energy());
    long steps = scaled(argc, argv, 5000000);
    for (long i = 0; i < steps; i++)
        advance(0.001);
    print_real("after", energy());
    return 0;
}
