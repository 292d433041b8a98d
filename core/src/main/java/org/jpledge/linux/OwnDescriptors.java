package org.jpledge.linux;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;

/** Descriptors of the JVM's own files, which it leaves open for programs that are executed: lib/modules is one. */
final class OwnDescriptors {
    private static final Path LIST = Path.of("/proc/self/fd");
    private static final int F_SETFD = 2;
    private static final int FD_CLOEXEC = 1;

    private OwnDescriptors() {}

    /** Sees to it that an executed program does not get them. What somebody gave to this process stays open. */
    static void closeOnExecution() {
        Path home = Path.of(System.getProperty("java.home"));
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(LIST)) {
            for (Path descriptor : descriptors) {
                if (isBelow(home, descriptor)) {
                    Kernel.call("fcntl", Long.parseLong(descriptor.getFileName().toString()), F_SETFD, FD_CLOEXEC);
                }
            }
        } catch (IOException e) {
            // Without /proc nothing is known; the program gets a descriptor of a file that anybody may read.
            return;
        }
    }

    private static boolean isBelow(Path home, Path descriptor) throws IOException {
        try {
            return Files.readSymbolicLink(descriptor).startsWith(home);
        } catch (NoSuchFileException | NotLinkException e) {
            // Closed meanwhile.
            return false;
        }
    }
}
