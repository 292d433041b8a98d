/*
 * Does what its arguments say, one after the other, and prints what came of each.
 *
 *   read PATH, write PATH, list PATH   open it so
 *   connect PORT, bind PORT            TCP on the loopback
 *   kill PID                           signal 0
 *   descriptors                        those that are open, from 3 up
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int tcp(int (*call)(int, const struct sockaddr *, socklen_t), int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = fd < 0 ? -1 : call(fd, (struct sockaddr *) &address, sizeof address);
    int error = errno;
    if (fd >= 0) close(fd);
    errno = error;
    return result;
}

static const char *reason(int error) {
    switch (error) {
        case EACCES: return "EACCES";
        case EPERM: return "EPERM";
        case ENOENT: return "ENOENT";
        case ECONNREFUSED: return "ECONNREFUSED";
        default: return strerror(error);
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        int result = -1;
        errno = EINVAL;
        if (strcmp(word, "descriptors") == 0) {
            printf("descriptors:");
            for (int fd = 3; fd < 256; fd++) {
                if (fcntl(fd, F_GETFD) >= 0) printf(" %d", fd);
            }
            printf("\n");
            continue;
        }
        const char *value = argv[++i];
        if (value == NULL) break;
        if (strcmp(word, "read") == 0) result = open(value, O_RDONLY | O_CLOEXEC);
        if (strcmp(word, "write") == 0) result = open(value, O_WRONLY | O_CLOEXEC);
        if (strcmp(word, "list") == 0) result = open(value, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (result >= 0) close(result);
        if (strcmp(word, "connect") == 0) result = tcp(connect, atoi(value));
        if (strcmp(word, "bind") == 0) result = tcp(bind, atoi(value));
        if (strcmp(word, "kill") == 0) result = kill(atoi(value), 0);
        printf("%s %s: %s\n", word, value, result < 0 ? reason(errno) : "done");
    }
    return 0;
}
