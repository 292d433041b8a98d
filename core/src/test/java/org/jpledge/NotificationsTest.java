package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jpledge.SyscallFilter.*;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.jpledge.linux.Kernel;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.jpledge.syscall.SyscallTable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Programs whose filters ask this process. */
@Tag("enforcement")
@Timeout(60)
class NotificationsTest {
    private static Path directory = Path.of("");
    private static Path probe = Path.of("");

    @BeforeAll
    static void compile() throws IOException {
        directory = NativeProgram.directory();
        probe = NativeProgram.compile(directory, "probe", "probe.c");
    }

    @AfterAll
    static void clean() throws IOException {
        NativeProgram.remove(directory);
    }

    private static String call(String name, Object... arguments) {
        StringBuilder text = new StringBuilder()
                .append(SyscallTable.of(Arch.host()).number(name).orElseThrow());
        for (Object argument : arguments) {
            text.append(' ').append(argument);
        }
        return text.toString();
    }

    private static SupervisedProcess probe(String... calls) throws IOException {
        List<String> command = new ArrayList<>(List.of(probe.toString()));
        command.addAll(List.of(calls));
        return SyscallFilter.defaultAction(ALLOW)
                .rule(NOTIFY, "getppid")
                .startListening(command.toArray(new String[0]));
    }

    @Test
    void everyAnswerReachesTheCaller() throws Exception {
        SupervisedProcess child = probe(call("getppid", 7, 8), call("getppid"), call("getppid"), call("getpid"));
        try (Notifications calls = child.notifications()) {
            Notification first = calls.receive().orElseThrow();
            assertThat(first.call()).isEqualTo("getppid");
            assertThat(first.argument(0)).isEqualTo(7);
            assertThat(first.argument(1)).isEqualTo(8);
            assertThat(first.data().arch()).isEqualTo(Arch.host().audit());
            assertThat(first.thread()).isEqualTo((int) child.process().pid());
            assertThat(calls.isValid(first)).isTrue();
            calls.respond(first, 0x1234_5678_9abcL);
            assertThat(calls.isValid(first)).isFalse();
            calls.respond(calls.receive().orElseThrow(), Errno.ENOTTY);
            calls.proceed(calls.receive().orElseThrow());
            assertThat(calls.receive()).isEmpty();
            assertThat(calls.hasEnded()).isTrue();
        }
        Run run = Run.of(child.process());
        assertThat(run.out().lines().toList())
                .containsExactly(
                        Long.toString(0x1234_5678_9abcL),
                        "-25",
                        Long.toString(ProcessHandle.current().pid()),
                        Long.toString(child.process().pid()));
        assertThat(run.status()).isZero();
    }

    @Test
    void aDescriptorIsGivenInPlaceOfTheCall() throws Exception {
        Path file = directory.resolve("given");
        Files.writeString(file, "given");
        String path = directory.resolve("hidden").toString();
        List<String> command = List.of(
                probe.toString(),
                call("openat", -100, "s" + path, 0),
                call("openat", -100, "s" + path, 0),
                call("lseek", 9, 0, 2));
        SupervisedProcess child = SyscallFilter.defaultAction(ALLOW)
                .rule(NOTIFY, "openat")
                .startListening(command.toArray(new String[0]));
        try (Notifications calls = child.notifications();
                var open = new java.io.RandomAccessFile(file.toFile(), "r")) {
            assertThat(open.length()).isEqualTo(5);
            int own = descriptor(file);
            Notification first = calls.receive().orElseThrow();
            assertThat(calls.respondWithDescriptor(first, own, true)).hasValue(3);
            assertThat(calls.respondWithDescriptor(first, own, true)).isEmpty();
            Notification second = calls.receive().orElseThrow();
            assertThat(calls.addDescriptor(second, own, OptionalInt.of(9), false))
                    .hasValue(9);
            assertThatThrownBy(() -> calls.addDescriptor(second, 100_000, OptionalInt.empty(), false))
                    .isInstanceOf(SandboxException.class)
                    .hasMessageContaining("EBADF");
            calls.respond(second, 9);
            assertThat(calls.receive()).isEmpty();
        }
        assertThat(Run.of(child.process()).out()).isEqualTo("3\n9\n5\n");
    }

