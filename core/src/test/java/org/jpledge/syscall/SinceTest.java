package org.jpledge.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SinceTest {
    /** Slots that tables keep for what never was a call of a standard kernel. */
    private static final Set<String> NEVER = Set.of(
            "afs_syscall",
            "break",
            "epoll_ctl_old",
            "epoll_wait_old",
            "ftime",
            "getpmsg",
            "gtty",
            "idle",
            "lock",
            "mpx",
            "multiplexer",
            "prof",
            "profil",
            "putpmsg",
            "security",
            "stty",
            "timerfd",
            "tuxcall",
            "ulimit",
            "vserver");

    @ParameterizedTest
    @CsvSource({
        "read, 1.0",
        "getxattr, 2.4.18",
        "openat, 2.6.16",
        "accept4, 2.6.28",
        "getrandom, 3.17",
        "seccomp, 3.17",
        "statx, 4.11",
        "rseq, 4.18",
        "clone3, 5.3",
        "openat2, 5.6",
        "faccessat2, 5.8",
        "landlock_restrict_self, 5.13",
        "fchmodat2, 6.6",
        "mseal, 6.10",
        "listns, 6.19"
    })
    void aCallHasTheVersionThatBroughtIt(String call, String version) {
        assertThat(Since.of(call)).map(KernelVersion::toString).hasValue(version);
    }

    @Test
    void anArchitectureCanBeLater() {
        assertThat(Since.of("socket", Arch.X86_64)).hasValue(new KernelVersion(2, 0, 0));
        assertThat(Since.of("socket", Arch.I386)).hasValue(new KernelVersion(4, 3, 0));
        assertThat(Since.of("semget", Arch.S390X)).hasValue(new KernelVersion(5, 1, 0));
        assertThat(Since.of("memfd_secret", Arch.S390X)).hasValue(new KernelVersion(6, 3, 0));
        assertThat(Since.of("memfd_secret", Arch.AARCH64)).hasValue(new KernelVersion(5, 14, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no_such_call", "vserver", "read 1.0", "clone"})
    void whatIsNoCallHasNone(String name) {
        assertThat(Since.of(name).isPresent()).isEqualTo(name.equals("clone"));
    }

    @ParameterizedTest
    @EnumSource(Arch.class)
    void everyCallOfEveryArchitectureHasOne(Arch arch) {
        TreeSet<String> without = new TreeSet<>();
        for (String call : SyscallTable.of(arch).byNumber().values()) {
            if (Since.of(call, arch).isEmpty()) {
                without.add(call);
            }
        }
        assertThat(NEVER).containsAll(without);
    }

    @ParameterizedTest
    @CsvSource({
        "6.1, 6.1",
        "6.1.0, 6.1",
        "2.6.28, 2.6.28",
        "2.6.32.71, 2.6.32",
        "6.12.48-1-amd64, 6.12.48",
        "7.0-rc1, 7.0",
        "6.18.5+deb14-cloud-amd64, 6.18.5"
    })
    void aVersionIsRead(String text, String version) {
        assertThat(KernelVersion.of(text)).map(KernelVersion::toString).hasValue(version);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "6", "6.", ".1", "6.x", "six.one", "6.1.", "6..1", "1.2.3.4.5", "6.1234567", "-6.1", "6.1 "})
    void whatIsNoVersionSaysWhatWouldBeOne(String text) {
        assertThat(KernelVersion.of(text)).isEqualTo(Optional.empty());
        assertThatThrownBy(() -> KernelVersion.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no version of Linux: \"" + text + "\" (it is two or three numbers, as in 6.1 or 2.6.28)");
    }

    @Test
    void versionsAreOrderedByNumberNotByText() {
        assertThat(KernelVersion.parse("5.10")).isGreaterThan(KernelVersion.parse("5.9"));
        assertThat(KernelVersion.parse("2.6.39")).isLessThan(KernelVersion.parse("3.0"));
        assertThat(KernelVersion.parse("6.1.1")).isGreaterThan(KernelVersion.parse("6.1"));
        assertThat(KernelVersion.parse("6.1.0")).isEqualByComparingTo(KernelVersion.parse("6.1"));
    }
}
