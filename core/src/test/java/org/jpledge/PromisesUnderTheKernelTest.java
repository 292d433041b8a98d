package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jpledge.promise.Policy;
import org.jpledge.seccomp.Action;
import org.jpledge.syscall.Arch;
import org.jpledge.syscall.Errno;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What promises allow and refuse, asked of the running kernel. A call that is let through is answered by the kernel, if
 * only with an error of its own; one that is refused has the filter's answer, and without a sandbox it has another.
 */
@Tag("enforcement")
class PromisesUnderTheKernelTest {
    /**
     * PROMISES | CALL; CALL | ANSWERS. Answers: {@code ok} for a result, an error's name, {@code refused} for the
     * filter's EPERM. In a call, {@code last} is the result before, {@code own} the process, {@code parent} its parent,
     * {@code buffer} a pointer to zeros, {@code $dir} the test's directory.
     */
    private static final String ROWS = """
            # Opening, by access mode.
            stdio             | openat(AT_FDCWD, "$dir/file", O_RDONLY)               | refused
            stdio rpath       | openat(AT_FDCWD, "$dir/file", O_RDONLY)               | ok
            stdio rpath       | open("$dir/file", O_RDONLY|O_CLOEXEC)                 | ok
            stdio wpath       | openat(AT_FDCWD, "$dir/file", O_RDONLY)               | refused
            stdio cpath       | openat(AT_FDCWD, "$dir/file", O_RDONLY)               | refused
            stdio cpath       | openat(AT_FDCWD, "$dir/file", O_RDONLY|O_CREAT, 0600) | refused
            stdio cpath       | creat("$dir/new", 0600)                               | refused
            stdio rpath       | openat(AT_FDCWD, "$dir/file", O_WRONLY)               | refused
            stdio wpath       | openat(AT_FDCWD, "$dir/file", O_WRONLY)               | ok
            stdio rpath       | openat(AT_FDCWD, "$dir/file", O_RDWR)                 | refused
            stdio wpath       | openat(AT_FDCWD, "$dir/file", O_RDWR)                 | refused
            stdio rpath wpath | openat(AT_FDCWD, "$dir/file", O_RDWR)                 | ok
            stdio rpath wpath | openat(AT_FDCWD, "$dir/file", O_ACCMODE)              | refused
            stdio rpath       | openat(AT_FDCWD, "$dir/file", O_RDONLY|O_TRUNC)       | refused
            stdio rpath wpath | openat(AT_FDCWD, "$dir/emptied", O_RDONLY|O_TRUNC)    | ok
            stdio rpath       | openat(AT_FDCWD, "$dir/new", O_RDONLY|O_CREAT, 0600)  | refused
            stdio rpath cpath | openat(AT_FDCWD, "$dir/new", O_RDONLY|O_CREAT, 0600)  | ok
            stdio rpath wpath | openat(AT_FDCWD, "$dir/new", O_RDWR|O_CREAT, 0600)    | refused
            stdio rpath wpath | openat(AT_FDCWD, "$dir", O_RDWR|O_TMPFILE, 0600)      | refused
            stdio rpath wpath cpath | openat(AT_FDCWD, "$dir", O_RDWR|O_TMPFILE, 0600) | ok
            stdio wpath       | openat(AT_FDCWD, "$dir/new", O_WRONLY|O_CREAT, 0600)  | refused
            stdio wpath cpath | openat(AT_FDCWD, "$dir/new", O_WRONLY|O_CREAT, 0600)  | ok
            stdio wpath cpath | openat(AT_FDCWD, "$dir/new", O_WRONLY|O_CREAT, 04700) | refused
            stdio rpath       | creat("$dir/file", 0600)                              | refused
            stdio wpath       | creat("$dir/file", 0600)                              | refused
            stdio wpath cpath | creat("$dir/emptied", 0600)                           | ok
            stdio wpath cpath | creat("$dir/emptied", 02700)                          | refused
            stdio rpath       | truncate("$dir/file", 1)                              | refused
            stdio wpath       | truncate("$dir/gone", 1)                              | ENOENT

            # Paths.
            stdio             | unlink("$dir/gone")                                   | refused
            stdio cpath       | unlink("$dir/gone")                                   | ENOENT
            stdio cpath       | rename("$dir/gone", "$dir/gone")                      | refused
            stdio rpath cpath | rename("$dir/gone", "$dir/gone")                      | ENOENT
            stdio             | stat("$dir/file", buffer)                             | refused
            stdio rpath       | stat("$dir/file", buffer)                             | ok
            stdio             | access("$dir/file", R_OK)                             | refused
            stdio rpath       | access("$dir/file", R_OK)                             | ok
            stdio             | inotify_init()                                        | refused
            stdio rpath       | inotify_init()                                        | ok
            stdio cpath       | mknod("$dir/fifo", S_IFIFO|0600, 0)                   | refused
            stdio dpath       | mknod("$dir/fifo", S_IFIFO|0600, 0)                   | ok
            stdio dpath       | mknod("$dir/node", S_IFREG|0600, 0)                   | refused
            stdio cpath       | mknod("$dir/node", S_IFREG|0600, 0)                   | ok
            stdio cpath       | mknod("$dir/setid", S_IFREG|04600, 0)                 | refused

            # Attributes and owners.
            stdio             | chmod("$dir/file", 0644)                              | refused
            stdio fattr       | chmod("$dir/file", 0644)                              | ok
            stdio fattr       | chmod("$dir/file", 04644)                             | refused
            stdio fattr       | chmod("$dir/file", 02644)                             | refused
            stdio fattr       | fchmodat(AT_FDCWD, "$dir/file", 04644)                | refused
            stdio fattr       | chown("$dir/file", -1, -1)                            | ok
            stdio fattr       | chown("$dir/file", 12345, -1)                         | refused
            stdio fattr       | chown("$dir/file", -1, 12345)                         | refused
            stdio fattr       | fchownat(AT_FDCWD, "$dir/file", 12345, -1, 0)         | refused
            stdio chown       | chown("$dir/file", 12345, -1)                         | ok
            stdio             | flock(0, LOCK_SH)                                     | refused
            stdio flock       | flock(0, LOCK_SH)                                     | ok

            # Sockets, by family, type and protocol. Family 20 has the number of writev(2), family 1 that of write(2).
            stdio             | socket(AF_INET, SOCK_STREAM, 0)                       | refused
            stdio inet        | socket(AF_INET, SOCK_STREAM, 0)                       | ok
            stdio inet        | socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_TCP) | ok
            stdio inet        | socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP)              | ok
            stdio inet        | socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)           | refused
            stdio inet        | socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP)            | refused
            stdio inet        | socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)               | refused
            stdio inet        | socket(AF_INET, SOCK_RAW, IPPROTO_RAW)                | refused
            stdio inet        | socket(AF_UNIX, SOCK_STREAM, 0)                       | refused
            stdio unix        | socket(AF_UNIX, SOCK_STREAM, 0)                       | ok
            stdio unix        | socket(AF_UNIX, SOCK_SEQPACKET, 0)                    | ok
            stdio unix        | socket(AF_INET, SOCK_STREAM, 0)                       | refused
            stdio inet        | socket(AF_PACKET, SOCK_RAW, 0)                        | refused
            stdio inet        | socket(AF_PACKET, SOCK_DGRAM, 0)                      | refused
            stdio inet        | socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)           | refused
            stdio route       | socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)           | ok
            stdio route       | socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC)         | refused
            stdio inet unix   | socket(20, SOCK_DGRAM, 0)                             | refused
            stdio inet unix   | socket(0, SOCK_STREAM, 0)                             | refused
            stdio inet unix   | socket(AF_VSOCK, SOCK_STREAM, 0)                      | refused
            stdio anet        | socket(AF_INET, SOCK_STREAM, 0)                       | ok
            stdio anet        | socket(AF_INET, SOCK_DGRAM, 0)                        | refused
            stdio anet        | connect(-1, buffer, 16)                               | refused
            stdio inet        | connect(-1, buffer, 16)                               | EBADF
            stdio             | bind(-1, buffer, 16)                                  | refused
            stdio anet        | bind(-1, buffer, 16)                                  | EBADF
            stdio dns         | listen(-1, 1)                                         | refused
            stdio inet        | listen(-1, 1)                                         | EBADF
            stdio             | sendto(-1, buffer, 1, 0, buffer, 16)                  | refused
            stdio             | sendto(-1, buffer, 1, 0, 0, 0)                        | EBADF
            stdio             | sendmsg(-1, buffer, 0)                                | refused
            stdio sendfd      | sendmsg(-1, buffer, 0)                                | EBADF
            stdio             | recvmsg(-1, buffer, 0)                                | refused
            stdio recvfd      | recvmsg(-1, buffer, 0)                                | EBADF
            stdio             | socketpair(AF_UNIX, SOCK_STREAM, 0, buffer)           | ok

            # Options of sockets.
            stdio inet        | setsockopt(-1, SOL_SOCKET, SO_REUSEADDR, buffer, 4)   | EBADF
            stdio             | setsockopt(-1, SOL_SOCKET, SO_REUSEADDR, buffer, 4)   | refused
            stdio inet        | setsockopt(-1, SOL_SOCKET, SO_ATTACH_FILTER, buffer, 16) | refused
            stdio inet        | setsockopt(-1, SOL_SOCKET, SO_ATTACH_BPF, buffer, 4)  | refused
            stdio inet        | setsockopt(-1, IPPROTO_TCP, TCP_REPAIR, buffer, 4)    | refused
            stdio inet        | setsockopt(-1, IPPROTO_TCP, TCP_ULP, buffer, 4)       | refused
            stdio inet        | setsockopt(-1, IPPROTO_TCP, TCP_CORK, buffer, 4)      | EBADF
            stdio inet        | setsockopt(-1, IPPROTO_IP, IP_ADD_MEMBERSHIP, buffer, 8) | refused
            stdio inet mcast  | setsockopt(-1, IPPROTO_IP, IP_ADD_MEMBERSHIP, buffer, 8) | EBADF

            # Signals. Signal 0 only asks whether it might be sent.
            stdio             | kill(own, 0)                                          | ok
            stdio             | kill(parent, 0)                                       | refused
            stdio             | kill(-1, 0)                                           | refused
            stdio             | kill(1, 0)                                            | refused
            stdio proc        | kill(parent, 0)                                       | ok
            stdio             | tkill(own, 0)                                         | refused
            stdio proc        | tkill(own, 0)                                         | ok
            stdio             | tgkill(own, own, 0)                                   | ok
            stdio             | tgkill(parent, parent, 0)                             | refused
            stdio proc        | tgkill(parent, parent, 0)                             | ok

            # Processes and namespaces.
            stdio             | fork()                                                | refused
            stdio proc        | fork()                                                | ok
            stdio             | clone(SIGCHLD, 0)                                     | refused
            stdio proc        | clone(SIGCHLD, 0)                                     | ok
            stdio proc        | clone(CLONE_NEWUSER|SIGCHLD, 0)                       | refused
            stdio proc        | clone(CLONE_NEWNS|SIGCHLD, 0)                         | refused
            stdio proc        | clone(CLONE_NEWNET|SIGCHLD, 0)                        | refused
            stdio proc        | clone(CLONE_NEWPID|SIGCHLD, 0)                        | refused
            stdio proc        | clone(CLONE_UNTRACED|SIGCHLD, 0)                      | refused
            stdio proc        | clone(CLONE_PARENT|SIGCHLD, 0)                        | refused at most
            stdio             | execve("$dir/gone", 0, 0)                             | refused
            stdio exec        | execve("$dir/gone", 0, 0)                             | ENOENT
            stdio             | setsid()                                              | refused
            stdio proc        | pidfd_open(own, 0)                                    | ok
            stdio             | pidfd_open(own, 0)                                    | refused
            stdio             | prlimit64(0, RLIMIT_CORE, 0, buffer)                  | ok
            stdio             | prlimit64(0, RLIMIT_CORE, buffer, 0)                  | refused
            stdio proc        | prlimit64(0, RLIMIT_CORE, buffer, 0)                  | ok
            stdio proc        | prlimit64(parent, RLIMIT_CORE, buffer, 0)             | refused at most
            stdio             | setuid(12345)                                         | refused
            stdio id          | setuid(12345)                                         | ok
            stdio             | setgroups(0, 0)                                       | refused

            # Memory that can be executed.
            stdio             | mmap(0, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) | mapped
            stdio             | mmap(0, 4096, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)  | refused
            stdio             | mmap(0, 4096, 7, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)    | refused
            stdio prot_exec   | mmap(0, 4096, 7, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)    | mapped
            stdio             | mmap(0, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0); mprotect(last, 4096, PROT_READ)           | mapped ok
            stdio             | mmap(0, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0); mprotect(last, 4096, PROT_READ|PROT_EXEC) | mapped refused
            stdio             | mmap(0, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0); pkey_mprotect(last, 4096, PROT_EXEC, -1)  | mapped refused
            stdio prot_exec   | mmap(0, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0); mprotect(last, 4096, PROT_READ|PROT_EXEC) | mapped ok
            stdio prot_exec   | shmat(-1, 0, 0)                                       | refused at most
            stdio             | memfd_create("name", MFD_NOEXEC_SEAL)                 | ok
            stdio             | memfd_create("name", 0)                               | ENOSYS
            stdio             | memfd_create("name", MFD_EXEC)                        | ENOSYS

            # Terminals. The kernel looks at the low 32 bits of a request, and so must a filter.
            stdio             | ioctl(-1, TIOCGWINSZ, buffer)                         | EBADF
            stdio             | ioctl(-1, TCSETS, buffer)                             | refused
            stdio tty         | ioctl(-1, TCSETS, buffer)                             | EBADF
            stdio tty         | ioctl(-1, TIOCSTI, buffer)                            | refused
            stdio tty         | ioctl(-1, 0x100005412, buffer)                        | refused
            stdio tty         | ioctl(-1, TIOCLINUX, buffer)                          | refused
            stdio tty         | ioctl(-1, 0xffffffff00005412, buffer)                 | refused
            stdio tty         | ioctl(-1, 0x100005402, buffer)                        | EBADF
            stdio tty         | ioctl(-1, TIOCSPGRP, buffer)                          | refused
            stdio tty proc    | ioctl(-1, TIOCSPGRP, buffer)                          | EBADF

            # Clocks.
            stdio             | clock_settime(-1, buffer)                             | refused at most
            stdio settime     | clock_settime(-1, buffer)                             | EINVAL

            # The filter itself: more may be added, nobody may listen.
            stdio             | prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)                | ok
            stdio             | seccomp(SECCOMP_SET_MODE_FILTER, 0, 0)                | EFAULT
            stdio             | seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0) | refused
            stdio             | prctl(PR_SET_PTRACER, -1)                             | refused at most
            stdio             | fcntl(0, F_SETOWN, own)                               | refused
            stdio             | fcntl(0, F_DUPFD, 0)                                  | ok

            # Calls that libc does without, and numbers that nobody knows.
            stdio             | clone3(0, 0)                                          | ENOSYS
            stdio rpath wpath cpath proc exec | clone3(0, 0)                          | ENOSYS
            stdio rpath wpath cpath | openat2(AT_FDCWD, "$dir/file", buffer, 24)      | ENOSYS
            stdio             | io_uring_setup(1, buffer)                             | ENOSYS
            stdio             | 9999(0)                                               | ENOSYS
            stdio             | 0x3fffffff(0)                                         | ENOSYS
            stdio             | -1(0)                                                 | ENOSYS

            # `error` answers ENOSYS instead.
            stdio error       | openat(AT_FDCWD, "$dir/file", O_RDONLY)               | ENOSYS
            stdio error       | socket(AF_INET, SOCK_STREAM, 0)                       | ENOSYS
            stdio error rpath | openat(AT_FDCWD, "$dir/file", O_RDONLY)               | ok
            """;

