package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jpledge.tools.exchange.Format;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code pledge policy}. */
class PolicyCommandTest {
    private static final String PROFILE = """
        {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read", "raed"], "action": "SCMP_ACT_ALLOW"}]}\
        """;

    @TempDir
    private Path directory;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = directory.resolve("My Profile.json");
        Files.writeString(file, PROFILE);
    }

    @Test
    void promisesAreExportedAndWhatIsLostIsNamed() throws IOException {
        PolicyTrial oci = PolicyTrial.of(
                "policy",
                "export",
                "--to",
                "oci",
                "-p",
                "stdio rpath",
                "-v",
                "r:/etc",
                "--connect",
                "443",
                "--memory",
                "1m");
        assertThat(oci.status()).isZero();
        assertThat(oci.out())
                .startsWith("{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\"")
                .contains("\"execve\"");
        assertThat(oci.err())
                .contains("who reads this installs the filter before execve(2)")
                .contains("pledge: lost: unveil r:/etc: a seccomp profile knows no paths\n")
                .contains("pledge: lost: ports [443] to connect and [] to bind: a seccomp profile knows no ports\n")
                .contains("pledge: lost: limit memory 1048576: a seccomp profile knows no limits\n")
                .contains("pledge: lost: kill(pid == $pid)");
        assertThat(PolicyTrial.of("policy", "export", "--to", "k8s", "-p", "stdio")
                        .out())
                .startsWith("apiVersion: security");
        assertThat(PolicyTrial.of("policy", "export", "--to", "seccompiler", "-p", "stdio")
                        .out())
                .startsWith("{\n  \"main\": {");
    }

    @ParameterizedTest
    @EnumSource
    void everyFormIsWrittenWithALineForWhatItCannotSay(Format format) throws IOException {
        Path written = directory.resolve("written");
        PolicyTrial trial = PolicyTrial.of(
                "policy", "export", "--to", format.word(), "-p", "stdio rpath inet", "-v", "r:/srv", "-o", written);
        assertThat(trial.status()).as(trial.err()).isZero();
        assertThat(trial.out()).isEmpty();
        assertThat(trial.err().lines()).allMatch(line -> line.startsWith("pledge: "));
        if (format == Format.SYSTEMD) {
            assertThat(Files.readString(written)).contains("/srv").contains("SystemCallFilter=");
            assertThat(trial.err()).doesNotContain("lost: unveil");
        } else {
            assertThat(trial.err()).contains("pledge: lost: unveil r:/srv: ");
        }
        if (format.reading().isPresent()) {
            // What was written is what was meant: it is read back, and refuses what the promises refuse.
            PolicyTrial back = PolicyTrial.of("policy", "import", "--from", format.word(), written);
            assertThat(back.status()).as(back.err()).isZero();
            assertThat(FilterTrial.of("filter", "run", written.toString(), "socket(2, 1, 0)", "ptrace(16, 1)")
                            .out())
                    .matches("allow\n(errno E|kill).*\n");
        }
    }

    /** A runtime executes the program under the filter; a thread of Firecracker, or a C program, runs already when it installs it. */
    @ParameterizedTest
    @EnumSource
    void whatLoadingAProgramNeedsIsAllowedWhereItIsLoadedUnderTheFilter(Format format) throws IOException {
        Path written = directory.resolve("written");
        PolicyTrial trial = PolicyTrial.of("policy", "export", "--to", format.word(), "-p", "stdio", "-o", written);
        assertThat(trial.status()).as(trial.err()).isZero();
        boolean loaded = trial.err().contains("who reads this installs the filter before execve(2)");
        assertThat(loaded)
                .isEqualTo(
                        !Set.of(Format.SECCOMPILER, Format.PFC, Format.C_HEADER).contains(format));
        if (format.reading().isPresent()) {
            assertThat(FilterTrial.of("filter", "run", written.toString(), "execve", "write")
                            .out())
                    .matches((loaded ? "allow" : "errno EPERM") + "\nallow\n");
        } else {
            assertThat(Files.readString(written)).contains("write").doesNotContain("execve");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFilterIsBuiltInEveryForm(Format format) throws Exception {
        Path rules = Files.writeString(
                directory.resolve("rules.toml"),
                "[filter]\notherwise = \"errno EPERM\"\nrules = \"read write(fd == 1) exit_group\"\n");
        Path written = directory.resolve("written");
        var none = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.ISO_8859_1);
        var words = List.of("filter", "build", rules.toString(), "--as", format.word(), "-o", written.toString());
        assertThat(new BuildCommand(CommandLine.parse(words), List.of(), none, none).perform())
                .isZero();
        assertThat(written).isNotEmptyFile();
        if (format.reading().isPresent()) {
            assertThat(FilterTrial.of("filter", "run", written.toString(), "read", "write(1)", "write(2)", "ptrace")
                            .out())
                    .matches("allow\nallow\n(errno EPERM|allow)\nerrno EPERM\n");
        }
    }

    @Test
    void filtersOfOthersAreBuiltAsOursAre() throws Exception {
        Path built = directory.resolve("built.bpf");
        Path rules = Files.writeString(directory.resolve("alone.rules"), "read write(fd == 1)\n");
        Path again = directory.resolve("again.toml");
        var err = new ByteArrayOutputStream();
        for (Path source : List.of(file, rules, built)) {
            Path target = source.equals(built) ? again : built;
            var words = new ArrayList<>(List.of("filter", "build", source.toString(), "-o", target.toString()));
            words.addAll(source.equals(built) ? List.of("--as", "toml") : List.of());
            var print = new PrintStream(err, true, StandardCharsets.UTF_8);
            assertThat(new BuildCommand(CommandLine.parse(words), List.of(), print, print).perform())
                    .isZero();
            assertThat(FilterTrial.of("filter", "diff", source.toString(), target.toString())
                            .out())
                    .isEmpty();
        }
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("raed (did you mean read?)");
    }

    @Test
    void strictWritesNothingThatIsNotAll() throws IOException {
        Path written = directory.resolve("out.json");
        PolicyTrial strict =
                PolicyTrial.of("policy", "export", "--strict", "--to", "oci", "-p", "stdio", "-o", written);
        assertThat(strict.status()).isEqualTo(Failure.OURS);
        assertThat(strict.err()).contains("oci cannot say all of the policy; nothing was written");
        assertThat(written).doesNotExist();
        assertThat(PolicyTrial.of("policy", "export", "--strict", "--to", "oci", file, "-o", written)
                        .status())
                .isZero();
        assertThat(written).exists();
    }

    @Test
    void aFileOfOneFormBecomesOneOfAnother() throws IOException {
        PolicyTrial exported = PolicyTrial.of("policy", "export", "--to", "k8s", file);
        assertThat(exported.out()).contains("name: my-profile\n").contains("- read\n");
        assertThat(exported.err()).contains("no kernel has a system call raed (did you mean read?); it is left out");
    }

    @Test
    void whatIsWrongIsOneLine() throws IOException {
        Files.writeString(file, PROFILE.replace("SCMP_ACT_ALLOW", "SCMP_ACT_ALOW"));
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", file).err())
                .isEqualTo(
                        "pledge: " + file + ":1:88: unknown action \"SCMP_ACT_ALOW\" (did you mean SCMP_ACT_ALLOW?)\n");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oic", file).err())
                .contains("option --to: \"oic\" is none of")
                .contains("did you mean oci?");
        assertThat(PolicyTrial.of("policy", "export", file).err())
                .contains("policy export needs --to FORMAT, one of oci");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", "-p", "stdio", file)
                        .err())
                .contains("option --promises and a policy's file are two policies");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci").err()).contains("no promises");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", "--arch", "x87", file)
                        .err())
                .contains("option --arch: \"x87\" is none of");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", "--kernel", "new", file)
                        .err())
                .contains("option --kernel: no version of Linux");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", "--from", "k9s", file)
                        .err())
                .contains("did you mean k8s?");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", directory.resolve("none"))
                        .err())
                .contains("no such file");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", directory).err())
                .contains("is a directory");
    }

    @Test
    void formatsAreListed() throws IOException {
        assertThat(PolicyTrial.of("policy", "formats").out())
                .contains("oci          import, export")
                .contains("k8s ");
    }

    @Test
    @Tag("enforcement")
    void runcRunsAProgramUnderAnExportedProfileAndRefusesWhatItRefuses() throws Exception {
        Container container = Container.in(directory);
        Path reading = profile("stdio rpath");
        assertThat(container
                        .run(Files.readString(reading), "/bin/busybox", "ls", "/")
                        .out())
                .contains("bin");
        Container.Result refused = container.run(Files.readString(reading), "/bin/busybox", "mkdir", "/made");
        assertThat(refused.status()).isNotZero();
        assertThat(refused.err()).contains("Operation not permitted");
        assertThat(container.root().resolve("made")).doesNotExist();
        String making = Files.readString(profile("stdio rpath cpath"));
        assertThat(container.run(making, "/bin/busybox", "mkdir", "/made").status())
                .isZero();
        assertThat(container.root().resolve("made")).exists();
    }

    private Path profile(String promises) throws IOException {
        Path profile = directory.resolve(promises.replace(' ', '-') + ".json");
        assertThat(PolicyTrial.of("policy", "export", "--to", "oci", "-p", promises, "-o", profile)
                        .status())
                .isZero();
        return profile;
    }
}
