package org.jpledge.tools.transcript;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.view.JsonView;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The samples are what strace 6.1 printed of small programs; those of lurk are written by its schemas. */
@EnabledOnOs(architectures = "amd64")
class TranscriptTest {
    private static final String HOME = "/home/me/work";

    private final List<Event> events = new ArrayList<>();

    private Transcript sample(String name) throws IOException {
        try (InputStream in = TranscriptTest.class.getResourceAsStream(name)) {
            assertThat(in).as(name).isNotNull();
            return Transcript.read(in, HOME, events::add);
        }
    }

    private Transcript text(String text) throws IOException {
        return Transcript.read(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)), HOME, events::add);
    }

    private List<Syscall> calls(String name) {
        List<Syscall> calls = new ArrayList<>();
        for (Event event : events) {
            if (event instanceof Syscall call && call.name().equals(name)) {
                calls.add(call);
            }
        }
        return calls;
    }

    private List<String> opened() {
        List<String> paths = new ArrayList<>();
        for (Syscall call : calls("openat")) {
            if (!call.early()) {
                paths.add(((Argument.PathName) call.arguments().get(1)).absolute());
            }
        }
        return paths;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "follow.strace",
                "everything.strace",
                "sockets.strace",
                "relative.strace",
                "stderr.strace",
                "lurk.json",
                "lurk-old.json"
            })
    void everyLineOfASampleIsUnderstood(String sample) throws IOException {
        Transcript transcript = sample(sample);
        assertThat(transcript.misread()).as("line " + transcript.first()).isZero();
        assertThat(events).hasSizeGreaterThan(2);
    }

    @Test
    void processesStartRunProgramsAndEnd() throws IOException {
        sample("follow.strace");
        List<String> programs = new ArrayList<>();
        List<Integer> parents = new ArrayList<>();
        List<Integer> statuses = new ArrayList<>();
        for (Event event : events) {
            switch (event) {
                case Event.Executed executed -> programs.add(executed.program());
                case Event.Started started -> parents.add(started.parent());
                case Event.Ended ended -> statuses.add(ended.status());
                case Event.Signalled signalled -> assertThat(signalled.signal()).isEqualTo("SIGCHLD");
                case Syscall call ->
                    assertThat(call.task().process()).isEqualTo(call.task().thread());
            }
        }
        int first = events.getFirst().task().process();
        assertThat(programs)
                .containsExactly("/usr/bin/sh", "/usr/bin/cat", "/usr/bin/mkdir", "/usr/bin/mv", "/usr/bin/sleep");
        assertThat(parents).containsExactly(0, first, first, first, first);
        assertThat(statuses).containsExactly(0, 0, 0, 0, 3);
    }

    @Test
    void relativePathsFollowTheWorkingDirectory() throws IOException {
        sample("follow.strace");
        assertThat(opened()).contains("/etc/hostname", HOME + "/copy");
        assertThat(calls("mkdir"))
                .extracting(call -> call.arguments().getFirst())
                .containsExactly(new Argument.PathName("pathname", 1, "sub", HOME + "/sub", ""));
        Syscall move = calls("renameat2").getFirst();
        assertThat(move.arguments())
                .filteredOn(Argument.PathName.class::isInstance)
                .extracting(path -> ((Argument.PathName) path).absolute())
                .containsExactly(HOME + "/copy", HOME + "/sub/a b");
    }

    @Test
    void flagsAreNumbersAgain() throws IOException {
        sample("follow.strace");
        Constants constants = Constants.of(Arch.X86_64);
        Syscall create = calls("openat").stream()
                .filter(call -> call.arguments().get(1) instanceof Argument.PathName path
                        && path.written().equals("copy"))
                .findFirst()
                .orElseThrow();
        assertThat(create.arguments().get(2).raw())
                .isEqualTo(constants.value("O_WRONLY").orElseThrow()
                        | constants.value("O_CREAT").orElseThrow()
                        | constants.value("O_TRUNC").orElseThrow());
        assertThat(create.arguments().get(3).raw()).isEqualTo(0666);
        assertThat(calls("clone").getFirst().arguments().getFirst().name()).isEqualTo("flags");
        assertThat(calls("clone").getFirst().arguments().getFirst().raw() & 0xff)
                .isEqualTo(17);
    }

    @Test
    void whatTheDynamicLinkerDidIsEarlyAndNothingElse() throws IOException {
        sample("follow.strace");
        for (Syscall call : calls("openat")) {
            String path = ((Argument.PathName) call.arguments().get(1)).written();
            assertThat(call.early()).as(path).isEqualTo(path.contains(".so"));
        }
        assertThat(calls("execve")).noneMatch(Syscall::early);
        assertThat(calls("write")).noneMatch(Syscall::early);
    }

    @Test
    void everythingThatStraceCanSayBeforeAndBehindACallIsRead() throws IOException {
        sample("everything.strace");
        Syscall open = calls("openat").stream()
                .filter(call -> !call.early())
                .findFirst()
                .orElseThrow();
        assertThat(open.arguments().get(1))
                .isEqualTo(new Argument.PathName("pathname", 1, "sub/a b", HOME + "/sub/a b", ""));
        assertThat(open.outcome()).isEqualTo(new Outcome.Returned(3, HOME + "/sub/a b"));
        assertThat(open.nanos()).isPositive();
        assertThat(open.address()).isPositive();
        assertThat(open.number()).isEqualTo(257);
        assertThat(events.getLast()).isInstanceOf(Event.Ended.class);
        Event.Ended ended = (Event.Ended) events.getLast();
        assertThat(ended.signal()).isEqualTo("SIGKILL");
        assertThat(ended.status()).isEqualTo(137);
        assertThat(ended.at()).isGreaterThan(events.getFirst().at());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sockets.strace", "relative.strace"})
    void threadsSocketsAndDirectoriesAreFollowed(String sample) throws IOException {
        sample(sample);
        int process = events.getFirst().task().process();
        assertThat(events).allMatch(event -> event.task().process() == process);
        assertThat(events).anyMatch(event -> event.task().thread() != process);
        assertThat(opened())
                .containsExactly(
                        HOME + "/sub",
                        HOME + "/p\u00ff,(\"x\">",
                        "/",
                        "/etc/hostname",
                        "/a/very/long/path/that/is/longer/than/thirty-two/bytes");
        List<Endpoint> endpoints = new ArrayList<>();
        for (String name : List.of("connect", "bind", "sendto")) {
            for (Syscall call : calls(name)) {
                for (Argument argument : call.arguments()) {
                    if (argument instanceof Argument.Socket socket) {
                        endpoints.add(socket.endpoint());
                    }
                }
            }
        }
        assertThat(endpoints)
                .containsExactly(
                        new Endpoint.Internet("AF_INET", "127.0.0.1", 8080),
                        new Endpoint.Local("no/such", false, HOME + "/no/such"),
                        new Endpoint.Local("abs", true),
                        new Endpoint.Internet("AF_INET", "127.0.0.1", 8080),
                        new Endpoint.Netlink(0, 0),
                        new Endpoint.Internet("AF_INET6", "::1", 443));
        assertThat(((Argument.Descriptor) calls("bind").getFirst().arguments().getFirst()).what())
                .startsWith("TCP");
        assertThat(calls("ioctl"))
                .extracting(call -> call.arguments().get(1).raw())
                .containsExactly(0x5413L, 0x80047a09L);
        assertThat(calls("syscall_0x3e7")).extracting(Syscall::number).containsExactly(999);
        assertThat(calls("syscall_0x3e7")).extracting(Syscall::outcome).containsExactly(new Outcome.Failed("ENOSYS"));
    }

    @Test
    void aMessageInTheMiddleOfACallDoesNotBreakIt() throws IOException {
        sample("stderr.strace");
        assertThat(calls("clone")).hasSize(1);
        assertThat(events).filteredOn(Event.Started.class::isInstance).hasSize(3);
        assertThat(events).filteredOn(Event.Ended.class::isInstance).hasSize(3);
        assertThat(opened()).containsExactly("/dev/null", "/etc/hostname", "/etc/hostname");
    }

    @Test
    void bothOfLurksSchemasAreRead() throws IOException {
        sample("lurk.json");
        assertThat(opened()).containsExactly("/etc/hostname", HOME + "/gr\u00c3\u00bc\u00c3\u009fe");
        assertThat(calls("openat").getLast().outcome()).isEqualTo(new Outcome.Failed("EACCES"));
        assertThat(calls("execve").getFirst().nanos()).isEqualTo(412_000);
        assertThat(((Argument.Data) calls("read").getFirst().arguments().get(1)).bytes())
                .isEqualTo("vm\n");
        events.clear();
        sample("lurk-old.json");
        assertThat(opened()).containsExactly("/etc/hostname", "/etc/shadow");
        assertThat(calls("openat"))
                .extracting(Syscall::outcome)
                .containsExactly(new Outcome.Returned(3, ""), new Outcome.Failed("EACCES"));
    }

    /** Every kind of event, argument, endpoint and outcome. */
    private static List<Event> everyKind() {
        Task task = new Task(7, 8);
        String bytes = "a\u00ff \"\\\n";
        List<Argument> arguments = List.of(
                new Argument.Whole("a", -1, -1),
                new Argument.Symbols("b", 0x8000_0000_0000_0000L, "O_RDONLY|0x4"),
                new Argument.Address("c", 0x7fff_1234_5678L),
                new Argument.Descriptor("d", -100, -100, bytes),
                new Argument.PathName("e", 1, bytes, "/" + bytes, "\u00c3\u00bc"),
                new Argument.Data("f", 1, bytes, 1L << 40),
                new Argument.Strings("g", 1, List.of("x", bytes), 9),
                new Argument.Strings("h", 1, List.of("\u00c3\u00bc"), 1),
                new Argument.Structure(
                        "i",
                        1,
                        List.of(new Argument.Field("x", "1"), new Argument.Field("", "2"), new Argument.Field("", "")),
                        List.of(new Endpoint.Netlink(1, 2), new Endpoint.Other("AF_X25"))),
                new Argument.Socket("j", 1, new Endpoint.Internet("AF_INET6", "::1", 443)),
                new Argument.Socket("k", 1, new Endpoint.Local(bytes, false, "/run/x")));
        List<Event> all = new ArrayList<>();
        all.add(new Event.Started(task, 1_790_000_000_123_456_789L, 3));
        all.add(new Event.Executed(task, 1, bytes));
        for (Outcome outcome : List.of(
                new Outcome.Returned(-5, bytes),
                new Outcome.Failed("ENOENT"),
                new Outcome.Restarted("ERESTARTSYS"),
                new Outcome.Unfinished())) {
            all.add(new Syscall(task, 5, Arch.I386, 5, "open", arguments, outcome, -1, true, 0));
            all.add(new Syscall(
                    task, 5, Arch.X86_64, 2, "open", List.of(), outcome, 17, false, 0xffff_ffff_ff60_0000L));
        }
        all.add(new Event.Signalled(task, 9, "SIGCHLD", "si_code=CLD_EXITED"));
        all.add(new Event.Ended(task, 10, 137, "SIGKILL"));
        return all;
    }

    @Test
    void whatOurTracerWritesComesBackAsItWas() throws IOException {
        JsonView view = new JsonView(call -> new Json.Members());
        StringBuilder lines = new StringBuilder();
        everyKind().forEach(event -> lines.append(view.line(event)));
        lines.append("{\"event\":\"summary\",\"call\":\"open\",\"calls\":8,\"errors\":2,\"seconds\":0.1}\n");
        assertThat(text(lines.toString()).misread()).isZero();
        assertThat(events).isEqualTo(everyKind());
    }

    @Test
    void aPathThatIsCutOffIsNoPath() throws IOException {
        text("open(\"/etc/pas\"..., O_RDONLY) = 3\n");
        assertThat(calls("open").getFirst().arguments().getFirst())
                .isEqualTo(new Argument.Data("pathname", 1, "/etc/pas", -1));
    }

    @Test
    void linksThatMeanWhoFollowsThemLeadWhereTheyLedHim() throws IOException {
        text("""
                7 execve("/usr/bin/busybox", ["busybox"], 0x1 /* 1 var */) = 0
                7 openat(AT_FDCWD, "/srv/x", O_RDONLY) = 3</srv/x>
                7 openat(AT_FDCWD, "/proc/self/fd/3", O_RDONLY) = 4
                7 openat(AT_FDCWD, "/dev/fd/9", O_RDONLY) = 5
                7 openat(AT_FDCWD, "/proc/thread-self/comm", O_RDONLY) = 6
                7 openat(AT_FDCWD, "/proc/selfish", O_RDONLY) = 6
                7 fork() = 8
                8 execve("/proc/self/exe", ["cat"], 0x1 /* 1 var */) = 0
                8 openat(AT_FDCWD, "/proc/self/mounts", O_RDONLY) = 7
                8 openat(AT_FDCWD, "/proc/net/tcp", O_RDONLY) = 7
                """);
        assertThat(calls("openat"))
                .extracting(call -> ((Argument.PathName) call.arguments().get(1)).file())
                .containsExactly(
                        "", "/srv/x", "/proc/7/fd/9", "/proc/7/task/7/comm", "", "/proc/8/mounts", "/proc/8/net/tcp");
        assertThat(events)
                .filteredOn(Event.Executed.class::isInstance)
                .extracting(event -> ((Event.Executed) event).program())
                .containsExactly("/usr/bin/busybox", "/usr/bin/busybox");
    }

    @Test
    void withoutADirectoryRelativePathsStayRelative() throws IOException {
        Transcript.read(
                new ByteArrayInputStream("open(\"a\", O_RDONLY) = 3\nchdir(\"/x\") = 0\nopen(\"../b\", O_RDONLY) = 4\n"
                        .getBytes(StandardCharsets.ISO_8859_1)),
                "",
                events::add);
        assertThat(calls("open"))
                .extracting(call -> ((Argument.PathName) call.arguments().getFirst()).absolute())
                .containsExactly("", "/b");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read(0, 0x7ffe, 10) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)|Restarted[reason=ERESTARTSYS]",
                "exit_group(0) = ?|Unfinished[]",
                "pause( <unfinished ...>|Unfinished[]",
                "wait4(-1, <detached ...>|Unfinished[]",
                "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)|Returned[value=1, meaning=flags FD_CLOEXEC]",
                "umask(022) = 077|Returned[value=63, meaning=]",
                "poll([{fd=3, events=POLLIN}], 1, -1) = 0 (Timeout)|Returned[value=0, meaning=Timeout]"
            })
    void outcomesOfAllKindsAreRead(String line, String outcome) throws IOException {
        assertThat(text(line).misread()).isZero();
        assertThat(((Syscall) events.getLast()).outcome()).hasToString(outcome);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "total 12",
                "nosuchcall(1) = 0",
                "open(\"/etc\", O_RDONLY",
                "open(\"/etc\", O_RDONLY) = ",
                "open(\"/etc\", O_RDONLY) 3",
                "123 <... open",
                "{\"type\":\"SYSCALL\"}",
                "{\"type\":\"SYSCALL\",\"pid\":\"x\",\"syscall\":\"open\",\"args\":[]}",
                "{\"type\":",
                "[1, 2]",
                "{\"event\":\"syscall\"}",
                "{\"event\":\"nothing\",\"at\":1,\"process\":1,\"thread\":1}",
                "{\"event\":\"ended\",\"at\":1e999999,\"process\":1,\"thread\":1,\"status\":0,\"signal\":\"\"}"
            })
    void otherLinesAreCounted(String line) throws IOException {
        Transcript transcript = text("getpid() = 7\n" + line + "\ngetpid() = 7");
        assertThat(transcript).isEqualTo(new Transcript(3, 1, 2));
        assertThat(calls("getpid")).hasSize(2);
    }

    @Test
    void noLineOfAnyBytesMakesItThrow() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String sample :
                List.of("everything.strace", "relative.strace", "stderr.strace", "lurk.json", "lurk-old.json")) {
            try (InputStream in = TranscriptTest.class.getResourceAsStream(sample)) {
                assertThat(in).isNotNull();
                new String(in.readAllBytes(), StandardCharsets.ISO_8859_1)
                        .lines()
                        .forEach(lines::add);
            }
        }
        String pool = "\"\\<>()[]{}=|,.:+- ?0x79\0\377\n";
        long seed = 20261123;
        Random random = new Random(seed);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 30_000; i++) {
            StringBuilder line = new StringBuilder(lines.get(random.nextInt(lines.size())));
            for (int change = random.nextInt(5); change >= 0 && !line.isEmpty(); change--) {
                int at = random.nextInt(line.length());
                switch (random.nextInt(4)) {
                    case 0 -> line.deleteCharAt(at);
                    case 1 -> line.insert(at, pool.charAt(random.nextInt(pool.length())));
                    case 2 -> line.setCharAt(at, (char) random.nextInt(256));
                    default -> line.setLength(at);
                }
            }
            all.append(line).append('\n');
        }
        Transcript transcript = text(all.toString());
        assertThat(transcript.misread()).as("seed %d", seed).isPositive().isLessThan(transcript.lines());
    }
}
