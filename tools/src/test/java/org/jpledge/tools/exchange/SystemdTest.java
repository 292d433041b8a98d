package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jpledge.bpf.SeccompData;
import org.jpledge.seccomp.Action;
import org.jpledge.seccomp.Filter;
import org.jpledge.seccomp.Rule;
import org.jpledge.seccomp.RuleParser;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.policy.Limit;
import org.jpledge.tools.policy.PolicyDocument;
import org.jpledge.tools.policy.PortList;
import org.jpledge.unveil.Permissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Units of systemd: what they mean, and that systemd takes what is written. */
class SystemdTest {
    private static final long SEED = 8;

    @TempDir
    private Path directory;

    private static Imported imported(String settings) throws ImportException {
        return SystemdReader.read("[Unit]\nDescription=x\n[Service]\n" + settings, ImportSettings.of(Arch.X86_64));
    }

    private static Filter read(String settings) throws ImportException {
        return imported(settings).filter(Imported.MAIN);
    }

    private static Action decision(Filter filter, String call, long... args) {
        return decision(filter, Arch.X86_64, call, args);
    }

    private static Action decision(Filter filter, Arch arch, String call, long... args) {
        long[] six = Arrays.copyOf(args, 6);
        int number = SyscallTable.of(arch).number(call).orElseThrow();
        return filter.decide(
                new SeccompData(number, arch.audit(), 0, six[0], six[1], six[2], six[3], six[4], six[5]),
                Differences.SELF);
    }

    private static Exported written(Filter filter) {
        return written(filter, PolicyDocument.EMPTY);
    }

    private static Exported written(Filter filter, PolicyDocument policy) {
        return SystemdWriter.write(new Exportable("test", policy, new TreeMap<>(Map.of(Imported.MAIN, filter))));
    }

    private static String wrong(String settings) {
        try {
            imported(settings);
            return "no error";
        } catch (ImportException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static Filter filter(String rules, Action otherwise) {
        return Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64).parse(rules, Action.ALLOW),
                otherwise,
                otherwise,
                Action.KILL_THREAD);
    }

    @Test
    void theExampleOfTheManualAllowsWhatServicesNeed() throws ImportException {
        Filter filter = read("SystemCallFilter=@system-service\nSystemCallErrorNumber=EPERM\n");
        Set<String> allowed =
                new TreeSet<>(SystemdGroups.calls("@system-service").orElseThrow());
        assertThat(allowed)
                .hasSizeGreaterThan(300)
                .contains("read", "socket", "execve")
                .doesNotContain("mount", "reboot");
        assertThat(Differences.between(
                        filter,
                        (number, args) -> {
                            boolean listed = SyscallTable.of(Arch.X86_64)
                                    .name(number)
                                    .filter(allowed::contains)
                                    .isPresent();
                            return listed ? Action.ALLOW : new Action.Errno(1);
                        },
                        Arch.X86_64,
                        SEED))
                .isEmpty();
        assertThat(decision(filter, Arch.I386, "socketcall")).isEqualTo(Action.ALLOW);
        assertThat(decision(filter, Arch.I386, "mount")).isEqualTo(new Action.Errno(1));
    }

    @Test
    void theFirstListSaysWhatTheOthersAddAndTakeAway() throws ImportException {
        Filter allowing = read("""
                SystemCallFilter=read write
                SystemCallFilter=~write close:EBADF open:kill
                SystemCallFilter=dup \\
                   # a comment between
                   dup2
                """);
        assertThat(decision(allowing, "read")).isEqualTo(Action.ALLOW);
        assertThat(decision(allowing, "write")).isEqualTo(Action.KILL_PROCESS);
        assertThat(decision(allowing, "close")).isEqualTo(new Action.Errno(9));
        assertThat(decision(allowing, "open")).isEqualTo(Action.KILL_PROCESS);
        assertThat(decision(allowing, "dup2")).isEqualTo(Action.ALLOW);
        assertThat(decision(allowing, "execve")).isEqualTo(Action.ALLOW);
        assertThat(decision(allowing, "mount")).isEqualTo(Action.KILL_PROCESS);
        Filter denying = read(
                "SystemCallFilter=~@mount:EACCES ptrace\nSystemCallFilter=pivot_root\nSystemCallErrorNumber=EPERM\n");
        assertThat(decision(denying, "mount")).isEqualTo(new Action.Errno(13));
        assertThat(decision(denying, "ptrace")).isEqualTo(new Action.Errno(1));
        assertThat(decision(denying, "pivot_root")).isEqualTo(Action.ALLOW);
        assertThat(decision(denying, "read")).isEqualTo(Action.ALLOW);
        Filter reset = read("SystemCallFilter=~read\nSystemCallFilter=\nSystemCallFilter=write\n");
        assertThat(decision(reset, "read")).isEqualTo(Action.KILL_PROCESS);
    }

