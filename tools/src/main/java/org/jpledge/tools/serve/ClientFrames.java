package org.jpledge.tools.serve;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jpledge.launch.ClientFrame;
import org.jpledge.linux.KernelException;
import org.jpledge.linux.MemoryFile;
import org.jpledge.linux.OwnDirectory;
import org.jpledge.tools.text.Json;

/**
 * The language of {@code run --via-socket}: one request and one answer, as {@link ClientFrame} has them. Thread safe.
 */
public final class ClientFrames implements Language {
    /** More than the kernel gives to any program, of words and of environment. */
    private static final int MOST = 8 << 20;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int FAILED = 125;
    private static final int VERSION_SHIFT = 24;

    private final Function<Order, Made> maker;
    private final RequestLog log;
    private final Semaphore free = new Semaphore(Limit.REQUESTS.most());

    /**
     * What a client wants.
     *
     * @param words of its command line; a character is a byte
     * @param environment the program's, as entries
     * @param process the number of the process that is to be the program's
     */
    public record Order(List<String> words, List<String> environment, int process) {
        /** Copies the lists. */
        public Order {
            words = List.copyOf(words);
            environment = List.copyOf(environment);
        }
    }

    /**
     * A launcher.
     *
     * @param elf the executable
     * @param skipped how many of the words are not among its arguments: its first one is the next
     */
    public record Prepared(byte[] elf, int skipped) {}

    /**
     * What came of it.
     *
     * @param status what the client exits with, if it gets no launcher
     * @param out for standard output
     * @param err for standard error
     * @param launcher what the client becomes
     */
    public record Made(int status, byte[] out, byte[] err, Optional<Prepared> launcher) {
        /** Nothing but a line that says why. */
        static Made failed(String reason) {
            byte[] line = ("pledge: " + reason + "\n").getBytes(StandardCharsets.UTF_8);
            return new Made(FAILED, new byte[0], line, Optional.empty());
        }
    }

    /**
     * The language.
     *
     * @param maker what is done for a client, in a thread that is in the client's working directory
     * @param log where each request has a line
     */
    public ClientFrames(Function<Order, Made> maker, RequestLog log) {
        this.maker = maker;
        this.log = log;
    }

    @Override
    public void speak(Connection connection) throws IOException {
        long begun = System.nanoTime();
        connection.begin();
        try {
            Made made = answer(connection);
            send(connection, made);
            String outcome = made.launcher().isPresent() ? "ok" : "status " + made.status();
            log.request(
                    connection.peer(),
                    "run --via-socket",
                    new Json.Nothing(),
                    System.nanoTime() - begun,
                    outcome,
                    OptionalInt.of(made.status()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            connection.finish();
        }
    }

    private Made answer(Connection connection) throws IOException, InterruptedException {
        ByteBuffer numbers =
                ByteBuffer.wrap(bytes(connection, ClientFrame.REQUEST)).order(ByteOrder.LITTLE_ENDIAN);
        int magic = numbers.getInt();
        if (magic != ClientFrame.MAGIC) {
            boolean isVersion =
                    magic << Integer.SIZE - VERSION_SHIFT == ClientFrame.MAGIC << Integer.SIZE - VERSION_SHIFT;
            return Made.failed(
                    isVersion
                            ? "the server is of another version of pledge than the client: start it anew"
                            : "this is no request that the server knows");
        }
        int words = numbers.getInt();
        int environment = numbers.getInt();
        if (words < 0 || environment < 0 || words > MOST || environment > MOST || numbers.getInt() != 0) {
            return Made.failed("the words and the environment are too long for the server: more than " + (MOST >> 20)
                    + " MiB, or no numbers of bytes");
        }
        byte[] texts = bytes(connection, words + environment);
        List<Integer> descriptors = connection.takeDescriptors();
        try {
            Optional<List<String>> line = strings(texts, 0, words);
            Optional<List<String>> entries = strings(texts, words, environment);
            if (line.isEmpty() || entries.isEmpty() || line.get().isEmpty()) {
                return Made.failed("a word or a variable of the request has no end");
            }
            if (descriptors.size() != ClientFrame.DESCRIPTORS) {
                return Made.failed("the request has " + descriptors.size()
                        + " descriptors; it needs those of the working" + " directory and the root");
            }
            if (!Root.of(descriptors.get(1)).equals(Root.own())) {
                return Made.failed(
                        "the server sees other files than this process, which has another root directory or mount"
                                + " namespace");
            }
            return made(
                    descriptors.getFirst(),
                    new Order(line.get(), entries.get(), connection.peer().pid()));
        } catch (KernelException e) {
            return Made.failed("the working directory cannot be entered by the server: " + e.getMessage());
        } finally {
            descriptors.forEach(Connection::closeDescriptor);
        }
    }

    private Made made(int directory, Order order) throws KernelException, InterruptedException {
        if (!free.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            return Made.failed("the server is busy: it has " + Limit.REQUESTS.most() + " requests already");
        }
        try {
            return OwnDirectory.in(directory, () -> maker.apply(order));
        } catch (ExecutionException e) {
            return Made.failed("internal error of the server, please report it: " + e.getCause());
        } finally {
            free.release();
        }
    }

    private static void send(Connection connection, Made made) throws IOException {
        Optional<Prepared> launcher = made.launcher();
        ByteBuffer reply = ByteBuffer.allocate(ClientFrame.REPLY + made.out().length + made.err().length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(ClientFrame.MAGIC)
                .putInt(launcher.isPresent() ? ClientFrame.BECOME : made.status())
                .putInt(launcher.isPresent() ? launcher.get().skipped() : 0)
                .putInt(made.out().length)
                .putInt(made.err().length)
                .put(made.out())
                .put(made.err());
        if (launcher.isEmpty()) {
            connection.send(reply.array());
            return;
        }
        try (MemoryFile file = new MemoryFile(launcher.get().elf())) {
            connection.send(reply.array(), file.descriptor());
        } catch (KernelException e) {
            send(connection, Made.failed("the server has no room for a launcher: " + e.getMessage()));
        }
    }

    /** So many bytes; room for them is made as they come, whatever was said. */
    private static byte[] bytes(Connection connection, int count) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some = new byte[Math.min(count, 1 << 16)];
        while (all.size() < count) {
            OptionalInt next = connection.peek(PATIENCE);
            if (next.isEmpty() || next.getAsInt() == Connection.END) {
                throw new IOException("a request ended after " + all.size() + " of " + count + " bytes");
            }
            int length = connection.input().read(some, 0, Math.min(some.length, count - all.size()));
            all.write(some, 0, length);
        }
        return all.toByteArray();
    }

    /** What ends in zero bytes; empty if the last does not. */
    private static Optional<List<String>> strings(byte[] bytes, int from, int length) {
        List<String> strings = new ArrayList<>();
        int start = from;
        for (int i = from; i < from + length; i++) {
            if (bytes[i] == 0) {
                strings.add(new String(bytes, start, i - start, StandardCharsets.ISO_8859_1));
                start = i + 1;
            }
        }
        return start == from + length ? Optional.of(strings) : Optional.empty();
    }
}