    /** What no promise gives. Each is harmless, were it let through. */
    private static final String NEVER = """
            unshare(CLONE_NEWUSER)
            unshare(0)
            setns(-1, 0)
            ptrace(-1, 0, 0, 0)
            mount("none", "$dir/gone", "tmpfs", 0, 0)
            umount2("$dir/gone", 0)
            pivot_root("$dir/gone", "$dir/gone")
            chroot("$dir/gone")
            fsopen("gone", 0)
            open_tree(-1, "gone", 0)
            move_mount(-1, "gone", -1, "gone", 0)
            bpf(-1, 0, 0)
            userfaultfd(-1)
            keyctl(-1, 0, 0, 0, 0)
            add_key("user", "name", 0, 0, 0)
            request_key("user", "name", 0, 0)
            perf_event_open(0, -1, -1, -1, 0)
            process_vm_readv(own, 0, 0, 0, 0, 0)
            process_vm_writev(own, 0, 0, 0, 0, 0)
            pidfd_getfd(-1, 0, 0)
            kcmp(own, own, 0, 0, 0)
            io_uring_enter(-1, 0, 0, 0, 0, 0)
            io_uring_register(-1, 0, 0, 0)
            io_setup(0, 0)
            name_to_handle_at(-1, "gone", 0, 0, 0)
            open_by_handle_at(-1, buffer, 0)
            fanotify_init(-1, 0)
            shmget(0, 0, 0)
            shmat(-1, 0, 0)
            shmat(-1, 0, SHM_EXEC)
            semget(0, -1, 0)
            msgget(12345, 0)
            mq_open("gone", 0)
            init_module(0, 0, 0)
            finit_module(-1, 0, 0)
            delete_module("gone", 0)
            swapon("$dir/gone", 0)
            quotactl(-1, 0, 0, 0)
            personality(0x0400000)
            modify_ldt(-1, 0, 0)
            remap_file_pages(0, 0, 1, 0, 0)
            acct("$dir/gone")
            """;

