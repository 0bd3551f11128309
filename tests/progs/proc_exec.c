/* execve: arguments, environment, errors, descriptors, scripts, execveat. */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "expect.h"

static char *self, directory[] = "/tmp/proc_exec_XXXXXX";

/* Runs `child` in a new process with its output in a pipe; returns the exit status. */
static char output[8192];

static int capture(void (*child)(void)) {
    int fds[2], status;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], 1);
        child();
        dprintf(1, "errno %d", errno);
        _exit(99);
    }
    close(fds[1]);
    size_t size = 0;
    ssize_t got;
    while ((got = read(fds[0], output + size, sizeof output - 1 - size)) > 0)
        size += (size_t)got;
    output[size] = '\0';
    close(fds[0]);
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static int is(const char *text) {
    if (strcmp(output, text) == 0)
        return 1;
    printf("got: [%s]\nnot: [%s]\n", output, text);
    return 0;
}

static char *in_directory(const char *name) {
    static char path[2][PATH_MAX];
    static int turn;
    turn = !turn;
    snprintf(path[turn], PATH_MAX, "%s/%s", directory, name);
    return path[turn];
}

static void make_file(const char *name, const char *text, mode_t mode) {
    char *path = in_directory(name);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (write(fd, text, strlen(text)) < 0)
        perror("write");
    fchmod(fd, mode);
    close(fd);
}

static void exec_arguments(void) {
    char *arguments[] = {"a name of its own", "show", "-x", "--", "", "two words", "-0", NULL};
    char *environment[] = {"A=1", "B=two words", "EMPTY=", NULL};
    execve(self, arguments, environment);
}

static void exec_no_arguments(void) {
    char *arguments[] = {"zero", "show", NULL};
    execve(self, arguments, NULL);
}

static void arguments(void) {
    EXPECT(capture(exec_arguments) == 0);
    EXPECT(is("[a name of its own][show][-x][--][][two words][-0]{A=1}{B=two words}{EMPTY=}"));
    EXPECT(capture(exec_no_arguments) == 0);
    EXPECT(is("[zero][show]"));
}

static void exec_missing(void) {
    execl("/no/such/file", "x", NULL);
}

static void exec_directory(void) {
    execl("/tmp", "x", NULL);
}

static void exec_plain_file(void) {
    execl(in_directory("plain"), "x", NULL);
}

static void exec_no_format(void) {
    execl(in_directory("garbage"), "x", NULL);
}

static void exec_bad_pointers(void) {
    syscall(SYS_execve, (char *)8, NULL, NULL);
    int first = errno;
    syscall(SYS_execve, self, (char **)8, NULL);
    int second = errno;
    syscall(SYS_execve, self, (char *[]){self, (char *)8, NULL}, NULL);
    int third = errno;
    syscall(SYS_execve, self, (char *[]){self, NULL}, (char **)8);
    dprintf(1, "%d %d %d ", first, second, third);
}

static void exec_long_name(void) {
    char name[PATH_MAX + 10];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    execl(name, "x", NULL);
}

static void exec_too_big(void) {
    size_t size = 200 << 10; /* more than MAX_ARG_STRLEN */
    char *big = malloc(size);
    memset(big, 'a', size - 1);
    big[size - 1] = '\0';
    execl(self, self, "show", big, NULL);
}

static void exec_not_directory(void) {
    execl(in_directory("plain/x"), "x", NULL);
}

static void exec_loop(void) {
    execl(in_directory("loop"), "x", NULL);
}

static void exec_empty(void) {
    execl("", "x", NULL);
}

static int fails_with(void (*child)(void), int error) {
    char text[32];
    snprintf(text, sizeof text, "errno %d", error);
    return capture(child) == 99 && is(text);
}

static void errors(void) {
    make_file("plain", "some text\n", 0644);
    make_file("garbage", "neither this nor that\n", 0755);
    symlink("loop", in_directory("loop"));
    EXPECT(fails_with(exec_missing, ENOENT));
    EXPECT(fails_with(exec_directory, EACCES));
    EXPECT(fails_with(exec_plain_file, EACCES));
    EXPECT(fails_with(exec_no_format, ENOEXEC));
    EXPECT(fails_with(exec_long_name, ENAMETOOLONG));
    EXPECT(fails_with(exec_too_big, E2BIG));
    EXPECT(fails_with(exec_not_directory, ENOTDIR));
    EXPECT(fails_with(exec_loop, ELOOP));
    EXPECT(fails_with(exec_empty, ENOENT));
    EXPECT(capture(exec_bad_pointers) == 99);
    EXPECT(is("14 14 14 errno 14"));
}

static char script_name[PATH_MAX];

static void exec_script(void) {
    execl(script_name, "ignored", "one", "two words", NULL);
}

static void run_script(const char *name) {
    snprintf(script_name, sizeof script_name, "%s", in_directory(name));
    capture(exec_script);
}

