package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.KernelVersion;
import org.jpledge.syscall.Since;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs that runc and systemd install, as they are in the kernel: they are explained and checked, and say what is read in the
 * files that they were made from.
 */
@Tag("enforcement")
class FiltersOfOthersTest {
    /** The newest kernel that the libraries of Debian 12 know the system calls of. */
    private static final KernelVersion KNOWN = KernelVersion.parse("6.0");

    private static final String PROFILE = """
            {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86_64"],
             "syscalls": [
              {"names": ["ptrace"], "action": "SCMP_ACT_KILL"},
              {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22,
               "args": [{"index": 0, "value": 16, "op": "SCMP_CMP_EQ"}]},
              {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
               "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
              {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
              {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
               "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
              {"names": ["access", "arch_prctl", "brk", "capget", "capset", "chdir", "clock_nanosleep", "close", "dup",
               "dup2", "epoll_ctl", "epoll_pwait", "execve", "exit", "exit_group", "faccessat2", "fchown", "fcntl",
               "fstat", "fstatfs", "futex", "getcwd", "getdents64", "getegid", "geteuid", "getgid", "getpid", "getppid",
               "getrandom", "gettid", "getuid", "ioctl", "lseek", "lstat", "madvise", "mmap", "mprotect", "munmap",
               "nanosleep", "newfstatat", "openat", "poll", "prctl", "pread64", "prlimit64", "read", "readlink",
               "readlinkat", "rseq", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sched_yield", "set_robust_list",
               "set_tid_address", "setgid", "setgroups", "setuid", "sigaltstack", "stat", "statfs", "tgkill", "uname",
               "write", "writev"], "action": "SCMP_ACT_ALLOW"}]}
            """;

    @TempDir
    private Path directory;

    @BeforeEach
    void onlyRootOnX8664() {
        assumeTrue(Arch.host() == Arch.X86_64, "the numbers are x86-64's");
        assumeTrue("root".equals(System.getProperty("user.name")), "the filters of a process are for root");
    }

    @Test
    void whatRuncMakesOfAProfileIsWhatIsReadInIt() throws Exception {
        Container container = Container.in(directory);
        Path profile = Files.writeString(directory.resolve("profile.json"), PROFILE);
        String process = container.start(PROFILE, "/bin/busybox", "sleep", "60");
        try {
            assertThat(dumped(process)).isEqualTo(1);
        } finally {
            container.end();
        }
        String program = directory.resolve("dumped/0.bpf").toString();
        assertThat(explained(program))
                .contains(
                        "\nread\n",
                        "ptrace -> kill-thread\n",
                        "socket(family:64 == AF_NETLINK) -> errno EINVAL\n",
                        "clone3 -> errno ENOSYS\n",
                        "clone(flags & (CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID"
                                + "|CLONE_NEWNET) == 0)\n",
                        "personality(persona:64 in {PER_LINUX, 8})\n",
                        "# all other calls -> errno EPERM\n");
        // Apart from numbers that are nobody's, the profile and the program answer alike.
        FilterTrial difference = FilterTrial.of("filter", "diff", profile.toString(), program);
        assertThat(named(difference.out(), "x86-64")).isEmpty();
        FilterTrial check = FilterTrial.of("filter", "check", program);
        assertThat(check.status()).isEqualTo(1);
        assertThat(check.out()).contains("tiocsti: ").doesNotContain("x32: ", "architecture: ", "not-followed: ");
        // And the profile that is made of it is one that does the same.
        Path again = directory.resolve("again.json");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", program, "-o", again)
                        .status())
                .isZero();
        assertThat(named(
                        FilterTrial.of("filter", "diff", again.toString(), program)
                                .out(),
                        "x86-64"))
                .isEmpty();
    }

    @Test
    void whatSystemdMakesOfAUnitIsWhatIsReadInIt() throws Exception {
        Path unit = Files.writeString(
                directory.resolve("x.service"),
                "[Service]\nSystemCallFilter=@system-service\nSystemCallErrorNumber=EPERM\n");
        Path program = directory.resolve("systemd");
        assumeTrue(Shell.run("gcc -o " + program + " src/test/c/systemd.c").status() == 0, "gcc is not installed");
        String library = Shell.run("ls /usr/lib/*/systemd/libsystemd-shared-252*.so 2>/dev/null")
                .out()
                .strip();
        assumeTrue(!library.isEmpty(), "there is no systemd 252");
        // Not a child of this JVM, which would be told of its stops.
        String process = Shell.run(
                        "cd " + directory + "; ./systemd " + library + " @system-service >ready 2>&1 & echo $!")
                .out()
                .strip();
        try {
            Path ready = directory.resolve("ready");
            for (int i = 0;
                    i < 1000
                            && Files.exists(Path.of("/proc", process))
                            && ready.toFile().length() == 0;
                    i++) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            assumeTrue(Files.readString(ready).equals("ready\n"), "this systemd has other functions");
            // One for each way to call the kernel: i386, x86-64, x32.
            assertThat(dumped(process)).isEqualTo(3);
        } finally {
            Shell.run("kill -9 " + process);
        }
        List<String> alike = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            String file = directory.resolve("dumped/" + i + ".bpf").toString();
            String text = explained(file);
            assertThat(FilterTrial.of("filter", "check", file).out()).doesNotContain("not-followed: ");
            String difference =
                    FilterTrial.of("filter", "diff", unit.toString(), file).out();
            for (String arch : List.of("x86-64", "i386")) {
                if (text.startsWith("# " + arch + "\n")
                        && named(difference, arch).isEmpty()) {
                    alike.add(arch);
                }
            }
        }
        assertThat(alike).containsExactlyInAnyOrder("x86-64", "i386");
    }

    /** Writes the filters of a process into files; the result is their number. */
    private int dumped(String process) throws IOException {
        Path dumped = directory.resolve("dumped");
        FilterTrial trial = FilterTrial.of("filter", "dump", "-o", dumped.toString(), process);
        assertThat(trial.err()).isEmpty();
        return dumped.toFile().list().length;
    }

    private static String explained(String file) throws IOException {
        FilterTrial trial = FilterTrial.of("filter", "explain", file);
        assertThat(trial.err()).isEmpty();
        assertThat(trial.out()).doesNotContain("not followed");
        return trial.out();
    }

    /** The calls of an architecture that are answered otherwise, but for those that are newer than who made the program. */
    private static List<String> named(String difference, String arch) {
        List<String> calls = new ArrayList<>();
        boolean within = false;
        for (String line : difference.lines().toList()) {
            within = line.startsWith("@@") ? line.equals("@@ " + arch + " @@") : within;
            String call = line.split("[(:]", 2)[0];
            boolean newer =
                    Since.of(call).filter(since -> since.compareTo(KNOWN) > 0).isPresent();
            if (within
                    && !line.startsWith("@@")
                    && !line.startsWith("number")
                    && !line.startsWith("syscall(")
                    && !newer) {
                calls.add(line);
            }
        }
        return calls;
    }
}
