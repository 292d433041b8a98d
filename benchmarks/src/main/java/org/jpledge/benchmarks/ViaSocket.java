package org.jpledge.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** What {@code run --via-socket} adds to /bin/true, in turns with the bare program and with a launcher of the cache. */
final class ViaSocket {
    private static final int ROUNDS = 301;
    private static final int STARTS = 200;
    private static final long PAUSE_MILLIS = 50;

    private final Path directory;
    private final String pledge;
    private final PrintStream out;

    ViaSocket(Path directory, Path root, PrintStream out) {
        this.directory = directory;
        this.pledge = root.resolve("pledge").toString();
        this.out = out;
    }

    /** Starts a server, and prints a row for each way. */
    void measure() throws IOException, InterruptedException {
        Path cache = Files.createDirectory(
                directory.resolve("via-cache"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path socket = directory.resolve("via-socket");
        Process server = new ProcessBuilder(pledge, "serve", "--socket", socket.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("via-log").toFile())
                .start();
        try {
            for (int i = 0; i < STARTS && !Files.exists(socket); i++) {
                Thread.sleep(PAUSE_MILLIS);
            }
            List<String> start = List.of("/usr/bin/env", "XDG_CACHE_HOME=" + cache);
            List<String> via = List.of(pledge, "run", "--via-socket", "--socket", socket.toString());
            List<String> promises = List.of("-p", "stdio rpath");
            List<String> veil = List.of("-v", "r:/usr", "-v", "r:/etc", "-v", "rwc:/tmp");
            List<String> program = List.of("--", "/bin/true");
            List<Samples> samples = Samples.interleaved(
                    ROUNDS,
                    List.of(
                            joined(start, List.of("/bin/true")),
                            joined(start, List.of(pledge), promises, program),
                            joined(start, via, promises, program),
                            joined(start, via, promises, veil, program)));
            out.printf(
                    "%-62s %12s %12s %s%n", "/bin/true under promises, more than bare", "minimum", "median", "target");
            row("./pledge, cached", samples.get(1), samples.getFirst(), "");
            row("./pledge run --via-socket", samples.get(2), samples.getFirst(), "8 ms");
            row("./pledge run --via-socket, with three unveils", samples.get(3), samples.getFirst(), "8 ms");
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    private void row(String what, Samples with, Samples bare, String target) {
        out.printf(
                "%-62s %9.2f ms %9.2f ms %s%n",
                what, with.minimum() - bare.minimum(), with.median() - bare.median(), target);
    }

    @SafeVarargs
    private static List<String> joined(List<String>... parts) {
        List<String> all = new ArrayList<>();
        for (List<String> part : parts) {
            all.addAll(part);
        }
        return all;
    }
}
