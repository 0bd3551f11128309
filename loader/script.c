/* #! lines, by the rules of Linux (fs/binfmt_script.c): the line is looked for in the first 256
 * bytes; blanks around the name are dropped; everything behind the name is one argument. Without a
 * line end in those bytes the argument is cut, but a name that may have been cut is refused. */
#include <string.h>

#include "loader/internal.h"

static bool blank(char c) {
    return c == ' ' || c == '\t';
}

/* Advances over blanks (or over what is no blank), not beyond `end`. */
static char *skip(char *at, const char *end, bool blanks) {
    while (at < end && *at && blank(*at) == blanks)
        at++;
    return at;
}

bool script_parse(struct script_line *line, const char head[FILE_HEAD]) {
    if (head[0] != '#' || head[1] != '!')
        return false;
    memcpy(line->text, head, FILE_HEAD);
    char *end = memchr(line->text, '\n', FILE_HEAD);
    bool whole = end != NULL;
    if (!whole)
        end = line->text + FILE_HEAD - 1;

    char *name = skip(line->text + 2, end, true);
    char *name_end = skip(name, end, false);
    if (name == name_end || (!whole && name_end == end))
        return false;
    char *argument = skip(name_end, end, true);
    /* Blanks at the end do not count, a NUL ends the line early. */
    char *argument_end = argument + strnlen(argument, (size_t)(end - argument));
    while (argument_end > argument && blank(argument_end[-1]))
        argument_end--;
    *argument_end = 0;
    *name_end = 0;
    line->interpreter = name;
    line->argument = argument_end > argument ? argument : NULL;
    return true;
}
