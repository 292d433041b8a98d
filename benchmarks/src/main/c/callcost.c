/*
 * What system calls cost under filters: `callcost ROUNDS FILE[*TIMES]…`. In each round a process for no filter and one for each file, in
 * turn, installs that filter (so many times) and makes calls. A file is an array of struct sock_filter.
 *
 * Prints a line for each process: the file's place (0 for no filter), the microseconds that installing the last filter took, and the
 * nanoseconds of getppid(2) and of socket(2) for a type that the kernel does not have.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 15
#define CALLS 2000
#define NO_TYPE 11

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void getppid_call(void) { syscall(SYS_getppid); }
static void socket_call(void) { syscall(SYS_socket, AF_INET, NO_TYPE, 0); }

/* The fastest of some batches: what disturbs only ever adds. */
static double cost(void (*call)(void))
{
    double fastest = 1e18;
    for (int batch = 0; batch < BATCHES; batch++) {
        double begin = now();
        for (int i = 0; i < CALLS; i++)
            call();
        double took = (now() - begin) / CALLS;
        fastest = took < fastest ? took : fastest;
    }
    return fastest;
}

static double install(const char *file, int times)
{
    static struct sock_filter insns[4096];
    int fd = open(file, O_RDONLY);
    long size = fd < 0 ? -1 : read(fd, insns, sizeof insns);
    struct sock_fprog program = {(unsigned short)(size / 8), insns};
    double took = 0;
    if (size <= 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        exit(1);
    for (int i = 0; i < times; i++) {
        double begin = now();
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) {
            fprintf(stderr, "callcost: %s: %s\n", file, strerror(errno));
            exit(1);
        }
        took = now() - begin;
    }
    return took / 1e3;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 64;
    for (int round = atoi(argv[1]); round > 0; round--) {
        for (int i = 1; i < argc; i++) {
            int status;
            pid_t child = fork();
            if (!child) {
                double took = 0;
                if (i > 1) {
                    char *star = strchr(argv[i], '*');
                    int times = star ? atoi(star + 1) : 1;
                    if (star)
                        *star = 0;
                    took = install(argv[i], times);
                }
                printf("%d %.2f %.2f %.2f\n", i - 1, took, cost(getppid_call), cost(socket_call));
                fflush(stdout);
                _exit(0);
            }
            if (child < 0 || waitpid(child, &status, 0) < 0 || status) {
                fprintf(stderr, "callcost: no figures for number %d\n", i - 1);
                return 1;
            }
        }
    }
    return 0;
}
