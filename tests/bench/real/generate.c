/* Writes text, the input of programs that compress, digest and count: lines of words, of which a
 * few are frequent and most are rare, numbers, and phrases that come again.
 *
 * usage: generate BYTES */
#include "../bench.h"

enum { WORDS = 20000, PHRASES = 256, PHRASE_LENGTH = 120 };

static uint64_t seed = 2024;

static unsigned choose(unsigned count) {
    return (unsigned)(next_random(&seed) >> 33) % count;
}

static void make_word(char *word) {
    static const char *const syllables[] = {"an", "be",  "cor", "de", "er", "fi", "gra", "in",
                                            "la", "men", "no",  "or", "pe", "re", "sta", "ti"};
    unsigned count = 1 + choose(4);
    *word = '\0';
    for (unsigned i = 0; i < count; i++)
        strcat(word, syllables[choose(16)]);
}

int main(int argc, char **argv) {
    static char words[WORDS][16], phrases[PHRASES][PHRASE_LENGTH];
    long bytes = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    for (int i = 0; i < WORDS; i++)
        make_word(words[i]);
    for (long done = 0, line = 0; done < bytes; line++) {
        char text[PHRASE_LENGTH];
        int length = 0;
        if (line >= PHRASES && choose(4) == 0) {
            length = snprintf(text, sizeof text, "%s", phrases[choose(PHRASES)]);
        } else {
            while (length < PHRASE_LENGTH - 32)
                if (choose(12) == 0)
                    length += sprintf(text + length, "%u ", choose(1000000));
                else /* the product of choices prefers small numbers */
                    length += sprintf(
                        text + length, "%s ",
                        words[choose(WORDS) * (uint64_t)choose(1000) / 1000 * choose(1000) / 1000]);
            memcpy(phrases[choose(PHRASES)], text, sizeof text);
        }
        done += printf("%s\n", text);
    }
    return 0;
}
