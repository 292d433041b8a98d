package org.jpledge.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An unmodified application, {@link Application}, in JVMs with the agent's jar. */
@Tag("enforcement")
@Timeout(120)
class AgentTest {
    private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
    private static final long SECONDS = 60;

    @TempDir
    private Path directory = Path.of("");

    private Path file = Path.of("");

    /** A finished JVM. */
    private record Run(int status, String output) {}

    @BeforeEach
    void makeJars() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        file = Files.writeString(directory.resolve("file"), "text");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.copy(Path.of(System.getProperty("agent.jar")), directory.resolve("agent.jar"));
        Files.createDirectory(directory.resolve("lib"));
        jar("lib/library.jar", "", "Library");
        String manifest = "Main-Class: org.jpledge.agent.Application\nClass-Path: lib/library.jar\n";
        jar("app.jar", manifest, "Application", "Application$Attempt");
    }

    @Test
    void anApplicationInAJarGoesOnWithinItsPromises() throws IOException {
        assertThat(fromJar("stdio rpath", "library", "world", "read", file.toString()))
                .isEqualTo(new Run(0, "started\nhello world\nlibrary: done\nread: done\n"));
    }

    @Test
    void whatIsNotPromisedIsAnOrdinaryException() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(server.getLocalPort());
            String[] attempts = {
                "read", file.toString(), "write", file.toString(), "connect", port, "bind", "0", "run", "/bin/true"
            };
            assertThat(fromClass("stdio", attempts)).isEqualTo(new Run(0, """
                            started
                            read: AccessDeniedException
                            write: AccessDeniedException
                            connect: SocketException
                            bind: SocketException
                            run: IOException
                            """));
            assertThat(fromClass("stdio rpath wpath cpath inet proc exec prot_exec", attempts))
                    .isEqualTo(new Run(0, "started\nread: done\nwrite: done\nconnect: done\nbind: done\nrun: done\n"));
        }
    }

    @Test
    void onlyWhatIsUnveiledIsThere() throws IOException {
        assertThat(fromJar("stdio rpath wpath;r:" + directory, "read", file.toString(), "write", file.toString()))
                .isEqualTo(new Run(0, "started\nread: done\nwrite: AccessDeniedException\n"));
        assertThat(fromJar("stdio rpath;/usr", "read", file.toString(), "library", "x"))
                .isEqualTo(new Run(0, "started\nread: AccessDeniedException\nhello x\nlibrary: done\n"));
    }

    @Test
    void onlyPortsThatAreNamedCanBeReached() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String[] attempts = {
                "connect", Integer.toString(server.getLocalPort()), "connect", Integer.toString(other.getLocalPort())
            };
            assertThat(fromClass("stdio inet;connect=" + server.getLocalPort(), attempts)
                            .output())
                    .startsWith("started\nconnect: done\nconnect: ")
                    .doesNotEndWith("connect: done\n");
            assertThat(fromClass("stdio inet", attempts).output()).isEqualTo("started\nconnect: done\nconnect: done\n");
        }
    }

    @Test
    void aViolationKillsWhereThatIsAskedFor() throws IOException {
        Run run = fromClass("stdio;onviolation=kill", "library", "x", "bind", "0");
        assertThat(run.status()).isEqualTo(159);
        assertThat(run.output())
                .startsWith("started\nhello x\nlibrary: done\njava[")
                .contains("socket needs inet");
        assertThat(fromClass("stdio inet;onviolation=kill", "bind", "0"))
                .isEqualTo(new Run(0, "started\nbind: done\n"));
    }

    @Test
    void aViolationIsReportedWhereThatIsAskedFor() throws IOException {
        Run run = fromClass("stdio rpath;onviolation=report", "bind", "0", "pause", "1000");
        assertThat(run.status()).isZero();
        assertThat(run.output())
                .startsWith("started\n")
                .contains("bind: SocketException")
                .containsPattern("java\\[\\d+]: socket needs inet");
        assertThat(fromClass("stdio rpath inet;onviolation=report", "bind", "0", "pause", "1000"))
                .isEqualTo(new Run(0, "started\nbind: done\npause: done\n"));
    }

    @Test
    void aWrongWordKeepsTheApplicationFromStarting() throws IOException {
        assertThat(fromJar("stdio rpaht"))
                .isEqualTo(new Run(
                        64,
                        "jpledge-agent: unknown promise \"rpaht\" (did you mean rpath?);"
                                + " the application is not started\n"));
    }

    @Test
    void aPathThatIsNotThereKeepsTheApplicationFromStarting() throws IOException {
        Run run = fromJar("stdio rpath;r:" + directory.resolve("none/deeper"));
        assertThat(run.status()).isEqualTo(125);
        assertThat(run.output())
                .startsWith("jpledge-agent: unveil ")
                .contains("none")
                .hasLineCount(1);
    }

    @Test
    void aJvmThatLetsNobodyCallTheKernelSaysWhichFlagIsMissing() throws IOException {
        Run run = run(
                List.of("--illegal-native-access=deny", agent("stdio"), "-cp", "app.jar", Application.class.getName()));
        assertThat(run.status()).isEqualTo(125);
        assertThat(run.output()).contains(NATIVE_ACCESS).hasLineCount(1);
    }

    @Test
    void aJarWithoutRpathIsAskedForOtherwise() throws IOException {
        Run run = fromJar("stdio");
        assertThat(run.status()).isEqualTo(64);
        assertThat(run.output()).contains("promise rpath, or start it with -cp").hasLineCount(1);
    }

    @Test
    void whoseClassesCannotBeFoundIsTold() throws IOException {
        List<String> application = List.of("-cp", "app.jar:lib", Application.class.getName());
        List<String> refused = new ArrayList<>(List.of(NATIVE_ACCESS, agent("stdio")));
        refused.addAll(application);
        assertThat(run(refused)).isEqualTo(new Run(0, """
                        jpledge-agent: classes in the directory lib cannot be found without rpath; classes in jars can
                        started
                        """));
        List<String> promised = new ArrayList<>(List.of(NATIVE_ACCESS, agent("stdio rpath")));
        promised.addAll(application);
        assertThat(run(promised)).isEqualTo(new Run(0, "started\n"));
    }

    private Run fromJar(String text, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(NATIVE_ACCESS, agent(text), "-jar", "app.jar"));
        command.addAll(List.of(arguments));
        return run(command);
    }

    private Run fromClass(String text, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(NATIVE_ACCESS, agent(text), "-cp", "app.jar", Application.class.getName()));
        command.addAll(List.of(arguments));
        return run(command);
    }

    private static String agent(String text) {
        return "-javaagent:agent.jar=" + text;
    }

    /** Runs a JVM, without privileges also where the tests have some. */
    private Run run(List<String> options) throws IOException {
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
        command.addAll(options);
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return new Run(process.waitFor(), Files.readString(output, StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void jar(String name, String manifest, String... classes) throws IOException {
        Path text = Files.writeString(directory.resolve("manifest"), manifest);
        List<String> arguments = new ArrayList<>(
                List.of("--create", "--file", directory.resolve(name).toString(), "--manifest", text.toString()));
        for (String type : classes) {
            arguments.addAll(List.of("-C", "target/test-classes", "org/jpledge/agent/" + type + ".class"));
        }
        int status = ToolProvider.findFirst("jar")
                .orElseThrow()
                .run(System.out, System.err, arguments.toArray(new String[0]));
        assertThat(status).as("jar").isZero();
    }
}