    /** This process's descriptor of a file. */
    private static int descriptor(Path file) throws IOException {
        try (var list = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path each : list) {
                if (Files.isSymbolicLink(each) && Files.readSymbolicLink(each).equals(file)) {
                    return Integer.parseInt(each.getFileName().toString());
                }
            }
        }
        throw new AssertionError(file + " is not open");
    }

    @Test
    void whoIsKilledMeanwhileNeedsNoAnswer() throws Exception {
        SupervisedProcess child = probe(call("getppid"));
        try (Notifications calls = child.notifications()) {
            Notification asked = calls.receive().orElseThrow();
            child.process().destroyForcibly();
            assertThat(child.process().waitFor()).isEqualTo(128 + 9);
            assertThat(calls.isValid(asked)).isFalse();
            calls.respond(asked, 1);
            calls.respond(asked, Errno.EPERM);
            calls.proceed(asked);
            assertThat(calls.receive(Duration.ofMillis(50))).isEmpty();
            assertThat(calls.hasEnded()).isTrue();
        }
    }

    @Test
    void withoutACallTheTimeRunsOut() throws Exception {
        SupervisedProcess child =
                SyscallFilter.defaultAction(ALLOW).rule(NOTIFY, "getppid").startListening("sleep", "30");
        try (Notifications calls = child.notifications()) {
            assertThat(calls.receive(Duration.ofMillis(20))).isEmpty();
            assertThat(calls.hasEnded()).isFalse();
        }
        child.process().destroy();
        assertThat(child.process().waitFor()).isEqualTo(128 + 15);
    }

    @Test
    void afterClosingItIsEnosys() throws Exception {
        SupervisedProcess child = SyscallFilter.defaultAction(ALLOW)
                .rule(NOTIFY, "getppid")
                .startListening("sh", "-c", "read -r line; exec " + probe + " '" + call("getppid") + "'");
        child.notifications().close();
        try (var in = child.process().getOutputStream()) {
            in.write('\n');
        }
        assertThat(Run.of(child.process()).out()).isEqualTo("-38\n");
    }

    /** The call with which the program gives its listener away must not wait for an answer that nobody gives yet. */
    @Test
    void theCallThatGivesTheListenerAwayIsNotHeldUp() throws Exception {
        SupervisedProcess child = SyscallFilter.defaultAction(ALLOW)
                .rule(NOTIFY, "close")
                .startListening(probe.toString(), call("close", 77), call("getpid"));
        try (Notifications calls = child.notifications()) {
            Notification own = calls.receive().orElseThrow();
            assertThat(own.argument(0)).isEqualTo(77);
            calls.respond(own, Errno.EBADF);
            assertThat(calls.receive()).isEmpty();
        }
        assertThat(Run.of(child.process()).out())
                .isEqualTo("-9\n" + child.process().pid() + "\n");
    }

    @Test
    void beforeTheEntryPointNobodyIsAsked() throws Exception {
        SupervisedProcess child = SyscallFilter.defaultAction(NOTIFY).startListening("true");
        List<String> asked = new ArrayList<>();
        try (Notifications calls = child.notifications()) {
            for (Optional<Notification> call = calls.receive(); call.isPresent(); call = calls.receive()) {
                asked.add(call.get().call());
                calls.proceed(call.get());
            }
        }
        assertThat(Run.of(child.process())).isEqualTo(new Run(0, "", ""));
        assertThat(asked).contains("exit_group").doesNotContain("execve", "close_range");
    }

    @Test
    void streamsDirectoryAndEnvironmentAreTheBuilders() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "pwd; echo $WORD; cat; echo wrong >&2; exit 7")
                .directory(directory.toFile())
                .redirectErrorStream(true);
        builder.environment().putAll(Map.of("WORD", "seen"));
        SupervisedProcess child =
                SyscallFilter.defaultAction(ALLOW).rule(NOTIFY, "getppid").startListening(builder);
        CompletableFuture<Void> answers = CompletableFuture.runAsync(() -> {
            try (Notifications calls = child.notifications()) {
                for (Optional<Notification> call = calls.receive(); call.isPresent(); call = calls.receive()) {
                    calls.proceed(call.get());
                }
            }
        });
        try (var in = child.process().getOutputStream()) {
            in.write("piped\n".getBytes(StandardCharsets.UTF_8));
        }
        Run run = Run.of(child.process());
        answers.join();
        assertThat(run).isEqualTo(new Run(7, directory + "\nseen\npiped\nwrong\n", ""));
        assertThat(child.process().exitValue()).isEqualTo(7);
    }

    @Test
    void theKernelWantsAListenerForItsFlag() {
        long killable = 1L << 5;
        // EFAULT: the flags are known; EINVAL: they are not, or not in this company.
        assertThat(Kernel.call("seccomp", 1, killable | 1 << 3, 0)).isEqualTo(-14);
        assertThat(Kernel.call("seccomp", 1, killable, 0)).isEqualTo(-22);
        assertThatThrownBy(() -> SyscallFilter.defaultAction(ALLOW).flags(FilterFlag.WAIT_KILLABLE_RECV))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
