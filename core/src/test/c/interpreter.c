/* A program interpreter of its own, static and without libc: code that runs before anything else in a hostile file. */
#if defined(__x86_64__)
static long call(long n, long a, long b, long c) {
    long result;
    register long d __asm__("r10") = 0;
    __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(d) : "rcx", "r11", "memory");
    return result;
}
enum { WRITE = 1, OPENAT = 257, EXIT_GROUP = 231 };
#else
static long call(long n, long a, long b, long c) {
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = 0;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
enum { WRITE = 64, OPENAT = 56, EXIT_GROUP = 94 };
#endif

void _start(void) {
    static const char escaped[] = "interpreter opens: done\n";
    static const char refused[] = "interpreter opens: refused\n";
    long fd = call(OPENAT, -100, (long) "/etc/hostname", 0);
    if (fd >= 0) {
        call(WRITE, 1, (long) escaped, sizeof escaped - 1);
    } else {
        call(WRITE, 1, (long) refused, sizeof refused - 1);
    }
    call(EXIT_GROUP, fd >= 0 ? 1 : 0, 0, 0);
    for (;;) {}
}
