package org.jpledge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Threads that are elsewhere. */
class OwnDirectoryTest {
    private static final int ENOTDIR = 20;

    @TempDir
    Path elsewhere;

    @Test
    void aThreadIsElsewhereAndNobodyElseIs() throws Exception {
        Files.writeString(elsewhere.resolve("here"), "text");
        String before = Files.readSymbolicLink(Path.of("/proc/self/cwd")).toString();
        int directory = OwnDirectory.open(bytes(elsewhere));
        String read;
        try {
            read = OwnDirectory.in(directory, () -> {
                Files.writeString(Path.of("made"), "by a relative path");
                assertThat(Files.readSymbolicLink(Path.of("/proc/self/cwd"))).hasToString(before);
                return Files.readSymbolicLink(Path.of("/proc/thread-self/cwd")) + " "
                        + Files.readString(Path.of("here"));
            });
        } finally {
            Kernel.call("close", directory);
        }
        assertThat(read).isEqualTo(elsewhere.toRealPath() + " text");
        assertThat(elsewhere.resolve("made")).exists();
        assertThat(Files.readSymbolicLink(Path.of("/proc/self/cwd"))).hasToString(before);
        assertThat(Path.of("made")).doesNotExist();
    }

    @Test
    void whatTheWorkThrowsIsThrown() throws Exception {
        int directory = OwnDirectory.open(bytes(elsewhere));
        try {
            assertThatThrownBy(() -> OwnDirectory.in(directory, () -> {
                        throw new IOException("its own");
                    }))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(IOException.class)
                    .hasMessage("its own");
        } finally {
            Kernel.call("close", directory);
        }
    }

    @Test
    void whatIsNoDirectoryIsRefused() throws Exception {
        Path file = Files.writeString(elsewhere.resolve("file"), "text");
        assertThatThrownBy(() -> OwnDirectory.open(bytes(file))).hasMessage("openat: ENOTDIR");
        assertThatThrownBy(() -> OwnDirectory.open(bytes(elsewhere.resolve("none"))))
                .hasMessage("openat: ENOENT");
        int opened = openFile(file);
        try {
            assertThatThrownBy(() -> OwnDirectory.in(opened, () -> "not done"))
                    .isInstanceOfSatisfying(
                            KernelException.class, e -> assertThat(e.errno()).isEqualTo(ENOTDIR));
        } finally {
            Kernel.call("close", opened);
        }
    }

    private static int openFile(Path file) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            return (int) Kernel.require(
                    "openat", -100, arena.allocateFrom(file.toString()).address(), 0x80000, 0);
        }
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }
}
