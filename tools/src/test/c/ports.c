/* Tries to reach ports in every way that there is: ports WHAT PORT [WHAT PORT]... prints a line for each. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static struct sockaddr_in address;

static long made(int type, int protocol) { return socket(AF_INET, type | SOCK_CLOEXEC, protocol); }

static long message(int fd, int flags) {
    struct iovec data = {"x", 1};
    struct msghdr header = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &data, .msg_iovlen = 1};
    return sendmsg(fd, &header, flags);
}

static long messages(int fd, int flags) {
    struct iovec data = {"x", 1};
    struct mmsghdr header = {
        .msg_hdr = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &data, .msg_iovlen = 1}};
    return sendmmsg(fd, &header, 1, flags);
}

static long attempt(const char *what) {
    struct sockaddr *to = (struct sockaddr *)&address;
    if (!strcmp(what, "udp")) return made(SOCK_DGRAM, 0);
    if (!strcmp(what, "mptcp")) return made(SOCK_STREAM, IPPROTO_MPTCP);
    int fd = made(SOCK_STREAM, 0);
    if (fd < 0) return fd;
    if (!strcmp(what, "connect")) return connect(fd, to, sizeof address);
    if (!strcmp(what, "bind")) return bind(fd, to, sizeof address);
    if (!strcmp(what, "serve")) return bind(fd, to, sizeof address) ? -1 : listen(fd, 1);
    if (!strcmp(what, "listen")) return listen(fd, 1);
    if (!strcmp(what, "sendto")) return sendto(fd, "x", 1, MSG_FASTOPEN, to, sizeof address);
    if (!strcmp(what, "sendmsg")) return message(fd, MSG_FASTOPEN);
    if (!strcmp(what, "sendmmsg")) return messages(fd, MSG_FASTOPEN);
    /* The upper half of a register is not part of an int. */
    if (!strcmp(what, "high")) return syscall(SYS_sendto, fd, "x", 1, 0xffffffff00000000L | MSG_FASTOPEN, to, sizeof address);
    exit(2);
}

int main(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        address.sin_family = AF_INET;
        address.sin_port = htons(atoi(argv[i + 1]));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        errno = 0;
        long result = attempt(argv[i]);
        printf("%s %s\n", argv[i], result < 0 ? strerrorname_np(errno) : "ok");
    }
    return 0;
}
