package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FileType;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.Model;
import org.jpledge.landlock.NetRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.landlock.Scope;
import org.jpledge.landlock.Verdict;
import org.jpledge.launch.Executable;
import org.jpledge.launch.Step;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.unveil.Difference;
import org.jpledge.unveil.FileTree;
import org.jpledge.unveil.MemoryTree;
import org.jpledge.unveil.Permissions;
import org.jpledge.unveil.Unveil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which rulesets enforce a policy, as a model of Landlock understands them. */
class CompositionTest {
    private static final Arch ARCH = Arch.X86_64;
    private static final FilePath HOME = FilePath.of("/home/u");
    private static final FileTree TREE = MemoryTree.of(
                    "/proc/self/mem",
                    "/proc/self/fd/",
                    "/proc/sys/kernel/",
                    "/sys/kernel/",
                    "/etc/passwd",
                    "/etc/shadow",
                    "/home/u/file",
                    "/home/u/secret/file",
                    "/tmp/",
                    "/dev/null",
                    "/usr/bin/tool",
                    "/file")
            .link("/lib", "usr/lib");
    private static final Rights<FsRight> READ = Rights.of(FsRight.READ_FILE);
    private static final Rights<FsRight> WRITE = Rights.of(FsRight.WRITE_FILE, FsRight.TRUNCATE);

    private static final Executable TOOL = new Executable(
            Path.of("/opt/tool"),
            List.of(Path.of("/opt/tool"), Path.of("/opt/interpreter"), Path.of("/lib64/ld-linux-x86-64.so.2")),
            List.of(Path.of("/opt/tool")),
            Optional.of(Path.of("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")),
            Optional.empty(),
            List.of(Path.of("/opt/lib")));

    private static Policy policy(String promises, String... unveils) {
        Policy policy = Policy.of(Promises.parse(promises));
        for (String unveil : unveils) {
            policy = policy.unveiling(Unveil.parse(unveil));
        }
        return policy;
    }

    private static Enforcement enforce(Policy policy, Abi abi) {
        return policy.enforce(TOOL, ARCH, abi, HOME, TREE);
    }

    private static Model exact(Policy policy, Abi abi) {
        return new Model(abi, enforce(policy, abi).exact().stream().toList());
    }

    private static Model exact(String promises, String... unveils) {
        return exact(policy(promises, unveils), Abi.LATEST);
    }

    private static Model loader(String promises, String... unveils) {
        return new Model(
                Abi.LATEST,
                enforce(policy(promises, unveils), Abi.LATEST).loader().stream().toList());
    }

    private static boolean reads(Model model, String path) {
        return model.use(FilePath.of(path), READ) == Verdict.ALLOWED;
    }

    private static boolean writes(Model model, String path) {
        return model.use(FilePath.of(path), WRITE) == Verdict.ALLOWED;
    }

