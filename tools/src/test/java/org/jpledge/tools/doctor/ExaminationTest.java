package org.jpledge.tools.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jpledge.landlock.Abi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What answers of other machines mean. */
class ExaminationTest {
    private static final long ENOSYS = -38;
    private static final long EINVAL = -22;
    private static final long EPERM = -1;
    private static final long EOPNOTSUPP = -95;

    /** A machine that lacks nothing. */
    private static Facts perfect() {
        Map<String, Long> calls = new HashMap<>();
        calls.put(Probes.MODE, 0L);
        for (FilterFeature feature : FilterFeature.values()) {
            calls.put(feature.id(), 0L);
        }
        calls.put(Probes.SIZES, 80L << 32 | 24 << 16 | 64);
        calls.put(Probes.LANDLOCK, (long) Abi.LATEST.version());
        calls.put(Probes.ERRATA, 7L);
        calls.put(Probes.AUDIT, 0L);
        calls.put(Probes.MEMORY_FILE, 0L);
        return new Facts(
                "7.2.0",
                "amd64",
                "25.0.1",
                Optional.empty(),
                calls,
                Map.of(
                        "/proc/sys/net/core/bpf_jit_enable", "1",
                        "/proc/sys/kernel/seccomp/actions_logged", "kill_process kill_thread trap errno"),
                OptionalInt.of(0),
                new Facts.Trial.Ran(2, Optional.of(true)),
                Map.of("i386", true),
                "glibc",
                List.of());
    }

    private static Facts answering(String call, long answer) {
        Facts facts = perfect();
        Map<String, Long> calls = new HashMap<>(facts.calls());
        calls.put(call, answer);
        return with(facts, calls, facts.files(), facts.handOver());
    }

    private static Facts saying(String file, String text) {
        Facts facts = perfect();
        Map<String, String> files = new HashMap<>(facts.files());
        files.put(file, text);
        return with(facts, facts.calls(), files, facts.handOver());
    }

    private static Facts trying(Facts.Trial trial) {
        return with(perfect(), perfect().calls(), perfect().files(), trial);
    }

    private static Facts with(Facts facts, Map<String, Long> calls, Map<String, String> files, Facts.Trial trial) {
        return new Facts(
                facts.release(),
                facts.machine(),
                facts.java(),
                facts.nativeAccess(),
                calls,
                files,
                facts.ownFilters(),
                trial,
                facts.programs(),
                facts.library(),
                facts.hints());
    }

