/* Counts the lines of a file: a small ordinary program, for the C libraries that no packaged program here uses. */
#include <stdio.h>

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL) {
        perror("lines");
        return 1;
    }
    int lines = 0;
    for (int c = getc(file); c != EOF; c = getc(file)) {
        lines += c == '\n';
    }
    printf("%d\n", lines);
    return fclose(file);
}
