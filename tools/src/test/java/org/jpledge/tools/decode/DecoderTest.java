package org.jpledge.tools.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.jpledge.linux.Ptrace;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Constants;
import org.jpledge.syscall.SyscallTable;
import org.jpledge.tools.event.Argument;
import org.jpledge.tools.event.Endpoint;
import org.jpledge.tools.event.Event;
import org.jpledge.tools.event.Outcome;
import org.jpledge.tools.event.Syscall;
import org.jpledge.tools.event.Task;
import org.jpledge.tools.text.Json;
import org.jpledge.tools.text.JsonTest;
import org.jpledge.tools.trace.Memory;
import org.jpledge.tools.trace.Stop;
import org.jpledge.tools.view.JsonView;
import org.jpledge.tools.view.TextView;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Decodes stops that are made by hand; the process is this one, so that its directories and descriptors are real. */
class DecoderTest {
    private static final long HERE = -100;
    private static final Task SELF = self();

    @TempDir
    private Path directory;

    private final List<Event> events = new ArrayList<>();
    private final Decoder decoder = new Decoder(new Decoder.Settings(Decoder.Detail.USUAL, 32, true), events::add);
    private final MapMemory memory = new MapMemory();

    private static Task self() {
        int process = (int) ProcessHandle.current().pid();
        return new Task(process, process);
    }

    /** Pieces of memory at addresses. */
    private static final class MapMemory implements Memory {
        private final TreeMap<Long, byte[]> pieces = new TreeMap<>();
        private long next = 0x10000;

        long put(byte[] bytes) {
            long address = next;
            pieces.put(address, bytes);
            next += bytes.length + 0x1000;
            return address;
        }

        long put(String text) {
            return put((text + '\0').getBytes(StandardCharsets.ISO_8859_1));
        }

        @Override
        public Optional<byte[]> bytes(long address, int length) {
            Map.Entry<Long, byte[]> piece = pieces.floorEntry(address);
            if (piece == null || address + length > piece.getKey() + piece.getValue().length) {
                return Optional.empty();
            }
            byte[] bytes = new byte[length];
            System.arraycopy(piece.getValue(), (int) (address - piece.getKey()), bytes, 0, length);
            return Optional.of(bytes);
        }

        @Override
        public Optional<byte[]> string(long address, int most) {
            Map.Entry<Long, byte[]> piece = pieces.floorEntry(address);
            if (piece == null || address >= piece.getKey() + piece.getValue().length) {
                return Optional.empty();
            }
            int from = (int) (address - piece.getKey());
            int end = from;
            byte[] all = piece.getValue();
            while (end < all.length && all[end] != 0 && end - from < most) {
                end++;
            }
            byte[] bytes = new byte[end - from];
            System.arraycopy(all, from, bytes, 0, bytes.length);
            return Optional.of(bytes);
        }
    }

    @BeforeEach
    void startsWithNothing() {
        events.clear();
    }

