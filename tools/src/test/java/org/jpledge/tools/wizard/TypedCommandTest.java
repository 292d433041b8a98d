package org.jpledge.tools.wizard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A command as it is typed where no shell reads it. */
class TypedCommandTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '^',
            value = {
                "ls# ls",
                "  ls \t -l  /etc  # ls -l /etc",
                "grep 'a b' x# grep;a b;x",
                "sh -c 'ls | cat; echo $HOME'# sh;-c;ls | cat; echo $HOME",
                "echo \"it's\" ''# echo;it's;",
                "echo \"a \\\"b\\\" \\n\" c\\ d# echo;a \"b\" \\n;c d",
                "a=1 b~ c,d 10%# a=1;b~;c,d;10%",
            })
    void quotesAndBackslashesAreUnderstood(String line, String words) throws AnswerException {
        List<String> expected = List.of(words.split(words.contains(";") ? ";" : " ", -1));
        if (words.startsWith("sh")) {
            expected = List.of("sh", "-c", "ls | cat; echo $HOME");
        }
        assertThat(TypedCommand.words(line)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '^',
            value = {
                "ls | cat# | is for a shell",
                "ls > x# > is for a shell",
                "echo $HOME# $ is for a shell",
                "echo \"$(id)\"# $ is for a shell",
                "ls *.c# * is for a shell",
                "ls ~/x# ~ is for a shell",
                "echo 'a# a quote is not closed: '",
                "^ ^# a program is needed",
            })
    void whatOnlyAShellCanDoIsRefused(String line, String message) {
        assertThatThrownBy(() -> TypedCommand.words(line))
                .isInstanceOf(AnswerException.class)
                .hasMessageStartingWith(message);
    }
}