    /** What a promise opens by itself, and a neighbour that it does not. */
    @ParameterizedTest
    @CsvSource({
        "'', /dev/null, /dev/sda",
        "'', /dev/urandom, /dev/mem",
        "'', /etc/localtime, /etc/passwd",
        "'', /usr/share/zoneinfo/Europe/Berlin, /usr/share/doc",
        "'', /usr/lib/locale/C.utf8/LC_CTYPE, /usr/lib/os-release",
        "'', /usr/share/locale/locale.alias, /usr/share/misc",
        "'', /usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache, /usr/lib/x86_64-linux-gnu/libc.so.6",
        "'', /sys/devices/system/cpu/online, /sys/devices/system/node/online",
        "getpw, /etc/passwd, /etc/shadow",
        "getpw, /etc/group, /etc/gshadow",
        "getpw, /etc/nsswitch.conf, /etc/hosts",
        "dns, /etc/resolv.conf, /etc/passwd",
        "dns, /etc/hosts, /etc/group",
        "dns, /etc/services, /etc/hostname",
        "dns, /etc/protocols, /etc/ssh",
        "dns, /etc/nsswitch.conf, /etc/shadow",
        "dns, /etc/gai.conf, /etc/fstab",
        "dns, /etc/host.conf, /etc/mtab",
        "tty, /dev/tty, /dev/pts/0",
        "tty, /usr/share/terminfo/x/xterm, /usr/share/tabset",
        "vminfo, /proc/meminfo, /proc/1/status",
        "vminfo, /sys/devices/system/node/node0/meminfo, /sys/class/net",
        "ps, /proc/1/status, /sys/class/net",
        "prot_exec, /usr/lib/x86_64-linux-gnu/libc.so.6, /usr/share/doc",
        "prot_exec, /etc/ld.so.cache, /etc/passwd",
        "exec, /lib/x86_64-linux-gnu/libc.so.6, /etc/passwd",
        "tmppath, /tmp/file, /var/tmp/file",
    })
    void aPromiseOpensItsOwnFilesAndNoOthers(String word, String path, String other) {
        for (String unveil : List.of("r:/usr/bin", ":/")) {
            Model model = exact("stdio " + word, unveil);
            assertThat(reads(model, path)).isTrue();
            assertThat(reads(model, other)).isFalse();
        }
        if (!word.equals("exec")) {
            Model unveiled = exact("stdio " + word);
            assertThat(reads(unveiled, path)).isTrue();
            assertThat(reads(unveiled, other)).isFalse();
        }
        if (!word.isEmpty()) {
            assertThat(reads(exact("stdio", "r:/usr/bin"), path)).isFalse();
        }
    }

    @Test
    void whatIsWrittenWithoutWpathIsTheNullDeviceAndItsLike() {
        Model stdio = exact("stdio");
        assertThat(writes(stdio, "/dev/null")).isTrue();
        assertThat(writes(stdio, "/dev/full")).isTrue();
        assertThat(writes(stdio, "/dev/tty")).isFalse();
        assertThat(writes(stdio, "/etc/localtime")).isFalse();
        assertThat(writes(exact("stdio tty"), "/dev/tty")).isTrue();
        assertThat(writes(exact("stdio tmppath", "r:/etc"), "/tmp/file")).isTrue();
        assertThat(exact("stdio tmppath").create(FilePath.of("/tmp/new"), FileType.REGULAR))
                .isEqualTo(Verdict.ALLOWED);
        assertThat(exact("stdio tmppath").create(FilePath.of("/new"), FileType.REGULAR))
                .isEqualTo(Verdict.EACCES);
    }

    @Test
    void noPromiseOpensTheFilesWithPasswordsAndNothingButRpathTheRest() {
        List<String> words = new ArrayList<>(PromiseTable.standard().words());
        words.removeAll(List.of("rpath", "exec"));
        Model model = exact(String.join(" ", words));
        for (String path :
                List.of("/etc/shadow", "/etc/gshadow", "/root/.ssh/id_rsa", "/home/u/file", "/etc/sudoers")) {
            assertThat(reads(model, path)).as(path).isFalse();
        }
        assertThat(reads(exact("stdio rpath"), "/home/u/file")).isTrue();
    }

    @Test
    void pathsOfTheTableAreSystemPathsOfEveryArchitecture() {
        for (Arch arch : Arch.values()) {
            Ruleset ruleset = policy("stdio exec prot_exec", ":/")
                    .enforce(arch, Abi.LATEST, HOME, TREE)
                    .exact()
                    .orElseThrow();
            assertThat(ruleset.paths()).extracting(PathRule::presence).containsOnly(PathRule.Presence.SYSTEM);
            assertThat(ruleset.paths().stream()
                            .filter(rule -> rule.allowed().has(FsRight.EXECUTE))
                            .map(rule -> rule.path().name().toString()))
                    .isNotEmpty()
                    .allMatch(name -> name.startsWith("ld"));
            assertThat(ruleset.paths().stream()
                            .filter(rule -> rule.path().toString().contains("-linux-gnu")))
                    .hasSizeBetween(1, 2);
        }
    }

