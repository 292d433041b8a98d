package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jpledge.landlock.Abi;
import org.jpledge.linux.Landlock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM that restricts itself. Each test is a JVM of its own, that runs {@link Entered} from a jar. */
@Tag("enforcement")
@Timeout(120)
class EnterTest {
    private static final String DENIED = "AccessDeniedException";
    private static final String NO_FILE = "FileSystemException (there: Operation not permitted)";
    private static final String NO_SOCKET = "SocketException (Operation not permitted)";
    private static final String NO_PROCESS =
            "IOException (Cannot run program \"/bin/true\": posix_spawn failed, error: 1 (Operation not permitted) )";
    private static final String NO_LIBRARY = "UnsatisfiedLinkError (" + System.getProperty("java.home")
            + "/lib/libprefs.so: " + System.getProperty("java.home")
            + "/lib/libprefs.so: failed to map segment from shared object)";
    private static final String NO_CALL = "IOException (Operation not permitted)";

    /** How words are missed whose operations are not mere system calls. */
    private static final Map<String, String> MISSED = Map.ofEntries(
            Map.entry("stdio", "done"),
            Map.entry("rpath", NO_FILE),
            Map.entry("wpath", NO_FILE),
            Map.entry("fattr", NO_FILE),
            Map.entry("cpath", "FileSystemException (made: Operation not permitted)"),
            Map.entry("tmppath", DENIED + " (/tmp/turn)"),
            Map.entry("mcast", NO_SOCKET),
            Map.entry("unix", NO_SOCKET),
            Map.entry("dns", NO_SOCKET),
            Map.entry("exec", NO_PROCESS),
            Map.entry("prot_exec", NO_LIBRARY),
            Map.entry("ps", DENIED + " (/proc/1/comm)"),
            Map.entry("vminfo", DENIED + " (/proc/meminfo)"),
            Map.entry("getpw", DENIED + " (/etc/passwd)"));

    private Path directory = Path.of("");

    @BeforeEach
    void make() throws IOException {
        directory = NativeProgram.directory();
        Files.setPosixFilePermissions(directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @Test
    void eachPromiseTakenAwayMakesItsOperationFailWithItsException() throws IOException {
        assumeLandlock(Abi.V3);
        String all = "stdio rpath wpath cpath inet unix flock fattr chown mcast id settime getpw proc exec prot_exec";
        Map<String, String> everything = outcomes(all);
        assertThat(everything.values()).containsOnly("done");
        Map<String, String> expected = new TreeMap<>(Map.of(
                "rpath", NO_FILE,
                "wpath", DENIED + " (there)",
                "cpath", "FileSystemException (made: Operation not permitted)",
                "inet", NO_SOCKET,
                "unix", NO_SOCKET,
                "flock", NO_CALL,
                "fattr", NO_FILE,
                "exec", NO_PROCESS,
                "proc", NO_PROCESS,
                "prot_exec", NO_LIBRARY));
        for (String word : List.of("chown", "settime", "id")) {
            expected.put(word, NO_CALL);
        }
        expected.put("mcast", NO_SOCKET);
        for (Map.Entry<String, String> one : expected.entrySet()) {
            List<String> words = new ArrayList<>(List.of(all.split(" ", -1)));
            words.remove(one.getKey());
            assertThat(outcomes(String.join(" ", words)).get(one.getKey()))
                    .as("without " + one.getKey())
                    .isEqualTo(one.getValue());
        }
    }

    /** First come the words that give what others give, too. Files that words other than rpath open are Landlock's matter. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "settime id chown fattr vmm exec proc prot_exec dpath cpath wpath rpath flock mcast unix inet dns anet wroute"
                        + " route sendfd recvfd tty audio video drm tape disklabel bpf stdio",
                "ps vminfo getpw tmppath unveil stdio"
            })
    void promisesAreTakenAwayInTurnAndWhatIsLeftGoesOn(String promises) throws IOException {
        assumeLandlock(Abi.V3);
        Path own = Files.createTempDirectory(directory, "turns");
        List<String> expected = new ArrayList<>();
        for (String word : promises.split(" ", -1)) {
            if (!word.equals("unveil")) {
                expected.add(word + ": " + MISSED.getOrDefault(word, NO_CALL));
            }
        }
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "turns", promises, own.toString());
        assertThat(run.out().replaceAll("turn\\d+", "turn").lines()).containsExactlyElementsOf(expected);
    }

    private Map<String, String> outcomes(String promises) throws IOException {
        Path own = Files.createTempDirectory(directory, "run");
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "operations", promises, own.toString());
        Map<String, String> outcomes = new TreeMap<>();
        run.out().lines().forEach(line -> {
            int colon = line.indexOf(": ");
            outcomes.put(line.substring(0, colon), line.substring(colon + 2));
        });
        return outcomes;
    }

    @Test
    void promisesCanOnlyBecomeFewerAndWrongWordsAreNamed() throws IOException {
        String[] arguments = {
            "narrow", "stdio rpath inet", "stdio inet", "stdio rpath exec", "stdio inte", " stdio", "stdio", ""
        };
        String expected = """
                "stdio rpath inet": done
                "stdio inet": done
                "stdio rpath exec": PledgeException (this process has given up "rpath exec", it promised "stdio inet")
                "stdio inte": PledgeException (unknown promise "inte" (did you mean inet?))
                " stdio": PledgeException (promises begin with a space)
                "stdio": done
                "": done
                thread: done
                """;
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, arguments).out()).isEqualTo(expected);
        assertThat(ForkedJvm.runJarsUnprivileged(Entered.class, arguments).out())
                .isEqualTo(expected);
    }

    /** The kernel takes some fifty filters of this size. */
    @Test
    void theSameCanBePromisedAgainAndAgain() throws IOException {
        String[] arguments = new String[121];
        Arrays.fill(arguments, "stdio inet");
        arguments[0] = "narrow";
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, arguments).out())
                .isEqualTo("\"stdio inet\": done\n".repeat(120) + "thread: done\n");
    }