    private static final Arch ARCH = Arch.host();
    private static final Map<String, Path> LAUNCHERS = new HashMap<>();
    private static Path directory;
    private static Path probe;

    private record Row(String promises, String calls, String answers) {
        static Row of(String line) {
            String[] cells = line.split(" +\\| +", -1);
            return new Row(cells[0].strip(), cells[1].strip(), cells[2].strip());
        }
    }

    @BeforeAll
    static void compile() throws IOException {
        assumeTrue(ARCH == Arch.X86_64, "the rows have the calls of x86-64");
        directory = NativeProgram.directory();
        probe = NativeProgram.compile(directory, "probe", "probe.c", "-static");
        Files.writeString(directory.resolve("file"), "content");
        Files.writeString(directory.resolve("emptied"), "content");
    }

    @AfterAll
    static void delete() throws IOException {
        if (directory == null) {
            return;
        }
        NativeProgram.remove(directory);
    }

    @TestFactory
    Stream<DynamicTest> promisesAllowWhatTheySayAndNothingElse() {
        assumeTrue(Run.isRoot(), "to others the kernel itself refuses many of the calls");
        return ROWS.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(Row::of)
                .map(row -> DynamicTest.dynamicTest(row.promises() + ": " + row.calls(), () -> holds(row)));
    }

