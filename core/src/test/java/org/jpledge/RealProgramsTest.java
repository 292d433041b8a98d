package org.jpledge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The table of docs/programs.md holds on this machine: its promises are enough, and none of them is too much. */
@Tag("enforcement")
class RealProgramsTest {
    private static final Path TABLE = Path.of("../docs/programs.md");
    private static final String NOBODY = "65534";

    private static Path base;
    private static ServerSocket server;

    /** One row of the table. The words of the command still have their placeholders. */
    private record Row(String program, List<String> promises, List<String> command) {
        static Row of(String line) {
            String[] cells = line.split("\\|", -1);
            assertThat(cells).as(line).hasSize(5);
            String promises = cells[2].strip().replace("`", "");
            String command = cells[3].strip();
            assertThat(command).startsWith("`").endsWith("`");
            return new Row(
                    cells[1].strip(),
                    List.of(promises.split(" ", -1)),
                    words(command.substring(1, command.length() - 1)));
        }

        /** Words are separated by one space; one in single quotes may have spaces inside. */
        private static List<String> words(String command) {
            List<String> words = new ArrayList<>();
            int at = 0;
            while (at < command.length()) {
                boolean quoted = command.charAt(at) == '\'';
                int end = quoted ? command.indexOf('\'', at + 1) : command.indexOf(' ', at);
                if (quoted) {
                    at++;
                    assertThat(end).as("closing quote in " + command).isNotNegative();
                }
                end = end < 0 ? command.length() : end;
                words.add(command.substring(at, end));
                at = quoted ? end + 2 : end + 1;
            }
            return words;
        }

        String[] command(Path directory, int port) {
            List<String> words = new ArrayList<>();
            for (String word : command) {
                words.add(word.replace("DIR", directory.toString()).replace("PORT", Integer.toString(port)));
            }
            words.set(0, installed(words.getFirst()));
            return words.toArray(new String[0]);
        }

        /**
         * The file that PATH leads to. A script is passed over where a program of that name comes later: version
         * managers put scripts in front, which would be the ones tested.
         */
        private static String installed(String program) {
            if (program.indexOf('/') >= 0) {
                return program;
            }
            for (String directory : System.getenv("PATH").split(":", -1)) {
                Path file = Path.of(directory, program);
                if (Files.isExecutable(file) && !isScript(file)) {
                    return file.toString();
                }
            }
            return Assumptions.abort(program + " is not installed");
        }

        private static boolean isScript(Path file) {
            try (var in = Files.newInputStream(file)) {
                return in.read() == '#' && in.read() == '!';
            } catch (IOException e) {
                return true;
            }
        }
    }

