package org.jpledge.syscall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrnoTest {
    @ParameterizedTest
    @EnumSource
    void nameAndNumberLeadToEachOther(Arch arch) {
        int count = 0;
        for (int number = -1; number <= 4096; number++) {
            var name = Errno.name(arch, number);
            if (name.isPresent()) {
                assertThat(Errno.number(arch, name.get())).isEqualTo(OptionalInt.of(number));
                count++;
            }
        }
        assertThat(count).isGreaterThanOrEqualTo(131);
        assertThat(Errno.name(arch, 1)).contains("EPERM");
        assertThat(Errno.name(arch, 13)).contains("EACCES");
        assertThat(Errno.name(arch, 38)).contains("ENOSYS");
        assertThat(Errno.name(arch, 0)).isEmpty();
    }

    @Test
    void aNumberHasOneNameThoughSeveralNamesMayMeanIt() {
        assertThat(Errno.name(Arch.X86_64, 11)).contains("EAGAIN");
        assertThat(Errno.number(Arch.X86_64, "EWOULDBLOCK")).isEqualTo(OptionalInt.of(11));
        assertThat(Errno.name(Arch.X86_64, 35)).contains("EDEADLK");
        assertThat(Errno.name(Arch.X86_64, 95)).contains("EOPNOTSUPP");
        assertThat(Errno.number(Arch.X86_64, "ENOTSUP")).isEqualTo(OptionalInt.of(95));
        assertThat(Errno.name(Arch.X86_64, 117)).contains("EUCLEAN");
        assertThat(Errno.name(Arch.PPC64LE, 58)).contains("EDEADLOCK");
    }

    @Test
    void aMisspeltNameFindsTheOneThatWasMeant() {
        assertThat(Errno.nearest(Arch.X86_64, "EPREM")).contains("EPERM");
        assertThat(Errno.number(Arch.X86_64, "EPREM")).isEmpty();
    }
}
