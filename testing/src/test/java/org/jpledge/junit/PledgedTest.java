package org.jpledge.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/** Tests under promises: run here by JUnit's test kit, because some of them are to fail. */
@Tag("enforcement")
@Timeout(300)
class PledgedTest {
    private static final Path READABLE = Path.of("/etc/passwd");

    /** Not run by itself, as the others below: only through the test kit. */
    static class Reading {
        private static long initialised = -1;

        private long prepared = -1;

        @BeforeAll
        static void initialise() {
            initialised = ProcessHandle.current().pid();
        }

        @BeforeEach
        void prepare() throws IOException {
            prepared = Files.size(READABLE);
        }

        @AfterEach
        void end() {
            System.out.println("after each, in the same JVM: "
                    + (initialised == ProcessHandle.current().pid()));
        }

        @Test
        @Pledged("stdio rpath")
        void reads() throws IOException {
            System.out.println("written to standard output");
            System.err.println("written to standard error");
            assertThat(Files.size(READABLE)).isEqualTo(prepared);
        }

        @Test
        @Pledged("stdio")
        void computesWithWhatWasPrepared() {
            assertThat(prepared).isPositive();
        }

        @Test
        void isNotPledged() throws IOException {
            new ServerSocket(0).close();
        }
    }

    static class Violating {
        @Test
        @Pledged("stdio rpath")
        void listens() throws IOException {
            new ServerSocket(0).close();
        }

        @Test
        @Pledged("stdio rpath")
        void listensAndHidesIt() {
            assertThatThrownBy(() -> new ServerSocket(0).close()).isInstanceOf(IOException.class);
        }

        @Test
        @Pledged("stdio")
        void readsAFile() throws IOException {
            Files.readString(READABLE);
        }

        @Test
        @Pledged("stdio rpath inet")
        void startsAProcess() throws IOException {
            new ProcessBuilder("/bin/true").start();
        }
    }

    static class Failing {
        @Test
        @Pledged("stdio")
        void comparesInVain() {
            assertEquals("right", "wrong", "the answer");
        }

        @Test
        @Pledged("stdio")
        void throwsWithACause() {
            throw new IllegalStateException("outer", new IllegalArgumentException("inner"));
        }

        @Test
        @Pledged("stdio")
        void assumesInVain() {
            assumeTrue(false, "nothing to test here");
        }

        @Test
        @Pledged("stdio rpaht")
        void promisesNonsense() {}

        @Test
        @Pledged("stdio")
        void endsItsJvm() {
            Runtime.getRuntime().halt(3);
        }
    }

    @Pledged("stdio rpath")
    static class WholeClass {
        @Test
        void reads() throws IOException {
            assertThat(Files.size(READABLE)).isPositive();
        }

        @Test
        void listens() throws IOException {
            new ServerSocket(0).close();
        }

        @Test
        @Pledged("stdio rpath inet")
        void listensByItsOwnPromise() throws IOException {
            new ServerSocket(0).close();
        }

        @Nested
        class Inner {
            @Test
            void listensInside() throws IOException {
                new ServerSocket(0).close();
            }
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2})
        void isParameterised(int value) {
            System.out.println("value " + value);
            assertThat(value).isEqualTo(1);
        }

        @RepeatedTest(2)
        void isRepeated(@TempDir Path directory) {
            assertThat(directory).isDirectory();
        }

