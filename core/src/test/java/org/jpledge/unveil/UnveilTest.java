package org.jpledge.unveil;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import org.jpledge.landlock.FilePath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnveilTest {
    @ParameterizedTest
    @CsvSource({
        "/etc,               r,    /etc",
        "etc,                r,    etc",
        "r:/etc,             r,    /etc",
        "rwc:build,          rwc,  build",
        "cxwr:/a,            rwxc, /a",
        "rrrr:/a,            r,    /a",
        ":secret,            '',   secret",
        ":/home,             '',   /home",
        "r:/a:b,             r,    /a:b",
        "r:a:b,              r,    a:b",
        "r::a,               r,    :a",
        "::a,                '',   :a",
        "/run/a:b,           r,    /run/a:b",
        "./foo:bar,          r,    ./foo:bar",
        "r:foo:bar,          r,    foo:bar",
    })
    void permissionsStandBeforeTheFirstColon(String word, String permissions, String path) {
        Unveil unveil = Unveil.parse(word);
        assertThat(unveil.permissions()).hasToString(permissions);
        assertThat(unveil.path()).hasToString(path);
        assertThat(unveil.word()).isEqualTo(word);
    }

    @Test
    void aPathWithAColonIsNotGuessedFromLettersThatAreNoPermissions() {
        Problem problem = problem("foo:bar");
        assertThat(problem).isEqualTo(new Problem.UnknownPermission("foo:bar", 'f'));
        assertThat(problem.message())
                .isEqualTo(
                        "unveil foo:bar: 'f' is no permission; there are r (read), w (write), x (execute) and c (create);"
                                + " if the path itself has a colon, write ./foo:bar or r:foo:bar");
        assertThat(problem("rz:/etc")).isEqualTo(new Problem.UnknownPermission("rz:/etc", 'z'));
        assertThat(problem("R:/etc")).isEqualTo(new Problem.UnknownPermission("R:/etc", 'R'));
        assertThat(problem("ré:/etc")).isEqualTo(new Problem.UnknownPermission("ré:/etc", 'é'));
        assertThat(problem("r w:/etc")).isEqualTo(new Problem.UnknownPermission("r w:/etc", ' '));
        assertThat(problem("r\u001b[2J:/etc").message()).contains("'\\x1b'").doesNotContain("\u001b");
    }

    @Test
    void fourLettersAreTheMost() {
        assertThat(problem("rwxcr:/etc")).isEqualTo(new Problem.TooManyLetters("rwxcr:/etc", 5));
        assertThat(problem("rwxcr:/etc").message()).contains("rwxcr:/etc", "5 permission letters");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":", "r:", "rwxc:"})
    void anEmptyPathIsRefused(String word) {
        assertThat(problem(word)).isEqualTo(new Problem.EmptyPath(word));
        assertThat(problem(word).message()).contains("empty");
    }

    @Test
    void aPathIsShorterThanTheKernelsLimit() {
        String longest = "/" + "a/".repeat(2047);
        assertThat(Unveil.parse("r:" + longest).path().length()).isEqualTo(4095);
        Problem problem = problem("r:" + longest + "b");
        assertThat(problem).isEqualTo(new Problem.PathTooLong("r:" + longest + "b", 4096));
        assertThat(problem.message()).hasSizeLessThan(200).contains("4096 bytes");
    }

    @Test
    void bytesThatAreNoTextAreKept() {
        byte[] word = {'r', ':', '/', (byte) 0xfe};
        assertThat(Unveil.parse(word).path().bytes()).isEqualTo(new byte[] {'/', (byte) 0xfe});
        assertThat(Unveil.parse(word).word()).isEqualTo("r:/\\xfe");
        assertThat(Unveil.parse("rw:/Bücher").path().bytes()).isEqualTo("/Bücher".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theCallTakesPathAndPermissionsApart() {
        assertThat(Unveil.of("/a:b", "rw"))
                .isEqualTo(new Unveil(FilePath.of("/a:b"), Permissions.parse("rw"), "rw:/a:b"));
        assertThat(catchThrowableOfType(UnveilException.class, () -> Unveil.of("/etc", "q"))
                        .problem())
                .isEqualTo(new Problem.UnknownPermission("q:/etc", 'q'));
        assertThat(catchThrowableOfType(UnveilException.class, () -> Unveil.of("", "r"))
                        .problem())
                .isEqualTo(new Problem.EmptyPath("r:"));
    }

    private static Problem problem(String word) {
        return catchThrowableOfType(UnveilException.class, () -> Unveil.parse(word))
                .problem();
    }
}
