#include "tests/unit/ir_file.h"

#include <ctype.h>
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/log.h"
#include "translator/ir/text.h"
#include "translator/opt/opt.h"

enum variant { AS_WRITTEN, FOLDED, OPTIMISED, VARIANTS };
static const char *const variant_names[VARIANTS] = {"as written", "folded", "folded, optimised"};

struct file_test {
    const char *path;
    FILE *report;
    bool good;
    struct arena arena;
    struct ir ir[VARIANTS];
    struct guest_unit unit;
    int64_t fields[UNIT_MAX_INSNS];
};

static void __attribute__((format(printf, 2, 3)))
complain(struct file_test *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(t->report, "%s: ", t->path);
    vfprintf(t->report, format, arguments);
    fprintf(t->report, "\n");
    va_end(arguments);
    t->good = false;
}

/* --- directives --- */

static const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t");
}

/* If `text` starts with `word`, what follows it. */
static const char *after(const char *text, const char *word) {
    text = skip_blanks(text);
    size_t length = strlen(word);
    return strncmp(text, word, length) == 0 ? text + length : NULL;
}

static bool parse_number(const char **at, uint64_t *value) {
    const char *rest;
    char *end;
    struct ir_harness *h = ir_harness();
    if ((rest = after(*at, "memory+"))) {
        *value = (uint64_t)(uintptr_t)h->memory + strtoull(rest, &end, 0);
    } else if ((rest = after(*at, "fault"))) {
        *value = h->fault_address;
        end = (char *)(uintptr_t)rest;
    } else {
        rest = skip_blanks(*at);
        bool negative = *rest == '-';
        *value = strtoull(rest + negative, &end, 0);
        if (end == rest + negative)
            return false;
        if (negative)
            *value = -*value;
    }
    *at = end;
    return true;
}

/* What one run expects beyond the state. */
struct expectation {
    struct random_state state;
    bool pc, exit;
};

static bool assign_memory(struct expectation *e, const char **at, unsigned bits) {
    uint64_t offset, value;
    const char *rest = *at;
    if (!parse_number(&rest, &offset) || !(rest = after(rest, "]")) || !(rest = after(rest, "=")) ||
        !parse_number(&rest, &value) || offset + bits / 8 > RANDOM_IR_MEMORY)
        return false;
    memcpy(e->state.memory + offset, &value, bits / 8);
    *at = rest;
    return true;
}

static bool assign_register(struct expectation *e, const char **at) {
    struct random_state *s = &e->state;
    char kind = **at, *end;
    unsigned long index = strtoul(*at + 1, &end, 10);
    bool high = strncmp(end, ".high", 5) == 0;
    const char *rest = after(high ? end + 5 : end, "=");
    uint64_t value;
    if (!rest || !parse_number(&rest, &value))
        return false;
    if (kind == 'r' && index < CPU_GPRS)
        s->gpr[index] = value;
    else if (kind == 'v' && index < CPU_VECS)
        s->vec[index].u64[high] = value;
    else if (kind == 'c' && index < CPU_CTLS)
        s->ctl[index] = value;
    else
        return false;
    *at = rest;
    return true;
}

static bool assign(struct expectation *e, const char **at) {
    const char *rest;
    uint64_t value;
    if ((rest = after(*at, "mem"))) {
        char *bracket;
        unsigned bits = (unsigned)strtoul(rest, &bracket, 10);
        if (*bracket != '[' || (bits != 8 && bits != 16 && bits != 32 && bits != 64))
            return false;
        *at = bracket + 1;
        return assign_memory(e, at, bits);
    }
    if ((rest = after(*at, "exit ="))) {
        rest = skip_blanks(rest);
        for (unsigned i = 0; i < EXIT_REASON_COUNT; i++) {
            size_t length = strlen(ir_exit_names[i]);
            if (strncmp(rest, ir_exit_names[i], length) == 0 &&
                !isalnum((unsigned char)rest[length])) {
                e->state.exit_reason = i;
                e->exit = true;
                *at = rest + length;
                return true;
            }
        }
        return false;
    }
    if ((rest = after(*at, "pc ="))) {
        e->pc = true;
        return parse_number(&rest, &e->state.pc) ? *at = rest, true : false;
    }
    if ((rest = after(*at, "flags =")) || (rest = after(*at, "round ="))) {
        bool flags = *skip_blanks(*at) == 'f';
        if (!parse_number(&rest, &value))
            return false;
        *(flags ? &e->state.fp.flags : &e->state.fp.round) = (uint32_t)value;
        *at = rest;
        return true;
    }
    *at = skip_blanks(*at);
    return assign_register(e, at);
}

/* Assignments with commas between them, up to `end` (NULL: the end of the line). */
static bool assign_all(struct expectation *e, const char **at, const char *end) {
    const char *rest;
    for (bool first = true;; first = false) {
        if (end && (rest = after(*at, end))) {
            *at = rest;
            return true;
        }
        if (!end && *skip_blanks(*at) == '\0')
            return true;
        if (!first) {
            if (!(rest = after(*at, ",")))
                return false;
            *at = rest;
        }
        if (!assign(e, at))
            return false;
    }
}

