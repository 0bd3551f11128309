// Run-time type information: dynamic_cast up, down and across, typeid, virtual bases, multiple
// inheritance with this-adjusting thunks, pointers to members.
#include <cstdio>
#include <functional>
#include <typeindex>
#include <typeinfo>
#include <unordered_map>

struct Base {
    long value = 1;
    virtual ~Base() = default;
    virtual long id() const {
        return value;
    }
};
struct Left : virtual Base {
    long left = 10;
    long id() const override {
        return left + value;
    }
    virtual long only_left() {
        return left;
    }
};
struct Right : virtual Base {
    long right = 100;
    virtual long only_right() {
        return right * 2;
    }
};
struct Bottom final : Left, Right {
    long id() const override {
        return left + right + value + 1000;
    }
    long only_right() override {
        return right * 3 + left;
    }
};
struct Other : Base {};

static const char *classify(Base *base) {
    if (dynamic_cast<Bottom *>(base))
        return "bottom";
    if (dynamic_cast<Right *>(base))
        return "right";
    if (dynamic_cast<Left *>(base))
        return "left";
    return "base";
}

int main() {
    Bottom bottom;
    Left left;
    Right right;
    Other other;
    Base *bases[] = {&bottom, &left, &right, &other};
    for (Base *base : bases)
        std::printf("%s %s %ld\n", classify(base), typeid(*base).name(), base->id());

    Left *as_left = &bottom;
    Right *across = dynamic_cast<Right *>(as_left);
    std::printf("across %ld %d\n", across->only_right(),
                dynamic_cast<Right *>(bases[1]) == nullptr);
    std::printf("most derived %d\n", dynamic_cast<void *>(across) == static_cast<void *>(&bottom));
    try {
        (void)dynamic_cast<Bottom &>(static_cast<Base &>(other));
    } catch (const std::bad_cast &e) {
        std::printf("%s\n", e.what());
    }

    long (Base::*member)() const = &Base::id;
    long (Left::*own)() = &Left::only_left;
    long Left::*field = &Left::left;
    bottom.*field = 20;
    std::printf("members %ld %ld %ld\n", (bottom.*member)(), (as_left->*own)(), as_left->*field);

    std::unordered_map<std::type_index, int> counts;
    for (Base *base : bases)
        counts[typeid(*base)]++;
    std::function<long(const Base &)> call = &Base::id;
    std::printf("types %zu call %ld\n", counts.size(), call(left));
    return 0;
}
