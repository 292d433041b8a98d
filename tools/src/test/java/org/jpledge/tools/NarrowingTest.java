package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jpledge.tools.text.Words;
import org.jpledge.unveil.Listing;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NarrowingTest {
    private static Narrowing read(String... options) throws Failure {
        List<String> words = new ArrayList<>(List.of(options));
        words.add("ls");
        return Narrowing.read(CommandLine.parse(words));
    }

    private static void refused(int status, String message, String... options) {
        assertThatThrownBy(() -> read(options))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(status))
                .hasMessage(message);
    }

    @Test
    void unveilsKeepTheirOrder() throws Failure {
        Narrowing narrowing = read("-v", "/etc", "-vrwc:build", "--unveil", ":b", "--unveil=x:/bin:a");
        assertThat(narrowing.unveils())
                .extracting(unveil -> unveil.permissions() + ":" + unveil.path())
                .containsExactly("r:/etc", "rwc:build", ":b", "x:/bin:a");
        assertThat(narrowing.relative()).isTrue();
        assertThat(narrowing.listing()).isEqualTo(Listing.KEPT);
        assertThat(read("-v", "/etc", "-v", "r:/a").relative()).isFalse();
        assertThat(read("--close-listing").listing()).isEqualTo(Listing.CLOSED);
        assertThat(read("--ignore-missing").ignoreMissing()).isTrue();
    }

    @Test
    void aPathOfAnyBytesIsTaken() throws Failure {
        byte[] path = read("-v", "rw:/\377\303\251").unveils().getFirst().path().bytes();
        assertThat(path).containsExactly('/', 0xff, 0xc3, 0xa9);
    }

    @Test
    void aWrongUnveilIsNamed() {
        refused(
                64,
                "unveil rz:/etc: 'z' is no permission; there are r (read), w (write), x (execute) and c (create); if"
                        + " the path itself has a colon, write ./rz:/etc or r:rz:/etc",
                "-v",
                "rz:/etc");
        refused(64, "unveil with an empty path", "-v", "");
        refused(64, "unveil rw:: the path is empty", "-v", "rw:");
        refused(64, "unveil rwxcr:/: 5 permission letters, where four are the most", "-v", "rwxcr:/");
        refused(
                64,
                "unveil r:/" + "a".repeat(57)
                        + "…: the path has 4096 bytes, and 4095 are the most".replace("…", Words.ofText("…")),
                "-v",
                "r:/" + "a".repeat(4095));
    }

    @Test
    void portsAreNumbersAndListsOfThem() throws Failure {
        Narrowing narrowing = read("--connect", "443,80", "--connect=443", "--bind", "65535", "--bind", "1");
        assertThat(narrowing.connect()).containsExactly(80, 443);
        assertThat(narrowing.bind()).containsExactly(1, 65535);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "65536, 65536",
        "-1, -1",
        "https, https",
        "'', ''",
        "'80,', ''",
        "'80,,81', ''",
        "80-90, 80-90",
        "'80 ', '80 '",
        "99999999999999999999, 99999999999999999999"
    })
    void whatIsNoPortIsNamed(String list, String word) {
        for (String option : List.of("connect", "bind")) {
            refused(
                    64,
                    "option --" + option + ": \"" + word + "\" is no port; there are 1 to 65535",
                    "--" + option + "=" + list);
        }
    }

    @Test
    void aDirectoryForTheLinkerHasToBeThere(@TempDir Path directory) throws Exception {
        Path libraries = Files.createDirectory(directory.toRealPath().resolve("libraries"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), libraries);
        Narrowing straight = read("--loader-path", libraries.toString());
        assertThat(straight.loaderPath()).hasToString("[" + libraries + "]");
        assertThat(straight.through()).isFalse();
        Narrowing through = read("--loader-path", link.toString());
        assertThat(through.loaderPath()).hasToString("[" + libraries + "]");
        assertThat(through.through()).isTrue();
        refused(
                125,
                "option --loader-path: " + libraries + "x: no such directory (did you mean " + libraries + "?)",
                "--loader-path",
                libraries + "x");
        Path file = Files.createFile(directory.resolve("file"));
        refused(125, "option --loader-path: " + file + ": not a directory", "--loader-path", file.toString());
    }
}
