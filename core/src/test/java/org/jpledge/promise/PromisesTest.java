package org.jpledge.promise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Promises are read, compared and given up as OpenBSD's kernel does it. */
class PromisesTest {
    @Test
    void wordsAreSeparatedByOneSpaceOrMore() {
        assertThat(Promises.parse("stdio rpath").words()).containsExactly("stdio", "rpath");
        assertThat(Promises.parse("stdio   rpath")).isEqualTo(Promises.parse("stdio rpath"));
    }

    @Test
    void spacesAtTheEndDoNoHarm() {
        assertThat(Promises.parse("stdio rpath   ")).isEqualTo(Promises.parse("stdio rpath"));
    }

    @Test
    void aSpaceAtTheBeginningIsAnEmptyWord() {
        PromiseException e = refused(" stdio");
        assertThat(e.errno()).isEqualTo("EINVAL");
        assertThat(e.word()).isEmpty();
        assertThat(e).hasMessage("promises begin with a space");
        assertThat(refused(" ").errno()).isEqualTo("EINVAL");
    }

    @Test
    void aWordMayComeAgain() {
        assertThat(Promises.parse("rpath stdio rpath")).isEqualTo(Promises.parse("stdio rpath"));
    }

    @Test
    void theEmptyTextPromisesNothing() {
        assertThat(Promises.parse("")).isEqualTo(Promises.NONE);
        assertThat(Promises.NONE.words()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"STDIO", "Stdio", "stdio\trpath", "stdio\nrpath", "stdio,rpath", "landlock", "loader", "stdio\0"
            })
    void anythingElseIsAnUnknownWord(String text) {
        assertThat(refused(text).errno()).isEqualTo("EINVAL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"malloc", "rw", "cmsg", "ioctl", "abort", "coredump"})
    void theWordsOf2015AreGone(String word) {
        assertThat(refused(word).word()).isEqualTo(word);
    }

    @ParameterizedTest
    @CsvSource({"rpth,rpath", "stdoi,stdio", "STDIO,stdio", "prot-exec,prot_exec", "netlink,", "xyzzy,"})
    void aMisspeltWordSuggestsTheNearest(String written, String meant) {
        PromiseException e = refused("stdio " + written);
        assertThat(e.word()).isEqualTo(written);
        assertThat(e.nearest().orElse(null)).isEqualTo(meant);
        assertThat(e.getMessage()).startsWith("unknown promise \"" + written + "\"");
    }

    @Test
    void aMessageReadsLikeTheCommandsOwn() {
        assertThat(refused("stdio rpth")).hasMessage("unknown promise \"rpth\" (did you mean rpath?)");
    }

    @Test
    void a1023ByteTextIsReadAndALongerOneIsNot() {
        String longest = "stdio" + " ".repeat(1018);
        assertThat(Promises.parse(longest)).isEqualTo(Promises.of("stdio"));
        assertThat(refused(longest + " ").errno()).isEqualTo("ENAMETOOLONG");
        assertThat(refused("ä".repeat(512)).errno()).isEqualTo("ENAMETOOLONG");
        assertThat(refused("x".repeat(100_000)).errno()).isEqualTo("ENAMETOOLONG");
    }

    @Test
    void setsWithTheSameWordsAreEqualAndPrintAlike() {
        assertThat(Promises.parse("rpath stdio"))
                .hasToString("stdio rpath")
                .hasSameHashCodeAs(Promises.of("stdio", "rpath"));
        assertThat(Promises.parse("rpath stdio")).isNotEqualTo(Promises.of("stdio"));
    }

    @Test
    void whatASetPrintsItReadsAgain() {
        Promises all = Promises.of(PromiseTable.standard().words().toArray(new String[0]));
        assertThat(Promises.parse(all.toString())).isEqualTo(all);
        assertThat(all.words()).isEqualTo(PromiseTable.standard().words());
    }

    @Test
    void aSubsetHasNoOtherWords() {
        Promises held = Promises.parse("stdio rpath");
        assertThat(Promises.parse("stdio").isSubsetOf(held)).isTrue();
        assertThat(held.isSubsetOf(held)).isTrue();
        assertThat(Promises.NONE.isSubsetOf(held)).isTrue();
        assertThat(Promises.parse("stdio unix").isSubsetOf(held)).isFalse();
        assertThat(held.contains("rpath")).isTrue();
        assertThat(held.contains("wpath")).isFalse();
        assertThat(held.contains("nonsense")).isFalse();
    }

    @Test
    void promisesCanOnlyBeGivenUp() {
        Promises held = Promises.parse("stdio rpath wpath");
        assertThat(held.narrowedTo(Promises.parse("stdio rpath"))).isEqualTo(Promises.parse("stdio rpath"));
        assertThat(held.narrowedTo(held)).isEqualTo(held);
        PromiseException e = catchThrowableOfType(
                PromiseException.class, () -> Promises.parse("stdio").narrowedTo(Promises.parse("stdio unix")));
        assertThat(e.errno()).isEqualTo("EPERM");
        assertThat(e.word()).isEqualTo("unix");
    }

    @Test
    void underErrorWhatCannotBeHadIsLeftOutSilently() {
        Promises held = Promises.parse("stdio rpath error");
        assertThat(held.narrowedTo(Promises.parse("stdio inet error"))).isEqualTo(Promises.parse("stdio error"));
    }

    @Test
    void errorIsGivenUpLikeAnyOtherWord() {
        Promises held = Promises.parse("stdio rpath error").narrowedTo(Promises.parse("stdio inet"));
        assertThat(held).isEqualTo(Promises.parse("stdio"));
        assertThat(catchThrowableOfType(PromiseException.class, () -> held.narrowedTo(Promises.parse("stdio error")))
                        .word())
                .isEqualTo("error");
    }

    private static PromiseException refused(String text) {
        return catchThrowableOfType(PromiseException.class, () -> Promises.parse(text));
    }
}
