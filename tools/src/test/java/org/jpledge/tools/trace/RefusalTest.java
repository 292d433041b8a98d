package org.jpledge.tools.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1 | so only descendants can be; root may set it to 0
            2 | so only root may trace
            3 | so nobody may trace until the machine starts again
            """)
    void whatYamaForbidsIsSaidWithWhatWouldAllowIt(int scope, String meaning) {
        assertThat(Refusal.ofScope(scope))
                .isEqualTo("it cannot be traced: kernel.yama.ptrace_scope is " + scope + ", " + meaning);
    }
}
