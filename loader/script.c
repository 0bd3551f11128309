/* #! lines, by the rules of Linux (fs/binfmt_script.c): the line is looked for in the first 256
 * bytes; blanks around the name are dropped; everything behind the name is one argument, even when
 * a NUL makes it an empty one. Without a line end in those bytes the argument is cut, but a name
 * that may have been cut is refused. */
#include <string.h>

#include "loader/internal.h"

static bool blank(char c) {
    return c == ' ' || c == '\t';
}

bool script_parse(struct script_line *line, const char head[FILE_HEAD]) {
    if (head[0] != '#' || head[1] != '!')
        return false;
    memcpy(line->text, head, FILE_HEAD);
    char *end = memchr(line->text, '\n', FILE_HEAD);
    bool whole = end != NULL;
    if (!whole)
        end = line->text + FILE_HEAD - 1;
    const char *cut = end;
    while (blank(end[-1]))
        end--;

    char *name = line->text + 2;
    while (name < end && blank(*name))
        name++;
    char *name_end = name;
    while (name_end < end && *name_end && !blank(*name_end))
        name_end++;
    if (name == name_end || (!whole && name_end == cut && *cut && !blank(*cut)))
        return false;

    char *argument = name_end;
    if (*argument)
        while (argument < end && blank(*argument))
            argument++;
    line->interpreter = name;
    line->argument = argument > name_end && argument < end ? argument : NULL;
    *name_end = 0;
    *end = 0;
    return true;
}
