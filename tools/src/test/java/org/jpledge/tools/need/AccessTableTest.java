package org.jpledge.tools.need;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jpledge.Sandbox;
import org.jpledge.landlock.FsRight;
import org.jpledge.linux.Landlock;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Syscall;
import org.jpledge.unveil.Permission;
import org.jpledge.unveil.Permissions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The table of letters is what the running kernel asks for: with its letters calls succeed, with one less they do not. */
@Tag("enforcement")
class AccessTableTest {
    private static final int CWD = -100;
    private static final String PERL = "/usr/bin/perl";
    private static final String PROMISES = "stdio rpath wpath cpath dpath exec prot_exec unix";

    @TempDir
    private Path directory;

    /** A call of each row, with words of {@code Calls}; {@code D} is a directory with files in it. */
    private static List<Object[]> calls() {
        List<Object[]> calls = new ArrayList<>();
        for (String flags : List.of("O_RDONLY", "O_WRONLY", "O_RDWR", "O_RDONLY|O_TRUNC", "O_WRONLY|O_TRUNC")) {
            calls.add(new Object[] {"open", "/D/a/file", flags});
            calls.add(new Object[] {"openat", CWD, "/D/a/file", flags});
        }
        calls.add(new Object[] {"openat", CWD, "/D/a", "O_RDONLY|O_DIRECTORY"});
        calls.add(new Object[] {"openat", CWD, "/D/a/file", "O_PATH"});
        calls.add(new Object[] {"openat", CWD, "/D/a/new", "O_RDWR|O_CREAT", 0600});
        calls.add(new Object[] {"open", "/D/a/new", "O_WRONLY|O_CREAT", 0600});
        calls.add(new Object[] {"creat", "/D/a/new", 0600});
        calls.add(new Object[] {"truncate", "/D/a/file", 1});
        calls.add(new Object[] {"mkdir", "/D/a/new", 0700});
        calls.add(new Object[] {"mkdirat", CWD, "/D/a/new", 0700});
        calls.add(new Object[] {"mknod", "/D/a/new", "S_IFIFO"});
        calls.add(new Object[] {"mknodat", CWD, "/D/a/new", "S_IFREG"});
        calls.add(new Object[] {"symlink", "/D/b", "/D/a/new"});
        calls.add(new Object[] {"symlinkat", "/D/b", CWD, "/D/a/new"});
        calls.add(new Object[] {"rmdir", "/D/a/empty"});
        calls.add(new Object[] {"unlink", "/D/a/file"});
        calls.add(new Object[] {"unlinkat", CWD, "/D/a/file", 0});
        calls.add(new Object[] {"rename", "/D/a/file", "/D/a/new"});
        calls.add(new Object[] {"rename", "/D/a/file", "/D/b/new"});
        calls.add(new Object[] {"renameat", CWD, "/D/a/file", CWD, "/D/b/new"});
        calls.add(new Object[] {"renameat2", CWD, "/D/a/file", CWD, "/D/b/other", "RENAME_EXCHANGE"});
        calls.add(new Object[] {"link", "/D/a/file", "/D/a/new"});
        calls.add(new Object[] {"link", "/D/a/file", "/D/b/new"});
        calls.add(new Object[] {"linkat", CWD, "/D/a/file", CWD, "/D/b/new"});
        calls.add(new Object[] {"execve", "/D/a/run", 0, 0});
        calls.add(new Object[] {"execveat", CWD, "/D/a/run", 0, 0, 0});
        calls.add(new Object[] {"bind", 3, new Endpoint.Local("/D/a/socket", false), 110});
        calls.add(new Object[] {"connect", 3, new Endpoint.Local("/D/a/listens", false), 110});
        calls.add(new Object[] {"ioctl", new Argument.Descriptor("fd", 3, 3, "/dev/urandom"), "TCGETS", 0});
        return calls;
    }

    @BeforeEach
    void assumeThatThereIsLandlock() {
        Assumptions.assumeTrue(Landlock.support().abi().has(FsRight.TRUNCATE.since()), "needs Landlock 3");
        Assumptions.assumeTrue(Files.isExecutable(Path.of(PERL)), "needs perl");
    }

    @Test
    void everyRowIsTried() {
        Set<AccessTable.Row> tried = new HashSet<>();
        for (Object[] words : calls()) {
            Syscall call = call(words);
            for (AccessTable.Row row : AccessTable.rows(call.arch(), call.number())) {
                tried.add(row);
            }
        }
        assertThat(AccessTable.all(Arch.host()))
                .extracting(AccessTable.Row::text)
                .allMatch(text -> tried.stream().anyMatch(row -> row.text().equals(text)));
    }

