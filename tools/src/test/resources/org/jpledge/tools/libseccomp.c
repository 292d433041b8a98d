/* Writes a filter that libseccomp makes to standard output: one of several, chosen by number. */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>

static scmp_filter_ctx ctx;

static void rule(uint32_t action, int call, unsigned count, struct scmp_arg_cmp a, struct scmp_arg_cmp b) {
    struct scmp_arg_cmp args[] = {a, b};
    if (seccomp_rule_add_array(ctx, action, call, count, args) != 0) {
        exit(2);
    }
}

int main(int argc, char **argv) {
    struct scmp_arg_cmp none = {0};
    int which = argc > 1 ? atoi(argv[1]) : 0;
    ctx = seccomp_init(which == 3 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM));
    if (which == 1 || which == 2) {
        seccomp_arch_add(ctx, SCMP_ARCH_X86);
    }
    if (which == 2) {
        seccomp_arch_add(ctx, SCMP_ARCH_X32);
        seccomp_arch_add(ctx, SCMP_ARCH_AARCH64);
        seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    }
    if (which == 3) {
        rule(SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, 40), none);
        rule(SCMP_ACT_KILL_PROCESS, SCMP_SYS(ptrace), 0, none, none);
        rule(SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, 0x5412), none);
    } else {
        rule(SCMP_ACT_ALLOW, SCMP_SYS(read), 0, none, none);
        rule(SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_LT, 3), none);
        rule(SCMP_ACT_ALLOW, SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 3, 0), none);
        rule(SCMP_ACT_ALLOW, SCMP_SYS(lseek), 2, SCMP_A1(SCMP_CMP_GE, 0x100000000ULL), SCMP_A2(SCMP_CMP_NE, 2));
        rule(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, 1), none);
        rule(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, 3), none);
        rule(SCMP_ACT_TRAP, SCMP_SYS(kill), 0, none, none);
        rule(SCMP_ACT_LOG, SCMP_SYS(getpid), 0, none, none);
        for (int call = 200; which == 2 && call < 240; call++) {
            rule(SCMP_ACT_ALLOW, call, 0, none, none);
        }
    }
    return seccomp_export_bpf(ctx, 1) == 0 ? 0 : 1;
}
