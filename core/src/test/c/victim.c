/* A program linked with early.c: says what it may do from main() on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void early_main(void);

int main(int argc, char **argv) {
    early_main();
    int fd = open("/etc/hostname", O_RDONLY);
    printf("main opens: %s\n", fd < 0 ? strerrorname_np(errno) : "done");
    printf("main has descriptors:");
    for (int i = 3; i < 256; i++) {
        if (fcntl(i, F_GETFD) >= 0 && i != fd) printf(" %d", i);
    }
    printf("\nmain waits: %s\n", waitpid(-1, NULL, __WALL | WNOHANG) < 0 ? strerrorname_np(errno) : "a child");
    printf("main has arguments:");
    for (int i = 0; i < argc; i++) printf(" [%s]", argv[i]);
    printf("\n");
    return 7;
}
