package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As distributions lay out a JVM. */
class JvmTextTest {
    @Test
    void whatLinksOfTheJvmPointToIsPartOfIt(@TempDir Path directory) throws IOException {
        Path home = directory.resolve("home");
        Path elsewhere = Files.createDirectories(directory.resolve("etc/security"));
        Path settings = Files.createFile(directory.resolve("etc/net.properties"));
        Files.createDirectories(home.resolve("lib/server"));
        Path own = Files.createDirectories(home.resolve("conf/management")).resolve("own.properties");
        Files.createFile(own);
        Path net = Files.createSymbolicLink(home.resolve("conf/net.properties"), settings);
        Path security = Files.createSymbolicLink(home.resolve("lib/security"), elsewhere);
        Files.createSymbolicLink(elsewhere.resolve("cacerts"), settings);
        // A loop has an end, and a link that points nowhere does no harm.
        Files.createSymbolicLink(elsewhere.resolve("again"), home.resolve("lib"));
        Path nowhere = Files.createSymbolicLink(home.resolve("conf/nowhere"), directory.resolve("none"));

        assertThat(JvmText.paths(home, true))
                .contains(
                        home.resolve("lib"), home.resolve("conf"), net, security, security.resolve("cacerts"), nowhere)
                .doesNotContain(own);
        assertThat(JvmText.paths(home, false))
                .contains(home.resolve("lib"), home.resolve("conf"))
                .doesNotContain(net, security, security.resolve("cacerts"));
    }

    @Test
    void aJvmWithoutSettingsIsOneToo(@TempDir Path home) throws IOException {
        assertThat(JvmText.paths(home, true)).contains(home.resolve("lib"), home.resolve("conf"));
    }
}