    @Test
    void memoryIsNotWrittenThroughProcUnlessItMayBeExecutedOrIsUnveiled() {
        String mem = "/proc/self/mem";
        for (String[] unveils : new String[][] {{}, {"rw:/"}, {"rwxc:/", "r:/etc"}, {"rwc:/", "rw:/home"}}) {
            Model without = exact("stdio rpath wpath cpath", unveils);
            assertThat(writes(without, mem)).isFalse();
            assertThat(writes(without, "/sys/kernel/x")).isFalse();
            assertThat(reads(without, mem)).isTrue();
            assertThat(writes(without, "/home/u/file")).isTrue();
            assertThat(writes(without, "/file")).isTrue();
            Model with = exact("stdio rpath wpath cpath prot_exec", unveils);
            assertThat(writes(with, mem)).isTrue();
        }
        assertThat(writes(exact("stdio rpath wpath", "rw:/", "rw:/proc"), mem)).isTrue();
        assertThat(writes(exact("stdio rpath wpath", "rw:/", "rw:/proc"), "/sys/kernel/x"))
                .isFalse();
        Model inner = exact("stdio rpath wpath", "rw:/", "rw:/proc/self/fd");
        assertThat(writes(inner, "/proc/self/fd/1")).isTrue();
        assertThat(writes(inner, mem)).isFalse();
        assertThat(writes(exact("stdio rpath wpath", "rw:/", "rw:/usr/../proc"), mem))
                .isTrue();
        assertThat(writes(exact("stdio rpath wpath", "rw:/home"), mem)).isFalse();
        assertThat(writes(exact("stdio rpath wpath", "rw:/", "r:/proc"), mem)).isFalse();
    }

    @Test
    void whatIsMadeInTheRootIsMadeThoughProcIsGuarded() {
        Model model = exact("stdio rpath wpath cpath");
        assertThat(model.create(FilePath.of("/new"), FileType.REGULAR)).isEqualTo(Verdict.ALLOWED);
        assertThat(model.remove(FilePath.of("/file"), FileType.REGULAR)).isEqualTo(Verdict.ALLOWED);
        Enforcement enforcement = enforce(policy("stdio rpath wpath cpath"), Abi.V7);
        assertThat(enforcement.listed()).containsExactly(FilePath.ROOT);
        assertThat(enforce(policy("stdio rpath"), Abi.V7).listed()).isEmpty();
    }

    @Test
    void whatCannotBeLookedAtIsNotWrittenAndKeepsNobodyFromTheRest() {
        FileTree tree = MemoryTree.of("/proc/self/mem", "/home/u/file").unseen("/mnt");
        Enforcement enforcement = policy("stdio rpath wpath").enforce(ARCH, Abi.V7, HOME, tree);
        Model model = new Model(Abi.V7, enforcement.exact().stream().toList());
        assertThat(writes(model, "/home/u/file")).isTrue();
        assertThat(writes(model, "/mnt/file")).isFalse();
        assertThat(reads(model, "/mnt/file")).isTrue();
        assertThat(enforcement.differences())
                .extracting(Difference::text)
                .contains(
                        "/mnt: it and what is below it has only what the directory has that it lies in, because it cannot be"
                                + " looked at: permission denied");
    }

