/* getpid(2) through the 32-bit entry of an x86-64 kernel: says whether it was answered. */
#include <unistd.h>

int main(void) {
    long result = 20;
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    if ((int) result == getpid()) {
        write(1, "answered\n", 9);
    } else {
        write(1, "refused\n", 8);
    }
    return 0;
}
