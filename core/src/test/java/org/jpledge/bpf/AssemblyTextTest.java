package org.jpledge.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteOrder;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AssemblyTextTest {
    private static Program parse(String text) {
        return AssemblyText.parse(
                text,
                ByteOrder.LITTLE_ENDIAN,
                name -> name.equals("AF_INET") ? OptionalLong.of(2) : OptionalLong.empty());
    }

    @Test
    void whatTheDisassemblerWritesIsReadAsTheSameBytes() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(11);
        RandomPrograms programs = new RandomPrograms(random);
        for (int i = 0; i < 2000; i++) {
            Program program = programs.program(i % 10 == 0 ? 600 : 20);
            for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
                String text = Disassembler.text(program, order);
                Program again = AssemblyText.parse(text, order, _ -> OptionalLong.empty());
                assertThat(again.encode(order)).as(text).isEqualTo(program.encode(order));
            }
        }
    }

    @Test
    void fieldsAnswersAndConstantsHaveNames() {
        Program program = parse("""
                # comments, empty lines and labels of one's own

                        ld [arch]
                        jne #0xc000003e, bad
                        ld [nr]            ; the number
                        jeq #41, socket, good
                socket: ld [arg0.low]
                        jlt #AF_INET, good
                        ld [arg0.high]
                        jset #-1, bad, good
                bad:    ret errno 1
                good:   ret allow
                """);
        assertThat(Disassembler.text(program, ByteOrder.LITTLE_ENDIAN)).isEqualTo("""
                l0: ld [4]                         ; arch
                l1: jeq #0xc000003e, l2, l8
                l2: ld [0]                         ; nr
                l3: jeq #0x29, l4, l9
                l4: ld [16]                        ; arg0 low
                l5: jge #0x2, l6, l9
                l6: ld [20]                        ; arg0 high
                l7: jset #0xffffffff, l8, l9
                l8: ret #0x50001                   ; errno 1
                l9: ret #0x7fff0000                ; allow
                """);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ld [nr]; x@ret allow now      | 2:11: \"now\" follows the instruction (expected the end of the line)",
                "ld [arg6.low]                 | 1:5: nothing of a call is called arg6.low (there are nr, arch, ip.low, ip.high, and arg0.low to arg5.high)",
                "ldx [nr]                      | 1:5: ldx cannot read the call (expected a constant, M[0] to M[15] or len)",
                "ld [nr                        | 1:7: the line ends (expected \"]\")",
                "jeq #AF_INTE, a, b            | 1:6: nothing is known by the name AF_INTE",
                "jeq #1, a@ret allow           | 1:9: no label a",
                "a: ld [0]@jeq #1, a, b@b: ret allow | 2:9: label a lies before the jump, and all jumps go forward",
                "jeq #1, a@ret allow@a:        | 1:9: label a lies behind the last instruction",
                "a: ld [0]@a: ret allow        | 2:1: label a is placed twice",
                "ld #0x1ffffffff               | 1:5: 8589934591 does not fit 32 bits",
                "ld #12x                       | 1:5: \"12x\" is not a number",
                "st M[16]                      | 1:4: scratch cell 16 is not in 0 to 15",
                "ld M[3]@ret a                 | 1:1: scratch cell 3 is read where it may not have been written",
                "ld [3]@ret a                  | 1:1: ld [3] is not one of the aligned words in 0 to 60",
                "ret errno 65536               | 1:11: 65536 is not in 0 to 65535",
                "ret perhaps                   | 1:5: unknown answer \"perhaps\" (expected a constant such as #0x7fff0000, a, allow, errno 1, kill, kill-thread, trap 0, trace 0, log or notify)",
                "ld [0]                        | 1:1: the last instruction must be a ret",
            })
    void whatIsWrongIsNamedWithItsPlace(String text, String message) {
        assertThatThrownBy(() -> parse(text.replace('@', '\n'))).hasMessage(message);
    }

    @Test
    void aJumpIsNotStretched() {
        String far = "jeq #1, a\n" + "ld [0]\n".repeat(256) + "a: ret allow\n";
        assertThatThrownBy(() -> parse(far))
                .hasMessage("1:9: label a is 256 instructions away, and a conditional jump skips at most 255");
        assertThat(parse(far.replaceFirst("ld \\[0]\n", "")).length()).isEqualTo(257);
        assertThatThrownBy(() -> parse("")).hasMessage("a program has at least one instruction");
    }
}
