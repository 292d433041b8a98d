package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JVMs that load filters of their own, in processes of their own; see {@link Filtered}. */
@Tag("enforcement")
class JvmFilterTest {
    private static void says(String what, int status, String... lines) throws IOException {
        Run run = ForkedJvm.run(Filtered.class, what);
        assertThat(run.out().lines().toList()).as(run.err()).containsExactly(lines);
        assertThat(run.status()).as(run.err()).isEqualTo(status);
    }

    @Test
    void aFilterHoldsForEveryThread() throws IOException {
        says("threads", 0, "instructions true", "old -33", "new -1033", "own -33");
    }

    @Test
    void aSecondFilterOnlyNarrows() throws IOException {
        says("narrower", 0, "still -33", "both -33 -34", "newest -1");
    }

    @Test
    void whatAJvmNeedsIsAddedAfterOnesOwnRules() throws IOException {
        says("own", 0, "getpid -33", "socket -1", "thread 100", "refused FileSystemException", "1,234 a-b");
    }

    @Test
    void aThreadOfTheJvmCanAnswerForTheOthers() throws IOException {
        says("listening", 0, "answered 4711 -33", "this process cannot be filtered: seccomp: EBUSY", "closed -38");
    }

    @Test
    void aVirtualThreadMayLoadToo() throws IOException {
        says("virtual", 0, "main -33");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsAllowedByDefaultStaysSo(boolean privileged) throws IOException {
        Run run = privileged
                ? ForkedJvm.run(Filtered.class, "open")
                : ForkedJvm.runJarsUnprivileged(Filtered.class, "open");
        assertThat(run.out()).as(run.err()).isEqualTo("read 0\nAccessDeniedException\n");
    }

    @Test
    void killEndsTheJvmAtOnce() throws IOException {
        says("kill", 159, "alive");
        says("exactly", 159, "alive");
    }

    @Test
    void withoutNativeAccessTheMessageHasTheFlag() throws IOException {
        Run run = Run.of(ForkedJvm.command(List.of(ForkedJvm.NO_NATIVE_ACCESS), Filtered.class, "open"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("--enable-native-access=ALL-UNNAMED");
    }
}
