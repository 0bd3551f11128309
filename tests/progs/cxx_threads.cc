// std::thread with mutexes, condition variables, futures, call_once, thread_local and atomics.
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <queue>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Counter {
    int value = 100;
    ~Counter() {
        total += value;
    }
    static std::atomic<int> total;
};
std::atomic<int> Counter::total{0};
thread_local Counter counter;
thread_local std::string name = "unset";

class Channel {
  public:
    void put(int value) {
        std::unique_lock<std::mutex> lock(mutex);
        room.wait(lock, [&] { return queue.size() < 8; });
        queue.push(value);
        items.notify_one();
    }
    int take() {
        std::unique_lock<std::mutex> lock(mutex);
        items.wait(lock, [&] { return !queue.empty(); });
        int value = queue.front();
        queue.pop();
        room.notify_one();
        return value;
    }

  private:
    std::mutex mutex;
    std::condition_variable items, room;
    std::queue<int> queue;
};

} // namespace

int main() {
    constexpr int threads = 4, rounds = 3000;
    std::atomic<long> sum{0};
    std::mutex mutex;
    std::once_flag once;
    long guarded = 0, calls = 0;
    std::vector<std::thread> pool;
    for (int t = 0; t < threads; t++)
        pool.emplace_back([&, t] {
            name = "thread " + std::to_string(t);
            for (int i = 0; i < rounds; i++) {
                sum.fetch_add(i, std::memory_order_relaxed);
                std::lock_guard<std::mutex> lock(mutex);
                guarded += i;
                counter.value++;
                std::call_once(once, [&] { calls++; });
            }
        });
    for (auto &thread : pool)
        thread.join();
    std::printf("sum %ld guarded %ld once %ld tls %d name %s\n", sum.load(), guarded, calls,
                Counter::total.load(), name.c_str());

    Channel channel;
    long produced = 0, consumed = 0;
    std::thread producer([&] {
        for (int i = 1; i <= 1000; i++) {
            channel.put(i);
            produced += i;
        }
        channel.put(-1);
    });
    for (int value; (value = channel.take()) >= 0;)
        consumed += value;
    producer.join();
    std::printf("produced %ld consumed %ld\n", produced, consumed);

    std::future<int> future = std::async(std::launch::async, [] { return 6 * 7; });
    std::promise<std::string> promise;
    std::thread setter([&] { promise.set_value("kept"); });
    std::printf("future %d promise %s\n", future.get(), promise.get_future().get().c_str());
    setter.join();
    std::future<void> failing =
        std::async(std::launch::async, [] { throw std::runtime_error("thrown in a thread"); });
    try {
        failing.get();
    } catch (const std::exception &e) {
        std::printf("%s\n", e.what());
    }

    std::shared_mutex shared;
    std::atomic<int> flag{0};
    int data = 0, seen = 0;
    std::thread writer([&] {
        std::unique_lock lock(shared);
        data = 5;
        flag.store(1, std::memory_order_release);
    });
    while (flag.load(std::memory_order_acquire) == 0)
        std::this_thread::yield();
    {
        std::shared_lock lock(shared);
        seen = data;
    }
    writer.join();
    std::printf("seen %d\n", seen);
    return 0;
}
