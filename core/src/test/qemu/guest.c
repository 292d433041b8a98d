/*
 * The first process of a booted test kernel: runs the checks of a file, says what came of each, and powers off.
 * As an ordinary process it does the same and ends.
 *
 *   guest FILE     The file has lines of words, which are separated by tabs:
 *       check NAME             begins a check
 *       env NAME=VALUE         its environment, otherwise empty
 *       block N, ignore N      signals that are blocked or ignored
 *       open N                 descriptor N is open
 *       seconds N              may take so long; 20 otherwise
 *       user N                 runs as this user and group, without any other group
 *       kill-helper            kills the process that traces it as soon as there is one
 *       continue               sends SIGCONT when it has stopped
 *       run FILE ARGUMENT...   the command; ends the check
 *
 * Each check is reported as a line "=NAME", its standard output as lines ">TEXT", its standard error as lines "!TEXT",
 * and its exit status (128 + n if a signal ended it) as a line "#STATUS". "?TEXT" is what went wrong with the check itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64, SECONDS = 20 };

static int seconds;
static char *environment[MOST];
static int environments;
static sigset_t blocked;
static sigset_t ignored;
static int open_descriptor[MOST];
static int open_descriptors;
static int user;
static int kills_helper;
static int continues;

static void begin(void) {
    memset(environment, 0, sizeof environment);
    environments = open_descriptors = user = kills_helper = continues = 0;
    seconds = SECONDS;
    sigemptyset(&blocked);
    sigemptyset(&ignored);
}

static void nap(int milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static int temporary(void) {
    char name[] = "/tmp/guest-XXXXXX";
    int descriptor = mkostemp(name, O_CLOEXEC);
    unlink(name);
    return descriptor;
}

static void show(char mark, int descriptor) {
    char line[8192];
    FILE *file = fdopen(descriptor, "r");
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        printf("%c%s\n", mark, line);
    }
    fclose(file);
}

/* The number behind a field's name in /proc/PID/status, or -1. */
static long field(pid_t pid, const char *name) {
    char path[64];
    char line[256];
    long value = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int) pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) value = strtol(line + strlen(name), NULL, 10);
    }
    if (file != NULL) fclose(file);
    return value;
}

static void become(char **words, int out, int err) {
    for (int i = 1; i < 65; i++) {
        if (sigismember(&ignored, i) == 1) signal(i, SIG_IGN);
    }
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    for (int i = 0; i < open_descriptors; i++) dup2(in, open_descriptor[i]);
    if (user != 0 && (setgroups(0, NULL) != 0 || setgid(user) != 0 || setuid(user) != 0)) _exit(98);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    execve(words[0], words, environment);
    dprintf(2, "guest: %s: %s\n", words[0], strerror(errno));
    _exit(99);
}

static void run(char **words) {
    int out = temporary();
    int err = temporary();
    int done = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) become(words, out, err);
    for (int waited = 0; !done || waitpid(-1, NULL, WNOHANG) >= 0; waited++) {
        int status;
        long helper = kills_helper && !done ? field(pid, "TracerPid:") : 0;
        if (helper > 0) {
            kill(helper, SIGKILL);
            kills_helper = 0;
        }
        if (!done && waitpid(pid, &status, WNOHANG | WUNTRACED) == pid) {
            if (WIFSTOPPED(status)) {
                printf("?stopped\n");
                nap(50);
                if (continues) kill(pid, SIGCONT);
            } else {
                done = 1;
                printf("#%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
            }
        }
        if (waited > seconds * 1000) {
            printf("?%s: took more than %d seconds\n", done ? "its helper" : "it", seconds);
            kill(pid, SIGKILL);
            break;
        }
        if (helper == 0) nap(1);
    }
    show('>', out);
    show('!', err);
}

static void set_up(void) {
    mkdir("/proc", 0755);
    mkdir("/dev", 0755);
    mkdir("/tmp", 01777);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    sethostname("guest", 5);
}

int main(int argc, char **argv) {
    char line[8192];
    int first = getpid() == 1;
    struct utsname name;
    if (first) set_up();
    /* What a check leaves behind comes to this process, and is waited for. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    uname(&name);
    printf("\n=begin\n>%s\n", name.release);
    FILE *file = fopen(argc > 1 && !first ? argv[1] : "/checks", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *words[MOST] = {NULL};
        int count = 0;
        line[strcspn(line, "\n")] = 0;
        for (char *rest = line; rest != NULL && count < MOST - 1;) words[count++] = strsep(&rest, "\t");
        char *word = words[0];
        char *value = count > 1 ? words[1] : "";
        if (strcmp(word, "check") == 0) {
            begin();
            printf("=%s\n", value);
        } else if (strcmp(word, "env") == 0) {
            environment[environments++] = strdup(value);
        } else if (strcmp(word, "block") == 0) {
            sigaddset(&blocked, atoi(value));
        } else if (strcmp(word, "ignore") == 0) {
            sigaddset(&ignored, atoi(value));
        } else if (strcmp(word, "seconds") == 0) {
            seconds = atoi(value);
        } else if (strcmp(word, "open") == 0) {
            open_descriptor[open_descriptors++] = atoi(value);
        } else if (strcmp(word, "user") == 0) {
            user = atoi(value);
        } else if (strcmp(word, "kill-helper") == 0) {
            kills_helper = 1;
        } else if (strcmp(word, "continue") == 0) {
            continues = 1;
        } else if (strcmp(word, "run") == 0) {
            run(words + 1);
        } else {
            printf("?no such word: %s\n", word);
        }
    }
    printf("=end\n");
    fflush(stdout);
    if (first) {
        sync();
        reboot(RB_POWER_OFF);
    }
    return 0;
}
