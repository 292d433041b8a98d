/** OpenBSD's pledge(2) and unveil(2) for Linux. */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the command's module is built after this one
module org.jpledge {
    requires static java.management;
    requires static jdk.jfr;
    requires static org.jspecify;

    exports org.jpledge;
    exports org.jpledge.bpf to
            org.jpledge.tools;
    exports org.jpledge.landlock to
            org.jpledge.tools;
    exports org.jpledge.launch to
            org.jpledge.tools;
    exports org.jpledge.linux to
            org.jpledge.tools;
    exports org.jpledge.promise to
            org.jpledge.tools;
    exports org.jpledge.seccomp to
            org.jpledge.tools;
    exports org.jpledge.syscall to
            org.jpledge.tools;
    exports org.jpledge.unveil to
            org.jpledge.tools;
}
