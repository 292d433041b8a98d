/*
 * What a process finds when it starts.
 *
 *   session FILE     writes it to FILE: identity, signals, limits, descriptors, children
 *   session wait     says "ready", echoes the lines it reads, and waits for a signal where there are no more
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Process ids differ from run to run; whether it is the process' own does not. */
static void id(FILE *report, const char *name, long value) {
    if (value == getpid()) {
        fprintf(report, "%s: own\n", name);
    } else {
        fprintf(report, "%s: %ld\n", name, value);
    }
}

static void state(const char *file) {
    char open_ones[256] = "";
    for (int fd = 0; fd < 64; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            sprintf(open_ones + strlen(open_ones), " %d", fd);
        }
    }
    int child = waitpid(-1, NULL, WNOHANG | __WALL);
    int error = errno;
    mode_t mask = umask(0);
    FILE *report = fopen(file, "w");
    if (report == NULL) {
        _exit(9);
    }
    fprintf(report, "descriptors:%s\n", open_ones);
    fprintf(report, "children: %d %s\n", child, child < 0 ? strerror(error) : "");
    fprintf(report, "umask: %o\n", mask);
    id(report, "process group", getpgrp());
    id(report, "session", getsid(0));
    id(report, "parent", getppid());
    id(report, "thread", syscall(SYS_gettid));
    sigset_t blocked, pending;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    sigpending(&pending);
    for (int sig = 1; sig < 65; sig++) {
        struct sigaction action;
        if (sigaction(sig, NULL, &action) == 0 && action.sa_handler != SIG_DFL) {
            fprintf(report, "signal %d: %s\n", sig, action.sa_handler == SIG_IGN ? "ignored" : "handled");
        }
        if (sigismember(&blocked, sig) == 1) {
            fprintf(report, "signal %d: blocked\n", sig);
        }
        if (sigismember(&pending, sig) == 1) {
            fprintf(report, "signal %d: pending\n", sig);
        }
    }
    stack_t stack;
    sigaltstack(NULL, &stack);
    fprintf(report, "alternate stack: %d\n", stack.ss_flags);
    for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit = {1, 1};
        getrlimit(i, &limit);
        fprintf(report, "limit %d: %lx %lx\n", i, (long) limit.rlim_cur, (long) limit.rlim_max);
    }
    struct itimerval timer;
    for (int i = 0; i < 3; i++) {
        int r = getitimer(i, &timer);
        fprintf(report, "timer %d: %d %ld\n", i, r, (long) timer.it_value.tv_sec);
    }
    errno = 0;
    int niceness = getpriority(PRIO_PROCESS, 0);
    fprintf(report, "nice: %d %s\n", niceness, strerror(errno));
    int death = -1;
    prctl(PR_GET_PDEATHSIG, &death);
    fprintf(report, "signal at the parent's death: %d\n", death);
    fprintf(report, "dumpable: %d\n", prctl(PR_GET_DUMPABLE));
    fprintf(report, "timer slack: %d\n", prctl(PR_GET_TIMERSLACK));
    char text[4096] = "";
    prctl(PR_GET_NAME, text);
    fprintf(report, "name: %s\n", text);
    fprintf(report, "directory: %s\n", getcwd(text, sizeof text) == NULL ? "?" : text);
    fclose(report);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "wait") == 0) {
        static char line[256];
        write(1, "ready\n", 6);
        ssize_t n;
        while ((n = read(0, line, sizeof line)) > 0) {
            write(1, "line: ", 6);
            write(1, line, n);
        }
        while (1) {
            pause();
        }
    }
    state(argv[1]);
    return 0;
}
