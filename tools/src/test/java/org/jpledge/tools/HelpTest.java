package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jpledge.Promise;
import org.jpledge.tools.serve.Limit;
import org.jpledge.tools.serve.Method;
import org.jpledge.tools.text.RawPath;
import org.jpledge.tools.text.Words;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Help, manual page and completion say the same, as they come from the same options. */
class HelpTest {
    @Test
    void helpHasEveryOptionOfItsCommandAndFitsATerminal() {
        for (Command command : Command.values()) {
            String help = Help.of(command);
            for (Option option : command.options()) {
                for (String spelling : option.spellings()) {
                    assertThat(help).contains(spelling);
                }
            }
            assertThat(help.lines())
                    .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
            assertThat(help).startsWith("usage: " + command.synopsis()).endsWith("\n");
        }
    }

    @Test
    void helpOfRunNamesAllCommandsAndThoseOfTwoWordsAreNamedByTheirFirst() {
        for (Command command : Command.values()) {
            if (command.isMember()) {
                String first = command.word().substring(0, command.word().indexOf(' '));
                Command family = Arrays.stream(Command.values())
                        .filter(one -> one.word().equals(first))
                        .findAny()
                        .orElseThrow();
                assertThat(family.members()).contains(command);
                assertThat(Help.of(family)).contains(command.synopsis()).contains("  " + command.word() + " ");
                assertThat(Help.of(Command.RUN)).doesNotContain(command.synopsis());
            } else {
                assertThat(Help.of(Command.RUN)).contains(command.synopsis());
            }
        }
    }

    @Test
    void theManualPageHasEveryOptionAndEveryCommand() {
        String page = ManualPage.of("1");
        for (Method method : Method.values()) {
            assertThat(page).contains(".B " + method.word() + "\n");
        }
        for (Limit limit : Limit.values()) {
            assertThat(page).contains(".B " + limit.most() + "\n");
        }
        for (Command command : Command.values()) {
            assertThat(page).contains(".B " + command.word() + "\n");
            for (Option option : command.options()) {
                for (String spelling : option.spellings()) {
                    assertThat(page).contains("\\fB" + spelling.replace("-", "\\-") + "\\fR");
                }
            }
        }
    }

    @Test
    void theManualPageIsGoodRoff(@TempDir Path directory) throws Exception {
        assumeTrue(Files.exists(Path.of("/usr/bin/groff")), "groff is not installed");
        Path page = Files.writeString(directory.resolve("pledge.1"), ManualPage.of("1"));
        Shell.Result result = Shell.run("groff -man -ww -Tutf8 " + page);
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).contains("PLEDGE(1)");
    }

    @Test
    void optionsAreSpelledInOneWay() {
        for (Command command : Command.values()) {
            List<String> seen = new ArrayList<>();
            for (Option option : command.options()) {
                assertThat(seen).doesNotContainAnyElementsOf(option.spellings());
                seen.addAll(option.spellings());
                assertThat(option.meaning()).endsWith(".").doesNotContain("\n");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "pledge --st                     | --strict",
                "pledge co                       | compile completion",
                "pledge compile --ou             | --output",
                "pledge -p stdio --on-violation k| kill",
                "pledge -k tru                   | true",
                "pledge completion b             | bash",
                "pledge filter d                 | disasm",
                "pledge filter disasm --ou       | --output",
                "pledge filter disasm /usr --ar  | --arch",
                "pledge filter disasm /us        | /usr",
            })
    void bashCompletes(String typed, String expected, @TempDir Path directory) throws Exception {
        assertThat(complete(typed.split(" +"), directory)).containsAll(List.of(expected.split(" ")));
    }

    @Test
    void bashCompletesTheLastPromiseInAQuotedWord(@TempDir Path directory) throws Exception {
        assertThat(complete(new String[] {"pledge", "-p", "'stdio rp"}, directory))
                .containsExactly("'stdio rpath");
        assertThat(complete(new String[] {"pledge", "-p", ""}, directory)).hasSameSizeAs(Promise.values());
    }

    @Test
    void bashCompletesEveryOption(@TempDir Path directory) throws Exception {
        for (Command command : Command.values()) {
            List<String> all = new ArrayList<>();
            command.options().forEach(option -> all.addAll(option.spellings()));
            assertThat(complete(("pledge " + command.word() + " -").split(" ", -1), directory))
                    .containsExactlyInAnyOrderElementsOf(all);
        }
    }

    private static List<String> complete(String[] words, Path directory) throws Exception {
        assumeTrue(Files.exists(Path.of("/bin/bash")), "bash is not installed");
        StringBuilder script = new StringBuilder(BashCompletion.script());
        script.append("compopt() { :; }\nCOMP_WORDS=(");
        for (String word : words) {
            script.append(' ').append(RawPath.quoted(Words.bytes(word)));
        }
        script.append(")\nCOMP_CWORD=").append(words.length - 1);
        script.append("\n_pledge\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
        Path file = Files.writeString(directory.resolve("complete"), script);
        Shell.Result result = Shell.run("bash " + file);
        assertThat(result.err()).isEmpty();
        return result.out().lines().toList();
    }
}
