package org.jpledge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Files in memory. */
class MemoryFileTest {
    private static final int EPERM = 1;

    @Test
    void itHasItsBytesAndMayBeExecuted() throws Exception {
        byte[] program = Files.readAllBytes(Path.of("/bin/true"));
        try (MemoryFile file = new MemoryFile(program)) {
            Path path = Path.of("/proc/" + ProcessHandle.current().pid() + "/fd/" + file.descriptor());
            assertThat(Files.readAllBytes(path)).isEqualTo(program);
            assertThat(new ProcessBuilder(path.toString()).start().waitFor()).isZero();
        }
    }

    @Test
    void nobodyCanChangeIt() throws Exception {
        try (MemoryFile file = new MemoryFile(new byte[] {1, 2, 3});
                MemoryPath bytes = new MemoryPath(Path.of("x"))) {
            assertThat(Kernel.call("pwrite64", file.descriptor(), bytes.address(), 1, 0))
                    .isEqualTo(-EPERM);
            assertThat(Kernel.call("ftruncate", file.descriptor(), 0)).isEqualTo(-EPERM);
            assertThat(Kernel.call("ftruncate", file.descriptor(), 10)).isEqualTo(-EPERM);
            // F_ADD_SEALS: not even to seal it more.
            assertThat(Kernel.call("fcntl", file.descriptor(), 1033, 0)).isEqualTo(-EPERM);
            Path path = Path.of("/proc/self/fd/" + file.descriptor());
            assertThatThrownBy(() -> write(path)).isInstanceOf(IOException.class);
            assertThat(Files.readAllBytes(path)).containsExactly(1, 2, 3);
        }
    }

    private static void write(Path path) throws IOException {
        try (FileOutputStream out = new FileOutputStream(path.toFile(), true)) {
            out.write(0);
        } catch (FileNotFoundException e) {
            throw new IOException("not opened", e);
        }
    }

    @Test
    void nothingStaysOpen() throws Exception {
        MemoryFile file = new MemoryFile(new byte[0]);
        Path path = Path.of("/proc/self/fd/" + file.descriptor());
        assertThat(Files.readSymbolicLink(path).toString()).contains("memfd:pledge");
        file.close();
        assertThat(!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)
                        || !Files.readSymbolicLink(path).toString().contains("memfd:pledge"))
                .isTrue();
    }
}