    private Stop.Entered entered(Task task, Arch arch, String name, long... arguments) {
        List<Long> registers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            registers.add(i < arguments.length ? arguments[i] : 0L);
        }
        int number = SyscallTable.of(arch).number(name).orElseThrow();
        return new Stop.Entered(task, 1, arch, number, registers, 0x1234, false, memory);
    }

    private Syscall call(Arch arch, long result, String name, long... arguments) {
        decoder.accept(entered(SELF, arch, name, arguments));
        decoder.accept(new Stop.Left(SELF, 5, result, memory));
        return (Syscall) events.getLast();
    }

    private Syscall call(long result, String name, long... arguments) {
        return call(Arch.X86_64, result, name, arguments);
    }

    private Argument argument(Syscall call, String name) {
        return call.arguments().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String text(Syscall call) {
        TextView view = new TextView(new TextView.Style(false, false, false, 32, false), _ -> "");
        return view.line(call).replaceAll(" +", " ").strip();
    }

    private static long constant(Arch arch, String... names) {
        long value = 0;
        for (String name : names) {
            value |= Constants.of(arch).value(name).orElseThrow();
        }
        return value;
    }

    @ParameterizedTest
    @EnumSource(Arch.class)
    void anOpenIsTheSameOnEveryArchitecture(Arch arch) {
        long path = memory.put("/etc");
        long flags = constant(arch, "O_CLOEXEC", "O_DIRECTORY");
        Syscall call = call(arch, -2, "openat", HERE, path, flags);
        assertThat(text(call)).isEqualTo("openat(AT_FDCWD, \"/etc\", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = -1 ENOENT");
        Syscall created = call(arch, -13, "openat", HERE, path, constant(arch, "O_CREAT", "O_WRONLY", "O_TRUNC"), 0644);
        assertThat(text(created)).isEqualTo("openat(AT_FDCWD, \"/etc\", O_WRONLY|O_CREAT|O_TRUNC, 0644) = -1 EACCES");
    }

    @ParameterizedTest
    @EnumSource(Arch.class)
    void structuresAreReadInTheOrderAndWidthOfTheirArchitecture(Arch arch) {
        int word = arch.is64Bit() ? 8 : 4;
        ByteBuffer limits = ByteBuffer.allocate(16).order(arch.order());
        limits.putLong(8192 * 1024).putLong(-1);
        long address = memory.put(limits.array());
        assertThat(text(call(arch, 0, "prlimit64", 0, constant(arch, "RLIMIT_STACK"), 0, address)))
                .isEqualTo("prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0");
        ByteBuffer vector = ByteBuffer.allocate(2 * word).order(arch.order());
        long data = memory.put("hello");
        if (word == 8) {
            vector.putLong(data).putLong(5);
        } else {
            vector.putInt((int) data).putInt(5);
        }
        assertThat(text(call(arch, 5, "writev", 77, memory.put(vector.array()), 1)))
                .isEqualTo("writev(77, [{iov_base=\"hello\", iov_len=5}], 1) = 5");
    }

    @Test
    void pathsAreResolvedAsTheCallWould() throws Exception {
        Path real = directory.toRealPath();
        Files.createDirectories(real.resolve("d/e"));
        Files.writeString(real.resolve("d/f"), "");
        Files.createSymbolicLink(real.resolve("link"), Path.of("d/e/../f"));
        Files.createSymbolicLink(real.resolve("dir"), Path.of("d"));
        Files.createSymbolicLink(real.resolve("loop"), Path.of("loop"));
        Files.createSymbolicLink(real.resolve("absolute"), real.resolve("d/new"));
        String base = real + "/";
        long write = constant(Arch.X86_64, "O_WRONLY", "O_CREAT");
        Map<String, String> followed = new HashMap<>(Map.of(
                base + "link", base + "d/f",
                base + "./dir//e/../f", base + "d/f",
                base + "dir/../link", base + "d/f",
                base + "absolute", base + "d/new",
                base + "nothing/x", base + "nothing/x",
                base + "loop", ""));
        followed.put("/", "/");
        followed.forEach((written, file) -> {
            Syscall call = call(-2, "openat", HERE, memory.put(written), write, 0600);
            assertThat(((Argument.PathName) argument(call, "pathname")).file())
                    .as(written)
                    .isEqualTo(file);
        });
        for (String name : List.of("unlink", "lstat", "readlink", "mkdir", "rmdir", "lchown")) {
            Syscall call = call(-2, name, memory.put(base + "dir/../link"));
            assertThat(((Argument.PathName) argument(call, "pathname")).file())
                    .as(name)
                    .isEqualTo(base + "link");
        }
        Syscall renamed = call(-2, "rename", memory.put(base + "link"), memory.put(base + "dir/new"));
        assertThat(((Argument.PathName) argument(renamed, "oldpath")).file()).isEqualTo(base + "link");
        assertThat(((Argument.PathName) argument(renamed, "newpath")).file()).isEqualTo(base + "d/new");
        Syscall linked = call(-2, "symlink", memory.put("anything"), memory.put(base + "dir/l"));
        assertThat(argument(linked, "oldpath")).isInstanceOf(Argument.Data.class);
        assertThat(((Argument.PathName) argument(linked, "newpath")).file()).isEqualTo(base + "d/l");
    }

    @ParameterizedTest
    @CsvSource({
        "openat, O_NOFOLLOW, true",
        "openat, O_RDONLY, false",
        "newfstatat, AT_SYMLINK_NOFOLLOW, true",
        "newfstatat, AT_EMPTY_PATH, false",
        "statx, AT_SYMLINK_NOFOLLOW, true",
        "linkat, AT_SYMLINK_FOLLOW, false",
        "linkat, AT_EMPTY_PATH, true",
        "fchownat, AT_SYMLINK_NOFOLLOW, true"
    })
    void flagsDecideWhetherTheLastLinkIsFollowed(String name, String flag, boolean link) throws Exception {
        Path real = directory.toRealPath();
        Files.writeString(real.resolve("file"), "");
        Files.createSymbolicLink(real.resolve("link"), Path.of("file"));
        long path = memory.put(real + "/link");
        long flags = constant(Arch.X86_64, flag);
        long[] arguments = switch (name) {
            case "openat", "statx" -> new long[] {HERE, path, flags};
            case "newfstatat" -> new long[] {HERE, path, 0, flags};
            default -> new long[] {HERE, path, HERE, path, flags};
        };
        Syscall call = call(-2, name, arguments);
        Argument.PathName found = (Argument.PathName) call.arguments().get(1);
        assertThat(found.file()).isEqualTo(real + (link ? "/link" : "/file"));
    }

    @Test
    void exclusiveCreationDoesNotFollow() throws Exception {
        Path real = directory.toRealPath();
        Files.createSymbolicLink(real.resolve("link"), Path.of("elsewhere"));
        long flags = constant(Arch.X86_64, "O_CREAT", "O_EXCL", "O_WRONLY");
        Syscall call = call(-17, "open", memory.put(real + "/link"), flags, 0600);
        assertThat(((Argument.PathName) argument(call, "pathname")).file()).isEqualTo(real + "/link");
    }

    @Test
    void aRelativePathStartsAtTheWorkingDirectoryOrADescriptor() throws Exception {
        Path here = Path.of("/proc/self/cwd").toRealPath();
        Argument.PathName path =
                (Argument.PathName) argument(call(-2, "openat", HERE, memory.put("no/../such"), 0), "pathname");
        assertThat(path.written()).isEqualTo("no/../such");
        assertThat(path.absolute()).isEqualTo(here + "/such");
        Path real = directory.toRealPath();
        try (var open = Files.newDirectoryStream(real)) {
            assertThat(open).isNotNull();
            for (int i = 3; i < 1000; i++) {
                Path link = Path.of("/proc/self/fd/" + i);
                if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(real)) {
                    Syscall call = call(-2, "openat", i, memory.put("x"), 0);
                    assertThat(((Argument.PathName) argument(call, "pathname")).file())
                            .isEqualTo(real + "/x");
                    assertThat(((Argument.Descriptor) argument(call, "dirfd")).what())
                            .isEqualTo(real.toString());
                    Syscall itself =
                            call(0, "newfstatat", i, memory.put(""), 0, constant(Arch.X86_64, "AT_EMPTY_PATH"));
                    assertThat(((Argument.PathName) argument(itself, "pathname")).file())
                            .isEqualTo(real.toString());
                    return;
                }
            }
        }
        throw new AssertionError("a directory that is open has a descriptor");
    }

    @Test
    void ownEntriesOfProcAreThoseOfTheCallingProcess() {
        Task other = new Task(SELF.process(), SELF.process());
        Syscall call = call(-2, "openat", HERE, memory.put("/proc/self/nothing"), 0);
        assertThat(((Argument.PathName) argument(call, "pathname")).file())
                .isEqualTo("/proc/" + other.process() + "/nothing");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "02000035 7f000001 0000000000000000 | {sa_family=AF_INET, sin_port=htons(53), sin_addr=\"127.0.0.1\"}",
                "0a000050 00000000 20010db8000000000000000000000001 00000000 | {sa_family=AF_INET6, sin6_port=htons(80), sin6_addr=\"2001:db8::1\"}",
                "0a000050 00000000 fe80000000000000000000000000000a 02000000 | {sa_family=AF_INET6, sin6_port=htons(80), sin6_addr=\"fe80::a%2\"}",
                "0a000050 00000000 00000000000000000000ffff0a000001 00000000 | {sa_family=AF_INET6, sin6_port=htons(80), sin6_addr=\"::ffff:10.0.0.1\"}",
                "0a000000 00000000 00000000000000000000000000000000 00000000 | {sa_family=AF_INET6, sin6_port=htons(0), sin6_addr=\"::\"}",
                "0100 2f72756e2f7800 | {sa_family=AF_UNIX, sun_path=\"/run/x\"}",
                "0100 00616263 | {sa_family=AF_UNIX, sun_path=@\"abc\"}",
                "0100 | {sa_family=AF_UNIX}",
                "1000 0000 2a000000 01000000 | {sa_family=AF_NETLINK, nl_pid=42, nl_groups=0x1}",
                "1100 0000 | {sa_family=AF_PACKET}"
            })
    void addressesOfSockets(String bytes, String expected) {
        byte[] address = HexFormat.of().parseHex(bytes.replace(" ", ""));
        Syscall call = call(-111, "connect", 3, memory.put(address), address.length);
        assertThat(text(call)).isEqualTo("connect(3, " + expected + ", " + address.length + ") = -1 ECONNREFUSED");
    }

    @Test
    void aSocketOfTheFileSystemHasAFile() throws Exception {
        Path real = directory.toRealPath();
        Files.createSymbolicLink(real.resolve("run"), real);
        byte[] path = ("\1\0" + real + "/run/socket\0").getBytes(StandardCharsets.ISO_8859_1);
        Syscall call = call(-2, "connect", 3, memory.put(path), path.length);
        Endpoint endpoint = ((Argument.Socket) argument(call, "addr")).endpoint();
        assertThat(endpoint).isEqualTo(new Endpoint.Local(real + "/run/socket", false, real + "/socket"));
    }

    @Test
    void messagesHaveTheirAddressDataAndDescriptors() {
        byte[] address = HexFormat.of().parseHex("020000357f0000010000000000000000");
        ByteBuffer vector = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        vector.putLong(memory.put("data")).putLong(4);
        ByteBuffer control = ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN);
        control.putLong(24).putInt(1).putInt(1).putInt(5).putInt(6);
        control.putLong(28).putInt(1).putInt(2).putInt(10).putInt(11).putInt(12).putInt(0);
        ByteBuffer message = ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN);
        message.putLong(memory.put(address))
                .putLong(16)
                .putLong(memory.put(vector.array()))
                .putLong(1);
        message.putLong(memory.put(control.array())).putLong(56).putLong(0);
        Syscall call = call(4, "sendmsg", 3, memory.put(message.array()), constant(Arch.X86_64, "MSG_NOSIGNAL"));
        assertThat(text(call))
                .isEqualTo("sendmsg(3, {msg_name={sa_family=AF_INET, sin_port=htons(53), sin_addr=\"127.0.0.1\"},"
                        + " msg_namelen=16, msg_iov=[{iov_base=\"data\", iov_len=4}], msg_iovlen=1,"
                        + " msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, fds=[5, 6]},"
                        + " {cmsg_level=SOL_SOCKET, cmsg_type=SCM_CREDENTIALS, pid=10, uid=11, gid=12}],"
                        + " msg_controllen=56, msg_flags=0}, MSG_NOSIGNAL) = 4");
        assertThat(((Argument.Structure) argument(call, "msg")).peers())
                .containsExactly(new Endpoint.Internet("AF_INET", "127.0.0.1", 53));
    }

    @Test
    void whatTheKernelWritesIsReadAfterTheCall() {
        long buffer = memory.put(new byte[8]);
        decoder.accept(entered(SELF, Arch.X86_64, "read", 0, buffer, 8));
        memory.pieces.put(buffer, "answer!!".getBytes(StandardCharsets.ISO_8859_1));
        decoder.accept(new Stop.Left(SELF, 5, 6, memory));
        assertThat(text((Syscall) events.getLast())).isEqualTo("read(0, \"answer\", 8) = 6");
        assertThat(text(call(-5, "read", 0, buffer, 8)))
                .startsWith("read(0, 0x")
                .endsWith(" = -1 EIO");
    }

    @Test
    void onI386TheSocketCallThatIsMeantIsShown() {
        byte[] address = HexFormat.of().parseHex("020000507f0000010000000000000000");
        ByteBuffer words = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        words.putInt(3).putInt((int) memory.put(address)).putInt(16);
        Syscall call = call(Arch.I386, -111, "socketcall", 3, memory.put(words.array()));
        assertThat(text(call))
                .isEqualTo("connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=\"127.0.0.1\"}, 16)"
                        + " = -1 ECONNREFUSED");
    }

    @Test
    void onI386TheCallOfSystemVThatIsMeantIsShown() {
        assertThat(text(call(Arch.I386, 7, "ipc", 2, 0x1234, 1, constant(Arch.I386, "IPC_CREAT") | 0600)))
                .isEqualTo("semget(0x1234, 1, IPC_CREAT|0x180) = 7");
        assertThat(text(call(Arch.I386, 0, "ipc", 14, 5, constant(Arch.I386, "IPC_RMID"), 0, 0)))
                .isEqualTo("msgctl(5, IPC_RMID, NULL) = 0");
        assertThat(text(call(Arch.I386, 0, "ipc", 22, 0, 0, 0, 0x7000))).isEqualTo("shmdt(0x7000) = 0");
        assertThat(text(call(Arch.I386, 3, "ipc", 0x1000c, 5, 64, 0, 0x7000, 9)))
                .isEqualTo("msgrcv(5, 0x7000, 64, 9, 0) = 3");
        // What lies in memory, and what is none of them, stays as it was written.
        assertThat(text(call(Arch.I386, -22, "ipc", 12, 5, 64, 0, 0x7000))).startsWith("ipc(12, 5, 64, 0, ");
        assertThat(text(call(Arch.I386, -38, "ipc", 99, 5))).startsWith("ipc(99, 5, ");
    }

    @ParameterizedTest
    @CsvSource({
        "0x300, WIFEXITED(s) && WEXITSTATUS(s) == 3",
        "0x9, WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL",
        "0x8b, WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)",
        "0x137f, WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP",
        "0xffff, WIFCONTINUED(s)"
    })
    void howAChildEnded(String status, String expected) {
        ByteBuffer word = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(Integer.decode(status));
        Syscall call = call(12, "wait4", -1, memory.put(word.array()), constant(Arch.X86_64, "WUNTRACED"), 0);
        assertThat(text(call)).isEqualTo("wait4(-1, [{" + expected + "}], WUNTRACED, NULL) = 12");
    }

    @Test
    void unreadableMemoryIsAnAddress() {
        assertThat(text(call(-14, "openat", HERE, 0x666, 0)))
                .isEqualTo("openat(AT_FDCWD, 0x666, O_RDONLY) = -1 EFAULT");
        assertThat(text(call(-14, "connect", 3, 0x666, 16))).isEqualTo("connect(3, 0x666, 16) = -1 EFAULT");
        assertThat(text(call(-14, "execve", 0x666, 0x667, 0))).isEqualTo("execve(0x666, 0x667, NULL) = -1 EFAULT");
        assertThat(text(call(0, "fstat", 3, 0x666))).isEqualTo("fstat(3, 0x666) = 0");
        assertThat(text(call(-14, "sendmsg", 3, 0x666, 0))).isEqualTo("sendmsg(3, 0x666, 0) = -1 EFAULT");
    }

    @Test
    void callsOfSeveralThreadsDoNotMix() {
        Task other = new Task(SELF.process(), 1);
        long path = memory.put("/a");
        decoder.accept(entered(SELF, Arch.X86_64, "chdir", path));
        decoder.accept(entered(other, Arch.X86_64, "rmdir", path));
        decoder.accept(new Stop.Left(SELF, 5, -2, memory));
        decoder.accept(new Stop.Left(other, 5, -13, memory));
        assertThat(events).hasSize(2);
        assertThat(text((Syscall) events.get(0))).isEqualTo("chdir(\"/a\") = -1 ENOENT");
        assertThat(text((Syscall) events.get(1))).isEqualTo("rmdir(\"/a\") = -1 EACCES");
        assertThat(events.get(1).task()).isEqualTo(other);
    }

    @Test
    void aCallThatNeverReturnsIsToldAtTheThreadsEnd() {
        decoder.accept(entered(SELF, Arch.X86_64, "exit_group", 3));
        assertThat(events).isEmpty();
        decoder.accept(new Stop.Ended(SELF, 9, 3, 0));
        assertThat(((Syscall) events.get(0)).outcome()).isEqualTo(new Outcome.Unfinished());
        assertThat(events.get(1)).isEqualTo(new Event.Ended(SELF, 9, 3, ""));
    }

    @Test
    void anExecveOfAThreadGoesOnAsTheProcessAndEndsTheOthersCalls() {
        Task thread = new Task(SELF.process(), 1);
        decoder.accept(entered(SELF, Arch.X86_64, "pause"));
        decoder.accept(entered(thread, Arch.X86_64, "execve", memory.put("/bin/true"), 0, 0));
        decoder.accept(new Stop.Executed(SELF, 7, thread.thread()));
        decoder.accept(new Stop.Left(SELF, 5, 0, memory));
        assertThat(events).hasSize(3);
        assertThat(((Syscall) events.get(0)).name()).isEqualTo("pause");
        assertThat(((Syscall) events.get(0)).outcome()).isEqualTo(new Outcome.Unfinished());
        assertThat(events.get(1)).isInstanceOf(Event.Executed.class);
        assertThat(((Syscall) events.get(2)).name()).isEqualTo("execve");
        assertThat(events.get(2).task()).isEqualTo(SELF);
    }

    @Test
    void aSignalHasItsReason() {
        decoder.accept(new Stop.Signalled(SELF, 1, 17, new Ptrace.Arrival(1, 12, 1000, 3, 0)));
        decoder.accept(new Stop.Signalled(SELF, 1, 17, new Ptrace.Arrival(2, 12, -2, 15, 0)));
        decoder.accept(new Stop.Signalled(SELF, 1, 11, new Ptrace.Arrival(2, 0x10, 0, 0, 0x10)));
        decoder.accept(new Stop.Signalled(SELF, 1, 11, new Ptrace.Arrival(1, 0, 0, 0, 0)));
        decoder.accept(new Stop.Signalled(SELF, 1, 11, new Ptrace.Arrival(0x80, 0, 0, 0, 0)));
        decoder.accept(new Stop.Signalled(SELF, 1, 15, new Ptrace.Arrival(0, 3, 0, 0, 3)));
        decoder.accept(new Stop.Signalled(SELF, 1, 31, new Ptrace.Arrival(1, 9, 0, 59, 9)));
        assertThat(events)
                .containsExactly(
                        new Event.Signalled(
                                SELF, 1, "SIGCHLD", "si_code=CLD_EXITED, si_pid=12, si_uid=1000, si_status=3"),
                        new Event.Signalled(
                                SELF,
                                1,
                                "SIGCHLD",
                                "si_code=CLD_KILLED, si_pid=12, si_uid=4294967294, si_status=SIGTERM"),
                        new Event.Signalled(SELF, 1, "SIGSEGV", "si_code=SEGV_ACCERR, si_addr=0x10"),
                        new Event.Signalled(SELF, 1, "SIGSEGV", "si_code=SEGV_MAPERR, si_addr=NULL"),
                        new Event.Signalled(SELF, 1, "SIGSEGV", "si_code=SI_KERNEL"),
                        new Event.Signalled(SELF, 1, "SIGTERM", "si_code=SI_USER, si_pid=3, si_uid=0"),
                        new Event.Signalled(SELF, 1, "SIGSYS", "si_code=SYS_SECCOMP, si_syscall=execve"));
    }

    @Test
    void anInterruptedCallIsMadeAgain() {
        assertThat(text(call(-512, "read", 0, 0x1, 1))).isEqualTo("read(0, 0x1, 1) = ? ERESTARTSYS");
        assertThat(text(call(-4, "pause"))).isEqualTo("pause() = -1 EINTR");
    }

    @Test
    void aNumberThatIsNoCallHasSixArguments() {
        List<Long> registers = List.of(1L, 2L, 3L, 4L, 5L, 6L);
        decoder.accept(new Stop.Entered(SELF, 1, Arch.X86_64, 9999, registers, 0, false, memory));
        decoder.accept(new Stop.Left(SELF, 5, -38, memory));
        assertThat(text((Syscall) events.getLast()))
                .isEqualTo("syscall_9999(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS");
    }

    /** Whatever the program has in memory and registers, a line is a line, and JSON is JSON. */
    @ParameterizedTest
    @EnumSource(Decoder.Detail.class)
    void anyBytesInAnyArgumentGiveValidLines(Decoder.Detail detail) {
        Random random = new Random(11);
        Decoder decoder = new Decoder(new Decoder.Settings(detail, 32, random.nextBoolean()), events::add);
        JsonView json = new JsonView(_ -> new Json.Members());
        TextView text = new TextView(new TextView.Style(true, true, true, 32, false), _ -> "");
        for (int i = 0; i < 3000; i++) {
            byte[] bytes = new byte[1 + random.nextInt(200)];
            random.nextBytes(bytes);
            long address = memory.put(bytes);
            Arch arch = List.of(Arch.values()).get(random.nextInt(Arch.values().length));
            List<Long> registers = new ArrayList<>();
            for (int j = 0; j < 6; j++) {
                registers.add(random.nextBoolean() ? address : random.nextLong() >> random.nextInt(64));
            }
            Object[] numbers = SyscallTable.of(arch).byNumber().keySet().toArray();
            int number = (Integer) numbers[random.nextInt(numbers.length)];
            decoder.accept(new Stop.Entered(SELF, i, arch, number, registers, 0, false, memory));
            decoder.accept(new Stop.Left(SELF, i, random.nextInt(100) - 50, memory));
            Event event = events.getLast();
            assertThat(JsonTest.parse(json.line(event)).isJsonObject()).isTrue();
            assertThat(text.line(event)).matches("[^\\x00-\\x1f\\x7f]*\n");
        }
    }

    @Test
    void aPathOfAnyBytesComesBackFromJson() {
        Random random = new Random(12);
        JsonView json = new JsonView(_ -> new Json.Members());
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[1 + random.nextInt(40)];
            random.nextBytes(bytes);
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = bytes[j] == 0 ? 1 : random.nextInt(3) == 0 ? (byte) 'a' : bytes[j];
            }
            bytes[0] = '/';
            String written = new String(bytes, StandardCharsets.ISO_8859_1);
            var line = JsonTest.parse(json.line(call(-2, "rmdir", memory.put(written))))
                    .getAsJsonObject();
            var path = line.getAsJsonArray("arguments").get(0).getAsJsonObject();
            byte[] back = path.has("written_hex")
                    ? HexFormat.of().parseHex(path.get("written_hex").getAsString())
                    : path.get("written").getAsString().getBytes(StandardCharsets.UTF_8);
            assertThat(back).isEqualTo(bytes);
        }
    }
}
