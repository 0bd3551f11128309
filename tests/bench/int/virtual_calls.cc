// Virtual calls: a mix of five classes behind one call site, and one call site that sees one class.
#include "../bench.h"

namespace {

struct Shape {
    virtual ~Shape() = default;
    virtual uint64_t area() const = 0;
    virtual void grow(uint64_t by) = 0;
};

struct Square : Shape {
    uint64_t side = 1;
    uint64_t area() const override {
        return side * side;
    }
    void grow(uint64_t by) override {
        side = (side + by) & 0xff;
    }
};

struct Rectangle : Shape {
    uint64_t width = 2, height = 3;
    uint64_t area() const override {
        return width * height;
    }
    void grow(uint64_t by) override {
        width = (width + by) & 0x7f;
    }
};

struct Triangle : Shape {
    uint64_t base = 4, height = 5;
    uint64_t area() const override {
        return base * height / 2;
    }
    void grow(uint64_t by) override {
        height = (height ^ by) & 0x3f;
    }
};

struct Cube : Square {
    uint64_t area() const override {
        return 6 * Square::area();
    }
};

struct Hollow : Rectangle {
    uint64_t area() const override {
        return Rectangle::area() - width;
    }
};

Shape *make(uint64_t kind) {
    switch (kind) {
    case 0:
        return new Square;
    case 1:
        return new Rectangle;
    case 2:
        return new Triangle;
    case 3:
        return new Cube;
    default:
        return new Hollow;
    }
}

} // namespace

int main(int argc, char **argv) {
    constexpr int count = 1000;
    static Shape *mixed[count], *uniform[count];
    uint64_t seed = 1, sum = 0;
    for (int i = 0; i < count; i++) {
        mixed[i] = make(next_random(&seed) % 5);
        uniform[i] = make(1);
    }
    long rounds = scaled(argc, argv, 70000);
    for (long round = 0; round < rounds; round++) {
        Shape **shapes = round % 4 == 0 ? mixed : uniform;
        for (int i = 0; i < count; i++) {
            shapes[i]->grow(uint64_t(i));
            sum += shapes[i]->area();
        }
    }
    print_checksum(sum);
    for (int i = 0; i < count; i++) {
        delete mixed[i];
        delete uniform[i];
    }
    return 0;
}
