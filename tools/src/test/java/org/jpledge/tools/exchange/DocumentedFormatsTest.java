package org.jpledge.tools.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jpledge.seccomp.Compiler;
import org.jpledge.syscall.Arch;
import org.junit.jupiter.api.Test;

/** The examples of docs/formats.md: each is known for what it is, imports and compiles. */
class DocumentedFormatsTest {
    private static final Pattern EXAMPLE = Pattern.compile("(?s)```([a-z-]+)\n(.*?)```");

    @Test
    void everyExampleIsKnownAndImports() throws Exception {
        Matcher examples = EXAMPLE.matcher(Files.readString(Path.of("..", "docs", "formats.md")));
        int count = 0;
        while (examples.find()) {
            Format format = Format.of(examples.group(1)).orElse(null);
            if (format == null) {
                continue;
            }
            String text = examples.group(2);
            assertThat(Format.recognize(text)).as(text).contains(format);
            Imported imported =
                    PolicySource.read(text.getBytes(StandardCharsets.UTF_8), ImportSettings.of(Arch.X86_64));
            assertThat(imported.filters().values())
                    .as(text)
                    .isNotEmpty()
                    .allSatisfy(filter -> assertThat(
                                    Compiler.compile(filter).program().length())
                            .isPositive());
            count++;
        }
        assertThat(count).isGreaterThanOrEqualTo(6);
    }
}