    @Test
    void theLoaderReadsTheProgramAndItsLibrariesAndTheProgramDoesNot() {
        for (String[] unveils : new String[][] {{}, {"r:/home"}}) {
            Model loader = loader("stdio", unveils);
            Model exact = exact("stdio", unveils);
            for (String path : List.of(
                    "/opt/interpreter",
                    "/lib64/ld-linux-x86-64.so.2",
                    "/opt/lib/libtool.so",
                    "/usr/lib/libc.so",
                    "/etc/ld.so.cache")) {
                assertThat(reads(loader, path)).as(path).isTrue();
                assertThat(reads(exact, path)).as(path).isFalse();
            }
            assertThat(loader.execute(FilePath.of("/opt/tool"))).isEqualTo(Verdict.ALLOWED);
            assertThat(exact.execute(FilePath.of("/opt/tool"))).isEqualTo(Verdict.EACCES);
            // A script is read by its interpreter, which runs under the exact rules.
            assertThat(reads(exact, "/opt/tool")).isTrue();
            assertThat(reads(loader, "/etc/passwd")).isFalse();
        }
        Policy more = policy("stdio", "r:/home").loaderPath(FilePath.of("/srv/lib"));
        assertThat(enforce(more, Abi.V7).loader().orElseThrow().paths())
                .extracting(rule -> rule.path().toString())
                .contains("/srv/lib");
    }

    @Test
    void theLoaderIsGrantedWhateverTheProgramIs() {
        Random random = new Random(7);
        List<String> words = PromiseTable.standard().words();
        List<String> places =
                List.of("/", "/etc", "/home", "/home/u", "/home/u/secret", "/proc", "/proc/self", "/tmp", "/file");
        List<String> paths = List.of(
                "/",
                "/etc/passwd",
                "/home/u/file",
                "/home/u/secret/file",
                "/proc/self/mem",
                "/tmp/x",
                "/file",
                "/dev/null",
                "/usr/lib/libc.so",
                "/lib64/ld-linux-x86-64.so.2",
                "/opt/tool",
                "/dev/tty",
                "/etc/hosts");
        List<Abi> abis = List.of(Abi.values());
        int restricted = 0;
        for (int round = 0; round < 600; round++) {
            StringBuilder promises = new StringBuilder("stdio");
            for (int i = random.nextInt(7); i > 0; i--) {
                promises.append(' ').append(words.get(random.nextInt(words.size())));
            }
            Policy policy = policy(promises.toString()).demanding(Demand.BEST_EFFORT);
            for (int i = random.nextInt(4); i > 0; i--) {
                policy = policy.unveiling(Unveil.of(
                        places.get(random.nextInt(places.size())), new Permissions(random.nextInt(16)).toString()));
            }
            if (random.nextInt(3) == 0) {
                policy = policy.connecting(1 + random.nextInt(100)).binding(random.nextInt(100));
            }
            if (random.nextInt(3) == 0) {
                policy = policy.onViolation(random.nextBoolean() ? Action.KILL_PROCESS : Action.LOG);
            }
            Abi abi = abis.get(random.nextInt(abis.size()));
            Enforcement enforcement = enforce(policy, abi);
            Model exact = new Model(abi, enforcement.exact().stream().toList());
            Model loader = new Model(abi, enforcement.loader().stream().toList());
            assertThat(enforcement.loader().isPresent())
                    .isEqualTo(enforcement.exact().isPresent());
            for (String path : paths) {
                Rights<FsRight> granted = exact.rights(FilePath.of(path));
                assertThat(loader.rights(FilePath.of(path)).hasAll(granted))
                        .as("%s on %s: %s", policy, abi, path)
                        .isTrue();
            }
            for (int port = 0; port < 100; port++) {
                for (NetRight right : NetRight.values()) {
                    assertThat(loader.port(port, right)).isEqualTo(exact.port(port, right));
                }
            }
            restricted += enforcement.exact().isPresent() ? 1 : 0;
        }
        assertThat(restricted).isGreaterThan(300);
    }