    @TestFactory
    Stream<DynamicTest> noPromiseGivesThese() {
        StringBuilder words = new StringBuilder();
        for (Promise promise : Promise.values()) {
            if (promise != Promise.ERROR) {
                words.append(promise.word()).append(' ');
            }
        }
        String everything = words.toString().strip();
        return NEVER.lines()
                .map(call -> DynamicTest.dynamicTest(call, () -> {
                    assertThat(confined(everything, call)).isEqualTo("-1");
                    assertThat(confined("stdio", call)).isEqualTo("-1");
                    if (Run.isRoot()) {
                        assertThat(Run.of(probe.toString(), word(call)).out())
                                .as("without a sandbox")
                                .isNotEqualTo("-1\n");
                    }
                }));
    }

    @Test
    void aRefusedCreationLeavesTheFileAsItWas() throws IOException {
        Path file = directory.resolve("kept");
        Files.writeString(file, "content");
        for (String promises : List.of("stdio rpath", "stdio wpath", "stdio cpath", "stdio rpath cpath")) {
            assertThat(confined(promises, "creat(\"$dir/kept\", 0600)")).isEqualTo("-1");
            assertThat(confined(promises, "openat(AT_FDCWD, \"$dir/kept\", O_RDWR|O_CREAT|O_TRUNC, 0600)"))
                    .isEqualTo("-1");
            assertThat(file).hasContent("content");
        }
        assertThat(confined("stdio rpath", "openat(AT_FDCWD, \"$dir/kept\", O_RDONLY|O_TRUNC)"))
                .isEqualTo("-1");
        assertThat(file).hasContent("content");
    }

