/* A small backtracking regular-expression matcher over text: recursion and branches on characters.
 * Syntax: literals, '.', '[a-z]' and '[^a-z]', '^', '$', and the suffixes '*', '+', '?'. */
#include <stdbool.h>

#include "../bench.h"

/* The length of the pattern element at p, its suffix not counted. */
static size_t element_length(const char *p) {
    if (*p == '\\')
        return 2;
    if (*p != '[')
        return 1;
    size_t n = 1;
    while (p[n] != ']')
        n++;
    return n + 1;
}

static bool element_matches(const char *p, char c) {
    if (c == '\0')
        return false;
    switch (*p) {
    case '.': return true;
    case '\\': return p[1] == c;
    case '[': {
        bool negated = *++p == '^', found = false;
        for (p += negated; *p != ']'; p++) {
            if (p[1] == '-' && p[2] != ']') {
                found |= p[0] <= c && c <= p[2];
                p += 2;
            } else {
                found |= *p == c;
            }
        }
        return found != negated;
    }
    default: return *p == c;
    }
}

/* The end of the longest match of p at s, or NULL. */
static const char *match_here(const char *p, const char *s) {
    while (*p) {
        if (p[0] == '$' && p[1] == '\0')
            return *s == '\0' ? s : NULL;
        size_t length = element_length(p);
        char suffix = p[length];
        if (suffix == '*' || suffix == '+' || suffix == '?') {
            const char *first = s + (suffix == '+'), *last = s;
            while (element_matches(p, *last) && (suffix != '?' || last == s))
                last++;
            for (; last >= first; last--) {
                const char *end = match_here(p + length + 1, last);
                if (end)
                    return end;
            }
            return NULL;
        }
        if (!element_matches(p, *s))
            return NULL;
        p += length;
        s++;
    }
    return s;
}

static size_t count_matches(const char *p, const char *s, uint64_t *sum) {
    size_t count = 0;
    for (const char *at = s; *at; at++) {
        const char *end = match_here(*p == '^' ? p + 1 : p, at);
        if (end && end > at) {
            count++;
            *sum = mix(*sum, (uint64_t)(end - s));
            at = end - 1;
        }
        if (*p == '^')
            break;
    }
    return count;
}

int main(int argc, char **argv) {
    static const char *const patterns[] = {
        "[a-z]+@[a-z]+\\.com", "[0-9]+-[0-9]+-[0-9]+", "the [^ ]* of", "x*y+z?",
        "[A-Z][a-z]*ing",      "^[^:]*:.*end$",        "a.c.e",        "[aeiou][aeiou][aeiou]+"};
    static const char *const pieces[] = {
        "the house of ", "joe@example.com ", "2024-11-24 ", "xxxyyz ", "Running ",
        "abcde ",        "queueing ",        "12-345 ",     "word: ",  "sea@shore "};
    static char text[8000];
    uint64_t seed = 19, sum = 0;
    for (size_t n = 0; n < sizeof text - 32;)
        n += strlen(strcpy(text + n, pieces[next_random(&seed) % 10]));
    long rounds = scaled(argc, argv, 500);
    size_t total = 0;
    for (long round = 0; round < rounds; round++)
        for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
            total += count_matches(patterns[i], text, &sum);
    print_checksum(mix(sum, total));
    return 0;
}
