package org.jpledge.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.spi.ToolProvider;
import org.jpledge.Sandbox;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application that knows nothing of promises, run in a JVM of its own under the agent. */
@Tag("enforcement")
@Timeout(60)
class AgentTest {
    /** The application. */
    static final class Application {
        private Application() {}

        public static void main(String[] arguments) {
            for (String argument : arguments) {
                try {
                    System.out.println(
                            argument.equals("socket")
                                    ? listen()
                                    : Files.readString(Path.of(argument)).strip());
                } catch (IOException e) {
                    System.out.println(e.getClass().getSimpleName());
                }
            }
        }

        private static String listen() throws IOException {
            try (ServerSocket socket = new ServerSocket(0)) {
                return socket.isBound() ? "bound" : "not bound";
            }
        }
    }

    private Path directory = Path.of("");

    @BeforeEach
    void makeJars(@TempDir Path made) throws IOException {
        directory = made;
        Files.writeString(made.resolve("MANIFEST"), "Premain-Class: org.jpledge.agent.Agent\n");
        jar(
                "--create",
                "--manifest",
                made.resolve("MANIFEST").toString(),
                "--file",
                path("agent.jar"),
                "-C",
                origin(Agent.class),
                ".");
        Path core = Path.of(origin(Sandbox.class));
        if (Files.isDirectory(core)) {
            jar("--update", "--file", path("agent.jar"), "-C", core.toString(), "org");
        } else {
            Files.createDirectories(made.resolve("core"));
            Files.copy(core, made.resolve("core/core.jar"));
        }
        jar("--create", "--file", path("application.jar"), "-C", origin(Application.class), ".");
        Files.writeString(made.resolve("file"), "text\n");
    }

    private static void jar(String... arguments) {
        assertThat(ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, arguments))
                .isZero();
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private static String origin(Class<?> type) {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
                .toString();
    }

    private String run(String options, String... arguments) throws IOException, InterruptedException {
        java.util.List<String> command = new java.util.ArrayList<>(java.util.List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-javaagent:" + path("agent.jar") + "=" + options,
                "-cp",
                path("application.jar") + File.pathSeparator + path("core/core.jar"),
                Application.class.getName()));
        command.addAll(java.util.List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return out + "status " + process.waitFor();
    }

    @Test
    void anApplicationThatKnowsNothingOfItIsHeldToThePromises() throws IOException, InterruptedException {
        assertThat(run("stdio rpath inet;r:" + directory, path("file"), "/etc/passwd", "socket"))
                .isEqualTo("text\nAccessDeniedException\nbound\nstatus 0");
        assertThat(run("stdio rpath", path("file"), "/etc/hostname", "socket"))
                .startsWith("text\n")
                .endsWith("SocketException\nstatus 0");
    }

    @Test
    void aMistakeIsOneLineAndNothingRuns() throws IOException, InterruptedException {
        assertThat(run("stdio rpth", "socket"))
                .isEqualTo(
                        "jpledge-agent: the promises \"stdio rpth\" need rpath: the application's classes are read in the"
                                + " sandbox\nstatus 125");
        assertThat(run("stdio rpath inte", "socket"))
                .isEqualTo("jpledge-agent: unknown promise \"inte\" (did you mean inet?)\nstatus 125");
        assertThat(run("stdio rpath;bind=x", "socket")).isEqualTo("jpledge-agent: \"bind=x\" has no port\nstatus 125");
        assertThat(run("stdio rpath;nonsense", "socket"))
                .startsWith("jpledge-agent: \"nonsense\" is no option")
                .endsWith("\nstatus 125");
    }
}