    private static Finding finding(Facts facts, String id) {
        return Examination.of(facts).stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /** Whatever is worse than on a perfect machine, by its id. */
    private static Map<String, Standing> worse(Facts facts) {
        Map<String, Standing> worse = new HashMap<>();
        for (Finding finding : Examination.of(facts)) {
            if (finding.standing().compareTo(Standing.NOTE) > 0) {
                worse.put(finding.id(), finding.standing());
            }
        }
        return worse;
    }

    @Test
    void aMachineThatLacksNothingIsFine() {
        assertThat(worse(perfect())).isEmpty();
    }

    @Test
    void everyFindingHasItsOwnNameAndWhatIsNotFineSaysWhatItMeans() {
        List<Finding> findings = Examination.of(with(perfect(), Map.of(), Map.of(), new Facts.Trial.Failed("no")));
        assertThat(findings).extracting(Finding::id).doesNotHaveDuplicates();
        assertThat(findings)
                .filteredOn(finding -> finding.standing().compareTo(Standing.NOTE) > 0)
                .isNotEmpty()
                .allSatisfy(finding -> assertThat(finding.meaning()).isNotEmpty());
    }

    @ParameterizedTest
    @EnumSource(FilterFeature.class)
    void aFeatureThatIsMissingIsOneFinding(FilterFeature feature) {
        assertThat(worse(answering(feature.id(), EINVAL))).containsOnlyKeys(feature.id());
        assertThat(finding(answering(feature.id(), EINVAL), feature.id()).remedy())
                .startsWith("Linux ");
    }

    /** A filter that is there already answers in the kernel's place. */
    @ParameterizedTest
    @EnumSource(FilterFeature.class)
    void whatIsForbiddenIsNotCalledMissing(FilterFeature feature) {
        Finding finding = finding(answering(feature.id(), EPERM), feature.id());
        assertThat(finding.state()).isEqualTo("refused: EPERM");
        assertThat(finding.remedy()).startsWith("a filter that was there before refuses to say");
        assertThat(finding.standing())
                .isEqualTo(
                        finding(answering(feature.id(), EINVAL), feature.id()).standing());
        Finding sizes = finding(answering(Probes.SIZES, EPERM), "seccomp.notification");
        assertThat(sizes.remedy()).startsWith("a filter that was there before refuses to say");
        assertThat(finding(answering(Probes.SIZES, EINVAL), "seccomp.notification")
                        .remedy())
                .startsWith("Linux ");
    }

    @Test
    void withoutSeccompNothingElseIsAskedOfIt() {
        Facts facts = answering(Probes.MODE, EINVAL);
        assertThat(finding(facts, "seccomp").standing()).isEqualTo(Standing.FATAL);
        assertThat(finding(facts, "seccomp").state()).isEqualTo("refused: EINVAL");
        assertThat(worse(facts)).containsOnlyKeys("seccomp");
    }

    @Test
    void itIsSaidWhyThereIsNoLandlock() {
        Finding without = finding(answering(Probes.LANDLOCK, ENOSYS), "landlock");
        assertThat(without.state()).contains("built without Landlock");
        assertThat(without.remedy()).contains("CONFIG_SECURITY_LANDLOCK");
        Facts off = answering(Probes.LANDLOCK, EOPNOTSUPP);
        Finding switchedOff = finding(
                with(
                        off,
                        off.calls(),
                        Map.of("/proc/cmdline", "quiet lsm=yama,bpf ro", "/sys/kernel/security/lsm", "yama,bpf"),
                        off.handOver()),
                "landlock");
        assertThat(switchedOff.standing()).isEqualTo(Standing.MISSING);
        assertThat(switchedOff.remedy())
                .isEqualTo("boot with lsm=landlock,yama,bpf on the kernel's command line; it has \"lsm=yama,bpf\"");
    }

    @ParameterizedTest
    @CsvSource({
        "1, refer truncate tcp-ports device-ioctls scopes all-threads unix-paths udp-ports",
        "3, tcp-ports device-ioctls scopes all-threads unix-paths udp-ports",
        "6, all-threads unix-paths udp-ports",
        "9, udp-ports",
    })
    void aVersionOfLandlockLacksWhatLaterOnesBrought(long version, String lacking) {
        assertThat(worse(answering(Probes.LANDLOCK, version)).keySet())
                .containsExactlyInAnyOrderElementsOf(List.of(lacking.split(" ")).stream()
                        .map("landlock."::concat)
                        .toList());
    }

    @Test
    void theTrialSaysWhatTookHold() {
        assertThat(worse(trying(new Facts.Trial.Ran(1, Optional.of(true)))))
                .containsEntry("hand-over", Standing.MISSING);
        assertThat(worse(trying(new Facts.Trial.Ran(0, Optional.empty())))).containsEntry("hand-over", Standing.FATAL);
        assertThat(worse(trying(new Facts.Trial.Ran(2, Optional.of(false)))))
                .containsOnlyKeys("hand-over.unveil")
                .containsValue(Standing.FATAL);
        assertThat(finding(trying(new Facts.Trial.Failed("pledge: no")), "hand-over")
                        .state())
                .isEqualTo("pledge: no");
    }

    @ParameterizedTest
    @CsvSource({
        "/proc/sys/net/core/bpf_jit_enable, 0, bpf-jit, MISSING",
        "/proc/sys/net/core/bpf_jit_enable, 1, bpf-jit, FINE",
        "/proc/sys/net/core/bpf_jit_enable, 2, bpf-jit, NOTE",
        "/proc/sys/net/core/bpf_jit_harden, 2, bpf-jit.harden, NOTE",
        "/proc/sys/kernel/yama/ptrace_scope, 0, ptrace, FINE",
        "/proc/sys/kernel/yama/ptrace_scope, 1, ptrace, NOTE",
        "/proc/sys/kernel/yama/ptrace_scope, 2, ptrace, MISSING",
        "/proc/sys/kernel/yama/ptrace_scope, 3, ptrace, MISSING",
        "/proc/sys/kernel/seccomp/actions_logged, '', log.actions, MISSING",
        "/proc/sys/kernel/dmesg_restrict, 1, log.dmesg, NOTE",
        "/proc/sys/user/max_user_namespaces, 0, user-namespaces, NOTE",
    })
    void settingsHaveTheirMeaning(String file, String text, String id, Standing standing) {
        assertThat(finding(saying(file, text), id).standing()).isEqualTo(standing);
    }

    @Test
    void withoutNativeAccessOnlyThatIsSaid() {
        Facts facts = perfect();
        Facts closed = new Facts(
                facts.release(),
                facts.machine(),
                "17.0.2",
                Optional.of("Illegal native access"),
                Map.of(),
                facts.files(),
                facts.ownFilters(),
                new Facts.Trial.Failed("not tried"),
                Map.of(),
                facts.library(),
                facts.hints());
        assertThat(worse(closed)).containsOnlyKeys("jdk", "jdk.native-access");
        assertThat(finding(closed, "jdk.native-access").remedy()).contains("--enable-native-access");
    }

    /** Machines that together have everything that there is to be found. */
    private static List<Facts> machines() {
        List<Facts> machines = new ArrayList<>(List.of(perfect()));
        for (FilterFeature feature : FilterFeature.values()) {
            machines.add(answering(feature.id(), EINVAL));
        }
        for (long answer : new long[] {ENOSYS, EOPNOTSUPP, 1}) {
            machines.add(answering(Probes.LANDLOCK, answer));
        }
        for (String call : List.of(Probes.MODE, Probes.SIZES, Probes.ERRATA, Probes.MEMORY_FILE, Probes.AUDIT)) {
            machines.add(answering(call, EINVAL));
        }
        machines.add(answering(Probes.MODE, 2));
        machines.add(answering(Probes.ERRATA, 1));
        for (String jit : List.of("", "0", "2")) {
            machines.add(saying("/proc/sys/net/core/bpf_jit_enable", jit));
        }
        for (String harden : List.of("0", "1", "2")) {
            machines.add(saying("/proc/sys/net/core/bpf_jit_harden", harden));
        }
        for (String scope : List.of("0", "1", "2", "3")) {
            machines.add(saying("/proc/sys/kernel/yama/ptrace_scope", scope));
        }
        machines.add(saying("/proc/sys/kernel/seccomp/actions_logged", "log"));
        machines.add(saying("/proc/sys/kernel/dmesg_restrict", "1"));
        machines.add(saying("/proc/sys/user/max_user_namespaces", "0"));
        for (Facts.Trial trial : List.of(
                new Facts.Trial.Failed("no"),
                new Facts.Trial.Ran(0, Optional.empty()),
                new Facts.Trial.Ran(1, Optional.of(true)),
                new Facts.Trial.Ran(2, Optional.of(false)))) {
            machines.add(trying(trial));
        }
        machines.add(other());
        return machines;
    }

    /** Another processor, an old JDK that may not call the kernel, in a container. */
    private static Facts other() {
        return new Facts(
                "5.4.0",
                "riscv64",
                "17.0.2",
                Optional.of("Illegal native access"),
                Map.of(),
                Map.of(),
                OptionalInt.empty(),
                new Facts.Trial.Failed("not tried"),
                Map.of("x32", false, "arm", true),
                "musl",
                List.of("Docker (/.dockerenv)"));
    }

    @Test
    void thePageSaysWhatEveryFindingMeansAndHowToChangeIt() throws Exception {
        Map<String, String> rows = new HashMap<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "doctor.md"))) {
            if (line.startsWith("| `")) {
                assertThat(rows.put(line.split("`", -1)[1], line)).as(line).isNull();
            }
        }
        Set<String> found = new HashSet<>();
        for (Facts machine : machines()) {
            for (Finding finding : Examination.of(machine)) {
                found.add(finding.id());
                assertThat(rows.get(finding.id()))
                        .as(finding.id())
                        .isNotNull()
                        .contains(finding.meaning(), finding.standing().word());
                // What the machine's own settings are is its own.
                assertThat(rows.get(finding.id()))
                        .contains(finding.remedy()
                                .split(" on the kernel's command line", -1)[0]
                                .split(",", -1)[0]);
            }
        }
        assertThat(rows.keySet()).isEqualTo(found);
    }

    /** Nothing of the process that asks is other than before, and nothing it started is left. */
    @Test
    void askingChangesNothing() throws Exception {
        Probes.ask();
        String before = own();
        Probes.ask();
        assertThat(own()).isEqualTo(before);
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive))
                .isEmpty();
    }

    private static String own() throws Exception {
        List<String> fields = List.of("Seccomp", "NoNewPrivs", "Uid", "Gid", "Cap", "SigBlk", "SigIgn", "Umask");
        StringBuilder own = new StringBuilder();
        for (String line : Files.readAllLines(Path.of("/proc/thread-self/status"))) {
            if (fields.stream().anyMatch(line::startsWith)) {
                own.append(line).append('\n');
            }
        }
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            own.append(descriptors.count());
        }
        return own.append(Files.readString(Path.of("/proc/self/limits"))).toString();
    }
}
