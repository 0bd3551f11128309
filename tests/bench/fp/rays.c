/* Single precision: rays against spheres, with square roots, minima and conversions to integer. */
#include <math.h>

#include "../bench.h"

enum { SPHERES = 24, WIDTH = 320, HEIGHT = 200 };

struct vector {
    float x, y, z;
};

struct sphere {
    struct vector centre;
    float radius;
};

static struct sphere spheres[SPHERES];

static float dot(struct vector a, struct vector b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static struct vector subtract(struct vector a, struct vector b) {
    return (struct vector){a.x - b.x, a.y - b.y, a.z - b.z};
}

static struct vector scale(struct vector a, float by) {
    return (struct vector){a.x * by, a.y * by, a.z * by};
}

static struct vector normalise(struct vector a) {
    return scale(a, 1 / sqrtf(dot(a, a)));
}

/* The distance along the ray from the origin to the sphere, or infinity. */
static float hit(struct vector ray, const struct sphere *sphere) {
    float along = dot(ray, sphere->centre);
    float discriminant =
        along * along - dot(sphere->centre, sphere->centre) + sphere->radius * sphere->radius;
    if (along < 0 || discriminant < 0)
        return INFINITY;
    return along - sqrtf(discriminant);
}

static float shade(struct vector ray, struct vector light) {
    float nearest = INFINITY;
    const struct sphere *found = NULL;
    for (int i = 0; i < SPHERES; i++) {
        float distance = hit(ray, &spheres[i]);
        if (distance < nearest) {
            nearest = distance;
            found = &spheres[i];
        }
    }
    if (!found)
        return 0.1f;
    struct vector normal = normalise(subtract(scale(ray, nearest), found->centre));
    return fminf(1, 0.2f + 0.8f * fmaxf(0, dot(normal, light)));
}

int main(int argc, char **argv) {
    uint64_t seed = 79, histogram[8] = {0};
    for (int i = 0; i < SPHERES; i++) {
        float random[4];
        for (int c = 0; c < 4; c++)
            random[c] = (float)(next_random(&seed) >> 40) / (1 << 24);
        spheres[i].centre =
            (struct vector){random[0] * 8 - 4, random[1] * 6 - 3, random[2] * 8 + 6};
        spheres[i].radius = random[3] * 0.9f + 0.4f;
    }
    double brightness = 0;
    long frames = scaled(argc, argv, 90);
    for (long frame = 0; frame < frames; frame++) {
        struct vector light = normalise((struct vector){(float)(frame % 7) - 3, 2, -1});
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                struct vector ray = {(float)(x - WIDTH / 2) / WIDTH,
                                     (float)(y - HEIGHT / 2) / WIDTH, 0.8f};
                float value = shade(normalise(ray), light);
                histogram[(int)(value * 7.99f)]++;
                brightness += (double)value;
            }
    }
    uint64_t sum = 0;
    for (int i = 0; i < 8; i++)
        sum = mix(sum, histogram[i]);
    printf("exact %016llx\n", (unsigned long long)sum);
    printf("brightness %.3g\n", brightness / (double)frames);
    return 0;
}
