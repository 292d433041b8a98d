package org.jpledge.tools.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.jpledge.tools.need.Calls.call;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jpledge.landlock.Abi;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.need.Calls;
import org.jpledge.tools.policy.CommandText;
import org.junit.jupiter.api.Test;

/** What is learnt from calls that were made up, as a command line. */
class LessonTest {
    private static final int CWD = -100;
    private static final String HOME = "/home/u";
    private static final String HERE = "/home/u/proj";
    private static final Task FIRST = new Task(42, 42);
    private static final Task CHILD = new Task(43, 43);
    private static final Outcome ENOENT = new Outcome.Failed("ENOENT");

    @Test
    void nothingButStdioForWhoDoesNothingElse() {
        assertThat(learnt(call("getpid"), call("write", 1))).isEqualTo("-p stdio --");
    }

    @Test
    void aFileThatIsReadIsUnveiledForReading() {
        assertThat(learnt(open("/etc/fruit", "O_RDONLY"))).isEqualTo("-p stdio rpath -v r:/etc/fruit --");
    }

    @Test
    void whatAPromiseOpensByItselfIsNotUnveiled() {
        assertThat(learnt(open("/dev/null", "O_WRONLY"))).isEqualTo("-p stdio --");
        assertThat(learnt(open("/etc/passwd", "O_RDONLY"))).isEqualTo("-p stdio getpw --");
    }

    @Test
    void aPromiseThatIsNeededAnywayIsNotJoinedByAnotherOne() {
        assertThat(learnt(open("/etc/passwd", "O_RDONLY"), open("/srv/x/fruit", "O_RDONLY")))
                .isEqualTo("-p stdio rpath -v r:/etc/passwd -v r:/srv/x/fruit --");
    }

    @Test
    void whoAsksAboutPathsAndOpensNoneSeesNone() {
        assertThat(learnt(call("newfstatat", CWD, "/etc/fruit"))).isEqualTo("-p stdio rpath -v :/ --");
    }

    @Test
    void aNameThatIsMadeIsAMatterOfItsDirectory() {
        assertThat(learnt(open(HERE + "/out/new", "O_RDWR|O_CREAT"), call("unlink", HERE + "/out/new")))
                .isEqualTo("-p stdio rpath wpath cpath -v rwc:out --");
    }

    @Test
    void whatLiesInADirectoryThatIsMadeIsAMatterOfTheDirectoryAbove() {
        assertThat(learnt(
                        call("mkdir", HERE + "/out/a"),
                        call("mkdir", HERE + "/out/a/b"),
                        open(HERE + "/out/a/b/new", "O_WRONLY|O_CREAT"),
                        open(HERE + "/out/a/b/new", "O_RDONLY")))
                .isEqualTo("-p stdio rpath wpath cpath -v rwc:out --");
    }

    @Test
    void aFileThatWasThereIsNotMade() {
        assertThat(learnt(List.of(open(HERE + "/log", "O_WRONLY|O_CREAT")), HERE + "/log"))
                .isEqualTo("-p stdio wpath cpath -v w:log --");
    }

    @Test
    void temporaryFilesAreAPromise() {
        assertThat(learnt(open("/tmp/x.a8Zq1P", "O_RDWR|O_CREAT|O_EXCL"), call("unlink", "/tmp/x.a8Zq1P")))
                .isEqualTo("-p stdio tmppath --");
    }

    @Test
    void filesOfADirectoryInTmpAreNot() {
        assertThat(learnt(open("/tmp/x/fruit", "O_RDONLY"))).isEqualTo("-p stdio rpath -v r:/tmp/x/fruit --");
    }

