package org.jpledge.linux;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The descriptors of this process. A JVM leaves its files open for programs that are executed, and those that Java opens too. */
public final class OpenDescriptors {
    private static final Path LIST = Path.of("/proc/self/fd");

    private OpenDescriptors() {}

    /**
     * What somebody gave to this process, as far as it can be told: all that is open now, but for the JVM's own files and the
     * jars on its class path.
     *
     * @return the descriptors
     * @throws IOException if /proc cannot be read
     */
    public static List<Integer> given() throws IOException {
        List<Path> own = new ArrayList<>();
        add(own, System.getProperty("java.home"));
        for (String entry : System.getProperty("java.class.path", "").split(":", -1)) {
            add(own, entry);
        }
        List<Integer> given = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(LIST)) {
            for (Path descriptor : descriptors) {
                if (isGiven(own, descriptor)) {
                    given.add(number(descriptor));
                }
            }
        }
        return given;
    }

    /**
     * What is open now that nobody gave to this process.
     *
     * @param given the others
     * @return the descriptors from 3 up
     * @throws IOException if /proc cannot be read
     */
    static List<Integer> others(List<Integer> given) throws IOException {
        List<Integer> others = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(LIST)) {
            for (Path descriptor : descriptors) {
                int number = number(descriptor);
                if (number > 2 && !given.contains(number)) {
                    others.add(number);
                }
            }
        }
        return others;
    }

    private static int number(Path descriptor) {
        return Integer.parseInt(descriptor.getFileName().toString());
    }

    private static void add(List<Path> own, String name) {
        if (!name.isEmpty()) {
            try {
                own.add(Path.of(name).toRealPath());
            } catch (IOException e) {
                // It is not there, and so it is not open.
                return;
            }
        }
    }

    private static boolean isGiven(List<Path> own, Path descriptor) throws IOException {
        Path file;
        try {
            file = Files.readSymbolicLink(descriptor);
        } catch (NoSuchFileException | NotLinkException e) {
            // Closed meanwhile: it was this directory's.
            return false;
        }
        for (Path each : own) {
            if (file.startsWith(each)) {
                return false;
            }
        }
        // The directory that is being read.
        return !(file.startsWith("/proc") && file.endsWith("fd"));
    }
}
