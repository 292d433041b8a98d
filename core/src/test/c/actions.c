/*
 * What a program meets whose filter answers getppid(2) in some way. The argument says how it looks:
 *
 *   trap     a handler of SIGSYS prints si_errno and si_syscall
 *   thread   a second thread makes the call and is joined: "joined"
 *   traced   a child makes the call under a tracer, which prints the event's message; the child prints what the call returned
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_EVENT_SECCOMP
#define PTRACE_EVENT_SECCOMP 7
#define PTRACE_O_TRACESECCOMP (1 << PTRACE_EVENT_SECCOMP)
#endif

static void trapped(int signal, siginfo_t *info, void *context) {
    (void) context;
    char text[64];
    int length = snprintf(text, sizeof text, "signal %d data %d call %d\n", signal, info->si_errno, info->si_syscall);
    if (write(1, text, length) != length) {
        _exit(3);
    }
}

static void *call(void *unused) {
    (void) unused;
    syscall(SYS_getppid);
    puts("the thread went on");
    return NULL;
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IONBF, 0);
    if (strcmp(how, "trap") == 0) {
        struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO};
        sigaction(SIGSYS, &action, NULL);
        syscall(SYS_getppid);
        puts("done");
        return 0;
    }
    if (strcmp(how, "thread") == 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, call, NULL) != 0) {
            return 4;
        }
        pthread_join(thread, NULL);
        puts("joined");
        return 0;
    }
    if (strcmp(how, "traced") == 0) {
        pid_t child = fork();
        if (child == 0) {
            ptrace(PTRACE_TRACEME, 0, 0, 0);
            raise(SIGSTOP);
            long result = syscall(SYS_getppid);
            printf("%s\n", result < 0 ? strerror(errno) : "made");
            return 0;
        }
        int status;
        waitpid(child, &status, 0);
        ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP);
        ptrace(PTRACE_CONT, child, 0, 0);
        while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
            if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
                unsigned long message = 0;
                ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
                printf("traced %lu\n", message);
            }
            ptrace(PTRACE_CONT, child, 0, 0);
        }
        return 0;
    }
    return 2;
}