    @TestFactory
    List<DynamicTest> aCallSucceedsWithItsLettersAndFailsWithOneLess() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Object[] words : calls()) {
            tests.add(DynamicTest.dynamicTest(List.of(words).toString(), () -> check(words)));
        }
        return tests;
    }

    private void check(Object[] words) throws Exception {
        prepare();
        Syscall call = call(words);
        Map<String, Permissions> letters = letters(Needs.of(call));
        // No device but a terminal knows the order, and the driver says so.
        int success = words[0].equals("ioctl") ? 22 : 0; // EINVAL
        assertThat(errno(call, letters)).as("with %s", letters).isEqualTo(success);
        boolean asked = !words[0].equals("connect") || Landlock.support().abi().has(FsRight.RESOLVE_UNIX.since());
        for (String path : letters.keySet()) {
            for (Permission letter : Permission.values()) {
                if (letters.get(path).has(letter) && asked) {
                    prepare();
                    Map<String, Permissions> fewer = new TreeMap<>(letters);
                    fewer.put(path, letters.get(path).minus(Permissions.parse(String.valueOf(letter.letter()))));
                    assertThat(errno(call, fewer)).as("with %s", fewer).isIn(13, 18); // EACCES, EXDEV
                }
            }
        }
    }

    private void prepare() throws IOException {
        remove(directory.resolve("a"));
        remove(directory.resolve("b"));
        Files.createDirectories(directory.resolve("a/empty"));
        Files.createDirectory(directory.resolve("b"));
        Files.writeString(directory.resolve("a/file"), "fruit");
        Files.writeString(directory.resolve("b/other"), "fruit");
        Files.copy(Path.of("/usr/bin/true"), directory.resolve("a/run"));
    }

    private static void remove(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (var files = Files.walk(tree)) {
                for (Path file : files.toList().reversed()) {
                    Files.delete(file);
                }
            }
        }
    }

    private Syscall call(Object... words) {
        Object[] arguments = new Object[words.length - 1];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = switch (words[i + 1]) {
                case String text when text.startsWith("/D") -> directory + text.substring(2);
                case Endpoint.Local local ->
                    new Endpoint.Local(directory + local.path().substring(2), false);
                case Object other -> other;
            };
        }
        return Calls.call((String) words[0], arguments);
    }

    /** What is to be unveiled: a file that is not there yet is its directory's matter. */
    private static Map<String, Permissions> letters(Need need) {
        Map<String, Permissions> letters = new TreeMap<>();
        for (Access access : need.accesses()) {
            Path file = Path.of(access.file());
            String path = Files.exists(file) ? access.file() : String.valueOf(file.getParent());
            letters.merge(path, access.letters(), (one, other) -> new Permissions(one.bits() | other.bits()));
        }
        return letters;
    }

    /** Makes a call under unveils, and gives the number of its error; 0 if it succeeds. */
    private int errno(Syscall call, Map<String, Permissions> letters) throws Exception {
        Sandbox sandbox = Sandbox.pledge(PROMISES).unveil(Path.of("/"), "");
        for (Map.Entry<String, Permissions> each : letters.entrySet()) {
            sandbox = sandbox.unveil(Path.of(each.getKey()), each.getValue().toString());
        }
        Path launcher = directory.resolve("launcher");
        Files.deleteIfExists(launcher);
        Files.createFile(launcher, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.write(launcher, sandbox.launcher(PERL, "-e", script(call)));
        Process listener = null;
        try {
            if (call.name().equals("connect")) {
                listener = listener();
            }
            Process process = new ProcessBuilder(launcher.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(said).isEmpty();
            return process.exitValue();
        } finally {
            if (listener != null) {
                listener.destroyForcibly().waitFor();
                Files.deleteIfExists(directory.resolve("a/listens"));
            }
        }
    }

    private Process listener() throws IOException {
        Process listener = new ProcessBuilder(
                        PERL,
                        "-e",
                        socket() + "my $a = " + address(directory + "/a/listens") + "; syscall(" + number("bind")
                                + ", $fd, $a, 110); syscall("
                                + number("listen") + ", $fd, 1); $| = 1; print \"x\"; sleep 60;")
                .start();
        assertThat(listener.getInputStream().read()).isEqualTo('x');
        return listener;
    }

    private static String socket() {
        return "my $fd = syscall(" + number("socket") + ", 1, 1, 0); ";
    }

    private static int number(String call) {
        return SyscallTable.of(Arch.host()).number(call).orElseThrow();
    }

    private static String address(String path) {
        return "pack('Sa108', 1, '" + path + "')";
    }

    /** Strings have to be variables: perl takes it that the kernel may write to them. */
    private static String script(Syscall call) {
        StringBuilder script = new StringBuilder();
        boolean about = call.name().equals("bind") || call.name().equals("connect");
        script.append(about ? socket() : "");
        if (call.name().equals("ioctl")) {
            script.append("my $d = '/dev/urandom'; my $fd = syscall(" + number("open") + ", $d, 0); ");
        }
        StringBuilder words = new StringBuilder().append(call.number());
        for (int i = 0; i < call.arguments().size(); i++) {
            String name = "$p" + i;
            switch (call.arguments().get(i)) {
                case Argument.PathName path -> script.append("my " + name + " = '" + path.written() + "'; ");
                case Argument.Socket socket ->
                    script.append("my " + name + " = " + address(((Endpoint.Local) socket.endpoint()).path()) + "; ");
                case Argument.Whole whole when about && whole.value() == 3 -> name = "$fd";
                case Argument.Descriptor _ -> name = "$fd";
                case Argument argument -> name = Long.toString(argument.raw());
            }
            words.append(", ").append(name);
        }
        return script + "$! = 0; my $r = syscall(" + words + "); exit($r < 0 ? $! + 0 : 0)";
    }
}
