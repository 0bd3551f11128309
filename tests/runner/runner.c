/* Runs test cases, a few at a time, and counts.
 *
 *   runner [-j jobs] [-o folder] [-p patience] <cases
 *
 * A case is a line "group/name TAB seconds TAB shell command". It passes if the command exits 0 in
 * that time (patience times as much) and is skipped if it exits 77; all that it prints goes to
 * folder/group/name.log. A case that fails shows the end of its log and the command that repeats
 * it. The last line printed is "N passed, N failed", and the exit status is 0 only if none failed
 * and some passed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_JOBS = 16, SKIPPED = 77, SHOWN_LINES = 25, MAX_GROUPS = 64 };

struct job {
    pid_t pid; /* 0: free */
    char name[200], log[4096];
    char *command;
    double start, limit;
    bool timed_out;
};

struct group {
    char name[64];
    int passed, failed, skipped;
    double seconds;
};

struct runner {
    struct job jobs[MAX_JOBS];
    struct group groups[MAX_GROUPS];
    size_t group_count;
    int job_count, running;
    double patience;
    const char *folder;
    char *failures; /* the names, a line each */
    size_t failures_size;
    FILE *failure_list;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "runner: %s: %s\n", what, strerror(errno));
    exit(2);
}

static struct group *group_of(struct runner *runner, const char *name) {
    size_t length = strcspn(name, "/");
    for (size_t i = 0; i < runner->group_count; i++)
        if (strlen(runner->groups[i].name) == length &&
            memcmp(runner->groups[i].name, name, length) == 0)
            return &runner->groups[i];
    if (runner->group_count == MAX_GROUPS || length >= sizeof runner->groups->name) {
        errno = ENOMEM;
        die("groups");
    }
    struct group *group = &runner->groups[runner->group_count++];
    memcpy(group->name, name, length);
    return group;
}

/* Makes the folders that lead to path. */
static void make_folders(char *path) {
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            die(path);
        *slash = '/';
    }
}

static void start(struct runner *runner, struct job *job, const char *name, double limit,
                  const char *command) {
    *job = (struct job){.start = now(), .limit = limit, .command = strdup(command)};
    snprintf(job->name, sizeof job->name, "%s", name);
    snprintf(job->log, sizeof job->log, "%s/%s.log", runner->folder, name);
    make_folders(job->log);
    fflush(NULL);
    job->pid = fork();
    if (job->pid < 0)
        die("fork");
    if (job->pid == 0) {
        setpgid(0, 0);
        int log = open(job->log, O_WRONLY | O_CREAT | O_TRUNC, 0666),
            null = open("/dev/null", O_RDONLY);
        if (log < 0 || null < 0)
            _exit(126);
        dup2(null, STDIN_FILENO);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    setpgid(job->pid, job->pid);
    runner->running++;
}

/* Copies the log's last lines to standard output, indented. */
static void show_end(const char *path) {
    char *line = NULL;
    size_t size = 0;
    long lines = 0;
    FILE *log = fopen(path, "r");
    if (!log)
        return;
    while (getline(&line, &size, log) > 0)
        lines++;
    rewind(log);
    for (long i = 0; getline(&line, &size, log) > 0; i++)
        if (i >= lines - SHOWN_LINES)
            printf("    %.200s%s", line, strchr(line, '\n') && strlen(line) <= 200 ? "" : "\n");
    free(line);
    fclose(log);
}

static void finish(struct runner *runner, struct job *job, int status) {
    double seconds = now() - job->start;
    struct group *group = group_of(runner, job->name);
    group->seconds += seconds;
    runner->running--;
    /* A test may leave processes behind; they are the test's own group. */
    kill(-job->pid, SIGKILL);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !job->timed_out) {
        group->passed++;
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
        group->skipped++;
        printf("skipped %s\n", job->name);
        show_end(job->log);
    } else {
        group->failed++;
        if (job->timed_out)
            printf("FAILED %s: no end after %.0f seconds\n", job->name, job->limit);
        else if (WIFSIGNALED(status))
            printf("FAILED %s: %s\n", job->name, strsignal(WTERMSIG(status)));
        else
            printf("FAILED %s: exit status %d\n", job->name, WEXITSTATUS(status));
        show_end(job->log);
        printf("  repeat: %s\n", job->command);
        fprintf(runner->failure_list, "  %s\n", job->name);
    }
    fflush(stdout);
    free(job->command);
    job->pid = 0;
}

/* Waits until a job has ended, and ends those that are past their time. */
static void wait_for_one(struct runner *runner) {
    for (int before = runner->running; runner->running == before;) {
        for (int i = 0; i < runner->job_count; i++) {
            struct job *job = &runner->jobs[i];
            int status;
            if (job->pid == 0)
                continue;
            if (!job->timed_out && now() - job->start > job->limit) {
                job->timed_out = true;
                kill(-job->pid, SIGKILL);
            }
            if (waitpid(job->pid, &status, WNOHANG) == job->pid)
                finish(runner, job, status);
        }
        if (runner->running == before)
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
}

static void run_case(struct runner *runner, char *line) {
    char *name = line, *seconds = strchr(name, '\t'),
         *command = seconds ? strchr(seconds + 1, '\t') : NULL;
    if (!command) {
        fprintf(stderr, "runner: not a case: %s\n", line);
        exit(2);
    }
    *seconds++ = '\0';
    *command++ = '\0';
    if (runner->running == runner->job_count)
        wait_for_one(runner);
    for (int i = 0; i < runner->job_count; i++)
        if (runner->jobs[i].pid == 0) {
            start(runner, &runner->jobs[i], name, atof(seconds) * runner->patience, command);
            return;
        }
}

static int summary(struct runner *runner) {
    int passed = 0, failed = 0, skipped = 0;
    fclose(runner->failure_list);
    printf("\n");
    for (size_t i = 0; i < runner->group_count; i++) {
        const struct group *group = &runner->groups[i];
        printf("%-10s %4d of %4d pass, %6.1f s\n", group->name, group->passed,
               group->passed + group->failed, group->seconds);
        passed += group->passed;
        failed += group->failed;
        skipped += group->skipped;
    }
    if (failed)
        printf("failed:\n%s", runner->failures);
    printf("%d passed, %d failed", passed, failed);
    if (skipped)
        printf(", %d skipped", skipped);
    printf("\n");
    return failed || !passed;
}

int main(int argc, char **argv) {
    static struct runner runner = {.job_count = 2, .folder = "build/check", .patience = 1};
    for (int option; (option = getopt(argc, argv, "j:o:p:")) != -1;) {
        if (option == 'j')
            runner.job_count = atoi(optarg);
        else if (option == 'o')
            runner.folder = optarg;
        else if (option == 'p')
            runner.patience = atof(optarg);
        else
            return 2;
    }
    if (runner.job_count < 1 || runner.job_count > MAX_JOBS)
        runner.job_count = 1;
    runner.failure_list = open_memstream(&runner.failures, &runner.failures_size);
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            run_case(&runner, line);
    }
    while (runner.running)
        wait_for_one(&runner);
    free(line);
    return summary(&runner);
}