    @Test
    void callsAreLogged() throws ImportException {
        Filter listed = read("SystemCallFilter=~ptrace\nSystemCallLog=read ptrace\n");
        assertThat(decision(listed, "read")).isEqualTo(Action.LOG);
        assertThat(decision(listed, "write")).isEqualTo(Action.ALLOW);
        assertThat(decision(listed, "ptrace")).isEqualTo(Action.KILL_PROCESS);
        Filter others = read("SystemCallLog=~read\n");
        assertThat(decision(others, "read")).isEqualTo(Action.ALLOW);
        assertThat(decision(others, "write")).isEqualTo(Action.LOG);
    }

    @Test
    void addressFamiliesAreAnArgument() throws ImportException {
        Filter allowing = read("RestrictAddressFamilies=AF_UNIX AF_INET\nRestrictAddressFamilies=~AF_INET\n");
        assertThat(decision(allowing, "socket", 1)).isEqualTo(Action.ALLOW);
        assertThat(decision(allowing, "socket", 2)).isEqualTo(new Action.Errno(97));
        assertThat(decision(allowing, "socket", 1L << 32 | 1)).isEqualTo(new Action.Errno(97));
        assertThat(decision(allowing, "socketpair", 2)).isEqualTo(Action.ALLOW);
        Filter denying = read("RestrictAddressFamilies=~AF_PACKET\nSystemCallFilter=socket\n");
        assertThat(decision(denying, "socket", 17)).isEqualTo(new Action.Errno(97));
        assertThat(decision(denying, "socket", 2)).isEqualTo(Action.ALLOW);
        Filter none = read("RestrictAddressFamilies=none\nSystemCallArchitectures=native\n");
        assertThat(decision(none, "socket", 1)).isEqualTo(new Action.Errno(97));
        assertThat(none.sections()).hasSize(1);
        Filter refused = read("SystemCallFilter=~socket\nRestrictAddressFamilies=AF_UNIX\n");
        assertThat(decision(refused, "socket", 1)).isEqualTo(Action.KILL_PROCESS);
    }

    @Test
    void pathsPortsAndLimitsAreRead() throws ImportException {
        Imported imported = imported("""
                ReadOnlyPaths=/
                ReadWritePaths=/var/lib/x "/srv/with space"
                InaccessiblePaths=-/home
                NoExecPaths=/
                ExecPaths=/usr
                SocketBindDeny=any
                SocketBindAllow=ipv4:tcp:80
                IPAddressDeny=any
                LimitNOFILE=100:200
                LimitCPU=2min
                LimitAS=1G
                LimitFSIZE=infinity
                ProtectHome=yes
                """);
        assertThat(imported.policy().unveil())
                .isEqualTo(Map.of(
                        "/", Permissions.parse("r"),
                        "/home", Permissions.NONE,
                        "/srv/with space", Permissions.parse("rwc"),
                        "/usr", Permissions.parse("rx"),
                        "/var/lib/x", Permissions.parse("rwc")));
        assertThat(imported.policy().ignoreMissing()).isTrue();
        assertThat(imported.policy().ports())
                .isEqualTo(Optional.of(new PortList(new TreeSet<>(), new TreeSet<>(Set.of(80)))));
        assertThat(imported.policy().limits())
                .isEqualTo(Map.of(Limit.OPEN_FILES, 100L, Limit.CPU, 120L, Limit.MEMORY, 1L << 30));
        assertThat(imported.remarks()).contains("line 16: ProtectHome= is not read");
    }