    @Test
    void theNumbersOfX32AreNotAWayRound() throws IOException {
        // getpid, openat, write, and the calls that x32 has of its own.
        for (int number : new int[] {39, 257, 1, 512, 520, 534, 547}) {
            String call = Long.toString(0x40000000L + number) + "(0)";
            assertThat(confined("stdio rpath proc exec", call)).isIn("-1", "-38");
        }
    }

    @Test
    void theEntryOf32BitProgramsIsNotAWayRound() throws IOException {
        Path program = NativeProgram.compile(directory, "int80", "int80.c", "-static");
        assumeTrue(Run.of(program.toString()).out().equals("answered\n"), "the kernel has no 32-bit entry");
        Run run = Run.of(launcher(FilterOnly.pledge("stdio"), program).toString());
        assertThat(run.out()).isNotEqualTo("answered\n");
        assertThat(run.out() + run.status()).isIn("refused\n0", "159");
    }

    @Test
    void aViolationKillsIfItIsToKill() throws IOException {
        Policy policy = FilterOnly.pledge("stdio").onViolation(Action.KILL_PROCESS);
        String launcher = launcher(policy, probe).toString();
        String own = word("getpid()");
        for (String call : List.of(
                "openat(AT_FDCWD, \"$dir/file\", O_RDONLY)", "socket(AF_INET, SOCK_STREAM, 0)", "kill(parent, 0)")) {
            Run run = Run.of(launcher, own, word(call), own);
            assertThat(run.status()).as(call).isEqualTo(159);
            assertThat(run.out().lines()).as(call).hasSize(1);
        }
        // What libc asks and does without is answered, not punished.
        Run run = Run.of(launcher, word("clone3(0, 0)"), word("9999(0)"));
        assertThat(run.out()).isEqualTo("-38\n-38\n");
        assertThat(run.status()).isZero();
    }