    @Test
    void manyFilesOfADirectoryAreTheDirectory() {
        List<Event> few = new ArrayList<>();
        List<Event> many = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            (i < 3 ? few : many).add(open("/usr/share/fruit/" + i, "O_RDONLY"));
        }
        assertThat(learnt(few, ""))
                .isEqualTo("-p stdio rpath -v r:/usr/share/fruit/0 -v r:/usr/share/fruit/1 -v r:/usr/share/fruit/2 --");
        many.addAll(few);
        assertThat(learnt(many, "")).isEqualTo("-p stdio rpath -v r:/usr/share/fruit --");
    }

    @Test
    void nothingIsFoldedIntoTheHomeDirectoryOrOneNearTheRoot() {
        List<Event> many = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            many.add(open(HOME + "/" + i, "O_RDONLY"));
            many.add(open("/etc/" + i, "O_RDONLY"));
            many.add(open(HOME + "/.config/" + i, "O_RDONLY"));
        }
        assertThat(learnt(many, ""))
                .doesNotContain("r:/etc ", "r:/home ", "r:/home/u ", "r:/home/u/.config ")
                .contains("r:/etc/8", "r:/home/u/8", "r:/home/u/.config/8");
    }

    @Test
    void keysAreHeldBackUntilTheyAreAllowed() {
        Event key = open(HOME + "/.ssh/id", "O_RDONLY");
        assertThat(learnt(key)).isEqualTo("-p stdio rpath -v :/ --");
        Learnt held = lesson(List.of(key), "", List.of());
        assertThat(held.held()).hasSize(1);
        assertThat(held.held().getFirst().path()).isEqualTo(HOME + "/.ssh/id");
        assertThat(line(lesson(List.of(key), "", List.of(HOME + "/.ssh"))))
                .isEqualTo("-p stdio rpath -v r:/home/u/.ssh/id --");
    }

    @Test
    void whoListsTheHomeDirectoryDoesNotSeeKeys() {
        assertThat(learnt(open(HOME, "O_RDONLY|O_DIRECTORY")))
                .startsWith("-p stdio rpath -v r:/home/u -v :/home/u/.authinfo")
                .contains("-v :/home/u/.ssh");
    }

    @Test
    void namesInTheHomeDirectoryAreHeldBack() {
        Learnt learnt = lesson(List.of(open(HOME + "/new", "O_WRONLY|O_CREAT")), "", List.of());
        assertThat(line(learnt)).isEqualTo("-p stdio wpath cpath -v :/ --");
        assertThat(learnt.held()).extracting(Held::path).containsExactly(HOME);
        assertThat(learnt.held().getFirst().letters()).hasToString("wc");
        Event write = open(HOME + "/new", "O_WRONLY|O_CREAT");
        assertThat(learnt(write, open(HOME + "/new", "O_RDONLY"))).isEqualTo("-p stdio rpath wpath cpath -v :/ --");
        assertThat(line(lesson(List.of(write), "", List.of(HOME)))).startsWith("-p stdio wpath cpath -v wc:/home/u");
    }

    @Test
    void aFileThatMovesGainsNothingByIt() {
        assertThat(learnt(call("rename", HERE + "/in/a", HERE + "/out/b"), open(HERE + "/out/b", "O_RDONLY")))
                .isEqualTo("-p stdio rpath cpath -v rc:in -v rc:out --");
    }

    @Test
    void theFirstProgramsLinkerDoesNotCountAndOthersDo() {
        Syscall library = Calls.call(new Outcome.Returned(3, ""), true, "openat", CWD, "/opt/x/lib.so", "O_RDONLY");
        List<Event> events = new ArrayList<>();
        events.add(new Event.Started(FIRST, 0, 0));
        events.add(new Event.Executed(FIRST, 0, "/bin/one"));
        events.add(library);
        assertThat(learnt(events, "")).isEqualTo("-p stdio --");
        events.add(new Event.Started(CHILD, 0, FIRST.thread()));
        events.add(new Event.Executed(CHILD, 0, "/bin/other"));
        events.add(by(CHILD, library));
        assertThat(learnt(events, "")).isEqualTo("-p stdio rpath -v r:/opt/x/lib.so --");
    }

    /** Which of its files a program looks into by its map is a matter of the addresses that it happens to have. */
    @Test
    void whoReadsTheMapOfItsMemoryMayReadItsOwnFileInEveryRun() {
        List<Event> events = new ArrayList<>();
        events.add(new Event.Started(FIRST, 0, 0));
        events.add(new Event.Executed(FIRST, 0, "/opt/x/one"));
        events.add(open("/etc/fruit", "O_RDONLY"));
        assertThat(learnt(events, "")).isEqualTo("-p stdio rpath -v r:/etc/fruit --");
        events.add(open("/proc/42/maps", "O_RDONLY"));
        assertThat(learnt(events, ""))
                .isEqualTo("-p stdio rpath -v r:/etc/fruit -v r:/opt/x/one -v r:/proc/self/maps --");
        events.set(1, new Event.Executed(FIRST, 0, "/memfd:one (deleted)"));
        assertThat(learnt(events, "")).doesNotContain("memfd");
    }

    @Test
    void failedProbesAreListedApart() {
        Learnt learnt = lesson(
                List.of(
                        Calls.call(ENOENT, false, "openat", CWD, "/etc/none", "O_RDONLY"),
                        Calls.call(
                                new Outcome.Failed("EINPROGRESS"),
                                false,
                                "connect",
                                3,
                                new Endpoint.Internet("AF_INET", "127.0.0.1", 80))),
                "",
                List.of());
        assertThat(line(learnt)).isEqualTo("-p stdio inet --connect 80 --");
        assertThat(learnt.evidence().probes()).extracting(Seen::outcome).containsExactly("ENOENT");
    }

    @Test
    void aSocketThatIsNeverConnectedIsAProbe() {
        Event socket = Calls.call(new Outcome.Returned(3, "socket:[7]"), false, "socket", "AF_UNIX", "SOCK_STREAM");
        Argument.Descriptor descriptor = new Argument.Descriptor("fd", 3, 3, "socket:[7]");
        Endpoint nscd = new Endpoint.Local("/run/nscd/socket", false);
        Event refused = Calls.call(ENOENT, false, "connect", descriptor, nscd);
        Learnt learnt = lesson(List.of(socket, refused), "", List.of());
        assertThat(line(learnt)).isEqualTo("-p stdio --");
        assertThat(learnt.evidence().probes()).extracting(Seen::call).containsExactlyInAnyOrder("socket", "connect");
        assertThat(learnt(socket, call("connect", descriptor, nscd)))
                .isEqualTo("-p stdio unix -v w:/run/nscd/socket --");
    }

    @Test
    void ordersToADeviceNeedWIfTheProgramHasOpenedIt() {
        Argument.Descriptor device = new Argument.Descriptor("fd", 3, 3, "/dev/ptmx");
        Event order = call("ioctl", device, "TCGETS");
        assertThat(learnt(order)).isEqualTo("-p stdio --");
        assertThat(learnt(open("/dev/ptmx", "O_RDONLY"), order)).isEqualTo("-p stdio rpath -v rw:/dev/ptmx --");
    }

    @Test
    void whatNoPromiseGivesIsSaid() {
        Learnt learnt = lesson(List.of(call("ptrace")), "", List.of());
        assertThat(line(learnt)).isEqualTo("-p stdio --");
        assertThat(learnt.evidence().impossible()).extracting(Seen::call).containsExactly("ptrace");
    }

    @Test
    void portsAreListedUnlessDatagramsAreSent() {
        Endpoint web = new Endpoint.Internet("AF_INET", "127.0.0.1", 443);
        Endpoint own = new Endpoint.Internet("AF_INET", "0.0.0.0", 8080);
        Event tcp = call("socket", "AF_INET", "SOCK_STREAM");
        Event udp = call("socket", "AF_INET", "SOCK_DGRAM");
        assertThat(learnt(tcp, call("connect", 3, web), call("bind", 4, own), call("listen", 4)))
                .isEqualTo("-p stdio inet --connect 443 --bind 8080 --");
        assertThat(learnt(tcp, call("bind", 4, own), call("listen", 4))).isEqualTo("-p stdio anet --bind 8080 --");
        assertThat(learnt(tcp, udp, call("connect", 3, web))).isEqualTo("-p stdio inet --");
        assertThat(lesson(List.of(tcp, udp, call("connect", 3, web)), "", List.of())
                        .notes())
                .singleElement()
                .asString()
                .contains("UDP");
    }

    @Test
    void aPortThatTheKernelPicksIsOnNoList() {
        Endpoint any = new Endpoint.Internet("AF_INET", "127.0.0.1", 0);
        Endpoint picked = new Endpoint.Internet("AF_INET", "127.0.0.1", 40123);
        Endpoint chosen = new Endpoint.Internet("AF_INET", "127.0.0.1", 8080);
        Event tcp = call("socket", "AF_INET", "SOCK_STREAM");
        List<Event> some = List.of(tcp, call("bind", 3, any), call("listen", 3), call("connect", 4, picked));
        assertThat(line(lesson(some, "", List.of()))).isEqualTo("-p stdio inet --");
        assertThat(lesson(some, "", List.of()).notes())
                .singleElement()
                .asString()
                .contains("picked");
        assertThat(learnt(tcp, call("bind", 3, chosen), call("listen", 3), call("connect", 4, chosen)))
                .isEqualTo("-p stdio inet --connect 8080 --bind 8080 --");
    }

    @Test
    void threadsHaveOtherNumbersInTheNextRun() {
        assertThat(learnt(open("/proc/42/task/43/comm", "O_RDWR")))
                .isEqualTo("-p stdio rpath wpath -v rw:/proc/self/task --");
        assertThat(learnt(open("/proc/42/comm", "O_RDWR"))).isEqualTo("-p stdio rpath wpath -v rw:/proc/self/comm --");
    }

    @Test
    void whatWasNotSeenIsSaid() {
        Syscall hidden = call("openat", CWD, new Argument.Address("pathname", 0x1000), "O_RDONLY");
        assertThat(notes(hidden, hidden)).singleElement().asString().contains("could not be read in 2 calls");
        assertThat(notes(call("openat2", CWD, new Argument.Address("pathname", 0x1000), how("O_RDONLY"))))
                .anyMatch(note -> note.contains("could not be read in 1 call "));
        assertThat(notes(call(ENOENT, false, "openat", CWD, new Argument.Address("pathname", 0x1000), "O_RDONLY")))
                .isEmpty();
        assertThat(notes(open("/etc/passwd", "O_RDONLY"))).isEmpty();
        assertThat(notes(call("io_uring_setup", 8))).singleElement().asString().contains("io_uring");
        assertThat(notes(call(new Outcome.Failed("ENOSYS"), false, "io_uring_setup", 8)))
                .isEmpty();
        assertThat(notes(call("memfd_create", "/x", 0)))
                .singleElement()
                .asString()
                .contains("MFD_NOEXEC_SEAL");
        assertThat(notes(call("memfd_create", "/x", "MFD_NOEXEC_SEAL"))).isEmpty();
        assertThat(notes(call("openat2", CWD, "/etc/passwd", how("O_RDONLY"))))
                .singleElement()
                .asString()
                .contains("openat2");
    }

    @Test
    void aFileInMemoryHasNoPath() {
        Argument file = new Argument.PathName("pathname", 0x1000, "", "/memfd:prog (deleted)", "/memfd:prog (deleted)");
        assertThat(learnt(call("getpid"), call("execveat", 3, file))).doesNotContain("memfd");
        assertThat(learnt(call("getpid"), call("execveat", 3, "/srv/memfd:prog")))
                .contains("x:/srv/memfd:prog");
    }

    @Test
    void filesOfTheOwnProcessAreFilesOfWhateverProcessItIs() {
        assertThat(learnt(open("/proc/42/status", "O_RDONLY"))).isEqualTo("-p stdio ps --");
        assertThat(learnt(open("/proc/42/status", "O_RDONLY"), open("/srv/x", "O_RDONLY")))
                .isEqualTo("-p stdio rpath -v r:/proc/self/status -v r:/srv/x --");
        assertThat(learnt(open("/proc/99/status", "O_RDONLY"), open("/srv/x", "O_RDONLY")))
                .isEqualTo("-p stdio rpath ps -v r:/srv/x --");
    }

    private static Syscall open(String path, String flags) {
        return call("openat", CWD, path, flags);
    }

    private static List<Argument.Field> how(String flags) {
        return List.of(new Argument.Field("flags", flags), new Argument.Field("mode", "000"));
    }

    private static List<String> notes(Event... events) {
        return lesson(Arrays.asList(events), "", List.of()).notes();
    }

    private static Syscall by(Task task, Syscall call) {
        return new Syscall(
                task,
                0,
                call.arch(),
                call.number(),
                call.name(),
                call.arguments(),
                call.outcome(),
                -1,
                call.early(),
                0);
    }

    private static String learnt(Event... events) {
        return learnt(Arrays.asList(events), "");
    }

    private static String learnt(List<Event> events, String older) {
        return line(lesson(events, older, List.of()));
    }

    private static Learnt lesson(List<Event> events, String older, List<String> allowed) {
        Learner learner = new Learner(1000, 1000, older::equals, UnaryOperator.identity());
        events.forEach(learner);
        return Lesson.of(learner.evidence(), places(allowed), 5, Abi.V7);
    }

    private static Places places(List<String> allowed) {
        return new Places(HOME, HERE, _ -> true, allowed);
    }

    private static String line(Learnt learnt) {
        return String.join(" ", CommandText.words(learnt.policy(places(List.of()), List.of()), HERE));
    }
}