    /** A JVM in a sandbox could not write its cache. */
    @Test
    void preparingRestrictsNothingAndTrainsAnAotCache() throws IOException {
        Path cache = directory.resolve("aot");
        Run training =
                ForkedJvm.runJars(List.of("-XX:AOTCacheOutput=" + cache), Entered.class, "prepare", "stdio rpath inet");
        assertThat(training.out()).startsWith("read: done\nexec: done\n");
        Run trained = ForkedJvm.runJars(
                List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=on"), Entered.class, "narrow", "stdio inet", "stdio");
        assertThat(trained.out()).isEqualTo("\"stdio inet\": done\n\"stdio\": done\nthread: done\n");
        assertThat(trained.status()).isZero();
    }

    @Test
    void whileErrorIsPromisedWhatCannotBeHadIsLeftOut() throws IOException {
        Run run = ForkedJvm.runJars(
                List.of(), Entered.class, "narrow", "stdio error", "stdio inet error", "stdio", "stdio inet");
        assertThat(run.out()).startsWith("""
                "stdio error": done
                "stdio inet error": done
                "stdio": done
                "stdio inet": PledgeException (this process has given up "inet\"""");
    }

    @Test
    void whatIsNotUnveiledIsNotThereAndTheVeilIsLocked() throws IOException {
        assumeLandlock(Abi.V3);
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "unveil", directory.toString());
        assertThat(run.out()).isEqualTo("""
                        enter: done
                        inside: done
                        outside: AccessDeniedException (/etc/passwd)
                        again: PledgeException (paths and ports are locked: "unveil" was not among the promises "stdio rpath")
                        """);
        assertThat(ForkedJvm.runJarsUnprivileged(Entered.class, "unveil", directory.toString())
                        .out())
                .isEqualTo(run.out());
    }

