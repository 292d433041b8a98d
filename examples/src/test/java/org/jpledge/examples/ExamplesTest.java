package org.jpledge.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import javax.imageio.ImageIO;
import org.jpledge.Pledge;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples, run as a newcomer would, and attacked from within. */
@Tag("enforcement")
@Timeout(120)
class ExamplesTest {
    private static final String NOTHING = "worked:";

    /** The server, with hostile code in its process. */
    static final class HostileServer {
        private HostileServer() {}

        public static void main(String[] arguments) throws IOException {
            FileServer.main(arguments);
            System.out.println(Attack.all());
        }
    }

    /** A decoder that a picture has taken over. */
    static final class HostileDecoder {
        private HostileDecoder() {}

        public static void main(String[] arguments) throws IOException {
            Thumbnail.Decoder.prepare();
            // A class in a directory cannot be found any more afterwards.
            Attack attack = new Attack();
            Pledge.pledge("stdio");
            System.out.print(attack.apply("").strip());
            System.out.flush();
        }
    }

    private static Process start(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void withoutASandboxEveryAttackWorks() throws Exception {
        Process process = start(Attack.class);
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).isEqualTo("worked: file write connect process memory file-again filter");
        }
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void theServerServesItsDirectoryAndNothingElseCanBeDoneInItsProcess(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("page.html"), "hello");
        Process server = start(HostileServer.class, directory.toString());
        try (BufferedReader out = server.inputReader(StandardCharsets.UTF_8);
                HttpClient client = HttpClient.newHttpClient()) {
            String address = out.readLine();
            assertThat(out.readLine()).isEqualTo(NOTHING);
            for (int i = 0; i < 100; i++) {
                HttpResponse<String> page = client.send(
                        HttpRequest.newBuilder(URI.create(address + "page.html"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(page.body()).isEqualTo("hello");
            }
        } finally {
            server.destroyForcibly();
        }
    }

    @Test
    void aPictureIsDecodedByAChildThatCanDoNothingElse(@TempDir Path directory) throws Exception {
        ByteArrayOutputStream picture = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB), "png", picture);
        Path in = Files.write(directory.resolve("in.png"), picture.toByteArray());
        Path out = directory.resolve("out.png");
        Thumbnail.main(in.toString(), out.toString());
        assertThat(ImageIO.read(new ByteArrayInputStream(Files.readAllBytes(out)))
                        .getWidth())
                .isEqualTo(64);
        Files.writeString(in, "no picture");
        assertThatThrownBy(() -> Thumbnail.main(in.toString(), out.toString()))
                .isInstanceOf(IOException.class)
                .hasMessage("the picture cannot be decoded");
        assertThat(new String(Thumbnail.of(new byte[0], HostileDecoder.class), StandardCharsets.UTF_8))
                .isEqualTo(NOTHING);
    }

    @Test
    void aPluginDoesItsWorkAndNothingElse(@TempDir Path directory) throws Exception {
        Path jar = directory.resolve("plugin.jar");
        String[] create = {
            "--create",
            "--file",
            jar.toString(),
            "-C",
            Path.of("target", "test-classes").toString(),
            Attack.class.getName().replace('.', '/') + ".class"
        };
        assertThat(ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, create))
                .isZero();
        Process host = start(PluginHost.class, jar.toString(), Attack.class.getName(), "text");
        assertThat(new String(host.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("text " + NOTHING + "\n");
        assertThat(host.waitFor()).isZero();
    }
}