    @Test
    void portsThatAreNotListedAreRefusedInBothDirections() {
        Model model = exact(policy("stdio inet").connecting(443).binding(80), Abi.LATEST);
        assertThat(model.port(443, NetRight.CONNECT_TCP)).isEqualTo(Verdict.ALLOWED);
        assertThat(model.port(443, NetRight.CONNECT_SEND_UDP)).isEqualTo(Verdict.ALLOWED);
        assertThat(model.port(443, NetRight.BIND_TCP)).isEqualTo(Verdict.EACCES);
        assertThat(model.port(80, NetRight.BIND_TCP)).isEqualTo(Verdict.ALLOWED);
        assertThat(model.port(80, NetRight.CONNECT_TCP)).isEqualTo(Verdict.EACCES);
        assertThat(model.port(53, NetRight.CONNECT_TCP)).isEqualTo(Verdict.EACCES);
        // Sending without a port of one's own is having the kernel pick one.
        assertThat(model.port(0, NetRight.BIND_UDP)).isEqualTo(Verdict.ALLOWED);
        assertThat(model.port(0, NetRight.BIND_TCP)).isEqualTo(Verdict.EACCES);
        Model bind = exact(policy("stdio inet").binding(80), Abi.LATEST);
        assertThat(bind.port(0, NetRight.BIND_UDP)).isEqualTo(Verdict.EACCES);
        Model dns = exact(policy("stdio inet dns").connecting(443), Abi.LATEST);
        assertThat(dns.port(53, NetRight.CONNECT_TCP)).isEqualTo(Verdict.ALLOWED);
        assertThat(dns.port(853, NetRight.CONNECT_SEND_UDP)).isEqualTo(Verdict.ALLOWED);
    }

    @Test
    void dnsAloneReachesItsPortsAndWithInetAll() {
        Model dns = exact("stdio dns");
        assertThat(dns.port(53, NetRight.CONNECT_TCP)).isEqualTo(Verdict.ALLOWED);
        assertThat(dns.port(53, NetRight.CONNECT_SEND_UDP)).isEqualTo(Verdict.ALLOWED);
        assertThat(dns.port(80, NetRight.CONNECT_TCP)).isEqualTo(Verdict.EACCES);
        assertThat(dns.port(80, NetRight.CONNECT_SEND_UDP)).isEqualTo(Verdict.EACCES);
        assertThat(dns.port(80, NetRight.BIND_TCP)).isEqualTo(Verdict.EACCES);
        assertThat(exact("stdio dns anet").port(80, NetRight.BIND_TCP)).isEqualTo(Verdict.ALLOWED);
        assertThat(exact("stdio dns anet").port(80, NetRight.CONNECT_TCP)).isEqualTo(Verdict.EACCES);
        assertThat(exact("stdio dns inet").port(80, NetRight.CONNECT_TCP)).isEqualTo(Verdict.ALLOWED);
        Enforcement old = enforce(policy("stdio dns"), Abi.V7);
        assertThat(old.shortfalls())
                .extracting(Shortfall::text)
                .containsExactly("dns over UDP needs Landlock ABI 10 (Linux 7.2), and this kernel has ABI 7: "
                        + "it reaches every UDP port");
        assertThat(old.warnings()).isEmpty();
        assertThatThrownBy(() -> enforce(policy("stdio dns").demanding(Demand.EVERYTHING), Abi.V7))
                .isInstanceOf(UnenforceableException.class)
                .hasMessageContaining("dns over UDP needs Landlock ABI 10");
    }

    @Test
    void whatReachesOutsideNeedsItsPromise() {
        assertThat(exact("stdio rpath").ends(Scope.SIGNAL)).isTrue();
        assertThat(exact("stdio rpath").ends(Scope.ABSTRACT_UNIX_SOCKET)).isTrue();
        assertThat(exact("stdio proc").ends(Scope.SIGNAL)).isFalse();
        assertThat(exact("stdio unix").ends(Scope.ABSTRACT_UNIX_SOCKET)).isFalse();
        assertThat(exact(policy("stdio"), Abi.V5).ends(Scope.SIGNAL)).isFalse();
    }

