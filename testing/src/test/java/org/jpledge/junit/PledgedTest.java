package org.jpledge.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Tests under promises: run here by JUnit's test kit, because some of them are to fail. */
@Tag("enforcement")
@Timeout(120)
class PledgedTest {
    /** Not run by itself: only through the test kit. */
    static class Examples {
        private String prepared = "";

        @BeforeEach
        void prepare() throws IOException {
            prepared = Files.readString(Path.of("/etc/hostname"));
        }

        @AfterEach
        void end() {
            prepared = "";
        }

        @Test
        @Pledged("stdio rpath")
        void reads() throws IOException {
            assertThat(Files.readString(Path.of("/etc/hostname"))).isEqualTo(prepared);
        }

        @Test
        @Pledged("stdio rpath")
        void listens() throws IOException {
            new ServerSocket(0).close();
        }

        @Test
        @Pledged("stdio rpath")
        void listensAndHidesIt() {
            try {
                new ServerSocket(0).close();
            } catch (IOException e) {
                prepared = "nobody sees it";
            }
        }

        @Test
        @Pledged("stdio rpath")
        void fails() {
            assertThat(prepared).isEqualTo("something else");
        }

        @Test
        @Pledged("stdio rpth")
        void promisesNonsense() {
            assertThat(prepared).isEmpty();
        }
    }

    @Test
    void aViolationFailsTheTestAndNamesThePromise() {
        List<Event> events = EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(Examples.class))
                .execute()
                .testEvents()
                .finished()
                .list();
        assertThat(events).hasSize(5);
        assertThat(message(events, "reads")).isEqualTo("passed");
        assertThat(message(events, "listens()"))
                .contains("under \"stdio rpath\"")
                .contains("violation: socket needs inet");
        assertThat(message(events, "listensAndHidesIt")).contains("violation: socket needs inet");
        assertThat(message(events, "fails")).contains("something else");
        assertThat(message(events, "promisesNonsense")).contains("unknown promise \"rpth\" (did you mean rpath?)");
    }

    private static String message(List<Event> events, String test) {
        Event event = events.stream()
                .filter(one -> one.getTestDescriptor().getUniqueId().toString().contains(test))
                .findFirst()
                .orElseThrow();
        return event.getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class)
                .getThrowable()
                .map(Throwable::toString)
                .orElse("passed");
    }
}