    @Test
    void anUnprivilegedUserIsHeldToTheSame() throws IOException {
        for (String line : List.of(
                "stdio | openat(AT_FDCWD, \"$dir/file\", O_RDONLY) | refused",
                "stdio rpath | openat(AT_FDCWD, \"$dir/file\", O_RDONLY) | ok",
                "stdio rpath | openat(AT_FDCWD, \"$dir/file\", O_RDWR) | refused",
                "stdio rpath wpath | openat(AT_FDCWD, \"$dir/file\", O_RDWR) | EACCES",
                "stdio | socket(AF_INET, SOCK_STREAM, 0) | refused",
                "stdio inet | socket(AF_INET, SOCK_STREAM, 0) | ok",
                "stdio | kill(own, 0) | ok",
                "stdio proc | clone(CLONE_NEWUSER|SIGCHLD, 0) | refused",
                "stdio | fork() | refused",
                "stdio proc | fork() | ok",
                "stdio | clone3(0, 0) | ENOSYS",
                "stdio error | fork() | ENOSYS")) {
            Row row = Row.of(line);
            Run run = Run.of(Run.unprivileged(launcher(row.promises()).toString(), word(row.calls())));
            assertThat(run.err()).isEmpty();
            agrees(row, List.of(row.answers()), run.out().lines().toList());
        }
    }

