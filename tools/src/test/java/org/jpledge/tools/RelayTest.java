package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jpledge.syscall.Arch;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RelayTest {
    private static Syscall call(int number, String name, Argument... arguments) {
        return new Syscall(
                new Task(1, 1),
                0,
                Arch.host(),
                number,
                name,
                List.of(arguments),
                new Outcome.Returned(0, ""),
                0,
                false,
                0);
    }

    @Test
    void allEventsComeInTheirOrderAndInAnotherThread() {
        List<Event> seen = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
        List<Event> sent = new ArrayList<>();
        try (Relay relay = new Relay(event -> {
            seen.add(event);
            threads.add(Thread.currentThread());
        })) {
            for (int i = 0; i < 100_000; i++) {
                Event event = call(i, i % 1000 == 999 ? "execve" : "read");
                sent.add(event);
                relay.accept(event);
            }
        }
        assertThat(seen).isEqualTo(sent);
        assertThat(threads.getFirst()).isNotEqualTo(Thread.currentThread());
    }

    @Test
    void whatIsLookedUpAmongFilesIsDoneWhenItIsHandedOver() {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        try (Relay relay = new Relay(event -> seen.add(((Syscall) event).name()))) {
            relay.accept(call(0, "read"));
            relay.accept(call(1, "execve"));
            assertThat(seen).containsExactly("read", "execve");
            relay.accept(call(2, "write"));
            relay.accept(call(3, "openat", new Argument.Symbols("flags", 0x41, "O_WRONLY|O_CREAT")));
            assertThat(seen).containsExactly("read", "execve", "write", "openat");
        }
    }

    @Test
    void nobodyWaitsForWhatIsNot() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(2);
        try (Relay relay = new Relay(_ -> {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            done.countDown();
        })) {
            relay.accept(call(0, "read"));
            relay.accept(call(1, "openat", new Argument.Symbols("flags", 0, "O_RDONLY")));
            assertThat(done.getCount()).isEqualTo(2);
            go.countDown();
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aFailureComesBackToWhoHandsOn() {
        Relay relay = new Relay(_ -> {
            throw new IllegalArgumentException("broken");
        });
        relay.accept(call(0, "read"));
        assertThatThrownBy(relay::close).hasRootCauseMessage("broken");
        assertThatThrownBy(() -> relay.accept(call(0, "read"))).hasRootCauseMessage("broken");
    }
}