static void run(struct file_test *t, ir_engine *engine, const char *line) {
    struct expectation start = {.pc = false}, expected;
    const char *at = line;
    if (!assign_all(&start, &at, "->")) {
        complain(t, "cannot read '%s' of 'run%s'", at, line);
        return;
    }
    expected = start;
    if (!assign_all(&expected, &at, NULL)) {
        complain(t, "cannot read '%s' of 'run%s'", at, line);
        return;
    }
    for (enum variant i = 0; i < VARIANTS; i++) {
        struct random_state state = start.state;
        ir_harness_run(engine, &t->ir[i], &t->unit, t->fields, &state);
        if (!expected.pc)
            state.pc = expected.state.pc;
        if (!expected.exit)
            state.exit_reason = expected.state.exit_reason;
        if (random_state_differ(t->report, &expected.state, &state))
            complain(t, "the above is expected and found (%s) by 'run%s'", variant_names[i], line);
    }
}

static void check_text(struct file_test *t, const char *line, const char *expected) {
    struct ir ir, other;
    bool fold = strstr(line, "fold") != NULL;
    char error[200];
    ir_reset(&ir, &t->arena);
    ir.no_fold = !fold;
    ir_rebuild(&ir, &t->ir[AS_WRITTEN]);
    if (strstr(line, "tier1"))
        opt_run(&ir, 1, NULL);
    ir_reset(&other, &t->arena);
    if (!ir_parse(&other, expected, NULL, error, sizeof(error))) {
        complain(t, "becomes%s: %s", line, error);
        return;
    }
    char *found_text = ir_text(&ir), *expected_text = ir_text(&other);
    if (strcmp(found_text, expected_text) != 0)
        complain(t, "becomes%s: found\n%sexpected\n%s", line, found_text, expected_text);
    free(found_text);
    free(expected_text);
}

/* Appends the ";=" lines at `at` to `text`; returns where they end. */
static const char *gather(const char *at, FILE *text) {
    const char *rest;
    while ((rest = after(at, ";="))) {
        size_t length = strcspn(rest, "\n");
        fprintf(text, "%.*s\n", (int)length, rest);
        at = rest + length;
        at += *at == '\n';
    }
    return at;
}

static void follow_directives(struct file_test *t, ir_engine *engine, const char *at) {
    while (*at) {
        size_t length = strcspn(at, "\n");
        const char *next = at + length + (at[length] == '\n'), *rest;
        char *line = strndup(at, length);
        const char *directive = after(line, ";!");
        if (!directive) {
            if (after(line, ";="))
                complain(t, "text that belongs to nothing: %s", line);
        } else if ((rest = after(directive, "run"))) {
            run(t, engine, rest);
        } else if ((rest = after(directive, "becomes"))) {
            char *text;
            size_t size;
            FILE *out = open_memstream(&text, &size);
            next = gather(next, out);
            fclose(out);
            check_text(t, rest, text);
            free(text);
        } else if ((rest = after(directive, "field"))) {
            char *equals;
            unsigned long field = strtoul(rest, &equals, 10);
            uint64_t value;
            const char *number = after(equals, "=");
            if (!number || field - 1 >= UNIT_MAX_INSNS || !parse_number(&number, &value))
                complain(t, "cannot read '%s'", line);
            else
                t->fields[field - 1] = (int64_t)value;
        } else {
            complain(t, "unknown directive '%s'", line);
        }
        free(line);
        at = next;
    }
}

/* --- a file --- */

static char *read_file(const char *path) {
    FILE *in = fopen(path, "r"), *out;
    char *text, buffer[4096];
    size_t size, n;
    if (!in)
        return NULL;
    out = open_memstream(&text, &size);
    while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0)
        fwrite(buffer, 1, n, out);
    fclose(in);
    fclose(out);
    return text;
}

static bool build(struct file_test *t, const char *text) {
    char error[200];
    for (enum variant i = 0; i < VARIANTS; i++) {
        ir_reset(&t->ir[i], &t->arena);
        if (i != AS_WRITTEN) {
            ir_rebuild(&t->ir[i], &t->ir[AS_WRITTEN]);
        } else if (!ir_parse(&t->ir[i], text, NULL, error, sizeof(error))) {
            complain(t, "%s", error);
            return false;
        }
        if (i == OPTIMISED)
            opt_run(&t->ir[i], 1, NULL);
        const char *message = ir_verify(&t->ir[i]);
        if (message) {
            complain(t, "%s: %s", variant_names[i], message);
            return false;
        }
    }
    return true;
}

bool ir_file_check(const char *path, ir_engine *engine, FILE *report) {
    struct file_test t = {.path = path, .report = report, .good = true};
    char *text = read_file(path);
    random_ir_unit(&t.unit, IR_FILE_PC);
    if (!text)
        complain(&t, "cannot be read");
    else if (build(&t, text))
        follow_directives(&t, engine, text);
    free(text);
    arena_free(&t.arena);
    return t.good;
}

char **ir_file_list(void) {
    static glob_t files;
    if (!files.gl_pathv)
        for (const char *pattern = "../../../../tests/ir/*.ir"; pattern; pattern += 3) {
            if (glob(pattern, 0, NULL, &files) == 0 && files.gl_pathc)
                break;
            globfree(&files);
            files.gl_pathv = NULL;
            if (strncmp(pattern, "../", 3) != 0)
                break;
        }
    static char *none = NULL;
    return files.gl_pathv ? files.gl_pathv : &none;
}
