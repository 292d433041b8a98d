package org.jpledge.examples;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.jpledge.Pledge;
import org.jpledge.Promise;
import org.jpledge.Sandbox;
import org.jspecify.annotations.Nullable;

/**
 * Makes small pictures of large ones: {@code Thumbnail IN OUT.png}. The picture comes from somebody whom nobody trusts, so it is
 * decoded by a child that can read its input, write its output, and nothing else.
 */
public final class Thumbnail {
    private static final int SIZE = 64;

    private Thumbnail() {}

    /**
     * Makes one.
     *
     * @param arguments the picture, and the file for the thumbnail
     * @throws IOException if the picture is none, or a file cannot be read or written
     * @throws InterruptedException if this thread is interrupted
     */
    public static void main(String... arguments) throws IOException, InterruptedException {
        Files.write(Path.of(arguments[1]), of(Files.readAllBytes(Path.of(arguments[0])), Decoder.class));
    }

    /** Has a child with that main class decode a picture. */
    static byte[] of(byte[] picture, Class<?> decoder) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-Djava.awt.headless=true",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                decoder.getName());
        // What a JVM needs to start; the decoder gives up the rest before it looks at the picture.
        Process child = Sandbox.pledge(Promise.STDIO, Promise.RPATH, Promise.PROT_EXEC)
                .start(builder.redirectError(ProcessBuilder.Redirect.to(new File("/dev/null"))));
        try (OutputStream to = child.getOutputStream()) {
            to.write(picture);
        }
        byte[] thumbnail = child.getInputStream().readAllBytes();
        if (child.waitFor() != 0) {
            throw new IOException("the picture cannot be decoded");
        }
        return thumbnail;
    }

    /** What the child runs. */
    public static final class Decoder {
        private Decoder() {}

        /**
         * Reads a picture from standard input, and writes a small one to standard output.
         *
         * @param arguments none
         * @throws IOException if it is no picture
         */
        public static void main(String... arguments) throws IOException {
            prepare();
            Pledge.pledge("stdio");
            System.out.write(thumbnail(System.in));
            System.out.flush();
        }

        /** Makes a thumbnail of nothing, so that all that it takes is loaded. */
        static void prepare() throws IOException {
            ImageIO.setUseCache(false);
            ByteArrayOutputStream sample = new ByteArrayOutputStream();
            ImageIO.write(new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB), "png", sample);
            thumbnail(new ByteArrayInputStream(sample.toByteArray()));
        }

        private static byte[] thumbnail(InputStream in) throws IOException {
            @Nullable BufferedImage picture = ImageIO.read(in);
            if (picture == null) {
                throw new IOException("no picture");
            }
            BufferedImage small = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = small.createGraphics();
            graphics.drawImage(picture, 0, 0, SIZE, SIZE, null);
            graphics.dispose();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageIO.write(small, "png", out);
            return out.toByteArray();
        }
    }
}
