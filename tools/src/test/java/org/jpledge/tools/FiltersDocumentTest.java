package org.jpledge.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** docs/filters.md does what it says: its files are written, its commands run, and what they print is what stands there. */
class FiltersDocumentTest {
    private static final Pattern FILE = Pattern.compile("File `([^`]+)`:\n\n```\n(.*?)```\n", Pattern.DOTALL);
    private static final Pattern CONSOLE = Pattern.compile("```console\n(.*?)```\n", Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

    @Test
    void everyExampleIsAsItStandsThere(@TempDir Path directory) throws Exception {
        Assumptions.assumeTrue(Arch.host() == Arch.X86_64, "the examples are x86-64's");
        String text = Files.readString(Path.of("..", "docs", "filters.md"));
        Matcher file = FILE.matcher(text);
        while (file.find()) {
            Files.writeString(directory.resolve(file.group(1)), file.group(2));
        }
        StringBuilder expected = new StringBuilder();
        StringBuilder actual = new StringBuilder();
        Matcher console = CONSOLE.matcher(text);
        while (console.find()) {
            expected.append(console.group(1));
            for (String line : console.group(1).lines().toList()) {
                if (line.startsWith("$ pledge ")) {
                    actual.append(line).append('\n').append(perform(line.substring("$ pledge ".length()), directory));
                }
            }
        }
        assertThat(actual.toString()).isEqualTo(expected.toString());
    }

    private static String perform(String command, Path directory) throws Exception {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(command);
        while (word.find()) {
            String each = word.group(1) == null ? word.group(2) : word.group(1);
            boolean isFile = each.matches("[a-z]+\\.[a-z]+");
            words.add(isFile ? directory.resolve(each).toString() : each);
        }
        FilterTrial trial = FilterTrial.of(words.toArray(new String[0]));
        return (trial.out() + trial.err()).replace(directory + "/", "");
    }
}
