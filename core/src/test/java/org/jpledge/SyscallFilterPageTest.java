package org.jpledge;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Compiles and runs the programs of docs/syscall-filter.md; each prints the text that follows it. */
@Tag("enforcement")
class SyscallFilterPageTest {
    private static final Path PAGE = Path.of("../docs/syscall-filter.md");
    private static final String PROGRAM = "```java ";

    private static Path directory = Path.of("");
    private static List<Example> examples = List.of();

    /**
     * A program of the page.
     *
     * @param name its file's name without the ending
     * @param source the program
     * @param output what it prints, and its exit status if that is not 0
     */
    private record Example(String name, String source, String output) {}

    @BeforeAll
    static void compile() throws IOException {
        directory = NativeProgram.directory();
        examples = read();
        List<String> arguments = new ArrayList<>(List.of("-cp", "target/classes", "-d", directory.toString()));
        for (Example example : examples) {
            Path file = directory.resolve(example.name + ".java");
            Files.writeString(file, example.source);
            arguments.add(file.toString());
        }
        int status = ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(System.out, System.err, arguments.toArray(new String[0]));
        assertThat(status).isZero();
    }

    @AfterAll
    static void clean() throws IOException {
        NativeProgram.remove(directory);
    }

    private static List<Example> read() throws IOException {
        List<Example> found = new ArrayList<>();
        List<String> lines = Files.readAllLines(PAGE);
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).startsWith(PROGRAM)) {
                int end = end(lines, i);
                assertThat(lines.get(end + 1)).as("after line %d", end + 1).isEqualTo("```text");
                int last = end(lines, end + 1);
                found.add(new Example(
                        lines.get(i).substring(PROGRAM.length()),
                        text(lines.subList(i + 1, end)),
                        text(lines.subList(end + 2, last))));
                i = last;
            }
        }
        return found;
    }

    private static int end(List<String> lines, int block) {
        int end = block + 1;
        while (!lines.get(end).equals("```")) {
            end++;
        }
        return end;
    }

    private static String text(List<String> lines) {
        return String.join("\n", lines) + "\n";
    }

    @TestFactory
    Stream<DynamicTest> eachProgramPrintsWhatThePageSays() {
        assertThat(examples).hasSizeGreaterThanOrEqualTo(8);
        return examples.stream().map(example -> DynamicTest.dynamicTest(example.name, () -> run(example)));
    }

    private static void run(Example example) throws IOException {
        Path place = Files.createDirectory(directory.resolve("in-" + example.name));
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        Path.of("target", "classes").toAbsolutePath() + File.pathSeparator + directory,
                        example.name)
                .directory(place.toFile())
                .redirectInput(new File("/dev/null"));
        builder.environment().put("LC_ALL", "C");
        Run run = Run.of(builder.start());
        String status = run.status() == 0 ? "" : "exit " + run.status() + "\n";
        assertThat(run.out() + status).as(run.err()).isEqualTo(example.output);
    }
}