    @BeforeAll
    static void serve() throws IOException {
        base = NativeProgram.directory();
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> {
            while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                    answer(client);
                } catch (IOException ignored) {
                    // A client that was refused a call gives up half-way; the next one is served all the same.
                }
            }
        });
    }

    /** One page for every request. A client that says nothing for long is left alone. */
    private static void answer(Socket client) throws IOException {
        client.setSoTimeout(2000);
        BufferedReader request = new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8));
        String line = request.readLine();
        while (line != null && !line.isEmpty()) {
            line = request.readLine();
        }
        OutputStream response = client.getOutputStream();
        response.write(
                "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n".getBytes(UTF_8));
        response.flush();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
        delete(base);
    }

    @Test
    void theTableHasTwelveProgramsAndMore() throws IOException {
        Set<String> programs = new LinkedHashSet<>();
        for (Row row : rows()) {
            programs.add(row.command().getFirst());
        }
        assertThat(programs).hasSizeGreaterThanOrEqualTo(12);
    }

    @TestFactory
    List<DynamicTest> everyRowIsEnoughAndNoWordOfItIsTooMuch() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Row row : rows()) {
            tests.add(DynamicTest.dynamicTest(
                    String.join(" ", row.promises()) + ": " + String.join(" ", row.command()), () -> check(row)));
        }
        return tests;
    }

    private static void check(Row row) throws IOException {
        Run bare = run(row, false, null);
        assertThat(bare.status()).as("bare: " + bare.err()).isZero();
        Run pledged = run(row, false, row.promises());
        assertSame(pledged, bare, "under its promises");
        if (Run.isRoot()) {
            Run bareUnprivileged = run(row, true, null);
            assertThat(bareUnprivileged.status())
                    .as("bare, unprivileged: " + bareUnprivileged.err())
                    .isZero();
            assertSame(run(row, true, row.promises()), bareUnprivileged, "under its promises, unprivileged");
        }
        for (String promise : row.promises()) {
            List<String> fewer = new ArrayList<>(row.promises());
            fewer.remove(promise);
            Run run = run(row, false, fewer);
            assertThat(run.status() == bare.status() && run.out().equals(bare.out()))
                    .as("does as well without " + promise)
                    .isFalse();
        }
    }

    private static void assertSame(Run run, Run bare, String circumstances) {
        assertThat(run.status()).as(circumstances + ": " + run.err()).isEqualTo(bare.status());
        assertThat(run.out()).as(circumstances + ": " + run.err()).isEqualTo(bare.out());
    }

    /** Runs the command of a row among fresh files; bare if no promises are given. */
    private static Run run(Row row, boolean unprivileged, @Nullable List<String> promises) throws IOException {
        Path directory = base.resolve("files");
        delete(directory);
        Files.createDirectories(directory.resolve("tree"));
        Files.createDirectory(directory.resolve("out"));
        Files.writeString(directory.resolve("fruit.txt"), "pear\napple\nplum\n");
        Files.writeString(directory.resolve("tree/leaf.txt"), "one two\n");
        Files.writeString(directory.resolve("fruit.json"), "{\"fruit\": [\"pear\", \"plum\"]}\n");
        Files.writeString(directory.resolve("Makefile"), "all:\n\t@cat " + directory + "/fruit.txt; echo made\n");
        Run.executable(
                directory,
                "script",
                "#!/bin/sh\nwhile read -r line; do\n  echo \"fruit: $line\"\ndone <\"$1\"\n".getBytes(UTF_8));
        prepare(row, directory);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_000_000_000)));
            }
        }
        if (unprivileged) {
            Run owner = Run.of("chown", "-R", NOBODY + ":" + NOBODY, directory.toString());
            assertThat(owner.status()).as(owner.err()).isZero();
        }
        String[] command = row.command(directory, server.getLocalPort());
        if (promises != null) {
            byte[] launcher = Sandbox.pledge(String.join(" ", promises)).launcher(command);
            command = new String[] {Run.executable(base, "launcher", launcher).toString()};
        }
        return Run.of(unprivileged ? Run.unprivileged(command) : command);
    }

    /** What only some rows need: an archive, a database, programs of other C libraries. */
    private static void prepare(Row row, Path directory) throws IOException {
        String command = String.join(" ", row.command());
        if (command.contains("DIR/tree.tar") && command.contains("-x")) {
            Run tar = Run.of("tar", "-cf", directory + "/tree.tar", "-C", directory.toString(), "tree");
            assertThat(tar.status()).as(tar.err()).isZero();
        }
        if (command.contains("DIR/fruit.db")) {
            String database = directory + "/fruit.db";
            Row.installed("sqlite3");
            Run sqlite = Run.of("sqlite3", database, "create table fruit(name); insert into fruit values ('pear');");
            assertThat(sqlite.status()).as(sqlite.err()).isZero();
        }
        compiled(command, directory, "lines-musl", "musl-gcc");
        compiled(command, directory, "lines-static", "gcc", "-static");
    }

    private static void compiled(String command, Path directory, String name, String compiler, String... options)
            throws IOException {
        if (command.contains("DIR/" + name)) {
            Path once = base.resolve(name);
            if (!Files.exists(once)) {
                NativeProgram.compile(compiler, base, name, "lines.c", options);
                Files.setPosixFilePermissions(once, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
            Files.copy(once, directory.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(TABLE)) {
            if (line.startsWith("| ") && !line.startsWith("| program ")) {
                rows.add(Row.of(line));
            }
        }
        return rows;
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            NativeProgram.remove(directory);
        }
    }
}