    /** The row is true; and where it says that the filter refuses, the kernel alone would not. */
    private static void holds(Row row) throws IOException {
        tidy();
        List<String> expected = answers(row.answers());
        List<String> command = new ArrayList<>();
        command.add(launcher(row.promises()).toString());
        for (String call : row.calls().split("; ", -1)) {
            command.add(word(call));
        }
        Run run = Run.of(command.toArray(new String[0]));
        assertThat(run.err()).isEmpty();
        agrees(row, expected, run.out().lines().toList());
        if (row.answers().endsWith("refused")) {
            tidy();
            command.set(0, probe.toString());
            List<String> bare =
                    Run.of(command.toArray(new String[0])).out().lines().toList();
            assertThat(bare.getLast()).as("without a sandbox: %s", row.calls()).isNotEqualTo("-1");
            Files.writeString(directory.resolve("file"), "content");
        }
    }

    private static void tidy() throws IOException {
        for (String name : List.of("new", "fifo", "node", "setid")) {
            Files.deleteIfExists(directory.resolve(name));
        }
    }

    private static void agrees(Row row, List<String> expected, List<String> answers) {
        assertThat(answers).as("%s", row).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            long answer = Long.parseLong(answers.get(i));
            switch (expected.get(i)) {
                case "ok" -> assertThat(answer).as("%s", row).isNotNegative();
                case "mapped" -> assertThat(answer).as("%s", row).isGreaterThanOrEqualTo(4096);
                case "refused" -> assertThat(answer).as("%s", row).isEqualTo(-1);
                default ->
                    assertThat(answer)
                            .as("%s", row)
                            .isEqualTo(-Errno.number(ARCH, expected.get(i)).orElseThrow());
            }
        }
    }

    /** {@code refused at most}: the kernel alone might refuse it as well, so there is nothing to compare with. */
    private static List<String> answers(String text) {
        return List.of(text.replace(" at most", "").split(" ", -1));
    }

    private static String confined(String promises, String call) throws IOException {
        Run run = Run.of(launcher(promises).toString(), word(call));
        assertThat(run.err()).isEmpty();
        return run.out().strip();
    }

    private static Path launcher(String promises) throws IOException {
        Path launcher = LAUNCHERS.get(promises);
        if (launcher == null) {
            launcher = launcher(FilterOnly.pledge(promises), probe);
            LAUNCHERS.put(promises, launcher);
        }
        return launcher;
    }

    private static Path launcher(Policy policy, Path program) throws IOException {
        return Run.executable(
                directory, "launcher" + System.nanoTime(), FilterOnly.launcher(policy, program.toString()));
    }

    /** A call as the probe takes it: numbers and letters instead of names. */
    private static String word(String call) {
        return CallText.words(call, directory);
    }
}
