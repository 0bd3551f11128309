// Exceptions: unwinding through frames, destructors, rethrow, nested and foreign types, noexcept.
// compile: -Wno-terminate
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Tracer {
    std::string name;
    explicit Tracer(std::string n) : name(std::move(n)) {
        std::printf("enter %s\n", name.c_str());
    }
    ~Tracer() {
        std::printf("leave %s\n", name.c_str());
    }
};

struct Problem : std::runtime_error {
    int code;
    Problem(const char *what, int c) : std::runtime_error(what), code(c) {
    }
};

int dig(int depth) {
    Tracer tracer("level " + std::to_string(depth));
    if (depth == 0)
        throw Problem("bottom", 42);
    return dig(depth - 1) + 1;
}

void rethrow() {
    try {
        dig(3);
    } catch (Problem &problem) {
        problem.code++;
        throw;
    }
}

void describe(const std::exception &e, int level) {
    std::printf("%*s%s\n", 2 * level, "", e.what());
    try {
        std::rethrow_if_nested(e);
    } catch (const std::exception &inner) {
        describe(inner, level + 1);
    }
}

long sum_of_throws() {
    long sum = 0;
    for (int i = 0; i < 2000; i++) {
        try {
            if (i % 3 == 0)
                throw i;
            if (i % 3 == 1)
                throw static_cast<long>(i) * 2;
            throw std::string(static_cast<size_t>(i % 50), 'x');
        } catch (int value) {
            sum += value;
        } catch (long value) {
            sum -= value;
        } catch (const std::string &value) {
            sum += static_cast<long>(value.size());
        }
    }
    return sum;
}

} // namespace

int main() {
    try {
        rethrow();
    } catch (const Problem &problem) {
        std::printf("caught %s %d\n", problem.what(), problem.code);
    }
    try {
        try {
            std::vector<int>(3).at(7) = 1;
        } catch (const std::out_of_range &) {
            std::throw_with_nested(std::logic_error("outer"));
        }
    } catch (const std::logic_error &e) {
        std::printf("nested: ");
        describe(e, 0);
    }
    try {
        std::unique_ptr<Tracer> owned(new Tracer("owned"));
        auto raise = [&]() { throw 'c'; };
        raise();
    } catch (...) {
        std::printf("anything, %d left\n", std::uncaught_exceptions());
    }
    std::exception_ptr kept;
    try {
        throw std::bad_alloc();
    } catch (...) {
        kept = std::current_exception();
    }
    try {
        std::rethrow_exception(kept);
    } catch (const std::bad_alloc &e) {
        std::printf("again %s\n", e.what());
    }
    std::printf("sum %ld\n", sum_of_throws());
    std::set_terminate([] {
        std::printf("terminated\n");
        std::fflush(stdout);
        std::_Exit(7);
    });
    []() noexcept { throw 1; }();
}
