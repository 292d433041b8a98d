package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jpledge.seccomp.RuleSyntaxException;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The format that the head of the promise table describes. */
class TableReaderTest {
    @Test
    void aSectionHasAMeaningRemarksAndGroupsOfRules() {
        Section section = only("""
                promise stdio "use what \\"is\\" open"
                    differs "in one way"
                    differs "in another"
                    extension "because"

                    # Reading,
                    # and writing.
                    read write
                    pwrite64

                    # Signals.
                    kill|tkill(pid == $pid)
                """);
        assertThat(section.kind()).isEqualTo(Section.Kind.PROMISE);
        assertThat(section.words()).containsExactly("stdio");
        assertThat(section.meaning()).isEqualTo("use what \"is\" open");
        assertThat(section.differs()).containsExactly("in one way", "in another");
        assertThat(section.extension()).isEqualTo("because");
        assertThat(section.groups()).extracting(Group::why).containsExactly("Reading, and writing.", "Signals.");
        assertThat(section.groups().getFirst().rules())
                .extracting(TableRule::text)
                .containsExactly("read write", "pwrite64");
        assertThat(section.groups().getLast().rules())
                .extracting(TableRule::text)
                .containsExactly("kill|tkill(pid == $pid)");
        assertThat(section.groups().getLast().rules().getFirst().line()).isEqualTo(12);
    }

    @Test
    void theCommentAboveSeveralWordsIsTheirMeaning() {
        Section section = only("""
                # Not this one.

                # Creating,
                # and writing.
                all wpath cpath
                    creat
                """);
        assertThat(section.kind()).isEqualTo(Section.Kind.ALL);
        assertThat(section.words()).containsExactly("wpath", "cpath");
        assertThat(section.meaning()).isEqualTo("Creating, and writing.");
    }

    @Test
    void aRuleMayTakeSeveralLines() {
        Section section = only("""
                always "x"
                    ioctl(request in {A,
                            B, C})
                    read
                """);
        assertThat(section.groups().getFirst().rules())
                .extracting(TableRule::text)
                .containsExactly("ioctl(request in {A, B, C})", "read");
    }

    @Test
    void aNameStandsForItsExpression() {
        Section section = only("""
                let BOTH = A | B
                always "x"
                    open(flags & ~BOTH == 0, mode & BOTHER == BOTH)
                """);
        assertThat(section.groups().getFirst().rules().getFirst().conditions())
                .isEqualTo("(flags & ~(A | B) == 0, mode & BOTHER == (A | B))");
    }

    @Test
    void aRuleMayHoldOnSomeArchitecturesOnly() {
        Section section = only("""
                always "x"
                    on s390x x86-64: mmap
                    except i386: chown|lchown -> errno EPERM
                """);
        TableRule on = section.groups().getFirst().rules().getFirst();
        TableRule except = section.groups().getFirst().rules().getLast();
        assertThat(on.architectures()).containsExactlyInAnyOrder(Arch.S390X, Arch.X86_64);
        assertThat(on.text()).isEqualTo("on x86-64 s390x: mmap");
        assertThat(except.architectures()).doesNotContain(Arch.I386).hasSize(Arch.values().length - 1);
        assertThat(except.calls()).containsExactly("chown", "lchown");
        assertThat(except.action()).isEqualTo("errno EPERM");
    }

    @Test
    void pathsAreReadWithTheirPermissions() {
        Section section = only("""
                promise stdio "x"
                    # Nothing.
                    path rw /dev/null  /dev/zero
                    # Libraries.
                    on s390x: path r /lib/s390x-linux-gnu/
                    read
                """);
        TablePaths nothing = section.groups().getFirst().paths().getFirst();
        TablePaths libraries = section.groups().getLast().paths().getFirst();
        assertThat(nothing.text()).isEqualTo("path rw /dev/null /dev/zero");
        assertThat(nothing.line()).isEqualTo(3);
        assertThat(nothing.architectures()).hasSize(Arch.values().length);
        assertThat(libraries.text()).isEqualTo("on s390x: path r /lib/s390x-linux-gnu/");
        assertThat(section.groups().getLast().rules()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "'promis stdio \"x\"'; unknown section \"promis\"",
                "'promise stdio rpath \"x\"'; does not take 2 words",
                "'promise stdio'; takes a meaning",
                "'all stdio \"x\"'; takes no meaning",
                "'any'; does not take 0 words",
                "'always stdio \"x\"'; does not take 1 words",
                "'promise stdio \"x'; closing quotation mark is missing",
                "'promise stdio \"x\" y'; nothing may follow",
                "'    read'; outside any section",
                "'let A B'; \"=\" expected",
                "'always \"x\"\n    on s390x mmap'; unknown architecture \"mmap\"",
                "'always \"x\"\n    on s390x'; \":\" expected",
                "'always \"x\"\n    path rz /dev/null'; is no permission",
                "'always \"x\"\n    path r'; paths expected after \"r\"",
                "'always \"x\"\n    path r dev/null'; \"dev/null\" is no absolute path",
                "'always \"x\"\n    except : mmap'; unknown architecture \"\""
            })
    void whatIsNoTableIsAnError(String text, String message) {
        assertThatThrownBy(() -> PromiseTable.parse(text).sections().forEach(Section::groups))
                .isInstanceOf(RuleSyntaxException.class)
                .hasMessageContaining(message);
    }

    @Test
    void anErrorNamesItsLine() {
        Section unknown = only("# x\nalways \"x\"\n    on sparc: read\n");
        assertThatThrownBy(unknown::groups)
                .isInstanceOfSatisfying(
                        RuleSyntaxException.class, e -> assertThat(e.line()).isEqualTo(3))
                .hasMessageContaining("unknown architecture \"sparc\"");
        assertThatThrownBy(only("always \"x\"\n    read(fd == 1")::groups).hasMessageContaining("\")\" expected");
    }

    private static Section only(String text) {
        PromiseTable table = PromiseTable.parse(text);
        assertThat(table.sections()).hasSize(1);
        return table.sections().getFirst();
    }
}
