// iostreams, containers, algorithms, strings, locale facets and manipulators.
#include <algorithm>
#include <cmath>
#include <deque>
#include <iomanip>
#include <iostream>
#include <list>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

int main() {
    std::cout << std::hex << std::showbase << 48879 << ' ' << std::oct << 511 << ' ' << std::dec
              << -17 << '\n';
    std::cout << std::fixed << std::setprecision(3) << M_PI << ' ' << std::scientific << 123456.789
              << ' ' << std::defaultfloat << std::setprecision(10) << 1.0 / 3 << '\n';
    std::cout << std::setw(12) << std::left << "left" << '|' << std::setfill('*') << std::right
              << std::setw(10) << 42 << '|' << std::internal << std::showpos << std::setw(10) << 7
              << std::noshowpos << std::setfill(' ') << '\n';
    std::cout << std::boolalpha << true << ' ' << std::quoted("a \"quoted\" word") << '\n';

    std::istringstream in("12 0x1f 3.25 word 1e-3 nonsense");
    int decimal, hexadecimal;
    double real, small;
    std::string word;
    in >> decimal >> std::hex >> hexadecimal >> real >> word >> small;
    std::cout << decimal << ' ' << hexadecimal << ' ' << real << ' ' << word << ' ' << small
              << '\n';
    int bad;
    in >> bad;
    std::cout << "fail " << in.fail() << " eof " << in.eof() << '\n';

    std::mt19937_64 generator(5489);
    std::vector<unsigned long> numbers(2000);
    for (auto &number : numbers)
        number = generator() % 1000;
    std::map<unsigned long, int> histogram;
    for (auto number : numbers)
        histogram[number / 100]++;
    for (const auto &[bucket, count] : histogram)
        std::cout << bucket << ':' << count << ' ';
    std::cout << '\n';
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    std::cout << numbers.size() << ' ' << std::accumulate(numbers.begin(), numbers.end(), 0ul)
              << ' ' << *std::lower_bound(numbers.begin(), numbers.end(), 500ul) << '\n';

    std::list<std::string> words = {"pear", "apple", "fig", "banana", "cherry"};
    words.sort([](const auto &a, const auto &b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    std::set<char> letters;
    for (const auto &w : words) {
        std::cout << w << ' ';
        letters.insert(w.begin(), w.end());
    }
    std::cout << std::string(letters.begin(), letters.end()) << '\n';
    std::deque<int> deque(10);
    std::iota(deque.begin(), deque.end(), -5);
    std::rotate(deque.begin(), deque.begin() + 3, deque.end());
    for (int value : deque)
        std::cout << value << ',';
    std::string text = "the quick brown fox jumps over the lazy dog";
    std::cout << '\n'
              << text.find("fox") << ' ' << text.rfind("the") << ' ' << text.substr(4, 5) << ' '
              << std::stod("2.5e3") << ' ' << std::to_string(-1234567890123L) << std::endl;
    return 0;
}
