/*
 * Compiles rules with libseccomp, so that its programs can be held beside ours: `libseccomp OPTIMIZE ROUNDS FILE < rules`. Writes the
 * program to FILE and prints the microseconds of each round, from the first call of the library to the finished program.
 *
 * A line of rules: number, action (as the kernel encodes it), and for each condition argument, operator, mask, value.
 */
#define _GNU_SOURCE
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RULES 2048

struct rule {
    int number;
    unsigned action, count;
    struct scmp_arg_cmp conditions[6];
};

static struct rule rules[RULES];
static int size;

static void fail(const char *what, int error)
{
    fprintf(stderr, "libseccomp: %s: %s\n", what, strerror(error < 0 ? -error : error));
    exit(1);
}

static enum scmp_compare operator(const char *text)
{
    static const char *const names[] = {"NE", "LT", "LE", "EQ", "GE", "GT", "MASKED"};
    static const enum scmp_compare operators[] = {SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ,
                                                  SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ};
    for (int i = 0; i < 7; i++)
        if (!strcmp(text, names[i]))
            return operators[i];
    fail(text, 22);
    return 0;
}

static void read_rules(void)
{
    char line[1024];
    while (fgets(line, sizeof line, stdin) && size < RULES) {
        struct rule *rule = &rules[size++];
        char *at = line, text[16];
        int used, argument;
        unsigned long long mask, value;
        if (sscanf(at, "%d %u%n", &rule->number, &rule->action, &used) != 2)
            fail(line, 22);
        at += used;
        while (sscanf(at, "%d %15s %llx %llx%n", &argument, text, &mask, &value, &used) == 4) {
            enum scmp_compare op = operator(text);
            rule->conditions[rule->count++] = op == SCMP_CMP_MASKED_EQ
                ? SCMP_CMP64(argument, op, mask, value)
                : SCMP_CMP64(argument, op, value);
            at += used;
        }
    }
}

static void compile(unsigned optimize, int fd)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(1));
    int error = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, optimize) : -12;
    for (int i = 0; i < size && !error; i++) {
        /* A rule that says what happens anyway is an error to this library. */
        if (rules[i].action != SCMP_ACT_ERRNO(1))
            error = seccomp_rule_add_array(filter, rules[i].action, rules[i].number, rules[i].count, rules[i].conditions);
        if (error == -17)
            error = 0;
    }
    if (!error)
        error = seccomp_export_bpf(filter, fd);
    if (error)
        fail("cannot compile", error);
    seccomp_release(filter);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 64;
    read_rules();
    for (int round = atoi(argv[2]); round > 0; round--) {
        struct timespec begin, end;
        int memory = memfd_create("program", 0);
        clock_gettime(CLOCK_MONOTONIC, &begin);
        compile(atoi(argv[1]), memory);
        clock_gettime(CLOCK_MONOTONIC, &end);
        close(memory);
        printf("%.1f\n", (end.tv_sec - begin.tv_sec) * 1e6 + (end.tv_nsec - begin.tv_nsec) / 1e3);
    }
    int file = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0)
        fail(argv[3], 5);
    compile(atoi(argv[1]), file);
    return 0;
}
