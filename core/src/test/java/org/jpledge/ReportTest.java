package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Violations of a JVM that restricts itself, as they are seen from Java. Each test is a JVM of its own. */
@Tag("enforcement")
@Timeout(120)
class ReportTest {
    @Test
    void eachViolationIsALineThatNamesTheMissingPromise() throws IOException {
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "report", "stdio");
        assertThat(run.out())
                .contains("read: FileSystemException (/etc/passwd: Operation not permitted)")
                .contains("socket: SocketException (Operation not permitted)")
                .contains("exec: IOException (Cannot run program")
                .contains("-1\nbpf: done\nnarrow: done\n");
        assertThat(run.status()).isZero();
        assertThat(lines(run))
                .contains("openat needs rpath", "openat needs wpath cpath", "socket needs inet")
                .contains("bpf is not allowed by any promise");
    }

    @Test
    void whatIsPromisedIsNotReported() throws IOException {
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "report", "stdio rpath inet");
        assertThat(run.out()).contains("read: done").contains("socket: done");
        assertThat(lines(run))
                .doesNotContain("openat needs rpath", "socket needs inet")
                .contains("openat needs wpath cpath");
    }

    /** Whose handlers java.util.logging closes at the same time. */
    @Test
    void theLastViolationBeforeTheEndIsTold() throws IOException {
        for (int i = 0; i < 20; i++) {
            assertThat(ForkedJvm.runJars(List.of(), Entered.class, "last").err())
                    .containsPattern("java\\[\\d+\\]: mkdir needs cpath");
        }
    }

    /** Native code, where a thread counts as running, is what a JVM waits for at its end, 0.3 s long. */
    @Test
    void whoTellsOfViolationsIsNotWaitedForAtTheEnd() throws IOException {
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "ending");
        assertThat(run.out()).isEqualTo("RUNNABLE\nTIMED_WAITING\n");
        assertThat(run.status()).isZero();
    }

    @Test
    void whatIsSwitchedOffIsNotToldAtTheEndEither() throws IOException {
        Path quiet = Files.writeString(NativeProgram.directory().resolve("logging"), ".level=OFF\n");
        List<String> options = List.of("-Djava.util.logging.config.file=" + quiet);
        for (int i = 0; i < 5; i++) {
            assertThat(ForkedJvm.runJars(options, Entered.class, "last").err()).isEmpty();
        }
    }

    /** Sockets look for a proxy. */
    @Test
    void socketsReadNoFilesLate() throws IOException {
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "report", "stdio inet");
        assertThat(run.out()).contains("connect: done");
        assertThat(lines(run)).contains("openat needs rpath").doesNotContain("readlink needs rpath");
    }

    /** The lines about violations, without the process; the last ones do not come by a logger. */
    private static List<String> lines(Run run) {
        return run.err()
                .lines()
                .filter(line -> line.startsWith("WARNING: java[") || line.startsWith("java["))
                .map(line -> line.substring(line.indexOf("]: ") + 3))
                .toList();
    }

    @Test
    void aHundredThousandViolationsOfSixteenThreadsAreSurvivedAndCounted() throws IOException {
        // Writing so many lines takes longer than anything else here.
        Path quiet = Files.writeString(NativeProgram.directory().resolve("logging"), ".level=OFF\n");
        Run run = ForkedJvm.runJars(List.of("-Djava.util.logging.config.file=" + quiet), Entered.class, "flood");
        assertThat(run.out()).isEqualTo("alive 100000\n");
        assertThat(run.status()).isZero();
    }

    @Test
    void aListenerThatFailsKeepsNothingFromOthers() throws IOException {
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "listeners");
        assertThat(run.out()).isEqualTo("3\n");
        assertThat(lines(run)).filteredOn("mkdir needs cpath"::equals).hasSize(3);
        assertThat(lines(run))
                .filteredOn("who listens to violations fails: java.lang.IllegalStateException: deaf"::equals)
                .hasSize(3);
    }

    @Test
    void flightRecorderHasAnEventForEach() throws IOException {
        Path file = NativeProgram.directory().resolve("recording.jfr");
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "recorded", file.toString());
        assertThat(run.out()).startsWith("socket: SocketException");
        RecordedEvent event = RecordingFile.readAllEvents(file).stream()
                .filter(one -> one.getEventType().getName().equals("org.jpledge.Violation"))
                .filter(one -> one.getString("missing").equals("inet"))
                .findFirst()
                .orElseThrow();
        assertThat(event.getString("call")).isEqualTo("socket");
        assertThat(event.getString("threadName")).isEqualTo("culprit");
        assertThat(event.getString("arguments")).startsWith("0x");
        assertThat(event.getLong("address")).isNotZero();
    }

    @Test
    void aJvmThatIsKilledSaysWhyAndWhatItAsksByItselfDoesNotKillIt() throws IOException {
        Run run = ForkedJvm.runJars(List.of(), Entered.class, "kill");
        assertThat(run.out()).isEqualTo("read: FileSystemException (/etc/passwd: Operation not permitted)\n");
        assertThat(run.err()).matches("java\\[\\d+\\]: socket needs (unix or )?inet.*\n");
        assertThat(run.status()).isEqualTo(159);
    }
}