    @Test
    void mistakesAreNamedWithTheirPlace() {
        assertThat(wrong("SystemCallFilter=read wirte\n"))
                .isEqualTo("4:23: unknown system call \"wirte\" (did you mean \"write\"?)");
        assertThat(wrong("SystemCallFilter=~@sytem-service\n"))
                .isEqualTo(
                        "4:19: unknown group of system calls \"@sytem-service\" (did you mean \"@system-service\"?)");
        assertThat(wrong("SystemCallFilter=~read:EPREM\n"))
                .isEqualTo("4:24: unknown error \"EPREM\" (did you mean \"EPERM\"?)");
        assertThat(wrong("SystemCallErrorNumber=4096\n")).isEqualTo("4:23: an error is 0 to 4095, not 4096");
        assertThat(wrong("RestrictAddressFamilies=AF_INTE\n")).startsWith("4:25: no constant \"AF_INTE\"");
        assertThat(wrong("RestrictAddressFamilies=INET\n"))
                .isEqualTo("4:25: an address family begins with AF_, not \"INET\"");
        assertThat(wrong("SystemCallArchitectures=x68\n")).startsWith("4:25: unknown architecture \"x68\"");
        assertThat(wrong("ReadOnlyPaths=etc\n")).isEqualTo("4:15: a path begins with /, not \"etc\"");
        assertThat(wrong("ReadOnlyPaths=\"/etc\n")).isEqualTo("4:15: the quotation that begins here does not end");
        assertThat(wrong("ReadOnlyPaths=%h\n")).isEqualTo("4:15: the specifier %h is known to systemd only");
        assertThat(wrong("BindPaths=/a:/b\n")).startsWith("4:11: \"/a\" is to be seen at another place, \"/b\"");
        assertThat(wrong("LimitNOFILE=many\n"))
                .isEqualTo("4:13: LimitNOFILE= takes a number or infinity, not \"many\"");
        assertThat(wrong("LimitAS=99999999999T\n")).isEqualTo("4:9: 99999999999T is more than LimitAS= can say");
        assertThat(wrong("SystemCallFilter\n"))
                .isEqualTo("4:1: expected a section or KEY=VALUE, not \"SystemCallFilter\"");
        assertThat(wrong("SystemCallFilter=read \\")).startsWith("4:1: the text ends after a backslash");
        assertThat(wrong("[Service\n")).isEqualTo("4:1: a section is a name in brackets, such as [Service]");
        assertThat(wrong("SystemCallFilter=" + "read ".repeat(2_000_000) + "x"))
                .startsWith("4:10000018: unknown system call \"x\"");
        try {
            SystemdReader.read("[Unit]\n", ImportSettings.of(Arch.X86_64));
            assertThat(false).isTrue();
        } catch (ImportException e) {
            assertThat(e).hasMessage("1:1: a unit whose processes can be confined has a section [Service]");
        }
    }