        @TestFactory
        List<DynamicTest> isAFactory() {
            return List.of();
        }
    }

    static class Unveiling {
        @Test
        @Pledged(value = "stdio rpath", unveil = "r:/etc")
        void readsInside() throws IOException {
            assertThat(Files.size(READABLE)).isPositive();
            assertThat(Files.readString(READABLE)).isNotEmpty();
        }

        @Test
        @Pledged(
                value = "stdio rpath",
                unveil = {"/usr", "r:/tmp"})
        void readsOutside() throws IOException {
            Files.readString(READABLE);
        }

        @Test
        @Pledged(value = "stdio rpath inet", bind = 0)
        void connectsToNoPort() throws IOException {
            try (ServerSocket server = new ServerSocket(0)) {
                new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort()).close();
            }
        }
    }

    @Test
    void aTestWithinItsPromisesPassesAndItsOutputComesThrough() {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        EngineExecutionResults results;
        try {
            System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
            results = run(Reading.class);
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        results.testEvents()
                .assertStatistics(statistics -> statistics.succeeded(3).failed(0));
        assertThat(captured.toString(StandardCharsets.UTF_8).lines())
                .containsOnlyOnce("written to standard output")
                .filteredOn(line -> line.equals("after each, in the same JVM: true"))
                .hasSize(3);
        assertThat(errors.toString(StandardCharsets.UTF_8).lines()).containsOnlyOnce("written to standard error");
    }

    @Test
    void aViolationFailsTheTestAndNamesThePromise() {
        EngineExecutionResults results = run(Violating.class);
        results.testEvents()
                .assertStatistics(statistics -> statistics.succeeded(0).failed(4));
        assertThat(thrown(results, "listens()"))
                .isInstanceOf(AssertionFailedError.class)
                .hasMessage("violation of @Pledged(\"stdio rpath\"): socket needs inet")
                .cause()
                .hasMessage("java.net.SocketException: Operation not permitted");
        assertThat(thrown(results, "listensAndHidesIt()"))
                .hasMessage("violation of @Pledged(\"stdio rpath\"): socket needs inet");
        assertThat(thrown(results, "readsAFile()")).hasMessageContaining("needs rpath");
        assertThat(thrown(results, "startsAProcess()")).hasMessageContaining("Operation not permitted");
    }

    @Test
    void aFailureComesThroughWithItsMessageAndStack() {
        EngineExecutionResults results = run(Failing.class);
        results.testEvents()
                .assertStatistics(
                        statistics -> statistics.succeeded(0).failed(4).aborted(1));
        Throwable failed = thrown(results, "comparesInVain()");
        assertThat(failed).hasMessage("the answer ==> expected: <right> but was: <wrong>");
        assertThat(failed.getStackTrace())
                .anyMatch(element -> element.getMethodName().equals("comparesInVain")
                        && "PledgedTest.java".equals(element.getFileName())
                        && element.getLineNumber() > 0);
        assertThat(((AssertionFailedError) failed).getExpected().getStringRepresentation())
                .isEqualTo("right");
        assertThat(thrown(results, "throwsWithACause()"))
                .hasMessage("java.lang.IllegalStateException: outer")
                .cause()
                .hasMessage("java.lang.IllegalArgumentException: inner");
        assertThat(thrown(results, "assumesInVain()"))
                .isInstanceOf(TestAbortedException.class)
                .hasMessageContaining("nothing to test here");
        assertThat(thrown(results, "promisesNonsense()"))
                .hasMessageContaining("unknown promise \"rpaht\" (did you mean rpath?)");
        assertThat(thrown(results, "endsItsJvm()"))
                .hasMessage("the JVM of this test ended with status 3 under @Pledged(\"stdio\")");
    }

    @Test
    void anAnnotatedClassMeansItsMethodsAndThoseOfNestedClasses() {
        EngineExecutionResults results = run(WholeClass.class);
        assertThat(finished(results, "[method:reads()]")).isEmpty();
        assertThat(thrown(results, "[method:listens()]")).hasMessageContaining("socket needs inet");
        assertThat(finished(results, "listensByItsOwnPromise()")).isEmpty();
        assertThat(thrown(results, "listensInside()")).hasMessageContaining("socket needs inet");
        assertThat(finished(results, "isParameterised(int)]/[test-template-invocation:#1]"))
                .isEmpty();
        assertThat(thrown(results, "isParameterised(int)]/[test-template-invocation:#2]"))
                .isInstanceOf(AssertionFailedError.class);
        assertThat(finished(results, "[test-template-invocation:#2]", "isRepeated"))
                .isEmpty();
        assertThat(results.containerEvents().failed().list())
                .singleElement()
                .asString()
                .contains("cannot be @Pledged");
    }

    @Test
    void whatIsNotUnveiledIsNotThere() {
        EngineExecutionResults results = run(Unveiling.class);
        assertThat(finished(results, "readsInside()")).isEmpty();
        assertThat(thrown(results, "readsOutside()")).hasMessage("java.nio.file.AccessDeniedException: " + READABLE);
        assertThat(thrown(results, "connectsToNoPort()")).hasMessageContaining("Permission denied");
    }

    /** What the test kit says of some of the classes above, in a JVM of its own. */
    static final class Kit {
        private Kit() {}

        public static void main(String[] arguments) {
            for (Class<?> tests : List.of(Reading.class, Violating.class, Unveiling.class)) {
                run(tests).testEvents().finished().stream()
                        .map(event -> event.getTestDescriptor().getDisplayName() + ": "
                                + event.getRequiredPayload(TestExecutionResult.class)
                                        .getThrowable()
                                        .map(Throwable::getMessage)
                                        .orElse("passed"))
                        .forEach(System.out::println);
            }
        }
    }

    /** Root would hide what a file's permissions forbid. */
    @Test
    void allOfThisHoldsForAUserWithoutPrivilegesToo() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can run programs as another user");
        Path directory = Files.createTempDirectory("jpledge-junit");
        try {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            Process kit = new ProcessBuilder(
                            "setpriv",
                            "--reuid=65534",
                            "--regid=65534",
                            "--clear-groups",
                            "--inh-caps=-all",
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            readable(directory),
                            Kit.class.getName())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(kit.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(kit.waitFor()).as(said).isZero();
            assertThat(said.lines().filter(line -> line.endsWith(": passed")).toList())
                    .hasSize(4)
                    .contains("readsInside(): passed");
            assertThat(said.lines())
                    .contains(
                            "listens(): violation of @Pledged(\"stdio rpath\"): socket needs inet",
                            "listensAndHidesIt(): violation of @Pledged(\"stdio rpath\"): socket needs inet",
                            "readsOutside(): java.nio.file.AccessDeniedException: " + READABLE);
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** This JVM's class path where everybody can read it. */
    private static String readable(Path directory) throws IOException {
        StringBuilder path = new StringBuilder();
        int count = 0;
        for (String entry : ClassPath.ofThisJvm().packed().split(File.pathSeparator, -1)) {
            Path jar = directory.resolve(count++ + ".jar");
            if (Files.isRegularFile(Path.of(entry))) {
                Files.copy(Path.of(entry), jar);
                Files.setPosixFilePermissions(jar, PosixFilePermissions.fromString("rw-r--r--"));
                path.append(jar).append(File.pathSeparator);
            }
        }
        return path.toString();
    }

    @Test
    void theOtherJvmHasTheClassesOfThisOne() {
        assertThat(ClassPath.of(
                                "/a.jar:/b.jar",
                                "/m/target/classes:/c.jar",
                                List.of("-ea", "--patch-module=m=/m/target/test-classes"))
                        .entries())
                .containsExactly("/m/target/test-classes", "/m/target/classes", "/c.jar", "/a.jar", "/b.jar");
    }

    private static EngineExecutionResults run(Class<?> tests) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(tests))
                .execute();
    }

    private static Throwable thrown(EngineExecutionResults results, String test) {
        return finished(results, test).orElseThrow(() -> new AssertionError(test + " has passed"));
    }

    private static Optional<Throwable> finished(EngineExecutionResults results, String... parts) {
        Event event = results.testEvents()
                .finished()
                .filter(one -> {
                    String id = one.getTestDescriptor().getUniqueId().toString();
                    return List.of(parts).stream().allMatch(id::contains);
                })
                .findFirst()
                .orElseThrow();
        return event.getRequiredPayload(TestExecutionResult.class).getThrowable();
    }
}
