package org.jpledge.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jpledge.linux.UnixSocket.Received;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sockets of the unix family, among threads of this process. */
@Timeout(60)
class UnixSocketTest {
    private static final Duration SOON = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ECONNREFUSED = 111;
    private static final int EADDRINUSE = 98;
    private static final int ENAMETOOLONG = 36;
    private static final int EMSGSIZE = 90;
    private static final int ETIMEDOUT = 110;
    private static final int EBADF = 9;
    private static final int EPIPE = 32;
    private static final int ENOENT = 2;
    private static final int EINVAL = 22;
    private static final int ENOTSOCK = 88;

    @TempDir
    Path directory;

    private Path place;
    private UnixSocket listener;
    private UnixSocket client;
    private UnixSocket server;

    @BeforeEach
    void connect() throws Exception {
        place = directory.resolve("socket");
        listener = UnixSocket.listen(bytes(place), 0600, 16);
        client = UnixSocket.connect(bytes(place), LONG);
        server = listener.accept();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        listener.close();
    }

    private static byte[] bytes(Path path) {
        return path.toString().getBytes(UTF_8);
    }

    private static void assertErrno(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        KernelException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }

    private static int open(Path file) throws KernelException {
        try (MemoryPath path = new MemoryPath(file)) {
            return (int) Kernel.require("openat", -100, path.address(), 2);
        }
    }

