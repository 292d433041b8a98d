/* Does one thing after the other that a tracer must not get wrong; each word on its command line is one. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *self;

static void say(const char *what, long value) {
    printf("%s %ld\n", what, value);
    fflush(stdout);
}

static void *one_call(void *ignored) {
    (void) ignored;
    syscall(SYS_getpgid, 0);
    return NULL;
}

/* Many threads at once. */
static void threads(int count) {
    pthread_t *all = calloc(count, sizeof *all);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    int started = 0;
    for (int i = 0; i < count; i++)
        if (pthread_create(&all[i], &attributes, one_call, NULL) == 0)
            started++;
    for (int i = 0; i < started; i++)
        pthread_join(all[i], NULL);
    free(all);
    say("threads", started);
}

/* Many processes, one after the other. */
static void processes(int count) {
    int good = 0;
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(i & 127);
        int status;
        if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == (i & 127))
            good++;
    }
    say("processes", good);
}

static void *other_thread(void *ignored) {
    (void) ignored;
    char *arguments[] = {self, "after", NULL};
    execv(self, arguments);
    return NULL;
}

static void *waiting_thread(void *ignored) {
    (void) ignored;
    pause();
    return NULL;
}

/* Another thread than the first executes a program, while more wait. */
static void execute_in_thread(void) {
    pthread_t thread;
    for (int i = 0; i < 3; i++)
        pthread_create(&thread, NULL, waiting_thread, NULL);
    pthread_create(&thread, NULL, other_thread, NULL);
    pthread_join(thread, NULL);
    say("not executed", errno);
}

/* The first thread ends before the others. */
static void *last_thread(void *ignored) {
    (void) ignored;
    usleep(50000);
    say("last", 1);
    exit(5);
}

static int cloned(void *ignored) {
    (void) ignored;
    syscall(SYS_getpgid, 0);
    return 7;
}

static void children(void) {
    int status;
    pid_t child = vfork();
    if (child == 0)
        _exit(3);
    waitpid(child, &status, 0);
    say("vfork", WEXITSTATUS(status));
    static char stack[65536] __attribute__((aligned(16)));
    child = clone(cloned, stack + sizeof stack, SIGCHLD, NULL);
    waitpid(child, &status, 0);
    say("clone", WEXITSTATUS(status));
    child = clone(cloned, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
    waitpid(child, &status, 0);
    say("shared", WEXITSTATUS(status));
    child = clone(cloned, stack + sizeof stack, CLONE_UNTRACED | SIGCHLD, NULL);
    waitpid(child, &status, 0);
    say("untraced", WEXITSTATUS(status));
}

/* Stopped, continued, killed: what the parent sees of it. */
static void stopped(void) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        raise(SIGSTOP);
        usleep(50000); /* stopped again at once, it would not count as continued */
        raise(SIGSTOP);
        pause();
    }
    waitpid(child, &status, WUNTRACED);
    say("stopped by", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
    usleep(20000);
    say("not yet", waitpid(child, &status, WNOHANG | WUNTRACED | WCONTINUED));
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    say("continued", WIFCONTINUED(status));
    waitpid(child, &status, WUNTRACED);
    say("stopped by", WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
    kill(child, SIGCONT);
    waitpid(child, &status, WCONTINUED);
    say("continued", WIFCONTINUED(status));
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    say("killed by", WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}

static volatile sig_atomic_t seen, code;

static void handler(int signal, siginfo_t *info, void *context) {
    (void) signal;
    (void) context;
    code = info->si_code;
    seen = seen + 1;
}

/* Signals with all that comes with them, and what they interrupt. */
static void signals(void) {
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    union sigval value = {.sival_int = 5};
    sigqueue(getpid(), SIGUSR1, value);
    say("queued", code);
    raise(SIGTRAP);
    say("trap", code);
#ifdef __x86_64__
    __asm__ volatile("int3");
    say("int3", code);
#endif
    ualarm(20000, 0);
    int ends[2];
    if (pipe(ends) != 0)
        return;
    char byte;
    say("interrupted", read(ends[0], &byte, 1) < 0 ? errno : 0);
    say("seen", seen);
}

/* Arguments that are no memory, or end where memory ends. */
static void unreadable(void) {
    say("null", syscall(SYS_openat, AT_FDCWD, 0, O_RDONLY) < 0 ? errno : 0);
    say("one", open((char *) 1, O_RDONLY) < 0 ? errno : 0);
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(page + 4096, 4096);
    memcpy(page + 4090, "/abcde", 6);
    say("endless", open(page + 4090, O_RDONLY) < 0 ? errno : 0);
    memcpy(page + 4085, "/nowhere/x", 11);
    say("at the end", open(page + 4085, O_RDONLY) < 0 ? errno : 0);
}

/* Calls by the numbers of other architectures: getpid, or a number that the kernel does not know. */
static void foreign(void) {
#ifdef __x86_64__
    long result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    say("int80", result == getpid());
    long wide = syscall(0x40000000 | 39);
    say("x32", wide == getpid() || errno == ENOSYS);
#endif
}

int main(int count, char **words) {
    self = words[0];
    for (int i = 1; i < count; i++) {
        char *word = words[i];
        if (strcmp(word, "threads") == 0)
            threads(atoi(words[++i]));
        else if (strcmp(word, "processes") == 0)
            processes(atoi(words[++i]));
        else if (strcmp(word, "execute") == 0)
            execute_in_thread();
        else if (strcmp(word, "after") == 0)
            say("after", syscall(SYS_gettid) == getpid());
        else if (strcmp(word, "leave") == 0) {
            pthread_t thread;
            pthread_create(&thread, NULL, last_thread, NULL);
            pthread_exit(NULL);
        } else if (strcmp(word, "children") == 0)
            children();
        else if (strcmp(word, "stopped") == 0)
            stopped();
        else if (strcmp(word, "signals") == 0)
            signals();
        else if (strcmp(word, "unreadable") == 0)
            unreadable();
        else if (strcmp(word, "foreign") == 0)
            foreign();
        else
            return 64;
    }
    return 9;
}
