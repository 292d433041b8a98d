/*
 * Does what its arguments say, one operation an argument, and prints what came of each: "ok", the letters of "may", or
 * the name of the error. The words of an operation are separated by spaces; FD is a descriptor's number.
 *
 *   open FLAGS PATH [=FD]      FLAGS of r w c (create) e (must not exist) t (truncate) d (a directory) u (unnamed);
 *   openat FD FLAGS PATH [=FD]   without =FD it is closed again
 *   opendir PATH   list FD   read FD   write FD   fstat FD   futimens FD   fchdir FD   close FD
 *   stat lstat readlink realpath statfs chdir truncate chmod chown utimes chflags mkdir rmdir unlink mkfifo mknod PATH
 *   access R|W|X|F PATH        may PATH: the letters of RWXF that access(2) agrees to
 *   symlink TARGET PATH   link PATH PATH   rename PATH PATH   renameat FD PATH FD PATH
 *   bind PATH                  a Unix socket that listens, for as long as the program runs;   connect PATH
 *   execve PATH                the rest is done by that program, which says "ok" first if it is this one
 *   fork   thread              the rest is done by a child, or by a second thread
 *   narrow LETTERS PATH        adds a Landlock layer that allows r w x c there and nothing elsewhere
 *   mount PATH   umount PATH   pivot_root PATH
 *   early FLAGS PATH           as open, but already done by a constructor, before main
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 6 };

static int early = -1;

static void print(const char *answer) {
    char line[64];
    int n = snprintf(line, sizeof line, "%s\n", answer);
    if (write(1, line, n) != n) _exit(99);
}

static int flags(const char *letters) {
    int access = strchr(letters, 'w') ? strchr(letters, 'r') ? O_RDWR : O_WRONLY : O_RDONLY;
    return access | O_CLOEXEC | O_NONBLOCK
            | (strchr(letters, 'c') ? O_CREAT : 0)
            | (strchr(letters, 'e') ? O_EXCL : 0)
            | (strchr(letters, 't') ? O_TRUNC : 0)
            | (strchr(letters, 'd') ? O_DIRECTORY : 0)
            | (strchr(letters, 'u') ? O_TMPFILE : 0);
}

/* Keeps a new descriptor under the number that "=FD" asks for, or closes it. */
static int keep(int fd, const char *as) {
    if (fd < 0) return -1;
    if (as == NULL) return close(fd);
    if (fd != atoi(as + 1)) {
        if (dup3(fd, atoi(as + 1), O_CLOEXEC) < 0) return -1;
        close(fd);
    }
    return 0;
}

static int list(int fd) {
    char entries[4096];
    return syscall(SYS_getdents64, fd, entries, sizeof entries) < 0 ? -1 : 0;
}

static int opened_and_listed(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = list(fd);
    close(fd);
    return result;
}

static int change_flags(const char *path) {
    int value = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = ioctl(fd, FS_IOC_GETFLAGS, &value);
    value |= FS_NODUMP_FL;
    if (result == 0) result = ioctl(fd, FS_IOC_SETFLAGS, &value);
    close(fd);
    return result;
}

static int unix_socket(int (*call)(int, const struct sockaddr *, socklen_t), const char *path, int stays) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return errno = ENAMETOOLONG, -1;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int result = call(fd, (const struct sockaddr *) &address, sizeof address);
    if (result == 0 && stays) return listen(fd, 5);
    close(fd);
    return result;
}

static int narrow(const char *letters, const char *path) {
    struct landlock_ruleset_attr all = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    struct landlock_path_beneath_attr beneath = {.allowed_access =
            (strchr(letters, 'r') ? LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR : 0)
            | (strchr(letters, 'w') ? LANDLOCK_ACCESS_FS_WRITE_FILE : 0)
            | (strchr(letters, 'x') ? LANDLOCK_ACCESS_FS_EXECUTE : 0)
            | (strchr(letters, 'c') ? LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE : 0)};
    int ruleset = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (ruleset < 0) return -1;
    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0) return -1;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0) return -1;
    close(beneath.parent_fd);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    int result = syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
    return result;
}

