package org.jpledge.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pipes of which this process does not block at its end. */
@Timeout(30)
class PipeTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SOON = Duration.ofMillis(30);

    @Test
    void whatGoesInComesOutUntilTheEnd() throws Exception {
        byte[] content = "x".repeat(300_000).getBytes(StandardCharsets.US_ASCII);
        // Closed by who writes.
        Pipe to = Pipe.to();
        try (Pipe from = Pipe.from()) {
            RunningProcess cat = cat(to.childs(), from.childs());
            to.leave();
            from.leave();
            Thread writer = Thread.ofVirtual().start(() -> {
                try {
                    to.write(content);
                } catch (KernelException e) {
                    throw new IllegalStateException(e);
                } finally {
                    to.close();
                }
            });
            byte[] buffer = new byte[100_000];
            int all = 0;
            for (int count = from.read(buffer, LONG).orElseThrow(); count > 0; ) {
                all += count;
                count = from.read(buffer, LONG).orElseThrow();
            }
            assertThat(all).isEqualTo(content.length);
            assertThat(from.read(buffer, SOON)).isEqualTo(OptionalInt.of(-1));
            writer.join();
            assertThat(cat.await(LONG)).contains(new RunningProcess.End(0, 0));
        }
    }

    @Test
    void nothingInTimeIsNothing() throws Exception {
        try (Pipe from = Pipe.from()) {
            assertThat(from.read(new byte[10], SOON)).isEmpty();
        }
    }

    @Test
    void whoWaitsIsWokenByClosing() throws Exception {
        Pipe from = Pipe.from();
        CompletableFuture<String> read = reading(from);
        Thread.sleep(50);
        from.close();
        assertThat(read.get(5, TimeUnit.SECONDS)).isEqualTo("read: EBADF");
        assertThatThrownBy(() -> from.read(new byte[1], LONG)).hasMessage("read: EBADF");
    }

    @Test
    void afterItsLastThereIsStillWhatIsInIt() throws Exception {
        try (Pipe from = Pipe.from()) {
            byte[] letter = {'x'};
            CompletableFuture<String> read = reading(from);
            Thread.sleep(50);
            from.finish();
            assertThat(read.get(5, TimeUnit.SECONDS)).isEqualTo("OptionalInt.empty");
            try (Arena arena = Arena.ofConfined()) {
                Kernel.require("write", from.childs(), arena.allocateFrom("x").address(), 1);
            }
            byte[] buffer = new byte[1];
            assertThat(from.read(buffer, LONG)).isEqualTo(OptionalInt.of(1));
            assertThat(buffer).isEqualTo(letter);
            assertThat(from.read(buffer, LONG)).isEmpty();
        }
    }

    @Test
    void whatNobodyReadsIsLetGo() throws Exception {
        try (Pipe to = Pipe.to()) {
            to.leave();
            to.write(new byte[1000]);
        }
    }

    /** What a thread is told that reads until somebody wakes it. */
    private static CompletableFuture<String> reading(Pipe from) {
        CompletableFuture<String> read = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                read.complete(String.valueOf(from.read(new byte[10], LONG)));
            } catch (KernelException e) {
                read.complete(String.valueOf(e.getMessage()));
            }
        });
        return read;
    }

    private static RunningProcess cat(int in, int out) throws KernelException {
        int directory = OwnDirectory.open("/".getBytes(StandardCharsets.US_ASCII));
        try {
            return RunningProcess.start(new RunningProcess.Plan(
                    "/bin/cat".getBytes(StandardCharsets.US_ASCII),
                    Optional.empty(),
                    List.of("cat".getBytes(StandardCharsets.US_ASCII)),
                    List.of(),
                    directory,
                    List.of(in, out, 2),
                    new ProcessState(0, 0, 1024, List.of()),
                    false));
        } finally {
            Kernel.call("close", directory);
        }
    }
}
