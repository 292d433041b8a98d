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
import java.util.Comparator;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jpledge.Pledge;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
            // Already refused, but the library is loaded for it: later it is the sandbox that refuses, and no missing
            // library.
            if (Attack.connects()) {
                throw new IllegalStateException("connected");
            }
            Pledge.pledge("stdio");
            System.out.print(Attack.all());
            System.out.flush();
        }
    }

    /** The service, whose decoder has been taken over. */
    static final class TakenOver {
        private TakenOver() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
            System.out.print(new String(Thumbnail.of(new byte[0], HostileDecoder.class), StandardCharsets.UTF_8));
        }
    }

    private Path directory = Path.of("");

    @BeforeEach
    void make() throws IOException {
        directory = Jvm.directory();
    }

    @AfterEach
    void delete() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @EnumSource
    void withoutASandboxEveryAttackWorks(Jvm.User user) throws Exception {
        Process process = Jvm.start(user, Attack.class);
        assertThat(output(process)).isEqualTo("worked: file write connect process memory file-again filter\n");
        assertThat(process.waitFor()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void theServerServesItsDirectoryAndNothingElseCanBeDoneInItsProcess(Jvm.User user) throws Exception {
        Files.writeString(directory.resolve("page.html"), "hello");
        Process server = Jvm.start(user, HostileServer.class, directory.toString());
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

    @ParameterizedTest
    @EnumSource
    void aPictureIsDecodedByAChildThatCanDoNothingElse(Jvm.User user) throws Exception {
        ByteArrayOutputStream picture = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB), "png", picture);
        Path in = Files.write(directory.resolve("in.png"), picture.toByteArray());
        Path out = directory.resolve("out.png");
        assertThat(Jvm.start(user, Thumbnail.class, in.toString(), out.toString())
                        .waitFor())
                .isZero();
        assertThat(ImageIO.read(new ByteArrayInputStream(Files.readAllBytes(out)))
                        .getWidth())
                .isEqualTo(64);
        assertThat(output(Jvm.start(user, TakenOver.class))).isEqualTo(NOTHING);
    }

    @Test
    void whatIsNoPictureIsSaidSo() throws IOException {
        Path in = Files.writeString(directory.resolve("in.png"), "no picture");
        Path out = directory.resolve("out.png");
        assertThatThrownBy(() -> Thumbnail.main(in.toString(), out.toString()))
                .isInstanceOf(IOException.class)
                .hasMessage("the picture cannot be decoded");
    }

    @ParameterizedTest
    @EnumSource
    void aPluginDoesItsWorkAndNothingElse(Jvm.User user) throws Exception {
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
        Process host = Jvm.start(user, PluginHost.class, jar.toString(), Attack.class.getName(), "text");
        assertThat(output(host)).isEqualTo("text " + NOTHING + "\n");
        assertThat(host.waitFor()).isZero();
    }
}
