/* The C library at large: qsort, bsearch, strings, wide characters, locale, time, scanning, regular
 * expressions, hash and tree search, getopt, environment, temporary files. */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <regex.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

static int compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sorting(void) {
    char *words[] = {"pear", "Apple", "fig", "banana", "cherry", "apple", "date"};
    qsort(words, 7, sizeof *words, compare);
    for (int i = 0; i < 7; i++)
        printf("%s ", words[i]);
    char *key = "fig";
    printf("%s\n", *(char **)bsearch(&key, words, 7, sizeof *words, compare));
    void *tree = NULL;
    int found = 0;
    for (int i = 0; i < 7; i++)
        tsearch(words[i], &tree, (int (*)(const void *, const void *))strcmp);
    for (int i = 0; i < 7; i++)
        found += tfind(words[i], &tree, (int (*)(const void *, const void *))strcmp) != NULL;
    hcreate(20);
    for (int i = 0; i < 7; i++)
        hsearch((ENTRY){words[i], words[6 - i]}, ENTER);
    ENTRY *entry = hsearch((ENTRY){.key = "date"}, FIND);
    printf("%d %s\n", found, entry ? (char *)entry->data : "none");
}

static void strings(void) {
    char text[] = "key=value;other=thing;;last", *state, copy[64];
    for (char *part = strtok_r(text, ";=", &state); part; part = strtok_r(NULL, ";=", &state))
        printf("[%s]", part);
    printf(" %zu %zu %s %s\n", strspn("aabbcx", "abc"), strcspn("hello, world", ",w"),
           strstr("needle in hay", "in"), strpbrk("some text", "xt"));
    printf("%d %d %d %s\n", strcasecmp("HeLLo", "hEllO"), strncmp("abcd", "abce", 3),
           strverscmp("file9", "file10") < 0, stpcpy(copy, "copied") - 3);
    printf("%s %s\n", strerror(ENOENT), strerror(ERANGE));
    errno = 0;
    long overflow = strtol("99999999999999999999", NULL, 10);
    printf("%ld %d %" PRIuMAX " %g %g\n", overflow, errno == ERANGE, strtoumax("0777", NULL, 0),
           strtod("0x1.8p3", NULL), strtod("-inf", NULL));
    int a, count;
    unsigned b;
    char word[20], set[20];
    double real;
    count = sscanf(" 42 0xff word 3.5e2 [abc123]", "%d %x %19s %lf [%19[a-c]", &a, &b, word, &real,
                   set);
    printf("%d %d %u %s %g %s\n", count, a, b, word, real, set);
}

static void wide(void) {
    printf("%s\n", setlocale(LC_ALL, "C.UTF-8") ? "utf-8" : "no utf-8");
    wchar_t text[32];
    size_t n = mbstowcs(text, "Grüße, 世界 €", 32);
    printf("%zu %d %d %lc %ls\n", n, wcwidth(text[7]), iswalpha((wint_t)text[2]) != 0,
           (wint_t)towupper((wint_t)text[3]), text);
    char out[64];
    wcstombs(out, L"ÀÉ→", sizeof out);
    printf("%s %zu %s\n", out, strlen(out), nl_langinfo(CODESET));
    setlocale(LC_ALL, "C");
}

static void times(void) {
    time_t when = 1700000000;
    struct tm tm;
    char text[100];
    strftime(text, sizeof text, "%a %d %b %Y %H:%M:%S %j %U %F %T", gmtime_r(&when, &tm));
    printf("%s\n", text);
    setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
    tzset();
    localtime_r(&when, &tm);
    printf("%d:%d %s %d\n", tm.tm_hour, tm.tm_min, tm.tm_zone, tm.tm_isdst);
    tm = (struct tm){.tm_year = 124, .tm_mon = 1, .tm_mday = 30, .tm_isdst = -1};
    when = mktime(&tm);
    printf("%lld %d\n", (long long)when, tm.tm_mday);
    strptime("2001-02-03 04:05:06", "%Y-%m-%d %H:%M:%S", &tm);
    printf("%d %d %.0f\n", tm.tm_yday, tm.tm_wday, difftime(when, when - 86400));
}

static void patterns(void) {
    regex_t regex;
    regmatch_t matches[3];
    regcomp(&regex, "([a-z]+)@([a-z.]+)", REG_EXTENDED);
    const char *text = "mail joe@example.org now";
    if (regexec(&regex, text, 3, matches, 0) == 0)
        printf("%.*s at %.*s\n", (int)(matches[1].rm_eo - matches[1].rm_so),
               text + matches[1].rm_so, (int)(matches[2].rm_eo - matches[2].rm_so),
               text + matches[2].rm_so);
    regfree(&regex);
    printf("%d %d\n", fnmatch("*.[ch]", "file.c", 0), fnmatch("?[!a]*", "bac", 0) != 0);
    char *arguments[] = {"program", "-a", "--length=5", "file", "-b", "value", "--", "-c", NULL};
    static const struct option options[] = {{"length", required_argument, NULL, 'l'}, {0}};
    int option;
    while ((option = getopt_long(8, arguments, "ab:", options, NULL)) != -1)
        printf("-%c %s ", option, optarg ? optarg : "");
    printf("%d left\n", 8 - optind);
}

static void files(void) {
    FILE *file = tmpfile();
    for (int i = 0; i < 3000; i++)
        fprintf(file, "line %d\n", i);
    rewind(file);
    char *line = NULL;
    size_t size = 0;
    long total = 0, lines = 0;
    while (getline(&line, &size, file) > 0) {
        total += atol(line + 5);
        lines++;
    }
    fseek(file, -5, SEEK_END);
    int last = fgetc(file);
    ungetc('x', file);
    int again = fgetc(file);
    printf("%ld %ld %c %c %ld\n", lines, total, last, again, ftell(file));
    free(line);
    fclose(file);
    char *memory;
    file = open_memstream(&memory, &size);
    fprintf(file, "%s %d", "in memory", 5);
    fclose(file);
    printf("%s %zu\n", memory, size);
    free(memory);
    setenv("DENIZEN_TEST", "set", 1);
    printf("%s %s\n", getenv("DENIZEN_TEST"), getenv("NOT_SET_AT_ALL") ? "set" : "unset");
    unsetenv("DENIZEN_TEST");
    printf("%d %d\n", getenv("DENIZEN_TEST") == NULL, isalnum('_') == 0);
}

int main(void) {
    sorting();
    strings();
    wide();
    times();
    patterns();
    files();
    return 0;
}