    @Test
    void whatIsWrittenMeansWhatWasMeant() throws ImportException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        List<Action> all =
                List.of(Action.ALLOW, Action.LOG, Action.KILL_PROCESS, new Action.Errno(13), new Action.Errno(97));
        List<Integer> numbers =
                new ArrayList<>(SyscallTable.of(Arch.X86_64).byNumber().keySet());
        for (int i = 0; i < 30; i++) {
            List<Rule> rules = new ArrayList<>();
            for (int n = random.nextInt(60); n > 0; n--) {
                int number = numbers.get(random.nextInt(numbers.size()));
                rules.add(new Rule(number, List.of(), all.get(random.nextInt(all.size()))));
            }
            rules.addAll(new RuleParser(Arch.X86_64).parse("socket(arg0:64 in {AF_UNIX, AF_INET6})", Action.ALLOW));
            rules.addAll(new RuleParser(Arch.X86_64).parse("socket", new Action.Errno(97)));
            Action otherwise = List.of(Action.ALLOW, Action.KILL_PROCESS, new Action.Errno(1))
                    .get(random.nextInt(3));
            Filter filter = Filter.of(Arch.X86_64, rules, otherwise, otherwise, Action.KILL_THREAD);
            Exported written = written(filter);
            assertThat(written.losses()).isEmpty();
            Filter again = SystemdReader.read(written.text(), ImportSettings.of(Arch.X86_64))
                    .filter(Imported.MAIN);
            assertThat(Differences.between(filter, again, Arch.X86_64, i))
                    .as(written.text())
                    .isEmpty();
        }
    }

    @Test
    void whatCannotBeSaidIsLostByName() {
        Exported written = written(Filter.of(
                Arch.X86_64,
                new RuleParser(Arch.X86_64)
                        .parse(
                                "read open(flags & O_ACCMODE == 0) kill(sig == 9) -> trap kill dup -> notify",
                                Action.ALLOW),
                new Action.Errno(1),
                new Action.Errno(38),
                new Action.Errno(1)));
        assertThat(written.losses())
                .containsExactlyInAnyOrder(
                        "open(flags & 3 == 0): open is allowed with any arguments",
                        "kill(sig == 9) -> trap: kill is allowed with any arguments",
                        "dup: kill instead of notify",
                        "numbers that x86-64 does not know: errno EPERM instead of errno ENOSYS",
                        "calls of other architectures: kill-thread instead of errno EPERM");
        assertThat(written.remarks()).singleElement().asString().startsWith("execve is refused");
    }

    @Test
    void pathsPortsAndLimitsAreWritten() throws ImportException {
        PolicyDocument policy = PolicyDocument.EMPTY
                .unveiling(Map.of(
                        "/etc", Permissions.parse("r"),
                        "/etc/secret", Permissions.NONE,
                        "/usr/bin", Permissions.parse("rx"),
                        "/srv/a b:c", Permissions.parse("rw")))
                .using(Optional.of(new PortList(new TreeSet<>(Set.of(443)), new TreeSet<>(Set.of(80)))))
                .limiting(Map.of(Limit.OPEN_FILES, 64L));
        Exported written = written(filter("read", Action.KILL_PROCESS), policy);
        assertThat(written.text()).contains("""
                        TemporaryFileSystem=/:ro
                        """, """
                        BindReadOnlyPaths=/etc
                        NoExecPaths=/etc
                        InaccessiblePaths=/etc/secret
                        BindPaths="/srv/a b\\:c"
                        NoExecPaths="/srv/a b\\:c"
                        BindReadOnlyPaths=/usr/bin
                        ExecPaths=/usr/bin
                        SocketBindAllow=80
                        SocketBindDeny=any
                        LimitNOFILE=64
                        """);
        assertThat(written.losses())
                .contains(
                        "/srv/a b:c: files can be created and removed too",
                        "connections to port 443: systemd knows no ports of others, so all can be reached");
        Imported again = SystemdReader.read(written.text(), ImportSettings.of(Arch.X86_64));
        assertThat(again.policy().unveil())
                .containsEntry("/etc", Permissions.parse("r"))
                .containsEntry("/etc/secret", Permissions.NONE)
                .containsEntry("/usr/bin", Permissions.parse("rx"))
                .containsEntry("/srv/a b:c", Permissions.parse("rwc"))
                .doesNotContainKey("/");
    }

    @Test
    void systemdTakesWhatIsWritten() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/systemd-analyze")), "there is no systemd-analyze");
        PolicyDocument policy = PolicyDocument.EMPTY
                .unveiling(Map.of("/etc", Permissions.parse("r"), "/usr/bin", Permissions.parse("rx")))
                .using(Optional.of(new PortList(new TreeSet<>(), new TreeSet<>(Set.of(80)))))
                .limiting(Map.of(Limit.CPU, 10L, Limit.MEMORY, 1L << 30));
        Exported written = written(
                filter(
                        "execve read write close -> errno EBADF socket(arg0:64 == AF_UNIX) socket -> errno EAFNOSUPPORT dup -> log",
                        new Action.Errno(1)),
                policy);
        Path unit = directory.resolve("jpledge-test.service");
        Files.writeString(unit, written.text() + "ExecStart=/bin/true\n");
        Ended verified = run("systemd-analyze", "verify", "--man=no", unit.toString());
        // What it says about units of the machine is not about this one; its libseccomp may be older than its groups.
        assertThat(verified.output()
                        .lines()
                        .filter(line -> line.contains("jpledge-test")
                                && !line.contains("Failed to parse system call, ignoring")))
                .isEmpty();
        Ended judged = run("systemd-analyze", "security", "--offline=true", "--no-pager", unit.toString());
        assertThat(judged.status()).isZero();
        assertThat(judged.output()).containsPattern("✓.*NoNewPrivileges").containsPattern("✓.*SystemCallArchitectures");
        Files.writeString(
                unit, written.text().replace("SystemCallFilter=~", "SystemCallFiller=~") + "ExecStart=/bin/true\n");
        assertThat(run("systemd-analyze", "verify", "--man=no", unit.toString()).output())
                .contains("SystemCallFiller");
    }

    /** How a program ended. */
    private record Ended(int status, String output) {}

    private static Ended run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), output);
    }

    @Test
    void theGroupsAreThoseOfTheSystemdTheyWereTakenFrom() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/systemd-analyze")), "there is no systemd-analyze");
        Ended ended = run("systemd-analyze", "--no-pager", "syscall-filter", "@mount");
        assumeTrue(run("systemd-analyze", "--version").output().startsWith("systemd 252 "), "another systemd");
        List<String> calls = ended.output()
                .lines()
                .map(String::strip)
                .filter(line -> line.matches("[a-z_0-9]+"))
                .toList();
        assertThat(SystemdGroups.calls("@mount").orElseThrow()).containsExactlyInAnyOrderElementsOf(calls);
    }
}
