package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CommandLineTest {
    private static CommandLine parse(String... words) throws Failure {
        return CommandLine.parse(List.of(words));
    }

    private static void refused(String message, String... words) {
        assertThatThrownBy(() -> parse(words))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(64))
                .hasMessage(message);
    }

    @Test
    void optionsEndAtTheFirstWordThatIsNone() throws Failure {
        CommandLine line = parse("-p", "stdio", "ls", "-k", "--", "-p");
        assertThat(line.operands()).isEqualTo(2);
        assertThat(line.has(Option.KILL)).isFalse();
        assertThat(line.last(Option.PROMISES)).contains("stdio");
    }

    @Test
    void twoDashesEndTheOptionsAndTheProgramMayHaveAnyName() throws Failure {
        assertThat(parse("-k", "--", "-k", "--").operands()).isEqualTo(2);
        assertThat(parse("--").operands()).isEqualTo(1);
        assertThat(parse("-").operands()).isZero();
    }

    @Test
    void anOptionsArgumentMayLookLikeAnything() throws Failure {
        assertThat(parse("-p", "--", "ls").last(Option.PROMISES)).contains("--");
        assertThat(parse("--chdir", "-k", "ls").last(Option.DIRECTORY)).contains("-k");
        assertThat(parse("--chdir=", "ls").last(Option.DIRECTORY)).contains("");
    }

    @Test
    void lettersMayShareADash() throws Failure {
        CommandLine line = parse("-kqpstdio rpath", "-C5", "ls");
        assertThat(line.has(Option.KILL)).isTrue();
        assertThat(line.has(Option.QUIET)).isTrue();
        assertThat(line.last(Option.PROMISES)).contains("stdio rpath");
        assertThat(line.last(Option.CPU)).contains("5");
        assertThat(line.operands()).isEqualTo(2);
    }

    @Test
    void anArgumentMayFollowAnEqualsSign() throws Failure {
        CommandLine line = parse("--env=A=b=c", "--promises=stdio", "ls");
        assertThat(line.all(Option.ENVIRONMENT)).containsExactly("A=b=c");
        assertThat(line.last(Option.PROMISES)).contains("stdio");
    }

    @Test
    void someOptionsMayBeRepeatedAndOthersNot() throws Failure {
        assertThat(parse("--fd", "3", "--fd=4", "-k", "-k", "ls").all(Option.DESCRIPTOR))
                .containsExactly("3", "4");
        refused("option --chdir is given twice: \"a\" and \"b\"", "--chdir", "a", "--chdir", "b", "ls");
    }

    @Test
    void theFirstWordMayBeACommand() throws Failure {
        assertThat(parse("compile", "-o", "x", "ls").command()).isEqualTo(Command.COMPILE);
        assertThat(parse("run", "-k", "man").command()).isEqualTo(Command.RUN);
        assertThat(parse("-k", "man").command()).isEqualTo(Command.RUN);
        assertThat(parse("--", "man").command()).isEqualTo(Command.RUN);
        assertThat(parse().command()).isEqualTo(Command.RUN);
    }

    @Test
    void twoWordsMayBeACommandAndItsOptionsMayStandAnywhere() throws Failure {
        CommandLine line = parse("filter", "disasm", "--arch", "aarch64", "a.bpf", "-o", "x", "b.bpf", "--", "-c");
        assertThat(line.command()).isEqualTo(Command.FILTER_DISASM);
        assertThat(line.rest()).containsExactly("a.bpf", "b.bpf", "-c");
        assertThat(line.last(Option.WRITTEN)).contains("x");
        assertThat(line.last(Option.FOR_ARCHITECTURE)).contains("aarch64");
        assertThat(parse("filter", "disasm", "-").rest()).containsExactly("-");
        // A command that runs a program leaves the program's options alone.
        assertThat(parse("run", "-k", "ls", "-k").rest()).containsExactly("ls", "-k");
    }

    @Test
    void theFirstOfTwoWordsAloneIsACommandToo() throws Failure {
        assertThat(parse("filter").command()).isEqualTo(Command.FILTER);
        assertThat(parse("filter", "--help").has(Option.HELP)).isTrue();
        refused("pledge filter has no command \"disas\" (did you mean disasm?)", "filter", "disas", "x");
        assertThatThrownBy(() -> parse("filter", "x.txt"))
                .hasMessageStartingWith("pledge filter has no command \"x.txt\", but ")
                .hasMessageContaining("disasm, asm")
                .hasMessageEndingWith("to run a program filter, write -- before it");
    }

    @Test
    void aProgramMayBeCalledAsACommandOfTwoWords() throws Failure {
        CommandLine line = parse("-p", "stdio", "--", "filter", "disasm", "-o");
        assertThat(line.command()).isEqualTo(Command.RUN);
        assertThat(line.rest()).containsExactly("filter", "disasm", "-o");
        assertThat(parse("-p", "stdio", "filter", "disasm").command()).isEqualTo(Command.RUN);
        assertThat(parse("run", "filter").command()).isEqualTo(Command.RUN);
        assertThat(parse("--", "filter").operands()).isEqualTo(1);
    }

    @Test
    void aWrongOptionIsNamedWithTheNearestRightOne() {
        refused("unknown option --promise (did you mean --promises?)", "--promise", "x", "ls");
        refused("unknown option --kil (did you mean --kill?)", "--kil=3", "ls");
        refused("unknown option --xyzzy", "--xyzzy", "ls");
        refused("unknown option -x in -kx", "-kx", "ls");
        refused("unknown option -x", "-x", "ls");
        refused("unknown option -K (did you mean -k?)", "-K", "ls");
        refused("unknown option -strict (did you mean --strict?)", "-strict", "ls");
        refused("option -o belongs to pledge compile, not to pledge run", "-o", "x", "ls");
        refused("option --output belongs to pledge compile, not to pledge run", "--output=x", "ls");
        refused("option --print belongs to pledge run, not to pledge compile", "compile", "--print", "ls");
    }

    @Test
    void anArgumentTooFewOrTooManyIsNamed() {
        refused("option -p needs an argument: PROMISES", "-p");
        refused("option -p needs an argument: PROMISES", "-kp");
        refused("option --fd needs an argument: NUMBER", "--fd");
        refused("option --kill takes no argument, and was given \"yes\"", "--kill=yes", "ls");
    }
}