    private static List<String> openFiles() throws IOException {
        List<String> open = new ArrayList<>();
        try (var all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path each : all) {
                try {
                    open.add(Files.readSymbolicLink(each).toString());
                } catch (IOException e) {
                    assertThat(each).doesNotExist();
                }
            }
        }
        return open;
    }

    @Test
    void bytesGoBothWays() throws Exception {
        byte[] buffer = new byte[64];
        client.send("question".getBytes(UTF_8), LONG);
        assertThat(server.receive(buffer, LONG)).contains(new Received(8, List.of()));
        assertThat(new String(buffer, 0, 8, UTF_8)).isEqualTo("question");
        server.send("answer".getBytes(UTF_8), LONG);
        assertThat(client.receive(buffer, LONG)).contains(new Received(6, List.of()));
        assertThat(new String(buffer, 0, 6, UTF_8)).isEqualTo("answer");
    }

    @Test
    void theSocketsFileHasItsModeWhateverTheUmaskGives() {
        assertThat(place)
                .satisfies(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .isEqualTo("rw-------"));
    }

    @Test
    void descriptorsGoBothWaysAndAreTheSameFilesAndCloseOnExec() throws Exception {
        Path one = Files.writeString(directory.resolve("one"), "");
        Path two = Files.writeString(directory.resolve("two"), "");
        int first = open(one);
        int second = open(two);
        byte[] buffer = new byte[8];
        client.send(new byte[] {1}, LONG, first, second);
        Received came = server.receive(buffer, LONG).orElseThrow();
        assertThat(came.length()).isEqualTo(1);
        assertThat(came.descriptors()).hasSize(2).doesNotContain(first, second);
        server.send(new byte[] {2}, LONG, came.descriptors().get(1));
        Received back = client.receive(buffer, LONG).orElseThrow();
        assertThat(back.descriptors()).hasSize(1);
        int last = back.descriptors().getFirst();
        assertThat(Kernel.require("fcntl", last, 1)).isEqualTo(1);
        try (OutputStream out = new FileOutputStream("/proc/self/fd/" + last)) {
            out.write('x');
        }
        assertThat(two).hasContent("x");
        assertThat(one).hasContent("");
        for (int each : List.of(
                first, second, came.descriptors().get(0), came.descriptors().get(1), last)) {
            Kernel.require("close", each);
        }
    }

    @Test
    void sixteenDescriptorsComeAtOnceAndWithSeventeenNoneStaysOpen() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        int descriptor = open(file);
        int[] sixteen = new int[UnixSocket.MAX_DESCRIPTORS];
        Arrays.fill(sixteen, descriptor);
        client.send(new byte[] {1}, LONG, sixteen);
        List<Integer> came = server.receive(new byte[8], LONG).orElseThrow().descriptors();
        assertThat(came).hasSize(16);
        came.forEach(each -> Kernel.call("close", each));
        // Python sends as many as it is told to.
        Process python = new ProcessBuilder("python3", "-c", """
                        import socket, sys
                        s = socket.socket(socket.AF_UNIX)
                        s.connect(sys.argv[1])
                        f = open(sys.argv[2])
                        socket.send_fds(s, [b'x'], [f.fileno()] * 17)
                        s.recv(1)""", place.toString(), file.toString())
                .inheritIO()
                .start();
        try (UnixSocket other = listener.accept()) {
            assertErrno(EMSGSIZE, () -> other.receive(new byte[8], LONG));
            assertThat(other.peer().pid()).isEqualTo((int) python.pid());
        }
        assertThat(python.waitFor()).isZero();
        Kernel.call("close", descriptor);
        assertThat(openFiles()).doesNotContain(file.toString());
    }

    @Test
    void thePeerIsKnown() throws Exception {
        UnixSocket.Peer peer = server.peer();
        assertThat(peer.pid()).isEqualTo((int) ProcessHandle.current().pid());
        assertThat(peer.uid()).isEqualTo((int) Kernel.require("geteuid"));
        assertThat(peer.gid()).isEqualTo((int) Kernel.require("getegid"));
    }

    @Test
    void nothingComesInTime() throws Exception {
        long start = System.nanoTime();
        assertThat(server.receive(new byte[8], SOON)).isEmpty();
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(SOON.toNanos());
        assertThat(server.receive(new byte[8], Duration.ZERO)).isEmpty();
    }

    @Test
    void theEndComesAfterShutdownAndTheOtherWayStaysOpen() throws Exception {
        client.shutdown();
        assertThat(server.receive(new byte[8], LONG)).contains(new Received(0, List.of()));
        server.send(new byte[] {1}, LONG);
        assertThat(client.receive(new byte[8], LONG).orElseThrow().length()).isEqualTo(1);
    }

    @Test
    void whoOnlySendsNoMoreIsNotGone() throws Exception {
        client.shutdown();
        assertThat(server.isGone(SOON)).isFalse();
        client.close();
        assertThat(server.isGone(LONG)).isTrue();
    }

    @Test
    void sendingToNobodyFails() throws Exception {
        client.close();
        assertErrno(EPIPE, () -> server.send(new byte[] {1}, LONG));
    }

    @Test
    void whatNobodyTakesIsGivenUpInTime() {
        assertErrno(ETIMEDOUT, () -> server.send(new byte[1 << 22], SOON));
    }

    @Test
    void muchGoesThroughWhileTheOtherEndTakesIt() throws Exception {
        byte[] much = new byte[5_000_000];
        new Random(7).nextBytes(much);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> sent = threads.submit(() -> {
                client.send(much, LONG);
                client.shutdown();
                return 0;
            });
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 15];
            for (Optional<Received> came = server.receive(buffer, LONG);
                    came.orElseThrow().length() > 0;
                    came = server.receive(buffer, LONG)) {
                all.write(buffer, 0, came.get().length());
            }
            assertThat(all.toByteArray()).isEqualTo(much);
            sent.get();
        }
    }

    @Test
    void closingWakesWhoReceivesAndWhoAccepts() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Optional<Received>> received = threads.submit(() -> server.receive(new byte[8], LONG));
            Future<UnixSocket> accepted = threads.submit(() -> listener.accept());
            Thread.sleep(100);
            assertThat(received.isDone()).isFalse();
            assertThat(accepted.isDone()).isFalse();
            server.close();
            listener.close();
            assertThatThrownBy(() -> received.get(5, TimeUnit.SECONDS)).hasMessageContaining("EBADF");
            assertThatThrownBy(() -> accepted.get(5, TimeUnit.SECONDS)).hasMessageContaining("EBADF");
        }
        assertErrno(EBADF, () -> server.send(new byte[1], LONG));
    }

    @Test
    void anInterruptedThreadWaitsNoLonger() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        List<Throwable> thrown = new ArrayList<>();
        Thread thread = Thread.ofVirtual().start(() -> {
            begun.countDown();
            try {
                server.receive(new byte[8], LONG);
            } catch (KernelException e) {
                thrown.add(e);
            }
        });
        begun.await();
        thread.interrupt();
        assertThat(thread.join(Duration.ofSeconds(5))).isTrue();
        assertThat(thrown).singleElement().satisfies(e -> assertThat(e).hasMessageContaining("EINTR"));
    }

    @Test
    void aThousandVirtualThreadsWaitOnTheFewThatCarryThem() throws Exception {
        // Were a carrier held by who waits, nobody could send: there are as many carriers as processors.
        int pairs = 1000;
        List<UnixSocket> ends = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> waiting = new ArrayList<>();
            for (int i = 0; i < pairs; i++) {
                UnixSocket one = UnixSocket.connect(bytes(place), LONG);
                UnixSocket other = listener.accept();
                ends.add(one);
                ends.add(other);
                waiting.add(threads.submit(
                        () -> other.receive(new byte[8], LONG).orElseThrow().length()));
            }
            Future<?> sending = threads.submit(() -> {
                for (int i = 0; i < pairs; i++) {
                    ends.get(2 * i).send(new byte[1 + i % 8], LONG);
                }
                return 0;
            });
            sending.get(20, TimeUnit.SECONDS);
            for (int i = 0; i < pairs; i++) {
                assertThat(waiting.get(i).get(20, TimeUnit.SECONDS)).isEqualTo(1 + i % 8);
            }
        } finally {
            ends.forEach(UnixSocket::close);
        }
    }

    @Test
    void oneThreadReadsWhileAnotherWrites() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> writing = threads.submit(() -> {
                server.send(new byte[1 << 21], LONG);
                return 0;
            });
            Future<Optional<Received>> reading = threads.submit(() -> server.receive(new byte[8], LONG));
            Thread.sleep(50);
            client.send(new byte[] {7}, LONG);
            assertThat(reading.get(10, TimeUnit.SECONDS)).contains(new Received(1, List.of()));
            assertThat(writing.isDone()).isFalse();
            int left = 1 << 21;
            byte[] buffer = new byte[1 << 16];
            while (left > 0) {
                left -= client.receive(buffer, LONG).orElseThrow().length();
            }
            writing.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aPlaceIsTakenOnceAndAStaleOneIsRefused() throws Exception {
        assertErrno(EADDRINUSE, () -> UnixSocket.listen(bytes(place), 0600, 1));
        listener.close();
        assertErrno(ECONNREFUSED, () -> UnixSocket.connect(bytes(place), LONG));
        Files.delete(place);
        assertErrno(ENOENT, () -> UnixSocket.connect(bytes(place), LONG));
    }

    @Test
    void aPathThatIsTooLongOrNoneIsRefused() {
        byte[] long108 = bytes(Path.of("/" + "x".repeat(107)));
        assertErrno(ENAMETOOLONG, () -> UnixSocket.listen(long108, 0600, 1));
        assertErrno(EINVAL, () -> UnixSocket.listen(new byte[0], 0600, 1));
        assertErrno(EINVAL, () -> UnixSocket.connect(new byte[] {0, 'a'}, LONG));
    }

    @Test
    void aFullBacklogIsWaitedForAndGivenUpInTime() throws Exception {
        Path narrow = directory.resolve("narrow");
        List<UnixSocket> open = new ArrayList<>();
        try (UnixSocket one = UnixSocket.listen(bytes(narrow), 0600, 1)) {
            open.add(UnixSocket.connect(bytes(narrow), SOON));
            open.add(UnixSocket.connect(bytes(narrow), SOON));
            assertErrno(ETIMEDOUT, () -> UnixSocket.connect(bytes(narrow), SOON));
            open.add(one.accept());
            open.add(UnixSocket.connect(bytes(narrow), SOON));
        } finally {
            open.forEach(UnixSocket::close);
        }
    }

    @Test
    void aSocketThatListensIsTakenOverAndNothingElseIs() throws Exception {
        int copy = (int) Kernel.require("dup", listener.descriptor());
        try (UnixSocket taken = UnixSocket.inherited(copy);
                UnixSocket one = UnixSocket.connect(bytes(place), LONG);
                UnixSocket other = taken.accept()) {
            one.send(new byte[] {1}, LONG);
            assertThat(other.receive(new byte[8], LONG)).isPresent();
            assertErrno(EINVAL, () -> UnixSocket.inherited(other.descriptor()));
        }
        int file = open(Files.writeString(directory.resolve("file"), ""));
        assertErrno(ENOTSOCK, () -> UnixSocket.inherited(file));
        Kernel.require("close", file);
    }
}
