package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jpledge.landlock.Abi;
import org.jpledge.linux.Landlock;
import org.jpledge.tools.text.JsonTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command on kernels of every kind, up to where a program would be started. */
class PledgeTest {
    private static final int ENOSYS = -38;
    private static final int EOPNOTSUPP = -95;

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<Preparation> started = new ArrayList<>();

    private int perform(RunningKernel kernel, String... words) throws Failure, IOException {
        out.reset();
        err.reset();
        started.clear();
        Start start = prepared -> {
            started.add(prepared);
            return 0;
        };
        return new Pledge(
                        List.of("PATH=/usr/bin:/bin"),
                        new PrintStream(out, false, StandardCharsets.ISO_8859_1),
                        new PrintStream(err, false, StandardCharsets.ISO_8859_1),
                        "1",
                        () -> kernel,
                        List.of(),
                        start)
                .perform(List.of(words));
    }

    private void refused(RunningKernel kernel, int status, String message, String... words) {
        assertThatThrownBy(() -> perform(kernel, words))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(status))
                .hasMessage(message);
        assertThat(started).isEmpty();
        assertThat(out.toString(StandardCharsets.ISO_8859_1)).isEmpty();
    }

    private static RunningKernel kernel(Abi abi) {
        return new RunningKernel(abi, abi == Abi.NONE ? Optional.of("for a test") : Optional.empty());
    }

    @Test
    void theProbeSaysWhatTheKernelSays() {
        assertThat(RunningKernel.probed("126")).isEqualTo(RunningKernel.asked());
        assertThat(RunningKernel.probed("6")).isEqualTo(kernel(Abi.V6));
        assertThat(RunningKernel.probed("99").abi()).isEqualTo(Abi.LATEST);
        assertThat(RunningKernel.probed("218").absence().orElseThrow()).contains("built without Landlock");
        assertThat(RunningKernel.probed("161").absence().orElseThrow()).contains("switched off");
        assertThat(RunningKernel.probed("255").absence().orElseThrow()).contains("EPERM");
    }

    @ParameterizedTest
    @ValueSource(ints = {ENOSYS, EOPNOTSUPP})
    void withoutLandlockNothingIsUnveiledAndTheReasonIsSaid(int answer) throws Exception {
        Landlock.Support support = Landlock.Support.of(answer);
        RunningKernel kernel = new RunningKernel(support.abi(), support.absence());
        String reason = answer == ENOSYS
                ? "this kernel is built without Landlock (CONFIG_SECURITY_LANDLOCK; Linux 5.13 or later)"
                : "Landlock is switched off since this kernel was booted (lsm= does not name landlock)";
        refused(
                kernel,
                125,
                "unveil needs Landlock ABI 1 (Linux 5.13), and this kernel has none: no path would be closed (" + reason
                        + "); --best-effort goes on without it",
                "-p",
                "stdio rpath",
                "-v",
                "/etc",
                "ls");
        perform(kernel, "-p", "stdio rpath", "-v", "/etc", "--best-effort", "ls");
        assertThat(err.toString(StandardCharsets.ISO_8859_1))
                .isEqualTo(
                        "pledge: unveil needs Landlock ABI 1 (Linux 5.13), and this kernel has none: no path would be"
                                + " closed\n");
        assertThat(started.getFirst().enforcement().exact()).isEmpty();
    }

    @Test
    void portsNeedTheirVersion() throws Exception {
        assertThatThrownBy(() -> perform(kernel(Abi.V3), "-p", "stdio inet", "--connect", "443", "ls"))
                .hasMessageStartingWith("--connect needs Landlock ABI 4 (Linux 6.7), and this kernel has ABI 3: ")
                .hasMessageEndingWith("; --best-effort goes on without it");
        perform(kernel(Abi.V4), "-p", "stdio inet", "--connect", "443", "ls");
        assertThat(started.getFirst().enforcement().exact().orElseThrow().ports())
                .extracting(rule -> rule.port() + " " + RulesetText.ports(rule.allowed()))
                .containsExactly("443 [connect-tcp]");
    }

    @Test
    void whatAVeilAllowsBeyondTheWordsIsSaidUnlessQuiet() throws Exception {
        String[] words = {"-p", "stdio rpath", "-v", "/usr/share", "-v", ":/usr/share/doc", "ls"};
        perform(kernel(Abi.V7), words);
        assertThat(err.toString(StandardCharsets.ISO_8859_1))
                .isEqualTo("pledge: /usr/share/doc: names in it can be listed, as in the directory above it; the files"
                        + " cannot be opened\n");
        perform(kernel(Abi.V7), "-q", "-p", "stdio rpath", "-v", "/usr/share", "-v", ":/usr/share/doc", "ls");
        assertThat(err.size()).isZero();
    }

    @Test
    void whatIsSoForEveryXIsNotSaidEachTime() throws Exception {
        perform(kernel(Abi.V7), "-p", "stdio rpath exec", "-v", "/usr", "-v", "x:/usr/bin", "ls");
        assertThat(err.size()).isZero();
    }

    @Test
    void whatIsMissingIsNamed() throws Exception {
        Path here = directory.toRealPath();
        Files.createSymbolicLink(here.resolve("dangling"), Path.of("nowhere"));
        String no = here.resolve("no").toString();
        refused(
                kernel(Abi.V7),
                125,
                "unveil r:" + no + ": " + no + " does not exist, and Landlock cannot grant rights on a name; create it,"
                        + " or unveil " + here + " with rc; --ignore-missing goes on without it",
                "-p",
                "stdio rpath cpath",
                "-v",
                "r:" + no,
                "ls");
        refused(
                kernel(Abi.V7),
                125,
                "unveil " + here + "/dangling: the symbolic link " + here + "/dangling points to " + here
                        + "/nowhere, which does not exist; --ignore-missing goes on without it",
                "-p",
                "stdio rpath",
                "-v",
                here + "/dangling",
                "ls");
        perform(kernel(Abi.V7), "-p", "stdio rpath", "-v", no, "-v", here + "/dangling", "--ignore-missing", "ls");
        assertThat(started.getFirst().enforcement().exact().orElseThrow().paths())
                .noneMatch(rule -> rule.path().toString().startsWith(here.toString()));
    }

    @Test
    void aCompiledFileIsForManyProcesses() {
        refused(
                kernel(Abi.V7),
                64,
                "compile: an unveil goes through /proc/self, which each process has for itself",
                "compile",
                "-o",
                directory.resolve("out").toString(),
                "-p",
                "stdio rpath",
                "-v",
                "/proc/self/fd",
                "ls");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void jsonIsForPrinting() {
        refused(kernel(Abi.V7), 64, "option --json is for --print and --report", "-p", "stdio", "--json", "ls");
    }

    @ParameterizedTest
    @EnumSource(Abi.class)
    void whatIsPrintedIsJsonOnEveryKernel(Abi abi) throws Exception {
        String odd = "\377\303\251\"\\\n";
        perform(
                kernel(abi),
                "-p",
                "stdio rpath unix inet dns",
                "-v",
                "rw:/etc",
                "-v",
                ":/etc/ssl",
                "--connect",
                "80,443",
                "--bind",
                "8080",
                "--best-effort",
                "--print",
                "--json",
                "--",
                "ls",
                odd);
        JsonObject all =
                JsonTest.parse(out.toString(StandardCharsets.ISO_8859_1)).getAsJsonObject();
        assertThat(all.get("arguments").getAsJsonArray().get(1).getAsString()).isEqualTo("\\xff\u00e9\"\\\\x0a");
        assertThat(all.getAsJsonObject("kernel").get("landlock").getAsInt()).isEqualTo(abi.version());
        assertThat(all.get("unveils").toString()).isEqualTo("[\"rw:/etc\",\":/etc/ssl\"]");
        assertThat(all.get("connect").toString()).startsWith("[").contains("80", "443");
        assertThat(all.getAsJsonObject("exact").get("landlock").isJsonNull()).isEqualTo(abi == Abi.NONE);
        assertThat(all.getAsJsonArray("losses").isEmpty()).isEqualTo(abi.has(Abi.V10));
        assertThat(err.size()).isZero();
        if (abi != Abi.NONE) {
            assertThat(all.getAsJsonObject("exact").getAsJsonObject("landlock").getAsJsonArray("paths"))
                    .isNotEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Abi.class)
    void whatIsPrintedForPeopleSaysTheSame(Abi abi) throws Exception {
        perform(
                kernel(abi),
                "-p",
                "stdio rpath exec",
                "-v",
                "rx:/etc",
                "-v",
                ":/etc/ssl",
                "--best-effort",
                "--print",
                "--",
                "ls");
        String text = out.toString(StandardCharsets.ISO_8859_1);
        assertThat(text).contains("# Paths and ports from the entry point on, ");
        if (abi == Abi.NONE) {
            assertThat(text)
                    .contains("no Landlock: for a test\n# Landlock refuses nothing\n", "# What this kernel does not");
        } else {
            assertThat(text)
                    .contains("Landlock ABI " + abi.version(), "\n/etc/passwd: execute read-file  # if there\n")
                    .contains("# What differs from the unveils\n", "more: /etc/ssl: names in it can be listed")
                    .doesNotContain("\n/etc/ssl");
        }
    }
}
