package org.jpledge.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jpledge.OnViolation;
import org.jpledge.Sandbox;
import org.jpledge.Violation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A JVM at work under its promises: HTTP on virtual threads, files, garbage, and code that gets hot. One run lasts a minute, or
 * what {@code -Djpledge.soak.seconds} says.
 */
@Tag("enforcement")
@Timeout(180)
class SoakTest {
    /** What works, in a JVM of its own. */
    static final class Work {
        private static final AtomicLong SUM = new AtomicLong();

        /** Between two pieces of work, so that a minute of it is not a minute of all processors, which others wait for. */
        private static final long REST_MILLIS = 2;

        private Work() {}

        public static void main(String[] arguments) throws Exception {
            boolean files = arguments[0].contains("rpath");
            Path file = Files.writeString(Files.createTempFile("jpledge", "soak"), "text");
            Set<String> violations = new ConcurrentSkipListSet<>();
            Violation.listen(violation -> violations.add(violation.threadName() + ": " + violation.text()));
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                byte[] body = exchange.getRequestURI().toString().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            Sandbox.pledge(arguments[0]).onViolation(OnViolation.REPORT).enter();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                    HttpClient client = HttpClient.newHttpClient()) {
                server.setExecutor(threads);
                server.start();
                URI address =
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/page");
                long end = System.nanoTime() + Long.parseLong(arguments[1]) * 1_000_000_000L;
                List<Thread> work = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    work.add(Thread.ofVirtual().start(() -> requests(client, address, end)));
                }
                work.add(Thread.ofPlatform().start(() -> garbage(end)));
                if (files) {
                    work.add(Thread.ofPlatform().start(() -> reads(file, end)));
                }
                for (Thread thread : work) {
                    thread.join();
                }
                server.stop(0);
            }
            Violation.tellAll();
            System.out.println(new TreeSet<>(violations));
            System.out.println(SUM.get() > 100);
        }

        private static void requests(HttpClient client, URI address, long end) {
            HttpRequest request = HttpRequest.newBuilder(address).build();
            try {
                while (System.nanoTime() < end) {
                    String body = client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body();
                    SUM.addAndGet(body.equals("/page") ? 1 : Long.MIN_VALUE / 2);
                    Thread.sleep(REST_MILLIS);
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private static void garbage(long end) {
            List<byte[]> kept = new ArrayList<>();
            try {
                while (System.nanoTime() < end) {
                    kept.add(new byte[1 << 18]);
                    if (kept.size() > 200) {
                        kept.clear();
                        Thread.sleep(REST_MILLIS);
                    }
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private static void reads(Path file, long end) {
            try {
                while (System.nanoTime() < end) {
                    SUM.addAndGet(Files.readString(file).equals("text") ? 1 : Long.MIN_VALUE / 2);
                    Thread.sleep(REST_MILLIS);
                }
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void forAMinuteAJvmAtWorkViolatesNothing() throws Exception {
        Jvm.User user = Jvm.isRoot() ? Jvm.User.NOBODY : Jvm.User.SELF;
        violatesNothing(user, "stdio inet", Integer.getInteger("jpledge.soak.seconds", 60));
    }

    @ParameterizedTest
    @EnumSource
    void aJvmAtWorkViolatesNothing(Jvm.User user) throws Exception {
        violatesNothing(user, "stdio inet", 3);
        violatesNothing(user, "stdio rpath inet", 3);
    }

    private static void violatesNothing(Jvm.User user, String promises, int seconds) throws Exception {
        Process process = Jvm.start(user, Work.class, promises, Integer.toString(seconds));
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        assertThat(out).as(promises).endsWith("[]\ntrue\n");
    }
}
