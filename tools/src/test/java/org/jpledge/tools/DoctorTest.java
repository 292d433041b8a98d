package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jpledge.linux.Landlock;
import org.jpledge.tools.doctor.Finding;
import org.jpledge.tools.doctor.Standing;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code pledge doctor} on this machine. */
@Tag("enforcement")
class DoctorTest {
    @TempDir
    private static Path directory;

    private static String java = "";
    private static String main = "";

    @BeforeAll
    static void install() throws IOException {
        Path home = Installation.make(User.SELF.own(directory.resolve("home")));
        User.SELF.own(directory);
        java = System.getProperty("java.home") + "/bin/java ";
        main = "-cp " + home + "/core/target/jpledge-0.jar:" + home
                + "/tools/target/jpledge-tools-0.jar org.jpledge.tools.Main doctor ";
    }

    private static Map<String, JsonObject> findings(Shell.Result result) {
        Map<String, JsonObject> findings = new HashMap<>();
        for (String line : result.out().lines().toList()) {
            JsonObject finding = new Gson().fromJson(line, JsonObject.class);
            findings.put(finding.get("id").getAsString(), finding);
        }
        return findings;
    }

    private static String told(Map<String, JsonObject> findings, String id, String member) {
        return Objects.requireNonNull(findings.get(id), id).get(member).getAsString();
    }

    private static String standing(Map<String, JsonObject> findings, String id) {
        return told(findings, id, "standing");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void itSaysWhatThisMachineHas(User user) throws Exception {
        user.assume();
        Shell.Result result =
                user.run(java + "--enable-native-access=ALL-UNNAMED " + main + "--json", Map.of(), directory);
        Map<String, JsonObject> findings = findings(result);
        assertThat(standing(findings, "seccomp.action.errno")).isEqualTo("ok");
        assertThat(standing(findings, "hand-over")).isEqualTo("ok");
        boolean landlock = Landlock.support().absence().isEmpty();
        assertThat(standing(findings, "landlock")).isEqualTo(landlock ? "ok" : "missing");
        if (landlock) {
            assertThat(told(findings, "landlock", "state"))
                    .isEqualTo("ABI " + Landlock.support().abi().version());
            assertThat(standing(findings, "hand-over.unveil")).isEqualTo("ok");
        }
        boolean lacking =
                findings.keySet().stream().anyMatch(id -> standing(findings, id).equals("missing"));
        assertThat(result.status()).isEqualTo(lacking ? 1 : 0);
        assertThat(result.err()).isEmpty();
    }

    @Test
    void inASandboxItCountsWhatIsThereAlready() throws Exception {
        // Each of the two filters of a sandbox that allows nearly all.
        Shell.Result result = Shell.run(java + "--enable-native-access=ALL-UNNAMED " + main.replace(" doctor", "")
                + "-p 'stdio rpath wpath cpath fattr proc exec prot_exec inet unix ps id tmppath flock' --on-violation log -q -- "
                + java + "--enable-native-access=ALL-UNNAMED " + main + "--json");
        Map<String, JsonObject> findings = findings(result);
        assertThat(standing(findings, "seccomp")).isEqualTo("note");
        assertThat(told(findings, "seccomp", "state")).contains("this process has 2 filters already");
    }

    /** What is refused there is found by asking, and the exit status is that of the worst. */
    @ParameterizedTest
    @CsvSource({
        "landlock_create_ruleset -> errno ENOSYS, landlock, missing, 1",
        "ptrace -> errno EPERM, hand-over, missing, 1",
        "seccomp -> errno EPERM, seccomp.action.errno, fatal, 2",
    })
    void underAFilterItFindsWhatThatRefuses(String rule, String id, String standing, int status) throws Exception {
        Shell.Result result = Shell.run(java + "--enable-native-access=ALL-UNNAMED " + main.replace(" doctor", "")
                + "-p 'stdio rpath wpath cpath fattr proc exec prot_exec inet unix ps id tmppath flock' --on-violation log -q --deny '"
                + rule + "' -- " + java + "--enable-native-access=ALL-UNNAMED " + main + "--json");
        Map<String, JsonObject> findings = findings(result);
        assertThat(standing(findings, id)).as(result.toString()).isEqualTo(standing);
        assertThat(told(findings, id, "meaning")).isNotEmpty();
        assertThat(told(findings, id, "remedy")).isNotEmpty();
        assertThat(result.status()).isEqualTo(status);
    }

    @Test
    void aJvmThatMayNotCallTheKernelIsToldTheFlag() throws Exception {
        Shell.Result result = Shell.run(java + "--illegal-native-access=deny " + main);
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).contains("fatal   jdk.native-access").contains("--enable-native-access=ALL-UNNAMED");
    }

    @Test
    void nothingIsLeftBehind() throws Exception {
        Path empty = Files.createDirectory(directory.resolve("empty"));
        Shell.Result result = Shell.run(
                java + "--enable-native-access=ALL-UNNAMED -Djava.io.tmpdir=" + empty + " -XX:-UsePerfData " + main);
        assertThat(result.status()).isBetween(0, 1);
        try (var files = Files.list(empty)) {
            assertThat(files.toList()).isEqualTo(List.of());
        }
    }

    @ParameterizedTest
    @CsvSource({"FINE NOTE, 0", "NOTE MISSING FINE, 1", "MISSING FATAL NOTE, 2"})
    void theExitStatusIsThatOfTheWorst(String standings, int status) {
        List<Finding> findings = List.of(standings.split(" ", -1)).stream()
                .map(each -> new Finding("some", Standing.valueOf(each), "", "", ""))
                .toList();
        assertThat(DoctorCommand.status(findings)).isEqualTo(status);
    }

    @Test
    void whatIsNoOptionIsNamed() throws Exception {
        Shell.Result result = Shell.run(java + main + "everything");
        assertThat(result).isEqualTo(new Shell.Result(64, "", "pledge: doctor takes no \"everything\"\n"));
    }
}
