/* Says what a program inherits: its signals, its environment, its descriptors. Reads no file. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

extern char **environ;

int main(void) {
    sigset_t blocked;
    struct sigaction action;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    printf("blocked:");
    for (int i = 1; i < 32; i++) {
        if (sigismember(&blocked, i) == 1) printf(" %d", i);
    }
    printf("\nignored:");
    for (int i = 1; i < 32; i++) {
        if (sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN) printf(" %d", i);
    }
    printf("\nenvironment:");
    for (char **entry = environ; *entry != NULL; entry++) printf(" [%s]", *entry);
    printf("\ndescriptors:");
    for (int i = 0; i < 256; i++) {
        if (fcntl(i, F_GETFD) >= 0) printf(" %d", i);
    }
    printf("\n");
    return 0;
}
