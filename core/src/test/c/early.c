/*
 * A shared library whose constructor runs before the program's entry point and does what the variable EARLY says.
 * What it prints begins with "early", so that a test can tell it from the program's own words.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static volatile int at_main;

static void say(const char *what, long result) {
    char line[200];
    int n = snprintf(line, sizeof line, "early %s: %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
    if (write(1, line, n) < 0) _exit(99);
}

static void nap(int milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static void *later(void *unused) {
    (void) unused;
    while (!at_main) nap(1);
    say("thread opens", open("/etc/hostname", O_RDONLY));
    say("thread maps executable memory",
            (long) mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 ? -1 : 0);
    at_main = 2;
    return NULL;
}

static void *spinning(void *unused) {
    (void) unused;
    for (;;) {
        nap(1);
        if (at_main) {
            int fd = open("/etc/hostname", O_RDONLY);
            if (fd >= 0) say("spinning thread opens", 0);
            close(fd);
        }
    }
    return NULL;
}

static void *starting(void *unused) {
    (void) unused;
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, spinning, NULL) != 0) break;
        pthread_detach(thread);
    }
    return NULL;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

/* Threads that are in the middle of a call when the program comes to its entry point. */
static void *sleeping(void *unused) {
    struct timespec time = {0, 200 * 1000000L};
    (void) unused;
    say("thread sleeps", nanosleep(&time, NULL));
    return NULL;
}

static void *polling(void *unused) {
    struct pollfd none = {-1, 0, 0};
    (void) unused;
    say("thread polls", poll(&none, 1, 200));
    return NULL;
}

static void *waiting(void *unused) {
    (void) unused;
    pthread_mutex_lock(&mutex);
    while (!at_main) pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
    say("thread waits", 0);
    return NULL;
}

static void *(*const interrupted[])(void *) = {sleeping, polling, waiting};
static pthread_t interrupted_thread[3];

/* What a constructor may try with a descriptor that it was not told of. */
static void every_descriptor(void (*act)(int)) {
    for (int fd = 3; fd < 100; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) act(fd);
    }
}

static void close_it(int fd) { close(fd); }
static void replace_it(int fd) { dup2(0, fd); }
static void widen_it(int fd) {
    struct landlock_path_beneath_attr all = {LANDLOCK_ACCESS_FS_READ_FILE, open("/", O_PATH | O_CLOEXEC)};
    say("widens", syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &all, 0));
    close(all.parent_fd);
}

__attribute__((constructor)) static void early(void) {
    const char *what = getenv("EARLY");
    pthread_t thread;
    if (what == NULL) return;
    if (strcmp(what, "open") == 0) {
        int fd = open("/etc/hostname", O_RDONLY);
        say("opens", fd);
        fcntl(fd, F_DUPFD, 40);
    } else if (strcmp(what, "socket") == 0) {
        say("makes a socket", socket(AF_INET, SOCK_STREAM, 0));
    } else if (strcmp(what, "write") == 0) {
        say("opens for writing", open("/tmp/early-was-here", O_WRONLY | O_CREAT, 0600));
    } else if (strcmp(what, "fork") == 0) {
        pid_t child = fork();
        if (child == 0) {
            nap(100);
            say("child opens", open("/etc/hostname", O_RDONLY));
            say("child makes a socket", socket(AF_INET, SOCK_STREAM, 0));
            _exit(0);
        }
        say("forks", child);
    } else if (strcmp(what, "exec") == 0) {
        execl("/bin/cat", "cat", "/etc/hostname", (char *) NULL);
        say("executes", -1);
    } else if (strcmp(what, "thread") == 0) {
        say("starts a thread", pthread_create(&thread, NULL, later, NULL) == 0 ? 0 : -1);
    } else if (strcmp(what, "threads") == 0) {
        for (int i = 0; i < 3; i++) pthread_create(&thread, NULL, starting, NULL);
        nap(5);
    } else if (strcmp(what, "rwx") == 0) {
        say("maps writable and executable memory",
                (long) mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1
                        ? -1 : 0);
    } else if (strcmp(what, "filter") == 0) {
        /* Answers every later seccomp(2) with success, without making the call. */
        struct sock_filter code[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = {4, code};
        say("installs a filter", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
    } else if (strcmp(what, "trap") == 0) {
        signal(SIGTRAP, SIG_IGN);
        raise(SIGTRAP);
        say("traps", 0);
    } else if (strcmp(what, "close-ruleset") == 0) {
        every_descriptor(close_it);
    } else if (strcmp(what, "replace-ruleset") == 0) {
        every_descriptor(replace_it);
    } else if (strcmp(what, "widen-ruleset") == 0) {
        every_descriptor(widen_it);
    } else if (strcmp(what, "interrupted") == 0) {
        for (int i = 0; i < 3; i++) pthread_create(&interrupted_thread[i], NULL, interrupted[i], NULL);
        nap(50);
    } else if (what[0] == '/') {
        say("opens it", open(what, O_RDONLY));
    } else if (strcmp(what, "nap") == 0) {
        nap(300);
    } else if (strcmp(what, "stop") == 0) {
        raise(SIGSTOP);
        say("goes on", 0);
    }
}

/** The program calls it first thing in main(). */
void early_main(void) {
    int waits = at_main == 0 && getenv("EARLY") != NULL && strcmp(getenv("EARLY"), "thread") == 0;
    at_main = 1;
    if (interrupted_thread[0] != 0) {
        pthread_mutex_lock(&mutex);
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
        for (int i = 0; i < 3; i++) pthread_join(interrupted_thread[i], NULL);
    }
    while (waits && at_main != 2) nap(1);
    if (getenv("EARLY") != NULL && strcmp(getenv("EARLY"), "threads") == 0) nap(50);
    if (getenv("EARLY") != NULL && strcmp(getenv("EARLY"), "fork") == 0) nap(200);
}
