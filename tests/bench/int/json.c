/* A JSON parser building a tree, and a printer: character dispatch, recursion, small allocations.
 */
#include "../bench.h"

enum kind { NUL, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT };

struct value {
    enum kind kind;
    int64_t number; /* thousandths */
    char *string;   /* the string, or the member's name when inside an object */
    struct value *child, *next;
};

/* Everything that one document needs, freed at once. */
static char pool[1 << 20];
static size_t pool_used;

static void *take(size_t size) {
    void *result = pool + pool_used;
    pool_used += (size + 7) & ~(size_t)7;
    if (pool_used > sizeof pool)
        abort();
    return result;
}

static const char *skip_space(const char *p) {
    while (*p == ' ' || *p == '\n' || *p == '\t')
        p++;
    return p;
}

static const char *parse_string(const char *p, char **result) {
    const char *end = ++p;
    while (*end != '"')
        end += *end == '\\' ? 2 : 1;
    char *out = *result = take((size_t)(end - p) + 1);
    for (; p < end; p++) {
        if (*p == '\\')
            p++;
        *out++ = *p == 'n' && p[-1] == '\\' ? '\n' : *p;
    }
    *out = '\0';
    return end + 1;
}

static const char *parse_number(const char *p, int64_t *result) {
    int64_t sign = 1, number = 0;
    if (*p == '-')
        sign = -1, p++;
    for (; *p >= '0' && *p <= '9'; p++)
        number = number * 10 + (*p - '0');
    int digits = 0;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++)
            if (digits++ < 3)
                number = number * 10 + (*p - '0');
    for (; digits < 3; digits++)
        number *= 10;
    *result = sign * number;
    return p;
}

static const char *parse(const char *p, struct value **result) {
    struct value *value = *result = take(sizeof *value);
    memset(value, 0, sizeof *value);
    p = skip_space(p);
    switch (*p) {
    case 'n': value->kind = NUL; return p + 4;
    case 't': value->kind = TRUE; return p + 4;
    case 'f': value->kind = FALSE; return p + 5;
    case '"': value->kind = STRING; return parse_string(p, &value->string);
    case '[':
    case '{': {
        char close = *p == '[' ? ']' : '}';
        value->kind = *p == '[' ? ARRAY : OBJECT;
        struct value **link = &value->child;
        for (p = skip_space(p + 1); *p != close; link = &(*link)->next) {
            char *name = NULL;
            if (close == '}')
                p = skip_space(skip_space(parse_string(p, &name)) + 1);
            p = skip_space(parse(p, link));
            if (name)
                (*link)->string = name;
            if (*p == ',')
                p = skip_space(p + 1);
        }
        return p + 1;
    }
    default: value->kind = NUMBER; return parse_number(p, &value->number);
    }
}

static uint64_t checksum(const struct value *value, uint64_t sum) {
    sum = mix(sum, (uint64_t)value->kind ^ (uint64_t)value->number);
    if (value->string)
        for (const char *s = value->string; *s; s++)
            sum = mix(sum, (unsigned char)*s);
    for (const struct value *child = value->child; child; child = child->next)
        sum = checksum(child, sum);
    return sum;
}

static char *generate(char *out, uint64_t *seed, int depth) {
    uint64_t r = next_random(seed);
    int count = 3 + (int)(r >> 32 & 3);
    switch (depth ? r % 6 : r % 4) {
    case 0:
        return out + sprintf(out, "%d.%d", (int)(r >> 20 & 0xffff) - 30000, (int)(r >> 40 & 255));
    case 1:
        return out + sprintf(out, "\"text %x \\\"quoted\\\"\\n\"", (unsigned)(r >> 16 & 0xffff));
    case 2: return out + sprintf(out, "true");
    case 3: return out + sprintf(out, "null");
    case 4:
        *out++ = '[';
        for (int i = 0; i < count; i++) {
            out = generate(out, seed, depth - 1);
            out += sprintf(out, i < count - 1 ? ", " : "]");
        }
        return out;
    default:
        *out++ = '{';
        for (int i = 0; i < count; i++) {
            out += sprintf(out, "\"member%d\": ", i);
            out = generate(out, seed, depth - 1);
            out += sprintf(out, i < count - 1 ? ",\n" : "}");
        }
        return out;
    }
}

int main(int argc, char **argv) {
    static char text[1 << 18];
    uint64_t seed = 23, sum = 0;
    char *out = text;
    *out++ = '[';
    while (out < text + 60000) {
        out = generate(out, &seed, 5);
        *out++ = ',';
    }
    out[-1] = ']';
    *out = '\0';
    long rounds = scaled(argc, argv, 2400);
    for (long round = 0; round < rounds; round++) {
        struct value *root;
        pool_used = 0;
        parse(text, &root);
        sum = checksum(root, sum);
    }
    print_checksum(sum);
    return 0;
}
