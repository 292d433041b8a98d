package org.jpledge.syscall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SortedLinesTest {
    @ParameterizedTest
    @EnumSource
    void everyResourceIsSortedWithoutRepetition(Arch arch) {
        for (String resource : List.of(
                arch.label() + ".calls", arch.label() + ".constants", arch.label() + ".errno", "common.constants")) {
            List<String> keys = SortedLines.read(resource).keys();
            assertThat(keys).isNotEmpty();
            for (int i = 1; i < keys.size(); i++) {
                assertThat(keys.get(i)).as(resource).isGreaterThan(keys.get(i - 1));
            }
        }
    }

    @Test
    void firstAndLastLineAreFound() {
        SortedLines lines = SortedLines.read("x86-64.calls");
        List<String> keys = lines.keys();
        assertThat(lines.find(keys.getFirst())).isZero();
        assertThat(lines.next(lines.find(keys.getLast()))).isEqualTo(lines.size());
    }

    @Test
    void aMissingResourceIsNamed() {
        assertThatThrownBy(() -> SortedLines.read("vax.calls"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("vax.calls");
    }
}
