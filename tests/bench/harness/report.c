/* Writes what was measured: Markdown tables and an SVG bar chart with a logarithmic axis. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

const char *group_title(const char *group) {
    if (strcmp(group, "int") == 0)
        return "integer";
    if (strcmp(group, "fp") == 0)
        return "floating point";
    if (strcmp(group, "real") == 0)
        return "real programs";
    return group;
}

/* The first line that a command prints, without its end. */
static void print_first_line(FILE *out, const char *command) {
    char line[256] = "";
    FILE *pipe = popen(command, "r");
    if (pipe && fgets(line, sizeof line, pipe))
        line[strcspn(line, "\n")] = '\0';
    if (pipe)
        pclose(pipe);
    fputs(*line ? line : "unknown", out);
}

void report_heading(FILE *out, const struct runner *runners, size_t count) {
    fputs("# Benchmark\n\nProcessor: ", out);
    print_first_line(out, "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo");
    fputs("; native programs: ", out);
    print_first_line(out, "gcc --version");
    fputs(".\n\n", out);
    for (size_t r = 1; r < count; r++) {
        char command[512];
        snprintf(command, sizeof command, "%s --version 2>&1", runners[r].command[0]);
        fprintf(out, "- %s: ", runners[r].name);
        print_first_line(out, command);
        for (const char *const *word = runners[r].command + 1; *word; word++)
            fprintf(out, " `%s`", *word);
        fputs("\n", out);
    }
    fputs(
        "\nCPU time, user and system, of the whole process; the least of several interleaved runs. "
        "Emulators: times native.\n\n",
        out);
}

static void table_heading(FILE *out, const char *first, const struct runner *runners,
                          size_t count) {
    fprintf(out, "| %s | native |", first);
    for (size_t r = 1; r < count; r++)
        fprintf(out, " %s |", runners[r].name);
    fputs("\n|---|---:|", out);
    for (size_t r = 1; r < count; r++)
        fputs("---:|", out);
    fputs("\n", out);
}

void report_programs(FILE *out, const struct program *programs, size_t n,
                     const struct runner *runners, size_t count) {
    for (size_t i = 0; i < n; i++) {
        const struct program *program = &programs[i];
        if (i == 0 || strcmp(program->group, programs[i - 1].group) != 0)
            table_heading(out, group_title(program->group), runners, count);
        fprintf(out, "| %s | ", program->name);
        if (program->wrong[0])
            fprintf(out, "%s |", program->wrong[0]);
        else
            fprintf(out, "%.3f s |", program->best[0].cpu);
        for (size_t r = 1; r < count; r++) {
            if (program->wrong[r] || program->wrong[0])
                fprintf(out, " %s |", program->wrong[r] ? program->wrong[r] : "");
            else
                fprintf(out, " %.2f |", program->best[r].cpu / program->best[0].cpu);
        }
        fputs("\n", out);
        if (i == n - 1 || strcmp(program->group, programs[i + 1].group) != 0) {
            fputs("| **geometric mean** | |", out);
            for (size_t r = 1; r < count; r++)
                fprintf(out, " **%.2f** |", geometric_mean(programs, n, program->group, r));
            fputs("\n\n", out);
        }
    }
}

void report_operations(FILE *out, const struct operation *operations, size_t n,
                       const struct runner *runners, size_t count) {
    table_heading(out, "nanoseconds each", runners, count);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "| %s |", operations[i].name);
        for (size_t r = 0; r < count; r++)
            fprintf(out, " %.2f |", operations[i].best[r]);
        fputs("\n", out);
    }
    fputs("\n", out);
}

/* Geometry of the chart, in pixels. */
enum { LABELS = 150, PLOT = 560, RIGHT = 60, BAR = 9, GAP = 7, HEADING = 26, TOP = 64 };

static const char *const colours[MAX_RUNNERS] = {"#888888", "#d98032", "#2f6db5",
                                                 "#4c9a5b", "#9459a8", "#b3a03a"};

/* Where a ratio lies on the axis, which runs from 0.5 to `limit`. */
static double position(double ratio, double limit) {
    double x = log(ratio / 0.5) / log(limit / 0.5);
    return LABELS + PLOT * fmin(1, fmax(0, x));
}