    @Test
    void everyThreadIsInsideOldOnesAndNewOnes() throws IOException {
        assumeLandlock(Abi.V3);
        String denied = DENIED + " (/etc/passwd)\n";
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "threads").out())
                .isEqualTo("old: " + denied + "pool: " + denied + "common pool: " + denied + "new: " + denied
                        + "virtual: " + denied);
    }

    @Test
    void twoVirtualThreadsAtOnceLeaveWhatBothPromised() throws IOException {
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "together");
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("rpath: done\ninet: SocketException (Operation not permitted)\n");
    }

    @Test
    void memoryBecomesExecutableForTheCompilerOnly() throws IOException {
        for (String collector : List.of("-XX:+UseSerialGC", "-XX:+UseG1GC", "-XX:+UseZGC")) {
            List<String> options =
                    List.of("-XX:-UseSerialGC", collector, "-XX:TieredStopAtLevel=4", "-XX:InitialCodeCacheSize=160k");
            Run run = ForkedJvm.runJars(options, Entered.class, "memory");
            assertThat(run.err()).as(collector).isEmpty();
            assertThat(run.out()).as(collector).isEqualTo("""
                            writable: true
                            executable: -1
                            executable near the code: -1
                            made executable: -1
                            hot: true
                            off heap: true
                            """);
        }
    }

    @Test
    void aPathThatIsNotThereIsNamedAndNothingIsRestricted() throws IOException {
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "missing", directory.toString())
                        .out())
                .startsWith("enter: UnveilException (")
                .contains("none")
                .contains("outside: done\nsocket: ConnectException (Connection refused)\n");
    }

    @Test
    void aKernelWithoutLandlockEnforcesPromisesButNoUnveils() throws IOException {
        assertThat(ForkedJvm.runJars(
                                List.of(), Entered.class, "kernel-without", "landlock_create_ruleset", "stdio rpath")
                        .out())
                .startsWith("NONE\nenter: done\nunveil: PledgeException (paths and ports are locked");
        assertThat(ForkedJvm.runJars(
                                List.of(),
                                Entered.class,
                                "kernel-without",
                                "landlock_create_ruleset",
                                "stdio rpath unveil")
                        .out())
                .contains(
                        "unveil: SandboxException (unveil needs Landlock ABI 1 (Linux 5.13), and this kernel has none")
                .contains("best effort: done");
    }

    @Test
    void aKernelWithoutFiltersIsNamed() throws IOException {
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "kernel-without", "seccomp", "stdio")
                        .out())
                .contains("SandboxException")
                .startsWith("enter: SandboxException (this process cannot be restricted: seccomp: ENOSYS)");
    }

    @Test
    void aJvmThatLetsNobodyCallTheKernelSaysWhichFlagIsMissing() throws IOException {
        Run run = ForkedJvm.runJars(List.of(ForkedJvm.NO_NATIVE_ACCESS), Entered.class, "enter", "stdio");
        assertThat(run.out())
                .startsWith("enter: SandboxException (this JVM does not let ALL-UNNAMED call the kernel:"
                        + " start it with --enable-native-access=ALL-UNNAMED)");
    }

    @Test
    void anotherSystemIsNamed() throws IOException {
        Run run = ForkedJvm.runJars(List.of("-Dos.name=Plan 9"), Entered.class, "enter", "stdio");
        assertThat(run.out())
                .startsWith("enter: UnsupportedOperationException (")
                .contains("Plan 9");
    }

    @Test
    void whatIsPreloadedTooLateIsNamed() throws IOException {
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "late").out())
                .startsWith("late: SandboxException (Preload.MANAGEMENT is met too late:"
                        + " call Sandbox.preload(Preload.MANAGEMENT) before entering");
    }

    /** What lies in the class path's jars, and the ciphers that conf/security allows. */
    @Test
    void resourcesAndCiphersAreThereThoughNoFileCanBeRead() throws IOException {
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "resources").out())
                .isEqualTo(
                        "resource: done\ncipher: done\njar: FileSystemException (test-classes.jar: Operation not permitted)\n");
    }

    /** The client is made in the sandbox. In the second run, nothing but the trusted certificates is another's. */
    @Test
    void aClientOfTlsTrustsWhomItTrustsOutsideToo() throws Exception {
        assumeLandlock(Abi.V3);
        Path keys = directory.resolve("keys");
        String password = "changeit";
        String[] keytool = {
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            "x",
            "-keyalg",
            "EC",
            "-dname",
            "CN=127.0.0.1",
            "-ext",
            "san=ip:127.0.0.1",
            "-storetype",
            "PKCS12",
            "-storepass",
            password,
            "-keystore",
            keys.toString()
        };
        assertThat(Run.of(keytool).status()).isZero();
        List<String> trusting =
                List.of("-Djavax.net.ssl.trustStore=" + keys, "-Djavax.net.ssl.trustStorePassword=" + password);
        try (ServerSocket server = tls(keys, password.toCharArray())
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> greet(server));
            String port = Integer.toString(server.getLocalPort());
            assertThat(ForkedJvm.runJars(trusting, Entered.class, "tls", "stdio inet", port)
                            .out())
                    .isEqualTo("page: done\nanchors: IOException (none)\n");
            assertThat(ForkedJvm.runJars(List.of(), Entered.class, "tls", "stdio inet", port)
                            .out())
                    .startsWith("page: SSLHandshakeException (");
            assertThat(ForkedJvm.runJars(trusting, Entered.class, "tls", "stdio rpath inet", port, directory.toString())
                            .out())
                    .isEqualTo("page: done\nanchors: done\n");
            assertThat(ForkedJvm.runJars(trusting, Entered.class, "tls", "stdio rpath inet;stdio inet", port)
                            .out())
                    .as("rpath is given up later")
                    .isEqualTo("page: done\nanchors: IOException (none)\n");
            // The JVM's own certificates, wherever lib/security/cacerts points to.
            assertThat(ForkedJvm.runJars(
                                    List.of(), Entered.class, "tls", "stdio rpath inet", port, directory.toString())
                            .out())
                    .startsWith("page: SSLHandshakeException (")
                    .endsWith("anchors: done\n");
        }
    }

    /** Shakes hands with whoever comes, who may not want to. */
    private static void greet(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket peer = server.accept()) {
                peer.getOutputStream().write('x');
            } catch (IOException _) {
                // The client says why.
                Thread.onSpinWait();
            }
        }
    }

    private static SSLContext tls(Path keys, char[] password) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(keys.toFile(), password);
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(store, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), null, null);
        return context;
    }

    @Test
    void whoIsInterruptedEntersAllTheSame() throws IOException {
        assumeLandlock(Abi.V3);
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "interrupted").out())
                .isEqualTo("enter: done\ninterrupted: true\noutside: " + DENIED + " (/etc/passwd)\n");
    }

    @Test
    void theFirstSocketOfAJvmIsRefusedWithAnException() throws IOException {
        String refused = "server: %1$s\ndatagram: %1$s\nunix: %1$s\n".formatted(NO_SOCKET);
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "sockets", "stdio")
                        .out())
                .isEqualTo(refused);
        assertThat(ForkedJvm.runJarsUnprivileged(Entered.class, "sockets", "stdio rpath")
                        .out())
                .isEqualTo(refused);
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "sockets", "stdio inet unix")
                        .out())
                .isEqualTo(refused.replace(NO_SOCKET, "done"));
    }

    @Test
    void moreLayersThanLandlockTakesAreNamed() throws IOException {
        assumeLandlock(Abi.V3);
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "layers").out())
                .startsWith("done\ndone\n")
                .containsOnlyOnce("SandboxException (")
                .contains("there are 16 layers already, and no more are possible")
                .endsWith("still inside: " + DENIED + " (/etc/passwd)\nusr: done\n");
    }

    @Test
    void aHandlerThatIsWantedTooLateIsNamed() throws IOException {
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "report-later", "stdio rpath", "stdio")
                        .out())
                .startsWith("report: SandboxException (REPORT and KILL have a signal handler,");
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "report-later", "stdio prot_exec", "stdio")
                        .out())
                .isEqualTo("report: done\n");
    }

    @Test
    void aPathOfAnotherFileSystemIsNone() throws IOException {
        try (FileSystem jar = FileSystems.newFileSystem(Path.of(ForkedJvm.jars().getFirst()))) {
            assertThatThrownBy(() -> Sandbox.pledge("stdio").unveil(jar.getPath("/org"), "r"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("/org is within ");
        }
        assertThat(Sandbox.pledge("stdio").unveil(Path.of("/org"), "r")).isNotNull();
    }

    @Test
    void trustIsNotMetTooLateUnnoticed() throws IOException {
        assertThat(ForkedJvm.runJars(List.of(), Entered.class, "late").out())
                .contains(
                        "trust: SandboxException (Preload.TLS is met too late: call Sandbox.preload(Preload.TLS) before");
    }

    @Test
    @SuppressWarnings("NullAway")
    void nullIsNoPromise() {
        assertThatThrownBy(() -> Pledge.pledge(null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Sandbox.pledge((String) null)).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Sandbox.pledge("stdio").unveil(null, "r")).isInstanceOf(NullPointerException.class);
        assertThatThrownBy(() -> Sandbox.pledge("stdio").unveil(Path.of("/"), null))
                .isInstanceOf(NullPointerException.class);
    }

    private static void assumeLandlock(Abi abi) {
        Landlock.Support support = Landlock.support();
        assumeTrue(support.abi().has(abi), support::toString);
    }
}
