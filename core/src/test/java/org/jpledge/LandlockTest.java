package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jpledge.landlock.Abi;
import org.jpledge.landlock.Degraded;
import org.jpledge.landlock.FilePath;
import org.jpledge.landlock.FsRight;
import org.jpledge.landlock.PathRule;
import org.jpledge.landlock.PortRule;
import org.jpledge.landlock.Rights;
import org.jpledge.landlock.Ruleset;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.Landlock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rulesets made in this process, by the running kernel. */
@Tag("enforcement")
class LandlockTest {
    private static final Rights<FsRight> READ = Rights.of(FsRight.READ_FILE, FsRight.READ_DIR);
    private static final Rights<FsRight> READ_FILE = Rights.of(FsRight.READ_FILE);

    private Path directory = Path.of("");

    @BeforeEach
    void landlockIsThere(@TempDir Path made) {
        assumeTrue(
                Landlock.support().abi() != Abi.NONE, () -> Landlock.support().toString());
        directory = made;
    }

    /** Run in a JVM of its own: restricts its main thread to a directory, then tries to read files. */
    static final class Restricted {
        private Restricted() {}

        public static void main(String[] arguments) throws KernelException, IOException {
            Ruleset ruleset = Ruleset.ofPaths(
                    List.of(new PathRule(FilePath.of(arguments[0]), true, READ, PathRule.Presence.REQUIRED)));
            try (Landlock.Layer layer =
                    Landlock.make(ruleset.degrade(Landlock.support().abi()))) {
                layer.restrictThread(Rights.none());
            }
            for (int i = 1; i < arguments.length; i++) {
                System.out.println(answer(Path.of(arguments[i])));
            }
        }

        private static String answer(Path file) throws IOException {
            try {
                return Files.readString(file);
            } catch (java.nio.file.AccessDeniedException e) {
                return "denied";
            }
        }
    }

    @Test
    void whatIsBeneathARuleCanBeReadAndNothingElse() throws IOException {
        Files.writeString(directory.resolve("inside"), "text");
        Files.setPosixFilePermissions(directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        String[] arguments = {directory.toString(), directory.resolve("inside").toString(), "/etc/passwd"};
        assertThat(ForkedJvm.run(Restricted.class, arguments).out()).isEqualTo("text\ndenied\n");
        assertThat(ForkedJvm.runUnprivileged(Restricted.class, arguments).out()).isEqualTo("text\ndenied\n");
    }

    @Test
    void aRequiredPathThatIsGoneIsNamedAndAnOptionalOneIsSkipped() throws KernelException {
        String missing = directory.resolve("missing").toString();
        assertThatThrownBy(() -> make(new PathRule(FilePath.of(missing), true, READ, PathRule.Presence.REQUIRED)))
                .isInstanceOf(KernelException.class)
                .hasMessage("open " + missing + ": ENOENT");
        assertThat(make(new PathRule(FilePath.of(missing), false, READ_FILE, PathRule.Presence.OPTIONAL)))
                .containsExactly(FilePath.of(missing));
    }

    @Test
    void aRuleDoesNotFollowASymbolicLinkThatTookItsPlace() throws IOException {
        Files.createDirectory(directory.resolve("real"));
        Files.writeString(directory.resolve("real/file"), "");
        Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("real"));
        Path file = Files.createSymbolicLink(directory.resolve("file"), Path.of("real/file"));
        assertThatThrownBy(
                        () -> make(new PathRule(FilePath.of(link.toString()), true, READ, PathRule.Presence.REQUIRED)))
                .hasMessage("open " + link + ": ENOTDIR");
        assertThatThrownBy(() ->
                        make(new PathRule(FilePath.of(file.toString()), false, READ_FILE, PathRule.Presence.REQUIRED)))
                .hasMessage("open " + file + ": ELOOP");
        assertThatThrownBy(() ->
                        make(new PathRule(FilePath.of(link + "/file"), false, READ_FILE, PathRule.Presence.REQUIRED)))
                .hasMessage("open " + link + "/file: ELOOP");
    }

    @Test
    void aRuleIsNotMadeForAnotherTypeOfFile() throws IOException {
        Path below = Files.createDirectory(directory.resolve("directory"));
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThatThrownBy(() ->
                        make(new PathRule(FilePath.of(below.toString()), false, READ_FILE, PathRule.Presence.REQUIRED)))
                .hasMessage("open " + below + ": EISDIR");
        assertThatThrownBy(
                        () -> make(new PathRule(FilePath.of(file.toString()), true, READ, PathRule.Presence.REQUIRED)))
                .hasMessage("open " + file + ": ENOTDIR");
    }

    @Test
    void portsAreTakenByKernelsThatKnowThem() throws KernelException {
        Abi abi = Landlock.support().abi();
        assumeTrue(abi.has(Abi.V4), "Landlock before ABI 4 knows no ports");
        Degraded ports = Ruleset.NOTHING
                .withPorts(List.of(new PortRule(443, Ruleset.ALL_NET)))
                .degrade(abi);
        try (Landlock.Layer layer = Landlock.make(ports)) {
            assertThat(layer.descriptor()).isPositive();
        }
    }

    private static List<FilePath> make(PathRule rule) throws KernelException {
        try (Landlock.Layer layer = Landlock.make(
                Ruleset.ofPaths(List.of(rule)).degrade(Landlock.support().abi()))) {
            return layer.skipped();
        }
    }
}
