package org.jpledge.tools;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Somebody at a terminal: reads what it shows, and presses keys when it is his turn. */
final class Typist implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final StringBuilder shown = new StringBuilder();
    private int read;

    private Typist(Process process) {
        this.process = process;
    }

    /**
     * Starts a script of sh(1) in a terminal of its own, which script(1) makes.
     *
     * @param size rows and columns as stty(1) takes them; empty: the terminal does not say
     */
    static Typist at(String size, String script, Map<String, String> environment, Path directory) throws IOException {
        String sized = (size.isEmpty() ? "" : "stty " + size + "; ") + script;
        ProcessBuilder builder = new ProcessBuilder("script", "-qefc", sized, "/dev/null")
                .directory(directory.toFile())
                .redirectErrorStream(true);
        builder.environment().putAll(environment);
        return new Typist(builder.start());
    }

    /** Waits until something is shown that was not before. */
    Typist awaits(String text) throws IOException, InterruptedException {
        InputStream in = process.getInputStream();
        long end = System.nanoTime() + PATIENCE.toNanos();
        int found = shown.indexOf(text, read);
        while (found < 0) {
            if (in.available() > 0) {
                byte[] bytes = new byte[in.available()];
                int count = in.read(bytes);
                shown.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
            } else if (!process.isAlive() || System.nanoTime() > end) {
                throw new IllegalStateException("never shown: " + text + ", but: " + shown);
            } else {
                Thread.sleep(5);
            }
            found = shown.indexOf(text, read);
        }
        read = found + text.length();
        return this;
    }

    /** Presses keys. */
    Typist types(String keys) throws IOException {
        process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        return this;
    }

    /** Waits for the end, and gives the exit status. */
    int ends() throws IOException, InterruptedException {
        shown.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1));
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("does not end: " + shown);
        }
        return process.exitValue();
    }

    /** All that was shown so far. */
    String shown() {
        return shown.toString();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
