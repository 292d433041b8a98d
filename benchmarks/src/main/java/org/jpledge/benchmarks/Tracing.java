package org.jpledge.benchmarks;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much slower programs are while they are traced, as a ratio to the bare program, beside strace(1): a search for files, a
 * compiler, a client of a server. Everything is run in turns, starting the JVM included.
 */
final class Tracing {
    private static final int ROUNDS = 5;

    /** A short run shows what the JVM's start costs, a longer one what each call costs. */
    private static final List<Integer> SOURCES = List.of(6, 24);

    private static final List<Integer> REQUESTS = List.of(400, 4000);
    private static final String NOWHERE = "/dev/null";

    private final Path directory;
    private final String pledge;
    private final PrintStream out;

    Tracing(Path directory, Path root, PrintStream out) {
        this.directory = directory;
        this.pledge = root.resolve("pledge").toString();
        this.out = out;
    }

    /** Prints a row for each way to trace and each load. */
    void measure() throws IOException {
        out.printf("%-62s %12s %12s %s%n", "traced programs, times of the bare one", "minimum", "median", "target");
        load("find in /usr/share", "stdio rpath", List.of("/usr/bin/find", "/usr/share", "-name", "no such name"));
        for (int sources : SOURCES) {
            load(
                    "gcc, " + sources + " files",
                    "stdio rpath wpath cpath fattr tmppath proc exec prot_exec id",
                    List.of("/bin/sh", compilation(sources).toString()));
        }
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        try {
            for (int requests : REQUESTS) {
                String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/[1-" + requests + "]";
                load(
                        "curl, " + requests + " requests",
                        "stdio rpath inet dns",
                        List.of("/usr/bin/curl", "-s", "-o", NOWHERE, address));
            }
        } finally {
            server.stop(0);
        }
    }

    private Path compilation(int sources) throws IOException {
        StringBuilder script = new StringBuilder("set -e\n");
        for (int i = 0; i < sources; i++) {
            Path source = directory.resolve("source" + i + ".c");
            Files.writeString(
                    source,
                    "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
                            + "#include <sys/socket.h>\n#include <netinet/in.h>\nint f" + i
                            + "(int n) { printf(\"%d\\n\", n); return n + 1; }\n");
            script.append("gcc -O1 -c -o ")
                    .append(directory)
                    .append("/object.o ")
                    .append(source)
                    .append('\n');
        }
        return Files.writeString(directory.resolve("compile.sh"), script);
    }

    private void load(String what, String promises, List<String> program) {
        if (!Files.isExecutable(Path.of(program.getFirst()))) {
            out.println(what + ": " + program.getFirst() + " is not installed");
            return;
        }
        Map<String, List<String>> ways = new LinkedHashMap<>();
        ways.put("bare", program);
        if (Files.isExecutable(Path.of("/usr/bin/strace"))) {
            ways.put("strace -f", before(program, "/usr/bin/strace", "-f", "-o", NOWHERE));
            ways.put(
                    "strace -f --seccomp-bpf -e %file",
                    before(program, "/usr/bin/strace", "-f", "--seccomp-bpf", "-e", "trace=%file", "-o", NOWHERE));
        }
        ways.put("pledge trace", before(program, pledge, "trace", "-o", NOWHERE, "--"));
        ways.put("pledge trace -e %file", before(program, pledge, "trace", "-e", "trace=%file", "-o", NOWHERE, "--"));
        ways.put("pledge --report", before(program, pledge, "--report", "-p", promises, "--"));
        ways.put("pledge learn", before(program, pledge, "learn", "-o", directory + "/learnt.toml", "--"));
        List<Samples> samples = Samples.interleaved(ROUNDS, List.copyOf(ways.values()));
        double minimum = samples.getFirst().minimum();
        double median = samples.getFirst().median();
        out.printf("%-62s %9.0f ms %9.0f ms%n", what + ", bare", minimum, median);
        int i = 0;
        for (String way : ways.keySet()) {
            Samples each = samples.get(i++);
            if (!way.equals("bare")) {
                String target = way.endsWith("%file")
                        ? "half of all calls, on find"
                        : way.startsWith("pledge") ? "strace -f" : "";
                out.printf(
                        "%-62s %12.2f %12.2f %s%n",
                        "  " + way, each.minimum() / minimum, each.median() / median, target);
            }
        }
    }

    private static List<String> before(List<String> program, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(program);
        return all;
    }
}