static void scripts(void) {
    char text[PATH_MAX + 64], expected[3 * PATH_MAX];
    char *link = in_directory("interpreter");
    EXPECT(symlink(self, link) == 0);

    snprintf(text, sizeof text, "#!%s show\nbody\n", in_directory("interpreter"));
    make_file("s1", text, 0755);
    run_script("s1");
    snprintf(expected, sizeof expected, "[%s/interpreter][show][%s/s1][one][two words]", directory,
             directory);
    EXPECT(is(expected));

    snprintf(text, sizeof text, "#! \t%s \t show  -x and more \t\nbody\n",
             in_directory("interpreter"));
    make_file("s2", text, 0755);
    run_script("s2");
    snprintf(expected, sizeof expected,
             "[%s/interpreter][show  -x and more][%s/s2][one][two words]", directory, directory);
    EXPECT(is(expected));

    /* A script whose interpreter is a script. */
    snprintf(text, sizeof text, "#!%s\n", in_directory("s1"));
    make_file("s3", text, 0755);
    run_script("s3");
    snprintf(expected, sizeof expected, "[%s/interpreter][show][%s/s1][%s/s3][one][two words]",
             directory, directory, directory);
    EXPECT(is(expected));

    make_file("s4", "#!/no/such/interpreter\n", 0755);
    run_script("s4");
    EXPECT(is("errno 2"));
    make_file("s5", "#!\n", 0755);
    run_script("s5");
    EXPECT(is("errno 8"));
    make_file("s6", "#!  ", 0755); /* names the current directory, as it were */
    run_script("s6");
    EXPECT(is("errno 13"));
    snprintf(text, sizeof text, "#!%s show",
             in_directory("interpreter")); /* no newline at the end */
    make_file("s7", text, 0755);
    run_script("s7");
    snprintf(expected, sizeof expected, "[%s/interpreter][show][%s/s7][one][two words]", directory,
             directory);
    EXPECT(is(expected));
    make_file("s8", text, 0644);
    run_script("s8");
    EXPECT(is("errno 13"));
    snprintf(text, sizeof text, "#!%s\n", in_directory("s9"));
    make_file("s9", text, 0755);
    run_script("s9");
    EXPECT(is("errno 40"));
}

static int open_fd;

static void exec_by_fd(void) {
    char *arguments[] = {"by fd", "show", NULL}, *environment[] = {NULL};
    syscall(SYS_execveat, open_fd, "", arguments, environment, AT_EMPTY_PATH);
}

static void exec_in_directory_fd(void) {
    char *arguments[] = {"at", "show", NULL}, *environment[] = {NULL};
    syscall(SYS_execveat, open_fd, "interpreter", arguments, environment, 0);
}

static void exec_no_follow(void) {
    char *arguments[] = {"at", "show", NULL}, *environment[] = {NULL};
    syscall(SYS_execveat, open_fd, "interpreter", arguments, environment, AT_SYMLINK_NOFOLLOW);
}

static void exec_bad_flags(void) {
    char *arguments[] = {"at", "show", NULL}, *environment[] = {NULL};
    syscall(SYS_execveat, open_fd, "interpreter", arguments, environment, 0x40000000);
}

static void exec_relative(void) {
    char *arguments[] = {"rel", "show", NULL}, *environment[] = {NULL};
    if (fchdir(open_fd) == 0)
        execve("./interpreter", arguments, environment);
}

static void exec_self_link(void) {
    char *arguments[] = {"self", "show", NULL}, *environment[] = {NULL};
    execve("/proc/self/exe", arguments, environment);
}

static void by_descriptor(void) {
    open_fd = open(self, O_RDONLY | O_CLOEXEC);
    EXPECT(capture(exec_by_fd) == 0 && is("[by fd][show]"));
    close(open_fd);
    open_fd = open(self, O_PATH | O_CLOEXEC);
    EXPECT(capture(exec_by_fd) == 0 && is("[by fd][show]"));
    close(open_fd);
    open_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    EXPECT(capture(exec_in_directory_fd) == 0 && is("[at][show]"));
    EXPECT(fails_with(exec_no_follow, ELOOP));
    EXPECT(fails_with(exec_bad_flags, EINVAL));
    EXPECT(capture(exec_relative) == 0 && is("[rel][show]"));
    EXPECT(capture(exec_self_link) == 0 && is("[self][show]"));
    close(open_fd);
}

static void exec_with_descriptors(void) {
    int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(kept, 50);
    dup3(closed, 51, O_CLOEXEC);
    char *arguments[] = {self, "descriptors", NULL}, *environment[] = {NULL};
    execve(self, arguments, environment);
}

static void descriptors(void) {
    EXPECT(capture(exec_with_descriptors) == 0);
    EXPECT(is("50 open, 51 closed"));
}

static void exec_native_shell(void) {
    execl("/bin/sh", "sh", "-c", "echo shell $0 $1", "zero", "one", NULL);
}

static void exec_shell_script(void) {
    execl(in_directory("shell"), "x", "argument", NULL);
}

/* Whatever machine the system's shell is for, and from there back. */
static void through_the_shell(void) {
    char text[PATH_MAX + 64];
    EXPECT(capture(exec_native_shell) == 0);
    EXPECT(is("shell zero one\n"));
    snprintf(text, sizeof text, "#!/bin/sh\necho shell \"$1\"\n");
    make_file("shell", text, 0755);
    EXPECT(capture(exec_shell_script) == 0);
    EXPECT(is("shell argument\n"));
}

static int show(int argc, char **argv, char **envp) {
    for (int i = 0; i < argc; i++)
        printf("[%s]", argv[i]);
    for (; *envp; envp++)
        if (strncmp(*envp, "PROC_EXEC", 9) != 0)
            printf("{%s}", *envp);
    return 0;
}

int main(int argc, char **argv, char **envp) {
    if (argc > 1 && strncmp(argv[1], "show", 4) == 0)
        return show(argc, argv, envp);
    if (argc > 1) {
        printf("50 %s, 51 %s", fcntl(50, F_GETFD) >= 0 ? "open" : "closed",
               fcntl(51, F_GETFD) >= 0 ? "open" : "closed");
        return 0;
    }
    clearenv();
    self = realpath(argv[0], NULL);
    if (!mkdtemp(directory))
        return 1;
    RUN(arguments);
    RUN(errors);
    RUN(scripts);
    RUN(by_descriptor);
    RUN(descriptors);
    RUN(through_the_shell);
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return expect_summary() | system(command);
}
