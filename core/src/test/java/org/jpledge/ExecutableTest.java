package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jpledge.launch.Executable;
import org.jpledge.launch.ExecutableException;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a program's own file says of how it is started. */
class ExecutableTest {
    private static Path directory = Path.of("");

    @BeforeAll
    static void make() throws IOException {
        directory = NativeProgram.directory().toRealPath();
    }

    @AfterAll
    static void delete() throws IOException {
        NativeProgram.remove(directory);
    }

    @Test
    void theRunpathIsReadAndItsOriginExpanded() throws Exception {
        String entries = "$ORIGIN/../lib:/opt/some lib:${ORIGIN}:relative::/a/$LIB:/opt/some lib:/";
        Path program = linked("runpath", "-Wl,--enable-new-dtags", "-Wl,-rpath," + entries);
        assertThat(of(program).runpath())
                .containsExactly(Path.of(directory + "/../lib"), Path.of("/opt/some lib"), directory, Path.of("/"));
        Path old = linked("rpath", "-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN/x");
        assertThat(of(old).runpath()).containsExactly(directory.resolve("x"));
        assertThat(of(linked("none")).runpath()).isEmpty();
        assertThat(of(linked("static", "-static")).runpath()).isEmpty();
    }

    @Test
    void theOriginIsWhereTheFileReallyIs() throws Exception {
        Path program = linked("real", "-Wl,-rpath,$ORIGIN");
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(elsewhere.resolve("link"), program);
        assertThat(of(link).runpath()).containsExactly(directory);
    }

    @Test
    void scriptsAreToldFromTheProgramThatReadsThem() throws Exception {
        Path program = linked("interpreter", "-Wl,-rpath,$ORIGIN/of-the-interpreter");
        Path inner = Run.executable(directory, "inner", bytes("#!" + program + " -x\n"));
        Path outer = Run.executable(directory, "outer", bytes("#! " + inner + "\n"));
        Executable script = of(outer);
        assertThat(script.scripts()).containsExactly(outer, inner);
        assertThat(script.chain()).startsWith(outer, inner, program).hasSize(4);
        assertThat(script.runpath()).containsExactly(directory.resolve("of-the-interpreter"));
        assertThat(of(program).scripts()).isEmpty();
    }

    @Test
    void noFileGivesAnythingButAProgramOrAReason() throws Exception {
        byte[] good = Files.readAllBytes(linked("good", "-Wl,-rpath,$ORIGIN"));
        Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] bad = good.clone();
            for (int n = random.nextInt(4); n >= 0; n--) {
                // The headers, and the dynamic section further behind.
                int at = random.nextInt(3) == 0 ? random.nextInt(bad.length) : random.nextInt(0x400);
                bad[at] = (byte) (random.nextBoolean() ? 0xff : random.nextInt(256));
            }
            Path file = Run.executable(directory, "bad", bad);
            try {
                of(file);
            } catch (ExecutableException e) {
                assertThat(e).hasMessageStartingWith(file.toString());
                refused++;
            }
        }
        assertThat(refused).isBetween(100, 2900);
    }

    @Test
    void aRunpathWithoutAnEndIsNone() throws Exception {
        byte[] program = Files.readAllBytes(linked("cut", "-Wl,-rpath,/somewhere"));
        for (int length = 64; length < program.length; length += 8) {
            Path file = Run.executable(directory, "cut", java.util.Arrays.copyOf(program, length));
            assertThatCode(() -> {
                        try {
                            assertThat(of(file).runpath()).isIn(List.of(), List.of(Path.of("/somewhere")));
                        } catch (ExecutableException e) {
                            assertThat(e).hasMessageContaining("truncated");
                        }
                    })
                    .as("%d bytes", length)
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void anInterpretersNameEndsAtItsNul() throws Exception {
        byte[] program = Files.readAllBytes(linked("nul"));
        String text = new String(program, StandardCharsets.ISO_8859_1);
        int name = text.indexOf("/lib");
        program[name + 4] = 0;
        Path file = Run.executable(directory, "nul", program);
        assertThatThrownBy(() -> of(file))
                .isInstanceOf(ExecutableException.class)
                .hasMessageContaining("its dynamic linker /lib: is a directory");
    }

    private static Executable of(Path file) throws ExecutableException {
        return Executable.of(file, Arch.host());
    }

    private static Path linked(String name, String... options) throws IOException {
        return NativeProgram.compile(directory, name, "probe.c", options);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
