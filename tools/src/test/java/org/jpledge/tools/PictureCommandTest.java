package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --html} of trace and learn, on real programs. */
@Tag("enforcement")
class PictureCommandTest {
    private static Path home = Path.of("");

    @BeforeAll
    static void install() throws Exception {
        home = Installation.shared();
    }

    private static Shell.Result run(User user, Path directory, String script) throws Exception {
        user.assume();
        return user.run(script, Installation.environment(home, directory), user.own(directory));
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void traceDrawsAPageInPlaceOfText(User user, @TempDir Path directory) throws Exception {
        Shell.Result result = run(
                user, directory, "cd $D; \"$PLEDGE\" trace --html p.html -- sh -c 'cat /etc/hostname >copy; exit 3'");
        assertThat(result.err()).isEmpty();
        assertThat(result.status()).isEqualTo(3);
        assertThat(Files.readString(directory.resolve("p.html")))
                .startsWith("<!DOCTYPE html>")
                .contains("\"hostname\"", "\"copy\"", "\"status\":3", "\"title\":\"sh -c cat /etc/hostname");
    }

    @Test
    void withAFileForTheTextThereAreBoth(@TempDir Path directory) throws Exception {
        Shell.Result result = run(
                User.SELF,
                directory,
                "cd $D; \"$PLEDGE\" trace --html p.html -o t.txt -- cat /etc/hostname >/dev/null");
        assertThat(result.err()).isEmpty();
        assertThat(Files.readString(directory.resolve("t.txt"))).contains("/etc/hostname");
        assertThat(Files.readString(directory.resolve("p.html"))).contains("\"hostname\"");
    }

    @ParameterizedTest
    @EnumSource(User.class)
    void learnDrawsWhatItLearnt(User user, @TempDir Path directory) throws Exception {
        Shell.Result result =
                run(user, directory, "cd $D; \"$PLEDGE\" learn --html p.html -- cat /etc/hostname >/dev/null");
        assertThat(result.err()).contains("-v r:/etc/hostname");
        assertThat(Files.readString(directory.resolve("p.html"))).contains("\"result\":\"pledge -p 'stdio rpath'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"trace", "learn"})
    void aFileThatCannotBeWrittenIsNamed(String command, @TempDir Path directory) throws Exception {
        Shell.Result result = run(User.SELF, directory, "\"$PLEDGE\" " + command + " --html /nonexistent/p -- true");
        assertThat(result.status()).isEqualTo(Failure.OURS);
        assertThat(result.err()).contains("pledge: option --html: /nonexistent/p: its directory does not exist\n");
    }
}
