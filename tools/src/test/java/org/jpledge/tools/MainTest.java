package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command without its shell front: the JVM becomes the program. */
@Tag("enforcement")
class MainTest {
    @TempDir
    private static Path directory;

    private static String java = "";

    @BeforeAll
    static void install() throws IOException {
        Path home = Installation.make(directory.resolve("home"));
        java = System.getProperty("java.home") + "/bin/java --enable-native-access=ALL-UNNAMED -cp " + home
                + "/core/target/jpledge-0.jar:" + home + "/tools/target/jpledge-tools-0.jar org.jpledge.tools.Main ";
    }

    private static Shell.Result run(String script) throws Exception {
        return Shell.run(script, Map.of(), directory);
    }

    private static void same(String script) throws Exception {
        assertThat(run(script.replace("PLEDGE", java + "-p 'stdio rpath' --")))
                .isEqualTo(run(script.replace("PLEDGE", "")));
    }

    @Test
    void wordsAndEnvironmentGetThroughByteForByte() throws Exception {
        same("PLEDGE printf '[%s]' '' ' ' \"$(printf 'a\\nb\\377')\" '*' -- -p");
        same("env -i PWD=/nowhere 'no.name=1' \"BYTES=$(printf '\\377')\" LC_ALL=C PLEDGE /usr/bin/env");
        same("env -i PLEDGE /usr/bin/env");
    }

    @Test
    void noTraceOfTheJvmIsLeft() throws Exception {
        same("ulimit -S -n 100; PLEDGE sh -c 'ulimit -S -n; ulimit -H -n'");
        same("PLEDGE ls /proc/self/fd");
        // A JVM's own SIGQUIT and the C library's signals above 31 cannot be told from the caller's.
        same("trap '' HUP USR1; PLEDGE grep Sig[BI] /proc/self/status | grep -o '........$'");
        same("PLEDGE sh -c 'exit 42'");
        same("echo input | PLEDGE cat");
    }

    @Test
    void whatIsWrongIsSaidAndNothingRuns() throws Exception {
        assertThat(run(java + "-p 'stdio rpth' -- ls"))
                .isEqualTo(new Shell.Result(64, "", "pledge: unknown promise \"rpth\" (did you mean rpath?)\n"));
        assertThat(run(java + "-p stdio -- nonexistent-program").status()).isEqualTo(127);
    }
}
