/*
 * Makes the system calls it is told to, one an argument, and prints what came of each: a result, or -ERRNO.
 *
 *   "NUMBER ARG ARG ..."   an ARG is a number, sTEXT (a pointer to TEXT), b (a pointer to 4096 zeroed bytes),
 *                          P (the process id), T (the thread id), R (the last result)
 *
 * A child that a call starts ends at once. Needs no file, no terminal and nothing but write(2) and exit_group(2)
 * of its own, so that it runs under any promise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char buffer[6][4096];

static void print(long value) {
    char text[24];
    int at = sizeof text;
    unsigned long magnitude = value < 0 ? -(unsigned long) value : (unsigned long) value;
    text[--at] = '\n';
    do {
        text[--at] = '0' + magnitude % 10;
        magnitude /= 10;
    } while (magnitude != 0);
    if (value < 0) {
        text[--at] = '-';
    }
    syscall(SYS_write, 1, text + at, sizeof text - at);
}

int main(int argc, char **argv) {
    long last = 0;
    for (int i = 1; i < argc; i++) {
        long word[7] = {0};
        int n = 0;
        for (char *part = strtok(argv[i], " "); part != NULL && n < 7; part = strtok(NULL, " "), n++) {
            switch (part[0]) {
                case 's': word[n] = (long) (part + 1); break;
                case 'b': word[n] = (long) buffer[n]; break;
                case 'P': word[n] = syscall(SYS_getpid); break;
                case 'T': word[n] = syscall(SYS_gettid); break;
                case 'R': word[n] = last; break;
                default: word[n] = (long) strtoull(part, NULL, 0);
            }
        }
        last = syscall(word[0], word[1], word[2], word[3], word[4], word[5], word[6]);
        if (last == 0 && (word[0] == SYS_clone
#ifdef SYS_fork
                || word[0] == SYS_fork || word[0] == SYS_vfork
#endif
                )) {
            syscall(SYS_exit_group, 0);
        }
        print(last == -1 ? -errno : last);
    }
    return 0;
}