static void bar(FILE *out, double y, double ratio, double limit, const char *colour, bool bold) {
    double one = position(1, limit), end = position(ratio, limit);
    fprintf(out, "<rect x='%.1f' y='%.1f' width='%.1f' height='%d' fill='%s'/>\n", fmin(one, end),
            y, fmax(1, fabs(end - one)), BAR - 1, colour);
    fprintf(out, "<text x='%.1f' y='%.1f' font-size='9'%s>%.3g</text>\n", fmax(one, end) + 4,
            y + BAR - 1.5, bold ? " font-weight='bold'" : "", ratio);
}

static double row_height(size_t count) {
    return (double)(BAR * (count - 1) + GAP);
}

static double chart_height(const struct program *programs, size_t n, size_t count) {
    double height = TOP + 10;
    for (size_t i = 0; i < n; i++) {
        height += row_height(count);
        if (i == 0 || strcmp(programs[i].group, programs[i - 1].group) != 0)
            height += HEADING + row_height(count);
    }
    return height;
}

static double largest_ratio(const struct program *programs, size_t n, size_t count) {
    double largest = 10;
    for (size_t i = 0; i < n; i++)
        for (size_t r = 1; r < count; r++)
            if (!programs[i].wrong[r] && !programs[i].wrong[0])
                largest = fmax(largest, programs[i].best[r].cpu / programs[i].best[0].cpu);
    return largest * 1.05;
}

static void axis(FILE *out, double limit, double height) {
    static const double ticks[] = {0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500};
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks && ticks[i] <= limit; i++) {
        double x = position(ticks[i], limit);
        fprintf(out, "<line x1='%.1f' y1='%d' x2='%.1f' y2='%.1f' stroke='%s'/>\n", x, TOP - 6, x,
                height - 6, ticks[i] == 1 ? "#555555" : "#dddddd");
        fprintf(
            out,
            "<text x='%.1f' y='%d' text-anchor='middle' font-size='10' fill='#555555'>%g</text>\n",
            x, TOP - 10, ticks[i]);
    }
}

static void legend(FILE *out, const struct runner *runners, size_t count) {
    fprintf(
        out,
        "<text x='12' y='22' font-size='14' font-weight='bold'>CPU time, times native</text>\n");
    fprintf(out,
            "<text x='12' y='40' font-size='10' fill='#555555'>logarithmic; 1 is native</text>\n");
    double x = LABELS + 60;
    for (size_t r = 1; r < count; r++) {
        fprintf(out, "<rect x='%.0f' y='13' width='10' height='10' fill='%s'/>\n", x, colours[r]);
        fprintf(out, "<text x='%.0f' y='22' font-size='12'>%s</text>\n", x + 15, runners[r].name);
        x += 40 + 7.0 * (double)strlen(runners[r].name);
    }
}

void report_chart(FILE *out, const struct program *programs, size_t n, const struct runner *runners,
                  size_t count) {
    double height = chart_height(programs, n, count), limit = largest_ratio(programs, n, count),
           y = TOP;
    fprintf(
        out,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%.0f' font-family='sans-serif' "
        "fill='#222222'>\n<rect width='100%%' height='100%%' fill='#ffffff'/>\n",
        LABELS + PLOT + RIGHT, height);
    legend(out, runners, count);
    axis(out, limit, height);
    for (size_t i = 0; i < n; i++) {
        const struct program *program = &programs[i];
        if (i == 0 || strcmp(program->group, programs[i - 1].group) != 0) {
            fprintf(out, "<text x='12' y='%.1f' font-size='12' font-weight='bold'>%s</text>\n",
                    y + HEADING - 9, group_title(program->group));
            y += HEADING;
        }
        fprintf(out, "<text x='%d' y='%.1f' text-anchor='end' font-size='11'>%s</text>\n",
                LABELS - 8, y + (double)(count - 1) * BAR / 2 + 3, program->name);
        for (size_t r = 1; r < count; r++)
            if (!program->wrong[r] && !program->wrong[0])
                bar(out, y + (double)(r - 1) * BAR, program->best[r].cpu / program->best[0].cpu,
                    limit, colours[r], false);
        y += row_height(count);
        if (i < n - 1 && strcmp(program->group, programs[i + 1].group) == 0)
            continue;
        fprintf(out,
                "<text x='%d' y='%.1f' text-anchor='end' font-size='11' "
                "font-weight='bold'>geometric mean</text>\n",
                LABELS - 8, y + (double)(count - 1) * BAR / 2 + 3);
        for (size_t r = 1; r < count; r++) {
            double mean = geometric_mean(programs, n, program->group, r);
            if (mean > 0)
                bar(out, y + (double)(r - 1) * BAR, mean, limit, colours[r], true);
        }
        y += row_height(count);
    }
    fputs("</svg>\n", out);
}
