# gcc and g++ compile programs, which run.
. /tests/section.sh
cat >main.c <<'END'
#include <complex.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static uint64_t fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
int main(void) {
    double m[8][8], s = 0;
    for (int i = 0; i < 64; i++) m[i / 8][i % 8] = sin(i) * i;
    for (int i = 0; i < 8; i++) for (int k = 0; k < 8; k++) s += m[i][k] * m[k][i];
    double complex z = cexp(I * M_PI / 3);
    printf("%llu %.12f %.6f %s\n", (unsigned long long)fib(24), s, cimag(z), strrchr("/a/b", '/'));
}
END
section gcc 'for o in -O0 -O1 -O2 -O3 -Os; do gcc $o -Wall -o main main.c -lm && ./main; done; gcc -O2 -S -o - main.c | wc -l >/dev/null; gcc -flto -O2 -o main main.c -lm && ./main; gcc -fsyntax-only -x c - <<<"int x = ;" 2>&1 | head -n 2; objdump -d main | grep -c main >/dev/null && nm main | grep -c " T " >/dev/null && strip main && ./main'
cat >main.cc <<'END'
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>
template <typename T> struct Base { virtual ~Base() = default; virtual T value() const = 0; };
struct Five : Base<int> { int value() const override { return 5; } };
int main() {
    std::map<std::string, int> counts;
    std::istringstream in("the quick brown fox jumps over the lazy dog the end");
    for (std::string w; in >> w;) counts[w]++;
    for (auto &[w, n] : counts) std::cout << w << n << ' ';
    std::vector<std::thread> threads; int sums[4] = {};
    for (int t = 0; t < 4; t++) threads.emplace_back([&, t] { for (int i = 0; i < 1000; i++) sums[t] += i * t; });
    for (auto &t : threads) t.join();
    try { throw std::runtime_error("thrown"); } catch (const std::exception &e) { std::cout << e.what() << ' '; }
    std::unique_ptr<Base<int>> five = std::make_unique<Five>();
    std::cout << sums[3] << ' ' << five->value() << ' ' << std::regex_replace("a1b22", std::regex("[0-9]+"), "#") << std::endl;
}
END
section g++ 'g++ -O2 -std=c++20 -o mainc main.cc && ./mainc; g++ -O0 -g -o mainc main.cc && ./mainc'
