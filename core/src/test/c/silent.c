/*
 * Makes the system calls it is told to, one an argument, and ends with the number of the first error as its status, or 0.
 * Has no libc, and so makes no other call than exit_group(2), which every promise allows.
 *
 *   "NUMBER ARG ARG ..."   an ARG is a number, sTEXT (a pointer to TEXT), b (a pointer to 4096 zeroed bytes),
 *                          iNUMBER (a pointer to an int), R (the last result)
 */
#include <sys/syscall.h>

#ifdef __x86_64__
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall start\n");

static long call(const long *w) {
    register long r10 __asm__("r10") = w[4], r8 __asm__("r8") = w[5], r9 __asm__("r9") = w[6];
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(w[0]), "D"(w[1]), "S"(w[2]), "d"(w[3]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#else
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl start\n");

static long call(const long *w) {
    register long x8 __asm__("x8") = w[0], x0 __asm__("x0") = w[1], x1 __asm__("x1") = w[2], x2 __asm__("x2") = w[3];
    register long x3 __asm__("x3") = w[4], x4 __asm__("x4") = w[5], x5 __asm__("x5") = w[6];
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#endif

static char buffer[7][4096];
static int integer[7];

/* A decimal number, up to a space or the end. */
static unsigned long number(const char *text) {
    unsigned long value = 0;
    for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (unsigned long) (*text - '0');
    return value;
}

__attribute__((noreturn, used)) void start(long *stack) {
    long last = 0, status = 0;
    for (char **argument = (char **) stack + 2; *argument && status == 0; argument++) {
        long word[7] = {0};
        char *at = *argument;
        for (int n = 0; n < 7 && *at; n++) {
            switch (*at) {
                case 's': word[n] = (long) (at + 1); break;
                case 'b': word[n] = (long) buffer[n]; break;
                case 'i':
                    integer[n] = (int) number(at + 1);
                    word[n] = (long) &integer[n];
                    break;
                case 'R': word[n] = last; break;
                default: word[n] = (long) number(at);
            }
            while (*at && *at != ' ') at++;
            if (*at) *at++ = 0;
        }
        last = call(word);
        if (last < 0 && last > -4096) status = -last;
    }
    long end[7] = {SYS_exit_group, status};
    for (;;) call(end);
}