    /** Unveils; the mode; ABI; what the filter has to know. */
    @ParameterizedTest
    @CsvSource({
        "stdio,                 false, E, V2, UNRESTRICTED",
        "stdio,                 false, E, V3, ALL",
        "stdio,                 true,  E, V1, TRUNCATING",
        "stdio,                 true,  E, V2, TRUNCATING",
        "stdio,                 true,  E, V3, ALL",
        "stdio,                 false, K, V7, UNRESTRICTED",
        "stdio,                 true,  K, V7, UNRESTRICTED",
        "stdio,                 false, L, V7, UNRESTRICTED",
        "stdio exec,            false, E, V7, UNRESTRICTED",
        "stdio exec,            true,  E, V7, ALL",
        "stdio exec rpath,      false, E, V7, ALL",
    })
    void theFilterLeavesOpeningToLandlockWhereThatSaysNoLess(
            String promises, boolean veiled, char mode, Abi abi, String expected) {
        Policy policy = veiled ? policy(promises, "r:/etc") : policy(promises);
        policy = switch (mode) {
            case 'K' -> policy.onViolation(Action.KILL_PROCESS);
            case 'L' -> policy.onViolation(Action.LOG);
            default -> policy;
        };
        Set<Circumstance> circumstances = switch (expected) {
            case "ALL" -> EnumSet.allOf(Circumstance.class);
            case "UNRESTRICTED" -> Circumstance.UNRESTRICTED;
            default -> EnumSet.of(Circumstance.ANYPORT, Circumstance.ANYUDP, Circumstance.LISTENING);
        };
        assertThat(enforce(policy, abi).circumstances()).isEqualTo(circumstances);
    }

    @Test
    void aListOfPortsTakesFromTheFilterWhatLandlockCannotHold() {
        Policy connect = policy("stdio inet").connecting(443);
        assertThat(enforce(connect, Abi.V7).circumstances())
                .doesNotContain(Circumstance.ANYPORT, Circumstance.ANYUDP, Circumstance.LISTENING);
        assertThat(enforce(connect, Abi.V10).circumstances())
                .contains(Circumstance.ANYUDP)
                .doesNotContain(Circumstance.ANYPORT, Circumstance.LISTENING);
        assertThat(enforce(connect.binding(80), Abi.V7).circumstances())
                .contains(Circumstance.LISTENING)
                .doesNotContain(Circumstance.ANYPORT);
        assertThat(enforce(policy("stdio unix").connecting(443), Abi.V7).circumstances())
                .contains(Circumstance.LISTENING);
    }

    @ParameterizedTest
    @EnumSource
    void whatIsOnlyWatchedIsNotEnforcedUnlessUnveiled(Abi abi) {
        Policy watched = policy("stdio rpath dns").onViolation(Action.LOG);
        assertThat(enforce(watched, abi)).extracting(Enforcement::exact).isEqualTo(Optional.empty());
        assertThat(enforce(watched.demanding(Demand.EVERYTHING), abi).shortfalls())
                .isEmpty();
        Policy veiled = watched.unveiling(Unveil.parse("r:/etc")).demanding(Demand.BEST_EFFORT);
        assertThat(enforce(veiled, abi).exact().isPresent()).isEqualTo(abi != Abi.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "NONE; unveil needs Landlock ABI 1 (Linux 5.13), and this kernel has none: no path would be closed",
                "V3; --connect needs Landlock ABI 4 (Linux 6.7), and this kernel has ABI 3: every TCP port would be open",
            })
    void whatWasAskedForAndCannotBeEnforcedIsAnError(Abi abi, String message) {
        Policy policy = (abi == Abi.NONE ? policy("stdio rpath", "r:/etc") : policy("stdio inet")).connecting(80);
        assertThatThrownBy(() -> enforce(policy, abi))
                .isInstanceOf(UnenforceableException.class)
                .hasMessage(message);
        Enforcement least = enforce(policy.demanding(Demand.BEST_EFFORT), abi);
        assertThat(least.warnings()).extracting(Shortfall::text).contains(message);
        assertThat(least.circumstances()).doesNotContain(Circumstance.ANYUDP, Circumstance.ANYPORT);
    }

