/**
 * OpenBSD's pledge(2) and unveil(2) for Linux.
 *
 * <p>{@link org.jpledge} is the face. Behind it, a policy is data: {@link org.jpledge.seccomp} has filters, their rules, what compiles
 * them and what proves it; {@link org.jpledge.bpf} the programs that the kernel runs; {@link org.jpledge.syscall} the names and
 * numbers of system calls on each architecture.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the command's module is built after this one
module org.jpledge {
    requires static java.management;
    requires static jdk.jfr;
    requires static org.jspecify;

    exports org.jpledge;
    exports org.jpledge.bpf;
    exports org.jpledge.seccomp;
    exports org.jpledge.syscall;
    exports org.jpledge.landlock to
            org.jpledge.tools;
    exports org.jpledge.launch to
            org.jpledge.tools;
    exports org.jpledge.linux to
            org.jpledge.tools;
    exports org.jpledge.promise to
            org.jpledge.tools;
    exports org.jpledge.unveil to
            org.jpledge.tools;
}
