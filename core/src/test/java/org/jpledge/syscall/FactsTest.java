package org.jpledge.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FactsTest {
    @Test
    void numbersOfX8664() {
        SyscallTable table = SyscallTable.of(Arch.X86_64);
        assertThat(table.number("read")).isEqualTo(OptionalInt.of(0));
        assertThat(table.number("landlock_restrict_self")).isEqualTo(OptionalInt.of(446));
        assertThat(table.name(56)).contains("clone");
        assertThat(table.name(-1)).isEmpty();
        assertThat(table.nearest("opne")).contains("open");
    }

    @Test
    void constantsOfX8664() {
        Constants constants = Constants.of(Arch.X86_64);
        assertThat(constants.value("O_RDWR")).isEqualTo(OptionalLong.of(2));
        assertThat(constants.value("AT_FDCWD")).isEqualTo(OptionalLong.of(-100));
        assertThat(constants.value("TIOCSTI")).isEqualTo(OptionalLong.of(0x5412));
        assertThat(constants.value("O_NOTHING")).isEmpty();
        assertThat(constants.nearest("O_RDWRR")).contains("O_RDWR");
    }

    @Test
    void errorsHaveOneNameAndSeveralSpellings() {
        assertThat(Errno.name(Arch.X86_64, 1)).contains("EPERM");
        assertThat(Errno.name(Arch.X86_64, 11)).contains("EAGAIN");
        assertThat(Errno.name(Arch.X86_64, 95)).contains("EOPNOTSUPP");
        assertThat(Errno.number(Arch.X86_64, "EWOULDBLOCK")).isEqualTo(OptionalInt.of(11));
    }
}
