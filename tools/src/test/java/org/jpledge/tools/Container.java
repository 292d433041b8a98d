package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A container of runc's, in which there is busybox.
 *
 * @param directory where its bundle is
 */
record Container(Path directory) {
    /** What a program in it did. */
    record Result(int status, String out, String err) {}

    /** Makes one, or skips the test where runc cannot run containers. */
    static Container in(Path directory) throws Exception {
        Path busybox = Path.of("/bin/busybox");
        assumeTrue(
                Shell.run("PATH=$PATH:/usr/sbin command -v runc").status() == 0 && Files.isExecutable(busybox),
                "runc or a static busybox is not installed");
        Container container = new Container(directory);
        Files.createDirectories(container.root().resolve("proc"));
        Files.createDirectories(container.root().resolve("bin"));
        Files.copy(busybox, container.root().resolve("bin/busybox"));
        assumeTrue(
                container.run("", "/bin/busybox", "true").status() == 0,
                "runc cannot run containers here (not root, or no cgroups)");
        return container;
    }

    /** What its programs have as root directory. */
    Path root() {
        return directory.resolve("rootfs");
    }

    /** Runs a program under a profile, or under none if that is empty. */
    Result run(String profile, String... command) throws Exception {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process process = started(profile, out, err, command);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** Starts a program under a profile; the result is its process's number, once it runs. */
    String start(String profile, String... command) throws Exception {
        Path pid = directory.resolve("pid");
        Files.deleteIfExists(pid);
        Process process = started(profile, directory.resolve("out"), directory.resolve("err"), command);
        for (int i = 0; i < 1000 && process.isAlive(); i++) {
            if (Files.exists(pid) && !Files.readString(pid).isEmpty()) {
                String number = Files.readString(pid);
                Path words = Path.of("/proc", number, "cmdline");
                if (Files.exists(words) && Files.readString(words).startsWith(command[0])) {
                    return number;
                }
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new AssertionError(Files.readString(directory.resolve("err")));
    }

    /** Ends what was started. */
    void end() throws Exception {
        Shell.run("PATH=$PATH:/usr/sbin runc delete -f " + name());
    }

    private static String name() {
        return "pledge-test-" + ProcessHandle.current().pid();
    }

    private Process started(String profile, Path out, Path err, String... command) throws IOException {
        String args = "\"" + String.join("\", \"", command) + "\"";
        String seccomp = profile.isEmpty() ? "" : ", \"seccomp\": " + profile;
        Files.writeString(directory.resolve("config.json"), """
            {"ociVersion": "1.0.2", "root": {"path": "rootfs"}, "process": {"terminal": false, "cwd": "/",
             "args": [%s], "env": ["PATH=/bin"], "user": {"uid": 0, "gid": 0}, "noNewPrivileges": true},
             "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
             "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}]%s}}\
            """.formatted(args, seccomp));
        return new ProcessBuilder("sh", "-c", "PATH=$PATH:/usr/sbin exec runc run --pid-file pid " + name())
                .directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
    }
}
