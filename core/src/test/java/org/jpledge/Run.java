package org.jpledge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A finished process.
 *
 * @param status its exit status; 128 + n if a signal ended it
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
record Run(int status, String out, String err) {
    /** A user without privileges, and its group. */
    static final int NOBODY = 65534;

    /** Far more than anything takes here: a machine that is busy is no failure. */
    private static final long SECONDS = 120;

    /** On a small machine the common pool has one thread, and what waits for each other would wait for ever. */
    static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

    /** Runs a command to its end, with an empty standard input. */
    static Run of(String... command) throws IOException {
        return of(Map.of(), command);
    }

    /** Runs a command to its end, with more variables in its environment. */
    static Run of(Map<String, String> environment, String... command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectInput(Path.of("/dev/null").toFile());
        builder.environment().putAll(environment);
        return of(builder.start());
    }

    /** Reads a process to its end. One that takes too long is killed, with status 137. */
    static Run of(Process process) throws IOException {
        CompletableFuture<byte[]> out = read(process.getInputStream());
        CompletableFuture<byte[]> err = read(process.getErrorStream());
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return new Run(
                    process.waitFor(),
                    new String(out.join(), StandardCharsets.UTF_8),
                    new String(err.join(), StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static CompletableFuture<byte[]> read(InputStream stream) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (stream) {
                        return stream.readAllBytes();
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                },
                THREADS);
    }

    /** Writes an executable file that everybody may run. */
    static Path executable(Path directory, String name, byte[] content) throws IOException {
        Path file = directory.resolve(name);
        Files.write(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    /** The command as a user without privileges, where the tests run as root; otherwise unchanged. */
    static String[] unprivileged(String... command) {
        if (!isRoot()) {
            return command;
        }
        List<String> words = new ArrayList<>(
                List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--inh-caps=-all"));
        words.addAll(Arrays.asList(command));
        return words.toArray(new String[0]);
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }
}