static int perform(char **word, int words) {
    struct stat status;
    struct statfs system;
    char text[PATH_MAX];
    const char *op = word[0], *a = words > 1 ? word[1] : "", *b = words > 2 ? word[2] : "";
    const char *c = words > 3 ? word[3] : "", *d = words > 4 ? word[4] : "";
    if (!strcmp(op, "open")) return keep(open(b, flags(a), 0644), words > 3 ? c : NULL);
    if (!strcmp(op, "openat")) return keep(openat(atoi(a), c, flags(b), 0644), words > 4 ? d : NULL);
    if (!strcmp(op, "opendir")) return opened_and_listed(a);
    if (!strcmp(op, "list")) return list(atoi(a));
    if (!strcmp(op, "read")) return read(atoi(a), text, sizeof text) < 0 ? -1 : 0;
    if (!strcmp(op, "write")) return write(atoi(a), "x", 1) < 0 ? -1 : 0;
    if (!strcmp(op, "fstat")) return fstat(atoi(a), &status);
    if (!strcmp(op, "fchdir")) return fchdir(atoi(a));
    if (!strcmp(op, "futimens")) return futimens(atoi(a), NULL);
    if (!strcmp(op, "close")) return close(atoi(a));
    if (!strcmp(op, "stat")) return stat(a, &status);
    if (!strcmp(op, "lstat")) return lstat(a, &status);
    if (!strcmp(op, "readlink")) return readlink(a, text, sizeof text) < 0 ? -1 : 0;
    if (!strcmp(op, "realpath")) return realpath(a, text) == NULL ? -1 : 0;
    if (!strcmp(op, "statfs")) return statfs(a, &system);
    if (!strcmp(op, "chdir")) return chdir(a);
    if (!strcmp(op, "truncate")) return truncate(a, 0);
    if (!strcmp(op, "chmod")) return chmod(a, 0700);
    if (!strcmp(op, "chown")) return chown(a, getuid(), getgid());
    if (!strcmp(op, "utimes")) return utimensat(AT_FDCWD, a, NULL, 0);
    if (!strcmp(op, "chflags")) return change_flags(a);
    if (!strcmp(op, "mkdir")) return mkdir(a, 0755);
    if (!strcmp(op, "rmdir")) return rmdir(a);
    if (!strcmp(op, "unlink")) return unlink(a);
    if (!strcmp(op, "mkfifo")) return mkfifo(a, 0644);
    if (!strcmp(op, "mknod")) return mknod(a, S_IFCHR | 0644, makedev(1, 3));
    if (!strcmp(op, "access")) {
        return access(b, *a == 'R' ? R_OK : *a == 'W' ? W_OK : *a == 'X' ? X_OK : F_OK);
    }
    if (!strcmp(op, "symlink")) return symlink(a, b);
    if (!strcmp(op, "link")) return link(a, b);
    if (!strcmp(op, "rename")) return rename(a, b);
    if (!strcmp(op, "renameat")) return renameat(atoi(a), b, atoi(c), d);
    if (!strcmp(op, "bind")) return unix_socket(bind, a, 1);
    if (!strcmp(op, "connect")) return unix_socket(connect, a, 0);
    if (!strcmp(op, "narrow")) return narrow(a, b);
    if (!strcmp(op, "mount")) return mount("none", a, "no-such-file-system", 0, NULL);
    if (!strcmp(op, "umount")) return umount2(a, 0);
    if (!strcmp(op, "pivot_root")) return syscall(SYS_pivot_root, a, a);
    if (!strcmp(op, "early")) return errno = early, early ? -1 : 0;
    print("?");
    _exit(98);
}

static void all(char **operations);

static void *rest(void *operations) {
    all(operations);
    exit(0);
}

static void all(char **operations) {
    for (; *operations != NULL; operations++) {
        char text[4 * PATH_MAX], *word[WORDS], *at = NULL;
        int words = 0;
        if (strlen(*operations) >= sizeof text) _exit(97);
        strcpy(text, *operations);
        for (char *part = strtok_r(text, " ", &at); part && words < WORDS; part = strtok_r(NULL, " ", &at)) {
            word[words++] = part;
        }
        if (!strcmp(word[0], "executed")) {
            print("ok");
        } else if (*word[0] == '/') {
            continue; /* the script whose interpreter this is */
        } else if (!strcmp(word[0], "fork")) {
            pid_t child = fork();
            if (child < 0) {
                print(strerrorname_np(errno));
            } else if (child > 0) {
                int status;
                waitpid(child, &status, 0);
                _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 96);
            } else {
                print("ok");
            }
        } else if (!strcmp(word[0], "thread")) {
            pthread_t thread;
            print("ok");
            if (pthread_create(&thread, NULL, rest, operations + 1) == 0) pthread_join(thread, NULL);
            _exit(95);
        } else if (!strcmp(word[0], "execve")) {
            char *arguments[64] = {word[1], "executed"}, *none[] = {NULL};
            for (int i = 0; i < 60 && operations[i] != NULL; i++) arguments[2 + i] = operations[i + 1];
            execve(word[1], arguments, none);
            print(strerrorname_np(errno));
        } else if (!strcmp(word[0], "may")) {
            char letters[5] = "", *end = letters;
            if (!access(word[1], R_OK)) *end++ = 'R';
            if (!access(word[1], W_OK)) *end++ = 'W';
            if (!access(word[1], X_OK)) *end++ = 'X';
            if (!access(word[1], F_OK)) *end++ = 'F';
            *end = 0;
            print(letters[0] ? letters : "none");
        } else {
            print(perform(word, words) < 0 ? strerrorname_np(errno) : "ok");
        }
    }
}

__attribute__((constructor)) static void before_main(int argc, char **argv, char **envp) {
    (void) envp;
    for (int i = 1; i < argc; i++) {
        char letters[8], path[PATH_MAX];
        if (sscanf(argv[i], "early %7s %4095s", letters, path) == 2) {
            int fd = open(path, flags(letters), 0644);
            early = fd < 0 ? errno : 0;
            if (fd >= 0) close(fd);
        }
    }
}

int main(int argc, char **argv) {
    (void) argc;
    all(argv + 1);
    return 0;
}
