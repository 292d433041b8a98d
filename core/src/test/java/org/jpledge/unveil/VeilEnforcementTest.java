package org.jpledge.unveil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jpledge.landlock.Abi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Veils, enforced by the running kernel, against the model. */
@Tag("enforcement")
class VeilEnforcementTest {
    private static final int SCENARIOS = 250;

    @TempDir
    private Path directory;

    private Path classes = Path.of("");
    private Path work = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        assumeTrue(RealKernel.abi().has(Abi.V3), "this kernel has no Landlock that can truncate");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        work = Files.createDirectory(directory.resolve("work"));
        Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxrwxrwx"));
        // The classes may lie where another user cannot read them.
        classes = directory.resolve("classes");
        copy(Path.of("target", "classes"));
        copy(Path.of("target", "test-classes"));
    }

    private void copy(Path source) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(source)) {
            files = all.toList();
        }
        for (Path file : files) {
            Path target = classes.resolve(source.relativize(file).toString());
            if (Files.isDirectory(file)) {
                Files.createDirectories(target);
            } else if (!file.endsWith("module-info.class")) {
                Files.copy(file, target);
            }
        }
    }

    @Test
    void theKernelDecidesAsTheModel() throws Exception {
        check(List.of(), 1_000_000);
    }

    @Test
    void forAnotherUserThanRootToo() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can become another user");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "no setpriv: install util-linux");
        check(List.of("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"), 2_000_000);
    }

    /** Each line beside its twin: what is granted happens, what is not does not. */
    @Test
    void theKernelAnswersAsTheTablesSay() throws Exception {
        Map<String, Integer> facts = new HashMap<>();
        for (String line : run(List.of(), KernelFacts.class.getName(), work.toString())) {
            String[] fact = line.split(" ", -1);
            facts.put(fact[0], Integer.valueOf(fact[1]));
        }
        Abi abi = RealKernel.abi();
        assertThat(facts)
                .containsEntry("every-known-right", 0)
                .containsEntry("directory-right-on-directory", 0)
                .containsEntry("directory-right-on-file", -RealKernel.EINVAL)
                .containsEntry("truncate-on-file", 0)
                .containsEntry("delete-inside", 0)
                .containsEntry("delete-outside", -RealKernel.EACCES)
                .containsEntry("truncate-file-unveiled-rwc", 0)
                .containsEntry("truncate-file-unveiled-r", -RealKernel.EACCES)
                .containsEntry("named-file", 0)
                .containsEntry("named-file-made-again", -RealKernel.EACCES)
                .containsEntry("hidden-file", -RealKernel.EACCES)
                .containsEntry("hidden-file-with-two-names", 0)
                .containsEntry("old-directory-itself", 0)
                .containsEntry("file-in-old-directory", -RealKernel.EACCES)
                .containsEntry("file-in-old-directory-unveiled", 0)
                .containsEntry("unlink-dot", -RealKernel.EISDIR)
                .containsEntry("temporary-file-in-w", 0)
                .containsEntry("temporary-file-in-rc", -RealKernel.EACCES)
                .containsEntry("connect-named-port", 0)
                .containsEntry("bind-named-port", 0)
                .containsEntry("abstract-socket", 0)
                .containsEntry("signal", 0)
                .containsEntry("sixteen-layers", 0)
                .containsEntry("seventeen-layers", -RealKernel.E2BIG)
                .containsEntry("connect-other-port", abi.has(Abi.V4) ? -RealKernel.EACCES : 0)
                .containsEntry("bind-other-port", abi.has(Abi.V4) ? -RealKernel.EACCES : 0)
                .containsEntry("abstract-socket-scoped", abi.has(Abi.V6) ? -RealKernel.EPERM : 0)
                .containsEntry("signal-scoped", abi.has(Abi.V6) ? -RealKernel.EPERM : 0);
        if (abi != Abi.LATEST) {
            assertThat(facts).containsEntry("one-right-more", -RealKernel.EINVAL);
        }
    }

    private void check(List<String> prefix, long seed) throws Exception {
        List<String> lines = run(
                prefix, Confined.class.getName(), work.toString(), Long.toString(seed), Integer.toString(SCENARIOS));
        assertThat(lines).noneMatch(line -> line.startsWith("MISMATCH"));
        String[] counts = lines.getLast().split(" ", -1);
        assertThat(Integer.parseInt(counts[1])).as("allowed").isGreaterThan(150);
        assertThat(Integer.parseInt(counts[3])).as("refused").isGreaterThan(150);
        assertThat(Integer.parseInt(counts[5])).as("between directories").isPositive();
    }

    private List<String> run(List<String> prefix, String... program) throws Exception {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classes.toString()));
        command.addAll(List.of(program));
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        List<String> lines = Files.readAllLines(output);
        assertThat(process.exitValue()).as("%s", lines).isZero();
        return lines;
    }
}
