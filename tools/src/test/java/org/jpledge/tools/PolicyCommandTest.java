package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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

    private record Result(int status, String out, String err) {}

    private static Result run(Object... words) throws IOException {
        List<String> line = new ArrayList<>();
        for (Object word : words) {
            line.add(word.toString());
        }
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int status;
        try (var outStream = new PrintStream(out, false, StandardCharsets.ISO_8859_1);
                var errStream = new PrintStream(err, false, StandardCharsets.ISO_8859_1)) {
            status = new PolicyCommand(CommandLine.parse(line), List.of(), outStream, errStream).perform();
        } catch (Failure e) {
            status = e.status();
            err.writeBytes(e.line().getBytes(StandardCharsets.ISO_8859_1));
        }
        return new Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void promisesAreExportedAndWhatIsLostIsNamed() throws IOException {
        Result oci = run(
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
        assertThat(run("policy", "export", "--to", "k8s", "-p", "stdio").out()).startsWith("apiVersion: security");
        assertThat(run("policy", "export", "--to", "seccompiler", "-p", "stdio").out())
                .startsWith("{\n  \"main\": {");
    }

    @Test
    void strictWritesNothingThatIsNotAll() throws IOException {
        Path written = directory.resolve("out.json");
        Result strict = run("policy", "export", "--strict", "--to", "oci", "-p", "stdio", "-o", written);
        assertThat(strict.status()).isEqualTo(Failure.OURS);
        assertThat(strict.err()).contains("oci cannot say all of the policy; nothing was written");
        assertThat(written).doesNotExist();
        assertThat(run("policy", "export", "--strict", "--to", "oci", file, "-o", written)
                        .status())
                .isZero();
        assertThat(written).exists();
    }

    @Test
    void aFileOfOneFormBecomesOneOfAnother() throws IOException {
        Result exported = run("policy", "export", "--to", "k8s", file);
        assertThat(exported.out()).contains("name: my-profile\n").contains("- read\n");
        assertThat(exported.err()).contains("no kernel has a system call raed (did you mean read?); it is left out");
    }

    @Test
    void whatIsWrongIsOneLine() throws IOException {
        Files.writeString(file, PROFILE.replace("SCMP_ACT_ALLOW", "SCMP_ACT_ALOW"));
        assertThat(run("policy", "export", "--to", "oci", file).err())
                .isEqualTo(
                        "pledge: " + file + ":1:88: unknown action \"SCMP_ACT_ALOW\" (did you mean SCMP_ACT_ALLOW?)\n");
        assertThat(run("policy", "export", "--to", "oic", file).err())
                .contains("option --to: \"oic\" is none of")
                .contains("did you mean oci?");
        assertThat(run("policy", "export", file).err()).contains("policy export needs --to FORMAT, one of oci");
        assertThat(run("policy", "export", "--to", "oci", "-p", "stdio", file).err())
                .contains("option --promises and a policy's file are two policies");
        assertThat(run("policy", "export", "--to", "oci").err()).contains("no promises");
        assertThat(run("policy", "export", "--to", "oci", "--arch", "x87", file).err())
                .contains("option --arch: \"x87\" is none of");
        assertThat(run("policy", "export", "--to", "oci", "--kernel", "new", file)
                        .err())
                .contains("option --kernel: no version of Linux");
        assertThat(run("policy", "export", "--to", "oci", "--from", "k9s", file).err())
                .contains("did you mean k8s?");
        assertThat(run("policy", "export", "--to", "oci", directory.resolve("none"))
                        .err())
                .contains("no such file");
        assertThat(run("policy", "export", "--to", "oci", directory).err()).contains("is a directory");
    }

    @Test
    void formatsAreListed() throws IOException {
        assertThat(run("policy", "formats").out())
                .contains("oci          import, export")
                .contains("k8s ");
    }

    @Test
    @Tag("enforcement")
    void runcRunsAProgramUnderAnExportedProfileAndRefusesWhatItRefuses() throws Exception {
        Path rootfs = bundle();
        Assumptions.assumeTrue(
                runc("none", "/bin/busybox", "ls", "/").status() == 0,
                "runc cannot run containers here (not root, or no cgroups)");
        Path reading = profile("stdio rpath");
        assertThat(runc(reading.toString(), "/bin/busybox", "ls", "/").out()).contains("bin");
        Result refused = runc(reading.toString(), "/bin/busybox", "mkdir", "/made");
        assertThat(refused.status()).isNotZero();
        assertThat(refused.err()).contains("Operation not permitted");
        assertThat(rootfs.resolve("made")).doesNotExist();
        assertThat(runc(profile("stdio rpath cpath").toString(), "/bin/busybox", "mkdir", "/made")
                        .status())
                .isZero();
        assertThat(rootfs.resolve("made")).exists();
    }

    private Path profile(String promises) throws IOException {
        Path profile = directory.resolve(promises.replace(' ', '-') + ".json");
        assertThat(run("policy", "export", "--to", "oci", "-p", promises, "-o", profile)
                        .status())
                .isZero();
        return profile;
    }

    private Path bundle() throws IOException {
        Path busybox = Path.of("/bin/busybox");
        boolean installed =
                Files.isExecutable(Path.of("/usr/sbin/runc")) || Files.isExecutable(Path.of("/usr/bin/runc"));
        Assumptions.assumeTrue(installed && Files.isExecutable(busybox), "runc or a static busybox is not installed");
        Path rootfs = Files.createDirectories(directory.resolve("rootfs"));
        Files.createDirectories(rootfs.resolve("proc"));
        Files.createDirectories(rootfs.resolve("bin"));
        Files.copy(busybox, rootfs.resolve("bin/busybox"));
        return rootfs;
    }

    /** Runs a command in a container, under a profile or none. */
    private Result runc(String profile, String... command) throws Exception {
        String args = "\"" + String.join("\", \"", command) + "\"";
        String seccomp = profile.equals("none") ? "" : ", \"seccomp\": " + Files.readString(Path.of(profile));
        Files.writeString(directory.resolve("config.json"), """
            {"ociVersion": "1.0.2", "root": {"path": "rootfs"}, "process": {"terminal": false, "cwd": "/",
             "args": [%s], "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}, "noNewPrivileges": true},
             "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
             "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}]%s}}\
            """.formatted(args, seccomp));
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process process = new ProcessBuilder(
                        "runc", "run", "pledge-test-" + ProcessHandle.current().pid())
                .directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
