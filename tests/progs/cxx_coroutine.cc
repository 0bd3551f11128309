// Coroutines: frames that outlive their callers, resumed through pointers.
// compile: -std=c++20
#include <coroutine>
#include <cstdio>
#include <utility>

template <typename T> struct Generator {
    struct promise_type {
        T value;
        Generator get_return_object() {
            return Generator{std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept {
            return {};
        }
        std::suspend_always final_suspend() noexcept {
            return {};
        }
        std::suspend_always yield_value(T v) {
            value = v;
            return {};
        }
        void return_void() {
        }
        void unhandled_exception() {
            throw;
        }
    };
    std::coroutine_handle<promise_type> handle;
    explicit Generator(std::coroutine_handle<promise_type> h) : handle(h) {
    }
    Generator(Generator &&other) noexcept : handle(std::exchange(other.handle, {})) {
    }
    ~Generator() {
        if (handle)
            handle.destroy();
    }
    bool next() {
        handle.resume();
        return !handle.done();
    }
    T value() {
        return handle.promise().value;
    }
};

static Generator<long> fibonacci(int count) {
    long a = 0, b = 1;
    while (count-- > 0) {
        co_yield a;
        a = std::exchange(b, a + b);
    }
}

static Generator<long> filtered(Generator<long> source) {
    while (source.next())
        if (source.value() % 2)
            co_yield source.value();
    throw source.value();
}

int main() {
    Generator<long> odd = filtered(fibonacci(40));
    try {
        while (odd.next())
            std::printf("%ld ", odd.value());
    } catch (long last) {
        std::printf("\nlast %ld\n", last);
    }
    return 0;
}