    @Test
    void unixBeneathAVeilIsAWarningAndRefusedIfStrict() {
        Policy unix = policy("stdio rpath unix", "r:/etc");
        assertThat(enforce(unix, Abi.V8).warnings())
                .extracting(Shortfall::text)
                .containsExactly("unveil with unix needs Landlock ABI 9 (Linux 7.1), and this kernel has ABI 8: "
                        + "Unix sockets can be connected to by their paths, unveiled or not");
        assertThat(enforce(unix, Abi.V9).warnings()).isEmpty();
        assertThatThrownBy(() -> enforce(unix.demanding(Demand.EVERYTHING), Abi.V8))
                .isInstanceOf(UnenforceableException.class);
        assertThat(enforce(policy("stdio rpath unix"), Abi.V8).warnings()).isEmpty();
        assertThat(enforce(policy("stdio rpath", "r:/etc").demanding(Demand.EVERYTHING), Abi.V7)
                        .shortfalls())
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aRulesetIsOneThatTheKernelKnows(Abi abi) {
        Policy policy = policy("stdio rpath wpath cpath dpath unix dns exec tty getpw", "rwxc:/home", "r:/etc")
                .connecting(443)
                .binding(80)
                .demanding(Demand.BEST_EFFORT);
        Enforcement enforcement = enforce(policy, abi);
        for (Ruleset ruleset : List.of(
                enforcement.exact().orElse(Ruleset.NOTHING),
                enforcement.loader().orElse(Ruleset.NOTHING))) {
            assertThat(ruleset.degrade(abi).ruleset()).isEqualTo(ruleset);
            assertThat(ruleset.handledFs()).isEqualTo(Rights.known(FsRight.values(), abi));
            assertThat(ruleset.handledNet()).isEqualTo(Rights.known(NetRight.values(), abi));
        }
        assertThat(enforcement.shortfalls())
                .isSortedAccordingTo((one, other) -> one.severity().compareTo(other.severity()))
                .allMatch(shortfall -> !abi.has(shortfall.needs()));
        assertThat(enforcement.shortfalls().isEmpty()).isEqualTo(abi.has(Abi.V10));
    }

    @Test
    void anUnveilThatIsNotAbsoluteIsMarked() {
        assertThat(enforce(policy("stdio rpath", "r:/etc"), Abi.V7).relative()).isFalse();
        assertThat(enforce(policy("stdio rpath", "r:/etc", "file"), Abi.V7).relative())
                .isTrue();
        assertThat(enforce(policy("stdio rpath", "r:/home/u", ":secret"), Abi.V7)
                        .listed())
                .containsExactly(HOME);
    }

    @Test
    void namesAreAskedForOverTcpWhereUdpIsForbidden() {
        Policy connect = policy("stdio inet dns").connecting(443);
        assertThat(variables(connect, Abi.V7)).containsExactly("RES_OPTIONS=use-vc");
        assertThat(variables(connect, Abi.V10)).isEmpty();
        assertThat(variables(policy("stdio inet dns"), Abi.V7)).isEmpty();
        assertThat(variables(policy("stdio inet").connecting(443), Abi.V7)).isEmpty();
    }

    private static List<String> variables(Policy policy, Abi abi) {
        List<String> variables = new ArrayList<>();
        for (Step step : policy.plan(TOOL, ARCH, List.of(new byte[] {'x'}), abi, HOME, TREE)
                .steps()) {
            if (step instanceof Step.Environment environment) {
                for (byte[] change : environment.changes()) {
                    variables.add(new String(change, StandardCharsets.US_ASCII));
                }
            }
        }
        return variables;
    }

    @Test
    void aLoadersDirectoryIsAbsolute() {
        assertThatThrownBy(() -> policy("stdio").loaderPath(FilePath.of("lib")))
                .hasMessage("the loader's directory lib is not absolute");
    }

    @Test
    void noPortIsAnErrorThatSaysSo() {
        assertThatThrownBy(() -> policy("stdio").connecting(0)).hasMessageContaining("0 is no port: 1 to 65535");
        assertThatThrownBy(() -> policy("stdio").binding(65536)).hasMessageContaining("65536 is no port: 0 to 65535");
    }
}
