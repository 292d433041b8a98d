package org.jpledge.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConstantsTest {
    private static long value(Arch arch, String name) {
        return Constants.of(arch).value(name).orElseThrow(() -> new AssertionError(arch.label() + " lacks " + name));
    }

    @ParameterizedTest
    @CsvSource({
        "O_RDONLY, 0",
        "O_RDWR, 2",
        "O_ACCMODE, 3",
        "O_CREAT, 0100",
        "O_CLOEXEC, 02000000",
        "AT_FDCWD, -100",
        "AT_EMPTY_PATH, 0x1000",
        "S_ISUID, 04000",
        "S_IFMT, 0170000",
        "PROT_EXEC, 4",
        "MAP_PRIVATE, 2",
        "MAP_FIXED, 0x10",
        "MADV_DONTNEED, 4",
        "AF_UNIX, 1",
        "AF_INET6, 10",
        "AF_NETLINK, 16",
        "SOCK_SEQPACKET, 5",
        "SOCK_CLOEXEC, 02000000",
        "IPPROTO_ICMPV6, 58",
        "IPPROTO_MPTCP, 262",
        "SOL_TCP, 6",
        "SO_ATTACH_FILTER, 26",
        "TCP_REPAIR, 19",
        "IP_ADD_MEMBERSHIP, 35",
        "IPV6_V6ONLY, 26",
        "MSG_FASTOPEN, 0x20000000",
        "NETLINK_ROUTE, 0",
        "TIOCLINUX, 0x541C",
        "SIOCSIFADDR, 0x8916",
        "CLONE_THREAD, 0x10000",
        "CLONE_NEWUSER, 0x10000000",
        "SIGKILL, 9",
        "SIGSYS, 31",
        "F_DUPFD_CLOEXEC, 1030",
        "LOCK_EX, 2",
        "RLIMIT_NOFILE, 7",
        "PR_SET_NO_NEW_PRIVS, 38",
        "FUTEX_WAKE, 1",
        "SHM_EXEC, 0100000",
        "LANDLOCK_ACCESS_FS_TRUNCATE, 0x4000",
        "SECCOMP_SET_MODE_FILTER, 1",
        "SECCOMP_RET_KILL_PROCESS, 0x80000000",
        "PTRACE_SEIZE, 0x4206",
        "ADDR_NO_RANDOMIZE, 0x40000",
        "MPOL_BIND, 2",
        "KEYCTL_JOIN_SESSION_KEYRING, 1",
        "LINUX_REBOOT_MAGIC1, 0xfee1dead",
        "BPF_PROG_LOAD, 5",
        "CLOCK_MONOTONIC, 1",
        "GRND_NONBLOCK, 1",
        "P_PIDFD, 3",
        "WNOHANG, 1",
        "SEEK_SET, 0"
    })
    void whatIsTheSameEverywhereIsRight(String name, String value) {
        for (Arch arch : Arch.values()) {
            assertThat(value(arch, name)).as(arch.label()).isEqualTo(Long.decode(value));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "X86_64, O_DIRECTORY, 0200000",
        "AARCH64, O_DIRECTORY, 040000",
        "ARM, O_DIRECTORY, 040000",
        "PPC64LE, O_DIRECTORY, 040000",
        "S390X, O_DIRECTORY, 0200000",
        "X86_64, O_TMPFILE, 020200000",
        "AARCH64, O_TMPFILE, 020040000",
        // What the kernel sees, not the 0 of a 64-bit C library.
        "X86_64, O_LARGEFILE, 0100000",
        "X86_64, ARCH_SET_FS, 0x1002",
        "X86_64, MAP_32BIT, 0x40",
        "AARCH64, PROT_BTI, 0x10",
        "X86_64, TCGETS, 0x5401",
        "PPC64LE, TCGETS, 0x402c7413",
        "X86_64, TIOCGWINSZ, 0x5413",
        "PPC64LE, TIOCGWINSZ, 0x40087468",
        "PPC64LE, FIONBIO, 0x8004667e",
        "PPC64LE, MCL_CURRENT, 0x2000",
        "PPC64LE, EDEADLOCK, 58",
        "X86_64, EDEADLOCK, 35",
        // A request holds the size of its structure, and that holds pointers and time.
        "X86_64, DRM_IOCTL_VERSION, 0xc0406400",
        "I386, DRM_IOCTL_VERSION, 0xc0246400",
        "X86_64, VIDIOC_QBUF, 0xc058560f",
        "I386, VIDIOC_QBUF, 0xc044560f",
        "ARM, VIDIOC_QBUF, 0xc044560f",
        "X86_64, VIDIOC_QUERYCAP, 0x80685600",
        "X86_64, MTIOCTOP, 0x40086d01",
        "X86_64, SNDRV_PCM_IOCTL_HW_PARAMS, 0xc2604111",
        "I386, SNDRV_PCM_IOCTL_HW_PARAMS, 0xc25c4111",
        "X86_64, BLKGETSIZE64, 0x80081272",
        "X86_64, TUNSETIFF, 0x400454ca",
        "PPC64LE, TUNSETIFF, 0x800454ca",
        "X86_64, FS_IOC_GETFLAGS, 0x80086601",
        "I386, FS_IOC_GETFLAGS, 0x80046601"
    })
    void whatDiffersIsThatOfTheArchitecture(Arch arch, String name, String value) {
        assertThat(value(arch, name)).isEqualTo(Long.decode(value));
    }

    @ParameterizedTest
    @EnumSource
    void noNameOccursTwiceAndEachIsFound(Arch arch) {
        Constants constants = Constants.of(arch);
        List<String> names = constants.names();
        assertThat(new HashSet<>(names)).hasSameSizeAs(names);
        assertThat(names).hasSizeGreaterThan(8000).allSatisfy(name -> {
            assertThat(name).matches("[A-Z]\\w+");
            assertThat(constants.value(name)).isPresent();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "O_RDWR ", "O_RDWR 2", "o_rdwr", "ZZZ", "A", "\n", "O_RDWRR", "ß"})
    void whatIsNoNameIsNotFound(String word) {
        assertThat(Constants.of(Arch.X86_64).value(word)).isEqualTo(OptionalLong.empty());
    }

    @Test
    void anArchitectureLacksTheConstantsOfOthers() {
        assertThat(Constants.of(Arch.AARCH64).value("MAP_32BIT")).isEmpty();
        assertThat(Constants.of(Arch.X86_64).value("PROT_BTI")).isEmpty();
        assertThat(Constants.of(Arch.S390X).value("ARCH_SET_FS")).isEmpty();
    }

    @Test
    void aMisspeltNameFindsTheOneThatWasMeant() {
        assertThat(Constants.of(Arch.X86_64).nearest("O_RDNOLY")).contains("O_RDONLY");
        assertThat(Constants.of(Arch.X86_64).nearest("tiocsti")).contains("TIOCSTI");
    }
}
